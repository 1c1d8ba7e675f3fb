"""The accounts and roles of a portal as an item model with ticks, and a search over it."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)

from workbench.profiles.sso.portal import AccountRole
from workbench.ui.kit.text import tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_CHECKED = Qt.CheckState.Checked.value


class RoleModel(QAbstractTableModel):
    """One row for each role: account, its number, the role. Ticks are in the first column.

    Args:
        there: Account numbers and role names that have a profile already: shown, but not to be ticked.
    """

    ticked = Signal()  # other roles are ticked now

    def __init__(self, there: Collection[tuple[str, str]]) -> None:
        super().__init__()
        self._there = frozenset(there)
        self._rows: list[AccountRole] = []
        self._searched: list[str] = []
        self._ticked: set[int] = set()

    def add(self, roles: Sequence[AccountRole]) -> None:
        """Appends what the portal has just told."""
        if roles:
            self.beginInsertRows(_ROOT, len(self._rows), len(self._rows) + len(roles) - 1)
            self._rows += roles
            self._searched += [_searched(each) for each in roles]
            self.endInsertRows()

    @property
    def chosen(self) -> tuple[AccountRole, ...]:
        """What is ticked, in the order of the rows."""
        return tuple(self._rows[row] for row in sorted(self._ticked))

    def is_there(self, row: int) -> bool:
        """Whether this role has a profile already."""
        return (self._rows[row].account.account_id, self._rows[row].role_name) in self._there

    def searched(self, row: int) -> str:
        """What a search looks at, in lower case; made once, as a search asks for all rows."""
        return self._searched[row]

    def tick(self, rows: Collection[int], *, on: bool) -> None:
        """Ticks or unticks rows; those that are there already stay as they are."""
        wanted = {row for row in rows if not self.is_there(row)}
        before = len(self._ticked)
        self._ticked = self._ticked | wanted if on else self._ticked - wanted
        if len(self._ticked) != before:
            self.dataChanged.emit(
                self.index(0, 0), self.index(len(self._rows) - 1, 0), [Qt.ItemDataRole.CheckStateRole]
            )
            self.ticked.emit()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 3

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Account"), self.tr("Account ID"), self.tr("Role"))[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        each = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (each.account.name or each.account.account_id, each.account.account_id, each.role_name)[
                index.column()
            ]
        if role == Qt.ItemDataRole.ToolTipRole:
            if self.is_there(index.row()):
                return self.tr("A profile for this role already exists.")
            return tool_tip(each.account.email) or None
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == 0:
            is_on = index.row() in self._ticked or self.is_there(index.row())
            return Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != 0 or self.is_there(index.row()):
            return False
        on = value in (_CHECKED, Qt.CheckState.Checked)
        self.tick([index.row()], on=on)
        return True

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if not index.isValid() or self.is_there(index.row()):
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags


class RoleFilter(QSortFilterProxyModel):
    """The rows in which every word of the search occurs."""

    def __init__(self, model: RoleModel) -> None:
        super().__init__()
        self._model = model
        self._words: tuple[str, ...] = ()
        self.setSourceModel(model)

    def search(self, text: str) -> None:
        """Takes another search; upper and lower case are the same."""
        self.beginFilterChange()
        self._words = tuple(text.casefold().split())
        self.endFilterChange()

    def shown(self) -> list[int]:
        """The model's rows that are shown."""
        return [self.mapToSource(self.index(row, 0)).row() for row in range(self.rowCount())]

    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
        if not self._words:
            return True
        text = self._model.searched(source_row)
        return all(word in text for word in self._words)


def _searched(each: AccountRole) -> str:
    account = each.account
    return f"{account.name} {account.account_id} {account.email} {each.role_name}".casefold()
