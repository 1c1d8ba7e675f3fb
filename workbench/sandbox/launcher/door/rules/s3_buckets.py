"""What S3 refuses of buckets, their configurations and their notifications."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from workbench.aws.notification_rules import Entry, key_filter, overlap
from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule
from workbench.sandbox.launcher.door.grants import Principal, allows, may_invoke

_NOTIFICATION_CASES = "s3/test_s3_notifications"
_DOCS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
_FILTERS = ("prefix", "suffix")
_PUT = ("PutBucketNotificationConfiguration",)
_CASES = "s3/test_s3.py::"
_OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
_MINIMUM_SIZES = ("all_storage_classes_128K", "varies_by_storage_class")
_LISTS = ("ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2")
_LIFECYCLE = "TestS3BucketLifecycle::test_put_bucket_lifecycle_conf_exc"


class _Kind(NamedTuple):
    """One kind of destination: where it stands, what AWS calls it, and its service."""

    configurations: str
    member: str
    argument: str
    service: str


_KINDS = (
    _Kind("LambdaFunctionConfigurations", "LambdaFunctionArn", "CloudFunction", "lambda"),
    _Kind("QueueConfigurations", "QueueArn", "Queue", "sqs"),
    _Kind("TopicConfigurations", "TopicArn", "Topic", "sns"),
)


def _invalid_notification(message: str, **fields: str) -> Refused:
    return Refused("InvalidArgument", message, fields=fields)


def _entries(call: Call) -> Iterator[tuple[_Kind, Entry]]:
    configuration = call.parameters.get("NotificationConfiguration", {})
    for kind in _KINDS:
        yield from ((kind, each) for each in configuration.get(kind.configurations, ()))


def _arn(kind: _Kind, entry: Entry) -> str:
    return str(entry.get(kind.member, ""))


def _check_bucket(call: Call) -> None:
    name = call.parameters.get("Bucket", "")
    if stores.bucket(name) is None:
        raise Refused("NoSuchBucket", "The specified bucket does not exist", 404, fields={"BucketName": name})


def _check_arns(call: Call) -> None:
    for kind, entry in _entries(call):
        arn = _arn(kind, entry)
        parts = arn.split(":")
        if len(parts) < 6 or parts[0] != "arn" or parts[2] != kind.service:
            raise _invalid_notification(
                "The ARN could not be parsed", ArgumentName=kind.argument, ArgumentValue=arn
            )


def _check_filters(call: Call) -> None:
    for _, entry in _entries(call):
        for rule in entry.get("Filter", {}).get("Key", {}).get("FilterRules", ()):
            if "Name" not in rule or "Value" not in rule:
                raise Refused(
                    "MalformedXML",
                    "The XML you provided was not well-formed or did not validate against our published schema",
                )
            name = str(rule.get("Name", ""))
            if name.lower() not in _FILTERS:
                raise _invalid_notification(
                    "filter rule name must be either prefix or suffix",
                    ArgumentName="FilterRule.Name",
                    ArgumentValue=name,
                )


def _check_ids(call: Call) -> None:
    ids = [entry["Id"] for _, entry in _entries(call) if entry.get("Id")]
    if len(set(ids)) < len(ids):
        raise _invalid_notification("Same ID used for multiple configurations. IDs must be unique")


def _check_overlap(call: Call) -> None:
    for (_, one), (_, other) in itertools.combinations(_entries(call), 2):
        if not overlap(one, other):
            continue
        if key_filter(one) == key_filter(other) == ("", ""):
            raise _invalid_notification(
                "Configurations overlap. Configurations on the same bucket cannot share a common event type."
            )
        raise _invalid_notification(
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
            "overlapping for the same event type."
        )


def _check_destinations(call: Call) -> None:
    if call.parameters.get("SkipDestinationValidation"):
        return
    bucket_arn = f"arn:aws:s3:::{call.parameters.get('Bucket')}"
    principal = Principal("s3.amazonaws.com", bucket_arn, call.account_id)
    fields: dict[str, str] = {}
    for kind, entry in _entries(call):
        arn = _arn(kind, entry)
        if fault := _FAULTS[kind.service](arn, principal):
            number = len(fields) // 2 + 1
            fields[f"ArgumentName{number}"] = f"{arn}, null" if kind.service == "lambda" else arn
            fields[f"ArgumentValue{number}"] = fault
    if fields:
        raise _invalid_notification("Unable to validate the following destination configurations", **fields)


def _function_fault(arn: str, principal: Principal) -> str:
    return "" if may_invoke(arn, principal) else f"Not authorized to invoke function [{arn}]"


def _queue_fault(arn: str, principal: Principal) -> str:
    return _policy_fault(stores.queue(arn), "queue", "sqs:SendMessage", principal)


def _topic_fault(arn: str, principal: Principal) -> str:
    return _policy_fault(stores.topic(arn), "topic", "sns:Publish", principal)


def _policy_fault(found: Any, noun: str, action: str, principal: Principal) -> str:
    if found is None:
        return f"The destination {noun} does not exist"
    if not allows(found["attributes"].get("Policy", ""), principal, action):
        return (
            f"Permissions on the destination {noun} do not allow S3 to publish notifications from this bucket"
        )
    return ""


_FAULTS = {"lambda": _function_fault, "sqs": _queue_fault, "sns": _topic_fault}


_NOTIFICATION_RULES: tuple[Rule, ...] = (
    Rule(
        _PUT,
        _check_bucket,
        (f"{_NOTIFICATION_CASES}_sns.py::TestS3NotificationsToSns::test_bucket_not_exist#bucket_not_exists",),
    ),
    Rule(
        _PUT,
        _check_arns,
        (
            f"{_NOTIFICATION_CASES}_lambda.py::TestS3NotificationsToLambda::test_invalid_lambda_arn#invalid_skip",
            f"{_NOTIFICATION_CASES}_sqs.py::TestS3NotificationsToSQS::test_invalid_sqs_arn#invalid_not_skip",
        ),
    ),
    Rule(
        _PUT,
        _check_filters,
        (
            "s3/test_s3.py::TestS3BucketNotificationConfiguration::test_bucket_notification_with_invalid_filter_rules#invalid_filter_name",
            "s3/test_s3.py::TestS3BucketNotificationConfiguration::test_bucket_notification_with_missing_values_in_rule#invalid-rule-no-values",
        ),
    ),
    Rule(_PUT, _check_ids, (f"{_DOCS}notification-how-to-filtering.html",)),
    Rule(_PUT, _check_overlap, (f"{_DOCS}notification-how-to-filtering.html",)),
    Rule(
        _PUT,
        _check_destinations,
        (
            f"{_NOTIFICATION_CASES}_lambda.py::TestS3NotificationsToLambda::test_invalid_lambda_arn#lambda-does-not-exist",
            f"{_NOTIFICATION_CASES}_sqs.py::TestS3NotificationsToSQS::test_multiple_invalid_sqs_arns#multiple-queues-do-not-exist",
        ),
    ),
)


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


RULES: tuple[Rule, ...] = (
    *_NOTIFICATION_RULES,
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
