"""IAM's rules: the actions that an operation needs, and the evaluation of a policy's conditions.

Most actions have the name of their operation; the table has the others. Pure: the Sandbox's own process
imports this, too. Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import fnmatch
import functools
import operator as operators
import re
from collections.abc import Callable, Iterable

_PREFIXES = {
    "dynamodbstreams": "dynamodb",
    "docdb": "rds",
    "efs": "elasticfilesystem",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
_API_SERVICES = ("apigateway", "apigatewayv2")
_API_METHODS = {"Get": "GET", "Create": "POST", "Put": "PUT", "Update": "PATCH", "Delete": "DELETE"}
"""API Gateway's actions are the HTTP methods of its requests."""
_PUT_OBJECT = ("s3:PutObject",)
_COPY_OBJECT = ("s3:GetObject", "s3:PutObject")
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "kms:ReEncrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "lambda:GetLayerVersionByArn": ("lambda:GetLayerVersion",),
    "lambda:Invoke": ("lambda:InvokeFunction",),
    "lambda:InvokeWithResponseStream": ("lambda:InvokeFunction",),
    "s3:CompleteMultipartUpload": _PUT_OBJECT,
    "s3:CopyObject": _COPY_OBJECT,
    "s3:CreateMultipartUpload": _PUT_OBJECT,
    "s3:DeleteBucketCors": ("s3:PutBucketCORS",),
    "s3:DeleteBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:DeleteBucketLifecycle": ("s3:PutLifecycleConfiguration",),
    "s3:DeleteBucketTagging": ("s3:PutBucketTagging",),
    "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:DeletePublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:GetBucketAccelerateConfiguration": ("s3:GetAccelerateConfiguration",),
    "s3:GetBucketEncryption": ("s3:GetEncryptionConfiguration",),
    "s3:GetBucketLifecycle": ("s3:GetLifecycleConfiguration",),
    "s3:GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration",),
    "s3:GetBucketNotificationConfiguration": ("s3:GetBucketNotification",),
    "s3:GetBucketReplication": ("s3:GetReplicationConfiguration",),
    "s3:GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock",),
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:ListBuckets": ("s3:ListAllMyBuckets",),
    "s3:ListMultipartUploads": ("s3:ListBucketMultipartUploads",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    "s3:ListObjects": ("s3:ListBucket",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:ListParts": ("s3:ListMultipartUploadParts",),
    "s3:PutBucketAccelerateConfiguration": ("s3:PutAccelerateConfiguration",),
    "s3:PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:PutBucketLifecycle": ("s3:PutLifecycleConfiguration",),
    "s3:PutBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "s3:PutBucketNotificationConfiguration": ("s3:PutBucketNotification",),
    "s3:PutBucketReplication": ("s3:PutReplicationConfiguration",),
    "s3:PutPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:SelectObjectContent": ("s3:GetObject",),
    "s3:UploadPart": _PUT_OBJECT,
    "s3:UploadPartCopy": _COPY_OBJECT,
    "sns:PublishBatch": ("sns:Publish",),
    "sqs:ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
    "sqs:DeleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:SendMessageBatch": ("sqs:SendMessage",),
    "sts:GetCallerIdentity": (),
    "sts:GetSessionToken": (),
}


def actions_of(operation: str) -> tuple[str, ...]:
    """The IAM actions ("s3:ListBucket") that an operation ("s3:HeadBucket") needs; empty if none."""
    if operation in _OTHER_NAMES:
        return _OTHER_NAMES[operation]
    service, _, name = operation.partition(":")
    if service in _API_SERVICES:
        return tuple(f"apigateway:{method}" for verb, method in _API_METHODS.items() if name.startswith(verb))
    return (f"{_PREFIXES.get(service, service)}:{name}",)


def holds(operator: str, expected: Iterable[str], value: str) -> bool | None:
    """Whether a condition on one key is met.

    Args:
        operator: As in the policy ("StringEquals", "ArnLikeIfExists").
        value: The request's value; empty if the request does not have the key.

    Returns:
        None for an unknown operator.
    """
    set_operator, _, name = operator.lower().rpartition(":")
    is_optional = name.endswith("ifexists") or set_operator == "forallvalues"
    name = name.removesuffix("ifexists")
    if name == "null":
        return any((each.lower() == "true") is not bool(value) for each in expected)
    is_negative = name.startswith(("stringnot", "arnnot", "numericnot"))
    compare = _COMPARISONS.get(name.replace("not", "", 1) if is_negative else name)
    if not value and is_optional:
        return True
    if compare is None:
        return None
    if not value:
        return is_negative
    return any(compare(value, each) for each in expected) is not is_negative


def like(value: str, pattern: str) -> bool:
    """Whether a pattern with IAM's wildcards, * and ?, matches a whole text; [ is an ordinary character."""
    return _compiled(pattern).match(value) is not None


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


def _equal_ignoring_case(value: str, pattern: str) -> bool:
    return value.lower() == pattern.lower()


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def compared(value: str, expected: str) -> bool:
        try:
            return compare(float(value), float(expected))
        except ValueError:
            return False

    return compared


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "stringequals": operators.eq,
    "stringlike": like,
    "stringequalsignorecase": _equal_ignoring_case,
    # ArnEquals and ArnLike are equivalent.
    "arnequals": like,
    "arnlike": like,
    "bool": _equal_ignoring_case,
    "numericequals": _numeric(operators.eq),
    "numericlessthan": _numeric(operators.lt),
    "numericlessthanequals": _numeric(operators.le),
    "numericgreaterthan": _numeric(operators.gt),
    "numericgreaterthanequals": _numeric(operators.ge),
}
