"""A bucket's notification rules: reads, compares, adds, changes and removes one; puts test objects.

S3's Put replaces the whole configuration: it is read just before, and sent again with the one change. S3 has
no guard against a change in between; the window is one request long. aws/notification_rules knows when two
rules overlap.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote, quote_plus

from workbench.aws.event_rules import Entry, key_filter, key_part, meet
from workbench.aws.retry import poll
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.triggers.model import TriggerSpec, Values
from workbench.triggers.step import PROPAGATION, Refusal, Running, Step, StepRun, retry_on

Configuration = Mapping[str, Any]
"""What GetBucketNotificationConfiguration answers, without its metadata."""
LAMBDA = "LambdaFunctionConfigurations"
_LISTS = {LAMBDA: "LambdaFunctionArn", "QueueConfigurations": "QueueArn", "TopicConfigurations": "TopicArn"}
_NOUNS = {"lambda": "function", "sqs": "queue", "sns": "topic"}
ALL_CREATED = "s3:ObjectCreated:*"
KEY_LIMIT = 1024
"""Characters of a prefix or suffix. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_FilterRule.html"""
_PLAIN = "/!-_.'()"
"""Beside letters and digits, what a key may hold unencoded.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (safe characters)"""
_NOTIFICATION = "notification"
_NOT_YET: tuple[Refusal, ...] = (
    ("InvalidArgument", "Unable to validate the following destination configurations"),
    ("OperationAborted", ""),
)
"""A grant that has not propagated to S3, and another change in progress."""
OBJECT, _OBJECT_CHANGE = "object", "object change"
_BODY = b"A test event of Workbench. It may be deleted.\n"
_CONTENT_MD5 = base64.b64encode(hashlib.md5(_BODY, usedforsecurity=False).digest()).decode()
"""Without it a bucket with default Object Lock takes nothing.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html"""


def configuration_of(answer: Mapping[str, Any]) -> Configuration:
    """The configuration in an answer. Empty lists are left out; EventBridge's empty structure means "on"."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata" and value != []}


def rule_value(key_part: str) -> str:
    """A part of a key as a filter wants it: URL-encoded, a space as "+".

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    return quote_plus(key_part, safe=_PLAIN)


def entry_of(identity: str, function_arn: str, events: tuple[str, ...], prefix: str, suffix: str) -> Entry:
    """An entry that runs a function. Prefix and suffix are encoded already."""
    rules = [
        {"Name": name, "Value": value} for name, value in (("prefix", prefix), ("suffix", suffix)) if value
    ]
    entry: dict[str, Any] = {"Id": identity, "LambdaFunctionArn": function_arn, "Events": list(events)}
    return entry | ({"Filter": {"Key": {"FilterRules": rules}}} if rules else {})


def entries(configuration: Configuration) -> Iterator[Entry]:
    """All entries, whatever they call."""
    for name in _LISTS:
        yield from configuration.get(name, ())


def find_entry(configuration: Configuration, identity: str) -> Entry | None:
    """The entry with this Id, which is unique in a bucket."""
    return next((entry for entry in entries(configuration) if entry.get("Id") == identity), None)


def destination(entry: Entry) -> str:
    """The ARN that an entry calls."""
    return next((str(entry[member]) for member in _LISTS.values() if member in entry), "")


def describe(entry: Entry) -> str:
    """An entry for users: its name, its events and its filter."""
    prefix, suffix = (key_part(value) for value in key_filter(entry))
    words = [f"“{entry.get('Id', '')}” ({', '.join(entry.get('Events', ()))}"]
    words += [f"prefix {prefix}"] if prefix else []
    words += [f"suffix {suffix}"] if suffix else []
    return f"{', '.join(words)}) to {_called(destination(entry))}"


def _called(arn: str) -> str:
    """What an entry calls, for users."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return arn
    return f"the {_NOUNS.get(parts[2], '')} {parts[5].removeprefix('function:')}".replace("  ", " ")


def includes(events: tuple[str, ...], *wanted: str) -> bool:
    """Whether one of the events is among `events`, which may hold wildcards."""
    return any(meet(each, name) for each in events for name in wanted)


def same(one: Entry | None, other: Entry | None) -> bool:
    """Whether two entries say the same, in whatever order and spelling AWS answers it."""
    return _normal(one) == _normal(other) if one and other else one is other


