"""The metrics of one function that a person wants to see, and what is derived from them.

Owns: which metric goes with which statistic. Must not know: how they are read or drawn.
"""

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


def function_specs(function_name: str, qualifier: str = "") -> tuple[MetricSpec, ...]:
    """What is read for a function's charts.

    Args:
        function_name: The function.
        qualifier: An alias or version; empty is the function as a whole.
    """
    dimensions: tuple[tuple[str, str], ...] = (("FunctionName", function_name),)
    if qualifier:
        dimensions += (("Resource", f"{function_name}:{qualifier}"),)
    return tuple(MetricSpec(name, stat, dimensions) for name, stat in FUNCTION_METRICS)


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
