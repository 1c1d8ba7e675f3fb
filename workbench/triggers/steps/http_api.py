"""Creates and deletes HTTP APIs, their routes and integrations.

CreateApi and CreateIntegration create another one at each call, so each bears a token by which it is found
again after a crash. Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/
"""

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.operations import Facts
from workbench.functions.detail import find
from workbench.triggers.step import Running, Step, StepRun, create_once, retry_on

HTTP_API, HTTP_INTEGRATION, HTTP_ROUTE = "http-api", "http-integration", "http-route"
HTTP_STAGE, HTTP_CHANGE = "http-stage", "http-change"
HTTP_REMOVE, HTTP_API_DELETE = "http-remove", "http-api-delete"
TAG = "workbench:trigger"
OWN = "Made by Workbench: "
"""How the description of an integration of ours begins; its token follows."""
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
    """All items of one of the service's listings. Raises WorkbenchError, Cancelled."""
    pages = connection.paginate(_SERVICE, method, ctx=ctx, failure=failure, **request)
    return [each for page in pages for each in page.get("Items") or ()]


class HttpApi:
    """args: name, token. Facts: api_id."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it, unless one with this token is there."""
        name, token = step.args["name"], step.args["token"]
        failure = f"Could not create the API {name}."
        there = self._find(step, running)
        if there is None:
            running.note({"added": True})
            tags = {TAG: token}
            there = create_once(
                lambda: _call(running, "create_api", failure, Name=name, ProtocolType="HTTP", Tags=tags),
                lambda: self._find(step, running),
                running,
            )
        return {"api_id": str(there["ApiId"])}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it if this run created it."""
        there = self._find(step, running) if facts.get("added") else None
        if there is not None:
            _delete(
                running, "delete_api", f"Could not delete the API {step.args['name']}.", ApiId=there["ApiId"]
            )

    def _find(self, step: Step, running: Running) -> dict[str, Any] | None:
        apis = listed(running.connection, "get_apis", "Could not find the API.", running.ctx)
        return next((each for each in apis if (each.get("Tags") or {}).get(TAG) == step.args["token"]), None)


class HttpIntegration:
    """args: api_id (empty: the one just made), integration, token. Facts: integration_id, api_id."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it, unless one with this token is there."""
        of_api = _api(step, running)
        there = self._find(step, of_api, running)
        if there is None:
            running.note({"added": True, "api_id": of_api})
            failure = "Could not create the API's integration."
            request = {**step.args["integration"], "Description": OWN + step.args["token"]}
            there = create_once(
                lambda: _call(running, "create_integration", failure, ApiId=of_api, **request),
                lambda: self._find(step, of_api, running),
                running,
            )
        return {"integration_id": str(there["IntegrationId"]), "api_id": of_api}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it if this run created it."""
        if not facts.get("added"):
            return
        of_api = str(facts["api_id"])
        there = self._find(step, of_api, running)
        if there is not None:
            request = {"ApiId": of_api, "IntegrationId": there["IntegrationId"]}
            _delete(running, "delete_integration", "Could not delete the API's integration.", **request)

    def _find(self, step: Step, of_api: str, running: Running) -> dict[str, Any] | None:
        found = _items(running, "get_integrations", "Could not find the integration.", of_api)
        mine = OWN + step.args["token"]
        return next((each for each in found if each.get("Description") == mine), None)


class HttpRoute:
    """args: api_id (empty: the one just made), route. Facts: route_id, api_id."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it. Raises WorkbenchError, also when another route has its key."""
        of_api, route = _api(step, running), step.args["route"]
        target = f"integrations/{running.earlier[HTTP_INTEGRATION]['integration_id']}"
        failure = f"Could not create the route {route['RouteKey']}."
        there = _route(running, of_api, route["RouteKey"])
        if there is None:
            running.note({"added": True, "api_id": of_api, "target": target})
            there = create_once(
                lambda: _call(running, "create_route", failure, ApiId=of_api, Target=target, **route),
                lambda: _route(running, of_api, route["RouteKey"]),
                running,
            )
        elif there.get("Target") != target:
            raise WorkbenchError(
                failure,
                "Another route with this key was created in the meantime.",
                "Choose another route key.",
                aws_code="ConflictException",
            )
        return {"route_id": str(there["RouteId"]), "api_id": of_api, "target": target}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it if this run created it."""
        if not facts.get("added"):
            return
        of_api, key = str(facts["api_id"]), step.args["route"]["RouteKey"]
        there = _route(running, of_api, key)
        if there is not None and there.get("Target") == facts.get("target"):
            _delete(
                running,
                "delete_route",
                f"Could not delete the route {key}.",
                ApiId=of_api,
                RouteId=there["RouteId"],
            )


class HttpStage:
    """The stage that deploys by itself, of an API just made; is deleted with it."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it."""
        of_api = _api(step, running)
        name, failure = step.args["stage"], "Could not create the API's stage."
        where = {"ApiId": of_api, "StageName": name}
        if not find(running.connection, "get_stage", failure, service=_SERVICE, **where):
            _call(running, "create_stage", failure, AutoDeploy=True, **where)
        return {"stage": name}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """The API's own undo deletes it."""


