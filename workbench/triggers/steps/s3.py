"""A bucket's notification rules: reads, compares, adds, changes and removes them; puts test objects.

S3's Put replaces the whole configuration: it is read just before, and sent again with the one change. S3
offers no guard against a change in between, which could only happen during one request.
aws/notification_rules knows which rules overlap.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote, quote_plus

from workbench.aws.connection import Connection
from workbench.aws.retry import poll
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.triggers.model import TriggerSpec, Values
from workbench.triggers.steps import PROPAGATION, Args, Once, Refusal, Running, Step, StepRun, retry_on
from workbench.triggers.test_events import LOGGED
from workbench_sandbox.rules.notifications import Entry, key_filter, key_part, meet

Configuration = Mapping[str, Any]
"""The answer of GetBucketNotificationConfiguration without metadata."""
LAMBDA = "LambdaFunctionConfigurations"
_LISTS = {LAMBDA: "LambdaFunctionArn", "QueueConfigurations": "QueueArn", "TopicConfigurations": "TopicArn"}
_NOUNS = {"lambda": "function", "sqs": "queue", "sns": "topic"}
ALL_CREATED = "s3:ObjectCreated:*"
KEY_LIMIT = 1024
"""Maximum length of a prefix or suffix.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_FilterRule.html"""
_PLAIN = "/!-_.'()"
"""Characters of keys, besides letters and digits, that are not encoded.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (safe characters)"""
_NOTIFICATION = "notification"
_NOT_YET: tuple[Refusal, ...] = (
    ("InvalidArgument", "Unable to validate the following destination configurations"),
    ("OperationAborted", ""),
)
"""Refusals that pass: a grant has not propagated to S3, or another change is in progress."""
OBJECT, _OBJECT_CHANGE = "object", "object change"
_OWN = "workbench-test"
"""The metadata that tells a version of the test's object from others of the same key: its value is the
test's mark."""
_EXISTS = ("PreconditionFailed", "412")
_MISSING = ("404", "NoSuchKey", "NoSuchVersion", "NotFound")
"""HEAD has no body: its codes are those of HTTP."""
_UPLOADING = (("ConditionalRequestConflict", ""),)


def configuration_of(answer: Mapping[str, Any]) -> Configuration:
    """The configuration in an answer, without empty lists. EventBridge's empty structure means "enabled"."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata" and value != []}


def read_configuration(connection: Connection, bucket: str, owner: str) -> Configuration:
    """The notifications of a bucket, which must be the owner's if one is named. Raises WorkbenchError."""
    request: dict[str, Any] = {"Bucket": bucket} | ({"ExpectedBucketOwner": owner} if owner else {})
    failure = _("Could not read the notifications of {bucket}.").format(bucket=bucket)
    answer = connection.call("s3", "get_bucket_notification_configuration", failure=failure, **request)
    return configuration_of(answer)


def rule_value(key_part: str) -> str:
    """A part of a key as filters use it: URL-encoded, with spaces as "+".

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    return quote_plus(key_part, safe=_PLAIN)


def entry_of(identity: str, function_arn: str, events: tuple[str, ...], prefix: str, suffix: str) -> Entry:
    """An entry that invokes a function. Prefix and suffix are already encoded."""
    rules = [
        {"Name": name, "Value": value} for name, value in (("prefix", prefix), ("suffix", suffix)) if value
    ]
    entry: dict[str, Any] = {"Id": identity, "LambdaFunctionArn": function_arn, "Events": list(events)}
    return entry | ({"Filter": {"Key": {"FilterRules": rules}}} if rules else {})


def entries(configuration: Configuration) -> Iterator[Entry]:
    """All entries, whatever their destination."""
    for name in _LISTS:
        yield from configuration.get(name, ())


def find_entry(configuration: Configuration, identity: str) -> Entry | None:
    """The entry with this Id, which is unique in a bucket; None if there is none."""
    return next((entry for entry in entries(configuration) if entry.get("Id") == identity), None)


def destination(entry: Entry) -> str:
    """The ARN of an entry's destination."""
    return next((str(entry[member]) for member in _LISTS.values() if member in entry), "")


