"""What can be wrong with any request to AWS, what it means, and what the user can do. Data only.

The format of rows (`Rule`, `on`), AWS's error codes that any service can return, and exceptions that occur
before AWS answers: files, credentials, the network. service_errors.py and function_errors.py have the codes
of the services, which come first.

Texts are templates, filled in by errors.py: `{message}` is AWS's own text, `{denied}` and `{resource}` are
named in a permission error, `{granted}` is the statement of our policies that allows it, `{retry_after}` is
when to retry, `{skew}` the error of this clock. Rows of exceptions may quote the details of a botocore
exception by name. The output of a credential helper and the content of a configuration file are never quoted,
because both may be secrets. Source: the exceptions of Lambda's service model and the common errors of the AWS
APIs, and exceptions.py, credentials.py, tokens.py and utils.py of botocore 1.43.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core.messages import _


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table.

    Attributes:
        message: The row applies only if this regular expression is found in AWS's message, which begins with
            the Reason if AWS gives one.
        operation: The row applies only to these calls, separated by blanks: "lambda:ListFunctions", or "sns:"
            for each call of a service.
    """

    why: str
    remedy: str = ""
    action: str = ""
    message: str = ""
    operation: str = ""

    def holds_for(self, text: str, operation: str) -> bool:
        """Whether the row applies to an answer."""
        calls = self.operation.split()
        is_call = not calls or any(
            operation == each or (each[-1] == ":" and operation.startswith(each)) for each in calls
        )
        return is_call and re.search(self.message, text, re.IGNORECASE) is not None


Rows = tuple[tuple[str, tuple[Rule, ...]], ...]


def on(names: str, *rules: Rule) -> tuple[str, tuple[Rule, ...]]:
    """The rules for some names, separated by blanks; the first that applies is used."""
    return names, rules


def by_name(*tables: Rows) -> Mapping[str, tuple[Rule, ...]]:
    """The rows of some tables by name, those of the first table first."""
    found: dict[str, tuple[Rule, ...]] = {}
    for names, rules in (row for table in tables for row in table):
        for name in names.split():
            found[name] = (*found.get(name, ()), *rules)
    return found


_THROTTLED = (
    Rule(
        _("All concurrency of the account in this region is in use."),
        _(
            "Wait for other invocations to end, or request a higher concurrency quota. Try again "
            "{retry_after}."
        ),
        message="^ConcurrentInvocationLimitExceeded",
    ),
    Rule(
        _("The function has reached its reserved concurrency."),
        _("Raise the function's reserved concurrency, or try again {retry_after}."),
        message="^ReservedFunctionConcurrentInvocationLimitExceeded",
    ),
    Rule(
        _("The function receives more invocations per second than its reserved concurrency allows."),
        _("Raise the function's reserved concurrency, or try again {retry_after}."),
        message="^ReservedFunctionInvocationRateLimitExceeded",
    ),
    Rule(
        _("The account has exceeded its limit of invocations per second."),
        _("Try again {retry_after}."),
        message="^FunctionInvocationRateLimitExceeded",
    ),
    Rule(
        _("You have sent more requests per second than AWS allows one caller."),
        _("Try again {retry_after}."),
        message="^CallerRateLimitExceeded",
    ),
    Rule(
        _("Too many SnapStart snapshots of the function are being made at once."),
        _("Wait for them, then try again {retry_after}."),
        message="^ConcurrentSnapshotCreateLimitExceeded",
    ),
    Rule(
        _("The account has exceeded the request rate that AWS allows. {message}"),
        _("Try again {retry_after}."),
    ),
)
_SERVICE_FAULT = (
    Rule(
        _("AWS reported an internal error. {message}"),
        _("Try again. If the error persists, check the AWS Health Dashboard."),
    ),
)
_TOO_LARGE = (
    Rule(_("The request is larger than AWS allows. {message}"), _("Reduce its size, or send it through S3.")),
)
_CLOCK = Rule(
    _("AWS rejected the time of the request. {skew}"),
    _("Set this computer's clock, then try again."),
    "connection.retry",
    message="expired|not yet current|too large|skew|future",
)
_GONE = "It does not exist in this account and region. {message}"
_EXISTS = Rule(_("It already exists. {message}"), _("Choose another name, or open the existing resource."))

