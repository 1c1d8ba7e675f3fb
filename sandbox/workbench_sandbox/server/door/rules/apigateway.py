"""What API Gateway refuses: for REST APIs, then for HTTP and WebSocket APIs.

Without the rule against cycles of resources MiniStack would follow a resource's parents endlessly.
"""

import functools
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.rules import Call, Check, Refused, Rules

_DOCS = "https://docs.aws.amazon.com/apigateway/latest/api/"

_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY")
_MAX_COMPRESSION = 10_485_760
_PARTS = re.compile(r"\{[A-Za-z0-9._:-]+\+?\}|[A-Za-z0-9._~:$@-]+")
_PARAMETER = re.compile(
    r"method\.request\.(querystring|path|header|multivalueheader|multivaluequerystring)\.(.+)"
)
_HTTP_URI = re.compile(r"https?://\S+|\$\{stageVariables\..+|https?://\$\{.+")
_AWS_URI = re.compile(r"arn:([\w-]+):apigateway:([\w-]+):([\w.{}$-]+):(.+)", re.DOTALL)
_IN_API = (
    "CreateDeployment", "CreateDocumentationPart", "CreateResource", "CreateStage", "DeleteDeployment",
    "DeleteDocumentationPart", "DeleteIntegration", "DeleteMethod", "DeleteResource", "DeleteRestApi",
    "DeleteStage", "GetAuthorizers", "GetDeployments", "GetDocumentationParts", "GetMethod",
    "GetRequestValidators", "GetResource", "GetResources", "GetRestApi", "GetStage", "GetStages",
    "PutIntegration", "PutMethod", "UpdateRestApi",
)  # fmt: skip
_IN_RESOURCE = (
    "DeleteIntegration", "DeleteMethod", "DeleteResource", "GetIntegration", "GetMethod", "GetResource",
    "PutIntegration", "PutMethod", "UpdateMethod", "UpdateMethodResponse",
)  # fmt: skip
_IN_METHOD = (
    "DeleteIntegration", "DeleteMethod", "GetMethod", "PutIntegration", "UpdateMethod",
    "UpdateMethodResponse",
)  # fmt: skip
_ONLY_LAMBDA = "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
_PROXIED = {"lambda": "path/2015-03-31/functions/", "firehose": "action/PutRecord"}

_SCALARS = ("apiKeyRequired", "authorizationType", "authorizerId", "operationName", "requestValidatorId")
_MAPS = ("requestModels", "requestParameters")
_MEMBERS = {"/parentId": "parentId", "/pathPart": "pathPart"}
_Resources = Mapping[Any, Mapping[str, Any]]
_ONLY_REPLACE = "Invalid patch operation specified. Must be one of: [replace]"
_ENDPOINT_TYPES = ("REGIONAL", "EDGE", "PRIVATE")
_LOG_SETTINGS = ("/accessLogSettings/destinationArn", "/accessLogSettings/format")
_CONTENT_TYPE = re.compile(r"[\w.+*-]+/[\w.+*-]+(;.*)?|\$default", re.ASCII)
_REPLACED = {
    "UpdateModel": ("/description", "/schema"),
    "UpdateRequestValidator": ("/name", "/validateRequestParameters", "/validateRequestBody"),
}
"""Paths that can only be replaced."""
_RESPONSE_PARTS = {
    "responseParameters": "Invalid parameter name specified",
    "responseModels": "Content-Type specified was not found",
}
_NO_API = "Invalid API identifier specified {account}:{name}"
_NO_RESOURCE = "Invalid Resource identifier specified"
_bad = functools.partial(Refused, "BadRequestException")
_missing = functools.partial(Refused, "NotFoundException", status=404)
_conflict = functools.partial(Refused, "ConflictException", status=409)

rules = Rules("apigateway")


def _resource(call: Call) -> stores.Record | None:
    resources = stores.rest_resources(call.text("restApiId"))
    return resources.get(call.parameters.get("resourceId"))


# ---- what is not there -----------------------------------------------------------------------------------


rules.need(_IN_API, "test_get_api_case_insensitive", stores.rest_api, "restApiId", _missing, _NO_API)
rules.need(
    "CreateRequestValidator", "test_invalid_create_request_validator",
    stores.rest_api, "restApiId", _bad, "Invalid REST API identifier specified",
)  # fmt: skip
rules.need(
    "CreateAuthorizer", "test_authorizer_crud_no_api", stores.rest_api, "restApiId", _conflict,
    "Unable to complete operation due to concurrent modification. Please try again later.",
)  # fmt: skip


