"""Resource-based policies of Lambda functions and layer versions, and tags."""

import re
from collections.abc import Sequence

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Rule
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
    tested,
)
from workbench.sandbox.launcher.door.stores import Record

_PERMISSIONS = "TestLambdaPermissions::test_permission_exceptions#"
_LAYERS = "TestLambdaLayer::test_layer_policy_exceptions#layer_permission_"
_PRINCIPAL = re.compile(
    r"\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:.+|([a-z0-9-]+\.)+(amazonaws\.com(\.cn)?|amazon\.com|aws)"
)
_NO_POLICY = "No policy is associated with the given resource."
_TAGS = "TestLambdaTags::test_tag_exceptions#"
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


def _statements(target: FunctionTarget) -> list[Record]:
    """What the policy of the named function, version or alias says."""
    function = target.function or {}
    resource = target.arn if target.qualifier in ("", LATEST) else target.qualified
    return [each for each in function.get("policy", {}).get("Statement", ()) if each["Resource"] == resource]


def _check_qualifier(call: Call) -> None:
    if target_of(call).qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")


def _check_principal(call: Call) -> None:
    if not _PRINCIPAL.fullmatch(str(call.parameters["Principal"])):
        raise invalid("The provided principal was invalid. Please check the principal and try again.")


def _check_revision(call: Call) -> None:
    revision = call.parameters.get("RevisionId")
    target = target_of(call)
    function = target.function or {}
    known = [
        function.get("config", {}).get("RevisionId"),
        target.named.get("config", {}).get("RevisionId"),
        function.get("aliases", {}).get(target.qualifier, {}).get("RevisionId"),
    ]
    if revision and revision not in known:
        raise stale("GetPolicy" if call.operation == "AddPermission" else "GetFunction/GetAlias")


def _check_new_statement(call: Call) -> None:
    _need_new(_statements(target_of(call)), str(call.parameters["StatementId"]))


