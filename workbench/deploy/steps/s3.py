"""The package in S3: creates the staging bucket, and uploads the package to it.

The bucket is private and encrypted, and its lifecycle rules delete objects. Content that it has already is
copied inside S3; the rest is sent in parts, a few at a time, since one connection seldom uses the whole
bandwidth. An interrupted upload continues where it stopped, even after a crash: complete parts are found by
their hash. They, and packages that were not deployed, are removed by the lifecycle rules.
"""

import base64
import contextlib
import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import Any

from workbench.aws.client_config import FileBody
from workbench.aws.retry import Backoff, retry
from workbench.code.package import Package
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error, megabytes
from workbench.core.jobs import for_this_job
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.deploy.staging import Staging, object_key, packages_in_bucket
from workbench.deploy.steps import Running
from workbench.functions.account_resources import NO_PUBLIC_ACCESS
from workbench.functions.model import S3Object

_BUCKET_BUSY = "OperationAborted"
"""Another change of the bucket is in progress. S3 also answers this for a while after a bucket of that name
was deleted, and if two deploys create it at once.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""
_BUCKET_BACKOFF = Backoff(first_s=0.2, longest_s=4.0, total_s=60.0)
_PACKAGE_DAYS = 30
_UPLOAD_DAYS = 1
_BUCKET_SETTINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("put_public_access_block", {"PublicAccessBlockConfiguration": NO_PUBLIC_ACCESS}),
    (
        "put_bucket_encryption",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            }
        },
    ),
    (
        "put_bucket_lifecycle_configuration",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "ID": "workbench-packages",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "Expiration": {"Days": _PACKAGE_DAYS},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _UPLOAD_DAYS},
                    }
                ]
            }
        },
    ),
)


def create_bucket(running: Running) -> Facts:
    """Creates the bucket with all its settings, or not at all. The undo of a deploy keeps it."""
    staging = running.plan.staging
    assert staging is not None
    running.report(_("Making the bucket {bucket}").format(bucket=staging.bucket))
    region = running.connection.region
    location: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    if region == "us-east-1":
        location = {}  # the one region that must not be named
    failure = _("Could not create the bucket {bucket}.").format(bucket=staging.bucket)
    try:
        _call_s3(running, "create_bucket", failure, Bucket=staging.bucket, **location)
    except WorkbenchError as error:
        if error.aws_code == "BucketAlreadyExists":
            raise WorkbenchError(
                error.what,
                _("Another account has a bucket of the name {bucket}.").format(bucket=staging.bucket),
                _("Choose your own bucket for packages."),
                error.aws_code,
                error.request_id,
            ) from None
        if error.aws_code != "BucketAlreadyOwnedByYou":
            raise
    try:
        for method, settings in _BUCKET_SETTINGS:
            _call_s3(running, method, failure, Bucket=staging.bucket, **settings, **staging.expected_owner)
    except WorkbenchError:
        _remove_bucket(running, staging)
        raise
    return {"bucket": staging.bucket}


def _call_s3(running: Running, method: str, failure: str, **request: Any) -> None:
    """Makes a call, and repeats it while the bucket is busy."""
    retry(
        lambda: running.connection.call("s3", method, failure=failure, **request),
        running.ctx,
        _BUCKET_BACKOFF,
        lambda error: error.aws_code == _BUCKET_BUSY,
    )


def _remove_bucket(running: Running, staging: Staging) -> None:
    """Deletes a bucket whose settings are incomplete, so that it is not mistaken for a complete one."""
    with contextlib.suppress(WorkbenchError):  # the first error counts
        running.connection.call("s3", "delete_bucket", Bucket=staging.bucket, **staging.expected_owner)


AT_ONCE = 4
"""Each holds a connection and a few hundred KB: parts are read while they are sent."""


class Parts:
    """The progress of all parts.

    Args:
        report: Called with the bytes of all parts, never concurrently; what it raises ends the upload.
    """

    def __init__(self, report: Callable[[int], object]) -> None:
        self._report = report
        self._sent: dict[int, int] = {}
        self._lock = threading.Lock()
        self._failed = threading.Event()

    def count(self, number: int, sent_bytes: int) -> None:
        """Records the progress of a part.

        Raises:
            Cancelled: Another part failed, or the user cancelled.
        """
        if self._failed.is_set():
            raise Cancelled
        with self._lock:
            self._sent[number] = sent_bytes
            self._report(sum(self._sent.values()))

    def run(self, numbers: Sequence[int], send: Callable[[int], str]) -> list[str]:
        """Sends all parts, started in this order.

        Args:
            send: Sends a part and returns its ETag; called on its own threads.

        Returns:
            The ETags, in the order of the numbers.

        Raises:
            WorkbenchError: The first failure of a part, once no part is being sent any more.
            Cancelled: Once no part is being sent any more.
        """

        def guarded(number: int) -> str:
            try:
                if self._failed.is_set():
                    raise Cancelled
                return send(number)
            except BaseException:
                self._failed.set()
                raise

        with ThreadPoolExecutor(min(AT_ONCE, len(numbers)), "upload") as threads:
            futures = [threads.submit(for_this_job(guarded), each) for each in numbers]
            wait(futures, return_when=FIRST_EXCEPTION)
            if self._failed.is_set():
                threads.shutdown(cancel_futures=True)
        errors = [future.exception() for future in futures if not future.cancelled()]
        # A part that another part's failure ended raises Cancelled: the failure counts.
        for error in sorted(filter(None, errors), key=lambda error: isinstance(error, Cancelled)):
            raise error
        return [future.result() for future in futures]


_PART_BYTES = 8 * 1024**2
_PART_BACKOFF = Backoff(first_s=0.5, attempts=4)
_NETWORK_ERRORS = frozenset(
    {
        "ConnectionClosedError",
        "HTTPClientError",
        "ReadTimeoutError",
        "ConnectTimeoutError",
        "EndpointConnectionError",
        "ResponseParserError",
    }
)
_TRANSIENT_CODES = frozenset(
    {"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "BadDigest", "503", "500"}
)


def stage_package(running: Running) -> Facts:
    """Uploads the deploy's package to S3."""
    plan = running.plan
    assert plan.staging is not None
    upload(running, plan.staging, plan.package)
    if not plan.staging.refers:
        _remove_old_packages(running, plan.staging)
    return {"bucket": plan.staging.bucket, "key": plan.staging.key}


