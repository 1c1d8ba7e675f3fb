"""What AWS answers when it refuses, and what a person must read of it."""

from dataclasses import dataclass, field
from typing import Any

REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "get": ("lambda", "get_function", {"FunctionName": "hello"}),
    "list": ("lambda", "list_functions", {}),
    "invoke": ("lambda", "invoke", {"FunctionName": "hello"}),
    "update": ("lambda", "update_function_code", {"FunctionName": "hello", "ZipFile": b"PK"}),
    "logs": ("logs", "filter_log_events", {"logGroupName": "/aws/lambda/hello"}),
    "metrics": ("cloudwatch", "list_metrics", {}),
    "head": ("s3", "head_bucket", {"Bucket": "b"}),
    "s3": ("s3", "get_object", {"Bucket": "b", "Key": "k"}),
    "notify": (
        "s3",
        "put_bucket_notification_configuration",
        {"Bucket": "b", "NotificationConfiguration": {}},
    ),
    "subscribe": ("sns", "subscribe", {"TopicArn": "arn:t", "Protocol": "lambda", "Endpoint": "arn:f"}),
    "filter": (
        "logs",
        "put_subscription_filter",
        {"logGroupName": "g", "filterName": "f", "filterPattern": "", "destinationArn": "arn:f"},
    ),
    "map": ("lambda", "create_event_source_mapping", {"FunctionName": "hello"}),
    "rule": ("events", "put_rule", {"Name": "r"}),
    "sts": ("sts", "get_caller_identity", {}),
    "sso": ("sso", "get_role_credentials", {"roleName": "r", "accountId": "1", "accessToken": "t"}),
}


@dataclass(frozen=True)
class Case:
    """An answer of AWS, and what a person must read of it."""

    request: str
    code: str
    message: str
    why: str
    action: str = ""
    status: int = 400
    fields: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.code}-{self.why[:20]}"


def _denied(action: str, rest: str = "because no identity-based policy allows it") -> str:
    who = "User: arn:aws:iam::123456789012:user/me"
    return (
        f"{who} is not authorized to perform: {action} on resource: arn:aws:lambda:x:1:function:hello {rest}"
    )


def _throttled(reason: str, why: str) -> Case:
    fields = {"Reason": reason, "retryAfterSeconds": "7", "message": "Rate Exceeded.", "Type": "User"}
    return Case(
        "invoke",
        "TooManyRequestsException",
        "Rate Exceeded.",
        why,
        status=429,
        fields=fields,
        remedy="in 7 s",
    )


