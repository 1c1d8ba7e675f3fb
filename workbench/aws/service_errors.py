"""Errors of services other than Lambda, what they mean, and what the user can do. Data only.

Event sources and roles; buckets, objects and uploads; REST and HTTP APIs. Ids in brackets are those of the
checks that find the same before AWS is called. Source: AWS's recorded answers
(tests/aws/recorded_refusals.json), botocore's service models, and
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from workbench.aws.error_table import Rows, Rule, on
from workbench.core.messages import _

_REGION = "The source and the function must be in the same region (GEN-REGION). {message}"
_MOVE = _("Choose a function in the source's region, or copy this function there.")
_DELETE_SOME = _("Delete unused resources, or request a quota increase.")
_REFRESH = "list.refresh"

_BUCKETS: Rows = (
    on(
        "InvalidArgument",
        Rule(
            _(
                "S3 cannot send to one of the destinations of the bucket's notifications, {argument}. "
                "{argument_reason} {message}"
            ),
            _(
                "Allow S3 to send from this bucket in the access policy of the queue or topic. If it was "
                "deleted, remove its rule from the bucket. If its permission was added recently, try again."
            ),
            message="Unable to validate the following destination configurations.*arn:[^:]*:(sqs|sns):",
        ),
        Rule(
            _(
                "S3 cannot use one of the destinations of the bucket's notifications, {argument}. "
                "{argument_reason} {message}"
            ),
            _(
                "Let S3 in if it is this function. If it was deleted, remove its rule from the "
                "bucket. If its "
                "permission was added recently, try again."
            ),
            message="Unable to validate the following destination configurations.*arn:",
        ),
        Rule(
            _(
                "S3 cannot use one of the destinations of the bucket's notifications: it does not "
                "exist, or does "
                "not let S3 in. {message}"
            ),
            _(
                "Let S3 in by the policy of the function, queue or topic. If this was done "
                "recently, try again."
            ),
            message="Unable to validate the following destination configurations",
        ),
        Rule(_REGION, _MOVE, message="destination service region is not valid|not valid for the bucket"),
        Rule(
            _("Two rules of the bucket overlap (S3-OVERLAP). {message}"),
            _("Choose a prefix, a suffix or events that do not overlap."),
            message="ambiguously defined|overlap",
        ),
        Rule(
            _("A notification rule of the bucket is not valid. {message}"),
            _("Correct the rule's destination, prefix or suffix."),
            operation="s3:PutBucketNotificationConfiguration",
        ),
    ),
)
_TOPICS: Rows = (
    on(
        "InvalidParameter",
        Rule(
            _("A topic of this name already exists, with other settings. {message}"),
            _("Choose another name, or use the existing topic."),
            message="Topic already exists with different",
        ),
        Rule(
            _("The function is already subscribed with other attributes. {message}"),
            _("Open the existing trigger and change it."),
            message="already exists with different attributes",
        ),
        Rule(
            _("The topic's name is not valid. {message}"),
            _(
                "Use at most 256 letters, digits, hyphens and underscores. A FIFO topic's name "
                "ends in “.fifo”."
            ),
            message="Topic Name",
        ),
        Rule(
            _("The filter policy is not valid. {message}"),
            _("Correct the filter policy, and test it with a sample message."),
            message="FilterPolicy|filter policy",
            operation="sns:",
        ),
        Rule(
            _("A dead-letter queue of a FIFO topic must be a FIFO queue. {message}"),
            _("Choose a FIFO queue."),
            message="RedrivePolicy.*FIFO",
        ),
        Rule(
            _("The dead-letter queue of the subscription is not valid. {message}"),
            _("Choose another queue."),
            message="RedrivePolicy",
        ),
        Rule(
            _("A FIFO queue cannot be subscribed to a standard topic. {message}"),
            _("Choose a FIFO topic or a standard queue."),
            message="FIFO SQS Queues can not be subscribed",
        ),
        Rule(
            _("The message is larger than SNS allows. {message}"),
            _("Shorten it to at most 256 KB."),
            message="Message too long",
        ),
        Rule(
            _("The message of a FIFO topic is not complete. {message}"),
            _("Give a message group ID and, without content-based deduplication, a deduplication ID."),
            message="MessageGroupId parameter is required|ContentBasedDeduplication",
        ),
        Rule(
            _("The topic does not take a field of the message. {message}"),
            _("Leave out the message group ID and the deduplication ID, or choose a FIFO topic."),
            message="not valid for this topic type",
        ),
        Rule(
            _("The message's text or subject is not valid. {message}"),
            _("Correct the message: it must have text, and its subject at most 100 characters in one line."),
            message="Empty message|Message Structure|: Subject|Invalid parameter: Message",
        ),
        Rule(
            _("The topic's ARN is not valid, or the topic is in another region. {message}"),
            _("Check the topic's ARN and its region."),
            message="Invalid parameter: Topic",
        ),
        Rule(
            _("The subscription's ARN is not valid. {message}"),
            _("Reload the triggers."),
            "function.refresh",
            message="SubscriptionArn|SubscriptionId",
        ),
        Rule(
            _("The endpoint of the subscription or message is not valid. {message}"),
            _("Check the endpoint: an ARN, an address or a phone number."),
            message="endpoint|PhoneNumber|TargetArn",
        ),
        Rule(
            _("The subscription was not confirmed: its token is not valid. {message}"),
            _("Subscribe again."),
            message="Token",
        ),
        Rule(
            _("The topic's policy is not valid. {message}"),
            _("Correct the topic's policy: its statement IDs must differ, and name actions of SNS."),
            message="Policy|Statement",
            operation="sns:",
        ),
        Rule(
            _("The settings of the topic or the subscription are not valid. {message}"),
            _("Correct the setting that AWS names."),
            operation="sns:",
        ),
    ),
    on(
        "ParameterValueInvalid",
        Rule(
            _("An attribute of the message is not valid. {message}"),
            _("Correct the attribute's name, type or value."),
        ),
    ),
    on(
        "NotFound NotFoundException",
        Rule(
            _("The subscription does not exist: it was deleted. {message}"),
            _("Reload the triggers."),
            "function.refresh",
            message="Subscription",
            operation="sns:",
        ),
        Rule(
            _("The topic does not exist in this account and region. {message}"),
            _("Choose another topic, and check the region."),
            operation="sns:",
        ),
    ),
    on(
        "FilterPolicyLimitExceeded SubscriptionLimitExceeded TopicLimitExceeded",
        Rule(_("The account has reached a quota of SNS. {message}"), _DELETE_SOME),
    ),
)
_QUEUES: Rows = (
    on(
        "AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist",
        Rule(
            _("The queue does not exist in this account and region. {message}"),
            _("Choose another queue, and check the region."),
        ),
    ),
    on(
        "QueueAlreadyExists QueueNameExists",
        Rule(
            _("A queue of this name already exists, with other settings. {message}"),
            _("Choose another name, or use the existing queue."),
        ),
    ),
    on(
        "QueueDeletedRecently AWS.SimpleQueueService.QueueDeletedRecently",
        Rule(
            _("A queue of this name was deleted less than a minute ago. {message}"),
            _("Wait a minute, or choose another name for the queue."),
        ),
    ),
    on(
        "InvalidAttributeName",
        Rule(
            _("The queue has no attribute of this name, or a standard queue does not take it. {message}"),
            _("Create a FIFO queue, or leave out the attribute."),
        ),
    ),
    on(
        "InvalidAttributeValue",
        Rule(
            _("A queue's type cannot be changed. {message}"),
            _("Create another queue."),
            message="Modifying queue type",
        ),
        Rule(
            _("An attribute of the queue has a value that SQS does not accept. {message}"),
            _("Correct the attribute of the queue."),
        ),
    ),
    on(
        "InvalidParameterValue MissingParameter InvalidMessageContents",
        Rule(
            _("The message is larger than the queue allows. {message}"),
            _("Shorten the message, or raise the queue's maximum message size."),
            message="Message must be shorter",
        ),
        Rule(_("The message has no text. {message}"), _("Enter the message's text."), message="MessageBody"),
        Rule(
            _("A single message of a FIFO queue cannot be delayed. {message}"),
            _("Leave out the delay, or set one for the whole queue."),
            message="DelaySeconds.*not valid for this queue type",
        ),
        Rule(
            _("The message's group ID or deduplication ID is not valid. {message}"),
            _("Use 1 to 128 letters, digits and punctuation marks, without spaces."),
            message="MessageGroupId|MessageDeduplicationId",
        ),
        Rule(
            _("The message has a character or a field that the queue does not accept. {message}"),
            _("Correct the message."),
            operation="sqs:SendMessage",
        ),
        Rule(
            _("The queue's settings or policy are not valid. {message}"),
            _("Correct the setting of the queue that AWS names."),
            operation="sqs:",
        ),
    ),
)
_BUSES: Rows = (
    on(
        "ValidationException",
        Rule(
            _("An event bus in another region cannot be used directly (EB-REGION). {message}"),
            _("Use a rule and a bus in the function's region."),
            message="Cross-region API call",
        ),
        Rule(
            _("The schedule's expression is not valid. {message}"),
            _("Use rate(5 minutes), cron(0 12 * * ? *), or at(2030-01-31T12:00:00) without an offset."),
            message="Schedule ?Expression.* (is not valid|\\S+\\()|Invalid Schedule Expression",
        ),
        Rule(
            _("Schedules need the default event bus. {message}"),
            _("Choose the default event bus, or use an event pattern."),
            message="supported only on the default event bus",
        ),
        Rule(
            _("The default event bus cannot be deleted. {message}"),
            _("Choose another event bus."),
            message="Cannot delete event bus",
        ),
        Rule(
            _("The rule still has targets. {message}"),
            _("Remove the rule's targets first."),
            message="since it has targets",
        ),
        Rule(
            _("The input of the rule's target is not valid. {message}"),
            _("Use one of input, path or template, and define each placeholder of the template."),
            message="InputTemplate|InputTransformer|InputPath",
        ),
        Rule(
            _("The sample event is not valid. {message}"),
            _("Use a JSON object with id, account, source, time, region, resources, detail-type and detail."),
            message="Parameter Event is not valid",
        ),
        Rule(
            _("The schedule's role does not let EventBridge Scheduler use it. {message}"),
            _(
                "Allow scheduler.amazonaws.com to assume the role. A new role can take some "
                "seconds to become "
                "available."
            ),
            message="must allow AWS EventBridge Scheduler to assume the role",
        ),
    ),
    on(
        "InvalidEventPatternException",
        Rule(
            _("The wildcards of the event pattern make it too complex. {message}"),
            _("Use fewer wildcards, or match the beginning or the end of the value."),
            message="too complex",
        ),
        Rule(
            _("The event pattern is not valid. {message}"),
            _("Correct the pattern, and test it with a sample event."),
        ),
    ),
    on(
        "ManagedRuleException",
        Rule(_("An AWS service manages this rule. {message}"), _("Create a separate rule.")),
    ),
    on(
        "ConflictException",
        Rule(
            _("A schedule of this name already exists. {message}"),
            _("Choose another name, or change the existing schedule."),
            operation="scheduler:",
        ),
    ),
    on(
        "LimitExceededException",
        Rule(
            _("The rule has reached the maximum number of targets. {message}"),
            _("Remove a target of the rule, or create another rule."),
            operation="events:PutTargets",
        ),
    ),
    on(
        "ResourceNotFoundException",
        Rule(
            _("The event bus does not exist in this account and region. {message}"),
            _("Choose another event bus."),
            message="Event bus \\S+ does not exist",
        ),
        Rule(
            _("The rule does not exist: it was deleted. {message}"),
            _("Reload the triggers."),
            "function.refresh",
            message="Rule \\S+ does not exist",
        ),
        Rule(
            _("The permission is not in the event bus's policy: it was removed already. {message}"),
            _("Reload the triggers."),
            "function.refresh",
            message="Statement with the provided id",
            operation="events:",
        ),
        Rule(
            _("The rule, its target or the event bus does not exist in this account and region. {message}"),
            _("Reload the triggers."),
            "function.refresh",
            operation="events:",
        ),
        Rule(
            _("The schedule or its group does not exist: it was deleted. {message}"),
            _("Reload the triggers."),
            "function.refresh",
            operation="scheduler:",
        ),
    ),
)
_STREAMS: Rows = (
    on(
        "ResourceNotFoundException",
        Rule(
            _("The table does not exist in this account and region. {message}"),
            _("Choose another table, and check the region."),
            message="Table: ",
        ),
        Rule(
            _("The stream does not exist in this account and region. {message}"),
            _("Check the stream's ARN. A table gets a new stream ARN each time its stream is turned on."),
            message="Stream: |^ ?Stream ",
        ),
        Rule(
            _("The table does not exist in this account and region. {message}"),
            _("Choose another table, and check the region."),
            operation="dynamodb:",
        ),
        Rule(
            _("The stream or its consumer does not exist in this account and region. {message}"),
            _("Choose another stream, and check the region."),
            operation="kinesis: dynamodbstreams:",
        ),
    ),
    on(
        "ValidationException",
        Rule(
            _("The table has a stream already: it was turned on in the meantime. {message}"),
            _("Reload the triggers. What the stream shows can be changed after it was turned off."),
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
            _("The log group and the function belong to different accounts (LOG-ACCOUNT). {message}"),
            _("Choose a function in the log group's account, or send the logs through a stream."),
            message="Cross-account lambda invocation",
        ),
    ),
    on(
        "InvalidParameterException ValidationException",
        Rule(
            _("CloudWatch Logs cannot invoke the function. {message}"),
            _("Add the permission to the function's policy. If it was added recently, try again."),
            message="Could not execute the lambda function",
        ),
        Rule(
            _("The list of log events cannot be continued from there. {message}"),
            _("Read the logs again from their beginning."),
            message="nextToken is invalid",
        ),
        Rule(
            _("The log events are not in the order of their times. {message}"),
            _("Send them in the order of their times."),
            message="chronological order",
        ),
        Rule(
            _("A subscription that sends logs to a stream needs a role. {message}"),
            _("Choose a role that CloudWatch Logs may assume."),
            message="cannot be used without roleArn",
        ),
        Rule(
            _("The log group is named in two ways that exclude each other. {message}"),
            _("Give either the log group's name or its ARN or pattern."),
            message="mutually exclusive parameters",
        ),
        Rule(
            _("The filter pattern is not valid. {message}"),
            _("Correct the filter pattern, and test it with a sample of the log."),
            message=r"filter ?pattern|character\(s\) in term",
            operation="logs:",
        ),
    ),
    on(
        "InvalidOperationException",
        Rule(
            _("The log group's class does not offer this. {message}"),
            _(
                "Use Logs Insights for an infrequent-access log group, or move the function to a "
                "standard one."
            ),
            operation="logs:",
        ),
    ),
    on(
        "LimitExceededException",
        Rule(
            _("The log group has reached the maximum number of subscription filters (LOG-LIMIT). {message}"),
            _("Remove one of them first."),
            operation="logs:PutSubscriptionFilter",
        ),
    ),
    on(
        "ResourceNotFoundException",
        Rule(
            _(
                "The log group does not exist. Either the function has not written logs yet, or the "
                "group was deleted."
            ),
            _("Invoke the function, then try again."),
            message="log group",
        ),
        Rule(
            _("The log stream does not exist: it was deleted, or its events have expired. {message}"),
            _("Reload the logs."),
            message="log stream",
        ),
        Rule(
            _("The log group has no such subscription filter: it was removed already. {message}"),
            _("Reload the triggers."),
            "function.refresh",
            message="subscription filter",
        ),
        Rule(
            _("It does not exist in CloudWatch Logs in this account and region. {message}"),
            _("Reload the logs."),
            operation="logs:",
        ),
    ),
)
_MAPPINGS: Rows = (
    on(
        "InvalidParameterValueException",
        Rule(_REGION, _MOVE, message="must match Lambda region"),
        Rule(
            _("A message would be delivered again while it is still being processed (SQS-VIS-LT). {message}"),
            _(
                "Increase the queue's visibility timeout to at least the function's timeout. AWS "
                "recommends six times that value."
            ),
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
_SECRETS: Rows = (
    on(
        "ValidationException",
        Rule(
            _("The secret's name is not valid. {message}"),
            _("Enter the ARN or the name of a secret in Secrets Manager."),
            operation="secretsmanager:",
        ),
    ),
)
_ROLES: Rows = (
    on(
        "MalformedPolicyDocument MalformedPolicyDocumentException",
        Rule(
            _("The policy of the role is not valid. {message}"),
            _("Correct the policy: it must be JSON with the actions, resources and principals that exist."),
        ),
    ),
    on(
        "DeleteConflict",
        Rule(
            _("The role is still in use, or still has policies. {message}"),
            _("Remove what still uses it, and its policies, then delete it."),
        ),
    ),
    on(
        "NoSuchEntity",
        Rule(
            _("The policy does not exist, or cannot be attached. {message}"),
            _("Choose another policy."),
            message="Policy",
        ),
        Rule(
            _("The role does not exist in this account. {message}"), _("Choose another role."), message="role"
        ),
        Rule(_("It does not exist in IAM. {message}"), _("Choose another role or policy."), operation="iam:"),
    ),
    on(
        "EntityAlreadyExists",
        Rule(
            _("A role or policy of this name already exists. {message}"),
            _("Choose another name, or use the existing one."),
            operation="iam:",
        ),
    ),
    on(
        "ValidationError",
        Rule(
            _("CloudWatch could not read the request for metrics. {message}"),
            _("Choose another statistic or another range of time."),
            operation="cloudwatch:GetMetricData",
        ),
        Rule(
            _("The ARN of the role or policy is not valid. {message}"),
            _("Use the whole ARN, such as arn:aws:iam::aws:policy/ReadOnlyAccess."),
            message="Invalid ARN|ARN .* is not valid",
            operation="iam:",
        ),
    ),
)

SOURCES: tuple[Rows, ...] = (_BUCKETS, _TOPICS, _QUEUES, _BUSES, _STREAMS, _LOGS, _MAPPINGS, _SECRETS, _ROLES)


_UPLOAD_AGAIN = _("Upload the file again.")
_READS = "s3:GetObject s3:HeadObject"
_CUSTOMER_KEY = Rule(
    _("The object is encrypted with a key of a customer's own, which Workbench does not have. {message}"),
    _("Store the object again, encrypted with an S3 or KMS key."),
    message="customer provided keys|stored using a form of server side encryption",
    operation=_READS,
)

STORAGE: Rows = (
    on(
        "NoSuchBucket 404",
        Rule(
            _("The bucket does not exist. {message}"),
            _("Choose another bucket, and check the region."),
            operation="s3:HeadBucket s3:CreateBucket",
        ),
    ),
    on(
        "NoSuchBucket",
        Rule(_("The bucket does not exist. {message}"), _("Choose another bucket, and check the region.")),
    ),
    on(
        "NoSuchKey NoSuchVersion 404",
        Rule(
            _("The object does not exist in the bucket. {message}"),
            _("Check the object's key, or upload it again."),
        ),
    ),
    on(
        "NoSuchUpload",
        Rule(_("The upload no longer exists: it was completed or aborted. {message}"), _UPLOAD_AGAIN),
    ),
    on(
        "400",
        Rule(
            # The answer to HEAD has no body: S3 gives only its status.
            _(
                "S3 did not accept the request for the object: the version's ID is not valid, or the object "
                "is encrypted with a key of a customer's own. {message}"
            ),
            _("Check the object's version and its encryption in S3."),
            operation=_READS,
        ),
    ),
    on(
        "304",
        Rule(
            _("The object has not changed since it was last read, so S3 did not send it. {message}"),
            _("Try again. If the error persists, check the proxy settings."),
            operation=_READS,
        ),
    ),
    on(
        "InvalidObjectState",
        Rule(
            _("The object is archived, so S3 cannot send it now. {message}"),
            _("Restore the object in S3, wait until it is available, then try again."),
        ),
    ),
    on(
        "InvalidRange 416",
        Rule(
            _("The object is shorter than the part asked for: it was replaced while it was read. {message}"),
            _("Start the download again."),
            operation=_READS,
        ),
    ),
    on(
        "InvalidEncryptionAlgorithmError",
        Rule(
            _("S3 does not know the way in which the object is to be encrypted. {message}"),
            _("Encrypt the object with an S3 or KMS key."),
        ),
    ),
    on(
        "BadDigest InvalidDigest XAmzContentSHA256Mismatch",
        Rule(_("The file was damaged on its way to the bucket. {message}"), _UPLOAD_AGAIN),
    ),
    on(
        "InvalidPart InvalidPartOrder EntityTooSmall",
        Rule(_("The upload's parts do not fit together. {message}"), _UPLOAD_AGAIN),
    ),
    on(
        "PreconditionFailed 412",
        Rule(
            _("The object was replaced while it was read. {message}"),
            _("Start again with the object as it is now."),
            operation=_READS,
        ),
        Rule(
            _("The object was changed in the meantime. Your change was not applied. {message}"),
            _("Check the object, then try again."),
        ),
    ),
    on(
        "ConditionalRequestConflict OperationAborted OperationAbortedException",
        Rule(
            _("Another change of the bucket or the object is in progress. {message}"),
            _("Wait a moment, then try again."),
        ),
    ),
    on(
        "BucketAlreadyOwnedByYou",
        Rule(_("You already own a bucket of this name. {message}"), _("Use it, or choose another name.")),
    ),
    on(
        "BucketAlreadyExists",
        Rule(
            _("Another account owns a bucket of this name: bucket names are unique across AWS. {message}"),
            _("Choose another name for the bucket."),
        ),
    ),
    on(
        "BucketNotEmpty",
        Rule(
            _("The bucket still holds objects or their versions. {message}"),
            _("Delete the objects and all their versions first."),
        ),
    ),
    on(
        "InvalidBucketName",
        Rule(
            _("The bucket's name is not valid. {message}"),
            _("Use 3 to 63 small letters, digits, hyphens and periods."),
        ),
    ),
    on(
        "IllegalLocationConstraintException InvalidLocationConstraint PermanentRedirect "
        "AuthorizationHeaderMalformed",
        Rule(
            _("The bucket is in another region than the request. {message}"),
            _("Switch to the bucket's region."),
            "profile.choose_region",
        ),
    ),
    on(
        "TooManyBuckets",
        Rule(
            _("The account has reached its quota of buckets. {message}"),
            _("Delete unused buckets, or request a quota increase."),
        ),
    ),
    on(
        "InvalidTag",
        Rule(
            _("A tag of the bucket or the object is not valid. {message}"),
            _("Correct the tag: keys are unique, have 1 to 128 characters, and do not begin with “aws:”."),
        ),
    ),
    on(
        "MalformedXML",
        Rule(
            _("S3 did not accept the settings of the bucket or the object. {message}"),
            _("Correct the settings: a required field is missing, or a value is none that S3 knows."),
        ),
    ),
    on(
        "InvalidStorageClass",
        Rule(_("The object's storage class is not valid. {message}"), _("Choose another storage class.")),
    ),
    on(
        "MethodNotAllowed 405",
        Rule(
            _("The object was deleted: its newest version is a delete marker. {message}"),
            _("Choose an earlier version of the object, or upload it again."),
        ),
    ),
    on(
        "NotImplemented",
        Rule(
            _("S3 does not offer this for the bucket. {message}"),
            _("Use a general purpose bucket, and leave out what AWS names."),
        ),
    ),
    on(
        "AccessDenied",
        _CUSTOMER_KEY,
        Rule(
            _("Object Lock protects the object. {message}"),
            _("Wait until its retention ends, or ask an administrator of the account to bypass it."),
            message="object lock",
        ),
        Rule(
            _("Something on the way changed the request: it has headers that were not signed. {message}"),
            _("Check the proxy, then try again."),
            message="headers present in the request which were not signed",
        ),
    ),
    on(
        "InvalidRequest",
        _CUSTOMER_KEY,
        Rule(
            _("The bucket does not take an upload without a checksum, because Object Lock is on. {message}"),
            _("Choose another bucket."),
            message="Content-MD5",
            operation="s3:",
        ),
        Rule(
            _("The object's checksum was refused. {message}"),
            _UPLOAD_AGAIN,
            message="checksum",
            operation="s3:",
        ),
        Rule(
            _("The object cannot be copied in this way. {message}"),
            _("Choose another source, or another name for the copy."),
            message="copy|source",
            operation="s3:CopyObject s3:UploadPartCopy",
        ),
        Rule(
            _("The upload's parts do not fit together. {message}"),
            _UPLOAD_AGAIN,
            operation="s3:CompleteMultipartUpload s3:UploadPart s3:CreateMultipartUpload",
        ),
        Rule(
            _("The bucket's lifecycle rules are not valid. {message}"),
            _("Correct the bucket's lifecycle rules."),
            operation="s3:PutBucketLifecycleConfiguration",
        ),
        Rule(
            _("S3 cannot do this with the bucket or the object. {message}"),
            _("Check the bucket's settings, then try again."),
            operation="s3:",
        ),
    ),
    on(
        "InvalidArgument",
        Rule(
            _("The ID of the object's version is not valid. {message}"),
            _("Choose a version that the bucket lists for the object."),
            message="version id",
            operation=_READS,
        ),
        Rule(
            _("The source of the copy is not valid. {message}"),
            _("Choose another object or another part of it."),
            operation="s3:CopyObject s3:UploadPartCopy",
        ),
        Rule(
            _("The bucket's encryption settings contradict each other. {message}"),
            _("Choose encryption with a KMS key, or leave out the key."),
            operation="s3:PutBucketEncryption",
        ),
        Rule(
            _("The bucket's lifecycle rules are not valid. {message}"),
            _("Correct the bucket's lifecycle rules."),
            operation="s3:PutBucketLifecycleConfiguration",
        ),
        Rule(
            _("The bucket's settings are not valid. {message}"),
            _("Correct the bucket's settings."),
            operation="s3:CreateBucket",
        ),
        Rule(
            _("The region does not exist, or is not enabled. {message}"),
            _("Choose another region."),
            "profile.choose_region",
            message="not a valid AWS Region",
            operation="s3:",
        ),
        Rule(
            _("The list of the bucket cannot be continued from there. {message}"),
            _("Read the list again from its beginning."),
            operation="s3:ListBuckets s3:ListMultipartUploads s3:ListObjectVersions "
            "s3:ListObjectsV2 s3:ListParts",
        ),
        Rule(
            _("The object's version, or a setting of its deletion, is not valid. {message}"),
            _("Read the object's versions again."),
            operation="s3:DeleteObject",
        ),
        Rule(
            _("The object's settings are not valid. {message}"),
            _("Correct the object's tags, retention or encryption."),
            operation="s3:PutObject s3:UploadPart s3:PutObjectTagging s3:CreateMultipartUpload",
        ),
    ),
)


_RELOAD_TRIGGERS = "function.refresh"

APIS: Rows = (
    on(
        "NotFoundException",
        Rule(
            _("The API's method does not exist: it was deleted. {message}"),
            _("Reload the triggers."),
            _RELOAD_TRIGGERS,
            message="Method",
            operation="apigateway:",
        ),
        Rule(
            _("The path does not exist in the API: it was deleted. {message}"),
            _("Reload the triggers."),
            _RELOAD_TRIGGERS,
            message="Resource",
            operation="apigateway:",
        ),
        Rule(
            _("The API, or a part of it, does not exist in this account and region. {message}"),
            _("Reload the triggers, and check the region."),
            _RELOAD_TRIGGERS,
            operation="apigateway: apigatewayv2:",
        ),
    ),
    on(
        "BadRequestException",
        Rule(
            _("The API's stage cannot be changed, because its deployment does not exist. {message}"),
            _("Deploy the API again."),
            message="Deployment id does not exist",
        ),
        Rule(
            _("The function's URI in the API's integration is not valid. {message}"),
            _("Choose the function again, so that its ARN is complete."),
            message="ARN|HTTP endpoint|AWS_PROXY",
            operation="apigateway:PutIntegration",
        ),
        Rule(
            _("The integration of the API's method is not valid. {message}"),
            _("Choose an HTTP method and the function again."),
            operation="apigateway:PutIntegration apigatewayv2:CreateIntegration "
            "apigatewayv2:UpdateIntegration",
        ),
        Rule(
            _("The API's authorizer or request validator does not exist. {message}"),
            _("Choose an authorizer of this API, or another authorization type."),
            message="authorizer|Request Validator",
        ),
        Rule(
            _("The API's method is not valid. {message}"),
            _("Correct the method's HTTP method, parameters or models."),
            operation="apigateway:PutMethod apigateway:UpdateMethod",
        ),
        Rule(
            _("The settings of the API's stage are not valid. {message}"),
            _("Correct the stage's settings."),
            operation="apigateway:UpdateStage apigateway:CreateStage apigatewayv2:CreateStage "
            "apigatewayv2:UpdateStage apigateway:CreateDeployment",
        ),
        Rule(
            _("The route key is not valid. {message}"),
            _("Enter an HTTP method, a space and a path that begins with a slash, or $default."),
            message="route key",
            operation="apigatewayv2:",
        ),
        Rule(
            _("The API's settings are not valid. {message}"),
            _("Correct the API's settings: its description, endpoint type or compression."),
            operation="apigateway: apigatewayv2:",
        ),
    ),
    on(
        "ConflictException",
        Rule(
            _("Routes of the API still lead to the integration. {message}"),
            _("Delete those routes first, or keep the integration."),
            message="referenced by the following Routes",
            operation="apigatewayv2:DeleteIntegration",
        ),
        Rule(
            _("Another change of the API is in progress, or the name or path is taken. {message}"),
            _("Wait a moment, then try again. If it persists, choose another name or path."),
            operation="apigateway: apigatewayv2:",
        ),
    ),
    on(
        "SerializationException",
        Rule(
            _("A value of the request has a type that API Gateway does not read. {message}"),
            _("Correct the value's type."),
            operation="apigateway: apigatewayv2:",
        ),
    ),
)
