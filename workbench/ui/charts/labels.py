"""The labels of a chart."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from workbench.ui.kit.text import PlainLabel, RichLabel
from workbench.ui.named import named

_MARGIN = 12


def legend_label(name: str) -> QLabel:
    """What the legend is written into."""
    label = named(RichLabel(), name)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setWordWrap(True)
    return label


def words_label(name: str) -> QLabel:
    """What is said in the place of a drawing."""
    label = named(PlainLabel(), name, role="muted")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setMargin(_MARGIN)
    return label
