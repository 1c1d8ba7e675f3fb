"""The figures of many functions: what is read of each, its cost, and the last three hours for small charts.

The cost is estimated from the metrics. CloudWatch's Duration is the run time instead of the billed one:
billing rounds each invocation up to a millisecond and, since August 2025, includes the initialisation (INIT)
of all functions. Therefore half a millisecond is added for each invocation. No metric contains INIT, so cold
starts are left out, and a view of the cost must say so.
Source: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

import numpy as np
import numpy.typing as npt

from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionSummary
from workbench.functions.prices import FREE_STORAGE_MB, gb_seconds, prices_of, storage_usd, tiered_usd
from workbench.metrics.series import (
    CALLS_AT_ONCE,
    Floats,
    MetricSpec,
    Series,
    Window,
    error_rate,
    named_specs,
    series_in_a_page,
)
from workbench.metrics.series_cache import Estimate, SeriesCache, estimate, latest_in, pull, reaching_back

MONTH_S = 30.4375 * 86_400
_ROUNDING_MS = 0.5


@dataclass(frozen=True, slots=True)
class CostSetting:
    """The part of a function's configuration that determines its cost, without provisioned concurrency."""

    region: str
    memory_mb: int
    architecture: str = "x86_64"
    storage_mb: int = FREE_STORAGE_MB


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of a function in a time range.

    Attributes:
        invocations: CloudWatch's sum.
        duration_ms: CloudWatch's sum of Duration.
    """

    invocations: float
    duration_ms: float
    span_s: float

    def per_month(self) -> "Usage":
        """The usage of a month at this rate; zero for an empty time range."""
        factor = MONTH_S / self.span_s if self.span_s > 0 else 0.0
        return replace(
            self,
            invocations=self.invocations * factor,
            duration_ms=self.duration_ms * factor,
            span_s=MONTH_S if factor else 0.0,
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars by purpose, without taxes, discounts and the free tier."""

    requests_usd: float = 0.0
    running_usd: float = 0.0
    storage_usd: float = 0.0
    gb_s: float = 0.0

    @property
    def total_usd(self) -> float:
        return self.requests_usd + self.running_usd + self.storage_usd

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.requests_usd + other.requests_usd,
            self.running_usd + other.running_usd,
            self.storage_usd + other.storage_usd,
            self.gb_s + other.gb_s,
        )


def cost_of(setting: CostSetting, use: Usage) -> Cost:
    """The cost of a function in a time range, at the first tier's price."""
    prices = prices_of(setting.region, setting.architecture)
    billed_ms = use.duration_ms + use.invocations * _ROUNDING_MS
    run_gb_s = gb_seconds(billed_ms, setting.memory_mb)
    return Cost(
        use.invocations * prices.request_usd,
        run_gb_s * prices.tiers[0].gb_s_usd,
        storage_usd(prices, billed_ms, setting.storage_mb),
        run_gb_s,
    )


def fleet_month_usd(functions: Sequence[tuple[CostSetting, Usage]], *, free_tier: bool = False) -> float:
    """The cost of many functions for a month at this rate: tiers apply per region and architecture.

    Args:
        free_tier: Whether to subtract the account's free requests and GB-seconds.
    """
    usd = 0.0
    groups: dict[tuple[str, str], tuple[float, float]] = {}  # GB-seconds and requests
    for setting, use in functions:
        month = use.per_month()
        cost = cost_of(setting, month)
        group = setting.region, setting.architecture
        gb_s, requests = groups.get(group, (0.0, 0.0))
        groups[group] = gb_s + cost.gb_s, requests + month.invocations
        usd += cost.storage_usd
    free_gb_s = free_requests = 0.0
    if free_tier and groups:
        prices = prices_of(*next(iter(groups)))
        free_gb_s, free_requests = float(prices.free_gb_s), float(prices.free_requests)
    for group, (gb_s, requests) in groups.items():
        prices = prices_of(*group)
        # Subtracted before it is priced: rounding would leave a sum slightly below zero.
        some_gb_s, some = min(gb_s, free_gb_s), min(requests, free_requests)
        free_gb_s, free_requests = free_gb_s - some_gb_s, free_requests - some
        usd += tiered_usd(prices.tiers, gb_s - some_gb_s) + (requests - some) * prices.request_usd
    return usd


def what_if(
    setting: CostSetting,
    use: Usage,
    *,
    memory_mb: int | None = None,
    architecture: str = "",
    duration_factor: float = 1.0,
) -> Cost:
    """The cost of the same work with another configuration.

    Args:
        duration_factor: Ratio of the new duration to the old one. More memory comes with more CPU, so 1 is
            the worst case of more and the best of less: only power tuning can tell.
    """
    other = replace(
        setting, memory_mb=memory_mb or setting.memory_mb, architecture=architecture or setting.architecture
    )
    return cost_of(other, replace(use, duration_ms=use.duration_ms * duration_factor))


