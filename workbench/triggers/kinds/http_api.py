"""Creates and deletes HTTP APIs, their routes and integrations.

CreateApi and CreateIntegration create another resource at each call, so each is marked with a token by which
it is found after a crash. Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/
"""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import number_limit
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import find
from workbench.triggers.grants import API_ID, late_grant_step
from workbench.triggers.kinds.api import (
    AUTHORIZATION,
    BUSY,
    ENDPOINT,
    HTTP,
    MADE,
    METHODS,
    NO_AUTH,
    PRINCIPAL,
    TAG,
    ApiSource,
    api_id,
    apis_in_other_regions,
    candidate,
    execute_arn,
    integrated_function,
    is_made,
    management_arn,
    no_auth,
    no_such_api,
    only,
    region_of,
    source_arn_region,
    timeout,
    try_route,
)
from workbench.triggers.kinds.source import (
    BY_POLICY,
    explain_request,
    linked,
)
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Finding,
    Findings,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Values,
    Verdict,
    WantedGrant,
    block,
    open_fix,
    warn,
)
from workbench.triggers.parameter import Entry, Parameter, check_values, choice_parameter, number_parameter
from workbench.triggers.steps import (
    Args,
    Ensure,
    Once,
    Resource,
    Running,
    State,
    Step,
    StepRun,
    contains,
    ensure_created,
)
from workbench.triggers.test_events import NO_TEXTS, TestEvent

HTTP_API, HTTP_INTEGRATION, HTTP_ROUTE = "http-api", "http-integration", "http-route"
HTTP_STAGE, HTTP_CHANGE = "http-stage", "http-change"
HTTP_REMOVE, HTTP_API_DELETE = "http-remove", "http-api-delete"
OWN = "Made by Workbench: "
"""Prefix of the description of our integrations; a token follows."""
_SERVICE = "apigatewayv2"
_INTEGRATION_MEMBERS = (
    "IntegrationType",
    "IntegrationUri",
    "IntegrationMethod",
    "PayloadFormatVersion",
    "TimeoutInMillis",
    "Description",
    "CredentialsArn",
    "RequestParameters",
    "ResponseParameters",
)
_ROUTE_MEMBERS = ("RouteKey", "AuthorizationType", "AuthorizerId", "AuthorizationScopes", "OperationName")


def listed(
    connection: Any, method: str, failure: str, ctx: JobContext, **request: Any
) -> list[dict[str, Any]]:
    """All items of a listing of the service. Raises WorkbenchError, Cancelled."""
    pages = connection.paginate(_SERVICE, method, ctx=ctx, failure=failure, **request)
    return [each for page in pages for each in page.get("Items") or ()]


def _read_api(args: Args, running: Running) -> dict[str, str] | None:
    apis = running.listed(_SERVICE, "get_apis", _("Could not find the API."), "Items")
    found = next((each for each in apis if (each.get("Tags") or {}).get(TAG) == args["token"]), None)
    return {"api_id": str(found["ApiId"])} if found else None


def _create_api(args: Args, running: Running, *__: State) -> State:
    name, tags = args["name"], {TAG: args["token"]}
    failure = _("Could not create the API {name}.").format(name=name)
    request = {"Name": name, "ProtocolType": "HTTP", "Tags": tags}
    return {"api_id": str(running.call(_SERVICE, "create_api", failure, BUSY, **request)["ApiId"])}


def _delete_made_api(args: Args, running: Running, present: State) -> None:
    failure = _("Could not delete the API {api}.").format(api=args["name"])
    running.find(_SERVICE, "delete_api", failure, BUSY, ApiId=present["api_id"])


def _read_integration(args: Args, running: Running) -> dict[str, str] | None:
    of_api, mine = _api_of(args, running), OWN + args["token"]
    found = _items(running, "get_integrations", _("Could not find the integration."), of_api)
    ids = (str(each["IntegrationId"]) for each in found if each.get("Description") == mine)
    return next(({"integration_id": each, "api_id": of_api} for each in ids), None)


