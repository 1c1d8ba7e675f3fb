"""Many series with as little asking as can be: what is kept on disk is brought up to date by its tail.

Must not know: how series are kept (store.py) or asked for (query.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics.model import MetricSpec, Series, Window
from workbench.metrics.query import USD_PER_SERIES, can_refresh, query, refresh, series_in_a_page
from workbench.metrics.store import SeriesStore


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
    """What is on disk of these series for a period: to be drawn until the pull is through. May be old."""
    known = store.load(connection.account_id, connection.region, specs, window.period_s)
    return tuple(known[spec] for spec in specs if spec in known)


def pull(
    connection: Connection,
    specs: Sequence[MetricSpec],
    window: Window,
    ctx: JobContext,
    store: SeriesStore,
) -> tuple[Series, ...]:
    """Reads series, asking only for the tails of those that are kept; and keeps them.

    Returns:
        One for each spec, in their order.

    Raises:
        WorkbenchError: As `query`.
        Cancelled: Between pages; nothing is kept then.
    """
    known = store.load(connection.account_id, connection.region, specs, window.period_s)
    groups: dict[Window | None, list[MetricSpec]] = {}
    for spec in specs:
        old = known.get(spec)
        groups.setdefault(old.window if old and can_refresh(old.window, window) else None, []).append(spec)
    found: dict[MetricSpec, Series] = {}
    for old_window, group in groups.items():
        if old_window is None:
            series = query(connection, group, window, ctx)
        else:
            series = refresh(connection, [known[spec] for spec in group], window, ctx)
        found |= {each.spec: each for each in series}
    store.store(connection.account_id, connection.region, found.values())
    return tuple(found[spec] for spec in specs)
