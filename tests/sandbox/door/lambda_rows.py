"""Requests to Lambda and how AWS refused them, recorded by tests of localstack/localstack (Apache-2.0).

Names are those of `lambda_stage`. In a text, `*` stands for what differs from run to run.
"""

from typing import Any, NamedTuple

from tests.sandbox.door.lambda_stage import (
    ACCOUNT,
    BUCKET,
    FUNCTION_ARN,
    LAYER_ARN,
    UNTRUSTED_ROLE,
    package,
    settings,
)
from workbench.sandbox.identity import REGION

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
    text = (
        "The Revision Id provided does not match the latest Revision Id. "
        f"Call the {api} API to retrieve the latest Revision Id"
    )
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
    *(
        missing(f"{_REGION}[{operation}]", operation, NOT_REACHABLE, FunctionName=ELSEWHERE)
        for operation in (
            "get_function",
            "get_function_configuration",
            "get_function_concurrency",
            "get_function_event_invoke_config",
            "get_function_url_config",
            "delete_function",
            "invoke",
        )
    ),
    *(
        missing(f"{_OPS}on_nonexisting_fn[{operation}]", operation, GHOST, FunctionName="ghost")
        for operation in (
            "get_function",
            "get_function_configuration",
            "get_function_concurrency",
            "get_function_code_signing_config",
            "delete_function",
        )
    ),
    *(
        missing(
            f"{_OPS}on_nonexisting_version[{operation}]",
            operation,
            f"Function not found: {FUNCTION_ARN}there:1221",
            FunctionName="there",
            Qualifier="1221",
        )
        for operation in ("get_function", "get_function_configuration")
    ),
    *(
        missing(
            f"{_OPS}with_arn_qualifier_mismatch[{operation}]#match_exception",
            operation,
            f"{GHOST}:$LATEST",
            FunctionName=f"{FUNCTION_ARN}ghost:$LATEST",
            Qualifier="$LATEST",
        )
        for operation in ("get_function", "get_function_configuration")
    ),
    *(
        invalid(
            f"{_OPS}with_arn_qualifier_mismatch[{operation}]#not_match_exception",
            operation,
            MISMATCH,
            FunctionName=f"{FUNCTION_ARN}ghost:1",
            Qualifier="$LATEST",
        )
        for operation in ("get_function", "get_function_configuration", "delete_function")
    ),
    invalid(
        f"{_OPS}with_arn_qualifier_mismatch[delete_function]#match_exception",
        "delete_function",
        "$LATEST version cannot be deleted without deleting the function.",
        FunctionName=f"{FUNCTION_ARN}ghost:$LATEST",
        Qualifier="$LATEST",
    ),
    missing(
        "TestLambdaAlias::test_alias_lifecycle#get_function_alias_notfound_exc",
        "get_function",
        f"Function not found: {FUNCTION_ARN}there:absent",
        FunctionName="there",
        Qualifier="absent",
    ),
    missing(
        "TestLambdaAlias::test_alias_lifecycle#get_function_alias_byarn_notfound_exc",
        "get_function",
        f"Function not found: {FUNCTION_ARN}there:absent",
        FunctionName=f"{FUNCTION_ARN}there:absent",
    ),
    missing(
        "test_lambda.py::TestLambdaFeatures::test_invoke_exceptions#invoke_function_doesnotexist",
        "invoke",
        f"{GHOST}:$LATEST",
        FunctionName="ghost",
    ),
    missing(
        "test_lambda.py::TestLambdaAliases::test_lambda_alias_moving#invocation_exc_not_existent",
        "invoke",
        f"Function not found: {FUNCTION_ARN}there:absent",
        FunctionName="there",
        Qualifier="absent",
    ),
)

_ARNS = "TestLambdaFunction::test_function_arns#"
_CREATING = "TestLambdaFunction::test_create_lambda_exceptions#"
_UPDATING = "TestLambdaFunction::test_update_lambda_exceptions#"
_RUNTIMES = (
    "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, "
    "python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, "
    "dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2"
)
_DEPRECATED = (
    "test_lambda_runtimes.py::TestRuntimeValidation::"
    "test_create_deprecated_function_runtime_with_validation_enabled[{}]#deprecation_error"
)
_TOO_MUCH = (
    "Lambda was unable to configure your environment variables because the environment variables you have "
    "provided exceeded the 4KB limit. String measured: {}"
)
_S3_ERROR = "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}"
_LARGE = "x" * 4081