def _create_integration(args: Args, running: Running, *__: State) -> State:
    of_api = _api_of(args, running)
    request = {**args["integration"], "Description": OWN + args["token"], "ApiId": of_api}
    failure = _("Could not create the API's integration.")
    answer = running.call(_SERVICE, "create_integration", failure, BUSY, **request)
    return {"integration_id": str(answer["IntegrationId"]), "api_id": of_api}


def _delete_integration(_args: Args, running: Running, present: State) -> None:
    request = {"ApiId": present["api_id"], "IntegrationId": present["integration_id"]}
    failure = _("Could not delete the API's integration.")
    running.find(_SERVICE, "delete_integration", failure, BUSY, **request)


def _read_route(args: Args, running: Running) -> dict[str, str] | None:
    of_api = _api_of(args, running)
    key = args["route"]["RouteKey"]
    routes = _items(running, "get_routes", _("Could not find the route {key}.").format(key=key), of_api)
    found = next((each for each in routes if each["RouteKey"] == key), None)
    if found is None:
        return None
    return {"route_id": str(found["RouteId"]), "api_id": of_api, "target": str(found.get("Target"))}


def _wanted_route(args: Args, running: Running, present: State) -> dict[str, str]:
    """The route to the new integration. Raises WorkbenchError if another route has its key."""
    target = f"integrations/{running.earlier[HTTP_INTEGRATION]['integration_id']}"
    if present and present["target"] != target:
        raise WorkbenchError(
            _("Could not create the route {route}.").format(route=args["route"]["RouteKey"]),
            _("Another route with this key was created in the meantime."),
            _("Choose another route key."),
            aws_code="ConflictException",
        )
    return {"target": target}


def _create_route(args: Args, running: Running, state: State, _present: State) -> State:
    of_api, route = _api_of(args, running), args["route"]
    failure = _("Could not create the route {route}.").format(route=route["RouteKey"])
    request = {"ApiId": of_api, "Target": state["target"], **route}
    answer = running.call(_SERVICE, "create_route", failure, BUSY, **request)
    return {"route_id": str(answer["RouteId"]), "api_id": of_api, **state}


def _delete_route(args: Args, running: Running, present: State) -> None:
    request = {"ApiId": present["api_id"], "RouteId": present["route_id"]}
    failure = _("Could not delete the route {route}.").format(route=args["route"]["RouteKey"])
    running.find(_SERVICE, "delete_route", failure, BUSY, **request)


def _create_stage(args: Args, running: Running) -> Facts:
    """Creates the stage of a new API, which deploys automatically and is deleted with its API."""
    where = {"ApiId": _api_of(args, running), "StageName": args["stage"]}
    failure = _("Could not create the API's stage.")
    if not running.find(_SERVICE, "get_stage", failure, **where):
        running.call(_SERVICE, "create_stage", failure, BUSY, AutoDeploy=True, **where)
    return {"stage": args["stage"]}


def _change(args: Args, running: Running) -> Facts:
    """Changes a route and its integration. args: api_id, route_id, integration_id, after, before."""
    running.note({"begun": True})
    _set(args, running, args["after"])
    return {}


def _change_back(args: Args, facts: Facts, running: Running) -> None:
    if facts.get("begun"):
        _set(args, running, args["before"])


def _set(args: Args, running: Running, settings: Mapping[str, Any]) -> None:
    of_api, failure = args["api_id"], _("Could not change the API's route.")
    if settings["integration"]:
        request = {"ApiId": of_api, "IntegrationId": args["integration_id"], **settings["integration"]}
        running.call(_SERVICE, "update_integration", failure, BUSY, **request)
    if settings["route"]:
        request = {"ApiId": of_api, "RouteId": args["route_id"], **settings["route"]}
        running.call(_SERVICE, "update_route", failure, BUSY, **request)