@rules.add(_IN_RESOURCE, "test_resource_lifecycle")
def _check_resource(call: Call) -> None:
    if _resource(call) is None:
        raise _missing(_NO_RESOURCE)


# ---- methods ---------------------------------------------------------------------------------------------


@rules.add("PutMethod", "test_put_method_validation")
def _check_http_method(call: Call) -> None:
    if call.parameters.get("httpMethod") not in _METHODS:
        raise _bad(f"Invalid HttpMethod specified. Valid options are {','.join(_METHODS)}")


@rules.add(_IN_METHOD, "test_method_lifecycle")
def _check_method(call: Call) -> None:
    if not _method(call):
        raise _missing("Invalid Method identifier specified")


# ---- APIs and resources ----------------------------------------------------------------------------------


@rules.add("CreateRestApi", "test_create_rest_api_with_optional_params")
def _check_new_api(call: Call) -> None:
    parameters = call.parameters
    if parameters.get("description") == "":
        raise _bad("Description cannot be an empty string")
    size = parameters.get("minimumCompressionSize")
    if size is not None and not 0 <= size <= _MAX_COMPRESSION:
        raise _bad(f"Invalid minimum compression size, must be between 0 and {_MAX_COMPRESSION}")
    endpoint = parameters.get("endpointConfiguration")
    types = endpoint.get("types") if endpoint else None
    if types is not None and not types:
        raise _bad("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if types and len(types) > 1:
        raise _bad("Cannot create an api with multiple Endpoint Types.")
    if types == ["PRIVATE"] and endpoint and endpoint.get("ipAddressType") == "ipv4":
        raise _bad("Only dualstack ipAddressType is supported for Private APIs.")


@rules.add("CreateResource", f"{_DOCS}API_CreateResource.html")
def _check_new_resource(call: Call) -> None:
    part, parent_id = call.text("pathPart"), call.parameters.get("parentId")
    resources = stores.rest_resources(call.text("restApiId"))
    parent = resources.get(parent_id)
    if parent is None:
        raise _missing(_NO_RESOURCE)
    if not _PARTS.fullmatch(part):
        raise _bad(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            "beginning and the end."
        )
    if str(parent.get("path", "")).endswith("+}"):
        raise _bad(f"Cannot create a child of a resource with a greedy path variable: {parent.get('path')}")
    siblings = [each for each in resources.values() if each.get("parentId") == parent_id]
    if part in [each.get("pathPart") for each in siblings]:
        raise _conflict("Another resource with the same parent already has this name: " + part)
    if part.startswith("{") and any(str(each.get("pathPart")).startswith("{") for each in siblings):
        taken = next(each for each in siblings if str(each.get("pathPart")).startswith("{"))
        raise _bad(
            f"A sibling ({taken.get('pathPart')}) of this resource already has a variable path part -- only one is allowed"
        )


@rules.add("PutMethod", f"{_DOCS}API_PutMethod.html")
def _check_new_method(call: Call) -> None:
    if _method(call):
        raise _conflict("Method already exists for this resource")


@rules.add("PutMethod", "test_put_method_validation")
def _check_method_settings(call: Call) -> None:
    _refuse_authorizer(call, call.text("authorizationType"), call.parameters.get("authorizerId"))
    _refuse_validator(call, call.parameters.get("requestValidatorId"))
    known = stores.rest_models(call.text("restApiId"))
    for name in call.parameters.get("requestModels", {}).values():
        if name not in known:
            raise _bad(f"Invalid model identifier specified: {name}")


def _refuse_authorizer(call: Call, kind: str, authorizer_id: Any) -> None:
    known = stores.rest_authorizers(call.text("restApiId"))
    if kind in ("CUSTOM", "COGNITO_USER_POOLS") and authorizer_id not in known:
        raise _bad(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires "
            "a valid authorizer."
        )


def _refuse_validator(call: Call, name: Any) -> None:
    if name and name not in stores.rest_validators(call.text("restApiId")):
        raise _bad("Invalid Request Validator identifier specified")


@rules.add("PutMethod", "test_method_request_parameters")
def _check_request_parameters(call: Call) -> None:
    names: list[str] = []
    for expression in call.parameters.get("requestParameters", {}):
        found = _PARAMETER.fullmatch(expression)
        if found is None:
            raise _bad(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping "
                f"expression specified: {expression}]"
            )
        names.append(found[2])
    if any(count > 1 for count in Counter(names).values()):
        raise _bad("Parameter names must be unique across querystring, header and path")


# ---- integrations ----------------------------------------------------------------------------------------


@rules.add("PutIntegration", "test_put_integration_aws_proxy_uri")
def _check_integration(call: Call) -> None:
    parameters: Mapping[str, Any] = call.parameters
    kind, uri = parameters.get("type"), str(parameters.get("uri") or "")
    if kind == "MOCK":
        return
    if not parameters.get("integrationHttpMethod"):
        raise _bad("Enumeration value for HttpMethod must be non-empty")
    if kind in ("HTTP", "HTTP_PROXY") and parameters.get("connectionType") != "VPC_LINK":
        if not _HTTP_URI.fullmatch(uri):
            raise _bad("Invalid HTTP endpoint specified for URI")
    elif kind in ("AWS", "AWS_PROXY"):
        _check_aws_uri(uri, is_proxy=kind == "AWS_PROXY")


def _check_aws_uri(uri: str, *, is_proxy: bool) -> None:
    parts = uri.split(":")
    if parts[0] != "arn" or len(parts) < 6:
        raise _bad("Invalid ARN specified in the request")
    found = _AWS_URI.fullmatch(uri)
    if found is None or not found[4].startswith(("path/", "action/")):
        raise _bad("AWS ARN for integration must contain path or action")
    if is_proxy and not (found[3] in _PROXIED and found[4].startswith(_PROXIED[found[3]])):
        raise _bad(_ONLY_LAMBDA)


@rules.add("UpdateMethod", "test_update_method_validation")
def _check_method_changes(call: Call) -> None:
    for change in call.parameters.get("patchOperations", ()):
        path = str(change.get("path", ""))
        name, *rest = path.removeprefix("/").split("/")
        if not (
            (name in _SCALARS and not rest)
            or (name in _MAPS and len(rest) == 1)
            or name == "authorizationScopes"
        ):
            raise _bad(f"Invalid patch path {path}")
        if name in _SCALARS and change.get("op") != "replace":
            raise _bad("Invalid patch operation specified. Must be one of: [replace]")
        if name == "requestValidatorId":
            _refuse_validator(call, change.get("value"))
        if name == "authorizationType":
            _refuse_authorizer(call, str(change.get("value")), _changed_authorizer(call))


def _changed_authorizer(call: Call) -> Any:
    """The authorizer that a method has when it is changed."""
    changes = {each.get("path"): each.get("value") for each in call.parameters.get("patchOperations", ())}
    return changes.get("/authorizerId", _method(call).get("authorizerId"))


# ---- changes, method responses and imported definitions ----------------------------------------------------


@rules.add(("ImportRestApi", "PutRestApi"), "test_import_api_bad_file")
def _check_definition(call: Call) -> None:
    try:
        text = bytes(call.parameters.get("body", b"")).decode()
    except UnicodeDecodeError:
        text = ""
    if "swagger" not in text and "openapi" not in text:
        raise _bad("Invalid OpenAPI input.")


@rules.add("UpdateResource", "test_update_resource_behaviour")
def _check_update(call: Call) -> None:
    resources = stores.rest_resources(call.text("restApiId"))
    resource_id = call.text("resourceId")
    resource = resources.get(resource_id)
    if resource is None:
        raise _missing(_NO_RESOURCE)
    changed = dict(resource)
    for operation in call.parameters.get("patchOperations") or ():
        op, path = str(operation.get("op")), str(operation.get("path"))
        member = _MEMBERS.get(path)
        if member is None:
            raise _bad(
                f"Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [{', '.join(_MEMBERS)}]"
            )
        if op != "replace":
            raise _bad(
                f"Invalid patch path  '{path}' specified for op '{op}'. Please choose supported operations"
            )
        if not resource.get("parentId"):
            raise _bad(f"Root resource cannot update its {member}.")
        changed[member] = operation.get("value")
    _check_parent(resources, resource_id, changed)


def _check_parent(resources: _Resources, resource_id: str, changed: Mapping[str, Any]) -> None:
    parent_id = changed.get("parentId")
    if parent_id and parent_id not in resources:
        raise _missing(_NO_RESOURCE)
    above, seen = parent_id, set[Any]()
    while above and above not in seen:
        if above == resource_id:
            raise _bad("Resources cannot be cyclical.")
        seen.add(above)
        above = resources.get(above, {}).get("parentId")
    part = changed.get("pathPart")
    for other_id, other in resources.items():
        is_sibling = parent_id and other_id != resource_id and other.get("parentId") == parent_id
        if is_sibling and other.get("pathPart") == part:
            text = f"Another resource with the same parent already has this name: {part}"
            raise _conflict(text)


@rules.add("UpdateModel", "test_update_model")
def _check_model(call: Call) -> None:
    name = call.text("modelName")
    if name not in stores.rest_models(call.text("restApiId")):
        raise _missing(f"Invalid model name specified: {name}")


def _each_change(check: Callable[[Call, str, str, str], None]) -> Check:
    """Checks each patch operation: its operation, path and value."""

    def check_each(call: Call) -> None:
        for each in call.parameters.get("patchOperations", ()):
            check(call, each.get("op", ""), each.get("path", ""), each.get("value") or "")

    return check_each


@rules.add(tuple(_REPLACED), "test_update_model")
@_each_change
def _check_replaced(call: Call, operation: str, path: str, _: str) -> None:
    known = _REPLACED[call.operation]
    if operation != "replace":
        raise _bad(
            f"Invalid patch path  '{path}' specified for op '{operation}'. Please choose supported operations"
        )
    if path not in known:
        raise _bad(
            f"Invalid patch path  '{path}' specified for op '{operation}'. Must be one of: [{', '.join(known)}]"
        )


@rules.add(("UpdateModel", "UpdateRequestValidator"), "test_update_model")
@_each_change
def _check_values(call: Call, _: str, path: str, value: str) -> None:
    if call.operation == "UpdateModel" and path == "/schema" and not value:
        raise _bad("Model schema must have at least 1 property or array items defined")
    if call.operation == "UpdateRequestValidator" and path == "/name" and not value:
        raise _bad("Request Validator name cannot be blank")


@rules.add("UpdateRestApi", "test_update_rest_api_behaviour")
@_each_change
def _check_api_change(call: Call, operation: str, path: str, value: str) -> None:
    if path == "/binaryMediaTypes":
        raise _bad(f"Invalid patch path {path}")
    if (
        path == "/minimumCompressionSize"
        and value
        and not (value.isdigit() and int(value) <= _MAX_COMPRESSION)
    ):
        raise _bad(f"Invalid minimum compression size, must be between 0 and {_MAX_COMPRESSION}")
    if path.startswith("/endpointConfiguration/types/"):
        if operation != "replace":
            raise _bad("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
        if value not in _ENDPOINT_TYPES:
            raise _bad(f"Invalid EndpointTypes specified. Valid options are {','.join(_ENDPOINT_TYPES)}")
    if path == "/endpointConfiguration/ipAddressType":
        if operation != "replace":
            raise _bad(_ONLY_REPLACE)
        if value not in ("ipv4", "dualstack"):
            raise _bad("ipAddressType must be either ipv4 or dualstack.")
        endpoint = (stores.rest_api(call.text("restApiId")) or {}).get("endpointConfiguration", {})
        if value == "ipv4" and "PRIVATE" in endpoint.get("types", ()):
            raise _bad("Only dualstack ipAddressType is supported for Private APIs.")


@rules.add("UpdateStage", "test_stage_access_log_settings_validation")
@_each_change
def _check_stage(call: Call, operation: str, path: str, value: str) -> None:
    if not path.startswith("/accessLogSettings"):
        return
    if operation == "remove" and path != "/accessLogSettings":
        setting = path.removeprefix("/")
        raise _bad(
            f"Cannot remove method setting {setting} because there is no method setting for this method "
        )
    if operation != "remove" and path not in _LOG_SETTINGS:
        raise _bad(f"Invalid accessLogSettings path. Must be one of : [{', '.join(_LOG_SETTINGS)}]")
    if operation != "remove" and not value:
        raise _bad("Access Log value must not be empty")


def _method(call: Call) -> Mapping[str, Any]:
    methods = (_resource(call) or {}).get("resourceMethods", {})
    found: Mapping[str, Any] = methods.get(call.parameters.get("httpMethod"), {})
    return found


@rules.add("UpdateMethodResponse", "test_update_method_wrong_param_names")
def _check_method_response(call: Call) -> None:
    responses = _method(call).get("methodResponses", {})
    response = responses.get(call.parameters.get("statusCode"))
    if response is None:
        raise _missing("Invalid Response status code specified")
    for each in call.parameters.get("patchOperations", ()):
        kind, _, name = str(each.get("path", "")).removeprefix("/").partition("/")
        if kind not in _RESPONSE_PARTS:
            raise _bad(f"Invalid patch path {each.get('path')}")
        if each.get("op") != "add" and name.replace("~1", "/") not in (response.get(kind) or {}):
            raise _missing(_RESPONSE_PARTS[kind])


@rules.add(
    ("DeleteIntegrationResponse", "GetIntegrationResponse", "PutIntegrationResponse"),
    "test_delete_integration_response_errors",
)
def _check_integration_response(call: Call) -> None:
    integration = _method(call).get("methodIntegration")
    if not integration:
        raise _missing("Invalid Integration identifier specified")
    if call.operation == "PutIntegrationResponse":
        return
    if call.parameters.get("statusCode") not in integration.get("integrationResponses", {}):
        raise _missing("Invalid Response status code specified")


@rules.add("PutIntegrationResponse", "test_integration_response_invalid_responsetemplates")
def _check_templates(call: Call) -> None:
    for name in call.parameters.get("responseTemplates", {}):
        if not _CONTENT_TYPE.fullmatch(name):
            raise _bad(f"Validation Result: warnings : [], errors : [Invalid content type specified: {name}]")


@rules.add(
    ("DeleteDocumentationPart", "GetDocumentationPart", "UpdateDocumentationPart"),
    "test_invalid_get_documentation_part",
)
def _check_documentation_part(call: Call) -> None:
    parts = stores.rest_documentation_parts(call.text("restApiId"))
    if call.parameters.get("documentationPartId") not in parts:
        raise _missing("Invalid Documentation part identifier specified")


# ---- HTTP and WebSocket APIs ------------------------------------------------------------------------------

_HTTP_DOCS = "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/"
_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
_IN_HTTP_API = (
    "CreateIntegration", "CreateRoute", "CreateStage", "DeleteApi", "DeleteIntegration", "DeleteRoute",
    "DeleteStage", "GetApi", "GetIntegration", "GetIntegrations", "GetRoute", "GetRoutes", "GetStage",
    "GetStages", "UpdateApi", "UpdateIntegration", "UpdateRoute", "UpdateStage",
)  # fmt: skip


_ROUTE_KEY = re.compile(r"\$default|(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) /\S*")

of_http = Rules("apigatewayv2")


of_http.need(_IN_HTTP_API, f"{_HTTP_DOCS}apis-apiid.html", stores.api, "ApiId", _missing, _NO_API)


def _routes(call: Call) -> list[stores.Record]:
    return list(stores.api_routes(call.text("ApiId")).values())


@of_http.add(
    ("DeleteRoute", "GetRoute", "UpdateRoute"),
    "https://github.com/getmoto/moto/blob/master/moto/apigatewayv2/exceptions.py",
)
def _check_route(call: Call) -> None:
    route_id = call.parameters.get("RouteId")
    if route_id not in [each.get("routeId") for each in _routes(call)]:
        raise _missing(f"Invalid Route identifier specified {route_id}")


@of_http.add(("CreateRoute", "UpdateRoute"), f"{_GUIDE}http-api-develop-routes.html")
def _check_route_key(call: Call) -> None:
    api, key = stores.api(call.text("ApiId")) or {}, call.parameters.get("RouteKey")
    if key is not None and api.get("protocolType") == "HTTP" and not _ROUTE_KEY.fullmatch(key):
        raise Refused(
            "BadRequestException",
            "The provided route key is not formatted properly for HTTP protocol. Format should be "
            '"<HTTP METHOD> /<RESOURCE PATH>" or "$default"',
        )


@of_http.add(("CreateRoute", "UpdateRoute"), f"{_HTTP_DOCS}apis-apiid-routes.html")
def _check_new_route(call: Call) -> None:
    key, own = call.parameters.get("RouteKey"), call.parameters.get("RouteId")
    if key in [each.get("routeKey") for each in _routes(call) if each.get("routeId") != own]:
        raise _conflict(f"Route with key {key} already exists for this API")


@of_http.add(
    ("DeleteIntegration", "GetIntegration", "UpdateIntegration"),
    "https://github.com/getmoto/moto/blob/master/moto/apigatewayv2/exceptions.py",
)
def _check_http_integration(call: Call) -> None:
    integration_id = call.parameters.get("IntegrationId")
    if integration_id not in stores.api_integrations(call.text("ApiId")):
        raise _missing(f"Invalid Integration identifier specified {integration_id}")


@of_http.add("DeleteIntegration", "https://github.com/milliHQ/terraform-aws-next-js/issues/247")
def _check_unused(call: Call) -> None:
    target = f"integrations/{call.parameters.get('IntegrationId')}"
    users = [str(each.get("routeId")) for each in _routes(call) if each.get("target") == target]
    if users:
        raise _conflict(
            "Cannot delete Integration because it is referenced by the following Routes with Ids: "
            f"[{', '.join(users)}]"
        )


@of_http.add("CreateStage", f"{_HTTP_DOCS}apis-apiid-stages.html")
def _check_new_stage(call: Call) -> None:
    """The text is that of REST APIs; AWS's text for HTTP APIs is unknown.

    Source: https://github.com/hashicorp/terraform-provider-aws/issues/30256
    """
    if call.parameters.get("StageName") in stores.api_stages(call.text("ApiId")):
        raise _conflict("Stage already exists")
