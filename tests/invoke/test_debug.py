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
from workbench.invoke.breakpoints import Breakpoint
from workbench.invoke.debug_session import (
    Breakpoints,
    Checked,
    DebugConnection,
    DebugEvent,
    DebugSession,
    Frame,
    Stopped,
)
from workbench.invoke.local import LocalIdentity, run_locally
from workbench.invoke.run import InvocationResult
from workbench_sandbox.fence import confinement
from workbench_sandbox.server.inside import private_root

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
LOOP = """\
def handler(event, context):
    for index in range(10):
        total = index * 2

    # what follows is the answer

    return total
"""


def at(path: str, line: int, **details: Any) -> Breakpoints:
    """One breakpoint."""
    return {path: {1: Breakpoint(line, **details)}}


class Debugged:
    """A run under the debugger, on a thread of its own."""

    def __init__(
        self, folder: Path, breakpoints: Breakpoints, timeout_s: int = 5, source: str = SOURCE
    ) -> None:
        self.told: queue.Queue[DebugEvent] = queue.Queue()
        self.checked: list[Checked] = []
        self.session = DebugSession(breakpoints, self.told.put)
        self.stop = threading.Event()
        self._result: list[InvocationResult] = []
        code = lay_out(folder, source, lib__sums_py=SUMS)
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
            if isinstance(told, Checked):
                self.checked.append(told)
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

    def start(breakpoints: Breakpoints, timeout_s: int = 5, source: str = SOURCE) -> Debugged:
        made.append(Debugged(tmp_path, breakpoints, timeout_s, source))
        return made[-1]

    yield start
    for each in made:
        each.end()
    assert processes_below(tmp_path) == set()
    assert not list(tmp_path.glob("run-*"))


def test_it_stops_shows_steps_and_goes_on(debug: Callable[..., Debugged]) -> None:
    run = debug(at("app.py", 6))
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
    not confinement.abi() or not private_root.is_possible(),
    reason="an ordinary user may not have namespaces here",
)
def test_it_has_the_paths_of_lambda(debug: Callable[..., Debugged]) -> None:
    run = debug(at("lib/sums.py", 3))
    inner, outer = run.stopped().frames[:2]
    assert (inner.file, inner.path) == ("/var/task/lib/sums.py", "lib/sums.py")
    assert (outer.file, outer.path) == ("/var/task/app.py", "app.py")
    run.session.resume("continue")
    assert run.result().payload == b"[8, false, false]"


def test_a_breakpoint_that_is_set_while_it_stands_counts(debug: Callable[..., Debugged]) -> None:
    run = debug(at("app.py", 5))
    run.stopped()
    run.session.set_breakpoints("lib/sums.py", {1: Breakpoint(3)})
    run.session.resume("continue")
    assert run.stopped().frames[0].path == "lib/sums.py"
    run.session.set_breakpoints("lib/sums.py", {})
    run.session.resume("continue")
    assert run.result().payload == b"[8, false, false]"


def test_the_time_limit_does_not_count(debug: Callable[..., Debugged]) -> None:
    run = debug(at("app.py", 5), timeout_s=1)
    run.stopped()
    threading.Event().wait(1.5)
    run.session.resume("continue")
    assert run.result().payload == b"[8, false, false]"


def test_stopping_it_ends_everything_while_it_stands(debug: Callable[..., Debugged], tmp_path: Path) -> None:
    run = debug(at("app.py", 5))
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


def test_it_stops_only_where_the_condition_is_true(debug: Callable[..., Debugged]) -> None:
    run = debug(at("app.py", 3, condition="index == 7"), source=LOOP)
    assert run.locals(run.stopped().frames[0])["index"].value == "7"
    run.session.resume("continue")
    assert run.result().payload == b"18"


@pytest.mark.parametrize(
    ("hit_count", "stops"), [("3", ["2"]), (">= 9", ["8", "9"]), ("% 4", ["3", "7"]), ("== 10", ["9"])]
)
def test_it_stops_only_at_the_hits_that_are_wanted(
    debug: Callable[..., Debugged], hit_count: str, stops: list[str]
) -> None:
    run = debug(at("app.py", 3, hit_count=hit_count), source=LOOP)
    for index in stops:
        assert run.locals(run.stopped().frames[0])["index"].value == index
        run.session.resume("continue")
    assert run.result().payload == b"18"