def _read_connected(args: Args, running: Running) -> dict[str, Any] | None:
    """A route, with its integration if that is ours and serves no other route."""
    of_api, key = args["api_id"], args["route_key"]
    routes = _items(running, "get_routes", _("Could not find the route {key}.").format(key=key), of_api)
    route = next((each for each in routes if each["RouteKey"] == key), None)
    if route is None:
        return None
    target = str(route.get("Target"))
    integration: Mapping[str, Any] = {}
    if not any(each.get("Target") == target and each["RouteId"] != route["RouteId"] for each in routes):
        found = _items(running, "get_integrations", _("Could not find the integration."), of_api)
        ours = (each for each in found if str(each.get("Description") or "").startswith(OWN))
        integration = next((each for each in ours if target == f"integrations/{each['IntegrationId']}"), {})
    return {
        "route": only(route, _ROUTE_MEMBERS),
        "integration": only(integration, _INTEGRATION_MEMBERS),
        "target": target,
        "route_id": route["RouteId"],
    }


def _without_route(args: Args, _running: Running, present: State) -> State:
    """Keeps a route that calls something else by now."""
    return present if present and present["target"] != args["target"] else None


def _delete_connected(args: Args, running: Running, present: State) -> None:
    of_api, failure = args["api_id"], _("Could not delete the route {route}.").format(route=args["route_key"])
    running.find(_SERVICE, "delete_route", failure, BUSY, ApiId=of_api, RouteId=present["route_id"])
    if present["integration"]:
        request = {"ApiId": of_api, "IntegrationId": present["target"].rpartition("/")[2]}
        failure = _("Could not delete the API's integration.")
        running.find(_SERVICE, "delete_integration", failure, BUSY, **request)


def _create_connected(args: Args, running: Running, state: State, _present: State) -> None:
    """Creates both again, with new ids, unless the API does not exist."""
    of_api, target = args["api_id"], state.get("target")
    if not running.find(
        _SERVICE, "get_api", _("Could not read the API {of_api}.").format(of_api=of_api), ApiId=of_api
    ):
        return
    there = _items(running, "get_integrations", _("Could not find the integration."), of_api)
    if state["integration"] and all(f"integrations/{each['IntegrationId']}" != target for each in there):
        failure = _("Could not create the integration again.")
        request = {"ApiId": of_api, **state["integration"]}
        made = running.call(_SERVICE, "create_integration", failure, BUSY, **request)
        target = f"integrations/{made['IntegrationId']}"
    request = {"ApiId": of_api, "Target": target, **state["route"]}
    running.call(_SERVICE, "create_route", _("Could not create the route again."), BUSY, **request)


def _delete_api(args: Args, running: Running) -> Facts:
    """Deletes an API that Workbench created, unless others have added routes to it.

    There is no undo: a new API would have another address.
    """
    of_api = args["api_id"]
    if not _items(running, "get_routes", _("Could not list the API's routes."), of_api):
        running.find(_SERVICE, "delete_api", _("Could not delete the API."), BUSY, ApiId=of_api)
    return {}


def _api_of(args: Args, running: Running) -> str:
    """The API that the step names, or that an earlier step created."""
    return str(args["api_id"] or running.earlier[HTTP_API]["api_id"])


def _items(running: Running, method: str, failure: str, of_api: str) -> list[dict[str, Any]]:
    """The items of a listing; empty if the API does not exist."""
    try:
        return listed(running.connection, method, failure, running.ctx, ApiId=of_api)
    except WorkbenchError as error:
        if error.aws_code != "NotFoundException":
            raise
        return []


