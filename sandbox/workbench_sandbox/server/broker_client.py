"""The server's end of the connection to the broker (see `broker`)."""

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from workbench_sandbox.server.broker import MAX_MESSAGE_BYTES, SPEC_FIELDS
from workbench_sandbox.server.spec import FunctionSpec, Interpreter, NoInterpreterError
from workbench_sandbox.server.workers import Fencing, InvalidEntrypointError, Worker

_DESCRIPTORS = 2
_KILLED = -9
_END_TIMEOUT_S = 2.0
_END_PAUSE_S = 0.01
_START_TIMEOUT_S = 30.0

_Answer = tuple[dict[str, Any], list[int]]


class _Process:
    """A worker that the broker has started."""

    def __init__(self, broker: "BrokerClient", number: int, *, has_root: bool) -> None:
        self.has_root = has_root
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[int] = self._loop.create_future()
        self._broker = broker
        self._number = number

    def kill(self) -> None:
        self._broker.send({"do": "kill", "worker": self._number})

    async def open_figures(self) -> int:
        with contextlib.suppress(OSError):  # it has ended
            _, descriptors = await self._broker.ask({"do": "figures", "worker": self._number})
            return descriptors[0] if descriptors else -1
        return -1

    def close(self) -> None:
        """The broker forgets it by itself."""

    def end(self, code: int) -> None:
        """Says that it has ended. On any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self.exited.set_result, code)


class BrokerClient:
    """Starts workers, and finds interpreters, through the broker.

    Args:
        connection: To the broker.
        pid: The broker's.
    """

    def __init__(self, connection: socket.socket, pid: int, runtime_dir: Path) -> None:
        self.runtime_dir = runtime_dir
        self._connection = connection
        self._pid = pid
        self._broken = threading.Event()
        self._lock = threading.Lock()
        self._count = 0
        self._waiting: dict[int, Future[_Answer]] = {}
        self._processes: dict[int, _Process] = {}
        self._early: dict[int, int] = {}  # exit codes of workers whose start is still on its way
        self._interpreters: dict[str, tuple[Interpreter, int]] = {}
        self._is_ending = False
        self._hello: Future[dict[str, Any]] = Future()
        threading.Thread(target=self._receive, name="broker", daemon=True).start()
        hello = self._hello.result(_START_TIMEOUT_S)
        self.fencing = Fencing(is_on=hello["is_on"], has_root=hello["has_root"])

    async def start(
        self,
        spec: FunctionSpec,
        environment: Mapping[str, str],
        home: Path,
        on_output: Callable[[bytes], None],
    ) -> Worker:
        """See `workers.Spawner.start`."""
        answer, (output, status) = await self.ask(
            {
                "do": "start",
                "spec": _chosen(spec),
                "environment": dict(environment),
                "home": str(home),
            }
        )
        number = int(answer["worker"])
        process = _Process(self, number, has_root=bool(answer["has_root"]))
        with self._lock:
            self._processes[number] = process
            early = self._early.pop(number, None)
        if early is not None:
            process.end(early)
        return Worker(process, output, status, on_output)

    def prepare_for(self, spec: FunctionSpec) -> None:
        """See `workers.Spawner.prepare_for`."""
        self.send({"do": "prepare", "spec": _chosen(spec)})

    def kill(self) -> None:
        """Kills all workers at once and permanently. Thread-safe."""
        self.send({"do": "kill"})

    def end(self) -> None:
        """Ends the broker, which removes the folder of this run, and waits for that."""
        self._is_ending = True
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        last = time.monotonic() + _END_TIMEOUT_S
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(self._pid, os.WNOHANG) == (0, 0) and time.monotonic() < last:
                time.sleep(_END_PAUSE_S)

    def when_broken(self, do: Callable[[], object]) -> None:
        """Calls `do`, on a thread of its own, once the broker has ended before `end` was called."""

        def wait() -> None:
            self._broken.wait()
            do()

        threading.Thread(target=wait, name="broker-watch", daemon=True).start()

    def for_runtime(self, runtime: str) -> Interpreter:
        """See `spec.Interpreters.for_runtime`. Blocks; not for the thread of an event loop."""
        known = self._interpreters.get(runtime)
        if known is None or known[1] != _changed_at(known[0].path):
            answer, _ = self._request({"do": "interpreter", "runtime": runtime}).result()
            fields = ("path", "version", "note", "language")
            found = Interpreter(*(str(answer[name]) for name in fields))
            known = self._interpreters[runtime] = (found, _changed_at(found.path))
        return known[0]

    def send(self, message: Mapping[str, object]) -> None:
        """Sends what has no answer. Thread-safe."""
        with contextlib.suppress(OSError), self._lock:  # a broker that has ended has killed all workers
            self._connection.send(json.dumps(message).encode())

    async def ask(self, message: Mapping[str, object]) -> _Answer:
        """Sends a request; returns its answer and descriptors.

        Raises:
            OSError: The broker refused, failed or has ended; InvalidEntrypointError is one.
        """
        return await asyncio.wrap_future(self._request(message))

    def _request(self, message: Mapping[str, object]) -> "Future[_Answer]":
        reply: Future[_Answer] = Future()
        reply.set_running_or_notify_cancel()  # its descriptors must be taken: it cannot be cancelled
        with self._lock:
            self._count += 1
            number = self._count
            self._waiting[number] = reply
            try:
                self._connection.send(json.dumps({**message, "id": number}).encode())
            except OSError as error:
                del self._waiting[number]
                reply.set_exception(error)
        return reply

    def _receive(self) -> None:
        while True:
            try:
                packet, descriptors, _, _ = socket.recv_fds(
                    self._connection, MAX_MESSAGE_BYTES, _DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
                )
            except OSError:
                packet, descriptors = b"", []
            if not packet:
                break
            self._take(json.loads(packet), descriptors)
        self._fail_all()
        if not self._is_ending:
            self._broken.set()

    def _take(self, message: dict[str, Any], descriptors: list[int]) -> None:
        if "hello" in message:
            self._hello.set_result(message)
        elif "exited" in message:
            number, code = int(message["exited"]), int(message["code"])
            with self._lock:
                process = self._processes.pop(number, None)
                if process is None:
                    self._early[number] = code
            if process:
                process.end(code)
        else:
            with self._lock:
                reply = self._waiting.pop(int(message["id"]))
            if "error" in message:
                reply.set_exception(_ERRORS[message["kind"]](message["error"]))
            else:
                reply.set_result((message, descriptors))

    def _fail_all(self) -> None:
        with self._lock:
            waiting, self._waiting = list(self._waiting.values()), {}
            processes, self._processes = list(self._processes.values()), {}
        for reply in waiting:
            reply.set_exception(ConnectionError("The Sandbox is stopping."))
        for process in processes:
            process.end(_KILLED)
        if not self._hello.done():
            self._hello.set_exception(ConnectionError("the broker did not start"))


_ERRORS: dict[str, type[Exception]] = {
    "entrypoint": InvalidEntrypointError,
    "interpreter": NoInterpreterError,
    "os": OSError,
}


def _chosen(spec: FunctionSpec) -> dict[str, object]:
    """Returns the part of a spec that the broker takes."""
    texts = {
        "task_root": str(spec.task_root),
        "layers_root": str(spec.layers_root or ""),
        "variables": dict(spec.variables),
    }
    return {name: texts.get(name, getattr(spec, name)) for name in SPEC_FIELDS}


def _changed_at(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns if path else 0
    except OSError:
        return -1
