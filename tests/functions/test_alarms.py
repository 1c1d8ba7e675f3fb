"""The alarms of a function, in AWS's own answers."""

from typing import Any

from tests.aws_stub import StubbedAws
from workbench.core.jobs import JobContext
from workbench.functions.alarms import WatchedMetric, list_alarms, read_alarms


def _metric(function_name: str, resource: str = "", namespace: str = "AWS/Lambda") -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": function_name}]
    if resource:
        dimensions.append({"Name": "Resource", "Value": resource})
    return {"Namespace": namespace, "MetricName": "Errors", "Dimensions": dimensions}


def _stat(number: int, function_name: str, *, is_shown: bool) -> dict[str, Any]:
    stat = {"Metric": _metric(function_name), "Period": 300, "Stat": "Sum"}
    return {"Id": f"m{number}", "MetricStat": stat, "ReturnData": is_shown}


DIRECT: dict[str, Any] = {
    "AlarmName": "b-direct",
    **_metric("hello", "hello:live"),
    "ExtendedStatistic": "p99.9",
    "Period": 60,
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 3,
    "Threshold": 2.5,
    "ComparisonOperator": "LessThanThreshold",
    "TreatMissingData": "ignore",
    "StateValue": "ALARM",
    "StateReason": "too low",
    "AlarmActions": ["arn:aws:sns:eu-central-1:123456789012:alerts"],
    "ActionsEnabled": False,
}


def test_all_pages_are_read_and_what_is_about_others_is_left_out(aws: StubbedAws) -> None:
    asked = {"AlarmTypes": ["MetricAlarm"], "MaxRecords": 100}
    others = [
        {"AlarmName": "theirs", **_metric("hello-2"), "Threshold": 1.0},
        {"AlarmName": "own metric", **_metric("hello", namespace="Mine"), "Threshold": 1.0},
    ]
    aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [DIRECT], "NextToken": "more"}, asked)
    rate = {
        "AlarmName": "a-rate",
        "Metrics": [
            {"Id": "e", "Expression": "100*m1/m2", "ReturnData": True},
            _stat(1, "hello", is_shown=False),
            _stat(2, "hello-2", is_shown=False),
        ],
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
    }
    single = {"AlarmName": "c-single", "Metrics": [_stat(1, "hello", is_shown=True)], "Threshold": 1.0}
    learnt = {
        "AlarmName": "d-learnt",
        "Metrics": [
            _stat(1, "hello", is_shown=True),
            {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1)"},
        ],
        "ThresholdMetricId": "band",
    }
    page = {"MetricAlarms": [*others, rate, single, learnt]}
    aws.answer("cloudwatch", "describe_alarms", page, asked | {"NextToken": "more"})
    found = list_alarms(aws.connection, "hello", JobContext())
    assert [(each.name, each.is_direct, each.threshold) for each in found] == [
        ("a-rate", False, 5.0),
        ("b-direct", True, 2.5),
        ("c-single", True, 1.0),
        ("d-learnt", False, None),
    ]
    direct = found[1]
    assert direct.watched == (WatchedMetric("Errors", "p99.9", 60, "live"),)
    assert (direct.evaluation_periods, direct.datapoints_to_alarm) == (5, 3)
    assert (direct.state, direct.state_reason, direct.treat_missing_data) == ("ALARM", "too low", "ignore")
    assert direct.is_muted
    assert found[0].watched == (WatchedMetric("Errors", "Sum", 300),)


def test_known_alarms_are_read_by_their_names_a_hundred_at_once(aws: StubbedAws) -> None:
    names = [f"alarm{number}" for number in range(101)]
    for some in (names[:100], names[100:]):
        asked = {"AlarmNames": some, "AlarmTypes": ["MetricAlarm"], "MaxRecords": 100}
        answer = [{"AlarmName": some[0], **_metric("hello", "hello"), "Threshold": 1.0}]
        aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": answer}, asked)
    found = read_alarms(aws.connection, "hello", names, JobContext())
    assert [each.name for each in found] == ["alarm0", "alarm100"]
    assert found[0].watched[0].qualifier == ""
