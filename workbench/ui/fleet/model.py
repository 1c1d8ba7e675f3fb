"""All functions as an item model: every row of the fleet, and those that are shown."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from PySide6.QtCore import QObject, QRect, Qt, QTimer
from PySide6.QtGui import QPainter

from workbench.core.messages import _
from workbench.functions.fleet import FleetFilter, FleetRow, RuntimeDates, Scope, narrowed
from workbench.functions.model import FunctionSummary
from workbench.ui.fleet.columns import BY_ID, COLUMNS
from workbench.ui.fleet.matching import matching, searched_text
from workbench.ui.kit.table_model import Column, TableModel
from workbench.ui.sparklines.store import SparklineRow, SparklineStore
from workbench.ui.theme import Theme

_NAME, _STATE, _RECENT = BY_ID["name"], BY_ID["state"], BY_ID["recent"]
_SETTLE_MS = 100
_MARGIN_X, _MARGIN_Y = 8, 4  # of a sparkline in its cell, in px


class FleetModel(TableModel[FleetRow]):
    """Holds the functions of each scope apart; shows those that the filter lets through.

    Pages that arrive one after the other are shown together, some times a second.

    Args:
        dates: When runtimes end.
        today: Which day it is.
        theme: The colours.
        parent: Whose it is.
    """

    def __init__(
        self, dates: RuntimeDates, today: Callable[[], date], theme: Theme, parent: QObject | None = None
    ) -> None:
        super().__init__(self._own_columns(), _key, theme, parent=parent)
        self._dates, self._today = dates, today
        self._colors = theme
        self._scopes: dict[Scope, dict[str, FleetRow]] = {}
        self._texts: dict[str, tuple[FunctionSummary, str]] = {}  # what a search looks at, by function ARN
        self._sorted: list[FleetRow] = []
        self._base: list[FleetRow] = []  # what the facets let through
        self._wanted = FleetFilter()
        self._sorted_by = _NAME
        self.by_relevance = False
        # A query, what it was looked for in, and what of that it found, in the order of the table.
        self._last_search: tuple[str, list[FleetRow], list[FleetRow]] = ("", [], [])
        self._settling = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settling.timeout.connect(self.settle)
        self._ended: frozenset[str] = frozenset()
        self.sparklines = SparklineStore(self)
        self.sparklines.changed.connect(lambda: self.repaint(_RECENT))

    def _own_columns(self) -> tuple[Column[FleetRow], ...]:
        """Those of the fleet, with what the model knows beyond a row."""
        own = {
            "name": replace(COLUMNS[_NAME], badge=_drift_badge, tip=_name_tip),
            "runtime": replace(COLUMNS[BY_ID["runtime"]], tone=self._runtime_tone, tip=self._runtime_tip),
            "recent": replace(
                COLUMNS[_RECENT],
                text=lambda row: self.sparklines.short(SparklineRow.at(row)),
                spoken=self._describe_recent,
                tip=self._describe_recent,
                tone=lambda _row: "muted",
                paint=self._paint_sparkline,
                help=_("Triangles mark errors. Only visible rows are read. Use Fleet Metrics to sort."),
            ),
        }
        return tuple(own.get(column.id, column) for column in COLUMNS)

    def _runtime_tone(self, row: FleetRow) -> str:
        return "warning" if row.function.runtime in self._ended else ""

    def _runtime_tip(self, row: FleetRow) -> str:
        runtime = row.function.runtime
        ended = self._dates.end_of(runtime, self._today())
        if ended is None:
            return runtime
        words = _("{runtime} has been deprecated since {date} (AWS's dates as of {checked}).")
        return words.format(runtime=runtime, date=ended.isoformat(), checked=self._dates.checked)

    def _describe_recent(self, row: FleetRow) -> str:
        return self.sparklines.description(SparklineRow.at(row))

    def _paint_sparkline(self, painter: QPainter, area: QRect, row: FleetRow) -> bool:
        line = self.sparklines.of(SparklineRow.at(row))
        if line is not None:
            area = area.adjusted(_MARGIN_X, _MARGIN_Y, -_MARGIN_X, -_MARGIN_Y)
            line.paint(painter, area, self._colors.colors)
        return line is not None

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

    def every(self) -> list[FleetRow]:
        """Every row, shown or not, also those that have just arrived."""
        return [row for rows in self._scopes.values() for row in rows.values()]

    def take(self, scope: Scope, functions: Sequence[FunctionSummary], *, complete: bool) -> None:
        """Takes functions of a scope: some of them, or all, so that the others are gone."""
        known = self._scopes.get(scope, {})
        rows = {} if complete else known
        for function in functions:
            row = known.get(function.function_name)
            if row is None or (row.function is not function and row.function != function):
                row = FleetRow(scope.profile_name, function)
            rows[function.function_name] = row
        self._scopes[scope] = rows
        self._settle_soon()

    def candidates(self) -> list[FleetRow]:
        """The rows that would be shown whatever their state: what is typed is not looked at."""
        rows = self.every()
        wanted = replace(self._wanted, state=frozenset())
        return [rows[number] for number in narrowed(rows, wanted, self._ended)]

    def set_state(self, row: FleetRow, state: str, last_update_status: str = "") -> None:
        """What AWS says of a function that was looked at; one that has changed since has none."""
        name = row.function.function_name
        known = self._scopes.get(row.scope, {}).get(name)
        if known is not None and known.function == row.function:
            changed = replace(known, state=state, last_update_status=last_update_status)
            self._scopes[row.scope][name] = changed
            self._settle_soon()

    def mark_drifted(self, drifted: Collection[tuple[Scope, str]]) -> None:
        """These functions, by their scope and name, have drifted, and no others."""
        changed = False
        for scope, rows in self._scopes.items():
            for name, row in rows.items():
                if row.is_drifted != (is_drifted := (scope, name) in drifted):
                    rows[name], changed = replace(row, is_drifted=is_drifted), True
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

    def _settle_soon(self) -> None:
        if not self._settling.isActive():
            self._settling.start()

    def settle(self) -> None:
        """Shows now what has arrived."""
        self._settling.stop()
        self._all = self.every()
        self._sort_rows()
        self._narrow()
        self.arrange()

    # What is shown ------------------------------------------------------------------------------------------

    def narrow(self, wanted: FleetFilter) -> None:
        """Narrows the rows at once."""
        if wanted == self._wanted:
            return
        before, self._wanted = self._wanted, wanted
        if not before.query.strip():
            self.by_relevance = True
        if replace(before, query="") != replace(wanted, query=""):
            self._narrow()
        self.arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted_by, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self.by_relevance = False
        self._sort_rows()
        self._narrow()
        self.arrange()

    def _sort_rows(self) -> None:
        self._sorted = sorted(self._all, key=lambda row: row.function.function_name)
        self._sorted.sort(key=self.columns[self._sorted_by].sort_key, reverse=self._descending)

    def _narrow(self) -> None:
        today = self._today()
        self._ended = frozenset(name for name in self._dates.deprecated if self._dates.end_of(name, today))
        if self._wanted.chosen:
            numbers = narrowed(self._sorted, self._wanted, self._ended)
            self._base = [self._sorted[number] for number in numbers]
        else:
            self._base = list(self._sorted)

    def arranged(self) -> list[FleetRow]:
        query, base = self._wanted.query, self._base
        if not query.strip():
            return list(base)
        before, among, found_before = self._last_search
        if among is base and query.startswith(before):
            base = found_before  # one letter more finds no more
        names = [row.function.function_name for row in base]
        found = matching(query, names, [self._text_of(row) for row in base])
        in_order = [base[number] for number in sorted(found)]
        self._last_search = query, self._base, in_order
        return [base[number] for number in found] if self.by_relevance else in_order

    def _text_of(self, row: FleetRow) -> str:
        known = self._texts.get(row.function.function_arn)
        if known is None or known[0] is not row.function:
            known = self._texts[row.function.function_arn] = row.function, searched_text(row)
        return known[1]


def _key(row: FleetRow) -> tuple[str, str]:
    return row.profile_name, row.function.function_arn


def _drift_badge(row: FleetRow) -> tuple[str, str] | None:
    return (_("Drifted"), "warning") if row.is_drifted else None


def _name_tip(row: FleetRow) -> str:
    name = row.function.function_name
    if not row.is_drifted:
        return name
    words = _("Drifted: its code differs from the version last opened or deployed on this computer.")
    return f"{name}\n{words}"
