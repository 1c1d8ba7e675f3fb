"""An object that is put into a bucket to cause an event, what is then done to it, and its deletion."""

import base64
import hashlib
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from workbench.core.errors import WorkbenchError
from workbench.triggers.step import Facts, Running, Step

OBJECT, OBJECT_CHANGE = "object", "object change"
_BODY = b"A test event of Workbench. It may be deleted.\n"
_CONTENT_MD5 = base64.b64encode(hashlib.md5(_BODY, usedforsecurity=False).digest()).decode()
"""Without it a bucket with default Object Lock takes nothing.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html"""


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
    Change.COPY: "Could not copy the object {key} onto itself.",
    Change.MULTIPART: "Could not upload the object {key} again in parts.",
    Change.TAG: "Could not tag the object {key}.",
    Change.UNTAG: "Could not tag the object {key} and delete its tags.",
    Change.DELETE: "Could not delete the object {key} from {bucket}.",
    Change.MARK: "Could not delete the object {key} from {bucket}.",
}


def object_step(bucket: str, region: str, owner: str, key: str) -> Step:
    """The step; undoing it deletes the object, its versions included."""
    return Step(
        OBJECT,
        f"Put the object {key} into {bucket}",
        "s3:PutObject",
        region,
        {"bucket": bucket, "owner": owner, "key": key},
        undo="Delete the object",
    )


def change_step(put: Step, change: Change) -> Step:
    """What is done to the object that `put` puts."""
    title, api_call = _TITLES[change]
    args = {**put.args, "change": change.value}
    return Step(OBJECT_CHANGE, title.format(**put.args), api_call, put.region, args)


class ObjectStep:
    """Puts a small text; deletes what that made."""

    def do(self, step: Step, running: Running) -> Facts:
        params, key = _params(step), str(step.args["key"])
        running.note({"key": key})
        answer = running.connection.call(
            "s3",
            "put_object",
            failure=f"Could not put the object {key}.",
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
        failure = f"Could not delete the test object {facts['key']}."
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


class ObjectChangeStep:
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
                        "No delete marker was created.",
                        f"The bucket {params['Bucket']} is not versioned: a deletion removes the "
                        "object permanently.",
                        "Use the event type s3:ObjectRemoved:Delete for the trigger, or turn on versioning.",
                    )
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Ends an upload that was begun; the object itself is deleted by the undo of the step before."""
        if upload_id := facts.get("upload_id"):
            try:
                self._call(
                    running,
                    "abort_multipart_upload",
                    "Could not end the test upload.",
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
