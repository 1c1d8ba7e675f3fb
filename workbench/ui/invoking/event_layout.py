"""Where things stand on the Test tab, and the field of the event. Must not know: events, invoking."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from workbench.ui.kit.overflow import OverflowRow
from workbench.ui.kit.text import PlainLabel
from workbench.ui.named import named
from workbench.ui.theme import monospace


def event_field(label: str) -> QPlainTextEdit:
    """The field; `label` is what a screen reader calls it."""
    field = named(QPlainTextEdit(), "testEventText", label)
    field.setFont(monospace())
    field.setTabStopDistance(field.fontMetrics().horizontalAdvance(" ") * 2)
    field.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    field.setTabChangesFocus(True)
    return field


def place_parts(
    page: QWidget,
    label: str,
    left: Sequence[QWidget],
    right: Sequence[QWidget],
    below: Sequence[QWidget],
    *,
    more: QPushButton,
    rare: Sequence[QPushButton],
) -> None:
    """Puts a row on top, whose label names the first of `left`; the second of `below` gets the room.

    Of the row, `rare` moves into the menu of `more` when there is no room for it.
    """
    top = OverflowRow(more, rare)
    words = PlainLabel(label)
    words.setBuddy(left[0])
    for widget in (words, *left):
        top.add(widget)
    top.add_stretch()
    for widget in right:
        top.add(widget)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(16, 12, 16, 12)
    layout.setSpacing(8)
    layout.addWidget(top)
    for number, widget in enumerate(below):
        layout.addWidget(widget, 1 if number == 1 else 0)


def side_by_side(left: QWidget, right: QWidget) -> QWidget:
    """Puts two widgets into a row; the first gets the room."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(left, 1)
    layout.addWidget(right)
    return row
