"""HTTP APIs: what is checked and planned, and AWS's own refusals through the Stubber."""

from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Hurried
from tests.triggers.values import ACCOUNT, ARN, detail, seen
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.api import execute_arn, integrated_function, sample_path
from workbench.triggers.kinds.http_api import HttpApiSource, ObservedHttpApi, Route
from workbench.triggers.model import Condition, Grant, Link, SourceKind, Trigger, TriggerSpec
from workbench.triggers.steps import Running

SOURCE = HttpApiSource()
API_ARN = "arn:aws:apigateway:eu-west-1::/apis/abcd"
NOTHING = ObservedHttpApi()
THERE = ObservedHttpApi("abcd", "shop", "HTTP", (Route("r1", "GET /old", "integrations/i1", ARN),))
SIGNED = {"AuthorizationType": "AWS_IAM"}


def _new(**values: Any) -> TriggerSpec:
    return TriggerSpec(SourceKind("http-api"), "", detail(), values={"Name": "shop", **SIGNED, **values})


def _add(**values: Any) -> TriggerSpec:
    return TriggerSpec(
        SourceKind("http-api"), API_ARN, detail(), values={"RouteKey": "GET /x", **SIGNED, **values}
    )


def _grant(region: str) -> Grant:
    arn = f"arn:aws:execute-api:{region}:{ACCOUNT}:abcd/*/GET/x"
    condition = Condition("ArnLike", "aws:sourcearn", (arn,))
    principal = "apigateway.amazonaws.com"
    action = "lambda:InvokeFunction"
    return Grant("s", principal, "apigateway", action, arn, "", "", False, "", (condition,))


def _ids(spec: TriggerSpec, there: ObservedHttpApi, **function: Any) -> list[str]:
    return [each.check_id for each in SOURCE.check(spec, there, seen(**function))]


@pytest.mark.parametrize(
    ("check_id", "fires", "does_not"),
    [
        ("API-NOAUTH", (_new(AuthorizationType="NONE"), NOTHING), (_new(), NOTHING)),
        (
            "API-TIMEOUT",
            (replace(_new(), function=detail(Timeout=31)), NOTHING),
            (replace(_new(), function=detail(Timeout=30)), NOTHING),
        ),
        ("API-TIMEOUT", (_new(TimeoutInMillis=2999), NOTHING), (_new(TimeoutInMillis=3000), NOTHING)),
        ("API-UNDEPLOYED", (_add(), replace(THERE, deploys_itself=False)), (_add(), THERE)),
        ("API-KIND", (_add(), replace(THERE, protocol="WEBSOCKET")), (_add(), THERE)),
        ("API-ROUTE", (_add(RouteKey="GET /old"), THERE), (_add(RouteKey="POST /old"), THERE)),
        ("API-ROUTE", (_new(RouteKey="get orders"), NOTHING), (_new(RouteKey="$default"), NOTHING)),
        (
            "API-AUTHORIZER",
            (_new(AuthorizationType="JWT"), NOTHING),
            (_new(AuthorizationType="JWT", AuthorizerId="a1"), NOTHING),
        ),
        ("PARAM-RANGE", (_new(TimeoutInMillis=30001), NOTHING), (_new(TimeoutInMillis=30000), NOTHING)),
    ],
)
def test_a_check_fires_where_it_should_and_nowhere_else(
    check_id: str, fires: tuple[TriggerSpec, ObservedHttpApi], does_not: tuple[TriggerSpec, ObservedHttpApi]
) -> None:
    assert _ids(*fires) == [check_id]
    assert _ids(*does_not) == []


