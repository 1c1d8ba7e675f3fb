"""Tells a test that a function runs: on this computer it can write no file that a test could look for."""

import socket
import threading
from types import TracebackType
from typing import Self

RING = """
import socket
def ring(address):
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as line:
        line.recv(1)
"""
"""For a function's code. Returns once the bell has counted and, if it holds its callers, releases them."""


class Bell:
    """Counts how often it was rung, until it is closed.

    Args:
        holds: Whether whoever rings waits until `release`.
    """

    def __init__(self, *, holds: bool = False) -> None:
        self.rings = 0
        self._lock = threading.Lock()
        self._held: list[socket.socket] | None = [] if holds else None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def release(self) -> None:
        """Lets all who have rung go on, and holds nobody from now on."""
        with self._lock:
            held, self._held = self._held or [], None
        for line in held:
            line.close()

    def _count(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._held is None:
                    line.close()
                else:
                    self._held.append(line)
            self.rings += 1
