"""The last three hours of functions in few requests, for the small charts of the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.jobs import JobContext
from workbench.metrics.model import MetricSpec, Series, Window
from workbench.metrics.series_cache import SeriesCache, estimate, pull, reaching_back

SPAN_S, PERIOD_S = 3 * 3600, 300
_METRICS = ("Invocations", "Errors")


@dataclass(frozen=True, slots=True)
class Recent:
    """The last three hours of a function.

    Attributes:
        invocations: The count in each five minutes, oldest first; 0 where CloudWatch has no point.
        errors: Likewise.
        problem: CloudWatch's message if they may be incomplete; else empty.
    """

    invocations: tuple[float, ...]
    errors: tuple[float, ...]
    problem: str = ""


def read_recent(
    connection: Connection,
    function_names: Sequence[str],
    now: datetime,
    ctx: JobContext,
    cache: SeriesCache,
    budget: RateBudget,
    *,
    is_free: bool = False,
) -> dict[str, Recent]:
    """Reads the last three hours of functions, up to 250 of them in one request.

    AWS charges every requested series, however few its points: what was read within the current five
    minutes is not requested again.

    Args:
        connection: The account and region.
        function_names: The functions.
        now: The present.
        ctx: The job.
        cache: A cache for these series alone: others store the same series over longer times.
        budget: The rate limits of the account.
        is_free: Whether requests cost nothing.

    Returns:
        By the functions' names.

    Raises:
        WorkbenchError: Access to metrics is denied, or the service cannot be reached.
        Cancelled: Between pages.
    """
    end_s = -(-int(now.timestamp()) // PERIOD_S) * PERIOD_S
    window = Window(end_s - SPAN_S, end_s, PERIOD_S)
    specs = [spec for name in function_names for spec in _specs(name)]
    known = cache.load(connection.account_id, connection.region, specs, PERIOD_S)
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
        found |= {each.spec: each for each in pull(connection, wanted, window, ctx, cache)}
    return {name: _recent([found[spec] for spec in _specs(name)]) for name in function_names}


def _specs(function_name: str) -> list[MetricSpec]:
    return [MetricSpec(metric, "Sum", (("FunctionName", function_name),)) for metric in _METRICS]


def _recent(series: Sequence[Series]) -> Recent:
    invocations, errors = (tuple(np.nan_to_num(each.value).tolist()) for each in series)
    return Recent(invocations, errors, next((each.problem for each in series if each.problem), ""))
