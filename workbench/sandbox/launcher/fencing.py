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

from workbench.sandbox.launcher.inside import fence, private_root
from workbench.sandbox.launcher.spec import FunctionSpec

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
        has_root: Whether functions have a root of their own.
    """

    is_on: bool
    is_optional: bool = False
    has_root: bool = False

    @classmethod
    def of_this_system(cls, *, is_optional: bool) -> "Fencing":
        """Asks the kernel."""
        is_on = fence.abi() > 0
        return cls(is_on, is_optional, is_on and private_root.is_possible())

    def as_inside(self, spec: FunctionSpec, home: Path) -> tuple[FunctionSpec, Path]:
        """Returns a function and its temporary folder with the paths that it sees."""
        if not self.has_root:
            return spec, home
        return spec.on_lambda(), Path(private_root.TEMPORARY)

    def job(self, spec: FunctionSpec, home: Path) -> dict[str, object] | None:
        """Returns what a worker has to know that enters the fence itself; None where there is none."""
        if not self.is_on:
            return None
        return {
            "places": _folders(spec, home),
            "readable": spec.readable_paths(),
            "temporary_mb": spec.ephemeral_storage_mb,
            "is_optional": self.is_optional,
        }

    def entering(self, runtime_dir: Path, status: int, *, has_root: bool) -> list[str]:
        """Returns the command line of a program that waits, enters the fence and becomes another.

        Args:
            runtime_dir: LAMBDA_RUNTIME_DIR.
            status: A descriptor that the program inherits; see `refusal_of`.
            has_root: Whether it is to have a root of its own.
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
        """Returns what that program waits for.

        Args:
            command: Its first word is a whole path.
            environment: Of the command.
            spec: The function.
            home: Its temporary folder.
            has_input: Whether the command reads what follows the order.
        """
        about = {
            "command": list(command),
            "directory": str(self.as_inside(spec, home)[0].task_root),
            "environment": dict(environment),
            "has_input": has_input,
            "places": _folders(spec, home),
            "readable": [*spec.readable_paths(), *fence.program_folders(spec.interpreter.path)],
            "temporary_mb": spec.ephemeral_storage_mb,
            "is_optional": self.is_optional,
        }
        return fence.order(about)


def _folders(spec: FunctionSpec, home: Path) -> dict[str, str]:
    """Returns this computer's folders by their paths on Lambda, free of links."""
    return {
        private_root.TASK: os.path.realpath(spec.task_root),
        private_root.LAYERS: os.path.realpath(spec.layers_root) if spec.layers_root else "",
        private_root.TEMPORARY: os.path.realpath(home),
    }


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
