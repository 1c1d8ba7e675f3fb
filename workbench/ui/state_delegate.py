"""Draws a table of things that are under way: the state in its tone, and below it how far it is."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.ui.theme import Theme

SHARE_ROLE = Qt.ItemDataRole.UserRole
"""How far it is (0 to 1), or None."""
TONE_ROLE = Qt.ItemDataRole.UserRole + 1
"""Of a state: "muted", "good", "warning", "danger" or empty; None in other columns."""

_BAR_HEIGHT = 3

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
