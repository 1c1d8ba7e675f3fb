"""What S3 refuses."""

import base64
import binascii
import functools
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from workbench_sandbox.rules.notifications import Entry, key_filter, overlap
from workbench_sandbox.server.buckets import is_bucket_name
from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.policies import Principal, accepts
from workbench_sandbox.server.door.rules import Call, Refused, Rules, malformed_xml

_DOCS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
_FILTERS = ("prefix", "suffix")
_OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
_MINIMUM_SIZES = ("all_storage_classes_128K", "varies_by_storage_class")
_NOTIFY = "PutBucketNotificationConfiguration"
_LISTS = ("ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2")
_CHECKSUM_BYTES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
_MD5_BYTES = 16
_WRONG_TYPES = {("COMPOSITE", "CRC64NVME"), ("FULL_OBJECT", "SHA1"), ("FULL_OBJECT", "SHA256")}
_BUCKET_ARN = re.compile(r"arn:aws[a-z-]*:s3::")
_CLASSES = frozenset({
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
    "DEEP_ARCHIVE", "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS", "FSX_ONTAP",
})  # fmt: skip
_TAG_KEY = re.compile(r"[\w\s+\-=.:/@]*")
_CHANGES = (
    "BucketKeyEnabled", "ChecksumAlgorithm", "SSECustomerAlgorithm", "SSEKMSKeyId", "ServerSideEncryption",
    "StorageClass", "WebsiteRedirectLocation",
)  # fmt: skip
_UPLOADS = ("AbortMultipartUpload", "CompleteMultipartUpload", "ListParts", "UploadPart", "UploadPartCopy")
_WRITES = ("PutObject", "UploadPart")
_request = functools.partial(Refused, "InvalidRequest")
_bad_tag = functools.partial(Refused, "InvalidTag")

rules = Rules("s3")


class _Kind(NamedTuple):
    """A kind of destination: its member, AWS's word for it, and its service."""

    configurations: str
    member: str
    argument: str
    service: str


_KINDS = (
    _Kind("LambdaFunctionConfigurations", "LambdaFunctionArn", "CloudFunction", "lambda"),
    _Kind("QueueConfigurations", "QueueArn", "Queue", "sqs"),
    _Kind("TopicConfigurations", "TopicArn", "Topic", "sns"),
)


def _invalid(message: str, name: str = "", value: str = "") -> Refused:
    fields = {"ArgumentName": name, "ArgumentValue": value} if name else {}
    return Refused("InvalidArgument", message, fields=fields)


def _entries(call: Call) -> Iterator[tuple[_Kind, Entry]]:
    configuration = call.parameters.get("NotificationConfiguration", {})
    for kind in _KINDS:
        yield from ((kind, each) for each in configuration.get(kind.configurations, ()))


def _arn(kind: _Kind, entry: Entry) -> str:
    return str(entry.get(kind.member, ""))


@rules.add(_NOTIFY, "test_bucket_not_exist")
def _check_bucket(call: Call) -> None:
    name = call.text("Bucket")
    if stores.bucket(name) is None:
        raise Refused("NoSuchBucket", "The specified bucket does not exist", 404, fields={"BucketName": name})


@rules.add(_NOTIFY, "test_invalid_lambda_arn")
def _check_arns(call: Call) -> None:
    for kind, entry in _entries(call):
        arn = _arn(kind, entry)
        parts = arn.split(":")
        if len(parts) < 6 or parts[0] != "arn" or parts[2] != kind.service:
            raise _invalid("The ARN could not be parsed", kind.argument, arn)


@rules.add(_NOTIFY, "test_bucket_notification_with_invalid_filter_rules")
def _check_filters(call: Call) -> None:
    for _, entry in _entries(call):
        for rule in entry.get("Filter", {}).get("Key", {}).get("FilterRules", ()):
            if "Name" not in rule or "Value" not in rule:
                raise malformed_xml()
            name = str(rule.get("Name", ""))
            if name.lower() not in _FILTERS:
                raise _invalid("filter rule name must be either prefix or suffix", "FilterRule.Name", name)


