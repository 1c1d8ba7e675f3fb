"""The steps of HTTP APIs. Pure but for a token."""

import secrets
from typing import Any

from workbench.triggers.model import Place, SourceKind, Trigger, WantedGrant, Wiring
from workbench.triggers.sources.api import AUTHORIZATION, MADE, PRINCIPAL, api_id, execute_arn
from workbench.triggers.sources.http_api_checks import (
    AUTHORIZER,
    DEFAULT_ROUTE,
    NAME,
    PAYLOAD,
    ROUTE_KEY,
    TIMEOUT,
    HttpSeen,
    filled,
    method_and_path,
)
from workbench.triggers.step import Step
from workbench.triggers.steps.http_api import (
    HTTP_API,
    HTTP_API_DELETE,
    HTTP_CHANGE,
    HTTP_INTEGRATION,
    HTTP_REMOVE,
    HTTP_ROUTE,
    HTTP_STAGE,
)
from workbench.triggers.steps.late_grant import API_ID, late_grant_step

TARGET = "Target"
"""Not of a form: the integration that a found route leads to."""


def plan_http(wiring: Wiring, seen: HttpSeen) -> tuple[Step, ...]:
    """Integration and route; before them a new API, after them its statement and its stage."""
    values, place = filled(wiring.values), _region(wiring)
    # Random, since two plans may be alike: after a crash it tells what this one has made already.
    token, key = secrets.token_hex(8), str(values[ROUTE_KEY])
    of_api = {"api_id": seen.api_id}
    integration = {
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": wiring.target_arn,
        "IntegrationMethod": "POST",
        **_integration(values),
    }
    args = {**of_api, "integration": integration, "token": token}
    title = f"Allow the API to invoke {wiring.target_arn.split(':', 6)[6]}"
    undo = "Delete the integration"
    steps = (
        Step(HTTP_INTEGRATION, title, "apigatewayv2:CreateIntegration", place, args, undo),
        Step(
            HTTP_ROUTE,
            f"Create the route {key}",
            "apigatewayv2:CreateRoute",
            place,
            {**of_api, "route": {ROUTE_KEY: key, **_route(values)}},
            "Delete the route",
        ),
    )
    return steps if wiring.source_arn else _around(wiring, token, steps)


def change_http(trigger: Trigger, wiring: Wiring) -> tuple[Step, ...]:
    """What differs of a route and its integration."""
    after, before = filled(wiring.values), filled(trigger.values)
    args = {
        "api_id": api_id(trigger.source_arn),
        "route_id": trigger.identity,
        "integration_id": str(trigger.values.get(TARGET)).rpartition("/")[2],
        "after": _both(after, before),
        "before": _both(before, after),
    }
    if not any(_both(after, before).values()):
        return ()
    title, undo = f"Change the route {trigger.values.get(ROUTE_KEY)}", "Restore the previous settings"
    calls = "apigatewayv2:UpdateIntegration, apigatewayv2:UpdateRoute"
    return (Step(HTTP_CHANGE, title, calls, _region(wiring), args, undo),)


def remove_http(trigger: Trigger) -> tuple[Step, ...]:
    """The route, our integration, and an API that wiring made."""
    of_api, key = api_id(trigger.source_arn), str(trigger.values.get(ROUTE_KEY))
    region = Place.of(trigger.source_arn).region
    args = {"api_id": of_api, "route_key": key, "target": trigger.values.get(TARGET)}
    calls = "apigatewayv2:DeleteRoute, apigatewayv2:DeleteIntegration"
    undo = "Create the route again"
    steps = (Step(HTTP_REMOVE, f"Delete the route {key} and its integration", calls, region, args, undo),)
    if not trigger.values.get(MADE):
        return steps
    title = "Delete the API, which was created for this trigger, if it has no more routes"
    delete = Step(HTTP_API_DELETE, title, "apigatewayv2:DeleteApi", region, {"api_id": of_api})
    return (*steps, delete)


def _around(wiring: Wiring, token: str, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    name, region = str(wiring.values.get(NAME) or ""), wiring.function.region
    args = {"name": name, "token": token}
    api = Step(
        HTTP_API, f"Create the HTTP API {name}", "apigatewayv2:CreateApi", region, args, "Delete the API"
    )
    stage_args = {"api_id": "", "stage": DEFAULT_ROUTE}
    title = "Create its stage $default with automatic deployment"
    stage = Step(HTTP_STAGE, title, "apigatewayv2:CreateStage", region, stage_args, "Delete the stage")
    arn, wanted = wiring.function.function_arn, grant_of(wiring, API_ID)
    return (api, *steps, late_grant_step(SourceKind.HTTP_API, wanted, arn, wiring.qualifier, HTTP_API), stage)


def _region(wiring: Wiring) -> str:
    return Place.of(wiring.source_arn or wiring.function.function_arn).region


def grant_of(wiring: Wiring, of_api: str) -> WantedGrant:
    """The statement for a route of an API."""
    key = str(filled(wiring.values)[ROUTE_KEY])
    return WantedGrant(PRINCIPAL, execute_arn(wiring.function.function_arn, of_api, *method_and_path(key)))


def _integration(values: Any) -> dict[str, Any]:
    return {PAYLOAD: values[PAYLOAD], TIMEOUT: values[TIMEOUT]}


def _route(values: Any) -> dict[str, Any]:
    authorizer = {AUTHORIZER: values[AUTHORIZER]} if values.get(AUTHORIZER) else {}
    return {AUTHORIZATION: values[AUTHORIZATION], **authorizer}


def _both(wanted: Any, other: Any) -> dict[str, dict[str, Any]]:
    """What differs of the two."""
    route, integration = _route(wanted), _integration(wanted)
    return {
        "route": route if route != _route(other) else {},
        "integration": integration if integration != _integration(other) else {},
    }
