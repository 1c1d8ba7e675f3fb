"""What AWS answers when an event source cannot be wired, and what a person must read of it."""

from tests.aws.error_cases import Case

_REGION = "The source and the function must be in the same region (GEN-REGION)."
CASES = [
    Case(
        "notify",
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        "S3 cannot use one of the destinations of the bucket's notifications, arn:aws:lambda:x:1:function:f.",
        remedy="remove its rule from the bucket",
        meta={"Error": {"ArgumentName1": "arn:aws:lambda:x:1:function:f, null"}},
    ),
    Case(
        "notify",
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        "S3 cannot use one of the destinations of the bucket's notifications: it does not exist, or",
        remedy="try again",
    ),
    Case(  # recorded by localstack: test_s3_notifications_sqs.py::test_invalid_sqs_arn
        "notify",
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        "S3 cannot send to one of the destinations of the bucket's notifications, arn:aws:sqs:x:1:q. The "
        "destination queue does not exist.",
        remedy="in the access policy of the queue",
        meta={
            "Error": {
                "ArgumentName1": "arn:aws:sqs:x:1:q",
                "ArgumentValue1": "The destination queue does not exist",
            }
        },
    ),
    Case(
        "notify",
        "InvalidArgument",
        "The notification destination service region is not valid for the bucket location constraint",
        _REGION,
        remedy="copy this function there",
    ),
    Case(
        "notify",
        "InvalidArgument",
        "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes "
        "are overlapping for the same event type.",
        "Two rules of the bucket overlap (S3-OVERLAP). Configuration is ambiguously defined.",
    ),
    Case(
        "notify",
        "InvalidArgument",
        "filter rule name must be either prefix or suffix",
        "A notification rule of the bucket is not valid. filter rule name must be",
    ),
    Case(
        "subscribe",
        "InvalidParameter",
        "Invalid parameter: TopicArn",
        "The topic's ARN is not valid, or the topic is in another region. TopicArn",
    ),
    Case(
        "subscribe",
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
        "The function is already subscribed with other attributes.",
    ),
    Case(
        "subscribe",
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: FilterPolicy: Match value must be String, number, true, "
        "false, or null",
        "The filter policy is not valid. Match value must be String",
    ),
    Case("subscribe", "FilterPolicyLimitExceeded", "", "The account has reached a quota of SNS."),
    Case(
        "filter",
        "AccessDeniedException",
        "Cross-account lambda invocation passing is not allowed.",
        "The log group and the function belong to different accounts (LOG-ACCOUNT).",
    ),
    Case(
        "filter",
        "InvalidParameterException",
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to"
        " execute your function.",
        "CloudWatch Logs cannot invoke the function.",
    ),
    Case(
        "filter",
        "LimitExceededException",
        "Resource limit exceeded.",
        "The log group has reached the maximum number of subscription filters (LOG-LIMIT). "
        "Resource limit exceeded.",
    ),
    Case(
        "map",
        "InvalidParameterValueException",
        "Event source region must match Lambda region us-west-1.",
        f"{_REGION} Event source region must match Lambda region us-west-1.",
    ),
    Case(
        "map",
        "InvalidParameterValueException",
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
        "A message would be delivered again while it is still being processed (SQS-VIS-LT).",
    ),
    Case(
        "map",
        "ResourceNotFoundException",
        "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
        _REGION,
        status=404,
    ),
    Case(
        "rule",
        "ValidationException",
        "Cross-region API call is not allowed.",
        "An event bus in another region cannot be used directly (EB-REGION).",
    ),
]
