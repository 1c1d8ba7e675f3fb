"""Row 11: another process that connects to the debugger's port first learns nothing and is not believed."""

import contextlib
import json
import queue
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.invoke.local_desk import RUNNER, lay_out
from tests.invoke.test_debug import SOURCE, SUMS
from tests.invoke.test_local import DETAIL
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.invoke.breakpoints import Breakpoint
from workbench.invoke.debug_session import Checked, DebugConnection, DebugEvent, DebugSession, Lost, Stopped
from workbench.invoke.local import LocalIdentity, run_locally


def message(**values: object) -> bytes:
    body = json.dumps(values).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


LIES = b"".join(
    (
        *(
            message(seq=number, type="response", request_seq=number, success=True, command="x", body={})
            for number in range(1, 9)
        ),
        message(seq=9, type="response", request_seq=1, success=True, body={"clientAccessToken": "0" * 64}),
        message(seq=10, type="event", event="stopped", body={"threadId": 1, "reason": "breakpoint"}),
        message(seq=11, type="event", event="continued", body={}),
    )
)


class Attacker:
    """A process that was quicker than the function: it says something, and hears what it is told."""

    def __init__(self, port: int, says: bytes) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self.heard = b""
        if says:
            self._socket.sendall(says)
        self._thread = threading.Thread(target=self._hear)
        self._thread.start()

    def _hear(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._socket.recv(65536):
                self.heard += data

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()


class Run:
    """A debugged run whose port others reach before its function does."""

    def __init__(self, folder: Path, says: list[bytes]) -> None:
        self.told: queue.Queue[DebugEvent] = queue.Queue()
        self.session = DebugSession({"app.py": {1: Breakpoint(6)}}, self.told.put)
        code = lay_out(folder, SOURCE, lib__sums_py=SUMS)
        variables = self.session.attach_to(code.folder, code.task_root, "")
        self.attackers = [Attacker(int(variables["WORKBENCH_DEBUG_PORT"]), each) for each in says]
        self.stop = threading.Event()
        self.payload: list[bytes] = []

        def run() -> None:
            with contextlib.suppress(Cancelled):
                result = run_locally(
                    RUNNER, replace(DETAIL, timeout_s=5), code, LocalIdentity(), b'{"n": 4}',
                    JobContext(stop=self.stop), has_limits=False, variables=variables,
                )  # fmt: skip
                self.payload.append(result.payload)

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def finish(self) -> None:
        self._thread.join(20)

    def end(self) -> None:
        self.stop.set()
        self._thread.join(20)
        self.session.close()
        for each in self.attackers:
            each.end()


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    made: list[Run] = []
    yield made
    for each in made:
        each.end()


@pytest.mark.parametrize(
    "says",
    [
        [b""],
        [LIES],
        [b"GET / HTTP/1.1\r\n\r\n"],
        [b"Content-Length: 99999999\r\n\r\n"],
        [b"\0" * 100_000],
        [b""] * 20,
    ],
    ids=["silent", "lies", "http", "huge", "garbage", "many"],
)
def test_the_function_is_debugged_and_the_first_to_connect_is_not(
    runs: list[Run], tmp_path: Path, says: list[bytes]
) -> None:
    run = Run(tmp_path, says)
    runs.append(run)
    while isinstance(told := run.told.get(timeout=20), Checked):
        pass
    assert isinstance(told, Stopped)
    assert [(each.path, each.line) for each in told.frames[:1]] == [("app.py", 6)]
    run.session.resume("continue")
    run.finish()
    assert run.payload == [b"[8, false, false]"]
    for each in run.attackers:
        assert b"setBreakpoints" not in each.heard
        assert b"app.py" not in each.heard


def test_the_function_does_not_see_the_token(runs: list[Run], tmp_path: Path) -> None:
    source = SOURCE.replace('"WORKBENCH_DEBUG_PORT" in os.environ', 'any("TOKEN" in n for n in os.environ)')
    assert source != SOURCE
    session = DebugSession({}, lambda _told: None)
    code = lay_out(tmp_path, source, lib__sums_py=SUMS)
    variables = session.attach_to(code.folder, code.task_root, "")
    assert len(variables["WORKBENCH_DEBUG_TOKEN"]) == 64
    try:
        result = run_locally(
            RUNNER, replace(DETAIL, timeout_s=5), code, LocalIdentity(), b'{"n": 4}', JobContext(),
            has_limits=False, variables=variables,
        )  # fmt: skip
    finally:
        session.close()
    assert result.payload == b"[8, false, false]"


# A function's process that answers as no debugger does ------------------------------------------------------


class Liar:
    """A debuggee with the right token whose other answers are a test's own."""

    def __init__(self, says: bytes) -> None:
        self.told: queue.Queue[DebugEvent] = queue.Queue()
        self.session = DebugSession({}, self.told.put)
        folder = Path(tempfile.mkdtemp())
        variables = self.session.attach_to(folder, folder, "")
        self._socket = socket.create_connection(("127.0.0.1", int(variables["WORKBENCH_DEBUG_PORT"])), 10)
        token = variables["WORKBENCH_DEBUG_TOKEN"]
        self._socket.sendall(
            message(seq=1, type="response", request_seq=1, success=True, body={"clientAccessToken": token})
        )
        self._stream = self._socket.makefile("rb")
        while self.request()["command"] != "configurationDone":
            pass
        with contextlib.suppress(ConnectionError):  # it may be disconnected in the middle
            self._socket.sendall(says)

    def request(self) -> dict[str, Any]:
        """The next request of the session."""
        size = int(self._stream.readline().partition(b":")[2])
        self._stream.readline()
        found: dict[str, Any] = json.loads(self._stream.read(size))
        return found

    def answer(self, request: dict[str, Any], body: object) -> None:
        self._socket.sendall(
            message(seq=9, type="response", request_seq=request["seq"], success=True, body=body)
        )

    def end(self) -> None:
        self._stream.close()
        self._socket.close()
        self.session.close()


@pytest.fixture
def lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], Liar]]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made: list[Liar] = []

    def start(says: bytes) -> Liar:
        made.append(Liar(says))
        return made[-1]

    yield start
    for each in made:
        each.end()


