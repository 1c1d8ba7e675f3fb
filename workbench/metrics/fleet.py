"""How a fleet has been doing: what is read of every function, and the figures that are made of it.

Owns: which series a fleet needs, and what its functions are compared by. Must not know: how it is shown.
"""

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
from workbench.metrics.cost import Setting, Use, cost_of
from workbench.metrics.model import Floats, MetricSpec, Series, Window
from workbench.metrics.pull import Estimate, estimate, pull
from workbench.metrics.query import CALLS_AT_ONCE, series_in_a_page
from workbench.metrics.store import SeriesStore
from workbench.metrics.stretch import latest_in

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
"""One value a period, NaN where there is none. Half the memory: there are thousands."""


class Measure(Enum):
    """What functions are compared by."""

    ERRORS = "errors"
    ERROR_RATE = "error_rate"
    THROTTLES = "throttles"
    P95 = "p95"
    ITERATOR_AGE = "iterator_age"
    INVOCATIONS = "invocations"
    COST = "cost"


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """One function in a window.

    Attributes:
        window: When.
        strips: Of each measure a value a period, in counts, percent, milliseconds, dollars; shape
            (window.points,).
        totals: Of each measure one value for the window, NaN where CloudWatch has nothing: sums; of p95 and
            iterator age the highest of a period, as percentiles of periods cannot be added up.
        peaks: Of each measure the highest value of a period; NaN where there is none.
        setting: What decides its cost, as far as ListFunctions says it.
        use: What it did.
        month_usd: Its cost if a month went on like this; NaN when nothing is known.
        problem: CloudWatch's own words when the figures may be incomplete.
    """

    window: Window
    strips: Mapping[Measure, Strip]
    totals: Mapping[Measure, float]
    peaks: Mapping[Measure, float]
    setting: Setting
    use: Use
    month_usd: float
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Functions of one account and region.

    Attributes:
        name: What it is called where somebody hears of it.
        connect: Leads there; runs in the job, raises WorkbenchError.
        functions: Whose figures are wanted.
    """

    name: str
    connect: Callable[[JobContext], Connection]
    functions: Sequence[FunctionSummary]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceFailed:
    """The figures of a place could not be read, or not all."""

    name: str
    error: WorkbenchError


@dataclass(frozen=True, slots=True, eq=False)
class FiguresRead:
    """Some functions' figures; more follow. Of each function its ARN and what was found."""

    found: tuple[tuple[str, Figures], ...]


def fleet_specs(function_name: str) -> tuple[MetricSpec, ...]:
    """What is read of one function."""
    dimensions = (("FunctionName", function_name),)
    return tuple(MetricSpec(name, stat, dimensions) for name, stat in FLEET_METRICS)


def fleet_estimate(functions: int, window: Window) -> Estimate:
    """What reading so many functions takes, of one account and region or of all together."""
    return estimate(fleet_specs("") * functions, window)


