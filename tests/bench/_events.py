"""Waiting in a bench that has a window: the event loop runs, and sleeps in between as in the program."""

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer

_PATIENCE_S = 60


def until(condition: Callable[[], object], look_ms: int = 2) -> None:
    """Runs the event loop until something is so.

    Args:
        condition: What is waited for.
        look_ms: How often to look. Who spins takes Python's lock from the jobs.
    """
    deadline = time.monotonic() + _PATIENCE_S
    waking = QTimer(interval=look_ms)
    waking.start()
    loop = QEventLoop()
    while not condition():
        loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.monotonic() > deadline:
            raise RuntimeError("it takes too long")
