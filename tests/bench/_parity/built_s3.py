"""Requests that S3 refuses, by the recorded refusal's key."""

from typing import Any

from tests.bench._parity.row import Row

_THERE: dict[str, Any] = {"Bucket": "there", "Key": "key"}
_NO_BUCKET: dict[str, Any] = {"Bucket": "does-not-exist-parity", "Key": "key"}
_OBJECT = ("object there key",)
_UPLOAD = {"UploadId": "wrong"}
_TAG = {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}


def _lifecycle(**rule: Any) -> dict[str, Any]:
    whole = {"ID": "rule", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 7}} | rule
    return {"Bucket": "there", "LifecycleConfiguration": {"Rules": [whole]}}


def _tags(*tags: tuple[str, str]) -> dict[str, Any]:
    return _THERE | {"Tagging": {"TagSet": [{"Key": key, "Value": value} for key, value in tags]}}


def _put(key: str, *steps: str, **more: Any) -> Row:
    return Row(key, "s3.PutObject", _THERE | {"Body": "x", **more}, steps)


def _notified(key: str, **rule: str) -> Row:
    configuration = {
        "QueueArn": "arn:aws:sqs:us-east-1:123456789012:queue",
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [rule]}},
    }
    request = {"Bucket": "there", "NotificationConfiguration": {"QueueConfigurations": [configuration]}}
    return Row(key, "s3.PutBucketNotificationConfiguration", request)


def _encrypted(key: str, *rules: dict[str, str], bucket: str = "there") -> Row:
    configuration = {"Rules": [{"ApplyServerSideEncryptionByDefault": rule} for rule in rules]}
    request = {"Bucket": bucket, "ServerSideEncryptionConfiguration": configuration}
    return Row(key, "s3.PutBucketEncryption", request)


def _created(**more: Any) -> dict[str, Any]:
    return {"Bucket": "new", **more}