RUNS: Mapping[str, StepRun] = {
    HTTP_API: ensure_created(Resource(_read_api, _create_api, _delete_made_api, makes_another=True)),
    HTTP_INTEGRATION: ensure_created(
        Resource(_read_integration, _create_integration, _delete_integration, makes_another=True)
    ),
    HTTP_ROUTE: Ensure(
        Resource(_read_route, _create_route, _delete_route, makes_another=True),
        _wanted_route,
        same=contains,
        facts=lambda state: state,
    ),
    HTTP_STAGE: Once(_create_stage),
    HTTP_CHANGE: Once(_change, _change_back),
    HTTP_REMOVE: Ensure(
        Resource(_read_connected, _create_connected, _delete_connected), _without_route, noted=""
    ),
    HTTP_API_DELETE: Once(_delete_api),
}


NAME, _ROUTE_KEY, PAYLOAD, TIMEOUT = "Name", "RouteKey", "PayloadFormatVersion", "TimeoutInMillis"
AUTHORIZER = "AuthorizerId"
_DEFAULT_ROUTE = "$default"
_TIMEOUT = "IntegerWithLengthBetween50And30000"
_ROUTE = re.compile(rf"({'|'.join(METHODS)}) (/\S*)")


@dataclass(frozen=True, slots=True)
class Route:
    """A route of an API.

    Attributes:
        key: "GET /orders", "$default".
        target: "integrations/{id}".
        function_arn: The function of its integration; empty if it is something else.
    """

    route_id: str
    key: str
    target: str
    function_arn: str = ""


@dataclass(frozen=True, slots=True)
class ObservedHttpApi:
    """An API when it was read; empty fields for a new one.

    Attributes:
        protocol: "HTTP" or "WEBSOCKET".
        routes: All routes.
        deploys_itself: Whether a stage has AutoDeploy.
    """

    api_id: str = ""
    name: str = ""
    protocol: str = "HTTP"
    routes: Sequence[Route] = ()
    deploys_itself: bool = True


def _http_parameters(spec: TriggerSpec) -> tuple[Parameter, ...]:
    """The name of a new API, and the settings of the route and its integration."""
    name = Parameter(NAME, _("API name"), Entry.TEXT, required=True, minimum=1, maximum=128, create_only=True)
    return (
        *(() if spec.source_arn else (name,)),
        Parameter(
            _ROUTE_KEY,
            _("Route"),
            Entry.TEXT,
            _DEFAULT_ROUTE,
            required=True,
            create_only=True,
            help=_("GET /orders/{id}, ANY /orders; $default matches requests that no other route matches."),
        ),
        choice_parameter(
            AUTHORIZATION,
            _("Authorization"),
            NO_AUTH,
            service=_SERVICE,
            help=_(
                "NONE allows everyone; AWS_IAM requires signed requests; JWT and CUSTOM require an "
                "authorizer."
            ),
        ),
        Parameter(AUTHORIZER, _("Authorizer ID"), Entry.TEXT, advanced=True),
        Parameter(
            PAYLOAD,
            _("Payload format version"),
            Entry.CHOICE,
            "2.0",
            choices=("2.0", "1.0"),
            advanced=True,
            help=_("REST APIs use 1.0."),
        ),
        number_parameter(
            TIMEOUT, _("Timeout"), _longest_ms(), shape=_TIMEOUT, service=_SERVICE, unit="ms", advanced=True
        ),
    )


def _longest_ms() -> int | None:
    return number_limit(_TIMEOUT, _SERVICE).maximum


def filled(values: Values) -> Values:
    """Fills in AWS's defaults."""
    usual = {_ROUTE_KEY: _DEFAULT_ROUTE, AUTHORIZATION: NO_AUTH, PAYLOAD: "2.0", TIMEOUT: _longest_ms()}
    return usual | {key: value for key, value in values.items() if value not in (None, "")}


def _method_and_path(route_key: str) -> tuple[str, str]:
    """Splits "GET /orders"; the path of "$default" is empty."""
    method, __, path = route_key.partition(" ")
    return method, path


