"""EventBridge rules on the Sandbox: made, added to, changed, paused, tested, taken away."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import CTX, found, policy, reads, take_away, wire
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute, try_out
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind, TriggerPlan, TriggerSpec
from workbench.triggers.plan import plan_pause, plan_resume, prepare, prepare_update

SAY = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"
PATTERN = json.dumps({"source": ["shop"], "detail": {"price": [{"numeric": [">", 5, "<=", 9]}]}})
VALUES = {"Name": "orders", "EventPattern": PATTERN, "Description": "Orders"}
RULE = SOURCES[SourceKind("events")]


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, SAY)


def snapshot(connection: Connection, function: FunctionDetail, qualifier: str = "") -> Any:
    """All that wiring a rule may touch."""
    rules = [
        (rule, connection.call("events", "list_targets_by_rule", Rule=rule["Name"], EventBusName=bus["Name"]))
        for bus in connection.call("events", "list_event_buses")["EventBuses"]
        for rule in connection.call("events", "list_rules", EventBusName=bus["Name"])["Rules"]
    ]
    for _, targets in rules:
        targets.pop("ResponseMetadata")
    roles = [role["RoleName"] for role in connection.call("iam", "list_roles")["Roles"]]
    return rules, roles, policy(connection, function, qualifier)


def test_a_new_rule_runs_the_function_and_leaves_nothing(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    before = snapshot(connection, function)
    spec = TriggerSpec(SourceKind("events"), "", function, values=VALUES)
    wire(connection, spec, tmp_path)
    (trigger,) = found(connection, SourceKind("events"), function)
    assert (trigger.name, trigger.state, trigger.link.value) == ("orders", "ENABLED", "linked")
    assert trigger.values["EventPattern"] == PATTERN
    assert trigger.values["MadeByWiring"] is True
    (grant,) = trigger.grants
    assert grant.source_arn == trigger.source_arn

    event = RULE.test_event(trigger, "mark-1")
    assert event is not None
    try_out(
        connection,
        TriggerPlan("Test", function.function_arn, trigger.kind, event.steps),
        TriggerJournal(tmp_path),
        CTX,
        lambda _facts: None,
    )
    got = json.loads(reads(connection, function, "mark-1"))
    assert got["detail"] == {"price": 9, "workbench": "mark-1"}

    again = prepare(connection, TriggerSpec(SourceKind("events"), "", function, values=VALUES), CTX)
    assert [each.check_id for each in again.blocks(again.standard_fixes)] == ["EB-EXISTS"]
    take_away(connection, function, trigger, tmp_path)
    assert snapshot(connection, function) == before


def test_a_target_is_added_to_a_rule_of_another_bus_and_taken_off(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    connection.call("events", "create_event_bus", Name="shop")
    theirs: dict[str, Any] = {"Name": "theirs", "EventBusName": "shop"}
    answer = connection.call("events", "put_rule", **theirs, EventPattern='{"source": ["shop"]}')
    target = {"Id": "theirs", "Arn": f"arn:aws:sqs:us-east-1:{connection.account_id}:queue"}
    connection.call("events", "put_targets", Rule="theirs", EventBusName="shop", Targets=[target])
    name = function.function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="prod", FunctionVersion="1")
    before = snapshot(connection, function, "prod")

    assert [each.name for each in RULE.candidates(connection, CTX)] == ["theirs"]
    values = {"RetryPolicy.MaximumRetryAttempts": 3, "InputPath": "$.detail"}
    wire(connection, TriggerSpec(SourceKind("events"), answer["RuleArn"], function, "prod", values), tmp_path)
    (trigger,) = found(connection, SourceKind("events"), function, "prod")
    assert (trigger.qualifier, trigger.values["OtherTargets"], trigger.values.get("MadeByWiring", False)) == (
        "prod",
        1,
        False,
    )
    assert {key: trigger.values[key] for key in values} == values

    spec = TriggerSpec(SourceKind("events"), answer["RuleArn"], function, "prod")
    again = prepare(connection, spec, CTX)
    assert [each.check_id for each in again.blocks(again.standard_fixes)] == ["EB-DUP"]
    take_away(connection, function, trigger, tmp_path)
    assert snapshot(connection, function, "prod") == before


def test_a_rule_is_changed_whole_paused_and_resumed(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    wire(connection, TriggerSpec(SourceKind("events"), "", function, values=VALUES), tmp_path)
    (trigger,) = found(connection, SourceKind("events"), function)
    journal = TriggerJournal(tmp_path)
    execute(connection, plan_pause(function, trigger), journal, CTX)
    (paused,) = found(connection, SourceKind("events"), function)
    assert paused.state == "DISABLED"

    values = {"EventPattern": '{"source": ["store"]}', "RetryPolicy.MaximumRetryAttempts": 7}
    form = {**paused.values, **values}  # as the window does: all of it
    spec = TriggerSpec(SourceKind("events"), trigger.source_arn, function, values=form)
    prepared = prepare_update(connection, paused, spec, CTX)
    assert not [each for each in prepared.findings if each.check_id[:2] == "EB"]
    execute(connection, prepared.plan(prepared.standard_fixes), journal, CTX)
    (changed,) = found(connection, SourceKind("events"), function)
    assert changed.state == "DISABLED"  # what is left out stays: PutRule alone would enable it
    assert changed.values["Description"] == "Orders"
    assert changed.values["EventPattern"] == values["EventPattern"]
    assert changed.values["RetryPolicy.MaximumRetryAttempts"] == 7
    execute(connection, plan_resume(function, changed), journal, CTX)
    (resumed,) = found(connection, SourceKind("events"), function)
    assert resumed.state == "ENABLED"


def test_a_rule_of_another_region_forwards_its_events_after_all_writes_were_shown(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    there = connection.in_region("eu-west-1")
    answer = there.call("events", "put_rule", Name="far", EventPattern='{"source": ["shop"]}')
    before, far_before = snapshot(connection, function), snapshot(there, function)
    spec = TriggerSpec(SourceKind("events"), answer["RuleArn"], function)
    refused = prepare(connection, spec, CTX)
    assert [each.check_id for each in refused.blocks()] == ["GEN-REGION", "EB-REGION"]
    assert refused.own_steps == ()
    (fix,) = refused.findings[1].fixes

    spec = TriggerSpec(SourceKind("events"), answer["RuleArn"], function, values=fix.values)
    prepared = prepare(connection, spec, CTX)
    plan = prepared.plan(prepared.standard_fixes)
    assert [(step.api_call, step.region) for step in plan.steps] == [
        ("lambda:AddPermission", "us-east-1"),
        ("iam:CreateRole, iam:PutRolePolicy", "us-east-1"),
        ("events:PutRule", "us-east-1"),
        ("events:PutTargets", "us-east-1"),
        ("events:PutTargets", "eu-west-1"),
    ]
    execute(connection, plan, TriggerJournal(tmp_path), CTX)
    (trigger,) = found(connection, SourceKind("events"), function)
    assert (trigger.name, trigger.values["ForwardedFrom"]) == ("far (eu-west-1)", answer["RuleArn"])
    (target,) = there.call("events", "list_targets_by_rule", Rule="far")["Targets"]
    assert target["Arn"] == f"arn:aws:events:us-east-1:{connection.account_id}:event-bus/default"
    role = connection.call("iam", "get_role", RoleName=target["RoleArn"].rpartition("/")[2])
    assert "events.amazonaws.com" in json.dumps(role["Role"]["AssumeRolePolicyDocument"])
    take_away(connection, function, trigger, tmp_path)
    assert (snapshot(connection, function), snapshot(there, function)) == (before, far_before)


def test_a_hop_that_fails_at_its_last_step_is_taken_back(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    there = connection.in_region("eu-west-1")
    answer = there.call("events", "put_rule", Name="far", EventPattern='{"source": ["shop"]}')
    before = snapshot(connection, function)
    values = {"ForwardTo": "default"}
    prepared = prepare(
        connection, TriggerSpec(SourceKind("events"), answer["RuleArn"], function, values=values), CTX
    )
    there.call("events", "delete_rule", Name="far")
    with pytest.raises(WorkbenchError) as failure:
        execute(connection, prepared.plan(prepared.standard_fixes), TriggerJournal(tmp_path), CTX)
    assert failure.value.aws_code == "ResourceNotFoundException"
    assert "rolled back" in failure.value.why
    assert snapshot(connection, function) == before


def test_a_rule_with_others_targets_stays(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    wire(connection, TriggerSpec(SourceKind("events"), "", function, values=VALUES), tmp_path)
    target = {"Id": "theirs", "Arn": f"arn:aws:sqs:us-east-1:{connection.account_id}:queue"}
    connection.call("events", "put_targets", Rule="orders", Targets=[target])
    (trigger,) = found(connection, SourceKind("events"), function)
    assert "1 more" in RULE.pause(trigger)[0].title
    take_away(connection, function, trigger, tmp_path)
    assert connection.call("events", "list_targets_by_rule", Rule="orders")["Targets"] == [target]


def test_a_rule_made_for_a_schedule_is_found_and_goes(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    values = {"Name": "nightly", "ScheduleExpression": "cron(0 3 * * ? *)", "Input": '{"job": "clean"}'}
    before = snapshot(connection, function)
    wire(connection, TriggerSpec(SourceKind("events"), "", function, values=values), tmp_path)
    (trigger,) = found(connection, SourceKind("events"), function)
    assert {key: trigger.values[key] for key in values} == values
    assert RULE.test_event(trigger, "mark") is None
    take_away(connection, function, trigger, tmp_path)
    assert snapshot(connection, function) == before
