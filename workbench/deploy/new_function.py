"""The package of a new function: inspected, built, and sent through S3 if it is too large."""

import contextlib
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.contents import Contents
from workbench.code.dependencies.declared import InstallPreview, may_declare
from workbench.code.dependencies.use import DependencyState, preview_of
from workbench.code.package import Package, Patterns
from workbench.code.package.scan import secrets_in_zip
from workbench.code.package_contents import (
    PROJECT,
    Material,
    PackagePreview,
    folder_workspace,
    material_of,
    outlook,
    zip_workspace,
)
from workbench.code.unpack import names_in, read_contents
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.options import DeployOptions, Upload
from workbench.deploy.staging import Staging, default_bucket, object_key, observe_staging
from workbench.deploy.steps import Running, running_upload
from workbench.deploy.steps.s3 import create_bucket, upload
from workbench.functions.create import Code, Staged

_WHAT = _("The function was not created.")


@dataclass(frozen=True, slots=True, eq=False)
class CodeReport:
    """The result of inspecting code on this computer before it is packed.

    Attributes:
        zip_secrets: Files of a zip that look like secrets and are included.
        material: The content of a folder; None for a zip. Likewise outlook, what of it is included.
        install: The packages that will be installed; None if there are none.
        error: Why nothing was found, or why the dependencies cannot be installed; None if nothing is wrong.
    """

    zip_secrets: tuple[str, ...] = ()
    zip_paths: tuple[str, ...] = ()
    material: Material | None = None
    outlook: PackagePreview | None = None
    install: InstallPreview | None = None
    error: WorkbenchError | None = None


