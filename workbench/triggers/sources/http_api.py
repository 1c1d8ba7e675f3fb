"""HTTP APIs of Amazon API Gateway: a new one with one route, or a route added to one that exists."""

from collections.abc import Iterator
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding
from workbench.triggers.ledgers import BY_POLICY, SYNC, sync_ledger, upstream_ledger
from workbench.triggers.model import (
    Candidate,
    FunctionSeen,
    SourceKind,
    TestEvent,
    Trigger,
    WantedGrant,
    Wiring,
)
from workbench.triggers.parameter import Parameter
from workbench.triggers.sources import http_api_plan
from workbench.triggers.sources.api import (
    AUTHORIZATION,
    ENDPOINT,
    MADE,
    NO_AUTH,
    PRINCIPAL,
    api_id,
    candidate,
    execute_arn,
    integrated_function,
    is_made,
    management_arn,
    no_such_api,
    try_route,
)
from workbench.triggers.sources.api_elsewhere import HTTP, apis_elsewhere
from workbench.triggers.sources.http_api_checks import (
    AUTHORIZER,
    NAME,
    PAYLOAD,
    ROUTE_KEY,
    TIMEOUT,
    HttpSeen,
    Route,
    check_http,
    http_parameters,
    method_and_path,
)
from workbench.triggers.sources.http_api_plan import TARGET
from workbench.triggers.sources.links import linked
from workbench.triggers.sources.source import Source
from workbench.triggers.step import Step
from workbench.triggers.steps.http_api import (
    TAG,
    listed,
)

_SERVICE = "apigatewayv2"