def describe(entry: Entry) -> str:
    """An entry as text for users: name, events and filter."""
    prefix, suffix = (key_part(value) for value in key_filter(entry))
    words = [", ".join(entry.get("Events", ()))]
    words += [_("prefix {prefix}").format(prefix=prefix)] if prefix else []
    words += [_("suffix {suffix}").format(suffix=suffix)] if suffix else []
    return _("“{name}” ({about}) to {destination}").format(
        name=entry.get("Id", ""), about=", ".join(words), destination=_called(destination(entry))
    )


def _called(arn: str) -> str:
    """The destination of an entry as text for users."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return arn
    return f"the {_NOUNS.get(parts[2], '')} {parts[5].removeprefix('function:')}".replace("  ", " ")


def includes(events: tuple[str, ...], *wanted: str) -> bool:
    """Whether one of the wanted events is among `events`, which may contain wildcards."""
    return any(meet(each, name) for each in events for name in wanted)


def same(one: Entry | None, other: Entry | None) -> bool:
    """Whether two entries are equal, ignoring the order and spelling of AWS's answers."""
    return _normal(one) == _normal(other) if one and other else one is other


def fingerprint(configuration: Configuration) -> str:
    """Changes with the configuration; ignores the order of entries, events and rules."""
    normal = {
        name: sorted(json.dumps(_normal(entry), sort_keys=True) for entry in value)
        if isinstance(value, list)
        else value
        for name, value in configuration.items()
    }
    return hashlib.sha256(json.dumps(normal, sort_keys=True).encode()).hexdigest()


def changed(configuration: Configuration, remove: str, add: Entry | None) -> Configuration:
    """The configuration without the entry `remove` (an Id) and with `add`."""
    new = dict(configuration)
    for name, member in _LISTS.items():
        kept = [each for each in configuration.get(name, ()) if not remove or each.get("Id") != remove]
        new[name] = [*kept, *([add] if add and member in add else [])]
    return configuration_of(new)


def _normal(entry: Entry) -> dict[str, Any]:
    rest = {name: value for name, value in entry.items() if name not in ("Filter", "Events")}
    return {**rest, "Events": sorted(entry.get("Events", ())), "Filter": list(key_filter(entry))}


def values_of(entry: Entry) -> dict[str, object]:
    """A rule of a bucket as parameters."""
    prefix, suffix = (key_part(value) for value in key_filter(entry))
    return {
        "Events": tuple(entry.get("Events", ())),
        "Prefix": prefix,
        "Suffix": suffix,
        "LambdaFunctionArn": entry["LambdaFunctionArn"],
    }


def events_of(values: Values) -> tuple[str, ...]:
    """The chosen events. S3 has no default; the form has one."""
    events = values.get("Events", (ALL_CREATED,))
    return (events,) if isinstance(events, str) else tuple(events) if isinstance(events, tuple | list) else ()


def wanted_entry(spec: TriggerSpec, standing: Entry | None = None) -> Entry:
    """The desired rule. An existing rule keeps its Id, and its spelling of the same filter."""
    values = spec.values
    parts = tuple(str(values.get(name) or "") for name in ("Prefix", "Suffix"))
    encoded = tuple(rule_value(part) for part in parts)
    if standing is not None:
        encoded = tuple(
            old if key_part(old) == part else new
            for old, part, new in zip(key_filter(standing), parts, encoded, strict=True)
        )
    prefix, suffix = encoded
    events = events_of(values)
    if standing is not None:
        identity = str(standing["Id"])
    else:
        specification_key = "|".join((spec.source_arn, spec.target_arn, *sorted(events), prefix, suffix))
        identity = f"wb-s3-{hashlib.sha256(specification_key.encode()).hexdigest()[:10]}"
    return entry_of(identity, spec.target_arn, events, prefix, suffix)