def fingerprint(configuration: Configuration) -> str:
    """Differs when the configuration does; the order of entries, events and rules does not count."""
    normal = {
        name: sorted(json.dumps(_normal(entry), sort_keys=True) for entry in value)
        if isinstance(value, list)
        else value
        for name, value in configuration.items()
    }
    return hashlib.sha256(json.dumps(normal, sort_keys=True).encode()).hexdigest()


def changed(configuration: Configuration, remove: str, add: Entry | None) -> Configuration:
    """The configuration without the entry `remove` (an Id) and with `add`; all else as it is."""
    new = dict(configuration)
    for name, member in _LISTS.items():
        kept = [each for each in configuration.get(name, ()) if not remove or each.get("Id") != remove]
        new[name] = [*kept, *([add] if add and member in add else [])]
    return configuration_of(new)


def _normal(entry: Entry) -> dict[str, Any]:
    rest = {name: value for name, value in entry.items() if name not in ("Filter", "Events")}
    return {**rest, "Events": sorted(entry.get("Events", ())), "Filter": list(key_filter(entry))}


def values_of(entry: Entry) -> dict[str, object]:
    """A rule of the bucket as parameters."""
    prefix, suffix = (key_part(value) for value in key_filter(entry))
    return {
        "Events": tuple(entry.get("Events", ())),
        "Prefix": prefix,
        "Suffix": suffix,
        "LambdaFunctionArn": entry["LambdaFunctionArn"],
    }


def events_of(values: Values) -> tuple[str, ...]:
    """The chosen events; S3 has no default, the form has."""
    events = values.get("Events", (ALL_CREATED,))
    return (events,) if isinstance(events, str) else tuple(events) if isinstance(events, tuple | list) else ()


def wanted_entry(spec: TriggerSpec, standing: Entry | None = None) -> Entry:
    """The rule that is wanted. An existing one keeps its Id, and its spelling of the same filter."""
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
    """The step.

    Args:
        bucket: Its name.
        region: Its region.
        owner: The account that must own it; empty for any.
        add: The rule to add.
        remove: The rule to take away; its Id and the ARN that it calls are enough.
        planned: The fingerprint of the configuration that was checked; empty when any will do.
        for_good: Whether it is not undone: S3 would refuse a rule whose destination does not exist.
    """
    named = add or remove or {}
    rule_id = named.get("Id", "")
    if add and remove:
        title = f"Change the rule {rule_id} of the bucket {bucket}; all other rules are kept"
    elif add:
        title = f"Add the rule {rule_id} of the bucket {bucket}; all other rules are kept"
    else:
        title = f"Remove the rule {rule_id} of the bucket {bucket}; all other rules are kept"
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


class NotificationStep:
    """Reads, merges, reads again, compares, puts, reads back."""

    def do(self, step: Step, running: Running) -> Facts:
        bucket = _Bucket(step, running)
        add, remove = step.args.get("add"), step.args.get("remove")
        retry_on(lambda: self._change(bucket, step, running), running, _NOT_YET)
        self._await(bucket, step, running)
        return {"added": add, "removed": bucket.removed or remove}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        bucket = _Bucket(step, running)
        added: Any = facts.get("added")
        removed: Any = facts.get("removed")
        if (added or removed) and not step.args.get("for_good"):  # else nothing was sent
            retry_on(lambda: self._take_back(bucket, added, removed), running, _NOT_YET)

    def _change(self, bucket: "_Bucket", step: Step, running: Running) -> None:
        add: Any = step.args.get("add")
        remove: Any = step.args.get("remove")
        before = bucket.read()
        if _is_done(before, add, remove):
            return
        planned = step.args.get("planned")
        if planned and planned != fingerprint(before):
            raise _race(bucket.name, "since this plan was made")
        standing = find_entry(before, remove["Id"]) if remove else None
        if standing and destination(standing) != destination(remove):
            raise _race(bucket.name, "so that this rule calls another target")
        bucket.removed = standing
        running.note({"added": add, "removed": standing})
        bucket.replace(before, changed(before, remove["Id"] if remove else "", add))

    def _take_back(self, bucket: "_Bucket", added: Any, removed: Any) -> None:
        before = bucket.read()
        standing = find_entry(before, added["Id"]) if added else None
        if standing and removed and same(standing, removed):
            return
        if standing and not same(standing, added):
            raise _race(bucket.name, "since this rule was created, so it is left unchanged")
        missing = removed and (standing or (not added and find_entry(before, removed["Id"]) is None))
        if standing or missing:
            bucket.replace(
                before, changed(before, added["Id"] if standing else "", removed if missing else None)
            )

    def _await(self, bucket: "_Bucket", step: Step, running: Running) -> None:
        """Reads back: S3 may show the old configuration for a moment."""
        add: Any = step.args.get("add")
        remove: Any = step.args.get("remove")
        now = poll(bucket.read, lambda now: _is_done(now, add, remove), running.ctx, PROPAGATION)
        if not _is_done(now, add, remove):
            raise _race(bucket.name, "a moment after this change, which was lost")


