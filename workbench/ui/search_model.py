"""What a search found, as a tree: files, and under each the lines; which of them are to be replaced."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from workbench.code.search import FileMatches, Match, Replacement, replacement_of
from workbench.core.messages import _
from workbench.ui.kit.text import tool_tip

MATCH_ROLE = Qt.ItemDataRole.UserRole + 1  # the Match of a line; None for a file
FILE_ROLE = Qt.ItemDataRole.UserRole + 2  # the FileMatches of a file, or of a line's file
INSTEAD_ROLE = Qt.ItemDataRole.UserRole + 3  # what takes its place; None: nothing is replaced

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_CHECKED, _UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


class SearchModel(QAbstractItemModel):
    """Grows while a search runs. With words to replace by, every row has a tick."""

    ticks_changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._files: list[FileMatches] = []
        self._left_out: list[set[int]] = []  # by file: the rows of matches without a tick
        self._words: str | None = None

    def clear(self) -> None:
        """Forgets everything that was found."""
        self.beginResetModel()
        self._files, self._left_out = [], []
        self.endResetModel()
        self.ticks_changed.emit()

    def add(self, found: Sequence[FileMatches]) -> None:
        """Takes what was found since."""
        first = len(self._files)
        self.beginInsertRows(_ROOT, first, first + len(found) - 1)
        self._files.extend(found)
        self._left_out.extend(set() for __ in found)
        self.endInsertRows()
        self.ticks_changed.emit()

    def set_words(self, words: str | None) -> None:
        """What matches are to be replaced by; None to replace nothing."""
        self._words = words
        self._redraw()

    def ticked(self) -> list[tuple[str, list[Replacement]]]:
        """What is to be replaced, by file."""
        words = self._words
        if words is None:
            return []
        chosen = [
            (file.path, [replacement_of(m, words) for row, m in enumerate(file.matches) if row not in out])
            for file, out in zip(self._files, self._left_out, strict=True)
        ]
        return [(path, replacements) for path, replacements in chosen if replacements]

    @property
    def ticked_count(self) -> int:
        """How many matches have a tick."""
        return sum(len(file.matches) for file in self._files) - sum(map(len, self._left_out))

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        if not 0 <= row < self.rowCount(parent) or column != 0:
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: _Index) -> QModelIndex:  # type: ignore[override]  # Qt overloads it for QObject's
        above = index.internalId() if index.isValid() else 0
        return self.createIndex(above - 1, 0, 0) if above else QModelIndex()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        if not parent.isValid():
            return len(self._files)
        return 0 if parent.internalId() else len(self._files[parent.row()].matches)

    def columnCount(self, _parent: _Index = _ROOT) -> int:
        return 1

    def flags(self, index: _Index) -> Qt.ItemFlag:
        has_tick = index.isValid() and self._words is not None
        ticks = Qt.ItemFlag.ItemIsUserCheckable if has_tick else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | ticks

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        file, match = self._at(index)
        if role == FILE_ROLE:
            return file
        if role == MATCH_ROLE:
            return match
        if role == INSTEAD_ROLE:
            return None if match is None or self._words is None else replacement_of(match, self._words).text
        if role == Qt.ItemDataRole.CheckStateRole and self._words is not None:
            return self._tick(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return file.path if match is None else f"{match.before}{match.found}{match.after}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if match is None:
                return _("{path} ({count})").format(path=file.path, count=str(len(file.matches)))
            line = _("Line {line}: {text}")
            return line.format(line=str(match.line), text=f"{match.before}{match.found}{match.after}")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(file.path) if match is None else None
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        is_ticked = Qt.CheckState(value) == _CHECKED
        above = index.internalId()
        if above:
            out = self._left_out[above - 1]
            out.discard(index.row()) if is_ticked else out.add(index.row())
        else:
            every = range(len(self._files[index.row()].matches))
            self._left_out[index.row()] = set() if is_ticked else set(every)
        self._redraw()
        return True

    def _tick(self, index: _Index) -> Qt.CheckState:
        above = index.internalId()
        if above:
            return _UNCHECKED if index.row() in self._left_out[above - 1] else _CHECKED
        out = len(self._left_out[index.row()])
        if out == 0:
            return _CHECKED
        whole = out == len(self._files[index.row()].matches)
        return _UNCHECKED if whole else Qt.CheckState.PartiallyChecked

    def _at(self, index: _Index) -> tuple[FileMatches, Match | None]:
        above = index.internalId()
        if above:
            file = self._files[above - 1]
            return file, file.matches[index.row()]
        return self._files[index.row()], None

    def _redraw(self) -> None:
        # Words, and ticks above and below: cheaper than to name every row.
        self.layoutAboutToBeChanged.emit()
        self.layoutChanged.emit()
        self.ticks_changed.emit()