def framed(text: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%s" % (len(text), text)


UNREADABLE = {
    "a list for a number": message(type="event", event="stopped", body={"threadId": [1]}),
    "an object for a number": message(type="event", event="stopped", body={"threadId": {"a": 1}}),
    "a word for a number": message(type="event", event="stopped", body={"threadId": "one"}),
    "a list for a body": message(type="event", event="stopped", body=[1]),
    "a text for a body": message(type="event", event="stopped", body="x"),
    "a list for a message": framed(b"[1]"),
    "a number for a message": framed(b"1"),
    "nothing for a message": framed(b"null"),
    "an endless number": message(type="event", event="stopped", body={"threadId": float("inf")}),
    "an endless number of a request": framed(b'{"type": "response", "request_seq": 1e999}'),
    "a number that nothing holds": message(
        type="event", event="breakpoint", body={"breakpoint": {"id": 2**70}}
    ),
    "a flood": message(type="event", event="continued") * 200_000,
    "a flood of stops": message(type="event", event="stopped", body={"threadId": 1}) * 20_000,
    "deep nesting": framed(b"[" * 200_000),
    "a list for the number of a request": message(type="response", request_seq=[1]),
}


@pytest.mark.parametrize("says", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_ends_the_debugging_and_is_said(
    lie: Callable[[bytes], Liar], says: bytes
) -> None:
    liar = lie(says)
    told: list[DebugEvent] = []
    while not told or told[-1] != Lost():
        told.append(liar.told.get(timeout=20))
    assert len(told) < 20_000
    asked: queue.Queue[object] = queue.Queue()
    liar.session.variables(1, asked.put)  # is not left waiting for an answer, and nothing fails
    assert asked.empty()


@pytest.mark.parametrize(
    "body",
    [
        {"stackFrames": [1]},
        {"stackFrames": [{"id": [], "name": "f", "line": 1}]},
        {"stackFrames": [{"id": 1, "name": "f", "line": 2**40}]},
        {"stackFrames": [{"id": 1e999, "name": "f", "line": 1}]},
        {"stackFrames": [{"name": "f"}]},
        {"stackFrames": [{"id": 1, "name": "f", "line": None, "source": "x"}]},
        {"stackFrames": 1},
    ],
)
def test_a_call_stack_that_cannot_be_read_ends_the_debugging_too(
    lie: Callable[[bytes], Liar], body: object
) -> None:
    liar = lie(message(type="event", event="stopped", body={"threadId": 1, "reason": "step"}))
    request = liar.request()
    assert request["command"] == "stackTrace"
    liar.answer(request, body)
    assert liar.told.get(timeout=20) == Lost()


def test_what_is_pending_fails_when_the_connection_ends() -> None:
    ours, theirs = socket.socketpair()
    connection = DebugConnection(ours, lambda _event, _body: None)
    pending = connection.request("threads")
    theirs.sendall(framed(b"[1]"))
    connection.read_all()
    assert isinstance(pending.exception(timeout=20), ConnectionError)
    assert connection.fault == "AttributeError"
    theirs.close()


def test_a_token_that_no_text_holds_is_a_wrong_one(tmp_path: Path) -> None:
    session = DebugSession({}, lambda _told: None)
    variables = session.attach_to(tmp_path, tmp_path, "")
    with socket.create_connection(("127.0.0.1", int(variables["WORKBENCH_DEBUG_PORT"])), 20) as peer:
        body = {"clientAccessToken": "\ud800"}
        peer.sendall(message(seq=1, type="response", request_seq=1, success=True, body=body))
        while peer.recv(4096):
            pass  # it is asked for the token, and then disconnected
    session.close()


def test_an_ordinary_debuggee_is_not_disconnected(lie: Callable[[bytes], Liar]) -> None:
    liar = lie(
        message(type="event", event="output", body={"output": "x"})
        + message(type="event", event="thread", body={"reason": "started", "threadId": 1})
        + message(type="response", request_seq=99, success=True, command="x")
        + message(type="event", event="terminated")
        + message(type="event", event="stopped", body={"threadId": 1, "reason": "breakpoint", "extra": [1]})
    )
    request = liar.request()
    frame = {"id": 2**47, "name": "f", "line": 7, "column": 1, "source": {"path": "/x.py"}}
    liar.answer(request, {"stackFrames": [frame], "totalFrames": 1})
    stopped = liar.told.get(timeout=20)
    assert isinstance(stopped, Stopped)
    assert [(each.number, each.line) for each in stopped.frames] == [(2**47, 7)]
