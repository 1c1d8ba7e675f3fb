"""The package of a new function: inspected, built, and sent through S3 if it is too large."""

import contextlib
import tempfile
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.needs import Need, Scope
from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.calls import needs_of_code
from workbench.code.contents import Contents
from workbench.code.dependencies.declared import InstallPreview, may_declare
from workbench.code.dependencies.store import Target
from workbench.code.dependencies.use import DependencyState
from workbench.code.package import Package, Patterns
from workbench.code.package.scan import development_notes, secrets_in_zip
from workbench.code.package_contents import (
    PROJECT,
    Material,
    PackagePreview,
    check_compiled,
    code_problems,
    folder_workspace,
    material_of,
    outlook,
    zip_workspace,
)
from workbench.code.package_remarks import remarks
from workbench.code.proposal import NO_PROPOSAL, CodeProposal, Hint, propose_for
from workbench.code.sources import Sources
from workbench.code.syntax import Problem
from workbench.code.unpack import names_in, read_contents
from workbench.code.working_copy import Workspace
from workbench.code.workspace import inspect_folder as inspect_workspace_folder
from workbench.code.workspace import keep_folder, use_folder
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.options import DeployOptions, Upload
from workbench.deploy.run import code_source
from workbench.deploy.staging import Staging, default_bucket, object_key, observe_staging
from workbench.deploy.steps import Running, running_upload
from workbench.deploy.steps.s3 import create_bucket, upload
from workbench.functions.create import Code, Staged
from workbench.functions.model import FunctionDetail
from workbench.functions.template_functions import TEMPLATE_NAMES, code_folder_of, read_template
from workbench.functions.templates import language_of

_WHAT = _("The function was not created.")
_UNREAD = _("The object could not be read.")
_CHUNK_BYTES = 1 << 18
_MAX_TEMPLATE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """What was chosen for a function before its code is inspected. What is empty, the code proposes.

    Attributes:
        offered: The runtimes that a new function can have, newest of each language first.
        usual: The runtime for code that needs no other.
    """

    runtime: str
    handler: str
    architecture: str
    offered: tuple[str, ...]
    usual: str


@dataclass(frozen=True, slots=True, eq=False)
class CodeReport:
    """The result of inspecting code before it is packed or sent.

    Attributes:
        runtime: The runtime that was chosen, or that the code proposes; "" if it tells none. So is `handler`.
        proposal: What the code proposes: for this runtime, or for another if it has nothing for this one.
        problems: Why every invocation will fail.
        zip_secrets: Files of a zip that look like secrets and are included.
        material: The content of a folder; None for a zip. Likewise outlook, what of it is included.
        install: The packages that will be installed; None if there are none.
        needs: The permissions that the calls in the code need.
        error: Why nothing was found, or why the dependencies cannot be installed; None if nothing is wrong.
        notes: What the package will lack, and what stays out of it, in sentences.
    """

    runtime: str = ""
    handler: str = ""
    proposal: CodeProposal = NO_PROPOSAL
    problems: tuple[Problem, ...] = ()
    zip_secrets: tuple[str, ...] = ()
    material: Material | None = None
    outlook: PackagePreview | None = None
    install: InstallPreview | None = None
    needs: tuple[Need, ...] = ()
    error: WorkbenchError | None = None
    notes: tuple[str, ...] = ()


type Attach = Callable[[Workspace, Target], None]
"""Tells a workspace where packages are installed, and for what."""


