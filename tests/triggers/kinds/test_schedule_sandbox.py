"""EventBridge Scheduler on the Sandbox: made with its role, changed whole, paused, tried, taken away."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.grants import role_for
from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import CTX, found, reads, take_away, wire
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute, try_out
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind, TriggerPlan, TriggerSpec
from workbench.triggers.plan import plan_pause, plan_resume, prepare, prepare_update

SAY = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"
SOURCE = SOURCES[SourceKind("scheduler")]
VALUES = {
    "Name": "nightly",
    "ScheduleExpression": "cron(0 3 * * ? *)",
    "ScheduleExpressionTimezone": "Europe/Berlin",
    "FlexibleTimeWindow.Mode": "FLEXIBLE",
    "FlexibleTimeWindow.MaximumWindowInMinutes": 15,
    "Target.Input": '{"job": "clean"}',
    "Target.RetryPolicy.MaximumRetryAttempts": 2,
    "StartDate": "2026-12-01T00:00:00+00:00",
}
TRUST = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, SAY)


def snapshot(connection: Connection) -> Any:
    schedules = connection.call("scheduler", "list_schedules")["Schedules"]
    each = [connection.call("scheduler", "get_schedule", Name=one["Name"]) for one in schedules]
    for one in each:
        for key in ("ResponseMetadata", "LastModificationDate"):
            one.pop(key)
    return each, [role["RoleName"] for role in connection.call("iam", "list_roles")["Roles"]]


def test_a_schedule_is_made_with_a_role_of_its_own_and_leaves_nothing(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    before = snapshot(connection)
    wire(connection, TriggerSpec(SourceKind("scheduler"), "", function, values=VALUES), tmp_path)
    (trigger,) = found(connection, SourceKind("scheduler"), function)
    assert {key: trigger.values[key] for key in VALUES if key != "StartDate"} == {
        key: value for key, value in VALUES.items() if key != "StartDate"
    }
    role_name = str(trigger.values["Target.RoleArn"]).rpartition("/")[2]
    document = connection.call("iam", "get_role_policy", RoleName=role_name, PolicyName="workbench")
    assert function.function_arn in json.dumps(document["PolicyDocument"])

    again = prepare(connection, TriggerSpec(SourceKind("scheduler"), "", function, values=VALUES), CTX)
    assert [each.check_id for each in again.blocks(again.standard_fixes)] == ["SCH-EXISTS"]
    take_away(connection, function, trigger, tmp_path)
    assert snapshot(connection) == before


def test_a_schedule_keeps_all_that_a_change_and_a_pause_do_not_name(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    wire(connection, TriggerSpec(SourceKind("scheduler"), "", function, values=VALUES), tmp_path)
    journal = TriggerJournal(tmp_path)
    (trigger,) = found(connection, SourceKind("scheduler"), function)
    (before,), _ = snapshot(connection)
    execute(connection, plan_pause(function, trigger), journal, CTX)
    (paused,) = found(connection, SourceKind("scheduler"), function)
    assert (paused.state, {**paused.values, "State": "ENABLED"}) == ("DISABLED", trigger.values)
    execute(connection, plan_resume(function, paused), journal, CTX)
    (resumed,), _ = snapshot(connection)
    assert resumed == before

    values = {**trigger.values, "ScheduleExpression": "rate(2 hours)"}
    del values["Target.Input"]  # as the window does when a field is emptied
    spec = TriggerSpec(SourceKind("scheduler"), trigger.source_arn, function, values=values)
    prepared = prepare_update(connection, trigger, spec, CTX)
    execute(connection, prepared.plan(prepared.standard_fixes), journal, CTX)
    (changed,) = found(connection, SourceKind("scheduler"), function)
    left = {key: value for key, value in trigger.values.items() if key != "Target.Input"}
    assert changed.values == {**left, "ScheduleExpression": "rate(2 hours)"}


def test_a_chosen_role_replaces_the_made_one_and_is_never_deleted(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = connection.call("iam", "create_role", RoleName="theirs", AssumeRolePolicyDocument=trust)
    before = snapshot(connection)
    wire(connection, TriggerSpec(SourceKind("scheduler"), "", function, values=VALUES), tmp_path)
    (trigger,) = found(connection, SourceKind("scheduler"), function)
    values = {**trigger.values, "Target.RoleArn": role["Role"]["Arn"]}
    spec = TriggerSpec(SourceKind("scheduler"), trigger.source_arn, function, values=values)
    prepared = prepare_update(connection, trigger, spec, CTX)
    steps = [step.action for step in prepared.own_steps]
    assert steps == ["schedule-update", "service-role-delete"]
    plan = TriggerPlan("Change", function.function_arn, trigger.kind, prepared.own_steps)
    execute(connection, plan, TriggerJournal(tmp_path), CTX)
    (changed,) = found(connection, SourceKind("scheduler"), function)
    assert changed.values["Target.RoleArn"] == role["Role"]["Arn"]
    assert snapshot(connection)[1] == before[1]
    take_away(connection, function, changed, tmp_path)
    assert snapshot(connection) == before


def test_a_schedule_that_is_refused_leaves_no_role(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    role_arn = role_for(connection, "theirs", "scheduler.amazonaws.com")
    before = snapshot(connection)
    prepared = prepare(connection, TriggerSpec(SourceKind("scheduler"), "", function, values=VALUES), CTX)
    target = {"Arn": function.function_arn, "RoleArn": role_arn}
    window = {"Mode": "OFF"}
    theirs: dict[str, Any] = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": window}
    connection.call("scheduler", "create_schedule", Name="nightly", Target=target, **theirs)
    with pytest.raises(WorkbenchError, match="Another schedule with this name") as failure:
        execute(connection, prepared.plan(prepared.standard_fixes), TriggerJournal(tmp_path), CTX)
    assert "rolled back" in failure.value.why
    schedules, roles = snapshot(connection)
    assert ([each["Target"] for each in schedules], roles) == ([target], before[1])


def test_a_test_event_comes_once_and_deletes_itself(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    wire(connection, TriggerSpec(SourceKind("scheduler"), "", function, values=VALUES), tmp_path)
    before = snapshot(connection)
    (trigger,) = found(connection, SourceKind("scheduler"), function)
    event = SOURCE.test_event(trigger, "mark-9")
    assert event is not None
    (step,) = event.steps
    soon = replace(step, args={**step.args, "lead_s": 0})
    try_out(
        connection,
        TriggerPlan("Test", function.function_arn, trigger.kind, (soon,)),
        TriggerJournal(tmp_path),
        CTX,
        lambda _facts: None,
    )
    assert json.loads(reads(connection, function, "mark-9")) == {"workbench": "mark-9"}
    assert snapshot(connection) == before