def inspect_folder(
    folder: Path, patterns: Patterns, ctx: JobContext, attach: Callable[[Workspace], None]
) -> CodeReport:
    """Inspects a folder and its declaration, without installing anything or using the network.

    Takes arguments of `pack_folder`.

    Raises:
        WorkbenchError: The folder cannot be read.
        Cancelled: Meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-look-") as scratch:
        workspace = folder_workspace(folder, Path(scratch), patterns)
        material = material_of(workspace, ctx)
        seen = outlook(material, patterns)
        attach(workspace)
        return _with_install(CodeReport(material=material, outlook=seen), workspace, ctx)


def inspect_zip(path: Path, ctx: JobContext, attach: Callable[[Workspace], None]) -> CodeReport:
    """Inspects the names in a zip, doubtful files, and what it declares and lacks.

    Installs nothing, and does not use the network. Takes arguments of `read_zip`, and raises as it does.
    """
    _refuse_missing(path)
    report = CodeReport(secrets_in_zip(path, ctx), names_in(path))
    if not may_declare(report.zip_paths):
        return report
    with tempfile.TemporaryDirectory(prefix="workbench-look-") as scratch:
        workspace = zip_workspace(path, Path(scratch), ctx)
        attach(workspace)
        return _with_install(report, workspace, ctx)


def _with_install(report: CodeReport, workspace: Workspace, ctx: JobContext) -> CodeReport:
    """A report with the packages to install, or with the reason why they cannot be installed."""
    dependencies = workspace.dependencies
    try:
        status = dependencies.status(workspace.base)
        if status.state is not DependencyState.CHANGED or not status.declaration or not dependencies.target:
            return report
        return replace(report, install=preview_of(status.declaration, dependencies.target, ctx))
    except WorkbenchError as error:
        return replace(report, error=error)


def pack_folder(
    folder: Path,
    scratch: Path,
    ctx: JobContext,
    patterns: Patterns = PROJECT,
    attach: Callable[[Workspace], None] = lambda _workspace: None,
) -> Code:
    """Packs a folder as a deploy does, with the packages that it declares.

    Args:
        scratch: A folder for the package, which may be too large for memory.
        patterns: What is excluded.
        attach: Sets where and for what packages are installed (`WorkspaceDependencies.attach`). Without it
            none are.

    Raises:
        InstallNotConfirmed: Packages must be installed, and the user has not agreed to it.
        WorkbenchError: It cannot be read, its packages cannot be installed, or Lambda would refuse it.
    """
    workspace = folder_workspace(folder, scratch, patterns)
    attach(workspace)
    return sendable(workspace.package(ctx).path)


def read_zip(path: Path, scratch: Path, ctx: JobContext, attach: Callable[[Workspace], None]) -> Code:
    """Checks that Lambda can unpack a zip file, reads it, and adds packages that it declares and lacks.

    Args:
        path: The zip, which is sent unchanged if there is nothing to install.

    Raises:
        InstallNotConfirmed: As for `pack_folder`.
        WorkbenchError: As for `pack_folder`.
    """
    _refuse_missing(path)
    try:
        contents = read_contents(path, ctx)
    except WorkbenchError as error:
        why = f"{path.name}: {error.why}"
        raise WorkbenchError(_WHAT, why, _("Choose a .zip file that Lambda can extract.")) from error
    if may_declare(contents.files):
        workspace = zip_workspace(path, scratch, ctx)
        attach(workspace)
        if workspace.dependencies.status(workspace.base).state is DependencyState.CHANGED:
            return sendable(workspace.package(ctx).path)
    return sendable(path)


def sendable(path: Path) -> Code:
    """A package as the request takes it; its path if it is too large for that. Raises WorkbenchError."""
    try:
        return path.read_bytes() if path.stat().st_size <= ZIP_LIMIT_BYTES else path
    except OSError as error:
        raise explain_os_error(error, _WHAT, path) from error


def _refuse_missing(path: Path) -> None:
    if not path.is_file():
        raise WorkbenchError(
            _WHAT, _("File not found: {path}.").format(path=path), _("Choose the .zip file with the code.")
        )


_GONE = frozenset({"404", "NoSuchBucket", "NoSuchKey", "NoSuchUpload"})
_KEPT = frozenset({"BucketNotEmpty"})
_NOT_ALLOWED = frozenset({"AccessDenied", "403", "Forbidden"})


class ThroughS3:
    """A deploy's upload for a function that does not exist yet. See `functions.create.Uploader`."""

    def destination(
        self, connection: Connection, bucket: str, function_name: str, code_sha256: str
    ) -> Staged:
        owner = "" if bucket else connection.account_id
        return Staged(bucket or default_bucket(connection), object_key(function_name, code_sha256), owner)

    def observe(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> Staged:
        name = _name_in(staged)
        options = DeployOptions(upload=Upload.S3, bucket="" if staged.owner else staged.bucket)
        sent = _package(package, staged)
        with _of_creation(name):
            found = observe_staging(connection, name, sent, None, "", options, too_large=True, ctx=ctx)
        assert found is not None
        return Staged(found.bucket, found.key, found.owner, found.exists)

    def make_bucket(self, connection: Connection, staged: Staged, ctx: JobContext) -> None:
        with _of_creation(_name_in(staged)):
            create_bucket(_running(connection, staged, Path(), ctx))

    def send(self, connection: Connection, staged: Staged, package: Path, ctx: JobContext) -> None:
        running = _running(connection, staged, package, ctx)
        upload(running, _staging(staged), running.plan.package)

    def delete_package(self, connection: Connection, staged: Staged) -> None:
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
        _unless_missing(connection, "delete_bucket", Bucket=staged.bucket, **_staging(staged).expected_owner)


def _uploads(connection: Connection, staged: Staged) -> list[str]:
    """The unfinished uploads of this package; empty if they may not be listed: S3 ends them."""
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
    name, sent = _name_in(staged), _package(package, staged)
    return running_upload(connection, name, sent, _staging(staged), ctx)


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
    """The CodeSha256, from the key that `object_key` made of it."""
    return b64encode(bytes.fromhex(staged.key.rpartition("/")[2].removesuffix(".zip"))).decode()


@contextlib.contextmanager
def _of_creation(function_name: str) -> Iterator[None]:
    """Rewords errors of a deploy before anything was made for a creation."""
    try:
        yield
    except WorkbenchError as error:
        if error.what == _("{function_name} was not deployed.").format(function_name=function_name):
            error.what = _("The function {function_name} was not created.").format(
                function_name=function_name
            )
        raise
