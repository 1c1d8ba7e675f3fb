"""The AWS/Lambda metrics of every invocation, and how long CloudWatch keeps points.

Owns: what is counted, once each. Must not know: how functions run.

WORKAROUND rows 5 and 6: remove when MiniStack counts event-source invocations, counts throttles once,
publishes ConcurrentExecutions, and keeps points as long as CloudWatch does.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html; points of one hour are
kept 455 days (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).
"""

import time

from ministack.services import cloudwatch, lambda_svc

_NAMESPACE = "AWS/Lambda"
_KEPT_S = 455 * 24 * 3600
_SWEEP_EVERY_S = 3600


def install() -> None:
    """Takes counting away from MiniStack's Invoke handler, and its expiry of points."""
    lambda_svc._emit_lambda_metrics = _count_nothing
    cloudwatch._evict_old_metrics = _Sweep()


def count_invocation(
    function_name: str, qualifier: str, duration_ms: float, in_flight: int, *, is_error: bool
) -> None:
    """Counts one invocation that ran, in the current account and region.

    Args:
        function_name: As the dimension FunctionName.
        qualifier: The alias or version it was asked for; adds the dimension Resource.
        duration_ms: As in the REPORT line.
        in_flight: Invocations of the function that ran at once, this one among them.
        is_error: Whether the function failed.
    """
    for dimensions in _dimensions(function_name, qualifier):
        _record("Invocations", 1, "Count", dimensions)
        _record("Errors", int(is_error), "Count", dimensions)
        _record("Throttles", 0, "Count", dimensions)
        _record("Duration", duration_ms, "Milliseconds", dimensions)
        _record("ConcurrentExecutions", in_flight, "Count", dimensions)


def count_throttle(function_name: str, qualifier: str) -> None:
    """Counts one event that was refused. It is no invocation and no error."""
    for dimensions in _dimensions(function_name, qualifier):
        _record("Throttles", 1, "Count", dimensions)


def _dimensions(function_name: str, qualifier: str) -> list[dict[str, str]]:
    plain = {"FunctionName": function_name}
    return [plain, {**plain, "Resource": f"{function_name}:{qualifier}"}] if qualifier else [plain]


def _record(name: str, value: float, unit: str, dimensions: dict[str, str]) -> None:
    cloudwatch.record_metric(_NAMESPACE, name, value, unit, dimensions)


def _count_nothing(*_: object, **__: object) -> None:
    """Stands in for MiniStack's counter, which sees direct Invokes only."""


class _Sweep:
    """Drops points that CloudWatch would have dropped, at most once an hour.

    MiniStack's own replaces every list of points on every request, and with it what is recorded meanwhile.
    """

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self) -> None:
        now = time.time()
        if now < self._next:
            return
        self._next = now + _SWEEP_EVERY_S
        for points in list(cloudwatch._metrics._data.values()):
            # One by one, from the end: each step is atomic for the threads that append.
            for index in reversed(range(len(points))):
                if points[index]["Timestamp"] < now - _KEPT_S:
                    del points[index]