class _Bucket:
    """The calls, each with the owner that is expected."""

    def __init__(self, step: Step, running: Running) -> None:
        self.name = str(step.args["bucket"])
        self.removed: Entry | None = None
        self._connection = running.connection
        owner = step.args.get("owner")
        self._params: dict[str, Any] = {"Bucket": self.name} | (
            {"ExpectedBucketOwner": owner} if owner else {}
        )

    def read(self) -> Configuration:
        return configuration_of(
            self._connection.call(
                "s3",
                "get_bucket_notification_configuration",
                failure=_("Could not read the notifications of {name}.").format(name=self.name),
                **self._params,
            )
        )

    def replace(self, before: Configuration, wanted: Configuration) -> None:
        """Puts, if nothing was changed since `before` was read."""
        if fingerprint(self.read()) != fingerprint(before):
            raise _race(self.name, "while this change was being made")
        try:
            self._connection.call(
                "s3",
                "put_bucket_notification_configuration",
                failure=_("Could not change the notifications of {name}.").format(name=self.name),
                NotificationConfiguration=wanted,
                **self._params,
            )
        except WorkbenchError as error:
            raise (_stale(self.name, before, error) or error) from None


def _stale(bucket: str, before: Configuration, error: WorkbenchError) -> WorkbenchError | None:
    """The error when S3 refuses because of another rule of the bucket, which retrying does not repair."""
    if error.aws_code != "InvalidArgument":
        return None
    for entry in entries(before):
        arn = destination(entry)
        if re.search(rf"{re.escape(arn)}(?![\w-]|:\S)", error.why):
            return WorkbenchError(
                _("Could not change the notifications of {bucket}.").format(bucket=bucket),
                _(
                    "The rule {entry} of the bucket cannot be used: its destination {arn} does "
                    "not exist, or does not let S3 in. S3 checks all rules of a bucket at every change."
                ).format(entry=describe(entry), arn=arn),
                _(
                    "Remove the rule “{get}” from the bucket, or restore its destination. Then try again."
                ).format(get=entry.get("Id", "")),
                error.aws_code,
                error.request_id,
            )
    return None


def _is_done(configuration: Configuration, add: Any, remove: Any) -> bool:
    if add:
        return same(find_entry(configuration, add["Id"]), add)
    return find_entry(configuration, remove["Id"]) is None


def _race(bucket: str, when: str) -> WorkbenchError:
    return WorkbenchError(
        _("The notifications of the bucket {bucket} were not changed.").format(bucket=bucket),
        _("They were changed elsewhere {when} (S3-RACE). This change would overwrite that one.").format(
            when=when
        ),
        _("Create the plan again. It will use the current notifications."),
    )


class Change(StrEnum):
    """What is done to the object once it is there; the value is kept in journals."""

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


def object_step(bucket: str, region: str, owner: str, key: str) -> Step:
    """The step; undoing it deletes the object, its versions included."""
    return Step(
        OBJECT,
        _("Put the object {key} into {bucket}").format(key=key, bucket=bucket),
        "s3:PutObject",
        region,
        {"bucket": bucket, "owner": owner, "key": key},
        undo=_("Delete the object"),
    )


def change_step(put: Step, change: Change) -> Step:
    """What is done to the object that `put` puts."""
    title, api_call = _TITLES[change]
    args = {**put.args, "change": change.value}
    return Step(_OBJECT_CHANGE, title.format(**put.args), api_call, put.region, args)


