"""Debugging one local run: breakpoints, where it stands, what its variables are, going on.

The function's process connects to a port that this session opens on the loopback; there is no adapter between
them, and so no process that could be left over. Any process of this computer can connect to that port: the
right one shows the token of this run, which it was started with, and others are told nothing and not heard.
What a stopped function waits for is this session: its time limit does not count.

Owns: the order of the protocol, and that paths are those of the deployment package. Must not know: windows.
"""

import contextlib
import hmac
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.invoke.debug_wire import Body, DebugWire
from workbench.invoke.local import DEBUGGER_FOLDER

_DEBUGGEE = Path(__file__).parent / "debuggee"
_TASK_ROOT = "/var/task/"
_MOST_FRAMES = 200
_MOST_CHILDREN = 1000
_MOST_PEERS = 16
"""Connections at once that have not shown the token yet; then the oldest makes room."""

Breakpoints = Mapping[str, Sequence[int]]
"""Path in the package -> lines, from 1."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in the call stack.

    Attributes:
        number: The debugger's.
        name: Of the function.
        path: In the package; empty for a file outside of it.
        line: From 1.
        file: The whole path.
    """

    number: int
    name: str
    path: str
    line: int
    file: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A value. `reference` leads to what is in it; 0 when there is nothing."""

    name: str
    value: str
    type_name: str
    reference: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """It stands: why ("breakpoint", "step", "pause", "exception"), and where, the innermost frame first."""

    reason: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """It goes on."""


type Told = Stopped | Running


class DebugSession:
    """One debugged run. Every method may be called from any thread, and none waits.

    Args:
        breakpoints: Where it stops.
        tell: Hears what happens, on a thread of the session's own; as do the `then` of questions.

    Raises:
        WorkbenchError: No port can be opened.
    """

    def __init__(self, breakpoints: Breakpoints, tell: Callable[[Told], None]) -> None:
        self._breakpoints = dict(breakpoints)
        self._tell = tell
        self._roots: tuple[str, ...] = ()
        self._thread_id = 0
        self._token = secrets.token_hex(32)
        self._wire: DebugWire | None = None
        self._peers: dict[DebugWire, threading.Thread] = {}
        self._lock = threading.Lock()
        try:
            self._listener = socket.create_server(("127.0.0.1", 0))
        except OSError as error:
            raise explain_os_error(error, "The debugger was not started.", _DEBUGGEE) from error
        self._thread = threading.Thread(target=self._serve, name="debugger", daemon=True)

    def attach_to(self, folder: Path, task_root: Path, python_path: str) -> dict[str, str]:
        """Puts the debugger beside the code of a run; returns the variables that the function needs for it.

        Args:
            folder: Of the run.
            task_root: Where its code is.
            python_path: The function's own PYTHONPATH.

        Raises:
            WorkbenchError: The debugger is not installed, or the disk refuses.
        """
        found = find_spec("debugpy")
        places = list(found.submodule_search_locations or ()) if found else []
        if not places:
            raise WorkbenchError(
                "The debugger was not started.", "debugpy is not installed.", "Reinstall Workbench."
            )
        beside = folder / DEBUGGER_FOLDER
        try:
            beside.mkdir()
            (beside / "debugpy").symlink_to(Path(places[0]).resolve())
            (beside / "sitecustomize.py").symlink_to((_DEBUGGEE / "sitecustomize.py").resolve())
        except OSError as error:
            raise explain_os_error(error, "The debugger was not started.", beside) from error
        # Where the code is depends on whether the system lets the function have a root of its own.
        self._roots = (f"{task_root.resolve()}/", _TASK_ROOT)
        self._thread.start()
        port = self._listener.getsockname()[1]
        path = f"{beside}:{python_path}" if python_path else str(beside)
        return {
            "PYTHONPATH": path,
            "WORKBENCH_DEBUG_PORT": str(port),
            "WORKBENCH_DEBUG_TOKEN": self._token,
        }

    def close(self) -> None:
        """Ends it and waits for its thread. The function's process is not this one's to end."""
        self._stop_listening()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            peers = dict(self._peers)
        for wire, thread in peers.items():
            wire.close()
            thread.join()

    # What a person does

    def set_breakpoints(self, path: str, lines: Sequence[int]) -> None:
        """Replaces a file's breakpoints, also while it runs."""
        self._breakpoints[path] = tuple(lines)
        if self._wire is not None:
            self._send_breakpoints(self._wire, path)

    def resume(self, command: str) -> None:
        """Goes on: "continue", "next", "stepIn" or "stepOut"."""
        self._ask(command, threadId=self._thread_id)

    def pause(self) -> None:
        """Stops where it is."""
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
        """What is in a variable or a group of them."""

        def got(body: Body) -> None:
            then(tuple(_variable(each) for each in (body.get("variables") or ())[:_MOST_CHILDREN]))

        self._ask("variables", got, variablesReference=reference)

    def evaluate(self, expression: str, frame: Frame, then: Callable[[Variable], None]) -> None:
        """An expression's value in a frame; what it raises is its value, too."""

        def got(body: Body) -> None:
            body = {**body, "name": expression, "value": body.get("result", "")}
            then(_variable(body))

        def refused(error: Exception) -> None:
            last = str(error).strip().splitlines() or [""]
            then(Variable(expression, last[-1], "", 0))

        self._ask("evaluate", got, refused, expression=expression, frameId=frame.number, context="watch")

    # The conversation

    def _serve(self) -> None:
        """Takes connections until one of them has shown the token; each is read on a thread of its own."""
        with contextlib.suppress(OSError):  # closed: the function is here, or nobody waits for it any more
            while True:
                self._greet(self._listener.accept()[0])

    def _greet(self, connection: socket.socket) -> None:
        """Asks a peer for the token; until it is shown, the peer's events count for nothing."""
        wire = DebugWire(
            connection, lambda event, body: self._heard(event, body) if self._wire is wire else None
        )
        thread = threading.Thread(target=self._read, args=(wire,), name="debugger-peer", daemon=True)
        with self._lock:
            oldest = next(iter(self._peers)) if len(self._peers) >= _MOST_PEERS else None
            self._peers[wire] = thread
        if oldest is not None:
            oldest.close()
        wire.request("pydevdAuthorize").add_done_callback(partial(self._shown, wire))
        thread.start()

    def _read(self, wire: DebugWire) -> None:
        wire.read_all()
        wire.close()
        with self._lock:
            self._peers.pop(wire, None)

    def _shown(self, wire: DebugWire, answer: "Future[Body]") -> None:
        """Compares what a peer has shown with the token. On the peer's thread."""
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
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for a connection
        self._listener.close()

    def _begin(self, wire: DebugWire) -> None:
        wire.request("initialize", adapterID="workbench", linesStartAt1=True, columnsStartAt1=True,
                     pathFormat="path", supportsVariableType=True)  # fmt: skip
        wire.request("attach", justMyCode=True)
        for path in tuple(self._breakpoints):
            self._send_breakpoints(wire, path)
        wire.request("configurationDone")

    def _send_breakpoints(self, wire: DebugWire, path: str) -> None:
        lines = [{"line": line} for line in self._breakpoints[path]]
        for root in self._roots:
            wire.request("setBreakpoints", source={"path": root + path}, breakpoints=lines)

    def _heard(self, event: str, body: Body) -> None:
        if event == "stopped":
            self._thread_id = int(body.get("threadId") or 0)
            reason = str(body.get("reason") or "")
            self._ask(
                "stackTrace",
                lambda found: self._tell(Stopped(reason, self._frames(found))),
                threadId=self._thread_id,
                levels=_MOST_FRAMES,
            )
        elif event == "continued":
            self._tell(Running())

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
            elif isinstance(error, ValueError):  # not the end of it all
                refused(error)

        wire.request(command, **arguments).add_done_callback(answered)


def _variable(body: Body) -> Variable:
    return Variable(
        str(body.get("name") or ""),
        str(body.get("value") or ""),
        str(body.get("type") or ""),
        int(body.get("variablesReference") or 0),
    )
