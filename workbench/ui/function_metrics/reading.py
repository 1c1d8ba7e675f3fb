"""Reads what the charts of a function show, on a worker thread: what is stored first, then what is new."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics import published
from workbench.metrics.series import MetricSpec, Series, Window, choose_window, previous_window
from workbench.metrics.series_cache import SeriesCache, pull, stored
from workbench.ui.charts import Marker, preload

FindMarkers = Callable[[str, datetime, datetime], tuple[Marker, ...]]


@dataclass(frozen=True, slots=True)
class Ask:
    """What to read.

    Attributes:
        function_name: The function's.
        function_arn: For its markers.
        qualifier: A version or an alias; empty for the function as a whole.
        window: When.
        now_s: The present, seconds since 1970.
        optional: CloudWatch's names of what only some functions have; None to look for all of them.
        is_compared: Whether the period before is read too.
        extra: Of the charts that are not of the catalogue.
    """

    function_name: str
    function_arn: str
    qualifier: str
    window: Window
    now_s: float
    optional: frozenset[str] | None
    is_compared: bool = False
    extra: tuple[MetricSpec, ...] = ()

    @property
    def specs(self) -> tuple[MetricSpec, ...]:
        """The series of the catalogue, those that every function has first."""
        return published.function_specs(self.function_name, self.qualifier) + published.optional_specs(
            self.function_name, self.qualifier, self.optional
        )

    @property
    def all_specs(self) -> tuple[MetricSpec, ...]:
        """All series, each once."""
        return tuple(dict.fromkeys(self.specs + self.extra))


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What was read.

    Attributes:
        series: For each spec of the catalogue that was asked for, in their order.
        markers: Moments to mark.
        previous: Series of the period before, moved onto this one; empty when not asked for.
        extra: Series of the charts that are not of the catalogue.
        extra_previous: The same of the period before.
    """

    series: tuple[Series, ...]
    markers: tuple[Marker, ...]
    previous: tuple[Series, ...] = ()
    extra: tuple[Series, ...] = ()
    extra_previous: tuple[Series, ...] = ()

    @property
    def window(self) -> Window:
        """When."""
        return self.series[0].window


def read(
    connection: Connection, store: SeriesCache, ask: Ask, find: FindMarkers, ctx: JobContext, *, first: bool
) -> Read:
    """Reads; what is kept of it on disk is handed on before, as an item of the job.

    Args:
        connection: Whose metrics.
        store: Where series are kept.
        ask: What.
        find: Moments to mark, of a function by its ARN between two moments.
        ctx: The job.
        first: Whether nothing is shown yet.

    Raises:
        WorkbenchError: As `pull`.
    """
    preload()
    window = ask.window
    start, end = (datetime.fromtimestamp(each, UTC) for each in (window.start_s, window.end_s))
    markers = find(ask.function_arn, start, end)
    if first and (kept := _kept(connection, store, ask)):
        ctx.emit(_sorted(ask, kept, (), markers))
    series = pull(connection, ask.all_specs, window, ctx, store, ask.now_s)
    previous: tuple[Series, ...] = ()
    if ask.is_compared:
        before = pull(connection, ask.all_specs, previous_window(window), ctx, store, ask.now_s)
        previous = tuple(each.later(window.end_s - window.start_s) for each in before)
    return _sorted(ask, series, previous, markers)


def _sorted(
    ask: Ask, series: tuple[Series, ...], previous: tuple[Series, ...], markers: tuple[Marker, ...]
) -> Read:
    """What was read, apart by what it is for."""

    def of(some: tuple[Series, ...], specs: tuple[MetricSpec, ...]) -> tuple[Series, ...]:
        known = {each.spec: each for each in some}
        return tuple(known[spec] for spec in specs if spec in known)

    return Read(
        of(series, ask.specs),
        markers,
        of(previous, ask.specs),
        of(series, ask.extra),
        of(previous, ask.extra),
    )


def window_for(start: datetime, end: datetime, pixels: int, now: datetime, *, is_compared: bool) -> Window:
    """The window to read; when it is compared, of a period that CloudWatch still has of the time before."""
    if not is_compared:
        return choose_window(start, end, pixels, now)
    whole = choose_window(start - (end - start), end, 2 * pixels, now)
    period_s = whole.period_s
    first_s = int(max(start.timestamp(), whole.start_s) // period_s) * period_s
    return Window(min(first_s, whole.end_s - period_s), whole.end_s, period_s)


def _kept(connection: Connection, store: SeriesCache, ask: Ask) -> tuple[Series, ...]:
    """What is stored on disk, until CloudWatch has answered; empty when nothing of it has data."""
    known = {each.spec: each for each in stored(store, connection, ask.all_specs, ask.window)}
    must = published.function_specs(ask.function_name, ask.qualifier)
    if not all(spec in known for spec in must) or not any(known[spec].has_data for spec in must):
        return ()
    return tuple(known.values())
