"""Starts workers, one in advance: a process that has imported awslambdaric and waits for its function.

Owns: the command line, and when a waiting process will do. Must not know: invocations.
A cold start then costs the handler's own imports only; what must be known earlier (LD_LIBRARY_PATH, PYTHON*
variables, JSON logs) gets a process of its own.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from workbench.sandbox.launcher.fencing import Fencing
from workbench.sandbox.launcher.interpreters import INSIDE, Interpreter
from workbench.sandbox.launcher.process import WorkerProcess
from workbench.sandbox.launcher.spec import FunctionSpec

# Not at once: the cold start that took the last one needs the processor.
_NEXT_SPARE_S = 0.5
_BOOTSTRAPS = "[/var/task/bootstrap /opt/bootstrap]"
_Kind = tuple[Interpreter, str]


class InvalidEntrypointError(OSError):
    """The function has no program that could be started."""


class Spawner:
    """Gives out processes that are about to become a function's worker.

    Args:
        runtime_dir: LAMBDA_RUNTIME_DIR.
        fencing: How the workers are fenced.
        has_spare: Whether a process waits for the next function.
    """

    def __init__(self, runtime_dir: Path, fencing: Fencing, *, has_spare: bool = True) -> None:
        self._runtime_dir = runtime_dir
        self._fencing = fencing
        self._has_spare = has_spare
        self._spare: tuple[_Kind, WorkerProcess] | None = None
        self._wanted: _Kind | None = None
        self._refilling: asyncio.Task[None] | None = None
        self._is_closed = False

    async def start(
        self,
        spec: FunctionSpec,
        environment: Mapping[str, str],
        home: Path,
        on_output: Callable[[bytes], None],
    ) -> WorkerProcess:
        """Returns a worker that imports the handler.

        Args:
            spec: The function.
            environment: Its variables.
            home: Its temporary folder.
            on_output: Gets what it writes.

        Raises:
            InvalidEntrypointError: A custom runtime has no program.
            OSError: No process could be started.
        """
        kind = (spec.interpreter, spec.runtime)
        can_wait = spec.interpreter.language == "python" and not spec.is_read_early()
        fence = self._fencing.job(spec.readable(), home)
        if can_wait:
            worker = self._take_spare(kind) or await self._start_waiting(kind)
        else:
            worker = await self._start_at_once(spec, environment, home)
            fence = None  # It is inside already.
        worker.on_output = on_output
        if spec.interpreter.language != "provided":
            path, site = spec.import_path()
            worker.assign(
                {
                    "directory": str(spec.task_root),
                    "environment": dict(environment) if can_wait else None,
                    "fence": fence,
                    "path": path,
                    "site": site,
                }
            )
        if can_wait and self._has_spare:
            self.prepare(kind, _NEXT_SPARE_S)
        return worker

    def prepare(self, kind: _Kind, delay_s: float = 0) -> None:
        """Has a process wait for a function of this runtime, after a while."""
        self._wanted = kind
        if self._refilling is None or self._refilling.done():
            self._refilling = asyncio.ensure_future(self._refill(delay_s))

    def kill(self) -> None:
        """Ends the waiting process and starts no other. Safe from any thread."""
        self._is_closed = True
        if self._spare:
            self._spare[1].kill()

    def _take_spare(self, kind: _Kind) -> WorkerProcess | None:
        if self._spare is None or self._spare[0] != kind or self._spare[1].exited.done():
            return None
        worker = self._spare[1]
        self._spare = None
        return worker

    async def _refill(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        kind = self._wanted
        if kind is None:
            return
        if self._spare:
            if self._spare[0] == kind and not self._spare[1].exited.done():
                return
            old, self._spare = self._spare[1], None
            await old.end()
        with contextlib.suppress(OSError):  # A cold start will say what is wrong.
            worker = await self._start_waiting(kind)
            self._spare = (kind, worker)
            if self._is_closed:
                worker.kill()

    async def _start_waiting(self, kind: _Kind) -> WorkerProcess:
        """Starts a Python that knows nothing of a function; it enters the fence when it is given one."""
        interpreter, runtime = kind
        environment = {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "LANG": "C.UTF-8",
            "PATH": os.environ.get("PATH", os.defpath),
        }
        return await WorkerProcess.start(
            lambda status: (_command(interpreter, str(self._runtime_dir), str(status)), environment),
            self._runtime_dir,
        )

    async def _start_at_once(
        self, spec: FunctionSpec, environment: Mapping[str, str], home: Path
    ) -> WorkerProcess:
        """Starts what reads the function's variables at once: within the fence."""
        command = _first_command(spec)

        def build(status: int) -> tuple[Sequence[str], Mapping[str, str]]:
            if not self._fencing.is_on:
                return command, environment
            return self._fencing.wrap(command, environment, spec.readable(), home, status)

        is_custom = spec.interpreter.language == "provided"
        return await WorkerProcess.start(build, spec.task_root, is_given_a_job=not is_custom)


def _first_command(spec: FunctionSpec) -> list[str]:
    """Returns what starts a function's runtime: a wrapper script gets the rest as its arguments."""
    if spec.interpreter.language == "provided":
        bootstrap = spec.bootstrap()
        if bootstrap is None:
            raise InvalidEntrypointError(f"Couldn't find valid bootstrap(s): {_BOOTSTRAPS}")
        return [str(bootstrap)]
    command = _command(spec.interpreter)
    wrapper = spec.wrapper()
    return ["/bin/sh", str(INSIDE / "bootstrap.sh"), wrapper, *command] if wrapper else command


def _command(interpreter: Interpreter, *arguments: str) -> list[str]:
    if interpreter.language == "node":
        return [interpreter.path, str(INSIDE / "worker.cjs"), *arguments]
    return [interpreter.path, "-S", str(INSIDE / "worker.py"), *arguments]
