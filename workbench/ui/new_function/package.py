"""The package of a new function whose code is on this computer."""

from pathlib import Path

from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.package import build_package
from workbench.code.unpack import read_contents
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.functions.creation_journal import Code

_WHAT = "The function was not created."


def pack_folder(folder: Path, scratch: Path, ctx: JobContext) -> Code:
    """Packs a folder as a deploy does.

    Args:
        folder: It.
        scratch: A folder for the package, which may be too large for the memory.
        ctx: The job.

    Raises:
        WorkbenchError: It cannot be read, or holds what Lambda does not take.
        Cancelled: Meanwhile.
    """
    if not folder.is_dir():
        raise WorkbenchError(_WHAT, f"There is no folder {folder}.", "Choose the folder that has the code.")
    return sendable(build_package(folder, scratch, ctx).path)


def read_zip(path: Path, ctx: JobContext) -> Code:
    """Reads a zip file as it is, after a look whether Lambda can unpack it.

    Raises:
        WorkbenchError: As `pack_folder`.
        Cancelled: Meanwhile.
    """
    if not path.is_file():
        raise WorkbenchError(_WHAT, f"There is no file {path}.", "Choose the zip file that has the code.")
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
