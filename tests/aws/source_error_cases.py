"""What AWS answers when an event source cannot be wired, and what a person must read of it."""

from tests.aws.error_cases import Case

_REGION = "A source and its function must be in one region (GEN-REGION)."
CASES = [
    Case(
        "notify",
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        "S3 may not run the function, or there is none of that name.",
        remedy="try again",
    ),
    Case(
        "notify",
        "InvalidArgument",
        "The notification destination service region is not valid for the bucket location constraint",
        _REGION,
        remedy="copy this one there",
    ),
    Case(
        "notify",
        "InvalidArgument",
        "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules",
        "Two rules of the bucket overlap (S3-OVERLAP). Configuration is ambiguously defined.",
    ),
    Case(
        "notify",
        "InvalidArgument",
        "filter rule name must be either prefix or suffix",
        "S3 does not accept a value. filter rule name must be",
    ),
    Case(
        "subscribe",
        "InvalidParameter",
        "Invalid parameter: TopicArn",
        "There is no such topic in this region. Invalid parameter: TopicArn",
    ),
    Case(
        "subscribe",
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
        "The function is subscribed already, with other attributes.",
    ),
    Case(
        "subscribe",
        "InvalidParameter",
        "Invalid parameter: FilterPolicy: Match value must be String",
        "SNS does not accept a value. Invalid parameter: FilterPolicy",
    ),
    Case("subscribe", "FilterPolicyLimitExceeded", "", "The account has no filter policies left."),
    Case(
        "filter",
        "AccessDeniedException",
        "Cross-account lambda invocation passing is not allowed.",
        "The log group and the function belong to two accounts (LOG-ACCOUNT).",
    ),
    Case(
        "filter",
        "InvalidParameterException",
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to"
        " execute your function.",
        "CloudWatch Logs may not run the function.",
    ),
    Case(
        "filter",
        "LimitExceededException",
        "Resource limit exceeded.",
        "The log group has all subscription filters that AWS allows (LOG-LIMIT). Resource limit exceeded.",
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
        "A message would come back while it is still being worked on (SQS-VIS-LT).",
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
        "An event bus of another region cannot be used from here (EB-REGION).",
    ),
]
