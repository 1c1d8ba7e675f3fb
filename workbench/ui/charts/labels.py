"""The labels of a chart."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from workbench.ui.named import named

_MARGIN = 12


def legend_label(name: str) -> QLabel:
    """What the legend is written into."""
    label = named(QLabel(), name)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setWordWrap(True)
    return label


def words_label(name: str) -> QLabel:
    """What is said in the place of a drawing."""
    label = named(QLabel(), name, role="muted")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setMargin(_MARGIN)
    return label
