"""One Workbench at a time on one Sandbox folder: two servers on the same files would overwrite each other.

Owns: the lock file. Must not know: the server.
"""

import contextlib
import os
import sys
import threading
from pathlib import Path

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.sandbox.faults import NOT_STARTED

# How long the server of a Workbench that was killed may take to save: its lock is waited for.
_ORPHAN_PATIENCE_S = 10.0
_POLL_S = 0.05


class DataLock:
    """The operating system's lock on a file, so that no crash leaves it locked.

    The server inherits `descriptor`: should Workbench be killed, the folder stays locked until the server has
    saved and gone too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int | None:
        return self._descriptor

    def acquire(self, stopping: threading.Event, ctx: JobContext) -> None:
        """Takes the lock; does nothing when this object holds it already.

        Raises:
            WorkbenchError: Another Workbench holds it, or the folder is not writable.
            Cancelled: By `stopping` or `ctx`, while the server of a killed Workbench was waited for.
        """
        if self._descriptor is not None:
            return
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise explain_os_error(error, NOT_STARTED, self._path) from error
        try:
            waited_s = 0.0
            while not _try_lock(descriptor):
                owner = _read_pid(descriptor)
                if _is_alive(owner) or waited_s > _ORPHAN_PATIENCE_S:
                    raise WorkbenchError(
                        NOT_STARTED,
                        f"Another Workbench{f' (process {owner})' if owner else ''} is using this Sandbox.",
                        "Use that window, close it, or set WORKBENCH_HOME to another folder and "
                        "start Workbench again.",
                    )
                if stopping.is_set():
                    raise Cancelled
                ctx.progress(0, 0, "Waiting for the Sandbox of a Workbench process that was killed")
                ctx.sleep(_POLL_S)
                waited_s += _POLL_S
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, str(os.getpid()).encode())
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Gives the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read_pid(descriptor: int) -> int:
    with contextlib.suppress(OSError, ValueError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        return int(os.read(descriptor, 32))
    return 0


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # servers do not inherit the lock there: whoever holds it is a Workbench
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # someone else's process
    return True
