"""How functions have been doing in the last hours, as little as it takes: for lines as small as a row.

Owns: how far back they reach, and that nothing is paid twice within five minutes. Must not know: who looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.jobs import JobContext
from workbench.metrics.model import MetricSpec, Series, Window
from workbench.metrics.pull import estimate, pull
from workbench.metrics.store import SeriesStore
from workbench.metrics.stretch import reaching_back

SPAN_S, PERIOD_S = 3 * 3600, 300
_METRICS = ("Invocations", "Errors")


@dataclass(frozen=True, slots=True)
class Recent:
    """One function's last three hours.

    Attributes:
        invocations: How many in each five minutes, the oldest first; 0 where CloudWatch has no point.
        errors: Likewise.
        problem: CloudWatch's own words when they may be incomplete; empty when they are whole.
    """

    invocations: tuple[float, ...]
    errors: tuple[float, ...]
    problem: str = ""


def read_recent(
    connection: Connection,
    function_names: Sequence[str],
    now: datetime,
    ctx: JobContext,
    store: SeriesStore,
    budget: RateBudget,
    *,
    is_free: bool = False,
) -> dict[str, Recent]:
    """Reads the last three hours of functions, up to 250 of them in one call.

    AWS charges for every series that is asked for, however few its points: what is stored of the current five
    minutes is not asked for again. The rest is asked for by its tail.

    Args:
        connection: Whose functions.
        function_names: Which.
        now: The present.
        ctx: The job.
        store: Of these series alone: elsewhere the same ones are kept over longer times.
        budget: Shared with all who ask for much.
        is_free: Whether asking again costs nothing.

    Returns:
        What was found, by the functions' names.

    Raises:
        WorkbenchError: Metrics may not be read, or the service was not reached.
        Cancelled: Between pages.
    """
    end_s = -(-int(now.timestamp()) // PERIOD_S) * PERIOD_S
    window = Window(end_s - SPAN_S, end_s, PERIOD_S)
    specs = [spec for name in function_names for spec in _specs(name)]
    known = store.load(connection.account_id, connection.region, specs, PERIOD_S)
    latest = {spec: reaching_back(known.get(spec, ()), window) for spec in specs}
    found = {
        spec: each.series.placed(window)
        for spec, each in latest.items()
        if each is not None and each.window.end_s == window.end_s and not is_free
    }
    wanted = [spec for spec in specs if spec not in found]
    for _ in range(estimate(wanted, window).calls):
        budget.spend(connection, "cloudwatch", "GetMetricData", ctx)
    if wanted:
        found |= {each.spec: each for each in pull(connection, wanted, window, ctx, store)}
    return {name: _recent([found[spec] for spec in _specs(name)]) for name in function_names}


def _specs(function_name: str) -> list[MetricSpec]:
    return [MetricSpec(metric, "Sum", (("FunctionName", function_name),)) for metric in _METRICS]


def _recent(series: Sequence[Series]) -> Recent:
    invocations, errors = (tuple(np.nan_to_num(each.value).tolist()) for each in series)
    return Recent(invocations, errors, next((each.problem for each in series if each.problem), ""))
