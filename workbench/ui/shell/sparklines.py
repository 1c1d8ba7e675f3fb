"""Lines of invocations beside functions: how they are painted, which are known, and which are read when.

They are read for rows in sight only: AWS charges for each.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, QPointF, QRect, QSize, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _, ngettext
from workbench.core.settings import Settings
from workbench.functions.fleet import FleetRow, Scope
from workbench.metrics import fleet as fleet_figures
from workbench.metrics import series_cache
from workbench.profiles.model import Profile
from workbench.ui.kit.theme import Colors
from workbench.ui.shell.preferences import METRICS_SPARKLINES
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session

OFF, FREE, ALL = "off", "sandbox", "all"
FRESH_S = 300
FRESH_FREE_S = 30
_REST_MS, _AGAIN_MS = 300, 30_000
_LANE = 6  # below the line, for the triangles
_MARK_WIDTH, _MARK_HEIGHT, _MARK_GAP = 6, 5, 1
_MIN_HEIGHT = 2.0
"""How high the smallest value is drawn that is not zero: it must differ from none."""
ConnectTo = Callable[[Scope, JobContext], Connection]
"""Leads to a profile's region; runs in a job, raises WorkbenchError."""


def cost_text() -> str:
    """What sparklines cost, for where they are chosen.

    Source: https://aws.amazon.com/cloudwatch/pricing/ (GetMetricData), as of 2026-11, us-east-1.
    """
    return _(
        "AWS charges $0.01 per 1,000 metrics requested: two for each visible function, at "
        "most every five minutes."
    )


class SparklineChoice:
    """The setting that says for which profiles there are sparklines: they may cost something.

    Args:
        settings: Where it is kept.
        session: Knows the profiles.
    """

    def __init__(self, settings: Settings, session: Session) -> None:
        self._settings, self._session = settings, session

    def allows(self, profile: Profile) -> bool:
        """Whether rows of a profile have sparklines."""
        chosen = METRICS_SPARKLINES.read(self._settings)
        return chosen == ALL or (chosen == FREE and not profile.leads_to_aws)

    def _profiles(self) -> Iterable[Profile]:
        return {each.name: each for each in (*self._session.profiles, self._session.profile)}.values()

    def off(self) -> frozenset[str]:
        """The names of the profiles whose rows have none."""
        return frozenset(each.name for each in self._profiles() if not self.allows(each))

    def is_free(self, scope: Scope) -> bool:
        """Whether AWS charges nothing for reading them in a scope."""
        profiles = (*self._session.profiles, self._session.profile)
        return not any(each.leads_to_aws for each in profiles if each.name == scope.profile_name)

    def toggle(self) -> None:
        """Switches them for the session's profile; with those of AWS go those that are free, and off too."""
        profile = self._session.profile
        if self.allows(profile):
            chosen = FREE if profile.leads_to_aws else OFF
        else:
            chosen = ALL if profile.leads_to_aws else FREE
        self._settings.set(METRICS_SPARKLINES.key, chosen)