def _check_http(
    spec: TriggerSpec, observed: ObservedHttpApi, function: ObservedFunction, wanted: Sequence[WantedGrant]
) -> Findings:
    """Checks API-AUTHORIZER, -KIND, -NOAUTH, -ROUTE, -SRCARN-REGION, -TIMEOUT and -UNDEPLOYED."""
    values = filled(spec.values)
    found = list(check_values(_http_parameters(spec), values))
    if observed.protocol != "HTTP":
        what = _("{api} is a {protocol} API.").format(api=observed.name, protocol=observed.protocol)
        found.append(block("API-KIND", what, _("Only routes of HTTP APIs can be added here.")))
    if not spec.identity:
        found += _check_route(spec, observed, str(values[_ROUTE_KEY]))
    if values[AUTHORIZATION] in ("JWT", "CUSTOM") and not values.get(AUTHORIZER):
        what = _("The authorization type {values} needs an authorizer of the API.").format(
            values=values[AUTHORIZATION]
        )
        found.append(block("API-AUTHORIZER", what, _("AWS would reject the route.")))
    if not observed.deploys_itself:
        what = _("{api} has no stage with automatic deployment.").format(api=observed.name)
        why = _("The route becomes available when the API is deployed to a stage.")
        found.append(warn("API-UNDEPLOYED", what, why))
    if isinstance(limit_ms := values[TIMEOUT], int):
        found += timeout(spec, limit_ms)
    found += no_auth(spec, str(values[AUTHORIZATION]))
    return (*found, *source_arn_region(HttpApiSource.kind, spec, wanted, function))


def _check_route(spec: TriggerSpec, observed: ObservedHttpApi, key: str) -> Iterator[Finding]:
    if key != _DEFAULT_ROUTE and _ROUTE.fullmatch(key) is None:
        what = _("“{key}” is not a valid route.").format(key=key)
        why = _("Write a method ({names}), a space and a path, such as GET /orders; or $default.").format(
            names=", ".join(METHODS)
        )
        yield block("API-ROUTE", what, why)
        return
    there = next((each for each in observed.routes if each.key == key), None)
    if there is None:
        return
    what = _("{api} already has a route {key}.").format(api=observed.name, key=key)
    if there.function_arn == spec.target_arn:
        fix = open_fix(there.route_id)
        yield block("API-ROUTE", what, _("It invokes this function."), fix)
        return
    runs = integrated_function(there.function_arn) or _("a target other than a function")
    yield block("API-ROUTE", what, _("It invokes {runs}. Choose another route.").format(runs=runs))


TARGET = "Target"
"""Key of a value that no form shows: the integration of a discovered route."""


def _with_new_api(spec: TriggerSpec, token: str, steps: Steps) -> Steps:
    name, region = str(spec.values.get(NAME) or ""), spec.function.region
    args = {"name": name, "token": token}
    api = Step(
        HTTP_API,
        _("Create the HTTP API {name}").format(name=name),
        "apigatewayv2:CreateApi",
        region,
        args,
        _("Delete the API"),
    )
    stage_args = {"api_id": "", "stage": _DEFAULT_ROUTE}
    title = _("Create its stage $default with automatic deployment")
    stage = Step(HTTP_STAGE, title, "apigatewayv2:CreateStage", region, stage_args, _("Delete the stage"))
    arn, wanted = spec.function.function_arn, grant_of(spec, API_ID)
    return (
        api,
        *steps,
        late_grant_step(HttpApiSource.kind, wanted, arn, spec.qualifier, HTTP_API),
        stage,
    )


def grant_of(spec: TriggerSpec, of_api: str) -> WantedGrant:
    """The statement for a route of an API."""
    key = str(filled(spec.values)[_ROUTE_KEY])
    return WantedGrant(PRINCIPAL, execute_arn(spec.function.function_arn, of_api, *_method_and_path(key)))


def _integration(values: Any) -> dict[str, Any]:
    return {PAYLOAD: values[PAYLOAD], TIMEOUT: values[TIMEOUT]}


