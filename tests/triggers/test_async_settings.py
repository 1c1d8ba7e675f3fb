"""Settings of asynchronous invocation: what AWS would refuse, and changes that leave the rest alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.mortal import Mortal
from tests.sandbox_functions import create_function
from tests.triggers.async_kill import AFTER, BEFORE, change_until
from tests.triggers.pushing import Trial
from tests.triggers.values import ACCOUNT, ARN, detail
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.triggers.async_settings import (
    AGE,
    ON_FAILURE,
    ON_SUCCESS,
    RETRIES,
    AsyncSettings,
    check_async_settings,
    list_async_settings,
    plan_async_settings,
    prepare_async_settings,
)
from workbench.triggers.execute import STEP_RUNS, InterruptedPlan, TriggerJournal, execute, finish, undo
from workbench.triggers.model import Severity

CTX = JobContext()
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:done"


def ids(wanted: dict[str, Any], **configuration: Any) -> set[tuple[str, Severity]]:
    found = check_async_settings(detail(**configuration), "live", wanted)
    return {(finding.check_id, finding.severity) for finding in found}


@pytest.mark.parametrize(
    ("wanted", "blocks"),
    [
        ({RETRIES: 3}, "PARAM-RANGE"),
        ({RETRIES: -1}, "PARAM-RANGE"),
        ({AGE: 59}, "PARAM-RANGE"),
        ({AGE: 21_601}, "PARAM-RANGE"),
        ({ON_FAILURE: "dead"}, "PARAM-RANGE"),
        ({ON_SUCCESS: "arn:aws:s3:::bucket"}, "ASYNC-DEST"),
        ({ON_FAILURE: f"{QUEUE}.fifo"}, "ASYNC-DEST"),
        ({ON_FAILURE: ARN}, "LOOP"),
        ({ON_SUCCESS: f"{ARN}:live"}, "LOOP"),
    ],
)
def test_what_aws_would_refuse_or_would_never_end_is_blocked(wanted: dict[str, Any], blocks: str) -> None:
    assert (blocks, Severity.BLOCK) in ids({ON_FAILURE: QUEUE} | wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        {RETRIES: 0, AGE: 60},
        {RETRIES: 2, AGE: 21_600},
        {ON_SUCCESS: TOPIC},
        {ON_SUCCESS: f"{ARN}-other"},
        {ON_FAILURE: "arn:aws:s3:::bucket"},
        {ON_FAILURE: f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"},
    ],
)
def test_what_aws_takes_passes(wanted: dict[str, Any]) -> None:
    assert ids({ON_FAILURE: QUEUE} | wanted) == set()


def test_events_that_nobody_keeps_are_a_warning() -> None:
    assert ids({RETRIES: 0}) == {("ASYNC-LOSS", Severity.WARN)}
    assert ids({RETRIES: 0}, DeadLetterConfig={"TargetArn": QUEUE}) == set()
    assert ids({ON_FAILURE: QUEUE}) == set()


def test_a_destination_of_another_kind_is_a_warning_since_aws_may_know_more() -> None:
    assert ids({ON_FAILURE: f"arn:aws:tape:us-east-1:{ACCOUNT}:x"}) == {("ASYNC-DEST", Severity.WARN)}


def test_a_durable_function_takes_no_destination_but_a_dead_letter_queue() -> None:
    durable = {"DurableConfig": {"ExecutionTimeout": 900, "RetentionPeriodInDays": 14}}
    for name in (ON_FAILURE, ON_SUCCESS):
        assert ("ASYNC-DURABLE", Severity.BLOCK) in ids({name: QUEUE}, **durable)
    assert ids({}, DeadLetterConfig={"TargetArn": QUEUE}, **durable) == set()


def test_writing_to_a_bucket_is_asked_of_its_objects(aws: StubbedAws) -> None:
    """s3:PutObject is an action on objects: IAM denies it on the bucket's own ARN."""
    _answer_role(aws)
    bucket = "arn:aws:s3:::bucket"
    for action, resource in (("s3:PutObject", f"{bucket}/*"), ("s3:ListBucket", bucket)):
        answer = {"EvaluationResults": [{"EvalActionName": action, "EvalDecision": "allowed"}]}
        asked = {"PolicySourceArn": detail().role_arn, "ActionNames": [action], "ResourceArns": [resource]}
        aws.answer("iam", "simulate_principal_policy", answer, asked)
    found = prepare_async_settings(aws.connection, detail(), AsyncSettings("live"), {ON_FAILURE: bucket}, CTX)
    assert found.findings == ()
    aws.assert_all_asked()


