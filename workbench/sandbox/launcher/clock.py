"""The Sandbox's time: when a change settles, when an event is tried again, how old a record is.

A control request of the program can move it on, so that what AWS does after minutes need not be waited for.
"""

import contextvars
import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable

_Due = tuple[float, int, contextvars.Context, Callable[[], object]]


class Clock:
    """Runs with the computer's clock, ahead of it by what it was moved."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def time_s(self) -> float:
        """Returns the seconds since 1970."""
        return time.time() + self._ahead_s

    def after(self, delay_s: float, action: Callable[[], object]) -> None:
        """Calls `action`, which must not wait, in the caller's account and region, after so many seconds."""
        context = contextvars.copy_context()
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
                self._thread.start()
            heapq.heappush(self._due, (self._monotonic_s() + delay_s, next(self._numbers), context, action))
            self._changed.notify()

    def advance(self, seconds: float) -> None:
        """Moves on; what has become due is done soon."""
        with self._changed:
            self._ahead_s += max(seconds, 0.0)
            self._changed.notify()

    def _monotonic_s(self) -> float:
        return time.monotonic() + self._ahead_s

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > self._monotonic_s():
                    self._changed.wait(self._due[0][0] - self._monotonic_s() if self._due else None)
                _, _, context, action = heapq.heappop(self._due)
            try:
                context.run(action)
            except Exception as error:  # noqa: BLE001 - one odd record must not stop the clock for all others.
                sys.stderr.write(f"clock: {type(error).__name__}: {error}\n")
