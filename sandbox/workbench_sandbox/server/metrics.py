"""The AWS/Lambda metrics of every invocation, how long CloudWatch keeps points, and where a period begins.

WORKAROUND rows 5 and 6: remove when MiniStack counts event-source invocations, counts throttles once,
publishes ConcurrentExecutions, and keeps points as long as CloudWatch does. WORKAROUND (newest first, pages,
labels): remove when MiniStack honours ScanBy and MaxDatapoints. WORKAROUND (periods aligned to 1970): remove
when MiniStack's periods begin at StartTime, as CloudWatch's do.
Source: https://github.com/boto/boto3/issues/3457
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html; points of one hour are
kept 455 days (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).
"""

import json
import time
from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch, lambda_svc

from workbench_sandbox.server.corrections import nothing, wrap

_NAMESPACE = "AWS/Lambda"
_KEPT_S = 455 * 24 * 3600
_SWEEP_EVERY_S = 3600
# Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
_MAX_POINTS = 100_800


def install() -> None:
    """Disables the counting in MiniStack's Invoke handler, and its expiry of points."""
    lambda_svc._emit_lambda_metrics = nothing  # it sees direct invocations only
    cloudwatch._evict_old_metrics = _Sweep()
    wrap(cloudwatch, _get_metric_data=_aligned)
    wrap(cloudwatch, _get_metric_data=_paged)


def count_invocation(
    function_name: str, qualifier: str, duration_ms: float, in_flight: int, *, is_error: bool
) -> None:
    """Counts an invocation that ran, in the current account and region.

    A qualifier adds the dimension Resource; `in_flight` includes this invocation.
    """
    for dimensions in _dimensions(function_name, qualifier):
        _record("Invocations", 1, "Count", dimensions)
        _record("Errors", int(is_error), "Count", dimensions)
        _record("Throttles", 0, "Count", dimensions)
        _record("Duration", duration_ms, "Milliseconds", dimensions)
        _record("ConcurrentExecutions", in_flight, "Count", dimensions)


def count_throttle(function_name: str, qualifier: str) -> None:
    """Counts a throttled event, which is neither an invocation nor an error."""
    for dimensions in _dimensions(function_name, qualifier):
        _record("Throttles", 1, "Count", dimensions)


def _dimensions(function_name: str, qualifier: str) -> list[dict[str, str]]:
    plain = {"FunctionName": function_name}
    return [plain, {**plain, "Resource": f"{function_name}:{qualifier}"}] if qualifier else [plain]


def _record(name: str, value: float, unit: str, dimensions: dict[str, str]) -> None:
    cloudwatch.record_metric(_NAMESPACE, name, value, unit, dimensions)


class _Sweep:
    """Deletes points that CloudWatch would have deleted, at most once an hour.

    MiniStack's own cleanup replaces every list of points on every request, and loses what is recorded
    meanwhile.
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


def _aligned(ask: Callable[..., Any], params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
    """Answers queries for a single period that begins at any StartTime.

    MiniStack would split it at a multiple of the period. Longer queries are left alone: those of charts begin
    at such a multiple. Only JSON, which Workbench uses.
    """
    start, end = (cloudwatch._parse_ts((data or {}).get(name)) for name in ("StartTime", "EndTime"))
    if not is_json or start is None or end is None:
        return ask(params, data, is_cbor, is_json)
    queries, moved = [], set()
    for query in data.get("MetricDataQueries", ()):
        stat = query.get("MetricStat") or {}
        period = int(stat.get("Period", 60))
        if start % period and end - start <= period:
            moved.add(query.get("Id"))
            query = {**query, "MetricStat": {**stat, "Period": int(end) + 1}}  # everything since 1970
        queries.append(query)
    status, headers, body = ask(params, {**data, "MetricDataQueries": queries}, is_cbor, is_json)
    if not moved or status != 200:
        return status, headers, body
    answer = json.loads(body)
    for result in answer["MetricDataResults"]:
        if result["Id"] in moved:
            result["Timestamps"] = [int(start) for _ in result["Timestamps"]]
    return status, headers, json.dumps(answer).encode()


def _paged(ask: Callable[..., Any], params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
    """Answers GetMetricData newest first and in pages, and labels unlabelled results by their metric.

    Requests in the query protocol, which current SDKs no longer use for CloudWatch, are left alone.
    """
    if not is_cbor and not is_json:
        return ask(params, data, is_cbor, is_json)
    status, headers, body = ask(params, data, False, True)
    if status != 200:
        return ask(params, data, is_cbor, is_json)
    results = json.loads(body)["MetricDataResults"]
    labels = {query.get("Id"): _label(query) for query in data.get("MetricDataQueries", ())}
    is_ascending = data.get("ScanBy") == "TimestampAscending"
    for result in results:
        result["Label"] = labels.get(result["Id"]) or result["Label"]
        if not is_ascending:
            result["Timestamps"].reverse()
            result["Values"].reverse()
    answer = _page(results, data.get("NextToken"), int(data.get("MaxDatapoints") or _MAX_POINTS))
    if is_json:
        return status, headers, json.dumps(answer).encode()
    encoded = [cloudwatch._cbor_metric_data_result(result) for result in answer["MetricDataResults"]]
    return cloudwatch._cbor_ok({**answer, "MetricDataResults": encoded})


def _label(query: dict[str, Any]) -> str:
    metric = (query.get("MetricStat") or {}).get("Metric") or {}
    return str(query.get("Label") or metric.get("MetricName") or query.get("Id") or "")


def _page(results: list[dict[str, Any]], token: object, size: int) -> dict[str, Any]:
    """Returns the requested number of points after those that the token counts."""
    skipped = int(token) if isinstance(token, str) and token.isdecimal() else 0
    start, left = skipped, size
    for result in results:
        count = len(result["Values"])
        begin = min(start, count)
        end = min(begin + left, count)
        start, left = start - begin, left - (end - begin)
        for key in ("Timestamps", "Values"):
            result[key] = result[key][begin:end]
        if end < count:
            result["StatusCode"] = "PartialData"
    answer: dict[str, Any] = {"MetricDataResults": results, "Messages": []}
    if any(result.get("StatusCode") == "PartialData" for result in results):
        answer["NextToken"] = str(skipped + size)
    return answer
