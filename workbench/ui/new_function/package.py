"""The package of a new function whose code is on this computer."""

import tempfile
from pathlib import Path

from workbench.aws.quotas import ZIP_LIMIT_BYTES
from workbench.code.package import build_package
from workbench.code.unpack import read_contents
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext

_WHAT = "The function was not created."


def pack_folder(folder: Path, ctx: JobContext) -> bytes:
    """Packs a folder as a deploy does.

    Raises:
        WorkbenchError: It cannot be read, holds what Lambda does not take, or is too large to be sent.
        Cancelled: Meanwhile.
    """
    if not folder.is_dir():
        raise WorkbenchError(_WHAT, f"There is no folder {folder}.", "Choose the folder that has the code.")
    with tempfile.TemporaryDirectory(prefix="workbench-new-") as scratch:
        return sendable(build_package(folder, Path(scratch), ctx).path)


def read_zip(path: Path, ctx: JobContext) -> bytes:
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


def sendable(path: Path) -> bytes:
    """A package as the request takes it.

    Raises:
        WorkbenchError: It cannot be read, or is too large.
    """
    try:
        size = path.stat().st_size
        if size <= ZIP_LIMIT_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise explain_os_error(error, _WHAT, path) from error
    raise WorkbenchError(
        _WHAT,
        f"The package has {size:,} bytes; AWS takes {ZIP_LIMIT_BYTES:,} at most in the request.",
        "Put it into a bucket of the function's region, and choose An S3 object.",
    )
