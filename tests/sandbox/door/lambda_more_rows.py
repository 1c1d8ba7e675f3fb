"""More requests to Lambda and how AWS refused them: what belongs to a function. See `lambda_rows`."""

from typing import Any

from tests.sandbox.door.lambda_rows import (
    GHOST,
    GONE,
    MISMATCH,
    Row,
    conflict,
    invalid,
    missing,
    stale,
)
from tests.sandbox.door.lambda_stage import FUNCTION_ARN, LAYER_ARN

_ROUTING = "TestLambdaAlias::test_notfound_and_invalid_routingconfigs#"
_THERE = f"Function not found: {FUNCTION_ARN}there"


def _weights(**weights: float) -> dict[str, dict[str, float]]:
    return {"AdditionalVersionWeights": {key[1:]: value for key, value in weights.items()}}


_NEW = {"FunctionName": "there", "Name": "custom", "FunctionVersion": "1"}
ALIASES = (
    invalid(
        _ROUTING + "routing_config_exc_toomany",
        "create_alias",
        "Number of items in AdditionalVersionWeights cannot be greater than 1",
        **_NEW,
        RoutingConfig=_weights(_1=0.8, _2=0.2),
    ),
    invalid(
        _ROUTING + "routing_config_exc_sameversion",
        "create_alias",
        "Invalid function version 1. Function version 1 is already included in routing configuration.",
        **_NEW,
        RoutingConfig=_weights(_1=0.5),
    ),
    missing(
        _ROUTING + "target_version_doesnotexist",
        "create_alias",
        f"{_THERE}:10",
        **{**_NEW, "FunctionVersion": "10"},
        RoutingConfig=_weights(_2=0.5),
    ),
    missing(
        _ROUTING + "routing_config_exc_version_doesnotexist",
        "create_alias",
        f"{_THERE}:10",
        **_NEW,
        RoutingConfig=_weights(_10=0.5),
    ),
    invalid(
        _ROUTING + "target_version_exc_version_latest",
        "create_alias",
        "$LATEST is not supported for an alias pointing to more than 1 version",
        type="",
        **{**_NEW, "FunctionVersion": "$LATEST"},
        RoutingConfig=_weights(_1=0.5),
    ),
    missing(
        _ROUTING + "routing_config_exc_fn_doesnotexist",
        "create_alias",
        f"{GHOST}:1",
        **{**_NEW, "FunctionName": "ghost"},
        RoutingConfig=_weights(_2=0.5),
    ),
    conflict(
        _ROUTING + "routing_config_exc_already_exist",
        "create_alias",
        f"Alias already exists: {FUNCTION_ARN}there:live",
        **{**_NEW, "Name": "live"},
    ),
    missing(
        _ROUTING + "alias_does_not_exist_esc",
        "get_alias",
        f"Cannot find alias arn: {FUNCTION_ARN}there:absent",
        FunctionName="there",
        Name="absent",
    ),
    missing(
        "TestLambdaAlias::test_non_existent_alias_update#update_alias_response",
        "update_alias",
        f"Alias not found: {FUNCTION_ARN}there:absent",
        FunctionName="there",
        Name="absent",
    ),
    stale(
        "TestLambdaRevisions::test_function_revisions_version_and_alias#update_alias_revision_exception",
        "update_alias",
        "GetFunction/GetAlias",
        FunctionName="there",
        Name="live",
    ),
)

