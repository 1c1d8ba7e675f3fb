"""A small read-only table of texts as an item model."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from workbench.ui.kit.text import tool_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row.

    Attributes:
        texts: What is shown, one for each column.
        full: The full text behind those that are shortened, by column.
        discreet: The full text is copied but not shown, not even as a tool tip.
    """

    texts: tuple[str, ...]
    full: tuple[tuple[int, str], ...] = ()
    discreet: bool = False

    def copied(self, column: int) -> str:
        """What copying a cell takes: its full text."""
        return dict(self.full).get(column, self.texts[column])

    def hides(self, column: int) -> bool:
        """Whether a cell's full text must not be seen."""
        return self.discreet and column in dict(self.full)


class HeadedTable(QAbstractTableModel):
    """A flat table whose columns have fixed headers; its rows are its own."""

    def __init__(self, headers: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._headers = tuple(headers)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._headers)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        return None


class RowsModel(HeadedTable):
    """Shows the rows it was last given."""

    def __init__(self, headers: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(headers, parent)
        self._rows: tuple[TableRow, ...] = ()

    def take(self, rows: Sequence[TableRow]) -> None:
        """Replaces all rows; the same rows again change nothing, so that a selection stays."""
        if tuple(rows) == self._rows:
            return
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def row(self, number: int) -> TableRow:
        """A row by its number."""
        return self._rows[number]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole and not row.hides(index.column()):
            return tool_tip(row.copied(index.column()))
        return None
