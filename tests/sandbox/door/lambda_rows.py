"""Requests to Lambda and how AWS refused them, recorded by tests of localstack/localstack (Apache-2.0).

Names are those of `lambda_stage`. In a text, `*` stands for what differs from run to run.
"""

from typing import Any, NamedTuple

from tests.sandbox.door.lambda_stage import (
    ACCOUNT,
    BUCKET,
    FUNCTION_ARN,
    LAYER_ARN,
    QUEUE_ARN,
    STREAM_ARN,
    UNTRUSTED_ROLE,
    package,
    settings,
)
from workbench.sandbox import REGION

USER = "User"
INVALID = "InvalidParameterValueException"
MISSING = "ResourceNotFoundException"
CONFLICT = "ResourceConflictException"
STALE = "PreconditionFailedException"


class Row(NamedTuple):
    """A request that AWS refuses.

    Attributes:
        key: The test that recorded it, or the address of what says so.
        operation: In boto3's spelling.
        parameters: What is asked.
        code, message, status: The refusal.
        type: Its Type; empty when it has none.
    """

    key: str
    operation: str
    parameters: dict[str, Any]
    code: str
    message: str
    status: int = 400
    type: str = USER


def invalid(key: str, operation: str, message: str, *, type: str = USER, **parameters: Any) -> Row:
    return Row(key, operation, parameters, INVALID, message, 400, type)


def missing(key: str, operation: str, message: str, **parameters: Any) -> Row:
    return Row(key, operation, parameters, MISSING, message, 404)


def conflict(key: str, operation: str, message: str, **parameters: Any) -> Row:
    return Row(key, operation, parameters, CONFLICT, message, 409)


def stale(key: str, operation: str, api: str, **parameters: Any) -> Row:
    text = f"The Revision Id provided does not match the latest Revision Id. Call the {api} API to retrieve the latest Revision Id"
    return Row(key, operation, {"RevisionId": "wrong", **parameters}, STALE, text, 412)


ELSEWHERE = "arn:aws:lambda:eu-central-1:" + ACCOUNT + ":function:there"
NOT_REACHABLE = f"Functions from 'eu-central-1' are not reachable in this region ('{REGION}')"
MISMATCH = "The derived qualifier from the function name does not match the specified qualifier."
GONE = "The resource you requested does not exist."
NO_FUNCTION = "Function does not exist"
GHOST = f"Function not found: {FUNCTION_ARN}ghost"
_OPS = "TestLambdaFunction::test_ops_"
_REGION = "TestLambdaFunction::test_get_function_wrong_region"

NAMES = (
    *(missing(f"{_REGION}[{operation}]", operation, NOT_REACHABLE, FunctionName=ELSEWHERE) for operation in ("get_function", "get_function_configuration", "get_function_concurrency", "get_function_event_invoke_config", "get_function_url_config", "delete_function", "invoke")),
    *(missing(f"{_OPS}on_nonexisting_fn[{operation}]", operation, GHOST, FunctionName="ghost") for operation in ("get_function", "get_function_configuration", "get_function_concurrency", "get_function_code_signing_config", "delete_function")),
    *(missing(f"{_OPS}on_nonexisting_version[{operation}]", operation, f"Function not found: {FUNCTION_ARN}there:1221", FunctionName="there", Qualifier="1221") for operation in ("get_function", "get_function_configuration")),
    *(missing(f"{_OPS}with_arn_qualifier_mismatch[{operation}]#match_exception", operation, f"{GHOST}:$LATEST", FunctionName=f"{FUNCTION_ARN}ghost:$LATEST", Qualifier="$LATEST") for operation in ("get_function", "get_function_configuration")),
    *(invalid(f"{_OPS}with_arn_qualifier_mismatch[{operation}]#not_match_exception", operation, MISMATCH, FunctionName=f"{FUNCTION_ARN}ghost:1", Qualifier="$LATEST") for operation in ("get_function", "get_function_configuration", "delete_function")),
    invalid(f"{_OPS}with_arn_qualifier_mismatch[delete_function]#match_exception", "delete_function", "$LATEST version cannot be deleted without deleting the function.", FunctionName=f"{FUNCTION_ARN}ghost:$LATEST", Qualifier="$LATEST"),
    missing("TestLambdaAlias::test_alias_lifecycle#get_function_alias_notfound_exc", "get_function", f"Function not found: {FUNCTION_ARN}there:absent", FunctionName="there", Qualifier="absent"),
    missing("TestLambdaAlias::test_alias_lifecycle#get_function_alias_byarn_notfound_exc", "get_function", f"Function not found: {FUNCTION_ARN}there:absent", FunctionName=f"{FUNCTION_ARN}there:absent"),
    missing("test_lambda.py::TestLambdaFeatures::test_invoke_exceptions#invoke_function_doesnotexist", "invoke", f"{GHOST}:$LATEST", FunctionName="ghost"),
    missing("test_lambda.py::TestLambdaAliases::test_lambda_alias_moving#invocation_exc_not_existent", "invoke", f"Function not found: {FUNCTION_ARN}there:absent", FunctionName="there", Qualifier="absent"),
)  # fmt: skip

