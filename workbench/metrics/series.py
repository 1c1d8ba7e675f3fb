"""Series of metrics: which there are, the request (MetricSpec, Window), the result (Series), GetMetricData.

Missing points and zeros are different things. CloudWatch stores no point for a period without reports: an
idle function has no Invocations, not 0. A Series has the regular grid of its window; a period without a point
is NaN.

A response of GetMetricData is paged at 100,800 points, page after page. Therefore a request contains no more
series than fit into one page, and several requests run at once: the price depends only on the number of
series.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext, for_this_job
from workbench.core.messages import _

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One metric with one statistic.

    Attributes:
        stat: CloudWatch's statistic ("Sum", "Average", "Maximum", "p99").
        dimensions: (name, value) pairs; exactly these, because CloudWatch stores each set separately.
    """

    metric_name: str
    stat: str
    dimensions: tuple[tuple[str, str], ...]
    namespace: str = "AWS/Lambda"


@dataclass(frozen=True, slots=True)
class Window:
    """A time range on the grid of a period.

    Attributes:
        start_s: Start of the first period, seconds since 1970, a multiple of period_s.
        end_s: End of the last period, exclusive, a multiple of period_s.
    """

    start_s: int
    end_s: int
    period_s: int

    @property
    def points(self) -> int:
        """Periods in the window."""
        return (self.end_s - self.start_s) // self.period_s

    @property
    def time_s(self) -> Floats:
        """Begin of each period, seconds since 1970."""
        return np.arange(self.start_s, self.end_s, self.period_s, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The points of one MetricSpec.

    Attributes:
        time_s: Start of each period, seconds since 1970; shape (window.points,).
        value: One value for each period, NaN if CloudWatch has none; same shape.
        problem: CloudWatch's message if the series may be incomplete; otherwise empty.
    """

    spec: MetricSpec
    window: Window
    time_s: Floats
    value: Floats
    problem: str = ""

    @property
    def has_data(self) -> bool:
        """Whether any period has a point."""
        return not bool(np.isnan(self.value).all())

    def placed(self, window: Window) -> "Series":
        """The series on the grid of another window of the same period; NaN outside its own window."""
        first = (self.window.start_s - window.start_s) // window.period_s
        value = np.full(window.points, np.nan)
        here, there = max(0, first), min(window.points, first + self.value.size)
        if there > here:
            value[here:there] = self.value[here - first : there - first]
        return Series(self.spec, window, window.time_s, value, self.problem)

    def later(self, seconds: int) -> "Series":
        """The same values, shifted in time, to compare them with those of another time range."""
        start_s, end_s = self.window.start_s + seconds, self.window.end_s + seconds
        window = replace(self.window, start_s=start_s, end_s=end_s)
        return replace(self, window=window, time_s=self.time_s + seconds)


def previous_window(window: Window) -> Window:
    """The preceding time range of the same length."""
    span_s = window.end_s - window.start_s
    return replace(window, start_s=window.start_s - span_s, end_s=window.start_s)


# Source: GetMetricData, "CloudWatch retains metric data as follows"
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
_DAY_S = 86_400
_RETENTION = ((15 * _DAY_S, 60), (63 * _DAY_S, 300), (455 * _DAY_S, 3600))
_LADDER_S = (60, 300, 900, 3600, 6 * 3600, _DAY_S)
MAX_SPAN_S = 455 * _DAY_S


def choose_window(start: datetime, end: datetime, pixels: int, now: datetime) -> Window:
    """Chooses the period for a time range on a screen.

    The shortest period that CloudWatch still stores for the oldest point and that has no more points than the
    screen has pixels. Start and end are moved outwards to the grid of the period, which CloudWatch answers
    fastest. A start before CloudWatch's retention (455 days) is moved to it.

    Args:
        end: At least one period is returned even if it is not after the start.
    """
    oldest_s = now.timestamp() - MAX_SPAN_S
    start_s = max(start.timestamp(), oldest_s)
    end_s = max(end.timestamp(), start_s)
    age_s = now.timestamp() - start_s
    kept_s = kept_period_s(age_s)
    wanted_s = (end_s - start_s) / max(1, pixels)
    period_s = next((step for step in _LADDER_S if step >= kept_s and step >= wanted_s), _LADDER_S[-1])
    first_s = int(start_s // period_s) * period_s
    last_s = -int(-end_s // period_s) * period_s
    return Window(first_s, max(last_s, first_s + period_s), period_s)


def kept_period_s(age_s: float) -> int:
    """The shortest period in which CloudWatch still stores points of that age."""
    return next((period for age, period in _RETENTION if age_s < age), _RETENTION[-1][1])


_SERIES_PER_CALL = 500
POINTS_PER_PAGE = 100_800
"""Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""

CALLS_AT_ONCE = 4
"""CloudWatch allows 50 a second in a region; responses are parsed one at a time, so more would only wait
here.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""

USD_PER_SERIES = 0.01 / 1000
"""The price of GetMetricData, for any number of points. As of 2026-11, us-east-1.
Source: https://aws.amazon.com/cloudwatch/pricing/"""

_SERIES_PER_CALL_CUSTOM_ENDPOINT = 50
"""Emulators answer large requests slowly and serve no other meanwhile."""


def query(
    connection: Connection,
    specs: Sequence[MetricSpec],
    window: Window,
    ctx: JobContext,
    *,
    series_per_call: int | None = None,
    calls_at_once: int | None = None,
) -> tuple[Series, ...]:
    """Reads series from CloudWatch.

    Args:
        ctx: Its progress counts series; Cancel takes effect between pages.
        series_per_call: Series per request; by default what fits into a page, or few for an emulator.
        calls_at_once: Concurrent requests; by default CALLS_AT_ONCE, or one for an emulator.

    Returns:
        One series for each spec, in order; `problem` has what CloudWatch could not answer.

    Raises:
        WorkbenchError: Access is denied, or CloudWatch was not reached.
    """
    is_emulator = connection.is_custom_endpoint
    size = series_per_call or (
        _SERIES_PER_CALL_CUSTOM_ENDPOINT if is_emulator else series_in_a_page(window.points)
    )
    batches = [specs[first : first + size] for first in range(0, len(specs), size)]
    together = calls_at_once or (1 if is_emulator else CALLS_AT_ONCE)
    if min(together, len(batches)) <= 1:
        result: list[Series] = []
        for batch in batches:
            ctx.progress(len(result), len(specs))
            result += _query_batch(connection, batch, window, ctx)
        return tuple(result)
    return _together(connection, batches, window, ctx, together)


def series_in_a_page(points: int) -> int:
    """How many series of this many points fit into one page and one request."""
    return max(1, min(_SERIES_PER_CALL, POINTS_PER_PAGE // max(1, points)))


def _together(
    connection: Connection,
    batches: Sequence[Sequence[MetricSpec]],
    window: Window,
    ctx: JobContext,
    together: int,
) -> tuple[Series, ...]:
    """Several requests at once; the first error, or Cancel, stops those that are not sent yet."""
    with ThreadPoolExecutor(together, thread_name_prefix="metrics") as pool:
        futures: list[Future[list[Series]]] = [
            pool.submit(for_this_job(_query_batch), connection, batch, window, ctx) for batch in batches
        ]
        try:
            for number, future in enumerate(as_completed(futures), 1):
                future.result()
                ctx.progress(number, len(batches))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return tuple(series for future in futures for series in future.result())


def _query_batch(
    connection: Connection, specs: Sequence[MetricSpec], window: Window, ctx: JobContext
) -> list[Series]:
    request: dict[str, Any] = {
        "MetricDataQueries": [_query(number, spec, window) for number, spec in enumerate(specs)],
        "StartTime": datetime.fromtimestamp(window.start_s, UTC),
        "EndTime": datetime.fromtimestamp(window.end_s, UTC),
    }
    values = [np.full(window.points, np.nan) for __ in specs]
    grid = _Grid(window)
    problems = [""] * len(specs)
    while True:
        ctx.check()
        answer = connection.call(
            "cloudwatch", "get_metric_data", failure=_("Could not read metrics."), **request
        )
        general = _message_text(answer.get("Messages", ()))
        for result in answer.get("MetricDataResults", ()):
            number = int(result["Id"].removeprefix("q"))
            grid.add(result, values[number])
            # The last page decides: PartialData on an earlier one only announces more.
            problems[number] = _problem(result)
        token = answer.get("NextToken")
        if not token or token == request.get("NextToken"):
            break
        request["NextToken"] = token
    time_s = window.time_s
    return [
        Series(spec, window, time_s, value, problem or general)
        for spec, value, problem in zip(specs, values, problems, strict=True)
    ]


def _query(number: int, spec: MetricSpec, window: Window) -> dict[str, Any]:
    return {
        "Id": f"q{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": spec.namespace,
                "MetricName": spec.metric_name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in spec.dimensions],
            },
            "Period": window.period_s,
            "Stat": spec.stat,
        },
        "ReturnData": True,
    }


