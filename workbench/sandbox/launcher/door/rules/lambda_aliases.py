"""Versions, aliases, concurrency and URLs of Lambda functions."""

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule
from workbench.sandbox.launcher.door.rules.lambda_names import (
    GONE,
    LATEST,
    NO_ALIAS,
    NOT_FOUND,
    NOT_FOUND_LATEST,
    NOT_FOUND_QUALIFIED,
    TYPELESS,
    Check,
    FunctionTarget,
    conflict,
    invalid,
    is_alias,
    missing,
    must_exist,
    stale,
    target_of,
    tested,
    unqualified_only,
)

_PROVISIONED = "TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions#"
_ROUTING = "TestLambdaAlias::test_notfound_and_invalid_routingconfigs#"
_RESERVED = "TestLambdaReservedConcurrency::test_function_concurrency_"
# Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_ACCOUNT_CONCURRENCY = 1000
_MIN_UNRESERVED = 100
_URLS = "TestLambdaUrl::test_url_config_exceptions#"
_NO_FUNCTION = "Function does not exist"


def _check_version(call: Call) -> None:
    target, version = target_of(call), str(call.parameters["FunctionVersion"])
    _need_version(target, version)


def _need_version(target: FunctionTarget, version: str) -> None:
    if target.function is None or (version != LATEST and version not in target.function["versions"]):
        raise missing(f"Function not found: {target.arn}:{version}")


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
        raise Refused("InvalidParameterValueException", text, 400, TYPELESS)
    for weighted in weights:
        if weighted == version:
            raise invalid(
                f"Invalid function version {version}. "
                f"Function version {version} is already included in routing configuration."
            )
        _need_version(target, weighted)


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
    function = target_of(call).function or {}
    found: dict[str, object] = function.get("aliases", {}).get(call.parameters.get("Name"), {})
    return found


def _check_alias_revision(call: Call) -> None:
    revision = call.parameters.get("RevisionId")
    if revision and revision != _alias(call).get("RevisionId"):
        raise stale("GetFunction/GetAlias")


def _check_published(call: Call) -> None:
    target = target_of(call)
    if target.qualifier in ("", LATEST):
        raise invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
            if call.operation.startswith("Put")
            else "The function resource provided must be an alias or a published version."
        )


def _check_provisioned(call: Call) -> None:
    target = target_of(call)
    if not (target.function or {}).get("provisioned_concurrency", {}).get(target.qualifier):
        raise Refused(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            404,
            {"Type": "User"},
        )


def _check_free_for_provisioning(call: Call) -> None:
    target = target_of(call)
    function = target.function or {}
    provisioned: dict[str, object] = function.get("provisioned_concurrency", {})
    aliases: dict[str, dict[str, object]] = function.get("aliases", {})
    if is_alias(target.qualifier):
        if aliases[target.qualifier].get("FunctionVersion") in provisioned:
            raise conflict(
                "Alias can't be used for Provisioned Concurrency configuration "
                "on an already Provisioned version"
            )
        return
    if any(
        alias.get("FunctionVersion") == target.qualifier and name in provisioned
        for name, alias in aliases.items()
    ):
        raise conflict("Version is pointed by a Provisioned Concurrency alias")


def _check_within_reserved(call: Call) -> None:
    target, wanted = target_of(call), int(call.parameters["ProvisionedConcurrentExecutions"])
    function = target.function or {}
    reserved = function.get("concurrency")
    others = _provisioned_sum(function, besides=target.qualifier)
    if reserved is not None and reserved < others + wanted:
        raise invalid(
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution "
            "for function"
        )
    if reserved is None and _unreserved(besides=target.name) - others - wanted < _MIN_UNRESERVED:
        raise Refused(
            "InvalidParameterValueException",
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{_MIN_UNRESERVED}].",
        )


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


def _check_above_provisioned(call: Call) -> None:
    target, wanted = target_of(call), int(call.parameters["ReservedConcurrentExecutions"])
    provisioned = _provisioned_sum(target.function or {})
    if provisioned > wanted:
        raise Refused(
            "InvalidParameterValueException",
            f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned "
            f"concurrency [{provisioned}].",
        )


def _unreserved(besides: str) -> int:
    """What the account's other functions leave of its concurrency."""
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


def _check_url(call: Call) -> None:
    target = target_of(call)
    if stores.function_url(target.name, target.qualifier) is None:
        raise missing(GONE)


