"""The end of the launcher: at once, with everything saved and nothing left behind.

Owns: the order of the last steps, and what asks for them (standard input closes, SIGTERM).
Must not know: what is saved or killed.

WORKAROUND rows 2 and 16: remove when MiniStack stops without waiting for handlers and removes its folders.
"""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Never

_PATIENCE_S = 2.0
_PAUSE_S = 0.02


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
    last = time.monotonic() + _PATIENCE_S
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or time.monotonic() > last:
            return
        time.sleep(_PAUSE_S)
