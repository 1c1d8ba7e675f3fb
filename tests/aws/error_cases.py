"""What AWS answers when it refuses, and what a person must read of it."""

from dataclasses import dataclass, field
from typing import Any

REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "get": ("lambda", "get_function", {"FunctionName": "hello"}),
    "list": ("lambda", "list_functions", {}),
    "invoke": ("lambda", "invoke", {"FunctionName": "hello"}),
    "permit": (
        "lambda",
        "add_permission",
        {
            "FunctionName": "hello",
            "StatementId": "s3",
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
        },
    ),
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
    """An answer of AWS, and what a person must read of it.

    Attributes:
        request: Of REQUESTS.
        code: AWS's.
        message: AWS's; see SOURCES.
        why: How the cause begins.
        is_fallback: The message is made up: what is said where the code is all that is known.
    """

    request: str
    code: str
    message: str
    why: str
    action: str = ""
    status: int = 400
    fields: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    remedy: str = ""
    is_fallback: bool = False

    def __str__(self) -> str:
        return f"{self.code}-{self.why[:20]}"


def _denied(action: str, rest: str = "") -> str:
    who, what = "User: arn:aws:iam::123456789012:user/me", "arn:aws:lambda:x:1:function:hello"
    rest = rest or f"because no identity-based policy allows the {action} action"
    return f"{who} is not authorized to perform: {action} on resource: {what} {rest}"


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
        _denied("lambda:UpdateFunctionCode", "with an explicit deny in an identity-based policy"),
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
        "Signature expired: 20191029T154623Z is now earlier than 20191029T163344Z "
        "(20191029T164844Z - 15 min.)",
        "AWS rejected the time of the request. This computer's clock is 12 min behind.",
        "connection.retry",
        403,
        meta={"HTTPHeaders": {"date": "12 minutes from now"}},
    ),
    Case(
        "sts",
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.",
        "The secret access key does not match the access key ID",
        "profile.edit",
        403,
    ),
    Case(
        "get",
        "InvalidSignatureException",
        "Signature not yet current: 20190305T002809Z is still later than 20190304T214315Z "
        "(20190304T212815Z + 15 min.)",
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
        "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.",
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
        "The operation cannot be performed at this time. An update is in progress for resource: "
        "arn:aws:lambda:eu-central-1:123456789012:function:hello",
        "An update of the function is still in progress",
        "function.refresh",
        409,
    ),
    Case(
        "get", "ResourceConflictException", "Function already exist: hello", "It already exists", status=409
    ),
    Case(
        "permit",
        "ResourceConflictException",
        "The statement id (s3) provided already exists. Please provide a new statement id, or remove the "
        "existing statement.",
        "The function's policy already has a statement with this ID.",
        status=409,
    ),
    Case(
        "get",
        "ResourceConflictException",
        "Something else is in the way.",
        "The request conflicts with the current state",
        "function.refresh",
        409,
        is_fallback=True,
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
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API "
        "to retrieve the latest Revision Id",
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
        "The function is inactive and its VPC connection is no longer available. Wait for the VPC connection "
        "to reestablish and try again.",
        "The function was idle",
        status=502,
    ),
    # the request
    Case(
        "invoke",
        "RequestTooLargeException",
        "The request payload exceeded the Invoke request body JSON input quota. For more information, see "
        "Lambda quotas.",
        "The request is larger",
        status=413,
    ),
    Case(
        "get",
        "PolicyLengthExceededException",
        "The final policy size (20749) is bigger than the limit (20480).",
        "The function's resource policy would exceed",
    ),
    Case(
        "invoke",
        "InvalidRequestContentException",
        "Could not parse request body into json: Could not parse payload into json: Unexpected character "
        "((CTRL-CHAR, code 153)): expected a valid value",
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
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
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
        "Something about it is not as it should be.",
        "AWS rejected a value",
        is_fallback=True,
    ),
    Case(
        "logs",
        "InvalidParameterException",
        "Invalid filter pattern",
        "The filter pattern is not valid",
    ),
    Case(
        "invoke",
        "InvalidZipFileException",
        "Lambda could not unzip the deployment package.",
        "The package is not a zip",
        status=502,
    ),
    Case(
        "invoke",
        "InvalidRuntimeException",
        "The runtime or runtime version specified is not supported.",
        "Lambda does not support this runtime",
        status=502,
    ),
    Case(
        "update",
        "CodeVerificationFailedException",
        "The code signature failed one or more of the validation checks for signature mismatch or expiry, "
        "and the code signing policy is set to ENFORCE. Lambda blocks the deployment.",
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
        "The Lambda service encountered an internal error.",
        "AWS reported an internal error",
        status=500,
    ),
    Case("logs", "ServiceUnavailableException", "", "AWS reported an internal error", status=503),
    Case(
        "update",
        "CodeStorageExceededException",
        "Your Amazon Web Services account has exceeded its maximum total code size. For more information, "
        "see Lambda quotas.",
        "The account's code storage in this region is full",
    ),
    Case("logs", "LimitExceededException", "Resource limit exceeded.", "A quota of the account is reached"),
    Case(
        "invoke",
        "KMSAccessDeniedException",
        "Lambda couldn't decrypt the environment variables because KMS access was denied. Check the Lambda "
        "function's KMS permissions.",
        "Lambda does not have permission to use the function's KMS key",
        status=502,
    ),
    Case(
        "invoke",
        "KMSDisabledException",
        "Lambda couldn't decrypt the environment variables because the KMS key used is disabled. Check the "
        "Lambda function's KMS key settings.",
        "The KMS key cannot be used",
        status=502,
    ),
    Case(
        "invoke",
        "RecursiveInvocationException",
        "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services "
        "resources and stopped your function's invocation.",
        "Lambda detected and stopped a recursive loop",
    ),
    Case(
        "invoke",
        "SubnetIPAddressLimitReachedException",
        "Lambda couldn't set up VPC access for the Lambda function because one or more configured subnets "
        "has no available IP addresses.",
        "Lambda cannot use the function's VPC configuration",
        status=502,
    ),
    Case(
        "invoke",
        "EFSMountTimeoutException",
        "The Lambda function made a network connection to the configured file system, but the mount "
        "operation timed out.",
        "The function's file system could not be mounted",
        status=408,
    ),
    Case(
        "invoke",
        "SnapStartException",
        "The afterRestore() runtime hook encountered an error. For more information, check the Amazon "
        "CloudWatch logs.",
        "SnapStart could not initialize the function",
    ),
    # codes in no row
    Case("get", "SomethingNewException", "The moon is full.", "The moon is full.", is_fallback=True),
    Case("get", "SomethingNewException", "", "AWS returned no further details."),
    Case(
        "get",
        "Unknown",
        "slow down",
        "The account has exceeded the request rate that AWS allows",
        status=429,
        is_fallback=True,
    ),
    Case("s3", "502", "Bad Gateway", "AWS reported an internal error", status=502),
    Case("s3", "413", "Content Too Large", "The request is larger than AWS allows", status=413),
]

