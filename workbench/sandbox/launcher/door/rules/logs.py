"""What CloudWatch Logs refuses.

The recorded tests are those of logs/test_logs.py unless another file is named.
"""

import functools
import itertools
import uuid

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.policies import Principal, may_invoke
from workbench.sandbox.launcher.door.rules import Call, Check, Refused, Rules
from workbench.sandbox.launcher.filter_patterns import compile_pattern

_DOCS = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"
_MAX_FILTERS = 2
_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
_IN_GROUP = (
    "CreateLogStream", "DeleteLogGroup", "DeleteLogStream", "DeleteRetentionPolicy",
    "DeleteSubscriptionFilter", "DescribeLogStreams", "DescribeSubscriptionFilters", "FilterLogEvents",
    "GetLogEvents", "PutLogEvents", "PutMetricFilter", "PutRetentionPolicy", "PutSubscriptionFilter",
)  # fmt: skip
_PUT_FILTER = ("PutSubscriptionFilter",)
_invalid = functools.partial(Refused, "InvalidParameterException")
_missing = functools.partial(Refused, "ResourceNotFoundException")

rules = Rules()


def _group(call: Call) -> str:
    """The name of a log group, which may be given as an ARN."""
    found = str(call.parameters.get("logGroupName") or call.parameters.get("logGroupIdentifier") or "")
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


rules.add("DescribeLogGroups", "TestLogsGroups::test_describe_log_groups_prefix_and_pattern_error")(
    _check_not_both(
        "logGroupNamePrefix",
        "logGroupNamePattern",
        _invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."),
    )
)


rules.add(
    ("DescribeLogStreams", "FilterLogEvents", "GetLogEvents"),
    "TestLogsStreams::test_describe_log_streams_with_log_group_identifier",
)(
    _check_not_both(
        "logGroupName",
        "logGroupIdentifier",
        Refused("ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters."),
    )
)


@rules.add(_PUT_FILTER, "TestSubscriptionFilterUpdates::test_put_subscription_filter_errors")
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
        raise _invalid(f"destinationArn for vendor {service} cannot be used without roleArn")


@rules.add(_IN_GROUP, "TestLogsEventsErrors::test_resource_does_not_exist")
def _check_group(call: Call) -> None:
    if (name := _group(call)) and _is_here(call) and stores.log_group(name) is None:
        raise _missing("The specified log group does not exist.")


@rules.add(
    ("FilterLogEvents", "PutMetricFilter", "PutSubscriptionFilter", "StartLiveTail", "TestMetricFilter"),
    "https://github.com/jorgebastida/awslogs/issues/210",
    "https://github.com/dougmoscrop/serverless-plugin-log-subscription/issues/47",
)
def _check_pattern(call: Call) -> None:
    pattern = call.parameters.get("filterPattern") or call.parameters.get("logEventFilterPattern") or ""
    try:
        compile_pattern(pattern)
    except ValueError as error:
        raise _invalid(str(error)) from None


@rules.add(
    ("DeleteLogStream", "GetLogEvents", "PutLogEvents"),
    "TestLogsEvents::test_put_log_events_to_invalid_stream",
)
def _check_stream(call: Call) -> None:
    group = stores.log_group(_group(call))
    if group is not None and call.parameters.get("logStreamName") not in group["streams"]:
        raise _missing("The specified log stream does not exist.")


@rules.add("PutLogEvents", "TestLogsEvents::test_put_log_events_wrong_order")
def _check_order(call: Call) -> None:
    times = [each.get("timestamp", 0) for each in call.parameters.get("logEvents", ())]
    if any(later < earlier for earlier, later in itertools.pairwise(times)):
        raise _invalid("Log events in a single PutLogEvents request must be in chronological order.")


@rules.add("DescribeLogStreams", f"{_DOCS}API_DescribeLogStreams.html")
def _check_stream_order(call: Call) -> None:
    if call.parameters.get("orderBy") == "LastEventTime" and call.parameters.get("logStreamNamePrefix"):
        raise _invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")


@rules.add("PutRetentionPolicy", f"{_DOCS}API_PutRetentionPolicy.html")
def _check_retention(call: Call) -> None:
    days = call.parameters.get("retentionInDays")
    if days not in _RETENTION_DAYS:
        raise _invalid(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member "
            f"must satisfy enum value set: [{', '.join(map(str, _RETENTION_DAYS))}]"
        )


@rules.add(_PUT_FILTER, "TestSubscriptionFilterUpdates::test_put_subscription_filter_limit_exceeded")
def _check_number_of_filters(call: Call) -> None:
    group = stores.log_group(_group(call)) or {}
    names = {*group.get("subscriptionFilters", {}), call.parameters.get("filterName")}
    if len(names) > _MAX_FILTERS:
        raise Refused("LimitExceededException", "Resource limit exceeded.")


@rules.add(_PUT_FILTER, f"{_DOCS}API_PutSubscriptionFilter.html")
def _check_grant(call: Call) -> None:
    arn = call.text("destinationArn")
    group_arn = f"arn:aws:logs:{call.region}:{call.account_id}:log-group:{_group(call)}:*"
    principal = Principal("logs.amazonaws.com", group_arn, call.account_id)
    if ":lambda:" in arn and not may_invoke(arn, principal):
        raise _invalid(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
            "your function."
        )


@rules.add(
    "DeleteSubscriptionFilter", "TestSubscriptionFilterUpdates::test_delete_subscription_filter_errors"
)
def _check_filter(call: Call) -> None:
    group = stores.log_group(_group(call))
    if group is not None and call.parameters.get("filterName") not in group.get("subscriptionFilters", {}):
        raise _missing("The specified subscription filter does not exist.")


@rules.add("StartQuery", "TestCloudWatchLogsInsightsQueries::test_start_query_log_group_not_found")
def _check_queried(call: Call) -> None:
    names = call.parameters.get("logGroupNames") or [call.parameters.get("logGroupName")]
    for name in names:
        if name and stores.log_group(name) is None:
            raise _missing(
                f"Log group '{name}' does not exist for account ID '{call.account_id}' (Service: AWSLogs; Status "
                f"Code: 400; Error Code: ResourceNotFoundException; Request ID: {uuid.uuid4()}; Proxy: null)"
            )
