"""Brings the package to S3: what is there already is copied inside S3, the rest is sent in parts.

A few parts are on their way at once. An upload that was interrupted goes on where it stopped, also after a
crash: parts that arrived whole are found by their hash. They, and packages that were not deployed, are
removed by the bucket's lifecycle.
"""

import base64
import contextlib
import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any

from workbench.aws.bodies import FileBody
from workbench.code.package import Package
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, megabytes
from workbench.deploy.records import Facts
from workbench.deploy.staging import Staging, object_key, packages_in_bucket
from workbench.deploy.steps.parts import Parts
from workbench.deploy.steps.running import Running
from workbench.functions.model import S3Object

_PART_BYTES = 8 * 1024**2
_ATTEMPTS = 4
_FIRST_PAUSE_S = 0.5
# Failures of the network, by their name in botocore: the part is sent again.
_PASSING = frozenset(
    {
        "ConnectionClosedError",
        "HTTPClientError",
        "ReadTimeoutError",
        "ConnectTimeoutError",
        "EndpointConnectionError",
        "ResponseParserError",
    }
)
_PASSING_CODES = frozenset(
    {"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "BadDigest", "503", "500"}
)


def do(running: Running) -> Facts:
    """Brings the deploy's package to S3."""
    plan = running.plan
    assert plan.staging is not None
    stage(running, plan.staging, plan.package)
    if not plan.staging.refers:
        _tidy(running, plan.staging)
    return {"bucket": plan.staging.bucket, "key": plan.staging.key}


def code_in_s3(running: Running, staging: Staging, code_sha256: str) -> dict[str, Any]:
    """The members of a request that name a package in S3.

    Args:
        running: The deploy.
        staging: The way.
        code_sha256: The new package's, or that of the code before.

    Raises:
        WorkbenchError: The version of the object that was sent cannot be read.
    """
    if not staging.refers:
        return {"S3Bucket": staging.bucket, "S3Key": object_key(running.name, code_sha256)}
    version = staging.old_version
    if code_sha256 == running.plan.new_sha256:
        answer = running.connection.call(
            "s3",
            "head_object",
            failure=f"Could not deploy {running.name}.",
            Bucket=staging.bucket,
            Key=staging.key,
        )
        version = str(answer.get("VersionId") or "")
    return S3Object(staging.bucket, staging.key, version).request


def stage(running: Running, staging: Staging, package: Package) -> None:
    """Brings a package to the staging's key, unless it is there.

    Raises:
        WorkbenchError: S3 refuses, or stays out of reach. What arrived is used by the next try.
        Cancelled: The same.
    """
    # A staged package is named by its hash. An object that the function refers to has any name.
    if (
        not staging.refers
        and packages_in_bucket(running.connection, staging).get(staging.key) == package.size_bytes
    ):
        return
    try:
        _Upload(running, staging, package).run()
    except OSError as error:
        raise explain_os_error(error, "The package could not be read.", package.path) from error


class _Upload:
    def __init__(self, running: Running, staging: Staging, package: Package) -> None:
        self._running = running
        self._staging = staging
        self._package = package
        self._parts = Parts(self._tell)
        self._object: dict[str, Any] = {
            "Bucket": staging.bucket,
            "Key": staging.key,
            **staging.expected_owner,
        }

    def run(self) -> None:
        size, copied = self._package.size_bytes, self._staging.unchanged_bytes
        if size <= _PART_BYTES and not copied:
            md5 = _content_md5(self._package.path, 0, size)
            with closing(self._body(1, 0, size)) as body:
                self._patiently("put_object", Body=body, ContentMD5=md5)
            return
        upload_id, arrived = self._unfinished()
        upload_id = upload_id or str(self._patiently("create_multipart_upload")["UploadId"])
        places = dict(enumerate(_parts(size, copied), 1))

        def send(number: int) -> str:
            offset, part_bytes = places[number]
            etag = arrived.get(number, "")
            if not etag or etag != _md5(self._package.path, offset, part_bytes):
                etag = self._part(upload_id, number, offset, part_bytes, number == 1 and copied > 0)
            self._parts.count(number, part_bytes)
            return etag

        etags = zip(places, self._parts.run(list(places), send), strict=True)
        parts = [{"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in etags]
        self._patiently("complete_multipart_upload", UploadId=upload_id, MultipartUpload={"Parts": parts})

    def _part(self, upload_id: str, number: int, offset: int, part_bytes: int, copy: bool) -> str:
        """Makes one part, in S3 or from here. Returns its ETag."""
        where: dict[str, Any] = {"UploadId": upload_id, "PartNumber": number}
        if copy:
            self._parts.count(number, 0)
            owner = {"ExpectedSourceBucketOwner": self._staging.owner} if self._staging.owner else {}
            answer = self._patiently(
                "upload_part_copy",
                CopySource={"Bucket": self._staging.bucket, "Key": self._staging.old_key},
                CopySourceRange=f"bytes={offset}-{offset + part_bytes - 1}",
                **where,
                **owner,
            )["CopyPartResult"]
        else:
            md5 = _content_md5(self._package.path, offset, part_bytes)
            with closing(self._body(number, offset, part_bytes)) as body:
                answer = self._patiently("upload_part", Body=body, ContentMD5=md5, **where)
        return str(answer["ETag"]).strip('"')

    def _unfinished(self) -> tuple[str, dict[int, str]]:
        """An upload of this package that was interrupted, and the ETags of its parts by number."""
        where = {key: value for key, value in self._object.items() if key != "Key"}
        try:
            found = self._call("list_multipart_uploads", Prefix=self._staging.key, where=where)
            uploads = [each for each in found.get("Uploads") or () if each["Key"] == self._staging.key]
            if not uploads:
                return "", {}
            latest = max(uploads, key=lambda upload: upload["Initiated"])
            parts = self._call("list_parts", UploadId=latest["UploadId"]).get("Parts") or ()
        except WorkbenchError:
            return "", {}  # may not be listed: it is only a convenience
        return str(latest["UploadId"]), {part["PartNumber"]: part["ETag"].strip('"') for part in parts}

    def _body(self, number: int, offset: int, size_bytes: int) -> FileBody:
        path, count = self._package.path, self._parts.count
        return FileBody(path, offset, size_bytes, lambda sent, _: count(number, sent))

    def _tell(self, done: int) -> None:
        total = self._package.size_bytes
        text = f"Sending to S3: {megabytes(done)} of {megabytes(total)} MB"
        self._running.say(text, done / (total + 1))

    def _patiently(self, method: str, **params: Any) -> dict[str, Any]:
        """A call that is made again when the network failed: one part is lost by it, not the upload."""
        for attempt in range(1, _ATTEMPTS + 1):
            self._running.ctx.check()
            try:
                return self._call(method, **params)
            except WorkbenchError as error:
                if error.aws_code not in _PASSING | _PASSING_CODES or attempt == _ATTEMPTS:
                    raise
            if "Body" in params:
                params["Body"].seek(0)
            self._running.ctx.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1))
        raise AssertionError("the last attempt raises")

    def _call(self, method: str, where: dict[str, Any] | None = None, **params: Any) -> dict[str, Any]:
        return self._running.connection.call(
            "s3",
            method,
            failure=f"Could not send the package of {self._running.name} to S3.",
            **(self._object if where is None else where),
            **params,
        )


def _parts(size: int, copied: int) -> list[tuple[int, int]]:
    """Offset and size of each part: what is copied first, as one."""
    parts = [(0, copied)] if copied else []
    offsets = range(copied, size, _PART_BYTES)
    return parts + [(offset, min(_PART_BYTES, size - offset)) for offset in offsets]


def _md5(path: Path, offset: int, size_bytes: int) -> str:
    """What S3 calls the ETag of a part. Under KMS it is something else: such a part is sent again."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        file.seek(offset)
        while size_bytes > 0 and (piece := file.read(min(size_bytes, 1 << 20))):
            digest.update(piece)
            size_bytes -= len(piece)
    return digest.hexdigest()


def _content_md5(path: Path, offset: int, size_bytes: int) -> str:
    """The header without which a bucket with default Object Lock takes nothing.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    return base64.b64encode(bytes.fromhex(_md5(path, offset, size_bytes))).decode()


def _tidy(running: Running, staging: Staging) -> None:
    """Removes the function's packages but the new one and the one before it, whose start may be copied."""
    plan = running.plan
    kept = {staging.key, object_key(plan.function_name, plan.old_sha256)}
    with contextlib.suppress(WorkbenchError):  # may not be deleted: the lifecycle removes them later
        for key in packages_in_bucket(running.connection, staging).keys() - kept:
            running.connection.call(
                "s3", "delete_object", Bucket=staging.bucket, Key=key, **staging.expected_owner
            )
