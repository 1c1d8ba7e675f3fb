"""The package of a new function whose code is on this computer."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.dependencies import install as installing
from workbench.code.dependencies.declared import InstallPreview, may_declare
from workbench.code.dependencies.use import DependencyState
from workbench.code.package import Patterns
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
from workbench.functions.create_plan import Code

_WHAT = _("The function was not created.")


@dataclass(frozen=True, slots=True, eq=False)
class CodeReport:
    """What was found in code on this computer before it is packed.

    Attributes:
        zip_secrets: Files of a zip that look like secrets, and go in.
        zip_paths: All files of a zip.
        material: What a folder holds; None for a zip. So outlook, what of it goes in.
        install: The packages that will be installed; None when there are none.
        error: Why nothing was found, or why the dependencies cannot be installed; None when all is well.
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
    """Looks at a folder and at what it declares. Installs nothing, contacts nobody. Args as `pack_folder`.

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
    """Looks at the names in a zip, into files with doubtful ones, and at what it declares and lacks.

    Installs nothing, contacts nobody. Args and errors as `read_zip`.
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
    """A look with the packages that are to be installed, or with why they cannot be."""
    dependencies = workspace.dependencies
    try:
        status = dependencies.status(workspace.base)
        if status.state is not DependencyState.CHANGED or not status.declaration or not dependencies.target:
            return report
        return replace(report, install=installing.preview_of(status.declaration, dependencies.target, ctx))
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
        folder: It.
        scratch: A folder for the package, which may be too large for the memory.
        ctx: The job.
        patterns: What stays out.
        attach: Tells the folder's workspace where packages are installed, and for what
            (`WorkspaceDependencies.attach`). Without it none are installed.

    Raises:
        InstallNotConfirmed: Packages would have to be installed, and the user has not agreed to it.
        WorkbenchError: It cannot be read, its packages cannot be installed, or it holds what Lambda
            does not take.
        Cancelled: Meanwhile.
    """
    workspace = folder_workspace(folder, scratch, patterns)
    attach(workspace)
    return sendable(workspace.package(ctx).path)


def read_zip(path: Path, scratch: Path, ctx: JobContext, attach: Callable[[Workspace], None]) -> Code:
    """Reads a zip file, after a look whether Lambda can unpack it; adds what it declares and lacks.

    Args:
        path: The zip. Without anything to install it is sent unchanged.
        scratch: As of `pack_folder`.
        ctx: The job.
        attach: As of `pack_folder`.

    Raises:
        InstallNotConfirmed: As `pack_folder`.
        WorkbenchError: As `pack_folder`.
        Cancelled: Meanwhile.
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
    """A package as the request takes it; its path if it is too large for that.

    Raises:
        WorkbenchError: It cannot be read.
    """
    try:
        return path.read_bytes() if path.stat().st_size <= ZIP_LIMIT_BYTES else path
    except OSError as error:
        raise explain_os_error(error, _WHAT, path) from error


def _refuse_missing(path: Path) -> None:
    if not path.is_file():
        raise WorkbenchError(
            _WHAT, _("File not found: {path}.").format(path=path), _("Choose the .zip file with the code.")
        )
