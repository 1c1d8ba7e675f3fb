"""The Sandbox's clock: for retries, the age of records, and the duration of states.

A control request can advance it, so that nobody needs to wait for what AWS does after minutes. States take
about as long as on AWS, or are quick; refusals and the order of states are the same.
"""

import contextvars
import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum

_Due = tuple[float, int, contextvars.Context, Callable[[], object]]


class Clock:
    """The computer's clock plus the time it was advanced."""

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
        """Calls `action`, which must not block, in the caller's account and region after the delay."""
        context = contextvars.copy_context()
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
                self._thread.start()
            heapq.heappush(self._due, (self._monotonic_s() + delay_s, next(self._numbers), context, action))
            self._changed.notify()

    def advance(self, seconds: float) -> None:
        """Advances the clock; actions that become due run soon."""
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


class Pace(Enum):
    """Values of the setting."""

    QUICK = "quick"
    AS_AWS = "aws"


class StateChange(Enum):
    """Changes that take time."""

    CREATE_FUNCTION = "create a function"
    UPDATE_FUNCTION = "update a function"
    CREATE_MAPPING = "create an event source mapping"
    UPDATE_MAPPING = "update an event source mapping"
    DELETE_MAPPING = "delete an event source mapping"
    PROVISION = "provision concurrency"


# AWS documents no durations; these are from accounts, at the lower end. A mapping takes up to a minute there.
_ON_AWS_S: Mapping[StateChange, float] = {
    StateChange.CREATE_FUNCTION: 3.0,
    StateChange.UPDATE_FUNCTION: 2.0,
    StateChange.CREATE_MAPPING: 12.0,
    StateChange.UPDATE_MAPPING: 8.0,
    StateChange.DELETE_MAPPING: 10.0,
    StateChange.PROVISION: 60.0,
}


class Pacing:
    """The chosen pace, which can change while the server runs.

    Args:
        quick_s: Duration of every change at the quick pace.
    """

    def __init__(self, pace: Pace, quick_s: float) -> None:
        self._pace = pace
        self._quick_s = quick_s

    def set(self, pace: Pace) -> None:
        """Sets the pace of changes that begin from now on."""
        self._pace = pace

    def seconds(self, change: StateChange) -> float:
        """Returns the current duration of a change."""
        return self._quick_s if self._pace is Pace.QUICK else _ON_AWS_S[change]
