"""Lambda's errors about functions, versions, aliases and settings, and what to do. Data only.

Source: AWS's recorded answers (tests/aws/recorded_refusals.json) and the exceptions of Lambda's service
model, botocore 1.44.
"""

from workbench.aws.error_table import Rows, Rule, on
from workbench.core.messages import _

_RELOAD = "function.refresh"
_LIST = "list.refresh"
_FUNCTION_GONE = Rule(
    _("The function does not exist in this account and region. {message}"), _("Refresh the list."), _LIST
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
        _("The environment variables exceed 4 KB in total."),
        _("Shorten them, or store values in Systems Manager or Secrets Manager."),
        message="environment variables.*(4 ?KB|4096)",
    ),
    Rule(
        _(
            "The version or alias in the function's name differs from the one that is given "
            "beside it. {message}"
        ),
        _("Give the version or alias once."),
        message="derived qualifier from the function name",
    ),
    Rule(
        _("The permission's principal does not exist. {message}"),
        _(
            "Check the account, role or service that is permitted. A role that was created a "
            "moment ago can take "
            "some seconds to become available."
        ),
        message="principal was invalid",
    ),
    Rule(
        _("$LATEST cannot have separate permissions. {message}"),
        _("Add the permission to the function, or to a version or an alias."),
        message=r"adding policies for \$LATEST",
    ),
    Rule(
        _("An alias that splits its traffic cannot point to $LATEST. {message}"),
        _("Publish a version and point the alias to it."),
        message=r"\$LATEST is not supported for an alias",
    ),
    Rule(
        _("The alias already sends traffic to this version. {message}"),
        _("Choose another version for the second part of the traffic."),
        message="already included in routing configuration",
    ),
    Rule(
        _("An alias can split its traffic between two versions only. {message}"),
        _("Choose one additional version."),
        message="AdditionalVersionWeights cannot be greater",
    ),
    Rule(
        _("The additional version cannot share the alias's traffic. {message}"),
        _(
            "Give both versions the same execution role and the same dead-letter queue, and "
            "publish them again."
        ),
        message="additional version|routing config",
    ),
    Rule(
        _("Provisioned concurrency needs a published version or an alias. {message}"),
        _("Publish a version, then choose it or an alias of it."),
        message="must be an alias or a published version|cannot be applied to unpublished",
    ),
    Rule(
        _("Too little concurrency of the account would remain unreserved. {message}"),
        _("Reserve less, or request a higher concurrency quota."),
        message="UnreservedConcurrentExecution below",
    ),
    Rule(
        _("Reserved concurrency holds for the whole function, not for a version or an alias. {message}"),
        _("Choose the function itself."),
        operation="lambda:PutFunctionConcurrency lambda:DeleteFunctionConcurrency",
        message="permitted on Lambda functions only",
    ),
    Rule(
        _("$LATEST cannot be deleted without the function. {message}"),
        _("Delete the function, or choose a published version."),
        message=r"\$LATEST version cannot be deleted",
    ),
    Rule(
        _("Tags belong to the function, not to a version or an alias. {message}"),
        _("Choose the function itself."),
        message="Tags on function aliases and versions",
    ),
    Rule(
        _("AWS did not accept the tags and gives no cause. {message}"),
        _("Check the tags: a function has at most 50, and no key may begin with “aws:”."),
        message="request cannot be processed",
        operation="lambda:TagResource lambda:UntagResource",
    ),
    Rule(
        _("The code was changed in the meantime: it is not the code that was to be published. {message}"),
        _("Reload the function, check its code, then publish again."),
        _RELOAD,
        message="is different from current CodeSHA256",
    ),
    Rule(
        _("Lambda no longer supports this runtime. {message}"),
        _("Choose a newer runtime."),
        message="runtime parameter of .* is no longer supported|runtime .* no longer supported",
    ),
    Rule(
        _("The bucket with the package does not exist. {message}"),
        _("Choose a bucket in the function's region, or upload the package again."),
        message="GetObject.*NoSuchBucket",
    ),
    Rule(
        _("The package does not exist in the bucket. {message}"),
        _("Upload the package again."),
        message="GetObject.*(NoSuchKey|NoSuchVersion)",
    ),
    Rule(
        _("Lambda could not read the package from S3. {message}"),
        _("Check the bucket's region, and that you may read the object (s3:GetObject)."),
        message="while GetObject",
    ),
    Rule(
        _("A security group does not exist in this region. {message}"),
        _("Choose security groups of the VPC of the subnets."),
        message="DescribeSecurityGroups",
    ),
    Rule(
        _("A subnet does not exist in this region. {message}"),
        _("Choose subnets of this region."),
        message="DescribeSubnets",
    ),
    Rule(
        _("The execution role does not have permission to create network interfaces in the VPC. {message}"),
        _("Attach the policy AWSLambdaVPCAccessExecutionRole to the execution role."),
        message="CreateNetworkInterface",
    ),
    Rule(
        _("Lambda cannot assume the execution role (ROLE-TRUST). {message}"),
        _("Allow lambda.amazonaws.com to assume it. A new role can take a few seconds to become available."),
        operation=_MAPPINGS,
        message="cannot be assumed by Lambda",
    ),
    Rule(
        _("The execution role lacks a permission that the source needs (ROLE-DENY). {message}"),
        _(
            "Add the permission that AWS names to the execution role. A new permission can take "
            "some seconds to "
            "become available."
        ),
        message="role does not have permissions to call|ensure the role can perform",
    ),
    Rule(
        _("The filter of the trigger is not valid (ESM-FILTER). {message}"),
        _("Correct the filter, and test it with a sample event."),
        operation=_MAPPINGS,
        message="filter pattern",
    ),
    Rule(
        _("A batch of more than 10 messages needs a batch window. {message}"),
        _("Set the batch window to at least 1 second, or the batch size to at most 10."),
        message="batch window.*must be greater than 0",
    ),
    Rule(
        _("The stream does not exist in this account and region. {message}"),
        _(
            "Check the stream's ARN. A DynamoDB table gets a new stream ARN each time its stream "
            "is turned on."
        ),
        message="Stream not found",
    ),
    Rule(
        _("The queue does not exist in this account and region. {message}"),
        _("Check the queue's ARN. A new queue can take a second to become available."),
        operation=_MAPPINGS,
        message="NonExistentQueue|queue does not exist|Error occurred while ReceiveMessage.*not exist",
    ),
    Rule(
        _("This source cannot be read from that starting position. {message}"),
        _("Choose LATEST or TRIM_HORIZON."),
        message="Unsupported starting position",
    ),
    Rule(
        _("The function does not exist in this account and region. {message}"),
        _("Refresh the list, and check the function's name."),
        _LIST,
        message="^ ?Function does not exist",
    ),
    Rule(
        _(
            "A durable function is invoked by $LATEST, a version or an alias, never by its name "
            "alone. {message}"
        ),
        _("Choose $LATEST, a version or an alias."),
        message="durable function using an unqualified ARN",
    ),
    Rule(
        _("The function separates its tenants, so each invocation needs a tenant ID. {message}"),
        _("Enter a tenant ID, then invoke again."),
        message="tenan",
        operation="lambda:Invoke lambda:InvokeWithResponseStream",
    ),
)

