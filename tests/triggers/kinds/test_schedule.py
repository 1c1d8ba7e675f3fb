"""EventBridge Scheduler: what is checked and planned, and AWS's own refusals through the Stubber."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Hurried
from tests.triggers.values import ACCOUNT, ARN, detail, seen
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.schedule import (
    ObservedSchedule,
    Schedule,
    schedule_settings,
)
from workbench.triggers.model import FixKind, Severity, SourceKind, Trigger, TriggerSpec
from workbench.triggers.role import service_role_name
from workbench.triggers.steps import Running

SOURCE = Schedule()
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
NOTHING = ObservedSchedule(NOW)
NAME_ARN = f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/nightly"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/theirs"
NEW = {"Name": "nightly", "ScheduleExpression": "rate(1 day)"}
TARGET = {"Arn": ARN, "RoleArn": ROLE_ARN}
ANSWER = {**NEW, "GroupName": "default", "Arn": NAME_ARN, "State": "ENABLED", "Target": TARGET}
ANSWER |= {"FlexibleTimeWindow": {"Mode": "OFF"}, "ActionAfterCompletion": "NONE"}
SETTINGS = schedule_settings(ANSWER)
THERE = ObservedSchedule(NOW, NAME_ARN, SETTINGS)


def _new(**values: Any) -> TriggerSpec:
    """Of a value's name, "__" stands for a dot."""
    flat = {name.replace("__", "."): value for name, value in values.items()}
    return TriggerSpec(SourceKind("scheduler"), "", detail(), values={**NEW, **flat})


def _ids(spec: TriggerSpec, there: ObservedSchedule = NOTHING) -> list[str]:
    return [each.check_id for each in SOURCE.check(spec, there, seen())]


CHOSEN = _new(Target__RoleArn=ROLE_ARN)


@pytest.mark.parametrize(
    ("check_id", "fires", "does_not"),
    [
        ("SCH-EXPR", (_new(ScheduleExpression="daily"), NOTHING), (_new(), NOTHING)),
        ("SCH-DLQ", (CHOSEN, replace(NOTHING, queue_denied="implicitDeny")), (CHOSEN, NOTHING)),
        (
            "SCH-EXPR",
            (_new(ScheduleExpressionTimezone="Europe/Nowhere"), NOTHING),
            (_new(ScheduleExpressionTimezone="Europe/Berlin"), NOTHING),
        ),
        ("SCH-EXPR", (_new(ScheduleExpressionTimezone="../etc/passwd"), NOTHING), (_new(), NOTHING)),
        (
            "SCH-EXPR",
            (_new(FlexibleTimeWindow__Mode="FLEXIBLE"), NOTHING),
            (
                _new(
                    FlexibleTimeWindow__Mode="FLEXIBLE",
                    FlexibleTimeWindow__MaximumWindowInMinutes=1,
                ),
                NOTHING,
            ),
        ),
        (
            "SCH-EXPR",
            (_new(StartDate="2027-01-02T00:00", EndDate="2027-01-01T00:00"), NOTHING),
            (_new(StartDate="2027-01-01T00:00", EndDate="2027-01-02T00:00"), NOTHING),
        ),
        ("SCH-JSON", (_new(Target__Input="hello"), NOTHING), (_new(Target__Input='"hello"'), NOTHING)),
        (
            "SCH-PAST",
            (_new(ScheduleExpression="at(2026-11-26T12:00:00)"), NOTHING),
            (_new(ScheduleExpression="at(2026-11-26T12:00:01)"), NOTHING),
        ),
        (
            "SCH-PAST",
            (_new(EndDate=datetime(2026, 11, 26, tzinfo=UTC)), NOTHING),
            (_new(EndDate=datetime(2027, 11, 26, tzinfo=UTC)), NOTHING),
        ),
        (
            "SCH-ROLE",
            (CHOSEN, replace(NOTHING, role_trusts=False)),
            (CHOSEN, replace(NOTHING, role_trusts=True)),
        ),
        ("SCH-ROLE", (CHOSEN, replace(NOTHING, role_denied="implicitDeny")), (_new(), NOTHING)),
        ("SCH-ROLE", (CHOSEN, replace(NOTHING, role_problem="denied")), (CHOSEN, NOTHING)),
        ("SCH-EXISTS", (_new(), THERE), (replace(_new(), source_arn=NAME_ARN), THERE)),
        ("SCH-GROUP", (_new(GroupName="none"), replace(NOTHING, has_group=False)), (_new(), NOTHING)),
        ("PARAM-RANGE", (_new(Name="not a name"), NOTHING), (_new(Name="a.name-1_"), NOTHING)),
        (
            "PARAM-RANGE",
            (
                _new(
                    FlexibleTimeWindow__Mode="FLEXIBLE",
                    FlexibleTimeWindow__MaximumWindowInMinutes=1441,
                ),
                NOTHING,
            ),
            (_new(Target__RetryPolicy__MaximumRetryAttempts=0), NOTHING),
        ),
    ],
)
def test_a_check_fires_where_it_should_and_nowhere_else(
    check_id: str, fires: tuple[TriggerSpec, ObservedSchedule], does_not: tuple[TriggerSpec, ObservedSchedule]
) -> None:
    assert _ids(*fires) == [check_id]
    assert _ids(*does_not) == []


