"""Subscription filters put, replaced, deleted and put back, with AWS's exact answers."""

import json
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Trial
from tests.triggers.values import ARN
from workbench.core.errors import WorkbenchError
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.logs import (
    delete_filter_step,
    put_filter_step,
    sample_line,
)

GROUP = "/orders"
WANTED = {"filterName": "wb-logs-1", "filterPattern": "ERROR", "destinationArn": ARN}
PUT = put_filter_step(GROUP, "us-east-1", WANTED)
DELETE = delete_filter_step(GROUP, "us-east-1", "wb-logs-1", ARN)


def _there(aws: StubbedAws, *filters: dict[str, Any]) -> None:
    aws.answer(
        "logs",
        "describe_subscription_filters",
        {"subscriptionFilters": [{"logGroupName": GROUP, "creationTime": 1, **each} for each in filters]},
        {"logGroupName": GROUP, "filterNamePrefix": "wb-logs-1"},
    )


def _put(aws: StubbedAws, members: dict[str, Any]) -> None:
    aws.answer("logs", "put_subscription_filter", {}, {"logGroupName": GROUP, **members})


def _delete(aws: StubbedAws) -> None:
    name = {"logGroupName": GROUP, "filterName": "wb-logs-1"}
    aws.answer("logs", "delete_subscription_filter", {}, name)


def test_a_new_filter_is_put_and_taken_back(aws: StubbedAws) -> None:
    _there(aws, {**WANTED, "filterName": "wb-logs-10"})  # only begins with the name
    _put(aws, WANTED)
    trial = Trial(aws.connection)
    facts = STEP_RUNS[PUT.action].do(PUT, trial.running)
    assert facts == trial.notes == {"before": None}
    _there(aws, {**WANTED, "distribution": "ByLogStream"})
    _delete(aws)
    STEP_RUNS[PUT.action].undo(PUT, facts, trial.running)


def test_what_a_form_does_not_show_stays_and_the_filter_of_before_comes_back(aws: StubbedAws) -> None:
    before = {**WANTED, "filterPattern": "", "applyOnTransformedLogs": True, "distribution": "ByLogStream"}
    _there(aws, before)
    _put(aws, {**WANTED, "applyOnTransformedLogs": True})
    trial = Trial(aws.connection)
    facts = STEP_RUNS[PUT.action].do(PUT, trial.running)
    _there(aws, {**before, "filterPattern": "ERROR"})
    _put(aws, {**WANTED, "filterPattern": "", "applyOnTransformedLogs": True})
    STEP_RUNS[PUT.action].undo(PUT, facts, trial.running)


def test_a_filter_that_is_there_is_not_put_again(aws: StubbedAws) -> None:
    _there(aws, WANTED)
    assert STEP_RUNS[PUT.action].do(PUT, Trial(aws.connection).running) == {}
    assert not any(call.is_write for call in aws.calls)


def test_logs_is_given_time_to_hear_of_the_grant(aws: StubbedAws) -> None:
    _there(aws)
    words = (
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to"
        " execute your function."
    )
    aws.refuse("logs", "put_subscription_filter", "InvalidParameterException", words)
    _put(aws, WANTED)
    trial = Trial(aws.connection)
    STEP_RUNS[PUT.action].do(PUT, trial.running)
    assert trial.slept == [1.0]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("LimitExceededException", "Resource limit exceeded."),
        ("AccessDeniedException", "Cross-account lambda invocation passing is not allowed."),
    ],
)
def test_any_other_refusal_is_said_at_once(aws: StubbedAws, code: str, words: str) -> None:
    _there(aws)
    aws.refuse("logs", "put_subscription_filter", code, words)
    trial = Trial(aws.connection)
    with pytest.raises(WorkbenchError) as caught:
        STEP_RUNS[PUT.action].do(PUT, trial.running)
    assert caught.value.aws_code == code
    assert trial.slept == []


def test_a_filter_that_somebody_changed_since_is_left(aws: StubbedAws) -> None:
    _there(aws, {**WANTED, "filterPattern": "theirs"})
    STEP_RUNS[PUT.action].undo(PUT, {"before": None}, Trial(aws.connection).running)
    STEP_RUNS[PUT.action].undo(PUT, {}, Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


def test_a_filter_is_deleted_and_put_back_as_it_was(aws: StubbedAws) -> None:
    _there(aws, WANTED)
    _delete(aws)
    trial = Trial(aws.connection)
    facts = STEP_RUNS[DELETE.action].do(DELETE, trial.running)
    _there(aws)
    _put(aws, WANTED)
    STEP_RUNS[DELETE.action].undo(DELETE, facts, trial.running)


def test_a_filter_that_is_gone_is_deleted(aws: StubbedAws) -> None:
    _there(aws)
    assert STEP_RUNS[DELETE.action].do(DELETE, Trial(aws.connection).running) == {}


def test_a_filter_that_calls_something_else_by_now_is_not_deleted(aws: StubbedAws) -> None:
    _there(aws, {**WANTED, "destinationArn": f"{ARN}:live"})
    with pytest.raises(WorkbenchError, match="now calls"):
        STEP_RUNS[DELETE.action].do(DELETE, Trial(aws.connection).running)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("", "Workbench test m1"),
        ("ERROR", "Workbench test m1 ERROR"),
        ('"out of memory" ?WARN', "Workbench test m1 out of memory WARN"),
        ("ERROR -debug", "Workbench test m1 ERROR"),
    ],
)
def test_terms_are_in_the_line(pattern: str, line: str) -> None:
    assert sample_line(pattern, "m1") == (line, True)


@pytest.mark.parametrize(
    ("pattern", "path", "value"),
    [
        ('{ $.level = "ERROR" }', ("level",), "ERROR"),
        ('{ $.user.name = "a*" }', ("user", "name"), "a"),
        ("{ ($.latency > 300) && ($.status = 200) }", ("latency",), 301),
        ("{ $.status != 200 }", ("status",), 201),
        ('{ $.status != "ok" }', ("status",), "not-ok"),
    ],
)
def test_members_are_in_the_document(pattern: str, path: tuple[str, ...], value: object) -> None:
    line, is_sure = sample_line(pattern, "m1")
    found = json.loads(line)
    for name in path:
        found = found[name]
    assert found == value
    assert json.loads(line)["mark"] == "m1"
    assert is_sure


@pytest.mark.parametrize(
    "pattern",
    ["[ip, user, status = 4*]", "%^ERROR%", "{ $.a IS NULL }", "-Workbench", "{ $.list[0] = 1 }", "{"],
)
def test_what_is_not_understood_is_said(pattern: str) -> None:
    line, is_sure = sample_line(pattern, "m1")
    assert "m1" in line
    assert not is_sure