@rules.add(_NOTIFY, f"{_DOCS}notification-how-to-filtering.html")
def _check_ids(call: Call) -> None:
    ids = [entry["Id"] for _, entry in _entries(call) if entry.get("Id")]
    if len(set(ids)) < len(ids):
        raise _invalid("Same ID used for multiple configurations. IDs must be unique")


@rules.add(_NOTIFY, f"{_DOCS}notification-how-to-filtering.html")
def _check_overlap(call: Call) -> None:
    for (_, one), (_, other) in itertools.combinations(_entries(call), 2):
        if not overlap(one, other):
            continue
        if key_filter(one) == key_filter(other) == ("", ""):
            raise _invalid(
                "Configurations overlap. Configurations on the same bucket cannot share a common event type."
            )
        raise _invalid(
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
            "overlapping for the same event type."
        )


@rules.add(_NOTIFY, "test_invalid_lambda_arn")
def _check_destinations(call: Call) -> None:
    if call.parameters.get("SkipDestinationValidation"):
        return
    bucket_arn = f"arn:aws:s3:::{call.parameters.get('Bucket')}"
    principal = Principal("s3.amazonaws.com", bucket_arn, call.account_id)
    fields: dict[str, str] = {}
    for kind, entry in _entries(call):
        arn = _arn(kind, entry)
        if fault := _destination_fault(kind.service, arn, principal):
            number = len(fields) // 2 + 1
            fields[f"ArgumentName{number}"] = f"{arn}, null" if kind.service == "lambda" else arn
            fields[f"ArgumentValue{number}"] = fault
    if fields:
        text = "Unable to validate the following destination configurations"
        raise Refused("InvalidArgument", text, fields=fields)


def _destination_fault(service: str, arn: str, principal: Principal) -> str:
    """Why S3 cannot send notifications to a destination, in AWS's words; empty if it can."""
    if service == "lambda":
        return "" if accepts(arn, principal) else f"Not authorized to invoke function [{arn}]"
    is_queue = service == "sqs"
    found = stores.queue(arn) if is_queue else stores.topic(arn)
    noun = "queue" if is_queue else "topic"
    if found is None:
        return f"The destination {noun} does not exist"
    if accepts(arn, principal):
        return ""
    return f"Permissions on the destination {noun} do not allow S3 to publish notifications from this bucket"


@rules.add("PutBucketReplication", "https://docs.aws.amazon.com/AmazonS3/latest/API/API_Destination.html")
def _check_replicas(call: Call) -> None:
    for rule in call.parameters.get("ReplicationConfiguration", {}).get("Rules", ()):
        arn = str(rule.get("Destination", {}).get("Bucket", ""))
        prefix, _, name = arn.rpartition(":")
        if not (_BUCKET_ARN.fullmatch(prefix) and is_bucket_name(name)):
            raise _invalid("Invalid bucket ARN.", "Bucket", arn)


@rules.add("CreateBucket", "test_bucket_ownership_controls_exc")
def _check_ownership(call: Call) -> None:
    value = call.parameters.get("ObjectOwnership")
    if value is not None and value not in _OWNERSHIPS:
        raise _invalid(f"Invalid x-amz-object-ownership header: {value}", "x-amz-object-ownership")


@rules.add(_LISTS, "test_list_ops_encoding_type_validation")
def _check_encoding(call: Call) -> None:
    value = call.parameters.get("EncodingType")
    if value and value != "url":
        raise _invalid("Invalid Encoding Method specified in Request", "encoding-type", value)


@rules.add("ListObjectVersions", "test_list_objects_versions_markers")
def _check_version_marker(call: Call) -> None:
    marker = call.parameters.get("VersionIdMarker")
    if marker and not call.parameters.get("KeyMarker"):
        raise _invalid(
            "A version-id marker cannot be specified without a key marker.", "version-id-marker", marker
        )


