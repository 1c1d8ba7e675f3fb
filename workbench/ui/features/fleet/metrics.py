"""Fleet Metrics: which functions, what is stored of their metrics, and reading the rest after an estimate."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.functions.fleet import FleetRow, Refresh, Scope
from workbench.functions.index import FunctionIndex
from workbench.metrics import fleet as figures
from workbench.metrics import series, series_cache
from workbench.ui.features.fleet import metrics_table as rows
from workbench.ui.features.fleet import metrics_window as windows
from workbench.ui.features.fleet.listing import FleetFlow
from workbench.ui.services import Services
from workbench.ui.session import Session

_LOAD, _READ, _COST = "fleet_metrics.load", "fleet_metrics.read", "fleet_metrics.cost"
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
        self._window: windows.FleetMetricsWindow | None = None
        self._rows: dict[Scope, tuple[FleetRow, ...]] = {}
        self._running: JobHandle | None = None
        self._failed: list[str] = []

    @property
    def window(self) -> "windows.FleetMetricsWindow | None":
        """The window, once it was opened."""
        return self._window

    def open(self) -> None:
        """Shows the window: what is kept at once, then what CloudWatch says."""
        if (window := self._window) is None:
            window = self._window = windows.FleetMetricsWindow(self._services, self._main)
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
                replaces=_LOAD,
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
                f"{scope.profile_name} · {scope.region}",
                partial(to, scope),
                [row.function for row in some],
            )
            for scope, some in self._rows.items()
        ]
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

    def _opened_window(self) -> "windows.FleetMetricsWindow":
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
        self._services.jobs.submit(
            Job(
                _("Calculating the cost"),
                lambda _ctx: windows.fleet_cost(lines),
                replaces=_COST,
                quiet=True,
                on_done=lambda cost: self._opened_window().set_cost(windows.cost_markup(cost)),
            )
        )

    def _what_if(self) -> None:
        window = self._opened_window()
        windows.WhatIfDialog(self._services.jobs, window.table.current(), window.model.visible, window).open()

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
