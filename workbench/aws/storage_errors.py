"""What S3 answers about buckets, objects and uploads, and what to do. Data only.

Source: AWS's recorded answers (tests/aws/recorded_refusals.json) and
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from workbench.aws.error_rule import Rows, Rule, on

_AGAIN = "Upload the file again."
_READ = "s3:GetObject s3:HeadObject"
_CUSTOMER_KEY = Rule(
    "The object is encrypted with a key of a customer's own, which Workbench does not have. {message}",
    "Store the object again, encrypted with an S3 or KMS key.",
    message="customer provided keys|stored using a form of server side encryption",
    operation=_READ,
)

STORAGE: Rows = (
    on(
        "NoSuchBucket 404",
        Rule(
            "The bucket does not exist. {message}",
            "Choose another bucket, and check the region.",
            operation="s3:HeadBucket s3:CreateBucket",
        ),
    ),
    on(
        "NoSuchBucket",
        Rule("The bucket does not exist. {message}", "Choose another bucket, and check the region."),
    ),
    on(
        "NoSuchKey NoSuchVersion 404",
        Rule(
            "The object does not exist in the bucket. {message}",
            "Check the object's key, or upload it again.",
        ),
    ),
    on(
        "NoSuchUpload",
        Rule("The upload no longer exists: it was completed or aborted. {message}", _AGAIN),
    ),
    on(
        "400",
        Rule(
            # An answer to HEAD has no body: S3 gives its status alone.
            "S3 did not accept the request for the object: the version's ID is not valid, or the object "
            "is encrypted with a key of a customer's own. {message}",
            "Check the object's version and its encryption in S3.",
            operation=_READ,
        ),
    ),
    on(
        "304",
        Rule(
            "The object has not changed since it was last read, so S3 did not send it. {message}",
            "Try again. If the error persists, check the proxy settings.",
            operation=_READ,
        ),
    ),
    on(
        "InvalidObjectState",
        Rule(
            "The object is archived, so S3 cannot send it now. {message}",
            "Restore the object in S3, wait until it is available, then try again.",
        ),
    ),
    on(
        "InvalidRange 416",
        Rule(
            "The object is shorter than the part asked for: it was replaced while it was read. {message}",
            "Start the download again.",
            operation=_READ,
        ),
    ),
    on(
        "InvalidEncryptionAlgorithmError",
        Rule(
            "S3 does not know the way in which the object is to be encrypted. {message}",
            "Encrypt the object with an S3 or KMS key.",
        ),
    ),
    on(
        "BadDigest InvalidDigest XAmzContentSHA256Mismatch",
        Rule("The file was damaged on its way to the bucket. {message}", _AGAIN),
    ),
    on(
        "InvalidPart InvalidPartOrder EntityTooSmall",
        Rule("The upload's parts do not fit together. {message}", _AGAIN),
    ),
    on(
        "PreconditionFailed 412",
        Rule(
            "The object was replaced while it was read. {message}",
            "Start again with the object as it is now.",
            operation=_READ,
        ),
        Rule(
            "The object was changed in the meantime. Your change was not applied. {message}",
            "Check the object, then try again.",
        ),
    ),
    on(
        "ConditionalRequestConflict OperationAborted OperationAbortedException",
        Rule(
            "Another change of the bucket or the object is in progress. {message}",
            "Wait a moment, then try again.",
        ),
    ),
    on(
        "BucketAlreadyOwnedByYou",
        Rule("You already own a bucket of this name. {message}", "Use it, or choose another name."),
    ),
    on(
        "BucketAlreadyExists",
        Rule(
            "Another account owns a bucket of this name: bucket names are unique across AWS. {message}",
            "Choose another name for the bucket.",
        ),
    ),
    on(
        "BucketNotEmpty",
        Rule(
            "The bucket still holds objects or their versions. {message}",
            "Delete the objects and all their versions first.",
        ),
    ),
    on(
        "InvalidBucketName",
        Rule(
            "The bucket's name is not valid. {message}",
            "Use 3 to 63 small letters, digits, hyphens and periods.",
        ),
    ),
    on(
        "IllegalLocationConstraintException InvalidLocationConstraint PermanentRedirect "
        "AuthorizationHeaderMalformed",
        Rule(
            "The bucket is in another region than the request. {message}",
            "Switch to the bucket's region.",
            "profile.choose_region",
        ),
    ),
    on(
        "TooManyBuckets",
        Rule(
            "The account has reached its quota of buckets. {message}",
            "Delete unused buckets, or request a quota increase.",
        ),
    ),
    on(
        "InvalidTag",
        Rule(
            "A tag of the bucket or the object is not valid. {message}",
            "Correct the tag: keys are unique, have 1 to 128 characters, and do not begin with “aws:”.",
        ),
    ),
    on(
        "MalformedXML",
        Rule(
            "S3 did not accept the settings of the bucket or the object. {message}",
            "Correct the settings: a required field is missing, or a value is none that S3 knows.",
        ),
    ),
    on(
        "InvalidStorageClass",
        Rule("The object's storage class is not valid. {message}", "Choose another storage class."),
    ),
    on(
        "MethodNotAllowed 405",
        Rule(
            "The object was deleted: its newest version is a delete marker. {message}",
            "Choose an earlier version of the object, or upload it again.",
        ),
    ),
    on(
        "NotImplemented",
        Rule(
            "S3 does not offer this for the bucket. {message}",
            "Use a general purpose bucket, and leave out what AWS names.",
        ),
    ),
    on(
        "AccessDenied",
        _CUSTOMER_KEY,
        Rule(
            "Object Lock protects the object. {message}",
            "Wait until its retention ends, or ask an administrator of the account to bypass it.",
            message="object lock",
        ),
        Rule(
            "Something on the way changed the request: it has headers that were not signed. {message}",
            "Check the proxy, then try again.",
            message="headers present in the request which were not signed",
        ),
    ),
    on(
        "InvalidRequest",
        _CUSTOMER_KEY,
        Rule(
            "The bucket does not take an upload without a checksum, because Object Lock is on. {message}",
            "Choose another bucket.",
            message="Content-MD5",
            operation="s3:",
        ),
        Rule(
            "The object's checksum was refused. {message}",
            _AGAIN,
            message="checksum",
            operation="s3:",
        ),
        Rule(
            "The object cannot be copied in this way. {message}",
            "Choose another source, or another name for the copy.",
            message="copy|source",
            operation="s3:CopyObject s3:UploadPartCopy",
        ),
        Rule(
            "The upload's parts do not fit together. {message}",
            _AGAIN,
            operation="s3:CompleteMultipartUpload s3:UploadPart s3:CreateMultipartUpload",
        ),
        Rule(
            "The bucket's lifecycle rules are not valid. {message}",
            "Correct the bucket's lifecycle rules.",
            operation="s3:PutBucketLifecycleConfiguration",
        ),
        Rule(
            "S3 cannot do this with the bucket or the object. {message}",
            "Check the bucket's settings, then try again.",
            operation="s3:",
        ),
    ),
    on(
        "InvalidArgument",
        Rule(
            "The ID of the object's version is not valid. {message}",
            "Choose a version that the bucket lists for the object.",
            message="version id",
            operation=_READ,
        ),
        Rule(
            "The source of the copy is not valid. {message}",
            "Choose another object or another part of it.",
            operation="s3:CopyObject s3:UploadPartCopy",
        ),
        Rule(
            "The bucket's encryption settings contradict each other. {message}",
            "Choose encryption with a KMS key, or leave out the key.",
            operation="s3:PutBucketEncryption",
        ),
        Rule(
            "The bucket's lifecycle rules are not valid. {message}",
            "Correct the bucket's lifecycle rules.",
            operation="s3:PutBucketLifecycleConfiguration",
        ),
        Rule(
            "The bucket's settings are not valid. {message}",
            "Correct the bucket's settings.",
            operation="s3:CreateBucket",
        ),
        Rule(
            "The region does not exist, or is not enabled. {message}",
            "Choose another region.",
            "profile.choose_region",
            message="not a valid AWS Region",
            operation="s3:",
        ),
        Rule(
            "The list of the bucket cannot be continued from there. {message}",
            "Read the list again from its beginning.",
            operation="s3:ListBuckets s3:ListMultipartUploads s3:ListObjectVersions "
            "s3:ListObjectsV2 s3:ListParts",
        ),
        Rule(
            "The object's version, or a setting of its deletion, is not valid. {message}",
            "Read the object's versions again.",
            operation="s3:DeleteObject",
        ),
        Rule(
            "The object's settings are not valid. {message}",
            "Correct the object's tags, retention or encryption.",
            operation="s3:PutObject s3:UploadPart s3:PutObjectTagging s3:CreateMultipartUpload",
        ),
    ),
)
