"""Versions, aliases, concurrency and URLs of Lambda functions, policies of functions and layers, and tags."""

import re
from collections.abc import Sequence

from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.rules import Call, Check, Refused, Rules
from workbench_sandbox.server.door.rules.lambda_functions import (
    GONE,
    LATEST,
    NO_ALIAS,
    NOT_FOUND,
    NOT_FOUND_LATEST,
    NOT_FOUND_QUALIFIED,
    TYPELESS,
    FunctionTarget,
    check_revision,
    conflict,
    invalid,
    missing,
    must_exist,
    target_of,
    unqualified_only,
)
from workbench_sandbox.server.door.stores import Record

# Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_ACCOUNT_CONCURRENCY = 1000
_MIN_UNRESERVED = 100
_NO_FUNCTION = "Function does not exist"
_PROVISIONED = (
    "PutProvisionedConcurrencyConfig", "GetProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig",
)  # fmt: skip
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

rules = Rules("lambda")


@rules.add("CreateAlias", "test_notfound_and_invalid_routingconfigs")
def _check_version(call: Call) -> None:
    target, version = target_of(call), str(call.parameters["FunctionVersion"])
    _need_version(target, version)


def _need_version(target: FunctionTarget, version: str) -> None:
    if target.function is None or (version != LATEST and version not in target.function["versions"]):
        raise missing(f"Function not found: {target.arn}:{version}")


@rules.add("CreateAlias", "test_notfound_and_invalid_routingconfigs")
def _check_new_alias(call: Call) -> None:
    target, name = target_of(call), str(call.parameters["Name"])
    if target.function is not None and name in target.function["aliases"]:
        raise conflict(f"Alias already exists: {target.arn}:{name}")


def _need_alias(text: str) -> Check:
    def check(call: Call) -> None:
        target, name = target_of(call), str(call.parameters["Name"])
        if target.function is None:
            raise missing(NOT_FOUND.format(arn=target.arn))
        if name not in target.function["aliases"]:
            raise missing(f"{text}: {target.arn}:{name}")

    return check


def _alias(call: Call) -> dict[str, object]:
    function = target_of(call).record
    found: dict[str, object] = function.get("aliases", {}).get(call.parameters.get("Name"), {})
    return found


rules.add("GetAlias", "test_notfound_and_invalid_routingconfigs")(_need_alias("Cannot find alias arn"))
rules.add("UpdateAlias", "test_non_existent_alias_update")(_need_alias("Alias not found"))


@rules.add("UpdateAlias", "test_function_revisions_version_and_alias")
def _check_alias_revision(call: Call) -> None:
    check_revision(call, _alias(call).get("RevisionId"))


rules.add("UpdateAlias", "test_notfound_and_invalid_routingconfigs")(
    lambda call: _check_version(call) if call.parameters.get("FunctionVersion") else None
)


@rules.add(("CreateAlias", "UpdateAlias"), "test_notfound_and_invalid_routingconfigs")
def _check_weights(call: Call) -> None:
    weights = (call.parameters.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if not weights:
        return
    target = target_of(call)
    version = str(call.parameters.get("FunctionVersion") or _alias(call).get("FunctionVersion", ""))
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if version == LATEST:
        text = f"{LATEST} is not supported for an alias pointing to more than 1 version"
        raise invalid(text, fields=TYPELESS)
    for weighted in weights:
        if weighted == version:
            raise invalid(
                f"Invalid function version {version}. "
                f"Function version {version} is already included in routing configuration."
            )
        _need_version(target, weighted)


@rules.add(
    _PROVISIONED,
    "test_provisioned_concurrency_exceptions",
)
def _check_published(call: Call) -> None:
    target = target_of(call)
    if target.qualifier in ("", LATEST):
        raise invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
            if call.operation.startswith("Put")
            else "The function resource provided must be an alias or a published version."
        )


rules.add(
    _PROVISIONED,
    "test_provisioned_concurrency_exceptions",
)(must_exist("", NOT_FOUND_QUALIFIED, NO_ALIAS))


@rules.add("GetProvisionedConcurrencyConfig", "test_provisioned_concurrency_exceptions")
def _check_provisioned(call: Call) -> None:
    target = target_of(call)
    if not target.record.get("provisioned_concurrency", {}).get(target.qualifier):
        raise Refused(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            404,
        )


@rules.add(
    "PutProvisionedConcurrencyConfig",
    "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
)
def _check_within_reserved(call: Call) -> None:
    target, wanted = target_of(call), int(call.parameters["ProvisionedConcurrentExecutions"])
    function = target.record
    reserved = function.get("concurrency")
    others = _provisioned_sum(function, besides=target.qualifier)
    if reserved is not None and reserved < others + wanted:
        raise invalid(
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution "
            "for function"
        )
    if reserved is None and _unreserved(besides=target.name) - others - wanted < _MIN_UNRESERVED:
        raise invalid(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{_MIN_UNRESERVED}]."
        )


rules.add("PutFunctionConcurrency", "test_function_concurrency_exceptions")(unqualified_only)
rules.add("PutFunctionConcurrency", "test_function_concurrency_exceptions")(must_exist(NOT_FOUND_LATEST))


@rules.add("PutFunctionConcurrency", "test_function_concurrency_limits")
def _check_reserved(call: Call) -> None:
    target, wanted = target_of(call), int(call.parameters["ReservedConcurrentExecutions"])
    if wanted and _unreserved(besides=target.name) - wanted < _MIN_UNRESERVED:
        raise Refused(
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{_MIN_UNRESERVED}].",
            400,
            TYPELESS,
        )


