"""Where things stand on the Code tab."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedLayout, QVBoxLayout, QWidget

from workbench.ui.named import named


def lay_out(page: QWidget, bar: QWidget, loading: QWidget, left: QWidget, right: QWidget) -> QStackedLayout:
    """Puts the bar on top, and below it either what is said while there is no code, or the two halves."""
    split = named(QSplitter(Qt.Orientation.Horizontal), "codeSplitter")
    split.setChildrenCollapsible(False)
    split.setHandleWidth(1)
    column = named(QSplitter(Qt.Orientation.Vertical), "codeColumn")  # what stands below the tree joins it
    column.setChildrenCollapsible(False)
    column.setHandleWidth(1)
    column.addWidget(left)
    split.addWidget(column)
    split.addWidget(right)
    split.setSizes([200, 900])
    split.setStretchFactor(0, 0)
    split.setStretchFactor(1, 1)
    place = QWidget()
    stack = QStackedLayout(place)
    stack.addWidget(loading)
    stack.addWidget(split)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(bar)
    layout.addWidget(place, 1)
    return stack
