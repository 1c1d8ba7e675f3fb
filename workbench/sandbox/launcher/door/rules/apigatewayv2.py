"""What API Gateway refuses of HTTP and WebSocket APIs."""

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule

_DOCS = "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/"
_IN_API = (
    "CreateIntegration",
    "CreateRoute",
    "CreateStage",
    "DeleteApi",
    "DeleteIntegration",
    "DeleteRoute",
    "DeleteStage",
    "GetApi",
    "GetIntegration",
    "GetIntegrations",
    "GetRoute",
    "GetRoutes",
    "GetStage",
    "GetStages",
    "UpdateApi",
    "UpdateIntegration",
    "UpdateRoute",
    "UpdateStage",
)


def _check_api(call: Call) -> None:
    name = str(call.parameters.get("ApiId", ""))
    if stores.api(name) is None:
        raise Refused("NotFoundException", f"Invalid API identifier specified {call.account_id}:{name}", 404)


def _check_route(call: Call) -> None:
    key = call.parameters.get("RouteKey")
    if key in [each.get("routeKey") for each in stores.api_routes(str(call.parameters.get("ApiId", "")))]:
        raise Refused("ConflictException", f"Route with key {key} already exists for this API", 409)


RULES: tuple[Rule, ...] = (
    Rule(_IN_API, _check_api, (f"{_DOCS}apis-apiid.html",)),
    Rule(("CreateRoute",), _check_route, (f"{_DOCS}apis-apiid-routes.html",)),
)
