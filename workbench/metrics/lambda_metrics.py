"""Metrics of functions and event source mappings, their statistics, and derived series."""

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from workbench.metrics.model import MetricSpec, Series

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
        function_name: The function.
        qualifier: An alias or version; empty is the function as a whole.
    """
    return named_specs(FUNCTION_METRICS, function_name, qualifier)


def optional_specs(
    function_name: str, qualifier: str = "", only: Collection[str] | None = None
) -> tuple[MetricSpec, ...]:
    """The series of the charts that only some functions have.

    Args:
        function_name: The function.
        qualifier: As for `function_specs`.
        only: Names of metrics; None for all.
    """
    wanted = [each for each in OPTIONAL_METRICS if only is None or each[0] in only]
    return named_specs(wanted, function_name, qualifier)


def named_specs(
    metrics: Iterable[tuple[str, str]], function_name: str, qualifier: str = ""
) -> tuple[MetricSpec, ...]:
    """Specs for pairs of a metric's name and a statistic; `qualifier` as for `function_specs`."""
    dimensions: tuple[tuple[str, str], ...] = (("FunctionName", function_name),)
    if qualifier:
        dimensions += (("Resource", f"{function_name}:{qualifier}"),)
    return tuple(MetricSpec(name, stat, dimensions) for name, stat in metrics)


def success_rate(invocations: Series, errors: Series) -> Series:
    """Share of invocations without a function error, in percent.

    NaN without invocations: no rate is not a perfect rate. Throttles are in neither metric. The two are
    counted separately, so a period may have an error of an invocation of the previous one: clipped to 0..100.
    """
    ran = invocations.value > 0
    failed = np.where(np.isnan(errors.value), 0.0, errors.value)
    value = np.full(invocations.value.shape, np.nan)
    value[ran] = np.clip(100.0 * (1.0 - failed[ran] / invocations.value[ran]), 0.0, 100.0)
    spec = replace(invocations.spec, metric_name="SuccessRate", stat="Percent")
    return replace(invocations, spec=spec, value=value, problem=invocations.problem or errors.problem)


MAPPING_METRICS_GROUP = "EventCount"
"""A mapping's MetricsConfig must contain it, or Lambda publishes no metrics of the mapping."""

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
