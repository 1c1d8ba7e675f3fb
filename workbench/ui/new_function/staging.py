"""Takes the package of a new function to S3 when it is too large for the request, as a deploy does."""

import contextlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.options import DeployOptions, Upload
from workbench.deploy.plan import Plan
from workbench.deploy.staging import Staging, default_bucket, object_key, observe_staging
from workbench.deploy.steps.running import Running
from workbench.deploy.steps.s3 import create_bucket, upload
from workbench.functions.create_plan import Staged

_GONE = frozenset({"404", "NoSuchBucket", "NoSuchKey", "NoSuchUpload"})
_KEPT = frozenset({"BucketNotEmpty"})
_NOT_ALLOWED = frozenset({"AccessDenied", "403", "Forbidden"})


class ThroughS3:
    """The way of a deploy, for a function that is not there yet. See `functions.create_plan.Uploader`."""

    def destination(
        self, connection: Connection, bucket: str, function_name: str, code_sha256: str
    ) -> Staged:
        """See `Uploader.destination`."""
        owner = "" if bucket else connection.account_id
        return Staged(bucket or default_bucket(connection), object_key(function_name, code_sha256), owner)

    def observe(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> Staged:
        """See `Uploader.observe`."""
        name = _name_in(staged)
        options = DeployOptions(upload=Upload.S3, bucket="" if staged.owner else staged.bucket)
        sent = _package(package, staged)
        with _of_creation(name):
            found = observe_staging(connection, name, sent, None, "", options, too_large=True, ctx=ctx)
        assert found is not None
        return Staged(found.bucket, found.key, found.owner, found.exists)

    def make_bucket(self, connection: Connection, staged: Staged, ctx: JobContext) -> None:
        """See `Uploader.make_bucket`."""
        with _of_creation(_name_in(staged)):
            create_bucket(_running(connection, staged, Path(), ctx))

    def send(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> None:
        """See `Uploader.send`."""
        running = _running(connection, staged, package, ctx)
        upload(running, _staging(staged), running.plan.package)

    def delete_package(self, connection: Connection, staged: Staged) -> None:
        """See `Uploader.delete_package`."""
        owner = _staging(staged).expected_owner
        for upload_id in _uploads(connection, staged):
            _unless_missing(
                connection,
                "abort_multipart_upload",
                Bucket=staged.bucket,
                Key=staged.key,
                UploadId=upload_id,
                **owner,
            )
        _unless_missing(connection, "delete_object", Bucket=staged.bucket, Key=staged.key, **owner)

    def delete_bucket(self, connection: Connection, staged: Staged) -> None:
        """See `Uploader.delete_bucket`."""
        _unless_missing(connection, "delete_bucket", Bucket=staged.bucket, **_staging(staged).expected_owner)


def _uploads(connection: Connection, staged: Staged) -> list[str]:
    """The uploads of this package that were not ended; none where they may not be listed: S3 ends them."""
    try:
        found = connection.call(
            "s3",
            "list_multipart_uploads",
            failure=_("Could not delete the package."),
            Bucket=staged.bucket,
            Prefix=staged.key,
            **_staging(staged).expected_owner,
        )
    except WorkbenchError as error:
        if error.aws_code in _GONE | _NOT_ALLOWED:
            return []
        raise
    return [str(each["UploadId"]) for each in found.get("Uploads") or () if each["Key"] == staged.key]


def _unless_missing(connection: Connection, method: str, **request: Any) -> None:
    try:
        connection.call("s3", method, failure=_("Could not delete the package."), **request)
    except WorkbenchError as error:
        if error.aws_code not in _GONE | _KEPT:
            raise


def _running(connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> Running:
    """What the steps of a deploy ask for: this is its only step, so that its share is all of `ctx`."""
    sent, name = _package(package, staged), _name_in(staged)
    plan = Plan(name, "", sent, "", sent.code_sha256, "", False, (), staging=_staging(staged))
    return Running(connection, plan, None, ctx, SystemClock(), package, "", number=-1)


def _package(path: Path, staged: Staged) -> Package:
    try:
        size = path.stat().st_size if path.is_file() else 0
    except OSError as error:
        raise explain_os_error(error, _("The package could not be read."), path) from error
    return Package(path, _sha256_in(staged), size, Contents())


def _staging(staged: Staged) -> Staging:
    return Staging(staged.bucket, staged.exists, staged.key, owner=staged.owner)


def _name_in(staged: Staged) -> str:
    return staged.key.split("/")[-2]


def _sha256_in(staged: Staged) -> str:
    """CodeSha256 again, from the key that `object_key` made of it."""
    return b64encode(bytes.fromhex(staged.key.rpartition("/")[2].removesuffix(".zip"))).decode()


@contextlib.contextmanager
def _of_creation(function_name: str) -> Iterator[None]:
    """A deploy's words for what happens before anything is made, in those of a creation."""
    try:
        yield
    except WorkbenchError as error:
        if error.what == _("{function_name} was not deployed.").format(function_name=function_name):
            error.what = _("The function {function_name} was not created.").format(
                function_name=function_name
            )
        raise