class Sparkline:
    """Immutable but for what it keeps for painting.

    Args:
        invocations: In each period, the oldest first.
        errors: Likewise.
        problem: Why figures may be missing, in CloudWatch's words.
    """

    __slots__ = ("_errors", "_invocations", "_line", "_marks", "_problem", "_size")

    def __init__(self, invocations: Sequence[float], errors: Sequence[float], problem: str = "") -> None:
        self._invocations, self._errors, self._problem = tuple(invocations), tuple(errors), problem
        self._size = QSize()
        self._line, self._marks = QPolygonF(), QPainterPath()

    @property
    def description(self) -> str:
        """What it shows: "1,234 invocations, 5 errors in 3 hours"."""
        ran, failed = round(sum(self._invocations)), round(sum(self._errors))
        if not ran and not failed:
            said = _("No invocations in 3 hours")
        else:
            said = _("{invocations}, {errors} in 3 hours").format(
                invocations=ngettext("{count} invocation", "{count} invocations", ran).format(
                    count=f"{ran:,}"
                ),
                errors=ngettext("{count} error", "{count} errors", failed).format(count=f"{failed:,}"),
            )
        return f"{said} ({self._problem})" if self._problem else said

    def paint(self, painter: QPainter, area: QRect, colors: Colors) -> None:
        """Paints it. What it needs is worked out once for each size: a frame has dozens of them."""
        if self._size != area.size():
            self._draw(area.size())
        is_idle = self._line.size() == 2 and not any(self._invocations)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_idle)
        painter.setPen(QPen(QColor(colors.muted if is_idle else colors.series[0]), 1))
        painter.drawPolyline(self._line.translated(area.x(), area.y()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if not self._marks.isEmpty():  # on whole pixels: smoothing them would take ten times as long
            painter.fillPath(self._marks.translated(area.x(), area.y()), QColor(colors.danger))

    def _draw(self, size: QSize) -> None:
        self._size = size
        width, foot = size.width() - 1.0, size.height() - 0.5 - _LANE  # on half a pixel: a flat line is sharp
        step = width / max(1, len(self._invocations) - 1)
        peak = max(self._invocations, default=0.0)
        scale = (foot - 0.5) / peak if peak > 0 else 0.0
        heights = [max(_MIN_HEIGHT, value * scale) if value > 0 else 0.0 for value in self._invocations]
        last = len(heights) - 1
        line = QPolygonF()
        for number, height in enumerate(heights):
            if 0 < number < last and heights[number - 1] == height == heights[number + 1]:
                continue  # on the way of a straight line
            line.append(QPointF(number * step, foot - height))
        self._line = line
        marks = QPainterPath()
        right = 0
        for number, failed in enumerate(self._errors):
            left = round(min(max(0.0, number * step - _MARK_WIDTH / 2), width - _MARK_WIDTH))
            if failed > 0 and left >= right:
                right = left + _MARK_WIDTH + _MARK_GAP
                bottom = size.height()
                marks.moveTo(left, bottom)
                marks.lineTo(left + _MARK_WIDTH // 2, bottom - _MARK_HEIGHT)
                marks.lineTo(left + _MARK_WIDTH, bottom)
                marks.closeSubpath()
        self._marks = marks


@dataclass(frozen=True, slots=True)
class SparklineRow:
    """A row: the profile and region that lead to it, its account and name."""

    scope: Scope
    account_id: str
    function_name: str

    @classmethod
    def at(cls, row: FleetRow) -> "SparklineRow":
        """A row of All Functions."""
        return cls(row.scope, row.function.account_id, row.function.function_name)


class SparklineStore(QObject):
    """What a list or a table shows of its rows.

    Signals:
        changed: Of some rows there is something else to show.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[SparklineRow, Sparkline] = {}
        self._refused: dict[Scope, WorkbenchError] = {}
        self._off: frozenset[str] = frozenset()

    def of(self, row: SparklineRow) -> Sparkline | None:
        """The line of a row; None where nothing is known, or shall be shown."""
        return None if row.scope.profile_name in self._off else self._lines.get(row)

    def short(self, row: SparklineRow) -> str:
        """A short text in place of a line that cannot be read; empty while it is being read."""
        if row.scope.profile_name in self._off:
            return _("Off")
        if row.scope in self._refused and row not in self._lines:
            return _("Not loaded")
        return ""

    def description(self, row: SparklineRow) -> str:
        """What a row's line shows, in words; or why there is none."""
        if row.scope.profile_name in self._off:
            return _(
                "Sparklines are off for this profile. To turn them on, choose View > Sparklines. AWS "
                "charges for them; the Sandbox does not."
            )
        if (line := self._lines.get(row)) is not None:
            return line.description
        if (error := self._refused.get(row.scope)) is not None:
            said = " ".join(part for part in (error.what, error.why, error.remedy) if part)
            return f"{said} ({error.aws_code})" if error.aws_code else said
        return ""

    def put(self, lines: Mapping[SparklineRow, Sparkline]) -> None:
        """What was read."""
        self._lines |= lines
        for row in lines:
            self._refused.pop(row.scope, None)
        self.changed.emit()

    def refuse(self, scope: Scope, error: WorkbenchError) -> None:
        """Nothing can be read there. What is known stays."""
        self._refused[scope] = error
        self.changed.emit()

    def set_off(self, profile_names: Iterable[str]) -> None:
        """Whose rows have none, and no others."""
        off = frozenset(profile_names)
        if off != self._off:
            self._off = off
            self.changed.emit()

    def forget(self) -> None:
        """Other rows are shown from now on."""
        self._lines.clear()
        self._refused.clear()
        self.changed.emit()


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
