"""REST APIs on the Sandbox: made, added to, deployed, changed, called, taken away."""

from collections.abc import Callable, Mapping
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
from workbench.triggers.steps import Running, Step

ECHO = """
def handler(event, context):
    query = event['queryStringParameters'] or {}
    return {'statusCode': 200, 'body': event['path'] + ' ' + query.get('workbench', '')}
"""
KIND = SourceKind("rest-api")
SOURCE = SOURCES[KIND]


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, ECHO)


def snapshot(connection: Connection, function: FunctionDetail) -> Any:
    """All that wiring an API may touch."""
    apis = connection.call("apigateway", "get_rest_apis").get("items", [])
    inner = []
    for api in apis:
        where = {"restApiId": api["id"]}
        resources = connection.call("apigateway", "get_resources", **where, embed=["methods"])["items"]
        stages = connection.call("apigateway", "get_stages", **where)["item"]
        deployments = connection.call("apigateway", "get_deployments", **where)["items"]
        inner.append((resources, [(each["stageName"], each["deploymentId"]) for each in stages], deployments))
    return apis, inner, policy(connection, function)


def _run(connection: Connection, plan: TriggerPlan, folder: Path) -> Any:
    return execute(connection, plan, TriggerJournal(folder), CTX)


def _theirs(connection: Connection) -> str:
    """An API of somebody else: GET /theirs answers by itself, deployed to live."""
    call = connection.call
    of_api = str(call("apigateway", "create_rest_api", name="theirs")["id"])
    (root,) = call("apigateway", "get_resources", restApiId=of_api)["items"]
    made = call("apigateway", "create_resource", restApiId=of_api, parentId=root["id"], pathPart="theirs")
    where: dict[str, Any] = {"restApiId": of_api, "resourceId": made["id"], "httpMethod": "GET"}
    call("apigateway", "put_method", **where, authorizationType="NONE")
    call("apigateway", "put_integration", **where, type="MOCK")
    call("apigateway", "create_deployment", restApiId=of_api, stageName="live")
    return of_api