_ARNS = "TestLambdaFunction::test_function_arns#"
_CREATING = "TestLambdaFunction::test_create_lambda_exceptions#"
_UPDATING = "TestLambdaFunction::test_update_lambda_exceptions#"
_RUNTIMES = "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2"  # fmt: skip
_DEPRECATED = "test_lambda_runtimes.py::TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[{}]#deprecation_error"  # fmt: skip
_TOO_MUCH = "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {}"  # fmt: skip
_S3_ERROR = "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}"
_LARGE = "x" * 4081

FUNCTIONS = (
    Row(_ARNS + "function_arn_other_account_exc", "create_function", settings(f"arn:aws:lambda:{REGION}:999999999999:function:new"), "AccessDeniedException", "", 403, ""),
    missing(_ARNS + "function_arn_other_region_exc", "create_function", f"Functions from 'ap-southeast-1' are not reachable in this region ('{REGION}')", **settings(f"arn:aws:lambda:ap-southeast-1:{ACCOUNT}:function:new")),
    invalid(_ARNS + "long_function_name_exc", "create_function", f"1 validation error detected: Value '{'a' * 65}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64", **settings("a" * 65)),
    *(
        invalid(_CREATING + key, "create_function", f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{_RUNTIMES}] or be a valid ARN", **settings("new", Runtime=runtime))
        for key, runtime in (("invalid_runtime_exc", "non-existent-runtime"), ("uppercase_runtime_exc", "PYTHON3.9"))
    ),
    *(
        invalid(_UPDATING + key, "update_function_configuration", f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{_RUNTIMES}] or be a valid ARN", FunctionName="there", Runtime=runtime)
        for key, runtime in (("invalid_runtime_exc", "non-existent-runtime"), ("uppercase_runtime_exc", "PYTHON3.9"))
    ),
    *(
        invalid(_DEPRECATED.format(runtime), "create_function", f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.", **settings("new", Runtime=runtime))
        for runtime in (*("dotnetcore3.1", "go1.x", "nodejs12.x", "nodejs14.x", "provided", "python3.7", "ruby2.7"),)
    ),
    invalid(_CREATING + "invalid_zip_exc", "create_function", "Could not unzip uploaded file. Please check your file, then try to upload again.", **settings("new", Code={"ZipFile": b"this is not a zip file, just a random string"})),
    invalid("TestLambdaSizeLimits::test_large_environment_variables_fails#failed_create_fn_result", "create_function", _TOO_MUCH.format('{"LARGE_VAR":"' + _LARGE + '"}'), **settings("new", Environment={"Variables": {"LARGE_VAR": _LARGE}})),
    invalid("TestLambdaSizeLimits::test_large_environment_fails_multiple_keys#failured_create_fn_result_multi_key", "create_function", _TOO_MUCH.format('{"SMALL_VAR":"ok","LARGE_VAR":"' + _LARGE + '"}'), **settings("new", Environment={"Variables": {"SMALL_VAR": "ok", "LARGE_VAR": _LARGE}})),
    *(
        invalid(f"TestLambdaFunction::test_lambda_code_location_s3_errors#{operation}-error-wrong-bucket", f"{operation}_function{code}", _S3_ERROR.format("NoSuchBucket", "The specified bucket does not exist"), **parameters)
        for operation, code, parameters in (("create", "", settings("new", Code={"S3Bucket": "no-such-bucket-here", "S3Key": "code.zip"})), ("update", "_code", {"FunctionName": "there", "S3Bucket": "no-such-bucket-here", "S3Key": "code.zip"}))
    ),
    *(
        invalid(f"TestLambdaFunction::test_lambda_code_location_s3_errors#{operation}-error-wrong-key", f"{operation}_function{code}", _S3_ERROR.format("NoSuchKey", "The specified key does not exist."), **parameters)
        for operation, code, parameters in (("create", "", settings("new", Code={"S3Bucket": BUCKET, "S3Key": "non/existent.zip"})), ("update", "_code", {"FunctionName": "there", "S3Bucket": BUCKET, "S3Key": "non/existent.zip"}))
    ),
    invalid(
        "TestLambdaFunction::test_invalid_vpc_config_subnet#create-response-non-existent-subnet-id",
        "create_function",
        "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID 'subnet-f4f70eec' does not exist",
        **settings("new", VpcConfig={"SubnetIds": ["subnet-f4f70eec"], "SecurityGroupIds": ["sg-00000001"]}),
    ),
    invalid(
        "TestLambdaFunction::test_invalid_vpc_config_security_group#create-response-non-existent-security-group",
        "create_function",
        "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error Message: The security group 'sg-ae04b4c8' does not exist",
        **settings("new", VpcConfig={"SubnetIds": [], "SecurityGroupIds": ["sg-ae04b4c8"]}),
    ),
    invalid("https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html", "create_function", "The role defined for the function cannot be assumed by Lambda.", **settings("new", Role=f"arn:aws:iam::{ACCOUNT}:role/absent")),
    invalid("https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html", "update_function_configuration", "The role defined for the function cannot be assumed by Lambda.", FunctionName="there", Role=UNTRUSTED_ROLE),
    invalid("https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html", "update_function_configuration", "Cannot reference more than 5 layers.", FunctionName="there", Layers=[f"{LAYER_ARN}tools:{number}" for number in range(1, 7)]),
    invalid("https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html", "create_function", f"Layer version {LAYER_ARN}tools:7 does not exist.", **settings("new", Layers=[f"{LAYER_ARN}tools:7"])),
    invalid("https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html", "create_function", "nodejs22.x is not supported for SnapStart enabled functions.", **settings("new", Runtime="nodejs22.x", SnapStart={"ApplyOn": "PublishedVersions"})),
    invalid("https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html", "create_function", "Runtime and Handler are mandatory parameters for functions created with deployment packages.", FunctionName="new", Role=settings("new")["Role"], Code={"ZipFile": package()}),
    conflict("https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html", "create_function", "Function already exist: there", **settings("there")),
    invalid("https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html", "update_function_code", "Please don't provide ImageUri when updating a function with packageType Zip.", FunctionName="there", ImageUri=f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app:latest"),
    *(
        stale(f"TestLambdaRevisions::test_function_revisions_basic#{key}", operation, "GetFunction/GetAlias", FunctionName="there", **more)
        for key, operation, more in (("update_function_revision_exception", "update_function_code", {"ZipFile": package()}), ("update_function_configuration_revision_exception", "update_function_configuration", {}))
    ),
    stale("TestLambdaVersions::test_publish_with_wrong_revisionid#publish_wrong_revisionid_exc", "publish_version", "GetFunction/GetAlias", FunctionName="there"),
    invalid("TestLambdaVersions::test_publish_with_wrong_sha256#publish_wrong_sha256_exc", "publish_version", "CodeSHA256 (somenonexistentsha256) is different from current CodeSHA256 in $LATEST (*). Please try again with the CodeSHA256 in $LATEST.", FunctionName="there", CodeSha256="somenonexistentsha256"),
)  # fmt: skip


# ---- what belongs to a function

_ROUTING = "TestLambdaAlias::test_notfound_and_invalid_routingconfigs#"
_THERE = f"Function not found: {FUNCTION_ARN}there"


def _weights(**weights: float) -> dict[str, dict[str, float]]:
    return {"AdditionalVersionWeights": {key[1:]: value for key, value in weights.items()}}


_NEW = {"FunctionName": "there", "Name": "custom", "FunctionVersion": "1"}
ALIASES = (
    invalid(_ROUTING + "routing_config_exc_toomany", "create_alias", "Number of items in AdditionalVersionWeights cannot be greater than 1", **_NEW, RoutingConfig=_weights(_1=0.8, _2=0.2)),
    invalid(_ROUTING + "routing_config_exc_sameversion", "create_alias", "Invalid function version 1. Function version 1 is already included in routing configuration.", **_NEW, RoutingConfig=_weights(_1=0.5)),
    missing(_ROUTING + "target_version_doesnotexist", "create_alias", f"{_THERE}:10", **{**_NEW, "FunctionVersion": "10"}, RoutingConfig=_weights(_2=0.5)),
    missing(_ROUTING + "routing_config_exc_version_doesnotexist", "create_alias", f"{_THERE}:10", **_NEW, RoutingConfig=_weights(_10=0.5)),
    invalid(_ROUTING + "target_version_exc_version_latest", "create_alias", "$LATEST is not supported for an alias pointing to more than 1 version", type="", **{**_NEW, "FunctionVersion": "$LATEST"}, RoutingConfig=_weights(_1=0.5)),
    missing(_ROUTING + "routing_config_exc_fn_doesnotexist", "create_alias", f"{GHOST}:1", **{**_NEW, "FunctionName": "ghost"}, RoutingConfig=_weights(_2=0.5)),
    conflict(_ROUTING + "routing_config_exc_already_exist", "create_alias", f"Alias already exists: {FUNCTION_ARN}there:live", **{**_NEW, "Name": "live"}),
    missing(_ROUTING + "alias_does_not_exist_esc", "get_alias", f"Cannot find alias arn: {FUNCTION_ARN}there:absent", FunctionName="there", Name="absent"),
    missing("TestLambdaAlias::test_non_existent_alias_update#update_alias_response", "update_alias", f"Alias not found: {FUNCTION_ARN}there:absent", FunctionName="there", Name="absent"),
    stale("TestLambdaRevisions::test_function_revisions_version_and_alias#update_alias_revision_exception", "update_alias", "GetFunction/GetAlias", FunctionName="there", Name="live"),
)  # fmt: skip

_PROVISIONED = "TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions#"
_PUT: dict[str, Any] = {"ProvisionedConcurrentExecutions": 1}
_NO_ALIAS = f"Cannot find alias arn: {FUNCTION_ARN}"
_UNRESERVED = "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]."  # fmt: skip
_CONCURRENCY = "TestLambdaReservedConcurrency::test_function_concurrency_"
CONCURRENCY = (
    *(
        missing(f"{_PROVISIONED}{verb}_provisioned_{key}", f"{verb}_provisioned_concurrency_config", text, FunctionName=name, Qualifier=qualifier, **(_PUT if verb == "put" else {}))
        for verb in ("put", "get", "delete")
        for key, name, qualifier, text in (
            ("functionname_doesnotexist_alias", "ghost", "absent", f"{_NO_ALIAS}ghost:absent"),
            ("functionname_doesnotexist_version", "ghost", "1", f"{GHOST}:1"),
            ("qualifier_doesnotexist", "there", "absent", f"{_NO_ALIAS}there:absent"),
            ("version_doesnotexist", "there", "10", f"{_THERE}:10"),
        )
    ),
    *(invalid(f"{_PROVISIONED}{verb}_provisioned_latest", f"{verb}_provisioned_concurrency_config", "The function resource provided must be an alias or a published version.", FunctionName="there", Qualifier="$LATEST") for verb in ("get", "delete")),
    invalid(_PROVISIONED + "put_provisioned_latest", "put_provisioned_concurrency_config", "Provisioned Concurrency Configs cannot be applied to unpublished function versions.", FunctionName="there", Qualifier="$LATEST", **_PUT),
    Row(_PROVISIONED + "get_provisioned_config_doesnotexist", "get_provisioned_concurrency_config", {"FunctionName": "there", "Qualifier": "1"}, "ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function", 404),
    missing(_PROVISIONED + "list_provisioned_functionname_doesnotexist", "list_provisioned_concurrency_configs", GHOST, FunctionName="ghost"),
    conflict("TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle#put_provisioned_on_alias_versionconflict", "put_provisioned_concurrency_config", "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version", FunctionName="ready", Qualifier="first", **_PUT),
    conflict("TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle#put_provisioned_on_version_conflict", "put_provisioned_concurrency_config", "Version is pointed by a Provisioned Concurrency alias", FunctionName="ready", Qualifier="2", **_PUT),
    *(missing(f"{_CONCURRENCY}exceptions#put_function_concurrency_with_function_name_doesnotexist", "put_function_concurrency", f"{GHOST}:$LATEST", FunctionName="ghost", ReservedConcurrentExecutions=reserved) for reserved in (0, 1)),
    invalid(
        f"{_CONCURRENCY}exceptions#put_function_concurrency_with_qualified_arn",
        "put_function_concurrency",
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
        FunctionName=f"{FUNCTION_ARN}there:1",
        ReservedConcurrentExecutions=0,
    ),
    *(invalid(f"{_CONCURRENCY}limits#put_function_concurrency_{key}", "put_function_concurrency", _UNRESERVED, type="", FunctionName="there", ReservedConcurrentExecutions=reserved) for key, reserved in (("account_limit_exceeded", 1001), ("below_unreserved_min_value", 1000))),
    *(Row(key, "invoke", {"FunctionName": "stopped", **more}, "TooManyRequestsException", "Rate Exceeded.", 429) for key, more in (("test_lambda_concurrency_block#invoke_latest_first_exc", {"Qualifier": "$LATEST"}), ("test_reserved_concurrency#exc_no_cap_requestresponse", {"InvocationType": "RequestResponse"}))),
)  # fmt: skip

_PERMISSIONS = "TestLambdaPermissions::test_permission_exceptions#"
_GRANT = {"Action": "lambda:InvokeFunction", "StatementId": "new", "Principal": "s3.amazonaws.com"}
_LAYERS = "TestLambdaLayer::test_layer_policy_exceptions#layer_permission_"
_LAYER_GRANT = {"Action": "lambda:GetLayerVersion", "Principal": "*", "StatementId": "new"}
POLICIES = (
    invalid(_PERMISSIONS + "add_permission_fn_qualifier_mismatch", "add_permission", MISMATCH, FunctionName="there:live", Qualifier="42", **_GRANT),
    invalid(_PERMISSIONS + "add_permission_fn_qualifier_latest", "add_permission", "We currently do not support adding policies for $LATEST.", FunctionName="there:$LATEST", Qualifier="$LATEST", **_GRANT),
    invalid(_PERMISSIONS + "add_permission_principal_invalid", "add_permission", "The provided principal was invalid. Please check the principal and try again.", FunctionName="there", **{**_GRANT, "Principal": "invalid.nonaws.com"}),
    missing(_PERMISSIONS + "add_permission_fn_doesnotexist", "add_permission", GHOST, FunctionName="ghost", **_GRANT),
    missing(_PERMISSIONS + "add_permission_fn_alias_doesnotexist", "add_permission", f"{_NO_ALIAS}there:absent", FunctionName="there:absent", **_GRANT),
    *(missing(_PERMISSIONS + key, "add_permission", f"{_THERE}:{qualifier}", FunctionName="there", Qualifier=qualifier, **_GRANT) for key, qualifier in (("add_permission_fn_version_doesnotexist", "42"), ("add_permission_fn_qualifier_valid_doesnotexist", "valid-with-$-but-doesnotexist"))),
    conflict(_PERMISSIONS + "add_permission_conflicting_statement_id", "add_permission", "The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.", FunctionName="there", **{**_GRANT, "StatementId": "s3"}),
    stale("TestLambdaRevisions::test_function_revisions_permissions#add_permission_revision_exception", "add_permission", "GetPolicy", FunctionName="there", **_GRANT),
    stale("TestLambdaPermissions::test_lambda_permission_revisions#remove_permission_fn_revision_id_doesnotmatch", "remove_permission", "GetFunction/GetAlias", FunctionName="there", StatementId="s3"),
    missing(_PERMISSIONS + "remove_permission_fn_doesnotexist", "remove_permission", f"No policy found for: {FUNCTION_ARN}ghost", FunctionName="ghost", StatementId="s3"),
    missing(_PERMISSIONS + "remove_permission_fn_alias_doesnotexist", "remove_permission", f"{_NO_ALIAS}there:absent", FunctionName="there", StatementId="s3", Qualifier="absent"),
    missing(_PERMISSIONS + "remove_permission_policy_doesnotexist", "remove_permission", "No policy is associated with the given resource.", FunctionName="other", StatementId="s3"),
    missing("TestLambdaPermissions::test_remove_multi_permissions#remove_permission_exception_nonexisting_sid", "remove_permission", "Statement absent is not found in resource policy.", FunctionName="there", StatementId="absent"),
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
        missing(f"{_LAYERS}{key}_{operation[:3]}", operation, f"Layer version {LAYER_ARN}{name}:{version} does not exist.", LayerName=name, VersionNumber=version, **more)
        for key, name, version in (("layername_doesnotexist", "ghost", 1), ("layerversion_doesnotexist", "tools", 2))
        for operation, more in (("add_layer_version_permission", _LAYER_GRANT), ("get_layer_version_policy", {}), ("remove_layer_version_permission", {"StatementId": "s1"}))
    ),
    missing(_LAYERS + "nopolicy_get", "get_layer_version_policy", "No policy is associated with the given resource.", LayerName="bare", VersionNumber=1),
    missing(_LAYERS + "statementid_doesnotexist_remove", "remove_layer_version_permission", "Statement absent is not found in resource policy.", LayerName="tools", VersionNumber=1, StatementId="absent"),
    conflict(_LAYERS + "duplicate_statement", "add_layer_version_permission", "The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement.", LayerName="tools", VersionNumber=1, **{**_LAYER_GRANT, "StatementId": "s1"}),
    *(stale(_LAYERS + key, operation, "GetLayerPolicy", LayerName="tools", VersionNumber=1, **more) for key, operation, more in (("wrong_revision", "add_layer_version_permission", _LAYER_GRANT), ("wrong_revision_remove", "remove_layer_version_permission", {"StatementId": "s1"}))),
)  # fmt: skip


# ---- what leads to a function

_SOURCE_JSON = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {}]"  # fmt: skip
_NOT_JSON = "Could not parse request body into json: Could not parse payload into json: "
_URLS = "TestLambdaUrl::test_url_config_exceptions#"
_TAGS = "TestLambdaTag::test_tag_exceptions"
_UUID = "de210efd-cd9d-46a2-b8fb-35eb76fe53b7"
_NOT_TAGGED = "Tags on function aliases and versions are not supported. Please specify a function ARN."
_TAG_CALLS: tuple[tuple[str, dict[str, Any]], ...] = (("list_tags", {}), ("tag_resource", {"Tags": {"A": "B"}}), ("untag_resource", {"TagKeys": ["A"]}))  # fmt: skip
URLS_AND_TAGS = (
    *(
        missing(f"{_URLS}{verb}_function_url_config_{key}", f"{verb}_function_url_config", NO_FUNCTION if verb in ("create", "update") else GONE, **parameters, **({"AuthType": "NONE"} if verb in ("create", "update") else {}))
        for verb in ("create", "update", "get", "delete")
        for key, parameters in (("name_doesnotexist", {"FunctionName": "ghost"}), ("arn_doesnotexist", {"FunctionName": f"{FUNCTION_ARN}ghost"}), ("qualifier_alias_doesnotexist", {"FunctionName": "there", "Qualifier": "v1"}))
    ),
    *(invalid(f"{_URLS}{verb}_function_url_config_qualifier_alias_doesnotmatch_arn", f"{verb}_function_url_config", MISMATCH, FunctionName="there:absent", Qualifier="live", **({"AuthType": "NONE"} if verb in ("create", "update") else {})) for verb in ("create", "update", "get")),
    *(missing(f"{_URLS}{verb}_function_url_config_config_doesnotexist", f"{verb}_function_url_config", GONE, FunctionName="there", **({"AuthType": "AWS_IAM"} if verb == "update" else {})) for verb in ("get", "update", "delete")),
    missing("TestLambdaUrl::test_url_config_list_paging#list_function_notfound", "list_function_url_configs", NO_FUNCTION, FunctionName="ghost"),
    conflict("https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html", "create_function_url_config", f"Failed to create function url config for [functionArn = {FUNCTION_ARN}other]. Error message:  FunctionUrlConfig exists for this Lambda function", FunctionName="other", AuthType="NONE"),
    *(
        missing(f"{_TAGS}[{kind}]#not_found_exception", operation, f"{words} not found: arn:aws:lambda:{REGION}:{ACCOUNT}:{resource}:{_UUID}", Resource=f"arn:aws:lambda:{REGION}:{ACCOUNT}:{resource}:{_UUID}", **more)
        for kind, words, resource in (("lambda_function", "Function", "function"), ("event_source_mapping", "Event source mapping", "event-source-mapping"), ("capacity_provider", "Capacity provider", "capacity-provider"))
        for operation, more in _TAG_CALLS
    ),
    *(
        invalid(key, operation, _NOT_TAGGED, Resource=f"{FUNCTION_ARN}there:{qualifier}", **more)
        for key, qualifier in (
            ("TestLambdaTags::test_tag_exceptions#tag_lambda_qualifier_doesnotexist", "absent"),
            ("TestLambdaTags::test_tag_versions#tag_resource_exception", "1"),
            ("TestLambdaTags::test_tag_versions#tag_resource_latest_exception", "$LATEST"),
            (f"{_TAGS}[lambda_function]#aliased_arn_exception", "live"),
        )
        for operation, more in _TAG_CALLS[:2]
    ),
    invalid("TestLambdaTags::test_tag_exceptions#tag_empty_tags", "tag_resource", "An error occurred and the request cannot be processed.", Resource=f"{FUNCTION_ARN}there", Tags={}),
    invalid("https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html", "tag_resource", "Number of tags exceeds resource tag limit.", Resource=f"{FUNCTION_ARN}there", Tags={f"key-{number}": "value" for number in range(51)}),
)  # fmt: skip

