"""A line for several names with commas; what is typed is completed name by name."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit

from workbench.ui.named import named


class NameList(QLineEdit):
    """Names, in the order they were typed.

    Args:
        name: The object name.
        title: What the names are of.
    """

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        named(self, name, title)
        self._known = QStringListModel(self)
        completer = _LastName(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)

    def know(self, names: Sequence[str]) -> None:
        """Takes what may be typed; other names can be typed all the same."""
        self._known.setStringList(list(names))

    @property
    def names(self) -> tuple[str, ...]:
        """What was typed, without gaps."""
        return tuple(name for part in self.text().split(",") if (name := part.strip()))


class _LastName(QCompleter):
    """Completes what follows the last comma."""

    def splitPath(self, path: str) -> list[str]:
        return [path.rpartition(",")[2].strip()]

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        line = self.widget()
        before = line.text().rpartition(",")[0].strip() if isinstance(line, QLineEdit) else ""
        chosen = str(index.data())
        return f"{before}, {chosen}" if before else chosen