def test_a_new_api_runs_the_function_and_leaves_nothing(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    before = snapshot(connection, function)
    values = {"name": "shop", "path": "/orders/{id}", "httpMethod": "GET", "authorizationType": "AWS_IAM"}
    wire(connection, TriggerSpec(KIND, "", function, values=values), tmp_path)
    (trigger,) = found(connection, KIND, function)
    assert (trigger.name, trigger.link.value) == ("GET /orders/{id} of shop", "linked")
    assert trigger.values["integrationHttpMethod"] == "POST"
    assert trigger.values["OwnStages"] == ("prod",)
    of_api = trigger.source_arn.rpartition("/")[2]
    (grant,) = trigger.grants
    expected = f"arn:aws:execute-api:us-east-1:{connection.account_id}:{of_api}/*/GET/orders/*"
    assert grant.source_arn == expected

    event = SOURCE.test_event(trigger, "mark-4")
    assert event is not None
    facts = _run(connection, TriggerPlan("Test", function.function_arn, KIND, event.steps), tmp_path)
    assert facts["https-call"] == {"status": 200, "body": "/orders/workbench mark-4"}
    take_away(connection, function, trigger, tmp_path)
    assert snapshot(connection, function) == before


def test_a_method_is_added_to_an_api_that_exists_and_taken_off(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    of_api = _theirs(connection)
    before = snapshot(connection, function)
    (candidate,) = SOURCE.candidates(connection, CTX)
    values = {"path": "/theirs/mine/{id}", "httpMethod": "POST", "stageName": "live"}
    spec = TriggerSpec(KIND, candidate.source_arn, function, values=values)
    prepared = wire(connection, spec, tmp_path)
    ids = [each.check_id for each in prepared.findings if each.check_id[:3] == "API"]
    assert sorted(ids) == ["API-DEPLOY", "API-NOAUTH"]
    (trigger,) = found(connection, KIND, function)
    assert (trigger.values.get("MadeByWiring", False), trigger.values["OwnStages"]) == (False, ("live",))
    again = prepare(connection, spec, CTX)
    assert [each.check_id for each in again.blocks(again.standard_fixes)] == ["API-ROUTE"]
    take_away(connection, function, trigger, tmp_path)
    assert snapshot(connection, function) == before
    assert before[0][0]["id"] == of_api


def test_what_others_deployed_since_is_deployed_without_the_method(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    of_api = _theirs(connection)
    (candidate,) = SOURCE.candidates(connection, CTX)
    values = {"path": "/mine", "stageName": "live"}
    wire(connection, TriggerSpec(KIND, candidate.source_arn, function, values=values), tmp_path)
    connection.call("apigateway", "create_deployment", restApiId=of_api, stageName="live")
    (trigger,) = found(connection, KIND, function)
    assert (trigger.values["OwnStages"], trigger.values["OtherStages"]) == ((), ("live",))
    take_away(connection, function, trigger, tmp_path)
    stage = connection.call("apigateway", "get_stage", restApiId=of_api, stageName="live")
    where = {"restApiId": of_api, "deploymentId": stage["deploymentId"]}
    summary = connection.call("apigateway", "get_deployment", **where)["apiSummary"]
    assert list(summary) == ["/theirs"]


def test_a_method_is_changed_in_place_and_calls_lambda_with_post(
    connection: Connection, function: FunctionDetail, tmp_path: Path
) -> None:
    wire(connection, TriggerSpec(KIND, "", function, values={"name": "shop"}), tmp_path)
    (trigger,) = found(connection, KIND, function)
    of_api = trigger.source_arn.rpartition("/")[2]
    where: dict[str, Any] = {
        "restApiId": of_api,
        "resourceId": trigger.values["resourceId"],
        "httpMethod": "ANY",
    }
    patch = [{"op": "replace", "path": "/httpMethod", "value": "GET"}]
    connection.call("apigateway", "update_integration", **where, patchOperations=patch)
    (trigger,) = found(connection, KIND, function)
    values = {**trigger.values, "authorizationType": "AWS_IAM", "timeoutInMillis": 5000}
    spec = TriggerSpec(KIND, trigger.source_arn, function, values=values)
    prepared = prepare_update(connection, trigger, spec, CTX)
    assert [each.check_id for each in prepared.blocks()] == ["API-POST"]
    _run(connection, prepared.plan(prepared.standard_fixes), tmp_path)
    (now,) = found(connection, KIND, function)
    assert (now.values["authorizationType"], now.values["integrationHttpMethod"]) == ("AWS_IAM", "POST")
    assert str(now.values["timeoutInMillis"]) == "5000"
    assert now.values["OwnStages"] == ("prod",)


@pytest.mark.parametrize("last", ["rest-method", "rest-deploy"])
def test_whatever_was_done_is_taken_back(
    connection: Connection, function: FunctionDetail, tmp_path: Path, last: str
) -> None:
    _theirs(connection)
    before = snapshot(connection, function)
    (candidate,) = SOURCE.candidates(connection, CTX)
    values = {"path": "/mine/too", "stageName": "live"}
    spec = TriggerSpec(KIND, candidate.source_arn, function, values=values)
    steps = prepare(connection, spec, CTX).own_steps
    number = [step.action for step in steps].index(last) + 1
    refused = Step("grant", "Refused", "lambda:AddPermission", "us-east-1", _grant_args(function))
    plan = TriggerPlan("Wire", function.function_arn, KIND, (*steps[:number], refused))
    with pytest.raises(WorkbenchError) as failure:
        _run(connection, plan, tmp_path)
    assert "rolled back" in failure.value.why
    assert snapshot(connection, function) == before


def _grant_args(function: FunctionDetail) -> dict[str, Any]:
    """A statement that is refused: the alias is not there."""
    return {
        "function_arn": function.function_arn,
        "qualifier": "gone",
        "statement_id": "wb-x",
        "action": "lambda:InvokeFunction",
        "principal": "apigateway.amazonaws.com",
        "source_arn": "",
        "source_account": "",
        "auth_type": "",
        "via_url": False,
    }


def _noting(noted: dict[str, Any]) -> Callable[[Mapping[str, object]], None]:
    """As the journal does: what was true before the first attempt stays true."""
    return lambda facts: noted.update({**facts, **noted})


def test_steps_done_twice_come_to_the_same(connection: Connection, function: FunctionDetail) -> None:
    steps = prepare(
        connection, TriggerSpec(KIND, "", function, values={"name": "x", "path": "/a/b"}), CTX
    ).own_steps
    earlier: dict[str, Any] = {}
    notes: list[dict[str, Any]] = []
    of_undo = ("added", "before")
    for step in steps:
        noted: dict[str, Any] = {}
        running = Running(connection, Hurried(), _noting(noted), dict(earlier))
        first = STEP_RUNS[step.action].do(step, running)
        again = STEP_RUNS[step.action].do(step, running)
        assert {key: first[key] for key in first if key not in of_undo} == {
            key: again[key] for key in again if key not in of_undo
        }
        earlier[step.action] = first
        notes.append(noted)
    apis, inner, _ = snapshot(connection, function)
    assert (len(apis), len(inner[0][0]), len(inner[0][2])) == (1, 3, 1)
    for step, noted in zip(reversed(steps), reversed(notes), strict=True):
        running = Running(connection, Hurried(), lambda _: None, {})
        STEP_RUNS[step.action].undo(step, noted, running)  # as after a crash: only what was noted is known
    assert snapshot(connection, function) == ([], [], "")
