"""A workspace's folder is built beside the present one, then the two change places: a kill loses neither.

<function>.new    the one that is being built; complete once its base.json is there
<function>.old    the one that made room, until it is removed
"""

import contextlib
import shutil
from pathlib import Path

from workbench.code.base import read_base
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error


def beside(folder: Path, what: str) -> Path:
    """A folder next to a workspace's."""
    return folder.with_name(f"{folder.name}.{what}")  # function names have no dots


def unused_beside(folder: Path, what: str) -> Path:
    """One that is not there yet."""
    number = 1
    while (unused := beside(folder, f"{what}-{number}")).exists():
        number += 1
    return unused


def exchange(new: Path, folder: Path, kept: Path | None = None) -> None:
    """Puts a complete workspace in the place of the present one, which goes to `kept`, if given.

    Raises:
        OSError: The present one is where it was.
    """
    old = kept or beside(folder, "old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    if kept is None:
        shutil.rmtree(old, ignore_errors=True)


def settle(folder: Path) -> None:
    """Finishes or undoes an exchange that a kill interrupted. Raises WorkbenchError: the disk refuses."""
    new, old = beside(folder, "new"), beside(folder, "old")
    try:
        if not folder.exists():
            complete = False
            with contextlib.suppress(FileNotFoundError, WorkbenchError):
                complete = bool(read_base(new))
            if complete or old.exists():
                (new if complete else old).rename(folder)
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be opened.", folder) from error


def set_aside(folder: Path) -> Path:
    """Makes room for a new workspace where a damaged one is; returns where that is kept."""
    kept = unused_beside(folder, "damaged")
    try:
        folder.rename(kept)
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be opened.", folder) from error
    return kept
