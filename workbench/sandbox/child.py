"""One run of the server process: its environment, private folder, log, life and death.

Owns: the process and its group. Must not know: ports in use, retries, what the server offers.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import workbench
from workbench.core.files import explain_os_error, make_private_folder, private_opener
from workbench.sandbox import faults
from workbench.sandbox.interpreter import sandbox_python, service_models
from workbench.sandbox.launcher.pace import Pace

LAUNCHER: tuple[str, ...] = (sandbox_python(), "-m", "workbench.sandbox.launcher")

# All that the server, and with it every handler, may see of the host.
_HOST_VARIABLES = ("PATH", "LANG", "SYSTEMROOT")
FENCE_OPTIONAL = "WORKBENCH_FENCE_OPTIONAL"
"""As the launcher's `fencing` names it; that is not imported here, for the start's sake."""
SERVICE_MODELS = "WORKBENCH_SERVICE_MODELS"
"""As the launcher's `door.models` names it."""
_TAIL_BYTES = 4_000
_POLL_S = 0.01


class Child:
    """A server process in a process group of its own.

    Args:
        data_dir: Keeps state, S3 objects and the log; `data_dir/run` holds this run's private folder.
        port: The loopback port that the server shall listen on.
        run_secret: Handed to the server on its standard input, where nobody else can read it.
        command: The launcher. It serves until its standard input closes.
        host: The host's variables, of which few are passed on.
        lock_descriptor: Inherited, so that the folder stays locked while the server lives.
        is_fence_optional: Whether functions run without the fence where the system refuses it.
        pace: How long states take.

    Raises:
        WorkbenchError: The folder is not writable or the command does not exist.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int,
        run_secret: str,
        *,
        command: Sequence[str] = LAUNCHER,
        host: Mapping[str, str] = os.environ,
        lock_descriptor: int | None = None,
        is_fence_optional: bool = False,
        pace: Pace = Pace.QUICK,
    ) -> None:
        self.port = port
        self.run_secret = run_secret
        self._log = data_dir / "sandbox.log"
        self._is_over = False
        self._run_dir = data_dir / "run" / secrets.token_hex(4)
        try:
            for name in ("home", "tmp"):
                make_private_folder(self._run_dir / name)
            # A file and not a pipe: a server that outlives Workbench can still write while it saves.
            with open(self._log, "ab", opener=private_opener) as log:
                self._log_start = log.tell()
                self._process = subprocess.Popen(
                    command,
                    env=_environment(data_dir, self._run_dir, port, host)
                    | ({FENCE_OPTIONAL: "1"} if is_fence_optional else {})
                    | {"LAMBDA_STATES": pace.value},
                    # `-m` finds the package from here, installed or not; a PYTHONPATH would reach handlers.
                    cwd=Path(workbench.__file__).parent.parent,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    umask=-1 if sys.platform == "win32" else 0o077,  # state and log: for this user only
                    pass_fds=() if lock_descriptor is None or sys.platform == "win32" else (lock_descriptor,),
                )
        except OSError as error:
            shutil.rmtree(self._run_dir, ignore_errors=True)
            raise explain_os_error(error, faults.NOT_STARTED, data_dir) from error
        if self._process.stdin:
            with contextlib.suppress(OSError):  # it has ended already, and says why in the log
                self._process.stdin.write(f"{run_secret}\n".encode())
                self._process.stdin.flush()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return not self._has_exited(block=False)

    def wait(self) -> None:
        """Blocks until the process ends, then removes what is left of it."""
        self._has_exited(block=True)
        self._clean_up()

    def ask_to_stop(self) -> None:
        """Closes the standard input: the server saves and ends."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def kill(self) -> None:
        """Ends the process and its workers at once, without saving."""
        if self._is_over:
            return  # the number may be someone else's by now
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def stop(self, patience_s: float) -> None:
        """Asks, waits, then kills; returns when nothing is left. Not while another thread is in `wait`."""
        if self._is_over:
            return
        self.ask_to_stop()
        deadline = time.monotonic() + patience_s
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        self.kill()
        self.wait()

    def log_lines(self) -> list[str]:
        """What this run wrote to standard output and error so far, at most the last 4 kB."""
        try:
            with self._log.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(self._log_start, size - _TAIL_BYTES))
                return log.read().decode(errors="replace").splitlines()
        except OSError:
            return []  # someone deleted the folder

    def said(self, mark: str) -> list[str]:
        """The rests of the log lines that begin with a mark of the launcher's ("corrupt-state:")."""
        return [line.removeprefix(mark).strip() for line in self.log_lines() if line.startswith(mark)]

    def _has_exited(self, *, block: bool) -> bool:
        # The process stays a zombie until its group is killed, so that its number is nobody else's till then.
        if sys.platform == "win32" or not hasattr(os, "waitid"):
            if block:
                self._process.wait()
            return self._process.poll() is not None
        try:
            flags = os.WEXITED | os.WNOWAIT | (0 if block else os.WNOHANG)
            return os.waitid(os.P_PID, self.pid, flags) is not None
        except ChildProcessError:
            return True

    def _clean_up(self) -> None:
        self.kill()  # workers of a server that crashed
        self._process.wait()
        self._is_over = True
        self.ask_to_stop()
        shutil.rmtree(self._run_dir, ignore_errors=True)


def remove_dead_runs(data_dir: Path) -> None:
    """Deletes private folders whose Workbench was killed. Only for the holder of the folder's lock."""
    shutil.rmtree(data_dir / "run", ignore_errors=True)


def start_log(data_dir: Path) -> None:
    """Empties the log: it tells of one session."""
    try:
        open(data_dir / "sandbox.log", "wb", opener=private_opener).close()
    except OSError as error:
        raise explain_os_error(error, faults.NOT_STARTED, data_dir) from error


def _environment(data_dir: Path, run_dir: Path, port: int, host: Mapping[str, str]) -> dict[str, str]:
    """What this run differs in; the launcher's settings.py has what all runs share."""
    return {name: host[name] for name in _HOST_VARIABLES if name in host} | {
        "HOME": str(run_dir / "home"),
        "TMPDIR": str(run_dir / "tmp"),
        "GATEWAY_PORT": str(port),
        "STATE_DIR": str(data_dir / "state"),
        "S3_DATA_DIR": str(data_dir / "s3"),
        SERVICE_MODELS: service_models(),
    }