_PROVISIONED = "TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions#"
_PUT: dict[str, Any] = {"ProvisionedConcurrentExecutions": 1}
_NO_ALIAS = f"Cannot find alias arn: {FUNCTION_ARN}"
_UNRESERVED = (
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
    "below its minimum value of [100]."
)
_CONCURRENCY = "TestLambdaReservedConcurrency::test_function_concurrency_"
CONCURRENCY = (
    *(
        missing(
            f"{_PROVISIONED}{verb}_provisioned_{key}",
            f"{verb}_provisioned_concurrency_config",
            text,
            FunctionName=name,
            Qualifier=qualifier,
            **(_PUT if verb == "put" else {}),
        )
        for verb in ("put", "get", "delete")
        for key, name, qualifier, text in (
            (
                "functionname_doesnotexist_alias",
                "ghost",
                "absent",
                f"{_NO_ALIAS}ghost:absent",
            ),
            ("functionname_doesnotexist_version", "ghost", "1", f"{GHOST}:1"),
            ("qualifier_doesnotexist", "there", "absent", f"{_NO_ALIAS}there:absent"),
            ("version_doesnotexist", "there", "10", f"{_THERE}:10"),
        )
    ),
    *(
        invalid(
            f"{_PROVISIONED}{verb}_provisioned_latest",
            f"{verb}_provisioned_concurrency_config",
            "The function resource provided must be an alias or a published version.",
            FunctionName="there",
            Qualifier="$LATEST",
        )
        for verb in ("get", "delete")
    ),
    invalid(
        _PROVISIONED + "put_provisioned_latest",
        "put_provisioned_concurrency_config",
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        FunctionName="there",
        Qualifier="$LATEST",
        **_PUT,
    ),
    Row(
        _PROVISIONED + "get_provisioned_config_doesnotexist",
        "get_provisioned_concurrency_config",
        {"FunctionName": "there", "Qualifier": "1"},
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
        404,
    ),
    missing(
        _PROVISIONED + "list_provisioned_functionname_doesnotexist",
        "list_provisioned_concurrency_configs",
        GHOST,
        FunctionName="ghost",
    ),
    conflict(
        "TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle#put_provisioned_on_alias_versionconflict",
        "put_provisioned_concurrency_config",
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
        FunctionName="ready",
        Qualifier="first",
        **_PUT,
    ),
    conflict(
        "TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle#put_provisioned_on_version_conflict",
        "put_provisioned_concurrency_config",
        "Version is pointed by a Provisioned Concurrency alias",
        FunctionName="ready",
        Qualifier="2",
        **_PUT,
    ),
    *(
        missing(
            f"{_CONCURRENCY}exceptions#put_function_concurrency_with_function_name_doesnotexist",
            "put_function_concurrency",
            f"{GHOST}:$LATEST",
            FunctionName="ghost",
            ReservedConcurrentExecutions=reserved,
        )
        for reserved in (0, 1)
    ),
    invalid(
        f"{_CONCURRENCY}exceptions#put_function_concurrency_with_qualified_arn",
        "put_function_concurrency",
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
        "operation. Please specify either a function name or an unqualified function ARN.",
        FunctionName=f"{FUNCTION_ARN}there:1",
        ReservedConcurrentExecutions=0,
    ),
    *(
        invalid(
            f"{_CONCURRENCY}limits#put_function_concurrency_{key}",
            "put_function_concurrency",
            _UNRESERVED,
            type="",
            FunctionName="there",
            ReservedConcurrentExecutions=reserved,
        )
        for key, reserved in (("account_limit_exceeded", 1001), ("below_unreserved_min_value", 1000))
    ),
    *(
        Row(
            key,
            "invoke",
            {"FunctionName": "stopped", **more},
            "TooManyRequestsException",
            "Rate Exceeded.",
            429,
        )
        for key, more in (
            ("test_lambda_concurrency_block#invoke_latest_first_exc", {"Qualifier": "$LATEST"}),
            ("test_reserved_concurrency#exc_no_cap_requestresponse", {"InvocationType": "RequestResponse"}),
        )
    ),
)