_ISSUE = "https://github.com/"
SOURCES = {
    "MultiFactorAuthentication failed with invalid": f"{_ISSUE}aws/aws-cli/issues/2279",
    "MultiFactorAuthentication failed, unable to": f"{_ISSUE}aws/aws-cli/issues/6325",
    "User: arn:aws:iam::123456789012:user/me is not authorized to perform: ": (
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"
    ),
    "You are not authorized to perform this": (
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"
    ),
    "The security token included in the request is invalid.": f"{_ISSUE}aws/chalice/issues/152",
    "The security token included in the request is expired": (
        "https://docs.aws.amazon.com/signer/latest/api/CommonErrors.html"
    ),
    "Signature expired: ": f"{_ISSUE}EngineerBetter/control-tower/issues/51",
    "Signature not yet current: ": f"{_ISSUE}aws/aws-sdk-js/issues/2565",
    "The difference between the request time and": f"{_ISSUE}aws/aws-sdk-php/issues/612",
    "You are not subscribed to this service.": f"{_ISSUE}Appliscale/cloud-security-audit/issues/24",
    "No access": f"{_ISSUE}aws/aws-sam-cli/issues/2129",
    "The specified log group already exists": f"{_ISSUE}aws-robotics/cloudwatchlogs-ros1/issues/1",
    "The final policy size (20749) is bigger": f"{_ISSUE}adobe/helix-deploy/issues/24",
    "The role defined for the function cannot be": f"{_ISSUE}nficano/python-lambda/issues/28",
    "Rate exceeded": f"{_ISSUE}apache/airflow/issues/35164",
    "Configuration is ambiguously defined. Cannot": f"{_ISSUE}aws/aws-cli/issues/2387",
    "Could not execute the lambda function. Make": f"{_ISSUE}localstack/localstack/issues/2653",
    "Function already exist: ": f"{_ISSUE}aws/chalice/issues/731",
    "Invalid filter pattern": f"{_ISSUE}aws/aws-toolkit-jetbrains/issues/3219",
    "Invalid parameter: Attributes Reason: Subscription already exists": (
        f"{_ISSUE}localstack/localstack/issues/8816"
    ),
    "Queue visibility timeout: 30 seconds is less": f"{_ISSUE}winglang/wing/issues/1507",
    "The notification destination service region is": (
        f"{_ISSUE}cloud-custodian/cloud-custodian/issues/1720"
    ),
    "Event source region must match Lambda region": f"{_ISSUE}pmuens/serverless-kinesis-streams/issues/1",
    "Cross-region API call is not allowed.": (
        f"{_ISSUE}aws-samples/amazon-eventbridge-resource-policy-samples/issues/10"
    ),
}
"""Where a text was seen that is neither recorded nor in a service's model; by its beginning."""
