"""Rows that keep the colour of their text when selected: a failure stays red."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem


class ToneDelegate(QStyledItemDelegate):
    """Draws an index in its ForegroundRole even if it is selected, which Qt alone does not."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        tone = index.data(Qt.ItemDataRole.ForegroundRole)
        if isinstance(tone, (QBrush, QColor)):
            color = tone.color() if isinstance(tone, QBrush) else tone
            option.palette.setColor(QPalette.ColorRole.HighlightedText, color)
