"""Many series with as little asking as can be: what is kept on disk is brought up to date by its tail.

Must not know: how series are kept (store.py) or asked for (query.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics.model import MetricSpec, Series, Window
from workbench.metrics.query import USD_PER_SERIES, query, series_in_a_page
from workbench.metrics.store import SeriesStore
from workbench.metrics.stretch import joined, latest_in, reaching_back


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a pull will take.

    Attributes:
        series: That are asked for.
        calls: Requests to CloudWatch, pages included.
        points: That may come.
        usd: What AWS takes for it, at the price that query.py names.
    """

    series: int
    calls: int
    points: int
    usd: float


def estimate(specs: Sequence[MetricSpec], window: Window) -> Estimate:
    """What reading these anew would take; to be shown before a large pull. The Sandbox is free."""
    points = len(specs) * window.points
    calls = -(-len(specs) // series_in_a_page(window.points))
    return Estimate(len(specs), calls, points, len(specs) * USD_PER_SERIES)


def stored(
    store: SeriesStore, connection: Connection, specs: Sequence[MetricSpec], window: Window
) -> tuple[Series, ...]:
    """What is on disk of these series, in the window: to be drawn until the pull is through. May be old."""
    known = store.load(connection.account_id, connection.region, specs, window.period_s)
    found = ((spec, latest_in(known.get(spec, ()), window)) for spec in specs)
    return tuple(stretch.series.placed(window) for _spec, stretch in found if stretch is not None)


def pull(
    connection: Connection,
    specs: Sequence[MetricSpec],
    window: Window,
    ctx: JobContext,
    store: SeriesStore,
    now_s: float | None = None,
) -> tuple[Series, ...]:
    """Reads series, asking only for the tails of those that are kept; and keeps them.

    Args:
        connection: Whose metrics.
        specs: What to read.
        window: When.
        ctx: The job.
        store: What is kept there and settled is not asked for again: of a time that is over, nothing is.
        now_s: The present by CloudWatch's clock; None when the window ends at it by this computer's.

    Returns:
        One for each spec, in their order.

    Raises:
        WorkbenchError: As `query`.
        Cancelled: Between pages; nothing is kept then.
    """
    known = store.load(connection.account_id, connection.region, specs, window.period_s)
    olds = {spec: reaching_back(known.get(spec, ()), window) for spec in specs}
    groups: dict[int, list[MetricSpec]] = {}  # by the moment from which they are asked for
    for spec, old in olds.items():
        groups.setdefault(old.settled_s if old else window.start_s, []).append(spec)
    found: dict[MetricSpec, Series] = {}
    news: list[Series] = []
    for from_s, group in groups.items():
        tails: Sequence[Series | None] = [None] * len(group)
        if from_s < window.end_s:
            tails = query(connection, group, replace(window, start_s=from_s), ctx)
        for spec, tail in zip(group, tails, strict=True):
            old = olds[spec]
            series = joined(old, tail, window) if old else tail
            assert series is not None  # what is not known is asked for
            found[spec] = series
            if tail is not None:
                news.append(series)
    if now_s is None:
        now_s = window.end_s + min(0.0, connection.aws_time.offset_s)
    store.store(connection.account_id, connection.region, news, now_s)
    return tuple(found[spec] for spec in specs)
