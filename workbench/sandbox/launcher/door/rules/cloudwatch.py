"""What CloudWatch refuses.

The recorded tests are those of cloudwatch/test_cloudwatch.py unless another file is named.
"""

import functools
import re
from datetime import datetime
from typing import Any

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.rules import Call, Check, Refused, Rules

_DOCS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/"
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
_combined = functools.partial(Refused, "InvalidParameterCombination")
_bad_value = functools.partial(Refused, "InvalidParameterValue")
_invalid = functools.partial(Refused, "ValidationError")

rules = Rules()


@rules.add("PutMetricData", "TestCloudwatch::test_put_metric_data_validation")
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


@rules.add("PutDashboard", "TestCloudwatch::test_invalid_dashboard_name")
def _check_dashboard(call: Call) -> None:
    if not _DASHBOARD.fullmatch(call.text("DashboardName")):
        raise _bad_value(
            "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, "
            "dash (-) and underscore (_).\n"
        )


@rules.add("SetAlarmState", "TestCloudwatch::test_set_alarm_invalid_input")
def _check_alarm(call: Call) -> None:
    if stores.alarm(call.text("AlarmName")) is None:
        raise Refused("ResourceNotFound", "", 404)


def _span_s(call: Call) -> float:
    start, end = call.parameters.get("StartTime"), call.parameters.get("EndTime")
    return (end - start).total_seconds() if isinstance(start, datetime) and isinstance(end, datetime) else 1


def _check_times(code: str) -> Check:
    def check(call: Call) -> None:
        if _span_s(call) <= 0:
            raise Refused(code, "The parameter StartTime must be less than the parameter EndTime.")

    return check


rules.add("GetMetricStatistics", "TestCloudwatch::test_invalid_amount_of_datapoints")(
    _check_times("InvalidParameterValue")
)


@rules.add("GetMetricStatistics", "TestCloudwatch::test_invalid_amount_of_datapoints")
def _check_datapoints(call: Call) -> None:
    asked = int(_span_s(call) // max(call.parameters.get("Period", 1), 1))
    if asked > _MAX_DATAPOINTS:
        raise _combined(
            f"You have requested up to {asked} datapoints, which exceeds the limit of {_MAX_DATAPOINTS}. You may "
            "reduce the datapoints requested by increasing Period, or decreasing the time range."
        )


rules.add("GetMetricData", f"{_DOCS}API_GetMetricData.html")(_check_times("ValidationError"))


@rules.add(
    "GetMetricData",
    "https://github.com/influxdata/telegraf/issues/5420",
    "https://github.com/prometheus-community/yet-another-cloudwatch-exporter/issues/385",
)
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
        raise Refused("ValidationError", "\n".join(wrong))


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
    parameters: Any = call.parameters
    if (
        parameters.get("Period", 0) * parameters.get("EvaluationPeriods", 0) > _DAY_S
        and parameters["Period"] < 3600
    ):
        raise _invalid(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
        )