def test_a_log_message_is_in_the_log_and_nothing_stops(debug: Callable[..., Debugged]) -> None:
    breakpoints = {
        "app.py": {
            1: Breakpoint(3, log_message="100% of {index % 4} and {nowhere}", condition="index > 7"),
            2: Breakpoint(7, log_message="100% at the end"),
        }
    }
    run = debug(breakpoints, source=LOOP)
    result = run.result()
    assert result.payload == b"18"
    lines = [each for each in result.log_tail.splitlines() if each.startswith("100%")]
    assert lines[-1] == "100% at the end"
    assert len(lines) == 1  # a name that is not there is an error in place of the whole line
    assert result.log_tail.count("name 'nowhere' is not defined") == 2
    assert result.log_tail.index("100% at the end") < result.log_tail.index("END RequestId")


def test_values_in_a_log_message(debug: Callable[..., Debugged]) -> None:
    run = debug(at("app.py", 3, log_message="{index % 4}: 100% of {dict(a=index)['a']}{}"), source=LOOP)
    result = run.result()
    lines = [each for each in result.log_tail.splitlines() if "100%" in each]
    assert lines == [f"{index % 4}: 100% of {index}" for index in range(10)]


def test_a_breakpoint_on_an_empty_line_is_where_the_function_stops(debug: Callable[..., Debugged]) -> None:
    run = debug(at("app.py", 6), source=LOOP)
    stopped = run.stopped()
    assert stopped.frames[0].line == 3
    assert run.checked == [Checked("app.py", 1, 6, 3)]


def test_what_cannot_be_set_is_said(debug: Callable[..., Debugged]) -> None:
    breakpoints = {
        "app.py": {
            1: Breakpoint(7),
            2: Breakpoint(3, condition="index =="),
            3: Breakpoint(2, is_enabled=False),
        },
        "gone.py": {4: Breakpoint(1)},
    }
    run = debug(breakpoints, source=LOOP)
    assert run.stopped().frames[0].line == 7
    problems = {each.number: each.problem for each in run.checked}
    assert problems.keys() == {1, 2, 4}
    assert problems[1] == ""
    assert problems[2].startswith("The condition is not a Python expression")
    assert "does not exist" in problems[4]


def test_a_condition_that_fails_stops_and_is_said(debug: Callable[..., Debugged]) -> None:
    run = debug(at("app.py", 3, condition="nowhere > index"), source=LOOP)
    stopped = run.stopped()
    assert stopped.frames[0].line == 3
    assert stopped.failure == "NameError: name 'nowhere' is not defined"
    assert run.checked[-1].problem.endswith("NameError: name 'nowhere' is not defined.")
    run.session.set_breakpoints("app.py", {})
    run.session.resume("continue")
    result = run.result()
    assert result.payload == b"18"
    assert "nowhere" not in result.log_tail


@pytest.mark.parametrize(
    "breakpoint",
    [
        Breakpoint(1, condition="x = 1"),
        Breakpoint(1, condition="(" * 5_000),
        Breakpoint(1, hit_count="often"),
        Breakpoint(1, hit_count="0"),
        Breakpoint(1, hit_count="5", condition="x"),
        Breakpoint(1, log_message="{x"),
        Breakpoint(1, log_message="{x y}"),
    ],
)
def test_what_the_debugger_could_not_use_has_a_problem(breakpoint: Breakpoint) -> None:
    assert breakpoint.problem()


@pytest.mark.parametrize(
    "breakpoint",
    [
        Breakpoint(1),
        Breakpoint(1, condition=" event['n'] > 1 and (y := 2) "),
        Breakpoint(1, hit_count=">=5"),
        Breakpoint(1, log_message="} a {x['k']} {{'a': 1}} {} 100%"),
    ],
)
def test_what_the_debugger_can_use_has_none(breakpoint: Breakpoint) -> None:
    assert breakpoint.problem() == ""


@pytest.mark.parametrize(
    "message",
    [
        '{"type": "response", "request_seq": [1], "success": true}',
        '["a", "list"]',
        "[" * 100_000,
        '{"type": "event", "event": "stopped", "body": {"threadId": [1]}}',
        '{"type": "event", "event": "breakpoint", "body": {"breakpoint": {"id": []}}}',
    ],
)
def test_a_message_that_has_not_the_form_of_the_protocol_ends_the_connection(message: str) -> None:
    ours, theirs = socket.socketpair()
    session_like: list[int] = []

    def on_event(event: str, body: dict[str, Any]) -> None:
        session_like.append({}.get(body.get("breakpoint", {}).get("id"), 0) + int(body.get("threadId") or 0))

    connection = DebugConnection(ours, on_event)
    pending = connection.request("threads")
    reader = threading.Thread(target=connection.read_all)
    reader.start()
    theirs.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(message), message.encode()))
    reader.join(20)
    assert not reader.is_alive()
    assert isinstance(pending.exception(0), ConnectionError)
    connection.close()
    theirs.close()
