"""The table of a fan-out's functions: waves can be changed in it, and progress is drawn in it."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSpinBox,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from workbench.ui.fan_out.rows import MOST_WAVES, STATE, WAVE, TargetRows
from workbench.ui.named import named
from workbench.ui.state_delegate import StateDelegate
from workbench.ui.theme import Theme

_ROW_HEIGHT = 30
_WIDTHS = (64, 190, 130, 130)

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


class _Delegate(StateDelegate):
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        if index.column() != WAVE:
            return super().createEditor(parent, option, index)
        field = named(QSpinBox(parent), "fanOutWaveField", self.tr("Wave"))
        field.setRange(1, MOST_WAVES)
        field.setFrame(False)
        return field
