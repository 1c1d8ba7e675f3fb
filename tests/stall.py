"""The `no_stall` fixture: within `with no_stall():` the GUI thread may not leave its event loop for long.

The program promises 50 ms, which tests/bench measures beside the stalls of an idle window. A test has no
limit in milliseconds: the GUI thread may be away for as long as some pieces of plain work take, measured in
the same process just before. That is about three times what the program promises, and more on a slow machine.

A 5 ms timer beats on the GUI thread; a second thread looks every 10 ms, and once a beat is late it takes the
GUI thread's stack, so that a failure names the line. Time in which the GUI thread could have run but the
machine gave it no processor (other tests, other programs) is not held against it. Where not even the second
thread came to look, either Python's lock was kept from both by something that computed all the while, or the
machine gave neither a processor: then only the time counts in which this process computed. Python's own
collector is off meanwhile, as it is in the program (ui/garbage.py): it searches all that the tests before
this one left, for longer than the limit.
"""

import gc
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

BEAT_S = 0.005
LOOK_S = 0.010
_ALL_THE_WHILE = 0.8
_MAX_PIECES = 32
"""Pieces of plain work that the GUI thread may be away for."""


def _piece_of_work_s() -> float:
    """The processor time of one piece of plain work."""
    start = time.thread_time()
    total = 0
    for number in range(100_000):
        total += number * number % 7
    return time.thread_time() - start


class StallWatch:
    """Watches the GUI thread between `__enter__` and `__exit__`, both called on it.

    Attributes:
        worst_ms: The longest time away from the event loop so far.
    """

    def __init__(self, limit_s: float | None = None) -> None:
        self.worst_ms = 0.0
        self._limit_s = limit_s or _MAX_PIECES * min(_piece_of_work_s() for _ in range(3))
        self._stalls: list[str] = []
        self._stack = ""
        self._denied_s = 0.0
        self._over = threading.Event()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._thread = threading.Thread(target=self._look, name="stall-watch")
        self._last = self._last_used = 0.0
        self._collects = gc.isenabled()

    def __enter__(self) -> Self:
        gc.disable()
        self._processor = _ProcessorTime()
        self._last, self._last_used = time.perf_counter(), time.process_time()
        self._timer.start(int(BEAT_S * 1000))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.stop()
        self._beat()
        self._over.set()
        self._thread.join()
        if self._collects:
            gc.enable()
        if self._stalls and error is None:
            pytest.fail(
                f"The GUI thread stalled for more than {self._limit_s * 1000:.0f} ms:\n"
                + "".join(self._stalls)
            )

    def excuse(self) -> None:
        """What was until now is the test's own affair, such as the start of a process."""
        self._last, self._stack, self._denied_s = time.perf_counter(), "", 0.0

    def _beat(self) -> None:
        now, used = time.perf_counter(), time.process_time()
        late_s = now - self._last - BEAT_S - self._denied_s
        if not self._stack and used - self._last_used < _ALL_THE_WHILE * (now - self._last):
            late_s = min(late_s, used - self._last_used)
        self.worst_ms = max(self.worst_ms, late_s * 1000)
        if late_s > self._limit_s:
            self._stalls.append(f"{late_s * 1000:.0f} ms at\n{self._stack or '(no sample)'}")
        self._last, self._last_used, self._stack, self._denied_s = now, used, "", 0.0

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            self._denied_s += self._processor.denied_s()
            if time.perf_counter() - self._last - self._denied_s > self._limit_s and not self._stack:
                frame = sys._current_frames().get(threading.main_thread().ident or 0)
                self._stack = "".join(traceback.format_stack(frame))


class _ProcessorTime:
    """How long the main thread was ready to run and was not let. Only Linux tells; elsewhere always 0."""

    def __init__(self) -> None:
        main = threading.main_thread()
        self._stat = Path(f"/proc/self/task/{main.native_id}/stat")
        self._clock = time.pthread_getcpuclockid(main.ident or 0) if self._stat.exists() else None
        self._then = self._now()

    def _now(self) -> tuple[float, float, float]:
        used = time.clock_gettime(self._clock) if self._clock is not None else 0.0
        return time.perf_counter(), used, time.process_time()

    def denied_s(self) -> float:
        """Seconds since the last call, if the thread is ready to run now; one that waits lacks nothing.

        Nor is anything denied when this comes late because a thread computed with Python's lock meanwhile.
        """
        now, then = self._now(), self._then
        self._then = now
        if self._clock is None or self._stat.read_text().rpartition(")")[2].split()[0] != "R":
            return 0.0
        wall, used, used_by_all = (late - early for late, early in zip(now, then, strict=True))
        if wall > 2 * LOOK_S and used_by_all > _ALL_THE_WHILE * wall:
            return 0.0
        return max(0.0, wall - used)


@pytest.fixture
def no_stall(qapp: QApplication) -> Callable[..., StallWatch]:
    """Fails the test when the event loop is kept waiting for too long inside its `with`."""
    return StallWatch
