"""Deleting a function: what hangs on it, the order, what is gone and what is left."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock, FakeContext
from tests.sandbox_functions import create_function
from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.deletion import (
    Deletion,
    DeletionJournal,
    DeletionStep,
    can_be_read,
    delete,
    plan_deletion,
)
from workbench.functions.dependents import DependentKind, DependentResource, list_dependents, role_users
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.roles import create_role
from workbench.ui.features.deleting.dialog import subject_text

CTX = JobContext()
SOURCE = "def handler(event, context):\n    return 'one'\n"
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
ROLE = "arn:aws:iam::123456789012:role/hello"
CONFIGURATION: dict[str, Any] = {
    "FunctionName": "hello",
    "FunctionArn": ARN,
    "CodeSha256": "mine",
    "RevisionId": "r1",
    "Role": ROLE,
}
UUID = "5a1b2c3d-0000-4000-8000-123456789abc"
MAPPING = DependentResource(DependentKind.MAPPING, UUID, "arn:aws:sqs:eu-central-1:1:orders")
LOGS = DependentResource(DependentKind.LOG_GROUP, "/aws/lambda/hello", "/aws/lambda/hello")
ALARM = DependentResource(DependentKind.ALARM, "too-many", "too-many")
MY_ROLE = DependentResource(DependentKind.ROLE, "hello", "hello", ROLE)


def seen() -> FunctionDetail:
    return detail_of({"Configuration": CONFIGURATION})


def deleted(
    folder: Path,
    connection: Connection,
    detail: FunctionDetail,
    steps: tuple[DeletionStep, ...],
    ctx: JobContext,
) -> Deletion:
    with DeletionJournal(folder).begin_deletion(detail, steps, "copy") as file:
        return delete(connection, detail, steps, ctx, file)


def answer(aws: StubbedAws, **more: Any) -> None:
    aws.answer("lambda", "get_function", {"Configuration": {**CONFIGURATION, **more}})


# What hangs on it -------------------------------------------------------------------------------------------


def hang(connection: Connection) -> FunctionDetail:
    """A function with one of everything."""
    name = create_function(connection, SOURCE).function_name
    call = connection.call
    call("lambda", "publish_version", FunctionName=name)
    call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    url = call("sqs", "create_queue", QueueName=f"{name}-orders")["QueueUrl"]
    attributes = call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    arn = attributes["Attributes"]["QueueArn"]
    call("lambda", "create_event_source_mapping", FunctionName=f"{name}:live", EventSourceArn=arn)
    call("logs", "create_log_group", logGroupName=f"/aws/lambda/{name}")
    call("logs", "create_log_group", logGroupName=f"/aws/lambda/{name}-other")
    call("lambda", "put_function_event_invoke_config", FunctionName=name, MaximumRetryAttempts=0)
    for alarm, dimension in (("mine", name), ("theirs", "another")):
        call(
            "cloudwatch",
            "put_metric_alarm",
            AlarmName=alarm,
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": dimension}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    return get_function(connection, name)


def test_everything_that_hangs_on_a_function_is_found_once(connection: Connection) -> None:
    detail = hang(connection)
    ctx = FakeContext(FakeClock())
    found = list_dependents(connection, detail, ctx)
    assert [part for parts in ctx.items for part in parts] == list(found)  # type: ignore[attr-defined]
    assert [(part.kind, part.subject) for part in found] == [
        (DependentKind.MAPPING, found[0].subject),
        (DependentKind.VERSIONS, "1"),
        (DependentKind.ASYNC, "$LATEST"),
        (DependentKind.LOG_GROUP, f"/aws/lambda/{detail.function_name}"),
        (DependentKind.ALARM, "mine"),
        (DependentKind.ROLE, "lambda"),
    ]
    assert found[0].subject.endswith(f"{detail.function_name}-orders")
    assert [part.kind for part in found if part.can_be_chosen and part.goes_by_default] == [
        DependentKind.MAPPING
    ]


def test_a_role_that_another_function_has_cannot_be_chosen(connection: Connection) -> None:
    detail = create_function(connection, SOURCE)
    other = create_function(connection, SOURCE)
    (role,) = [p for p in list_dependents(connection, detail, CTX) if p.kind is DependentKind.ROLE]
    assert role.shared_with == (other.function_name,)
    assert not role.can_be_chosen
    assert [step.part for step in plan_deletion(detail, [role])] == [None]


def test_a_role_that_a_version_or_a_function_of_another_region_has_cannot_be_chosen(
    connection: Connection,
) -> None:
    """Roles are global, and a version keeps the role that it was published with."""
    detail = create_function(connection, SOURCE)
    (mine, others) = (create_role(connection, f"{detail.function_name}-{each}", "") for each in ("a", "b"))
    name = detail.function_name
    connection.call("lambda", "update_function_configuration", FunctionName=name, Role=mine)
    detail = wait_until_updated(connection, name, CTX)
    assert _role_of(connection, detail).can_be_chosen

    there = connection.in_region("eu-west-1")
    far = create_function(there, SOURCE).function_name
    there.call("lambda", "update_function_configuration", FunctionName=far, Role=mine)
    wait_until_updated(there, far, CTX)
    role = _role_of(connection, detail)
    assert (role.shared_with, role.can_be_chosen) == ((f"{far} (eu-west-1)",), False)

    near = create_function(connection, SOURCE).function_name
    for used in (mine, others):
        connection.call("lambda", "update_function_configuration", FunctionName=near, Role=used)
        wait_until_updated(connection, near, CTX)
        connection.call("lambda", "publish_version", FunctionName=near)
    assert _role_of(connection, detail).shared_with == (near,)


def _role_of(connection: Connection, detail: FunctionDetail) -> DependentResource:
    (role,) = [each for each in list_dependents(connection, detail, CTX) if each.kind is DependentKind.ROLE]
    return role


@pytest.fixture
def one_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no other region to look for functions in."""
    monkeypatch.setattr(regions, "lambda_regions", lambda beside: (beside,))


