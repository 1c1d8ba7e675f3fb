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
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining
from workbench.core.messages import _
from workbench.invoke.local import DEBUGGER_FOLDER

type Body = dict[str, Any]

_MAX_BYTES = 64 * 1024 * 1024
_MAX_UNTRUSTED_BYTES = 64 * 1024
_MAX_LINE = 1024
GREETING_S = 30.0
"""The time for a peer to show the token; a process that was just started may be slow."""


class DebugConnection:
    """A connection of the Debug Adapter Protocol.

    Thread-safe; responses arrive on the reading thread.

    Args:
        connection: The socket; until `trust` is called, a peer that is silent for `GREETING_S` is
            disconnected.
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
                while (size := _size(stream.readline, self._max_bytes)) is not None:
                    self._handle(json.loads(stream.read(size)))
        except (OSError, ValueError):
            pass  # the process was killed, perhaps in the middle of a message
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

    def _handle(self, message: Body) -> None:
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

Breakpoints = Mapping[str, Sequence[int]]
"""Path in the package -> lines, from 1."""


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
    """The function stopped: the reason ("breakpoint", "step", "pause", "exception") and the call stack."""

    reason: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """The function continues."""


type DebugEvent = Stopped | Running


class DebugSession:
    """A debugged run. Thread-safe; no method blocks. Raises WorkbenchError: no port can be opened.

    Args:
        on_event: Called with each event, on a thread of the session, like the `then` callbacks.
    """

    def __init__(self, breakpoints: Breakpoints, on_event: Callable[[DebugEvent], None]) -> None:
        self._breakpoints = dict(breakpoints)
        self._on_event = on_event
        self._roots: tuple[str, ...] = ()
        self._thread_id = 0
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

    def set_breakpoints(self, path: str, lines: Sequence[int]) -> None:
        """Replaces a file's breakpoints, even while the function runs."""
        self._breakpoints[path] = tuple(lines)
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
                    Variable(str(each["name"]), "", "", int(each["variablesReference"]))
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
            last = str(error).strip().splitlines() or [""]
            then(Variable(expression, last[-1], "", 0))

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
        with self._lock:
            self._peers.pop(wire, None)

    def _check_token(self, wire: DebugConnection, answer: "Future[Body]") -> None:
        """Compares a peer's token with that of the run. On the peer's thread."""
        token = "" if answer.exception() else str(answer.result().get("clientAccessToken") or "")
        with self._lock:
            is_ours = self._wire is None and hmac.compare_digest(token.encode(), self._token.encode())
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
        for path in tuple(self._breakpoints):
            self._send_breakpoints(wire, path)
        wire.request("configurationDone")

    def _send_breakpoints(self, wire: DebugConnection, path: str) -> None:
        lines = [{"line": line} for line in self._breakpoints[path]]
        for root in self._roots:
            wire.request("setBreakpoints", source={"path": root + path}, breakpoints=lines)

    def _handle_event(self, event: str, body: Body) -> None:
        if event == "stopped":
            self._thread_id = int(body.get("threadId") or 0)
            reason = str(body.get("reason") or "")
            self._ask(
                "stackTrace",
                lambda found: self._on_event(Stopped(reason, self._frames(found))),
                threadId=self._thread_id,
                levels=_MAX_FRAMES,
            )
        elif event == "continued":
            self._on_event(Running())

    def _frames(self, body: Body) -> tuple[Frame, ...]:
        frames = []
        for each in body.get("stackFrames") or ():
            file = str((each.get("source") or {}).get("path") or "")
            path = next((file.removeprefix(root) for root in self._roots if file.startswith(root)), "")
            frames.append(Frame(int(each["id"]), str(each["name"]), path, int(each["line"]), file))
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
                then(answer.result())
            elif isinstance(error, ValueError):  # not the end of the connection
                refused(error)

        wire.request(command, **arguments).add_done_callback(answered)


def _variable(body: Body) -> Variable:
    return Variable(
        str(body.get("name") or ""),
        str(body.get("value") or ""),
        str(body.get("type") or ""),
        int(body.get("variablesReference") or 0),
    )
