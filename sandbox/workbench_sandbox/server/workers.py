"""Workers: the processes of functions inside the fence (see `inside.fence`), some of them started in advance.

Our Python workers enter the fence themselves when they get a function. All others are started by a small
program that enters it and then executes them: Node.js, custom runtimes, wrapper scripts, and a Python that
reads something of the function before it could enter (LD_LIBRARY_PATH, PYTHON* variables).

A waiting Python has imported awslambdaric, so that a cold start only costs the handler's own imports. If
something must be known earlier (the same variables, JSON logs, a wrapper, another language), a process waits
that has prepared the fence and then executes the program.
"""

import asyncio
import contextlib
import errno
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workbench_sandbox.fence import confinement
from workbench_sandbox.server.inside import fence, private_root
from workbench_sandbox.server.spec import INSIDE, FunctionSpec, Interpreter

ERROR_TYPE = "Sandbox.FenceRefused"

# Imported instead of run, so that it is compiled once.
_ENTER = f"import sys; sys.path.insert(0, {str(Path(fence.__file__).parent)!r}); import fence; fence.main()"
_LONGEST_STATUS_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Fencing:
    """How functions are started: in a fence if the system has one, in a root of their own if it can.

    Attributes:
        is_optional: Lets them run without a part that the kernel refuses.
        within: The folder that must contain a function's code, layers and temporary files; None for any.
    """

    is_on: bool
    is_optional: bool = False
    has_root: bool = False
    within: Path | None = None

    @classmethod
    def of_this_system(cls, *, is_optional: bool, within: Path | None = None) -> "Fencing":
        is_on = confinement.abi() > 0
        return cls(is_on, is_optional, is_on and private_root.is_possible(), within)

    def as_inside(self, spec: FunctionSpec, home: Path) -> tuple[FunctionSpec, Path]:
        """Returns a function and its temporary folder with the paths that it sees."""
        if not self.has_root:
            return spec, home
        return spec.on_lambda(), Path(private_root.TEMPORARY)

    def job(self, spec: FunctionSpec, home: Path) -> dict[str, object] | None:
        """Returns the job of a worker that enters the fence itself; None if there is no fence.

        Raises:
            OSError: A folder does not exist, or is not in the one that must contain it.
        """
        return self._limits(spec, home) if self.is_on else None

    def _limits(self, spec: FunctionSpec, home: Path) -> dict[str, object]:
        """Returns what a function may reach, with this computer's folders by their paths on Lambda."""
        folders = {
            private_root.TASK: spec.task_root,
            private_root.LAYERS: spec.layers_root,
            private_root.TEMPORARY: home,
        }
        found = {name: self._identified(folder) for name, folder in folders.items() if folder}
        return {
            "places": {name: found[name][0] if name in found else "" for name in folders},
            "identities": {name: identity for name, (_, identity) in found.items()},
            "readable": spec.readable_paths(),
            "temporary_mb": spec.ephemeral_storage_mb,
            "is_optional": self.is_optional,
        }

    def _identified(self, folder: Path) -> tuple[str, list[int]]:
        """Returns a folder's path without links, and its device and inode.

        The path of the opened folder is checked. The worker refuses what has replaced it by then.
        """
        place = os.open(os.path.realpath(folder), os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            path = os.readlink(f"/proc/self/fd/{place}")
            if self.within and not Path(path).is_relative_to(self.within):
                raise PermissionError(errno.EPERM, "not a folder of the Sandbox", str(folder))
            about = os.fstat(place)
        finally:
            os.close(place)
        return path, [about.st_dev, about.st_ino]

    def entering(self, runtime_dir: Path, status: int, *, has_root: bool) -> list[str]:
        """Returns the command line of a program that waits, enters the fence and executes another program.

        `status` is a descriptor that the program inherits; see `WorkerProcess.refusal`.
        """
        place = [str(runtime_dir), "root" if has_root else ""]
        return [sys.executable, "-I", "-S", "-c", _ENTER, *place, str(status)]

    def order(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        spec: FunctionSpec,
        home: Path,
        *,
        has_input: bool,
    ) -> bytes:
        """Returns the order that this program waits for.

        The command's first word is an absolute path; `has_input`: whether it reads what follows the order.
        """
        about = {
            **self._limits(spec, home),
            "command": list(command),
            "directory": str(self.as_inside(spec, home)[0].task_root),
            "environment": dict(environment),
            "has_input": has_input,
            "readable": [*spec.readable_paths(), *fence.program_folders(spec.interpreter.path)],
        }
        return fence.order(about)


def explain(refusal: str) -> str:
    """Returns the answer of an invocation for a refusal."""
    return (
        f"The function was not run, because this system could not isolate it from your files ({refusal}). "
        "To run functions without isolation, with access to all your files, turn on 'Run local code "
        "without isolation' in Settings and restart Workbench."
    )


_BLOCK_BYTES = 65536
_MAX_BLOCKS_AT_ONCE = 64
_LAST_END_S = 1.0


class WorkerProcess:
    """A process in its own session, with one pipe for all its output.

    The write end of its standard input stays open here: the process kills its whole group when it closes, so
    that nothing outlives a server that was killed. A custom runtime does not do that; the kernel ends it.

    Attributes:
        output: The descriptor from which its output is read. Like `status`, it belongs to the reader.
        status: The descriptor that says why the fence was refused.
        exited: Its exit code, once it has ended.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, jobs: int, output: int, status: int, *, has_root: bool
    ) -> None:
        self._process = process
        self._jobs = jobs
        self.output = output
        self.status = status
        self.has_root = has_root
        self.exited: asyncio.Future[int] = asyncio.ensure_future(process.wait())

    @classmethod
    async def start(
        cls,
        build: Callable[[int], tuple[Sequence[str], Mapping[str, str]]],
        directory: Path,
        *,
        has_root: bool = False,
        has_input: bool = True,
    ) -> "WorkerProcess":
        """Starts a command.

        Args:
            build: Returns the command and its environment, given the descriptor for the reason of a refusal.
            has_root: Whether it gets its own root, and continues in a grandchild (see `private_root`).
            has_input: Whether its standard input is a pipe; otherwise it is empty.

        Raises:
            OSError: The interpreter or folder does not exist, or the system has no more processes.
        """
        job_source, jobs = os.pipe()
        output, output_target = os.pipe()
        status, status_target = os.pipe()
        try:
            command, environment = build(status_target)
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=job_source if has_input else asyncio.subprocess.DEVNULL,
                stdout=output_target,
                stderr=output_target,
                env=environment,
                cwd=directory,
                start_new_session=True,
                pass_fds=(status_target,),
                umask=-1 if sys.platform == "win32" else 0o022,  # that of a function on AWS
            )
        except BaseException:
            os.close(jobs)
            os.close(output)
            os.close(status)
            raise
        finally:
            os.close(job_source)
            os.close(output_target)
            os.close(status_target)
        return cls(process, jobs, output, status, has_root=has_root)

    @property
    def pid(self) -> int:
        return self._process.pid

    def assign(self, job: Mapping[str, object]) -> None:
        """Sends the process its job, as a line."""
        self.send(json.dumps(job).encode() + b"\n")

    def send(self, data: bytes) -> None:
        """Writes to its standard input; all jobs fit into a pipe's buffer."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._jobs, data)

    async def open_figures(self) -> int:
        """Opens /proc/…/status of the process that runs the function; -1 if the system has none.

        That process is below the two that wait for its end, if it has its own root.
        """
        pid = self.pid
        with contextlib.suppress(OSError, ValueError, IndexError):
            for _ in range(2 if self.has_root else 0):
                pid = children(pid)[0]
            return os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)
        return -1

    def kill(self) -> None:
        """Kills the process and all its descendants at once. Thread-safe."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Releases its standard input. For a process that has ended."""
        if self._jobs >= 0:
            os.close(self._jobs)
            self._jobs = -1

    async def discard(self) -> None:
        """Ends a process whose output nobody reads."""
        self.kill()
        await self.exited
        os.close(self.output)
        os.close(self.status)
        self.close()


def children(pid: int) -> list[int]:
    """Returns the children of a process of one thread.

    Raises:
        OSError: It has ended, or the system has no /proc.
    """
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


class Handle(Protocol):
    """A process that somebody started: here, or the broker (see `broker`)."""

    has_root: bool
    exited: "asyncio.Future[int]"

    def kill(self) -> None:
        """Kills the process and all its descendants at once. Thread-safe."""

    async def open_figures(self) -> int:
        """See `WorkerProcess.open_figures`."""

    def close(self) -> None:
        """Forgets a process that has ended."""


class Worker:
    """The worker of an execution environment: a process, its output and its memory.

    Args:
        output: The descriptor from which its output is read.
        status: The descriptor that says why the fence was refused.
        on_output: Called with its output, block by block.
    """

    def __init__(self, process: Handle, output: int, status: int, on_output: Callable[[bytes], None]) -> None:
        self._process = process
        self._output = output
        self._status = status
        self._on_output = on_output
        self._figures: int | None = None
        self._measuring: asyncio.Task[None] | None = None
        self._peak_mb = 0
        self._closed = asyncio.Event()
        self.exited = process.exited
        os.set_blocking(output, False)
        os.set_blocking(status, False)
        asyncio.get_running_loop().add_reader(output, self.drain)

    def refusal(self) -> str:
        """Returns why the fence was refused to a process that has ended; '' if its program was started.

        After `fence.NOT_STARTED`: why that could not be started. The other end of the descriptor is closed
        before code of the function is loaded.
        """
        try:
            return os.read(self._status, _LONGEST_STATUS_BYTES).decode(errors="replace")
        except BlockingIOError:
            return ""

    def drain(self) -> None:
        """Passes on the output so far."""
        for _ in range(_MAX_BLOCKS_AT_ONCE):
            try:
                block = os.read(self._output, _BLOCK_BYTES)
            except BlockingIOError:
                return
            except OSError:
                block = b""
            if not block:
                asyncio.get_running_loop().remove_reader(self._output)
                self._closed.set()
                return
            self._on_output(block)

    async def measure(self) -> None:
        """Makes `used_mb` and `peak_mb` tell the memory of the process that runs the function."""
        if self._figures is None:
            if self._measuring is None or self._measuring.done():
                self._measuring = asyncio.ensure_future(self._open_figures())
            await asyncio.shield(self._measuring)  # who waits may give up; a descriptor may be on its way

    async def _open_figures(self) -> None:
        figures = await self._process.open_figures()
        if figures >= 0 and self._figures is None:
            self._figures = figures
        elif figures >= 0:
            os.close(figures)

    def peak_mb(self) -> int:
        """Returns the largest resident set that was measured, in MB; 0 if the system has no /proc."""
        self._peak_mb = max(self._peak_mb, self._memory_mb("VmHWM:"))
        return self._peak_mb

    def used_mb(self) -> int:
        """Returns the current resident set in MB; 0 if the system has no /proc."""
        used_mb = self._memory_mb("VmRSS:")
        self._peak_mb = max(self._peak_mb, used_mb)
        return used_mb

    def _memory_mb(self, name: str) -> int:
        if self._figures is None or self._figures < 0:
            return 0
        with contextlib.suppress(OSError, ValueError, IndexError):
            status = os.pread(self._figures, _LONGEST_STATUS_BYTES, 0).decode("ascii", "replace")
            return round(int(status.split(name, 1)[1].split(None, 1)[0]) / 1024)
        return 0

    def kill(self) -> None:
        """Kills the process and all its descendants at once. Thread-safe."""
        self._process.kill()

    async def end(self) -> None:
        """Kills, waits, and closes the descriptors."""
        self.kill()
        await self.exited
        if self._process.has_root and not self._closed.is_set():
            # The kernel is still ending the namespace; its last process closes the pipe.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), _LAST_END_S)
        self.drain()
        asyncio.get_running_loop().remove_reader(self._output)
        for descriptor in (self._output, self._status, self._figures):
            if descriptor is not None and descriptor >= 0:
                os.close(descriptor)
        self._figures = -1
        self._process.close()


