"""Methods, resources and deployments of REST APIs made, taken away and brought back, with AWS's answers."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.steps.doing import Doing
from tests.triggers.values import ARN
from workbench.core.errors import WorkbenchError
from workbench.triggers.kinds.rest_api import invocation_uri
from workbench.triggers.steps import Step
from workbench.triggers.steps.rest_api import (
    REST_API_DELETE,
    REST_CHANGE,
    REST_DEPLOY,
    REST_METHOD,
    REST_REMOVE,
    REST_RESOURCE,
    REST_UNDEPLOY,
)

URI = invocation_uri("eu-central-1", ARN)
ROOT: dict[str, Any] = {"id": "r", "path": "/"}
A: dict[str, Any] = {"id": "a", "path": "/a", "parentId": "r", "pathPart": "a"}
B: dict[str, Any] = {"id": "b", "path": "/a/b", "parentId": "a", "pathPart": "b"}
OF_B = {"restApiId": "abcd", "resourceId": "b", "httpMethod": "GET"}


def _step(action: str, **args: Any) -> Step:
    return Step(action, "", "", "eu-central-1", {"api_id": "abcd", **args})


REMOVE = _step(REST_REMOVE, path="/a/b", verb="GET", uri=URI)
DEPLOY = _step(REST_DEPLOY, stage="live", token="ab12")
UNDEPLOY = _step(REST_UNDEPLOY, stage="live")


def _method(operation: str = "WorkbenchMade2", uri: str = URI, **integration: Any) -> dict[str, Any]:
    made = {"type": "AWS_PROXY", "uri": uri, "httpMethod": "POST", "timeoutInMillis": 5000, **integration}
    known = {"httpMethod": "GET", "authorizationType": "AWS_IAM", "apiKeyRequired": True}
    return {**known, "operationName": operation, "methodIntegration": made}


def _with(resource: dict[str, Any], method: dict[str, Any]) -> dict[str, Any]:
    return {**resource, "resourceMethods": {"GET": method}}


def _resources(aws: StubbedAws, *found: dict[str, Any]) -> None:
    asked = {"restApiId": "abcd", "embed": ["methods"]}
    aws.answer("apigateway", "get_resources", {"items": list(found)}, asked)


def _deleted(aws: StubbedAws, *ids: str) -> None:
    for each in ids:
        aws.answer("apigateway", "delete_resource", {}, {"restApiId": "abcd", "resourceId": each})


# ---- methods and their resources -------------------------------------------------------------------------


def test_a_method_goes_with_the_resources_made_for_it_and_all_of_them_come_back(aws: StubbedAws) -> None:
    _resources(aws, ROOT, A, _with(B, _method()))
    aws.answer("apigateway", "delete_method", {}, OF_B)
    _resources(aws, ROOT, A, B)
    _deleted(aws, "b")
    _resources(aws, ROOT, A)
    _deleted(aws, "a")
    doing = Doing(aws.connection, REMOVE)
    facts = doing.do()
    assert facts == doing.noted  # a crash loses nothing of it

    for _ in range(2):
        _resources(aws, ROOT)
    made = {"restApiId": "abcd", "parentId": "r", "pathPart": "a"}
    aws.answer("apigateway", "create_resource", {"id": "a2"}, made)
    made = {"restApiId": "abcd", "parentId": "a2", "pathPart": "b"}
    aws.answer("apigateway", "create_resource", {"id": "b2"}, made)
    again = OF_B | {"resourceId": "b2"}
    aws.refuse("apigateway", "get_method", "NotFoundException", "Invalid Method identifier specified", 404)
    known = {"authorizationType": "AWS_IAM", "apiKeyRequired": True, "operationName": "WorkbenchMade2"}
    aws.answer("apigateway", "put_method", {}, again | known)
    known = {"type": "AWS_PROXY", "uri": URI, "integrationHttpMethod": "POST", "timeoutInMillis": 5000}
    aws.answer("apigateway", "put_integration", {}, again | known)
    doing.undo()


@pytest.mark.parametrize(
    ("operation", "deleted"), [("WorkbenchMade1", ["b"]), ("WorkbenchMade0", []), ("ListPets", [])]
)
def test_only_resources_made_for_a_method_go_with_it(
    aws: StubbedAws, operation: str, deleted: list[str]
) -> None:
    _resources(aws, ROOT, A, _with(B, _method(operation)))
    aws.answer("apigateway", "delete_method", {}, OF_B)
    for each in deleted:
        _resources(aws, ROOT, A, B)
        _deleted(aws, each)
    Doing(aws.connection, REMOVE).do()


def test_a_resource_that_others_use_stays(aws: StubbedAws) -> None:
    """Here somebody has added one below; the other way is a method of their own."""
    below = {"id": "c", "path": "/a/b/c", "parentId": "b", "pathPart": "c"}
    _resources(aws, ROOT, A, _with(B, _method()), below)
    aws.answer("apigateway", "delete_method", {}, OF_B)
    _resources(aws, ROOT, A, B, below)
    _resources(aws, ROOT, _with(A, _method("ListPets", "arn:theirs")), B, below)
    Doing(aws.connection, REMOVE).do()
    assert "DeleteResource" not in [call.operation for call in aws.calls]


def test_a_resource_that_has_gone_does_not_keep_those_above_it(aws: StubbedAws) -> None:
    _resources(aws, ROOT, A)
    _resources(aws, ROOT, A)
    _deleted(aws, "a")
    Doing(aws.connection, _step(REST_RESOURCE, path="/a/b")).undo(
        {"missing": ["/a", "/a/b"], "api_id": "abcd"}
    )


def test_a_method_that_calls_something_else_by_now_is_left_alone(aws: StubbedAws) -> None:
    _resources(aws, ROOT, A, _with(B, _method(uri="arn:theirs")))
    doing = Doing(aws.connection, REMOVE)
    assert doing.do() == {}
    doing.undo()
    assert not any(call.is_write for call in aws.calls)


def test_an_integration_that_does_not_say_how_it_calls_comes_back_with_post(aws: StubbedAws) -> None:
    """Lambda is called by POST only."""
    method = _method("ListPets")
    del method["methodIntegration"]["httpMethod"]
    _resources(aws, ROOT, A, _with(B, method))
    aws.answer("apigateway", "delete_method", {}, OF_B)
    integration: Any = Doing(aws.connection, REMOVE).do()["integration"]
    assert integration["integrationHttpMethod"] == "POST"


def test_a_method_that_somebody_made_again_is_not_overwritten_by_the_undo(aws: StubbedAws) -> None:
    for _ in range(2):
        _resources(aws, ROOT, A, B)
    aws.answer("apigateway", "get_method", _method("ListPets"), OF_B)
    Doing(aws.connection, REMOVE).undo({"method": {}, "integration": {}})
    assert not any(call.is_write for call in aws.calls)


def test_an_api_that_has_gone_meanwhile_is_said(aws: StubbedAws) -> None:
    _resources(aws)
    with pytest.raises(WorkbenchError, match="Could not create the resource /a/b") as caught:
        Doing(aws.connection, _step(REST_RESOURCE, path="/a/b")).do()
    assert caught.value.aws_code == "NotFoundException"


@pytest.mark.parametrize(("operation", "is_deleted"), [("WorkbenchMade2", True), ("ListPets", False)])
def test_a_method_that_a_run_made_is_deleted_while_it_is_its_own(
    aws: StubbedAws, operation: str, is_deleted: bool
) -> None:
    aws.answer("apigateway", "get_method", _method(operation), OF_B)
    if is_deleted:
        aws.answer("apigateway", "delete_method", {}, OF_B)
    step = _step(REST_METHOD, verb="GET", method={"operationName": "WorkbenchMade2"}, integration={})
    Doing(aws.connection, step).undo({"added": True, "where": OF_B})


def test_a_changed_method_is_changed_back_both_it_and_its_integration(aws: StubbedAws) -> None:
    def patch(path: str, value: str) -> list[dict[str, str]]:
        return [{"op": "replace", "path": path, "value": value}]

    after = {"method": patch("/authorizationType", "AWS_IAM"), "integration": patch("/timeoutInMillis", "9")}
    before = {"method": patch("/authorizationType", "NONE"), "integration": patch("/timeoutInMillis", "5")}
    doing = Doing(aws.connection, _step(REST_CHANGE, where=OF_B, after=after, before=before))
    for patches in (after, before):
        aws.answer("apigateway", "update_method", {}, OF_B | {"patchOperations": patches["method"]})
        aws.answer("apigateway", "update_integration", {}, OF_B | {"patchOperations": patches["integration"]})
    doing.do()
    doing.undo()


# ---- APIs and deployments --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_used", [True, False])
def test_an_api_is_deleted_unless_others_use_it(aws: StubbedAws, is_used: bool) -> None:
    _resources(aws, ROOT, _with(A, _method("ListPets")) if is_used else A)
    if not is_used:
        aws.answer("apigateway", "delete_rest_api", {}, {"restApiId": "abcd"})
    Doing(aws.connection, _step(REST_API_DELETE)).do()


def _stage(aws: StubbedAws, deployment: str) -> None:
    answer = {"stageName": "live", "deploymentId": deployment}
    aws.answer("apigateway", "get_stage", answer, {"restApiId": "abcd", "stageName": "live"})


def _deployment(aws: StubbedAws, name: str, description: str) -> None:
    asked = {"restApiId": "abcd", "deploymentId": name}
    aws.answer("apigateway", "get_deployment", {"id": name, "description": description}, asked)


def _deployments(aws: StubbedAws, *descriptions: str) -> None:
    found = [{"id": f"d{number}", "description": text} for number, text in enumerate(descriptions)]
    aws.answer("apigateway", "get_deployments", {"items": found}, {"restApiId": "abcd"})


@pytest.mark.parametrize("before", ["d7", ""])
def test_a_method_is_deployed_once_and_the_stage_pointed_back_by_the_undo(
    aws: StubbedAws, before: str
) -> None:
    ours = f"Made by Workbench: ab12 after {before or 'nothing'}"
    live = {"restApiId": "abcd", "stageName": "live"}
    _resources(aws, ROOT, _with(A, _method()))
    if before:
        _stage(aws, before)
    else:
        aws.refuse("apigateway", "get_stage", "NotFoundException", "Invalid stage identifier", 404)
    _deployments(aws, "Release 7", "Made by Workbench: ab1 after d3")
    aws.answer("apigateway", "create_deployment", {"id": "d2"}, live | {"description": ours})
    doing = Doing(aws.connection, DEPLOY)
    doing.do()

    _deployments(aws, "Release 7", "", ours)
    _stage(aws, "d2")
    if before:
        patch = [{"op": "replace", "path": "/deploymentId", "value": before}]
        aws.answer("apigateway", "update_stage", {}, live | {"patchOperations": patch})
    else:
        aws.answer("apigateway", "delete_stage", {}, live)
    aws.answer("apigateway", "delete_deployment", {}, {"restApiId": "abcd", "deploymentId": "d2"})
    doing.undo()


def test_a_deployment_that_is_there_already_is_not_made_again(aws: StubbedAws) -> None:
    """As after a crash that hid AWS's answer."""
    _resources(aws, ROOT, _with(A, _method()))
    _stage(aws, "d1")
    _deployments(aws, "Release 7", "Made by Workbench: ab12 after d7")
    Doing(aws.connection, DEPLOY).do()
    assert not any(call.is_write for call in aws.calls)


