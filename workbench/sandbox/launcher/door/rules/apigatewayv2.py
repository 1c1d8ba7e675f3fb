"""What API Gateway refuses for HTTP and WebSocket APIs."""

import functools
import re

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.rules import Call, Refused, Rules

_DOCS = "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/"
_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
_IN_API = (
    "CreateIntegration", "CreateRoute", "CreateStage", "DeleteApi", "DeleteIntegration", "DeleteRoute",
    "DeleteStage", "GetApi", "GetIntegration", "GetIntegrations", "GetRoute", "GetRoutes", "GetStage",
    "GetStages", "UpdateApi", "UpdateIntegration", "UpdateRoute", "UpdateStage",
)  # fmt: skip


_ROUTE_KEY = re.compile(r"\$default|(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) /\S*")
_missing = functools.partial(Refused, "NotFoundException", status=404)
_conflict = functools.partial(Refused, "ConflictException", status=409)

rules = Rules()


@rules.add(_IN_API, f"{_DOCS}apis-apiid.html")
def _check_api(call: Call) -> None:
    name = call.text("ApiId")
    if stores.api(name) is None:
        raise _missing(f"Invalid API identifier specified {call.account_id}:{name}")


def _routes(call: Call) -> list[stores.Record]:
    return list(stores.api_routes(call.text("ApiId")).values())


@rules.add(
    ("DeleteRoute", "GetRoute", "UpdateRoute"),
    "https://github.com/getmoto/moto/blob/master/moto/apigatewayv2/exceptions.py",
)
def _check_route(call: Call) -> None:
    route_id = call.parameters.get("RouteId")
    if route_id not in [each.get("routeId") for each in _routes(call)]:
        raise _missing(f"Invalid Route identifier specified {route_id}")


@rules.add(("CreateRoute", "UpdateRoute"), f"{_GUIDE}http-api-develop-routes.html")
def _check_route_key(call: Call) -> None:
    api, key = stores.api(call.text("ApiId")) or {}, call.parameters.get("RouteKey")
    if key is not None and api.get("protocolType") == "HTTP" and not _ROUTE_KEY.fullmatch(key):
        raise Refused(
            "BadRequestException",
            "The provided route key is not formatted properly for HTTP protocol. Format should be "
            '"<HTTP METHOD> /<RESOURCE PATH>" or "$default"',
        )


@rules.add(("CreateRoute", "UpdateRoute"), f"{_DOCS}apis-apiid-routes.html")
def _check_new_route(call: Call) -> None:
    key, own = call.parameters.get("RouteKey"), call.parameters.get("RouteId")
    if key in [each.get("routeKey") for each in _routes(call) if each.get("routeId") != own]:
        raise _conflict(f"Route with key {key} already exists for this API")


@rules.add(
    ("DeleteIntegration", "GetIntegration", "UpdateIntegration"),
    "https://github.com/getmoto/moto/blob/master/moto/apigatewayv2/exceptions.py",
)
def _check_integration(call: Call) -> None:
    integration_id = call.parameters.get("IntegrationId")
    if integration_id not in stores.api_integrations(call.text("ApiId")):
        raise _missing(f"Invalid Integration identifier specified {integration_id}")


@rules.add("DeleteIntegration", "https://github.com/milliHQ/terraform-aws-next-js/issues/247")
def _check_unused(call: Call) -> None:
    target = f"integrations/{call.parameters.get('IntegrationId')}"
    users = [str(each.get("routeId")) for each in _routes(call) if each.get("target") == target]
    if users:
        raise _conflict(
            "Cannot delete Integration because it is referenced by the following Routes with Ids: "
            f"[{', '.join(users)}]"
        )


@rules.add("CreateStage", f"{_DOCS}apis-apiid-stages.html")
def _check_new_stage(call: Call) -> None:
    """The text is that of REST APIs; AWS's text for HTTP APIs is unknown.

    Source: https://github.com/hashicorp/terraform-provider-aws/issues/30256
    """
    if call.parameters.get("StageName") in stores.api_stages(call.text("ApiId")):
        raise _conflict("Stage already exists")
