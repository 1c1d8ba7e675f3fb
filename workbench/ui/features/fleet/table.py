"""All functions as a table: its columns in AWS's words, what a search finds, and the rows that are shown."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from PySide6.QtCore import QObject, QRect, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from workbench.core import codec
from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.functions.fleet import (
    FACETS,
    PLAIN,
    STATES,
    FleetFilter,
    FleetRow,
    RuntimeDates,
    Scope,
    counted,
    narrowed,
    states_of,
)
from workbench.functions.model import FunctionSummary
from workbench.ui.kit.fuzzy import rank
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import ChoiceMenu, Column, TableModel
from workbench.ui.kit.text import PlainMenu, ask_text, named, size_text, tool_tip
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.sparklines import SparklineRow, SparklineStore

_NEVER = datetime.min.replace(tzinfo=UTC)


def kind_text(row: FleetRow) -> str:
    """What sort of function it is: "Zip", or what it is beyond that."""
    return ", ".join(row.function.kinds) or PLAIN


def state_name(state: str) -> str:
    """A state as AWS names it, or that it is unknown."""
    return state or _("Unknown")


def state_text(row: FleetRow) -> str:
    """Its State, and what became of its last update where that did not simply succeed."""
    return " · ".join(map(state_name, states_of(row)))


def _modified(row: FleetRow) -> str:
    moment = row.function.last_modified
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def _tags(row: FleetRow) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.function.tags)


def _text(
    id: str, title: str, width: int, text: Callable[[FleetRow], str], *, shown: bool = True
) -> Column[FleetRow]:
    return Column(title, text, width, id=id, is_shown=shown)


def _number(
    id: str, title: str, width: int, value: Callable[[FleetRow], int], text: Callable[[int], str]
) -> Column[FleetRow]:
    return Column(title, lambda row: text(value(row)), width, id=id, key=value, is_number=True)


COLUMNS: tuple[Column[FleetRow], ...] = (
    _text("name", _("Name"), 250, lambda row: row.function.function_name),
    _text("profile", _("Profile"), 110, lambda row: row.profile_name),
    _text("account", _("Account"), 120, lambda row: row.function.account_id),
    _text("region", _("Region"), 110, lambda row: row.function.region),
    _text("runtime", _("Runtime"), 124, lambda row: row.function.runtime),
    _text("state", _("State"), 120, state_text, shown=False),
    # Its cells are the model's: what is known of a row's metrics is no part of the row.
    Column(_("Invocations, 3 h"), lambda _row: "", 132, id="recent", is_sorted=False),
    _text("kind", _("Type"), 80, kind_text),
    _number("memory", _("Memory"), 86, lambda row: row.function.memory_mb, lambda value: f"{value:,} MB"),
    _number("timeout", _("Timeout"), 86, lambda row: row.function.timeout_s, lambda value: f"{value:,} s"),
    _number("code_size", _("Code size"), 96, lambda row: row.function.code_size_bytes, size_text),
    Column(
        _("Last modified"),
        _modified,
        140,
        id="modified",
        key=lambda row: row.function.last_modified or _NEVER,
    ),
    _text(
        "architecture", _("Architecture"), 110, lambda row: ", ".join(row.function.architectures), shown=False
    ),
    _text("handler", _("Handler"), 160, lambda row: row.function.handler, shown=False),
    _text("tags", _("Tags"), 180, _tags),
    _text("description", _("Description"), 280, lambda row: row.function.description),
    _text(
        "environment",
        _("Environment variables"),
        200,
        lambda row: ", ".join(row.function.environment_names),
        shown=False,
    ),
)
BY_ID: Mapping[str, int] = {column.id: number for number, column in enumerate(COLUMNS)}


def searched_text(function: FunctionSummary) -> str:
    """All that a word may stand in, in small letters. Of environment variables only the names are known."""
    texts = [function.function_name, function.description, function.runtime, function.handler]
    texts += [f"{name}={value}" for name, value in function.tags]
    texts += function.environment_names
    return "\n".join(texts).lower()


def matching(query: str, names: Sequence[str], texts: Sequence[str]) -> list[int]:
    """The numbers of the rows that match, best first.

    First those whose name has the query in one piece, then those that have all its words anywhere, then those
    whose name has its letters in order: a name of many letters has any few of them.

    Args:
        query: What was typed.
        names: The functions' names.
        texts: Their `searched_text`, as many. Each starts with the name.
    """
    words = query.lower().split()
    if not words:
        return list(range(len(names)))
    piece = query.strip().lower()
    if len(words) == 1:
        holding = [number for number, text in enumerate(texts) if piece in text]
    else:
        holding = [number for number, text in enumerate(texts) if all(word in text for word in words)]
    held = set(holding)
    named = [number for number in holding if texts[number].find(piece, 0, len(names[number])) >= 0]
    # Only what needs an order, or is not found yet, is looked at letter by letter.
    if len(piece) == 1:  # in one piece or not at all: only where it stands makes a difference
        named.sort(key=lambda number: not texts[number].startswith(piece))
        scattered: list[int] = []
    else:
        named = _ranked(query, named, names)
        rest = [number for number in range(len(names)) if number not in held]
        scattered = _ranked(query, rest, names)
    first = set(named)
    return named + [number for number in holding if number not in first] + scattered


def _ranked(query: str, numbers: Sequence[int], names: Sequence[str]) -> list[int]:
    return [numbers[place] for place in rank(query, [names[number] for number in numbers])]


_NAME, _STATE, _RECENT = BY_ID["name"], BY_ID["state"], BY_ID["recent"]
_SETTLE_MS = 100
type _Searched = tuple[list[FleetRow], list[str], list[str]]
"""Rows, their names, and their `searched_text`."""
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
        self._sorted: list[FleetRow] = []
        self._base: list[FleetRow] = []  # what the facets let through
        self._wanted = FleetFilter()
        self._sorted_by = _NAME
        self.by_relevance = False
        self._base_search: _Searched = ([], [], [])
        # A query, what it was looked for in, and what of that it found, in the order of the table.
        self._last_search: tuple[str, _Searched, _Searched] = ("", self._base_search, self._base_search)
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
        is_new = scope not in self._scopes
        for function in functions:
            row = known.get(function.function_name)
            if row is None or (row.function is not function and row.function != function):
                # Made here, where rows arrive page by page: for 10,000 at the first key it would be felt.
                row = FleetRow(scope.profile_name, function, searched=searched_text(function))
                is_new = True
            rows[function.function_name] = row
        self._scopes[scope] = rows
        if is_new or len(rows) != len(known):
            self._settle_soon()

    def keep_listed(self, scope: Scope, functions: Iterable[FunctionSummary]) -> None:
        """Drops the functions of a scope that are not among these, all of which were taken before."""
        known = self._scopes.get(scope, {})
        gone = known.keys() - {each.function_name for each in functions}
        for name in gone:
            del known[name]
        if gone or scope not in self._scopes:
            self._scopes[scope] = known
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
        self._base_search = ([], [], [])  # made by the first key

    def arranged(self) -> list[FleetRow]:
        query = self._wanted.query
        if not query.strip():
            return list(self._base)
        if self._base and not self._base_search[0]:
            names = [row.function.function_name for row in self._base]
            self._base_search = self._base, names, [row.searched for row in self._base]
        before, among, found_before = self._last_search
        # One letter more finds no more.
        searched = (
            found_before if among is self._base_search and query.startswith(before) else self._base_search
        )
        rows, names, texts = searched
        found = matching(query, names, texts)
        order = sorted(found)
        in_order = [rows[at] for at in order], [names[at] for at in order], [texts[at] for at in order]
        self._last_search = query, self._base_search, in_order
        return [rows[at] for at in found] if self.by_relevance else in_order[0]


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


class FleetTable(Table[FleetRow]):
    """Remembers its columns, their order, widths and what it is sorted by."""

    def __init__(self, model: FleetModel, settings: Settings) -> None:
        self._model = model
        super().__init__(
            "fleetTable",
            _("All functions"),
            model=model,
            several=True,
            sortable=True,
            marks_current=True,
            settings=settings,
            settings_key="fleet",
        )

    def show_sorting(self) -> None:
        """Shows in the header what the rows are sorted by; nothing while the best match comes first."""
        super().show_sorting()
        if self._model.wanted.query.strip() and self._model.by_relevance:
            header = self.horizontalHeader()
            header.blockSignals(True)
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            header.blockSignals(False)


_TITLES = {
    "runtime": _("Runtime"),
    "state": _("State"),
    "region": _("Region"),
    "account": _("Account"),
    "architecture": _("Architecture"),
    "kind": _("Type"),
    "tag": _("Tag"),
}
_MAX_CHARACTERS = 24
_MAX_VALUES = 200
"""A menu of more is no help; the search finds tags too."""
_KEY = "fleet.filters"


class FilterBar(QWidget):
    """A button for each facet, whose menu has its values and how often each occurs; without the search text.

    Args:
        rows: What there is to choose from, asked for when a menu opens.

    Signals:
        changed: Something else is chosen.
    """

    changed = Signal()

    def __init__(self, rows: Callable[[], Sequence[FleetRow]]) -> None:
        super().__init__()
        self.setObjectName("fleetFilters")
        self._rows = rows
        self._chosen = FleetFilter()
        self._buttons: dict[str, QToolButton] = {}
        self._menus: dict[str, ChoiceMenu] = {}
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        for facet in FACETS:
            line.addWidget(self._facet(facet))
        self.end_of_life = named(QToolButton(), "fleetEndOfLife", role="chip")
        self.end_of_life.setText(_("End-of-life runtime"))
        self.end_of_life.setToolTip(_("Only functions with a runtime that AWS has deprecated"))
        self.end_of_life.setCheckable(True)
        self.end_of_life.toggled.connect(lambda on: self._choose(replace(self._chosen, end_of_life=on)))
        line.addWidget(self.end_of_life)
        self.drifted = named(QToolButton(), "fleetDrifted", role="chip")
        self.drifted.setText(_("Drifted"))
        self.drifted.setToolTip(
            _("Only functions whose code differs from the version last opened or deployed on this computer")
        )
        self.drifted.setCheckable(True)
        self.drifted.toggled.connect(lambda on: self._choose(replace(self._chosen, drifted=on)))
        line.addWidget(self.drifted)
        line.addStretch(1)

    @property
    def chosen(self) -> FleetFilter:
        """What is chosen; the query is empty."""
        return self._chosen

    def show_chosen(self, chosen: FleetFilter) -> None:
        """Shows a filter's choices without emitting `changed`."""
        self._chosen = replace(chosen, query="")
        with QSignalBlocker(self.end_of_life), QSignalBlocker(self.drifted):
            self.end_of_life.setChecked(chosen.end_of_life)
            self.drifted.setChecked(chosen.drifted)
        self._update_buttons()

    def _facet(self, facet: str) -> QToolButton:
        button = named(QToolButton(), f"fleetFilter.{facet}", role="chip")
        button.setCheckable(True)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = ChoiceMenu(_title(facet), button)
        menu.setObjectName(f"fleetFilterMenu.{facet}")
        menu.aboutToShow.connect(lambda: self._offer(facet))
        menu.toggled.connect(lambda value, on: self._toggle(facet, value, on))
        menu.aboutToHide.connect(self._update_buttons)  # opening it has pressed the button
        button.setMenu(menu)
        self._buttons[facet], self._menus[facet] = button, menu
        self._update_button(facet)
        return button

    def _offer(self, facet: str) -> None:
        counts = counted(self._rows(), facet)
        wanted: frozenset[str] = getattr(self._chosen, facet)
        often = sorted(counts, key=lambda value: (-counts[value], value.casefold()))[:_MAX_VALUES]
        values = sorted({*often, *wanted}, key=str.casefold)
        if facet == "state":  # they are read when one of them is chosen
            values = [*STATES, *(value for value in values if value not in STATES)]
        unread = counts.get("", 0) if facet == "state" else 0
        entries = [(value, self._entry(facet, value, counts.get(value, 0), unread)) for value in values]
        self._menus[facet].offer(entries, wanted)
        if unread:
            self._remark(facet, _("States are read when you select one"))
        if not entries:
            self._remark(facet, _("No values to choose from"))

    def _entry(self, facet: str, value: str, count: int, unread: int) -> str:
        """Its words and how many have it; of what is only read in part, how many are known to have it."""
        words = self._value_text(facet, value)
        if not unread or not value:
            return f"{words}   {count:,}"
        return f"{words}   ≥ {count:,}" if count else words

    def _remark(self, facet: str, words: str) -> None:
        self._menus[facet].addAction(words).setEnabled(False)

    def _toggle(self, facet: str, value: str, on: bool) -> None:
        wanted: frozenset[str] = getattr(self._chosen, facet)
        wanted = wanted | {value} if on else wanted - {value}
        self._choose(replace(self._chosen, **{facet: wanted}))  # type: ignore[arg-type]

    def _choose(self, chosen: FleetFilter) -> None:
        self._chosen = chosen
        self._update_buttons()
        self.changed.emit()

    def _update_buttons(self) -> None:
        for facet in FACETS:
            self._update_button(facet)

    def _update_button(self, facet: str) -> None:
        wanted: frozenset[str] = getattr(self._chosen, facet)
        button, title = self._buttons[facet], _title(facet)
        if len(wanted) == 1:
            (value,) = wanted
            text = _("{title}: {value}").format(title=title, value=_short(self._value_text(facet, value)))
        elif wanted:
            text = _("{title}: {count} selected").format(title=title, count=f"{len(wanted):,}")
        else:
            text = title
        button.setText(text)
        button.setAccessibleName(text)
        button.setToolTip(tool_tip("\n".join(self._value_text(facet, value) for value in sorted(wanted))))
        button.setChecked(bool(wanted))

    def _value_text(self, facet: str, value: str) -> str:
        return state_name(value) if facet == "state" else value or _("(none)")


