"""Versions, aliases, concurrency and URLs of Lambda functions.

The recorded tests are those of test_lambda_api.py unless another file is named.
"""

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.rules import Call, Check, Refused, Rules
from workbench.sandbox.launcher.door.rules.lambda_names import (
    GONE,
    LATEST,
    NO_ALIAS,
    NOT_FOUND,
    NOT_FOUND_LATEST,
    NOT_FOUND_QUALIFIED,
    TYPELESS,
    FunctionTarget,
    conflict,
    invalid,
    missing,
    must_exist,
    stale,
    target_of,
    unqualified_only,
)

# Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_ACCOUNT_CONCURRENCY = 1000
_MIN_UNRESERVED = 100
_NO_FUNCTION = "Function does not exist"

rules = Rules()


@rules.add("CreateAlias", "TestLambdaAlias::test_notfound_and_invalid_routingconfigs")
def _check_version(call: Call) -> None:
    target, version = target_of(call), str(call.parameters["FunctionVersion"])
    _need_version(target, version)


def _need_version(target: FunctionTarget, version: str) -> None:
    if target.function is None or (version != LATEST and version not in target.function["versions"]):
        raise missing(f"Function not found: {target.arn}:{version}")


@rules.add("CreateAlias", "TestLambdaAlias::test_notfound_and_invalid_routingconfigs")
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


rules.add("GetAlias", "TestLambdaAlias::test_notfound_and_invalid_routingconfigs")(
    _need_alias("Cannot find alias arn")
)
rules.add("UpdateAlias", "TestLambdaAlias::test_non_existent_alias_update")(_need_alias("Alias not found"))


@rules.add("UpdateAlias", "TestLambdaRevisions::test_function_revisions_version_and_alias")
def _check_alias_revision(call: Call) -> None:
    revision = call.parameters.get("RevisionId")
    if revision and revision != _alias(call).get("RevisionId"):
        raise stale("GetFunction/GetAlias")


rules.add("UpdateAlias", "TestLambdaAlias::test_notfound_and_invalid_routingconfigs")(
    lambda call: _check_version(call) if call.parameters.get("FunctionVersion") else None
)


@rules.add(("CreateAlias", "UpdateAlias"), "TestLambdaAlias::test_notfound_and_invalid_routingconfigs")
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
    (
        "PutProvisionedConcurrencyConfig",
        "GetProvisionedConcurrencyConfig",
        "DeleteProvisionedConcurrencyConfig",
    ),
    "TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions",
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
    (
        "PutProvisionedConcurrencyConfig",
        "GetProvisionedConcurrencyConfig",
        "DeleteProvisionedConcurrencyConfig",
    ),
    "TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions",
)(must_exist("", NOT_FOUND_QUALIFIED, NO_ALIAS))


@rules.add(
    "GetProvisionedConcurrencyConfig",
    "TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions",
    "TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle",
)
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


rules.add("PutFunctionConcurrency", "TestLambdaReservedConcurrency::test_function_concurrency_exceptions")(
    unqualified_only
)
rules.add("PutFunctionConcurrency", "TestLambdaReservedConcurrency::test_function_concurrency_exceptions")(
    must_exist(NOT_FOUND_LATEST)
)


@rules.add("PutFunctionConcurrency", "TestLambdaReservedConcurrency::test_function_concurrency_limits")
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
    "TestLambdaUrl::test_url_config_exceptions",
    "TestLambdaUrl::test_url_config_list_paging",
)(must_exist(_NO_FUNCTION))
rules.add(
    ("GetFunctionUrlConfig", "DeleteFunctionUrlConfig"),
    "TestLambdaUrl::test_url_config_exceptions",
    "TestLambdaFunction::test_ops_on_nonexisting_fn",
    "TestLambdaFunction::test_get_function_wrong_region",
)(must_exist(GONE))


@rules.add(
    ("GetFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig"),
    "TestLambdaUrl::test_url_config_exceptions",
    "TestLambdaUrl::test_url_config_deletion_without_qualifier",
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