def test_an_api_without_methods_is_not_deployed(aws: StubbedAws) -> None:
    """AWS refuses to."""
    _resources(aws, ROOT, A)
    doing = Doing(aws.connection, DEPLOY)
    assert doing.do() == {}
    doing.undo()
    assert not any(call.is_write for call in aws.calls)


def test_a_stage_is_pointed_back_to_what_it_had_and_deployed_again_by_the_undo(aws: StubbedAws) -> None:
    ours = "Made by Workbench: ab12 after d1"
    _stage(aws, "d2")
    _deployment(aws, "d2", ours)
    _deployment(aws, "d1", "Release 7")
    _stage(aws, "d2")
    patch = [{"op": "replace", "path": "/deploymentId", "value": "d1"}]
    asked = {"restApiId": "abcd", "stageName": "live", "patchOperations": patch}
    aws.answer("apigateway", "update_stage", {}, asked)
    aws.answer("apigateway", "delete_deployment", {}, {"restApiId": "abcd", "deploymentId": "d2"})
    doing = Doing(aws.connection, UNDEPLOY)
    doing.do()

    _resources(aws, ROOT)
    asked = {"restApiId": "abcd", "stageName": "live", "description": ours}
    aws.answer("apigateway", "create_deployment", {"id": "d3"}, asked)
    doing.undo()


