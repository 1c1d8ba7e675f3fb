"""Draws a table of things that are under way: the state in its tone, and below it how far it is."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.ui.named import named
from workbench.ui.plain_table import make_plain
from workbench.ui.rows_model import HeadedTable
from workbench.ui.theme import Theme

SHARE_ROLE = Qt.ItemDataRole.UserRole
"""How far it is (0 to 1), or None."""
TONE_ROLE = Qt.ItemDataRole.UserRole + 1
"""Of a state: "muted", "good", "warning", "danger" or empty; None in other columns."""

_BAR_HEIGHT = 3
_ROW_HEIGHT = 30

_Index = QModelIndex | QPersistentModelIndex


class StateDelegate(QStyledItemDelegate):
    """Asks the model for SHARE_ROLE and TONE_ROLE."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        tone = index.data(TONE_ROLE)
        if tone in ("muted", "good", "warning", "danger"):
            color = QColor(getattr(self._theme.colors, tone))
            for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
                option.palette.setColor(role, color)
        elif tone == "":
            option.textElideMode = Qt.TextElideMode.ElideMiddle

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        share = index.data(SHARE_ROLE)
        if isinstance(share, float):
            area = QRect(option.rect)
            area.setTop(area.bottom() - _BAR_HEIGHT + 1)
            area.setWidth(round(area.width() * min(1.0, share)))
            painter.fillRect(area, QColor(self._theme.colors.accent))


class StateTable(QTableView):
    """One row for each thing; the last column, the state, takes what room is left.

    Args:
        name: The object name.
        title: What the table is, for who cannot see it.
        rows: The model.
        widths: Of the columns before the state, in pixels.
    """

    def __init__(self, name: str, title: str, rows: HeadedTable, widths: Sequence[int]) -> None:
        super().__init__()
        named(self, name, title)
        self.setModel(rows)
        make_plain(self, _ROW_HEIGHT)
        header = self.horizontalHeader()
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(len(widths), QHeaderView.ResizeMode.Stretch)
