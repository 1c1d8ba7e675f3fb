"""A field for a whole number with a unit, as all forms have it."""

from PySide6.QtWidgets import QSpinBox

from workbench.ui.named import named

_AS_IN_LISTS_PX = 8


def number_box(object_name: str, accessible_name: str, least: int, most: int, suffix: str = "") -> QSpinBox:
    """Makes one. Its text stands as far in as that of the lists beside it: Qt's style sheets do not reach it.

    Args:
        object_name: See `named`.
        accessible_name: See `named`; empty where a label beside it is its buddy.
        least: The smallest number.
        most: The largest number.
        suffix: The unit with a space before it (" MB"), or nothing.
    """
    box = named(QSpinBox(), object_name, accessible_name)
    box.lineEdit().setTextMargins(_AS_IN_LISTS_PX, 0, 0, 0)
    box.setRange(least, most)
    box.setSuffix(suffix)
    return box
