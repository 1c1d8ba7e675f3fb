"""Alarms on a function's metrics: what one may be, how often it would have gone off, making and deleting it.

Reading those that are there is in workbench/functions/alarms.py. Must not know: Qt, charts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.aws.connection import Connection
from workbench.metrics.model import Floats, MetricSpec, Series, Window

type _Bools = npt.NDArray[np.bool_]
type _Counts = npt.NDArray[np.int64]

_DAY_S = 86_400
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
PERCENTILES = ("p50", "p90", "p95", "p99", "p99.9")
"""Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html"""

ABOVE = ("GreaterThanOrEqualToThreshold", "GreaterThanThreshold")
BELOW = ("LessThanThreshold", "LessThanOrEqualToThreshold")
TREATMENTS = ("notBreaching", "breaching", "ignore", "missing")
PERIODS_S = (60, 300, 900, 3600, 6 * 3600, _DAY_S)
"""CloudWatch also takes 10, 20, 30 and any multiple of 60. Lambda's metrics have a point a minute: with less
an alarm would be short of data most of the time, and cost more.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""

MOST_LETTERS = 255
"""Of an alarm's name.
Source: as PERIODS_S"""

_SPARE = 2  # CloudWatch looks at some points before those that count, to fill up missing ones
_KEPT_S = ((60, 15 * _DAY_S), (300, 63 * _DAY_S))
_MOST_POINTS = 5_000


@dataclass(frozen=True, slots=True)
class NewAlarm:
    """An alarm as a person wants it.

    Attributes:
        name: Unique in the region; an alarm of the same name is replaced.
        spec: What it looks at; the statistic is one of STATISTICS or a percentile.
        comparison: One of ABOVE or BELOW.
        threshold: In the metric's own unit.
        period_s: One of PERIODS_S.
        evaluation_periods: How many periods it looks at, up to `most_periods`.
        datapoints_to_alarm: How many of them must be bad, up to all.
        treat_missing_data: One of TREATMENTS.
        topic_arn: SNS topic that is told when it goes off; empty for none.
        tells_ok: Whether the topic is told too when it is OK again.
    """

    name: str
    spec: MetricSpec
    comparison: str
    threshold: float
    period_s: int
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: str
    topic_arn: str = ""
    tells_ok: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """How an alarm would have been in a stretch of time.

    Attributes:
        times: How often it would have gone off.
        alarm_s: How long it would have been in alarm in all, seconds.
        judged_s: How long the stretch is that could be judged, seconds; 0 when it is too short for any.
    """

    times: int
    alarm_s: int
    judged_s: int


@dataclass(frozen=True, slots=True)
class Taken:
    """An alarm that has a name already.

    Attributes:
        about: What it looks at, in CloudWatch's words; empty for calculations.
        is_composite: Whether it is made of other alarms; a metric alarm cannot take its place.
    """

    about: str
    is_composite: bool


def most_periods(period_s: int) -> int:
    """How many evaluation periods there may be: a day in all, a week with periods of an hour or more.

    Source: as PERIODS_S
    """
    return (7 * _DAY_S if period_s >= 3600 else _DAY_S) // period_s