_PERMISSIONS = "TestLambdaPermissions::test_permission_exceptions#"
_GRANT = {"Action": "lambda:InvokeFunction", "StatementId": "new", "Principal": "s3.amazonaws.com"}
_LAYERS = "TestLambdaLayer::test_layer_policy_exceptions#layer_permission_"
_LAYER_GRANT = {"Action": "lambda:GetLayerVersion", "Principal": "*", "StatementId": "new"}
POLICIES = (
    invalid(
        _PERMISSIONS + "add_permission_fn_qualifier_mismatch",
        "add_permission",
        MISMATCH,
        FunctionName="there:live",
        Qualifier="42",
        **_GRANT,
    ),
    invalid(
        _PERMISSIONS + "add_permission_fn_qualifier_latest",
        "add_permission",
        "We currently do not support adding policies for $LATEST.",
        FunctionName="there:$LATEST",
        Qualifier="$LATEST",
        **_GRANT,
    ),
    invalid(
        _PERMISSIONS + "add_permission_principal_invalid",
        "add_permission",
        "The provided principal was invalid. Please check the principal and try again.",
        FunctionName="there",
        **{**_GRANT, "Principal": "invalid.nonaws.com"},
    ),
    missing(
        _PERMISSIONS + "add_permission_fn_doesnotexist",
        "add_permission",
        GHOST,
        FunctionName="ghost",
        **_GRANT,
    ),
    missing(
        _PERMISSIONS + "add_permission_fn_alias_doesnotexist",
        "add_permission",
        f"{_NO_ALIAS}there:absent",
        FunctionName="there:absent",
        **_GRANT,
    ),
    *(
        missing(
            _PERMISSIONS + key,
            "add_permission",
            f"{_THERE}:{qualifier}",
            FunctionName="there",
            Qualifier=qualifier,
            **_GRANT,
        )
        for key, qualifier in (
            ("add_permission_fn_version_doesnotexist", "42"),
            ("add_permission_fn_qualifier_valid_doesnotexist", "valid-with-$-but-doesnotexist"),
        )
    ),
    conflict(
        _PERMISSIONS + "add_permission_conflicting_statement_id",
        "add_permission",
        "The statement id (s3) provided already exists. "
        "Please provide a new statement id, or remove the existing statement.",
        FunctionName="there",
        **{**_GRANT, "StatementId": "s3"},
    ),
    stale(
        "TestLambdaRevisions::test_function_revisions_permissions#add_permission_revision_exception",
        "add_permission",
        "GetPolicy",
        FunctionName="there",
        **_GRANT,
    ),
    stale(
        "TestLambdaPermissions::test_lambda_permission_revisions#remove_permission_fn_revision_id_doesnotmatch",
        "remove_permission",
        "GetFunction/GetAlias",
        FunctionName="there",
        StatementId="s3",
    ),
    missing(
        _PERMISSIONS + "remove_permission_fn_doesnotexist",
        "remove_permission",
        f"No policy found for: {FUNCTION_ARN}ghost",
        FunctionName="ghost",
        StatementId="s3",
    ),
    missing(
        _PERMISSIONS + "remove_permission_fn_alias_doesnotexist",
        "remove_permission",
        f"{_NO_ALIAS}there:absent",
        FunctionName="there",
        StatementId="s3",
        Qualifier="absent",
    ),
    missing(
        _PERMISSIONS + "remove_permission_policy_doesnotexist",
        "remove_permission",
        "No policy is associated with the given resource.",
        FunctionName="other",
        StatementId="s3",
    ),
    missing(
        "TestLambdaPermissions::test_remove_multi_permissions#remove_permission_exception_nonexisting_sid",
        "remove_permission",
        "Statement absent is not found in resource policy.",
        FunctionName="there",
        StatementId="absent",
    ),
    *(
        missing(_PERMISSIONS + key, "get_policy", GONE, **parameters)
        for key, parameters in (
            ("get_policy_fn_doesnotexist", {"FunctionName": "ghost"}),
            ("get_policy_fn_version_doesnotexist", {"FunctionName": "there", "Qualifier": "77"}),
            ("get_policy_after_publishing_new_version", {"FunctionName": "there", "Qualifier": "1"}),
            ("get_policy_exception_removed_all", {"FunctionName": "other"}),
        )
    ),
    *(
        missing(
            f"{_LAYERS}{key}_{operation[:3]}",
            operation,
            f"Layer version {LAYER_ARN}{name}:{version} does not exist.",
            LayerName=name,
            VersionNumber=version,
            **more,
        )
        for key, name, version in (
            ("layername_doesnotexist", "ghost", 1),
            ("layerversion_doesnotexist", "tools", 2),
        )
        for operation, more in (
            ("add_layer_version_permission", _LAYER_GRANT),
            ("get_layer_version_policy", {}),
            ("remove_layer_version_permission", {"StatementId": "s1"}),
        )
    ),
    missing(
        _LAYERS + "nopolicy_get",
        "get_layer_version_policy",
        "No policy is associated with the given resource.",
        LayerName="bare",
        VersionNumber=1,
    ),
    missing(
        _LAYERS + "statementid_doesnotexist_remove",
        "remove_layer_version_permission",
        "Statement absent is not found in resource policy.",
        LayerName="tools",
        VersionNumber=1,
        StatementId="absent",
    ),
    conflict(
        _LAYERS + "duplicate_statement",
        "add_layer_version_permission",
        "The statement id (s1) provided already exists. "
        "Please provide a new statement id, or remove the existing statement.",
        LayerName="tools",
        VersionNumber=1,
        **{**_LAYER_GRANT, "StatementId": "s1"},
    ),
    *(
        stale(_LAYERS + key, operation, "GetLayerPolicy", LayerName="tools", VersionNumber=1, **more)
        for key, operation, more in (
            ("wrong_revision", "add_layer_version_permission", _LAYER_GRANT),
            ("wrong_revision_remove", "remove_layer_version_permission", {"StatementId": "s1"}),
        )
    ),
)
