"""The table of a fan-out's functions: waves can be changed in it, and progress is drawn in it."""

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex
from PySide6.QtWidgets import QAbstractItemView, QSpinBox, QStyleOptionViewItem, QWidget

from workbench.ui.fan_out.rows import MOST_WAVES, WAVE, TargetRows
from workbench.ui.named import named
from workbench.ui.state_delegate import StateDelegate, StateTable
from workbench.ui.theme import Theme

_WIDTHS = (64, 190, 130, 130)

_Index = QModelIndex | QPersistentModelIndex


class TargetTable(StateTable):
    """One row for each function. Delete is the dialog's; F2, or a double click, changes a wave."""

    def __init__(self, rows: TargetRows, theme: Theme) -> None:
        title = QCoreApplication.translate("TargetTable", "Functions to deploy to")
        super().__init__("fanOutTable", title, rows, _WIDTHS)
        self.setItemDelegate(_Delegate(theme, self))
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)


class _Delegate(StateDelegate):
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        if index.column() != WAVE:
            return super().createEditor(parent, option, index)
        field = named(QSpinBox(parent), "fanOutWaveField", self.tr("Wave"))
        field.setRange(1, MOST_WAVES)
        field.setFrame(False)
        return field