def window_of(start_s: float, end_s: float, period_s: int, now_s: float) -> Window:
    """A stretch of time on the grid of an alarm's period, cut to what CloudWatch keeps of such periods.

    Args:
        start_s: Begin, seconds since 1970.
        end_s: End.
        period_s: The alarm's.
        now_s: The present.
    """
    kept_s = next((kept for least, kept in _KEPT_S if period_s <= least), 455 * _DAY_S)
    last_s = -int(-end_s // period_s) * period_s
    oldest_s = max(start_s, now_s - kept_s, last_s - _MOST_POINTS * period_s)
    first_s = int(oldest_s // period_s) * period_s
    return Window(min(first_s, last_s - period_s), last_s, period_s)


def breaches(value: Floats, comparison: str, threshold: float) -> _Bools:
    """Which values are bad; missing ones are not."""
    with np.errstate(invalid="ignore"):
        if comparison == "GreaterThanThreshold":
            return value > threshold
        if comparison == "GreaterThanOrEqualToThreshold":
            return value >= threshold
        if comparison == "LessThanThreshold":
            return value < threshold
        return value <= threshold


def past_of(alarm: NewAlarm, series: Series) -> Past:
    """How the alarm would have been, judged once each period, as CloudWatch says that it judges.

    It takes the newest points that are there, as many as count, from a range that is a little longer. What
    is missing in that range too is filled up as the alarm says. CloudWatch does not say how much longer the
    range is, and points may come late: so this is an estimate.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html

    Args:
        alarm: Which.
        series: Its metric with its statistic and period.
    """
    counted, needed = alarm.evaluation_periods, alarm.datapoints_to_alarm
    size = series.value.size
    if size < counted:
        return Past(0, 0, 0)
    there = np.isfinite(series.value)
    bad = breaches(series.value, alarm.comparison, alarm.threshold)[there]
    bad_before = np.concatenate(([0], np.cumsum(bad)))
    there_before = np.concatenate(([0], np.cumsum(there)))
    end = np.arange(counted, size + 1)
    known_to = there_before[end]
    real = np.minimum(known_to - there_before[np.maximum(0, end - counted - _SPARE)], counted)
    crossed = bad_before[known_to] - bad_before[known_to - real]
    states = _states(alarm.treat_missing_data, real, crossed, counted, needed)
    goes_off = states & ~np.concatenate(([False], states[:-1]))
    period_s = series.window.period_s
    return Past(int(goes_off.sum()), int(states.sum()) * period_s, states.size * period_s)


def _states(treatment: str, real: _Counts, crossed: _Counts, counted: int, needed: int) -> _Bools:
    """Whether in alarm, at the end of each period."""
    missing = counted - real
    alarm: _Bools = (crossed + missing if treatment == "breaching" else crossed) >= needed
    if treatment in ("breaching", "notBreaching"):
        return alarm
    # All that is known is bad, but it is too little for certain.
    doubtful: _Bools = (missing > 0) & (crossed == real) & ~alarm
    if treatment == "missing":
        alarm |= doubtful & (real > 0)
        return alarm
    # "ignore": stays as it was.
    places = np.where(doubtful, -1, np.arange(real.size))
    latest = np.maximum.accumulate(places)
    kept: _Bools = (latest >= 0) & alarm[np.maximum(latest, 0)]
    return kept


def find_taken(connection: Connection, name: str) -> Taken | None:
    """The alarm that has a name already; None when it is free.

    Raises:
        WorkbenchError: They may not be seen, or AWS was not reached.
    """
    answer = connection.call(
        "cloudwatch",
        "describe_alarms",
        failure=f"Could not see whether there is an alarm {name}.",
        AlarmNames=[name],
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
    )
    for each in answer.get("MetricAlarms") or ():
        whose = ", ".join(str(pair["Value"]) for pair in each.get("Dimensions") or ())
        parts = (each.get("Namespace"), each.get("MetricName"), whose)
        return Taken(" ".join(str(part) for part in parts if part), is_composite=False)
    return Taken("", is_composite=True) if answer.get("CompositeAlarms") else None


def put_alarm(connection: Connection, alarm: NewAlarm) -> None:
    """Makes an alarm; one of the same name is replaced, and AWS says nothing of that.

    Raises:
        WorkbenchError: AWS refused, or was not reached.
    """
    connection.call(
        "cloudwatch",
        "put_metric_alarm",
        failure=f"Could not create the alarm {alarm.name}.",
        **_request(alarm),
    )


def delete_alarm(connection: Connection, name: str) -> None:
    """Deletes an alarm.

    Raises:
        WorkbenchError: AWS refused, or was not reached.
    """
    connection.call(
        "cloudwatch", "delete_alarms", failure=f"Could not delete the alarm {name}.", AlarmNames=[name]
    )


def _request(alarm: NewAlarm) -> dict[str, Any]:
    spec = alarm.spec
    actions: Sequence[str] = [alarm.topic_arn] if alarm.topic_arn else []
    return {
        "AlarmName": alarm.name,
        "Namespace": spec.namespace,
        "MetricName": spec.metric_name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in spec.dimensions],
        "Statistic" if spec.stat in STATISTICS else "ExtendedStatistic": spec.stat,
        "Period": alarm.period_s,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": alarm.treat_missing_data,
        "ActionsEnabled": True,
        "AlarmActions": actions,
        "OKActions": actions if alarm.tells_ok else [],
    }