def test_a_role_that_cannot_serve_is_replaced_by_one_of_its_own() -> None:
    (finding,) = SOURCE.check(CHOSEN, replace(NOTHING, role_trusts=False), seen())
    (fix,) = finding.fixes
    assert (finding.severity, fix.kind, fix.values) == (
        Severity.BLOCK,
        FixKind.EDIT,
        {"Target.RoleArn": ""},
    )
    (role, create) = SOURCE.plan(_new(), NOTHING)
    assert f"{ARN}:*" in role.args["policy"]
    assert f'"aws:SourceAccount": "{ACCOUNT}"' in role.args["trust"]
    assert create.args["role_action"] == role.action
    assert [step.action for step in SOURCE.plan(CHOSEN, NOTHING)] == ["schedule-create"]


def test_the_chosen_role_is_asked_about_and_a_refusal_is_unknown(aws: StubbedAws) -> None:
    gone = ("ResourceNotFoundException", "Schedule nightly does not exist.")
    allows = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}}
    trust = {"Statement": {**allows, "Action": "sts:AssumeRole"}}
    role: dict[str, Any] = {
        "Path": "/",
        "RoleName": "theirs",
        "RoleId": "AROA1234567890123456",
        "Arn": ROLE_ARN,
    }
    role |= {"CreateDate": NOW, "AssumeRolePolicyDocument": json.dumps(trust)}
    denied = {"EvalActionName": "lambda:InvokeFunction", "EvalDecision": "implicitDeny"}
    aws.refuse("scheduler", "get_schedule", *gone, status=404)
    aws.answer("iam", "get_role", {"Role": dict(role)})
    aws.answer("iam", "simulate_principal_policy", {"EvaluationResults": [denied]})
    there = SOURCE.observe(aws.connection, CHOSEN, JobContext())
    assert (there.role_trusts, there.role_denied) == (True, "implicitDeny")
    aws.refuse("scheduler", "get_schedule", *gone, status=404)
    aws.answer("iam", "get_role", {"Role": dict(role)})
    aws.refuse("iam", "simulate_principal_policy", "AccessDenied", "not authorized", status=403)
    there = SOURCE.observe(aws.connection, CHOSEN, JobContext())
    assert _ids(CHOSEN, there) == ["SCH-ROLE"]
    assert SOURCE.check(CHOSEN, there, seen())[0].severity is Severity.WARN
    assert not any(call.is_write for call in aws.calls)


def _running(aws: StubbedAws, noted: dict[str, Any], slept: list[float] | None = None) -> Running:
    role = {"service-role": {"role_arn": ROLE_ARN}}
    return Running(aws.connection, Hurried(slept), noted.update, role)


def test_a_new_role_is_waited_for(aws: StubbedAws) -> None:
    aws.refuse("scheduler", "get_schedule", "ResourceNotFoundException", status=404)
    text = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    aws.refuse("scheduler", "create_schedule", "ValidationException", text)
    aws.refuse("scheduler", "create_schedule", "ValidationException", text)
    aws.answer("scheduler", "create_schedule", {"ScheduleArn": NAME_ARN})
    slept: list[float] = []
    noted: dict[str, Any] = {}
    step = SOURCE.plan(_new(), NOTHING)[1]
    STEP_RUNS[step.action].do(step, _running(aws, noted, slept))
    assert (noted, slept) == ({"before": None}, [1.0, 2.0])