class _ObjectStep:
    """Puts a small text; deletes what that made."""

    def do(self, step: Step, running: Running) -> Facts:
        params, key = _params(step), str(step.args["key"])
        running.note({"key": key})
        answer = running.connection.call(
            "s3",
            "put_object",
            failure=_("Could not put the object {key}.").format(key=key),
            Body=_BODY,
            ContentMD5=_CONTENT_MD5,
            ContentType="text/plain",
            **params,
        )
        version = answer.get("VersionId")
        return {"key": key} | ({"version": version} if version else {})

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes all versions and delete markers of the key; nothing when none is left."""
        if not facts.get("key"):
            return
        params, call = _params(step), running.connection.call
        failure = _("Could not delete the test object {facts}.").format(facts=facts["key"])
        for version in self._versions(step, facts, running):
            more = {"VersionId": version} if version else {}
            call("s3", "delete_object", failure=failure, **params, **more)

    def _versions(self, step: Step, facts: Facts, running: Running) -> list[Any]:
        """The versions to delete: without an id a versioned bucket would keep the object behind a marker."""
        params = _params(step)
        prefix = params.pop("Key")
        try:
            answer = running.connection.call("s3", "list_object_versions", Prefix=prefix, **params)
        except WorkbenchError:
            return [facts.get("version")]  # it may not be read; what can be deleted is deleted
        found = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
        return [each.get("VersionId") for each in found if each["Key"] == prefix]


class _ObjectChangeStep:
    """Copies, tags or deletes the object that the step before has put."""

    def do(self, step: Step, running: Running) -> Facts:
        """Makes the change.

        Raises:
            WorkbenchError: AWS refused, or the bucket keeps no versions where a delete marker is wanted.
        """
        params, change = _params(step), Change(step.args["change"])
        failure = _FAILURES[change].format(**step.args)
        match change:
            case Change.COPY:
                source = quote(f"{params['Bucket']}/{params['Key']}")
                self._call(
                    running, "copy_object", failure, params, CopySource=source, MetadataDirective="REPLACE"
                )
            case Change.MULTIPART:
                self._upload(running, failure, params)
            case Change.TAG | Change.UNTAG:
                tags = {"TagSet": [{"Key": "workbench", "Value": "test"}]}
                self._call(running, "put_object_tagging", failure, params, Tagging=tags)
                if change is Change.UNTAG:
                    self._call(running, "delete_object_tagging", failure, params)
            case Change.DELETE:
                version = running.earlier.get(OBJECT, {}).get("version")
                more = {"VersionId": version} if version else {}
                self._call(running, "delete_object", failure, params, **more)
            case Change.MARK:
                if not self._call(running, "delete_object", failure, params).get("DeleteMarker"):
                    raise WorkbenchError(
                        _("No delete marker was created."),
                        _(
                            "The bucket {params} is not versioned: a deletion removes the object permanently."
                        ).format(params=params["Bucket"]),
                        _(
                            "Use the event type s3:ObjectRemoved:Delete for the trigger, or turn "
                            "on versioning."
                        ),
                    )
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Ends an upload that was begun; the object itself is deleted by the undo of the step before."""
        if upload_id := facts.get("upload_id"):
            try:
                self._call(
                    running,
                    "abort_multipart_upload",
                    _("Could not end the test upload."),
                    _params(step),
                    UploadId=str(upload_id),
                )
            except WorkbenchError as error:
                if error.aws_code != "NoSuchUpload":  # it was completed
                    raise

    def _upload(self, running: Running, failure: str, params: dict[str, Any]) -> None:
        answer = self._call(running, "create_multipart_upload", failure, params, ContentType="text/plain")
        upload_id = str(answer["UploadId"])
        running.note({"upload_id": upload_id})
        part = self._call(
            running,
            "upload_part",
            failure,
            params,
            UploadId=upload_id,
            PartNumber=1,
            Body=_BODY,
            ContentMD5=_CONTENT_MD5,
        )
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        self._call(
            running, "complete_multipart_upload", failure, params, UploadId=upload_id, MultipartUpload=parts
        )

    @staticmethod
    def _call(
        running: Running, method: str, failure: str, params: dict[str, Any], **more: Any
    ) -> dict[str, Any]:
        answer: dict[str, Any] = running.connection.call("s3", method, failure=failure, **params, **more)
        return answer


def _params(step: Step) -> dict[str, Any]:
    owner = step.args.get("owner")
    base = {"Bucket": step.args["bucket"], "Key": step.args["key"]}
    return base | ({"ExpectedBucketOwner": owner} if owner else {})


RUNS: Mapping[str, StepRun] = {
    _NOTIFICATION: NotificationStep(),
    OBJECT: _ObjectStep(),
    _OBJECT_CHANGE: _ObjectChangeStep(),
}