def notification_step(
    bucket: str,
    region: str,
    owner: str,
    *,
    add: Entry | None = None,
    remove: Entry | None = None,
    planned: str = "",
    for_good: bool = False,
) -> Step:
    """A step that changes the notifications of a bucket.

    Args:
        owner: The account that must own it; empty for any.
        remove: The rule to remove; its Id and destination are enough.
        planned: Fingerprint of the configuration that was checked; empty to accept any.
        for_good: Whether there is no undo, because S3 would refuse a rule whose destination does not exist.
    """
    named = add or remove or {}
    rule_id = named.get("Id", "")
    if add and remove:
        title = _("Change the rule {rule_id} of the bucket {bucket}; all other rules are kept").format(
            rule_id=rule_id, bucket=bucket
        )
    elif add:
        title = _("Add the rule {rule_id} of the bucket {bucket}; all other rules are kept").format(
            rule_id=rule_id, bucket=bucket
        )
    else:
        title = _("Remove the rule {rule_id} of the bucket {bucket}; all other rules are kept").format(
            rule_id=rule_id, bucket=bucket
        )
    return Step(
        _NOTIFICATION,
        title,
        "s3:PutBucketNotificationConfiguration",
        region,
        {
            "bucket": bucket,
            "owner": owner,
            "add": add,
            "remove": remove,
            "planned": planned,
            "for_good": for_good,
        },
        undo="" if for_good else _("Remove the rule again") if add and not remove else _("Restore the rule"),
    )


def _change_notifications(args: Args, running: Running) -> Facts:
    """Reads, merges, reads again, compares, puts, and reads back."""
    add, remove = args.get("add"), args.get("remove")
    removed = retry_on(lambda: _merge(args, running), running, _NOT_YET)
    now = poll(
        # S3 may return the old configuration for a moment.
        lambda: _read(args, running),
        lambda now: _is_done(now, add, remove),
        running.ctx,
        PROPAGATION,
    )
    if not _is_done(now, add, remove):
        raise _race(args, _("a moment after this change, which was lost"))
    return {"added": add, "removed": removed or remove}


def _merge(args: Args, running: Running) -> Entry | None:
    """Applies the change, and returns the rule that it removed."""
    add, remove = args.get("add"), args.get("remove")
    before = _read(args, running)
    if _is_done(before, add, remove):
        return None
    planned = args.get("planned")
    if planned and planned != fingerprint(before):
        raise _race(args, _("since this plan was made"))
    standing = find_entry(before, remove["Id"]) if remove else None
    if standing and remove and destination(standing) != destination(remove):
        raise _race(args, _("so that this rule calls another target"))
    running.note({"added": add, "removed": standing})
    _replace(args, running, before, changed(before, remove["Id"] if remove else "", add))
    return standing


def _change_notifications_back(args: Args, facts: Facts, running: Running) -> None:
    added: Any = facts.get("added")
    removed: Any = facts.get("removed")
    if (added or removed) and not args.get("for_good"):  # otherwise nothing was sent
        retry_on(lambda: _merge_back(args, added, removed, running), running, _NOT_YET)


def _merge_back(args: Args, added: Any, removed: Any, running: Running) -> None:
    before = _read(args, running)
    standing = find_entry(before, added["Id"]) if added else None
    if standing and removed and same(standing, removed):
        return
    if standing and not same(standing, added):
        raise _race(args, _("since this rule was created, so it is left unchanged"))
    missing = removed and (standing or (not added and find_entry(before, removed["Id"]) is None))
    if standing or missing:
        wanted = changed(before, added["Id"] if standing else "", removed)
        _replace(args, running, before, wanted)


def _where(args: Args) -> dict[str, Any]:
    """The bucket, with its expected owner, and the key of an object."""
    named = {"Bucket": args["bucket"], "Key": args.get("key"), "ExpectedBucketOwner": args.get("owner")}
    return {name: value for name, value in named.items() if value}


