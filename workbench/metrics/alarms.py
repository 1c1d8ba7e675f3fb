"""Alarms on a function's metrics: limits, past behaviour, creation and deletion.

functions/alarms.py reads the existing ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.aws.connection import Connection
from workbench.core.messages import _
from workbench.metrics.series import Floats, MetricSpec, Series, Window

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
"""CloudWatch also allows 10, 20, 30 and any multiple of 60. Lambda's metrics have one point a minute: with a
shorter period an alarm would lack data most of the time, and cost more.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""

MAX_NAME_CHARACTERS = 255
"""Maximum length of an alarm's name. Source: as PERIODS_S"""

_SPARE = 2  # CloudWatch uses some earlier points in place of missing ones
_KEPT_S = ((60, 15 * _DAY_S), (300, 63 * _DAY_S))
_MAX_POINTS = 5_000


@dataclass(frozen=True, slots=True)
class NewAlarm:
    """An alarm to be created.

    Attributes:
        name: Unique in the region; an alarm of the same name is replaced.
        spec: Its metric; the statistic is one of STATISTICS or a percentile.
        evaluation_periods: The periods it evaluates, up to `max_periods`.
        datapoints_to_alarm: Number of them that must breach the threshold.
        topic_arn: SNS topic that is notified in state ALARM; empty for none.
        tells_ok: Whether the topic is also notified when the state is OK again.
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
class AlarmHistory:
    """How an alarm would have behaved in a time range.

    Attributes:
        judged_s: Time that could be evaluated; 0 if the time range is too short.
    """

    times: int
    alarm_s: int
    judged_s: int


@dataclass(frozen=True, slots=True)
class ExistingAlarm:
    """An existing alarm with a name.

    Attributes:
        about: Its metric in CloudWatch's names; empty for metric math.
        is_composite: Whether it is a composite alarm, which a metric alarm cannot replace.
    """

    about: str
    is_composite: bool


def max_periods(period_s: int) -> int:
    """The largest number of evaluation periods: a day in total, a week with periods of an hour or more.

    Source: as PERIODS_S
    """
    return (7 * _DAY_S if period_s >= 3600 else _DAY_S) // period_s


def window_of(start_s: float, end_s: float, period_s: int, now_s: float) -> Window:
    """A time range on the grid of an alarm's period, limited to what CloudWatch stores of such periods.

    Args:
        start_s: Start, seconds since 1970.
    """
    kept_s = next((kept for least, kept in _KEPT_S if period_s <= least), 455 * _DAY_S)
    last_s = -int(-end_s // period_s) * period_s
    oldest_s = max(start_s, now_s - kept_s, last_s - _MAX_POINTS * period_s)
    first_s = int(oldest_s // period_s) * period_s
    return Window(min(first_s, last_s - period_s), last_s, period_s)


_BREACHES = {
    "GreaterThanThreshold": np.greater,
    "GreaterThanOrEqualToThreshold": np.greater_equal,
    "LessThanThreshold": np.less,
    "LessThanOrEqualToThreshold": np.less_equal,
}


def breaches(value: Floats, comparison: str, threshold: float) -> _Bools:
    """Which values breach the threshold; missing ones do not."""
    found: _Bools = _BREACHES[comparison](value, threshold)
    return found


def alarm_history(alarm: NewAlarm, series: Series) -> AlarmHistory:
    """How the alarm would have behaved, evaluated once for each period as CloudWatch documents it.

    CloudWatch uses the newest existing points of a range that is a little longer than the evaluation periods;
    points that are missing even there are treated as the alarm says. The length of that range is not
    documented, and points may arrive late, so this is an estimate.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html

    Args:
        series: Its metric, with its statistic and period.
    """
    counted, needed = alarm.evaluation_periods, alarm.datapoints_to_alarm
    size = series.value.size
    if size < counted:
        return AlarmHistory(0, 0, 0)
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
    return AlarmHistory(int(goes_off.sum()), int(states.sum()) * period_s, states.size * period_s)


def _states(treatment: str, real: _Counts, crossed: _Counts, counted: int, needed: int) -> _Bools:
    """Whether in alarm, at the end of each period."""
    missing = counted - real
    alarm: _Bools = (crossed + missing if treatment == "breaching" else crossed) >= needed
    if treatment in ("breaching", "notBreaching"):
        return alarm
    # All known points breach the threshold, but they are too few to decide.
    doubtful: _Bools = (missing > 0) & (crossed == real) & ~alarm
    if treatment == "missing":
        alarm |= doubtful & (real > 0)
        return alarm
    # "ignore": the state does not change
    indices = np.where(doubtful, -1, np.arange(real.size))
    latest = np.maximum.accumulate(indices)
    kept: _Bools = (latest >= 0) & alarm[np.maximum(latest, 0)]
    return kept


def find_alarm(connection: Connection, name: str) -> ExistingAlarm | None:
    """The alarm with a name; None if the name is free. Raises WorkbenchError."""
    answer = connection.call(
        "cloudwatch",
        "describe_alarms",
        failure=_("Could not see whether there is an alarm {name}.").format(name=name),
        AlarmNames=[name],
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
    )
    for each in answer.get("MetricAlarms") or ():
        whose = ", ".join(str(pair["Value"]) for pair in each.get("Dimensions") or ())
        parts = (each.get("Namespace"), each.get("MetricName"), whose)
        return ExistingAlarm(" ".join(str(part) for part in parts if part), is_composite=False)
    return ExistingAlarm("", is_composite=True) if answer.get("CompositeAlarms") else None


def put_alarm(connection: Connection, alarm: NewAlarm) -> None:
    """Creates an alarm; one of the same name is replaced without a warning. Raises WorkbenchError."""
    connection.call(
        "cloudwatch",
        "put_metric_alarm",
        failure=_("Could not create the alarm {alarm}.").format(alarm=alarm.name),
        **_request(alarm),
    )


def delete_alarm(connection: Connection, name: str) -> None:
    """Deletes an alarm. Raises WorkbenchError."""
    connection.call(
        "cloudwatch",
        "delete_alarms",
        failure=_("Could not delete the alarm {name}.").format(name=name),
        AlarmNames=[name],
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
