"""What Lambda answers about functions, versions, aliases and their settings, and what to do. Data only.

Source: AWS's recorded answers (tests/aws/recorded_refusals.json) and the exceptions of Lambda's service
model, botocore 1.44.
"""

from workbench.aws.error_table import Rows, Rule, on

_RELOAD = "function.refresh"
_LIST = "list.refresh"
_FUNCTION_GONE = Rule(
    "The function does not exist in this account and region. {message}", "Refresh the list.", _LIST
)
_PERMISSIONS = "lambda:AddPermission lambda:RemovePermission lambda:GetPolicy"
_URLS = (
    "lambda:GetFunctionUrlConfig lambda:UpdateFunctionUrlConfig lambda:DeleteFunctionUrlConfig "
    "lambda:ListFunctionUrlConfigs"
)
_MAPPINGS = (
    "lambda:GetEventSourceMapping lambda:UpdateEventSourceMapping lambda:DeleteEventSourceMapping "
    "lambda:CreateEventSourceMapping"
)
_PROVISIONED = (
    "lambda:PutProvisionedConcurrencyConfig lambda:GetProvisionedConcurrencyConfig "
    "lambda:DeleteProvisionedConcurrencyConfig"
)

_VALUES = (
    Rule(
        "The environment variables exceed 4 KB in total.",
        "Shorten them, or store values in Systems Manager or Secrets Manager.",
        message="environment variables.*(4 ?KB|4096)",
    ),
    Rule(
        "The version or alias in the function's name differs from the one that is given beside it. {message}",
        "Give the version or alias once.",
        message="derived qualifier from the function name",
    ),
    Rule(
        "The permission's principal does not exist. {message}",
        "Check the account, role or service that is permitted. A role that was created a moment ago can take "
        "some seconds to become available.",
        message="principal was invalid",
    ),
    Rule(
        "$LATEST cannot have separate permissions. {message}",
        "Add the permission to the function, or to a version or an alias.",
        message=r"adding policies for \$LATEST",
    ),
    Rule(
        "An alias that splits its traffic cannot point to $LATEST. {message}",
        "Publish a version and point the alias to it.",
        message=r"\$LATEST is not supported for an alias",
    ),
    Rule(
        "The alias already sends traffic to this version. {message}",
        "Choose another version for the second part of the traffic.",
        message="already included in routing configuration",
    ),
    Rule(
        "An alias can split its traffic between two versions only. {message}",
        "Choose one additional version.",
        message="AdditionalVersionWeights cannot be greater",
    ),
    Rule(
        "The additional version cannot share the alias's traffic. {message}",
        "Give both versions the same execution role and the same dead-letter queue, and publish them again.",
        message="additional version|routing config",
    ),
    Rule(
        "Provisioned concurrency needs a published version or an alias. {message}",
        "Publish a version, then choose it or an alias of it.",
        message="must be an alias or a published version|cannot be applied to unpublished",
    ),
    Rule(
        "Too little concurrency of the account would remain unreserved. {message}",
        "Reserve less, or request a higher concurrency quota.",
        message="UnreservedConcurrentExecution below",
    ),
    Rule(
        "Reserved concurrency holds for the whole function, not for a version or an alias. {message}",
        "Choose the function itself.",
        operation="lambda:PutFunctionConcurrency lambda:DeleteFunctionConcurrency",
        message="permitted on Lambda functions only",
    ),
    Rule(
        "$LATEST cannot be deleted without the function. {message}",
        "Delete the function, or choose a published version.",
        message=r"\$LATEST version cannot be deleted",
    ),
    Rule(
        "Tags belong to the function, not to a version or an alias. {message}",
        "Choose the function itself.",
        message="Tags on function aliases and versions",
    ),
    Rule(
        "AWS did not accept the tags and gives no cause. {message}",
        "Check the tags: a function has at most 50, and no key may begin with “aws:”.",
        message="request cannot be processed",
        operation="lambda:TagResource lambda:UntagResource",
    ),
    Rule(
        "The code was changed in the meantime: it is not the code that was to be published. {message}",
        "Reload the function, check its code, then publish again.",
        _RELOAD,
        message="is different from current CodeSHA256",
    ),
    Rule(
        "Lambda no longer supports this runtime. {message}",
        "Choose a newer runtime.",
        message="runtime parameter of .* is no longer supported|runtime .* no longer supported",
    ),
    Rule(
        "The bucket with the package does not exist. {message}",
        "Choose a bucket in the function's region, or upload the package again.",
        message="GetObject.*NoSuchBucket",
    ),
    Rule(
        "The package does not exist in the bucket. {message}",
        "Upload the package again.",
        message="GetObject.*(NoSuchKey|NoSuchVersion)",
    ),
    Rule(
        "Lambda could not read the package from S3. {message}",
        "Check the bucket's region, and that you may read the object (s3:GetObject).",
        message="while GetObject",
    ),
    Rule(
        "A security group does not exist in this region. {message}",
        "Choose security groups of the VPC of the subnets.",
        message="DescribeSecurityGroups",
    ),
    Rule(
        "A subnet does not exist in this region. {message}",
        "Choose subnets of this region.",
        message="DescribeSubnets",
    ),
    Rule(
        "The execution role does not have permission to create network interfaces in the VPC. {message}",
        "Attach the policy AWSLambdaVPCAccessExecutionRole to the execution role.",
        message="CreateNetworkInterface",
    ),
    Rule(
        "Lambda cannot assume the execution role (ROLE-TRUST). {message}",
        "Allow lambda.amazonaws.com to assume it. A new role can take a few seconds to become available.",
        operation=_MAPPINGS,
        message="cannot be assumed by Lambda",
    ),
    Rule(
        "The execution role lacks a permission that the source needs (ROLE-DENY). {message}",
        "Add the permission that AWS names to the execution role. A new permission can take some seconds to "
        "become available.",
        message="role does not have permissions to call|ensure the role can perform",
    ),
    Rule(
        "The filter of the trigger is not valid (ESM-FILTER). {message}",
        "Correct the filter, and test it with a sample event.",
        operation=_MAPPINGS,
        message="filter pattern",
    ),
    Rule(
        "A batch of more than 10 messages needs a batch window. {message}",
        "Set the batch window to at least 1 second, or the batch size to at most 10.",
        message="batch window.*must be greater than 0",
    ),
    Rule(
        "The stream does not exist in this account and region. {message}",
        "Check the stream's ARN. A DynamoDB table gets a new stream ARN each time its stream is turned on.",
        message="Stream not found",
    ),
    Rule(
        "The queue does not exist in this account and region. {message}",
        "Check the queue's ARN. A new queue can take a second to become available.",
        operation=_MAPPINGS,
        message="NonExistentQueue|queue does not exist|Error occurred while ReceiveMessage.*not exist",
    ),
    Rule(
        "This source cannot be read from that starting position. {message}",
        "Choose LATEST or TRIM_HORIZON.",
        message="Unsupported starting position",
    ),
    Rule(
        "The function does not exist in this account and region. {message}",
        "Refresh the list, and check the function's name.",
        _LIST,
        message="^ ?Function does not exist",
    ),
    Rule(
        "A durable function is invoked by $LATEST, a version or an alias, never by its name alone. {message}",
        "Choose $LATEST, a version or an alias.",
        message="durable function using an unqualified ARN",
    ),
    Rule(
        "The function separates its tenants, so each invocation needs a tenant ID. {message}",
        "Enter a tenant ID, then invoke again.",
        message="tenan",
        operation="lambda:Invoke lambda:InvokeWithResponseStream",
    ),
)

