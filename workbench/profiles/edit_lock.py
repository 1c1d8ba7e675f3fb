"""One edit at a time on AWS's configuration files, in all Workbenches of this computer.

The AWS CLI takes no lock; write.py looks out for it.
"""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.file_lock import try_lock
from workbench.core.files import explain_os_error, make_private_folder
from workbench.core.jobs import JobContext

_POLL_S = 0.01
_TIMEOUT_S = 30.0
_WHAT = "The profiles were not changed."


@contextlib.contextmanager
def edit_lock(lock_file: Path, folders: Iterable[Path], ctx: JobContext) -> Iterator[None]:
    """Holds the lock.

    Args:
        lock_file: Shared by all Workbenches with the same home.
        folders: Those of the files that are edited, for Workbenches with another home. They are locked
            themselves: a lock file would lie about among somebody's dotfiles.
        ctx: The job.

    Raises:
        WorkbenchError: Another program has held it for 30 s, or the lock file cannot be created.
        Cancelled: While it waits.
    """
    with contextlib.ExitStack() as held:
        try:
            make_private_folder(lock_file.parent)
            descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise explain_os_error(error, _WHAT, lock_file) from error
        held.callback(os.close, descriptor)
        _wait(descriptor, ctx)
        if sys.platform != "win32":
            for folder in sorted(set(folders)):
                with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                    descriptor = os.open(folder, os.O_RDONLY)
                    held.callback(os.close, descriptor)
                    _wait(descriptor, ctx)
        yield


def _wait(descriptor: int, ctx: JobContext) -> None:
    waited_s = 0.0
    while not _locked(descriptor):
        if waited_s >= _TIMEOUT_S:
            raise WorkbenchError(
                _WHAT,
                "Another Workbench window has been editing them for 30 s.",
                "Check whether a window is waiting for input, then try again.",
            )
        ctx.sleep(_POLL_S)
        waited_s += _POLL_S


def _locked(descriptor: int) -> bool:
    try:
        return try_lock(descriptor)
    except OSError:
        return True  # no locks on this file system (a network folder): the other lock must suffice
