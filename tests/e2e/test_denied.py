"""With any one permission denied, a tab shows all the rest and names the policy line that is missing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.client
import pytest
from PySide6.QtWidgets import QListWidget

from tests.denying import limit, named, read
from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.sandbox_functions import create_function
from tests.triggers.every_kind import EveryKind
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.ui.features.triggers.page import TriggerTable
from workbench.ui.shell.banners import ErrorBanner
from workbench_sandbox.rules.iam import actions_of

Sit = Callable[[str], Desk]
FOLLOWS = "Reading the logs"
_WAITS = ("Loading…", "Still reading…", "Reading the settings…")


@dataclass(frozen=True)
class Tab:
    """A tab of the function page.

    Attributes:
        calls: The operations that opening a function in it makes.
        shows: What it shows then.
        lacks: Of that, what is missing while an operation is denied.
        unneeded: Operations without which nothing is missing: GetFunctionConfiguration says the same.
    """

    calls: tuple[str, ...]
    shows: tuple[str, ...]
    lacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unneeded: tuple[str, ...] = ("lambda:GetFunction",)


_PULLED = ("Amazon SQS", "DynamoDB Streams", "Kinesis Data Streams")
TABS = {
    "configuration": Tab(
        (
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:ListRoles",
            "lambda:GetAccountSettings",
            "lambda:GetFunction",
            "lambda:GetFunctionCodeSigningConfig",
            "lambda:GetFunctionRecursionConfig",
            "lambda:GetRuntimeManagementConfig",
            "lambda:ListProvisionedConcurrencyConfigs",
            "logs:DescribeLogGroups",
        ),
        ("app.handler", "Function ARN", "148 bytes"),
        unneeded=("iam:ListRoles",),  # read once for an account
    ),
    "triggers": Tab(
        (
            "apigateway:GetRestApis",
            "dynamodb:DescribeTable",
            "dynamodbstreams:DescribeStream",
            "events:ListEventBuses",
            "events:ListRules",
            "events:ListTagsForResource",
            "events:ListTargetsByRule",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "kinesis:DescribeStreamSummary",
            "lambda:GetFunction",
            "lambda:GetPolicy",
            "lambda:ListAliases",
            "lambda:ListEventSourceMappings",
            "lambda:ListFunctionEventInvokeConfigs",
            "lambda:ListFunctionUrlConfigs",
            "lambda:ListVersionsByFunction",
            "logs:DescribeSubscriptionFilters",
            "s3:GetBucketNotificationConfiguration",
            "scheduler:GetSchedule",
            "scheduler:ListSchedules",
            "sns:GetSubscriptionAttributes",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptions",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
        ),
        (
            *_PULLED,
            "API Gateway (HTTP)",
            "API Gateway (REST)",
            "Amazon S3",
            "Amazon SNS",
            "CloudWatch Logs",
            "EventBridge Scheduler",
            "EventBridge rule",
            "Function URL",
        ),
        {
            "apigateway:GetRestApis": ("API Gateway (REST)",),  # the policy does not say of which type it is
            "lambda:GetPolicy": ("Amazon S3", "CloudWatch Logs"),
            "lambda:ListAliases": ("Amazon S3", "CloudWatch Logs", "EventBridge Scheduler"),
            "lambda:ListEventSourceMappings": _PULLED,
            "lambda:ListVersionsByFunction": ("Amazon S3", "CloudWatch Logs"),
            "scheduler:GetSchedule": ("EventBridge Scheduler",),
            "scheduler:ListSchedules": ("EventBridge Scheduler",),
        },
        unneeded=("lambda:GetFunction", "dynamodb:DescribeTable"),  # it is for the samples of test events
    ),
    "test": Tab(("lambda:GetFunction",), ("Test event", "Run Locally")),
    "logs": Tab(
        ("lambda:GetFunction", "logs:FilterLogEvents"),
        ("succeeded",),
        {"logs:FilterLogEvents": ("succeeded",)},
    ),
    "metrics": Tab(
        (
            "cloudwatch:DescribeAlarms",
            "cloudwatch:GetMetricData",
            "lambda:GetAccountSettings",
            "lambda:GetFunction",
            "lambda:ListEventSourceMappings",
            "lambda:ListVersionsByFunction",
        ),
        ("Invocations", "Success rate", "&nbsp;3"),
        {"cloudwatch:GetMetricData": ("&nbsp;3",)},
        unneeded=("lambda:GetFunction", "lambda:ListVersionsByFunction"),  # of these, read once in a while
    ),
    "versions": Tab(
        (
            "lambda:GetAccountSettings",
            "lambda:GetFunction",
            "lambda:ListAliases",
            "lambda:ListVersionsByFunction",
        ),
        ("$LATEST", "live"),
        {"lambda:ListAliases": ("live",), "lambda:ListVersionsByFunction": ("$LATEST",)},
    ),
    "deploys": Tab(("lambda:GetFunction",), ("No deploys from this computer yet",)),
}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that were called."""
    calls: list[str] = []
    client: Any = botocore.client.BaseClient
    call = client._make_api_call

    def noted(self: Any, operation: str, parameters: Any) -> Any:
        calls.append(f"{self.meta.service_model.service_name}:{operation}")
        return call(self, operation, parameters)

    monkeypatch.setattr(client, "_make_api_call", noted)
    return calls


