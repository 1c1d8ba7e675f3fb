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
"""For a function's code. Returns once the bell has counted."""


class Bell:
    """Counts how often it was rung, until it is closed."""

    def __init__(self) -> None:
        self.rings = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _count(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.rings += 1
            line.close()
