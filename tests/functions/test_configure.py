"""Changing a function's configuration: on the Sandbox, and with AWS's exact answers."""

import threading
from dataclasses import fields
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.configure import Wanted, configure, configure_for_callers
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.roles import create_role

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
SOURCE = "def handler(event, context):\n    return 'one'\n\n\ndef other(event, context):\n    return 'two'\n"
CHANGED = {"FunctionName": "hello", "FunctionArn": ARN}


def answer(handler: str = "app.old", revision: str = "r1", **more: Any) -> dict[str, Any]:
    return {"Configuration": {**CHANGED, "Handler": handler, "RevisionId": revision, **more}}


def seen(handler: str = "app.old") -> FunctionDetail:
    return detail_of(answer(handler, "r0"))


def request(revision: str = "r1", handler: str = "app.new") -> dict[str, str]:
    return {"FunctionName": "hello", "RevisionId": revision, "Handler": handler}


def test_a_handler_is_set_and_runs(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    now = configure(connection, made, Wanted(handler="app.other"), JobContext())
    assert now.handler == "app.other"
    assert not now.is_updating
    assert now.revision_id != made.revision_id
    read = get_function(connection, made.function_name)
    assert (read.handler, read.timeout_s, read.code_sha256) == (
        "app.other",
        made.timeout_s,
        made.code_sha256,
    )
    invoked = connection.call("lambda", "invoke", FunctionName=made.function_name)
    assert invoked["Payload"].read() == b'"two"'


def test_what_others_changed_elsewhere_is_kept(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    name = made.function_name
    connection.call("lambda", "update_function_configuration", FunctionName=name, Timeout=9)
    wait_until_updated(connection, name, JobContext())
    now = configure(connection, made, Wanted(handler="app.other"), JobContext())
    assert (now.handler, now.timeout_s) == ("app.other", 9)


def test_what_others_changed_here_is_not_overwritten(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_function", answer("app.theirs"))
    with pytest.raises(WorkbenchError) as caught:
        configure(aws.connection, seen(), Wanted(handler="app.new"), JobContext())
    assert "app.theirs" in caught.value.why
    assert caught.value.action == "function.refresh"


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(handler="app.new")])
def test_nothing_is_sent_when_all_is_as_wanted(aws: StubbedAws, wanted: Wanted) -> None:
    aws.answer("lambda", "get_function", answer("app.new"))
    now = configure(aws.connection, seen(), wanted, JobContext())
    assert now.handler == "app.new"
    assert not [call for call in aws.calls if call.is_write]


@pytest.mark.parametrize("code", ["ResourceConflictException", "PreconditionFailedException"])
def test_an_update_that_runs_already_is_waited_for(aws: StubbedAws, code: str) -> None:
    aws.answer("lambda", "get_function", answer(LastUpdateStatus="InProgress"))
    aws.answer("lambda", "get_function", answer(LastUpdateStatus="Successful"))
    aws.refuse("lambda", "update_function_configuration", code, "An update is in progress", 409)
    aws.answer("lambda", "get_function", answer(revision="r2"))
    aws.answer("lambda", "update_function_configuration", CHANGED, request("r2"))
    aws.answer("lambda", "get_function", answer("app.new", "r3", LastUpdateStatus="InProgress"))
    aws.answer("lambda", "get_function", answer("app.new", "r4", LastUpdateStatus="Successful"))
    now = configure(aws.connection, seen(), Wanted(handler="app.new"), JobContext())
    assert (now.handler, now.revision_id) == ("app.new", "r4")


def test_it_does_not_try_for_ever(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.functions.configure._OTHER_UPDATE", Backoff(0.001, attempts=5))
    for _ in range(5):
        aws.answer("lambda", "get_function", answer())
        aws.refuse("lambda", "update_function_configuration", "ResourceConflictException", "busy", 409)
    with pytest.raises(WorkbenchError) as caught:
        configure(aws.connection, seen(), Wanted(handler="app.new"), JobContext())
    assert caught.value.aws_code == "ResourceConflictException"


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDeniedException", 403), ("InvalidParameterValueException", 400), ("TooManyRequests", 400)],
)
def test_a_refusal_is_said_at_once_with_awss_code(aws: StubbedAws, code: str, status: int) -> None:
    aws.answer("lambda", "get_function", answer())
    aws.refuse("lambda", "update_function_configuration", code, "no", status)
    with pytest.raises(WorkbenchError) as caught:
        configure(aws.connection, seen(), Wanted(handler="app.new"), JobContext())
    assert caught.value.aws_code == code


def test_an_update_that_fails_afterwards_is_said(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_function", answer())
    aws.answer("lambda", "update_function_configuration", CHANGED)
    failed = {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "The role has gone."}
    aws.answer("lambda", "get_function", answer("app.new", "r2", **failed))
    with pytest.raises(WorkbenchError, match="configure hello") as caught:
        configure(aws.connection, seen(), Wanted(handler="app.new"), JobContext())
    assert caught.value.why == "The role has gone."


def test_cancelled_before_it_is_sent_changes_nothing(aws: StubbedAws) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        configure(aws.connection, seen(), Wanted(handler="app.new"), JobContext(stop=stop))
    assert aws.calls == []


def test_every_thing_that_can_be_wanted_arrives(connection: Connection) -> None:
    made = create_function(connection, "def handler(event, context):\n    return 1\n")
    wanted = Wanted(
        handler="app.other",
        runtime="python3.12",
        description="new",
        memory_mb=256,
        timeout_s=7,
        role_arn=create_role(connection, "other", made.function_name),
        environment=(("ONE", "1"), ("TWO", "2")),
        layers=(),
        ephemeral_storage_mb=1024,
        tracing="Active",
    )
    assert len(wanted.values()) == len(fields(Wanted))
    before = wanted.of(made)
    assert wanted.differs_from(made)

    now = configure(connection, made, wanted, JobContext())
    assert not wanted.differs_from(now)
    assert not before.differs_from(configure(connection, now, before, JobContext()))


def test_variables_are_never_quoted(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_function", answer(Environment={"Variables": {"KEY": "secret"}}))
    with pytest.raises(
        WorkbenchError, match="The setting “Environment variables” was changed in the meantime"
    ) as caught:
        configure(aws.connection, seen(), Wanted(environment=(("KEY", "mine"),)), JobContext())
    assert "secret" not in str(caught.value)
    assert "mine" not in repr(Wanted(environment=(("KEY", "mine"),)))


@pytest.mark.parametrize("is_managed", [True, False])
def test_callers_of_a_function_on_managed_instances_get_the_change(aws: StubbedAws, is_managed: bool) -> None:
    """They get $LATEST.PUBLISHED, which UpdateFunctionConfiguration leaves as it is."""
    capacity = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:c"}}
    more: dict[str, Any] = {"CapacityProviderConfig": capacity} if is_managed else {}
    aws.answer("lambda", "get_function", answer(**more))
    aws.answer("lambda", "update_function_configuration", {}, request())
    aws.answer("lambda", "get_function", answer("app.new", "r2", **more))
    if is_managed:
        publish = {"FunctionName": "hello", "PublishTo": "LATEST_PUBLISHED"}
        aws.refuse("lambda", "publish_version", "ResourceConflictException", "An update is in progress", 409)
        aws.answer("lambda", "publish_version", {}, publish)
        asked = {"FunctionName": "hello", "Qualifier": "$LATEST.PUBLISHED"}
        aws.answer("lambda", "get_function", answer("app.new", "r3", State="Pending", **more), asked)
        aws.answer("lambda", "get_function", answer("app.new", "r3", State="Active", **more), asked)
    now = configure_for_callers(aws.connection, seen(), Wanted(handler="app.new"), JobContext())
    assert now.handler == "app.new"