def _short(text: str) -> str:
    """A long value loses its middle: the row of buttons must fit into a small window."""
    half = _MAX_CHARACTERS // 2
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: half - 1]}…{text[-half:]}"


def _title(facet: str) -> str:
    return _TITLES[facet]


class SavedFilters(QToolButton):
    """The button whose menu saves what is chosen, and brings back or removes what was saved.

    Args:
        settings: Where they are kept.

    Signals:
        wanted: A FleetFilter that was saved shall hold.
    """

    wanted = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        named(self, "fleetSavedFilters", _("Saved filters"))
        self._settings = settings
        self._current = FleetFilter()
        self.setText(_("Saved Filters"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = named(PlainMenu(self), "fleetSavedFiltersMenu", _("Saved filters"))
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)

    def set_current(self, current: FleetFilter) -> None:
        """What would be saved."""
        self._current = current

    def saved(self) -> dict[str, FleetFilter]:
        """What was saved, by name."""
        stored: dict[str, object] = self._settings.get(_KEY, {})
        found = {}
        for name, values in stored.items():
            with contextlib.suppress(codec.Damaged):
                found[name] = codec.convert(values, FleetFilter)
        return found

    def save(self, name: str) -> None:
        """Saves what is chosen under a name; one that has it already is replaced."""
        stored: dict[str, object] = self._settings.get(_KEY, {})
        self._settings.set(_KEY, stored | {name: codec.to_builtins(self._current)})

    def remove(self, name: str) -> None:
        """Forgets one."""
        stored: dict[str, object] = self._settings.get(_KEY, {})
        self._settings.set(_KEY, {each: values for each, values in stored.items() if each != name})

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        saved = self.saved()
        for name, found in sorted(saved.items(), key=lambda item: item[0].casefold()):
            entry = menu.addAction(name.replace("&", "&&"))
            entry.setCheckable(True)
            entry.setChecked(found == self._current)
            entry.triggered.connect(lambda __=False, found=found: self.wanted.emit(found))
        if saved:
            menu.addSeparator()
        save = menu.addAction(_("Save Filter…"))
        save.setObjectName("fleetSaveFilter")
        save.setEnabled(self._current != FleetFilter())
        save.triggered.connect(lambda __=False: self._ask())
        if saved:
            removing = PlainMenu(_("Remove"), menu)
            menu.addMenu(removing)
            for name in sorted(saved, key=str.casefold):
                entry = removing.addAction(name.replace("&", "&&"))
                entry.triggered.connect(lambda __=False, name=name: self.remove(name))

    def _ask(self) -> None:
        if name := ask_text(self, _("Save filter"), _("Name of the filter")):
            self.save(name)
