"""Function URLs on the Sandbox: made, called, changed, taken away."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import CTX, found, policy, take_away, wire
from tests.triggers.pushing import Hurried
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import STEP_RUNS, TriggerJournal, execute, try_out
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import Severity, SourceKind, TriggerPlan, TriggerSpec
from workbench.triggers.plan import prepare, prepare_update

ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': event['body']}\n"
PUBLIC = {"AuthType": "NONE", "Cors.AllowOrigins": ("https://example.com",), "Cors.MaxAge": 60}


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, ECHO)


def _urls(connection: Connection, function: FunctionDetail) -> list[dict[str, object]]:
    answer = connection.call("lambda", "list_function_url_configs", FunctionName=function.function_name)
    return list(answer["FunctionUrlConfigs"])


def test_a_public_url_has_two_statements_and_leaves_nothing(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    connection.call(
        "lambda",
        "add_permission",
        FunctionName=function.function_name,
        StatementId="theirs",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::bucket",
    )
    before = policy(connection, function)
    prepared = wire(connection, TriggerSpec(SourceKind("url"), "", function, values=PUBLIC), tmp_path)
    (public,) = (each for each in prepared.findings if each.check_id == "URL-PUBLIC")
    assert public.typed_word == function.function_name

    statements = json.loads(policy(connection, function))["Statement"]
    added = [each for each in statements if each["Sid"].startswith("wb-url-")]
    assert [each["Action"] for each in added] == ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
    assert len(statements) == 3

    (trigger,) = found(connection, SourceKind("url"), function)
    assert trigger.values == {**PUBLIC, "InvokeMode": "BUFFERED"}
    assert len(trigger.grants) == 2
    take_away(connection, function, trigger, tmp_path)
    assert _urls(connection, function) == []
    assert policy(connection, function) == before


@pytest.mark.parametrize("auth_type", ["NONE", "AWS_IAM"])
def test_a_test_event_reaches_the_function(
    connection: Connection, function: FunctionDetail, tmp_path: Path, auth_type: str
) -> None:
    wire(connection, TriggerSpec(SourceKind("url"), "", function, values={"AuthType": auth_type}), tmp_path)
    (trigger,) = found(connection, SourceKind("url"), function)
    event = SOURCES[SourceKind("url")].test_event(trigger, "mark-7")
    assert event is not None
    assert ("signed" in event.what) is (auth_type == "AWS_IAM")
    plan = TriggerPlan("Test", function.function_arn, SourceKind("url"), event.steps)
    facts = execute(connection, plan, TriggerJournal(tmp_path), CTX)
    assert facts["https-call"] == {"status": 200, "body": '{"workbench": "mark-7"}'}
    try_out(connection, plan, TriggerJournal(tmp_path), CTX, lambda _facts: None)


def test_an_endpoint_that_is_gone_says_so(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    wire(connection, TriggerSpec(SourceKind("url"), "", function), tmp_path)
    (trigger,) = found(connection, SourceKind("url"), function)
    take_away(connection, function, trigger, tmp_path)
    event = SOURCES[SourceKind("url")].test_event(trigger, "mark")
    assert event is not None
    plan = TriggerPlan("Test", function.function_arn, SourceKind("url"), event.steps)
    with pytest.raises(WorkbenchError, match="The response status was 404"):
        try_out(connection, plan, TriggerJournal(tmp_path), CTX, lambda _facts: None)


def test_an_alias_has_a_url_of_its_own(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    name = function.function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="prod", FunctionVersion="1")
    wire(connection, TriggerSpec(SourceKind("url"), "", function, "prod", {"AuthType": "NONE"}), tmp_path)
    (trigger,) = found(connection, SourceKind("url"), function, "prod")
    assert trigger.qualifier == "prod"
    assert [grant.qualifier for grant in trigger.grants] == ["prod", "prod"]
    again = prepare(connection, TriggerSpec(SourceKind("url"), "", function, "prod"), CTX)
    assert [each.check_id for each in again.blocks(again.standard_fixes)] == ["URL-EXISTS"]
    take_away(connection, function, trigger, tmp_path)
    assert (_urls(connection, function), policy(connection, function, "prod")) == ([], "")


def test_what_was_public_is_so_no_more(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    wire(connection, TriggerSpec(SourceKind("url"), "", function, values=PUBLIC), tmp_path)
    (trigger,) = found(connection, SourceKind("url"), function)
    values = {"AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM"}
    spec = TriggerSpec(SourceKind("url"), trigger.source_arn, function, values=values)
    prepared = prepare_update(connection, trigger, spec, CTX)
    assert prepared.blocks(prepared.standard_fixes) == ()
    execute(connection, prepared.plan(prepared.standard_fixes), TriggerJournal(tmp_path), CTX)
    (now,) = found(connection, SourceKind("url"), function)
    assert (now.values, now.grants) == (values, ())
    assert now.source_arn == trigger.source_arn


def test_a_url_that_could_not_be_made_leaves_no_statement(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    prepared = prepare(connection, TriggerSpec(SourceKind("url"), "", function, values=PUBLIC), CTX)
    assert not any(each.severity is Severity.BLOCK and not each.fixes for each in prepared.findings)
    connection.call(  # somebody is quicker
        "lambda", "create_function_url_config", FunctionName=function.function_name, AuthType="AWS_IAM"
    )
    plan = prepared.plan(prepared.standard_fixes)
    with pytest.raises(WorkbenchError, match="was created a moment ago") as failure:
        execute(connection, plan, TriggerJournal(tmp_path), CTX)
    assert "rolled back" in failure.value.why
    assert policy(connection, function) == ""
    assert len(_urls(connection, function)) == 1


def test_a_url_that_was_made_unseen_is_made_once_and_taken_back(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    from workbench.triggers.steps import Running

    (step,) = prepare(connection, TriggerSpec(SourceKind("url"), "", function), CTX).own_steps
    noted: dict[str, object] = {}
    running = Running(connection, Hurried(), noted.update, {})
    first = STEP_RUNS[step.action].do(step, running)
    assert STEP_RUNS[step.action].do(step, running) == first
    STEP_RUNS[step.action].undo(step, noted, running)  # its end was not seen
    assert _urls(connection, function) == []
    STEP_RUNS[step.action].undo(step, {**first, **noted}, running)
    theirs = replace(step, args={**step.args, "config": {**step.args["config"], "AuthType": "NONE"}})
    STEP_RUNS[theirs.action].do(theirs, running)
    STEP_RUNS[step.action].undo(step, {"added": True}, running)  # changed meanwhile: it is not ours any more
    assert len(_urls(connection, function)) == 1
