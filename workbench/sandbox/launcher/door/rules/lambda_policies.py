"""Resource-based policies of Lambda functions and layer versions, and tags.

The recorded tests are those of test_lambda_api.py unless another file is named.
"""

import re
from collections.abc import Sequence

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.rules import Call, Rules
from workbench.sandbox.launcher.door.rules.lambda_names import (
    GONE,
    LATEST,
    NO_ALIAS,
    NOT_FOUND_QUALIFIED,
    FunctionTarget,
    conflict,
    invalid,
    missing,
    must_exist,
    stale,
    target_of,
)
from workbench.sandbox.launcher.door.stores import Record

_PRINCIPAL = re.compile(
    r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:.+|([a-z0-9-]+\.)+(amazonaws\.com(\.cn)?|amazon\.com|aws)"
)
_NO_POLICY = "No policy is associated with the given resource."
_OPERATIONS = ("ListTags", "TagResource", "UntagResource")
_RESOURCE = re.compile(
    r"arn:[^:]+:lambda:(?P<region>[^:]+):(?P<account>\d{12}):(?P<kind>[a-z-]+):(?P<rest>.+)"
)
_KINDS = {
    "function": "Function",
    "event-source-mapping": "Event source mapping",
    "capacity-provider": "Capacity provider",
    "code-signing-config": "Code signing config",
}
# Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
_MAX_TAGS = 50

rules = Rules()


def _statements(target: FunctionTarget) -> list[Record]:
    """The policy statements of the named function, version or alias."""
    function = target.record
    resource = target.arn if target.qualifier in ("", LATEST) else target.qualified
    return [each for each in function.get("policy", {}).get("Statement", ()) if each["Resource"] == resource]


@rules.add("AddPermission", "TestLambdaPermissions::test_permission_exceptions")
def _check_qualifier(call: Call) -> None:
    if target_of(call).qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")


rules.add("AddPermission", "TestLambdaPermissions::test_permission_exceptions")(
    must_exist(NOT_FOUND_QUALIFIED, NOT_FOUND_QUALIFIED, NO_ALIAS)
)


@rules.add("AddPermission", "TestLambdaPermissions::test_permission_exceptions")
def _check_principal(call: Call) -> None:
    if not _PRINCIPAL.fullmatch(str(call.parameters["Principal"])):
        raise invalid("The provided principal was invalid. Please check the principal and try again.")


rules.add("RemovePermission", "TestLambdaPermissions::test_permission_exceptions")(
    must_exist("No policy found for: {arn}", NOT_FOUND_QUALIFIED, NO_ALIAS)
)


@rules.add(
    "RemovePermission",
    "TestLambdaPermissions::test_permission_exceptions",
    "TestLambdaPermissions::test_remove_multi_permissions",
)
def _check_known_statement(call: Call) -> None:
    statements = _statements(target_of(call))
    if not statements:
        raise missing(_NO_POLICY)
    _need_known(statements, str(call.parameters["StatementId"]))


def _need_known(statements: Sequence[Record], sid: str) -> None:
    if not any(each.get("Sid") == sid for each in statements):
        raise missing(f"Statement {sid} is not found in resource policy.")


@rules.add(
    ("AddPermission", "RemovePermission"),
    "TestLambdaRevisions::test_function_revisions_permissions",
    "TestLambdaPermissions::test_lambda_permission_revisions",
)
def _check_revision(call: Call) -> None:
    revision = call.parameters.get("RevisionId")
    target = target_of(call)
    function = target.record
    known = [
        function.get("config", {}).get("RevisionId"),
        target.named.get("config", {}).get("RevisionId"),
        function.get("aliases", {}).get(target.qualifier, {}).get("RevisionId"),
    ]
    if revision and revision not in known:
        raise stale("GetPolicy" if call.operation == "AddPermission" else "GetFunction/GetAlias")


@rules.add("AddPermission", "TestLambdaPermissions::test_permission_exceptions")
def _check_new_statement(call: Call) -> None:
    _need_new(_statements(target_of(call)), str(call.parameters["StatementId"]))


