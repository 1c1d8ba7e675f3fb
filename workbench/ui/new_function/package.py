"""The package of a new function whose code is on this computer."""

from dataclasses import dataclass
from pathlib import Path

from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.folder_package import PROJECT, folder_workspace, look_into_folder
from workbench.code.package import Patterns
from workbench.code.package.secrets_found import secrets_in_zip
from workbench.code.package_contents import Material, Outlook, outlook
from workbench.code.unpack import read_contents
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.functions.creation_journal import Code

_WHAT = "The function was not created."


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What was seen of code on this computer before anything is made of it.

    Attributes:
        zip_secrets: Files of a zip that look like secrets: it is sent as it is.
        material: What a folder holds; None for a zip. So outlook, what of it goes in.
        error: Why nothing was seen; None when all is well.
    """

    zip_secrets: tuple[str, ...] = ()
    material: Material | None = None
    outlook: Outlook | None = None
    error: WorkbenchError | None = None


def look_at_folder(folder: Path, patterns: Patterns, ctx: JobContext) -> Look:
    """Looks at a folder. Errors as `pack_folder`."""
    material = look_into_folder(folder, ctx)
    return Look(material=material, outlook=outlook(material, patterns))


def look_at_zip(path: Path, ctx: JobContext) -> Look:
    """Looks at the names in a zip, and into files with doubtful ones. Errors as `read_zip`."""
    _refuse_missing(path)
    return Look(secrets_in_zip(path, ctx))


def pack_folder(folder: Path, scratch: Path, ctx: JobContext, patterns: Patterns = PROJECT) -> Code:
    """Packs a folder as a deploy does.

    Args:
        folder: It.
        scratch: A folder for the package, which may be too large for the memory.
        ctx: The job.
        patterns: What stays out.

    Raises:
        WorkbenchError: It cannot be read, or holds what Lambda does not take.
        Cancelled: Meanwhile.
    """
    return sendable(folder_workspace(folder, scratch, patterns).package(ctx).path)


def read_zip(path: Path, ctx: JobContext) -> Code:
    """Reads a zip file as it is, after a look whether Lambda can unpack it.

    Raises:
        WorkbenchError: As `pack_folder`.
        Cancelled: Meanwhile.
    """
    _refuse_missing(path)
    package = sendable(path)
    try:
        read_contents(path, ctx)
    except WorkbenchError as error:
        why = f"{path.name}: {error.why}"
        raise WorkbenchError(_WHAT, why, "Choose a zip file that Lambda can unpack.") from error
    return package


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
        raise WorkbenchError(_WHAT, f"There is no file {path}.", "Choose the zip file that has the code.")