class _Grid:
    """Puts points on the grid of a window, in any order.

    Series of one response mostly have points at the same times, so their indices are computed once.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._times: Sequence[Any] = ()
        self._slots = np.empty(0, np.int64)
        self._is_inside = True

    def add(self, result: Mapping[str, Any], into: Floats) -> None:
        """Adds the points of a result to a series."""
        times, values = result.get("Timestamps", ()), result.get("Values") or ()
        if times is None:  # those of the previous result, see aws/client_config.py
            times = self._times
        if len(times) != len(values):
            count = min(len(times), len(values))
            times, values = times[:count], values[:count]
        if times is not self._times and times != self._times:
            self._compute(times)
        points = np.array(values, dtype=np.float64)
        if self._is_inside:
            into[self._slots] = points
            return
        inside = (self._slots >= 0) & (self._slots < self._window.points)
        into[self._slots[inside]] = points[inside]

    def _compute(self, times: Sequence[Any]) -> None:
        seconds = [each.timestamp() for each in times] if times and isinstance(times[0], datetime) else times
        offset_s = np.array(seconds, dtype=np.float64) - self._window.start_s
        self._slots = np.floor_divide(offset_s, self._window.period_s).astype(np.int64)
        self._times = times
        slots = self._slots
        self._is_inside = not slots.size or bool(slots.min() >= 0 and slots.max() < self._window.points)


def _problem(result: Mapping[str, Any]) -> str:
    status = result.get("StatusCode", "Complete")
    text = _message_text(result.get("Messages", ()))
    return text if status == "Complete" else f"{status}: {text}" if text else str(status)


def _message_text(messages: Sequence[Mapping[str, str]]) -> str:
    return " ".join(f"{each.get('Code', '')} {each.get('Value', '')}".strip() for each in messages)


# Counts are sums. Duration and ConcurrentExecutions are levels: a sum of them means nothing.
# Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
FUNCTION_METRICS = (
    ("Invocations", "Sum"),
    ("Errors", "Sum"),
    ("Throttles", "Sum"),
    ("Duration", "Average"),
    ("Duration", "p50"),
    ("Duration", "p90"),
    ("Duration", "p99"),
    ("Duration", "Maximum"),
    ("ConcurrentExecutions", "Maximum"),
)

OPTIONAL_METRICS = (
    ("AsyncEventsReceived", "Sum"),
    ("AsyncEventAge", "Average"),
    ("AsyncEventAge", "Maximum"),
    ("AsyncEventsDropped", "Sum"),
    ("DeadLetterErrors", "Sum"),
    ("DestinationDeliveryFailures", "Sum"),
    ("IteratorAge", "Maximum"),
    ("OffsetLag", "Maximum"),
    ("ProvisionedConcurrentExecutions", "Maximum"),
    ("ProvisionedConcurrencySpilloverInvocations", "Sum"),
    ("RecursiveInvocationsDropped", "Sum"),
)
"""Metrics of some functions only: those that are invoked asynchronously, read streams, and so on."""


def function_specs(function_name: str, qualifier: str = "") -> tuple[MetricSpec, ...]:
    """The series of a function's charts.

    Args:
        qualifier: An alias or version; empty for the whole function.
    """
    return named_specs(FUNCTION_METRICS, function_name, qualifier)


def optional_specs(
    function_name: str, qualifier: str = "", only: Collection[str] | None = None
) -> tuple[MetricSpec, ...]:
    """The series of the charts that only some functions have.

    Args:
        only: Names of metrics; None for all.
    """
    wanted = [each for each in OPTIONAL_METRICS if only is None or each[0] in only]
    return named_specs(wanted, function_name, qualifier)


def named_specs(
    metrics: Iterable[tuple[str, str]], function_name: str, qualifier: str = ""
) -> tuple[MetricSpec, ...]:
    """Specs for pairs of metric name and statistic; `qualifier` as for `function_specs`."""
    dimensions: tuple[tuple[str, str], ...] = (("FunctionName", function_name),)
    if qualifier:
        dimensions += (("Resource", f"{function_name}:{qualifier}"),)
    return tuple(MetricSpec(name, stat, dimensions) for name, stat in metrics)


def error_rate(errors: Floats, invocations: Floats) -> Floats:
    """Share of invocations with a function error, in percent; NaN without invocations.

    Throttles are in neither metric. The two are counted separately, so a period may contain an error of an
    invocation of the previous one: clipped to 100.
    """
    rate = np.full(invocations.shape, np.nan)
    ran = invocations > 0
    failed = np.where(np.isnan(errors), 0.0, errors)
    rate[ran] = np.clip(100.0 * failed[ran] / invocations[ran], 0.0, 100.0)
    return rate


def success_rate(invocations: Series, errors: Series) -> Series:
    """Share of invocations without a function error, as `error_rate` gives it."""
    spec = replace(invocations.spec, metric_name="SuccessRate", stat="Percent")
    value = 100.0 - error_rate(errors.value, invocations.value)
    return replace(invocations, spec=spec, value=value, problem=invocations.problem or errors.problem)


MAPPING_METRICS_GROUP = "EventCount"
"""A mapping's MetricsConfig must contain it, or Lambda publishes no metrics for the mapping."""