S3: tuple[Row, ...] = (
    Row(
        "complete-exc-no-parts",
        "s3.CompleteMultipartUpload",
        _THERE | {"UploadId": "upload", "MultipartUpload": {"Parts": []}},
        ("upload there key upload",),
    ),
    Row(
        "complete-exc-wrong-part-number",
        "s3.CompleteMultipartUpload",
        _THERE
        | {
            "UploadId": "upload",
            "MultipartUpload": {"Parts": [{"ETag": '"d41d8cd98f00b204e9800998ecf8427e"', "PartNumber": 2}]},
        },
        ("upload there key upload",),
    ),
    Row("copy-object-wrong-copy-source", "s3.CopyObject", _THERE | {"CopySource": "wrongformat"}),
    Row("no-metadata-directive-fail", "s3.CopyObject", _THERE | {"CopySource": "there/key"}, _OBJECT),
    Row(
        "copy-object-src-bucket-not-exists",
        "s3.CopyObject",
        _THERE | {"CopySource": "does-not-exist-parity/key"},
    ),
    Row("copy-object-src-object-not-exists", "s3.CopyObject", _THERE | {"CopySource": "there/nothing"}),
    Row(
        "test_create_bucket_with_eu_location_constraint_raises",
        "s3.CreateBucket",
        _created(CreateBucketConfiguration={"LocationConstraint": "EU"}),
    ),
    Row("ownership-non-value-at-creation", "s3.CreateBucket", _created(ObjectOwnership="")),
    Row("ownership-wrong-value-at-creation", "s3.CreateBucket", _created(ObjectOwnership="RandomValue")),
    Row(
        "create-bucket-constraint-us-east-1",
        "s3.CreateBucket",
        _created(CreateBucketConfiguration={"LocationConstraint": "us-east-1"}),
    ),
    Row("create-mpu-wrong-checksum-algo", "s3.CreateMultipartUpload", _THERE | {"ChecksumAlgorithm": "TEST"}),
    Row(
        "[COMPOSITE-CRC64NVME]#create-mpu",
        "s3.CreateMultipartUpload",
        _THERE | {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
    ),
    Row(
        "[FULL_OBJECT-SHA1]#create-mpu",
        "s3.CreateMultipartUpload",
        _THERE | {"ChecksumAlgorithm": "SHA1", "ChecksumType": "FULL_OBJECT"},
    ),
    Row(
        "[FULL_OBJECT-SHA256]#create-mpu",
        "s3.CreateMultipartUpload",
        _THERE | {"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
    ),
    Row(
        "create-mpu-no-checksum-algo-with-type",
        "s3.CreateMultipartUpload",
        _THERE | {"ChecksumType": "COMPOSITE"},
    ),
    Row("create-multipart-outposts-exc", "s3.CreateMultipartUpload", _THERE | {"StorageClass": "OUTPOSTS"}),
    Row("test_delete_bucket_with_objects#delete-with-obj", "s3.DeleteBucket", {"Bucket": "there"}, _OBJECT),
    Row("test_delete_bucket_no_such_bucket#", "s3.DeleteBucket", {"Bucket": "does-not-exist-parity"}),
    Row(
        "delete-with-bad-version",
        "s3.DeleteObject",
        _THERE | {"VersionId": "HTPB9zfhxTjRAeBLuRSQfd1ovcW8HAhj"},
        ("versioned there", *_OBJECT),
    ),
    Row(
        "delete-object-bypass-no-lock",
        "s3.DeleteObject",
        _THERE | {"BypassGovernanceRetention": True},
        _OBJECT,
    ),
    Row("delete-no-bucket-tags", "s3.DeleteObjectTagging", _NO_BUCKET),
    Row("delete-no-key-tags", "s3.DeleteObjectTagging", _THERE),
    Row(
        "get-bucket-location-non-existent-bucket", "s3.GetBucketLocation", {"Bucket": "does-not-exist-parity"}
    ),
    Row(
        "test_get_bucket_notification_configuration_no_such_bucket",
        "s3.GetBucketNotificationConfiguration",
        {"Bucket": "does-not-exist-parity"},
    ),
    Row("head_bucket_not_exist", "s3.HeadBucket", {"Bucket": "does-not-exist-parity"}),
    Row("test_list_buckets_region_validation#bad-region", "s3.ListBuckets", {"BucketRegion": "eu-east-1"}),
    Row("[list_multipart_uploads]#", "s3.ListMultipartUploads", {"Bucket": "there", "EncodingType": "wrong"}),
    Row(
        "list-objects-next-version-only", "s3.ListObjectVersions", {"Bucket": "there", "VersionIdMarker": "x"}
    ),
    Row("[list_object_versions]#", "s3.ListObjectVersions", {"Bucket": "there", "EncodingType": "wrong"}),
    Row("[list_objects_v2]#", "s3.ListObjectsV2", {"Bucket": "there", "EncodingType": "wrong"}),
    Row("exc-continuation-token", "s3.ListObjectsV2", {"Bucket": "there", "ContinuationToken": ""}),
    Row("list-part-after-complete-exc", "s3.ListParts", _THERE | _UPLOAD),
    _encrypted("put-bucket-encryption-kms-with-aes", {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "key"}),
    _encrypted("put-bucket-encryption-no-rules"),
    _encrypted("put-bucket-enc-no-bucket", {"SSEAlgorithm": "AES256"}, bucket="does-not-exist-parity"),
    Row(
        "wrong-data-no-midnight",
        "s3.PutBucketLifecycleConfiguration",
        _lifecycle(Expiration={"Date": "2026-03-01T10:11:12Z"}),
    ),
    Row(
        "duplicate-tag-keys",
        "s3.PutBucketLifecycleConfiguration",
        _lifecycle(Filter={"And": {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]}}),
    ),
    Row(
        "test_s3_transition_default_minimum_object_size#bad-value",
        "s3.PutBucketLifecycleConfiguration",
        _lifecycle() | {"TransitionDefaultMinimumObjectSize": "value"},
    ),
    Row(
        "test_put_bucket_lifecycle_conf_exc#missing-id",
        "s3.PutBucketLifecycleConfiguration",
        {"Bucket": "there", "LifecycleConfiguration": {"Rules": [{"Status": "Enabled"}]}},
    ),
    _notified("test_bucket_notification_with_invalid_filter_rules", Name="INVALID", Value="x"),
    _notified("invalid-rule-no-values", Name="prefix"),
    *(
        _put(f"test_put_object_checksum[{name}]#put-wrong-checksum-{fault}", **{f"Checksum{name}": value})
        for name, fault, value in (
            ("CRC32C", "value", "AAAAAA=="),
            ("CRC64NVME", "value", "AAAAAAAAAAA="),
            ("SHA1", "value", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            ("CRC32C", "no-b64", "not base 64"),
            ("CRC64NVME", "no-b64", "not base 64"),
            ("SHA1", "no-b64", "not base 64"),
        )
    ),
    _put("test_s3_checksum_no_algorithm#put-wrong-checksum", ChecksumSHA256="TEST"),
    _put(
        "test_s3_checksum_no_algorithm#put-2-checksums",
        ChecksumSHA256="A" * 43 + "=",
        ChecksumCRC32="AAAAAA==",
    ),
    _put("md5-error-bad-digest", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg=="),
    _put("test_s3_invalid_content_md5#md5-error-0", ContentMD5="__invalid__"),
    _put("put-object-canned-acl", ACL="fake-acl"),
    _put("put-obj-duplicate-tagging", Tagging="a=b&a=c"),
    _put("put-object-with-lock-no-date", ObjectLockMode="GOVERNANCE"),
    _put("put-object-outposts", StorageClass="OUTPOSTS"),
    _put("put-obj-if-match-key-not-exists", IfMatch="d41d8cd98f00b204e9800998ecf8427e"),
    _put("put-obj-if-match-star-value", IfMatch="*"),
    _put("test_put_object_if_none_match#put-obj-if-none-match", *_OBJECT, IfNoneMatch="*"),
    Row("put-object-tags-duplicate-keys", "s3.PutObjectTagging", _tags(("a", "b"), ("a", "c")), _OBJECT),
    Row("put-object-tags-invalid-field", "s3.PutObjectTagging", _tags(("Key1,Key2", "x")), _OBJECT),
    Row("put-object-tags-aws-prefixed", "s3.PutObjectTagging", _tags(("aws:prefixed", "x")), _OBJECT),
    Row("put-no-bucket-tags", "s3.PutObjectTagging", _NO_BUCKET | _TAG),
    Row("put-no-key-tags", "s3.PutObjectTagging", _THERE | _TAG),
    Row(
        "test_multipart_key_validation#upload-part-wrong-key-name",
        "s3.UploadPart",
        _THERE | _UPLOAD | {"PartNumber": 1, "Body": "x"},
    ),
)
