"""All Functions and Fleet Metrics: windows over many profiles and regions."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.deploy.journal import Journal
from workbench.functions.bulk_plan import Target
from workbench.functions.fleet import (
    FleetRow,
    Refresh,
    Scope,
    ScopeFailed,
    ScopeListed,
    ScopePage,
    ScopeSame,
    ScopeTagged,
)
from workbench.functions.index import FunctionIndex, StoredFunctions
from workbench.metrics import fleet as figures
from workbench.metrics import series, series_cache
from workbench.profiles.model import Profile
from workbench.ui.features.fleet import metrics_table as rows
from workbench.ui.features.fleet import metrics_window, row_states
from workbench.ui.features.fleet import table as tables
from workbench.ui.features.fleet import window as windows
from workbench.ui.features.fleet.scopes import ScopeChoice, ScopeState
from workbench.ui.shell import sparklines
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.preferences import METRICS_SPARKLINES
from workbench.ui.shell.profile_source import no_such_profile
from workbench.ui.shell.services import OpenFunction, Services
from workbench.ui.shell.session import Session

FLEET, METRICS = "view.fleet", "view.fleet_metrics"


def activate(context: Context) -> None:
    """Adds both windows."""
    fleet = Fleet(context)
    context.action(
        ActionSpec(FLEET, _("All Functions…"), "Ctrl+Shift+A", "lambda"),
        fleet.flow.open,
        after="view.functions",
    )
    context.action(
        ActionSpec(METRICS, _("Fleet Metrics…"), "Alt+Shift+G", "activity"), fleet.metrics.open, after=FLEET
    )


class Fleet(QObject):
    """Opens functions of the fleet in the main window; gives the table what a listing leaves out."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._wanted_logs: tuple[str, datetime, datetime] | None = None
        services, session, window = context.services, context.session, context.window
        index = window.functions.index
        self.flow = FleetFlow(services, session, index, context.budget, context.repair, window)
        self.metrics = FleetMetricsFlow(services, session, index, self.flow, window)
        self.flow.window_made.connect(self._complete)
        context.signed_in.connect(self.flow.try_again)
        context.functions_changed.connect(self.flow.refresh_changed)
        context.function_opened.connect(self._show_logs)
        self.metrics.open_wanted.connect(self._open_metrics)
        self.metrics.logs_wanted.connect(self._open_logs)

    # The table ----------------------------------------------------------------------------------------------

    def _complete(self, window: "windows.FleetWindow") -> None:
        context, flow = self._context, self.flow
        window.table.opened.connect(self.open)
        window.change_wanted.connect(self._change_several)
        journal = Journal(context.services.paths.data_dir / "deploys")
        drift = row_states.DriftMarks(context.services, window, lambda: flow.states, journal)
        for signal in (flow.stored_loaded, flow.refreshed, context.deployed):
            signal.connect(lambda *__: drift.look())
        self._add_sparklines(window)

    def _add_sparklines(self, window: "windows.FleetWindow") -> None:
        context, flow, table, shown = self._context, self.flow, window.table, window.model.sparklines
        choice = sparklines.SparklineChoice(context.services.settings, context.session)

        def in_sight() -> list[sparklines.SparklineRow]:
            if not table.isVisible() or window.isMinimized() or table.isColumnHidden(tables.BY_ID["recent"]):
                return []
            names = {each.name for each in context.session.profiles if choice.allows(each)}
            rows = (row for row in table.visible_rows() if row.profile_name in names)
            return [sparklines.SparklineRow.at(row) for row in rows]

        reader = sparklines.SparklineReader(
            context.services,
            shown,
            in_sight,
            lambda scope, ctx: flow.connect_to(scope.profile_name, scope.region, ctx),
            choice.is_free,
            context.budget,
            "sparklines.fleet",
            window,
        )

        def apply() -> None:
            shown.set_off(choice.off())
            reader.look()

        bar = table.verticalScrollBar()
        for moved in (bar.valueChanged, bar.rangeChanged, window.model.counted, table.columns_menu.toggled):
            moved.connect(lambda *__: reader.look())
        flow.stored_loaded.connect(apply)  # profiles may have come
        context.session.connected.connect(apply)
        context.setting_changed.connect(lambda key: apply() if key == METRICS_SPARKLINES.key else None)
        apply()

    def _change_several(self) -> None:
        if (window := self.flow.window) is not None:
            rows = window.table.chosen()
            targets = [Target.of(row.function, row.profile_name) for row in rows]
            self._context.navigate("functions.change", targets, window)

    # The main window ----------------------------------------------------------------------------------------

    def open(self, row: FleetRow) -> None:
        """Opens a function in the main window, which acts as the row's profile from then on.

        A connection that is not there yet is awaited.
        """
        window, session, function = self._context.window, self._context.session, row.function
        window.raise_()
        window.activateWindow()
        if (session.profile.name, session.region) != (row.profile_name, function.region):
            found = [profile for profile in session.profiles if profile.name == row.profile_name]
            if not found:
                window.banners.show_error(no_such_profile(row.profile_name))
                return
            session.choose(found[0], function.region)
        self._context.open_function(function.function_name)

    def _open_metrics(self, row: FleetRow) -> None:
        self._wanted_logs = None
        self.open(row)
        self._context.window.page.show_tab("metricsPage")

    def _open_logs(self, row: FleetRow, start: datetime, end: datetime) -> None:
        self._wanted_logs = (row.function.function_arn, start, end)
        self.open(row)
        self._context.window.page.show_tab("logsPage")

    def _show_logs(self, function: OpenFunction) -> None:
        """Once the function is there: before that its logs would be forgotten again."""
        wanted = self._wanted_logs
        if wanted is not None and function.detail.function_arn == wanted[0]:
            self._wanted_logs = None
            self._context.navigate("logs.window", *wanted[1:])


