"""What S3 refuses of objects and uploads in parts."""

import base64
import binascii
import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule

_CASES = "s3/test_s3.py::"
_CHECKSUM_BYTES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
_MD5_BYTES = 16
_WRONG_TYPES = {("COMPOSITE", "CRC64NVME"), ("FULL_OBJECT", "SHA1"), ("FULL_OBJECT", "SHA256")}
_CLASSES = frozenset(
    [
        "STANDARD",
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "GLACIER",
        "DEEP_ARCHIVE",
        "GLACIER_IR",
        "SNOW",
        "EXPRESS_ONEZONE",
        "FSX_OPENZFS",
        "FSX_ONTAP",
    ]
)
_TAG_KEY = re.compile(r"[\w\s+\-=.:/@]*")
_CHANGES = (
    "BucketKeyEnabled",
    "ChecksumAlgorithm",
    "SSECustomerAlgorithm",
    "SSEKMSKeyId",
    "ServerSideEncryption",
    "StorageClass",
    "WebsiteRedirectLocation",
)
_UPLOADS = ("AbortMultipartUpload", "CompleteMultipartUpload", "ListParts", "UploadPart", "UploadPartCopy")
_WRITES = ("PutObject", "UploadPart")


def _invalid(message: str, name: str = "", value: str = "") -> Refused:
    fields = {"ArgumentName": name, "ArgumentValue": value} if name else {}
    return Refused("InvalidArgument", message, fields=fields)


def _request(message: str) -> Refused:
    return Refused("InvalidRequest", message)


def _is_base64_of(text: str, size_bytes: int) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == size_bytes
    except (binascii.Error, ValueError):
        return False


# ---- checksums -------------------------------------------------------------------------------------------


def _check_md5(call: Call) -> None:
    value = call.parameters.get("ContentMD5")
    if value is not None and not _is_base64_of(value, _MD5_BYTES):
        raise Refused(
            "InvalidDigest", "The Content-MD5 you specified was invalid.", fields={"Content_MD5": value}
        )


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


def _check_storage_class(call: Call) -> None:
    value = call.parameters.get("StorageClass")
    if value is not None and value not in _CLASSES:
        raise Refused(
            "InvalidStorageClass",
            "The storage class you specified is not valid",
            fields={"StorageClassRequested": value},
        )


def _check_conditions(call: Call) -> None:
    if call.parameters.get("IfMatch") == "*":
        raise Refused(
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
            501,
            {"Header": "If-Match"},
        )


def _check_lock(call: Call) -> None:
    if bool(call.parameters.get("ObjectLockMode")) is not bool(
        call.parameters.get("ObjectLockRetainUntilDate")
    ):
        raise _invalid(
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            "x-amz-object-lock-retain-until-date",
        )


def _check_bypass(call: Call) -> None:
    if call.parameters.get("BypassGovernanceRetention") and not stores.has_object_lock(
        call.parameters.get("Bucket", "")
    ):
        raise _invalid(
            "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
            "x-amz-bypass-governance-retention",
        )


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


def _check_tags(call: Call) -> None:
    tags: list[dict[str, Any]] = list(call.parameters.get("Tagging", {}).get("TagSet", ()))
    names = [str(each.get("Key", "")) for each in tags]
    if len(set(names)) < len(names):
        raise Refused("InvalidTag", "Cannot provide multiple Tags with the same key")
    for name in names:
        if name.startswith("aws:"):
            raise Refused("InvalidTag", "Your TagKey cannot be prefixed with aws:", fields={"TagKey": name})
        if not _TAG_KEY.fullmatch(name):
            raise Refused("InvalidTag", "The TagKey you have provided is invalid", fields={"TagKey": name})


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


def _check_upload(call: Call) -> None:
    upload_id = call.parameters.get("UploadId", "")
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


def _check_parts(call: Call) -> None:
    upload = call.parameters.get("MultipartUpload")
    if upload is not None and not upload.get("Parts"):
        raise _request("You must specify at least one part")


def _check_parts_are_there(call: Call) -> None:
    known = (stores.upload(call.parameters.get("UploadId", "")) or {}).get("parts")
    wanted = (call.parameters.get("MultipartUpload") or {}).get("Parts", ())
    if known is not None and any(each.get("PartNumber") not in known for each in wanted):
        raise Refused(
            "InvalidPart",
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
            "entity tag may not match the part's entity tag.",
        )


RULES: tuple[Rule, ...] = (
    Rule(_WRITES, _check_md5, (f"{_CASES}TestS3::test_s3_invalid_content_md5#md5-error-0",)),
    Rule(
        _WRITES,
        _check_checksums,
        (
            f"{_CASES}TestS3::test_s3_checksum_no_algorithm#put-2-checksums",
            f"{_CASES}TestS3::test_put_object_checksum[SHA1]#put-wrong-checksum-no-b64",
        ),
    ),
    Rule(
        ("CreateMultipartUpload",),
        _check_upload_checksum,
        (
            f"{_CASES}TestS3MultipartUploadChecksum::test_multipart_parts_checksum_exceptions_composite#create-mpu-wrong-checksum-algo",
            f"{_CASES}TestS3MultipartUploadChecksum::test_multipart_checksum_type_compatibility[COMPOSITE-CRC64NVME]#create-mpu-checksum-exc",
        ),
    ),
    Rule(
        ("CopyObject", "CreateMultipartUpload", "PutObject"),
        _check_storage_class,
        (f"{_CASES}TestS3::test_put_object_storage_class_outposts#put-object-outposts",),
    ),
    Rule(
        ("PutObject",),
        _check_conditions,
        (f"{_CASES}TestS3::test_put_object_if_match_validation#put-obj-if-match-star-value",),
    ),
    Rule(
        ("CopyObject", "CreateMultipartUpload", "PutObject"),
        _check_lock,
        (
            f"{_CASES}TestS3ObjectLockRetention::test_bucket_config_default_retention#put-object-with-lock-no-date",
        ),
    ),
    Rule(
        ("DeleteObject",),
        _check_bypass,
        (
            f"{_CASES}TestS3ObjectLockRetention::test_delete_object_with_no_locking#delete-object-bypass-no-lock",
        ),
    ),
    Rule(
        ("PutObject",),
        _check_tagging_header,
        (f"{_CASES}TestS3BucketObjectTagging::test_object_tagging_exc#put-obj-duplicate-tagging",),
    ),
    Rule(
        ("PutBucketTagging", "PutObjectTagging"),
        _check_tags,
        (f"{_CASES}TestS3BucketObjectTagging::test_tagging_validation#put-object-tags-duplicate-keys",),
    ),
    Rule(
        ("CopyObject", "UploadPartCopy"),
        _check_copy,
        (
            f"{_CASES}TestS3::test_s3_copy_object_wrong_format#copy-object-wrong-copy-source",
            f"{_CASES}TestS3::test_s3_copy_object_in_place_metadata_directive#no-metadata-directive-fail",
        ),
    ),
    Rule(
        _UPLOADS,
        _check_upload,
        (f"{_CASES}TestS3Multipart::test_multipart_key_validation#upload-part-wrong-key-name",),
    ),
    Rule(
        ("CompleteMultipartUpload",),
        _check_parts,
        (f"{_CASES}TestS3::test_multipart_complete_multipart_too_small#complete-exc-no-parts",),
    ),
    Rule(
        ("CompleteMultipartUpload",),
        _check_parts_are_there,
        (f"{_CASES}TestS3::test_multipart_complete_multipart_wrong_part#complete-exc-wrong-part-number",),
    ),
)