@rules.add("ListObjectsV2", "test_list_objects_v2_continuation_start_after")
def _check_continuation(call: Call) -> None:
    if call.parameters.get("ContinuationToken") == "":
        raise _invalid("The continuation token provided is incorrect", "continuation-token")


@rules.add("PutBucketEncryption", "test_s3_default_bucket_encryption_exc")
def _check_encryption(call: Call) -> None:
    configuration = call.parameters.get("ServerSideEncryptionConfiguration", {})
    for rule in configuration.get("Rules", ()):
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        if default.get("KMSMasterKeyID") and not str(default.get("SSEAlgorithm")).startswith("aws:kms"):
            raise _invalid(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
                "ApplyServerSideEncryptionByDefault",
            )


@rules.add("PutBucketLifecycleConfiguration", "test_put_bucket_lifecycle_conf_exc")
def _check_lifecycle(call: Call) -> None:
    size = call.parameters.get("TransitionDefaultMinimumObjectSize")
    if size is not None and size not in _MINIMUM_SIZES:
        raise Refused("InvalidRequest", f"Invalid TransitionDefaultMinimumObjectSize found: {size}")
    for rule in call.parameters.get("LifecycleConfiguration", {}).get("Rules", ()):
        if "Filter" not in rule and "Prefix" not in rule:
            raise malformed_xml()
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


# ---- objects and uploads in parts --------------------------------------------------------------------------


def _is_base64_of(text: str, size_bytes: int) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == size_bytes
    except (binascii.Error, ValueError):
        return False


# ---- checksums -------------------------------------------------------------------------------------------


@rules.add(_WRITES, "test_s3_invalid_content_md5")
def _check_md5(call: Call) -> None:
    value = call.parameters.get("ContentMD5")
    if value is not None and not _is_base64_of(value, _MD5_BYTES):
        raise Refused(
            "InvalidDigest", "The Content-MD5 you specified was invalid.", fields={"Content_MD5": value}
        )


@rules.add(_WRITES, "test_s3_checksum_no_algorithm")
def _check_checksums(call: Call) -> None:
    given = {
        name: call.parameters[f"Checksum{name}"]
        for name in _CHECKSUM_BYTES
        if f"Checksum{name}" in call.parameters
    }
    if len(given) > 1:
        raise _request("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    for name, value in given.items():
        if not _is_base64_of(value, _CHECKSUM_BYTES[name]):
            raise _request(f"Value for x-amz-checksum-{name.lower()} header is invalid.")


@rules.add("CreateMultipartUpload", "test_multipart_parts_checksum_exceptions_composite")
def _check_upload_checksum(call: Call) -> None:
    kind, algorithm = call.parameters.get("ChecksumType"), call.parameters.get("ChecksumAlgorithm")
    if algorithm and algorithm not in _CHECKSUM_BYTES:
        raise _request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(_CHECKSUM_BYTES)}]"
        )
    if kind and not algorithm:
        raise _request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
        )
    if (kind, algorithm) in _WRONG_TYPES:
        raise _request(
            f"The {kind} checksum type cannot be used with the {str(algorithm).lower()} checksum algorithm."
        )


# ---- objects ---------------------------------------------------------------------------------------------


@rules.add(("CopyObject", "CreateMultipartUpload", "PutObject"), "test_put_object_storage_class_outposts")
def _check_storage_class(call: Call) -> None:
    value = call.parameters.get("StorageClass")
    if value is not None and value not in _CLASSES:
        raise Refused(
            "InvalidStorageClass",
            "The storage class you specified is not valid",
            fields={"StorageClassRequested": value},
        )


@rules.add("PutObject", "test_put_object_if_match_validation")
def _check_conditions(call: Call) -> None:
    if call.parameters.get("IfMatch") == "*":
        raise Refused(
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
            501,
            {"Header": "If-Match"},
        )