_IDENTITY: Rows = (
    on(
        "AccessDenied AccessDeniedException UnauthorizedOperation AuthorizationError 403",
        Rule(
            _("The MFA code is incorrect or was already used."),
            _("Wait for the next code, then try again."),
            "profile.sign_in",
            message="invalid MFA one time pass code",
        ),
        Rule(
            _("The MFA device does not belong to the user of the access key."),
            _("Correct mfa_serial in the profile."),
            "profile.edit",
            message="verify your MFA serial number",
        ),
        Rule(
            _("You are signed in, but do not have permission to list functions. {message}"),
            _("Open a function by its name, or ask for the permission {needed}."),
            operation="lambda:ListFunctions",
        ),
        Rule(
            _("The role cannot be assumed. {message}"),
            _("Check the role's trust policy, or choose another profile."),
            "profile.choose",
            message="sts:AssumeRole",
        ),
        Rule(
            _("A policy explicitly denies {denied_on}. {message}"),
            _("Ask an administrator of the account."),
            message="explicit deny",
        ),
        Rule(
            _("You do not have permission for {denied_on}. {message}"),
            _("Ask for the permission {needed}, or choose another profile."),
            "profile.choose",
        ),
    ),
    on(
        "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId AuthFailure",
        Rule(
            _(
                "AWS does not recognize the access key: it was deleted, or the region is not enabled "
                "for the account."
            ),
            _("Check the profile's access key, or choose another region."),
            "profile.choose",
        ),
    ),
    on(
        "ExpiredToken ExpiredTokenException TokenRefreshRequired",
        Rule(
            _("The session has expired."),
            _("Sign in again, or replace the temporary credentials."),
            "profile.sign_in",
        ),
    ),
    on(
        "SignatureDoesNotMatch InvalidSignatureException",
        _CLOCK,
        Rule(
            _("The secret access key does not match the access key ID."),
            _("Correct the profile's secret access key."),
            "profile.edit",
        ),
    ),
    on("RequestExpired RequestTimeTooSkewed RequestInTheFuture", _CLOCK),
    on(
        "OptInRequired",
        Rule(
            _("The region or the service is not enabled for the account."),
            _("Enable it in the account, or choose another region."),
            "profile.choose_region",
        ),
    ),
    on(
        "ForbiddenException",
        Rule(
            _("You no longer have access to this role in IAM Identity Center."),
            _("Choose another profile."),
            "profile.choose",
            message="No access",
        ),
    ),
)
_STATE: Rows = (
    on(
        "ResourceConflictException ResourceInUseException OperationAbortedException",
        Rule(
            _("Another change of it is still in progress. {message}"),
            _("Wait for it to end, then try again."),
            "function.refresh",
            message="in progress|InProgress|pending|being (created|updated|deleted)",
        ),
        Rule(_EXISTS.why, _EXISTS.remedy, message="already exist"),
        Rule(
            _("The request conflicts with the current state. {message}"),
            _("Reload what is shown, then try again."),
            "function.refresh",
        ),
    ),
    on("ResourceAlreadyExistsException EntityAlreadyExists ConflictException", _EXISTS),
    on(
        "ResourceNotFoundException ResourceNotFound NoSuchEntity NotFoundException NotFound",
        Rule(_GONE, _("Reload what is shown, and check the account and region."), "list.refresh"),
    ),
    on(
        "ResourceNotReadyException",
        Rule(_("The function was idle and is being activated. {message}"), _("Try again {retry_after}.")),
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
        Rule(
            _("The function's resource policy would exceed 20 KB. {message}"), _("Remove statements from it.")
        ),
    ),
    on(
        "InvalidRequestContentException UnsupportedMediaTypeException",
        Rule(_("The payload is not valid JSON. {message}"), _("Correct the payload.")),
    ),
    on(
        "InvalidParameterValueException InvalidParameterValue InvalidParameterException "
        "ValidationException ValidationError MissingRequiredParameterException",
        Rule(
            _(
                "Lambda cannot use the role yet. A new role can take a few seconds to become "
                "available. {message}"
            ),
            _("Try again in a few seconds."),
            message="cannot be assumed by Lambda",
        ),
        Rule(
            _("The unpacked code with its layers exceeds 262,144,000 bytes. {message}"),
            _("Remove dependencies that the function does not need, or use a container image."),
            message="unzipped size must be smaller",
        ),
        Rule(
            _("The package is not a zip file that Lambda can read. {message}"),
            _("Package the code again."),
            message="unzip|zip file",
        ),
        Rule("{message}", "{allowed}", message="failed to satisfy constraint"),
        Rule(_("AWS rejected a value. {message}"), _("Correct the value that AWS names, then try again.")),
    ),
    on(
        "InvalidParameterCombination InvalidParameterCombinationException",
        Rule(
            _("Two values of the request exclude each other, or are too large together. {message}"),
            _("Change one of the values that AWS names, then try again."),
        ),
    ),
    on(
        "InvalidZipFileException",
        Rule(
            _("The package is not a zip file that Lambda can read. {message}"), _("Package the code again.")
        ),
    ),
    on(
        "InvalidRuntimeException",
        Rule(_("Lambda does not support this runtime. {message}"), _("Choose another runtime.")),
    ),
    on(
        "CodeVerificationFailedException InvalidCodeSignatureException",
        Rule(
            _("The function requires signed code, and the signature is not valid. {message}"),
            _("Sign the code."),
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
            _("The account's code storage in this region is full. {message}"),
            _("Delete old versions, or request a quota increase."),
        ),
    ),
    on(
        "LimitExceededException LimitExceeded ServiceQuotaExceededException AliasLimitExceededException",
        Rule(
            _("A quota of the account is reached. {message}"),
            _("Delete unused resources, or request a quota increase."),
        ),
    ),
    on(
        "KMSAccessDeniedException",
        Rule(
            _("Lambda does not have permission to use the function's KMS key. {message}"),
            _("Allow kms:Decrypt on the key for the execution role."),
        ),
    ),
    on(
        "KMSDisabledException KMSInvalidStateException KMSNotFoundException "
        "KMS.DisabledException KMS.KMSInvalidStateException KMS.NotFoundException",  # S3's texts
        Rule(_("The KMS key cannot be used. {message}"), _("Enable the key, or choose another one.")),
    ),
    on(
        "RecursiveInvocationException",
        Rule(
            _("Lambda detected and stopped a recursive loop. {message}"),
            _("Break the loop between the function and its trigger."),
        ),
    ),
    on(
        "EC2AccessDeniedException EC2UnexpectedException ENILimitReachedException "
        "ENINotReadyException InvalidSecurityGroupIDException InvalidSubnetIDException "
        "SubnetIPAddressLimitReachedException",
        Rule(
            _("Lambda cannot use the function's VPC configuration. {message}"),
            _("Check its subnets and security groups."),
        ),
    ),
    on(
        "EFSIOException EFSMountConnectivityException EFSMountFailureException "
        "EFSMountTimeoutException S3FilesMountConnectivityException S3FilesMountFailureException "
        "S3FilesMountTimeoutException",
        Rule(
            _("The function's file system could not be mounted. {message}"),
            _("Check its permissions and network."),
        ),
    ),
    on(
        "SnapStartException SnapStartNotReadyException SnapStartRegenerationFailureException "
        "SnapStartTimeoutException",
        Rule(_("SnapStart could not initialize the function. {message}"), _("Try again in a moment.")),
    ),
)

