"""Starts workers, some in advance: processes that have made ready and wait for their function.

A Python that waits has imported awslambdaric: a cold start then costs the handler's own imports only. What
must be known earlier (LD_LIBRARY_PATH, PYTHON* variables, JSON logs, a wrapper, another language) gets a
process that has prepared the fence and waits to become the program.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from workbench.sandbox.launcher.fencing import Fencing
from workbench.sandbox.launcher.interpreters import INSIDE, Interpreter
from workbench.sandbox.launcher.process import WorkerProcess
from workbench.sandbox.launcher.spec import FunctionSpec

# Not at once: the cold start that took the last one needs the processor.
_NEXT_SPARE_S = 0.5
_BOOTSTRAPS = "[/var/task/bootstrap /opt/bootstrap]"


class InvalidEntrypointError(OSError):
    """The function has no program that could be started."""


class _Spare[Kind]:
    """At most one process that waits."""

    def __init__(self, start: Callable[[Kind], Awaitable[WorkerProcess]]) -> None:
        self._start = start
        self._waiting: tuple[Kind, WorkerProcess] | None = None
        self._wanted: Kind | None = None
        self._refilling: asyncio.Task[None] | None = None
        self._is_urgent = asyncio.Event()
        self._is_closed = False

    def take(self, kind: Kind) -> WorkerProcess | None:
        """Returns the process that waits, if it is of this kind."""
        if self._waiting is None or self._waiting[0] != kind or self._waiting[1].exited.done():
            return None
        worker = self._waiting[1]
        self._waiting = None
        return worker

    def prepare(self, kind: Kind, delay_s: float) -> None:
        """Has one of this kind wait, after a while; without a delay, one that is due later comes now."""
        self._wanted = kind
        if not delay_s:
            self._is_urgent.set()
        if self._refilling is None or self._refilling.done():
            self._refilling = asyncio.ensure_future(self._refill(delay_s))

    def kill(self) -> None:
        """Ends it and starts no other. Safe from any thread."""
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
            await old.end()
        with contextlib.suppress(OSError):  # A cold start will say what is wrong.
            worker = await self._start(kind)
            self._waiting = (kind, worker)
            if self._is_closed:
                worker.kill()


class Spawner:
    """Gives out processes that are about to become a function's worker.

    Args:
        has_spare: Whether processes wait for the next function.
    """

    def __init__(self, runtime_dir: Path, fencing: Fencing, *, has_spare: bool = True) -> None:
        self._runtime_dir = runtime_dir
        self._fencing = fencing
        self._has_spare = has_spare
        self._pythons: _Spare[tuple[Interpreter, str, bool]] = _Spare(self._start_python)
        self._others: _Spare[bool] = _Spare(self._start_entering)

    async def start(
        self,
        spec: FunctionSpec,
        environment: Mapping[str, str],
        home: Path,
        on_output: Callable[[bytes], None],
    ) -> WorkerProcess:
        """Returns a worker that imports the handler.

        Raises:
            InvalidEntrypointError: A custom runtime has no program.
            OSError: No process could be started.
        """
        inside, _ = self.as_inside(spec, home)
        has_root = self._fencing.has_root
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
            worker = self._pythons.take(kind) or await self._start_python(kind)
            job |= {"environment": dict(environment), "fence": self._fencing.job(spec, home)}
            if self._has_spare:
                self._pythons.prepare(kind, _NEXT_SPARE_S)
        else:
            worker = await self._start_another(spec, inside, environment, home)
            if self._has_spare and self._fencing.is_on:
                self._others.prepare(has_root, _NEXT_SPARE_S)
        worker.on_output = on_output
        if not is_custom:
            worker.assign(job)
        return worker

    def as_inside(self, spec: FunctionSpec, home: Path) -> tuple[FunctionSpec, Path]:
        """Returns a function and its temporary folder with the paths that it sees."""
        return self._fencing.as_inside(spec, home)

    def prepare(self, interpreter: Interpreter, runtime: str) -> None:
        """Has a process wait for the first function."""
        self._pythons.prepare((interpreter, runtime, self._fencing.has_root), 0)

    def prepare_for(self, spec: FunctionSpec) -> None:
        """Has a process wait for a function that is about to start anew."""
        if not self._has_spare:
            return
        has_root = self._fencing.has_root
        if _is_plain_python(spec):
            self._pythons.prepare((spec.interpreter, spec.runtime, has_root), 0)
        elif self._fencing.is_on:
            self._others.prepare(has_root, 0)

    def kill(self) -> None:
        """Ends the waiting processes and starts no others. Safe from any thread."""
        self._pythons.kill()
        self._others.kill()

    async def _start_python(self, kind: tuple[Interpreter, str, bool]) -> WorkerProcess:
        """Starts a Python that knows nothing of a function; it enters the fence when it is given one."""
        interpreter, runtime, has_root = kind
        arguments = (str(self._runtime_dir), "root" if has_root else "")
        environment = _environment() | {"AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}"}
        return await WorkerProcess.start(
            lambda status: (_command(interpreter, *arguments, str(status)), environment),
            self._runtime_dir,
            has_root=has_root,
        )

    async def _start_entering(self, has_root: bool) -> WorkerProcess:
        """Starts what enters the fence and becomes another program when it is told which."""
        return await WorkerProcess.start(
            lambda status: (
                self._fencing.entering(self._runtime_dir, status, has_root=has_root),
                _environment(),
            ),
            self._runtime_dir,
            has_root=has_root,
        )

    async def _start_another(
        self, spec: FunctionSpec, inside: FunctionSpec, environment: Mapping[str, str], home: Path
    ) -> WorkerProcess:
        """Starts what reads the function's variables at once: within the fence."""
        command = _first_command(spec, inside)
        has_input = spec.interpreter.language != "provided"
        if not self._fencing.is_on:
            return await WorkerProcess.start(
                lambda _: (command, environment), spec.task_root, has_input=has_input
            )
        has_root = self._fencing.has_root
        worker = self._others.take(has_root) or await self._start_entering(has_root)
        worker.send(self._fencing.order(command, environment, spec, home, has_input=has_input))
        return worker


def _is_plain_python(spec: FunctionSpec) -> bool:
    """Whether a Python that knows nothing of the function can become its worker."""
    return spec.interpreter.language == "python" and not spec.is_read_early()


def _environment() -> dict[str, str]:
    """Returns what a process has that waits."""
    return {"LANG": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath)}


def _first_command(spec: FunctionSpec, inside: FunctionSpec) -> list[str]:
    """Returns what starts a function's runtime: a wrapper script gets the rest as its arguments."""
    if spec.interpreter.language == "provided":
        for here, there in ((spec.task_root, inside.task_root), (spec.layers_root, inside.layers_root)):
            if here and there and (here / "bootstrap").is_file():
                return [str(there / "bootstrap")]
        raise InvalidEntrypointError(f"Couldn't find valid bootstrap(s): {_BOOTSTRAPS}")
    command = _command(spec.interpreter)
    wrapper = inside.wrapper()
    return ["/bin/sh", str(INSIDE / "bootstrap.sh"), wrapper, *command] if wrapper else command


def _command(interpreter: Interpreter, *arguments: str) -> list[str]:
    if interpreter.language == "node":
        return [interpreter.path, str(INSIDE / "worker.cjs"), *arguments]
    return [interpreter.path, "-S", str(INSIDE / "worker.py"), *arguments]