_SIGNING = "TestCodeSigningConfig::test_code_signing_not_found_excs#"
_NO_SIGNING = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-01234567890123456"
_ASYNC = "TestLambdaFunction::test_ops_on_nonexisting_"
_ASYNC_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html"
INVOKING = (
    Row(r"test_lambda_invoke_payload_encoding_error[body-n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt]", "invoke", {"FunctionName": "there", "Payload": b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt"}, "InvalidRequestContentException", _NOT_JSON + "Invalid UTF-8 start byte 0x87" + _SOURCE_JSON.format(3)),
    Row(
        r"test_lambda_invoke_payload_encoding_error[message-\x99\xeb,j\x07\xa1zYh]",
        "invoke",
        {"FunctionName": "there", "Payload": b"\x99\xeb,j\x07\xa1zYh"},
        "InvalidRequestContentException",
        _NOT_JSON + "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value " + "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')" + _SOURCE_JSON.format(1),
    ),
    invalid("https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html", "invoke", "You cannot invoke a durable function using an unqualified ARN.", FunctionName="durable"),
    Row(
        "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html", "invoke", {"FunctionName": "there", "InvocationType": "Event", "Payload": b'"' + b"x" * 1_048_575 + b'"'}, "RequestEntityTooLargeException", "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)", 413, ""
    ),
    missing(_ASYNC + "fn[get_function_event_invoke_config]#not_found_exception", "get_function_event_invoke_config", f"The function {FUNCTION_ARN}ghost:$LATEST doesn't have an EventInvokeConfig", FunctionName="ghost"),
    missing(_ASYNC + "version[get_function_event_invoke_config]#version_not_found_exception", "get_function_event_invoke_config", f"The function {FUNCTION_ARN}there:1221 doesn't have an EventInvokeConfig", FunctionName="there", Qualifier="1221"),
    invalid(_ASYNC_PAGE, "put_function_event_invoke_config", "You must specify at least one of error handling or destination setting.", FunctionName="there"),
    missing(_ASYNC_PAGE, "put_function_event_invoke_config", "The function doesn't exist.", FunctionName="ghost", MaximumRetryAttempts=1),
    invalid(_ASYNC_PAGE, "put_function_event_invoke_config", f"The destination ARN {FUNCTION_ARN}ghost is invalid.", FunctionName="there", DestinationConfig={"OnFailure": {"Destination": f"{FUNCTION_ARN}ghost"}}),
    invalid(_ASYNC_PAGE, "put_function_event_invoke_config", "You can't specify the function as a destination for itself.", FunctionName="there", DestinationConfig={"OnSuccess": {"Destination": f"{FUNCTION_ARN}there"}}),
    *(
        Row(_SIGNING + key, operation, {"CodeSigningConfigArn": _NO_SIGNING}, "ResourceNotFoundException", f"The Lambda code signing configuration {_NO_SIGNING} can not be found.", 404, USER)
        for key, operation in (("get_csc_invalid", "get_code_signing_config"), ("update_csc_invalid_csc_arn", "update_code_signing_config"), ("delete_csc_notfound", "delete_code_signing_config"), ("list_functions_by_csc_invalid_cscarn", "list_functions_by_code_signing_config"))
    ),
    Row(_SIGNING + "put_function_csc_invalid_csc_arn", "put_function_code_signing_config", {"FunctionName": "there", "CodeSigningConfigArn": _NO_SIGNING}, "CodeSigningConfigNotFoundException", f"The code signing configuration cannot be found. Check that the provided configuration is not deleted: {_NO_SIGNING}.", 404),
    missing(_SIGNING + "delete_function_csc_fnnotfound", "delete_function_code_signing_config", GHOST, FunctionName="ghost"),
)  # fmt: skip

_CREATE = "create_event_source_mapping"
_QUEUES = "TestSQSEventSourceMapping::"
_API = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"
_NULL_POSITION = "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."  # fmt: skip
_NO_WINDOW = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
_REMEDY = "already exists. Please update or delete the existing mapping with UUID {}"
_NO_TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ghost/stream/2025-02-22T03:03:25.490"
_FREE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:free"
MAPPINGS = (
    *(invalid(f"TestLambdaEventSourceMappings::test_create_event_source_validation{key}#no_starting_position", _CREATE, _NULL_POSITION, FunctionName="other", EventSourceArn=arn) for key, arn in (("", "{table_stream}"), ("_kinesis", STREAM_ARN))),
    invalid("TestLambdaEventSourceMappings::test_create_event_source_validation#incompatible_starting_position", _CREATE, "Unsupported starting position for arn type: {table_stream}", FunctionName="other", EventSourceArn="{table_stream}", StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1741010802),
    *(invalid(f"test_esm_with_not_existing_{kind}_stream#error", _CREATE, f"Stream not found: {arn}", FunctionName="other", EventSourceArn=arn, StartingPosition="LATEST") for kind, arn in (("kinesis", f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ghost"), ("dynamodb", _NO_TABLE))),
    invalid(_API, _CREATE, "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.", FunctionName="other", EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:ghost"),
    invalid(f"{_QUEUES}test_event_source_mapping_default_batch_size#invalid-create-event-source-mapping", _CREATE, _NO_WINDOW, FunctionName="other", EventSourceArn=_FREE, BatchSize=11),
    invalid(f"{_QUEUES}test_event_source_mapping_default_batch_size#invalid-update-event-source-mapping", "update_event_source_mapping", _NO_WINDOW, UUID="{queue}", FunctionName="there", BatchSize=11),
    *(
        invalid(f"test_invalid_event_filter[{pattern}]", _CREATE, "Invalid filter pattern definition.", FunctionName="other", EventSourceArn=_FREE, FilterCriteria={"Filters": [{"Pattern": pattern}]})
        for pattern in ("single-string", '[{"eventName": ["INSERT"=123}]', "simple string", '{"eventSource": "aws:sqs"}', '{"eventSource": []}')
    ),
    conflict(f"{_QUEUES}test_duplicate_event_source_mappings#error", _CREATE, f'An event source mapping with SQS arn (" {QUEUE_ARN} ") and function (" there ") ' + _REMEDY.format("{queue}"), FunctionName="there", EventSourceArn=QUEUE_ARN),
    *(
        conflict(f"test_duplicate_event_source_mappings#error ({kind})", _CREATE, f'The event source arn (" {arn} ") and function (" there ") provided mapping ' + _REMEDY.format(f"{{{kind}}}"), FunctionName="there", EventSourceArn=arn, StartingPosition="LATEST")
        for kind, arn in (("stream", STREAM_ARN), ("table", "{table_stream}"))
    ),
    invalid(_API, _CREATE, NO_FUNCTION, FunctionName="ghost", EventSourceArn=_FREE),
    invalid(_API, _CREATE, "Unrecognized event source.", FunctionName="other"),
    invalid(_API, _CREATE, "Unsupported MaximumRetryAttempts parameter for given event source mapping type.", FunctionName="other", EventSourceArn=_FREE, MaximumRetryAttempts=1),
    invalid("https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html", _CREATE, "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds", FunctionName="slow", EventSourceArn=_FREE),
    *(missing(_API, f"{verb}_event_source_mapping", GONE, UUID=_UUID) for verb in ("get", "update", "delete")),
)  # fmt: skip
