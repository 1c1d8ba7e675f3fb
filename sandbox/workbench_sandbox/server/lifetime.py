"""The server's process, from its environment to its end.

The beginning: the environment that MiniStack reads during import, and that the parent must set; all before
MiniStack is imported. The end: everything is saved, and nothing keeps running, including all that functions
have started, even outside their process group. On Linux a process can become the parent of its orphaned
descendants (https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html), so that they are found
when it ends. On other systems `adopt_orphans` and `kill_descendants` do nothing.

WORKAROUND rows 2 and 16: remove when MiniStack stops without waiting for handlers and removes its folders.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Never

from workbench_sandbox.server import FENCE_OPTIONAL
from workbench_sandbox.server.clock import Pace

# Otherwise the IoT broker and SFTP would listen on every interface, and the concurrency would depend on the
# memory (row 14).
DEFAULTS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "BIND_HOST": "127.0.0.1",
    "IOT_MTLS_ENABLED": "0",
    "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
    "LAMBDA_EXECUTOR": "local",
    "LAMBDA_SETTLE_SECONDS": "0.05",
    "LAMBDA_STATES": Pace.QUICK.value,
    "LAMBDA_WARM_TTL_SECONDS": "60",
    "LOG_LEVEL": "WARNING",
    "MINISTACK_HOST": "127.0.0.1",
    "PERSIST_STATE": "1",
    "S3_PERSIST": "1",
    "SAVE_AFTER_SECONDS": "1",
    "SERVICES": "lambda,s3,sqs,sns,kinesis,dynamodb,dynamodbstreams,iam,sts,logs,cloudwatch,events,scheduler,"
    "apigateway,ec2,account,ssm,secretsmanager,kms,tagging,cloudformation",
    "SFTP_ENABLED": "0",
}


_MIN_SECRET_CHARACTERS, _MAX_SECRET_BYTES = 32, 256


class SettingsError(Exception):
    """The parent did not pass what the server needs."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Addresses, folders and options of the server.

    Attributes:
        state_dir: State files, one JSON file for each service.
        temporary_dir: Private to this run; its content may be removed.
        warm_ttl_s: Idle workers end after this time.
        settle_s: How long functions and mappings stay Pending, InProgress, Creating… at the quick pace:
            clients must meet these states, but a user should not wait for a simulated delay.
        save_after_s: How long after a change the state is saved.
        pace: Whether states take as long as on AWS.
        is_fence_optional: Whether functions run without the fence if the system refuses it.
    """

    port: int
    state_dir: Path
    temporary_dir: Path
    warm_ttl_s: int
    settle_s: float
    save_after_s: float
    pace: Pace
    is_fence_optional: bool

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint_url(self) -> str:
        return f"http://{self.host}"


def read_settings(environ: MutableMapping[str, str]) -> ServerSettings:
    """Completes `environ` with the defaults and parses it.

    Raises:
        SettingsError: A variable of the parent is missing or invalid.
    """
    for name, value in DEFAULTS.items():
        environ.setdefault(name, value)
    missing = [
        name for name in ("GATEWAY_PORT", "STATE_DIR", "S3_DATA_DIR", "TMPDIR") if not environ.get(name)
    ]
    if missing:
        raise SettingsError(f"not in the environment: {', '.join(missing)}")
    if environ["BIND_HOST"] != "127.0.0.1":
        raise SettingsError("BIND_HOST must be 127.0.0.1: the Sandbox runs code for anyone who can reach it")
    try:
        port = int(environ["GATEWAY_PORT"])
        warm_ttl_s = int(environ["LAMBDA_WARM_TTL_SECONDS"])
        settle_s = float(environ["LAMBDA_SETTLE_SECONDS"])
        save_after_s = float(environ["SAVE_AFTER_SECONDS"])
    except ValueError as error:
        raise SettingsError(f"GATEWAY_PORT or a number of seconds is not a number: {error}") from error
    try:
        pace = Pace(environ["LAMBDA_STATES"])
    except ValueError as error:
        raise SettingsError(f"LAMBDA_STATES is neither quick nor aws: {error}") from error
    return ServerSettings(
        port,
        Path(environ["STATE_DIR"]),
        Path(environ["TMPDIR"]),
        warm_ttl_s,
        settle_s,
        save_after_s,
        pace,
        environ.get(FENCE_OPTIONAL) == "1",
    )


def read_run_secret() -> str:
    """Reads only the first line of standard input: `Stopper` watches for its end.

    Raises:
        SettingsError: It is missing, or too short for a secret.
    """
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte or len(line) > _MAX_SECRET_BYTES:
            break
        line += byte
    secret = line.strip().decode("ascii", "replace")
    if len(secret) < _MIN_SECRET_CHARACTERS:
        raise SettingsError("not on standard input: the secret of this run, as one line")
    return secret


def make_folder(temporary_dir: Path) -> Path:
    """Creates a folder of this process in the given one."""
    temporary_dir.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="sandbox-", dir=temporary_dir))


def use_as_temporary(folder: Path) -> None:
    """Creates a folder, and makes it TMPDIR."""
    folder.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


_REMOVE_TIMEOUT_S = 2.0
_REMOVE_PAUSE_S = 0.02
_SET_CHILD_SUBREAPER = 36
_KILL_TIMEOUT_S = 1.0
_KILL_PAUSE_S = 0.005


class Stopper:
    """Runs `steps` once, each even if one before it fails, then ends the process with status 0."""

    def __init__(self, steps: Sequence[Callable[[], object]]) -> None:
        self._steps = steps
        self._once = threading.Lock()

    def watch(self) -> None:
        """Stops when the parent closes its end of our standard input, or dies."""
        # Ctrl+C in a terminal reaches the whole group; the parent decides what it means. Not SIG_IGN, which
        # every worker would inherit.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=self.stop).start())
        threading.Thread(target=self._wait_for_end_of_input, name="stdin", daemon=True).start()

    @property
    def is_stopping(self) -> bool:
        """Whether the last steps have begun."""
        return self._once.locked()

    def stop(self) -> Never:
        self._once.acquire()  # Never released: later callers wait for the end of the process.
        for step in self._steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 (the process ends in any case)
                sys.stderr.write(f"sandbox: {error!r}\n")
        os._exit(0)

    def _wait_for_end_of_input(self) -> None:
        while os.read(0, 4096):
            pass
        self.stop()


def remove_folder(folder: Path) -> None:
    """Removes a folder and what is in it, whatever its modes.

    Retries: a worker that was just killed may still be creating a file.
    """
    last = time.monotonic() + _REMOVE_TIMEOUT_S
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or time.monotonic() > last:
            return
        _give_rights(folder)
        time.sleep(_REMOVE_PAUSE_S)


def _give_rights(top: Path) -> None:
    """Lets this user list and empty all folders: a function may have taken the rights."""
    for folder, names, _ in os.walk(top):  # goes into a folder after its mode has changed
        for path in (os.path.join(folder, name) for name in names):
            if not os.path.islink(path):
                with contextlib.suppress(OSError):
                    os.chmod(path, 0o700)


# ---- what functions have started -------------------------------------------------------------------------


def adopt_orphans() -> None:
    """Makes this process the parent of its orphaned descendants."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), *[ctypes.c_ulong(0)] * 3)


def kill_descendants() -> None:
    """Kills the children until there are none: the orphans of a killed child become children."""
    last = time.monotonic() + _KILL_TIMEOUT_S
    while (children := _children()) and time.monotonic() < last:
        for pid in children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(_KILL_PAUSE_S)


def _children() -> list[int]:
    found: list[int] = []
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has ended
            found += map(int, thread.read_text().split())
    return found