class HttpApiSource(Source[HttpSeen]):
    """A route of an HTTP API."""

    kind = SourceKind.HTTP_API
    title = "Amazon API Gateway, HTTP API"
    makes_its_source = True

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The region's HTTP APIs, to which a route may be added. Raises WorkbenchError, Cancelled."""
        for api in listed(connection, "get_apis", "Could not list the HTTP APIs.", ctx):
            if api.get("ProtocolType") == "HTTP":
                yield candidate(self.kind, connection, f"/apis/{api['ApiId']}", str(api["Name"]))

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """Name, route, authorization, payload, timeout."""
        return http_parameters(wiring)

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> HttpSeen:
        """Reads the API's routes, integrations and stages. Raises WorkbenchError."""
        ctx.check()
        if not wiring.source_arn:
            return HttpSeen()
        of_api, failure = api_id(wiring.source_arn), "Could not read the API."
        api = find(connection, "get_api", failure, service=_SERVICE, ApiId=of_api)
        if not api:
            raise no_such_api(of_api, connection.region, "HTTP API")
        stages = listed(connection, "get_stages", failure, ctx, ApiId=of_api)
        routes = tuple(route for route, _, _ in _routes(connection, of_api, ctx))
        deploys = any(stage.get("AutoDeploy") for stage in stages)
        return HttpSeen(of_api, str(api["Name"]), str(api["ProtocolType"]), routes, deploys)

    def check(self, wiring: Wiring, seen: HttpSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        """Checks API-SRCARN-REGION, API-UNDEPLOYED, API-TIMEOUT, API-NOAUTH: see http_api_checks.py."""
        return check_http(wiring, seen, function, self.grants(wiring, seen))

    def grants(self, wiring: Wiring, seen: HttpSeen) -> tuple[WantedGrant, ...]:
        """One; of an API that is not made yet it is a step of the plan."""
        return (http_api_plan.grant_of(wiring, seen.api_id),) if wiring.source_arn else ()

    def plan(self, wiring: Wiring, seen: HttpSeen, function: FunctionSeen) -> tuple[Step, ...]:
        """Integration and route; before them a new API, after them its stage and its statement."""
        return http_api_plan.plan_http(wiring, seen)

    def find(
        self, connection: Connection, function: FunctionSeen, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The routes of HTTP APIs that run the function; also of regions to which a statement leads.

        Raises:
            WorkbenchError: The region's own cannot be read.
            Cancelled: Between calls.
        """
        apis = [
            (connection, api) for api in listed(connection, "get_apis", "Could not list the HTTP APIs.", ctx)
        ]
        here = {str(api["ApiId"]) for _, api in apis}
        apis += apis_elsewhere(connection, HTTP, hints, here, ctx)
        return tuple(
            _trigger(there.region, api, *each, function)
            for there, api in apis
            if api.get("ProtocolType") == "HTTP"
            for each in _routes(there, str(api["ApiId"]), ctx, function.arns)
        )

    def update(self, trigger: Trigger, wiring: Wiring, seen: HttpSeen) -> tuple[Step, ...]:
        """Authorization, payload and timeout; the key stays."""
        return http_api_plan.change_http(trigger, wiring)

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Route and our integration; an API that wiring made goes with its last route."""
        return http_api_plan.remove_http(trigger)

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        """A request to the route; none where an authorizer wants a token."""
        method, path = method_and_path(str(trigger.values.get(ROUTE_KEY)))
        return try_route(trigger, method, path, trigger.values.get(AUTHORIZATION, NO_AUTH), mark)

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """One request, one invocation."""
        return Explanation(
            SYNC,
            "None: each request is a separate invocation.",
            upstream_ledger(self.kind),
            sync_ledger(),
            "They are returned to the caller: a function error is HTTP 500, a timeout is HTTP 503.",
            BY_POLICY.format(principal=PRINCIPAL),
            ("Caller", f"Route {trigger.name}", function.detail.function_name, "Caller"),
            "The Sandbox serves the API under its own address, and does not check the function's policy.",
        )


def _routes(
    connection: Connection, of_api: str, ctx: JobContext, running: tuple[str, ...] = ()
) -> list[tuple[Route, dict[str, Any], dict[str, Any]]]:
    """The routes of an API, each with AWS's answers of it and of its integration.

    Args:
        connection: In the API's region.
        of_api: Its id.
        ctx: The job.
        running: Only those that run one of these functions; empty for all.
    """
    failure = f"Could not read the routes of the API {of_api}."
    integrations = {
        f"integrations/{each['IntegrationId']}": each
        for each in listed(connection, "get_integrations", failure, ctx, ApiId=of_api)
    }
    functions = {target: _function(each) for target, each in integrations.items()}
    if running and not set(running) & set(functions.values()):
        return []
    found = []
    for each in listed(connection, "get_routes", failure, ctx, ApiId=of_api):
        target = str(each.get("Target") or "")
        arn = functions.get(target, "")
        route = Route(str(each["RouteId"]), str(each["RouteKey"]), target, arn)
        if not running or arn in running:
            found.append((route, each, integrations.get(target, {})))
    return found


def _function(integration: dict[str, Any]) -> str:
    return integrated_function(str(integration.get("IntegrationUri") or ""))


def _trigger(
    region: str,
    api: dict[str, Any],
    route: Route,
    answer: dict[str, Any],
    integration: dict[str, Any],
    function: FunctionSeen,
) -> Trigger:
    arn, of_api = function.arns[0], str(api["ApiId"])
    values = {
        NAME: str(api["Name"]),
        ROUTE_KEY: route.key,
        AUTHORIZATION: str(answer.get("AuthorizationType") or NO_AUTH),
        PAYLOAD: str(integration.get("PayloadFormatVersion") or "2.0"),
        TIMEOUT: integration.get("TimeoutInMillis"),
        TARGET: route.target,
        ENDPOINT: str(api.get("ApiEndpoint") or ""),
        MADE: is_made(api.get("Tags"), TAG) or None,
    }
    if authorizer := answer.get("AuthorizerId"):
        values[AUTHORIZER] = str(authorizer)
    trigger = Trigger(
        SourceKind.HTTP_API,
        management_arn(arn, region, f"/apis/{of_api}"),
        f"{route.key} of {api['Name']}",
        route.function_arn[len(arn) :].removeprefix(":"),
        route.route_id,
        values={key: value for key, value in values.items() if value is not None},
    )
    wanted = WantedGrant(PRINCIPAL, execute_arn(arn, of_api, *method_and_path(route.key)))
    return linked(trigger, [] if integration.get("CredentialsArn") else [wanted], function)
