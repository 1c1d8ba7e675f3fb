"""The table of AWS's answers that are errors: what each means and what a person can do. Data only.

Texts are templates, filled in by errors.py: `{message}` is AWS's own text, `{denied}` and `{resource}` are
what a permission error names, `{retry_after}` is when to try again, `{skew}` how wrong this clock is.
Source: the exceptions of Lambda's service model and the common errors of the AWS APIs, botocore 1.43.
"""

from collections.abc import Mapping

from workbench.aws.error_rule import Rows, Rule, by_name, on
from workbench.aws.source_errors import SOURCES

_THROTTLED = (
    Rule(
        "All concurrency of the account in this region is in use.",
        "Wait for other invocations to end, or ask AWS for more concurrency. Try again {retry_after}.",
        message="^ConcurrentInvocationLimitExceeded",
    ),
    Rule(
        "The function runs as often at once as its reserved concurrency allows.",
        "Raise the function's reserved concurrency, or try again {retry_after}.",
        message="^ReservedFunctionConcurrentInvocationLimitExceeded",
    ),
    Rule(
        "The function is invoked more often in a second than its reserved concurrency allows.",
        "Raise the function's reserved concurrency, or try again {retry_after}.",
        message="^ReservedFunctionInvocationRateLimitExceeded",
    ),
    Rule(
        "Functions are invoked more often in a second than this account may.",
        "Try again {retry_after}.",
        message="^FunctionInvocationRateLimitExceeded",
    ),
    Rule("AWS receives more requests than this account may make. {message}", "Try again {retry_after}."),
)
_SERVICE_FAULT = (
    Rule("AWS had a fault of its own. {message}", "Try again; if it lasts, look at AWS's health page."),
)
_TOO_LARGE = (
    Rule("The request is larger than AWS takes. {message}", "Make it smaller, or send it through S3."),
)
_CLOCK = Rule(
    "AWS takes the request for too old or too new. {skew}",
    "Set this computer's clock, then try again.",
    "connection.retry",
    message="expired|not yet current|too large|skew|future",
)
_GONE = "It is not in this account and region (any more). {message}"
_EXISTS = Rule("It exists already. {message}", "Choose another name, or open what exists.")

