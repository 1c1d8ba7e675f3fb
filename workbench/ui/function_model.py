"""The function list as an item model: all rows of one account and region, and those that match the search."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from workbench.core.messages import _
from workbench.functions.model import FunctionSummary
from workbench.ui.fuzzy import rank
from workbench.ui.kit.text import tool_tip

if TYPE_CHECKING:
    from workbench.ui.shell.sparklines import Sparkline

SUMMARY_ROLE = Qt.ItemDataRole.UserRole + 1
SPARKLINE_ROLE = SUMMARY_ROLE + 1  # a Sparkline, or None
NOT_DEPLOYED_ROLE = SPARKLINE_ROLE + 1  # whether saved changes are not deployed, as far as is known

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class FunctionModel(QAbstractListModel):
    """Rows sorted by name; `search` narrows them at once, best match first.

    A listing arrives page by page between `begin` and `finish`: rows are added or renewed as they come, and
    rows that the service no longer names go at the end: the list never empties under the reader's eyes.
    """

    def __init__(self, describe: Callable[[FunctionSummary], str]) -> None:
        super().__init__()
        self._describe = describe
        self._sparkline_of: Callable[[FunctionSummary], Sparkline | None] = lambda _row: None
        self._sparkline_words: Callable[[FunctionSummary], str] = lambda _row: ""
        self._not_deployed = ""  # the name of the function with saved changes that are not deployed
        self._rows: dict[str, FunctionSummary] = {}
        self._sorted: list[FunctionSummary] = []
        self._texts: list[str] = []  # what the search looks at, in the order of `_sorted`
        self._shown: list[FunctionSummary] = []
        self._seen: set[str] = set()
        self._query = ""

    @property
    def total(self) -> int:
        """How many functions there are, matching or not."""
        return len(self._rows)

    def reset(self, rows: Iterable[FunctionSummary] = ()) -> None:
        """Another account or region: all rows are replaced."""
        self._rows = {row.function_name: row for row in rows}
        self._seen = set()
        self._sort()

    def begin(self) -> None:
        """A new listing starts."""
        self._seen = set()

    def add(self, page: Iterable[FunctionSummary]) -> None:
        """Takes a page of the listing."""
        for row in page:
            self._rows[row.function_name] = row
            self._seen.add(row.function_name)
        self._sort()

    def finish(self) -> None:
        """The listing is complete: what it did not name is gone."""
        if len(self._seen) != len(self._rows):
            self._rows = {name: row for name, row in self._rows.items() if name in self._seen}
            self._sort()

    def all(self) -> tuple[FunctionSummary, ...]:
        """Every row, matching or not."""
        return tuple(self._rows.values())

    def search(self, query: str) -> None:
        """Narrows the rows to those that match."""
        if query != self._query:
            self._query = query
            self._show(reorder=True)

    def show_sparklines(
        self, of: "Callable[[FunctionSummary], Sparkline | None]", words: Callable[[FunctionSummary], str]
    ) -> None:
        """Says where each row's sparkline comes from, and what it shows in words."""
        self._sparkline_of, self._sparkline_words = of, words

    def mark_not_deployed(self, function_name: str) -> None:
        """Marks the function whose saved changes are not deployed; an empty name for none."""
        if function_name != self._not_deployed:
            self._not_deployed = function_name
            self.repaint_rows()

    def repaint_rows(self) -> None:
        """Something that is shown of the rows has changed, but not the rows."""
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def index_of(self, function_name: str) -> QModelIndex:
        """The shown row of a function; invalid when it is not shown."""
        for number, row in enumerate(self._shown):
            if row.function_name == function_name:
                return self.index(number)
        return QModelIndex()

    def _sort(self) -> None:
        self._sorted = sorted(self._rows.values(), key=lambda row: row.function_name.lower())
        self._texts = [row.function_name for row in self._sorted]
        self._show()

    def _show(self, *, reorder: bool = False) -> None:
        rows = self._sorted
        if self._query:
            rows = [rows[number] for number in rank(self._query, self._texts)]
        if [row.function_name for row in rows] == [row.function_name for row in self._shown]:
            self._shown = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        if reorder or self._query or not self._shown:
            self.beginResetModel()
            self._shown = rows
            self.endResetModel()
            return
        # Row by row where the order stays: a reset would swallow the click that is just being made.
        self._remove({row.function_name for row in rows})
        self._insert(rows)

    def _remove(self, kept: set[str]) -> None:
        for number in range(len(self._shown) - 1, -1, -1):
            if self._shown[number].function_name not in kept:
                self.beginRemoveRows(_ROOT, number, number)
                del self._shown[number]
                self.endRemoveRows()

    def _insert(self, rows: list[FunctionSummary]) -> None:
        """Brings the shown rows, which are some of `rows` in their order, up to all of them."""
        shown = {row.function_name for row in self._shown}
        number = 0
        while number < len(rows):
            last = number
            while last < len(rows) and rows[last].function_name not in shown:
                last += 1
            if last > number:
                self.beginInsertRows(_ROOT, number, last - 1)
                self._shown[number:number] = rows[number:last]
                self.endInsertRows()
            number = last + 1
        self._shown = rows
        if rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.function_name
        if role == SUMMARY_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            about = (self._describe(row), row.description, self._sparkline_words(row))
            parts = (row.function_arn, *about, self._deploy_words(row))
            return tool_tip("\n".join(filter(None, parts)))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            said = (row.function_name, self._deploy_words(row), self._describe(row))
            return ", ".join(filter(None, (*said, self._sparkline_words(row))))
        if role == NOT_DEPLOYED_ROLE:
            return row.function_name == self._not_deployed
        if role == SPARKLINE_ROLE:
            return self._sparkline_of(row)
        return None

    def _deploy_words(self, row: FunctionSummary) -> str:
        return _("Not deployed") if row.function_name == self._not_deployed else ""


def ago(moment: datetime, now: datetime) -> tuple[int, str]:
    """How long ago, as a number and its unit: "s", "min", "h", "d"."""
    seconds = max(0, int((now - moment).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return seconds // size, unit
    return seconds, "s"
