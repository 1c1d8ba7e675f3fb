"""The programs that run with the Sandbox's Python: the server, and local runs of a function.

MiniStack requires one version of botocore, so it has its own environment: the program uses the latest one,
and functions find the packages of AWS's Python runtimes without the program's.

`fence_state` tells which fence keeps local code from the user's files on this system.
"""

import contextlib
import functools
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import workbench_sandbox
from workbench.core.files import explain_os_error, make_private_folder, private_opener
from workbench.core.messages import _
from workbench_sandbox.fence import confinement
from workbench_sandbox.server import FENCE_OPTIONAL, SERVICE_MODELS
from workbench_sandbox.server.clock import Pace
from workbench_sandbox.server.lifetime import remove_folder

_ENVIRONMENT = ".venv-sandbox"
PACKAGE_FOLDER = Path(workbench_sandbox.__file__).parent.parent
"""The working directory of the programs, where `-m` finds the Sandbox's package, installed or not."""
LOOPBACK = "127.0.0.1"
_LISTEN = "0A"
# The only variables of the host that the server, and every handler, gets.
_HOST_VARIABLES = ("PATH", "LANG", "SYSTEMROOT")
NOT_STARTED = _("The Sandbox could not be started.")
_TAIL_BYTES = 4_000
_POLL_S = 0.01
_SIGNALS_SINCE = 6
"""ABI version of Landlock that also stops signals."""


@functools.cache
def sandbox_python() -> str:
    """Returns the path of the interpreter: that of the environment which set-up creates.

    Without such an environment it is the program's own interpreter: other ways of installing Workbench
    install MiniStack's packages with it (the dependency group "sandbox" of pyproject.toml).
    """
    folder = PACKAGE_FOLDER.parent / _ENVIRONMENT
    for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe"):
        if path.exists():
            return str(path)
    return sys.executable


@functools.cache
def service_models() -> str:
    """Returns the folder of botocore's service models, with which the Sandbox checks requests.

    The program's are newer than those of the Sandbox's own botocore, so that what AWS has added since is not
    refused.
    """
    spec = importlib.util.find_spec("botocore")  # not imported, because that takes a quarter of a second
    folders = spec.submodule_search_locations if spec is not None else None
    return str(Path(folders[0], "data")) if folders else ""


SERVER_COMMAND: tuple[str, ...] = (sandbox_python(), "-m", "workbench_sandbox.server")
LOCAL_RUN_COMMAND: tuple[str, ...] = (sandbox_python(), "-m", "workbench_sandbox.server.local_run")
"""Runs a function's draft on this machine; the module describes the protocol."""


def free_port() -> int:
    """Returns an unused loopback port. Another program may take it first, so callers retry."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could currently listen on this loopback port."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            # Connections of a server that just died linger for a minute; they do not block a new one.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def is_owned_by(port: int, pid: int) -> bool:
    """Whether this process listens on the loopback port.

    Only Linux shows that without further rights. On other systems the result is True; the caller still checks
    that the process lives and that the port answers.
    """
    if not sys.platform.startswith("linux"):
        return True
    inodes = _listening_inodes(port)
    try:
        return any(_inode_of(link) in inodes for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False  # the process has just ended


def _listening_inodes(port: int) -> set[str]:
    address = f"0100007F:{port:04X}"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {row[9] for row in rows if row[1] == address and row[3] == _LISTEN}


def _inode_of(link: Path) -> str:
    try:
        return str(link.readlink()).removeprefix("socket:[").removesuffix("]")
    except OSError:
        return ""  # closed since it was listed


class SandboxProcess:
    """One run of the server: a process in its own group, its private folder and its log.

    Args:
        data_dir: Holds state, S3 objects and the log; `data_dir/run` holds this run's private folder.
        port: The loopback port of the server.
        run_secret: Sent to the server on its standard input, where nobody else can read it.
        command: The server, which serves until its standard input closes.
        host: The host's variables, few of which are passed on.
        lock_descriptor: Inherited, so that the folder stays locked while the server lives.
        is_fence_optional: Whether functions run without the fence if the system refuses it.
        pace: Duration of states.

    Raises:
        WorkbenchError: The folder is not writable or the command does not exist.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int,
        run_secret: str,
        *,
        command: Sequence[str] = SERVER_COMMAND,
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
            # A file instead of a pipe: a server that outlives Workbench can still write while it saves.
            with open(self._log, "ab", opener=private_opener) as log:
                self._log_start = log.tell()
                self._process = subprocess.Popen(
                    command,
                    env=_environment(data_dir, self._run_dir, port, host)
                    | ({FENCE_OPTIONAL: "1"} if is_fence_optional else {})
                    | {"LAMBDA_STATES": pace.value},
                    cwd=PACKAGE_FOLDER,  # no PYTHONPATH, which handlers would inherit
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    umask=-1 if sys.platform == "win32" else 0o077,  # state and log are for this user only
                    pass_fds=() if lock_descriptor is None or sys.platform == "win32" else (lock_descriptor,),
                )
        except OSError as error:
            shutil.rmtree(self._run_dir, ignore_errors=True)
            raise explain_os_error(error, NOT_STARTED, data_dir) from error
        if self._process.stdin:
            with contextlib.suppress(OSError):  # it has ended already, and the log says why
                self._process.stdin.write(f"{run_secret}\n".encode())
                self._process.stdin.flush()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return not self._has_exited(block=False)

    def wait(self) -> None:
        """Waits until the process ends, then kills its workers and removes its private folder."""
        self._has_exited(block=True)
        self._clean_up()

    def ask_to_stop(self) -> None:
        """Closes the standard input, upon which the server saves and ends."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def kill(self) -> None:
        """Kills the process and its workers at once, without saving."""
        if self._is_over:
            return  # the process id may be reused
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def stop(self, timeout_s: float) -> None:
        """Asks it to stop, waits up to `timeout_s`, then kills it. Not while another thread is in `wait`."""
        if self._is_over:
            return
        self.ask_to_stop()
        deadline = time.monotonic() + timeout_s
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        self.kill()
        self.wait()

    def log_lines(self) -> list[str]:
        """Returns this run's output, at most the last 4 kB."""
        try:
            with self._log.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(self._log_start, size - _TAIL_BYTES))
                return log.read().decode(errors="replace").splitlines()
        except OSError:
            return []  # someone deleted the folder

    def log_messages(self, mark: str) -> list[str]:
        """Returns the texts after a mark of the server ("corrupt-state:") in the log."""
        return [line.removeprefix(mark).strip() for line in self.log_lines() if line.startswith(mark)]

    def _has_exited(self, *, block: bool) -> bool:
        # The process stays a zombie until its group is killed, so that its id is not reused before.
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
        remove_folder(self._run_dir)