def _read(args: Args, running: Running) -> Configuration:
    return read_configuration(running.connection, args["bucket"], args.get("owner") or "")


def _replace(args: Args, running: Running, before: Configuration, wanted: Configuration) -> None:
    """Puts the configuration unless it changed since `before` was read."""
    bucket = args["bucket"]
    if fingerprint(_read(args, running)) != fingerprint(before):
        raise _race(args, _("while this change was being made"))
    request = {"NotificationConfiguration": wanted, **_where(args)}
    failure = _("Could not change the notifications of {bucket}.").format(bucket=bucket)
    try:
        running.call("s3", "put_bucket_notification_configuration", failure, **request)
    except WorkbenchError as error:
        raise (_stale(bucket, before, error) or error) from None


def _stale(bucket: str, before: Configuration, error: WorkbenchError) -> WorkbenchError | None:
    """The error if S3 refuses because of another rule of the bucket, which retrying does not help."""
    if error.aws_code != "InvalidArgument":
        return None
    for entry in entries(before):
        arn = destination(entry)
        if re.search(rf"{re.escape(arn)}(?![\w-]|:\S)", error.why):
            return WorkbenchError(
                _("Could not change the notifications of {bucket}.").format(bucket=bucket),
                _(
                    "The rule {rule} of the bucket cannot be used: its destination {arn} does "
                    "not exist, or does not let S3 in. S3 checks all rules of a bucket at every change."
                ).format(rule=describe(entry), arn=arn),
                _(
                    "Remove the rule “{rule}” from the bucket, or restore its destination. Then try again."
                ).format(rule=entry.get("Id", "")),
                error.aws_code,
                error.request_id,
            )
    return None


def _is_done(configuration: Configuration, add: Any, remove: Any) -> bool:
    if add:
        return same(find_entry(configuration, add["Id"]), add)
    return find_entry(configuration, remove["Id"]) is None


def _race(args: Args, when: str) -> WorkbenchError:
    return WorkbenchError(
        _("The notifications of the bucket {bucket} were not changed.").format(bucket=args["bucket"]),
        _("They were changed elsewhere {when} (S3-RACE). This change would overwrite that one.").format(
            when=when
        ),
        _("Create the plan again. It will use the current notifications."),
    )


class Change(StrEnum):
    """What a test does to its object. Journals contain these values."""

    COPY = "copy"
    MULTIPART = "multipart"
    TAG = "tag"
    UNTAG = "untag"
    DELETE = "delete"
    MARK = "mark"
    """A delete without a version, which creates a delete marker in a versioned bucket."""


_TITLES = {
    Change.COPY: ("Copy the object {key} onto itself", "s3:CopyObject"),
    Change.MULTIPART: ("Upload the object {key} again in parts", "s3:CompleteMultipartUpload"),
    Change.TAG: ("Tag the object {key}", "s3:PutObjectTagging"),
    Change.UNTAG: ("Tag the object {key}, then delete its tags", "s3:DeleteObjectTagging"),
    Change.DELETE: ("Delete the object {key} from {bucket}", "s3:DeleteObject"),
    Change.MARK: ("Delete the object {key} from {bucket}, which leaves a delete marker", "s3:DeleteObject"),
}


_FAILURES = {
    Change.COPY: _("Could not copy the object {key} onto itself."),
    Change.MULTIPART: _("Could not upload the object {key} again in parts."),
    Change.TAG: _("Could not tag the object {key}."),
    Change.UNTAG: _("Could not tag the object {key} and delete its tags."),
    Change.DELETE: _("Could not delete the object {key} from {bucket}."),
    Change.MARK: _("Could not delete the object {key} from {bucket}."),
}


