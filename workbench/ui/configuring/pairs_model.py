"""Names and values that can be changed in place, as an item model; values may be masked."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from workbench.ui.configuring.words import MASK
from workbench.ui.kit.text import tool_tip
from workbench.ui.rows_model import HeadedTable

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class PairsModel(HeadedTable):
    """Rows of two texts.

    Signals:
        edited: A person has changed one.
    """

    edited = Signal()

    def __init__(self, headers: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(headers, parent)
        self._rows: list[list[str]] = []
        self._masked = False

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The rows from top to bottom; those that are wholly empty are left out."""
        return tuple((name, value) for name, value in self._rows if name or value)

    def show_pairs(self, pairs: Sequence[tuple[str, str]], *, masked: bool = False) -> None:
        """Shows others."""
        self.beginResetModel()
        self._rows = [list(pair) for pair in pairs]
        self._masked = masked
        self.endResetModel()

    def set_masked(self, *, masked: bool) -> None:
        """Masks the values, or shows them."""
        self._masked = masked
        if self._rows:
            self.dataChanged.emit(self.index(0, 1), self.index(len(self._rows) - 1, 1))

    def add(self) -> QModelIndex:
        """Adds an empty row and returns where its name is."""
        row = len(self._rows)
        self.beginInsertRows(_ROOT, row, row)
        self._rows.append(["", ""])
        self.endInsertRows()
        return self.index(row, 0)

    def remove(self, row: int) -> None:
        self.beginRemoveRows(_ROOT, row, row)
        del self._rows[row]
        self.endRemoveRows()
        self.edited.emit()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        text = self._rows[index.row()][index.column()]
        hidden = self._masked and index.column() == 1
        if role == Qt.ItemDataRole.DisplayRole:
            return MASK if hidden and text else text
        if role == Qt.ItemDataRole.EditRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole and not hidden:
            return tool_tip(text)
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        text = str(value).strip() if index.column() == 0 else str(value)
        if self._rows[index.row()][index.column()] == text:
            return True
        self._rows[index.row()][index.column()] = text
        self.dataChanged.emit(index, index)
        self.edited.emit()
        return True

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable
