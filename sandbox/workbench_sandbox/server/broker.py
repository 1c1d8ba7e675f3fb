"""The broker: the process that starts functions for the server, which is in a fence of its own and cannot.

A server that has been taken over must not get out of its fence through the broker. The server chooses a
runtime, variables, sizes, and folders within its own temporary folder; the broker chooses the program, the
function's fence and everything else. It runs no code of MiniStack, and of a message it takes only the fields
below, each of its type.

One packet is one message, a JSON object; descriptors go with it.
    {"do": "start", "id": 1, "spec": {...}, "environment": {...}, "home": "/..."}
                    {"id": 1, "worker": 7, "has_root": true} and the descriptors of its output and status
    {"do": "figures", "id": 2, "worker": 7}
                    {"id": 2} and a descriptor of its /proc/.../status, if there is one
    {"do": "interpreter", "id": 3, "runtime": "python3.12"}
                    {"id": 3, "path": ..., "version": ..., "note": ..., "language": ...}
    {"do": "prepare", "spec": {...}}        {"do": "kill", "worker": 7}        {"do": "kill"}
A request that fails is answered {"id": 1, "error": why, "kind": "entrypoint", "interpreter" or "os"}. Besides
there are {"hello": true, ...} at the start, and {"exited": 7, "code": 1} when a worker has ended. The broker
ends with the connection: it kills all workers, and removes the folder of this run.

The spec has the fields `SPEC_FIELDS` of `spec.FunctionSpec`.
"""

import asyncio
import contextlib
import errno
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Never

from workbench_sandbox.server.inside.fence import MAX_PROCESSES
from workbench_sandbox.server.lifetime import adopt_orphans, kill_descendants, remove_folder
from workbench_sandbox.server.spec import (
    FunctionSpec,
    Interpreters,
    NoInterpreterError,
    build_runtime_dir,
)
from workbench_sandbox.server.workers import (
    Fencing,
    InvalidEntrypointError,
    Spawner,
    WorkerProcess,
    children,
)

MAX_MESSAGE_BYTES = 128 << 10
SPEC_FIELDS = (
    "runtime", "task_root", "layers_root", "memory_mb", "ephemeral_storage_mb", "variables", "log_format",
    "log_level",
)  # fmt: skip
_RUNTIME = re.compile(r"[a-z]+[a-z0-9.]{,40}")
_MAX_RUNTIMES = 100
_MAX_WORKERS = 200
_MAX_REQUESTS = 1000
"""At once. The server has at most one for each environment."""
_WATCH_EVERY_S = 0.5
_SEND_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The temporary folder of one run of the server.

    Attributes:
        top: All of it; the server cannot write there.
        work: The server's own part.
    """

    top: Path

    @property
    def work(self) -> Path:
        return self.top / "work"

    @property
    def runtime(self) -> Path:
        """What functions import from: the server must not be able to add to it."""
        return self.top / "var/runtime"


def start(
    folder: RunFolder, sockets: Sequence[socket.socket], *, is_fence_optional: bool
) -> tuple[socket.socket, int]:
    """Starts the broker in a child of this process, which must have one thread.

    Args:
        sockets: The server's. The broker closes them: the port is to be free once the server was killed.

    Returns:
        The connection to it, and its process id.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid:
        theirs.close()
        return ours, pid
    try:
        for each in (ours, *sockets):
            each.close()
        _serve(theirs, folder, is_fence_optional=is_fence_optional)
    except BaseException as error:  # noqa: BLE001 (this process must not go on as the server)
        sys.stderr.write(f"sandbox: the broker failed: {error!r}\n")
    finally:
        os._exit(1)


def _serve(connection: socket.socket, folder: RunFolder, *, is_fence_optional: bool) -> None:
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for number in (signal.SIGINT, signal.SIGTERM):  # it ends with the server
        signal.signal(number, lambda *_: None)
    adopt_orphans()
    within = folder.work.resolve()
    fencing = Fencing.of_this_system(is_optional=is_fence_optional, within=within)
    interpreters = Interpreters(build_runtime_dir(folder.runtime))
    asyncio.run(Broker(connection, folder, interpreters, fencing).serve())


