"""REST APIs: what is checked and planned, and AWS's own refusals through the Stubber."""

from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Hurried
from tests.triggers.values import ACCOUNT, ARN, detail, seen
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.rest_api import ObservedRestApi, RestApiSource, invocation_uri
from workbench.triggers.model import Condition, Grant, Link, SourceKind, Trigger, TriggerSpec
from workbench.triggers.steps import Running, Step
from workbench.triggers.steps.rest_api import (
    followed,
    made_resources,
    paths_to,
)

SOURCE = RestApiSource()
API_ARN = "arn:aws:apigateway:eu-west-1::/restapis/abcd"
NOTHING = ObservedRestApi()
URI = invocation_uri("eu-west-1", ARN)
METHODS = {("/old", "GET"): {"uri": URI, "httpMethod": "POST"}, ("/mock", "GET"): {}}
THERE = ObservedRestApi("abcd", "shop", METHODS, ("/", "/old", "/mock"), ("live",))
SIGNED = {"authorizationType": "AWS_IAM"}


def _new(**values: Any) -> TriggerSpec:
    return TriggerSpec(SourceKind("rest-api"), "", detail(), values={"name": "shop", **SIGNED, **values})


def _add(**values: Any) -> TriggerSpec:
    known = {"path": "/x", "httpMethod": "GET", **SIGNED}
    return TriggerSpec(SourceKind("rest-api"), API_ARN, detail(), values={**known, **values})


def _change(**values: Any) -> TriggerSpec:
    return replace(_add(path="/old", **values), identity="GET /old")


def _calls_with(verb: str) -> ObservedRestApi:
    return replace(THERE, methods={("/old", "GET"): {"uri": URI, "httpMethod": verb}})


def _grant(region: str) -> Grant:
    arn = f"arn:aws:execute-api:{region}:{ACCOUNT}:abcd/*/GET/x"
    condition = Condition("ArnLike", "aws:sourcearn", (arn,))
    principal, action = "apigateway.amazonaws.com", "lambda:InvokeFunction"
    return Grant("s", principal, "apigateway", action, arn, "", "", False, "", (condition,))


def _ids(spec: TriggerSpec, there: ObservedRestApi, **function: Any) -> list[str]:
    return [each.check_id for each in SOURCE.check(spec, there, seen(**function))]


@pytest.mark.parametrize(
    ("check_id", "fires", "does_not"),
    [
        ("API-NOAUTH", (_new(authorizationType="NONE"), NOTHING), (_new(), NOTHING)),
        (
            "API-TIMEOUT",
            (replace(_new(), function=detail(Timeout=30)), NOTHING),
            (replace(_new(), function=detail(Timeout=29)), NOTHING),
        ),
        ("API-UNDEPLOYED", (_add(stageName=""), THERE), (_add(), THERE)),
        ("API-DEPLOY", (_add(stageName="live"), THERE), (_add(stageName="new"), THERE)),
        ("API-POST", (_change(), _calls_with("GET")), (_change(), _calls_with("POST"))),
        ("API-ROUTE", (_add(path="/old"), THERE), (_add(path="/old", httpMethod="POST"), THERE)),
        ("API-ROUTE", (_add(path="/mock"), THERE), (_add(path="/mock/{id}"), THERE)),
        ("API-ROUTE", (_new(path="orders"), NOTHING), (_new(path="/orders/{proxy+}"), NOTHING)),
        ("API-ROUTE", (_new(path="/{a+}/b"), NOTHING), (_new(path="/{a}/b"), NOTHING)),
        ("API-ROUTE", (_new(path="/ä"), NOTHING), (_new(path="/a.b:c-d_e"), NOTHING)),
        (
            "API-AUTHORIZER",
            (_new(authorizationType="CUSTOM"), NOTHING),
            (_new(authorizationType="CUSTOM", authorizerId="a1"), NOTHING),
        ),
        ("API-QUOTA", (_new(timeoutInMillis=29001), NOTHING), (_new(timeoutInMillis=29000), NOTHING)),
        ("PARAM-RANGE", (_new(stageName="a b"), NOTHING), (_new(stageName="a_b"), NOTHING)),
    ],
)
def test_a_check_fires_where_it_should_and_nowhere_else(
    check_id: str, fires: tuple[TriggerSpec, ObservedRestApi], does_not: tuple[TriggerSpec, ObservedRestApi]
) -> None:
    assert _ids(*fires) == [check_id]
    assert _ids(*does_not) == []