# Not at once: the cold start that took the last one needs the processor.
_NEXT_SPARE_S = 0.5
_BOOTSTRAPS = "[/var/task/bootstrap /opt/bootstrap]"


class InvalidEntrypointError(OSError):
    """The function has no program that can be started."""


class _Spare[Kind]:
    """At most one waiting process."""

    def __init__(self, start: Callable[[Kind], Awaitable[WorkerProcess]]) -> None:
        self._start = start
        self._waiting: tuple[Kind, WorkerProcess] | None = None
        self._wanted: Kind | None = None
        self._refilling: asyncio.Task[None] | None = None
        self._is_urgent = asyncio.Event()
        self._is_closed = False

    def take(self, kind: Kind) -> WorkerProcess | None:
        """Returns the waiting process if it is of this kind."""
        if self._waiting is None or self._waiting[0] != kind or self._waiting[1].exited.done():
            return None
        worker = self._waiting[1]
        self._waiting = None
        return worker

    def prepare(self, kind: Kind, delay_s: float) -> None:
        """Starts a waiting process of this kind after a delay, or at once, even if one is due later."""
        self._wanted = kind
        if not delay_s:
            self._is_urgent.set()
        if self._refilling is None or self._refilling.done():
            self._refilling = asyncio.ensure_future(self._refill(delay_s))

    def kill(self) -> None:
        """Ends it and starts no other. Thread-safe."""
        self._is_closed = True
        if self._waiting:
            self._waiting[1].kill()

    async def _refill(self, delay_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_urgent.wait(), delay_s)
        self._is_urgent.clear()
        kind = self._wanted
        if kind is None:
            return
        if self._waiting:
            if self._waiting[0] == kind and not self._waiting[1].exited.done():
                return
            old, self._waiting = self._waiting[1], None
            await old.discard()
        with contextlib.suppress(OSError):  # The cold start will report the error.
            worker = await self._start(kind)
            self._waiting = (kind, worker)
            if self._is_closed:
                worker.kill()


class Spawner:
    """Provides the processes that become functions' workers.

    Args:
        has_spare: Whether processes wait for the next function.
    """

    def __init__(self, runtime_dir: Path, fencing: Fencing, *, has_spare: bool = True) -> None:
        self._runtime_dir = runtime_dir
        self.fencing = fencing
        self._has_spare = has_spare
        self._pythons: _Spare[tuple[Interpreter, str, bool]] = _Spare(self._start_python)
        self._others: _Spare[bool] = _Spare(self._start_entering)

    async def start(
        self,
        spec: FunctionSpec,
        environment: Mapping[str, str],
        home: Path,
        on_output: Callable[[bytes], None],
    ) -> Worker:
        """Returns a worker that imports the handler. Raises as `start_process` does."""
        process = await self.start_process(spec, environment, home)
        return Worker(process, process.output, process.status, on_output)

    async def start_process(
        self, spec: FunctionSpec, environment: Mapping[str, str], home: Path
    ) -> WorkerProcess:
        """Returns a process that imports the handler.

        Raises:
            InvalidEntrypointError: A custom runtime has no program.
            OSError: No process could be started, or a folder is not one that it may have.
        """
        inside, _ = self.fencing.as_inside(spec, home)
        has_root = self.fencing.has_root
        is_custom = spec.interpreter.language == "provided"
        path, site = inside.import_path()
        job: dict[str, object] = {
            "directory": str(inside.task_root),
            "environment": None,
            "fence": None,
            "path": path,
            "site": site,
        }
        if _is_plain_python(spec):
            kind = (spec.interpreter, spec.runtime, has_root)
            job |= {"environment": dict(environment), "fence": self.fencing.job(spec, home)}
            worker = self._pythons.take(kind) or await self._start_python(kind)
            if self._has_spare:
                self._pythons.prepare(kind, _NEXT_SPARE_S)
        else:
            worker = await self._start_another(spec, inside, environment, home)
            if self._has_spare and self.fencing.is_on:
                self._others.prepare(has_root, _NEXT_SPARE_S)
        if not is_custom:
            worker.assign(job)
        return worker

    def prepare(self, interpreter: Interpreter, runtime: str) -> None:
        """Starts a process that waits for the first function."""
        self._pythons.prepare((interpreter, runtime, self.fencing.has_root), 0)

    def prepare_for(self, spec: FunctionSpec) -> None:
        """Starts a process that waits for a function that is about to restart."""
        if not self._has_spare:
            return
        has_root = self.fencing.has_root
        if _is_plain_python(spec):
            self._pythons.prepare((spec.interpreter, spec.runtime, has_root), 0)
        elif self.fencing.is_on:
            self._others.prepare(has_root, 0)

    def kill(self) -> None:
        """Ends the waiting processes and starts no others. Thread-safe."""
        self._pythons.kill()
        self._others.kill()

    async def _start_python(self, kind: tuple[Interpreter, str, bool]) -> WorkerProcess:
        """Starts a Python without a function; it enters the fence when it gets one."""
        interpreter, runtime, has_root = kind
        arguments = (str(self._runtime_dir), "root" if has_root else "")
        environment = _environment() | {"AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}"}
        return await WorkerProcess.start(
            lambda status: (_command(interpreter, *arguments, str(status)), environment),
            self._runtime_dir,
            has_root=has_root,
        )

    async def _start_entering(self, has_root: bool) -> WorkerProcess:
        """Starts a program that enters the fence and executes another one when it gets an order."""
        return await WorkerProcess.start(
            lambda status: (
                self.fencing.entering(self._runtime_dir, status, has_root=has_root),
                _environment(),
            ),
            self._runtime_dir,
            has_root=has_root,
        )

    async def _start_another(
        self, spec: FunctionSpec, inside: FunctionSpec, environment: Mapping[str, str], home: Path
    ) -> WorkerProcess:
        """Starts a program that reads the function's variables at once, inside the fence."""
        command = _first_command(spec, inside)
        has_input = spec.interpreter.language != "provided"
        if not self.fencing.is_on:
            return await WorkerProcess.start(
                lambda _: (command, environment), spec.task_root, has_input=has_input
            )
        has_root = self.fencing.has_root
        order = self.fencing.order(command, environment, spec, home, has_input=has_input)
        worker = self._others.take(has_root) or await self._start_entering(has_root)
        worker.send(order)
        return worker


def _is_plain_python(spec: FunctionSpec) -> bool:
    """Whether a Python that was started without a function can become its worker."""
    return spec.interpreter.language == "python" and not spec.is_read_early()


def _environment() -> dict[str, str]:
    """Returns the environment of a waiting process."""
    return {"LANG": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath)}


def _first_command(spec: FunctionSpec, inside: FunctionSpec) -> list[str]:
    """Returns the command that starts a function's runtime: a wrapper script gets the rest as arguments."""
    if spec.interpreter.language == "provided":
        for here, there in ((spec.task_root, inside.task_root), (spec.layers_root, inside.layers_root)):
            if here and there and (here / "bootstrap").is_file():
                return [str(there / "bootstrap")]
        raise InvalidEntrypointError(f"Couldn't find valid bootstrap(s): {_BOOTSTRAPS}")
    command = _command(spec.interpreter)
    if spec.interpreter.language == "node":
        command[1:1] = _node_memory(spec.memory_mb)
    wrapper = inside.wrapper()
    return ["/bin/sh", str(INSIDE / "bootstrap.sh"), wrapper, *command] if wrapper else command


def _node_memory(memory_mb: int) -> list[str]:
    """Limits Node's heap as Lambda's runtime does, from the memory of the function.

    V8 would take its limits from this computer's memory, and collect too late for a function's.
    """
    young_mb = memory_mb // 10
    return [f"--max-semi-space-size={young_mb // 2}", f"--max-old-space-size={memory_mb - young_mb}"]


def _command(interpreter: Interpreter, *arguments: str) -> list[str]:
    if interpreter.language == "node":
        return [interpreter.path, str(INSIDE / "worker.cjs"), *arguments]
    return [interpreter.path, "-S", str(INSIDE / "worker.py"), *arguments]
