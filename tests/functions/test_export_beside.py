"""What is set by calls of their own goes into templates, or is said to be missing."""

from typing import Any

import pytest

from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.export_sources import OtherSettings, Sources, read_other_settings
from workbench.functions.export_templates import sam_template, serverless_file
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.template_functions import load_yaml

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:orders"
RUNTIME = "arn:aws:lambda:eu-central-1::runtime:0123"
SIGNING = "arn:aws:lambda:eu-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"
BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/done"
DEAD = "arn:aws:sqs:eu-central-1:123456789012:dead"
ALL = OtherSettings("Allow", "Manual", RUNTIME, SIGNING, 14, 0, 3600, BUS, DEAD)


@pytest.fixture
def detail() -> FunctionDetail:
    return detail_of({"Configuration": {"FunctionName": "orders", "FunctionArn": ARN}})


def members(text: str, *path: str) -> dict[str, Any]:
    found = load_yaml(text, "")
    for name in path:
        found = found[name]
    assert isinstance(found, dict)
    return found


def test_a_sam_template_holds_it(detail: FunctionDetail) -> None:
    text = sam_template(detail, Sources(other_settings=ALL))
    expected = {
        "RecursiveLoop": "Allow",
        "RuntimeManagementConfig": {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": RUNTIME},
        "CodeSigningConfigArn": SIGNING,
        "EventInvokeConfig": {
            "MaximumRetryAttempts": 0,
            "MaximumEventAgeInSeconds": 3600,
            "DestinationConfig": {
                "OnSuccess": {"Type": "EventBridge", "Destination": BUS},
                "OnFailure": {"Type": "SQS", "Destination": DEAD},
            },
        },
    }
    assert members(text, "Resources", "OrdersFunction", "Properties").items() >= expected.items()
    assert text.startswith("# Not in this file: the retention of its log group, 14 days\n")


def test_a_serverless_file_holds_it(detail: FunctionDetail) -> None:
    text = serverless_file(detail, Sources(other_settings=ALL))
    expected = {
        "runtimeManagement": {"mode": "manual", "arn": RUNTIME},
        "logRetentionInDays": 14,
        "maximumRetryAttempts": 0,
        "maximumEventAge": 3600,
        "destinations": {"onSuccess": BUS, "onFailure": DEAD},
    }
    assert members(text, "functions", "orders").items() >= expected.items()
    assert "# Not in this file: recursive loop detection Allow\n" in text
    assert f"# Not in this file: code signing configuration {SIGNING}\n" in text


def test_it_is_read_and_what_aws_does_of_itself_is_left_out(connection: Connection) -> None:
    made = create_function(connection, "def handler(event, context):\n    return 1\n")
    name, ctx = made.function_name, JobContext()
    assert read_other_settings(connection, made, ctx) == (OtherSettings(), ())
    for method, request in (
        ("put_function_recursion_config", {"RecursiveLoop": "Allow"}),
        ("put_runtime_management_config", {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": RUNTIME}),
        ("put_function_event_invoke_config", {"MaximumRetryAttempts": 0}),
    ):
        connection.call("lambda", method, FunctionName=name, **request)
    connection.call("logs", "create_log_group", logGroupName=made.log_group)
    connection.call("logs", "put_retention_policy", logGroupName=made.log_group, retentionInDays=7)
    found, unread = read_other_settings(connection, made, ctx)
    assert unread == ()
    assert (found.recursion, found.runtime_update_mode) == ("Allow", "Manual")
    assert (found.runtime_version_arn, found.log_retention_days, found.retries) == (RUNTIME, 7, 0)
