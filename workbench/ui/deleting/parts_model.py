"""What hangs on a function, as a table with a tick for what a person decides."""

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from workbench.functions.dependents import DependentResource
from workbench.ui.deleting.words import fate_text, kind_text, subject_text
from workbench.ui.kit.text import tool_tip
from workbench.ui.rows_model import HeadedTable

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_KIND, _SUBJECT, _FATE = range(3)


class PartsModel(HeadedTable):
    """Parts in the order they came.

    Signals:
        chosen_changed: A tick was set or taken away, or parts came.
    """

    chosen_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((), parent)
        self._headers = (self.tr("Type"), self.tr("Name"), self.tr("After deletion"))
        self._parts: list[DependentResource] = []
        self._chosen: set[DependentResource] = set()

    def add(self, parts: Iterable[DependentResource]) -> None:
        """Takes parts that were found."""
        new = list(parts)
        if not new:
            return
        first = len(self._parts)
        self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
        self._parts += new
        self._chosen |= {part for part in new if part.can_be_chosen and part.goes_by_default}
        self.endInsertRows()
        self.chosen_changed.emit()

    @property
    def parts(self) -> tuple[DependentResource, ...]:
        """All, in the order they are shown."""
        return tuple(self._parts)

    @property
    def chosen(self) -> tuple[DependentResource, ...]:
        """Those that are to go."""
        return tuple(part for part in self._parts if part in self._chosen)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._parts)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and index.column() == _KIND and self._parts[index.row()].can_be_chosen:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        part = self._parts[index.row()]
        chosen = part in self._chosen
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == _KIND and part.can_be_chosen:
            return Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked
        text = (kind_text(part.kind), subject_text(part), fate_text(part, chosen=chosen))[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(text)
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        part = self._parts[index.row()]
        if not part.can_be_chosen:
            return False
        self._chosen ^= {part}
        self.dataChanged.emit(self.index(index.row(), _KIND), self.index(index.row(), _FATE))
        self.chosen_changed.emit()
        return True
