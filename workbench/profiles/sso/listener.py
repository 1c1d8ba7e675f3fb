"""Where the browser comes back to: a small server on the loopback that takes one answer.

Owns: the socket and what the browser shows. Must not know: what the code is good for.

No thread: the waiting job serves. Browsers open connections in advance and say nothing on them, so all are
watched at once. Whatever is not the answer to this sign-in is refused, and the waiting goes on: any page that
the person has open can send requests here.
"""

import contextlib
import hmac
import selectors
import socket
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from workbench.core.clock import Clock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

PATH = "/oauth/callback"

_TICK_S = 0.05  # how late a cancel may be noticed
_ANSWER_S = 1.0
_MOST_BYTES = 16_384
_MOST_CONNECTIONS = 32
_ACTION = "profile.sign_in"

_DONE = "You are signed in. Close this page and go back to Workbench."
_REFUSED = "The sign-in was denied. Close this page and go back to Workbench."
_FOREIGN = "This page does not belong to the current sign-in in Workbench."
_NOTHING = "This page does not exist."


class CallbackListener:
    """Listens from the moment it is made, so that a fast browser is not too early.

    Args:
        state: What the answer must bring along to be the answer.

    Raises:
        WorkbenchError: No port of 127.0.0.1 can be had.
    """

    def __init__(self, state: str) -> None:
        self._state = state
        try:
            self._listener = socket.create_server(("127.0.0.1", 0))
        except OSError as error:
            raise WorkbenchError(
                "The response from the browser cannot be received.",
                f"No port can be opened on this computer: {error.strerror or error}.",
                "Sign in with a code instead.",
                action=_ACTION,
            ) from None
        self._listener.setblocking(False)
        self._received: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)

    @property
    def redirect_uri(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}{PATH}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the port back."""
        for connection in tuple(self._received):
            self._drop(connection)
        self._selector.close()
        self._listener.close()

    def wait(self, ctx: JobContext, clock: Clock, timeout_s: float) -> str:
        """Waits for the code that the browser brings.

        Raises:
            WorkbenchError: The person refused, or nobody came in time.
            Cancelled: At once.
        """
        deadline = clock.monotonic() + timeout_s
        while clock.monotonic() < deadline:
            ctx.check()
            for key, _ in self._selector.select(_TICK_S):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket) and (answer := self._receive(key.fileobj)):
                    return _code_in(answer)
        raise WorkbenchError(
            "The sign-in was not completed.",
            f"The sign-in timed out after {timeout_s / 60:.0f} min.",
            "Sign in again.",
            action=_ACTION,
        )

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it went away again
            return
        if len(self._received) >= _MOST_CONNECTIONS:
            self._drop(next(iter(self._received)))
        connection.setblocking(False)
        self._received[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _receive(self, connection: socket.socket) -> Mapping[str, str] | None:
        """Reads on; the fields of the answer once it is complete and the right one."""
        if connection not in self._received:  # dropped a moment ago
            return None
        try:
            data = connection.recv(_MOST_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        self._received[connection] += data
        request = self._received[connection]
        if not data or len(request) > _MOST_BYTES:
            self._drop(connection)
        elif b"\r\n\r\n" in request or b"\n\n" in request:
            status, text, answer = self._judge(request)
            self._reply(connection, status, text)
            return answer
        return None

    def _judge(self, request: bytes) -> tuple[HTTPStatus, str, Mapping[str, str] | None]:
        method, _, rest = request.split(b"\n", 1)[0].decode("latin-1").strip().partition(" ")
        try:
            target = urlsplit(rest.partition(" ")[0])
        except ValueError:
            return HTTPStatus.BAD_REQUEST, _NOTHING, None
        if target.path != PATH:
            return HTTPStatus.NOT_FOUND, _NOTHING, None
        if method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED, _NOTHING, None
        fields = {name: values[0] for name, values in parse_qs(target.query).items()}
        # A refusal without the state could come from any page that is open: it is not believed either.
        if not hmac.compare_digest(fields.get("state", "").encode(), self._state.encode()):
            return HTTPStatus.BAD_REQUEST, _FOREIGN, None
        if "error" in fields:
            return HTTPStatus.OK, _REFUSED, fields
        if "code" in fields:
            return HTTPStatus.OK, _DONE, fields
        return HTTPStatus.BAD_REQUEST, _FOREIGN, None

    def _reply(self, connection: socket.socket, status: HTTPStatus, text: str) -> None:
        with contextlib.suppress(OSError):  # the browser has the page or it has not
            connection.settimeout(_ANSWER_S)
            connection.sendall(_page(status, text))
            connection.shutdown(socket.SHUT_WR)
        self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        self._received.pop(connection, None)
        self._selector.unregister(connection)
        connection.close()


def _code_in(answer: Mapping[str, str]) -> str:
    if "error" not in answer:
        return answer["code"]
    denied = answer["error"] == "access_denied"
    raise WorkbenchError(
        "You are not signed in.",
        "The sign-in was denied in the browser." if denied else "IAM Identity Center cancelled the sign-in.",
        "Sign in again.",
        aws_code=answer["error"][:100],
        action=_ACTION,
    )


def _page(status: HTTPStatus, text: str) -> bytes:
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>Workbench</title><h1>{text}</h1></html>"
    ).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Content-Security-Policy: default-src 'none'",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
