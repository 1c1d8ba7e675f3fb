"""What API Gateway refuses of changes to resources, and of definitions that it imports.

Without the rule against cycles MiniStack would follow a resource's parents for ever.
"""

from collections.abc import Mapping
from typing import Any

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule

_CASES = "apigateway/test_apigateway_api.py::TestApiGatewayApiResource::"
_IMPORT = "apigateway/test_apigateway_import.py::TestApiGatewayImportRestApi::"
_MEMBERS = {"/parentId": "parentId", "/pathPart": "pathPart"}
_Resources = Mapping[Any, Mapping[str, Any]]


def _check_update(call: Call) -> None:
    resources = stores.rest_resources(str(call.parameters.get("restApiId", "")))
    resource_id = str(call.parameters.get("resourceId", ""))
    resource = resources.get(resource_id)
    if resource is None:
        raise _missing()
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
    _check_place(resources, resource_id, changed)


def _check_place(resources: _Resources, resource_id: str, changed: Mapping[str, Any]) -> None:
    parent_id = changed.get("parentId")
    if parent_id and parent_id not in resources:
        raise _missing()
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


def _bad(text: str) -> Refused:
    return Refused("BadRequestException", text)


def _missing() -> Refused:
    return Refused("NotFoundException", "Invalid Resource identifier specified", 404)


RULES: tuple[Rule, ...] = (
    Rule(("ImportRestApi", "PutRestApi"), _check_definition, (f"{_IMPORT}test_import_api_bad_file",)),
    Rule(
        ("UpdateResource",),
        _check_update,
        (
            f"{_CASES}test_update_resource_behaviour#update-parent-id-to-subresource-id",
            f"{_CASES}test_update_resource_behaviour#existing-future-sibling-path",
            f"{_CASES}test_update_resource_on_root#update-root-parent",
        ),
    ),
)