FLEET_METRICS = (
    ("Invocations", "Sum"),
    ("Errors", "Sum"),
    ("Throttles", "Sum"),
    ("Duration", "p95"),
    ("Duration", "Sum"),
    ("IteratorAge", "Maximum"),
)
"""The series of each function. The sum of Duration is only for its cost."""

Strip = npt.NDArray[np.float32]
"""One value for each period, NaN for none. Of 32 bits, because there are thousands."""


class FleetMeasure(Enum):
    """The measures by which functions are compared."""

    ERRORS = "errors"
    ERROR_RATE = "error_rate"
    THROTTLES = "throttles"
    P95 = "p95"
    ITERATOR_AGE = "iterator_age"
    INVOCATIONS = "invocations"
    COST = "cost"


@dataclass(frozen=True, slots=True, eq=False)
class FunctionFigures:
    """The figures of a function in a time range.

    Attributes:
        strips: For each measure one value per period, in counts, percent, milliseconds or dollars; shape
            (window.points,).
        totals: For each measure one value, NaN if CloudWatch has none: the sum; for p95 and iterator age the
            maximum, because percentiles cannot be added.
        peaks: For each measure the highest value of a period; NaN for none.
        setting: The configuration that determines its cost, as far as ListFunctions answers it.
        month_usd: The cost of a month at this rate; NaN if nothing is known.
        problem: CloudWatch's message if the figures may be incomplete.
    """

    window: Window
    strips: Mapping[FleetMeasure, Strip]
    totals: Mapping[FleetMeasure, float]
    peaks: Mapping[FleetMeasure, float]
    setting: CostSetting
    use: Usage
    month_usd: float
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FleetScope:
    """Functions of one account and region.

    Attributes:
        connect: Makes the connection, in the job; raises WorkbenchError.
    """

    name: str
    connect: Callable[[JobContext], Connection]
    functions: Sequence[FunctionSummary]


@dataclass(frozen=True, slots=True, eq=False)
class ScopeFailed:
    """Not all figures of a scope could be read."""

    name: str
    error: WorkbenchError


@dataclass(frozen=True, slots=True, eq=False)
class FiguresRead:
    """The figures of some functions, by ARN; more follow."""

    found: tuple[tuple[str, FunctionFigures], ...]


def fleet_specs(function_name: str) -> tuple[MetricSpec, ...]:
    """The series that are read for a function."""
    return named_specs(FLEET_METRICS, function_name)


def fleet_estimate(functions: int, window: Window) -> Estimate:
    """The cost of reading this many functions, of one scope or several."""
    return estimate(fleet_specs("") * functions, window)


