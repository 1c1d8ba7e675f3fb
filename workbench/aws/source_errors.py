"""What AWS answers about event sources, roles and their wiring, and what to do. Data only.

These rows come before those of error_table.py for the same code. Ids in brackets are those of the checks that
find the same before AWS is asked.
Source: AWS's recorded answers (tests/aws/recorded_refusals.json) and botocore's service models.
"""

from workbench.aws.error_rule import Rows, Rule, on

_REGION = "The source and the function must be in the same region (GEN-REGION). {message}"
_MOVE = "Choose a function in the source's region, or copy this function there."
_DELETE_SOME = "Delete unused resources, or request a quota increase."
_REFRESH = "list.refresh"

_BUCKETS: Rows = (
    on(
        "InvalidArgument",
        Rule(
            "S3 cannot send to one of the destinations of the bucket's notifications, {argument}. "
            "{argument_reason} {message}",
            "Allow S3 to send from this bucket in the access policy of the queue or topic. If it was "
            "deleted, remove its rule from the bucket. If its permission was added recently, try again.",
            message="Unable to validate the following destination configurations.*arn:[^:]*:(sqs|sns):",
        ),
        Rule(
            "S3 cannot use one of the destinations of the bucket's notifications, {argument}. "
            "{argument_reason} {message}",
            "Let S3 in if it is this function. If it was deleted, remove its rule from the bucket. If its "
            "permission was added recently, try again.",
            message="Unable to validate the following destination configurations.*arn:",
        ),
        Rule(
            "S3 cannot use one of the destinations of the bucket's notifications: it does not exist, or does "
            "not let S3 in. {message}",
            "Let S3 in by the policy of the function, queue or topic. If this was done recently, try again.",
            message="Unable to validate the following destination configurations",
        ),
        Rule(_REGION, _MOVE, message="destination service region is not valid|not valid for the bucket"),
        Rule(
            "Two rules of the bucket overlap (S3-OVERLAP). {message}",
            "Choose a prefix, a suffix or events that do not overlap.",
            message="ambiguously defined|overlap",
        ),
        Rule(
            "A notification rule of the bucket is not valid. {message}",
            "Correct the rule's destination, prefix or suffix.",
            operation="s3:PutBucketNotificationConfiguration",
        ),
    ),
)
_TOPICS: Rows = (
    on(
        "InvalidParameter",
        Rule(
            "A topic of this name already exists, with other settings. {message}",
            "Choose another name, or use the existing topic.",
            message="Topic already exists with different",
        ),
        Rule(
            "The function is already subscribed with other attributes. {message}",
            "Open the existing trigger and change it.",
            message="already exists with different attributes",
        ),
        Rule(
            "The topic's name is not valid. {message}",
            "Use at most 256 letters, digits, hyphens and underscores. A FIFO topic's name ends in “.fifo”.",
            message="Topic Name",
        ),
        Rule(
            "The filter policy is not valid. {message}",
            "Correct the filter policy, and test it with a sample message.",
            message="FilterPolicy|filter policy",
            operation="sns:",
        ),
        Rule(
            "A dead-letter queue of a FIFO topic must be a FIFO queue. {message}",
            "Choose a FIFO queue.",
            message="RedrivePolicy.*FIFO",
        ),
        Rule(
            "The dead-letter queue of the subscription is not valid. {message}",
            "Choose another queue.",
            message="RedrivePolicy",
        ),
        Rule(
            "A FIFO queue cannot be subscribed to a standard topic. {message}",
            "Choose a FIFO topic or a standard queue.",
            message="FIFO SQS Queues can not be subscribed",
        ),
        Rule(
            "The message is larger than SNS allows. {message}",
            "Shorten it to at most 256 KB.",
            message="Message too long",
        ),
        Rule(
            "The message of a FIFO topic is not complete. {message}",
            "Give a message group ID and, without content-based deduplication, a deduplication ID.",
            message="MessageGroupId parameter is required|ContentBasedDeduplication",
        ),
        Rule(
            "The topic does not take a field of the message. {message}",
            "Leave out the message group ID and the deduplication ID, or choose a FIFO topic.",
            message="not valid for this topic type",
        ),
        Rule(
            "The message's text or subject is not valid. {message}",
            "Correct the message: it must have text, and its subject at most 100 characters in one line.",
            message="Empty message|Message Structure|: Subject|Invalid parameter: Message",
        ),
        Rule(
            "The topic's ARN is not valid, or the topic is in another region. {message}",
            "Check the topic's ARN and its region.",
            message="Invalid parameter: Topic",
        ),
        Rule(
            "The subscription's ARN is not valid. {message}",
            "Reload the triggers.",
            "function.refresh",
            message="SubscriptionArn|SubscriptionId",
        ),
        Rule(
            "The endpoint of the subscription or message is not valid. {message}",
            "Check the endpoint: an ARN, an address or a phone number.",
            message="endpoint|PhoneNumber|TargetArn",
        ),
        Rule(
            "The subscription was not confirmed: its token is not valid. {message}",
            "Subscribe again.",
            message="Token",
        ),
        Rule(
            "The topic's policy is not valid. {message}",
            "Correct the topic's policy: its statement IDs must differ, and name actions of SNS.",
            message="Policy|Statement",
            operation="sns:",
        ),
        Rule(
            "The settings of the topic or the subscription are not valid. {message}",
            "Correct the setting that AWS names.",
            operation="sns:",
        ),
    ),
    on(
        "ParameterValueInvalid",
        Rule(
            "An attribute of the message is not valid. {message}",
            "Correct the attribute's name, type or value.",
        ),
    ),
    on(
        "NotFound NotFoundException",
        Rule(
            "The subscription does not exist: it was deleted. {message}",
            "Reload the triggers.",
            "function.refresh",
            message="Subscription",
            operation="sns:",
        ),
        Rule(
            "The topic does not exist in this account and region. {message}",
            "Choose another topic, and check the region.",
            operation="sns:",
        ),
    ),
    on(
        "FilterPolicyLimitExceeded SubscriptionLimitExceeded TopicLimitExceeded",
        Rule("The account has reached a quota of SNS. {message}", _DELETE_SOME),
    ),
)
_QUEUES: Rows = (
    on(
        "AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist",
        Rule(
            "The queue does not exist in this account and region. {message}",
            "Choose another queue, and check the region.",
        ),
    ),
    on(
        "QueueAlreadyExists QueueNameExists",
        Rule(
            "A queue of this name already exists, with other settings. {message}",
            "Choose another name, or use the existing queue.",
        ),
    ),
    on(
        "QueueDeletedRecently AWS.SimpleQueueService.QueueDeletedRecently",
        Rule(
            "A queue of this name was deleted less than a minute ago. {message}",
            "Wait a minute, or choose another name for the queue.",
        ),
    ),
    on(
        "InvalidAttributeName",
        Rule(
            "The queue has no attribute of this name, or a standard queue does not take it. {message}",
            "Create a FIFO queue, or leave out the attribute.",
        ),
    ),
    on(
        "InvalidAttributeValue",
        Rule(
            "A queue's type cannot be changed. {message}",
            "Create another queue.",
            message="Modifying queue type",
        ),
        Rule(
            "An attribute of the queue has a value that SQS does not accept. {message}",
            "Correct the attribute of the queue.",
        ),
    ),
    on(
        "InvalidParameterValue MissingParameter InvalidMessageContents",
        Rule(
            "The message is larger than the queue allows. {message}",
            "Shorten the message, or raise the queue's maximum message size.",
            message="Message must be shorter",
        ),
        Rule(
            "The message has no text. {message}",
            "Enter the message's text.",
            message="MessageBody",
        ),
        Rule(
            "A single message of a FIFO queue cannot be delayed. {message}",
            "Leave out the delay, or set one for the whole queue.",
            message="DelaySeconds.*not valid for this queue type",
        ),
        Rule(
            "The message's group ID or deduplication ID is not valid. {message}",
            "Use 1 to 128 letters, digits and punctuation marks, without spaces.",
            message="MessageGroupId|MessageDeduplicationId",
        ),
        Rule(
            "The message has a character or a field that the queue does not accept. {message}",
            "Correct the message.",
            operation="sqs:SendMessage",
        ),
        Rule(
            "The queue's settings or policy are not valid. {message}",
            "Correct the setting of the queue that AWS names.",
            operation="sqs:",
        ),
    ),
)
_BUSES: Rows = (
    on(
        "ValidationException",
        Rule(
            "An event bus in another region cannot be used directly (EB-REGION). {message}",
            "Use a rule and a bus in the function's region.",
            message="Cross-region API call",
        ),
        Rule(
            "The schedule's expression is not valid. {message}",
            "Use rate(5 minutes), cron(0 12 * * ? *), or at(2030-01-31T12:00:00) without an offset.",
            message="Schedule ?Expression.* (is not valid|\\S+\\()|Invalid Schedule Expression",
        ),
        Rule(
            "Schedules need the default event bus. {message}",
            "Choose the default event bus, or use an event pattern.",
            message="supported only on the default event bus",
        ),
        Rule(
            "The default event bus cannot be deleted. {message}",
            "Choose another event bus.",
            message="Cannot delete event bus",
        ),
        Rule(
            "The rule still has targets. {message}",
            "Remove the rule's targets first.",
            message="since it has targets",
        ),
        Rule(
            "The input of the rule's target is not valid. {message}",
            "Use one of input, path or template, and define each placeholder of the template.",
            message="InputTemplate|InputTransformer|InputPath",
        ),
        Rule(
            "The sample event is not valid. {message}",
            "Use a JSON object with id, account, source, time, region, resources, detail-type and detail.",
            message="Parameter Event is not valid",
        ),
        Rule(
            "The schedule's role does not let EventBridge Scheduler use it. {message}",
            "Allow scheduler.amazonaws.com to assume the role. A new role can take some seconds to become "
            "available.",
            message="must allow AWS EventBridge Scheduler to assume the role",
        ),
    ),
    on(
        "InvalidEventPatternException",
        Rule(
            "The wildcards of the event pattern make it too complex. {message}",
            "Use fewer wildcards, or match the beginning or the end of the value.",
            message="too complex",
        ),
        Rule(
            "The event pattern is not valid. {message}",
            "Correct the pattern, and test it with a sample event.",
        ),
    ),
    on(
        "ManagedRuleException",
        Rule("An AWS service manages this rule. {message}", "Create a separate rule."),
    ),
    on(
        "ConflictException",
        Rule(
            "A schedule of this name already exists. {message}",
            "Choose another name, or change the existing schedule.",
            operation="scheduler:",
        ),
    ),
    on(
        "LimitExceededException",
        Rule(
            "The rule has reached the maximum number of targets. {message}",
            "Remove a target of the rule, or create another rule.",
            operation="events:PutTargets",
        ),
    ),
    on(
        "ResourceNotFoundException",
        Rule(
            "The event bus does not exist in this account and region. {message}",
            "Choose another event bus.",
            message="Event bus \\S+ does not exist",
        ),
        Rule(
            "The rule does not exist: it was deleted. {message}",
            "Reload the triggers.",
            "function.refresh",
            message="Rule \\S+ does not exist",
        ),
        Rule(
            "The permission is not in the event bus's policy: it was removed already. {message}",
            "Reload the triggers.",
            "function.refresh",
            message="Statement with the provided id",
            operation="events:",
        ),
        Rule(
            "The rule, its target or the event bus does not exist in this account and region. {message}",
            "Reload the triggers.",
            "function.refresh",
            operation="events:",
        ),
        Rule(
            "The schedule or its group does not exist: it was deleted. {message}",
            "Reload the triggers.",
            "function.refresh",
            operation="scheduler:",
        ),
    ),
)
_STREAMS: Rows = (
    on(
        "ResourceNotFoundException",
        Rule(
            "The table does not exist in this account and region. {message}",
            "Choose another table, and check the region.",
            message="Table: ",
        ),
        Rule(
            "The stream does not exist in this account and region. {message}",
            "Check the stream's ARN. A table gets a new stream ARN each time its stream is turned on.",
            message="Stream: |^ ?Stream ",
        ),
        Rule(
            "The table does not exist in this account and region. {message}",
            "Choose another table, and check the region.",
            operation="dynamodb:",
        ),
        Rule(
            "The stream or its consumer does not exist in this account and region. {message}",
            "Choose another stream, and check the region.",
            operation="kinesis: dynamodbstreams:",
        ),
    ),
    on(
        "ValidationException",
        Rule(
            "The table has a stream already: it was turned on in the meantime. {message}",
            "Reload the triggers. What the stream shows can be changed after it was turned off.",
            "function.refresh",
            message="already has an enabled stream",
            operation="dynamodb:",
        ),
    ),
)
_LOGS: Rows = (
    on(
        "AccessDeniedException",
        Rule(
            "The log group and the function belong to different accounts (LOG-ACCOUNT). {message}",
            "Choose a function in the log group's account, or send the logs through a stream.",
            message="Cross-account lambda invocation",
        ),
    ),
    on(
        "InvalidParameterException ValidationException",
        Rule(
            "CloudWatch Logs cannot invoke the function. {message}",
            "Add the permission to the function's policy. If it was added recently, try again.",
            message="Could not execute the lambda function",
        ),
        Rule(
            "The list of log events cannot be continued from there. {message}",
            "Read the logs again from their beginning.",
            message="nextToken is invalid",
        ),
        Rule(
            "The log events are not in the order of their times. {message}",
            "Send them in the order of their times.",
            message="chronological order",
        ),
        Rule(
            "A subscription that sends logs to a stream needs a role. {message}",
            "Choose a role that CloudWatch Logs may assume.",
            message="cannot be used without roleArn",
        ),
        Rule(
            "The log group is named in two ways that exclude each other. {message}",
            "Give either the log group's name or its ARN or pattern.",
            message="mutually exclusive parameters",
        ),
        Rule(
            "The filter pattern of the log group is not valid. {message}",
            "Correct the filter pattern, and test it with a sample of the log.",
            message=r"filter ?pattern|character\(s\) in term",
            operation="logs:",
        ),
    ),
    on(
        "InvalidOperationException",
        Rule(
            "The log group's class does not offer this. {message}",
            "Use Logs Insights for an infrequent-access log group, or move the function to a standard one.",
            operation="logs:",
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
        "ResourceNotFoundException",
        Rule(
            "The log group does not exist. Either the function has not written logs yet, or the "
            "group was deleted.",
            "Invoke the function, then try again.",
            message="log group",
        ),
        Rule(
            "The log stream does not exist: it was deleted, or its events have expired. {message}",
            "Reload the logs.",
            message="log stream",
        ),
        Rule(
            "The log group has no such subscription filter: it was removed already. {message}",
            "Reload the triggers.",
            "function.refresh",
            message="subscription filter",
        ),
        Rule(
            "It does not exist in CloudWatch Logs in this account and region. {message}",
            "Reload the logs.",
            operation="logs:",
        ),
    ),
)
_MAPPINGS: Rows = (
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
    on(
        "ResourceNotFoundException",
        Rule(
            _REGION,
            _MOVE,
            message="not reachable in this region",
            operation="lambda:CreateEventSourceMapping lambda:UpdateEventSourceMapping",
        ),
    ),
)
_ROLES: Rows = (
    on(
        "MalformedPolicyDocument MalformedPolicyDocumentException",
        Rule(
            "The policy of the role is not valid. {message}",
            "Correct the policy: it must be JSON with the actions, resources and principals that exist.",
        ),
    ),
    on(
        "DeleteConflict",
        Rule(
            "The role is still in use, or still has policies. {message}",
            "Remove what still uses it, and its policies, then delete it.",
        ),
    ),
    on(
        "NoSuchEntity",
        Rule(
            "The policy does not exist, or cannot be attached. {message}",
            "Choose another policy.",
            message="Policy",
        ),
        Rule(
            "The role does not exist in this account. {message}",
            "Choose another role.",
            message="role",
        ),
        Rule("It does not exist in IAM. {message}", "Choose another role or policy.", operation="iam:"),
    ),
    on(
        "EntityAlreadyExists",
        Rule(
            "A role or policy of this name already exists. {message}",
            "Choose another name, or use the existing one.",
            operation="iam:",
        ),
    ),
    on(
        "ValidationError",
        Rule(
            "CloudWatch could not read the request for metrics. {message}",
            "Choose another statistic or another range of time.",
            operation="cloudwatch:GetMetricData",
        ),
        Rule(
            "The ARN of the role or policy is not valid. {message}",
            "Use the whole ARN, such as arn:aws:iam::aws:policy/ReadOnlyAccess.",
            message="Invalid ARN|ARN .* is not valid",
            operation="iam:",
        ),
    ),
)

SOURCES: tuple[Rows, ...] = (_BUCKETS, _TOPICS, _QUEUES, _BUSES, _STREAMS, _LOGS, _MAPPINGS, _ROLES)