class HttpChange:
    """Settings of a route and its integration. args: api_id, route_id, integration_id, after, before."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sets them."""
        running.note({"begun": True})
        self._set(step, "after", running)
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets what was before."""
        if facts.get("begun"):
            self._set(step, "before", running)

    def _set(self, step: Step, which: str, running: Running) -> None:
        args = step.args
        settings: Mapping[str, Any] = args[which]
        failure = "Could not change the API's route."
        if settings["integration"]:
            where = {"ApiId": args["api_id"], "IntegrationId": args["integration_id"]}
            _call(running, "update_integration", failure, **where, **settings["integration"])
        if settings["route"]:
            where = {"ApiId": args["api_id"], "RouteId": args["route_id"]}
            _call(running, "update_route", failure, **where, **settings["route"])


class HttpRemove:
    """A route, and its integration when that is ours and serves no other route.

    args: api_id, route_key, target.
    """

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes them; no error if they do not exist."""
        of_api, key = step.args["api_id"], step.args["route_key"]
        route = _route(running, of_api, key)
        if route is None or route.get("Target") != step.args["target"]:
            return {}
        target = str(route["Target"]).rpartition("/")[2]
        integration = next(
            (
                each
                for each in _items(running, "get_integrations", "Could not find the integration.", of_api)
                if each["IntegrationId"] == target
                and str(each.get("Description") or "").startswith(OWN)
                and not self._is_shared(running, of_api, route)
            ),
            {},
        )
        facts = {"route": _only(route, _ROUTE), "integration": _only(integration, _INTEGRATION)}
        running.note(facts | {"target": route["Target"]})
        _delete(
            running,
            "delete_route",
            f"Could not delete the route {key}.",
            ApiId=of_api,
            RouteId=route["RouteId"],
        )
        if integration:
            request = {"ApiId": of_api, "IntegrationId": target}
            _delete(running, "delete_integration", "Could not delete the API's integration.", **request)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Creates them again, with ids of their own, unless the API does not exist."""
        of_api, route, integration = step.args["api_id"], facts.get("route"), facts.get("integration")
        if not route or _is_deleted(running, of_api) or _route(running, of_api, step.args["route_key"]):
            return
        target = facts.get("target")
        wanted: Any = integration
        there = _items(running, "get_integrations", "Could not find the integration.", of_api)
        if wanted and all(f"integrations/{each['IntegrationId']}" != target for each in there):
            made = _call(
                running,
                "create_integration",
                "Could not create the integration again.",
                ApiId=of_api,
                **wanted,
            )
            target = f"integrations/{made['IntegrationId']}"
        settings: Any = route
        _call(
            running,
            "create_route",
            "Could not create the route again.",
            ApiId=of_api,
            Target=target,
            **settings,
        )

    def _is_shared(self, running: Running, of_api: str, route: Mapping[str, Any]) -> bool:
        routes = _items(running, "get_routes", "Could not list the routes.", of_api)
        return any(
            each.get("Target") == route["Target"] and each["RouteId"] != route["RouteId"] for each in routes
        )


class HttpApiDelete:
    """An API that Workbench created, once it has no routes. args: api_id."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it; one to which others have added routes stays."""
        of_api = step.args["api_id"]
        if _items(running, "get_routes", "Could not list the API's routes.", of_api):
            return {"kept": True}
        _delete(running, "delete_api", "Could not delete the API.", ApiId=of_api)
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Nothing brings an address back: a new API would have another one."""


def _api(step: Step, running: Running) -> str:
    return str(step.args["api_id"] or running.earlier[HTTP_API]["api_id"])


def _is_deleted(running: Running, of_api: str) -> bool:
    failure = f"Could not read the API {of_api}."
    return not find(running.connection, "get_api", failure, service=_SERVICE, ApiId=of_api)


def _route(running: Running, of_api: str, key: str) -> dict[str, Any] | None:
    routes = _items(running, "get_routes", f"Could not find the route {key}.", of_api)
    return next((each for each in routes if each["RouteKey"] == key), None)


def _items(running: Running, method: str, failure: str, of_api: str) -> list[dict[str, Any]]:
    """Nothing if the API does not exist."""
    try:
        return listed(running.connection, method, failure, running.ctx, ApiId=of_api)
    except WorkbenchError as error:
        if error.aws_code != "NotFoundException":
            raise
        return []


def _only(answer: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: answer[key] for key in names if answer.get(key)}


def _call(running: Running, method: str, failure: str, **request: Any) -> dict[str, Any]:
    return retry_on(
        lambda: running.connection.call(_SERVICE, method, failure=failure, **request), running, _BUSY
    )


def _delete(running: Running, method: str, failure: str, **request: Any) -> None:
    retry_on(lambda: find(running.connection, method, failure, service=_SERVICE, **request), running, _BUSY)


RUNS: Mapping[str, StepRun] = {
    HTTP_API: HttpApi(),
    HTTP_INTEGRATION: HttpIntegration(),
    HTTP_ROUTE: HttpRoute(),
    HTTP_STAGE: HttpStage(),
    HTTP_CHANGE: HttpChange(),
    HTTP_REMOVE: HttpRemove(),
    HTTP_API_DELETE: HttpApiDelete(),
}
