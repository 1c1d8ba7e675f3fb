"""Creates and deletes HTTP APIs, their routes and integrations.

CreateApi and CreateIntegration create another resource at each call, so each is marked with a token by which
it is found after a crash. Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/
"""

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.triggers.step import (
    Args,
    Ensure,
    Once,
    Resource,
    Running,
    State,
    StepRun,
    contains,
    ensure_created,
)

HTTP_API, HTTP_INTEGRATION, HTTP_ROUTE = "http-api", "http-integration", "http-route"
HTTP_STAGE, HTTP_CHANGE = "http-stage", "http-change"
HTTP_REMOVE, HTTP_API_DELETE = "http-remove", "http-api-delete"
TAG = "workbench:trigger"
OWN = "Made by Workbench: "
"""Prefix of the description of our integrations; a token follows."""
_SERVICE = "apigatewayv2"
_BUSY = (("ConflictException", "concurrent"), ("TooManyRequestsException", ""))
_INTEGRATION = (
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
_ROUTE = ("RouteKey", "AuthorizationType", "AuthorizerId", "AuthorizationScopes", "OperationName")


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
    return {"api_id": str(running.call(_SERVICE, "create_api", failure, _BUSY, **request)["ApiId"])}


def _delete_made_api(args: Args, running: Running, present: State) -> None:
    failure = _("Could not delete the API {api}.").format(api=args["name"])
    running.find(_SERVICE, "delete_api", failure, _BUSY, ApiId=present["api_id"])


def _read_integration(args: Args, running: Running) -> dict[str, str] | None:
    of_api, mine = _api_of(args, running), OWN + args["token"]
    found = _items(running, "get_integrations", _("Could not find the integration."), of_api)
    ids = (str(each["IntegrationId"]) for each in found if each.get("Description") == mine)
    return next(({"integration_id": each, "api_id": of_api} for each in ids), None)


def _create_integration(args: Args, running: Running, *__: State) -> State:
    of_api = _api_of(args, running)
    request = {**args["integration"], "Description": OWN + args["token"], "ApiId": of_api}
    failure = _("Could not create the API's integration.")
    answer = running.call(_SERVICE, "create_integration", failure, _BUSY, **request)
    return {"integration_id": str(answer["IntegrationId"]), "api_id": of_api}


def _delete_integration(_args: Args, running: Running, present: State) -> None:
    request = {"ApiId": present["api_id"], "IntegrationId": present["integration_id"]}
    failure = _("Could not delete the API's integration.")
    running.find(_SERVICE, "delete_integration", failure, _BUSY, **request)


def _read_route(args: Args, running: Running) -> dict[str, str] | None:
    of_api = _api_of(args, running)
    found = _route(running, of_api, args["route"]["RouteKey"])
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
    answer = running.call(_SERVICE, "create_route", failure, _BUSY, **request)
    return {"route_id": str(answer["RouteId"]), "api_id": of_api, **state}


def _delete_route(args: Args, running: Running, present: State) -> None:
    request = {"ApiId": present["api_id"], "RouteId": present["route_id"]}
    failure = _("Could not delete the route {route}.").format(route=args["route"]["RouteKey"])
    running.find(_SERVICE, "delete_route", failure, _BUSY, **request)


def _create_stage(args: Args, running: Running) -> Facts:
    """Creates the stage of a new API, which deploys automatically and is deleted with its API."""
    where = {"ApiId": _api_of(args, running), "StageName": args["stage"]}
    failure = _("Could not create the API's stage.")
    if not running.find(_SERVICE, "get_stage", failure, **where):
        running.call(_SERVICE, "create_stage", failure, _BUSY, AutoDeploy=True, **where)
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
        running.call(_SERVICE, "update_integration", failure, _BUSY, **request)
    if settings["route"]:
        request = {"ApiId": of_api, "RouteId": args["route_id"], **settings["route"]}
        running.call(_SERVICE, "update_route", failure, _BUSY, **request)


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
        "route": _only(route, _ROUTE),
        "integration": _only(integration, _INTEGRATION),
        "target": target,
        "route_id": route["RouteId"],
    }


def _without_route(args: Args, _running: Running, present: State) -> State:
    """Keeps a route that calls something else by now."""
    return present if present and present["target"] != args["target"] else None


def _delete_connected(args: Args, running: Running, present: State) -> None:
    of_api, failure = args["api_id"], _("Could not delete the route {route}.").format(route=args["route_key"])
    running.find(_SERVICE, "delete_route", failure, _BUSY, ApiId=of_api, RouteId=present["route_id"])
    if present["integration"]:
        request = {"ApiId": of_api, "IntegrationId": present["target"].rpartition("/")[2]}
        failure = _("Could not delete the API's integration.")
        running.find(_SERVICE, "delete_integration", failure, _BUSY, **request)


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
        made = running.call(_SERVICE, "create_integration", failure, _BUSY, **request)
        target = f"integrations/{made['IntegrationId']}"
    request = {"ApiId": of_api, "Target": target, **state["route"]}
    running.call(_SERVICE, "create_route", _("Could not create the route again."), _BUSY, **request)


def _delete_api(args: Args, running: Running) -> Facts:
    """Deletes an API that Workbench created, unless others have added routes to it.

    There is no undo: a new API would have another address.
    """
    of_api = args["api_id"]
    if _items(running, "get_routes", _("Could not list the API's routes."), of_api):
        return {"kept": True}
    running.find(_SERVICE, "delete_api", _("Could not delete the API."), _BUSY, ApiId=of_api)
    return {}


def _api_of(args: Args, running: Running) -> str:
    """The API that the step names, or that an earlier step created."""
    return str(args["api_id"] or running.earlier[HTTP_API]["api_id"])


def _route(running: Running, of_api: str, key: str) -> dict[str, Any] | None:
    routes = _items(running, "get_routes", _("Could not find the route {key}.").format(key=key), of_api)
    return next((each for each in routes if each["RouteKey"] == key), None)


def _items(running: Running, method: str, failure: str, of_api: str) -> list[dict[str, Any]]:
    """The items of a listing; empty if the API does not exist."""
    try:
        return listed(running.connection, method, failure, running.ctx, ApiId=of_api)
    except WorkbenchError as error:
        if error.aws_code != "NotFoundException":
            raise
        return []


def _only(answer: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: answer[key] for key in names if answer.get(key)}


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
