"""What S3 refuses of buckets and their configurations."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from workbench.sandbox.launcher.door.call import Call, Refused, Rule

_CASES = "s3/test_s3.py::"
_OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
_MINIMUM_SIZES = ("all_storage_classes_128K", "varies_by_storage_class")
_LISTS = ("ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2")


def _invalid(message: str, name: str = "", value: str = "") -> Refused:
    fields = {"ArgumentName": name, "ArgumentValue": value} if name else {}
    return Refused("InvalidArgument", message, fields=fields)


def _check_ownership(call: Call) -> None:
    value = call.parameters.get("ObjectOwnership")
    if value is not None and value not in _OWNERSHIPS:
        raise _invalid(f"Invalid x-amz-object-ownership header: {value}", "x-amz-object-ownership")


def _check_encoding(call: Call) -> None:
    value = call.parameters.get("EncodingType")
    if value and value != "url":
        raise _invalid("Invalid Encoding Method specified in Request", "encoding-type", value)


def _check_version_marker(call: Call) -> None:
    marker = call.parameters.get("VersionIdMarker")
    if marker and not call.parameters.get("KeyMarker"):
        raise _invalid(
            "A version-id marker cannot be specified without a key marker.", "version-id-marker", marker
        )


def _check_continuation(call: Call) -> None:
    if call.parameters.get("ContinuationToken") == "":
        raise _invalid("The continuation token provided is incorrect", "continuation-token")


def _check_encryption(call: Call) -> None:
    configuration = call.parameters.get("ServerSideEncryptionConfiguration", {})
    for rule in configuration.get("Rules", ()):
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        if default.get("KMSMasterKeyID") and not str(default.get("SSEAlgorithm")).startswith("aws:kms"):
            raise _invalid(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
                "ApplyServerSideEncryptionByDefault",
            )


def _rules(call: Call) -> list[dict[str, Any]]:
    return list(call.parameters.get("LifecycleConfiguration", {}).get("Rules", ()))


def _check_lifecycle(call: Call) -> None:
    size = call.parameters.get("TransitionDefaultMinimumObjectSize")
    if size is not None and size not in _MINIMUM_SIZES:
        raise Refused("InvalidRequest", f"Invalid TransitionDefaultMinimumObjectSize found: {size}")
    for rule in _rules(call):
        if "Filter" not in rule and "Prefix" not in rule:
            raise Refused(
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema",
            )
        tags = [each.get("Key") for each in rule.get("Filter", {}).get("And", {}).get("Tags", ())]
        if len(set(tags)) < len(tags):
            raise Refused("InvalidRequest", "Duplicate Tag Keys are not allowed.")
        if any(not _is_midnight(date) for date in _dates(rule)):
            raise _invalid("'Date' must be at midnight GMT")


def _dates(rule: dict[str, Any]) -> Iterator[datetime]:
    for each in (rule.get("Expiration", {}), *rule.get("Transitions", ())):
        if isinstance(date := each.get("Date"), datetime):
            yield date


def _is_midnight(date: datetime) -> bool:
    moment = date.astimezone(UTC)
    return (moment.hour, moment.minute, moment.second) == (0, 0, 0)


_LIFECYCLE = "TestS3BucketLifecycle::test_put_bucket_lifecycle_conf_exc"
RULES: tuple[Rule, ...] = (
    Rule(
        ("CreateBucket",),
        _check_ownership,
        (
            f"{_CASES}TestS3BucketOwnershipControls::test_bucket_ownership_controls_exc#ownership-wrong-value-at-creation",
        ),
    ),
    Rule(
        _LISTS,
        _check_encoding,
        (
            f"{_CASES}TestS3::test_list_ops_encoding_type_validation[list_objects_v2]#list_objects_v2-error-wrong-value",
        ),
    ),
    Rule(
        ("ListObjectVersions",),
        _check_version_marker,
        (f"{_CASES}TestS3::test_list_objects_versions_markers#list-objects-next-version-only",),
    ),
    Rule(
        ("ListObjectsV2",),
        _check_continuation,
        (f"{_CASES}TestS3::test_list_objects_v2_continuation_start_after#exc-continuation-token",),
    ),
    Rule(
        ("PutBucketEncryption",),
        _check_encryption,
        (
            f"{_CASES}TestS3BucketEncryption::test_s3_default_bucket_encryption_exc#put-bucket-encryption-kms-with-aes",
        ),
    ),
    Rule(
        ("PutBucketLifecycleConfiguration",),
        _check_lifecycle,
        (
            f"{_CASES}{_LIFECYCLE}#wrong-data-no-midnight",
            f"{_CASES}{_LIFECYCLE}#duplicate-tag-keys",
            f"{_CASES}{_LIFECYCLE}#missing-id",
            f"{_CASES}TestS3BucketLifecycle::test_s3_transition_default_minimum_object_size#bad-value",
        ),
    ),
)
