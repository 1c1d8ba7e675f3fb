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
_Kind = tuple[Interpreter, str, bool]
"""An interpreter, the runtime's name, and whether its processes have a root of their own."""


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
        kind = (spec.interpreter, spec.runtime, self._fencing.gives_root(spec))
        can_wait = spec.interpreter.language == "python" and not spec.is_read_early()
        fence = self._fencing.job(spec, home)
        if can_wait:
            worker = self._take_spare(kind) or await self._start_waiting(kind)
        else:
            worker = await self._start_at_once(spec, environment, home)
            fence = None  # It is inside already.
        worker.on_output = on_output
        if spec.interpreter.language != "provided":
            seen, _ = self.seen(spec, home)
            path, site = seen.import_path()
            worker.assign(
                {
                    "directory": str(seen.task_root),
                    "environment": dict(environment) if can_wait else None,
                    "fence": fence,
                    "path": path,
                    "site": site,
                }
            )
        if can_wait and self._has_spare:
            self._prepare(kind, _NEXT_SPARE_S)
        return worker

    def seen(self, spec: FunctionSpec, home: Path) -> tuple[FunctionSpec, Path]:
        """Returns a function and its temporary folder with the paths that it sees."""
        return self._fencing.seen(spec, home)

    def prepare(self, interpreter: Interpreter, runtime: str) -> None:
        """Has a process wait for the first function."""
        self._prepare((interpreter, runtime, self._fencing.has_root), 0)

    def _prepare(self, kind: _Kind, delay_s: float) -> None:
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
        interpreter, runtime, has_root = kind
        arguments = (str(self._runtime_dir), "root" if has_root else "")
        environment = {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "LANG": "C.UTF-8",
            "PATH": os.environ.get("PATH", os.defpath),
        }
        return await WorkerProcess.start(
            lambda status: (_command(interpreter, *arguments, str(status)), environment),
            self._runtime_dir,
            has_root=has_root,
        )

    async def _start_at_once(
        self, spec: FunctionSpec, environment: Mapping[str, str], home: Path
    ) -> WorkerProcess:
        """Starts what reads the function's variables at once: within the fence."""
        command = _first_command(spec, self.seen(spec, home)[0])

        def build(status: int) -> tuple[Sequence[str], Mapping[str, str]]:
            if not self._fencing.is_on:
                return command, environment
            return self._fencing.wrap(command, environment, spec, home, status)

        is_custom = spec.interpreter.language == "provided"
        return await WorkerProcess.start(
            build,
            spec.task_root,
            has_root=self._fencing.gives_root(spec),
            is_given_a_job=not is_custom,
        )


def _first_command(spec: FunctionSpec, seen: FunctionSpec) -> list[str]:
    """Returns what starts a function's runtime: a wrapper script gets the rest as its arguments.

    Args:
        spec: The function.
        seen: With the paths that it sees.
    """
    if spec.interpreter.language == "provided":
        for here, there in ((spec.task_root, seen.task_root), (spec.layers_root, seen.layers_root)):
            if here and there and (here / "bootstrap").is_file():
                return [str(there / "bootstrap")]
        raise InvalidEntrypointError(f"Couldn't find valid bootstrap(s): {_BOOTSTRAPS}")
    command = _command(spec.interpreter)
    wrapper = seen.wrapper()
    return ["/bin/sh", str(INSIDE / "bootstrap.sh"), wrapper, *command] if wrapper else command


def _command(interpreter: Interpreter, *arguments: str) -> list[str]:
    if interpreter.language == "node":
        return [interpreter.path, str(INSIDE / "worker.cjs"), *arguments]
    return [interpreter.path, "-S", str(INSIDE / "worker.py"), *arguments]