def test_a_statement_with_the_apis_region_lets_nothing_through_and_is_mended() -> None:
    (finding,) = SOURCE.check(_add(), THERE, seen(grants=(_grant("eu-west-1"),)))
    assert finding.check_id == "API-SRCARN-REGION"
    ((step,),) = [fix.steps for fix in finding.fixes]
    assert step.args["source_arn"] == f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abcd/*/GET/x"
    assert _ids(_add(), THERE, grants=(_grant("us-east-1"),)) == []


def test_lambda_is_invoked_with_post_in_the_apis_region_whatever_the_method() -> None:
    steps = SOURCE.plan(_add(path="/old/{id}"), THERE)
    (method,) = [step for step in steps if step.action == "rest-method"]
    assert {step.region for step in steps} == {"eu-west-1"}
    assert method.args["integration"]["integrationHttpMethod"] == "POST"
    assert method.args["integration"]["uri"] == URI
    assert method.args["method"]["operationName"] == "WorkbenchMade1"
    assert [step.action for step in SOURCE.plan(_add(stageName=""), THERE)][-1] == "rest-method"


@pytest.mark.parametrize(
    ("path", "paths"), [("/", []), ("/a", ["/a"]), ("/a/{b}/c", ["/a", "/a/{b}", "/a/{b}/c"])]
)
def test_the_resources_of_a_path(path: str, paths: list[str]) -> None:
    assert paths_to(path) == paths


def test_what_wiring_made_is_read_back() -> None:
    assert (made_resources("WorkbenchMade2"), made_resources("ListPets")) == (2, None)
    assert followed("Made by Workbench: ab12 after d1") == "d1"
    assert followed("Made by Workbench: ab12 after nothing") == ""
    assert followed("Release 7") is None


def _find(aws: StubbedAws, method: dict[str, Any], **integration: Any) -> Trigger:
    aws.answer("apigateway", "get_rest_apis", {"items": [{"id": "abcd", "name": "shop"}]})
    answer = {"type": "AWS_PROXY", "uri": URI, "httpMethod": "POST", **integration}
    mine = {"httpMethod": "GET", "methodIntegration": answer, **method}
    root = {"id": "r", "path": "/", "resourceMethods": {"GET": {"httpMethod": "GET"}}}
    resource = {"id": "x", "path": "/x", "parentId": "r", "resourceMethods": {"GET": mine}}
    aws.answer("apigateway", "get_resources", {"items": [root, resource]})
    aws.answer("apigateway", "get_stages", {"item": [{"stageName": "live", "deploymentId": "d1"}]})
    aws.answer("apigateway", "get_deployment", {"id": "d1", "apiSummary": {"/": {"GET": {}}}})
    (trigger,) = SOURCE.find(aws.connection, seen(grants=()), (), JobContext())
    return trigger


def test_a_method_that_is_not_deployed_is_found_and_cannot_be_tried(aws: StubbedAws) -> None:
    trigger = _find(aws, {"authorizationType": "NONE"})
    assert (trigger.state, trigger.link) == ("not deployed", Link.MISSING_PERMISSION)
    assert SOURCE.test_event(trigger, "m") is None


def test_a_method_that_calls_with_a_role_of_its_own_needs_no_statement(aws: StubbedAws) -> None:
    trigger = _find(aws, {}, credentials=f"arn:aws:iam::{ACCOUNT}:role/api")
    assert trigger.link is Link.LINKED


def _running(aws: StubbedAws, noted: dict[str, Any]) -> Running:
    earlier = {"rest-resource": {"resource_id": "x"}}
    return Running(aws.connection, Hurried(), noted.update, earlier)


def test_a_method_that_somebody_made_meanwhile_is_neither_overwritten_nor_deleted(aws: StubbedAws) -> None:
    step = next(step for step in SOURCE.plan(_add(), THERE) if step.action == "rest-method")
    theirs = {"httpMethod": "GET", "operationName": "Theirs", "methodIntegration": {"uri": "arn:theirs"}}
    aws.answer("apigateway", "get_method", theirs)
    noted: dict[str, Any] = {}
    with pytest.raises(WorkbenchError, match="Such a method was created in the meantime"):
        STEP_RUNS[step.action].do(step, _running(aws, noted))
    STEP_RUNS[step.action].undo(step, noted, _running(aws, noted))


def test_aws_is_asked_again_while_it_changes_the_api(aws: StubbedAws) -> None:
    step = next(step for step in SOURCE.plan(_add(), THERE) if step.action == "rest-method")
    aws.refuse("apigateway", "get_method", "NotFoundException", "Invalid Method identifier specified", 404)
    text = "Unable to complete operation due to concurrent modification. Please try again later."
    aws.refuse("apigateway", "put_method", "ConflictException", text, 409)
    aws.answer("apigateway", "put_method", {})
    aws.answer("apigateway", "put_integration", {})
    assert STEP_RUNS[step.action].do(step, _running(aws, {}))["where"]


def test_a_stage_that_others_deployed_to_is_left_alone(aws: StubbedAws) -> None:
    step = Step("rest-undeploy", "", "", "eu-central-1", {"api_id": "abcd", "stage": "live"})
    aws.answer("apigateway", "get_stage", {"stageName": "live", "deploymentId": "d9"})
    aws.answer("apigateway", "get_deployment", {"id": "d9", "description": "Release 7"})
    assert STEP_RUNS[step.action].do(step, _running(aws, {})) == {}


def test_an_api_that_has_gone_needs_no_removal(aws: StubbedAws) -> None:
    values = {"path": "/x", "httpMethod": "GET", "uri": URI}
    step = SOURCE.remove(Trigger(SourceKind("rest-api"), API_ARN, "x", "", "GET /x", values=values))[0]
    for _ in range(2):
        aws.refuse(
            "apigateway", "get_resources", "NotFoundException", "Invalid API identifier specified", 404
        )
    assert STEP_RUNS[step.action].do(step, _running(aws, {})) == {}
    deploy = SOURCE.plan(_add(), THERE)[-1]
    assert STEP_RUNS[deploy.action].do(deploy, _running(aws, {})) == {}


def test_it_explains_itself() -> None:
    explained = SOURCE.explain(Trigger(SourceKind("rest-api"), API_ARN, "GET /x of shop"), seen())
    assert explained.model == "Push, synchronous"
    assert "apigateway.amazonaws.com" in explained.authorises
