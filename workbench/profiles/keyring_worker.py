"""One thread for all calls to the system's keyring, and someone who looks at the clock.

A keyring may ask the person for a password in a window of its own, and then blocks for as long as nobody
answers; and two calls at once have lost one of their values. So calls go one after the other on a thread of
their own, and whoever waits for one gives up after a while. The call itself cannot be ended: until it
returns, every further one fails at once.
"""

import queue
import threading
import time
from collections.abc import Callable

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

PATIENCE_S = 10.0
_LOOK_S = 0.02


class KeyringWorker:
    """Runs calls one after the other. Its thread is made by the first call and ends when there are none.

    Args:
        patience_s: How long one call may take, the wait for its turn included.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self._running = False
        self._given_up = 0

    def run[T](self, call: Callable[[], T], ctx: JobContext) -> T:
        """What the call returns. From any thread but the main one.

        Raises:
            WorkbenchError: The keyring does not answer.
            Cancelled: While it waited. A call that has begun goes on; what it returns is dropped.
            Exception: Whatever the call raised.
        """
        result: list[T] = []
        waiting = _Call(lambda: result.append(call()))
        with self._lock:
            if self._given_up:
                raise _silent()
            self._calls.put(waiting)
            if not self._running:
                self._running = True
                # A call that blocks for ever must not keep the program from ending.
                threading.Thread(target=self._work, name="keyring", daemon=True).start()
        try:
            waiting.wait(self._patience_s, ctx)
        except BaseException:
            self._give_up(waiting)
            raise
        if waiting.error is not None:
            raise waiting.error
        return result[0]

    def _give_up(self, call: "_Call") -> None:
        with self._lock:
            if call.begun and not call.ended.is_set():
                self._given_up += 1
                call.is_given_up = True
            else:
                call.is_dropped = True

    def _work(self) -> None:
        while True:
            with self._lock:
                if self._calls.empty():
                    self._running = False
                    return
                call = self._calls.get()
                if call.is_dropped:
                    continue
                call.begun = True
            call.make()
            with self._lock:
                call.ended.set()
                if call.is_given_up:
                    self._given_up -= 1


class _Call:
    """A call that waits for its turn, runs, or has ended."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self.begun = self.is_dropped = self.is_given_up = False
        self.ended = threading.Event()
        self.error: BaseException | None = None

    def make(self) -> None:
        try:
            self._make()
        except BaseException as error:  # noqa: BLE001 - raised again where the call was made
            self.error = error

    def wait(self, patience_s: float, ctx: JobContext) -> None:
        deadline = time.monotonic() + patience_s
        while not self.ended.wait(_LOOK_S):
            ctx.check()
            if time.monotonic() >= deadline:
                raise _silent()


def _silent() -> WorkbenchError:
    return WorkbenchError(
        "The keyring is not responding.",
        "It might be waiting for its password in another window.",
        "Unlock it, then try again.",
        aws_code="KeyringTimeout",
    )
