"""The Sandbox's time: when an event is tried again, how old a record is, how long states take.

A control request of the program can move it on, so that what AWS does after minutes need not be waited for.
States take about as long as on AWS, or are quick; refusals and the order of states are the same.
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


class Pace(Enum):
    """Values of the setting."""

    QUICK = "quick"
    AS_AWS = "aws"


class StateChange(Enum):
    """What takes a while."""

    CREATE_FUNCTION = "create a function"
    UPDATE_FUNCTION = "update a function"
    CREATE_MAPPING = "create an event source mapping"
    UPDATE_MAPPING = "update an event source mapping"
    DELETE_MAPPING = "delete an event source mapping"
    PROVISION = "provision concurrency"


# AWS names no figures: what accounts see, at the lower end. A mapping takes up to a minute there.
_ON_AWS_S: Mapping[StateChange, float] = {
    StateChange.CREATE_FUNCTION: 3.0,
    StateChange.UPDATE_FUNCTION: 2.0,
    StateChange.CREATE_MAPPING: 12.0,
    StateChange.UPDATE_MAPPING: 8.0,
    StateChange.DELETE_MAPPING: 10.0,
    StateChange.PROVISION: 60.0,
}


class Pacing:
    """The pace that was chosen, which can change while the server runs.

    Args:
        pace: The first one.
        quick_s: What everything takes when it is quick.
    """

    def __init__(self, pace: Pace, quick_s: float) -> None:
        self._pace = pace
        self._quick_s = quick_s

    def set(self, pace: Pace) -> None:
        """Has what begins from now on take as long as at this pace."""
        self._pace = pace

    def seconds(self, change: StateChange) -> float:
        """Returns how long a change takes now."""
        return self._quick_s if self._pace is Pace.QUICK else _ON_AWS_S[change]
