"""The callback's server against browsers, and against whatever else finds its port."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.sso_sign_in import PATH, CallbackListener

STATE = "the-state"
RIGHT = f"GET {PATH}?code=the-code&state={STATE} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


class Caller:
    """Connections to a listener, made before it waits: the backlog keeps what they send."""

    def __init__(self, listener: CallbackListener) -> None:
        self._address = ("127.0.0.1", int(listener.redirect_uri.split(":")[2].split("/")[0]))
        self.sockets: list[socket.socket] = []

    def send(self, data: bytes) -> socket.socket:
        connection = socket.create_connection(self._address, 5)
        self.sockets.append(connection)
        connection.sendall(data)
        return connection

    def close(self) -> None:
        for each in self.sockets:
            each.close()


def everything(connection: socket.socket) -> bytes:
    received = b""
    while more := connection.recv(65536):
        received += more
    return received


@pytest.fixture
def listener() -> Iterator[CallbackListener]:
    with CallbackListener(STATE) as made:
        yield made


@pytest.fixture
def caller(listener: CallbackListener) -> Iterator[Caller]:
    made = Caller(listener)
    yield made
    made.close()


def wait(listener: CallbackListener) -> str:
    return listener.wait(JobContext(), SystemClock(), 10)


def test_it_listens_on_the_loopback_only(listener: CallbackListener) -> None:
    assert listener.redirect_uri.startswith("http://127.0.0.1:")
    assert listener.redirect_uri.endswith("/oauth/callback")


def test_a_connection_that_says_nothing_keeps_nobody_waiting(
    listener: CallbackListener, caller: Caller
) -> None:
    for _ in range(40):  # more than it keeps
        caller.send(b"")
    caller.send(RIGHT)
    assert wait(listener) == "the-code"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /favicon.ico HTTP/1.1\r\n\r\n", b"404"),
        (f"POST {PATH}?code=c&state={STATE} HTTP/1.1\r\n\r\n".encode(), b"405"),
        (f"GET {PATH}?code=c&state=other HTTP/1.1\r\n\r\n".encode(), b"400"),
        (f"GET {PATH}?code=c HTTP/1.1\r\n\r\n".encode(), b"400"),
        (f"GET {PATH}?state={STATE} HTTP/1.1\r\n\r\n".encode(), b"400"),
        (f"GET {PATH}?code=&state={STATE} HTTP/1.1\r\n\r\n".encode(), b"400"),
        (f"GET {PATH}?code=c&state=%ff%fe%00 HTTP/1.1\r\n\r\n".encode(), b"400"),
        (f"GET {PATH}?error=denied&state=other HTTP/1.1\r\n\r\n".encode(), b"400"),
        (b"GET http://[broken HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\xff\xfe\r\n\r\n", b"404"),
        (b"\r\n\r\n", b"404"),
        (b"A" * 40_000, b""),
    ],
)
def test_whatever_is_not_the_answer_is_refused(
    listener: CallbackListener, caller: Caller, request_bytes: bytes, status: bytes
) -> None:
    odd = caller.send(request_bytes)
    results: list[str] = []
    waiting = threading.Thread(target=lambda: results.append(wait(listener)))
    waiting.start()
    try:
        answer = everything(odd)
    except ConnectionResetError:  # it was cut off while it still sent
        answer = b""
    caller.send(RIGHT)
    waiting.join()
    assert answer.partition(b" ")[2][:3] == status
    assert results == ["the-code"]


def test_a_request_may_come_in_pieces(listener: CallbackListener, caller: Caller) -> None:
    connection = caller.send(RIGHT[:30])
    results: list[str] = []
    waiting = threading.Thread(target=lambda: results.append(wait(listener)))
    waiting.start()
    connection.sendall(RIGHT[30:])
    answer = everything(connection)
    waiting.join()
    assert results == ["the-code"]
    assert b"Cache-Control: no-store" in answer
    assert b"Referrer-Policy: no-referrer" in answer
    assert b"the-code" not in answer


def test_a_caller_that_goes_away_before_its_page_does_no_harm(
    listener: CallbackListener, caller: Caller
) -> None:
    caller.send(RIGHT).close()
    assert wait(listener) == "the-code"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (f"error=access_denied&state={STATE}", "denied in the browser"),
        (f"error=server_error&state={STATE}", "cancelled the sign-in"),
    ],
)
def test_an_error_ends_the_waiting(listener: CallbackListener, caller: Caller, query: str, why: str) -> None:
    caller.send(f"GET {PATH}?{query} HTTP/1.1\r\n\r\n".encode())
    with pytest.raises(WorkbenchError, match=why):
        wait(listener)


def test_without_a_port_there_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise OSError(24, "Too many open files")

    refused: Callable[..., socket.socket] = refuse
    monkeypatch.setattr(socket, "create_server", refused)
    with pytest.raises(WorkbenchError, match="Too many open files"):
        CallbackListener(STATE)