FUNCTIONS = (
    Row(
        _ARNS + "function_arn_other_account_exc",
        "create_function",
        settings(f"arn:aws:lambda:{REGION}:999999999999:function:new"),
        "AccessDeniedException",
        "",
        403,
        "",
    ),
    missing(
        _ARNS + "function_arn_other_region_exc",
        "create_function",
        f"Functions from 'ap-southeast-1' are not reachable in this region ('{REGION}')",
        **settings(f"arn:aws:lambda:ap-southeast-1:{ACCOUNT}:function:new"),
    ),
    invalid(
        _ARNS + "long_function_name_exc",
        "create_function",
        f"1 validation error detected: Value '{'a' * 65}' at 'functionName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64",
        **settings("a" * 65),
    ),
    *(
        invalid(
            _CREATING + key,
            "create_function",
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{_RUNTIMES}] or be a valid ARN",
            **settings("new", Runtime=runtime),
        )
        for key, runtime in (
            ("invalid_runtime_exc", "non-existent-runtime"),
            ("uppercase_runtime_exc", "PYTHON3.9"),
        )
    ),
    *(
        invalid(
            _UPDATING + key,
            "update_function_configuration",
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{_RUNTIMES}] or be a valid ARN",
            FunctionName="there",
            Runtime=runtime,
        )
        for key, runtime in (
            ("invalid_runtime_exc", "non-existent-runtime"),
            ("uppercase_runtime_exc", "PYTHON3.9"),
        )
    ),
    *(
        invalid(
            _DEPRECATED.format(runtime),
            "create_function",
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
            "functions. We recommend you use a supported runtime while creating or updating functions.",
            **settings("new", Runtime=runtime),
        )
        for runtime in (
            *("dotnetcore3.1", "go1.x", "nodejs12.x", "nodejs14.x", "provided", "python3.7", "ruby2.7"),
        )
    ),
    invalid(
        _CREATING + "invalid_zip_exc",
        "create_function",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
        **settings("new", Code={"ZipFile": b"this is not a zip file, just a random string"}),
    ),
    invalid(
        "TestLambdaSizeLimits::test_large_environment_variables_fails#failed_create_fn_result",
        "create_function",
        _TOO_MUCH.format('{"LARGE_VAR":"' + _LARGE + '"}'),
        **settings("new", Environment={"Variables": {"LARGE_VAR": _LARGE}}),
    ),
    invalid(
        "TestLambdaSizeLimits::test_large_environment_fails_multiple_keys#failured_create_fn_result_multi_key",
        "create_function",
        _TOO_MUCH.format('{"SMALL_VAR":"ok","LARGE_VAR":"' + _LARGE + '"}'),
        **settings("new", Environment={"Variables": {"SMALL_VAR": "ok", "LARGE_VAR": _LARGE}}),
    ),
    *(
        invalid(
            f"TestLambdaFunction::test_lambda_code_location_s3_errors#{operation}-error-wrong-bucket",
            f"{operation}_function{code}",
            _S3_ERROR.format("NoSuchBucket", "The specified bucket does not exist"),
            **parameters,
        )
        for operation, code, parameters in (
            ("create", "", settings("new", Code={"S3Bucket": "no-such-bucket-here", "S3Key": "code.zip"})),
            (
                "update",
                "_code",
                {"FunctionName": "there", "S3Bucket": "no-such-bucket-here", "S3Key": "code.zip"},
            ),
        )
    ),
    *(
        invalid(
            f"TestLambdaFunction::test_lambda_code_location_s3_errors#{operation}-error-wrong-key",
            f"{operation}_function{code}",
            _S3_ERROR.format("NoSuchKey", "The specified key does not exist."),
            **parameters,
        )
        for operation, code, parameters in (
            ("create", "", settings("new", Code={"S3Bucket": BUCKET, "S3Key": "non/existent.zip"})),
            ("update", "_code", {"FunctionName": "there", "S3Bucket": BUCKET, "S3Key": "non/existent.zip"}),
        )
    ),
    invalid(
        "TestLambdaFunction::test_invalid_vpc_config_subnet#create-response-non-existent-subnet-id",
        "create_function",
        "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
        "EC2 Error Message: The subnet ID 'subnet-f4f70eec' does not exist",
        **settings("new", VpcConfig={"SubnetIds": ["subnet-f4f70eec"], "SecurityGroupIds": ["sg-00000001"]}),
    ),
    invalid(
        "TestLambdaFunction::test_invalid_vpc_config_security_group"
        "#create-response-non-existent-security-group",
        "create_function",
        "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. "
        "EC2 Error Message: The security group 'sg-ae04b4c8' does not exist",
        **settings("new", VpcConfig={"SubnetIds": [], "SecurityGroupIds": ["sg-ae04b4c8"]}),
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
        "create_function",
        "The role defined for the function cannot be assumed by Lambda.",
        **settings("new", Role=f"arn:aws:iam::{ACCOUNT}:role/absent"),
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
        "update_function_configuration",
        "The role defined for the function cannot be assumed by Lambda.",
        FunctionName="there",
        Role=UNTRUSTED_ROLE,
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html",
        "update_function_configuration",
        "Cannot reference more than 5 layers.",
        FunctionName="there",
        Layers=[f"{LAYER_ARN}tools:{number}" for number in range(1, 7)],
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html",
        "create_function",
        f"Layer version {LAYER_ARN}tools:7 does not exist.",
        **settings("new", Layers=[f"{LAYER_ARN}tools:7"]),
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html",
        "create_function",
        "nodejs22.x is not supported for SnapStart enabled functions.",
        **settings("new", Runtime="nodejs22.x", SnapStart={"ApplyOn": "PublishedVersions"}),
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html",
        "create_function",
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        FunctionName="new",
        Role=settings("new")["Role"],
        Code={"ZipFile": package()},
    ),
    conflict(
        "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html",
        "create_function",
        "Function already exist: there",
        **settings("there"),
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html",
        "update_function_code",
        "Please don't provide ImageUri when updating a function with packageType Zip.",
        FunctionName="there",
        ImageUri=f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app:latest",
    ),
    *(
        stale(
            f"TestLambdaRevisions::test_function_revisions_basic#{key}",
            operation,
            "GetFunction/GetAlias",
            FunctionName="there",
            **more,
        )
        for key, operation, more in (
            ("update_function_revision_exception", "update_function_code", {"ZipFile": package()}),
            ("update_function_configuration_revision_exception", "update_function_configuration", {}),
        )
    ),
    stale(
        "TestLambdaVersions::test_publish_with_wrong_revisionid#publish_wrong_revisionid_exc",
        "publish_version",
        "GetFunction/GetAlias",
        FunctionName="there",
    ),
    invalid(
        "TestLambdaVersions::test_publish_with_wrong_sha256#publish_wrong_sha256_exc",
        "publish_version",
        "CodeSHA256 (somenonexistentsha256) is different from current CodeSHA256 in $LATEST (*). "
        "Please try again with the CodeSHA256 in $LATEST.",
        FunctionName="there",
        CodeSha256="somenonexistentsha256",
    ),
)
