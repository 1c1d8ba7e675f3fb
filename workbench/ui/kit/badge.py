"""A short word about a state, on a tinted ground: not a button, and not as high as one."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy

from workbench.ui.elided_label import FittingLabel
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named


def badge(name: str, text: str = "") -> PlainLabel:
    """Makes a badge; its property "tone" is "good", "warning", "danger" or none.

    Args:
        name: Its object name.
        text: What it says at first.
    """
    label = named(PlainLabel(text), name, role="badge")
    label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return label


def elided_badge(name: str) -> FittingLabel:
    """Makes a badge for a text of any length: its beginning is shown, the rest where there is room."""
    return named(FittingLabel(Qt.TextElideMode.ElideRight), name, role="badge")