def test_a_stage_that_did_not_exist_before_is_deleted(aws: StubbedAws) -> None:
    _stage(aws, "d2")
    _deployment(aws, "d2", "Made by Workbench: ab12 after nothing")
    _stage(aws, "d2")
    aws.answer("apigateway", "delete_stage", {}, {"restApiId": "abcd", "stageName": "live"})
    aws.answer("apigateway", "delete_deployment", {}, {"restApiId": "abcd", "deploymentId": "d2"})
    Doing(aws.connection, UNDEPLOY).do()


def test_a_stage_that_somebody_points_elsewhere_meanwhile_stays_there(aws: StubbedAws) -> None:
    _stage(aws, "d2")
    _deployment(aws, "d2", "Made by Workbench: ab12 after nothing")
    _stage(aws, "d9")
    aws.answer("apigateway", "delete_deployment", {}, {"restApiId": "abcd", "deploymentId": "d2"})
    Doing(aws.connection, UNDEPLOY).do()


def test_a_stage_whose_earlier_deployment_has_gone_is_left_alone(aws: StubbedAws) -> None:
    _stage(aws, "d2")
    _deployment(aws, "d2", "Made by Workbench: ab12 after d1")
    aws.refuse("apigateway", "get_deployment", "NotFoundException", "Invalid Deployment identifier", 404)
    doing = Doing(aws.connection, UNDEPLOY)
    assert doing.do() == {}
    doing.undo()
    assert not any(call.is_write for call in aws.calls)