def _answer_role(aws: StubbedAws) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    trust = json.dumps({"Statement": [statement | {"Action": "sts:AssumeRole"}]})
    role = {"Path": "/", "RoleName": "worker", "RoleId": "A" * 16, "Arn": "arn:aws:iam::1:role/worker"}
    role |= {"CreateDate": "2026-01-01T00:00:00Z", "AssumeRolePolicyDocument": trust}
    aws.answer("iam", "get_role", {"Role": role})


def test_what_the_role_lacks_for_a_destination_is_said(aws: StubbedAws) -> None:
    _answer_role(aws)
    denied = [{"EvalActionName": "sqs:SendMessage", "EvalDecision": "implicitDeny"}]
    expected = {
        "PolicySourceArn": detail().role_arn,
        "ActionNames": ["sqs:SendMessage"],
        "ResourceArns": [QUEUE],
    }
    aws.answer("iam", "simulate_principal_policy", {"EvaluationResults": denied}, expected)
    found = prepare_async_settings(aws.connection, detail(), AsyncSettings("live"), {ON_FAILURE: QUEUE}, CTX)
    assert found.is_blocked
    (finding,) = found.findings
    assert finding.check_id == "ROLE-DENY"
    assert "sqs:SendMessage" in finding.what
    assert finding.fixes


def test_settings_that_are_blocked_ask_iam_nothing(aws: StubbedAws) -> None:
    wanted = {RETRIES: 9, ON_FAILURE: QUEUE}
    assert prepare_async_settings(aws.connection, detail(), AsyncSettings(), wanted, CTX).is_blocked
    assert not aws.calls


def test_changes_are_sent_by_update_which_leaves_the_rest_alone(aws: StubbedAws) -> None:
    now: dict[str, Any] = {
        "FunctionArn": f"{ARN}:live",
        "MaximumRetryAttempts": 1,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}},
    }
    subject = {"FunctionName": "f", "Qualifier": "live"}
    aws.answer("lambda", "get_function_event_invoke_config", now, subject)
    aws.answer(
        "lambda",
        "update_function_event_invoke_config",
        {},
        subject
        | {"DestinationConfig": {"OnSuccess": {"Destination": TOPIC}, "OnFailure": {"Destination": QUEUE}}},
    )
    wanted = {RETRIES: 1, ON_FAILURE: QUEUE, ON_SUCCESS: TOPIC}
    (step,) = plan_async_settings(detail(), "live", wanted).steps
    trial = Trial(aws.connection)
    STEP_RUNS[step.action].do(step, trial.running)
    assert trial.notes == {"before": {RETRIES: 1, ON_FAILURE: QUEUE}, "after": wanted}


def test_what_is_so_already_is_not_sent(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_function_event_invoke_config", {"MaximumRetryAttempts": 1})
    (step,) = plan_async_settings(detail(), "", {RETRIES: 1}).steps
    trial = Trial(aws.connection)
    facts = STEP_RUNS[step.action].do(step, trial.running)
    STEP_RUNS[step.action].undo(step, facts, trial.running)
    assert trial.notes == {}


def test_undoing_leaves_what_others_have_set_since(aws: StubbedAws) -> None:
    (step,) = plan_async_settings(detail(), "", {RETRIES: 0, AGE: 60}).steps
    now = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 600}
    aws.answer("lambda", "get_function_event_invoke_config", now)
    expected = {"FunctionName": "f", "MaximumRetryAttempts": 1}
    aws.answer("lambda", "update_function_event_invoke_config", {}, expected)
    facts = {"before": {RETRIES: 1, AGE: 90}, "after": {RETRIES: 0, AGE: 60}}
    STEP_RUNS[step.action].undo(step, facts, Trial(aws.connection).running)
    STEP_RUNS[step.action].undo(step, {}, Trial(aws.connection).running)


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, "def handler(event, context): pass\n")


