"""Puts metrics of many functions into a Sandbox's CloudWatch, says what was put, and checks what comes back.

`python -m tests.seed_metrics URL FUNCTIONS DAYS` seeds a running Sandbox: values of single invocations in
the minutes in which a function ran, none in the others, none for hours. What was put is told by `raw_of`
alone, so that every answer can be worked out from it with numpy.
"""

import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.sandbox_keys import keys_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics.series import Floats, MetricSpec, Series, Window, query

DAY_S = 86_400
METRICS = ("Duration", "Errors")
PERIODS_S = (60, 300, 900, 3600, 6 * 3600, DAY_S)
STATS = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")
PERCENTILES = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}
_MINUTES_KEPT_DAYS = 15
_SHARES = (0.002, 0.01, 0.05, 0.2)
"""Of the minutes, those in which a function runs: some are hardly ever invoked."""
_AWAKE = 0.7
_MOST_VALUES, _MOST_TIMES = 3, 4
_MOST_DATA = 1000
"""Of one call. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html"""
_FUNCTIONS_AT_ONCE = 25
_TOLERANCE = 1e-12
"""Of percentiles, relative: two ways to interpolate differ in the last bit. All else must be equal."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """What was put of one metric of one function; the arrays are as long as each other.

    Attributes:
        minute: Since the begin, ascending; several values may lie in one.
        value: Multiples of an eighth, so that sums have no rounding.
        count: How often the value was there.
    """

    minute: Numbers
    value: Floats
    count: Numbers


@dataclass(frozen=True, slots=True)
class Compared:
    """One series that was read, beside what it must be.

    Attributes:
        points: That were put into its periods.
        wrong: Periods that differ: another value, one too many, or one that is missing.
    """

    spec: MetricSpec
    period_s: int
    points: int
    wrong: int


def raw_of(function_name: str, metric_name: str, start_s: int, days: int) -> Raw:
    """The values that were put.

    Args:
        function_name: Whose.
        metric_name: One of METRICS.
        start_s: Begin; a midnight.
        days: How many.
    """
    random = np.random.default_rng(zlib.crc32(f"{function_name}/{metric_name}/{start_s}".encode()))
    awake = np.repeat(random.random(days * 24) < _AWAKE, 60)
    ran = np.flatnonzero((random.random(days * 1440) < random.choice(_SHARES)) & awake)
    minute = np.repeat(ran, random.integers(1, _MOST_VALUES + 1, ran.size))
    if metric_name == "Errors":
        value = random.integers(0, 2, minute.size).astype(np.float64)
    else:
        value = np.round(random.gamma(2.0, 50.0, minute.size) * 8) / 8
    return Raw(minute, value, random.integers(1, _MOST_TIMES + 1, minute.size))


def seed(connection: Connection, function_names: Sequence[str], start_s: int, days: int) -> int:
    """Puts all of it. Returns how many values there were."""
    values = 0
    for some in batched(_data(function_names, start_s, days), _MOST_DATA):
        connection.call("cloudwatch", "put_metric_data", Namespace="AWS/Lambda", MetricData=list(some))
        values += sum(len(each["Values"]) for each in some)
    return values


def _data(function_names: Sequence[str], start_s: int, days: int) -> Iterator[dict[str, Any]]:
    for name in function_names:
        dimensions = [{"Name": "FunctionName", "Value": name}]
        for metric in METRICS:
            raw = raw_of(name, metric, start_s, days)
            minutes, firsts = np.unique(raw.minute, return_index=True)
            ends = [*firsts[1:].tolist(), raw.minute.size]
            for minute, first, end in zip(minutes.tolist(), firsts.tolist(), ends, strict=True):
                yield {
                    "MetricName": metric,
                    "Dimensions": dimensions,
                    "Timestamp": datetime.fromtimestamp(start_s + minute * 60, UTC),
                    "Values": raw.value[first:end].tolist(),
                    "Counts": raw.count[first:end].astype(np.float64).tolist(),
                }


def compare(
    connection: Connection,
    function_names: Sequence[str],
    start_s: int,
    days: int,
    periods_s: Sequence[int] = PERIODS_S,
) -> Iterator[Compared]:
    """Reads all that was put, over every period that charts use, and compares it with numpy's figures.

    Minutes are read of the last 15 days only: CloudWatch keeps them no longer. Of percentiles it only says
    how many values lie below; MiniStack interpolates as numpy does by default.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
    """
    end_s = start_s + days * DAY_S
    for period_s in periods_s:
        kept_days = min(days, _MINUTES_KEPT_DAYS) if period_s < PERIODS_S[1] else days
        window = Window(end_s - kept_days * DAY_S, end_s, period_s)
        for names in batched(function_names, _FUNCTIONS_AT_ONCE):
            specs = [
                MetricSpec(metric, stat, (("FunctionName", name),))
                for name in names
                for metric in METRICS
                for stat in (*STATS, *PERCENTILES)
            ]
            answers = iter(query(connection, specs, window, JobContext()))
            for name in names:
                for metric in METRICS:
                    grouped = _Grouped(raw_of(name, metric, start_s, days), start_s, window)
                    yield from (grouped.compared(next(answers)) for _ in (*STATS, *PERCENTILES))


class _Grouped:
    """What was put, by the periods of a window."""

    def __init__(self, raw: Raw, start_s: int, window: Window) -> None:
        period = (raw.minute * 60 + start_s - window.start_s) // window.period_s
        is_inside = period >= 0
        # Each invocation by itself: nothing is weighted here.
        count = raw.count[is_inside]
        self._period = np.repeat(period[is_inside], count)
        self._value = np.repeat(raw.value[is_inside], count)
        self._window = window
        self._size = np.bincount(self._period, minlength=window.points)
        self._has_any = self._size > 0
        self._first = np.cumsum(self._size) - self._size
        self._expected = self._basic() | self._percentiles()

    def compared(self, found: Series) -> Compared:
        """What differs in a series that was read."""
        stat = found.spec.stat
        expected = self._expected[stat]
        if stat in PERCENTILES:
            same = np.isclose(found.value, expected, rtol=_TOLERANCE, atol=0, equal_nan=True)
        else:
            same = (found.value == expected) | (np.isnan(found.value) & np.isnan(expected))
        wrong = self._window.points if found.problem else int(np.count_nonzero(~same))
        return Compared(found.spec, self._window.period_s, int(np.count_nonzero(self._has_any)), wrong)

    def _basic(self) -> dict[str, Floats]:
        size = np.where(self._has_any, self._size, np.nan)
        total = np.where(self._has_any, np.bincount(self._period, self._value, self._window.points), np.nan)
        found = {"Sum": total, "Average": total / size, "SampleCount": size}
        for stat, reduce in (("Minimum", np.minimum), ("Maximum", np.maximum)):
            found[stat] = np.full(self._window.points, np.nan)
            if self._value.size:
                found[stat][self._has_any] = reduce.reduceat(self._value, self._first[self._has_any])
        return found

    def _percentiles(self) -> dict[str, Floats]:
        """Of the values of each period, numpy's own."""
        shares = list(PERCENTILES.values())
        found = np.full((len(shares), self._window.points), np.nan)
        for size in np.unique(self._size[self._has_any]).tolist():
            periods = np.flatnonzero(self._size == size)
            values = self._value[self._first[periods][:, None] + np.arange(size)]
            found[:, periods] = np.percentile(values, shares, axis=1)
        return dict(zip(PERCENTILES, found, strict=True))


def main(url: str, functions: str, days: str) -> None:
    """Seeds up to today's midnight, UTC."""
    access = Access(None, "us-east-1", url, keys_of("123456789012"))
    names = [f"seeded-{number}" for number in range(int(functions))]
    seed(Connection.open(access), names, midnight_s() - int(days) * DAY_S, int(days))


def midnight_s() -> int:
    """Today's, UTC."""
    return int(datetime.now(UTC).timestamp()) // DAY_S * DAY_S


if __name__ == "__main__":
    main(*sys.argv[1:])