MAPPING_METRICS = (
    "PolledEventCount",
    "FilteredOutEventCount",
    "InvokedEventCount",
    "FailedInvokeEventCount",
    "DroppedEventCount",
    "OnFailureDestinationDeliveredEventCount",
    "DeletedEventCount",
    "CommittedEventCount",
)
"""No source has all of them: queues delete, Kafka commits, streams drop and deliver to a destination.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics"""


def mapping_specs(uuid: str) -> tuple[MetricSpec, ...]:
    """The series of a mapping's chart, in the order of MAPPING_METRICS."""
    dimensions = (("EventSourceMappingUUID", uuid),)
    return tuple(MetricSpec(name, "Sum", dimensions) for name in MAPPING_METRICS)


MAX_FOUND = 10_000
"""Maximum of matches: users narrow a search instead of reading more."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric in CloudWatch."""

    namespace: str
    metric_name: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MetricSearch:
    """A search for metrics.

    Attributes:
        words: Parts of namespace, name and dimensions; all must occur, ignoring case.
        namespace: Exactly this one; empty for all.
        dimension: Name and value that the metric must have; None for any.
        is_recent: Only metrics with points in the last three hours.
    """

    words: str
    namespace: str = ""
    dimension: tuple[str, str] | None = None
    is_recent: bool = False


