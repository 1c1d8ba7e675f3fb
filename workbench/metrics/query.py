"""Asking CloudWatch: many series in few calls, pages in either order, only the tail on a refresh.

Owns: GetMetricData. Must not know: which metrics are worth asking for (see lambda_metrics.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics.model import Floats, MetricSpec, Series, Window

SERIES_PER_CALL = 500
"""Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""

SERIES_PER_CALL_CUSTOM_ENDPOINT = 50
"""Emulators answer big questions slowly and serve nobody else meanwhile."""

SETTLING_S = 15 * 60
"""CloudWatch may still change points as young as this: a refresh asks for them again."""


def query(
    connection: Connection,
    specs: Sequence[MetricSpec],
    window: Window,
    ctx: JobContext,
    *,
    series_per_call: int | None = None,
) -> tuple[Series, ...]:
    """Reads series from CloudWatch.

    Args:
        connection: Whose metrics.
        specs: What to read.
        window: When, see `choose_window`.
        ctx: The job; progress counts calls, Cancel takes effect between pages.
        series_per_call: How many series one call may ask for; by default what the endpoint bears.

    Returns:
        One series for each spec, in their order. What CloudWatch could not answer is said in `problem`.

    Raises:
        WorkbenchError: Metrics may not be read, or the service was not reached.
    """
    size = series_per_call or (
        SERIES_PER_CALL_CUSTOM_ENDPOINT if connection.is_custom_endpoint else SERIES_PER_CALL
    )
    result: list[Series] = []
    for first in range(0, len(specs), size):
        ctx.progress(first, len(specs))
        result += _query_batch(connection, specs[first : first + size], window, ctx)
    return tuple(result)


def refresh(
    connection: Connection,
    known: Sequence[Series],
    window: Window,
    ctx: JobContext,
    *,
    series_per_call: int | None = None,
) -> tuple[Series, ...]:
    """Brings series up to a later window of the same period by reading only what may have changed.

    Args:
        connection: As for `query`.
        known: An earlier result; all of one window.
        window: The new window.
        ctx: The job.
        series_per_call: As for `query`.

    Returns:
        What `query` would return for the new window. Without a usable earlier result everything is read.
    """
    specs = [series.spec for series in known]
    old = known[0].window if known else None
    settled_s = 0 if old is None else (old.end_s - SETTLING_S) // window.period_s * window.period_s
    usable = (
        old is not None
        and old.period_s == window.period_s
        and old.start_s <= window.start_s < settled_s < window.end_s
        and not any(series.problem for series in known)
    )
    if not usable:
        return query(connection, specs, window, ctx, series_per_call=series_per_call)
    tail_window = replace(window, start_s=settled_s)
    tails = query(connection, specs, tail_window, ctx, series_per_call=series_per_call)
    return tuple(_joined(series, tail, window) for series, tail in zip(known, tails, strict=True))


def _joined(old: Series, tail: Series, window: Window) -> Series:
    first = (window.start_s - old.window.start_s) // window.period_s
    last = (tail.window.start_s - old.window.start_s) // window.period_s
    value = np.concatenate((old.value[first:last], tail.value))
    return Series(old.spec, window, window.time_s, value, tail.problem)


def _query_batch(
    connection: Connection, specs: Sequence[MetricSpec], window: Window, ctx: JobContext
) -> list[Series]:
    request: dict[str, Any] = {
        "MetricDataQueries": [_query(number, spec, window) for number, spec in enumerate(specs)],
        "StartTime": datetime.fromtimestamp(window.start_s, UTC),
        "EndTime": datetime.fromtimestamp(window.end_s, UTC),
    }
    values = [np.full(window.points, np.nan) for _ in specs]
    problems = [""] * len(specs)
    while True:
        ctx.check()
        answer = connection.call("cloudwatch", "get_metric_data", doing="read metrics", **request)
        general = _words(answer.get("Messages", ()))
        for result in answer.get("MetricDataResults", ()):
            number = int(result["Id"].removeprefix("q"))
            _place(result, window, values[number])
            # The last page has the last word: PartialData on an earlier one only announces more.
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


def _place(result: Mapping[str, Any], window: Window, into: Floats) -> None:
    """Puts points where they belong on the grid, in whatever order they come."""
    times = np.array([moment.timestamp() for moment in result.get("Timestamps", ())], dtype=np.float64)
    values = np.array(result.get("Values", ()), dtype=np.float64)
    count = min(times.size, values.size)
    slots = np.floor_divide(times[:count] - window.start_s, window.period_s).astype(np.int64)
    inside = (slots >= 0) & (slots < window.points)
    into[slots[inside]] = values[:count][inside]


def _problem(result: Mapping[str, Any]) -> str:
    status = result.get("StatusCode", "Complete")
    words = _words(result.get("Messages", ()))
    return words if status == "Complete" else f"{status}: {words}" if words else str(status)


def _words(messages: Sequence[Mapping[str, str]]) -> str:
    return " ".join(f"{each.get('Code', '')} {each.get('Value', '')}".strip() for each in messages)
