"""All functions as an item model: every row of the fleet, and those that are shown."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from operator import attrgetter

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from workbench.core.messages import _
from workbench.functions.fleet import FleetFilter, FleetRow, RuntimeDates, Scope, narrowed
from workbench.functions.model import FunctionSummary
from workbench.ui.fleet.columns import BY_ID, COLUMNS
from workbench.ui.fleet.matching import matching, searched_text
from workbench.ui.kit.text import tool_tip
from workbench.ui.sparklines.sparkline import Sparkline
from workbench.ui.sparklines.store import SparklineRow, SparklineStore

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_DISPLAY, _ALIGN = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_RUNTIME, _NAME, _RECENT = BY_ID["runtime"], BY_ID["name"], BY_ID["recent"]
_SETTLE_MS = 100


class _Entry:
    """A row, with the text that a search looks at."""

    __slots__ = ("name", "row", "text")

    def __init__(self, row: FleetRow) -> None:
        self.row = row
        self.name = row.function.function_name
        self.text = searched_text(row)


def _same_row(one: _Entry, other: _Entry) -> bool:
    """Whether two entries are of the same function, reached by the same profile."""
    return one is other or (one.name == other.name and one.row.scope == other.row.scope)


class FleetModel(QAbstractTableModel):
    """Holds the functions of each scope apart; shows those that the filter lets through.

    Pages that arrive one after the other are shown together, some times a second.

    Args:
        dates: When runtimes end.
        today: Which day it is.
        parent: Whose it is.

    Signals:
        counted: How many there are, or are shown, has changed.
    """

    counted = Signal()

    def __init__(self, dates: RuntimeDates, today: Callable[[], date], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dates = dates
        self._today = today
        self._scopes: dict[Scope, dict[str, _Entry]] = {}
        self._sorted: list[_Entry] = []
        self._base: list[_Entry] = []  # what the facets let through
        self._shown: list[_Entry] = []
        self._wanted = FleetFilter()
        self._column, self._descending = 0, False
        self.by_relevance = False
        # A query, what it was looked for in, and what of that it found, in the order of the table.
        self._last_search: tuple[str, list[_Entry], list[_Entry]] = ("", [], [])
        self._settling = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settling.timeout.connect(self.settle)
        self._ended: frozenset[str] = frozenset()
        self.sparklines = SparklineStore(self)
        self.sparklines.changed.connect(lambda: self._renew(_RECENT))

    # Rows ---------------------------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """How many functions there are, shown or not."""
        return sum(map(len, self._scopes.values()))

    @property
    def wanted(self) -> FleetFilter:
        """What the rows are narrowed to."""
        return self._wanted

    def count(self, scope: Scope) -> int:
        """How many functions a scope has."""
        return len(self._scopes.get(scope, ()))

    def all(self) -> list[FleetRow]:
        """Every row, shown or not."""
        return [entry.row for entries in self._scopes.values() for entry in entries.values()]

    def row(self, number: int) -> FleetRow:
        """A shown row."""
        return self._shown[number].row

    def rows(self, numbers: Iterable[int]) -> tuple[FleetRow, ...]:
        """Shown rows, in the order that they are shown in."""
        return tuple(self._shown[number].row for number in sorted(numbers))

    def add(self, scope: Scope, functions: Sequence[FunctionSummary], *, complete: bool) -> None:
        """Takes functions of a scope: some of them, or all, so that the others are gone."""
        known = self._scopes.get(scope, {})
        entries = {} if complete else known
        for function in functions:
            entry = known.get(function.function_name)
            if entry is None or (entry.row.function is not function and entry.row.function != function):
                entry = _Entry(FleetRow(scope.profile_name, function))
            entries[function.function_name] = entry
        self._scopes[scope] = entries
        if not self._settling.isActive():
            self._settling.start()

    def candidates(self) -> list[FleetRow]:
        """The rows that would be shown whatever their state: what is typed is not looked at."""
        rows = self.all()
        wanted = replace(self._wanted, state=frozenset())
        return [rows[number] for number in narrowed(rows, wanted, self._ended)]

    def set_state(self, row: FleetRow, state: str, last_update_status: str = "") -> None:
        """What AWS says of a function that was looked at; one that has changed since has none."""
        entry = self._scopes.get(row.scope, {}).get(row.function.function_name)
        if entry is None or entry.row.function != row.function:
            return
        entry.row = replace(entry.row, state=state, last_update_status=last_update_status)
        if self._wanted.state:
            if not self._settling.isActive():
                self._settling.start()
        else:
            self._renew(BY_ID["state"])

    def _renew(self, column: int) -> None:
        if self._shown:
            self.dataChanged.emit(self.index(0, column), self.index(len(self._shown) - 1, column))

    def mark_drifted(self, drifted: Collection[tuple[Scope, str]]) -> None:
        """These functions, by their scope and name, have drifted, and no others."""
        changed = False
        for scope, entries in self._scopes.items():
            for name, entry in entries.items():
                if entry.row.is_drifted != (is_drifted := (scope, name) in drifted):
                    entry.row, changed = replace(entry.row, is_drifted=is_drifted), True
        if changed:
            self.settle()

    def drop(self, scope: Scope) -> None:
        """A scope is no part of the fleet any more, or leads to another account: nothing of it stays."""
        if self._scopes.pop(scope, None):
            self.settle()

    def keep(self, scopes: Iterable[Scope]) -> None:
        """Drops all but these."""
        for scope in set(self._scopes) - set(scopes):
            self.drop(scope)

    def settle(self) -> None:
        """Shows now what has arrived."""
        self._settling.stop()
        self._sorted = [entry for entries in self._scopes.values() for entry in entries.values()]
        self._sort_rows()
        self._narrow()
        self._show()
        self.counted.emit()

    # What is shown ------------------------------------------------------------------------------------------

    def set_filter(self, wanted: FleetFilter) -> None:
        """Narrows the rows at once."""
        if wanted == self._wanted:
            return
        before, self._wanted = self._wanted, wanted
        if not before.query.strip():
            self.by_relevance = True
        if replace(before, query="") != replace(wanted, query=""):
            self._narrow()
        self._show()
        self.counted.emit()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self.by_relevance = False
        self._sort_rows()
        self._narrow()
        self._show()

    @property
    def sorting(self) -> tuple[int, Qt.SortOrder]:
        """The column that rows are sorted by, and how."""
        order = Qt.SortOrder.DescendingOrder if self._descending else Qt.SortOrder.AscendingOrder
        return self._column, order

    def _sort_rows(self) -> None:
        key = COLUMNS[self._column].key
        self._sorted.sort(key=attrgetter("name"))
        self._sorted.sort(key=lambda entry: key(entry.row), reverse=self._descending)

    def _narrow(self) -> None:
        today = self._today()
        self._ended = frozenset(name for name in self._dates.deprecated if self._dates.end_of(name, today))
        if self._wanted.chosen:
            numbers = narrowed([entry.row for entry in self._sorted], self._wanted, self._ended)
            self._base = [self._sorted[number] for number in numbers]
        else:
            self._base = list(self._sorted)

    def _show(self) -> None:
        shown = self._matching() if self._wanted.query.strip() else list(self._base)
        if len(shown) == len(self._shown) and all(map(_same_row, shown, self._shown)):
            self._shown = shown
            if shown:
                self.dataChanged.emit(self.index(0, 0), self.index(len(shown) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self._shown = shown
        self.endResetModel()

    def _matching(self) -> list[_Entry]:
        query, base = self._wanted.query, self._base
        before, among, found_before = self._last_search
        if among is base and query.startswith(before):
            base = found_before  # one letter more finds no more
        found = matching(query, [entry.name for entry in base], [entry.text for entry in base])
        in_order = [base[number] for number in sorted(found)]
        self._last_search = query, self._base, in_order
        return [base[number] for number in found] if self.by_relevance else in_order

    # As Qt wants it -----------------------------------------------------------------------------------------

    def text(self, number: int, column: int) -> str:
        """What a cell says."""
        row = self._shown[number].row
        return self.sparklines.short(SparklineRow.at(row)) if column == _RECENT else COLUMNS[column].text(row)

    def sparkline(self, number: int) -> Sparkline | None:
        """What a shown row did in the last hours, as far as it was read."""
        return self.sparklines.of(SparklineRow.at(self._shown[number].row))

    def badge(self, number: int, column: int) -> str:
        """What stands behind a cell's text, set off from it; nothing for most."""
        return _("Drifted") if column == _NAME and self._shown[number].row.is_drifted else ""

    def is_noticed(self, number: int, column: int) -> bool:
        """Whether a cell is coloured: a runtime that AWS has deprecated."""
        return column == _RUNTIME and self._shown[number].row.function.runtime in self._ended

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _DISPLAY:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.ToolTipRole and section == _RECENT:
            return _("Triangles mark errors. Only visible rows are read. Use Fleet Metrics to sort.")
        if role == _ALIGN and COLUMNS[section].is_number:
            return int(_RIGHT)
        return None

    def data(self, index: _Index, role: int = _DISPLAY) -> object:
        column = index.column()
        if role == _DISPLAY:
            return self.text(index.row(), column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(self._tip(self._shown[index.row()].row, column))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if column == _RECENT:
                return self.sparklines.description(SparklineRow.at(self._shown[index.row()].row))
            return " ".join(filter(None, (self.text(index.row(), column), self.badge(index.row(), column))))
        return None

    def _tip(self, row: FleetRow, column: int) -> str:
        ended = self._dates.end_of(row.function.runtime, self._today())
        if column == _RUNTIME and ended is not None:
            words = _("{runtime} has been deprecated since {date} (AWS's dates as of {checked}).")
            return words.format(
                runtime=row.function.runtime, date=ended.isoformat(), checked=self._dates.checked
            )
        if column == _RECENT:
            return self.sparklines.description(SparklineRow.at(row))
        if column == _NAME and row.is_drifted:
            words = _("Drifted: its code differs from the version last opened or deployed on this computer.")
            return f"{COLUMNS[column].text(row)}\n{words}"
        return COLUMNS[column].text(row)
