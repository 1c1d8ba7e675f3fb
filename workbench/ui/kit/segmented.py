"""Exclusive choices as one control: buttons without gaps, one of which is checked."""

from collections.abc import Sequence

from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from workbench.ui.named import named


def segmented(name: str, title: str, buttons: Sequence[QAbstractButton]) -> QWidget:
    """Joins buttons, which belong to an exclusive QButtonGroup, into one control.

    Args:
        title: What is chosen, for screen readers.
        buttons: From left to right; they keep their names and signals.
    """
    control = named(QWidget(), name, title)
    control.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    row = QHBoxLayout(control)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    for number, button in enumerate(buttons):
        is_last = number == len(buttons) - 1
        button.setProperty("segment", "last" if is_last else "first" if number == 0 else "middle")
        row.addWidget(button)
    return control