def _route(values: Any) -> dict[str, Any]:
    authorizer = {AUTHORIZER: values[AUTHORIZER]} if values.get(AUTHORIZER) else {}
    return {AUTHORIZATION: values[AUTHORIZATION], **authorizer}


def _both(wanted: Any, other: Any) -> dict[str, dict[str, Any]]:
    """The members in which the two differ."""
    route, integration = _route(wanted), _integration(wanted)
    return {
        "route": route if route != _route(other) else {},
        "integration": integration if integration != _integration(other) else {},
    }


class HttpApiSource(ApiSource[ObservedHttpApi]):
    """A route of an HTTP API."""

    kind = SourceKind("http-api")
    title = "API Gateway (HTTP)"
    description = _("Requests to an HTTP API's route.")
    rule = Rule(_("HTTP API"), _("Amazon API Gateway"), Model.PUSH_SYNC, region=Verdict.ALLOW)

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        for api in listed(connection, "get_apis", _("Could not list the HTTP APIs."), ctx):
            if api.get("ProtocolType") == "HTTP":
                yield candidate(self.kind, connection, f"/apis/{api['ApiId']}", str(api["Name"]))

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return _http_parameters(spec)

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedHttpApi:
        ctx.check()
        if not spec.source_arn:
            return ObservedHttpApi()
        of_api, failure = api_id(spec.source_arn), _("Could not read the API.")
        api = find(connection, "get_api", failure, service=_SERVICE, ApiId=of_api)
        if not api:
            raise no_such_api(of_api, connection.region, "HTTP API")
        stages = listed(connection, "get_stages", failure, ctx, ApiId=of_api)
        routes = tuple(route for route, __, __ in _routes(connection, of_api, ctx))
        deploys = any(stage.get("AutoDeploy") for stage in stages)
        return ObservedHttpApi(of_api, str(api["Name"]), str(api["ProtocolType"]), routes, deploys)

    def check(self, spec: TriggerSpec, observed: ObservedHttpApi, function: ObservedFunction) -> Findings:
        return _check_http(spec, observed, function, self.grants(spec, observed))

    def grants(self, spec: TriggerSpec, observed: ObservedHttpApi) -> tuple[WantedGrant, ...]:
        """One statement. For an API that does not exist yet, a step of the plan adds it."""
        return (grant_of(spec, observed.api_id),) if spec.source_arn else ()

    def plan(self, spec: TriggerSpec, observed: ObservedHttpApi) -> Steps:
        """Integration and route. A new API is created before them; its stage and statement follow."""
        values, location = filled(spec.values), region_of(spec)
        # Random, since two plans may be alike: after a crash it identifies what this plan created.
        token, key = secrets.token_hex(8), str(values[_ROUTE_KEY])
        of_api = {"api_id": observed.api_id}
        integration = {
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": spec.target_arn,
            "IntegrationMethod": "POST",
            **_integration(values),
        }
        args = {**of_api, "integration": integration, "token": token}
        title = _("Allow the API to invoke {function}").format(function=spec.target_name)
        undo = _("Delete the integration")
        steps = (
            Step(HTTP_INTEGRATION, title, "apigatewayv2:CreateIntegration", location, args, undo),
            Step(
                HTTP_ROUTE,
                _("Create the route {key}").format(key=key),
                "apigatewayv2:CreateRoute",
                location,
                {**of_api, "route": {_ROUTE_KEY: key, **_route(values)}},
                _("Delete the route"),
            ),
        )
        return steps if spec.source_arn else _with_new_api(spec, token, steps)

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The routes that run the function, including APIs of other regions that statements name.

        Raises:
            WorkbenchError: The APIs of the function's region could not be read.
        """
        apis = [
            (connection, api)
            for api in listed(connection, "get_apis", _("Could not list the HTTP APIs."), ctx)
        ]
        here = {str(api["ApiId"]) for __, api in apis}
        apis += apis_in_other_regions(connection, HTTP, hints, here, ctx)
        return tuple(
            _trigger(there.region, api, *each, function)
            for there, api in apis
            if api.get("ProtocolType") == "HTTP"
            for each in _routes(there, str(api["ApiId"]), ctx, function.arns)
        )

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: ObservedHttpApi) -> Steps:
        """Changes authorization, payload format and timeout. The route key cannot change."""
        after, before = filled(spec.values), filled(trigger.values)
        args = {
            "api_id": api_id(trigger.source_arn),
            "route_id": trigger.identity,
            "integration_id": str(trigger.values.get(TARGET)).rpartition("/")[2],
            "after": _both(after, before),
            "before": _both(before, after),
        }
        if not any(_both(after, before).values()):
            return ()
        title, undo = (
            _("Change the route {route}").format(route=trigger.values.get(_ROUTE_KEY)),
            _("Restore the previous settings"),
        )
        calls = "apigatewayv2:UpdateIntegration, apigatewayv2:UpdateRoute"
        return (Step(HTTP_CHANGE, title, calls, region_of(spec), args, undo),)

    def remove(self, trigger: Trigger) -> Steps:
        """Deletes the route and our integration, and with its last route an API that Workbench created."""
        of_api, key = api_id(trigger.source_arn), str(trigger.values.get(_ROUTE_KEY))
        region = Location.of(trigger.source_arn).region
        args = {"api_id": of_api, "route_key": key, "target": trigger.values.get(TARGET)}
        calls = "apigatewayv2:DeleteRoute, apigatewayv2:DeleteIntegration"
        undo = _("Create the route again")
        steps = (
            Step(
                HTTP_REMOVE,
                _("Delete the route {key} and its integration").format(key=key),
                calls,
                region,
                args,
                undo,
            ),
        )
        if not trigger.values.get(MADE):
            return steps
        title = _("Delete the API, which was created for this trigger, if it has no more routes")
        delete = Step(HTTP_API_DELETE, title, "apigatewayv2:DeleteApi", region, {"api_id": of_api})
        return (*steps, delete)

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        """A request to the route; None if an authorizer requires a token."""
        method, path = _method_and_path(str(trigger.values.get(_ROUTE_KEY)))
        return try_route(trigger, method, path, trigger.values.get(AUTHORIZATION, NO_AUTH), mark, texts)

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        return explain_request(
            self.upstream,
            function,
            _("They are returned to the caller: a function error is HTTP 500, a timeout is HTTP 503."),
            BY_POLICY.format(principal=PRINCIPAL),
            _("Route {trigger}").format(trigger=trigger.name),
            _("The Sandbox serves the API under its own address, and does not check the function's policy."),
        )


def _routes(
    connection: Connection, of_api: str, ctx: JobContext, running: tuple[str, ...] = ()
) -> list[tuple[Route, dict[str, Any], dict[str, Any]]]:
    """The routes of an API, each with AWS's answers for it and for its integration.

    Args:
        running: Only routes that run one of these functions; empty for all routes.
    """
    failure = _("Could not read the routes of the API {of_api}.").format(of_api=of_api)
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
    function: ObservedFunction,
) -> Trigger:
    arn, of_api = function.arns[0], str(api["ApiId"])
    values = {
        NAME: str(api["Name"]),
        _ROUTE_KEY: route.key,
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
        HttpApiSource.kind,
        management_arn(arn, region, f"/apis/{of_api}"),
        _("{key} of {name}").format(key=route.key, name=api["Name"]),
        route.function_arn[len(arn) :].removeprefix(":"),
        route.route_id,
        values={key: value for key, value in values.items() if value is not None},
    )
    wanted = WantedGrant(PRINCIPAL, execute_arn(arn, of_api, *_method_and_path(route.key)))
    return linked(trigger, [] if integration.get("CredentialsArn") else [wanted], function)
