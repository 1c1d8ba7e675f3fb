"""The figures of many functions: which series are read of each, and what is computed from them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionSummary
from workbench.metrics.cost import CostSetting, Usage, cost_of
from workbench.metrics.model import Floats, MetricSpec, Series, Window
from workbench.metrics.query import CALLS_AT_ONCE, series_in_a_page
from workbench.metrics.series_cache import Estimate, SeriesCache, estimate, latest_in, pull

FLEET_METRICS = (
    ("Invocations", "Sum"),
    ("Errors", "Sum"),
    ("Throttles", "Sum"),
    ("Duration", "p95"),
    ("Duration", "Sum"),
    ("IteratorAge", "Maximum"),
)
"""What is read of each function. The sum of Duration is for its cost only."""

Strip = npt.NDArray[np.float32]
"""One value for each period, NaN for none. Of 32 bits, as there are thousands."""


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
    """The figures of one function in a time range.

    Attributes:
        window: The time range.
        strips: For each measure a value for each period, in counts, percent, milliseconds or dollars; shape
            (window.points,).
        totals: For each measure one value for the time range, NaN where CloudWatch has nothing: the sum; of
            p95 and iterator age the highest of a period, as percentiles cannot be added up.
        peaks: For each measure the highest value of a period; NaN for none.
        setting: The configuration that decides its cost, as far as ListFunctions returns it.
        use: What it did.
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
        name: Its name in messages.
        connect: Makes the connection, in the job; raises WorkbenchError.
        functions: The functions to read.
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
    """The series that are read of one function."""
    dimensions = (("FunctionName", function_name),)
    return tuple(MetricSpec(name, stat, dimensions) for name, stat in FLEET_METRICS)


def fleet_estimate(functions: int, window: Window) -> Estimate:
    """The cost of reading so many functions, of one scope or of several."""
    return estimate(fleet_specs("") * functions, window)


def read_fleet(
    scopes: Sequence[FleetScope], window: Window, ctx: JobContext, cache: SeriesCache, budget: RateBudget
) -> None:
    """Reads the figures of a fleet; emits FiguresRead as they arrive, and ScopeFailed for errors.

    Args:
        scopes: Each account and region once; an error in one does not stop the others.
        window: The time range.
        ctx: The job; its progress counts functions.
        cache: Final points in it are not read again.
        budget: The rate limits of the accounts.

    Raises:
        Cancelled: What was emitted before stays valid and cached.
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
    """The cached figures of functions, by ARN, to be drawn until all are read.

    Args:
        cache: The series that were read earlier.
        functions: Functions of any accounts and regions.
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
        FleetMeasure.ERROR_RATE: _rate(errors, invocations),
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


def _rate(errors: Floats, invocations: Floats) -> Floats:
    """In percent, NaN without invocations. The two are counted separately: clipped to 0..100."""
    rate = np.full(invocations.shape, np.nan)
    ran = invocations > 0
    failed = np.where(np.isnan(errors), 0.0, errors)
    rate[ran] = np.clip(100.0 * failed[ran] / invocations[ran], 0.0, 100.0)
    return rate


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
