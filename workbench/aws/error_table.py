"""The table of AWS's answers that are errors: what each means and what a person can do. Data only.

Texts are templates, filled in by errors.py: `{message}` is AWS's own text, `{denied}` and `{resource}` are
what a permission error names, `{granted}` is the statement of our policies that allows it, `{retry_after}` is
when to try again, `{skew}` how wrong this clock is.
Source: the exceptions of Lambda's service model and the common errors of the AWS APIs, botocore 1.43.
"""

from collections.abc import Mapping

from workbench.aws.api_errors import APIS
from workbench.aws.error_rule import Rows, Rule, by_name, on
from workbench.aws.function_errors import FUNCTIONS
from workbench.aws.source_errors import SOURCES
from workbench.aws.storage_errors import STORAGE

_THROTTLED = (
    Rule(
        "All concurrency of the account in this region is in use.",
        "Wait for other invocations to end, or request a higher concurrency quota. Try again {retry_after}.",
        message="^ConcurrentInvocationLimitExceeded",
    ),
    Rule(
        "The function has reached its reserved concurrency.",
        "Raise the function's reserved concurrency, or try again {retry_after}.",
        message="^ReservedFunctionConcurrentInvocationLimitExceeded",
    ),
    Rule(
        "The function receives more invocations per second than its reserved concurrency allows.",
        "Raise the function's reserved concurrency, or try again {retry_after}.",
        message="^ReservedFunctionInvocationRateLimitExceeded",
    ),
    Rule(
        "The account has exceeded its limit of invocations per second.",
        "Try again {retry_after}.",
        message="^FunctionInvocationRateLimitExceeded",
    ),
    Rule(
        "You have sent more requests per second than AWS allows one caller.",
        "Try again {retry_after}.",
        message="^CallerRateLimitExceeded",
    ),
    Rule(
        "Too many SnapStart snapshots of the function are being made at once.",
        "Wait for them, then try again {retry_after}.",
        message="^ConcurrentSnapshotCreateLimitExceeded",
    ),
    Rule("The account has exceeded the request rate that AWS allows. {message}", "Try again {retry_after}."),
)
_SERVICE_FAULT = (
    Rule(
        "AWS reported an internal error. {message}",
        "Try again. If the error persists, check the AWS Health Dashboard.",
    ),
)
_TOO_LARGE = (
    Rule("The request is larger than AWS allows. {message}", "Reduce its size, or send it through S3."),
)
_CLOCK = Rule(
    "AWS rejected the time of the request. {skew}",
    "Set this computer's clock, then try again.",
    "connection.retry",
    message="expired|not yet current|too large|skew|future",
)
_GONE = "It does not exist in this account and region. {message}"
_EXISTS = Rule("It already exists. {message}", "Choose another name, or open the existing resource.")