# Ids in brackets are those of the checks that find the same before AWS is called.
FUNCTIONS: Rows = (
    on("InvalidParameterValueException", *_VALUES),
    on("ValidationException", _VALUES[1]),
    on(
        "ResourceConflictException",
        Rule(
            _("The function already has a trigger for this source (ESM-DUP). {message}"),
            _("Open the existing trigger and change it, or delete it first."),
            message="event source (arn|mapping).*already exists",
        ),
        Rule(
            _("The function's policy already has a statement with this ID. {message}"),
            _("Remove the existing statement, or use another ID."),
            operation="lambda:AddPermission",
            message="already exists",
        ),
        Rule(
            _("An alias of this name already exists. {message}"),
            _("Choose another name, or change the existing alias."),
            message="Alias already exists",
        ),
        Rule(
            _("A version and an alias that points to it cannot both have provisioned concurrency. {message}"),
            _("Remove the provisioned concurrency of the other one first."),
            operation=_PROVISIONED,
            message="Provisioned",
        ),
        Rule(
            _("An update of the function is still in progress. {message}"),
            _("Wait for it to end, then try again."),
            _RELOAD,
            operation="lambda:",
            message="in progress|InProgress|pending|being (created|updated|deleted)",
        ),
    ),
    on(
        "ResourceInUseException",
        Rule(
            _("The trigger is still being changed. {message}"),
            _("Wait until it is settled, then try again."),
            operation=_MAPPINGS,
        ),
    ),
    on(
        "PreconditionFailedException",
        Rule(
            _("The function's policy was changed in the meantime. Your change was not applied."),
            _("Reload the triggers, review the change, then decide."),
            _RELOAD,
            operation=_PERMISSIONS,
        ),
        Rule(
            _("The alias was changed in the meantime. Your change was not applied."),
            _("Reload the function, review the change, then decide."),
            _RELOAD,
            operation="lambda:UpdateAlias lambda:DeleteAlias",
        ),
        Rule(
            _("The function was changed in the meantime. Your change was not applied."),
            _("Review the change, then decide."),
            _RELOAD,
        ),
    ),
    on(
        "ResourceNotFoundException",
        Rule(
            _("The function is in another region. {message}"),
            _("Switch to the region that the function's ARN names."),
            operation="lambda:",
            message="Functions from .* are not reachable in this region",
        ),
        Rule(
            _("The function has no version or alias of this name. {message}"),
            _("Reload the function, then choose one of its versions or aliases."),
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
            _("The permission is not in the function's policy: it was removed already. {message}"),
            _("Reload the triggers."),
            _RELOAD,
            operation="lambda:",
            message="No policy|resource policy",
        ),
        Rule(
            _(
                "The function has no resource policy: nothing has permission to invoke it through "
                "one. {message}"
            ),
            _("Add a trigger or a permission first."),
            operation="lambda:GetPolicy",
        ),
        Rule(
            _("The function has no URL. {message}"),
            _("Create a function URL first, or reload the triggers."),
            _RELOAD,
            operation=_URLS,
        ),
        Rule(
            _("The function has no settings for asynchronous invocation. {message}"),
            _("Set them first, or reload the function."),
            _RELOAD,
            message="have an EventInvokeConfig",
        ),
        Rule(
            _("The event source mapping does not exist: the trigger was deleted. {message}"),
            _("Reload the triggers."),
            _RELOAD,
            message="Event source mapping not found",
        ),
        Rule(
            _("The event source mapping does not exist: the trigger was deleted. {message}"),
            _("Reload the triggers."),
            _RELOAD,
            operation=_MAPPINGS,
        ),
        Rule(
            _("The capacity provider does not exist in this account and region. {message}"),
            _("Choose an existing capacity provider."),
            message="Capacity provider not found",
        ),
        Rule(
            _("The layer or its version does not exist, or is not shared with this account. {message}"),
            _("Choose another version of the layer."),
            operation="lambda:",
            message="layer",
        ),
        Rule(_FUNCTION_GONE.why, _("Refresh the list."), _LIST, operation="lambda:CreateAlias"),
        Rule(
            _("The function, or a part of it, does not exist in this account and region. {message}"),
            _("Reload the function."),
            _RELOAD,
            operation="lambda:",
        ),
    ),
    on(
        "CodeSigningConfigNotFoundException",
        Rule(
            _("The code signing configuration does not exist. {message}"),
            _("Choose another code signing configuration."),
        ),
    ),
    on(
        "ProvisionedConcurrencyConfigNotFoundException",
        Rule(
            _("The version or alias has no provisioned concurrency. {message}"),
            _("Reload the function."),
            _RELOAD,
        ),
    ),
    on(
        "NoPublishedVersionException",
        Rule(_("The function has no published version. {message}"), _("Publish a version first.")),
    ),
    on(
        "ModeNotSupportedException",
        Rule(
            _("The function cannot be invoked in this way. {message}"),
            _("Choose another invocation type: synchronous or asynchronous."),
        ),
    ),
    on(
        "DurableExecutionAlreadyStartedException",
        Rule(
            _("A durable execution of this name was started already. {message}"),
            _("Use another name, or check the existing execution."),
        ),
    ),
    on(
        "RuntimeVersionDeletedException RuntimeAliasDeletedException",
        Rule(
            _("The runtime version that the function is set to is no longer available. {message}"),
            _("Set Runtime updates to Automatic, or choose another version, in the configuration."),
        ),
    ),
    on(
        "CallbackTimeoutException",
        Rule(
            _("The callback has expired, or was completed already. {message}"),
            _("Start the durable execution again."),
        ),
    ),
    on(
        "PublicPolicyException",
        Rule(
            _(
                "The permission would let anyone invoke the function, and the account does not allow that. "
                "{message}"
            ),
            _("Restrict the permission to an account, an organization or a source."),
        ),
    ),
    on(
        "CapacityProviderLimitExceededException",
        Rule(
            _("The account has reached its quota of capacity providers. {message}"),
            _("Delete unused capacity providers, or request a quota increase."),
        ),
    ),
    on(
        "FunctionVersionsPerCapacityProviderLimitExceededException",
        Rule(
            _("The capacity provider has reached its maximum number of function versions. {message}"),
            _("Delete old versions, or choose another capacity provider."),
        ),
    ),
    on(
        "CodeArtifactUserPendingException",
        Rule(
            _("Lambda is still preparing the function's code. {message}"),
            _("Wait until the function is active, then try again."),
            _RELOAD,
        ),
    ),
    on(
        "CodeArtifactUserDeletedException CodeArtifactUserFailedException",
        Rule(
            _("Lambda can no longer use the function's code. {message}"),
            _("Deploy the function's code again."),
        ),
    ),
)