def code_in_s3(running: Running, staging: Staging, code_sha256: str) -> dict[str, Any]:
    """The members of a request that name a package in S3.

    Args:
        code_sha256: CodeSha256 of the new or of the old package.

    Raises:
        WorkbenchError: The version of the object cannot be read.
    """
    if not staging.refers:
        return {"S3Bucket": staging.bucket, "S3Key": object_key(running.name, code_sha256)}
    version = staging.old_version
    if code_sha256 == running.plan.new_sha256:
        answer = running.connection.call(
            "s3",
            "head_object",
            failure=_("Could not deploy {running}.").format(running=running.name),
            Bucket=staging.bucket,
            Key=staging.key,
        )
        version = str(answer.get("VersionId") or "")
    return S3Object(staging.bucket, staging.key, version).request


def upload(running: Running, staging: Staging, package: Package) -> None:
    """Uploads a package to the staging's key, unless it is there.

    Raises:
        WorkbenchError: S3 refused, or was not reached. The next upload reuses complete parts.
        Cancelled: The next upload reuses complete parts.
    """
    # A staged package is named by its hash. An object that the function refers to may have any name.
    if (
        not staging.refers
        and packages_in_bucket(running.connection, staging).get(staging.key) == package.size_bytes
    ):
        return
    try:
        _Upload(running, staging, package).run()
    except OSError as error:
        raise explain_os_error(error, _("The package could not be read."), package.path) from error


