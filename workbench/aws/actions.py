"""Which IAM actions an operation needs.

Most are named after their operation; the table has the others. The Sandbox's own process imports this, too.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

_PREFIXES = {
    "dynamodbstreams": "dynamodb",
    "docdb": "rds",
    "efs": "elasticfilesystem",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
_API_SERVICES = ("apigateway", "apigatewayv2")
_API_METHODS = {"Get": "GET", "Create": "POST", "Put": "PUT", "Update": "PATCH", "Delete": "DELETE"}
"""API Gateway's actions are the methods of its requests."""
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
    """The IAM actions that an operation ("s3:HeadBucket") needs ("s3:ListBucket"); empty if it needs none."""
    if operation in _OTHER_NAMES:
        return _OTHER_NAMES[operation]
    service, _, name = operation.partition(":")
    if service in _API_SERVICES:
        return tuple(f"apigateway:{method}" for verb, method in _API_METHODS.items() if name.startswith(verb))
    return (f"{_PREFIXES.get(service, service)}:{name}",)
