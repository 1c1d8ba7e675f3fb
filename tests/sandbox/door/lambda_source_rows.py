"""Still more requests to Lambda and how AWS refused them: what leads to a function. See `lambda_rows`."""

from typing import Any

from tests.sandbox.door.lambda_rows import (
    GHOST,
    GONE,
    MISMATCH,
    NO_FUNCTION,
    USER,
    Row,
    conflict,
    invalid,
    missing,
)
from tests.sandbox.door.lambda_stage import ACCOUNT, FUNCTION_ARN, QUEUE_ARN, STREAM_ARN
from workbench.sandbox.identity import REGION

_SOURCE_JSON = (
    "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {}]"
)
_NOT_JSON = "Could not parse request body into json: Could not parse payload into json: "
_URLS = "TestLambdaUrl::test_url_config_exceptions#"
_TAGS = "TestLambdaTag::test_tag_exceptions"
_UUID = "de210efd-cd9d-46a2-b8fb-35eb76fe53b7"
_NOT_TAGGED = "Tags on function aliases and versions are not supported. Please specify a function ARN."
_TAG_CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_tags", {}),
    ("tag_resource", {"Tags": {"A": "B"}}),
    ("untag_resource", {"TagKeys": ["A"]}),
)
URLS_AND_TAGS = (
    *(
        missing(
            f"{_URLS}{verb}_function_url_config_{key}",
            f"{verb}_function_url_config",
            NO_FUNCTION if verb in ("create", "update") else GONE,
            **parameters,
            **({"AuthType": "NONE"} if verb in ("create", "update") else {}),
        )
        for verb in ("create", "update", "get", "delete")
        for key, parameters in (
            ("name_doesnotexist", {"FunctionName": "ghost"}),
            ("arn_doesnotexist", {"FunctionName": f"{FUNCTION_ARN}ghost"}),
            ("qualifier_alias_doesnotexist", {"FunctionName": "there", "Qualifier": "v1"}),
        )
    ),
    *(
        invalid(
            f"{_URLS}{verb}_function_url_config_qualifier_alias_doesnotmatch_arn",
            f"{verb}_function_url_config",
            MISMATCH,
            FunctionName="there:absent",
            Qualifier="live",
            **({"AuthType": "NONE"} if verb in ("create", "update") else {}),
        )
        for verb in ("create", "update", "get")
    ),
    *(
        missing(
            f"{_URLS}{verb}_function_url_config_config_doesnotexist",
            f"{verb}_function_url_config",
            GONE,
            FunctionName="there",
            **({"AuthType": "AWS_IAM"} if verb == "update" else {}),
        )
        for verb in ("get", "update", "delete")
    ),
    missing(
        "TestLambdaUrl::test_url_config_list_paging#list_function_notfound",
        "list_function_url_configs",
        NO_FUNCTION,
        FunctionName="ghost",
    ),
    conflict(
        "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html",
        "create_function_url_config",
        f"Failed to create function url config for [functionArn = {FUNCTION_ARN}other]. "
        "Error message:  FunctionUrlConfig exists for this Lambda function",
        FunctionName="other",
        AuthType="NONE",
    ),
    *(
        missing(
            f"{_TAGS}[{kind}]#not_found_exception",
            operation,
            f"{words} not found: arn:aws:lambda:{REGION}:{ACCOUNT}:{resource}:{_UUID}",
            Resource=f"arn:aws:lambda:{REGION}:{ACCOUNT}:{resource}:{_UUID}",
            **more,
        )
        for kind, words, resource in (
            ("lambda_function", "Function", "function"),
            ("event_source_mapping", "Event source mapping", "event-source-mapping"),
            ("capacity_provider", "Capacity provider", "capacity-provider"),
        )
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
    invalid(
        "TestLambdaTags::test_tag_exceptions#tag_empty_tags",
        "tag_resource",
        "An error occurred and the request cannot be processed.",
        Resource=f"{FUNCTION_ARN}there",
        Tags={},
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html",
        "tag_resource",
        "Number of tags exceeds resource tag limit.",
        Resource=f"{FUNCTION_ARN}there",
        Tags={f"key-{number}": "value" for number in range(51)},
    ),
)

_SIGNING = "TestCodeSigningConfig::test_code_signing_not_found_excs#"
_NO_SIGNING = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-01234567890123456"
_ASYNC = "TestLambdaFunction::test_ops_on_nonexisting_"
_ASYNC_PAGE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html"
INVOKING = (
    Row(
        r"test_lambda_invoke_payload_encoding_error[body-n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt]",
        "invoke",
        {"FunctionName": "there", "Payload": b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt"},
        "InvalidRequestContentException",
        _NOT_JSON + "Invalid UTF-8 start byte 0x87" + _SOURCE_JSON.format(3),
    ),
    Row(
        r"test_lambda_invoke_payload_encoding_error[message-\x99\xeb,j\x07\xa1zYh]",
        "invoke",
        {"FunctionName": "there", "Payload": b"\x99\xeb,j\x07\xa1zYh"},
        "InvalidRequestContentException",
        _NOT_JSON
        + "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value "
        + "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        + _SOURCE_JSON.format(1),
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html",
        "invoke",
        "You cannot invoke a durable function using an unqualified ARN.",
        FunctionName="durable",
    ),
    Row(
        "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        "invoke",
        {"FunctionName": "there", "InvocationType": "Event", "Payload": b'"' + b"x" * 1_048_575 + b'"'},
        "RequestEntityTooLargeException",
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
        413,
        "",
    ),
    missing(
        _ASYNC + "fn[get_function_event_invoke_config]#not_found_exception",
        "get_function_event_invoke_config",
        f"The function {FUNCTION_ARN}ghost:$LATEST doesn't have an EventInvokeConfig",
        FunctionName="ghost",
    ),
    missing(
        _ASYNC + "version[get_function_event_invoke_config]#version_not_found_exception",
        "get_function_event_invoke_config",
        f"The function {FUNCTION_ARN}there:1221 doesn't have an EventInvokeConfig",
        FunctionName="there",
        Qualifier="1221",
    ),
    invalid(
        _ASYNC_PAGE,
        "put_function_event_invoke_config",
        "You must specify at least one of error handling or destination setting.",
        FunctionName="there",
    ),
    missing(
        _ASYNC_PAGE,
        "put_function_event_invoke_config",
        "The function doesn't exist.",
        FunctionName="ghost",
        MaximumRetryAttempts=1,
    ),
    invalid(
        _ASYNC_PAGE,
        "put_function_event_invoke_config",
        f"The destination ARN {FUNCTION_ARN}ghost is invalid.",
        FunctionName="there",
        DestinationConfig={"OnFailure": {"Destination": f"{FUNCTION_ARN}ghost"}},
    ),
    invalid(
        _ASYNC_PAGE,
        "put_function_event_invoke_config",
        "You can't specify the function as a destination for itself.",
        FunctionName="there",
        DestinationConfig={"OnSuccess": {"Destination": f"{FUNCTION_ARN}there"}},
    ),
    *(
        Row(
            _SIGNING + key,
            operation,
            {"CodeSigningConfigArn": _NO_SIGNING},
            "ResourceNotFoundException",
            f"The Lambda code signing configuration {_NO_SIGNING} can not be found.",
            404,
            USER,
        )
        for key, operation in (
            ("get_csc_invalid", "get_code_signing_config"),
            ("update_csc_invalid_csc_arn", "update_code_signing_config"),
            ("delete_csc_notfound", "delete_code_signing_config"),
            ("list_functions_by_csc_invalid_cscarn", "list_functions_by_code_signing_config"),
        )
    ),
    Row(
        _SIGNING + "put_function_csc_invalid_csc_arn",
        "put_function_code_signing_config",
        {"FunctionName": "there", "CodeSigningConfigArn": _NO_SIGNING},
        "CodeSigningConfigNotFoundException",
        "The code signing configuration cannot be found. "
        f"Check that the provided configuration is not deleted: {_NO_SIGNING}.",
        404,
    ),
    missing(
        _SIGNING + "delete_function_csc_fnnotfound",
        "delete_function_code_signing_config",
        GHOST,
        FunctionName="ghost",
    ),
)

_CREATE = "create_event_source_mapping"
_QUEUES = "TestSQSEventSourceMapping::"
_API = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"
_NULL_POSITION = (
    "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
    "Member must not be null."
)
_NO_WINDOW = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
_REMEDY = "already exists. Please update or delete the existing mapping with UUID {}"
_NO_TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ghost/stream/2025-02-22T03:03:25.490"
_FREE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:free"
MAPPINGS = (
    *(
        invalid(
            f"TestLambdaEventSourceMappings::test_create_event_source_validation{key}#no_starting_position",
            _CREATE,
            _NULL_POSITION,
            FunctionName="other",
            EventSourceArn=arn,
        )
        for key, arn in (("", "{table_stream}"), ("_kinesis", STREAM_ARN))
    ),
    invalid(
        "TestLambdaEventSourceMappings::test_create_event_source_validation#incompatible_starting_position",
        _CREATE,
        "Unsupported starting position for arn type: {table_stream}",
        FunctionName="other",
        EventSourceArn="{table_stream}",
        StartingPosition="AT_TIMESTAMP",
        StartingPositionTimestamp=1741010802,
    ),
    *(
        invalid(
            f"test_esm_with_not_existing_{kind}_stream#error",
            _CREATE,
            f"Stream not found: {arn}",
            FunctionName="other",
            EventSourceArn=arn,
            StartingPosition="LATEST",
        )
        for kind, arn in (
            ("kinesis", f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ghost"),
            ("dynamodb", _NO_TABLE),
        )
    ),
    invalid(
        _API,
        _CREATE,
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
        "SQS Error Message: The specified queue does not exist.",
        FunctionName="other",
        EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:ghost",
    ),
    invalid(
        f"{_QUEUES}test_event_source_mapping_default_batch_size#invalid-create-event-source-mapping",
        _CREATE,
        _NO_WINDOW,
        FunctionName="other",
        EventSourceArn=_FREE,
        BatchSize=11,
    ),
    invalid(
        f"{_QUEUES}test_event_source_mapping_default_batch_size#invalid-update-event-source-mapping",
        "update_event_source_mapping",
        _NO_WINDOW,
        UUID="{queue}",
        FunctionName="there",
        BatchSize=11,
    ),
    *(
        invalid(
            f"test_invalid_event_filter[{pattern}]",
            _CREATE,
            "Invalid filter pattern definition.",
            FunctionName="other",
            EventSourceArn=_FREE,
            FilterCriteria={"Filters": [{"Pattern": pattern}]},
        )
        for pattern in (
            "single-string",
            '[{"eventName": ["INSERT"=123}]',
            "simple string",
            '{"eventSource": "aws:sqs"}',
            '{"eventSource": []}',
        )
    ),
    conflict(
        f"{_QUEUES}test_duplicate_event_source_mappings#error",
        _CREATE,
        f'An event source mapping with SQS arn (" {QUEUE_ARN} ") and function (" there ") '
        + _REMEDY.format("{queue}"),
        FunctionName="there",
        EventSourceArn=QUEUE_ARN,
    ),
    *(
        conflict(
            f"test_duplicate_event_source_mappings#error ({kind})",
            _CREATE,
            f'The event source arn (" {arn} ") and function (" there ") provided mapping '
            + _REMEDY.format(f"{{{kind}}}"),
            FunctionName="there",
            EventSourceArn=arn,
            StartingPosition="LATEST",
        )
        for kind, arn in (("stream", STREAM_ARN), ("table", "{table_stream}"))
    ),
    invalid(_API, _CREATE, NO_FUNCTION, FunctionName="ghost", EventSourceArn=_FREE),
    invalid(_API, _CREATE, "Unrecognized event source.", FunctionName="other"),
    invalid(
        _API,
        _CREATE,
        "Unsupported MaximumRetryAttempts parameter for given event source mapping type.",
        FunctionName="other",
        EventSourceArn=_FREE,
        MaximumRetryAttempts=1,
    ),
    invalid(
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
        _CREATE,
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
        FunctionName="slow",
        EventSourceArn=_FREE,
    ),
    *(
        missing(_API, f"{verb}_event_source_mapping", GONE, UUID=_UUID)
        for verb in ("get", "update", "delete")
    ),
)
