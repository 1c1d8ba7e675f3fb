"""Starts the processes of functions inside the fence (see `inside.fence` for what that is).

Our Python workers enter it themselves, when they are given a function. All others are started by a small
program that enters it and then becomes them: Node.js, custom runtimes, wrapper scripts, and a Python that
reads something of the function before it could enter (LD_LIBRARY_PATH, PYTHON* variables).
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.sandbox.launcher.inside import fence

OPTIONAL_VARIABLE = "WORKBENCH_FENCE_OPTIONAL"
"""In the launcher's environment, "1" where functions may run without the fence that the kernel refuses."""
ERROR_TYPE = "Sandbox.FenceRefused"

# Imported and not run, so that it is compiled once.
_ENTER = f"import sys; sys.path.insert(0, {str(Path(fence.__file__).parent)!r}); import fence; fence.main()"
_LONGEST_STATUS_BYTES = 4096


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
            readable: As for `fence.Fence.enter`.
            writable: The same.
            status: A descriptor that the program inherits; see `refusal_of`.
        """
        about = {
            "command": list(command),
            "environment": dict(environment),
            "readable": list(readable),
            "writable": str(writable),
            "is_optional": self.is_optional,
            "status": status,
        }
        # Everything in one variable: what the function sets in its environment must not reach this
        # interpreter.
        return [sys.executable, "-I", "-S", "-c", _ENTER], {fence.VARIABLE: fence.describe(about)}


def refusal_of(status: int) -> str:
    """Returns why the fence was refused, or, after `fence.NOT_STARTED`, why the program could not be started.

    Args:
        status: The descriptor to read from. Its other end is closed before any code of the function is
            loaded.

    Returns:
        '' when the program was started.
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