class Broker:
    """Serves one connection."""

    def __init__(
        self, connection: socket.socket, folder: RunFolder, interpreters: Interpreters, fencing: Fencing
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._interpreters = interpreters
        self._spawner = Spawner(interpreters.runtime_dir, fencing)
        self._workers: dict[int, tuple[WorkerProcess, int]] = {}  # and the memory that it may take, in MB
        self._starting = 0
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._runtimes: set[str] = set()

    async def serve(self) -> None:
        """Answers until the connection ends; then this process does."""
        fencing = self._spawner.fencing
        self._connection.settimeout(_SEND_TIMEOUT_S)
        asyncio.get_running_loop().add_reader(self._connection, self._take)
        self._send({"hello": True, "is_on": fencing.is_on, "has_root": fencing.has_root})
        own = self._interpreters.own()
        self._spawner.prepare(own, "python{}.{}".format(*sys.version_info[:2]))
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            for number, (worker, memory_mb) in list(self._workers.items()):
                is_too_large = await asyncio.to_thread(_is_too_large, worker, memory_mb)
                if is_too_large and number in self._workers:
                    worker.kill()

    def _take(self) -> None:
        try:
            packet = self._connection.recv(MAX_MESSAGE_BYTES)
        except OSError:
            packet = b""
        if not packet or len(self._tasks) > _MAX_REQUESTS:
            self._end()
        try:
            message = json.loads(packet)
            what, request_id = str(message["do"]), int(message.get("id", 0))
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
            return
        task = asyncio.ensure_future(self._answer(what, request_id, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, what: str, request_id: int, message: Mapping[str, Any]) -> None:
        descriptors: list[int] = []
        try:
            if what == "start":
                answer = await self._start(message, descriptors)
            elif what == "interpreter":
                found = await asyncio.to_thread(
                    self._interpreters.for_runtime, self._runtime(message["runtime"])
                )
                answer = asdict(found)
            elif what == "figures":
                figures = await self._worker(message).open_figures()
                descriptors += [figures] if figures >= 0 else []
                answer = {}
            elif what == "prepare":
                self._spawner.prepare_for(self._spec(message["spec"]))
                return
            elif what == "kill":
                self._kill(message)
                return
            else:
                return
        except InvalidEntrypointError as error:
            answer = {"error": str(error), "kind": "entrypoint"}
        except NoInterpreterError as error:
            answer = {"error": str(error), "kind": "interpreter"}
        except Exception as error:  # noqa: BLE001 (the server must not wait for ever)
            answer = {"error": str(error) or repr(error), "kind": "os"}
        try:
            self._send({"id": request_id, **answer}, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    async def _start(self, message: Mapping[str, Any], descriptors: list[int]) -> dict[str, object]:
        if len(self._workers) + self._starting >= _MAX_WORKERS:
            raise OSError(errno.EAGAIN, f"the Sandbox runs {_MAX_WORKERS} environments already")
        spec = self._spec(message["spec"])
        environment = _texts(message["environment"])
        self._starting += 1
        try:
            process = await self._spawner.start_process(spec, environment, Path(_text(message["home"])))
        finally:
            self._starting -= 1
        self._count += 1
        number = self._count
        self._workers[number] = (process, spec.memory_mb)
        descriptors += [process.output, process.status]
        process.exited.add_done_callback(lambda exited: self._exited(number, exited.result()))
        return {"worker": number, "has_root": process.has_root}

    def _exited(self, number: int, code: int) -> None:
        process, _ = self._workers.pop(number)
        process.close()
        self._send({"exited": number, "code": code})

    def _kill(self, message: Mapping[str, Any]) -> None:
        if "worker" not in message:
            self._kill_all()
        elif int(message["worker"]) in self._workers:  # it may have ended
            self._worker(message).kill()

    def _kill_all(self) -> None:
        self._spawner.kill()
        for process, _ in self._workers.values():
            process.kill()

    def _end(self) -> Never:
        self._kill_all()
        kill_descendants()  # without namespaces, what has left its group
        remove_folder(self._folder.top)
        os._exit(0)

    def _worker(self, message: Mapping[str, Any]) -> WorkerProcess:
        return self._workers[int(message["worker"])][0]

    def _spec(self, about: Mapping[str, Any]) -> FunctionSpec:
        """Builds a spec from what the server may choose. Where its folders lie, `Fencing` checks."""
        runtime = self._runtime(about["runtime"])
        layers_root = _text(about["layers_root"])
        return FunctionSpec(
            runtime=runtime,
            task_root=Path(_text(about["task_root"])),
            layers_root=Path(layers_root) if layers_root else None,
            memory_mb=_size(about["memory_mb"], 32_768),
            ephemeral_storage_mb=_size(about["ephemeral_storage_mb"], 10_240),
            variables=tuple(_texts(about["variables"]).items()),
            log_format=_text(about["log_format"]),
            log_level=_text(about["log_level"]),
            interpreter=self._interpreters.for_runtime(runtime),
            runtime_dir=self._interpreters.runtime_dir,
            # What starting a process does not need.
            account_id="",
            region="",
            function_name="",
            version="",
            handler="",
            timeout_s=0,
            role_arn="",
            code_sha256="",
            credentials=(),
            log_group="",
            endpoint_url="",
        )

    def _runtime(self, value: object) -> str:
        """Returns the name of a runtime; the server may name so many only, since each is remembered."""
        text = _text(value)
        if not _RUNTIME.fullmatch(text) or len(self._runtimes | {text}) > _MAX_RUNTIMES:
            raise ValueError(f"not a runtime: {text[:40]!r}")
        self._runtimes.add(text)
        return text

    def _send(self, message: Mapping[str, object], descriptors: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._connection, [json.dumps(message).encode()], descriptors)
        except TimeoutError:
            self._end()  # the server does not read
        except OSError:
            pass  # it has ended; so will this process


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError("not a text")
    return value


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return {_text(name): _text(each) for name, each in value.items()}


def _size(value: object, most: int) -> int:
    if type(value) is not int or not 0 < value <= most:
        raise ValueError(f"not a size of up to {most} MB")
    return value


def _is_too_large(worker: WorkerProcess, memory_mb: int) -> bool:
    """Whether a function's processes together exceed its limits. The server measures the first one."""
    try:
        first = [worker.pid] if not worker.has_root else children(children(worker.pid)[0])
    except (OSError, IndexError, ValueError):
        return False  # it is starting, or has ended
    found, threads = _descendants(first)
    if len(found) == 1:
        return False
    if threads > MAX_PROCESSES:
        return True
    most = memory_mb << 20
    # Shared memory is counted several times: only if that is too much, each one's part of it is asked for.
    return sum(map(_resident_bytes, found)) > most and sum(map(_memory_bytes, found)) > most


def _descendants(first: Sequence[int]) -> tuple[list[int], int]:
    """Returns processes and their descendants, and how many threads they have; stops beyond the limit."""
    found: list[int] = []
    threads = 0
    waiting = list(first)
    while waiting and threads <= MAX_PROCESSES:
        pid = waiting.pop()
        with contextlib.suppress(OSError, ValueError):
            names = os.listdir(f"/proc/{pid}/task")
            threads += len(names)
            found.append(pid)
            for name in names:
                waiting += map(int, Path(f"/proc/{pid}/task/{name}/children").read_text("ascii").split())
    return found, threads


def _resident_bytes(pid: int) -> int:
    """Returns the memory of a process, with all that it shares and what is swapped out; 0 if it has ended."""
    return _sum_bytes(f"/proc/{pid}/status", ("VmRSS:", "VmSwap:"))


def _memory_bytes(pid: int) -> int:
    """Returns the memory of a process; of what it shares with others, its part."""
    return _sum_bytes(f"/proc/{pid}/smaps_rollup", ("Pss:", "SwapPss:")) or _resident_bytes(pid)


def _sum_bytes(path: str, names: tuple[str, ...]) -> int:
    """Returns the sum of some lines of a file that tells sizes in kB; 0 if there is none."""
    with contextlib.suppress(OSError, ValueError):
        lines = Path(path).read_text("utf-8", "replace").splitlines()
        return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(names))
    return 0