def inspect_folder(
    folder: Path, patterns: Patterns, wanted: CodeWanted, scope: Scope, ctx: JobContext, attach: Attach
) -> CodeReport:
    """Inspects a folder and its declaration, without installing anything.

    The network is used only to find the versions of Node.js packages without a lock file.

    Takes arguments of `pack_folder`.

    Args:
        scope: Where the resources are that the code names.

    Raises:
        WorkbenchError: The folder cannot be read.
        Cancelled: Meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-look-") as scratch:
        workspace = folder_workspace(folder, Path(scratch), patterns)
        material = material_of(workspace, ctx)
        seen = outlook(material, patterns)
        paths = [each.path for each in seen.decisions if not each.why_out and not each.is_folder]
        report = CodeReport(material=material, outlook=seen)
        return _inspected(report, workspace, paths, wanted, scope, ctx, attach, _hints(folder, ctx))


def inspect_zip(path: Path, wanted: CodeWanted, scope: Scope, ctx: JobContext, attach: Attach) -> CodeReport:
    """Inspects a zip as `inspect_folder` does a folder. Raises as `read_zip` does."""
    _refuse_missing(path)
    report = CodeReport(zip_secrets=secrets_in_zip(path, ctx))
    with tempfile.TemporaryDirectory(prefix="workbench-look-") as scratch:
        workspace = _unpacked(path, Path(scratch), ctx)
        return _inspected(report, workspace, names_in(path), wanted, scope, ctx, attach)


def inspect_object(
    connection: Connection,
    stored: tuple[str, str, str],
    wanted: CodeWanted,
    scope: Scope,
    ctx: JobContext,
) -> CodeReport:
    """Inspects a package in S3, as far as it may be read and is not too large. Raises Cancelled.

    Args:
        stored: Bucket, key and version.
    """
    bucket, key, version = stored
    where: dict[str, Any] = {"Bucket": bucket, "Key": key}
    if version:
        where["VersionId"] = version
    try:
        size = int(connection.call("s3", "head_object", failure=_UNREAD, **where)["ContentLength"])
        if size > ZIP_LIMIT_BYTES:
            note = _("The object is larger than 50 MB: its code is not checked.")
            return CodeReport(notes=(note,))
        with tempfile.TemporaryDirectory(prefix="workbench-look-") as scratch:
            path = Path(scratch, "package.zip")
            body = connection.call("s3", "get_object", failure=_UNREAD, **where)["Body"]
            with contextlib.closing(body), path.open("wb") as file:
                while chunk := body.read(_CHUNK_BYTES):
                    file.write(chunk)
                    ctx.progress(file.tell(), size)
            return inspect_zip(path, wanted, scope, ctx, lambda _workspace, _target: None)
    except WorkbenchError as error:
        return CodeReport(notes=(_("The object is not checked: {why}").format(why=error.why),))


def _unpacked(path: Path, scratch: Path, ctx: JobContext) -> Workspace:
    """A zip's files as a workspace. Raises WorkbenchError, with the zip's name in it."""
    try:
        return zip_workspace(path, scratch, ctx)
    except WorkbenchError as error:
        why = f"{path.name}: {error.why}"
        raise WorkbenchError(_WHAT, why, _("Choose a .zip file that Lambda can extract.")) from error


def _inspected(
    report: CodeReport,
    workspace: Workspace,
    paths: Collection[str],
    wanted: CodeWanted,
    scope: Scope,
    ctx: JobContext,
    attach: Attach,
    hints: Sequence[Hint] = (),
) -> CodeReport:
    """A report with all that the files tell."""
    sources = Sources(workspace.root, paths)
    proposal = propose_for(sources, wanted.offered, wanted.runtime, wanted.usual, hints, ctx.check)
    runtime = proposal.runtime or wanted.usual
    language = language_of(runtime)
    handler = wanted.handler or proposal.handler or (language.handler if language else "")
    target = Target(runtime, wanted.architecture)
    attach(workspace, target)
    if not proposal.handlers and wanted.runtime:  # it may be of another language than the code
        proposal = propose_for(sources, wanted.offered, "", wanted.usual, hints, ctx.check)
    report = replace(report, runtime=runtime, handler=handler, proposal=proposal)
    report = _with_install(report, workspace, ctx)
    notes = (
        report.notes
        + development_notes(workspace.rules("").patterns)
        + remarks(workspace.root, paths, target)
    )
    report = replace(report, notes=notes)
    with contextlib.suppress(WorkbenchError):  # the creation says what is wrong with code that cannot be read
        report = replace(report, problems=problems_before(workspace, handler, target, ctx, report.install))
        report = replace(report, needs=needs_of_code(workspace.root, {}, scope, ctx, paths=set(paths)).needs)
    return report


def problems_before(
    workspace: Workspace, handler: str, target: Target, ctx: JobContext, install: InstallPreview | None = None
) -> tuple[Problem, ...]:
    """Why a function with this code will fail. Raises WorkbenchError.

    Args:
        install: What will be installed. A package of Node.js brings a module of its own name.
    """
    names = [each.partition(" ")[0] for each in install.packages] if install is not None else []
    found = code_problems(
        workspace, handler, target, ctx, to_install=names if target.language == "nodejs" else ()
    )
    return found + check_compiled(workspace, target, ctx)


def _hints(folder: Path, ctx: JobContext) -> tuple[Hint, ...]:
    """What templates in a folder, or above it, say of the functions with code in the folder."""
    hints = []
    for template in (place / name for place in (folder, folder.parent) for name in TEMPLATE_NAMES):
        ctx.check()
        try:
            if not template.is_file() or template.stat().st_size > _MAX_TEMPLATE_BYTES:
                continue
            functions = read_template(template.read_text("utf-8-sig"), template.name)
        except (OSError, ValueError, WorkbenchError):
            continue  # it is only a hint
        for each in functions:
            code = code_folder_of(template, each)
            if code is not None and code.is_relative_to(folder.resolve()):
                below = code.relative_to(folder.resolve()).as_posix()
                prefix = "" if below == "." else f"{below}/"
                hints.append(Hint(prefix + each.handler.removeprefix("./"), each.runtime))
    return tuple(hints)


def _with_install(report: CodeReport, workspace: Workspace, ctx: JobContext) -> CodeReport:
    """A report with the packages to install, or with the reason why they cannot be installed."""
    dependencies = workspace.dependencies
    try:
        status = dependencies.status(workspace.base)
        if status.state is not DependencyState.CHANGED or not status.declaration or not dependencies.target:
            return report
        return replace(report, install=dependencies.preview(status.declaration, ctx))
    except WorkbenchError as error:
        return replace(report, error=error)


@dataclass(frozen=True, slots=True, eq=False)
class PackedFolder:
    """A folder as the workspace of a function that does not exist yet, and its package."""

    workspace: Workspace
    package: Package

    @property
    def code(self) -> Code:
        """The package as the request takes it. Raises WorkbenchError."""
        return sendable(self.package.path)

    def keep(self, connection: Connection, made: FunctionDetail, root_dir: Path, ctx: JobContext) -> None:
        """Makes the folder the code of the function that was created from it. Raises as `keep_folder`.

        Args:
            root_dir: The folder of all workspaces.
        """
        keep_folder(self.workspace, self.package, code_source(made, connection), root_dir, ctx)


def keep_again(
    connection: Connection, made: FunctionDetail, folder: Path, root_dir: Path, ctx: JobContext
) -> None:
    """Makes a folder a function's code when what it was packed with is not known any more.

    Raises as `inspect_folder` does.
    """
    use_folder(inspect_workspace_folder(code_source(made, connection), root_dir, folder, ctx))


def pack_folder(
    folder: Path,
    scratch: Path,
    ctx: JobContext,
    patterns: Patterns = PROJECT,
    attach: Callable[[Workspace], None] = lambda _workspace: None,
    check: Callable[[Workspace], None] = lambda _workspace: None,
) -> PackedFolder:
    """Packs a folder as a deploy does, with the packages that it declares.

    Args:
        scratch: A folder for the package, which may be too large for memory.
        patterns: What is excluded.
        attach: Sets where and for what packages are installed (`WorkspaceDependencies.attach`). Without it
            none are.
        check: Called once its packages are installed; may raise.

    Raises:
        InstallNotConfirmed: Packages must be installed, and the user has not agreed to it.
        WorkbenchError: It cannot be read, its packages cannot be installed, or Lambda would refuse it.
    """
    workspace = folder_workspace(folder, scratch, patterns)
    attach(workspace)
    package = workspace.package(ctx)
    check(workspace)
    return PackedFolder(workspace, package)


def read_zip(
    path: Path,
    scratch: Path,
    ctx: JobContext,
    attach: Callable[[Workspace], None],
    check: Callable[[Workspace], None] = lambda _workspace: None,
) -> Code:
    """Checks that Lambda can unpack a zip file, reads it, and adds packages that it declares and lacks.

    Args:
        path: The zip, which is sent unchanged if there is nothing to install.
        check: As for `pack_folder`; not called if there is nothing to install.

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
            package = workspace.package(ctx)
            check(workspace)
            return sendable(package.path)
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
