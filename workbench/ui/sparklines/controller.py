"""Sparklines of rows in the list of functions and in All Functions: which are read, and when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import RateBudget
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.functions.fleet import Scope
from workbench.functions.model import FunctionSummary
from workbench.metrics import fleet as fleet_figures
from workbench.metrics import series_cache
from workbench.ui.bindings import Bindings
from workbench.ui.fleet.columns import BY_ID
from workbench.ui.fleet.flow import FleetFlow
from workbench.ui.parts import Parts
from workbench.ui.preferences import METRICS_SPARKLINES
from workbench.ui.services import Services
from workbench.ui.sparklines.choice import SparklineChoice, cost_text
from workbench.ui.sparklines.sparkline import Sparkline
from workbench.ui.sparklines.store import SparklineRow, SparklineStore

FRESH_S = 300
FRESH_FREE_S = 30
_REST_MS, _AGAIN_MS = 300, 30_000
ConnectTo = Callable[[Scope, JobContext], Connection]
"""Leads to a profile's region; runs in a job, raises WorkbenchError."""
ACTION = "view.sparklines"


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    lines: Mapping[SparklineRow, Sparkline]


@dataclass(frozen=True, slots=True, eq=False)
class _Refused:
    scope: Scope
    error: WorkbenchError


class SparklineReader(QObject):
    """Reads the sparklines of visible rows: once scrolling rests, then every FRESH_S or FRESH_FREE_S.

    Args:
        services: The program's shared parts.
        sparklines: Gets what was read.
        visible_rows: The rows in sight that may have sparklines; none while the window is hidden.
        connect: The way to AWS.
        is_free: Whether reading costs nothing in a scope: it is read more often then.
        budget: Shared with all who ask AWS for much.
        name: Of the job that reads; of each reader another one.
        parent: Whose rows they are.

    Signals:
        refused: They cannot be read, and why (a WorkbenchError). Once for each scope.
    """

    refused = Signal(WorkbenchError)

    def __init__(
        self,
        services: Services,
        sparklines: SparklineStore,
        visible_rows: Callable[[], Sequence[SparklineRow]],
        connect: ConnectTo,
        is_free: Callable[[Scope], bool],
        budget: RateBudget,
        name: str,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services, self._sparklines, self._visible_rows = services, sparklines, visible_rows
        self._connect, self._is_free, self._budget, self._name = connect, is_free, budget, name
        self._store_path = services.paths.cache_dir / "sparklines.sqlite"
        self._asked: frozenset[SparklineRow] = frozenset()
        self._read_at: dict[SparklineRow, float] = {}
        self._refused_at: dict[Scope, float] = {}
        self._running: JobHandle | None = None
        self._resting = QTimer(self, singleShot=True, interval=_REST_MS)
        self._resting.timeout.connect(self._ask)
        self._again = QTimer(self, interval=_AGAIN_MS)
        self._again.timeout.connect(self._ask)
        self._again.start()

    def look(self) -> None:
        """Other rows may be in sight: they are read once nothing moves any more."""
        self._resting.start()

    def forget(self) -> None:
        """The rows are of another account or region now: nothing of the old one is shown."""
        self._drop()
        self._read_at.clear()
        self._refused_at.clear()
        self._sparklines.forget()
        self.look()

    def _drop(self) -> None:
        self._services.jobs.drop(self._name)
        self._asked, self._running = frozenset(), None

    def _ask(self) -> None:
        rows = self._visible_rows()
        if self._running is not None:
            if self._asked.isdisjoint(rows):
                self._drop()  # whom it reads for have gone out of sight
            else:
                return  # it is paid for; what else is in sight comes after it
        wanted = [row for row in rows if self._is_old(row)]
        if not wanted:
            return
        now, store = self._services.clock.now(), series_cache.SeriesCache(self._store_path)
        self._asked = frozenset(wanted)
        self._running = self._services.jobs.submit(
            Job(
                _("Reading sparklines"),
                lambda ctx: _read(wanted, self._connect, self._is_free, now, ctx, store, self._budget),
                replaces=self._name,
                quiet=True,
                on_item=self._take,
                on_done=lambda __: self._ended(),
                on_error=lambda _error: self._ended(),
                on_cancelled=self._ended,
            )
        )

    def _is_old(self, row: SparklineRow) -> bool:
        now_s = self._services.clock.now().timestamp()
        known = (self._read_at.get(row, 0.0), self._refused_at.get(row.scope, 0.0))
        fresh_s = FRESH_FREE_S if self._is_free(row.scope) else FRESH_S
        return all(abs(now_s - moment) >= fresh_s for moment in known)

    def _take(self, item: object) -> None:
        now_s = self._services.clock.now().timestamp()
        if isinstance(item, _Read):
            for row in item.lines:
                self._read_at[row] = now_s
                self._refused_at.pop(row.scope, None)
            self._sparklines.put(item.lines)
        elif isinstance(item, _Refused):
            is_new = item.scope not in self._refused_at
            self._refused_at[item.scope] = now_s
            self._sparklines.refuse(item.scope, item.error)
            if is_new:
                self.refused.emit(item.error)

    def _ended(self) -> None:
        # All of them: what was not found (in another account) is not asked for again at once either.
        self._read_at |= dict.fromkeys(self._asked, self._services.clock.now().timestamp())
        self._asked, self._running = frozenset(), None
        self._ask()  # what has come into sight in the meantime


def _read(
    rows: Sequence[SparklineRow],
    connect: ConnectTo,
    is_free: Callable[[Scope], bool],
    now: datetime,
    ctx: JobContext,
    store: "series_cache.SeriesCache",
    budget: RateBudget,
) -> None:
    by_scope: dict[Scope, list[SparklineRow]] = {}
    for row in rows:
        by_scope.setdefault(row.scope, []).append(row)
    for scope, mine in by_scope.items():
        try:
            connection = connect(scope, ctx)
            some = {row.function_name: row for row in mine if row.account_id == connection.account_id}
            free, muted = is_free(scope), ctx.muted()
            found = fleet_figures.read_recent(connection, list(some), now, muted, store, budget, is_free=free)
        except WorkbenchError as error:
            ctx.emit(_Refused(scope, error))
            continue
        lines = {
            some[name]: Sparkline(each.invocations, each.errors, each.problem) for name, each in found.items()
        }
        ctx.emit(_Read(lines))


class ConnectedSparklines(QObject):
    """Connects sparklines with the list of functions, with All Functions and the setting.

    Args:
        parts: Of the window.
        fleet: All Functions.
        bindings: Tell when a setting was changed.
        budget: Shared with all who ask AWS for much.
    """

    def __init__(self, parts: Parts, fleet: FleetFlow, bindings: Bindings, budget: RateBudget) -> None:
        super().__init__(parts.window)
        self._parts, self._fleet, self._budget = parts, fleet, budget
        self._list, self._session = parts.window.functions, parts.session
        self._choice = SparklineChoice(parts.services.settings)
        self.store = SparklineStore(self)
        self.reader = SparklineReader(
            parts.services,
            self.store,
            self._in_list,
            self._here,
            self._is_free,
            budget,
            "sparklines.list",
            self,
        )
        self._fleet_reader: SparklineReader | None = None
        self._list.model.show_sparklines(self._line_of, self._description_of)
        self.store.changed.connect(self._list.model.repaint_rows)
        self.reader.refused.connect(
            lambda error: parts.window.banners.show_error(error, "warning", key="sparklines")
        )
        bar = self._list.view.verticalScrollBar()
        for signal in (bar.valueChanged, bar.rangeChanged):
            signal.connect(lambda *__: self.reader.look())
        model = self._list.model
        for signal in (model.modelReset, model.rowsInserted, model.rowsRemoved, self._list.listed):
            signal.connect(lambda *__: self.reader.look())
        self._session.changed.connect(self.reader.forget)
        self._session.connected.connect(self._apply)
        self._action = parts.services.actions[ACTION]
        self._action.setCheckable(True)
        parts.services.actions.bind(ACTION, self._toggle)
        bindings.setting_changed.connect(self._setting_changed)
        fleet.stored_loaded.connect(self._attach)
        self._apply()

    # The list of functions ----------------------------------------------------------------------------------

    def _row_of(self, row: FunctionSummary) -> SparklineRow:
        scope = Scope(self._session.profile.name, self._session.region)
        return SparklineRow(scope, row.account_id, row.function_name)

    def _line_of(self, row: FunctionSummary) -> Sparkline | None:
        return self.store.of(self._row_of(row))

    def _description_of(self, row: FunctionSummary) -> str:
        if not self._choice.allows(self._session.profile):
            return ""  # all rows would say the same
        if not (words := self.store.description(self._row_of(row))):
            return ""
        from workbench.metrics.fleet import RECENT_SPAN_S  # it needs numpy, which the start does not load

        now = self._parts.services.clock.now()
        samples = self._parts.services.samples.text(
            row.function_arn, now - timedelta(seconds=RECENT_SPAN_S), now
        )
        return "\n".join(filter(None, (words, samples)))

    def _in_list(self) -> list[SparklineRow]:
        if self._session.connection is None or not self._choice.allows(self._session.profile):
            return []
        return [self._row_of(row) for row in self._list.in_sight()]

    def _here(self, scope: Scope, _ctx: JobContext) -> Connection:
        connection = self._session.connection
        if connection is None or (self._session.profile.name, connection.region) != (
            scope.profile_name,
            scope.region,
        ):
            raise Cancelled  # it was left meanwhile
        return connection

    # All Functions ------------------------------------------------------------------------------------------

    def _attach(self) -> None:
        """To the table, once there is one; from then on profiles may have come."""
        window = self._fleet.window
        if window is None or self._fleet_reader is not None:
            self._apply()
            return

        def in_table() -> list[SparklineRow]:
            table, allowed = window.table, self._choice.allows
            if not table.isVisible() or window.isMinimized() or table.isColumnHidden(BY_ID["recent"]):
                return []
            names = {each.name for each in self._session.profiles if allowed(each)}
            return [SparklineRow.at(row) for row in table.visible_rows() if row.profile_name in names]

        reader = self._fleet_reader = SparklineReader(
            self._parts.services,
            window.model.sparklines,
            in_table,
            lambda scope, ctx: self._fleet.connect_to(scope.profile_name, scope.region, ctx),
            self._is_free,
            self._budget,
            "sparklines.fleet",
            window,
        )
        bar = window.table.verticalScrollBar()
        for signal in (bar.valueChanged, bar.rangeChanged, window.model.counted):
            signal.connect(lambda *__: reader.look())
        window.table.columns_menu.toggled.connect(lambda *__: reader.look())
        self._apply()

    def _is_free(self, scope: Scope) -> bool:
        profiles = (*self._session.profiles, self._session.profile)
        return not any(each.leads_to_aws for each in profiles if each.name == scope.profile_name)

    # Whether there are any ----------------------------------------------------------------------------------

    def _toggle(self) -> None:
        profile = self._session.profile
        self._choice.toggle(profile)
        self._apply()
        if profile.leads_to_aws and self._choice.allows(profile):
            self._parts.window.banners.show_notice(
                _("Sparklines are on for all profiles."),
                f"{cost_text()} {_('To turn them off, choose View > Sparklines.')}",
                key="sparklines",
            )

    def _setting_changed(self, key: str) -> None:
        if key == METRICS_SPARKLINES.key:
            self._apply()

    def _apply(self) -> None:
        profiles = {each.name: each for each in (*self._session.profiles, self._session.profile)}
        off = self._choice.refused(profiles.values())
        self._action.setChecked(self._choice.allows(self._session.profile))
        self.store.set_off(off)
        self.reader.look()
        if self._fleet_reader is not None and self._fleet.window is not None:
            self._fleet.window.model.sparklines.set_off(off)
            self._fleet_reader.look()
