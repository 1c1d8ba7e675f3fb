"""Packs a folder or zip whose code is deployed nowhere yet, or is a layer: by the very steps of a deploy.

A deploy packs a workspace. Here the workspace is one of the moment, whose function has no code, so that what
goes in, what stays out, and what is said of it cannot differ from what deploys do.
"""

import base64
import shutil
import tempfile
from pathlib import Path

from workbench.code.base import LATEST, Base
from workbench.code.contents import Contents
from workbench.code.package import PROJECT_PATTERNS, Patterns, package_name_of, write_patterns
from workbench.code.package_contents import Material, material_of
from workbench.code.tree import hash_of
from workbench.code.unpack import unpack
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext

PROJECT = Patterns(PROJECT_PATTERNS)
"""What stays out of the package of a folder, as long as nobody has chosen otherwise."""

# A workspace lies three folders deep, as <root>/<account>/<region>/<function>.
_PLACE = Path("new", "new", "new.local")


def folder_workspace(folder: Path, scratch: Path, patterns: Patterns = PROJECT) -> Workspace:
    """A folder as the workspace of a function that is not there yet. Nothing in the folder is touched.

    Args:
        folder: The code.
        scratch: A folder for the package and what is remembered of it; everything in it can go afterwards.
        patterns: What stays out.

    Raises:
        WorkbenchError: There is no such folder, or the disk refuses.
    """
    if not folder.is_dir():
        what = "The folder could not be packaged."
        raise WorkbenchError(
            what, f"The folder {folder} does not exist.", "Choose the folder that contains the code."
        )
    place = scratch / _PLACE
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain_os_error(error, "The folder could not be packaged.", place) from error
    write_patterns(place, "\n".join(patterns.lines))
    return Workspace(place, Base("", folder.name, LATEST, "", "", "", Contents()), folder)


def zip_workspace(path: Path, scratch: Path, ctx: JobContext) -> Workspace:
    """A zip as the workspace of a function that was deployed with it.

    Args:
        path: The zip; it stays as it is.
        scratch: A folder for its files, a copy of it, and the package; everything in it can go afterwards.
        ctx: The job.

    Raises:
        WorkbenchError: Lambda could not unpack it, or the disk refuses.
        Cancelled: In between.
    """
    place = scratch / _PLACE.with_suffix("")
    try:
        (place / "packages").mkdir(parents=True, exist_ok=True)
        sha256 = base64.b64encode(bytes.fromhex(hash_of(path))).decode()
        shutil.copyfile(path, place / "packages" / package_name_of(sha256))
        contents = unpack(path, place / "files", ctx)
    except OSError as error:
        raise explain_os_error(error, "The zip file could not be unpacked.", place) from error
    return Workspace(place, Base("", path.stem, LATEST, sha256, "", "", contents))


def look_into_folder(folder: Path, ctx: JobContext) -> Material:
    """What there is in a folder to be packed; `outlook` says what of it goes in.

    Raises:
        WorkbenchError: There is no such folder, it cannot be read, or it holds too much.
        Cancelled: In between.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-look-") as scratch:
        return material_of(folder_workspace(folder, Path(scratch)), ctx)