@rules.add(("CopyObject", "CreateMultipartUpload", "PutObject"), "test_bucket_config_default_retention")
def _check_lock(call: Call) -> None:
    if bool(call.parameters.get("ObjectLockMode")) is not bool(
        call.parameters.get("ObjectLockRetainUntilDate")
    ):
        raise _invalid(
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            "x-amz-object-lock-retain-until-date",
        )


@rules.add("DeleteObject", "test_delete_object_with_no_locking")
def _check_bypass(call: Call) -> None:
    if call.parameters.get("BypassGovernanceRetention") and not stores.has_object_lock(call.text("Bucket")):
        raise _invalid(
            "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
            "x-amz-bypass-governance-retention",
        )


@rules.add("PutObject", "test_object_tagging_exc")
def _check_tagging_header(call: Call) -> None:
    text = call.parameters.get("Tagging")
    if not isinstance(text, str):
        return
    names = [name for name, _ in parse_qsl(text, keep_blank_values=True)]
    if len(set(names)) < len(names):
        raise _invalid(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name "
            "duplicates.",
            "x-amz-tagging",
            text,
        )


@rules.add(("PutBucketTagging", "PutObjectTagging"), "test_tagging_validation")
def _check_tags(call: Call) -> None:
    tags: list[dict[str, Any]] = list(call.parameters.get("Tagging", {}).get("TagSet", ()))
    names = [str(each.get("Key", "")) for each in tags]
    if len(set(names)) < len(names):
        raise _bad_tag("Cannot provide multiple Tags with the same key")
    for name in names:
        if name.startswith("aws:"):
            raise _bad_tag("Your TagKey cannot be prefixed with aws:", fields={"TagKey": name})
        if not _TAG_KEY.fullmatch(name):
            raise _bad_tag("The TagKey you have provided is invalid", fields={"TagKey": name})


@rules.add(("CopyObject", "UploadPartCopy"), "test_s3_copy_object_wrong_format")
def _check_copy(call: Call) -> None:
    source = call.parameters.get("CopySource", "")
    if not isinstance(source, str):
        return
    path, _, version = source.partition("?")
    bucket, slash, key = unquote(path).removeprefix("/").partition("/")
    if not (slash and bucket and key):
        raise _invalid("Invalid copy source object key", "x-amz-copy-source", "x-amz-copy-source")
    is_itself = (bucket, key) == (call.parameters.get("Bucket"), call.parameters.get("Key")) and not version
    is_changed = call.parameters.get("MetadataDirective") == "REPLACE" or any(
        call.parameters.get(name) for name in _CHANGES
    )
    if (
        call.operation == "CopyObject"
        and is_itself
        and not is_changed
        and stores.s3_object(bucket, key) is not None
    ):
        raise _request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
            "metadata, storage class, website redirect location or encryption attributes."
        )


# ---- uploads in parts ------------------------------------------------------------------------------------


@rules.add(_UPLOADS, "test_multipart_key_validation")
def _check_upload(call: Call) -> None:
    upload_id = call.text("UploadId")
    upload = stores.upload(upload_id)
    is_known = upload is not None and upload["key"] == call.parameters.get("Key")
    if not is_known and not (call.operation == "CompleteMultipartUpload" and stores.was_completed(upload_id)):
        raise Refused(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
            "completed.",
            404,
            {"UploadId": upload_id},
        )


@rules.add("CompleteMultipartUpload", "test_multipart_complete_multipart_too_small")
def _check_parts(call: Call) -> None:
    upload = call.parameters.get("MultipartUpload")
    if upload is not None and not upload.get("Parts"):
        raise _request("You must specify at least one part")


@rules.add("CompleteMultipartUpload", "test_multipart_complete_multipart_wrong_part")
def _check_parts_are_there(call: Call) -> None:
    known = (stores.upload(call.text("UploadId")) or {}).get("parts")
    wanted = (call.parameters.get("MultipartUpload") or {}).get("Parts", ())
    if known is not None and any(each.get("PartNumber") not in known for each in wanted):
        raise Refused(
            "InvalidPart",
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
            "entity tag may not match the part's entity tag.",
        )
