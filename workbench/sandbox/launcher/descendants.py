"""The end of all that a function has started, also of what left its process group.

On Linux a process can ask to become the parent of its orphaned descendants
(https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html): then they can be found when it
ends. Elsewhere this does nothing.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
_PATIENCE_S = 1.0
_PAUSE_S = 0.005


def adopt() -> None:
    """Makes this process the parent of what its descendants leave behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), *[ctypes.c_ulong(0)] * 3)


def kill() -> None:
    """Kills the children until there are none: those of a killed child come after it."""
    last = time.monotonic() + _PATIENCE_S
    while (children := _children()) and time.monotonic() < last:
        for pid in children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(_PAUSE_S)


def _children() -> list[int]:
    found: list[int] = []
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has ended
            found += map(int, thread.read_text().split())
    return found