def _need_new(statements: Sequence[Record], sid: str) -> None:
    if any(each.get("Sid") == sid for each in statements):
        raise conflict(
            f"The statement id ({sid}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )


rules.add("GetPolicy", "TestLambdaPermissions::test_permission_exceptions")(must_exist(GONE))


@rules.add("GetPolicy", "TestLambdaPermissions::test_remove_multi_permissions")
def _check_policy(call: Call) -> None:
    if not _statements(target_of(call)):
        raise missing(GONE)


def _layer(call: Call) -> Record:
    name, version = str(call.parameters["LayerName"]), int(call.parameters["VersionNumber"])
    region, account_id = call.region, call.account_id
    if name.startswith("arn:"):
        _, _, _, region, account_id, _, name = name.split(":", 6)
    found = stores.layer_version(name, version, account_id, region)
    if found is None:
        raise missing(
            f"Layer version arn:aws:lambda:{region}:{account_id}:layer:{name}:{version} does not exist."
        )
    return found


def _layer_statements(layer: Record) -> list[Record]:
    statements: list[Record] = (layer.get("_policy") or {}).get("Statement", [])
    return statements


@rules.add(
    ("AddLayerVersionPermission", "RemoveLayerVersionPermission", "GetLayerVersionPolicy"),
    "TestLambdaLayer::test_layer_policy_exceptions",
)
def _check_layer(call: Call) -> None:
    _layer(call)


@rules.add("GetLayerVersionPolicy", "TestLambdaLayer::test_layer_policy_exceptions")
def _check_layer_policy(call: Call) -> None:
    if not _layer_statements(_layer(call)):
        raise missing(_NO_POLICY)


@rules.add("AddLayerVersionPermission", "TestLambdaLayer::test_layer_policy_exceptions")
def _check_new_layer_statement(call: Call) -> None:
    _need_new(_layer_statements(_layer(call)), str(call.parameters["StatementId"]))


@rules.add(
    ("AddLayerVersionPermission", "RemoveLayerVersionPermission"),
    "TestLambdaLayer::test_layer_policy_exceptions",
)
def _check_layer_revision(call: Call) -> None:
    revision = call.parameters.get("RevisionId")
    if revision and revision != _layer(call).get("_policy_revision_id"):
        raise stale("GetLayerPolicy")


@rules.add("RemoveLayerVersionPermission", "TestLambdaLayer::test_layer_policy_exceptions")
def _check_known_layer_statement(call: Call) -> None:
    _need_known(_layer_statements(_layer(call)), str(call.parameters["StatementId"]))


@rules.add("TagResource", "TestLambdaTags::test_tag_exceptions")
def _check_new_tags(call: Call) -> None:
    if not call.parameters.get("Tags"):
        raise invalid("An error occurred and the request cannot be processed.")


@rules.add(
    _OPERATIONS,
    "TestLambdaTags::test_tag_exceptions",
    "TestLambdaTags::test_tag_versions",
    "TestLambdaTags::test_tag_lifecycle",
    "TestLambdaTag::test_tag_exceptions",
)
def _check_tagged(call: Call) -> None:
    resource = str(call.parameters["Resource"])
    match = _RESOURCE.fullmatch(resource)
    if match is None or match["kind"] not in _KINDS:
        return
    if match["kind"] == "function" and ":" in match["rest"]:
        raise invalid(
            "Tags on function aliases and versions are not supported. Please specify a function ARN."
        )
    if _tagged(match) is None:
        raise missing(f"{_KINDS[match['kind']]} not found: {resource}")


def _tagged(match: re.Match[str]) -> Record | None:
    if match["kind"] == "function":
        return stores.function(match["rest"], match["account"], match["region"])
    if match["kind"] == "event-source-mapping":
        return stores.mapping(match["rest"])
    if match["kind"] == "code-signing-config":
        return stores.code_signing_config(match[0])
    return None  # a capacity provider, which MiniStack does not store


@rules.add(
    ("TagResource", "CreateFunction", "CreateEventSourceMapping"),
    "https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html",
)
def _check_tag_count(call: Call) -> None:
    match = _RESOURCE.fullmatch(call.text("Resource"))
    record = (_tagged(match) if match else None) or {}
    there = record.get("tags", record.get("Tags")) or {}
    if len({*there, *(call.parameters.get("Tags") or ())}) > _MAX_TAGS:
        raise invalid("Number of tags exceeds resource tag limit.")