def read_fleet(
    scopes: Sequence[FleetScope], window: Window, ctx: JobContext, cache: SeriesCache, budget: RateBudget
) -> None:
    """Reads the figures of a fleet; emits FiguresRead as they arrive, and ScopeFailed for errors.

    Args:
        scopes: Each account and region once; an error in one does not stop the others.
        cache: Final points in it are not read again.

    Raises:
        Cancelled: Emitted items stay valid and cached.
    """
    together = max(1, series_in_a_page(window.points) * CALLS_AT_ONCE // len(FLEET_METRICS))
    total, done = sum(len(scope.functions) for scope in scopes), 0
    for scope in scopes:
        try:
            ctx.progress(done, total)
            connection = scope.connect(ctx)
            for first in range(0, len(scope.functions), together):
                ctx.progress(done + first, total)
                some = scope.functions[first : first + together]
                specs = [spec for each in some for spec in fleet_specs(each.function_name)]
                for _ in range(estimate(specs, window).calls):
                    budget.spend(connection, "cloudwatch", "GetMetricData", ctx)
                series = pull(connection, specs, window, ctx.muted(), cache)
                ctx.emit(FiguresRead(tuple(_placed(some, series))))
        except WorkbenchError as error:
            ctx.emit(ScopeFailed(scope.name, error))
        done += len(scope.functions)


def stored_fleet(
    cache: SeriesCache, functions: Sequence[FunctionSummary], window: Window
) -> dict[str, FunctionFigures]:
    """The cached figures of functions, by ARN, to show until all are read.

    Args:
        window: The time range that will be read; cached series must overlap it.
    """
    scopes: dict[tuple[str, str], list[FunctionSummary]] = {}
    for each in functions:
        scopes.setdefault((each.account_id, each.region), []).append(each)
    found: dict[str, FunctionFigures] = {}
    for (account_id, region), some in scopes.items():
        specs = [spec for each in some for spec in fleet_specs(each.function_name)]
        known = cache.load(account_id, region, specs, window.period_s)
        for each in some:
            ranges = (latest_in(known.get(spec, ()), window) for spec in fleet_specs(each.function_name))
            series = [one.series.placed(window) for one in ranges if one is not None]
            if len(series) == len(FLEET_METRICS):
                found[each.function_arn] = figures_of(each, series)
    return found


def figures_of(function: FunctionSummary, series: Sequence[Series]) -> FunctionFigures:
    """The figures of a function, from its series in the order of FLEET_METRICS."""
    invocations, errors, throttles, p95, duration, age = (each.value for each in series)
    window = series[0].window
    architecture = (*function.architectures, "x86_64")[0]
    setting = CostSetting(function.region, function.memory_mb, architecture, function.ephemeral_storage_mb)
    use = Usage(_sum(invocations), _sum(duration), window.end_s - window.start_s)
    values: dict[FleetMeasure, Floats] = {
        FleetMeasure.ERRORS: errors,
        FleetMeasure.ERROR_RATE: error_rate(errors, invocations),
        FleetMeasure.THROTTLES: throttles,
        FleetMeasure.P95: p95,
        FleetMeasure.ITERATOR_AGE: age,
        FleetMeasure.INVOCATIONS: invocations,
        FleetMeasure.COST: _cost(setting, invocations, duration),
    }
    peaks = {measure: _highest(value) for measure, value in values.items()}
    totals = dict(peaks)
    for measure in (FleetMeasure.ERRORS, FleetMeasure.THROTTLES, FleetMeasure.INVOCATIONS):
        totals[measure] = _sum(values[measure]) if values[measure].size and peaks[measure] >= 0 else np.nan
    ran = totals[FleetMeasure.INVOCATIONS]
    if ran > 0:
        failed = 0.0 if np.isnan(totals[FleetMeasure.ERRORS]) else totals[FleetMeasure.ERRORS]
        totals[FleetMeasure.ERROR_RATE] = min(100.0, 100.0 * failed / ran)
    unknown = np.isnan(ran)
    totals[FleetMeasure.COST] = np.nan if unknown else cost_of(setting, use).total_usd
    month_usd = float("nan") if unknown else cost_of(setting, use.per_month()).total_usd
    strips = {measure: value.astype(np.float32) for measure, value in values.items()}
    problem = next((each.problem for each in series if each.problem), "")
    return FunctionFigures(window, strips, totals, peaks, setting, use, month_usd, problem)


def _placed(
    functions: Sequence[FunctionSummary], series: Sequence[Series]
) -> Iterator[tuple[str, FunctionFigures]]:
    size = len(FLEET_METRICS)
    for number, function in enumerate(functions):
        yield function.function_arn, figures_of(function, series[number * size : (number + 1) * size])


def _cost(setting: CostSetting, invocations: Floats, duration_ms: Floats) -> Floats:
    """Dollars of each period; the cost is linear in both."""
    one = cost_of(setting, Usage(1.0, 0.0, 0.0)).total_usd
    a_ms = cost_of(setting, Usage(0.0, 1.0, 0.0)).total_usd
    ran = np.where(np.isnan(duration_ms), 0.0, duration_ms)
    return invocations * one + np.where(np.isnan(invocations), np.nan, ran * a_ms)


def _sum(values: Floats) -> float:
    return float(np.nansum(values))


def _highest(values: Floats) -> float:
    there = values[~np.isnan(values)]
    return float(there.max()) if there.size else float("nan")


RECENT_SPAN_S, RECENT_PERIOD_S = 3 * 3600, 300
_METRICS = (("Invocations", "Sum"), ("Errors", "Sum"))


@dataclass(frozen=True, slots=True)
class Recent:
    """The last three hours of a function.

    Attributes:
        invocations: The count of each five minutes, oldest first; 0 if CloudWatch has no point.
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

    AWS charges for every series, however few its points: series that were read within the current five
    minutes are not requested again.

    Args:
        cache: A cache for these series alone: others store the same series over longer times.
        is_free: Whether requests cost nothing.

    Returns:
        By function name.

    Raises:
        WorkbenchError: Access to metrics is denied, or the service cannot be reached.
    """
    end_s = -(-int(now.timestamp()) // RECENT_PERIOD_S) * RECENT_PERIOD_S
    window = Window(end_s - RECENT_SPAN_S, end_s, RECENT_PERIOD_S)
    specs = [spec for name in function_names for spec in named_specs(_METRICS, name)]
    known = cache.load(connection.account_id, connection.region, specs, RECENT_PERIOD_S)
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
    return {name: _recent([found[spec] for spec in named_specs(_METRICS, name)]) for name in function_names}


def _recent(series: Sequence[Series]) -> Recent:
    invocations, errors = (tuple(np.nan_to_num(each.value).tolist()) for each in series)
    return Recent(invocations, errors, next((each.problem for each in series if each.problem), ""))
