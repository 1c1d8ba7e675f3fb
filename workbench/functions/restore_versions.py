"""Publishes the versions of a restored function again, each with its own code and configuration."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import JournalFile
from workbench.functions.configuration import IN_CONFIGURATION, MEMBERS, ROWS, Settings, configuration_request
from workbench.functions.create_plan import Staged, Uploader
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail, S3Object
from workbench.functions.snapshot import Raw, VersionSnapshot
from workbench.functions.versions import publish_version

_GONE = ("404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion")


class RestoredCode:
    """Uploads packages to S3 that are too large for a request, and deletes them again.

    Args:
        connection: To the function's account and region.
        function_name: Whose code it is.
        folder: Where the packages are kept.
        uploader: Takes large ones to S3; without one they are refused.
        what: The error when it fails; that the function was not restored, by default.
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
        self._what = what or _("{function_name} was not restored.").format(function_name=function_name)
        self._sent: list[tuple[Staged, bool]] = []

    def request(self, package: Path, version: VersionSnapshot, ctx: JobContext) -> dict[str, Any]:
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
                _(
                    "Its package has {size:,} bytes; packages larger than {zip_limit_bytes:,} "
                    "bytes must be uploaded to S3."
                ).format(size=size, zip_limit_bytes=ZIP_LIMIT_BYTES),
                _("Create a function with this name, and deploy {package} to it.").format(package=package),
            )
        place = self._uploader.destination(self._connection, "", self._name, code_sha256)
        staged = self._uploader.observe(self._connection, place, package, ctx)
        self._sent.append((staged, staged.exists))
        if not staged.exists:
            self._uploader.make_bucket(self._connection, staged, ctx)
        self._uploader.send(self._connection, staged, package, ctx)
        return {"S3Bucket": staged.bucket, "S3Key": staged.key}

    def delete_sent(self) -> None:
        """Deletes what was uploaded. Raises WorkbenchError when something is left."""
        while self._sent and self._uploader is not None:
            staged, was_there = self._sent.pop()
            self._uploader.delete_package(self._connection, staged)
            if not was_there:
                self._uploader.delete_bucket(self._connection, staged)


_EMPTY = {
    member: value
    for member, value in configuration_request(Settings(), IN_CONFIGURATION).items()
    if not any(ROWS[name].is_lasting for name in MEMBERS[member])
}
"""What UpdateFunctionConfiguration is sent for a member that is not there any more."""

CodeOf = Callable[[VersionSnapshot, JobContext], Mapping[str, Any]]
"""The members of the request that name a version's code. Raises WorkbenchError, Cancelled."""


@dataclass(frozen=True, slots=True)
class NotPublished:
    """A version that could not be made again, and why."""

    version: str
    error: WorkbenchError


@dataclass(frozen=True, slots=True)
class Versions:
    """What came of it.

    Attributes:
        numbers: The new number of each version, by the old one.
        failed: Versions that are not there again.
        not_back: Why the function has not its own code and configuration again; None when it has.
    """

    numbers: Mapping[str, str]
    failed: tuple[NotPublished, ...] = ()
    not_back: WorkbenchError | None = None


def restore_versions(
    connection: Connection,
    latest: VersionSnapshot,
    kept: tuple[VersionSnapshot, ...],
    code_of: CodeOf,
    ctx: JobContext,
    numbers: dict[str, str],
    file: JournalFile,
    now: VersionSnapshot,
) -> Versions:
    """Publishes them, the oldest first, and gives the function its own code and configuration back.

    Args:
        connection: To the function's account and region.
        latest: What the function is to have in the end.
        kept: The versions.
        code_of: Knows the code of each.
        ctx: The job. Cancel leaves out the versions that are to come.
        numbers: The new numbers of those that are there again, by the old ones; each new one is added.
        file: The journal, which gets each one.
        now: What the function has now.
    """
    shape = _Shape(connection, str(latest.request["FunctionName"]), code_of, now)
    failed: list[NotPublished] = []
    for number, version in enumerate(kept):
        if version.version in numbers:
            continue
        try:
            ctx.progress(
                number,
                len(kept) + 1,
                _("Publishing former version {version}").format(version=version.version),
            )
            detail = shape.become(version, ctx)
            description = str(version.request.get("Description") or "")
            file.before(version.version)
            published = publish_version(connection, detail, description, ctx.shielded())
            numbers[version.version] = published.version
            file.after(version.version, {"version": published.version})
        except Cancelled:
            why = WorkbenchError(_("The operation was cancelled."))
            left = (each.version for each in kept[number:] if each.version not in numbers)
            failed += [NotPublished(each, why) for each in left]
            break
        except WorkbenchError as error:
            failed.append(NotPublished(version.version, error))
    try:
        shape.become(latest, ctx.shielded())
    except WorkbenchError as error:
        return Versions(numbers, tuple(failed), error)
    return Versions(numbers, tuple(failed))


class _Shape:
    """The function's $LATEST, which takes the shape of one version after the other."""

    def __init__(self, connection: Connection, name: str, code_of: CodeOf, now: VersionSnapshot) -> None:
        self._connection, self._name, self._code_of, self._now = connection, name, code_of, now
        self._detail: FunctionDetail | None = None

    def become(self, wanted: VersionSnapshot, ctx: JobContext) -> FunctionDetail:
        failure = _("Could not restore the configuration of version {version} of {name}.").format(
            version=wanted.version, name=self._name
        )
        if _code_mark(self._now) != _code_mark(wanted):
            code = dict(self._code_of(wanted, ctx))
            architectures = wanted.request.get("Architectures")
            if architectures and not wanted.image_uri:
                code["Architectures"] = architectures
            self._call("update_function_code", failure, code, ctx)
            request = {**self._now.request, "Architectures": architectures or ["x86_64"]}
            self._now = replace(wanted, request=request)
        if changes := _changes(self._now.request, wanted.request):
            self._call("update_function_configuration", failure, changes, ctx)
            self._now = wanted
        if self._detail is None:
            self._detail = wait_until_updated(self._connection, self._name, ctx)
        return self._detail

    def _call(self, method: str, failure: str, request: Raw, ctx: JobContext) -> None:
        ctx = ctx.shielded()  # half of a change is worse than waiting for it
        self._connection.call("lambda", method, failure=failure, FunctionName=self._name, **request)
        self._detail = wait_until_updated(self._connection, self._name, ctx)
        if self._detail.last_update_status == "Failed":
            reason = self._detail.last_update_status_reason
            raise WorkbenchError(failure, reason, aws_code="LastUpdateStatus=Failed")


def is_between(now: VersionSnapshot, shapes: Sequence[VersionSnapshot]) -> bool:
    """Whether a function has nothing but what one of some shapes has: its code, and each of its members."""
    return any(_code_mark(now) == _code_mark(each) for each in shapes) and all(
        any(_member(now, name) == _member(each, name) for each in shapes)
        for name in MEMBERS
        if name != "Description"
    )


def _member(version: VersionSnapshot, name: str) -> object:
    return version.request.get(name, _EMPTY.get(name))


def _code_mark(version: VersionSnapshot) -> tuple[str, ...]:
    architectures = json.dumps(version.request.get("Architectures") or ["x86_64"])
    return version.code_sha256, version.image_uri, architectures, version.source_kms_key_arn


def _changes(now: Raw, wanted: Raw) -> dict[str, Any]:
    """What UpdateFunctionConfiguration is sent; descriptions are given to versions as they are published."""
    return {
        name: wanted.get(name, _EMPTY.get(name))
        for name in MEMBERS
        if name != "Description" and now.get(name) != wanted.get(name) and (name in wanted or name in _EMPTY)
    }
