"""Fields for numbers, as all forms have them."""

from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox

from workbench.ui.named import named

_AS_IN_LISTS_PX = 8


def number_box(object_name: str, accessible_name: str, least: int, most: int, suffix: str = "") -> QSpinBox:
    """Makes one for a whole number with a unit.

    Args:
        object_name: See `named`.
        accessible_name: See `named`; empty where a label beside it is its buddy.
        least: The smallest number.
        most: The largest number.
        suffix: The unit with a space before it (" MB"), or nothing.
    """
    box = named(QSpinBox(), object_name, accessible_name)
    indent(box)
    box.setRange(least, most)
    box.setSuffix(suffix)
    return box


def indent(box: QAbstractSpinBox) -> None:
    """Lets its text stand as far in as that of the lists beside it: Qt's style sheets do not reach it."""
    box.lineEdit().setTextMargins(_AS_IN_LISTS_PX, 0, 0, 0)