@rules.add(
    "PutFunctionConcurrency", "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"
)
def _check_above_provisioned(call: Call) -> None:
    target, wanted = target_of(call), int(call.parameters["ReservedConcurrentExecutions"])
    provisioned = _provisioned_sum(target.record)
    if provisioned > wanted:
        raise invalid(
            f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned "
            f"concurrency [{provisioned}]."
        )


def _unreserved(besides: str) -> int:
    """The account's concurrency that other functions have not reserved."""
    return _ACCOUNT_CONCURRENCY - sum(
        _provisioned_sum(function) if function.get("concurrency") is None else int(function["concurrency"])
        for name, function in stores.functions().items()
        if name != besides
    )


def _provisioned_sum(function: stores.Record, besides: str = "") -> int:
    configs = function.get("provisioned_concurrency") or {}
    return sum(
        int(each["RequestedProvisionedConcurrentExecutions"])
        for qualifier, each in configs.items()
        if qualifier != besides
    )


rules.add(
    ("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig", "ListFunctionUrlConfigs"),
    "test_url_config_exceptions",
)(must_exist(_NO_FUNCTION))
rules.add(("GetFunctionUrlConfig", "DeleteFunctionUrlConfig"), "test_url_config_exceptions")(must_exist(GONE))


@rules.add(
    ("GetFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig"),
    "test_url_config_exceptions",
)
def _check_url(call: Call) -> None:
    target = target_of(call)
    if stores.function_url(target.name, target.qualifier) is None:
        raise missing(GONE)


@rules.add(
    "CreateFunctionUrlConfig",
    "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html",
)
def _check_new_url(call: Call) -> None:
    target = target_of(call)
    if stores.function_url(target.name, target.qualifier) is not None:
        raise conflict(
            f"Failed to create function url config for [functionArn = {target.qualified}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )


def _statements(target: FunctionTarget) -> list[Record]:
    """The policy statements of the named function, version or alias."""
    function = target.record
    resource = target.arn if target.qualifier in ("", LATEST) else target.qualified
    return [each for each in function.get("policy", {}).get("Statement", ()) if each["Resource"] == resource]


@rules.add("AddPermission", "test_permission_exceptions")
def _check_qualifier(call: Call) -> None:
    if target_of(call).qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")


rules.add("AddPermission", "test_permission_exceptions")(
    must_exist(NOT_FOUND_QUALIFIED, NOT_FOUND_QUALIFIED, NO_ALIAS)
)


@rules.add("AddPermission", "test_permission_exceptions")
def _check_principal(call: Call) -> None:
    if not _PRINCIPAL.fullmatch(str(call.parameters["Principal"])):
        raise invalid("The provided principal was invalid. Please check the principal and try again.")


rules.add("RemovePermission", "test_permission_exceptions")(
    must_exist("No policy found for: {arn}", NOT_FOUND_QUALIFIED, NO_ALIAS)
)


@rules.add("RemovePermission", "test_permission_exceptions")
def _check_known_statement(call: Call) -> None:
    statements = _statements(target_of(call))
    if not statements:
        raise missing(_NO_POLICY)
    _need_known(statements, str(call.parameters["StatementId"]))


def _need_known(statements: Sequence[Record], sid: str) -> None:
    if not any(each.get("Sid") == sid for each in statements):
        raise missing(f"Statement {sid} is not found in resource policy.")


@rules.add(("AddPermission", "RemovePermission"), "test_function_revisions_permissions")
def _check_revision(call: Call) -> None:
    target = target_of(call)
    holder = target.record.get("aliases", {}).get(target.qualifier) or target.named.get("config", {})
    read_by = "GetPolicy" if call.operation == "AddPermission" else "GetFunction/GetAlias"
    check_revision(call, holder.get("RevisionId"), read_by)


@rules.add("AddPermission", "test_permission_exceptions")
def _check_new_statement(call: Call) -> None:
    _need_new(_statements(target_of(call)), str(call.parameters["StatementId"]))


def _need_new(statements: Sequence[Record], sid: str) -> None:
    if any(each.get("Sid") == sid for each in statements):
        raise conflict(
            f"The statement id ({sid}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )


rules.add("GetPolicy", "test_permission_exceptions")(must_exist(GONE))


@rules.add("GetPolicy", "test_remove_multi_permissions")
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
    "test_layer_policy_exceptions",
)
def _check_layer(call: Call) -> None:
    _layer(call)


@rules.add("GetLayerVersionPolicy", "test_layer_policy_exceptions")
def _check_layer_policy(call: Call) -> None:
    if not _layer_statements(_layer(call)):
        raise missing(_NO_POLICY)


@rules.add("AddLayerVersionPermission", "test_layer_policy_exceptions")
def _check_new_layer_statement(call: Call) -> None:
    _need_new(_layer_statements(_layer(call)), str(call.parameters["StatementId"]))


@rules.add(("AddLayerVersionPermission", "RemoveLayerVersionPermission"), "test_layer_policy_exceptions")
def _check_layer_revision(call: Call) -> None:
    check_revision(call, _layer(call).get("_policy_revision_id"), "GetLayerPolicy")


@rules.add("RemoveLayerVersionPermission", "test_layer_policy_exceptions")
def _check_known_layer_statement(call: Call) -> None:
    _need_known(_layer_statements(_layer(call)), str(call.parameters["StatementId"]))


@rules.add("TagResource", "test_tag_exceptions")
def _check_new_tags(call: Call) -> None:
    if not call.parameters.get("Tags"):
        raise invalid("An error occurred and the request cannot be processed.")


@rules.add(_OPERATIONS, "test_tag_exceptions")
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