def test_other_services_and_regions_that_cannot_be_read_are_said_of_a_role(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schedule or a state machine that runs as the role is in no list of functions."""
    monkeypatch.setattr(regions, "lambda_regions", lambda beside: (beside, "eu-west-1", "eu-west-2"))
    monkeypatch.setattr(aws.connection, "in_region", lambda _region: aws.connection)
    aws.answer("lambda", "list_functions", {"Functions": []}, {"FunctionVersion": "ALL"})
    services = ["lambda.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"]
    trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    used = datetime(2026, 11, 1, tzinfo=UTC)
    role = {"Path": "/", "RoleName": "hello", "RoleId": "A" * 16, "Arn": seen().role_arn, "CreateDate": used}
    document = quote(json.dumps({"Version": "2012-10-17", "Statement": trust}))
    aws.answer("iam", "get_role", {"Role": role | {"AssumeRolePolicyDocument": document}})
    listed = [
        {"RegionName": "eu-west-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"},
        {"RegionName": "eu-west-2", "RegionOptStatus": "DISABLED"},
    ]
    aws.answer("account", "list_regions", {"Regions": listed})
    aws.refuse("lambda", "list_functions", "AccessDeniedException", "You may not.", 403)
    users = role_users(aws.connection, seen(), CTX)
    assert users.functions == ()
    assert users.services == ("scheduler.amazonaws.com", "states.amazonaws.com")
    assert users.unread == ("eu-west-1",)
    part = DependentResource(
        DependentKind.ROLE, "hello", "hello", services=users.services, unread=users.unread
    )
    assert subject_text(part) == (
        "hello · scheduler.amazonaws.com, states.amazonaws.com can use it too · not checked in eu-west-1"
    )
    assert not part.goes_by_default


@pytest.mark.usefixtures("one_region")
def test_what_may_not_be_read_is_unknown_and_hides_nothing(aws: StubbedAws) -> None:
    denied = ("AccessDeniedException", "You may not.", 403)
    aws.refuse("lambda", "list_event_source_mappings", *denied)
    aws.refuse("lambda", "list_versions_by_function", *denied)
    aws.refuse("lambda", "list_function_event_invoke_configs", "ResourceNotFoundException", "None", 404)
    aws.refuse("logs", "describe_log_groups", *denied)
    aws.refuse("cloudwatch", "describe_alarms", "AccessDenied", "You may not.", 403)
    aws.answer("lambda", "list_functions", {"Functions": [CONFIGURATION]})
    aws.refuse("iam", "get_role", "AccessDenied", "You may not.", 403)
    found = list_dependents(aws.connection, seen(), CTX)
    kinds = {part.kind: part.problem is not None for part in found}
    assert kinds == {
        DependentKind.MAPPING: True,
        DependentKind.VERSIONS: True,
        DependentKind.LOG_GROUP: True,
        DependentKind.ALARM: True,
        DependentKind.ROLE: False,
    }
    assert not [part for part in found if part.problem and part.can_be_chosen]


@pytest.mark.usefixtures("one_region")
def test_an_alarm_on_a_calculation_is_found_too(aws: StubbedAws) -> None:
    metric = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": "hello"}],
    }
    alarm = {
        "AlarmName": "rate",
        "Metrics": [{"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
    }
    for method, key in (
        ("list_event_source_mappings", "EventSourceMappings"),
        ("list_versions_by_function", "Versions"),
    ):
        aws.answer("lambda", method, {key: []})
    aws.answer("lambda", "list_aliases", {"Aliases": []})
    aws.answer("lambda", "list_function_event_invoke_configs", {"FunctionEventInvokeConfigs": []})
    aws.answer("logs", "describe_log_groups", {"logGroups": []})
    aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [alarm]})
    aws.answer("lambda", "list_functions", {"Functions": [CONFIGURATION]})
    used = datetime(2026, 11, 1, tzinfo=UTC)
    role = {"Path": "/", "RoleName": "hello", "RoleId": "A" * 16, "Arn": seen().role_arn, "CreateDate": used}
    last_used = {"LastUsedDate": used, "Region": "eu-west-1"}
    aws.answer("iam", "get_role", {"Role": {**role, "RoleLastUsed": last_used}}, {"RoleName": "hello"})
    parts = list_dependents(aws.connection, seen(), CTX)
    assert [part.subject for part in parts] == ["rate", "hello"]
    assert subject_text(parts[1]) == "hello · last used 2026-11-01 eu-west-1"


# The order, and what fails ----------------------------------------------------------------------------------


def test_what_calls_the_function_goes_first_and_what_is_in_doubt_last() -> None:
    steps = plan_deletion(seen(), (MY_ROLE, ALARM, LOGS, MAPPING))
    assert [step.call for step in steps] == [
        "lambda:DeleteEventSourceMapping",
        "lambda:DeleteFunction",
        "logs:DeleteLogGroup",
        "cloudwatch:DeleteAlarms",
        "iam:DeleteRole",
    ]
    assert [step.call for step in plan_deletion(seen(), ())] == ["lambda:DeleteFunction"]


def test_all_that_was_chosen_is_gone_and_the_rest_is_there(connection: Connection, tmp_path: Path) -> None:
    detail = hang(connection)
    parts = list_dependents(connection, detail, CTX)
    chosen = [
        part
        for part in parts
        if part.kind in (DependentKind.MAPPING, DependentKind.LOG_GROUP, DependentKind.ALARM)
    ]
    deletion = deleted(tmp_path, connection, detail, plan_deletion(detail, chosen), CTX)
    assert (deletion.left, deletion.error, deletion.is_function_deleted) == ((), None, True)
    with pytest.raises(WorkbenchError):
        get_function(connection, detail.function_name)
    mappings = connection.call("lambda", "list_event_source_mappings")["EventSourceMappings"]
    left = [each for each in mappings if detail.function_name in each["FunctionArn"]]
    assert {each["State"] for each in left} <= {"Deleting"}  # AWS takes a while to forget one
    groups = connection.call(
        "logs", "describe_log_groups", logGroupNamePrefix=f"/aws/lambda/{detail.function_name}"
    )
    assert [group["logGroupName"] for group in groups["logGroups"]] == [
        f"/aws/lambda/{detail.function_name}-other"
    ]
    alarms = connection.call("cloudwatch", "describe_alarms")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in alarms] == ["theirs"]


def test_a_role_goes_with_its_policies(connection: Connection, tmp_path: Path) -> None:
    call = connection.call
    trusts = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allows = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    trust, document = (
        json.dumps({"Version": "2012-10-17", "Statement": [each]}) for each in (trusts, allows)
    )
    arn = call("iam", "create_role", RoleName="lonely", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    call("iam", "put_role_policy", RoleName="lonely", PolicyName="inline", PolicyDocument=document)
    policy = call("iam", "create_policy", PolicyName="managed", PolicyDocument=document)["Policy"]["Arn"]
    call("iam", "attach_role_policy", RoleName="lonely", PolicyArn=policy)
    detail = create_function(connection, SOURCE)
    role = DependentResource(DependentKind.ROLE, "lonely", "lonely", arn)
    deletion = deleted(tmp_path, connection, detail, plan_deletion(detail, [role]), CTX)
    assert deletion.error is None
    with pytest.raises(WorkbenchError, match="NoSuchEntity"):
        call("iam", "get_role", RoleName="lonely")


def test_a_failure_says_what_is_gone_and_what_is_left(aws: StubbedAws, tmp_path: Path) -> None:
    answer(aws)
    aws.answer("lambda", "delete_event_source_mapping", {}, {"UUID": UUID})
    aws.answer("lambda", "delete_function", {}, {"FunctionName": "hello"})
    aws.refuse("logs", "delete_log_group", "AccessDeniedException", "You may not.", 403)
    deletion = deleted(tmp_path, aws.connection, seen(), plan_deletion(seen(), (MAPPING, LOGS, ALARM)), CTX)
    assert [step.call for step in deletion.gone] == [
        "lambda:DeleteEventSourceMapping",
        "lambda:DeleteFunction",
    ]
    assert [step.call for step in deletion.left] == ["logs:DeleteLogGroup", "cloudwatch:DeleteAlarms"]
    assert deletion.error is not None
    assert deletion.error.aws_code == "AccessDeniedException"
    assert deletion.is_function_deleted


def test_what_is_gone_already_is_no_failure(aws: StubbedAws, tmp_path: Path) -> None:
    answer(aws)
    aws.refuse("lambda", "delete_event_source_mapping", "ResourceNotFoundException", "Gone", 404)
    aws.refuse("lambda", "delete_function", "ResourceNotFoundException", "Gone", 404)
    aws.refuse("logs", "delete_log_group", "ResourceNotFoundException", "Gone", 400)
    aws.refuse("cloudwatch", "delete_alarms", "ResourceNotFound", "Gone", 404)
    aws.refuse("iam", "list_attached_role_policies", "NoSuchEntity", "Gone", 404)
    steps = plan_deletion(seen(), (MAPPING, LOGS, ALARM, MY_ROLE))
    assert deleted(tmp_path, aws.connection, seen(), steps, CTX).gone == steps


def test_a_busy_mapping_and_a_busy_function_are_waited_for(aws: StubbedAws, tmp_path: Path) -> None:
    answer(aws)
    aws.refuse("lambda", "delete_event_source_mapping", "ResourceInUseException", "It is updating.", 400)
    aws.answer("lambda", "delete_event_source_mapping", {})
    aws.refuse("lambda", "delete_function", "ResourceConflictException", "An update is in progress", 409)
    aws.answer("lambda", "delete_function", {})
    ctx = FakeContext(FakeClock())
    assert deleted(
        tmp_path, aws.connection, seen(), plan_deletion(seen(), [MAPPING]), ctx
    ).is_function_deleted


def test_a_busy_function_is_not_waited_for_without_end(aws: StubbedAws, tmp_path: Path) -> None:
    clock = FakeClock()
    answer(aws)
    for _ in range(61):
        aws.refuse("lambda", "delete_function", "ResourceConflictException", "An update is in progress", 409)
    deletion = deleted(tmp_path, aws.connection, seen(), plan_deletion(seen(), ()), FakeContext(clock))
    assert deletion.error is not None
    assert clock.passed_s == 30


@pytest.mark.parametrize("change", [{"CodeSha256": "theirs"}, {"RevisionId": "r2"}])
def test_what_somebody_changed_since_is_not_deleted(
    aws: StubbedAws, change: dict[str, str], tmp_path: Path
) -> None:
    answer(aws, **change)
    deletion = deleted(tmp_path, aws.connection, seen(), plan_deletion(seen(), [MAPPING]), CTX)
    assert deletion.gone == ()
    assert deletion.error is not None
    assert deletion.error.aws_code == "PreconditionFailedException"
    assert not [call for call in aws.calls if call.is_write]


@pytest.mark.parametrize(
    ("refusal", "there"),
    [
        (None, True),
        (("ResourceNotFoundException", "Function not found", 404), False),
        (("ServiceException", "An error occurred", 500), False),  # nobody knows: the copy stays
    ],
)
def test_a_copy_is_dropped_only_when_the_function_is_surely_there(
    aws: StubbedAws, refusal: tuple[str, str, int] | None, there: bool
) -> None:
    if refusal is None:
        answer(aws)
    else:
        aws.refuse("lambda", "get_function", *refusal)
    assert can_be_read(aws.connection, "hello") is there


def test_cancel_ends_between_two_steps_and_says_how_far_it_came(aws: StubbedAws, tmp_path: Path) -> None:
    answer(aws)
    aws.answer("lambda", "delete_event_source_mapping", {})
    aws.refuse("lambda", "delete_function", "ResourceConflictException", "An update is in progress", 409)
    ctx = FakeContext(FakeClock(), cancel_after_s=0.1)
    deletion = deleted(tmp_path, aws.connection, seen(), plan_deletion(seen(), [MAPPING]), ctx)
    assert [step.part for step in deletion.gone] == [MAPPING]
    assert deletion.error is None
    assert not deletion.is_function_deleted
