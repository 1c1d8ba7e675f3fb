"""Sends the parts of one upload, a few at a time: one connection seldom fills a line.

Owns: the threads, how far all parts are together, and that one part's failure ends the others. Must not know:
how a part is sent.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from workbench.core.errors import Cancelled
from workbench.core.jobs import for_this_job

AT_ONCE = 4
"""Each holds a connection and a few hundred KB: parts are read while they are sent."""


class Parts:
    """How much of each part was sent.

    Args:
        tell: Told of the bytes of all parts, one call after the other; what it raises ends the upload.
    """

    def __init__(self, tell: Callable[[int], object]) -> None:
        self._tell = tell
        self._sent: dict[int, int] = {}
        self._lock = threading.Lock()
        self._failed = threading.Event()

    def count(self, number: int, sent_bytes: int) -> None:
        """Notes how far a part is.

        Raises:
            Cancelled: Another part failed, or the person cancelled.
        """
        if self._failed.is_set():
            raise Cancelled
        with self._lock:
            self._sent[number] = sent_bytes
            self._tell(sum(self._sent.values()))

    def run(self, numbers: Sequence[int], send: Callable[[int], str]) -> list[str]:
        """Sends them all, in this order as far as there is an order.

        Args:
            numbers: Of the parts.
            send: Sends one and returns its ETag; called on threads of its own.

        Returns:
            The ETags, in the order of the numbers.

        Raises:
            WorkbenchError: The first failure of a part; nothing is on its way any more then.
            Cancelled: The same.
        """

        def guarded(number: int) -> str:
            try:
                if self._failed.is_set():
                    raise Cancelled
                return send(number)
            except BaseException:
                self._failed.set()
                raise

        with ThreadPoolExecutor(min(AT_ONCE, len(numbers)), "upload") as threads:
            futures = [threads.submit(for_this_job(guarded), each) for each in numbers]
            wait(futures, return_when=FIRST_EXCEPTION)
            if self._failed.is_set():
                threads.shutdown(cancel_futures=True)
        errors = [future.exception() for future in futures if not future.cancelled()]
        # A part that was ended by another's failure says Cancelled: the failure is what counts.
        for error in sorted(filter(None, errors), key=lambda error: isinstance(error, Cancelled)):
            raise error
        return [future.result() for future in futures]
