"""The end of the launcher: at once, with everything saved and nothing left running.

Also the end of all that a function has started, of what left its process group too: on Linux a process can
ask to become the parent of its orphaned descendants
(https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html), so that they are found when it
ends. Elsewhere `adopt_orphans` and `kill_descendants` do nothing.

WORKAROUND rows 2 and 16: remove when MiniStack stops without waiting for handlers and removes its folders.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Never

_REMOVE_TIMEOUT_S = 2.0
_REMOVE_PAUSE_S = 0.02
_SET_CHILD_SUBREAPER = 36
_KILL_TIMEOUT_S = 1.0
_KILL_PAUSE_S = 0.005


class Stopper:
    """Runs `steps` once, then removes the temporary folders and ends the process with status 0.

    Args:
        steps: What is to be done first, in this order.
        temporary_dir: Removed with everything in it.
    """

    def __init__(self, steps: Sequence[Callable[[], None]], temporary_dir: Path) -> None:
        self._steps = steps
        self._temporary_dir = temporary_dir
        self._once = threading.Lock()

    def watch(self) -> None:
        """Stops when the parent closes its end of our standard input, or dies."""
        # Ctrl+C in a terminal reaches the whole group; the parent decides what it means.
        # Not SIG_IGN: that would be inherited by every worker.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=self.stop).start())
        threading.Thread(target=self._wait_for_end_of_input, name="stdin", daemon=True).start()

    @property
    def is_stopping(self) -> bool:
        """Whether the last steps have begun."""
        return self._once.locked()

    def stop(self) -> Never:
        self._once.acquire()  # Never released: whoever comes second waits for the end.
        try:
            for step in self._steps:
                step()
        finally:
            _remove(self._temporary_dir)
            os._exit(0)

    def _wait_for_end_of_input(self) -> None:
        while os.read(0, 4096):
            pass
        self.stop()


def _remove(folder: Path) -> None:
    """As often as it takes: a worker that was just killed may still be making a file."""
    last = time.monotonic() + _REMOVE_TIMEOUT_S
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or time.monotonic() > last:
            return
        time.sleep(_REMOVE_PAUSE_S)


# ---- what functions have started -------------------------------------------------------------------------


def adopt_orphans() -> None:
    """Makes this process the parent of what its descendants leave behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), *[ctypes.c_ulong(0)] * 3)


def kill_descendants() -> None:
    """Kills the children until there are none: those of a killed child come after it."""
    last = time.monotonic() + _KILL_TIMEOUT_S
    while (children := _children()) and time.monotonic() < last:
        for pid in children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(_KILL_PAUSE_S)


def _children() -> list[int]:
    found: list[int] = []
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has ended
            found += map(int, thread.read_text().split())
    return found
