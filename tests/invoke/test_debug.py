"""Debugging a local run: breakpoints, stack, variables, steps, watch, and the end of it all."""

import queue
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.invoke.local_desk import RUNNER, lay_out
from tests.invoke.test_local import DETAIL, processes_below
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.invoke.debug_session import Breakpoints, DebugEvent, DebugSession, Frame, Running, Stopped
from workbench.invoke.local import LocalIdentity, run_locally
from workbench.invoke.run import InvocationResult
from workbench.sandbox.launcher.inside import fence, private_root

SOURCE = """\
import os
from lib.sums import double

def handler(event, context):
    numbers = {"first": [1, 2], "second": event["n"]}
    answer = double(event["n"])
    print("answered", answer)
    return [answer, "WORKBENCH_DEBUG_PORT" in os.environ, "PYDEVD_DISABLE_FILE_VALIDATION" in os.environ]
"""
SUMS = "def double(n):\n    total = n * 2\n    return total\n"


class Debugged:
    """A run under the debugger, on a thread of its own."""

    def __init__(self, folder: Path, breakpoints: Breakpoints, timeout_s: int = 5) -> None:
        self.told: queue.Queue[DebugEvent] = queue.Queue()
        self.session = DebugSession(breakpoints, self.told.put)
        self.stop = threading.Event()
        self._result: list[InvocationResult] = []
        code = lay_out(folder, SOURCE, lib__sums_py=SUMS)
        detail = replace(DETAIL, timeout_s=timeout_s)
        variables = self.session.attach_to(code.folder, code.task_root, "")

        def run() -> None:
            try:
                result = run_locally(
                    RUNNER, detail, code, LocalIdentity(), b'{"n": 4}', JobContext(stop=self.stop),
                    has_limits=False, variables=variables,
                )  # fmt: skip
                self._result.append(result)
            except Cancelled:
                pass

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def stopped(self) -> Stopped:
        """The next stop."""
        while not isinstance(told := self.told.get(timeout=20), Stopped):
            assert isinstance(told, Running)
        return told

    def ask(self, question: Callable[..., None], *arguments: Any) -> Any:
        answers: queue.Queue[Any] = queue.Queue()
        question(*arguments, answers.put)
        return answers.get(timeout=20)

    def locals(self, frame: Frame) -> dict[str, Any]:
        scope = self.ask(self.session.scopes, frame)[0]
        return {each.name: each for each in self.ask(self.session.variables, scope.reference)}

    def result(self) -> InvocationResult:
        self._thread.join(20)
        return self._result[0]

    def end(self) -> None:
        self.stop.set()
        self._thread.join(20)
        self.session.close()


@pytest.fixture
def debug(tmp_path: Path) -> Iterator[Callable[..., Debugged]]:
    made: list[Debugged] = []

    def start(breakpoints: Breakpoints, timeout_s: int = 5) -> Debugged:
        made.append(Debugged(tmp_path, breakpoints, timeout_s))
        return made[-1]

    yield start
    for each in made:
        each.end()
    assert processes_below(tmp_path) == set()
    assert not list(tmp_path.glob("run-*"))


def test_it_stops_shows_steps_and_goes_on(debug: Callable[..., Debugged]) -> None:
    run = debug({"app.py": [6]})
    stopped = run.stopped()
    top = stopped.frames[0]
    assert (stopped.reason, top.name, top.path, top.line) == ("breakpoint", "handler", "app.py", 6)

    found = run.locals(top)
    assert found["numbers"].value == "{'first': [1, 2], 'second': 4}"
    inside = {each.name: each.value for each in run.ask(run.session.variables, found["numbers"].reference)}
    assert inside["'first'"] == "[1, 2]"
    assert run.ask(run.session.evaluate, "event['n'] + 1", top).value == "5"
    assert "NameError" in run.ask(run.session.evaluate, "nowhere", top).value

    run.session.resume("stepIn")
    inner = run.stopped().frames
    assert [(each.path, each.name, each.line) for each in inner[:2]] == [
        ("lib/sums.py", "double", 2),
        ("app.py", "handler", 6),
    ]
    run.session.resume("next")
    assert run.stopped().frames[0].line == 3
    run.session.resume("stepOut")
    assert run.stopped().frames[0].name == "handler"
    run.session.resume("continue")
    result = run.result()
    assert result.payload == b"[8, false, false]"
    printed = result.log_tail.splitlines()
    assert [line.split()[0] for line in printed] == ["INIT_START", "START", "answered", "END", "REPORT"]


@pytest.mark.skipif(
    not fence.abi() or not private_root.is_possible(), reason="an ordinary user may not have namespaces here"
)
def test_it_has_the_paths_of_lambda(debug: Callable[..., Debugged]) -> None:
    run = debug({"lib/sums.py": [3]})
    inner, outer = run.stopped().frames[:2]
    assert (inner.file, inner.path) == ("/var/task/lib/sums.py", "lib/sums.py")
    assert (outer.file, outer.path) == ("/var/task/app.py", "app.py")
    run.session.resume("continue")
    assert run.result().payload == b"[8, false, false]"


def test_a_breakpoint_that_is_set_while_it_stands_counts(debug: Callable[..., Debugged]) -> None:
    run = debug({"app.py": [5]})
    run.stopped()
    run.session.set_breakpoints("lib/sums.py", [3])
    run.session.resume("continue")
    assert run.stopped().frames[0].path == "lib/sums.py"
    run.session.set_breakpoints("lib/sums.py", [])
    run.session.resume("continue")
    assert run.result().payload == b"[8, false, false]"


def test_the_time_limit_does_not_count(debug: Callable[..., Debugged]) -> None:
    run = debug({"app.py": [5]}, timeout_s=1)
    run.stopped()
    threading.Event().wait(1.5)
    run.session.resume("continue")
    assert run.result().payload == b"[8, false, false]"


def test_stopping_it_ends_everything_while_it_stands(debug: Callable[..., Debugged], tmp_path: Path) -> None:
    run = debug({"app.py": [5]})
    run.stopped()
    assert processes_below(tmp_path)
    run.end()
    assert processes_below(tmp_path) == set()
    assert run.told.empty()  # it did not go on before


def test_a_session_that_nobody_joined_ends(tmp_path: Path) -> None:
    told: list[DebugEvent] = []
    session = DebugSession({}, told.append)
    code = lay_out(tmp_path, SOURCE)
    port = int(session.attach_to(code.folder, code.task_root, "")["WORKBENCH_DEBUG_PORT"])
    (waiting,) = [each for each in threading.enumerate() if each.name == "debugger"]
    session.close()
    assert not waiting.is_alive()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    session.resume("continue")  # a key that was pressed just then
    assert told == []