def remove_dead_runs(data_dir: Path) -> None:
    """Deletes the private folders of killed runs. Only for the holder of the folder's lock."""
    remove_folder(data_dir / "run")


def start_log(data_dir: Path) -> None:
    """Empties the log, which covers one session."""
    try:
        open(data_dir / "sandbox.log", "wb", opener=private_opener).close()
    except OSError as error:
        raise explain_os_error(error, NOT_STARTED, data_dir) from error


def _environment(data_dir: Path, run_dir: Path, port: int, host: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables of this run; the server's lifetime.py adds those of every run."""
    return {name: host[name] for name in _HOST_VARIABLES if name in host} | {
        "HOME": str(run_dir / "home"),
        "TMPDIR": str(run_dir / "tmp"),
        "GATEWAY_PORT": str(port),
        "STATE_DIR": str(data_dir / "state"),
        "S3_DATA_DIR": str(data_dir / "s3"),
        SERVICE_MODELS: service_models(),
    }


@dataclass(frozen=True, slots=True)
class FenceState:
    """The fence of this system.

    Attributes:
        landlock: ABI version of Landlock; 0 if there is no fence.
    """

    landlock: int

    @property
    def is_on(self) -> bool:
        """Whether local code runs in a fence."""
        return self.landlock > 0

    @property
    def holds_signals(self) -> bool:
        """Whether the fence stops signals to the user's other programs."""
        return self.landlock >= _SIGNALS_SINCE


@functools.cache
def fence_state() -> FenceState:
    """Asks the kernel; the answer is cached."""
    return FenceState(confinement.abi())


def isolation_summary() -> str:
    """A short text on whether Run Locally isolates a function."""
    state = fence_state()
    if not state.is_on:
        return _("Run Locally: not isolated")
    return _("Run Locally: isolated (Landlock {landlock})").format(landlock=str(state.landlock))


def isolation_text() -> str:
    """What functions on this computer can access, in Run Locally and in the Sandbox."""
    state = fence_state()
    if not state.is_on:
        return _(
            "Local functions run with your permissions and can read all your files, including "
            "credentials, because this system cannot isolate them. Linux 6.2 or later can."
        )
    text = _(
        "Local functions are isolated (Landlock {landlock}). They can read the system, their "
        "interpreter and their own code, write to a private temporary folder, and use the "
        "network. They cannot access your other files, your keyring or your other programs."
    ).format(landlock=str(state.landlock))
    if state.holds_signals:
        return text
    more = _("They can stop your other programs: Linux 6.12 or later prevents that.")
    return f"{text} {more}"


def local_rights_text(function_name: str) -> str:
    """A text on the permissions of a function that runs here, before the user gives it credentials."""
    if fence_state().is_on:
        text = _("Local runs of {function_name} are isolated from your files and credentials.")
    else:
        text = _(
            "Local runs of {function_name} have your permissions and can read all your files, "
            "including credentials."
        )
    return text.format(function_name=function_name)
