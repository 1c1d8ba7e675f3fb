"""A language server: its process, restarted up to three times if it ends by itself, and its messages.

The Language Server Protocol comes first: a message is a header with the length, then JSON. Messages stay
plain JSON here: the editor's page, which is JavaScript, makes most of them and gets the answers.
`ServerProcess` is one run of a server, with the threads that read and write. `LanguageServer` does the
handshake, and tracks which documents a run has open and who waits for which answer.
"""

import contextlib
import itertools
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from workbench.code.dependencies.tool_process import base_environment
from workbench.core.errors import UNEXPECTED_FORM
from workbench.core.fenced_process import start_reader
from workbench.core.messages import _

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
type Message = dict[str, Json]

_LONGEST_HEADER = 4096
_LONGEST_MESSAGE = 256 * 1024 * 1024


class BrokenStream(Exception):
    """The stream does not follow the protocol."""


def frame(message: Message) -> bytes:
    """A message as bytes."""
    body = json.dumps({"jsonrpc": "2.0"} | message, separators=(",", ":")).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def read_message(stream: IO[bytes]) -> Message | None:
    """The next message; None if the stream has ended, even within one.

    Raises:
        BrokenStream: The bytes are not a message. Nothing that follows can be read.
    """
    length = -1
    while (line := stream.readline(_LONGEST_HEADER)) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n") and len(line) < _LONGEST_HEADER:
            return None
        name, colon, value = line.partition(b":")
        if not colon or not line.endswith(b"\n"):
            raise BrokenStream(f"not a header: {line[:80]!r}")
        if name.strip().lower() == b"content-length":
            if not value.strip().isdigit():
                raise BrokenStream(f"not a length: {line[:80]!r}")
            length = int(value)
    if not 0 <= length <= _LONGEST_MESSAGE:
        raise BrokenStream(f"a message of {length} bytes")
    body = stream.read(length)
    if len(body) < length:
        return None
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenStream(f"not JSON: {body[:80]!r}") from error
    if not isinstance(message, dict):
        raise BrokenStream(f"not a message: {body[:80]!r}")
    return message


_MARKDOWN: Message = {"contentFormat": ["markdown", "plaintext"]}

_CLIENT_CAPABILITIES: Message = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        # Without "diagnostic", servers publish diagnostics after every change.
        "publishDiagnostics": {"versionSupport": True, "tagSupport": {"valueSet": [1, 2]}},
        "completion": {
            "contextSupport": True,
            "completionItem": {
                "snippetSupport": True,
                "documentationFormat": ["markdown", "plaintext"],
                "insertReplaceSupport": False,
                "labelDetailsSupport": True,
                "resolveSupport": {"properties": ["documentation", "detail", "additionalTextEdits"]},
            },
        },
        "hover": _MARKDOWN,
        "signatureHelp": {
            "contextSupport": True,
            "signatureInformation": {
                "documentationFormat": ["markdown", "plaintext"],
                "parameterInformation": {"labelOffsetSupport": True},
                "activeParameterSupport": True,
            },
        },
        "definition": {"linkSupport": False},
        "references": {},
        "documentHighlight": {},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "formatting": {},
        "rangeFormatting": {},
        "rename": {"prepareSupport": True},
        "codeAction": {
            "codeActionLiteralSupport": {
                "codeActionKind": {"valueSet": ["quickfix", "source.organizeImports", "source.fixAll"]}
            },
            "dataSupport": True,
            "isPreferredSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
    },
    "workspace": {"workspaceFolders": True, "workspaceEdit": {"documentChanges": True}, "symbol": {}},
}


_ENDS_WITHIN_S = 1.0
# On Windows, no console window opens and the priority is set here; for other systems see below.
_FLAGS: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_FLAGS |= getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
_NICER_BY = 5
"""A server parses a long file after each key on all processors; painting that key must come first."""
_OWN_VARIABLES = ("RUFF_", "TY_")
"""Variables that the user has set for the servers."""
_LESS_MEMORY = {"_RJEM_MALLOC_CONF": "narenas:2,dirty_decay_ms:0,muzzy_decay_ms:0", "TY_MAX_PARALLELISM": "2"}
"""Halves the servers' memory: 40 MB for ty with a small function (measured). Freed memory returns to the
system at once (jemalloc, part of the servers on Linux), and ty, which only checks open files, does two things
at a time. Values that are already set are kept."""


