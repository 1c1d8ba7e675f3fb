"""IAM: the actions that operations need, and the conditions of policies.

Most actions have the name of their operation; the table has the others.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/ and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import fnmatch
import functools
import operator as operators
import re
from collections.abc import Callable, Iterable

_PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "amp": "aps",
    "appconfigdata": "appconfig",
    "appintegrations": "app-integrations",
    "bedrock-agent": "bedrock",
    "bedrock-agent-runtime": "bedrock",
    "bedrock-agentcore-control": "bedrock-agentcore",
    "bedrock-data-automation": "bedrock",
    "bedrock-data-automation-runtime": "bedrock",
    "bedrock-runtime": "bedrock",
    "chime-sdk-identity": "chime",
    "chime-sdk-media-pipelines": "chime",
    "chime-sdk-meetings": "chime",
    "chime-sdk-messaging": "chime",
    "chime-sdk-voice": "chime",
    "cleanroomsml": "cleanrooms-ml",
    "cloudcontrol": "cloudformation",
    "cloudhsmv2": "cloudhsm",
    "codeguruprofiler": "codeguru-profiler",
    "connectcampaigns": "connect-campaigns",
    "connectcampaignsv2": "connect-campaigns",
    "connectcases": "cases",
    "customer-profiles": "profile",
    "docdb": "rds",
    "dynamodbstreams": "dynamodb",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "forecastquery": "forecast",
    "greengrassv2": "greengrass",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "ivs-realtime": "ivs",
    "keyspaces": "cassandra",
    "kinesis-video-archived-media": "kinesisvideo",
    "kinesis-video-media": "kinesisvideo",
    "kinesis-video-signaling": "kinesisvideo",
    "kinesisanalyticsv2": "kinesisanalytics",
    "lex-models": "lex",
    "lex-runtime": "lex",
    "lexv2-models": "lex",
    "lexv2-runtime": "lex",
    "location": "geo",
    "mailmanager": "ses",
    "marketplace-entitlement": "aws-marketplace",
    "mediastore-data": "mediastore",
    "meteringmarketplace": "aws-marketplace",
    "mturk": "mechanicalturk",
    "mwaa": "airflow",
    "neptune": "rds",
    "neptunedata": "neptune-db",
    "opensearch": "es",
    "opensearchserverless": "aoss",
    "payment-cryptography-data": "payment-cryptography",
    "personalize-events": "personalize",
    "personalize-runtime": "personalize",
    "pinpoint": "mobiletargeting",
    "pinpoint-email": "ses",
    "pinpoint-sms-voice": "sms-voice",
    "pinpoint-sms-voice-v2": "sms-voice",
    "qconnect": "wisdom",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "s3outposts": "s3-outposts",
    "sagemaker-a2i-runtime": "sagemaker",
    "sagemaker-edge": "sagemaker",
    "sagemaker-featurestore-runtime": "sagemaker",
    "sagemaker-metrics": "sagemaker",
    "sagemaker-runtime": "sagemaker",
    "service-quotas": "servicequotas",
    "servicecatalog-appregistry": "servicecatalog",
    "sesv2": "ses",
    "simpledbv2": "sdb",
    "socialmessaging": "social-messaging",
    "sso-admin": "sso",
    "stepfunctions": "states",
    "support-app": "supportapp",
    "taxsettings": "tax",
    "timestream-query": "timestream",
    "timestream-write": "timestream",
    "voice-id": "voiceid",
}
"""The prefixes of actions, of the services where they are not botocore's name of the service."""
_API_SERVICES = ("apigateway", "apigatewayv2")
_API_METHODS = {
    "Delete": "DELETE", "Disable": "DELETE", "Export": "GET", "Flush": "DELETE", "Get": "GET", "List": "GET",
    "Put": "PUT", "Reimport": "PUT", "Reset": "DELETE", "Tag": "PUT", "Untag": "DELETE", "Update": "PATCH",
}  # fmt: skip
"""API Gateway's actions are the HTTP methods of its requests; POST unless its name begins so."""
_PUT_OBJECT = ("s3:PutObject",)
_COPY_OBJECT = ("s3:GetObject", "s3:PutObject")
_CONNECTIONS = ("execute-api:ManageConnections",)
_PARTIQL = tuple(f"dynamodb:PartiQL{verb}" for verb in ("Delete", "Insert", "Select", "Update"))
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "apigateway:ImportDocumentationParts": ("apigateway:PUT",),
    "apigatewayv2:ImportApi": ("apigateway:PUT",),
    "apigatewayv2:TagResource": ("apigateway:POST",),
    "apigatewaymanagementapi:DeleteConnection": _CONNECTIONS,
    "apigatewaymanagementapi:GetConnection": _CONNECTIONS,
    "apigatewaymanagementapi:PostToConnection": _CONNECTIONS,
    "bedrock-runtime:Converse": ("bedrock:InvokeModel",),
    "bedrock-runtime:ConverseStream": ("bedrock:InvokeModelWithResponseStream",),
    "dynamodb:BatchExecuteStatement": _PARTIQL,
    "dynamodb:ExecuteStatement": _PARTIQL,
    "dynamodb:ExecuteTransaction": _PARTIQL,
    "dynamodb:TransactGetItems": ("dynamodb:GetItem",),
    "dynamodb:TransactWriteItems": (
        *("dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"),
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
    ),
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


_WITHOUT_OPERATION = (
    "execute-api:Invoke",
    "iam:PassRole",
    "iot:Connect",
    "lambda:InvokeFunctionUrl",
    "rds-db:connect",
    "s3:DeleteObjectVersion",
    "s3:DeleteObjectVersionTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
)


def actions_of(operation: str) -> tuple[str, ...]:
    """The IAM actions ("s3:ListBucket") that an operation ("s3:HeadBucket") needs; empty if none."""
    if operation in _OTHER_NAMES:
        return _OTHER_NAMES[operation]
    service, _, name = operation.partition(":")
    if service in _API_SERVICES:
        methods = (method for verb, method in _API_METHODS.items() if name.startswith(verb))
        return (f"apigateway:{next(methods, 'POST')}",)
    return (f"{_PREFIXES.get(service, service)}:{name}",)


def services_of(prefix: str, names: Iterable[str]) -> list[str]:
    """Those of these services whose actions have a prefix ("ses" of sesv2, and of ses itself)."""
    return [name for name in names if _PREFIXES.get(name, name) == prefix]


def other_actions(prefix: str) -> set[str]:
    """The actions of a prefix that no operation has the name of, as far as they are known."""
    named = {action for actions in _OTHER_NAMES.values() for action in actions}
    return {action for action in (*named, *_WITHOUT_OPERATION) if action.startswith(f"{prefix}:")}


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