def object_step(
    bucket: str, region: str, owner: str, key: str, mark: str, body: str, content_type: str
) -> Step:
    """Puts a test object under a key that is free; the undo deletes the versions that the test has made."""
    return Step(
        OBJECT,
        _("Put the object {key} into {bucket}").format(key=key, bucket=bucket),
        "s3:PutObject",
        region,
        {
            "bucket": bucket,
            "owner": owner,
            "key": key,
            "mark": mark,
            "body": body,
            "content_type": content_type,
        },
        undo=_("Delete the object"),
    )


def change_step(put: Step, change: Change) -> Step:
    """Changes the object that `put` creates."""
    title, api_call = _TITLES[change]
    args = {**put.args, "change": change.value}
    return Step(_OBJECT_CHANGE, title.format(**put.args), api_call, put.region, args)


def _put_object(args: Args, running: Running) -> Facts:
    """Puts the object. Facts: made, and version in a versioned bucket.

    Raises:
        WorkbenchError: AWS refused, or another object has the key.
    """
    key = str(args["key"])
    running.note({"key": key})
    failure = _("Could not put the object {key}.").format(key=key)
    request = {**_content(args), **_described(args), "IfNoneMatch": "*", **_where(args)}
    try:
        answer = running.call("s3", "put_object", failure, _UPLOADING, **request)
    except WorkbenchError as error:
        if error.aws_code not in _EXISTS:
            raise
        if _is_own(args, "", running) is not True:  # else the answer to the first attempt was lost
            error.why = _("The bucket {bucket} already has an object with this key.").format(**args)
            error.remedy = _("Use another key: a test event never overwrites an object.")
            raise
        answer = {}
    version = answer.get("VersionId")
    return {"made": True, **_logged(answer), **({"version": version} if version else {})}


def _described(args: Args) -> dict[str, Any]:
    return {"ContentType": args["content_type"], "Metadata": {_OWN: args["mark"]}}


def _content(args: Args) -> dict[str, Any]:
    """What the object holds. Buckets with default Object Lock require the MD5.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    body = str(args["body"]).encode()
    return {"Body": body, "ContentMD5": _md5(body)}


def _md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _logged(answer: Mapping[str, Any]) -> Facts:
    """The request's ID, which the event has as responseElements.x-amz-request-id."""
    return {LOGGED: str(answer.get("ResponseMetadata", {}).get("RequestId") or "")}


def _delete_object(args: Args, facts: Facts, running: Running) -> None:
    """Deletes what the test has put under the key, and nothing that others have."""
    if not facts.get("key"):
        return
    failure = _("Could not delete the test object {facts}.").format(facts=facts["key"])
    for version in _versions(args, facts, running):
        more = {"VersionId": version} if version else {}
        running.call("s3", "delete_object", failure, **_where(args), **more)


def _versions(args: Args, facts: Facts, running: Running) -> list[Any]:
    """The versions to delete: without an id, a versioned bucket would keep the object behind a marker.

    They are the test's own, and the delete markers on top of them, which hide only what the test has put.
    """
    request = _where(args)
    prefix = request.pop("Key")
    failure = _("Could not list the versions of the object {prefix}.").format(prefix=prefix)
    try:
        answer = running.call("s3", "list_object_versions", failure, Prefix=prefix, **request)
    except WorkbenchError:  # versions may not be listed; what can be deleted is deleted
        version = facts.get("version")
        is_own = _is_own(args, version, running)
        return [version] if is_own or (is_own is None and facts.get("made")) else []
    all_markers = [each for each in answer.get("DeleteMarkers", ()) if each["Key"] == prefix]
    own: list[Any] = []
    newest_first = [each for each in answer.get("Versions", ()) if each["Key"] == prefix]
    above = None
    for each in newest_first:
        version = each.get("VersionId")
        is_own = _is_own(args, version, running)
        if is_own is None:
            is_own = bool(facts.get("made")) and version == facts.get("version", "null")
        if is_own and not each.get("IsLatest"):
            own += [marker["VersionId"] for marker in all_markers if _is_between(marker, each, above)]
        own += [version] if is_own else []
        above = each
    return own


