"""The language servers of one workspace, as one: requests go to whoever answers them, findings are joined.

Servers are told which files changed on disk: they do not watch them.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from workbench.code.language.diagnostics import (
    RawDiagnostic,
    overlapping,
    problems_in,
    read_published,
    relative_path,
)
from workbench.code.language.protocol import Json, Message
from workbench.code.language.python import SERVERS_BY_REQUEST
from workbench.code.language.server import Answered, LanguageServer, Refused, ServerSpec, uri_of
from workbench.code.syntax import Problem
from workbench.core.jobs import JobContext

_FILE_EVENTS = {"created": 1, "changed": 2, "deleted": 3}


class LanguageService:
    """Starts the servers at `start`; they end at `stop`.

    Args:
        root: The code.
        specs: The servers.
        on_started(server): It knows no document yet: everything open is to be told.
        on_problems(path, problems): All that is wrong with a file of the code, as of now.
        on_given_up(server, reason): It has ended too often.
    """

    def __init__(
        self,
        root: Path,
        specs: Iterable[ServerSpec],
        on_started: Callable[[str], object],
        on_problems: Callable[[str, tuple[Problem, ...]], object],
        on_given_up: Callable[[str, str], object],
    ) -> None:
        self.root = root
        self._on_started = on_started
        self._on_problems = on_problems
        self._on_given_up = on_given_up
        self._lock = threading.Lock()
        self._found: dict[str, dict[str, list[RawDiagnostic]]] = {}  # path -> server -> findings
        self._servers = {spec.name: self._make(spec) for spec in specs}
        self._replaced: list[LanguageServer] = []

    def _make(self, spec: ServerSpec) -> LanguageServer:
        return LanguageServer(
            spec,
            lambda: self._on_started(spec.name),
            lambda method, params: self._on_notification(spec.name, method, params),
            lambda reason: self._on_server_given_up(spec.name, reason),
        )

    def start(self) -> None:
        """Starts the servers, without waiting for them."""
        for server in self._servers.values():
            server.start()

    def stop(self) -> None:
        """Ends the servers at once, without waiting."""
        for server in self._servers.values():
            server.stop()

    def join(self) -> None:
        """Waits until the servers have ended."""
        for server in (*self._replaced, *self._servers.values()):
            server.join()

    def replace(self, spec: ServerSpec) -> None:
        """Ends the server of this name and starts another one. Does not wait."""
        old, new = self._servers[spec.name], self._make(spec)
        self._replaced.append(old)
        self._servers[spec.name] = new
        old.stop()
        new.start()

    @property
    def pids(self) -> dict[str, int]:
        """Server -> the id of its process."""
        return {name: server.pid for name, server in self._servers.items()}

    # Talking

    def notify(self, method: str, params: Message, only: str = "") -> None:
        """Sends a notification to all servers, or to one. What is not about the code is dropped."""
        uri = uri_of(params)
        path = relative_path(uri, self.root) if uri else ""
        if uri and not path:
            return
        for name, server in self._servers.items():
            if only in ("", name):
                server.notify(method, params)
        if method == "textDocument/didClose":
            with self._lock:
                self._found.pop(path, None)
            self._on_problems(path, ())

    def request(
        self, method: str, params: Message, answered: Answered, refused: Refused
    ) -> Callable[[], None]:
        """Asks; one of the two is called, once. Gives what cancels it."""
        servers = [
            self._servers[name] for name in SERVERS_BY_REQUEST.get(method, ()) if name in self._servers
        ]
        if not servers:
            refused(f"no handler for {method}")
            return lambda: None
        if method == "textDocument/codeAction":
            return self._ask_for_actions(servers, params, answered)
        number = servers[0].request(method, params, answered, refused)
        return lambda: servers[0].cancel(number)

    def _ask_for_actions(
        self, servers: list[LanguageServer], params: Message, answered: Answered
    ) -> Callable[[], None]:
        path = relative_path(uri_of(params), self.root)
        with self._lock:
            found = {name: list(findings) for name, findings in self._found.get(path, {}).items()}
        gathered: list[Json] = []
        missing = [server.spec.name for server in servers]
        lock = threading.Lock()

        def gather(name: str, actions: Json) -> None:
            with lock:
                gathered.extend(actions if isinstance(actions, list) else [])
                missing.remove(name)
                complete = not missing
            if complete:
                answered(gathered)

        numbers = []
        for server in servers:
            name = server.spec.name
            context = params.get("context")
            mine: Message = {"diagnostics": [*overlapping(found.get(name, ()), params.get("range"))]}
            asked = params | {"context": (context if isinstance(context, dict) else {}) | mine}
            numbers.append(
                server.request(
                    "textDocument/codeAction",
                    asked,
                    lambda actions, name=name: gather(name, actions),  # type: ignore[misc]
                    lambda _reason, name=name: gather(name, None),  # type: ignore[misc]
                )
            )

        def cancel() -> None:
            for server, number in zip(servers, numbers, strict=True):
                server.cancel(number)

        return cancel

    def files_changed(self, events: Iterable[tuple[str, str]]) -> None:
        """Files of the code changed on disk: pairs of "created", "changed" or "deleted" and a path."""
        events_sent: list[Json] = [
            {"uri": (self.root / path).as_uri(), "type": _FILE_EVENTS[event]} for event, path in events
        ]
        if events_sent:
            self.notify("workspace/didChangeWatchedFiles", {"changes": events_sent})

    # Hearing

    def _on_notification(self, server: str, method: str, params: Json) -> None:
        if method != "textDocument/publishDiagnostics":
            return
        uri, findings = read_published(params)
        if path := relative_path(uri, self.root):
            with self._lock:
                self._found.setdefault(path, {})[server] = findings
            self._report_problems(path)

    def _on_server_given_up(self, server: str, reason: str) -> None:
        with self._lock:
            paths = list(self._found)
            for found in self._found.values():
                found.pop(server, None)
        for path in paths:
            self._report_problems(path)
        self._on_given_up(server, reason)

    def _report_problems(self, path: str) -> None:
        with self._lock:
            problems = problems_in(path, self._found.get(path, {}))
        self._on_problems(path, problems)


type Stamps = Mapping[str, tuple[int, int]]
"""Path, relative to the code -> modification time (ns) and size of what is imported: Python's files."""

_SUFFIXES = (".py", ".pyi")


def file_stamps(root: Path, ctx: JobContext) -> Stamps:
    """Looks at all files of the code. Some milliseconds for each thousand."""
    found: dict[str, tuple[int, int]] = {}
    top, waiting = os.fspath(root), [""]
    while waiting:
        ctx.check()
        folder = waiting.pop()
        try:
            with os.scandir(f"{top}/{folder}") as entries:
                for entry in entries:
                    path = folder + entry.name  # texts: a Path for each would take five times as long
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{path}/")
                    elif entry.name.endswith(_SUFFIXES):
                        status = entry.stat(follow_symlinks=False)
                        found[path] = (status.st_mtime_ns, status.st_size)
        except OSError:
            continue  # it has gone meanwhile
    return found


def file_changes(before: Stamps, now: Stamps) -> list[tuple[str, str]]:
    """What happened between two looks: pairs of "created", "changed" or "deleted" and a path."""
    return [
        *(("created", path) for path in now if path not in before),
        *(("changed", path) for path, stamp in now.items() if before.get(path, stamp) != stamp),
        *(("deleted", path) for path in before if path not in now),
    ]
