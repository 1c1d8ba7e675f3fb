"""A short word on a state, on a tinted background: not a button, and lower than one."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy

from workbench.ui.elided_label import FittingLabel
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named


def badge(name: str, text: str = "") -> PlainLabel:
    """Creates a badge; its property "tone" is "good", "warning", "danger" or none.

    Args:
        text: The initial text.
    """
    label = named(PlainLabel(text), name, role="badge")
    label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return label


def elided_badge(name: str) -> FittingLabel:
    """Creates a badge for a text of any length, which is elided if there is no room."""
    return named(FittingLabel(Qt.TextElideMode.ElideRight), name, role="badge")
