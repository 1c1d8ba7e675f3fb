"""The available metrics: those of functions and mappings, and a search with ListMetrics.

CloudWatch filters by exact names only, so the words of a user's search are matched here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.metrics.series import MetricSpec, Series

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


def success_rate(invocations: Series, errors: Series) -> Series:
    """Share of invocations without a function error, in percent.

    NaN without invocations, which is not 100%. Throttles are in neither metric. The two are counted
    separately, so a period may contain an error of an invocation of the previous one: clipped to 0..100.
    """
    ran = invocations.value > 0
    failed = np.where(np.isnan(errors.value), 0.0, errors.value)
    value = np.full(invocations.value.shape, np.nan)
    value[ran] = np.clip(100.0 * (1.0 - failed[ran] / invocations.value[ran]), 0.0, 100.0)
    spec = replace(invocations.spec, metric_name="SuccessRate", stat="Percent")
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
    """A metric in CloudWatch.

    Attributes:
        namespace: "AWS/Lambda", or a custom one.
        metric_name: CloudWatch's name.
        dimensions: (name, value) pairs.
    """

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
        found: The matches.
        searched: Number of metrics searched so far.
    """

    found: tuple[Metric, ...]
    searched: int


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """The result of a search.

    Attributes:
        found: Number of matches.
        searched: Number of metrics searched.
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