_LOAD, _REFRESH = "fleet.load", "fleet.refresh"
_AGAIN_MS, _STALE = 60_000, timedelta(minutes=10)
_SHOW_MS = 50
_LISTED: dict[str, object] = {"error": None, "state_error": None, "same_as": "", "is_listing": False}
_Stored = tuple[dict[Scope, str], dict[Scope, StoredFunctions]]


class FleetFlow(QObject):
    """Lists and refreshes the fleet; makes the window when it is first opened.

    Args:
        services: The program's shared parts.
        session: Knows the profiles and how to connect.
        index: What was listed.
        budget: Shared with all who ask AWS for much.
        run_remedy: Does what a profile needs before it can be used (an action's id, and the Profile).
        main: The window that the table belongs to.

    Signals:
        window_made: The FleetWindow, when it is first opened.
        stored_loaded: What was stored is in the table.
        refreshed: All that is chosen was listed, or could not be.
    """

    stored_loaded = Signal()
    refreshed = Signal()
    window_made = Signal(object)

    def __init__(
        self,
        services: Services,
        session: Session,
        index: FunctionIndex,
        budget: RateBudget,
        run_remedy: Callable[[str, Profile], object],
        main: QWidget,
    ) -> None:
        super().__init__(main)
        self._services, self._session, self._index, self._main = services, session, index, main
        self.budget = budget
        self._run_remedy = run_remedy
        self.choice = ScopeChoice(services.settings, session)
        self.states: dict[Scope, ScopeState] = {}
        self._window: windows.FleetWindow | None = None
        self._running: JobHandle | None = None
        # While the window is visible, what is old is listed again.
        self._again = QTimer(self, interval=_AGAIN_MS)
        self._again.timeout.connect(self._refresh_stale)
        # Answers come in bursts, one or two for each profile and region.
        self._showing = QTimer(self, singleShot=True, interval=_SHOW_MS)
        self._showing.timeout.connect(self._show_states)

    @property
    def window(self) -> "windows.FleetWindow | None":
        """The window, once it was opened."""
        return self._window

    def connect_to(self, profile_name: str, region: str, ctx: JobContext) -> Connection:
        """Connects as a row's profile in its region. Runs in a job; raises as Connection.open."""
        return self._session.open_named(profile_name, region, ctx)

    def open(self) -> "windows.FleetWindow":
        """Shows the window: what is stored at once, then what AWS says."""
        if (window := self._window) is None:
            window = self._window = windows.FleetWindow(
                self._services, self.choice, self._run_remedy_for, self._main
            )
            states = row_states.RowStates(self._services.jobs, self.connect_to, self.budget, window)
            states.refused.connect(self._note_refused)
            self.refreshed.connect(states.renew)
            window.refresh_wanted.connect(self.refresh)
            window.cancel_wanted.connect(self._cancel)
            window.scopes_changed.connect(self._rechosen)
            self.window_made.emit(window)
        if not window.isVisible():
            self._load()
        window.show()
        window.raise_()
        window.activateWindow()
        self._again.start()
        return window

    @property
    def is_visible(self) -> bool:
        return self._window is not None and self._window.isVisible()

    def try_again(self) -> None:
        """Lists again what could not be listed; for after a sign-in."""
        failed = tuple(scope for scope, state in self.states.items() if state.error)
        if failed and self.is_visible:
            self.refresh(failed)

    def refresh_changed(self, scopes: Collection[Scope]) -> None:
        """Lists scopes again whose functions were changed."""
        if self.is_visible:
            self.refresh(tuple(scopes))

    def _run_remedy_for(self, action: str, name: str) -> None:
        for profile in filter(lambda each: each.name == name, self._session.profiles):
            self._run_remedy(action, profile)

    def _rechosen(self) -> None:
        self._services.jobs.drop(_REFRESH)
        self._set_running(None)
        self._load()

    def _load(self) -> None:
        """Paints what is stored of the chosen scopes, then lists them."""
        choice, index = self.choice, self._index

        def run(ctx: JobContext) -> tuple[Scope, ...]:
            own, same = choice.apart(choice.everywhere())
            states = {scope: ScopeState(choice.account_of(scope.profile_name)) for scope in own}
            found = index.load_all((state.account_id, scope.region) for scope, state in states.items())
            mine = {scope: found[state.account_id, scope.region] for scope, state in states.items()}
            ctx.emit((same, mine))
            return choice.reachable()  # reads the SDK's data, for which no stored row waits

        self._services.jobs.start(
            _("Reading the stored functions"),
            run,
            replaces=_LOAD,
            quiet=True,
            on_item=self._show_stored,
            on_done=self._loaded,
            on_error=self._failed,
        )

    def _show_stored(self, item: object) -> None:
        assert self._window is not None
        same, found = cast("_Stored", item)  # what _load emits
        self.states = {}
        for scope, known in found.items():
            account = self.choice.account_of(scope.profile_name)
            self.states[scope] = ScopeState(account, known.refreshed_at, known.failure)
            self._window.model.take(scope, known.functions, complete=True)
        for scope, profile_name in same.items():
            self.states[scope] = ScopeState(self.choice.account_of(scope.profile_name), same_as=profile_name)
        self._window.model.keep(found)
        self._window.model.settle()
        self._show_states()
        self.stored_loaded.emit()

    def _loaded(self, reachable: tuple[Scope, ...]) -> None:
        assert self._window is not None
        self.states = {scope: state for scope, state in self.states.items() if scope in reachable}
        self._window.model.keep(scope for scope, state in self.states.items() if not state.same_as)
        self.refresh()

    # Refreshing ---------------------------------------------------------------------------------------------

    def refresh(self, scopes: Sequence[Scope] = ()) -> None:
        """Lists scopes again, all of the fleet by default."""
        own, _same = self.choice.apart(tuple(self.states))
        wanted = tuple(
            scope for scope in own if not scopes or scope in scopes or self.states[scope].is_listing
        )
        if not wanted:
            return
        for scope in wanted:
            self._note(scope, is_listing=True)
        work = Refresh(self.connect_to, self._index, self.budget)
        self._set_running(
            self._services.jobs.start(
                _("Listing all functions"),
                lambda ctx: work.run(wanted, ctx),
                replaces=_REFRESH,
                on_item=self._take,
                on_done=lambda __: self._ended(),
                on_error=self._failed,
                on_cancelled=self._ended,
            )
        )
        self._show_states()

    def _refresh_stale(self) -> None:
        if not self.is_visible:
            self._again.stop()
            return
        now = self._services.clock.now()
        times = [state.refreshed_at for state in self.states.values() if not state.same_as]
        if self._running is None and any(moment is None or now - moment > _STALE for moment in times):
            self.refresh()
        self._show_states()

    def _take(self, item: object) -> None:
        assert self._window is not None
        model = self._window.model
        if not isinstance(item, ScopePage | ScopeListed | ScopeTagged | ScopeFailed | ScopeSame):
            raise TypeError(item)
        scope = item.scope
        if scope not in self.states:
            return
        if item.account_id not in ("", self.states[scope].account_id):
            if self.states[scope].account_id:
                model.drop(scope)  # the profile now leads elsewhere: nothing of the old account stays
            self.choice.note_account(scope.profile_name, item.account_id)
            self._note(scope, account_id=item.account_id)
        match item:
            case ScopePage():
                model.take(scope, item.functions, complete=False)
                return
            case ScopeListed():
                model.keep_listed(scope, item.functions)
                self._note(scope, refreshed_at=self._services.clock.now(), **_LISTED)
            case ScopeTagged(error=None):
                model.take(scope, item.functions, complete=True)
                self._note(scope, tag_error=None)
            case ScopeTagged():
                self._note(scope, tag_error=item.error)
            case ScopeFailed():
                self._note(scope, error=item.error, is_listing=False)
            case ScopeSame():
                model.drop(scope)
                self._note(scope, same_as=item.as_profile, error=None, is_listing=False)
        if not self._showing.isActive():
            self._showing.start()

    def _failed(self, error: WorkbenchError) -> None:
        if self._window is not None:
            self._window.banners.show_error(error)
        self._ended()

    def _ended(self) -> None:
        self.states = {scope: replace(state, is_listing=False) for scope, state in self.states.items()}
        self._set_running(None)
        assert self._window is not None
        self._window.model.settle()
        self._show_states()
        self.refreshed.emit()

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _set_running(self, handle: JobHandle | None) -> None:
        self._running = handle
        if self._window is not None:
            self._window.set_refreshing(refreshing=handle is not None)

    def _note_refused(self, scope: Scope, error: WorkbenchError) -> None:
        self._note(scope, state_error=error)
        self._show_states()

    def _note(self, scope: Scope, **changes: object) -> None:
        if scope in self.states:
            self.states[scope] = replace(self.states[scope], **changes)  # type: ignore[arg-type]

    def _show_states(self) -> None:
        if self._window is not None:
            self._window.show_states(self.states)


