"""Row 11: another process that connects to the debugger's port first learns nothing and is not believed."""

import contextlib
import json
import queue
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.invoke.local_desk import RUNNER, lay_out
from tests.invoke.test_debug import SOURCE, SUMS
from tests.invoke.test_local import DETAIL
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.invoke.debug_session import DebugEvent, DebugSession, Stopped
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
        self.session = DebugSession({"app.py": [6]}, self.told.put)
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
    told = run.told.get(timeout=20)
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
