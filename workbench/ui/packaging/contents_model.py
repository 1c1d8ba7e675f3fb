"""File by file, what goes into a package and what stays out, as an item model."""

from collections.abc import Sequence
from enum import IntEnum

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor

from workbench.code.package import Decision, Secret
from workbench.ui.kit.text import tool_tip
from workbench.ui.theme import Theme
from workbench.ui.units import size_text

DECISION_ROLE = Qt.ItemDataRole.UserRole + 1
_SORT_ROLE = Qt.ItemDataRole.UserRole + 2

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Column(IntEnum):
    """The table's columns."""

    PATH = 0
    SIZE = 1
    WHY = 2


class Shown(IntEnum):
    """What the table can be narrowed to."""

    ALL = 0
    IN = 1
    OUT = 2


class ContentsModel(QAbstractTableModel):
    """Shows the decisions that it was last given."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._decisions: Sequence[Decision] = ()

    def take(self, decisions: Sequence[Decision]) -> None:
        """Replaces all of them."""
        self.beginResetModel()
        self._decisions = decisions
        self.endResetModel()

    def decision(self, row: int) -> Decision:
        """The decision on a row's file."""
        return self._decisions[row]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._decisions)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("File"), self.tr("Size"), self.tr("Explanation"))[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        decision = self._decisions[index.row()]
        if role == DECISION_ROLE:
            return decision
        if role == _SORT_ROLE:
            return (decision.path, decision.size_bytes, self._why(decision))[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(self._text(index))
        if role == Qt.ItemDataRole.ForegroundRole:
            if decision.why_out:
                return QColor(self._theme.colors.muted)
            return QColor(self._theme.colors.warning) if decision.secret else None
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == Column.SIZE:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, index: _Index) -> str:
        decision = self._decisions[index.row()]
        path = f"{decision.path}/" if decision.is_folder else decision.path
        return (path, size_text(decision.size_bytes), self._why(decision))[index.column()]

    def _why(self, decision: Decision) -> str:
        """Why it stays out, or what is to be known of it though it goes in."""
        match decision.secret:
            case Secret.BY_NAME:
                return self.tr("Excluded: looks like a secret")
            case Secret.DEPLOYED:
                return self.tr("Included: looks like a secret")
        return decision.why_out


class ContentsFilter(QSortFilterProxyModel):
    """Narrows the model, and sorts it by any column."""

    def __init__(self, model: ContentsModel) -> None:
        super().__init__(model.parent())
        self._model = model
        self._shown = Shown.ALL
        self.setSourceModel(model)
        self.setSortRole(_SORT_ROLE)

    def show_only(self, shown: Shown) -> None:
        """Narrows it."""
        self.beginFilterChange()
        self._shown = shown
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, _parent: _Index) -> bool:
        if self._shown is Shown.ALL:
            return True
        return bool(self._model.decision(row).why_out) is (self._shown is Shown.OUT)
