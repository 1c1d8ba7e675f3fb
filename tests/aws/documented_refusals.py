"""Refusals of AWS that were not recorded, and what the user must read of them.

Codes and texts are those of botocore's service models, of AWS's documentation and of public issues; see the
tables of workbench/aws. Rows: operation, code, message, beginning of the cause.
"""

_NO_ROLE = "The role with name hello cannot be found."
_TENANT = (
    "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and "
    "try again."
)

DOCUMENTED = (
    (
        "lambda:Invoke",
        "RuntimeVersionDeletedException",
        "The runtime version used by your function is no longer available.",
        "The runtime version that the function is set to is no longer available.",
    ),
    (
        "lambda:Invoke",
        "InvalidParameterValueException",
        "You cannot invoke a durable function using an unqualified ARN.",
        "A durable function is invoked by $LATEST, a version or an alias, never by its name alone.",
    ),
    (
        "lambda:Invoke",
        "InvalidParameterValueException",
        _TENANT,
        "The function separates its tenants, so each invocation needs a tenant ID.",
    ),
    (
        "lambda:Invoke",
        "ModeNotSupportedException",
        "The function is asynchronous-only.",
        "The function cannot be invoked in this way.",
    ),
    (
        "lambda:Invoke",
        "NoPublishedVersionException",
        "The function has no published versions available.",
        "The function has no published version.",
    ),
    (
        "lambda:Invoke",
        "DurableExecutionAlreadyStartedException",
        "The durable execution with the specified name has already been started.",
        "A durable execution of this name was started already.",
    ),
    (
        "lambda:SendDurableExecutionCallbackSuccess",
        "CallbackTimeoutException",
        "The callback ID token has either expired or the callback has already been closed.",
        "The callback has expired, or was completed already.",
    ),
    (
        "lambda:AddPermission",
        "PublicPolicyException",
        "Lambda was unable to add the policy because it would grant public access.",
        "The permission would let anyone invoke the function",
    ),
    (
        "lambda:CreateCapacityProvider",
        "CapacityProviderLimitExceededException",
        "The maximum number of capacity providers for your account has been exceeded.",
        "The account has reached its quota of capacity providers.",
    ),
    (
        "lambda:PublishVersion",
        "FunctionVersionsPerCapacityProviderLimitExceededException",
        "The maximum number of function versions has been exceeded.",
        "The capacity provider has reached its maximum number of function versions.",
    ),
    (
        "lambda:Invoke",
        "CodeArtifactUserPendingException",
        "The code artifact user is still being provisioned.",
        "Lambda is still preparing the function's code.",
    ),
    (
        "lambda:Invoke",
        "CodeArtifactUserDeletedException",
        "The code artifact user has been deleted.",
        "Lambda can no longer use the function's code.",
    ),
    (
        "lambda:Invoke",
        "CodeArtifactUserFailedException",
        "Provisioning of the code artifact user failed.",
        "Lambda can no longer use the function's code.",
    ),
    (
        "lambda:UpdateAlias",
        "InvalidParameterValueException",
        "The additional version must have the same execution role.",
        "The additional version cannot share the alias's traffic.",
    ),
    (
        "lambda:UpdateFunctionCode",
        "InvalidParameterValueException",
        "Error occurred while GetObject. S3 Error Code: PermanentRedirect.",
        "Lambda could not read the package from S3.",
    ),
    (
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
        "The execution role does not have permission to create network interfaces in the VPC.",
    ),
    (
        "lambda:CreateEventSourceMapping",
        "InvalidParameterValueException",
        "The provided execution role does not have permissions to call ReceiveMessage on SQS",
        "The execution role lacks a permission that the source needs (ROLE-DENY).",
    ),
    (
        "lambda:CreateEventSourceMapping",
        "InvalidParameterValueException",
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue.",
        "The queue does not exist in this account and region.",
    ),
    (
        "lambda:CreateEventSourceMapping",
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
        "Lambda cannot assume the execution role (ROLE-TRUST).",
    ),
    (
        "lambda:CreateEventSourceMapping",
        "InvalidParameterValueException",
        "Function does not exist",
        "The function does not exist in this account and region.",
    ),
    (
        "lambda:DeleteEventSourceMapping",
        "ResourceInUseException",
        "Cannot delete the event source mapping because it is in use.",
        "The trigger is still being changed.",
    ),
    (
        "lambda:DeleteEventSourceMapping",
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        "The event source mapping does not exist: the trigger was deleted.",
    ),
    (
        "lambda:GetLayerVersion",
        "ResourceNotFoundException",
        "The layer version does not exist.",
        "The layer or its version does not exist, or is not shared with this account.",
    ),
    (
        "lambda:GetFunctionRecursionConfig",
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        "The function, or a part of it, does not exist",
    ),
    (
        "lambda:GetProvisionedConcurrencyConfig",
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
        "The version or alias has no provisioned concurrency.",
    ),
    (
        "sns:Subscribe",
        "InvalidParameter",
        "Invalid parameter: RedrivePolicy: deadLetterTargetArn is an invalid arn",
        "The dead-letter queue of the subscription is not valid.",
    ),
    (
        "sns:SetTopicAttributes",
        "InvalidParameter",
        "Invalid parameter: Policy statement action out of service scope!",
        "The topic's policy is not valid.",
    ),
    (
        "sns:SetTopicAttributes",
        "InvalidParameter",
        "Invalid parameter: AttributeName",
        "The settings of the topic or the subscription are not valid.",
    ),
    (
        "sqs:CreateQueue",
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
        "A queue of this name was deleted less than a minute ago.",
    ),
    (
        "sqs:SetQueueAttributes",
        "InvalidAttributeValue",
        "Invalid value for the parameter VisibilityTimeout.",
        "An attribute of the queue has a value that SQS does not accept.",
    ),
    (
        "sqs:SendMessage",
        "InvalidMessageContents",
        "The message contains characters outside the allowed set.",
        "The message has a character or a field that the queue does not accept.",
    ),
    (
        "sqs:SetQueueAttributes",
        "InvalidParameterValue",
        "Value of Policy is invalid.",
        "The queue's settings or policy are not valid.",
    ),
    (
        "scheduler:CreateSchedule",
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        "The schedule's role does not let EventBridge Scheduler use it.",
    ),
    (
        "scheduler:CreateSchedule",
        "ConflictException",
        "Schedule nightly already exists.",
        "A schedule of this name already exists.",
    ),
    (
        "scheduler:GetSchedule",
        "ResourceNotFoundException",
        "Schedule nightly does not exist.",
        "The schedule or its group does not exist: it was deleted.",
    ),
    (
        "events:PutRule",
        "ManagedRuleException",
        "Rule is managed by schemas.amazonaws.com",
        "An AWS service manages this rule.",
    ),
    (
        "events:RemovePermission",
        "ResourceNotFoundException",
        "Statement with the provided id does not exist.",
        "The permission is not in the event bus's policy: it was removed already.",
    ),
    (
        "events:RemoveTargets",
        "ResourceNotFoundException",
        "Target does not exist.",
        "The rule, its target or the event bus does not exist",
    ),
    (
        "kinesis:DescribeStreamConsumer",
        "ResourceNotFoundException",
        "Consumer hello was not found.",
        "The stream or its consumer does not exist",
    ),
    (
        "dynamodb:DescribeTable",
        "ResourceNotFoundException",
        "Requested resource not found",
        "The table does not exist in this account and region.",
    ),
    (
        "logs:GetQueryResults",
        "ResourceNotFoundException",
        "The specified query does not exist.",
        "It does not exist in CloudWatch Logs",
    ),
    (
        "logs:FilterLogEvents",
        "InvalidOperationException",
        "The operation is not supported for the log class.",
        "The log group's class does not offer this.",
    ),
    (
        "iam:DeleteRole",
        "DeleteConflict",
        "Cannot delete entity, must detach all policies first.",
        "The role is still in use, or still has policies.",
    ),
    ("iam:GetRole", "NoSuchEntity", _NO_ROLE, "The role does not exist in this account."),
    ("iam:GetUser", "NoSuchEntity", "It cannot be found.", "It does not exist in IAM."),
    (
        "iam:CreateRole",
        "EntityAlreadyExists",
        "Role with name hello already exists.",
        "A role or policy of this name already exists.",
    ),
    (
        "apigateway:PutMethod",
        "ConflictException",
        "Method already exists for this resource",
        "Another change of the API is in progress, or the name or path is taken.",
    ),
    (
        "s3:CreateBucket",
        "BucketAlreadyExists",
        "The requested bucket name is not available.",
        "Another account owns a bucket of this name",
    ),
    (
        "s3:CreateBucket",
        "InvalidBucketName",
        "The specified bucket is not valid.",
        "The bucket's name is not valid.",
    ),
    (
        "s3:CreateBucket",
        "TooManyBuckets",
        "You have attempted to create more buckets than allowed.",
        "The account has reached its quota of buckets.",
    ),
    (
        "s3:PutObject",
        "InvalidRequest",
        "Content-MD5 OR x-amz-checksum- HTTP header is required for requests with Object Lock parameters",
        "The bucket does not take an upload without a checksum",
    ),
    (
        "s3:GetObject",
        "InvalidRequest",
        "Requests specifying Server Side Encryption are refused.",
        "S3 cannot do this with the bucket or the object.",
    ),
    (
        "kinesis:DeleteStream",
        "ResourceInUseException",
        "Stream hello is being created.",
        "Another change of it is still in progress.",
    ),
    (
        "cognito-idp:DescribeUserPool",
        "ResourceNotFoundException",
        "User pool eu-1 does not exist.",
        "It does not exist in this account and region.",
    ),
    (
        "apigatewayv2:CreateRoute",
        "BadRequestException",
        'The provided route key is not formatted properly. Format should be "<HTTP METHOD> /<RESOURCE PATH>"',
        "The route key is not valid.",
    ),
    (
        "apigatewayv2:DeleteIntegration",
        "ConflictException",
        "Cannot delete Integration because it is referenced by the following Routes with Ids: [xrfucl1]",
        "Routes of the API still lead to the integration.",
    ),
    (
        "dynamodb:UpdateTable",
        "ValidationException",
        "Table already has an enabled stream: TableName: table",
        "The table has a stream already: it was turned on in the meantime.",
    ),
    (
        "logs:FilterLogEvents",
        "InvalidParameterException",
        "Invalid character(s) in term '@'",
        "The filter pattern of the log group is not valid.",
    ),
    (
        "cloudwatch:GetMetricData",
        "InvalidParameterCombination",
        "You have requested up to 1441 datapoints, which exceeds the limit of 1440.",
        "Two values of the request exclude each other, or are too large together.",
    ),
    (
        "cloudwatch:GetMetricData",
        "ValidationError",
        "The value Min for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.",
        "CloudWatch could not read the request for metrics.",
    ),
)