@dataclass(frozen=True, slots=True)
class MetricPage:
    """A page that was searched; emitted as it arrives.

    Attributes:
        searched: Number of metrics searched so far.
    """

    found: tuple[Metric, ...]
    searched: int


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """The result of a search.

    Attributes:
        is_cut: Whether the search ended early, at MAX_FOUND matches.
    """

    found: int
    searched: int
    is_cut: bool


def find_metrics(connection: Connection, search: MetricSearch, ctx: JobContext) -> SearchOutcome:
    """Searches metrics; emits a MetricPage for each page of CloudWatch (up to 500 metrics).

    A metric appears up to 15 minutes after its first point and disappears two weeks after its last.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html

    Raises:
        WorkbenchError: Access is denied, or CloudWatch stays busy.
        Cancelled: Emitted items stay valid.
    """
    words = search.words.casefold().split()
    known: set[Metric] = set()
    searched = 0
    for page in connection.paginate(
        "cloudwatch", "list_metrics", ctx=ctx, failure=_("Could not list the metrics."), **_request(search)
    ):
        answers = page.get("Metrics") or ()
        searched += len(answers)
        matches = [each for each in map(_metric, answers) if _matches(each, words) and each not in known]
        matches = list(dict.fromkeys(matches))
        is_cut = len(known) + len(matches) > MAX_FOUND
        matches = matches[: MAX_FOUND - len(known)]
        known.update(matches)
        ctx.emit(MetricPage(tuple(matches), searched))
        ctx.progress(
            0, 0, _("{searched:,} checked, {count:,} found").format(searched=searched, count=len(known))
        )
        if is_cut:
            return SearchOutcome(len(known), searched, is_cut=True)
    return SearchOutcome(len(known), searched, is_cut=False)


def _request(search: MetricSearch) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if search.namespace:
        request["Namespace"] = search.namespace
    if search.dimension:
        name, value = search.dimension
        request["Dimensions"] = [{"Name": name, "Value": value}]
    if search.is_recent:
        request["RecentlyActive"] = "PT3H"
    return request


def _metric(answer: dict[str, Any]) -> Metric:
    dimensions = tuple((str(each["Name"]), str(each["Value"])) for each in answer.get("Dimensions") or ())
    return Metric(str(answer.get("Namespace", "")), str(answer.get("MetricName", "")), dimensions)


def _matches(metric: Metric, words: list[str]) -> bool:
    pairs = (f"{name}={value}" for name, value in metric.dimensions)
    text = " ".join([metric.namespace, metric.metric_name, *pairs]).casefold()
    return all(word in text for word in words)
