"""The table of a fan-out's functions: waves can be changed in it, and progress is drawn in it."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSpinBox,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.ui.fan_out.rows import MOST_WAVES, REGION, SHARE_ROLE, STATE, TONE_ROLE, WAVE, TargetRows
from workbench.ui.named import named
from workbench.ui.theme import Theme

_ROW_HEIGHT = 30
_WIDTHS = (64, 190, 130, 130)
_BAR_HEIGHT = 3

_Index = QModelIndex | QPersistentModelIndex


class TargetTable(QTableView):
    """One row for each function. Delete is the dialog's; F2, or a double click, changes a wave."""

    def __init__(self, rows: TargetRows, theme: Theme) -> None:
        super().__init__()
        named(self, "fanOutTable", self.tr("Functions to deploy to"))
        self.setModel(rows)
        self.setItemDelegate(_Delegate(theme, self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Stretch)


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        if index.column() != WAVE:
            return super().createEditor(parent, option, index)
        field = named(QSpinBox(parent), "fanOutWaveField", self.tr("Wave"))
        field.setRange(1, MOST_WAVES)
        field.setFrame(False)
        return field

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        tone = index.data(TONE_ROLE)
        if tone in ("muted", "good", "warning", "danger"):
            color = QColor(getattr(self._theme.colors, tone))
            for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
                option.palette.setColor(role, color)
        elif index.column() > REGION:
            option.textElideMode = Qt.TextElideMode.ElideMiddle

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        share = index.data(SHARE_ROLE)
        if isinstance(share, float):
            area = QRect(option.rect)
            area.setTop(area.bottom() - _BAR_HEIGHT + 1)
            area.setWidth(round(area.width() * min(1.0, share)))
            painter.fillRect(area, QColor(self._theme.colors.accent))
