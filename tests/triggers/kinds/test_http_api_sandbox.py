"""HTTP APIs on the Sandbox: made, added to, changed, called, taken away."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import CTX, found, policy, take_away, wire
from tests.triggers.pushing import Hurried
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import STEP_RUNS, TriggerJournal, execute
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind, TriggerPlan, TriggerSpec
from workbench.triggers.plan import prepare, prepare_update
from workbench.triggers.steps import Running

ECHO = """
def handler(event, context):
    return {'statusCode': 200, 'body': event['rawPath'] + '?' + event['rawQueryString']}
"""
SOURCE = SOURCES[SourceKind("http-api")]
KIND = SourceKind("http-api")


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, ECHO)


def snapshot(connection: Connection, function: FunctionDetail, qualifier: str = "") -> Any:
    """All that wiring an API may touch."""
    apis = connection.call("apigatewayv2", "get_apis")["Items"]
    inner = [
        [connection.call("apigatewayv2", method, ApiId=api["ApiId"])["Items"] for method in _LISTINGS]
        for api in apis
    ]
    return apis, inner, policy(connection, function, qualifier)


_LISTINGS = ("get_routes", "get_integrations", "get_stages")


def _run(connection: Connection, plan: TriggerPlan, folder: Path) -> Any:
    return execute(connection, plan, TriggerJournal(folder), CTX)


def test_a_new_api_runs_the_function_and_leaves_nothing(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    before = snapshot(connection, function)
    values = {"Name": "shop", "RouteKey": "GET /orders/{id}", "AuthorizationType": "AWS_IAM"}
    prepared = wire(connection, TriggerSpec(KIND, "", function, values=values), tmp_path)
    assert [step.api_call.partition(":")[2] for step in prepared.own_steps] == [
        "CreateApi",
        "CreateIntegration",
        "CreateRoute",
        "AddPermission",
        "CreateStage",
    ]
    (trigger,) = found(connection, KIND, function)
    assert (trigger.name, trigger.link.value, trigger.values.get("MadeByWiring", False)) == (
        "GET /orders/{id} of shop",
        "linked",
        True,
    )
    (grant,) = trigger.grants
    account, of_api = connection.account_id, trigger.source_arn.rpartition("/")[2]
    assert grant.source_arn == f"arn:aws:execute-api:us-east-1:{account}:{of_api}/*/GET/orders/*"

    event = SOURCE.test_event(trigger, "mark-3")
    assert event is not None
    facts = _run(connection, TriggerPlan("Test", function.function_arn, KIND, event.steps), tmp_path)
    assert facts["https-call"] == {"status": 200, "body": "/orders/workbench?workbench=mark-3"}
    take_away(connection, function, trigger, tmp_path)
    assert snapshot(connection, function) == before


def test_a_route_is_added_to_an_api_that_exists_and_taken_off(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    name = function.function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="prod", FunctionVersion="1")
    api = connection.call("apigatewayv2", "create_api", Name="theirs", ProtocolType="HTTP")["ApiId"]
    connection.call("apigatewayv2", "create_route", ApiId=api, RouteKey="GET /theirs")
    before = snapshot(connection, function, "prod")
    (candidate,) = SOURCE.candidates(connection, CTX)
    assert candidate.name == "theirs"

    spec = TriggerSpec(KIND, candidate.source_arn, function, "prod", {"RouteKey": "ANY /mine"})
    prepared = wire(connection, spec, tmp_path)
    ids = [each.check_id for each in prepared.findings if each.check_id[:3] == "API"]
    assert sorted(ids) == ["API-NOAUTH", "API-UNDEPLOYED"]
    (trigger,) = found(connection, KIND, function, "prod")
    assert (trigger.qualifier, trigger.values.get("MadeByWiring", False)) == ("prod", False)
    assert [grant.source_arn.partition("/")[2] for grant in trigger.grants] == ["*/*/mine"]
    again = prepare(connection, spec, CTX)
    assert [each.check_id for each in again.blocks(again.standard_fixes)] == ["API-ROUTE"]
    take_away(connection, function, trigger, tmp_path)
    assert snapshot(connection, function, "prod") == before


def test_a_route_is_changed_in_place(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    wire(connection, TriggerSpec(KIND, "", function, values={"Name": "shop"}), tmp_path)
    (trigger,) = found(connection, KIND, function)
    values = {"AuthorizationType": "AWS_IAM", "TimeoutInMillis": 5000, "PayloadFormatVersion": "1.0"}
    spec = TriggerSpec(KIND, trigger.source_arn, function, values={**trigger.values, **values})
    prepared = prepare_update(connection, trigger, spec, CTX)
    assert prepared.blocks(prepared.standard_fixes) == ()
    _run(connection, prepared.plan(prepared.standard_fixes), tmp_path)
    (now,) = found(connection, KIND, function)
    assert now.values == {**trigger.values, **values}
    assert now.identity == trigger.identity
    assert SOURCE.update(now, spec, SOURCE.observe(connection, spec, CTX)) == ()


def test_an_api_of_another_region_names_the_functions_region(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    there = connection.in_region("eu-west-1")
    api = there.call("apigatewayv2", "create_api", Name="far", ProtocolType="HTTP")["ApiId"]
    before = snapshot(connection, function), snapshot(there, function)
    arn = f"arn:aws:apigateway:eu-west-1::/apis/{api}"
    prepared = wire(connection, TriggerSpec(KIND, arn, function, values={"RouteKey": "GET /x"}), tmp_path)
    assert "GEN-REGION-OK" in [each.check_id for each in prepared.findings]
    assert {step.region for step in prepared.own_steps} == {"eu-west-1"}
    (statement,) = json.loads(policy(connection, function))["Statement"]
    source_arn = statement["Condition"]["ArnLike"]["AWS:SourceArn"]
    assert source_arn == f"arn:aws:execute-api:us-east-1:{connection.account_id}:{api}/*/GET/x"
    (trigger,) = found(connection, KIND, function, hints=(source_arn,))
    assert (trigger.source_arn, trigger.link.value) == (arn, "linked")
    take_away(connection, function, trigger, tmp_path)
    assert (snapshot(connection, function), snapshot(there, function)) == before


def test_an_api_that_fails_at_its_last_step_is_taken_back(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    before = snapshot(connection, function)
    values = {"Name": "shop"}
    prepared = prepare(connection, TriggerSpec(KIND, "", function, "gone", values), CTX)
    assert [each.check_id for each in prepared.blocks(prepared.standard_fixes)] == ["FN-QUALIFIER"]
    plan = TriggerPlan("Wire", function.function_arn, KIND, prepared.own_steps)
    with pytest.raises(WorkbenchError) as failure:  # the statement is refused: there is no such alias
        _run(connection, plan, tmp_path)
    assert "rolled back" in failure.value.why
    assert snapshot(connection, function) == before


def test_what_a_crash_left_is_found_again_and_not_made_twice(
    connection: Connection, function: FunctionDetail
) -> None:
    steps = prepare(connection, TriggerSpec(KIND, "", function, values={"Name": "shop"}), CTX).own_steps
    noted: dict[str, Any] = {}
    running = Running(connection, Hurried(), noted.update, {})
    first = STEP_RUNS[steps[0].action].do(steps[0], running)
    assert {"before": None, **STEP_RUNS[steps[0].action].do(steps[0], running)} == first
    later = Running(connection, Hurried(), noted.update, {"http-api": first})
    made = STEP_RUNS[steps[1].action].do(steps[1], later)
    assert {"before": None, **STEP_RUNS[steps[1].action].do(steps[1], later)} == made
    STEP_RUNS[steps[1].action].undo(steps[1], noted, later)
    STEP_RUNS[steps[0].action].undo(steps[0], noted, running)
    assert snapshot(connection, function)[0] == []
