"""Debugging one local run: breakpoints, call stack, variables, stepping.

The function's process connects to a port that this session opens on the loopback, without an adapter process
in between. Any process of this computer can connect to that port, so a peer must first show the token of this
run, which the function's process was started with; all other peers are ignored. While a function is stopped,
its timeout does not run.

Source of the protocol: https://microsoft.github.io/debug-adapter-protocol/overview
"""

import contextlib
import hmac
import json
import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.core.errors import UNEXPECTED_FORM, WorkbenchError
from workbench.core.files import explaining
from workbench.core.messages import _
from workbench.invoke.breakpoints import Breakpoint
from workbench.invoke.local import DEBUGGER_FOLDER

_log = logging.getLogger(__name__)

type Body = dict[str, Any]

_MAX_BYTES = 64 * 1024 * 1024
_MAX_UNTRUSTED_BYTES = 64 * 1024
_MAX_LINE = 1024
_LARGEST_NUMBER, _LARGEST_LINE = 2**63 - 1, 2**31 - 1  # debugpy's numbers are addresses
_MAX_EVENTS = 1_000
"""In a second. A user's steps make a few; a function that sends more would keep the window busy."""
GREETING_S = 30.0
"""The time for a peer to show the token; a process that was just started may be slow."""


class DebugConnection:
    """A connection of the Debug Adapter Protocol.

    Thread-safe; responses arrive on the reading thread. The peer is the function's process: what it sends may
    have any form.

    Args:
        connection: The socket; until `trust` is called, a peer that is silent for `GREETING_S` is
            disconnected.

    Attributes:
        fault: What the peer sent that cannot be read, and for which the connection was ended; empty for none.
    """

    def __init__(self, connection: socket.socket, on_event: Callable[[str, Body], None]) -> None:
        self._connection = connection
        self._max_bytes = _MAX_UNTRUSTED_BYTES
        connection.settimeout(GREETING_S)
        self._on_event = on_event
        self._lock = threading.Lock()
        self._last = 0
        self._pending: dict[int, Future[Body]] = {}
        self._is_over = False
        self.fault = ""

    def trust(self) -> None:
        """Lifts the limits for unknown peers. On the reading thread."""
        self._max_bytes = _MAX_BYTES
        self._connection.settimeout(None)

    def request(self, command: str, **arguments: object) -> "Future[Body]":
        """Sends a request; the future gets the response's body, or a ConnectionError or ValueError."""
        answer: Future[Body] = Future()
        with self._lock:
            self._last += 1
            message = {"seq": self._last, "type": "request", "command": command, "arguments": arguments}
            body = json.dumps(message).encode()
            if self._is_over:
                answer.set_exception(ConnectionError("the debugger has ended"))
                return answer
            self._pending[self._last] = answer
            with contextlib.suppress(OSError):  # the reading thread notices the end and completes all futures
                self._connection.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return answer

    def read_all(self) -> None:
        """Reads until the connection ends; then all pending requests fail."""
        try:
            with self._connection.makefile("rb") as stream:
                # After a fault the peer may go on sending, which the kernel still takes.
                while not self.fault and (size := _size(stream.readline, self._max_bytes)) is not None:
                    message = json.loads(stream.read(size))
                    try:
                        self._handle(message)
                    except UNEXPECTED_FORM as error:
                        self.fail(error)
        except (OSError, ValueError):
            pass  # the process was killed, perhaps in the middle of a message
        except RecursionError as error:
            self.fail(error)
        with self._lock:
            self._is_over = True
            left, self._pending = self._pending, {}
        for answer in left.values():
            answer.set_exception(ConnectionError("the debugger has ended"))

    def fail(self, error: Exception) -> None:
        """Ends the connection, because a message cannot be read."""
        self.fault = type(error).__name__
        _log.info("the debugger sent a message that cannot be read", exc_info=error)
        self.close()

    def close(self) -> None:
        """Ends the connection; `read_all` returns."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _handle(self, message: Body) -> None:
        if message.get("type") == "event":
            self._on_event(str(message.get("event")), message.get("body") or {})
            return
        with self._lock:
            answer = self._pending.pop(_number(message.get("request_seq")), None)
        if answer is None:
            return
        if message.get("success"):
            answer.set_result(message.get("body") or {})
        else:
            answer.set_exception(ValueError(str(message.get("message") or "refused")))


def _number(value: object, largest: int = _LARGEST_NUMBER) -> int:
    """A number of the protocol; 0 for none. Raises what `UNEXPECTED_FORM` says."""
    number = 0 if value is None else int(value)  # type: ignore[call-overload]
    if not -1 <= number <= largest:
        raise ValueError("a number that is too large")
    return number


def _size(read_line: Callable[[int], bytes], max_bytes: int) -> int | None:
    """The length of the next message; None at the end."""
    size = 0
    while (line := read_line(_MAX_LINE)) not in (b"", b"\r\n"):
        name, __, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            size = int(value)
    if not 0 <= size <= max_bytes:
        raise ValueError(f"a message of {size} bytes")
    return size or None


_DEBUGGEE = Path(__file__).with_name("debuggee.py")
_TASK_ROOT = "/var/task/"
_MAX_FRAMES = 200
_MAX_CHILDREN = 1000
_MAX_PEERS = 16
"""Concurrent connections that have not shown the token; beyond that the oldest is closed."""


Breakpoints = Mapping[str, Mapping[int, Breakpoint]]
"""Path in the package -> breakpoints, each with a number of its own."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of the call stack.

    Attributes:
        path: Path in the package; empty for other files.
    """

    number: int
    name: str
    path: str
    line: int
    file: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A value. `reference` identifies its children; 0 for none."""

    name: str
    value: str
    type_name: str
    reference: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The function stopped.

    Attributes:
        reason: "breakpoint", "step", "pause" or "exception".
        frames: The call stack.
        failure: Why the condition of the breakpoint could not be evaluated; "" for another reason.
    """

    reason: str
    frames: tuple[Frame, ...]
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """The function continues."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the debugger says about a breakpoint.

    Attributes:
        path: Path in the package.
        number: The breakpoint's.
        wanted: The line that it was set at.
        line: The line where the function stops.
        problem: Why the function does not stop there, or why the condition failed; "" for none.
        is_set: Whether the debugger has it.
    """

    path: str
    number: int
    wanted: int
    line: int
    problem: str = ""
    is_set: bool = True


@dataclass(frozen=True, slots=True)
class Lost:
    """The debugger sent what cannot be read and was disconnected. The function may go on without it."""


type DebugEvent = Stopped | Running | Checked | Lost


@dataclass(slots=True)
class _Sent:
    """A file's breakpoints as they were sent to the debugger, once for each path that the file may have.

    Attributes:
        waiting: How many responses have not come.
        answers: Those that came, by number.
    """

    path: str
    breakpoints: tuple[tuple[int, Breakpoint], ...]
    waiting: int
    answers: dict[int, Checked]


class DebugSession:
    """A debugged run. Thread-safe; no method blocks. Raises WorkbenchError: no port can be opened.

    Args:
        on_event: Called with each event, on a thread of the session, like the `then` callbacks.
    """

    def __init__(self, breakpoints: Breakpoints, on_event: Callable[[DebugEvent], None]) -> None:
        self._breakpoints = {path: dict(found) for path, found in breakpoints.items()}
        self._known: dict[int, Checked] = {}  # by the debugger's own numbers
        self._on_event = on_event
        self._roots: tuple[str, ...] = ()
        self._thread_id = 0
        self._events = (0, 0)  # a second of the monotonic clock, and how many came in it
        self._token = secrets.token_hex(32)
        self._wire: DebugConnection | None = None
        self._peers: dict[DebugConnection, threading.Thread] = {}
        self._lock = threading.Lock()
        with explaining(_("The debugger was not started."), _DEBUGGEE):
            self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="debugger", daemon=True)

    def attach_to(self, folder: Path, task_root: Path, python_path: str) -> dict[str, str]:
        """Adds the debugger to the folder of a run; returns the environment variables that activate it.

        Raises WorkbenchError if the debugger is not installed, or the folder cannot be written.

        Args:
            python_path: The function's own PYTHONPATH.
        """
        found = find_spec("debugpy")
        folders = list(found.submodule_search_locations or ()) if found else []
        if not folders:
            raise WorkbenchError(
                _("The debugger was not started."), _("debugpy is not installed."), _("Reinstall Workbench.")
            )
        debugger_dir = folder / DEBUGGER_FOLDER
        with explaining(_("The debugger was not started."), debugger_dir):
            debugger_dir.mkdir()
            (debugger_dir / "debugpy").symlink_to(Path(folders[0]).resolve())
            (debugger_dir / "sitecustomize.py").symlink_to(_DEBUGGEE.resolve())
        # The code has another path if the system gives the function its own root.
        self._roots = (f"{task_root.resolve()}/", _TASK_ROOT)
        self._thread.start()
        port = self._listener.getsockname()[1]
        path = f"{debugger_dir}:{python_path}" if python_path else str(debugger_dir)
        return {"PYTHONPATH": path, "WORKBENCH_DEBUG_PORT": str(port), "WORKBENCH_DEBUG_TOKEN": self._token}

    def close(self) -> None:
        """Ends the session and waits for its threads; the function's process is left running."""
        self._stop_listening()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            peers = dict(self._peers)
        for wire, thread in peers.items():
            wire.close()
            thread.join()

    # Commands of the user

    def set_breakpoints(self, path: str, breakpoints: Mapping[int, Breakpoint]) -> None:
        """Replaces a file's breakpoints, even while the function runs."""
        self._breakpoints[path] = dict(breakpoints)
        if self._wire is not None:
            self._send_breakpoints(self._wire, path)

    def resume(self, command: str) -> None:
        """Sends "continue", "next", "stepIn" or "stepOut"."""
        self._ask(command, threadId=self._thread_id)

    def pause(self) -> None:
        self._ask("pause", threadId=self._thread_id or 1)

    def scopes(self, frame: Frame, then: Callable[[tuple[Variable, ...]], None]) -> None:
        """The local and global variables of a frame, each group as one variable."""

        def got(body: Body) -> None:
            then(
                tuple(
                    Variable(str(each["name"]), "", "", _number(each["variablesReference"]))
                    for each in body.get("scopes") or ()
                )
            )

        self._ask("scopes", got, frameId=frame.number)

    def variables(self, reference: int, then: Callable[[tuple[Variable, ...]], None]) -> None:
        def got(body: Body) -> None:
            then(tuple(_variable(each) for each in (body.get("variables") or ())[:_MAX_CHILDREN]))

        self._ask("variables", got, variablesReference=reference)

    def evaluate(self, expression: str, frame: Frame, then: Callable[[Variable], None]) -> None:
        """The value of an expression in a frame; an exception is a value, too."""

        def got(body: Body) -> None:
            body = {**body, "name": expression, "value": body.get("result", "")}
            then(_variable(body))

        def refused(error: Exception) -> None:
            then(Variable(expression, _last_line(error), "", 0))

        self._ask("evaluate", got, refused, expression=expression, frameId=frame.number, context="watch")

    # The protocol

    def _serve(self) -> None:
        """Accepts connections until one has shown the token; each is read on a thread of its own."""
        with contextlib.suppress(OSError):  # closed: the function is connected, or the session has ended
            while True:
                self._greet(self._listener.accept()[0])

    def _greet(self, connection: socket.socket) -> None:
        """Requests the token of a peer; until it is shown, the peer's events are ignored."""
        wire = DebugConnection(
            connection, lambda event, body: self._handle_event(event, body) if self._wire is wire else None
        )
        thread = threading.Thread(target=self._read, args=(wire,), name="debugger-peer", daemon=True)
        with self._lock:
            oldest = next(iter(self._peers)) if len(self._peers) >= _MAX_PEERS else None
            self._peers[wire] = thread
        if oldest is not None:
            oldest.close()
        wire.request("pydevdAuthorize").add_done_callback(partial(self._check_token, wire))
        thread.start()

    def _read(self, wire: DebugConnection) -> None:
        wire.read_all()
        wire.close()
        if wire.fault and wire is self._wire:
            self._on_event(Lost())
        with self._lock:
            self._peers.pop(wire, None)

    def _check_token(self, wire: DebugConnection, answer: "Future[Body]") -> None:
        """Compares a peer's token with that of the run. On the peer's thread."""
        token = "" if answer.exception() else str(answer.result().get("clientAccessToken") or "")
        with self._lock:
            is_ours = self._wire is None and hmac.compare_digest(
                token.encode("utf-8", "replace"), self._token.encode()
            )
            if is_ours:
                self._wire = wire
        if not is_ours:
            wire.close()
            return
        wire.trust()
        self._stop_listening()
        self._begin(wire)

    def _stop_listening(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts connections
        self._listener.close()

    def _begin(self, wire: DebugConnection) -> None:
        wire.request("initialize", adapterID="workbench", linesStartAt1=True, columnsStartAt1=True,
                     pathFormat="path", supportsVariableType=True)  # fmt: skip
        wire.request("attach", justMyCode=True)
        # A condition that cannot be evaluated stops the function, which then shows why; nothing is printed.
        wire.request("setDebuggerProperty", skipSuspendOnBreakpointException=[],
                     skipPrintBreakpointException=["BaseException"])  # fmt: skip
        for path in tuple(self._breakpoints):
            self._send_breakpoints(wire, path)
        wire.request("configurationDone")

    def _send_breakpoints(self, wire: DebugConnection, path: str) -> None:
        enabled = tuple((number, each) for number, each in self._breakpoints[path].items() if each.is_enabled)
        sent = _Sent(path, tuple(item for item in enabled if not item[1].problem()), len(self._roots), {})
        for number, each in enabled:
            if problem := each.problem():
                self._on_event(Checked(path, number, each.line, each.line, problem, is_set=False))
        wanted = [each.request() for __, each in sent.breakpoints]
        for root in self._roots:
            answer = wire.request("setBreakpoints", source={"path": root + path}, breakpoints=wanted)
            answer.add_done_callback(partial(self._take_answer, sent))

    def _take_answer(self, sent: _Sent, answer: "Future[Body]") -> None:
        """Reports where the breakpoints are once it is known for both roots: a file has only one of them."""
        error = answer.exception()
        if error is not None and not isinstance(error, ValueError):
            return  # the end of the connection
        refusal = [{"message": str(error)}] * len(sent.breakpoints)
        bodies = refusal if error else answer.result().get("breakpoints") or ()
        for (number, each), body in zip(sent.breakpoints, bodies, strict=False):
            checked = _checked(sent.path, number, each.line, body)
            if isinstance(identifier := body.get("id"), int):
                self._known[identifier] = checked
            if not checked.problem or number not in sent.answers:
                sent.answers[number] = checked
        sent.waiting -= 1
        if sent.waiting == 0:
            for checked in sent.answers.values():
                self._on_event(checked)

    def _handle_event(self, event: str, body: Body) -> None:
        if event not in ("stopped", "continued", "breakpoint"):
            return
        second = int(time.monotonic())
        self._events = (second, self._events[1] + 1 if second == self._events[0] else 1)
        if self._events[1] > _MAX_EVENTS:
            raise ValueError(f"more than {_MAX_EVENTS} events in a second")
        if event == "stopped":
            self._thread_id = _number(body.get("threadId"))
            reason = str(body.get("reason") or "")
            hits = [hit for hit in body.get("hitBreakpointIds") or () if isinstance(hit, int)]
            self._ask(
                "stackTrace",
                lambda found: self._report_stop(reason, self._frames(found), hits),
                threadId=self._thread_id,
                levels=_MAX_FRAMES,
            )
        elif event == "continued":
            self._on_event(Running())
        elif event == "breakpoint":
            changed = body.get("breakpoint") or {}
            if (known := self._known.get(_number(changed.get("id")))) is not None:
                self._on_event(_checked(known.path, known.number, known.wanted, changed))

    def _report_stop(self, reason: str, frames: tuple[Frame, ...], hits: Sequence[int]) -> None:
        """Says that the function stopped, and where that is so that a condition could not be evaluated.

        The protocol does not say that a condition has failed: it fails again here.
        """
        known = next((self._known[hit] for hit in hits if hit in self._known), None)
        found = self._breakpoints.get(known.path, {}).get(known.number) if known is not None else None
        if known is None or found is None or not found.condition or not frames:
            self._on_event(Stopped(reason, frames))
            return

        def failed(error: Exception) -> None:
            failure = _last_line(error)
            problem = _("The condition could not be evaluated: {failure}.").format(failure=failure)
            self._on_event(Checked(known.path, known.number, known.wanted, known.line, problem))
            self._on_event(Stopped(reason, frames, failure))

        self._ask(
            "evaluate",
            lambda _body: self._on_event(Stopped(reason, frames)),
            failed,
            expression=found.condition,
            frameId=frames[0].number,
            context="watch",
        )

    def _frames(self, body: Body) -> tuple[Frame, ...]:
        frames = []
        for each in body.get("stackFrames") or ():
            file = str((each.get("source") or {}).get("path") or "")
            path = next((file.removeprefix(root) for root in self._roots if file.startswith(root)), "")
            frames.append(
                Frame(
                    _number(each["id"]), str(each["name"]), path, _number(each["line"], _LARGEST_LINE), file
                )
            )
        return tuple(frames)

    def _ask(
        self,
        command: str,
        then: Callable[[Body], None] = lambda _body: None,
        refused: Callable[[Exception], None] = lambda _error: None,
        /,
        **arguments: object,
    ) -> None:
        if (wire := self._wire) is None:
            return

        def answered(answer: "Future[Body]") -> None:
            error = answer.exception()
            if error is None:
                try:
                    then(answer.result())
                except UNEXPECTED_FORM as fault:  # which a future would swallow
                    wire.fail(fault)
            elif isinstance(error, ValueError):  # not the end of the connection
                refused(error)

        wire.request(command, **arguments).add_done_callback(answered)


def _checked(path: str, number: int, wanted: int, body: Body) -> Checked:
    """A Breakpoint of the protocol, which may lack anything."""
    line, is_verified = body.get("line"), body.get("verified") is True
    problem = "" if is_verified else str(body.get("message") or _("The debugger gives no reason."))
    at = line if isinstance(line, int) and 0 < line <= _LARGEST_LINE else wanted
    return Checked(path, number, wanted, at, problem, is_verified)


def _last_line(error: Exception) -> str:
    """The last line of a traceback: the exception."""
    return (str(error).strip().splitlines() or [""])[-1]


def _variable(body: Body) -> Variable:
    return Variable(
        str(body.get("name") or ""),
        str(body.get("value") or ""),
        str(body.get("type") or ""),
        _number(body.get("variablesReference")),
    )