_LOAD_METRICS, _READ, _COST = "fleet_metrics.load", "fleet_metrics.read", "fleet_metrics.cost"
_POINTS = 168
"""As many periods as a cell of the heat map has room for."""
_CONFIRM_FROM_USD = 0.01
_AT_ONCE = 500
_MAX_BANNERS = 3


class FleetMetricsFlow(QObject):
    """Reads what Fleet Metrics shows; makes the window when it is first opened.

    Args:
        services: The program's shared parts.
        session: Knows the profiles.
        index: What was listed.
        fleet: Knows which profiles and regions are in the fleet, and how to connect to them.
        main: The window that it belongs to.

    Signals:
        open_wanted: A function's Metrics shall be shown (a FleetRow).
        logs_wanted: Its logs in a period: a FleetRow, begin and end.
    """

    open_wanted = Signal(object)
    logs_wanted = Signal(object, object, object)

    def __init__(
        self, services: Services, session: Session, index: FunctionIndex, fleet: FleetFlow, main: QWidget
    ) -> None:
        super().__init__(main)
        self._services, self._session, self._index, self._fleet = services, session, index, fleet
        self._main = main
        self._window: metrics_window.FleetMetricsWindow | None = None
        self._rows: dict[Scope, tuple[FleetRow, ...]] = {}
        self._running: JobHandle | None = None
        self._failed: list[str] = []

    @property
    def window(self) -> "metrics_window.FleetMetricsWindow | None":
        """The window, once it was opened."""
        return self._window

    def open(self) -> None:
        """Shows the window: what is kept at once, then what CloudWatch says."""
        if (window := self._window) is None:
            window = self._window = metrics_window.FleetMetricsWindow(self._services, self._main)
            window.range_changed.connect(self._change_range)
            window.read_wanted.connect(self.read)
            window.opened.connect(self.open_wanted)
            window.logs_wanted.connect(self.logs_wanted)
            window.closed.connect(self._cancel)  # reading on would cost, and not be seen
            window.actions_.bind("fleet_metrics.refresh", self._load)
            window.actions_.bind("fleet_metrics.cancel", self._cancel)
            window.actions_.bind("fleet_metrics.what_if", self._what_if)
        was_visible = window.isVisible()
        window.show()
        window.raise_()
        window.activateWindow()
        if not was_visible:
            self._load()

    # Which functions ----------------------------------------------------------------------------------------

    def _load(self) -> None:
        """Finds the functions: what is stored, and of regions that were never listed what AWS says."""
        window = self._opened_window()
        span, choice, index = self._span(), self._fleet.choice, self._index
        store = series_cache.SeriesCache.of(self._services.paths)

        def stored() -> tuple[dict[Scope, tuple[FleetRow, ...]], list[Scope]]:
            own, _same = choice.apart(choice.everywhere())
            where = {scope: (choice.account_of(scope.profile_name), scope.region) for scope in own}
            found = index.load_all(where.values())
            known = {
                scope: tuple(FleetRow(scope.profile_name, each) for each in found[place].functions)
                for scope, place in where.items()
            }
            return known, [scope for scope, place in where.items() if found[place].refreshed_at is None]

        def run(ctx: JobContext) -> dict[Scope, tuple[FleetRow, ...]]:
            known, unlisted = stored()
            _hand_over(known, store, span, ctx)
            reachable = set(choice.reachable())
            if missing := [scope for scope in unlisted if scope in reachable]:
                listing = Refresh(self._fleet.connect_to, index, self._fleet.budget)
                listing.run(missing, ctx.through(partial(_note_account, choice.note_account)))
                known, __ = stored()
                _hand_over(known, store, span, ctx)
            return {scope: some for scope, some in known.items() if scope in reachable and some}

        self._failed.clear()
        window.banners.clear()
        window.set_empty_text(_("Reading the functions…"))
        self._start(
            Job(
                _("Reading the functions of the fleet"),
                run,
                replaces=_LOAD_METRICS,
                on_item=self._take,
                on_done=self._loaded,
                on_error=self._show_error,
                on_cancelled=self._ended,
            )
        )

    def _loaded(self, places: dict[Scope, tuple[FleetRow, ...]]) -> None:
        self._rows = places
        window = self._opened_window()
        window.set_empty_text(
            _("No functions"),
            _("See All Functions for the profiles and regions of the fleet, and their errors."),
        )
        self._ended()
        count = sum(map(len, places.values()))
        if not count:
            return
        needed = figures.fleet_estimate(count, self._span())
        paid = figures.fleet_estimate(
            sum(len(some) for scope, some in places.items() if not self._is_free(scope)), self._span()
        )
        if paid.usd < _CONFIRM_FROM_USD:
            self.read()
            return
        words = _(
            "Reading {series} metrics of {count} functions takes about {calls} GetMetricData "
            "calls. AWS bills about {usd}."
        )
        window.ask_first(
            words.format(
                series=f"{needed.series:,}",
                count=f"{count:,}",
                calls=f"{needed.calls:,}",
                usd=f"${paid.usd:.2f}",
            )
        )

    def _is_free(self, scope: Scope) -> bool:
        """The Sandbox, and what else does not lead to AWS."""
        found = next((each for each in self._session.profiles if each.name == scope.profile_name), None)
        return found is not None and not found.leads_to_aws

    # Their metrics ------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Reads the figures of all functions."""
        span, budget = self._span(), self._fleet.budget
        store = series_cache.SeriesCache.of(self._services.paths)
        connect = self._fleet.connect_to

        def to(scope: Scope, ctx: JobContext) -> Connection:
            return connect(scope.profile_name, scope.region, ctx)

        places = [
            figures.FleetScope(
                f"{scope.profile_name} · {scope.region}", partial(to, scope), [row.function for row in some]
            )
            for scope, some in self._rows.items()
        ]
        for name in self._failed:
            self._opened_window().banners.dismiss(f"fleet_metrics.{name}")
        self._failed.clear()
        self._start(
            Job(
                _("Reading the metrics of the fleet"),
                lambda ctx: figures.read_fleet(places, span, ctx, store, budget),
                replaces=_READ,
                on_item=self._take,
                on_progress=lambda progress: self._opened_window().show_progress(
                    progress.done, progress.total
                ),
                on_done=lambda __: self._ended(),
                on_error=self._show_error,
                on_cancelled=self._ended,
            )
        )

    def _change_range(self) -> None:
        self._services.jobs.drop(_READ)
        self._opened_window().model.forget_figures()
        self._opened_window().ask.hide()
        self._load()

    def _span(self) -> "series.Window":
        now = self._services.clock.now()
        start = now - timedelta(seconds=self._opened_window().range_s)
        return series.choose_window(start, now, _POINTS, now)

    def _take(self, item: object) -> None:
        window = self._opened_window()
        if isinstance(item, rows.Prepared):
            window.model.take(item)
        elif isinstance(item, figures.FiguresRead):
            window.model.set_figures(dict(item.found))
            self._show_freshness()
        elif isinstance(item, figures.ScopeFailed):
            self._failed.append(item.name)
            if len(self._failed) <= _MAX_BANNERS:
                told = WorkbenchError(
                    f"{item.name}: {item.error.what}",
                    item.error.why,
                    item.error.remedy,
                    aws_code=item.error.aws_code,
                    request_id=item.error.request_id,
                )
                window.banners.show_error(told, key=f"fleet_metrics.{item.name}")

    def _show_freshness(self) -> None:
        window = self._opened_window()
        ends = [line.figures.window.end_s for line in window.model.all if line.figures is not None]
        if not ends:
            window.fresh.setText("")
            return
        moment = datetime.fromtimestamp(min(min(ends), self._services.clock.now().timestamp()), UTC)
        words = _("Metrics updated {astimezone}").format(astimezone=f"{moment.astimezone():%Y-%m-%d %H:%M}")
        if self._failed:
            words += " · " + _("not read: {names}").format(names=", ".join(self._failed))
        window.fresh.setText(words)

    # The work -----------------------------------------------------------------------------------------------

    def _opened_window(self) -> "metrics_window.FleetMetricsWindow":
        assert self._window is not None
        return self._window

    def _start[T](self, job: Job[T]) -> None:
        self._running = self._services.jobs.submit(job)
        self._opened_window().set_reading(reading=True)

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _ended(self) -> None:
        self._running = None
        self._opened_window().set_reading(reading=False)
        self._show_freshness()
        lines = [
            (each.row, each.figures) for each in self._opened_window().model.all if each.figures is not None
        ]
        self._services.jobs.start(
            _("Calculating the cost"),
            lambda _ctx: metrics_window.fleet_cost(lines),
            replaces=_COST,
            quiet=True,
            on_done=lambda cost: self._opened_window().set_cost(metrics_window.cost_markup(cost)),
        )

    def _what_if(self) -> None:
        window = self._opened_window()
        metrics_window.WhatIfDialog(
            self._services.jobs, window.table.current(), window.model.visible, window
        ).open()

    def _show_error(self, error: WorkbenchError) -> None:
        self._opened_window().banners.show_error(error)
        self._ended()


def _hand_over(
    known: dict[Scope, tuple[FleetRow, ...]],
    store: "series_cache.SeriesCache",
    span: "series.Window",
    ctx: JobContext,
) -> None:
    """Emits the functions, then what is kept of their metrics, in portions: the main thread takes them."""
    everything: Sequence[FleetRow] = [row for some in known.values() for row in some]
    ctx.emit(rows.Prepared.of(everything))
    for first in range(0, len(everything), _AT_ONCE):
        some = [row.function for row in everything[first : first + _AT_ONCE]]
        if found := figures.stored_fleet(store, some, span):
            ctx.emit(figures.FiguresRead(tuple(found.items())))


def _note_account(note: Callable[[str, str], object], item: object) -> object:
    """Listing tells whose account a profile leads to; where functions are stored depends on it."""
    scope, account_id = getattr(item, "scope", None), getattr(item, "account_id", "")
    if isinstance(scope, Scope) and account_id:
        note(scope.profile_name, account_id)
    return item
