"""What API Gateway refuses of patch operations, of changes to resources, and of imported definitions.

Without the rule against cycles of resources MiniStack would follow a resource's parents for ever.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule

_RESOURCE_CASES = "apigateway/test_apigateway_api.py::TestApiGatewayApiResource::"
_IMPORT = "apigateway/test_apigateway_import.py::TestApiGatewayImportRestApi::"
_MEMBERS = {"/parentId": "parentId", "/pathPart": "pathPart"}
_Resources = Mapping[Any, Mapping[str, Any]]
_CASES = "apigateway/test_apigateway_api.py::TestApiGateway"
_ONLY_REPLACE = "Invalid patch operation specified. Must be one of: [replace]"
_ENDPOINT_TYPES = ("REGIONAL", "EDGE", "PRIVATE")
_MAX_COMPRESSION = 10_485_760
_LOG_SETTINGS = ("/accessLogSettings/destinationArn", "/accessLogSettings/format")
_CONTENT_TYPE = re.compile(r"[\w.+*-]+/[\w.+*-]+(;.*)?|\$default", re.ASCII)
_REPLACED = {
    "UpdateModel": ("/description", "/schema"),
    "UpdateRequestValidator": ("/name", "/validateRequestParameters", "/validateRequestBody"),
    "UpdateResource": ("/parentId", "/pathPart"),
}
"""What can be changed, and only replaced."""
_RESPONSE_PARTS = {
    "responseParameters": "Invalid parameter name specified",
    "responseModels": "Content-Type specified was not found",
}


def _check_update(call: Call) -> None:
    resources = stores.rest_resources(str(call.parameters.get("restApiId", "")))
    resource_id = str(call.parameters.get("resourceId", ""))
    resource = resources.get(resource_id)
    if resource is None:
        raise _missing_resource()
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
        raise _missing_resource()
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
            raise Refused("ConflictException", text, 409)


def _check_definition(call: Call) -> None:
    try:
        text = bytes(call.parameters.get("body", b"")).decode()
    except UnicodeDecodeError:
        text = ""
    if "swagger" not in text and "openapi" not in text:
        raise _bad("Invalid OpenAPI input.")


def _missing_resource() -> Refused:
    return Refused("NotFoundException", "Invalid Resource identifier specified", 404)


_RESOURCE_RULES: tuple[Rule, ...] = (
    Rule(("ImportRestApi", "PutRestApi"), _check_definition, (f"{_IMPORT}test_import_api_bad_file",)),
    Rule(
        ("UpdateResource",),
        _check_update,
        (
            f"{_RESOURCE_CASES}test_update_resource_behaviour#update-parent-id-to-subresource-id",
            f"{_RESOURCE_CASES}test_update_resource_behaviour#existing-future-sibling-path",
            f"{_RESOURCE_CASES}test_update_resource_on_root#update-root-parent",
        ),
    ),
)


def _bad(message: str) -> Refused:
    return Refused("BadRequestException", message)


def _missing(message: str) -> Refused:
    return Refused("NotFoundException", message, 404)


def _check_changes(check: Callable[[Call, str, str, str], None]) -> Callable[[Call], None]:
    """Checks each change: its operation, its path and its value."""

    def check_each(call: Call) -> None:
        for each in call.parameters.get("patchOperations", ()):
            check(call, each.get("op", ""), each.get("path", ""), each.get("value") or "")

    return check_each


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


def _check_values(call: Call, _: str, path: str, value: str) -> None:
    if call.operation == "UpdateModel" and path == "/schema" and not value:
        raise _bad("Model schema must have at least 1 property or array items defined")
    if call.operation == "UpdateRequestValidator" and path == "/name" and not value:
        raise _bad("Request Validator name cannot be blank")


def _check_api(call: Call, operation: str, path: str, value: str) -> None:
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
        endpoint = (stores.rest_api(call.parameters.get("restApiId", "")) or {}).get(
            "endpointConfiguration", {}
        )
        if value == "ipv4" and "PRIVATE" in endpoint.get("types", ()):
            raise _bad("Only dualstack ipAddressType is supported for Private APIs.")


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
    resources = stores.rest_resources(call.parameters.get("restApiId", ""))
    methods = resources.get(call.parameters.get("resourceId"), {}).get("resourceMethods", {})
    found: Mapping[str, Any] = methods.get(call.parameters.get("httpMethod"), {})
    return found


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


def _check_integration_response(call: Call) -> None:
    integration = _method(call).get("methodIntegration")
    if not integration:
        raise _missing("Invalid Integration identifier specified")
    if call.operation == "PutIntegrationResponse":
        return
    if call.parameters.get("statusCode") not in integration.get("integrationResponses", {}):
        raise _missing("Invalid Response status code specified")


def _check_templates(call: Call) -> None:
    for name in call.parameters.get("responseTemplates", {}):
        if not _CONTENT_TYPE.fullmatch(name):
            raise _bad(f"Validation Result: warnings : [], errors : [Invalid content type specified: {name}]")


def _check_model(call: Call) -> None:
    name = call.parameters.get("modelName", "")
    if name not in stores.rest_models(call.parameters.get("restApiId", "")):
        raise _missing(f"Invalid model name specified: {name}")


def _check_documentation_part(call: Call) -> None:
    parts = stores.rest_documentation_parts(call.parameters.get("restApiId", ""))
    if call.parameters.get("documentationPartId") not in parts:
        raise _missing("Invalid Documentation part identifier specified")


def _check_authorizer_api(call: Call) -> None:
    if stores.rest_api(call.parameters.get("restApiId", "")) is None:
        raise Refused(
            "ConflictException",
            "Unable to complete operation due to concurrent modification. Please try again later.",
            409,
        )


RULES: tuple[Rule, ...] = (
    *_RESOURCE_RULES,
    Rule(("UpdateModel",), _check_model, (f"{_CASES}ApiModels::test_update_model#update-model-wrong-id",)),
    Rule(
        tuple(_REPLACED),
        _check_changes(_check_replaced),
        (
            f"{_CASES}ApiModels::test_update_model#update-model-invalid-op",
            f"{_CASES}ApiModels::test_update_model#update-model-invalid-path",
            f"{_CASES}ApiResource::test_update_resource_behaviour#invalid-path-part",
            f"{_CASES}ApiRequestValidator::test_invalid_update_request_validator_operations#update-request-validator-invalid-path",
        ),
    ),
    Rule(
        ("UpdateModel", "UpdateRequestValidator"),
        _check_changes(_check_values),
        (f"{_CASES}ApiModels::test_update_model#update-model-empty-schema",),
    ),
    Rule(
        ("UpdateRestApi",),
        _check_changes(_check_api),
        (
            f"{_CASES}ApiRestApi::test_update_rest_api_behaviour#update-rest-api-add-base-path",
            f"{_CASES}ApiRestApi::test_update_rest_api_ip_address_type#update-rest-api-wrong-type",
        ),
    ),
    Rule(
        ("UpdateStage",),
        _check_changes(_check_stage),
        (f"{_CASES}Stage::test_stage_access_log_settings_validation#invalid-path-add",),
    ),
    Rule(
        ("UpdateMethodResponse",),
        _check_method_response,
        (
            f"{_CASES}ApiMethodResponse::test_update_method_wrong_param_names#update-method-response-operation-with-wrong-param-name-1",
        ),
    ),
    Rule(
        ("DeleteIntegrationResponse", "GetIntegrationResponse", "PutIntegrationResponse"),
        _check_integration_response,
        (f"{_CASES}IntegrationResponse::test_delete_integration_response_errors#non-existent-method",),
    ),
    Rule(
        ("PutIntegrationResponse",),
        _check_templates,
        (
            f"{_CASES}IntegrationResponse::test_integration_response_invalid_responsetemplates#put-integration-response-invalid-responseTemplates-2",
        ),
    ),
    Rule(
        ("DeleteDocumentationPart", "GetDocumentationPart", "UpdateDocumentationPart"),
        _check_documentation_part,
        (
            f"{_CASES}ApiDocumentationPart::test_invalid_get_documentation_part#get-documentation-part-invalid-doc-id",
        ),
    ),
    Rule(
        ("CreateAuthorizer",),
        _check_authorizer_api,
        (f"{_CASES}ApiAuthorizer::test_authorizer_crud_no_api#wrong-rest-api-id-create-authorizer",),
    ),
)
