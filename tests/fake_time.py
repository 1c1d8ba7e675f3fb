"""Time that passes only when something waits, and a job that waits in it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from workbench.core.jobs import JobContext

START = datetime(2026, 3, 13, 15, 2, 24, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s


class FakeContext(JobContext):
    """A job whose waiting moves the clock.

    Args:
        clock: Moved by `sleep`.
        cancel_after_s: Cancelled once so much time has passed.
    """

    def __init__(self, clock: FakeClock, cancel_after_s: float = float("inf")) -> None:
        self.items: list[object] = []
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None
        self._clock = clock
        self._cancel_after_s = cancel_after_s
        self._stop_event = threading.Event()
        super().__init__(item=self.items.append, stop=self._stop_event)

    def cancel(self) -> None:
        self._stop_event.set()

    def sleep(self, seconds: float) -> None:
        self.check()
        self.slept.append(seconds)
        self._clock.passed_s += seconds
        if self._clock.passed_s >= self._cancel_after_s:
            self.cancel()
        self.on_sleep()
        self.check()
