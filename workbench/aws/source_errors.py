"""What AWS answers when an event source cannot be wired, and what a person can do. Data only.

These rows come before those of error_table.py for the same code. Ids in brackets are those of the checks that
find the same before AWS is asked.
"""

from workbench.aws.error_rule import Rows, Rule, on

_REGION = "A source and its function must be in one region (GEN-REGION). {message}"
_MOVE = "Choose a function of the source's region, or copy this one there."

SOURCES: Rows = (
    on(
        "InvalidArgument",
        Rule(
            "S3 may not run the function, or there is none of that name. {message}",
            "Add the permission to the function's policy. If it was added a moment ago, try again.",
            message="Unable to validate the following destination configurations",
        ),
        Rule(_REGION, _MOVE, message="destination service region is not valid|not valid for the bucket"),
        Rule(
            "Two rules of the bucket overlap (S3-OVERLAP). {message}",
            "Choose a prefix, a suffix or events that exclude each other.",
            message="ambiguously defined|overlap",
        ),
        Rule("S3 does not accept a value. {message}", "Correct the value."),
    ),
    on(
        "InvalidParameter",
        Rule(
            "There is no such topic in this region. {message}",
            "Look at the topic's ARN: it names its region.",
            message="TopicArn",
        ),
        Rule(
            "The function is subscribed already, with other attributes. {message}",
            "Open the trigger that is there, and change it.",
            message="already exists with different attributes",
        ),
        Rule("SNS does not accept a value. {message}", "Correct the value."),
    ),
    on(
        "FilterPolicyLimitExceeded",
        Rule("The account has no filter policies left. {message}", "Remove what is unused, or ask for more."),
    ),
    on(
        "AccessDeniedException",
        Rule(
            "The log group and the function belong to two accounts (LOG-ACCOUNT). {message}",
            "Choose a function of the log group's account, or let the logs go through a stream.",
            message="Cross-account lambda invocation",
        ),
    ),
    on(
        "InvalidParameterException",
        Rule(
            "CloudWatch Logs may not run the function. {message}",
            "Add the permission to the function's policy. If it was added a moment ago, try again.",
            message="Could not execute the lambda function",
        ),
    ),
    on(
        "LimitExceededException",
        Rule(
            "The log group has all subscription filters that AWS allows (LOG-LIMIT). {message}",
            "Remove one of them first.",
            operation="logs:PutSubscriptionFilter",
        ),
    ),
    on(
        "InvalidParameterValueException",
        Rule(_REGION, _MOVE, message="must match Lambda region"),
        Rule(
            "A message would come back while it is still being worked on (SQS-VIS-LT). {message}",
            "Raise the queue's visibility timeout to at least the function's timeout, better to six times.",
            message="less than Function timeout",
        ),
    ),
    on("ResourceNotFoundException", Rule(_REGION, _MOVE, message="not reachable in this region")),
    on(
        "ValidationException",
        Rule(
            "An event bus of another region cannot be used from here (EB-REGION). {message}",
            "Go by way of a rule and a bus in the function's region.",
            message="Cross-region API call",
        ),
    ),
)