class ServerProcess:
    """A server that runs until it ends by itself or `stop` is called.

    Nothing here blocks: the reading thread starts the process, another thread writes messages.

    Args:
        command: Returns what to run; called on the reading thread, so it may prepare files first.
        readable: What it reads besides the folder and its own program; on Linux it can read nothing else.
        on_message: Called with every message, on the reading thread.
        on_end: Called once with the reason, on the reading thread, unless `stop` came first.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[], Sequence[str]],
        folder: Path,
        readable: Sequence[Path],
        on_message: Callable[[Message], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._name = name
        self._command = command
        self._folder = folder
        self._readable = readable
        self._on_message = on_message
        self._on_end = on_end
        self._outbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._reader = threading.Thread(target=self._run, name=f"{name}-read", daemon=True)

    def start(self) -> None:
        """Starts it; messages sent from now on reach it."""
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id; 0 before it was started."""
        process = self._process
        return process.pid if process is not None else 0

    def send(self, message: Message) -> None:
        """Queues a message, which is lost if the server has ended."""
        self._outbox.put(message)

    def stop(self) -> None:
        """Ends it at once. No more callbacks follow."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.terminate()

    def join(self) -> None:
        """Waits until a stopped process has ended; kills it after a second."""
        if self._reader.ident is None or self._reader is threading.current_thread():
            return
        self._reader.join(_ENDS_WITHIN_S)
        process = self._process
        if self._reader.is_alive() and process is not None:
            with contextlib.suppress(OSError):
                process.kill()
            self._reader.join()

    def _run(self) -> None:
        reason = ""
        try:
            with tempfile.TemporaryDirectory(prefix="workbench-language-", ignore_cleanup_errors=True) as own:
                process = self._launch(Path(own))
                if process is None:
                    return
                writer = threading.Thread(
                    target=self._write, args=(process,), name=f"{self._name}-write", daemon=True
                )
                writer.start()
                try:
                    reason = self._read(process)
                finally:
                    self._clean_up(process, writer)
            reason = reason or _("it ended with {returncode}").format(returncode=process.returncode)
        except OSError as error:
            reason = _("it could not be started: {strerror}").format(strerror=error.strerror or error)
        with self._lock:
            stopped = self._stopped
        if not stopped:
            self._on_end(reason)

    def _launch(self, own: Path) -> "subprocess.Popen[bytes] | None":
        """Starts it inside the fence; `own` is the only folder in which it can write."""
        command = self._command()

        def start() -> "subprocess.Popen[bytes]":
            return subprocess.Popen(
                command,
                cwd=self._folder,
                env=_environment(own),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=_FLAGS,
            )

        with self._lock:
            if self._stopped:
                return None
            program = Path(command[0])
            readable = (self._folder, program, program.parent.parent / "lib", *self._readable)
            self._process = start_reader(start, readable, own)
            _lower_priority(self._process.pid)
            return self._process

    def _read(self, process: "subprocess.Popen[bytes]") -> str:
        """Reads until the end; returns the reason unless the server ended normally."""
        assert process.stdout is not None
        try:
            while (message := read_message(process.stdout)) is not None:
                try:
                    self._on_message(message)
                except UNEXPECTED_FORM as error:
                    raise BrokenStream(f"not of the protocol's form: {type(error).__name__}") from error
        except BrokenStream as error:
            process.kill()
            return _("its message could not be understood: {error}").format(error=error)
        return ""

    def _write(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended, as the reading thread reports
            while (message := self._outbox.get()) is not None:
                process.stdin.write(frame(message))
                if self._outbox.empty():
                    process.stdin.flush()

    def _clean_up(self, process: "subprocess.Popen[bytes]", writer: threading.Thread) -> None:
        """Releases the process, its pipes and the writing thread."""
        try:
            process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._outbox.put(None)
        writer.join()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


def _environment(folder: Path) -> dict[str, str]:
    """The variables of a server, which parses code of others: no keys, tokens or proxies with passwords.

    Without VIRTUAL_ENV, CONDA_PREFIX and PYTHONPATH, the packages of another environment are not on its path.
    On Linux, `folder` has its temporary files and its cache: ty writes the stubs of the standard library
    there when a definition is shown.
    """
    basic = {name: value for name, value in base_environment().items() if "PROXY" not in name.upper()}
    own = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_OWN_VARIABLES) or name in _LESS_MEMORY
    }
    folders = {"TMPDIR": str(folder), "XDG_CACHE_HOME": str(folder)} if sys.platform == "linux" else {}
    return _LESS_MEMORY | basic | folders | own


def _lower_priority(pid: int) -> None:
    """Gives a process that was just started a lower priority than this one."""
    if not hasattr(os, "setpriority"):
        return
    nice = os.getpriority(os.PRIO_PROCESS, 0) + _NICER_BY
    with contextlib.suppress(OSError):  # it has ended already, which the reader reports
        os.setpriority(os.PRIO_PROCESS, pid, nice)
        # On Linux each thread has its own priority: these were created before the change.
        tasks = Path(f"/proc/{pid}/task")
        for thread in tasks.iterdir() if tasks.is_dir() else ():
            os.setpriority(os.PRIO_PROCESS, int(thread.name), nice)


MAX_RESTARTS = 3
_HEALTHY_S = 600.0
"""After a run of this length, later ends are counted from zero."""

_METHOD_NOT_FOUND = -32601


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """A server, and what it gets at its start.

    Attributes:
        root: The folder of the code. It gets no other documents.
        command: Returns what to run. Called on a thread of the server, so it may prepare files.
        readable: Files and folders that it reads besides. On Linux it can read no others; they may be
            missing.
    """

    name: str
    root: Path
    command: Callable[[], Sequence[str]]
    options: Message
    readable: tuple[Path, ...] = ()


type Answered = Callable[[Json], object]
type Refused = Callable[[str], object]


@dataclass(slots=True, eq=False)
class _Run:
    begun_at: float
    process: ServerProcess = field(init=False)
    ready: bool = False
    waiting: list[Message] = field(default_factory=list)  # until the handshake is done
    pending: dict[int, tuple[Answered, Refused]] = field(default_factory=dict)
    open_uris: set[str] = field(default_factory=set)


class LanguageServer:
    """Talks to a server. Callbacks come on the server's threads, or on the caller's if it is not running.

    Args:
        on_started: A run has started without documents: all open ones must be sent to it.
        on_notice: A notification: its method and parameters.
        on_given_up: It ended for the fourth time, with the reason. It is not restarted.
    """

    def __init__(
        self,
        spec: ServerSpec,
        on_started: Callable[[], object],
        on_notice: Callable[[str, Json], object],
        on_given_up: Callable[[str], object],
    ) -> None:
        self.spec = spec
        self._on_started = on_started
        self._on_notice = on_notice
        self._on_given_up = on_given_up
        self._ids = itertools.count(1)
        self._lock = threading.RLock()
        self._run: _Run | None = None
        self._restarts = 0
        self._stopped = False

    def start(self) -> None:
        """Starts it. Messages before it is ready are queued."""
        with self._lock:
            if self._stopped:
                return
            run = self._run = _Run(time.monotonic())
            run.process = ServerProcess(
                self.spec.name,
                self.spec.command,
                self.spec.root,
                self.spec.readable,
                partial(self._on_message_of, run),
                partial(self._ended, run),
            )
            self._shake_hands(run)
            run.process.start()
        self._on_started()

    def stop(self) -> None:
        """Ends it at once, and reports that to waiting requests. `join` waits for the end."""
        with self._lock:
            self._stopped = True
            run = self._run
        if run is not None:
            run.process.stop()
            self._lose(run, _("it was stopped"))

    def join(self) -> None:
        if (run := self._run) is not None:
            run.process.join()

    @property
    def pid(self) -> int:
        """The id of the current process; 0 if there is none."""
        run = self._run
        return run.process.pid if run is not None else 0

    # Talking

    def notify(self, method: str, params: Message) -> None:
        """Sends a notification. One about a document that is not open in this run is dropped."""
        with self._lock:
            run = self._run
            if run is None or self._stopped:
                return
            uri = uri_of(params)
            if method == "textDocument/didOpen":
                if uri in run.open_uris:  # the editor's page was loaded again
                    self._send(
                        run, {"method": "textDocument/didClose", "params": {"textDocument": {"uri": uri}}}
                    )
                run.open_uris.add(uri)
            elif uri and uri not in run.open_uris:
                return
            elif method == "textDocument/didClose":
                run.open_uris.discard(uri)
            self._send(run, {"method": method, "params": params})

    def request(self, method: str, params: Message, answered: Answered, refused: Refused) -> int:
        """Sends a request; exactly one of the two is called. Returns a number to cancel it by."""
        number = next(self._ids)
        with self._lock:
            run = self._run
            uri = uri_of(params)
            if run is not None and not self._stopped and (not uri or uri in run.open_uris):
                run.pending[number] = (answered, refused)
                self._send(run, {"id": number, "method": method, "params": params})
                return number
        refused(_("it does not know this document"))
        return number

    def cancel(self, number: int) -> None:
        """Tells that nobody needs an answer. The server may skip the work; then `refused` is called."""
        with self._lock:
            if (run := self._run) is not None and number in run.pending:
                self._send(run, {"method": "$/cancelRequest", "params": {"id": number}})

    def _send(self, run: _Run, message: Message) -> None:
        if run.ready:
            run.process.send(message)
        else:
            run.waiting.append(message)

    # Life

    def _shake_hands(self, run: _Run) -> None:
        root_uri = self.spec.root.as_uri()
        number = next(self._ids)
        run.pending[number] = (lambda _result: self._ready(run), lambda _error: run.process.stop())
        run.process.send(
            {
                "id": number,
                "method": "initialize",
                "params": {
                    "processId": os.getpid(),
                    "clientInfo": {"name": "Workbench"},
                    "rootUri": root_uri,
                    "workspaceFolders": [{"uri": root_uri, "name": self.spec.root.name}],
                    "capabilities": _CLIENT_CAPABILITIES,
                    "initializationOptions": self.spec.options,
                },
            }
        )

    def _ready(self, run: _Run) -> None:
        with self._lock:
            run.process.send({"method": "initialized", "params": {}})
            for message in run.waiting:
                run.process.send(message)
            run.waiting.clear()
            run.ready = True

    def _ended(self, run: _Run, reason: str) -> None:
        """The process has ended unexpectedly."""
        self._lose(run, reason)
        with self._lock:
            if self._stopped or run is not self._run:
                return
            if time.monotonic() - run.begun_at > _HEALTHY_S:
                self._restarts = 0
            given_up = self._restarts >= MAX_RESTARTS
            self._restarts += 1
            if given_up:
                self._run = None
        if given_up:
            self._on_given_up(reason)
        else:
            self.start()

    def _lose(self, run: _Run, reason: str) -> None:
        with self._lock:
            lost = list(run.pending.values())
            run.pending.clear()
        for __, refused in lost:
            refused(reason)

    def _on_message_of(self, run: _Run, message: Message) -> None:
        method, number = message.get("method"), message.get("id")
        if isinstance(method, str):
            if number is None:
                if run is self._run and not self._stopped:
                    self._on_notice(method, message.get("params"))
            else:
                run.process.send(_answer(method, message.get("params")) | {"id": number})
            return
        with self._lock:
            waiting = run.pending.pop(number, None) if isinstance(number, int) else None
        if waiting is None:
            return
        answered, refused = waiting
        error = message.get("error")
        if isinstance(error, dict):
            refused(str(error.get("message")))
        else:
            answered(message.get("result"))


def uri_of(params: Json) -> str:
    """The document of a message; "" if there is none."""
    document = params.get("textDocument") if isinstance(params, dict) else None
    uri = document.get("uri") if isinstance(document, dict) else None
    return uri if isinstance(uri, str) else ""


def _answer(method: str, params: Json) -> Message:
    match method:
        case "workspace/configuration":
            items = params.get("items") if isinstance(params, dict) else None
            return {"result": [None] * (len(items) if isinstance(items, list) else 0)}
        case "client/registerCapability" | "client/unregisterCapability" | "window/workDoneProgress/create":
            return {"result": None}
        case _:
            return {"error": {"code": _METHOD_NOT_FOUND, "message": f"Workbench knows no {method}"}}
