"""What AWS answers when an event source cannot be wired, and what a person can do. Data only.

These rows come before those of error_table.py for the same code. Ids in brackets are those of the checks that
find the same before AWS is asked.
"""

from workbench.aws.error_rule import Rows, Rule, on

_REGION = "The source and the function must be in the same region (GEN-REGION). {message}"
_MOVE = "Choose a function in the source's region, or copy this function there."

SOURCES: Rows = (
    on(
        "InvalidArgument",
        Rule(
            "S3 cannot invoke the function, or the function does not exist. {message}",
            "Add the permission to the function's policy. If it was added recently, try again.",
            message="Unable to validate the following destination configurations",
        ),
        Rule(_REGION, _MOVE, message="destination service region is not valid|not valid for the bucket"),
        Rule(
            "Two rules of the bucket overlap (S3-OVERLAP). {message}",
            "Choose a prefix, a suffix or events that do not overlap.",
            message="ambiguously defined|overlap",
        ),
        Rule("S3 rejected a value. {message}", "Correct the value."),
    ),
    on(
        "InvalidParameter",
        Rule(
            "The topic does not exist in this region. {message}",
            "Check the region in the topic's ARN.",
            message="TopicArn",
        ),
        Rule(
            "The function is already subscribed with other attributes. {message}",
            "Open the existing trigger and change it.",
            message="already exists with different attributes",
        ),
        Rule("SNS rejected a value. {message}", "Correct the value."),
    ),
    on(
        "FilterPolicyLimitExceeded",
        Rule(
            "The account has reached its quota of filter policies. {message}",
            "Delete unused resources, or request a quota increase.",
        ),
    ),
    on(
        "AccessDeniedException",
        Rule(
            "The log group and the function belong to different accounts (LOG-ACCOUNT). {message}",
            "Choose a function in the log group's account, or send the logs through a stream.",
            message="Cross-account lambda invocation",
        ),
    ),
    on(
        "InvalidParameterException",
        Rule(
            "CloudWatch Logs cannot invoke the function. {message}",
            "Add the permission to the function's policy. If it was added recently, try again.",
            message="Could not execute the lambda function",
        ),
    ),
    on(
        "LimitExceededException",
        Rule(
            "The log group has reached the maximum number of subscription filters (LOG-LIMIT). {message}",
            "Remove one of them first.",
            operation="logs:PutSubscriptionFilter",
        ),
    ),
    on(
        "InvalidParameterValueException",
        Rule(_REGION, _MOVE, message="must match Lambda region"),
        Rule(
            "A message would be delivered again while it is still being processed (SQS-VIS-LT). {message}",
            "Increase the queue's visibility timeout to at least the function's timeout. AWS "
            "recommends six times that value.",
            message="less than Function timeout",
        ),
    ),
    on("ResourceNotFoundException", Rule(_REGION, _MOVE, message="not reachable in this region")),
    on(
        "ValidationException",
        Rule(
            "An event bus in another region cannot be used directly (EB-REGION). {message}",
            "Use a rule and a bus in the function's region.",
            message="Cross-region API call",
        ),
    ),
)
