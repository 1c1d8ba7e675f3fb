"""The process of one local run: what it is told, what it says, and its end.

Owns: that nothing of it is left. Must not know: functions.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error

WHAT = "The function was not run on this computer."

MOST_LOG_CHARACTERS = 4_000_000
"""What is kept of the log, its end; all of it is said."""

_HOST_VARIABLES = ("PATH", "LANG", "SYSTEMROOT")
_LOOK_S = 0.05
_PATIENCE_S = 1.0
_MOST_LINES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Runner:
    """How the program that runs functions is started.

    Attributes:
        command: Speaks the protocol of `workbench.sandbox.launcher.local_run`.
        folder: Where.
    """

    command: Sequence[str]
    folder: Path


class LocalProcess:
    """The running program. It kills what it started, and removes the folder, once its input closes."""

    def __init__(self, runner: Runner, folder: Path, job: Mapping[str, object]) -> None:
        self.log: deque[str] = deque()
        self._log_size = 0
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue(_MOST_LINES_AT_ONCE)
        self._ending = threading.Event()
        self.is_over = False
        self._errors = folder / "errors"
        try:
            with self._errors.open("wb") as errors:
                self._process = subprocess.Popen(
                    runner.command,
                    cwd=runner.folder,
                    env={name: os.environ[name] for name in _HOST_VARIABLES if name in os.environ}
                    | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    bufsize=0,
                    start_new_session=True,
                )
        except OSError as error:
            raise explain_os_error(error, WHAT, Path(runner.command[0])) from error
        self._reader = threading.Thread(target=self._read, name="local run", daemon=True)
        self._reader.start()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended: the reader sees that
            self._process.stdin.write(json.dumps(job).encode() + b"\n")

    def read(self, wait_s: float) -> list[dict[str, Any]]:
        """What was said since; waits a moment when there is nothing."""
        found: list[dict[str, Any]] = []
        with contextlib.suppress(queue.Empty):
            message = self._messages.get(timeout=wait_s)
            while message is not None:
                found.append(message)
                if len(found) == _MOST_LINES_AT_ONCE:
                    return found
                message = self._messages.get_nowait()
            self.is_over = True
        return found

    def keep(self, text: str) -> None:
        """Adds to the log; of a very long one the end stays."""
        self.log.append(text)
        self._log_size += len(text)
        while self._log_size - len(self.log[0]) > MOST_LOG_CHARACTERS:
            self._log_size -= len(self.log.popleft())

    def fault(self) -> WorkbenchError:
        """Why it ended without an answer."""
        try:
            words = self._errors.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            words = []
        why = words[-1] if words else "The process that was to run it has ended."
        return WorkbenchError(
            WHAT, why, ("Try again. If the problem persists, choose Help > Open Log Folder for details.")
        )

    def end(self) -> None:
        """Kills it, and with it all that it started."""
        self._ending.set()
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # its worker ends with the pipe from it
            self._process.wait()
        self._reader.join()
        stdout.close()

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            for line in stdout:
                self._put(json.loads(line))
        except ValueError:
            pass  # a line that was cut by the end
        finally:
            self._put(None)

    def _put(self, message: dict[str, Any] | None) -> None:
        while not self._ending.is_set():
            with contextlib.suppress(queue.Full):
                self._messages.put(message, timeout=_LOOK_S)
                return
