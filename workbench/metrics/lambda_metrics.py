"""The metrics of one function that a person wants to see, and what is derived from them.

Owns: which metric goes with which statistic. Must not know: how they are read or drawn.
"""

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
"""What only some functions have: those that are invoked asynchronously, read streams, and so on."""


def function_specs(function_name: str, qualifier: str = "") -> tuple[MetricSpec, ...]:
    """What is read for a function's charts.

    Args:
        function_name: The function.
        qualifier: An alias or version; empty is the function as a whole.
    """
    return named_specs(FUNCTION_METRICS, function_name, qualifier)


def optional_specs(
    function_name: str, qualifier: str = "", only: Collection[str] | None = None
) -> tuple[MetricSpec, ...]:
    """What is read for the charts that only some functions have.

    Args:
        function_name: The function.
        qualifier: As for `function_specs`.
        only: Names of metrics; None asks for all of them.
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

    NaN where nothing was invoked: no rate is not a perfect rate. Throttles are in neither metric. The two are
    counted apart, so a period may hold an error whose invocation lies in the one before: kept within 0..100.
    """
    ran = invocations.value > 0
    failed = np.where(np.isnan(errors.value), 0.0, errors.value)
    value = np.full(invocations.value.shape, np.nan)
    value[ran] = np.clip(100.0 * (1.0 - failed[ran] / invocations.value[ran]), 0.0, 100.0)
    spec = replace(invocations.spec, metric_name="SuccessRate", stat="Percent")
    return replace(invocations, spec=spec, value=value, problem=invocations.problem or errors.problem)