def _check_new_url(call: Call) -> None:
    target = target_of(call)
    if stores.function_url(target.name, target.qualifier) is not None:
        raise conflict(
            f"Failed to create function url config for [functionArn = {target.qualified}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )


_URL_RULES = (
    Rule(
        ("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig", "ListFunctionUrlConfigs"),
        must_exist(_NO_FUNCTION),
        tested(
            *(
                f"{_URLS}{operation}_function_url_config_{what}"
                for operation in ("create", "update")
                for what in (
                    "name_doesnotexist",
                    "arn_doesnotexist",
                    "qualifier_alias_doesnotexist",
                    "qualifier_alias_doesnotmatch_arn",
                )
            ),
            "TestLambdaUrl::test_url_config_list_paging#list_function_notfound",
        ),
    ),
    Rule(
        ("GetFunctionUrlConfig", "DeleteFunctionUrlConfig"),
        must_exist(GONE),
        tested(
            *(
                f"{_URLS}{operation}_function_url_config_{what}"
                for operation in ("get", "delete")
                for what in ("name_doesnotexist", "arn_doesnotexist", "qualifier_alias_doesnotexist")
            ),
            _URLS + "get_function_url_config_qualifier_alias_doesnotmatch_arn",
            "TestLambdaFunction::test_ops_on_nonexisting_fn[get_function_url_config]#not_found_exception",
            "TestLambdaFunction::test_get_function_wrong_region[get_function_url_config]#wrong_region_exception",
        ),
    ),
    Rule(
        ("GetFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig"),
        _check_url,
        tested(
            *(
                f"{_URLS}{operation}_function_url_config_config_doesnotexist"
                for operation in ("get", "update", "delete")
            ),
            "TestLambdaUrl::test_url_config_deletion_without_qualifier#get_url_config_after_deletion",
        ),
    ),
    Rule(
        ("CreateFunctionUrlConfig",),
        _check_new_url,
        ("https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html",),
    ),
)


RULES: tuple[Rule, ...] = (
    Rule(
        ("CreateAlias",),
        _check_version,
        tested(_ROUTING + "target_version_doesnotexist", _ROUTING + "routing_config_exc_fn_doesnotexist"),
    ),
    Rule(
        ("CreateAlias",),
        _check_new_alias,
        tested(_ROUTING + "routing_config_exc_already_exist"),
    ),
    Rule(
        ("GetAlias",),
        _need_alias("Cannot find alias arn"),
        tested(_ROUTING + "alias_does_not_exist_esc"),
    ),
    Rule(
        ("UpdateAlias",),
        _need_alias("Alias not found"),
        tested("TestLambdaAlias::test_non_existent_alias_update#update_alias_response"),
    ),
    Rule(
        ("UpdateAlias",),
        _check_alias_revision,
        tested(
            "TestLambdaRevisions::test_function_revisions_version_and_alias#update_alias_revision_exception"
        ),
    ),
    Rule(
        ("UpdateAlias",),
        lambda call: _check_version(call) if call.parameters.get("FunctionVersion") else None,
        tested(_ROUTING + "target_version_doesnotexist"),
    ),
    Rule(
        ("CreateAlias", "UpdateAlias"),
        _check_weights,
        tested(
            _ROUTING + "routing_config_exc_toomany",
            _ROUTING + "target_version_exc_version_latest",
            _ROUTING + "routing_config_exc_sameversion",
            _ROUTING + "routing_config_exc_version_doesnotexist",
        ),
    ),
    Rule(
        (
            "PutProvisionedConcurrencyConfig",
            "GetProvisionedConcurrencyConfig",
            "DeleteProvisionedConcurrencyConfig",
        ),
        _check_published,
        tested(
            _PROVISIONED + "put_provisioned_latest",
            _PROVISIONED + "get_provisioned_latest",
            _PROVISIONED + "delete_provisioned_latest",
        ),
    ),
    Rule(
        (
            "PutProvisionedConcurrencyConfig",
            "GetProvisionedConcurrencyConfig",
            "DeleteProvisionedConcurrencyConfig",
        ),
        must_exist("", NOT_FOUND_QUALIFIED, NO_ALIAS),
        tested(
            _PROVISIONED + "put_provisioned_functionname_doesnotexist_alias",
            _PROVISIONED + "put_provisioned_functionname_doesnotexist_version",
            _PROVISIONED + "put_provisioned_qualifier_doesnotexist",
            _PROVISIONED + "put_provisioned_version_doesnotexist",
            _PROVISIONED + "get_provisioned_functionname_doesnotexist",
            _PROVISIONED + "get_provisioned_qualifier_doesnotexist",
            _PROVISIONED + "get_provisioned_version_doesnotexist",
            _PROVISIONED + "delete_provisioned_functionname_doesnotexist",
            _PROVISIONED + "delete_provisioned_qualifier_doesnotexist",
            _PROVISIONED + "delete_provisioned_version_doesnotexist",
        ),
    ),
    Rule(
        ("GetProvisionedConcurrencyConfig",),
        _check_provisioned,
        tested(
            _PROVISIONED + "get_provisioned_config_doesnotexist",
            "TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle#get_provisioned_version_postdelete",
        ),
    ),
    Rule(
        ("PutProvisionedConcurrencyConfig",),
        _check_within_reserved,
        ("https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",),
    ),
    Rule(
        ("PutProvisionedConcurrencyConfig",),
        _check_free_for_provisioning,
        tested(
            "TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle"
            "#put_provisioned_on_alias_versionconflict",
            "TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle"
            "#put_provisioned_on_version_conflict",
        ),
    ),
    Rule(
        ("PutFunctionConcurrency",),
        unqualified_only,
        tested(_RESERVED + "exceptions#put_function_concurrency_with_qualified_arn"),
    ),
    Rule(
        ("PutFunctionConcurrency",),
        must_exist(NOT_FOUND_LATEST),
        tested(_RESERVED + "exceptions#put_function_concurrency_with_function_name_doesnotexist"),
    ),
    Rule(
        ("PutFunctionConcurrency",),
        _check_reserved,
        tested(
            _RESERVED + "limits#put_function_concurrency_account_limit_exceeded",
            _RESERVED + "limits#put_function_concurrency_below_unreserved_min_value",
        ),
    ),
    Rule(
        ("PutFunctionConcurrency",),
        _check_above_provisioned,
        ("https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",),
    ),
    *_URL_RULES,
)
