"""Runs a tool as a child process that a person can cancel, with everything that it starts itself.

Owns: the process, in a group of its own. Must not know: which tool.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.code.dependencies.environment import base_environment
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.redaction import redact

_LOOK_EVERY_S = 0.03
_ENDS_WITHIN_S = 2.0
_MOST_LINES = 400
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a tool ended: its status and the last lines that it wrote, without secrets."""

    status: int
    text: str


def run_tool(
    command: Sequence[str],
    folder: Path,
    ctx: JobContext,
    on_line: Callable[[str], object] = lambda _line: None,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Runs a tool to its end.

    Args:
        command: Program and arguments.
        folder: Where it runs.
        ctx: Cancel ends it, and what it has started.
        on_line: Called with each line that it writes.
        environment: All of its variables; `base_environment()` by default.

    Raises:
        WorkbenchError: It cannot be started.
        Cancelled: It has ended then.
    """
    if environment is None:
        environment = base_environment()
    ctx.check()
    try:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        name = Path(command[0]).name
        raise explain_os_error(error, f"{name} could not be started.", Path(command[0])) from error
    lines: deque[str] = deque(maxlen=_MOST_LINES)
    watch = _Watch(process, ctx)
    assert process.stdout is not None
    try:
        for data in process.stdout:
            line = _clean(data)
            lines.append(line)
            if line and not ctx.cancelled:
                on_line(line)
        status = watch.wait()
    finally:
        watch.end()
    ctx.check()
    return Ended(status, "\n".join(lines).strip())


def _clean(data: bytes) -> str:
    return _CREDENTIALS.sub("", redact(data.decode("utf-8", "replace").rstrip()))


class _Watch:
    """Ends the group when the person cancels, or when nobody reads any more."""

    def __init__(self, process: subprocess.Popen[bytes], ctx: JobContext) -> None:
        self._process = process
        self._ctx = ctx
        self._over = threading.Event()
        self._gone = False
        self._thread = threading.Thread(target=self._run, name="tool-watch", daemon=True)
        self._thread.start()

    def wait(self) -> int:
        """The status. From then on the process's number may be another's."""
        status = self._process.wait()
        self._gone = True
        return status

    def end(self) -> None:
        """Leaves no process and no thread behind."""
        self._over.set()
        self._thread.join()
        if not self._gone:
            self._signal("SIGKILL")
            self.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _run(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            if self._ctx.cancelled:
                self._signal("SIGTERM")
                if not self._over.wait(_ENDS_WITHIN_S):
                    self._signal("SIGKILL")
                return

    def _signal(self, name: str) -> None:
        with contextlib.suppress(OSError):  # all of it has ended
            if sys.platform == "win32":
                self._process.kill()
            elif not self._gone:
                os.killpg(self._process.pid, getattr(signal, name))


def not_there(tool: str, what: str, remedy: str) -> WorkbenchError:
    """The error of a tool that is not on this machine."""
    return WorkbenchError(what, f"{tool} is not installed on this computer.", remedy)