def _is_between(marker: Mapping[str, Any], below: Mapping[str, Any], above: Mapping[str, Any] | None) -> bool:
    """Whether a delete marker was made after one version and, if there is another above, before that."""
    moment = marker["LastModified"]
    return bool(moment >= below["LastModified"] and (above is None or moment <= above["LastModified"]))


def _is_own(args: Args, version: Any, running: Running) -> bool | None:
    """Whether a version is the test's; None if that may not be read."""
    if "mark" not in args:
        return True  # a journal of an earlier version of Workbench, which made the key up
    more = {"VersionId": version} if version else {}
    failure = _("Could not read the object {key}.").format(key=args["key"])
    try:
        answer = running.call("s3", "head_object", failure, **_where(args), **more)
    except WorkbenchError as error:
        return False if error.aws_code in _MISSING else None
    return bool(answer.get("Metadata", {}).get(_OWN) == args["mark"])


def _change_object(args: Args, running: Running) -> Facts:
    """Copies, tags or deletes the object that the previous step put.

    Raises:
        WorkbenchError: AWS refused, or a delete marker is wanted and the bucket keeps no versions.
    """
    where, change = _where(args), Change(args["change"])
    failure = _FAILURES[change].format(**args)
    match change:
        case Change.COPY:
            source = quote(f"{args['bucket']}/{args['key']}")
            described = {"MetadataDirective": "REPLACE", **_described(args)}
            return _logged(
                running.call("s3", "copy_object", failure, CopySource=source, **described, **where)
            )
        case Change.MULTIPART:
            return _upload(args, running, failure)
        case Change.TAG | Change.UNTAG:
            tags = {"TagSet": [{"Key": "workbench", "Value": "test"}]}
            running.call("s3", "put_object_tagging", failure, Tagging=tags, **where)
            if change is Change.UNTAG:
                running.call("s3", "delete_object_tagging", failure, **where)
        case Change.DELETE:
            version = running.earlier.get(OBJECT, {}).get("version")
            more = {"VersionId": version} if version else {}
            running.call("s3", "delete_object", failure, **where, **more)
        case Change.MARK:
            if not running.call("s3", "delete_object", failure, **where).get("DeleteMarker"):
                raise WorkbenchError(
                    _("No delete marker was created."),
                    _(
                        "The bucket {bucket} is not versioned: a deletion removes the object permanently."
                    ).format(bucket=args["bucket"]),
                    _("Use the event type s3:ObjectRemoved:Delete for the trigger, or turn on versioning."),
                )
    return {}


def _upload(args: Args, running: Running, failure: str) -> Facts:
    where = _where(args)
    answer = running.call("s3", "create_multipart_upload", failure, **_described(args), **where)
    upload_id = str(answer["UploadId"])
    running.note({"upload_id": upload_id})
    request = {"UploadId": upload_id, **where}
    part = running.call("s3", "upload_part", failure, PartNumber=1, **_content(args), **request)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    return _logged(running.call("s3", "complete_multipart_upload", failure, MultipartUpload=parts, **request))


def _abort_upload(args: Args, facts: Facts, running: Running) -> None:
    """Aborts an upload; the undo of the previous step deletes the object itself."""
    if not (upload_id := facts.get("upload_id")):
        return
    failure = _("Could not end the test upload.")
    try:
        running.call("s3", "abort_multipart_upload", failure, UploadId=str(upload_id), **_where(args))
    except WorkbenchError as error:
        if error.aws_code != "NoSuchUpload":  # the upload was completed
            raise


RUNS: Mapping[str, StepRun] = {
    _NOTIFICATION: Once(_change_notifications, _change_notifications_back),
    OBJECT: Once(_put_object, _delete_object),
    _OBJECT_CHANGE: Once(_change_object, _abort_upload),
}