def settings(connection: Connection, function: FunctionDetail) -> dict[str, dict[str, object]]:
    """What is not AWS's default: the Sandbox spells those out."""
    defaults = {RETRIES: 2, AGE: 21_600}
    return {
        each.qualifier: {name: value for name, value in each.values.items() if value != defaults.get(name)}
        for each in list_async_settings(connection, function, CTX)
    }


def change(
    connection: Connection,
    function: FunctionDetail,
    folder: Path,
    wanted: dict[str, Any],
    qualifier: str = "",
) -> None:
    plan = plan_async_settings(function, qualifier, wanted)
    execute(connection, plan, TriggerJournal(folder), CTX)


def test_they_are_set_changed_and_removed_for_each_qualifier(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    connection.call("lambda", "publish_version", FunctionName=function.function_name)
    assert settings(connection, function) == {}
    queue = f"arn:aws:sqs:us-east-1:{connection.account_id}:dead"
    change(connection, function, tmp_path, {RETRIES: 1, ON_FAILURE: queue})
    change(connection, function, tmp_path, {AGE: 60}, "1")
    assert settings(connection, function) == {"": {RETRIES: 1, ON_FAILURE: queue}, "1": {AGE: 60}}
    change(connection, function, tmp_path, {RETRIES: 1, AGE: 120, ON_FAILURE: queue})
    assert settings(connection, function)[""] == {RETRIES: 1, AGE: 120, ON_FAILURE: queue}
    change(connection, function, tmp_path, {AGE: 120})
    assert settings(connection, function)[""] == {AGE: 120}
    change(connection, function, tmp_path, {})
    assert settings(connection, function) == {"1": {AGE: 60}}


def test_a_change_is_undone(connection: Connection, function: FunctionDetail) -> None:
    run = STEP_RUNS["async settings"]
    for before, after in (({}, {RETRIES: 0}), ({RETRIES: 0}, {AGE: 60}), ({AGE: 60}, {})):
        trial = Trial(connection)
        (setup,) = plan_async_settings(function, "", before).steps
        run.do(setup, Trial(connection).running)
        (step,) = plan_async_settings(function, "", after).steps
        run.do(step, trial.running)
        assert settings(connection, function).get("", {}) == after
        run.undo(step, trial.notes, trial.running)
        assert settings(connection, function).get("", {}) == before


@pytest.mark.parametrize(("moment", "count"), [("after", 2), ("after", 3), ("amid", 4), ("after", 4)])
def test_a_change_that_was_killed_is_undone_or_finished(
    connection: Connection,
    function: FunctionDetail,
    tmp_path: Path,
    mortal: Mortal,
    moment: str,
    count: int,
) -> None:
    change(connection, function, tmp_path / "earlier", dict(BEFORE))
    folder, access = tmp_path / "triggers", connection.access
    journal = TriggerJournal(folder)
    place = (str(folder), access.endpoint_url, connection.region, connection.account_id)

    def interrupted() -> InterruptedPlan:
        mortal.kill(change_until, moment, count, *place, function.function_name)
        (left,) = journal.unfinished(connection.account_id, connection.region)
        return left

    undo(connection, interrupted(), journal, CTX)
    assert settings(connection, function)[""] == BEFORE
    finish(connection, interrupted(), journal, CTX)
    assert settings(connection, function)[""] == AFTER
    assert journal.unfinished(connection.account_id, connection.region) == ()