class _Upload:
    def __init__(self, running: Running, staging: Staging, package: Package) -> None:
        self._running = running
        self._staging = staging
        self._package = package
        self._parts = Parts(self._report)
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
                self._retry("put_object", Body=body, ContentMD5=md5)
            return
        upload_id, arrived = self._unfinished()
        upload_id = upload_id or str(self._retry("create_multipart_upload")["UploadId"])
        ranges = dict(enumerate(_parts(size, copied), 1))

        def send(number: int) -> str:
            offset, part_bytes = ranges[number]
            etag = arrived.get(number, "")
            if not etag or etag != _md5(self._package.path, offset, part_bytes):
                etag = self._part(upload_id, number, offset, part_bytes, number == 1 and copied > 0)
            self._parts.count(number, part_bytes)
            return etag

        etags = zip(ranges, self._parts.run(list(ranges), send), strict=True)
        parts = [{"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in etags]
        self._retry("complete_multipart_upload", UploadId=upload_id, MultipartUpload={"Parts": parts})

    def _part(self, upload_id: str, number: int, offset: int, part_bytes: int, copy: bool) -> str:
        """Copies a part inside S3, or sends it. Returns its ETag."""
        target: dict[str, Any] = {"UploadId": upload_id, "PartNumber": number}
        if copy:
            self._parts.count(number, 0)
            owner = {"ExpectedSourceBucketOwner": self._staging.owner} if self._staging.owner else {}
            answer = self._retry(
                "upload_part_copy",
                CopySource={"Bucket": self._staging.bucket, "Key": self._staging.old_key},
                CopySourceRange=f"bytes={offset}-{offset + part_bytes - 1}",
                **target,
                **owner,
            )["CopyPartResult"]
        else:
            md5 = _content_md5(self._package.path, offset, part_bytes)
            with closing(self._body(number, offset, part_bytes)) as body:
                answer = self._retry("upload_part", Body=body, ContentMD5=md5, **target)
        return str(answer["ETag"]).strip('"')

    def _unfinished(self) -> tuple[str, dict[int, str]]:
        """An interrupted upload of this package, and the ETags of its parts by number."""
        target = {key: value for key, value in self._object.items() if key != "Key"}
        try:
            found = self._call("list_multipart_uploads", Prefix=self._staging.key, target=target)
            uploads = [each for each in found.get("Uploads") or () if each["Key"] == self._staging.key]
            if not uploads:
                return "", {}
            latest = max(uploads, key=lambda upload: upload["Initiated"])
            parts = self._call("list_parts", UploadId=latest["UploadId"]).get("Parts") or ()
        except WorkbenchError:
            return "", {}  # may not be listed, which is only a convenience
        return str(latest["UploadId"]), {part["PartNumber"]: part["ETag"].strip('"') for part in parts}

    def _body(self, number: int, offset: int, size_bytes: int) -> FileBody:
        path, count = self._package.path, self._parts.count
        return FileBody(path, offset, size_bytes, lambda sent, __: count(number, sent))

    def _report(self, done: int) -> None:
        total = self._package.size_bytes
        text = _("Sending to S3: {done} of {total} MB").format(done=megabytes(done), total=megabytes(total))
        self._running.report(text, done / (total + 1))

    def _retry(self, method: str, **params: Any) -> dict[str, Any]:
        """Makes a call, and repeats it if the network fails: that costs one part, not the upload."""

        def call() -> dict[str, Any]:
            self._running.ctx.check()
            return self._call(method, **params)

        def rewind(_error: WorkbenchError) -> None:
            if "Body" in params:
                params["Body"].seek(0)

        return retry(call, self._running.ctx, _PART_BACKOFF, _is_transient, rewind)

    def _call(self, method: str, target: dict[str, Any] | None = None, **params: Any) -> dict[str, Any]:
        return self._running.connection.call(
            "s3",
            method,
            failure=_("Could not send the package of {running} to S3.").format(running=self._running.name),
            **(self._object if target is None else target),
            **params,
        )


def _is_transient(error: WorkbenchError) -> bool:
    return error.aws_code in _NETWORK_ERRORS | _TRANSIENT_CODES


def _parts(size: int, copied: int) -> list[tuple[int, int]]:
    """Offset and size of each part; the copied beginning comes first, as one part."""
    parts = [(0, copied)] if copied else []
    offsets = range(copied, size, _PART_BYTES)
    return parts + [(offset, min(_PART_BYTES, size - offset)) for offset in offsets]


def _md5(path: Path, offset: int, size_bytes: int) -> str:
    """The ETag of a part in S3. Under KMS it is different, and such a part is sent again."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        file.seek(offset)
        while size_bytes > 0 and (piece := file.read(min(size_bytes, 1 << 20))):
            digest.update(piece)
            size_bytes -= len(piece)
    return digest.hexdigest()


def _content_md5(path: Path, offset: int, size_bytes: int) -> str:
    """The header that a bucket with default Object Lock requires.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    return base64.b64encode(bytes.fromhex(_md5(path, offset, size_bytes))).decode()


def _remove_old_packages(running: Running, staging: Staging) -> None:
    """Deletes the function's packages except the new one and the one before, which may be copied from."""
    plan = running.plan
    kept = {staging.key, object_key(plan.function_name, plan.old_sha256)}
    with contextlib.suppress(WorkbenchError):  # may not be deleted: the lifecycle rules remove them later
        for key in packages_in_bucket(running.connection, staging).keys() - kept:
            running.connection.call(
                "s3", "delete_object", Bucket=staging.bucket, Key=key, **staging.expected_owner
            )