_IDENTITY: Rows = (
    on(
        "AccessDenied AccessDeniedException UnauthorizedOperation AuthorizationError",
        Rule(
            "The code of the MFA device is wrong, or was used before.",
            "Wait for the next code, then try again.",
            "profile.sign_in",
            message="invalid MFA one time pass code",
        ),
        Rule(
            "The MFA device is not one of the user whose key asks.",
            "Correct mfa_serial in the profile.",
            "profile.edit",
            message="verify your MFA serial number",
        ),
        Rule(
            "You are signed in, but may not list functions. {message}",
            "Open a function by its name, or ask for the permission lambda:ListFunctions.",
            operation="lambda:ListFunctions",
        ),
        Rule(
            "The role may not be taken. {message}",
            "Check the role's trust policy, or choose another profile.",
            "profile.choose",
            message="sts:AssumeRole",
        ),
        Rule(
            "A policy denies {denied}{resource} explicitly. {message}",
            "Ask whoever looks after the account's policies.",
            message="explicit deny",
        ),
        Rule(
            "You have no permission for {denied}{resource}. {message}",
            "Ask for the permission {denied}, or choose another profile.",
            "profile.choose",
        ),
    ),
    on(
        "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId AuthFailure",
        Rule(
            "AWS does not know the key: it was deleted, or the region is not enabled for the account.",
            "Check the profile's key, or choose another region.",
            "profile.choose",
        ),
    ),
    on(
        "ExpiredToken ExpiredTokenException TokenRefreshRequired",
        Rule("The session has expired.", "Sign in again, or replace the temporary keys.", "profile.sign_in"),
    ),
    on(
        "SignatureDoesNotMatch InvalidSignatureException",
        _CLOCK,
        Rule(
            "The secret access key does not belong to the access key.",
            "Correct the profile's secret access key.",
            "profile.edit",
        ),
    ),
    on("RequestExpired RequestTimeTooSkewed RequestInTheFuture", _CLOCK),
    on(
        "OptInRequired",
        Rule(
            "The region or the service is not enabled for the account.",
            "Enable it in the account, or choose another region.",
            "profile.choose_region",
        ),
    ),
    on(
        "ForbiddenException",
        Rule(
            "You no longer have this role in IAM Identity Center.",
            "Choose another profile.",
            "profile.choose",
            message="No access",
        ),
    ),
)
_STATE: Rows = (
    on(
        "ResourceConflictException ResourceInUseException OperationAbortedException",
        Rule(
            "An update of the function is still in progress. {message}",
            "Wait for it to end, then try again.",
            "function.refresh",
            message="in progress|InProgress|pending|being (created|updated|deleted)",
        ),
        Rule(_EXISTS.why, _EXISTS.remedy, message="already exist"),
        Rule("The present state conflicts. {message}", "Look at the present state.", "function.refresh"),
    ),
    on("ResourceAlreadyExistsException EntityAlreadyExists", _EXISTS),
    on(
        "PreconditionFailedException",
        Rule(
            "Somebody changed the function since it was read. Their change was not overwritten.",
            "Look at what changed, then decide.",
            "function.refresh",
        ),
    ),
    on(
        "ResourceNotFoundException ResourceNotFound NoSuchEntity NoSuchBucket NoSuchKey "
        "QueueDoesNotExist AWS.SimpleQueueService.NonExistentQueue CodeSigningConfigNotFoundException "
        "ProvisionedConcurrencyConfigNotFoundException",
        Rule(
            "The log group does not exist: no log was written yet, or the group was deleted.",
            "Invoke the function, then look again.",
            message="log group",
        ),
        Rule(
            _GONE, "Refresh the list.", "list.refresh", message="Function not found: arn:.*:function:[^: ]+$"
        ),
        Rule(_GONE, "Reload the function.", "function.refresh"),  # one of its versions or aliases, or a layer
    ),
    on(
        "ResourceNotReadyException",
        Rule("The function was idle and is being made ready. {message}", "Try again {retry_after}."),
    ),
)
_REQUEST: Rows = (
    on(
        "RequestTooLargeException RequestEntityTooLargeException "
        "SerializedRequestEntityTooLargeException EntityTooLarge",
        *_TOO_LARGE,
    ),
    on(
        "PolicyLengthExceededException",
        Rule("The function's resource policy would exceed 20 KB. {message}", "Remove statements from it."),
    ),
    on(
        "InvalidRequestContentException UnsupportedMediaTypeException",
        Rule("The payload is not JSON that Lambda reads. {message}", "Correct the payload."),
    ),
    on(
        "InvalidParameterValueException InvalidParameterValue InvalidParameterException "
        "ValidationException ValidationError InvalidParameterCombinationException "
        "MissingRequiredParameterException",
        Rule(
            "Lambda cannot use the role yet: a new role takes some seconds to be known. {message}",
            "Try again in a few seconds.",
            message="cannot be assumed by Lambda",
        ),
        Rule(
            "The unpacked code with its layers exceeds 262,144,000 bytes. {message}",
            "Remove dependencies that the function does not need, or use a container image.",
            message="unzipped size must be smaller",
        ),
        Rule(
            "The package is not a zip file that Lambda can read. {message}",
            "Package the code again.",
            message="unzip|zip file",
        ),
        Rule(
            "The environment variables are larger than 4 KB in all. {message}",
            "Shorten them, or keep values in Systems Manager or Secrets Manager.",
            message="environment variables.*(4 ?KB|4096)",
        ),
        Rule("AWS does not accept a value. {message}", "Correct the value."),
    ),
    on(
        "InvalidZipFileException",
        Rule("The package is not a zip file that Lambda can read. {message}", "Package the code again."),
    ),
    on(
        "InvalidRuntimeException",
        Rule("Lambda does not run this runtime (any more). {message}", "Choose another runtime."),
    ),
    on(
        "CodeVerificationFailedException InvalidCodeSignatureException",
        Rule(
            "The function takes signed code only, and the signature does not fit. {message}", "Sign the code."
        ),
    ),
)
_RESOURCES: Rows = (
    on(
        "TooManyRequestsException Throttling ThrottlingException ThrottledException "
        "RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown "
        "EC2ThrottledException",
        *_THROTTLED,
    ),
    on(
        "ServiceException InternalFailure InternalError InternalServerError InternalServiceError "
        "ServiceUnavailable ServiceUnavailableException",
        *_SERVICE_FAULT,
    ),
    on(
        "CodeStorageExceededException",
        Rule(
            "The account's storage for code in this region is full. {message}",
            "Delete old versions, or ask AWS for more.",
        ),
    ),
    on(
        "LimitExceededException LimitExceeded ServiceQuotaExceededException AliasLimitExceededException",
        Rule("A limit of the account is reached. {message}", "Remove what is unused, or ask for more."),
    ),
    on(
        "KMSAccessDeniedException",
        Rule(
            "Lambda may not use the KMS key of the function. {message}",
            "Allow kms:Decrypt on the key to the function's role.",
        ),
    ),
    on(
        "KMSDisabledException KMSInvalidStateException KMSNotFoundException "
        "KMS.DisabledException KMS.KMSInvalidStateException KMS.NotFoundException",  # S3's words
        Rule("The KMS key cannot be used. {message}", "Enable the key, or set another."),
    ),
    on(
        "RecursiveInvocationException",
        Rule(
            "Lambda found that the function keeps invoking itself, and stopped it. {message}",
            "Break the loop between the function and what triggers it.",
        ),
    ),
    on(
        "EC2AccessDeniedException EC2UnexpectedException ENILimitReachedException "
        "ENINotReadyException InvalidSecurityGroupIDException InvalidSubnetIDException "
        "SubnetIPAddressLimitReachedException",
        Rule(
            "The function's network in the VPC is not usable. {message}",
            "Check its subnets and security groups.",
        ),
    ),
    on(
        "EFSIOException EFSMountConnectivityException EFSMountFailureException "
        "EFSMountTimeoutException S3FilesMountConnectivityException S3FilesMountFailureException "
        "S3FilesMountTimeoutException",
        Rule("The function's file system was not mounted. {message}", "Check its access and network."),
    ),
    on(
        "SnapStartException SnapStartNotReadyException SnapStartRegenerationFailureException "
        "SnapStartTimeoutException",
        Rule("SnapStart did not get the function ready. {message}", "Try again in a moment."),
    ),
)

_GENERAL = by_name((*_IDENTITY, *_STATE, *_REQUEST, *_RESOURCES))
_SPECIAL = by_name(SOURCES)
CODES = {name: (*_SPECIAL.get(name, ()), *_GENERAL.get(name, ())) for name in {**_GENERAL, **_SPECIAL}}
"""AWS's error code -> its rules."""

HTTP_STATUS: Mapping[int, tuple[Rule, ...]] = {
    413: _TOO_LARGE,
    429: _THROTTLED,
    500: _SERVICE_FAULT,
    502: _SERVICE_FAULT,
    503: _SERVICE_FAULT,
    504: _SERVICE_FAULT,
}
"""For codes that are in no row."""
