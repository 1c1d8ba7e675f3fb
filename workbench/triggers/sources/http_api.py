"""HTTP APIs of Amazon API Gateway: a new one with one route, or a route added to one that exists."""

from collections.abc import Iterator
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding
from workbench.triggers.ledgers import BY_POLICY, SYNC, sync_ledger, upstream_ledger
from workbench.triggers.model import (
    Candidate,
    FunctionSeen,
    Place,
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
    BY_IAM,
    ENDPOINT,
    MADE,
    NO_AUTH,
    PRINCIPAL,
    api_id,
    execute_arn,
    integrated_function,
    is_made,
    management_arn,
    sample_path,
)
from workbench.triggers.sources.http_api_checks import (
    AUTHORIZER,
    DEFAULT_ROUTE,
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
from workbench.triggers.steps.https_call import https_call

_SERVICE = "apigatewayv2"


class HttpApiSource(Source[HttpSeen]):
    """A route of an HTTP API."""

    kind = SourceKind.HTTP_API
    title = "Amazon API Gateway, HTTP API"
    makes_its_source = True

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The region's HTTP APIs, to which a route may be added. Raises WorkbenchError, Cancelled."""
        partition = Place.of(connection.arn).partition if connection.arn else "aws"
        for api in listed(connection, "get_apis", "list the HTTP APIs", ctx):
            if api.get("ProtocolType") == "HTTP":
                arn = f"arn:{partition}:apigateway:{connection.region}::/apis/{api['ApiId']}"
                place = Place(partition, connection.region, connection.account_id)
                yield Candidate(self.kind, arn, str(api["Name"]), place, str(api["ApiId"]))

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """Name, route, authorization, payload, timeout."""
        return http_parameters(wiring)

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> HttpSeen:
        """Reads the API's routes, integrations and stages. Raises WorkbenchError."""
        ctx.check()
        if not wiring.source_arn:
            return HttpSeen()
        of_api, doing = api_id(wiring.source_arn), "read the API"
        api = find(connection, "get_api", doing, service=_SERVICE, ApiId=of_api)
        if not api:
            raise WorkbenchError(
                f"The API {of_api} cannot be wired.",
                f"{connection.region} has no such HTTP API.",
                "Choose another one, or make a new API.",
                aws_code="NotFoundException",
            )
        stages = listed(connection, "get_stages", doing, ctx, ApiId=of_api)
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
        """The routes of the region's HTTP APIs that run the function. Raises WorkbenchError.

        A statement names the function's region even for an API elsewhere, so those cannot be looked for.
        """
        found: list[Trigger] = []
        for api in listed(connection, "get_apis", "list the HTTP APIs", ctx):
            if api.get("ProtocolType") != "HTTP":
                continue
            of_api = str(api["ApiId"])
            for route, answer, integration in _routes(connection, of_api, ctx):
                if route.function_arn in function.arns:
                    found.append(_trigger(connection.region, api, route, answer, integration, function))
        return tuple(found)

    def update(self, trigger: Trigger, wiring: Wiring, seen: HttpSeen) -> tuple[Step, ...]:
        """Authorization, payload and timeout; the key stays."""
        return http_api_plan.change_http(trigger, wiring)

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Route and our integration; an API that wiring made goes with its last route."""
        return http_api_plan.remove_http(trigger)

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        """A request to the route; none where an authorizer wants a token."""
        authorization = trigger.values.get(AUTHORIZATION, NO_AUTH)
        endpoint = str(trigger.values.get(ENDPOINT) or "")
        if authorization not in (NO_AUTH, BY_IAM) or not endpoint:
            return None
        method, path = method_and_path(str(trigger.values.get(ROUTE_KEY)))
        verb = "POST" if method in ("ANY", DEFAULT_ROUTE) else method
        url = f"{endpoint}{sample_path(path) or '/'}?workbench={mark}"
        sign_for = "execute-api" if authorization == BY_IAM else ""
        region = Place.of(trigger.source_arn).region
        step = https_call(url, mark, region, method=verb, sign_for=sign_for)
        return TestEvent(f"Sends a {verb} to {url}.", (step,), mark)

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """One request, one invocation."""
        return Explanation(
            SYNC,
            "None: each request is an invocation of its own.",
            upstream_ledger(self.kind),
            sync_ledger(),
            "With the caller: an error of the function is HTTP 500, a late answer 503.",
            BY_POLICY.format(principal=PRINCIPAL),
            ("Caller", f"Route {trigger.name}", function.detail.function_name, "Caller"),
            "The Sandbox answers below its own address, and without looking at the function's policy.",
        )


def _routes(
    connection: Connection, of_api: str, ctx: JobContext
) -> list[tuple[Route, dict[str, Any], dict[str, Any]]]:
    """The routes of an API, each with AWS's answers of it and of its integration."""
    doing = f"read the routes of the API {of_api}"
    integrations = {
        f"integrations/{each['IntegrationId']}": each
        for each in listed(connection, "get_integrations", doing, ctx, ApiId=of_api)
    }
    found = []
    for each in listed(connection, "get_routes", doing, ctx, ApiId=of_api):
        integration = integrations.get(str(each.get("Target")), {})
        arn = integrated_function(str(integration.get("IntegrationUri") or ""))
        route = Route(str(each["RouteId"]), str(each["RouteKey"]), str(each.get("Target") or ""), arn)
        found.append((route, each, integration))
    return found


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
        MADE: is_made(api.get("Tags"), TAG),
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
