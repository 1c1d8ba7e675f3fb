"""Reads the CloudWatch alarms of a function, with Describe calls only."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.core.messages import _

NAMESPACE = "AWS/Lambda"
MOST_NAMES = 100
"""Maximum of names that one DescribeAlarms takes, and of alarms it answers.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html"""

METRIC, COMPOSITE = "MetricAlarm", "CompositeAlarm"
"""Values of AlarmType."""

type Identity = tuple[str, str, frozenset[tuple[str, str]]]
"""The identity of a metric: namespace, name, dimensions."""

_FAILURE = _("Could not list the alarms.")


@dataclass(frozen=True, slots=True)
class WatchedMetric:
    """A metric that an alarm watches: one of the function, or another one that was asked for.

    Attributes:
        metric_name: CloudWatch's name ("Errors").
        stat: CloudWatch's statistic ("Sum", "p99").
        period_s: The alarm's period.
        qualifier: The alias or version it is for; empty for the whole function.
        is_of_function: Whether it is one of the function's own metrics.
    """

    metric_name: str
    stat: str
    period_s: int
    qualifier: str = ""
    is_of_function: bool = True
    identity: Identity = field(default=("", "", frozenset()), compare=False)


@dataclass(frozen=True, slots=True)
class MetricAlarm:
    """An alarm on a metric of a function.

    Attributes:
        name: Unique in the region.
        state: "OK", "ALARM" or "INSUFFICIENT_DATA".
        state_reason: CloudWatch's explanation.
        watched: The watched metrics; metric math can use several.
        is_direct: Whether the threshold applies to the only watched metric, not to metric math.
        comparison: CloudWatch's name ("GreaterThanThreshold").
        threshold: None for anomaly detection.
        evaluation_periods: Number of periods that are evaluated.
        datapoints_to_alarm: Number of breaching data points that cause ALARM.
        treat_missing_data: "missing", "ignore", "breaching" or "notBreaching".
        actions: ARNs that are notified in state ALARM; may be empty.
        is_muted: Whether its actions are disabled.
        ok_actions: ARNs that are notified in state OK.
    """

    name: str
    state: str
    state_reason: str
    watched: tuple[WatchedMetric, ...]
    is_direct: bool
    comparison: str
    threshold: float | None
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: str
    actions: tuple[str, ...] = ()
    is_muted: bool = False
    ok_actions: tuple[str, ...] = ()


def alarm_pages(connection: Connection, kinds: Sequence[str], ctx: JobContext) -> Iterator[Mapping[str, Any]]:
    """All alarms of the region from DescribeAlarms, page by page.

    Args:
        kinds: METRIC, COMPOSITE.

    Raises:
        WorkbenchError: Alarms may not be listed, or AWS was not reached.
    """
    asked = {"AlarmTypes": list(kinds), "MaxRecords": MOST_NAMES}
    return connection.paginate("cloudwatch", "describe_alarms", ctx=ctx, failure=_FAILURE, **asked)


def list_alarms(
    connection: Connection, function_name: str, ctx: JobContext, also: Collection[Identity] = ()
) -> tuple[MetricAlarm, ...]:
    """All metric alarms of the region on this function, or on a version or alias of it, by name.

    CloudWatch has no such query: DescribeAlarmsForMetric leaves out metric math and takes a single set of
    dimensions. So all alarms of the region are read.

    Args:
        also: Other metrics whose alarms are included.

    Raises:
        WorkbenchError: Alarms may not be listed, or AWS was not reached.
    """
    found: list[MetricAlarm] = []
    for page in alarm_pages(connection, (METRIC,), ctx):
        found += _wanted(page, function_name, also)
    return tuple(sorted(found, key=lambda alarm: alarm.name))


def read_alarms(
    connection: Connection,
    function_name: str,
    names: Sequence[str],
    ctx: JobContext,
    also: Collection[Identity] = (),
) -> tuple[MetricAlarm, ...]:
    """Reads alarms again by name; those that were deleted or no longer watch the function are left out.

    Raises:
        WorkbenchError: As for `list_alarms`.
    """
    found: list[MetricAlarm] = []
    for first in range(0, len(names), MOST_NAMES):
        ctx.check()
        page = connection.call(
            "cloudwatch",
            "describe_alarms",
            failure=_FAILURE,
            AlarmNames=list(names[first : first + MOST_NAMES]),
            AlarmTypes=[METRIC],
            MaxRecords=MOST_NAMES,  # the default is 50, although 100 names are accepted
        )
        found += _wanted(page, function_name, also)
    return tuple(sorted(found, key=lambda alarm: alarm.name))


def _wanted(page: Mapping[str, Any], function_name: str, also: Collection[Identity]) -> list[MetricAlarm]:
    alarms = (_alarm(each, function_name, also) for each in page.get("MetricAlarms") or ())
    return [alarm for alarm in alarms if alarm.watched]


def _alarm(answer: Mapping[str, Any], function_name: str, also: Collection[Identity]) -> MetricAlarm:
    queries = answer.get("Metrics") or ()
    stats = [each["MetricStat"] for each in queries if each.get("MetricStat")]
    if queries:
        asked = [(each.get("Metric") or {}, each, each.get("Stat")) for each in stats]
    else:
        asked = [(answer, answer, answer.get("ExtendedStatistic") or answer.get("Statistic"))]
    found = [_watched(*each, function_name, also) for each in asked]
    periods = int(answer.get("EvaluationPeriods") or 1)
    threshold = answer.get("Threshold")
    learns = threshold is None or bool(answer.get("ThresholdMetricId"))
    return MetricAlarm(
        str(answer["AlarmName"]),
        str(answer.get("StateValue") or ""),
        str(answer.get("StateReason") or ""),
        tuple(each for each in found if each is not None),
        not learns and len(queries) <= 1 and len(found) == 1,
        str(answer.get("ComparisonOperator") or ""),
        None if learns else float(threshold or 0),
        periods,
        int(answer.get("DatapointsToAlarm") or periods),
        str(answer.get("TreatMissingData") or "missing"),
        tuple(map(str, answer.get("AlarmActions") or ())),
        answer.get("ActionsEnabled") is False,
        tuple(map(str, answer.get("OKActions") or ())),
    )


def _watched(
    metric: Mapping[str, Any],
    over: Mapping[str, Any],
    stat: object,
    function_name: str,
    also: Collection[Identity],
) -> WatchedMetric | None:
    """The metric if it is one of the function or in `also`; otherwise None."""
    dimensions = {str(each["Name"]): str(each["Value"]) for each in metric.get("Dimensions") or ()}
    name, namespace = str(metric.get("MetricName") or ""), str(metric.get("Namespace") or "")
    identity = (namespace, name, frozenset(dimensions.items()))
    is_of_function = namespace == NAMESPACE and dimensions.get("FunctionName") == function_name
    if not is_of_function and identity not in also:
        return None
    # "Resource" is the function's name or name:qualifier.
    resource = dimensions.get("Resource", "") if is_of_function else ""
    qualifier = resource.removeprefix(function_name).removeprefix(":")
    period_s = int(over.get("Period") or 0)
    return WatchedMetric(name, str(stat or ""), period_s, qualifier, is_of_function, identity)