def test_what_aws_adds_by_itself_is_no_other_schedule(aws: StubbedAws) -> None:
    defaults = {"RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}}
    made = {**ANSWER, "Target": {**TARGET, **defaults}, "ScheduleExpressionTimezone": "UTC"}
    aws.answer("scheduler", "get_schedule", made)
    step = SOURCE.plan(_new(), NOTHING)[1]
    assert STEP_RUNS[step.action].do(step, _running(aws, {})) == {}


def test_a_schedule_changed_meanwhile_is_not_overwritten(aws: StubbedAws) -> None:
    values = {"ScheduleExpression": "rate(2 days)", "Target.RoleArn": ROLE_ARN}
    spec = TriggerSpec(SourceKind("scheduler"), NAME_ARN, detail(), values=values)
    trigger = Trigger(SourceKind("scheduler"), NAME_ARN, "nightly", "", ARN)
    (step,) = SOURCE.update(trigger, spec, THERE)
    aws.answer("scheduler", "get_schedule", {**ANSWER, "ScheduleExpression": "rate(9 days)"})
    with pytest.raises(WorkbenchError, match="was not applied"):
        STEP_RUNS[step.action].do(step, _running(aws, {}))


def test_a_pause_sends_everything_again(aws: StubbedAws) -> None:
    (step,) = SOURCE.pause(Trigger(SourceKind("scheduler"), NAME_ARN, "nightly", "", ARN))
    full: dict[str, Any] = {**ANSWER, "EndDate": datetime(2027, 1, 1, tzinfo=UTC)}
    full |= {"KmsKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k", "Description": "All of it"}
    aws.answer("scheduler", "get_schedule", full)
    aws.answer("scheduler", "get_schedule", full)
    expected = {**schedule_settings(full), "State": "DISABLED"}
    aws.answer("scheduler", "update_schedule", {"ScheduleArn": NAME_ARN}, expected)
    noted: dict[str, Any] = {}
    STEP_RUNS[step.action].do(step, _running(aws, noted))
    assert noted == {"state": "ENABLED"}


def test_a_trial_that_never_comes_says_so_and_is_deleted(aws: StubbedAws) -> None:
    values = {"Target.RoleArn": ROLE_ARN, "Target.Arn": ARN}
    trigger = Trigger(SourceKind("scheduler"), NAME_ARN, "nightly", "", NAME_ARN, values=values)
    event = SOURCE.test_event(trigger, "m" * 80)
    assert event is not None
    (step,) = event.steps
    assert len(step.args["name"]) == 64
    aws.answer("scheduler", "create_schedule", {"ScheduleArn": NAME_ARN})
    for _ in range(120):
        aws.answer("scheduler", "get_schedule", ANSWER)
    noted: dict[str, Any] = {}
    with pytest.raises(WorkbenchError, match="did not run"):
        STEP_RUNS[step.action].do(step, _running(aws, noted))
    aws.answer("scheduler", "delete_schedule", {})
    STEP_RUNS[step.action].undo(step, noted, _running(aws, noted))


def test_it_explains_itself_with_its_numbers() -> None:
    values = {"Target.RoleArn": ROLE_ARN, "Target.RetryPolicy.MaximumRetryAttempts": 0}
    explained = SOURCE.explain(Trigger(SourceKind("scheduler"), NAME_ARN, "nightly", values=values), seen())
    assert "role, theirs" in explained.authorises
    assert explained.flow[0] == "Schedule nightly"
    assert SOURCE.grants(_new(), NOTHING) == ()


DEAD = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"


def test_the_role_of_a_schedule_may_send_to_its_dead_letter_queue() -> None:
    """Scheduler writes to the queue with the schedule's role, not by the queue's policy."""
    role, _create = SOURCE.plan(_new(Target__DeadLetterConfig__Arn=DEAD), NOTHING)
    statements = json.loads(role.args["policy"])["Statement"]
    assert [(each["Action"], each["Resource"]) for each in statements] == [
        ("lambda:InvokeFunction", [ARN, f"{ARN}:*"]),
        ("sqs:SendMessage", [DEAD]),
    ]
    assert role.title.endswith(f"and sqs:SendMessage on {DEAD}")


def test_a_role_of_ours_gets_the_permission_with_the_queue() -> None:
    own = service_role_name("scheduler.amazonaws.com", NAME_ARN)
    settings = schedule_settings({**ANSWER, "Target": {"Arn": ARN, "RoleArn": f"arn:aws:iam::1:role/{own}"}})
    trigger = Trigger(SourceKind("scheduler"), NAME_ARN, "nightly", identity=NAME_ARN)
    values = {**NEW, "Target.RoleArn": f"arn:aws:iam::1:role/{own}", "Target.DeadLetterConfig.Arn": DEAD}
    spec = TriggerSpec(SourceKind("scheduler"), NAME_ARN, detail(), values=values, identity=NAME_ARN)
    role, update = SOURCE.update(trigger, spec, ObservedSchedule(NOW, NAME_ARN, settings))
    assert "sqs:SendMessage" in role.args["policy"]
    assert update.args["schedule"]["Target"]["DeadLetterConfig"] == {"Arn": DEAD}


def test_a_chosen_role_is_asked_whether_it_may_send_to_the_queue(aws: StubbedAws) -> None:
    aws.refuse("scheduler", "get_schedule", "ResourceNotFoundException", "Schedule nightly does not exist.")
    role = {"Path": "/", "RoleName": "theirs", "RoleId": "A" * 16, "Arn": ROLE_ARN}
    aws.answer("iam", "get_role", {"Role": role | {"CreateDate": "2026-01-01T00:00:00Z"}})
    for action, decision in (("lambda:InvokeFunction", "allowed"), ("sqs:SendMessage", "implicitDeny")):
        answer = {"EvaluationResults": [{"EvalActionName": action, "EvalDecision": decision}]}
        asked = {"PolicySourceArn": ROLE_ARN, "ActionNames": [action]}
        asked |= {"ResourceArns": [ARN if action.startswith("lambda") else DEAD]}
        aws.answer("iam", "simulate_principal_policy", answer, asked)
    spec = _new(Target__RoleArn=ROLE_ARN, Target__DeadLetterConfig__Arn=DEAD)
    found = SOURCE.observe(aws.connection, spec, JobContext())
    assert (found.role_denied, found.queue_denied) == ("", "implicitDeny")
    aws.assert_all_asked()
