"""The files of a merge as a list, and what was decided in each."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from workbench.code.merge import Choice
from workbench.code.merge_plan import FileState, MergeFile
from workbench.ui.kit.text import tool_tip
from workbench.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class MergeFiles(QAbstractTableModel):
    """Path and state of each file; the choices are made here.

    Args:
        files: Of the plan.
        theme: For the colours.
        parent: The dialog.
    """

    def __init__(self, files: Sequence[MergeFile], theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._files = tuple(files)
        self._theme = theme
        self._choices: dict[str, list[Choice | None]] = {
            file.path: [None] * file.conflicts for file in files if file.conflicts
        }

    def file(self, row: int) -> MergeFile:
        """The file of a row."""
        return self._files[row]

    def choices(self, path: str) -> tuple[Choice | None, ...]:
        """What was decided in a file; None for what was not."""
        return tuple(self._choices.get(path, ()))

    def choose(self, row: int, conflict: int, choice: Choice | None) -> None:
        """Decides a conflict, or takes the decision back."""
        self._choices[self._files[row].path][conflict] = choice
        self.dataChanged.emit(self.index(row, 0), self.index(row, 1))

    @property
    def undecided(self) -> int:
        """How many conflicts are left."""
        return sum(choices.count(None) for choices in self._choices.values())

    @property
    def decided(self) -> dict[str, tuple[Choice, ...]]:
        """All choices of all files, once nothing is left."""
        return {
            path: tuple(choice for choice in choices if choice is not None)
            for path, choices in self._choices.items()
        }

    def neighbour(self, row: int, conflict: int, *, forward: bool) -> tuple[int, int] | None:
        """The next or previous conflict from a place, over all files; undecided ones only, if there are any.

        Returns:
            Row and conflict, or None: there is no other.
        """
        places = [
            (at, number)
            for at, file in enumerate(self._files)
            for number, choice in enumerate(self.choices(file.path))
            if not self.undecided or choice is None
        ]
        if forward:
            after = [place for place in places if place > (row, conflict)]
            found = (after or places)[:1]
        else:
            before = [place for place in places if place < (row, conflict)]
            found = (before or places)[-1:]
        return found[0] if found and found[0] != (row, conflict) else None

    # Qt

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._files)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("File"), self.tr("State"))[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        file = self._files[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return file.path if index.column() == 0 else self.state_of(file)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(f"{file.path}\n{self._explain(file)}")
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 1:
            return QColor(self._color(file))
        return None

    def state_of(self, file: MergeFile) -> str:
        """The state in a word."""
        left = self.choices(file.path).count(None)
        if file.state is FileState.CONFLICT:
            if not left:
                return self.tr("Resolved")
            return self.tr("1 conflict") if left == 1 else self.tr("%n conflicts", "", left)
        return {
            FileState.MERGED: self.tr("Merged"),
            FileState.THEIRS: self.tr("Deployed"),
            FileState.MINE: self.tr("Mine"),
        }.get(file.state, self.tr("Same"))

    def _explain(self, file: MergeFile) -> str:
        return {
            FileState.CONFLICT: self.tr("Both sides changed the same lines or the whole file."),
            FileState.MERGED: self.tr("Both sides changed the file in different lines."),
            FileState.THEIRS: self.tr("Only the deployed code changed: theirs is used."),
            FileState.MINE: self.tr("Only your working copy changed: mine is used."),
        }.get(file.state, self.tr("Both sides made the same change."))

    def _color(self, file: MergeFile) -> str:
        colors = self._theme.colors
        if file.state is FileState.CONFLICT:
            return colors.danger if None in self.choices(file.path) else colors.good
        return colors.good if file.state is FileState.MERGED else colors.muted
