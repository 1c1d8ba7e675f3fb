"""Reads the sparklines of the rows in sight: when a person rests there, and again every five minutes.

Where it costs nothing, twice a minute.

Must not know: which list or table the rows are of, whether they may cost something.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.functions.fleet import Scope
from workbench.metrics import recent, series_cache
from workbench.ui.services import Services
from workbench.ui.sparklines.kept import KeptSparklines, Looked
from workbench.ui.sparklines.sparkline import Sparkline

FRESH_S = 300
FRESH_FREE_S = 30
_REST_MS, _AGAIN_MS = 300, 30_000

ToPlace = Callable[[Scope, JobContext], Connection]
"""Leads to a profile's region; runs in a job, raises WorkbenchError."""


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    lines: Mapping[Looked, Sparkline]


@dataclass(frozen=True, slots=True, eq=False)
class _Refused:
    scope: Scope
    error: WorkbenchError


class SparklineReader(QObject):
    """Lives as long as the rows.

    Args:
        services: The program's shared parts.
        kept: Gets what was read.
        looked_at: The rows in sight that may have sparklines; none while the window is hidden.
        connect: The way to AWS.
        is_free: Whether a place takes no money: what is there is read more often.
        budget: Shared with all who ask AWS for much.
        name: Of the job that reads; of each reader another one.
        parent: Whose rows they are.

    Signals:
        refused: They cannot be read, and why (a WorkbenchError). Once for each place.
    """

    refused = Signal(WorkbenchError)

    def __init__(
        self,
        services: Services,
        kept: KeptSparklines,
        looked_at: Callable[[], Sequence[Looked]],
        connect: ToPlace,
        is_free: Callable[[Scope], bool],
        budget: RateBudget,
        name: str,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services, self._kept, self._looked_at = services, kept, looked_at
        self._connect, self._is_free, self._budget, self._name = connect, is_free, budget, name
        self._store_path = services.paths.cache_dir / "sparklines.sqlite"
        self._asked: frozenset[Looked] = frozenset()
        self._read_at: dict[Looked, float] = {}
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
        """The rows are of another place now: nothing of the old one is shown."""
        self._drop()
        self._read_at.clear()
        self._refused_at.clear()
        self._kept.forget()
        self.look()

    def _drop(self) -> None:
        self._services.jobs.drop(self._name)
        self._asked, self._running = frozenset(), None

    def _ask(self) -> None:
        rows = self._looked_at()
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
                self.tr("Reading sparklines"),
                lambda ctx: _read(wanted, self._connect, self._is_free, now, ctx, store, self._budget),
                replaces=self._name,
                quiet=True,
                on_item=self._take,
                on_done=lambda _: self._ended(),
                on_error=lambda _error: self._ended(),
                on_cancelled=self._ended,
            )
        )

    def _is_old(self, row: Looked) -> bool:
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
            self._kept.put(item.lines)
        elif isinstance(item, _Refused):
            is_new = item.scope not in self._refused_at
            self._refused_at[item.scope] = now_s
            self._kept.refuse(item.scope, item.error)
            if is_new:
                self.refused.emit(item.error)

    def _ended(self) -> None:
        # All of them: what was not found (in another account) is not asked for again at once either.
        self._read_at |= dict.fromkeys(self._asked, self._services.clock.now().timestamp())
        self._asked, self._running = frozenset(), None
        self._ask()  # what has come into sight in the meantime


def _read(
    rows: Sequence[Looked],
    connect: ToPlace,
    is_free: Callable[[Scope], bool],
    now: datetime,
    ctx: JobContext,
    store: "series_cache.SeriesCache",
    budget: RateBudget,
) -> None:
    places: dict[Scope, list[Looked]] = {}
    for row in rows:
        places.setdefault(row.scope, []).append(row)
    for scope, mine in places.items():
        try:
            connection = connect(scope, ctx)
            some = {row.function_name: row for row in mine if row.account_id == connection.account_id}
            free, muted = is_free(scope), ctx.muted()
            found = recent.read_recent(connection, list(some), now, muted, store, budget, is_free=free)
        except WorkbenchError as error:
            ctx.emit(_Refused(scope, error))
            continue
        lines = {
            some[name]: Sparkline(each.invocations, each.errors, each.problem) for name, each in found.items()
        }
        ctx.emit(_Read(lines))