def _actions(calls: Iterable[str]) -> set[str]:
    return {action for call in calls for action in actions_of(call)}


def open_in(desk: Desk, tab: str, function_name: str) -> str:
    """Opens a function while a tab is shown; returns what can be read in all of its sections and rows."""
    desk.click_function(function_name)
    page = desk.window.page
    desk.until(lambda: page.function and page.function.detail.function_name == function_name)
    desk.rest(FOLLOWS)
    desk.until(lambda: not any(wait in read(page) for wait in _WAITS))
    return "\n".join((read(desk.window), *_parts(desk, tab)))


def _parts(desk: Desk, tab: str) -> Iterator[str]:
    page = desk.window.page
    if tab == "configuration":
        sections = page.findChild(QListWidget, "configurationSections")
        assert sections is not None
        for row in range(sections.count() - 1, -1, -1):
            if not sections.item(row).isHidden():
                sections.setCurrentRow(row)
                desk.rest()
                yield read(page)
    elif tab == "triggers":
        table = page.findChild(TriggerTable)
        assert table is not None
        for row in range(table.model().rowCount()):
            table.selectRow(row)
            yield read(page)


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_shows_the_rest_and_names_the_policy_line(
    sit: Sit, access: Access, connection: Connection, called: list[str], tab: str
) -> None:
    expected = TABS[tab]
    function = EveryKind.make(connection).detail.function_name
    for _ in range(3):
        connection.call("lambda", "invoke", FunctionName=function, Payload=b"{}")
    other = create_function(connection, "").function_name
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(other)
    desk.act(f"view.{tab}")
    desk.rest(FOLLOWS)
    called.clear()
    whole = open_in(desk, tab, function)
    assert _actions(called) <= _actions(expected.calls) | {"cloudwatch:GetMetricData"}  # that of the list
    assert not [each for each in expected.shows if each not in whole]
    wrong = []
    for call in expected.calls:
        (action,) = actions_of(call)
        open_in(desk, tab, other)
        limit(access, denied=[action])
        text = open_in(desk, tab, function)
        limit(access)
        lacking = {each for each in expected.shows if each not in text} - set(expected.lacks.get(call, ()))
        wrong += [f"{action}: {each} is not shown" for each in sorted(lacking)]
        if call not in expected.unneeded and named(action) not in text:
            wrong.append(f"{action} is not named")
        remedies = [each.error.remedy for each in desk.window.findChildren(ErrorBanner) if each.isVisible()]
        wrong += [f"{action} is named twice" for each in set(remedies) if each and remedies.count(each) > 1]
    assert not wrong


def test_a_list_that_may_not_be_read_says_which_line_is_missing(sit: Sit, access: Access) -> None:
    write_profile(access)
    limit(access, denied=["lambda:ListFunctions"])
    desk = sit(PROFILE)
    desk.until(lambda: named("lambda:ListFunctions") in read(desk.window))
    desk.rest()
    limit(access)


def test_code_that_may_not_be_read_says_which_line_is_missing_beside_the_rest(
    sit: Sit, access: Access, connection: Connection
) -> None:
    function = create_function(connection, "", timeout_s=7).function_name
    write_profile(access)
    limit(access, denied=["lambda:GetFunction"])
    desk = sit(PROFILE)
    desk.click_function(function)
    desk.until(lambda: named("lambda:GetFunction") in desk.code_state())
    desk.act("view.configuration")
    desk.until(lambda: "app.handler" in read(desk.window))
    assert "7 s" in read(desk.window)
    limit(access)


def test_a_function_that_may_not_be_read_at_all_says_which_line_is_missing(
    sit: Sit, access: Access, connection: Connection
) -> None:
    function = create_function(connection, "").function_name
    write_profile(access)
    limit(access, denied=["lambda:GetFunction", "lambda:GetFunctionConfiguration"])
    desk = sit(PROFILE)
    desk.click_function(function)
    desk.until(lambda: named("lambda:GetFunction") in read(desk.window))
    desk.rest()
    limit(access)