def read_fleet(
    places: Sequence[Place], window: Window, ctx: JobContext, store: SeriesStore, budget: RateBudget
) -> None:
    """Reads the figures of a fleet; emits FiguresRead as they come, and PlaceFailed where they do not.

    Args:
        places: Each account and region once; what fails in one disturbs no other.
        window: When.
        ctx: The job; progress counts functions.
        store: What is kept there is not read again but for its tail.
        budget: Shared with all who ask for much.

    Raises:
        Cancelled: What was emitted before stays true, and is kept.
    """
    together = max(1, series_in_a_page(window.points) * CALLS_AT_ONCE // len(FLEET_METRICS))
    total, done = sum(len(place.functions) for place in places), 0
    for place in places:
        try:
            ctx.progress(done, total)
            connection = place.connect(ctx)
            for first in range(0, len(place.functions), together):
                ctx.progress(done + first, total)
                some = place.functions[first : first + together]
                specs = [spec for each in some for spec in fleet_specs(each.function_name)]
                for _ in range(estimate(specs, window).calls):
                    budget.spend(connection, "cloudwatch", "GetMetricData", ctx)
                series = pull(connection, specs, window, ctx.muted(), store)
                ctx.emit(FiguresRead(tuple(_placed(some, series))))
        except WorkbenchError as error:
            ctx.emit(PlaceFailed(place.name, error))
        done += len(place.functions)


def stored_fleet(
    store: SeriesStore, functions: Sequence[FunctionSummary], window: Window
) -> dict[str, Figures]:
    """What is on disk of functions for a period, by their ARNs: to be drawn until all is read.

    Args:
        store: Where series are kept.
        functions: Of any accounts and regions.
        window: What will be read; what is kept must reach into it.
    """
    places: dict[tuple[str, str], list[FunctionSummary]] = {}
    for each in functions:
        places.setdefault((each.account_id, each.region), []).append(each)
    found: dict[str, Figures] = {}
    for (account_id, region), some in places.items():
        specs = [spec for each in some for spec in fleet_specs(each.function_name)]
        known = store.load(account_id, region, specs, window.period_s)
        for each in some:
            stretches = (latest_in(known.get(spec, ()), window) for spec in fleet_specs(each.function_name))
            series = [one.series.placed(window) for one in stretches if one is not None]
            if len(series) == len(FLEET_METRICS):
                found[each.function_arn] = figures_of(each, series)
    return found


def figures_of(function: FunctionSummary, series: Sequence[Series]) -> Figures:
    """Makes figures of what was read, in the order of FLEET_METRICS."""
    invocations, errors, throttles, p95, duration, age = (each.value for each in series)
    window = series[0].window
    architecture = (*function.architectures, "x86_64")[0]
    setting = Setting(function.region, function.memory_mb, architecture, function.ephemeral_storage_mb)
    use = Use(_sum(invocations), _sum(duration), window.end_s - window.start_s)
    values: dict[Measure, Floats] = {
        Measure.ERRORS: errors,
        Measure.ERROR_RATE: _rate(errors, invocations),
        Measure.THROTTLES: throttles,
        Measure.P95: p95,
        Measure.ITERATOR_AGE: age,
        Measure.INVOCATIONS: invocations,
        Measure.COST: _cost(setting, invocations, duration),
    }
    peaks = {measure: _highest(value) for measure, value in values.items()}
    totals = dict(peaks)
    for measure in (Measure.ERRORS, Measure.THROTTLES, Measure.INVOCATIONS):
        totals[measure] = _sum(values[measure]) if values[measure].size and peaks[measure] >= 0 else np.nan
    ran = totals[Measure.INVOCATIONS]
    if ran > 0:
        failed = 0.0 if np.isnan(totals[Measure.ERRORS]) else totals[Measure.ERRORS]
        totals[Measure.ERROR_RATE] = min(100.0, 100.0 * failed / ran)
    unknown = np.isnan(ran)
    totals[Measure.COST] = np.nan if unknown else cost_of(setting, use).total_usd
    month_usd = float("nan") if unknown else cost_of(setting, use.of_a_month()).total_usd
    strips = {measure: value.astype(np.float32) for measure, value in values.items()}
    problem = next((each.problem for each in series if each.problem), "")
    return Figures(window, strips, totals, peaks, setting, use, month_usd, problem)


def _placed(functions: Sequence[FunctionSummary], series: Sequence[Series]) -> Iterator[tuple[str, Figures]]:
    size = len(FLEET_METRICS)
    for number, function in enumerate(functions):
        yield function.function_arn, figures_of(function, series[number * size : (number + 1) * size])


def _rate(errors: Floats, invocations: Floats) -> Floats:
    """In percent; NaN where nothing was invoked. The two are counted apart: kept within 0..100."""
    rate = np.full(invocations.shape, np.nan)
    ran = invocations > 0
    failed = np.where(np.isnan(errors), 0.0, errors)
    rate[ran] = np.clip(100.0 * failed[ran] / invocations[ran], 0.0, 100.0)
    return rate


def _cost(setting: Setting, invocations: Floats, duration_ms: Floats) -> Floats:
    """Dollars of each period, as cost.py makes them: they rise evenly with both."""
    one = cost_of(setting, Use(1.0, 0.0, 0.0)).total_usd
    a_ms = cost_of(setting, Use(0.0, 1.0, 0.0)).total_usd
    ran = np.where(np.isnan(duration_ms), 0.0, duration_ms)
    return invocations * one + np.where(np.isnan(invocations), np.nan, ran * a_ms)


def _sum(values: Floats) -> float:
    return float(np.nansum(values))


def _highest(values: Floats) -> float:
    there = values[~np.isnan(values)]
    return float(there.max()) if there.size else float("nan")
