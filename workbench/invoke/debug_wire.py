"""The Debug Adapter Protocol on a socket: messages out, answers and events in.

Owns: framing, and whose answer came. Must not know: what the messages mean.
Source: https://microsoft.github.io/debug-adapter-protocol/overview
"""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

type Body = dict[str, Any]

_MOST_BYTES = 64 * 1024 * 1024
_MOST_BYTES_OF_A_STRANGER = 64 * 1024
_LONGEST_LINE = 1024
GREETING_S = 30.0
"""How long a peer may take to show who it is; a process that was just started may be slow."""


class DebugWire:
    """One connection to a debuggee. Calls are safe from any thread; answers come on the reading thread.

    Args:
        connection: The socket; a peer that is silent for `GREETING_S` is dropped until `trust` was called.
        on_event: Called with an event's name and body.
    """

    def __init__(self, connection: socket.socket, on_event: Callable[[str, Body], None]) -> None:
        self._connection = connection
        self._most_bytes = _MOST_BYTES_OF_A_STRANGER
        connection.settimeout(GREETING_S)
        self._on_event = on_event
        self._lock = threading.Lock()
        self._last = 0
        self._pending: dict[int, Future[Body]] = {}
        self._is_over = False

    def trust(self) -> None:
        """The peer is who it says: it may be silent, and send much. On the reading thread."""
        self._most_bytes = _MOST_BYTES
        self._connection.settimeout(None)

    def request(self, command: str, **arguments: object) -> "Future[Body]":
        """Asks; the future has the answer's body, or a ConnectionError, or a ValueError with why not."""
        answer: Future[Body] = Future()
        with self._lock:
            self._last += 1
            message = {"seq": self._last, "type": "request", "command": command, "arguments": arguments}
            body = json.dumps(message).encode()
            if self._is_over:
                answer.set_exception(ConnectionError("the debugger has ended"))
                return answer
            self._pending[self._last] = answer
            with contextlib.suppress(OSError):  # the reading thread sees the end, and says so to all
                self._connection.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return answer

    def read_all(self) -> None:
        """Reads until the connection ends; then every question that is left has that for an answer."""
        try:
            with self._connection.makefile("rb") as stream:
                while (size := _size(stream.readline, self._most_bytes)) is not None:
                    self._take(json.loads(stream.read(size)))
        except (OSError, ValueError):
            pass  # the process was killed, in the middle of a message perhaps
        with self._lock:
            self._is_over = True
            left, self._pending = self._pending, {}
        for answer in left.values():
            answer.set_exception(ConnectionError("the debugger has ended"))

    def close(self) -> None:
        """Ends the connection; `read_all` returns."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _take(self, message: Body) -> None:
        if message.get("type") == "event":
            self._on_event(str(message.get("event")), message.get("body") or {})
            return
        with self._lock:
            answer = self._pending.pop(int(message.get("request_seq") or 0), None)
        if answer is None:
            return
        if message.get("success"):
            answer.set_result(message.get("body") or {})
        else:
            answer.set_exception(ValueError(str(message.get("message") or "refused")))


def _size(read_line: Callable[[int], bytes], most_bytes: int) -> int | None:
    """The length of the next message; None at the end."""
    size = 0
    while (line := read_line(_LONGEST_LINE)) not in (b"", b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            size = int(value)
    if not 0 <= size <= most_bytes:
        raise ValueError(f"a message of {size} bytes")
    return size or None