def test_a_statement_with_the_apis_region_lets_nothing_through_and_is_mended() -> None:
    (finding,) = SOURCE.check(_add(), THERE, seen(grants=(_grant("eu-west-1"),)))
    assert finding.check_id == "API-SRCARN-REGION"
    ((step,),) = [fix.steps for fix in finding.fixes]
    assert step.args["source_arn"].startswith(f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abcd/")
    assert _ids(_add(), THERE, grants=(_grant("us-east-1"),)) == []


@pytest.mark.parametrize(
    ("route", "rest"),
    [
        (("GET", "/orders/{id}"), "GET/orders/*"),
        (("ANY", "/{proxy+}"), "*/*"),
        (("$default", ""), "$default"),
        (("POST", "/"), "POST/"),
    ],
)
def test_what_aws_names_as_source_has_the_functions_region(route: tuple[str, str], rest: str) -> None:
    assert execute_arn(ARN, "abcd", *route) == f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abcd/*/{rest}"


@pytest.mark.parametrize(
    ("uri", "function"),
    [
        (ARN, ARN),
        (
            f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ARN}:prod/invocations",
            f"{ARN}:prod",
        ),
        ("https://example.com", ""),
        ("arn:aws:lambda:us-east-1:111111111111:function:${stageVariables.f}", ""),
    ],
)
def test_the_function_is_read_from_an_integration(uri: str, function: str) -> None:
    assert integrated_function(uri) == function
    assert sample_path("/a/{b}/{c+}") == "/a/workbench/workbench"


def _api(**more: Any) -> dict[str, Any]:
    expression = "$request.method $request.path"
    known = {"ApiId": "abcd", "Name": "shop", "ProtocolType": "HTTP", "RouteSelectionExpression": expression}
    return {**known, "ApiEndpoint": "https://abcd.execute-api.eu-central-1.amazonaws.com", **more}


def _find(aws: StubbedAws, route: dict[str, Any], **integration: Any) -> Trigger:
    socket = _api(ProtocolType="WEBSOCKET", ApiId="ws")
    aws.answer("apigatewayv2", "get_apis", {"Items": [socket, _api()]})
    answer = {"IntegrationId": "i1", "IntegrationUri": ARN, **integration}
    aws.answer("apigatewayv2", "get_integrations", {"Items": [answer]}, {"ApiId": "abcd"})
    mine = {"RouteId": "r1", "Target": "integrations/i1", **route}
    theirs = {"RouteId": "r2", "RouteKey": "GET /else", "Target": "integrations/i2"}
    aws.answer("apigatewayv2", "get_routes", {"Items": [theirs, mine]}, {"ApiId": "abcd"})
    (trigger,) = SOURCE.find(aws.connection, seen(grants=()), (), JobContext())
    return trigger


def test_a_route_without_a_statement_is_found_and_classed(aws: StubbedAws) -> None:
    trigger = _find(aws, {"RouteKey": "GET /x"})
    assert (trigger.name, trigger.link) == ("GET /x of shop", Link.MISSING_PERMISSION)
    event = SOURCE.test_event(trigger, "m")
    assert event is not None
    assert event.steps[0].args["url"].endswith("amazonaws.com/x?workbench=m")


def test_a_route_that_calls_with_a_role_of_its_own_needs_no_statement(aws: StubbedAws) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/api"
    trigger = _find(aws, {"RouteKey": "$default", "AuthorizationType": "JWT"}, CredentialsArn=role)
    assert trigger.link is Link.LINKED
    assert SOURCE.test_event(trigger, "m") is None


def _running(aws: StubbedAws, noted: dict[str, Any]) -> Running:
    earlier = {"http-integration": {"integration_id": "i9"}}
    return Running(aws.connection, Hurried(), noted.update, earlier)


def test_a_route_that_somebody_made_meanwhile_is_neither_taken_nor_deleted(aws: StubbedAws) -> None:
    step = SOURCE.plan(_add(), THERE)[1]
    theirs = {"RouteId": "r2", "RouteKey": "GET /x", "Target": "integrations/i2"}
    aws.answer("apigatewayv2", "get_routes", {"Items": [theirs]})
    noted: dict[str, Any] = {}
    with pytest.raises(WorkbenchError, match="Another route with this key"):
        STEP_RUNS[step.action].do(step, _running(aws, noted))
    STEP_RUNS[step.action].undo(step, noted, _running(aws, noted))


def test_an_integration_that_serves_other_routes_stays(aws: StubbedAws) -> None:
    values = {"RouteKey": "GET /x", "Target": "integrations/i1"}
    step = SOURCE.remove(Trigger(SourceKind("http-api"), API_ARN, "x", "", "r1", values=values))[0]
    mine = {"RouteId": "r1", "RouteKey": "GET /x", "Target": "integrations/i1"}
    other = {"RouteId": "r2", "RouteKey": "GET /y", "Target": "integrations/i1"}
    aws.answer("apigatewayv2", "get_routes", {"Items": [mine, other]})
    aws.answer("apigatewayv2", "delete_route", {}, {"ApiId": "abcd", "RouteId": "r1"})
    facts = STEP_RUNS[step.action].do(step, _running(aws, {}))
    assert facts["integration"] == {}


def test_an_api_that_has_gone_needs_no_removal(aws: StubbedAws) -> None:
    values = {"RouteKey": "GET /x", "Target": "integrations/i1"}
    step = SOURCE.remove(Trigger(SourceKind("http-api"), API_ARN, "x", "", "r1", values=values))[0]
    aws.refuse("apigatewayv2", "get_routes", "NotFoundException", "Invalid API identifier specified", 404)
    assert STEP_RUNS[step.action].do(step, _running(aws, {})) == {}


def test_it_explains_itself() -> None:
    explained = SOURCE.explain(Trigger(SourceKind("http-api"), API_ARN, "GET /x of shop"), seen())
    assert explained.model == "Push, synchronous"
    assert "apigateway.amazonaws.com" in explained.authorises