_IDENTITY: Rows = (
    on(
        "AccessDenied AccessDeniedException UnauthorizedOperation AuthorizationError 403",
        Rule(
            "The MFA code is incorrect or was already used.",
            "Wait for the next code, then try again.",
            "profile.sign_in",
            message="invalid MFA one time pass code",
        ),
        Rule(
            "The MFA device does not belong to the user of the access key.",
            "Correct mfa_serial in the profile.",
            "profile.edit",
            message="verify your MFA serial number",
        ),
        Rule(
            "You are signed in, but do not have permission to list functions. {message}",
            "Open a function by its name, or ask for the permission lambda:ListFunctions{granted}.",
            operation="lambda:ListFunctions",
        ),
        Rule(
            "The role cannot be assumed. {message}",
            "Check the role's trust policy, or choose another profile.",
            "profile.choose",
            message="sts:AssumeRole",
        ),
        Rule(
            "A policy explicitly denies {denied}{resource}. {message}",
            "Ask an administrator of the account.",
            message="explicit deny",
        ),
        Rule(
            "You do not have permission for {denied}{resource}. {message}",
            "Ask for the permission {denied}{granted}, or choose another profile.",
            "profile.choose",
        ),
    ),
    on(
        "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId AuthFailure",
        Rule(
            "AWS does not recognize the access key: it was deleted, or the region is not enabled "
            "for the account.",
            "Check the profile's access key, or choose another region.",
            "profile.choose",
        ),
    ),
    on(
        "ExpiredToken ExpiredTokenException TokenRefreshRequired",
        Rule(
            "The session has expired.",
            "Sign in again, or replace the temporary credentials.",
            "profile.sign_in",
        ),
    ),
    on(
        "SignatureDoesNotMatch InvalidSignatureException",
        _CLOCK,
        Rule(
            "The secret access key does not match the access key ID.",
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
            "You no longer have access to this role in IAM Identity Center.",
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
            "Another change of it is still in progress. {message}",
            "Wait for it to end, then try again.",
            "function.refresh",
            message="in progress|InProgress|pending|being (created|updated|deleted)",
        ),
        Rule(_EXISTS.why, _EXISTS.remedy, message="already exist"),
        Rule(
            "The request conflicts with the current state. {message}",
            "Reload what is shown, then try again.",
            "function.refresh",
        ),
    ),
    on("ResourceAlreadyExistsException EntityAlreadyExists ConflictException", _EXISTS),
    on(
        "ResourceNotFoundException ResourceNotFound NoSuchEntity NotFoundException NotFound",
        Rule(_GONE, "Reload what is shown, and check the account and region.", "list.refresh"),
    ),
    on(
        "ResourceNotReadyException",
        Rule("The function was idle and is being activated. {message}", "Try again {retry_after}."),
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
        Rule("The payload is not valid JSON. {message}", "Correct the payload."),
    ),
    on(
        "InvalidParameterValueException InvalidParameterValue InvalidParameterException "
        "ValidationException ValidationError InvalidParameterCombinationException "
        "MissingRequiredParameterException",
        Rule(
            "Lambda cannot use the role yet. A new role can take a few seconds to become "
            "available. {message}",
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
        Rule("{message}", "{allowed}", message="failed to satisfy constraint"),
        Rule("AWS rejected a value. {message}", "Correct the value that AWS names, then try again."),
    ),
    on(
        "InvalidZipFileException",
        Rule("The package is not a zip file that Lambda can read. {message}", "Package the code again."),
    ),
    on(
        "InvalidRuntimeException",
        Rule("Lambda does not support this runtime. {message}", "Choose another runtime."),
    ),
    on(
        "CodeVerificationFailedException InvalidCodeSignatureException",
        Rule(
            "The function requires signed code, and the signature is not valid. {message}", "Sign the code."
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
            "The account's code storage in this region is full. {message}",
            "Delete old versions, or request a quota increase.",
        ),
    ),
    on(
        "LimitExceededException LimitExceeded ServiceQuotaExceededException AliasLimitExceededException",
        Rule(
            "A quota of the account is reached. {message}",
            "Delete unused resources, or request a quota increase.",
        ),
    ),
    on(
        "KMSAccessDeniedException",
        Rule(
            "Lambda does not have permission to use the function's KMS key. {message}",
            "Allow kms:Decrypt on the key for the execution role.",
        ),
    ),
    on(
        "KMSDisabledException KMSInvalidStateException KMSNotFoundException "
        "KMS.DisabledException KMS.KMSInvalidStateException KMS.NotFoundException",  # S3's words
        Rule("The KMS key cannot be used. {message}", "Enable the key, or choose another one."),
    ),
    on(
        "RecursiveInvocationException",
        Rule(
            "Lambda detected and stopped a recursive loop. {message}",
            "Break the loop between the function and its trigger.",
        ),
    ),
    on(
        "EC2AccessDeniedException EC2UnexpectedException ENILimitReachedException "
        "ENINotReadyException InvalidSecurityGroupIDException InvalidSubnetIDException "
        "SubnetIPAddressLimitReachedException",
        Rule(
            "Lambda cannot use the function's VPC configuration. {message}",
            "Check its subnets and security groups.",
        ),
    ),
    on(
        "EFSIOException EFSMountConnectivityException EFSMountFailureException "
        "EFSMountTimeoutException S3FilesMountConnectivityException S3FilesMountFailureException "
        "S3FilesMountTimeoutException",
        Rule(
            "The function's file system could not be mounted. {message}", "Check its permissions and network."
        ),
    ),
    on(
        "SnapStartException SnapStartNotReadyException SnapStartRegenerationFailureException "
        "SnapStartTimeoutException",
        Rule("SnapStart could not initialize the function. {message}", "Try again in a moment."),
    ),
)

CODES = by_name(*SOURCES, FUNCTIONS, STORAGE, APIS, _IDENTITY, _STATE, _REQUEST, _RESOURCES)
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
