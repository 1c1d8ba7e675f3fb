"""One piece of work on a thread of its own, while something else is done: the system works, Python need not.

The standard library's pools do the same; importing them takes longer than packing an edit.
"""

import threading
from collections.abc import Callable


class Beside[T]:
    """Begins at once. Whoever makes one waits for it in the end, or stops it."""

    def __init__(self, name: str, run: Callable[[Callable[[], bool]], T]) -> None:
        """Takes the thread's name, and what to run: it gets a function that says whether it is to stop."""
        self._run = run
        self._stopped = threading.Event()
        self._results: list[T] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name=name)
        self._thread.start()

    def result(self) -> T:
        """Waits; returns what was returned, or raises what was raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def stop(self) -> None:
        """Returns soon, when nothing is done any more."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            self._results.append(self._run(self._stopped.is_set))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            self._error = error
