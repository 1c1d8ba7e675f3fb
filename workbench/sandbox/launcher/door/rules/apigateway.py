"""What API Gateway refuses of REST APIs."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule

_API_CASES = "apigateway/test_apigateway_api.py::"
_LAMBDA_CASES = "apigateway/test_apigateway_lambda.py::"
_COMMON_CASES = "apigateway/test_apigateway_common.py::"
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
    "CreateDeployment",
    "CreateDocumentationPart",
    "CreateResource",
    "CreateStage",
    "DeleteDeployment",
    "DeleteDocumentationPart",
    "DeleteIntegration",
    "DeleteMethod",
    "DeleteResource",
    "DeleteRestApi",
    "DeleteStage",
    "GetAuthorizers",
    "GetDeployments",
    "GetDocumentationParts",
    "GetMethod",
    "GetRequestValidators",
    "GetResource",
    "GetResources",
    "GetRestApi",
    "GetStage",
    "GetStages",
    "PutIntegration",
    "PutMethod",
    "UpdateRestApi",
)
_IN_RESOURCE = (
    "DeleteIntegration",
    "DeleteMethod",
    "DeleteResource",
    "GetIntegration",
    "GetMethod",
    "GetResource",
    "PutIntegration",
    "PutMethod",
    "UpdateMethod",
    "UpdateMethodResponse",
)
_IN_METHOD = (
    "DeleteIntegration",
    "DeleteMethod",
    "GetMethod",
    "PutIntegration",
    "UpdateMethod",
    "UpdateMethodResponse",
)


def _bad(message: str) -> Refused:
    return Refused("BadRequestException", message)


def _missing(message: str) -> Refused:
    return Refused("NotFoundException", message, 404)


def _resource(call: Call) -> stores.Record | None:
    resources = stores.rest_resources(str(call.parameters.get("restApiId", "")))
    return resources.get(call.parameters.get("resourceId"))


# ---- what is not there -----------------------------------------------------------------------------------


def _check_api(call: Call) -> None:
    name = str(call.parameters.get("restApiId", ""))
    if stores.rest_api(name) is None:
        raise _missing(f"Invalid API identifier specified {call.account_id}:{name}")


def _check_validated_api(call: Call) -> None:
    if stores.rest_api(str(call.parameters.get("restApiId", ""))) is None:
        raise _bad("Invalid REST API identifier specified")


def _check_resource(call: Call) -> None:
    if _resource(call) is None:
        raise _missing("Invalid Resource identifier specified")


def _check_method(call: Call) -> None:
    found = _resource(call)
    if found is not None and call.parameters.get("httpMethod") not in found.get("resourceMethods", {}):
        raise _missing("Invalid Method identifier specified")


# ---- APIs and resources ----------------------------------------------------------------------------------


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


def _check_new_resource(call: Call) -> None:
    part, parent_id = call.parameters.get("pathPart", ""), call.parameters.get("parentId")
    resources = stores.rest_resources(str(call.parameters.get("restApiId", "")))
    parent = resources.get(parent_id)
    if parent is None:
        raise _missing("Invalid Resource identifier specified")
    if not _PARTS.fullmatch(part):
        raise _bad(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            "beginning and the end."
        )
    if str(parent.get("path", "")).endswith("+}"):
        raise _bad(f"Cannot create a child of a resource with a greedy path variable: {parent.get('path')}")
    siblings = [each for each in resources.values() if each.get("parentId") == parent_id]
    if part in [each.get("pathPart") for each in siblings]:
        raise Refused(
            "ConflictException", "Another resource with the same parent already has this name: " + part, 409
        )
    if part.startswith("{") and any(str(each.get("pathPart")).startswith("{") for each in siblings):
        taken = next(each for each in siblings if str(each.get("pathPart")).startswith("{"))
        raise _bad(
            f"A sibling ({taken.get('pathPart')}) of this resource already has a variable path part -- only one is allowed"
        )


# ---- methods ---------------------------------------------------------------------------------------------


def _check_http_method(call: Call) -> None:
    if call.parameters.get("httpMethod") not in _METHODS:
        raise _bad(f"Invalid HttpMethod specified. Valid options are {','.join(_METHODS)}")


def _check_new_method(call: Call) -> None:
    found = _resource(call)
    if found is not None and call.parameters.get("httpMethod") in found.get("resourceMethods", {}):
        raise Refused("ConflictException", "Method already exists for this resource", 409)


def _check_authorizer(call: Call) -> None:
    _refuse_authorizer(
        call, str(call.parameters.get("authorizationType")), call.parameters.get("authorizerId")
    )


def _refuse_authorizer(call: Call, kind: str, authorizer_id: Any) -> None:
    known = stores.rest_authorizers(str(call.parameters.get("restApiId", "")))
    if kind in ("CUSTOM", "COGNITO_USER_POOLS") and authorizer_id not in known:
        raise _bad(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires "
            "a valid authorizer."
        )


def _check_validator(call: Call) -> None:
    _refuse_validator(call, call.parameters.get("requestValidatorId"))


def _refuse_validator(call: Call, name: Any) -> None:
    if name and name not in stores.rest_validators(str(call.parameters.get("restApiId", ""))):
        raise _bad("Invalid Request Validator identifier specified")


def _check_models(call: Call) -> None:
    known = stores.rest_models(str(call.parameters.get("restApiId", "")))
    for name in call.parameters.get("requestModels", {}).values():
        if name not in known:
            raise _bad(f"Invalid model identifier specified: {name}")


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
    if is_proxy and found[3] not in _PROXIED:
        raise _bad(_ONLY_LAMBDA)
    if is_proxy and not found[4].startswith(_PROXIED[found[3]]):
        raise _bad(_ONLY_LAMBDA)


_ONLY_LAMBDA = "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."

_PROXIED = {"lambda": "path/2015-03-31/functions/", "firehose": "action/PutRecord"}

# ---- changes ---------------------------------------------------------------------------------------------

_SCALARS = ("apiKeyRequired", "authorizationType", "authorizerId", "operationName", "requestValidatorId")
_MAPS = ("requestModels", "requestParameters")


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
    method = (_resource(call) or {}).get("resourceMethods", {}).get(call.parameters.get("httpMethod"), {})
    return changes.get("/authorizerId", method.get("authorizerId"))


_PUT_METHOD = ("PutMethod",)

RULES: tuple[Rule, ...] = (
    Rule(
        _IN_API,
        _check_api,
        (f"{_API_CASES}TestApiGatewayApiRestApi::test_get_api_case_insensitive#get-api-upper-case",),
    ),
    Rule(
        ("CreateRequestValidator",),
        _check_validated_api,
        (
            f"{_API_CASES}TestApiGatewayApiRequestValidator::test_invalid_create_request_validator#wrong-rest-api-id-create-validator",
        ),
    ),
    Rule(
        _IN_RESOURCE,
        _check_resource,
        (f"{_API_CASES}TestApiGatewayApiResource::test_resource_lifecycle#delete-subresource",),
    ),
    Rule(
        _PUT_METHOD,
        _check_http_method,
        (f"{_API_CASES}TestApiGatewayApiMethod::test_put_method_validation#wrong-method",),
    ),
    Rule(
        _IN_METHOD,
        _check_method,
        (f"{_API_CASES}TestApiGatewayApiMethod::test_method_lifecycle#delete-deleted-method-response",),
    ),
    Rule(
        ("CreateRestApi",),
        _check_new_api,
        (
            f"{_API_CASES}TestApiGatewayApiRestApi::test_create_rest_api_with_optional_params#create-empty-desc",
        ),
    ),
    Rule(("CreateResource",), _check_new_resource, (f"{_DOCS}API_CreateResource.html",)),
    Rule(_PUT_METHOD, _check_new_method, (f"{_DOCS}API_PutMethod.html",)),
    Rule(
        _PUT_METHOD,
        _check_authorizer,
        (f"{_API_CASES}TestApiGatewayApiMethod::test_put_method_validation#missing-authorizer-id",),
    ),
    Rule(
        _PUT_METHOD,
        _check_validator,
        (f"{_API_CASES}TestApiGatewayApiMethod::test_put_method_validation#invalid-request-validator",),
    ),
    Rule(
        _PUT_METHOD,
        _check_models,
        (f"{_API_CASES}TestApiGatewayApiMethod::test_put_method_validation#invalid-model-name",),
    ),
    Rule(
        _PUT_METHOD,
        _check_request_parameters,
        (f"{_API_CASES}TestApiGatewayApiMethod::test_method_request_parameters#req-params-same-name",),
    ),
    Rule(
        ("PutIntegration",),
        _check_integration,
        (
            f"{_LAMBDA_CASES}test_put_integration_aws_proxy_uri#put-integration-lambda-uri",
            f"{_COMMON_CASES}TestApigatewayRouting#required-integration-method-HTTP",
        ),
    ),
    Rule(
        ("UpdateMethod",),
        _check_method_changes,
        (
            f"{_API_CASES}TestApiGatewayApiMethod::test_update_method_validation#unsupported-path",
            f"{_API_CASES}TestApiGatewayApiMethod::test_update_method_validation#wrong-auth-type",
        ),
    ),
)
