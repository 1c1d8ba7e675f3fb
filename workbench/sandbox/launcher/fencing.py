"""Starts the processes of functions inside the fence (see `inside.fence` for what that is).

Our Python workers enter it themselves, when they are given a function. All others are started by a small
program that enters it and then becomes them: Node.js, the workers that MiniStack starts, and a Python that
reads something of the function before it could enter (LD_LIBRARY_PATH, PYTHON* variables).
"""

import os
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.sandbox.launcher.inside import fence

OPTIONAL_VARIABLE = "WORKBENCH_FENCE_OPTIONAL"
"""In the launcher's environment, "1" where functions may run without the fence that the kernel refuses."""
ERROR_TYPE = "Sandbox.FenceRefused"

# Imported and not run, so that it is compiled once.
_ENTER = f"import sys; sys.path.insert(0, {str(Path(fence.__file__).parent)!r}); import fence; fence.main()"
_LONGEST_STATUS_BYTES = 4096
# Of the launcher's own variables. The others name its folders.
_PASSED_ON = ("PATH", "LANG")


class FenceRefusedError(RuntimeError):
    """The kernel refused the fence, and no process was left. MiniStack answers with `error_type`."""

    error_type = ERROR_TYPE


# What it answers with for Node.js.
FenceRefusedError.__name__ = ERROR_TYPE


@dataclass(frozen=True, slots=True)
class Fencing:
    """How functions are started.

    Attributes:
        is_on: Whether this system has what the fence is made of.
        is_optional: Whether a function runs without it where the kernel refuses a part.
    """

    is_on: bool
    is_optional: bool = False

    @classmethod
    def of_this_system(cls, *, is_optional: bool) -> "Fencing":
        """Asks the kernel."""
        return cls(fence.abi() > 0, is_optional)

    def job(self, readable: Sequence[str], writable: Path) -> dict[str, object] | None:
        """Returns what a worker has to know that enters the fence itself; None where there is none."""
        if not self.is_on:
            return None
        return {"readable": list(readable), "writable": str(writable), "is_optional": self.is_optional}

    def wrap(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        readable: Sequence[str],
        writable: Path,
        status: int,
    ) -> tuple[list[str], dict[str, str]]:
        """Returns command line and environment of a program that enters the fence and becomes `command`.

        Args:
            command: Its first word is a whole path.
            environment: Of the command.
            readable: As for `fence.Fence.enter`; the command's own program is added.
            writable: The same.
            status: A descriptor that the program inherits; see `refusal_of`.
        """
        about = {
            "command": list(command),
            "environment": dict(environment),
            "readable": [*readable, *fence.program_folders(command[0])],
            "writable": str(writable),
            "is_optional": self.is_optional,
            "status": status,
        }
        # Everything in one variable: what the function sets in its environment must not reach this
        # interpreter.
        return [sys.executable, "-I", "-S", "-c", _ENTER], {fence.VARIABLE: fence.describe(about)}


def refusal_of(status: int) -> str:
    """Returns why the fence was refused, '' when it was not.

    Args:
        status: The descriptor to read from. Its other end is closed before any code of the function is
            loaded.
    """
    try:
        return os.read(status, _LONGEST_STATUS_BYTES).decode(errors="replace")
    except BlockingIOError:
        return ""


def explain(refusal: str) -> str:
    """Returns what an invocation is answered with."""
    return (
        f"The function was not run, because this system could not isolate it from your files ({refusal}). "
        "To run functions without isolation, with access to all your files, turn on 'Run local code "
        "without isolation' in Settings and restart Workbench."
    )


def linked(folder: Path) -> list[str]:
    """Returns a folder and what the links in it lead to."""
    return [str(folder), *(os.path.realpath(entry) for entry in folder.iterdir() if entry.is_symlink())]


class FencedSubprocess:
    """Stands in for the module `subprocess` where MiniStack starts functions.

    WORKAROUND: remove when MiniStack starts its workers through a hook.
    """

    PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
    TimeoutExpired, SubprocessError = subprocess.TimeoutExpired, subprocess.SubprocessError

    def __init__(self, fencing: Fencing) -> None:
        self._fencing = fencing

    def run(self, *_: object, **__: object) -> None:
        """MiniStack's fallback for runtimes that the Sandbox refuses: it would run outside the fence."""
        raise FenceRefusedError("The Sandbox does not support this type of invocation.")

    def Popen(self, command: Sequence[str], *, cwd: str, env: Mapping[str, str], **options: Any) -> Any:
        """Starts a worker inside the fence, with a home of its own.

        Raises:
            FenceRefusedError: No process is left.
            OSError: There is no such program.
        """
        program = shutil.which(command[0], path=os.environ.get("PATH"))
        if program is None:
            raise FileNotFoundError(2, f"{command[0]} is not installed")
        home = Path(tempfile.mkdtemp(prefix="handler-"))
        environment = _without_own(env) | {"HOME": str(home), "TMPDIR": str(home)}
        # MiniStack keeps code, layers and its worker program side by side; of custom runtimes only the code.
        folder = Path(cwd).parent if Path(cwd).name == "code" else Path(cwd)
        try:
            process = self._start([program, *command[1:]], environment, [str(folder)], home, cwd, options)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        weakref.finalize(process, shutil.rmtree, home, ignore_errors=True)
        return process

    def _start(
        self,
        command: list[str],
        environment: dict[str, str],
        readable: list[str],
        home: Path,
        cwd: str,
        options: dict[str, Any],
    ) -> "subprocess.Popen[Any]":
        popen: Callable[..., subprocess.Popen[Any]] = subprocess.Popen
        if not self._fencing.is_on:
            return popen(command, cwd=cwd, env=environment, **options)
        source, status = os.pipe()
        try:
            wrapped, variables = self._fencing.wrap(command, environment, readable, home, status)
            process = popen(wrapped, cwd=cwd, env=variables, pass_fds=(status,), **options)
            os.close(status)
            status = -1
            refusal = refusal_of(source)  # blocks until the program has become the worker, or has ended
        finally:
            os.close(source)
            if status >= 0:
                os.close(status)
        if refusal:
            process.kill()
            process.communicate()
            raise FenceRefusedError(explain(refusal))
        return process


def _without_own(environment: Mapping[str, str]) -> dict[str, str]:
    """Leaves out what the launcher itself was started with: MiniStack hands all of it on."""
    return {
        name: value
        for name, value in environment.items()
        if name in _PASSED_ON or name.startswith("AWS_") or os.environ.get(name) != value
    }
