"""The dead-letter queue of asynchronous invocations: checked, set with the other settings, set back."""

from pathlib import Path

import pytest

from tests.sandbox_functions import create_function
from tests.triggers.values import ACCOUNT, detail
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.async_settings import (
    DEAD_LETTER,
    ON_FAILURE,
    RETRIES,
    AsyncSettings,
    check_async_settings,
    parameters,
    plan_dead_letter,
    prepare_async_settings,
)
from workbench.triggers.execute import TriggerJournal, execute, try_out
from workbench.triggers.model import Severity

CTX = JobContext()
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, "def handler(event, context): return 1\n")


def make_queue(connection: Connection, name: str) -> str:
    url = connection.call("sqs", "create_queue", QueueName=name)["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def dead_letter_of(connection: Connection, function: FunctionDetail) -> str:
    return get_function(connection, function.function_name, "", CTX).dead_letter_arn


@pytest.mark.parametrize(
    ("target", "check_id"),
    [
        (f"{QUEUE}.fifo", "ASYNC-DEST"),
        ("arn:aws:s3:::bucket", "ASYNC-DEST"),
        ("dead", "PARAM-RANGE"),
    ],
)
def test_what_can_be_no_dead_letter_queue_is_blocked(target: str, check_id: str) -> None:
    found = check_async_settings(detail(), "", {ON_FAILURE: QUEUE}, target)
    assert [(each.check_id, each.severity) for each in found] == [(check_id, Severity.BLOCK)]


@pytest.mark.parametrize("target", [QUEUE, f"arn:aws:sns:us-east-1:{ACCOUNT}:failed"])
def test_a_queue_or_a_topic_keeps_what_fails(target: str) -> None:
    assert check_async_settings(detail(), "", {}, target) == ()
    had = detail(DeadLetterConfig={"TargetArn": target})
    assert [each.check_id for each in check_async_settings(had, "", {}, "")] == ["ASYNC-LOSS"]


def test_an_alias_has_none_of_its_own() -> None:
    assert DEAD_LETTER in [each.name for each in parameters()]
    assert DEAD_LETTER not in [each.name for each in parameters("live")]


def test_only_what_changes_is_planned(connection: Connection, function: FunctionDetail) -> None:
    def actions(before: AsyncSettings, values: dict[str, object]) -> list[str]:
        found = prepare_async_settings(connection, function, before, values, CTX)
        return [step.api_call.partition(":")[2] for step in found.plan.steps]

    kept = AsyncSettings(values={RETRIES: 1})
    assert actions(kept, {RETRIES: 1, DEAD_LETTER: QUEUE}) == ["UpdateFunctionConfiguration"]
    assert actions(kept, {RETRIES: 0}) == ["UpdateFunctionEventInvokeConfig"]
    both = ["UpdateFunctionEventInvokeConfig", "UpdateFunctionConfiguration"]
    assert actions(kept, {RETRIES: 0, DEAD_LETTER: QUEUE}) == both
    assert actions(AsyncSettings("live"), {RETRIES: 0, DEAD_LETTER: QUEUE}) == both[:1]


def test_it_is_set_taken_away_and_set_back(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    journal, queue = TriggerJournal(tmp_path), make_queue(connection, "dead")
    execute(connection, plan_dead_letter(function, queue), journal, CTX)
    assert dead_letter_of(connection, function) == queue

    now = get_function(connection, function.function_name, "", CTX)
    seen = []
    away = plan_dead_letter(now, "")
    try_out(connection, away, journal, CTX, lambda _facts: seen.append(dead_letter_of(connection, function)))
    assert seen == [""]
    assert dead_letter_of(connection, function) == queue


def test_what_somebody_else_set_before_the_step_is_not_undone(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    queue = make_queue(connection, "dead")
    plan, name = plan_dead_letter(function, queue), function.function_name
    connection.call(
        "lambda", "update_function_configuration", FunctionName=name, DeadLetterConfig={"TargetArn": queue}
    )
    try_out(connection, plan, TriggerJournal(tmp_path), CTX, lambda _facts: None)
    assert dead_letter_of(connection, function) == queue


def test_one_that_somebody_set_meanwhile_is_not_overwritten(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    plan, other = plan_dead_letter(function, QUEUE), make_queue(connection, "other")
    name, theirs = function.function_name, {"TargetArn": other}
    connection.call("lambda", "update_function_configuration", FunctionName=name, DeadLetterConfig=theirs)
    with pytest.raises(WorkbenchError, match="It was changed to"):
        execute(connection, plan, TriggerJournal(tmp_path), CTX)
    assert dead_letter_of(connection, function) == other
