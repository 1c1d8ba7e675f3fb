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
from workbench.core.operations import (
    Facts,
    JournalFile,
    Operation,
    OperationRecord,
    StepContext,
    StepRunner,
)
from workbench.functions.configuration import IN_CONFIGURATION, MEMBERS, ROWS, Settings, configuration_request
from workbench.functions.create_plan import Staged, Uploader
from workbench.functions.detail import wait_until_updated
from workbench.functions.model import FunctionDetail, S3Object
from workbench.functions.snapshot import Raw, VersionSnapshot
from workbench.functions.versions import publish_version

_GONE = ("404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion")


class RestoredCode:
    """Uploads packages that are too large for a request to S3, and deletes them afterwards.

    Args:
        folder: The folder with the packages.
        uploader: Uploads large packages to S3; without it they are refused.
        what: First sentence of an error; by default that the function was not restored.
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
        """The members of a request that name the code of a version and its KMS key.

        Raises:
            WorkbenchError: The package cannot be read or sent.
            Cancelled: During the upload.
        """
        if version.image_uri:
            return {"ImageUri": version.image_uri}
        if version.s3_object is not None and self._is_there(found := S3Object(**version.s3_object)):
            return found.request
        key = version.source_kms_key_arn
        return self._zip(package, version.code_sha256, ctx) | ({"SourceKMSKeyArn": key} if key else {})

    def _is_there(self, found: S3Object) -> bool:
        """Whether the S3 object still exists; otherwise Lambda gets a copy."""
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
        """Deletes the uploads. Raises WorkbenchError if one cannot be deleted."""
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
"""Values that clear members in UpdateFunctionConfiguration."""

CodeOf = Callable[[VersionSnapshot, JobContext], Mapping[str, Any]]
"""The members of a request that name a version's code. Raises WorkbenchError, Cancelled."""


@dataclass(frozen=True, slots=True)
class NotPublished:
    """A version that could not be published again, and why."""

    version: str
    error: WorkbenchError


@dataclass(frozen=True, slots=True)
class Versions:
    """The result of publishing the versions.

    Attributes:
        numbers: New numbers of the versions, by old number.
        failed: Versions that could not be published.
        not_back: Why $LATEST does not have its own code and configuration; None if it does.
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
    file: JournalFile,
    now: VersionSnapshot,
    interrupted: OperationRecord[Any] | None = None,
) -> Versions:
    """Publishes the versions, oldest first, then restores the code and configuration of $LATEST.

    Args:
        latest: The final code and configuration.
        code_of: Returns the code of each version.
        ctx: Cancel leaves out the remaining versions.
        file: The journal, which records each version.
        now: The current code and configuration.
        interrupted: The progress of an earlier run.
    """
    shape = _Shape(connection, str(latest.request["FunctionName"]), code_of, now)
    steps = {version.version: version for version in kept}
    operation = Operation(steps, _Publisher(connection, shape), file, ctx, interrupted)
    failed: list[NotPublished] = []
    for name in steps:
        try:
            operation.make(name)
        except Cancelled:
            failed.append(NotPublished(name, WorkbenchError(_("The operation was cancelled."))))
        except WorkbenchError as error:
            failed.append(NotPublished(name, error))
    numbers = {old: str(facts["version"]) for old, facts in operation.done.items() if "version" in facts}
    try:
        shape.become(latest, ctx.shielded())
    except WorkbenchError as error:
        return Versions(numbers, tuple(failed), error)
    return Versions(numbers, tuple(failed))


@dataclass(frozen=True, slots=True)
class _Publisher(StepRunner[VersionSnapshot]):
    """Publishes one version; the fact of its step is its new number. It goes with its function."""

    connection: Connection
    shape: "_Shape"

    def do(self, step: VersionSnapshot, context: StepContext) -> Facts:
        text = _("Publishing former version {version}").format(version=step.version)
        context.ctx.progress(context.number, context.total + 1, text)
        detail = self.shape.become(step, context.ctx)
        description = str(step.request.get("Description") or "")
        published = publish_version(self.connection, detail, description, context.ctx.shielded())
        return {"version": published.version}


class _Shape:
    """$LATEST, which gets the code and configuration of one version after the other."""

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
        ctx = ctx.shielded()  # half a change is worse than a wait
        self._connection.call("lambda", method, failure=failure, FunctionName=self._name, **request)
        self._detail = wait_until_updated(self._connection, self._name, ctx)
        if self._detail.last_update_status == "Failed":
            reason = self._detail.last_update_status_reason
            raise WorkbenchError(failure, reason, aws_code="LastUpdateStatus=Failed")


def is_between(now: VersionSnapshot, shapes: Sequence[VersionSnapshot]) -> bool:
    """Whether the function's code and each of its members come from one of these versions."""
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
    """The request of UpdateFunctionConfiguration. Descriptions are set when versions are published."""
    return {
        name: wanted.get(name, _EMPTY.get(name))
        for name in MEMBERS
        if name != "Description" and now.get(name) != wanted.get(name) and (name in wanted or name in _EMPTY)
    }