# Ids in brackets are those of the checks that find the same before AWS is asked.
FUNCTIONS: Rows = (
    on("InvalidParameterValueException", *_VALUES),
    on("ValidationException", _VALUES[1]),
    on(
        "ResourceConflictException",
        Rule(
            "The function already has a trigger for this source (ESM-DUP). {message}",
            "Open the existing trigger and change it, or delete it first.",
            message="event source (arn|mapping).*already exists",
        ),
        Rule(
            "The function's policy already has a statement with this ID. {message}",
            "Remove the existing statement, or use another ID.",
            operation="lambda:AddPermission",
            message="already exists",
        ),
        Rule(
            "An alias of this name already exists. {message}",
            "Choose another name, or change the existing alias.",
            message="Alias already exists",
        ),
        Rule(
            "A version and an alias that points to it cannot both have provisioned concurrency. {message}",
            "Remove the provisioned concurrency of the other one first.",
            operation=_PROVISIONED,
            message="Provisioned",
        ),
        Rule(
            "An update of the function is still in progress. {message}",
            "Wait for it to end, then try again.",
            _RELOAD,
            operation="lambda:",
            message="in progress|InProgress|pending|being (created|updated|deleted)",
        ),
    ),
    on(
        "ResourceInUseException",
        Rule(
            "The trigger is still being changed. {message}",
            "Wait until it is settled, then try again.",
            operation=_MAPPINGS,
        ),
    ),
    on(
        "PreconditionFailedException",
        Rule(
            "The function's policy was changed in the meantime. Your change was not applied.",
            "Reload the triggers, review the change, then decide.",
            _RELOAD,
            operation=_PERMISSIONS,
        ),
        Rule(
            "The alias was changed in the meantime. Your change was not applied.",
            "Reload the function, review the change, then decide.",
            _RELOAD,
            operation="lambda:UpdateAlias lambda:DeleteAlias",
        ),
        Rule(
            "The function was changed in the meantime. Your change was not applied.",
            "Review the change, then decide.",
            _RELOAD,
        ),
    ),
    on(
        "ResourceNotFoundException",
        Rule(
            "The function is in another region. {message}",
            "Switch to the region that the function's ARN names.",
            operation="lambda:",
            message="Functions from .* are not reachable in this region",
        ),
        Rule(
            "The function has no version or alias of this name. {message}",
            "Reload the function, then choose one of its versions or aliases.",
            _RELOAD,
            message=r"Cannot find alias|Alias not found"
            r"|Function not found: \S*:function:[^: ]+:(?!\$LATEST$)\S",
        ),
        Rule(
            _FUNCTION_GONE.why,
            _FUNCTION_GONE.remedy,
            _LIST,
            message="Function not found|Function does not exist",
        ),
        Rule(
            "The permission is not in the function's policy: it was removed already. {message}",
            "Reload the triggers.",
            _RELOAD,
            operation="lambda:",
            message="No policy|resource policy",
        ),
        Rule(
            "The function has no resource policy: nothing has permission to invoke it through one. {message}",
            "Add a trigger or a permission first.",
            operation="lambda:GetPolicy",
        ),
        Rule(
            "The function has no URL. {message}",
            "Create a function URL first, or reload the triggers.",
            _RELOAD,
            operation=_URLS,
        ),
        Rule(
            "The function has no settings for asynchronous invocation. {message}",
            "Set them first, or reload the function.",
            _RELOAD,
            message="have an EventInvokeConfig",
        ),
        Rule(
            "The event source mapping does not exist: the trigger was deleted. {message}",
            "Reload the triggers.",
            _RELOAD,
            message="Event source mapping not found",
        ),
        Rule(
            "The event source mapping does not exist: the trigger was deleted. {message}",
            "Reload the triggers.",
            _RELOAD,
            operation=_MAPPINGS,
        ),
        Rule(
            "The capacity provider does not exist in this account and region. {message}",
            "Choose an existing capacity provider.",
            message="Capacity provider not found",
        ),
        Rule(
            "The layer or its version does not exist, or is not shared with this account. {message}",
            "Choose another version of the layer.",
            operation="lambda:",
            message="layer",
        ),
        Rule(_FUNCTION_GONE.why, "Refresh the list.", _LIST, operation="lambda:CreateAlias"),
        Rule(
            "The function, or a part of it, does not exist in this account and region. {message}",
            "Reload the function.",
            _RELOAD,
            operation="lambda:",
        ),
    ),
    on(
        "CodeSigningConfigNotFoundException",
        Rule(
            "The code signing configuration does not exist. {message}",
            "Choose another code signing configuration.",
        ),
    ),
    on(
        "ProvisionedConcurrencyConfigNotFoundException",
        Rule(
            "The version or alias has no provisioned concurrency. {message}", "Reload the function.", _RELOAD
        ),
    ),
    on(
        "NoPublishedVersionException",
        Rule("The function has no published version. {message}", "Publish a version first."),
    ),
    on(
        "ModeNotSupportedException",
        Rule(
            "The function cannot be invoked in this way. {message}",
            "Choose another invocation type: synchronous or asynchronous.",
        ),
    ),
    on(
        "DurableExecutionAlreadyStartedException",
        Rule(
            "A durable execution of this name was started already. {message}",
            "Use another name, or check the existing execution.",
        ),
    ),
    on(
        "RuntimeVersionDeletedException RuntimeAliasDeletedException",
        Rule(
            "The runtime version that the function is set to is no longer available. {message}",
            "Set Runtime updates to Automatic, or choose another version, in the configuration.",
        ),
    ),
    on(
        "CallbackTimeoutException",
        Rule(
            "The callback has expired, or was completed already. {message}",
            "Start the durable execution again.",
        ),
    ),
    on(
        "PublicPolicyException",
        Rule(
            "The permission would let anyone invoke the function, and the account does not allow that. "
            "{message}",
            "Restrict the permission to an account, an organization or a source.",
        ),
    ),
    on(
        "CapacityProviderLimitExceededException",
        Rule(
            "The account has reached its quota of capacity providers. {message}",
            "Delete unused capacity providers, or request a quota increase.",
        ),
    ),
    on(
        "FunctionVersionsPerCapacityProviderLimitExceededException",
        Rule(
            "The capacity provider has reached its maximum number of function versions. {message}",
            "Delete old versions, or choose another capacity provider.",
        ),
    ),
    on(
        "CodeArtifactUserPendingException",
        Rule(
            "Lambda is still preparing the function's code. {message}",
            "Wait until the function is active, then try again.",
            _RELOAD,
        ),
    ),
    on(
        "CodeArtifactUserDeletedException CodeArtifactUserFailedException",
        Rule(
            "Lambda can no longer use the function's code. {message}",
            "Deploy the function's code again.",
        ),
    ),
)
