"""Requests for recorded refusals whose request was not recorded (errors.json), one a row.

A row: words of the recorded answer's key, the operation, the request that must end in that refusal, and what
must be there before (steps of `World`). Names are free, so they are short; "{bucket}" and the like are not
replaced: every case has an account of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.bench._parity.built_patterns import EVENT_PATTERNS
from tests.bench._parity.built_s3 import S3
from tests.bench._parity.corpus import RECORDED_ACCOUNT, Case, Refusal, read, short
from tests.bench._parity.row import Row

_FUNCTION = "function fn"
_ROLE = "role parity"
_NO_CONFIG = f"arn:aws:lambda:us-east-1:{RECORDED_ACCOUNT}:code-signing-config:csc-aaaaaaaaaaaaaaaaa"
_ELSEWHERE = f"arn:aws:sns:us-west-2:{RECORDED_ACCOUNT}:topic"
_MANDATORY: dict[str, Any] = {
    "Handler": "index.handler",
    "Role": f"arn:aws:iam::{RECORDED_ACCOUNT}:role/parity",
    "Code": {"ZipFile": "<264 bytes>"},
}


def _new(**more: Any) -> dict[str, Any]:
    return {"FunctionName": "fn", "Runtime": "python3.12", **_MANDATORY, **more}


_GRANT = {
    "FunctionName": "fn",
    "Action": "lambda:InvokeFunction",
    "Principal": "s3.amazonaws.com",
    "StatementId": "s2",
}
_OF_RESOURCE = {"restApiId": "aaaaaaaa", "resourceId": "bbbbbbbb"}
_API = _OF_RESOURCE | {"httpMethod": "GET"}
_RENAMED = {"op": "replace", "path": "/operationName", "value": "x"}
_METHOD = "method aaaaaaaa bbbbbbbb GET"
_RESOURCE = "resource aaaaaaaa bbbbbbbb"


def _patched(key: str, operation: str, place: Mapping[str, str], *steps: str, **patch: str) -> Row:
    return Row(key, f"apigateway.{operation}", {**place, "patchOperations": [patch]}, steps)


def _elsewhere(key: str, operation: str, **more: str) -> Row:
    """A row about a topic of another region."""
    return Row(key, f"sns.{operation}", {"TopicArn": _ELSEWHERE, **more}, ("-topic",))


_LAMBDA: tuple[Row, ...] = (
    Row(
        "test_oversized_lambda#",
        "lambda.CreateFunction",
        {
            "FunctionName": "fn",
            "Runtime": "python3.12",
            **_MANDATORY,
            "Code": {"S3Bucket": "large", "S3Key": "code.zip"},
        },
        ("-object", "largeobject large code.zip"),
    ),
    Row(
        "test_publish_with_wrong_revisionid#",
        "lambda.PublishVersion",
        {"FunctionName": "fn", "RevisionId": "doesntexist"},
    ),
    Row(
        "layer_permission_action_invalid",
        "lambda.AddLayerVersionPermission",
        {"LayerName": "layer", "VersionNumber": 1, "Action": "*", "Principal": "*", "StatementId": "s1"},
    ),
    Row(
        "add_permission_revision_id_doesnotmatch",
        "lambda.AddPermission",
        _GRANT | {"RevisionId": "wrong"},
    ),
    Row(
        "routing_config_exc_already_exist",
        "lambda.CreateAlias",
        {"FunctionName": "fn", "Name": "custom", "FunctionVersion": "1"},
        ("alias fn custom 1",),
    ),
    Row(
        "function_arn_other_account_exc",
        "lambda.CreateFunction",
        {
            "FunctionName": "arn:aws:lambda:us-east-1:123400000000:function:fn",
            "Runtime": "python3.12",
            **_MANDATORY,
        },
    ),
    *(
        Row(
            f"with_validation_enabled[{runtime}]#",
            "lambda.CreateFunction",
            _new(Runtime=runtime),
        )
        for runtime in (
            "dotnetcore3.1",
            "go1.x",
            "nodejs12.x",
            "nodejs14.x",
            "provided",
            "python3.7",
            "ruby2.7",
        )
    ),
    Row(
        "create_function_invalid_snapstart_apply",
        "lambda.CreateFunction",
        _new(Runtime="java21", SnapStart={"ApplyOn": "invalidOption"}),
    ),
    Row(
        "test_large_environment_variables_fails#",
        "lambda.CreateFunction",
        _new(Environment={"Variables": {"LARGE_VAR": "x" * 4081}}),
    ),
    Row(
        "test_large_environment_fails_multiple_keys#",
        "lambda.CreateFunction",
        _new(Environment={"Variables": {"SMALL_VAR": "ok", "LARGE_VAR": "x" * 4064}}),
    ),
    Row(
        "put_function_concurrency_with_qualified_arn",
        "lambda.PutFunctionConcurrency",
        {
            "FunctionName": f"arn:aws:lambda:us-east-1:{RECORDED_ACCOUNT}:function:fn:$LATEST",
            "ReservedConcurrentExecutions": 0,
        },
    ),
    Row("delete_csc_notfound", "lambda.DeleteCodeSigningConfig", {"CodeSigningConfigArn": _NO_CONFIG}),
    Row("delete_function_response_non_existent", "lambda.DeleteFunction", {"FunctionName": "nothing"}),
    Row(
        "delete_function_csc_fnnotfound",
        "lambda.DeleteFunctionCodeSigningConfig",
        {"FunctionName": "csc-test-doesnotexist"},
    ),
    Row("alias_does_not_exist_esc", "lambda.GetAlias", {"FunctionName": "fn", "Name": "non-existent"}),
    Row("get_csc_invalid", "lambda.GetCodeSigningConfig", {"CodeSigningConfigArn": _NO_CONFIG}),
    Row(
        "get_function_csc_nonexistingfn",
        "lambda.GetFunctionCodeSigningConfig",
        {"FunctionName": "csc-test-doesnotexist"},
    ),
    Row(
        "list_functions_by_csc_invalid_cscarn",
        "lambda.ListFunctionsByCodeSigningConfig",
        {"CodeSigningConfigArn": _NO_CONFIG},
    ),
    Row(
        "publish_version_revision_exception",
        "lambda.PublishVersion",
        {"FunctionName": "fn", "RevisionId": "wrong"},
    ),
    Row(
        "put_function_csc_invalid_csc_arn",
        "lambda.PutFunctionCodeSigningConfig",
        {"FunctionName": "fn", "CodeSigningConfigArn": _NO_CONFIG},
    ),
    Row(
        "put_function_csc_invalid_fnname",
        "lambda.PutFunctionCodeSigningConfig",
        {"FunctionName": "csc-test-doesnotexist", "CodeSigningConfigArn": _NO_CONFIG},
        (f"signing {_NO_CONFIG}",),
    ),
    Row(
        "remove_permission_fn_revision_id_doesnotmatch",
        "lambda.RemovePermission",
        {"FunctionName": "fn", "StatementId": "s1", "RevisionId": "wrong"},
        ("permission fn s1",),
    ),
    Row(
        "update_alias_revision_exception",
        "lambda.UpdateAlias",
        {"FunctionName": "fn", "Name": "live", "RevisionId": "wrong"},
        ("alias fn live 1",),
    ),
    Row(
        "update_csc_invalid_csc_arn",
        "lambda.UpdateCodeSigningConfig",
        {"CodeSigningConfigArn": _NO_CONFIG, "Description": "new"},
    ),
    Row(
        "update-error-wrong-bucket",
        "lambda.UpdateFunctionCode",
        {"FunctionName": "fn", "S3Bucket": "some-random-non-existent-bucket-b5f455ea", "S3Key": "code.zip"},
    ),
    Row(
        "update-error-wrong-key",
        "lambda.UpdateFunctionCode",
        {"FunctionName": "fn", "S3Bucket": "there", "S3Key": "wrong.zip"},
        ("bucket there",),
    ),
    Row(
        "update_function_revision_exception",
        "lambda.UpdateFunctionCode",
        {"FunctionName": "fn", "ZipFile": "<264 bytes>", "RevisionId": "wrong"},
    ),
    Row(
        "update_function_configuration_revision_exception",
        "lambda.UpdateFunctionConfiguration",
        {"FunctionName": "fn", "Description": "new", "RevisionId": "wrong"},
    ),
    Row(
        "test_lambda_concurrent_code_updates#",
        "lambda.UpdateFunctionCode",
        {"FunctionName": "fn", "ZipFile": "<264 bytes>"},
        ("busy fn",),
    ),
    Row(
        "test_lambda_concurrent_config_updates#",
        "lambda.UpdateFunctionConfiguration",
        {"FunctionName": "fn", "Description": "again"},
        ("busy fn",),
    ),
)

_OTHERS: tuple[Row, ...] = (
    Row("get-deleted-method-response", "apigateway.GetMethod", _API, ("-method", _RESOURCE)),
    Row(
        "put-integration-wrong-method",
        "apigateway.PutIntegration",
        _API | {"type": "MOCK"},
        ("-method", _RESOURCE),
    ),
    Row(
        "put-integration-wrong-resource",
        "apigateway.PutIntegration",
        _API | {"type": "MOCK"},
        ("-resource", "api aaaaaaaa"),
    ),
    Row(
        "test_put_method_validation#wrong-api",
        "apigateway.PutMethod",
        _API | {"authorizationType": "NONE"},
        ("-resource", "api aaaaaaaa"),
    ),
    _patched(
        "update_method_validation#wrong-req-validator",
        "UpdateMethod",
        _API,
        _METHOD,
        op="replace",
        path="/requestValidatorId",
        value="fake",
    ),
    _patched(
        "update_method_validation#wrong-auth-type",
        "UpdateMethod",
        _API,
        _METHOD,
        op="replace",
        path="/authorizationType",
        value="CUSTOM",
    ),
    _patched(
        "update_method_validation#method-does-not",
        "UpdateMethod",
        _API,
        "-method",
        _RESOURCE,
        **_RENAMED,
    ),
    _patched(
        "update_method_validation#wrong-rest-api",
        "UpdateMethod",
        _API | {"restApiId": "fake-api"},
        **_RENAMED,
    ),
    Row("delete-non-existent-table", "dynamodb.DeleteTable", {"TableName": "non-existent"}),
    Row(
        "error-both-name-and-identifier",
        "logs.DescribeLogStreams",
        {"logGroupName": "group", "logGroupIdentifier": "group"},
    ),
    Row(
        "test_filter_log_events_unknown_token#",
        "logs.FilterLogEvents",
        {"logGroupName": "group", "nextToken": "unknown"},
    ),
    Row(
        "test_get_log_events_invalid_token#",
        "logs.GetLogEvents",
        {"logGroupName": "group", "logStreamName": "stream", "nextToken": "unknown"},
    ),
    _elsewhere("test_cross_region_access#delete-topic", "DeleteTopic"),
    _elsewhere("test_cross_region_access#get-topic-attrs", "GetTopicAttributes"),
    _elsewhere("test_cross_region_access#list-subs", "ListSubscriptionsByTopic"),
    _elsewhere(
        "test_cross_region_access#set-topic-attrs",
        "SetTopicAttributes",
        AttributeName="DisplayName",
        AttributeValue="x",
    ),
    _elsewhere(
        "test_cross_region_access#cross-region-subscribe",
        "Subscribe",
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:us-east-1:{RECORDED_ACCOUNT}:queue",
    ),
    _elsewhere("test_topic_publish_another_region#error", "Publish", Message="x"),
    Row(
        "subscribe-bad-sms",
        "sns.Subscribe",
        {
            "TopicArn": _ELSEWHERE.replace("us-west-2", "us-east-1"),
            "Protocol": "sms",
            "Endpoint": "invalid-number",
        },
    ),
    Row(
        "create_fifo_queue_with_different_attributes",
        "sqs.CreateQueue",
        {"QueueName": "queue.fifo", "Attributes": {"FifoQueue": "true", "ContentBasedDeduplication": "true"}},
        ("queue queue.fifo",),
    ),
    Row(
        "create_queue_with_different_attributes",
        "sqs.CreateQueue",
        {"QueueName": "queue", "Attributes": {"DelaySeconds": "5"}},
        ("queue queue",),
    ),
    Row("queue-does-not-exist-url", "sqs.GetQueueUrl", {"QueueName": "nothing"}),
    Row(
        "test_delete_message_batch_invalid_msg_id[sqs-",
        "sqs.DeleteMessageBatch",
        {
            "QueueUrl": f"http://127.0.0.1:35641/{RECORDED_ACCOUNT}/queue",
            "Entries": [{"Id": "", "ReceiptHandle": "testHandle1"}],
        },
    ),
    Row(
        "test_plain_string_payload#",
        "events.TestEventPattern",
        {"Event": '"plain string"', "EventPattern": '{"source": ["x"]}'},
    ),
    Row("test_delete_archive_error_unknown", "events.DeleteArchive", {"ArchiveName": "unknown"}),
    Row("test_describe_archive_error_unknown", "events.DescribeArchive", {"ArchiveName": "unknown"}),
    Row("test_describe_replay_error_unknown", "events.DescribeReplay", {"ReplayName": "unknown"}),
    Row("#get-integration-no-api", "apigateway.GetIntegration", _API | {"restApiId": "fake"}),
    Row("#get-integration-no-method", "apigateway.GetIntegration", _API, ("-method", _RESOURCE)),
    Row("#get-integration-no-integration", "apigateway.GetIntegration", _API, (_METHOD,)),
    _patched("add-unsupported", "UpdateResource", _OF_RESOURCE, op="add", path="/pathPart", value="x"),
    _patched("remove-unsupported", "UpdateResource", _OF_RESOURCE, op="remove", path="/pathPart"),
    _patched("#invalid-path-part", "UpdateResource", _OF_RESOURCE, op="replace", path="/invalid", value="x"),
    _patched(
        "#set-negative-compression",
        "UpdateRestApi",
        {"restApiId": "aaaaaaaa"},
        op="replace",
        path="/minimumCompressionSize",
        value="-1",
    ),
)

ROWS = (*_LAMBDA, *_OTHERS, *EVENT_PATTERNS, *S3)


def built_refusals(recorded: frozenset[str]) -> Iterator[Case]:
    """The refusals of errors.json for which a row makes the request.

    Args:
        recorded: Keys of the cases whose requests are recorded: they need none.
    """
    for error in read("errors.json"):
        keys = [key for key in error["tests"] if not any(key.endswith(each) for each in recorded)]
        row = next((row for row in ROWS if _makes(row, error, keys)), None)
        if row is not None and len(keys) == len(error["tests"]):
            key = next(key for key in keys if row.key in short(key))
            refusal = Refusal(error["code"], str(error["message"] or ""))
            yield Case(key, row.service, row.operation, row.request, refusal, row.steps, is_built=True)


def _makes(row: Row, error: dict[str, Any], keys: list[str]) -> bool:
    named = error["operation"] in ("", row.operation) and error["service"] == row.service
    return named and any(row.key in short(key) for key in keys)