CASES = [
    # who one is
    Case(
        "sts",
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code.",
        "The MFA code is incorrect or was already used",
        "profile.sign_in",
        403,
    ),
    Case(
        "sts",
        "AccessDenied",
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
        "number is valid and associated with this user.",
        "The MFA device does not belong to the user of the access key",
        "profile.edit",
        403,
    ),
    Case(
        "list",
        "AccessDeniedException",
        _denied("lambda:ListFunctions"),
        "You are signed in, but do not have permission to list functions",
        status=403,
    ),
    Case(
        "sts", "AccessDenied", _denied("sts:AssumeRole"), "The role cannot be assumed", "profile.choose", 403
    ),
    Case(
        "update",
        "AccessDeniedException",
        _denied("lambda:UpdateFunctionCode", "with an explicit deny in a policy"),
        "A policy explicitly denies lambda:UpdateFunctionCode on arn:aws:lambda:x:1:function:hello",
        status=403,
    ),
    Case(
        "update",
        "AccessDeniedException",
        _denied("lambda:UpdateFunctionCode"),
        "You do not have permission for lambda:UpdateFunctionCode on arn:aws:lambda:x:1:function:hello",
        "profile.choose",
        403,
        remedy="Ask for the permission lambda:UpdateFunctionCode (statement DeployFunctions of deploy.json: "
        "see Help, Permissions That Workbench Needs), or choose another profile.",
    ),
    Case(
        "s3",
        "AccessDenied",
        "Access Denied",
        "You do not have permission for s3:GetObject.",
        "profile.choose",
        403,
        remedy="Ask for the permission s3:GetObject (statement StagePackages of deploy.json: see ",
    ),
    # HEAD has no body: the status is all that there is.
    Case(
        "head",
        "403",
        "Forbidden",
        "You do not have permission for s3:ListBucket.",
        "profile.choose",
        403,
        remedy="Ask for the permission s3:ListBucket (statement ViewSources of view.json: see ",
    ),
    # A refusal that names no permission: the action of the operation is named.
    Case(
        "notify",
        "AccessDenied",
        "Access Denied",
        "You do not have permission for s3:PutBucketNotification.",
        "profile.choose",
        403,
        remedy="Ask for the permission s3:PutBucketNotification (statement ChangeBuckets of everything-",
    ),
    Case(
        "list",
        "UnauthorizedOperation",
        "You are not authorized to perform this operation.",
        "You are signed in, but do not have permission to list functions.",
        status=403,
        remedy="ask for the permission lambda:ListFunctions (statement ViewFunctions of view.json: see ",
    ),
    Case(
        "sts",
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        "AWS does not recognize the access key: it was deleted, or the region is not enabled for the account",
        "profile.choose",
        403,
    ),
    Case(
        "get",
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        "AWS does not recognize the access key: it was deleted, or the region is not enabled for the account",
        "profile.choose",
        403,
    ),
    Case(
        "get",
        "ExpiredTokenException",
        "The security token included in the request is expired",
        "The session has expired",
        "profile.sign_in",
        403,
    ),
    Case(
        "sts",
        "SignatureDoesNotMatch",
        "Signature expired: 20261124T1 is now earlier than 2026 (5 min.)",
        "AWS rejected the time of the request. This computer's clock is 12 min behind.",
        "connection.retry",
        403,
        meta={"HTTPHeaders": {"date": "12 minutes from now"}},
    ),
    Case(
        "sts",
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you ...",
        "The secret access key does not match the access key ID",
        "profile.edit",
        403,
    ),
    Case(
        "get",
        "InvalidSignatureException",
        "Signature not yet current: 20261124T2 is still later than ...",
        "AWS rejected the time of the request.",
        "connection.retry",
        403,
    ),
    Case(
        "s3",
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        "AWS rejected the time of the request.",
        "connection.retry",
        403,
    ),
    Case(
        "sts",
        "OptInRequired",
        "You are not subscribed to this service",
        "The region or the service is not enabled",
        "profile.choose_region",
        403,
    ),
    Case(
        "sso",
        "ForbiddenException",
        "No access",
        "You no longer have access to this role in IAM Identity Center",
        "profile.choose",
        403,
    ),
    # the state of things
    Case(
        "update",
        "ResourceConflictException",
        "The operation cannot be performed at this time. An update is in progress for resource: arn:...",
        "An update of the function is still in progress",
        "function.refresh",
        409,
    ),
    Case(
        "get", "ResourceConflictException", "Function already exist: hello", "It already exists", status=409
    ),
    Case(
        "get",
        "ResourceConflictException",
        "The statement id (a) conflicts",
        "The request conflicts with the current state",
        "function.refresh",
        409,
    ),
    Case(
        "logs",
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
        "It already exists",
    ),
    Case(
        "update",
        "PreconditionFailedException",
        "The RevisionId provided does not match the latest RevisionId.",
        "The function was changed in the meantime. Your change was not applied",
        "function.refresh",
        412,
    ),
    Case(
        "logs",
        "ResourceNotFoundException",
        "The specified log group does not exist.",
        "The log group does not exist",
    ),
    Case(
        "get",
        "ResourceNotFoundException",
        "Function not found: arn:aws:lambda:eu-central-1:123456789012:function:hello",
        "The function does not exist in this account and region",
        "list.refresh",
        404,
    ),
    Case(
        "s3",
        "NoSuchKey",
        "The specified key does not exist.",
        "The object does not exist in the bucket",
        status=404,
    ),
    Case(
        "invoke",
        "ResourceNotReadyException",
        "The function is inactive.",
        "The function was idle",
        status=502,
    ),
    # the request
    Case(
        "invoke",
        "RequestTooLargeException",
        "6291557 byte payload is too large",
        "The request is larger",
        status=413,
    ),
    Case(
        "get",
        "PolicyLengthExceededException",
        "The final policy size (20482) is bigger than the limit (20480).",
        "The function's resource policy would exceed",
    ),
    Case(
        "invoke",
        "InvalidRequestContentException",
        "Could not parse request body into json: Unexpected character",
        "The payload is not valid JSON",
    ),
    Case(
        "get",
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
        "Lambda cannot use the role yet",
    ),
    Case(
        "update",
        "InvalidParameterValueException",
        "Unzipped size must be smaller than 262144000 bytes",
        "The unpacked code with its layers exceeds",
    ),
    Case(
        "update",
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file",
        "The package is not a zip file",
    ),
    Case(
        "get",
        "InvalidParameterValueException",
        "Lambda was unable to configure your environment variables because the environment variables you "
        "have provided exceeded the 4KB limit.",
        "The environment variables exceed 4 KB in total",
    ),
    Case(
        "metrics",
        "InvalidParameterValue",
        "The value 5 for parameter Period is not valid",
        "AWS rejected a value",
    ),
    Case(
        "logs",
        "InvalidParameterException",
        "Invalid filter pattern",
        "The filter pattern of the log group is not valid",
    ),
    Case(
        "invoke",
        "InvalidZipFileException",
        "Lambda could not unzip the file",
        "The package is not a zip",
        status=502,
    ),
    Case(
        "invoke",
        "InvalidRuntimeException",
        "The runtime python2.7 is gone",
        "Lambda does not support this runtime",
        status=502,
    ),
    Case(
        "update",
        "CodeVerificationFailedException",
        "The signature is missing",
        "The function requires signed code, and the signature is not valid",
    ),
    # what is used up, and what is broken
    _throttled("ConcurrentInvocationLimitExceeded", "All concurrency of the account"),
    _throttled(
        "ReservedFunctionConcurrentInvocationLimitExceeded",
        "The function has reached its reserved concurrency",
    ),
    _throttled(
        "ReservedFunctionInvocationRateLimitExceeded",
        "The function receives more invocations per second than its reserved concurrency allows",
    ),
    _throttled(
        "FunctionInvocationRateLimitExceeded", "The account has exceeded its limit of invocations per second"
    ),
    _throttled(
        "CallerRateLimitExceeded", "You have sent more requests per second than AWS allows one caller"
    ),
    _throttled(
        "ConcurrentSnapshotCreateLimitExceeded",
        "Too many SnapStart snapshots of the function are being made at once",
    ),
    Case(
        "metrics",
        "Throttling",
        "Rate exceeded",
        "The account has exceeded the request rate that AWS allows",
        remedy="in a moment",
    ),
    Case(
        "logs",
        "ThrottlingException",
        "Rate exceeded",
        "The account has exceeded the request rate that AWS allows",
        meta={"HTTPHeaders": {"retry-after": "3"}},
        remedy="in 3 s",
    ),
    Case(
        "get",
        "ServiceException",
        "An error occurred and the request cannot be processed.",
        "AWS reported an internal error",
        status=500,
    ),
    Case("logs", "ServiceUnavailableException", "", "AWS reported an internal error", status=503),
    Case(
        "update",
        "CodeStorageExceededException",
        "Code storage limit exceeded.",
        "The account's code storage in this region is full",
    ),
    Case("logs", "LimitExceededException", "Resource limit exceeded.", "A quota of the account is reached"),
    Case(
        "invoke",
        "KMSAccessDeniedException",
        "Lambda was unable to decrypt the environment variables",
        "Lambda does not have permission to use the function's KMS key",
        status=502,
    ),
    Case(
        "invoke",
        "KMSDisabledException",
        "The key is disabled",
        "The KMS key cannot be used",
        status=502,
    ),
    Case(
        "invoke",
        "RecursiveInvocationException",
        "Recursion",
        "Lambda detected and stopped a recursive loop",
    ),
    Case(
        "invoke",
        "SubnetIPAddressLimitReachedException",
        "No addresses",
        "Lambda cannot use the function's VPC configuration",
        status=502,
    ),
    Case(
        "invoke",
        "EFSMountTimeoutException",
        "Timed out",
        "The function's file system could not be mounted",
        status=408,
    ),
    Case(
        "invoke", "SnapStartException", "afterRestore failed", "SnapStart could not initialize the function"
    ),
    # codes in no row
    Case("get", "SomethingNewException", "The moon is full.", "The moon is full."),
    Case("get", "SomethingNewException", "", "AWS returned no further details."),
    Case(
        "get", "Unknown", "slow down", "The account has exceeded the request rate that AWS allows", status=429
    ),
    Case("s3", "502", "Bad Gateway", "AWS reported an internal error", status=502),
    Case("s3", "413", "Too Large", "The request is larger than AWS allows", status=413),
]
