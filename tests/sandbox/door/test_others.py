"""The Sandbox refuses what S3, Logs, CloudWatch, IAM, DynamoDB, STS, Kinesis and HTTP APIs refuse.

Sources are recorded cases of localstack/localstack (Apache-2.0).
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.door.world import Case, World

_GONE, _INVALID = "ResourceNotFoundException", "InvalidParameterException"
_NO_GROUP = "The specified log group does not exist."
_QUEUE = "arn:aws:sqs:us-east-1:000000000000:"
_LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:"
_S3 = "test_s3_notifications_"
_PARSE = "The ARN could not be parsed"
_VALIDATE = "Unable to validate the following destination configurations"
_OVERLAP = (
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping "
    "for the same event type."
)


def _notify(source: str, message: str, fields: dict[str, str], *entries: dict[str, Any], **more: Any) -> Case:
    configuration: dict[str, list[dict[str, Any]]] = {}
    for number, entry in enumerate(entries):
        kind = next(name for name in entry if name.endswith("Arn")).removesuffix("Arn")
        full = {"Id": f"id{number}", "Events": ["s3:ObjectCreated:*"], **entry}
        configuration.setdefault(f"{kind}Configurations", []).append(full)
    request = {"Bucket": "door-bucket", "NotificationConfiguration": configuration, **more}
    return Case(
        source, "PutBucketNotificationConfiguration", request, "InvalidArgument", message, fields=fields
    )


def _keys(prefix: str, suffix: str = "") -> dict[str, Any]:
    rules = [{"Name": name, "Value": each} for name, each in (("prefix", prefix), ("suffix", suffix)) if each]
    return {"Key": {"FilterRules": rules}}


S3 = [
    _notify(f"{_S3}to_lambda.py::test_invalid_lambda_arn#invalid_skip", _PARSE, {"ArgumentName": "CloudFunction", "ArgumentValue": "invalid-queue"}, {"LambdaFunctionArn": "invalid-queue"}, SkipDestinationValidation=True),
    _notify(f"{_S3}sqs.py::test_multiple_invalid_sqs_arns#one-queue-invalid-one-not-existent", _PARSE, {"ArgumentName": "Queue", "ArgumentValue": "invalid_arn_2"}, {"QueueArn": f"{_QUEUE}my-queue"}, {"QueueArn": "invalid_arn_2", "Events": ["s3:ObjectRemoved:*"]}),
    _notify(f"{_S3}sqs.py::test_multiple_invalid_sqs_arns#multiple-queues-do-not-exist", _VALIDATE, {"ArgumentName1": f"{_QUEUE}a", "ArgumentValue1": "The destination queue does not exist", "ArgumentName2": f"{_QUEUE}b", "ArgumentValue2": "The destination queue does not exist"}, {"QueueArn": f"{_QUEUE}a"}, {"QueueArn": f"{_QUEUE}b", "Events": ["s3:ObjectRemoved:*"]}),
    _notify(f"{_S3}lambda.py::test_invalid_lambda_arn#lambda-does-not-exist", _VALIDATE, {"ArgumentName1": f"{_LAMBDA}my-lambda, null", "ArgumentValue1": f"Not authorized to invoke function [{_LAMBDA}my-lambda]"}, {"LambdaFunctionArn": f"{_LAMBDA}my-lambda"}),
    _notify(f"{_S3}lambda.py#not-granted", _VALIDATE, {"ArgumentValue1": f"Not authorized to invoke function [{_LAMBDA}function]"}, {"LambdaFunctionArn": "<function>"}),
    _notify(f"{_S3}sqs.py#not-granted", _VALIDATE, {"ArgumentValue1": "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"}, {"QueueArn": f"{_QUEUE}queue"}),
    _notify("test_s3.py::TestS3BucketNotificationConfiguration::test_bucket_notification_with_invalid_filter_rules#invalid_filter_name", "filter rule name must be either prefix or suffix", {}, {"QueueArn": f"{_QUEUE}queue", "Filter": {"Key": {"FilterRules": [{"Name": "INVALID", "Value": "x"}]}}}),
    _notify("notification-how-to-filtering.html#ids", "Same ID used for multiple configurations. IDs must be unique", {}, {"QueueArn": f"{_QUEUE}queue", "Id": "x"}, {"LambdaFunctionArn": "<function>", "Id": "x", "Events": ["s3:ObjectRemoved:*"]}),
    _notify("notification-how-to-filtering.html#overlap", _OVERLAP, {}, {"QueueArn": f"{_QUEUE}queue", "Filter": _keys("images/")}, {"LambdaFunctionArn": "<function>", "Filter": _keys("images/a"), "Events": ["s3:ObjectCreated:Put"]}, SkipDestinationValidation=True),
    Case(f"{_S3}sns.py::TestS3NotificationsToSns::test_bucket_not_exist#bucket_not_exists", "PutBucketNotificationConfiguration", {"Bucket": "this-bucket-does-not-exist-42", "NotificationConfiguration": {}}, "NoSuchBucket", "The specified bucket does not exist", 404, {"BucketName": "this-bucket-does-not-exist-42"}),
]  # fmt: skip


def _object(
    source: str, operation: str, code: str, message: str, status: int = 400, /, **request: Any
) -> Case:
    full = {"Bucket": "door-bucket", **({} if operation.startswith("List") else {"Key": "key"}), **request}
    return Case(f"test_s3.py::{source}", operation, full, code, message, status)


_TYPE = "The {} checksum type cannot be used with the {} checksum algorithm."
_ARGUMENT, _REQUEST = "InvalidArgument", "InvalidRequest"
_CLASS = "The storage class you specified is not valid"
_UPLOAD = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
OBJECTS = [
    _object("test_s3_invalid_content_md5#md5-error-0", "PutObject", "InvalidDigest", "The Content-MD5 you specified was invalid.", ContentMD5="__invalid__"),
    _object("test_s3_checksum_no_algorithm#put-2-checksums", "PutObject", _REQUEST, "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.", ChecksumSHA256="A" * 43 + "=", ChecksumCRC32="AAAAAA=="),
    *(
        _object(f"test_put_object_checksum[{name}]#put-wrong-checksum-no-b64", "PutObject", _REQUEST, f"Value for x-amz-checksum-{name.lower()} header is invalid.", **{f"Checksum{name}": "not base 64"})
        for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
    ),
    _object("test_put_object_storage_class_outposts#put-object-outposts", "PutObject", "InvalidStorageClass", _CLASS, StorageClass="OUTPOSTS"),
    _object("test_put_object_storage_class_outposts#create-multipart-outposts-exc", "CreateMultipartUpload", "InvalidStorageClass", _CLASS, StorageClass="OUTPOSTS"),
    _object("test_put_object_if_match_validation#put-obj-if-match-star-value", "PutObject", "NotImplemented", "A header you provided implies functionality that is not implemented", 501, IfMatch="*"),
    _object("test_bucket_config_default_retention#put-object-with-lock-no-date", "PutObject", _ARGUMENT, "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied", ObjectLockMode="GOVERNANCE"),
    _object("test_object_tagging_exc#put-obj-duplicate-tagging", "PutObject", _ARGUMENT, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", Tagging="a=b&a=c"),
    *(
        _object(f"test_tagging_validation#{message[:12]}", "PutObjectTagging", "InvalidTag", message, Tagging={"TagSet": [{"Key": key, "Value": "v"} for key in keys]})
        for keys, message in ((("a", "a"), "Cannot provide multiple Tags with the same key"), (("Key1,Key2",), "The TagKey you have provided is invalid"), (("aws:prefixed",), "Your TagKey cannot be prefixed with aws:"))
    ),
    _object("test_delete_object_with_no_locking#delete-object-bypass-no-lock", "DeleteObject", _ARGUMENT, "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.", BypassGovernanceRetention=True),
    _object("test_s3_copy_object_wrong_format#copy-object-wrong-copy-source", "CopyObject", _ARGUMENT, "Invalid copy source object key", CopySource="wrongformat"),
    _object("test_s3_copy_object_in_place_metadata_directive#no-metadata-directive-fail", "CopyObject", _REQUEST, "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.", CopySource="door-bucket/key"),
    _object("test_multipart_parts_checksum_exceptions_composite#create-mpu-wrong-checksum-algo", "CreateMultipartUpload", _REQUEST, "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]", ChecksumAlgorithm="TEST"),
    _object("test_multipart_parts_checksum_exceptions_composite#create-mpu-no-checksum-algo-with-type", "CreateMultipartUpload", _REQUEST, "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.", ChecksumType="COMPOSITE", ChecksumAlgorithm=""),
    *(
        _object(f"test_multipart_checksum_type_compatibility[{kind}-{name}]#create-mpu-checksum-exc", "CreateMultipartUpload", _REQUEST, _TYPE.format(kind, name.lower()), ChecksumType=kind, ChecksumAlgorithm=name)
        for kind, name in (("COMPOSITE", "CRC64NVME"), ("FULL_OBJECT", "SHA1"), ("FULL_OBJECT", "SHA256"))
    ),
    _object("test_multipart_key_validation#upload-part-wrong-key-name", "UploadPart", "NoSuchUpload", _UPLOAD, 404, UploadId="wrong", PartNumber=1),
    _object("test_multipart_and_list_parts#list-part-after-complete-exc", "ListParts", "NoSuchUpload", _UPLOAD, 404, UploadId="wrong", Key="key"),
    *(
        _object(f"test_list_ops_encoding_type_validation#{operation}", operation, _ARGUMENT, "Invalid Encoding Method specified in Request", EncodingType="wrong")
        for operation in ("ListMultipartUploads", "ListObjectVersions", "ListObjectsV2")
    ),
    _object("test_list_objects_versions_markers#list-objects-next-version-only", "ListObjectVersions", _ARGUMENT, "A version-id marker cannot be specified without a key marker.", VersionIdMarker="x"),
    _object("test_list_objects_v2_continuation_start_after#exc-continuation-token", "ListObjectsV2", _ARGUMENT, "The continuation token provided is incorrect", ContinuationToken=""),
    Case("test_s3.py::test_bucket_ownership_controls_exc#ownership-wrong-value-at-creation", "CreateBucket", {"Bucket": "new-bucket", "ObjectOwnership": "RandomValue"}, _ARGUMENT, "Invalid x-amz-object-ownership header: RandomValue"),
    Case("test_s3.py::test_s3_default_bucket_encryption_exc#put-bucket-encryption-kms-with-aes", "PutBucketEncryption", {"Bucket": "door-bucket", "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "key"}}]}}, _ARGUMENT, "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"),
    Case("test_s3.py::test_put_bucket_lifecycle_conf_exc#missing-id", "PutBucketLifecycleConfiguration", {"Bucket": "door-bucket", "LifecycleConfiguration": {"Rules": [{"Status": "Enabled"}]}}, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"),
    _object("test_multipart_complete_multipart_wrong_part#complete-exc-wrong-part-number", "CompleteMultipartUpload", "InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.", UploadId="<upload>", MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": "x"}]}),
    _object("test_multipart_complete_multipart_too_small#complete-exc-no-parts", "CompleteMultipartUpload", _REQUEST, "You must specify at least one part", UploadId="<upload>", MultipartUpload={"Parts": []}),
    *(
        Case(f"test_s3.py::test_put_bucket_lifecycle_conf_exc#{message[:9]}", "PutBucketLifecycleConfiguration", {"Bucket": "door-bucket", "LifecycleConfiguration": {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 7}, **rule}]}, **more}, code, message)
        for rule, more, code, message in (
            ({"Expiration": {"Date": datetime(2026, 3, 1, 10, tzinfo=UTC)}}, {}, _ARGUMENT, "'Date' must be at midnight GMT"),
            ({"Filter": {"And": {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]}}}, {}, _REQUEST, "Duplicate Tag Keys are not allowed."),
            ({}, {"TransitionDefaultMinimumObjectSize": "value"}, _REQUEST, "Invalid TransitionDefaultMinimumObjectSize found: value"),
        )
    ),
]  # fmt: skip


def _filter(source: str, code: str, message: str, group: str = "group", name: str = "f", **more: Any) -> Case:
    request = {"logGroupName": group, "filterName": name, "filterPattern": "", **more}
    return Case(source, "PutSubscriptionFilter", request, code, message)


_CROSS = "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers."
_NO_GRANT = "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function."
_UPDATES = "test_logs.py::TestSubscriptionFilterUpdates::"
LOGS = [
    Case("test_logs.py::TestLogsEvents::test_put_log_events_to_invalid_stream#error-invalid-stream", "PutLogEvents", {"logGroupName": "group", "logStreamName": "gone", "logEvents": [{"timestamp": 1, "message": "m"}]}, _GONE, "The specified log stream does not exist."),
    Case("test_logs.py::TestLogsEvents::test_put_log_events_wrong_order#error-wrong-order", "PutLogEvents", {"logGroupName": "group", "logStreamName": "stream", "logEvents": [{"timestamp": int(time.time() * 1000), "message": "m"}, {"timestamp": int(time.time() * 1000) - 9, "message": "m"}]}, _INVALID, "Log events in a single PutLogEvents request must be in chronological order."),
    Case("test_logs.py::TestLogsEventsErrors::test_resource_does_not_exist#error-log-group-does-not-exist", "GetLogEvents", {"logGroupName": "gone", "logStreamName": "s"}, _GONE, _NO_GROUP),
    Case("test_logs.py::TestLogsEventsErrors::test_resource_does_not_exist#error-log-stream-does-not-exist", "GetLogEvents", {"logGroupName": "group", "logStreamName": "gone"}, _GONE, "The specified log stream does not exist."),
    Case("test_logs.py::TestLogsGroups::test_describe_log_groups_prefix_and_pattern_error#error-prefix-and-pattern", "DescribeLogGroups", {"logGroupNamePattern": "a", "logGroupNamePrefix": "a"}, _INVALID, "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."),
    Case("test_logs.py::TestLogsStreams::test_describe_log_streams_with_log_group_identifier#error-both-name-and-identifier", "DescribeLogStreams", {"logGroupName": "group", "logGroupIdentifier": "group"}, "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters."),
    Case("test_logs.py::TestSubscriptionFilters::test_describe_subscription_filters_log_group_not_found#error-log-group-not-found", "DescribeSubscriptionFilters", {"logGroupName": "gone"}, _GONE, _NO_GROUP),
    Case(f"{_UPDATES}test_delete_subscription_filter_errors#error-log-group-not-found", "DeleteSubscriptionFilter", {"logGroupName": "gone", "filterName": "f"}, _GONE, _NO_GROUP),
    Case(f"{_UPDATES}test_delete_subscription_filter_errors#error-filter-not-found", "DeleteSubscriptionFilter", {"logGroupName": "group", "filterName": "gone"}, _GONE, "The specified subscription filter does not exist."),
    _filter(f"{_UPDATES}test_put_subscription_filter_limit_exceeded#error-limit-exceeded", "LimitExceededException", "Resource limit exceeded.", "full", destinationArn="<function>"),
    _filter(f"{_UPDATES}test_put_subscription_filter_errors#error-log-group-not-found", "AccessDeniedException", _CROSS, "gone", destinationArn="arn:aws:lambda:us-east-1:123456789012:function:test"),
    _filter(f"{_UPDATES}test_put_subscription_filter_errors#error-kinesis-not-found", _INVALID, "destinationArn for vendor kinesis cannot be used without roleArn", destinationArn="arn:aws:kinesis:us-east-1:000000000000:stream/unknown-stream"),
    _filter("awslogs/issues/210", _INVALID, "If a filter pattern starts with '{' it must end with '}'", filterPattern="{$.a", destinationArn="<function>"),
    Case("serverless-plugin-log-subscription/issues/47", "FilterLogEvents", {"logGroupName": "group", "filterPattern": "a@b.com"}, _INVALID, "Invalid character(s) in term '@'"),
    Case("aws-toolkit-jetbrains/issues/3219", "PutMetricFilter", {"logGroupName": "group", "filterName": "f", "filterPattern": "{ a }", "metricTransformations": [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}]}, _INVALID, "Invalid filter pattern"),
    _filter("API_PutSubscriptionFilter.html#grant", _INVALID, _NO_GRANT, destinationArn=f"{_LAMBDA}gone"),
    Case("test_logs.py::TestCloudWatchLogsInsightsQueries::test_start_query_log_group_not_found#error-log-group-not-found", "StartQuery", {"logGroupName": "gone", "startTime": 1, "endTime": 2, "queryString": "fields @message"}, _GONE, "Log group 'gone' does not exist for account ID '000000000000' (Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: <*>; Proxy: null)"),
    Case("API_PutRetentionPolicy.html#days", "PutRetentionPolicy", {"logGroupName": "group", "retentionInDays": 2}, _INVALID, "1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [<*>]"),
    Case("API_DescribeLogStreams.html#order", "DescribeLogStreams", {"logGroupName": "group", "orderBy": "LastEventTime", "logStreamNamePrefix": "s"}, _INVALID, "Cannot order by LastEventTime with a logStreamNamePrefix."),
]  # fmt: skip

_END = datetime(2026, 1, 2, tzinfo=UTC)
_STATISTICS = {
    "Namespace": "n",
    "MetricName": "m",
    "EndTime": _END,
    "Period": 1,
    "Statistics": ["SampleCount"],
}


_TIMES = {"StartTime": _END - timedelta(hours=1), "EndTime": _END}


def _query(query_id: str, statistic: str = "Sum") -> dict[str, Any]:
    metric = {"Namespace": "n", "MetricName": "m"}
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}}


def _math(query_id: str, expression: str) -> dict[str, Any]:
    return {"Id": query_id, "Expression": expression}


def _queries(source: str, message: str, *queries: dict[str, Any]) -> Case:
    request = {**_TIMES, "MetricDataQueries": queries}
    return Case(source, "GetMetricData", request, "ValidationError", message)


def _metric(source: str, code: str, message: str, **datum: Any) -> Case:
    request = {"Namespace": "n", "MetricData": [{"MetricName": "m", **datum}]}
    return Case(
        f"test_cloudwatch.py::test_put_metric_data_validation[query]#{source}",
        "PutMetricData",
        request,
        code,
        message,
    )


CLOUDWATCH = [
    _metric("invalid-param-combination", "InvalidParameterCombination", "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.", Value=1.5, Values=[1.0, 10.0]),
    _metric("invalid-param-value", "InvalidParameterValue", "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.", Values=[1.0, 10.0], Counts=[2, 4, 5]),
    _metric("invalid-param-combination-2", "InvalidParameterCombination", "The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive and you have specified both.", Value=1.5, StatisticValues={"SampleCount": 10, "Sum": 55, "Minimum": 1, "Maximum": 10}),
    Case("test_cloudwatch.py::test_invalid_dashboard_name[query]#error-invalid-dashboardname", "PutDashboard", {"DashboardName": "test:invalid", "DashboardBody": "{}"}, "InvalidParameterValue", "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_)."),
    Case("test_cloudwatch.py::test_set_alarm_invalid_input[query]#error-resource-not-found", "SetAlarmState", {"AlarmName": "gone", "StateValue": "OK", "StateReason": "r"}, "ResourceNotFound", "", 404),
    Case("test_cloudwatch.py::test_invalid_amount_of_datapoints[query]#error-invalid-amount-datapoints", "GetMetricStatistics", {**_STATISTICS, "StartTime": _END - timedelta(days=1)}, "InvalidParameterCombination", "You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range."),
    Case("test_cloudwatch.py::test_invalid_amount_of_datapoints[query]#error-invalid-time-frame", "GetMetricStatistics", {**_STATISTICS, "StartTime": _END}, "InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime."),
    _queries("telegraf/issues/5420", "The value 5xx for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.\nThe value a-b for parameter MetricDataQueries.member.2.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", _query("5xx"), _query("a-b"), _query("m1")),
    _queries("yet-another-cloudwatch-exporter/issues/385", "The value None for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.", _query("m1", "None")),
    _queries("quota-monitor-for-aws/issues/171", "The values for parameter id in MetricDataQueries are not unique.", _query("m1"), _query("m1")),
    _queries("using-metric-math.html", "Error in expression 'e1': Undefined id m2.", _query("m1"), _math("e1", "m1 / m2")),
]  # fmt: skip

_IAM = "test_iam.py::TestIAM"
_NO_ROLE = "The role with name gone cannot be found."
IAM = [
    Case(f"{_IAM}Extensions::test_create_role_with_malformed_assume_role_policy_document#invalid-json", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": '{"Version": "2012-10-17", "Statement": [{"Action": "sts:AssumeRole", "Principal": "*", "Effect": "Allow",}]}'}, "MalformedPolicyDocument", "This policy contains invalid Json"),
    Case(f"{_IAM}Integrations::test_role_attach_policy#non_existent_malformed_policy_arn", "AttachRolePolicy", {"RoleName": "lambda", "PolicyArn": "longpolicynamebutnoarn"}, "ValidationError", "Invalid ARN:  Could not be parsed!"),
    Case(f"{_IAM}Integrations::test_role_attach_policy#valid_arn_not_existent", "AttachRolePolicy", {"RoleName": "lambda", "PolicyArn": "arn:aws:iam::000000000000:policy/gone"}, "NoSuchEntity", "Policy arn:aws:iam::000000000000:policy/gone does not exist or is not attachable.", 404),
    Case(f"{_IAM}ServiceRoles::test_service_role_lifecycle_custom_suffix_not_allowed[acm.amazonaws.com]#custom-suffix-not-allowed", "CreateServiceLinkedRole", {"AWSServiceName": "acm.amazonaws.com", "CustomSuffix": "x"}, "InvalidInput", "Custom suffix is not allowed for acm.amazonaws.com"),
    *(
        Case(f"API_{operation}.html#role", operation, {"RoleName": "gone", **more}, "NoSuchEntity", _NO_ROLE, 404)
        for operation, more in (("GetRole", {}), ("DeleteRole", {}), ("PutRolePolicy", {"PolicyName": "p", "PolicyDocument": "{}"}), ("AttachRolePolicy", {"PolicyArn": "arn:aws:iam::aws:policy/AWSLambdaExecute"}))
    ),
    Case("API_GetRolePolicy.html#policy", "GetRolePolicy", {"RoleName": "lambda", "PolicyName": "gone"}, "NoSuchEntity", "The role policy with name gone cannot be found.", 404),
    Case("API_DeleteRole.html#conflict", "DeleteRole", {"RoleName": "lambda"}, "DeleteConflict", "Cannot delete entity, must delete policies first.", 409),
    Case("API_PutRolePolicy.html#json", "PutRolePolicy", {"RoleName": "lambda", "PolicyName": "p", "PolicyDocument": "{"}, "MalformedPolicyDocument", "Syntax errors in policy."),
]  # fmt: skip

DYNAMODB = [
    *(
        Case(f"test_dynamodb.py::TestDynamoDB::test_table_crud#{operation}", operation, {"TableName": "gone", **more}, _GONE, "Requested resource not found: Table: gone not found")
        for operation, more in (("DeleteTable", {}), ("DescribeTable", {}), ("EnableKinesisStreamingDestination", {"StreamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s12345678901234567890"}))
    ),
    Case("scylladb/issues/6939", "UpdateTable", {"TableName": "table", "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}}, "ValidationException", "Table already has an enabled stream: TableName: table"),
    Case("test_dynamodb.py::TestDynamoDB::test_kinesis_streaming_destination_crud#update-missing-params", "UpdateKinesisStreamingDestination", {"TableName": "table", "StreamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s12345678901234567890"}, "ValidationException", "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be null or contain only null values"),
]  # fmt: skip
_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/table/stream/2024-11-18T14:36:44.149"
STREAMS = [
    Case("test_dynamodb_streams.py::test_non_existent_stream#non-existent-stream", "DescribeStream", {"StreamArn": _STREAM}, _GONE, f"Requested resource not found: Stream: {_STREAM} not found"),
]  # fmt: skip
STS = [
    Case(f"test_sts.py::TestSTSIntegrations::test_sts_invalid_parameters#{arn}", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "Session1"}, "ValidationError", f"{arn} is invalid")
    for arn in ("nothing-valid-in-here", "arn::b:::something/test-role", "arn:a::::something/test-role", "arn:a:::something/test-role", "arn:a:a::aaaaaaaaaa:")
]  # fmt: skip

KINESIS = [
    *(
        Case(f"API_{operation}.html#stream", operation, {"StreamName": "gone", **more}, _GONE, "Stream gone under account 000000000000 not found.")
        for operation, more in (("DescribeStreamSummary", {}), ("PutRecord", {"Data": b"x", "PartitionKey": "k"}))
    ),
    Case("API_CreateStream.html#again", "CreateStream", {"StreamName": "stream", "ShardCount": 1}, "ResourceInUseException", "Stream stream under account 000000000000 already exists."),
]  # fmt: skip
APIS = [
    Case("apis-apiid.html#api", "GetRoutes", {"ApiId": "gone"}, "NotFoundException", "Invalid API identifier specified 000000000000:gone", 404),
    *(
        Case(f"http-api-develop-routes.html#{key}", "CreateRoute", {"ApiId": "<http-api>", "RouteKey": key}, "BadRequestException", 'The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"')
        for key in ("POST/a", "FETCH /a", "GET a", "GET /a b", "default")
    ),
    Case("moto#route", "DeleteRoute", {"ApiId": "<http-api>", "RouteId": "gone"}, "NotFoundException", "Invalid Route identifier specified gone", 404),
    Case("moto#integration", "UpdateIntegration", {"ApiId": "<http-api>", "IntegrationId": "gone"}, "NotFoundException", "Invalid Integration identifier specified gone", 404),
    Case("terraform-aws-next-js/issues/247", "DeleteIntegration", {"ApiId": "<http-api>", "IntegrationId": "<http-integration>"}, "ConflictException", "Cannot delete Integration because it is referenced by the following Routes with Ids: [<http-route>]", 409),
    Case("apis-apiid-stages.html#again", "CreateStage", {"ApiId": "<http-api>", "StageName": "live"}, "ConflictException", "Stage already exists", 409),
    Case("apis-apiid-routes.html#update", "UpdateRoute", {"ApiId": "<http-api>", "RouteId": "<http-route>", "RouteKey": "GET /b"}, "ConflictException", "Route with key GET /b already exists for this API", 409),
    Case("apis-apiid-routes.html#again", "CreateRoute", {"ApiId": "<http-api>", "RouteKey": "GET /a"}, "ConflictException", "Route with key GET /a already exists for this API", 409),
]  # fmt: skip

_CASES = [
    (service, case)
    for service, cases in (
        ("s3", S3),
        ("s3", OBJECTS),
        ("logs", LOGS),
        ("cloudwatch", CLOUDWATCH),
        ("iam", IAM),
        ("dynamodb", DYNAMODB),
        ("dynamodbstreams", STREAMS),
        ("sts", STS),
        ("kinesis", KINESIS),
        ("apigatewayv2", APIS),
    )
    for case in cases
]


@pytest.mark.parametrize(("service", "case"), _CASES, ids=str)
def test_refused(world: World, service: str, case: Case) -> None:
    world.refuses(service, case)


def test_accepted(world: World) -> None:
    now = int(time.time() * 1000)
    function = {"LambdaFunctionArn": "<function>", "Events": ["s3:ObjectCreated:*"]}
    world.server.client("lambda").add_permission(
        FunctionName="function",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    accepted: list[tuple[str, str, dict[str, Any]]] = [
        ("logs", "PutLogEvents", {"logGroupName": "group", "logStreamName": "stream", "logEvents": [{"timestamp": now, "message": "m"}] * 2}),
        ("logs", "PutRetentionPolicy", {"logGroupName": "group", "retentionInDays": 3653}),
        ("logs", "PutSubscriptionFilter", {"logGroupName": "full", "filterName": "one", "filterPattern": "x", "destinationArn": "<function>"}),
        ("logs", "FilterLogEvents", {"logGroupName": "group", "filterPattern": '{ $.level = "ERROR" }'}),
        ("cloudwatch", "GetMetricData", {**_TIMES, "MetricDataQueries": [_query("m1"), _query("m2", "p99.9"), _query("m3", "TM(10%:90%)"), _math("e1", "IF(m1 > 1e3, m2, SUM([m1, m3]))"), _math("e2", "SEARCH('{a,b} MetricName=\"x\"', 'Average', 300)"), _math("e3", "SELECT AVG(duration) FROM lambda")]}),
        ("iam", "AttachRolePolicy", {"RoleName": "scheduler", "PolicyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}),
        ("s3", "PutBucketNotificationConfiguration", {"Bucket": "door-bucket", "NotificationConfiguration": {"LambdaFunctionConfigurations": [{**function, "Filter": _keys("a/")}, {**function, "Filter": _keys("b/")}]}}),
        ("s3", "PutBucketNotificationConfiguration", {"Bucket": "door-bucket", "NotificationConfiguration": {}}),
        ("cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 0}, {"MetricName": "m", "Values": [1.0], "Counts": [2]}]}),
        ("s3", "PutObject", {"Bucket": "door-bucket", "Key": "k", "Body": b"x", "StorageClass": "STANDARD_IA", "Tagging": "a=b&c=d", "ContentMD5": "ndTkYSaMgDT1yFZOFVxnpg=="}),
        ("s3", "CopyObject", {"Bucket": "door-bucket", "Key": "k", "CopySource": "door-bucket/k", "MetadataDirective": "REPLACE"}),
        ("s3", "CopyObject", {"Bucket": "door-bucket", "Key": "k2", "CopySource": {"Bucket": "door-bucket", "Key": "k"}}),
        ("s3", "ListObjectsV2", {"Bucket": "door-bucket", "EncodingType": "url"}),
        ("dynamodb", "DescribeTable", {"TableName": "table"}),
        ("kinesis", "DescribeStreamSummary", {"StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/stream"}),
        ("apigatewayv2", "CreateRoute", {"ApiId": "<http-api>", "RouteKey": "POST /a"}),
        ("apigatewayv2", "CreateRoute", {"ApiId": "<http-api>", "RouteKey": "ANY /{proxy+}"}),
        ("apigatewayv2", "CreateRoute", {"ApiId": "<http-api>", "RouteKey": "$default"}),
        ("apigatewayv2", "UpdateRoute", {"ApiId": "<http-api>", "RouteId": "<http-route>", "RouteKey": "GET /a"}),
        ("dynamodb", "UpdateTable", {"TableName": "table", "StreamSpecification": {"StreamEnabled": False}}),
        ("sts", "AssumeRole", {"RoleArn": "<role-lambda>", "RoleSessionName": "session"}),
    ]  # fmt: skip
    for service, operation, request in accepted:
        world.call(service, operation, request)
