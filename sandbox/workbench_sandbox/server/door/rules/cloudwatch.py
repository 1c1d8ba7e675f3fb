"""What CloudWatch and CloudWatch Logs refuse."""

import functools
import itertools
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.policies import Principal, may_invoke
from workbench_sandbox.server.door.rules import Call, Check, Refused, Rules
from workbench_sandbox.server.filter_patterns import compile_pattern

_DOCS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/"
_LOGS_DOCS = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"
_MAX_DATAPOINTS = 1440
_DAY_S = 86_400
_QUERY_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
# Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
_STATISTIC = re.compile(
    r"SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|tc|ts|wm)\d{1,3}(\.\d*)?|(TM|TC|TS|WM|PR)\([\d.%:]+\)"
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
# A name that is not a function: those have upper case letters, followed by an opening parenthesis.
_IDENTIFIER = re.compile(r"(?<![\w.])[a-z]\w*\b(?!\s*\()")
_DASHBOARD = re.compile(r"[A-Za-z0-9_-]+")
_GROUP_IDENTIFIER = re.compile(
    r"(arn:aws:logs:(?P<place>[\w-]+:\d{12}):log-group:)?(?P<name>[\w./#-]+)(:\*)?", re.ASCII
)
_MAX_FILTERS = 2
_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
_IN_GROUP = (
    "CreateLogStream", "DeleteLogGroup", "DeleteLogStream", "DeleteRetentionPolicy",
    "DeleteSubscriptionFilter", "DescribeLogStreams", "DescribeSubscriptionFilters", "FilterLogEvents",
    "GetLogEvents", "PutLogEvents", "PutMetricFilter", "PutRetentionPolicy", "PutSubscriptionFilter",
)  # fmt: skip
_combined = functools.partial(Refused, "InvalidParameterCombination")
_bad_value = functools.partial(Refused, "InvalidParameterValue")
_invalid = functools.partial(Refused, "ValidationError")
_bad_parameter = functools.partial(Refused, "InvalidParameterException")
_missing = functools.partial(Refused, "ResourceNotFoundException")

rules = Rules("cloudwatch")


@rules.add("PutMetricData", "test_put_metric_data_validation")
def _check_data(call: Call) -> None:
    for number, each in enumerate(call.parameters.get("MetricData", ()), 1):
        where = f"MetricData.member.{number}"
        for other in ("Values", "StatisticValues"):
            if "Value" in each and each.get(other):
                raise _combined(
                    f"The parameters {where}.Value and {where}.{other} are mutually exclusive and you have "
                    "specified both."
                )
        counts = each.get("Counts")
        if counts and len(counts) != len(each.get("Values", ())):
            raise _bad_value(f"The parameters {where}.Values and {where}.Counts must be of the same size.")


@rules.add("PutDashboard", "test_invalid_dashboard_name")
def _check_dashboard(call: Call) -> None:
    if not _DASHBOARD.fullmatch(call.text("DashboardName")):
        raise _bad_value(
            "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, "
            "dash (-) and underscore (_).\n"
        )


rules.need(
    "SetAlarmState", "test_set_alarm_invalid_input",
    stores.alarm, "AlarmName", functools.partial(Refused, "ResourceNotFound", status=404), "",
)  # fmt: skip


def _span_s(call: Call) -> float:
    start, end = call.parameters.get("StartTime"), call.parameters.get("EndTime")
    return (end - start).total_seconds() if isinstance(start, datetime) and isinstance(end, datetime) else 1


def _check_times(code: str) -> Check:
    def check(call: Call) -> None:
        if _span_s(call) <= 0:
            raise Refused(code, "The parameter StartTime must be less than the parameter EndTime.")

    return check


rules.add("GetMetricStatistics", "test_invalid_amount_of_datapoints")(_check_times("InvalidParameterValue"))


@rules.add("GetMetricStatistics", "test_invalid_amount_of_datapoints")
def _check_datapoints(call: Call) -> None:
    asked = int(_span_s(call) // max(call.parameters.get("Period", 1), 1))
    if asked > _MAX_DATAPOINTS:
        raise _combined(
            f"You have requested up to {asked} datapoints, which exceeds the limit of {_MAX_DATAPOINTS}. You may "
            "reduce the datapoints requested by increasing Period, or decreasing the time range."
        )


rules.add("GetMetricData", f"{_DOCS}API_GetMetricData.html")(_check_times("ValidationError"))


@rules.add("GetMetricData", "https://github.com/influxdata/telegraf/issues/5420")
def _check_queries(call: Call) -> None:
    wrong = []
    for number, each in enumerate(call.parameters.get("MetricDataQueries", ()), 1):
        where, query_id = f"for parameter MetricDataQueries.member.{number}", each.get("Id", "")
        if not _QUERY_ID.fullmatch(query_id):
            wrong.append(
                f"The value {query_id} {where}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
            )
        statistic = (each.get("MetricStat") or {}).get("Stat")
        if statistic is not None and not _STATISTIC.fullmatch(statistic):
            wrong.append(f"The value {statistic} {where}.MetricStat.Stat is not a valid statistic.")
    if wrong:
        raise _invalid("\n".join(wrong))


@rules.add("GetMetricData", "https://github.com/aws-solutions/quota-monitor-for-aws/issues/171")
def _check_query_ids(call: Call) -> None:
    ids = [each.get("Id") for each in call.parameters.get("MetricDataQueries", ())]
    if len(set(ids)) < len(ids):
        raise _invalid("The values for parameter id in MetricDataQueries are not unique.")


@rules.add(
    "GetMetricData", "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html"
)
def _check_expressions(call: Call) -> None:
    """AWS's text begins with "Error in expression '<id>': ". What follows for an unknown id is unknown.

    Queries of Metrics Insights have no ids. Source of the beginning, from other errors ("Invalid syntax",
    "Function 'X' not found"): https://github.com/grafana/grafana, public/app/plugins/datasource/cloudwatch
    """
    queries = call.parameters.get("MetricDataQueries", ())
    ids = {each.get("Id") for each in queries}
    for each in queries:
        expression = str(each.get("Expression") or "")
        if expression.lstrip().upper().startswith("SELECT"):
            continue
        for name in _IDENTIFIER.findall(_QUOTED.sub("", expression)):
            if name not in ids:
                raise _invalid(f"Error in expression '{each['Id']}': Undefined id {name}.")


@rules.add("PutMetricAlarm", f"{_DOCS}API_PutMetricAlarm.html")
def _check_alarm_span(call: Call) -> None:
    period_s = call.parameters.get("Period", 0)
    if period_s < 3600 and period_s * call.parameters.get("EvaluationPeriods", 0) > _DAY_S:
        raise _invalid(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
        )


# ---- CloudWatch Logs --------------------------------------------------------------------------------------

of_logs = Rules("logs")


@of_logs.form(
    ("DescribeLogStreams", "FilterLogEvents", "GetLogEvents"), f"{_LOGS_DOCS}API_DescribeLogStreams.html"
)
def _group_by_name(call: Call) -> Mapping[str, Any]:
    """A group that is identified by its name or ARN."""
    found = _GROUP_IDENTIFIER.fullmatch(call.text("logGroupIdentifier"))
    is_here = found is not None and found["place"] in (None, f"{call.region}:{call.account_id}")
    if found is None or not is_here or call.text("logGroupName"):
        return {}
    return {"logGroupName": found["name"], "logGroupIdentifier": None}


def _group(call: Call) -> str:
    """The name of a log group, which may be given as an ARN."""
    found = call.text("logGroupName") or call.text("logGroupIdentifier")
    return found.rpartition(":log-group:")[2].removesuffix(":*")


def _is_here(call: Call) -> bool:
    """Whether the log group is in the caller's account; others are not visible."""
    identifier = call.text("logGroupIdentifier")
    return not identifier.startswith("arn:") or identifier.split(":")[4] == call.account_id


def _check_not_both(one: str, other: str, error: Refused) -> Check:
    def check(call: Call) -> None:
        if call.parameters.get(one) and call.parameters.get(other):
            raise Refused(error.code, error.message)

    return check


of_logs.add("DescribeLogGroups", "test_describe_log_groups_prefix_and_pattern_error")(
    _check_not_both(
        "logGroupNamePrefix",
        "logGroupNamePattern",
        _bad_parameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."),
    )
)


of_logs.add(
    ("DescribeLogStreams", "FilterLogEvents", "GetLogEvents"),
    "test_describe_log_streams_with_log_group_identifier",
)(
    _check_not_both(
        "logGroupName",
        "logGroupIdentifier",
        Refused("ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters."),
    )
)


@of_logs.add("PutSubscriptionFilter", "test_put_subscription_filter_errors")
def _check_destination(call: Call) -> None:
    arn = call.text("destinationArn")
    _, _, service, _, account_id, *_ = [*arn.split(":"), *[""] * 5]
    if service == "lambda" and account_id != call.account_id:
        raise Refused(
            "AccessDeniedException",
            "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create "
            "cross account lambda triggers.",
        )
    if service in ("kinesis", "firehose") and not call.parameters.get("roleArn"):
        raise _bad_parameter(f"destinationArn for vendor {service} cannot be used without roleArn")


@of_logs.add(_IN_GROUP, "test_resource_does_not_exist")
def _check_group(call: Call) -> None:
    if (name := _group(call)) and _is_here(call) and stores.log_group(name) is None:
        raise _missing("The specified log group does not exist.")


@of_logs.add(
    ("FilterLogEvents", "PutMetricFilter", "PutSubscriptionFilter", "StartLiveTail", "TestMetricFilter"),
    "https://github.com/jorgebastida/awslogs/issues/210",
)
def _check_pattern(call: Call) -> None:
    try:
        compile_pattern(call.text("filterPattern") or call.text("logEventFilterPattern"))
    except ValueError as error:
        raise _bad_parameter(str(error)) from None


@of_logs.add(("DeleteLogStream", "GetLogEvents", "PutLogEvents"), "test_put_log_events_to_invalid_stream")
def _check_stream(call: Call) -> None:
    group = stores.log_group(_group(call))
    if group is not None and call.parameters.get("logStreamName") not in group["streams"]:
        raise _missing("The specified log stream does not exist.")


@of_logs.add("PutLogEvents", "test_put_log_events_wrong_order")
def _check_order(call: Call) -> None:
    times = [each.get("timestamp", 0) for each in call.parameters.get("logEvents", ())]
    if any(later < earlier for earlier, later in itertools.pairwise(times)):
        raise _bad_parameter("Log events in a single PutLogEvents request must be in chronological order.")


@of_logs.add("DescribeLogStreams", f"{_LOGS_DOCS}API_DescribeLogStreams.html")
def _check_stream_order(call: Call) -> None:
    if call.parameters.get("orderBy") == "LastEventTime" and call.parameters.get("logStreamNamePrefix"):
        raise _bad_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.")


@of_logs.add("PutRetentionPolicy", f"{_LOGS_DOCS}API_PutRetentionPolicy.html")
def _check_retention(call: Call) -> None:
    days = call.parameters.get("retentionInDays")
    if days not in _RETENTION_DAYS:
        raise _bad_parameter(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member "
            f"must satisfy enum value set: [{', '.join(map(str, _RETENTION_DAYS))}]"
        )


@of_logs.add("PutSubscriptionFilter", "test_put_subscription_filter_limit_exceeded")
def _check_number_of_filters(call: Call) -> None:
    group = stores.log_group(_group(call)) or {}
    names = {*group.get("subscriptionFilters", {}), call.parameters.get("filterName")}
    if len(names) > _MAX_FILTERS:
        raise Refused("LimitExceededException", "Resource limit exceeded.")


@of_logs.add("PutSubscriptionFilter", f"{_LOGS_DOCS}API_PutSubscriptionFilter.html")
def _check_grant(call: Call) -> None:
    arn = call.text("destinationArn")
    group_arn = f"arn:aws:logs:{call.region}:{call.account_id}:log-group:{_group(call)}:*"
    principal = Principal("logs.amazonaws.com", group_arn, call.account_id)
    if ":lambda:" in arn and not may_invoke(arn, principal):
        raise _bad_parameter(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
            "your function."
        )


@of_logs.add("DeleteSubscriptionFilter", "test_delete_subscription_filter_errors")
def _check_filter(call: Call) -> None:
    group = stores.log_group(_group(call))
    if group is not None and call.parameters.get("filterName") not in group.get("subscriptionFilters", {}):
        raise _missing("The specified subscription filter does not exist.")


@of_logs.add("StartQuery", "test_start_query_log_group_not_found")
def _check_queried(call: Call) -> None:
    names = call.parameters.get("logGroupNames") or [call.parameters.get("logGroupName")]
    for name in names:
        if name and stores.log_group(name) is None:
            raise _missing(
                f"Log group '{name}' does not exist for account ID '{call.account_id}' (Service: AWSLogs; Status "
                f"Code: 400; Error Code: ResourceNotFoundException; Request ID: {uuid.uuid4()}; Proxy: null)"
            )