def _need_new(statements: Sequence[Record], sid: str) -> None:
    if any(each.get("Sid") == sid for each in statements):
        raise conflict(
            f"The statement id ({sid}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )


def _check_known_statement(call: Call) -> None:
    statements = _statements(target_of(call))
    if not statements:
        raise missing(_NO_POLICY)
    _need_known(statements, str(call.parameters["StatementId"]))


def _need_known(statements: Sequence[Record], sid: str) -> None:
    if not any(each.get("Sid") == sid for each in statements):
        raise missing(f"Statement {sid} is not found in resource policy.")


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


def _check_layer(call: Call) -> None:
    _layer(call)


def _check_layer_policy(call: Call) -> None:
    if not _layer_statements(_layer(call)):
        raise missing(_NO_POLICY)


def _check_layer_revision(call: Call) -> None:
    revision = call.parameters.get("RevisionId")
    if revision and revision != _layer(call).get("_policy_revision_id"):
        raise stale("GetLayerPolicy")


def _check_new_layer_statement(call: Call) -> None:
    _need_new(_layer_statements(_layer(call)), str(call.parameters["StatementId"]))


def _check_known_layer_statement(call: Call) -> None:
    _need_known(_layer_statements(_layer(call)), str(call.parameters["StatementId"]))


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
    return stores.capacity_provider(match["rest"])


def _check_new_tags(call: Call) -> None:
    if not call.parameters.get("Tags"):
        raise invalid("An error occurred and the request cannot be processed.")


def _check_tag_count(call: Call) -> None:
    match = _RESOURCE.fullmatch(str(call.parameters.get("Resource", "")))
    record = (_tagged(match) if match else None) or {}
    there = record.get("tags", record.get("Tags")) or {}
    if len({*there, *(call.parameters.get("Tags") or ())}) > _MAX_TAGS:
        raise invalid("Number of tags exceeds resource tag limit.")


_TAG_RULES = (
    Rule(
        ("TagResource",),
        _check_new_tags,
        tested(_TAGS + "tag_empty_tags"),
    ),
    Rule(
        _OPERATIONS,
        _check_tagged,
        tested(
            _TAGS + "tag_lambda_doesnotexist",
            _TAGS + "tag_lambda_qualifier_doesnotexist",
            "TestLambdaTags::test_tag_versions#tag_resource_exception",
            "TestLambdaTags::test_tag_versions#tag_resource_latest_exception",
            "TestLambdaTags::test_tag_lifecycle#list_tags_postdelete",
            "TestLambdaTag::test_tag_exceptions[lambda_function]#aliased_arn_exception",
            *(
                f"TestLambdaTag::test_tag_exceptions[{kind}]#not_found_exception_{operation}"
                for kind in ("lambda_function", "event_source_mapping", "capacity_provider")
                for operation in ("list", "tag", "untag")
            ),
        ),
    ),
    Rule(
        ("TagResource", "CreateFunction", "CreateEventSourceMapping"),
        _check_tag_count,
        ("https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html",),
    ),
)


RULES: tuple[Rule, ...] = (
    Rule(
        ("AddPermission",),
        _check_qualifier,
        tested(
            _PERMISSIONS + "add_permission_fn_qualifier_latest",
            _PERMISSIONS + "add_permission_fn_qualifier_mismatch",
        ),
    ),
    Rule(
        ("AddPermission",),
        must_exist(NOT_FOUND_QUALIFIED, NOT_FOUND_QUALIFIED, NO_ALIAS),
        tested(
            _PERMISSIONS + "add_permission_fn_doesnotexist",
            _PERMISSIONS + "add_permission_fn_alias_doesnotexist",
            _PERMISSIONS + "add_permission_fn_version_doesnotexist",
            _PERMISSIONS + "add_permission_fn_qualifier_valid_doesnotexist",
        ),
    ),
    Rule(
        ("AddPermission",),
        _check_principal,
        tested(_PERMISSIONS + "add_permission_principal_invalid"),
    ),
    Rule(
        ("RemovePermission",),
        must_exist("No policy found for: {arn}", NOT_FOUND_QUALIFIED, NO_ALIAS),
        tested(
            _PERMISSIONS + "remove_permission_fn_doesnotexist",
            _PERMISSIONS + "remove_permission_fn_alias_doesnotexist",
        ),
    ),
    Rule(
        ("RemovePermission",),
        _check_known_statement,
        tested(
            _PERMISSIONS + "remove_permission_policy_doesnotexist",
            "TestLambdaPermissions::test_remove_multi_permissions#remove_permission_exception_nonexisting_sid",
        ),
    ),
    Rule(
        ("AddPermission", "RemovePermission"),
        _check_revision,
        tested(
            "TestLambdaRevisions::test_function_revisions_permissions#add_permission_revision_exception",
            "TestLambdaPermissions::test_lambda_permission_revisions"
            "#remove_permission_fn_revision_id_doesnotmatch",
        ),
    ),
    Rule(
        ("AddPermission",),
        _check_new_statement,
        tested(_PERMISSIONS + "add_permission_conflicting_statement_id"),
    ),
    Rule(
        ("GetPolicy",),
        must_exist(GONE),
        tested(
            _PERMISSIONS + "get_policy_fn_doesnotexist",
            _PERMISSIONS + "get_policy_fn_version_doesnotexist",
        ),
    ),
    Rule(
        ("GetPolicy",),
        _check_policy,
        tested("TestLambdaPermissions::test_remove_multi_permissions#get_policy_exception_removed_all"),
    ),
    Rule(
        ("AddLayerVersionPermission", "RemoveLayerVersionPermission", "GetLayerVersionPolicy"),
        _check_layer,
        tested(
            *(
                f"{_LAYERS}{subject}_doesnotexist_{what}"
                for subject in ("layername", "layerversion")
                for what in ("add", "get", "remove")
            )
        ),
    ),
    Rule(
        ("GetLayerVersionPolicy",),
        _check_layer_policy,
        tested(_LAYERS + "nopolicy_get"),
    ),
    Rule(
        ("AddLayerVersionPermission",),
        _check_new_layer_statement,
        tested(_LAYERS + "duplicate_statement"),
    ),
    Rule(
        ("AddLayerVersionPermission", "RemoveLayerVersionPermission"),
        _check_layer_revision,
        tested(_LAYERS + "wrong_revision", _LAYERS + "wrong_revision_remove"),
    ),
    Rule(
        ("RemoveLayerVersionPermission",),
        _check_known_layer_statement,
        tested(_LAYERS + "statementid_doesnotexist_remove"),
    ),
    *_TAG_RULES,
)