ANY_SERVICE: tuple[Rows, ...] = (_IDENTITY, _STATE, _REQUEST, _RESOURCES)
"""Error codes that any service can return."""

HTTP_STATUS: Mapping[int, tuple[Rule, ...]] = {
    413: _TOO_LARGE,
    429: _THROTTLED,
    500: _SERVICE_FAULT,
    502: _SERVICE_FAULT,
    503: _SERVICE_FAULT,
    504: _SERVICE_FAULT,
}
"""For codes without a row."""


_CORRECT = _("Correct the profile.")
_NETWORK = _("Check the network, then try again.")
_SIGN_IN_AGAIN = _("Sign in, then try again.")
_CONNECT_AGAIN = "connection.retry"
_RELOAD_PROFILES = "profile.reload"
_CHOOSE_PROFILE = "profile.choose"
_EDIT_PROFILE = "profile.edit"
_SIGN_IN = "profile.sign_in"
_CHOOSE_REGION = "profile.choose_region"

_FILES: Rows = (
    on(
        "ProfileNotFound",
        Rule(
            _("The profile “{profile}” does not exist in the AWS configuration files."),
            _("Reload the profiles."),
            _RELOAD_PROFILES,
        ),
    ),
    on(
        "ConfigParseError",
        Rule(
            _("{file_and_line} cannot be read, so no profile can be used."),
            _("Correct the line in a text editor."),
            "profile.open_file",
        ),
    ),
    on(
        "PartialCredentialsError",
        Rule(
            _("The credentials are incomplete: {cred_var} is missing ({provider})."), _CORRECT, _EDIT_PROFILE
        ),
    ),
    on(
        "InfiniteLoopConfigError",
        Rule(
            _("The source profiles form a loop: {visited_profiles} → {source_profile}."),
            _CORRECT,
            _EDIT_PROFILE,
        ),
    ),
    on(
        "InvalidConfigError",
        Rule(
            _("The profile refers to a profile that does not exist. {error_msg}"),
            _CORRECT,
            _EDIT_PROFILE,
            message="does not exist",
        ),
        Rule(_("The profile is not valid. {error_msg}"), _CORRECT, _EDIT_PROFILE),
    ),
    on("NoRegionError", Rule(_("No region is selected."), _("Choose a region."), _CHOOSE_REGION)),
    on(
        "InvalidRegionError",
        Rule(_("“{region_name}” is not a valid region."), _("Choose a region."), _CHOOSE_REGION),
    ),
)
_CREDENTIALS: Rows = (
    on(
        "NoCredentialsError",
        Rule(
            _("No credentials were found."),
            _("Add credentials to the profile, or choose another profile."),
            _EDIT_PROFILE,
        ),
    ),
    on(
        "SSOTokenLoadError",
        Rule(_("You are not signed in to IAM Identity Center."), _SIGN_IN_AGAIN, _SIGN_IN),
    ),
    on(
        "TokenRetrievalError UnauthorizedSSOTokenError",
        Rule(_("The sign-in to IAM Identity Center has expired."), _SIGN_IN_AGAIN, _SIGN_IN),
    ),
    on(
        "LoginTokenLoadError LoginRefreshRequired",
        Rule(_("The console sign-in has expired."), _SIGN_IN_AGAIN, _SIGN_IN),
    ),
    on(
        "LoginError", Rule(_("The console sign-in could not be renewed. {message}"), _SIGN_IN_AGAIN, _SIGN_IN)
    ),
    on(
        "RefreshWithMFAUnsupportedError",
        Rule(_("The session has expired. A new session needs an MFA code."), _SIGN_IN_AGAIN, _SIGN_IN),
    ),
    on(
        "MissingDependencyException",
        Rule(
            _("This installation lacks a component that the profile needs. {msg}"), _("Reinstall Workbench.")
        ),
    ),
    on(
        "CredentialRetrievalError",
        Rule(
            _("The profile's credential helper failed."),
            _("Run the profile's credential_process in a terminal to see its error."),
            _CONNECT_AGAIN,
            message="custom-process",
        ),
        Rule(
            _("The profile's credential source ({provider}) returned no credentials."),
            _CORRECT,
            _EDIT_PROFILE,
        ),
    ),
    on(
        "JSONDecodeError UnicodeDecodeError",
        Rule(
            _("The profile's credential helper, or a cache of credentials, holds something else than JSON."),
            _("Run the profile's credential_process in a terminal, or sign in again."),
            _CONNECT_AGAIN,
        ),
    ),
    on(
        "EOFError",
        Rule(
            _("The profile asks for input on a terminal, but there is no terminal."),
            _("Choose another profile."),
            _CHOOSE_PROFILE,
        ),
    ),
    on(
        "KeyError",
        Rule(
            _("The stored sign-in to IAM Identity Center is damaged."),
            _SIGN_IN_AGAIN,
            _SIGN_IN,
            message="^'[0-9a-f]{40}'$",
        ),
        Rule(_("The credentials do not contain {message}."), _CORRECT, _EDIT_PROFILE),
    ),
    on(
        "FileNotFoundError",
        Rule(
            _("“{file}” was not found. The profile uses it as a credential helper or token file."),
            _CORRECT,
            _EDIT_PROFILE,
        ),
    ),
    on(
        "PermissionError",
        Rule(
            _("You do not have permission to read or run “{file}”."),
            _("Change its permissions."),
            _CONNECT_AGAIN,
        ),
    ),
    on("OSError", Rule(_("{file} {reason}"), _("Try again."), _CONNECT_AGAIN)),
    on(
        "RuntimeError",
        Rule(
            _("The profile's credentials have already expired."),
            _("Sign in again at their source, then try again."),
            _CONNECT_AGAIN,
            message="still expired",
        ),
    ),
    on(
        "ValueError",
        Rule(
            _("The profile's endpoint is not a valid URL."),
            _CORRECT,
            _EDIT_PROFILE,
            message="^Invalid endpoint",
        ),
    ),
)
_TRANSPORT: Rows = (
    on("EndpointConnectionError", Rule(_("Could not connect to {endpoint_url}."), _NETWORK, _CONNECT_AGAIN)),
    on(
        "ConnectTimeoutError",
        Rule(_("The connection to {endpoint_url} timed out."), _NETWORK, _CONNECT_AGAIN),
    ),
    on(
        "ReadTimeoutError",
        Rule(
            _("The response from {endpoint_url} timed out."),
            _("Check whether the request was completed, then try again."),
            _CONNECT_AGAIN,
        ),
    ),
    on(
        "ProxyConnectionError",
        Rule(
            _("Could not connect to the proxy."),
            _("Check HTTPS_PROXY and NO_PROXY, then try again."),
            _CONNECT_AGAIN,
        ),
    ),
    on(
        "SSLError",
        Rule(
            _(
                "This computer does not trust the certificate of {endpoint_url}. A proxy might be "
                "inspecting the traffic."
            ),
            _("Set ca_bundle in the profile, or AWS_CA_BUNDLE, to your organization's certificates."),
            _CONNECT_AGAIN,
        ),
    ),
    on(
        "ConnectionClosedError",
        Rule(
            _("The connection was closed before the response was complete."),
            _("Check whether the request was completed, then try again."),
            _CONNECT_AGAIN,
        ),
    ),
    on(
        "IncompleteReadError ResponseStreamingError ProtocolError ChecksumError DamagedAnswerError",
        Rule(_("The response was incomplete or damaged."), _("Try again."), _CONNECT_AGAIN),
    ),
    on("HTTPClientError ConnectionError", Rule(_("The connection failed."), _NETWORK, _CONNECT_AGAIN)),
    on(
        "ResponseParserError",
        Rule(
            _("The response did not come from AWS, but from a proxy, a guest network or another server."),
            _("Check the network and the profile's endpoint."),
            _CONNECT_AGAIN,
        ),
    ),
)
_PARAMETERS: Rows = (
    on("ParamValidationError", Rule(_("The request is not valid. {report}"), _("Correct the value."))),
    on(
        "EndpointProviderError",
        Rule(_("The endpoint is unknown. {msg}"), _("Choose a region."), _CHOOSE_REGION),
    ),
    on(
        "UnknownEndpointError",
        Rule(_("{service_name} is not available in {region_name}."), _("Choose a region."), _CHOOSE_REGION),
    ),
    on(
        "PaginationError",
        Rule(_("AWS returned the same page of the list again, so the list has no end."), _("Try again.")),
    ),
)

EXCEPTIONS = by_name(_FILES, _CREDENTIALS, _TRANSPORT, _PARAMETERS)
"""Name of an exception class -> its rules."""
