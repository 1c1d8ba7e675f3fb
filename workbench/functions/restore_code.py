"""The code of a deleted function as a request takes it: the zip itself, an image, or where in S3 it is."""

import base64
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.functions.belongings import KeptVersion
from workbench.functions.model import S3Object
from workbench.functions.staged import Staged, Uploader

_GONE = ("404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion")


class RestoredCode:
    """Brings packages to S3 that are too large for a request, and takes them back.

    Args:
        connection: To the function's account and region.
        function_name: Whose code it is.
        folder: Where the packages are kept.
        uploader: Takes large ones to S3; without one they are refused.
        what: Said when it fails; that it was not restored, by default.
    """

    def __init__(
        self,
        connection: Connection,
        function_name: str,
        folder: Path,
        uploader: Uploader | None,
        what: str = "",
    ) -> None:
        self._connection, self._name, self._folder = connection, function_name, folder
        self._uploader = uploader
        self._what = what or f"{function_name} was not restored."
        self._sent: list[tuple[Staged, bool]] = []

    def request(self, package: Path, version: KeptVersion, ctx: JobContext) -> dict[str, Any]:
        """The members of the request that name the code of a version, and the key of its package.

        Raises:
            WorkbenchError: The package cannot be read, or not be sent.
            Cancelled: While it is sent.
        """
        if version.image_uri:
            return {"ImageUri": version.image_uri}
        if version.s3_object is not None and self._is_there(found := S3Object(**version.s3_object)):
            return found.request
        key = version.source_kms_key_arn
        return self._zip(package, version.code_sha256, ctx) | ({"SourceKMSKeyArn": key} if key else {})

    def _is_there(self, found: S3Object) -> bool:
        """Whether what the function referred to is still in S3; Lambda gets a copy otherwise."""
        version: dict[str, Any] = {"VersionId": found.version} if found.version else {}
        try:
            self._connection.call(
                "s3", "head_object", failure=self._what, Bucket=found.bucket, Key=found.key, **version
            )
        except WorkbenchError as error:
            return error.aws_code not in _GONE
        return True

    def _zip(self, package: Path, code_sha256: str, ctx: JobContext) -> dict[str, Any]:
        what = self._what
        try:
            size = package.stat().st_size
            if size <= ZIP_LIMIT_BYTES:
                return {"ZipFile": package.read_bytes()}
        except OSError as error:
            raise explain_os_error(error, what, package) from error
        if self._uploader is None:
            raise WorkbenchError(
                what,
                f"Its package has {size:,} bytes; packages larger than {ZIP_LIMIT_BYTES:,} bytes "
                "must be uploaded to S3.",
                f"Create a function with this name, and deploy {package} to it.",
            )
        place = self._uploader.place(self._connection, "", self._name, code_sha256)
        staged = self._uploader.observe(self._connection, place, package, ctx)
        self._sent.append((staged, staged.exists))
        if not staged.exists:
            self._uploader.make_bucket(self._connection, staged, ctx)
        self._uploader.send(self._connection, staged, package, ctx)
        return {"S3Bucket": staged.bucket, "S3Key": staged.key}

    def take_back(self) -> None:
        """Removes from S3 what was brought there. Raises WorkbenchError: something is left."""
        while self._sent and self._uploader is not None:
            staged, was_there = self._sent.pop()
            self._uploader.take_back(self._connection, staged)
            if not was_there:
                self._uploader.take_back_bucket(self._connection, staged)


def package_of(folder: Path, code_sha256: str) -> Path:
    """Where the code of a version is kept."""
    return folder / f"{base64.b64decode(code_sha256).hex()}.zip"
