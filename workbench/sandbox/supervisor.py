"""The Sandbox's life cycle: start, crash and restart, stop, reset, and the lock on its data folder.

For all other rooms the Sandbox is just another profile.
"""

import atexit
import contextlib
import json
import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error, make_private_folder, try_lock
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.profiles.model import Profile, ProfileKind
from workbench.sandbox import ACCOUNT_ID, PROFILE_NAME, REGION
from workbench.sandbox.processes import (
    LOOPBACK,
    NOT_STARTED,
    SERVER_COMMAND,
    SandboxProcess,
    free_port,
    is_free,
    is_owned_by,
    remove_dead_runs,
    start_log,
)
from workbench_sandbox.server import CONTROL
from workbench_sandbox.server.clock import Pace
from workbench_sandbox.server.signature import HttpRequest, Identity, RunKeys, secret_access_key, sign

_POLL_S = 0.02
_STOP_TIMEOUT_S = 0.7
_READY_TIMEOUT_S = 60.0  # a state with a million metric points takes 10 s to load
# A server that is still loading its state lets clients wait; Cancel should not have to.
_HEALTH_TIMEOUT_S = 0.3
_CONTROL_TIMEOUT_S = 10.0  # sent once, to a server that runs: a busy one answers later
_PORT_ATTEMPTS = 5
_RESTART_DELAYS_S = (0.1, 1.0, 3.0)
# After a run of this length the count of crashes starts again.
_STABLE_S = 60.0
# How long to wait for the lock of a killed Workbench's server, which may still be saving.
_ORPHAN_TIMEOUT_S = 10.0
_LOCK_POLL_S = 0.05
_HEALTH = "/_ministack/health"
_OK = 200


class SandboxState(Enum):
    """A state of the life cycle."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of the running Sandbox."""

    url: str
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """The state, with the endpoint if READY, or the error if FAILED."""

    state: SandboxState
    endpoint: Endpoint | None = None
    error: WorkbenchError | None = None


class Sandbox:
    """The Sandbox of one data folder.

    Args:
        data_dir: Holds everything; created at the first start.
        on_status: Called with every new state, on the thread that changes it. Must not call back.
        on_notice: Called with what the user should know of a running Sandbox (damaged data was moved).
        command: The server's command line; differs in a packaged program.
        may_start: Returns whether the settings allow a start. Called at each start, on any thread.
        policy: May forbid it; then `start` and `reset` raise before anything is done.
        is_fence_optional: Returns whether functions run without the fence if the system refuses it. Called at
            each start of the server.
        pace: Returns the duration of states. Called at each start of the server and by `apply_pace`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        on_status: Callable[[SandboxStatus], None] = lambda status: None,
        on_notice: Callable[[WorkbenchError], None] = lambda notice: None,
        command: Sequence[str] = SERVER_COMMAND,
        may_start: Callable[[], bool] = lambda: True,
        policy: Policy = NO_POLICY,
        is_fence_optional: Callable[[], bool] = lambda: False,
        pace: Callable[[], Pace] = lambda: Pace.QUICK,
    ) -> None:
        self._may_start = may_start
        self.data_dir = data_dir
        self._on_status = on_status
        self._on_notice = on_notice
        self._command = command
        self._policy = policy
        self._is_fence_optional = is_fence_optional
        self._pace = pace
        self._lock = DataLock(data_dir / "lock")
        # Held by start, stop and reset, one at a time; never by the watching thread, for which stop waits.
        self._lifecycle = threading.RLock()
        self._stopping = threading.Event()
        # Of one start: a server that is restarted after a crash keeps it, so that connections stay valid.
        self._run_secret = ""
        self._child: SandboxProcess | None = None
        self._watcher: threading.Thread | None = None
        self._status = SandboxStatus(SandboxState.STOPPED)

    @property
    def status(self) -> SandboxStatus:
        return self._status

    def profile(self) -> Profile:
        """The profile of the running Sandbox.

        Raises:
            WorkbenchError: It is not running, so it has no address.
        """
        endpoint = self._status.endpoint
        if endpoint is None:
            why = self._status.error.why if self._status.error else ""
            raise WorkbenchError(
                _("The Sandbox is not running."), why, _("Start it, then try again."), action="sandbox.start"
            )
        return Profile(
            name=PROFILE_NAME,
            kind=ProfileKind.SANDBOX,
            region=REGION,
            endpoint_url=endpoint.url,
            access_key_id=ACCOUNT_ID,
            secret_access_key=self.secret_access_key(ACCOUNT_ID),
        )

    def secret_access_key(self, access_key_id: str) -> str:
        """The secret that signs requests with an access key (an account number) until the next start."""
        return secret_access_key(self._run_secret, access_key_id)

    def function_credentials(self, role_arn: str, function_arn: str) -> tuple[tuple[str, str], ...]:
        """The environment variables by which a function acts as its role, until the next start."""
        identity = Identity(role_arn, ":".join(function_arn.split(":")[:7]))
        return tuple(RunKeys(self._run_secret).variables_of(identity).items())

    def start(self, ctx: JobContext) -> Endpoint:
        """Starts the server and waits until it answers; returns at once if it already does.

        Raises:
            WorkbenchError: Another Workbench uses the folder, the folder is not writable, the server does not
                start, or the settings forbid it.
            Cancelled: The user cancelled, or the program is ending.
        """
        self._policy.check(Rule.SANDBOX, NOT_STARTED)
        with self._lifecycle:
            self._check_settings()
            self._stopping.clear()
            return self._running(ctx) or self._start_server(ctx, _("Starting the Sandbox"))

    def stop(self) -> None:
        """Ends the server, saved, in under a second; leaves no process, thread or folder behind."""
        self._stopping.set()  # before the lock, so that a start that waits for readiness gives up
        with self._lifecycle:
            atexit.unregister(self.stop)
            self._halt()
            self._lock.release()
            if self._status.state is not SandboxState.STOPPED:
                self._enter(SandboxState.STOPPED)

    def reset(self, ctx: JobContext) -> Endpoint:
        """Stops, deletes all data, and starts a new Sandbox, which is filled once it is READY.

        Raises:
            WorkbenchError: As for `start`; or the data could not be deleted.
            Cancelled: As for `start`.
        """
        self._policy.check(Rule.SANDBOX, NOT_STARTED)
        with self._lifecycle:
            self._check_settings()
            ctx.progress(0, 0, _("Resetting the Sandbox"))
            self._stopping.set()
            self._halt()
            self._stopping.clear()
            return self._start_server(ctx, _("Resetting the Sandbox"), wipe=True)

    def apply_pace(self) -> None:
        """Applies the current `pace` to a running server."""
        endpoint = self._status.endpoint
        if endpoint is not None:
            send_control(endpoint.port, self._run_secret, "pace", {"pace": self._pace().value})

    def _check_settings(self) -> None:
        if not self._may_start():
            raise WorkbenchError(
                _("The Sandbox is turned off."),
                _("It is turned off in the settings."),
                _("Choose another profile, or change “Start the Sandbox” in the settings."),
                action="app.settings",
            )

    def _start_server(self, ctx: JobContext, text: str, *, wipe: bool = False) -> Endpoint:
        self._enter(SandboxState.STARTING)
        try:
            ctx.progress(0, 0, text)
            self._make_data_dir()
            self._lock.acquire(self._stopping, ctx)
            remove_dead_runs(self.data_dir)
            if wipe:
                self._wipe()
            start_log(self.data_dir)
            self._run_secret = secrets.token_hex(32)
            child = self._child = self._launch(ctx)
        except BaseException as error:
            self._lock.release()
            if isinstance(error, WorkbenchError):
                self._enter(SandboxState.FAILED, error=error)
            else:
                self._enter(SandboxState.STOPPED)
            raise
        endpoint = self._enter_ready(child)
        self._watcher = threading.Thread(target=self._watch, args=(child,), name="sandbox", daemon=True)
        self._watcher.start()
        atexit.register(self.stop)
        return endpoint

    def _running(self, ctx: JobContext) -> Endpoint | None:
        """The endpoint of a server that runs or is being restarted; None if there is none to wait for."""
        while self._watcher and self._watcher.is_alive():
            if self._status.endpoint:
                return self._status.endpoint
            ctx.sleep(_POLL_S)
        return None

    def _launch(self, ctx: JobContext, wanted_port: int = 0) -> SandboxProcess:
        return start_process(
            lambda port: SandboxProcess(
                self.data_dir,
                port,
                self._run_secret,
                command=self._command,
                lock_descriptor=self._lock.descriptor,
                is_fence_optional=self._is_fence_optional(),
                pace=self._pace(),
            ),
            wanted_port,
            self._stopping,
            ctx,
        )

    def _watch(self, child: SandboxProcess) -> None:
        """Waits until the server ends; restarts it unless the end was intended. Runs in its own thread."""
        crashes = 0
        while True:
            ready_at = time.monotonic()
            child.wait()
            for cause in child.log_messages("save-failed:")[-1:]:
                self._on_notice(_not_saved(cause, self.data_dir))
            if self._stopping.is_set():
                return
            error = _died(child.log_lines())
            if time.monotonic() - ready_at > _STABLE_S:
                crashes = 0
            self._child = None
            self._enter(SandboxState.RESTARTING)
            restarted, crashes, error = self._relaunch(child.port, crashes, error)
            if restarted is None:
                if not self._stopping.is_set():
                    self._enter(SandboxState.FAILED, error=error)
                return
            child = self._child = restarted
            if self._stopping.is_set():  # stop was called while there was no child
                child.stop(_STOP_TIMEOUT_S)
                return
            self._enter_ready(child)

    def _relaunch(
        self, port: int, crashes: int, error: WorkbenchError
    ) -> tuple[SandboxProcess | None, int, WorkbenchError]:
        for delay_s in _RESTART_DELAYS_S[crashes:]:
            crashes += 1
            if self._stopping.wait(delay_s):
                break
            try:
                return self._launch(JobContext(stop=self._stopping), port), crashes, error
            except Cancelled:
                break
            except WorkbenchError as next_error:
                error = next_error
        return None, crashes, error

    def _halt(self) -> None:
        """Ends child and watcher. The caller has set `_stopping` and holds `_lifecycle`."""
        if child := self._child:
            child.ask_to_stop()
        if watcher := self._watcher:
            watcher.join(_STOP_TIMEOUT_S)
            if watcher.is_alive() and (child := self._child):
                child.kill()
            watcher.join()
        if child := self._child:
            child.stop(0)  # the watcher has ended because of a faulty callback
        self._child = self._watcher = None

    def _enter_ready(self, child: SandboxProcess) -> Endpoint:
        endpoint = Endpoint(f"http://{LOOPBACK}:{child.port}", child.port, child.pid)
        self._enter(SandboxState.READY, endpoint)
        for copy in child.log_messages("corrupt-state:"):
            self._on_notice(_damaged(copy))
        return endpoint

    def _enter(
        self, state: SandboxState, endpoint: Endpoint | None = None, error: WorkbenchError | None = None
    ) -> None:
        self._status = SandboxStatus(state, endpoint, error)
        self._on_status(self._status)

    def _wipe(self) -> None:
        for name in ("state", "s3"):
            path = self.data_dir / name
            try:
                if path.exists():
                    shutil.rmtree(path)
            except OSError as error:
                raise explain_os_error(error, _("The Sandbox could not be reset."), path) from error

    def _make_data_dir(self) -> None:
        try:
            make_private_folder(self.data_dir)
        except OSError as error:
            raise explain_os_error(error, NOT_STARTED, self.data_dir) from error


def start_process(
    spawn: Callable[[int], SandboxProcess], wanted_port: int, stopping: threading.Event, ctx: JobContext
) -> SandboxProcess:
    """Starts a server and waits until it answers.

    Args:
        spawn: Starts the child for the given port.
        wanted_port: Used if it is free, so that clients keep their address; 0 for any port.
        stopping: Set when the whole Sandbox is to stop.

    Raises:
        WorkbenchError: It ended, does not answer, or found no port.
        Cancelled: By `ctx` or `stopping`. No process is left then, nor after an error.
    """
    for __ in range(_PORT_ATTEMPTS):
        port = wanted_port if wanted_port and is_free(wanted_port) else free_port()
        child = spawn(port)
        try:
            if _wait_until_ready(child, stopping, ctx):
                return child
        except BaseException:
            child.stop(0)
            raise
        log_lines = child.log_lines()
        child.stop(0)
        if is_free(port):
            raise _died(log_lines)
        # Another program took the port between our check and the server's start: try another one.
    raise WorkbenchError(
        NOT_STARTED,
        _("All ports that were tried are used by other programs."),
        _("Try again."),
        action="sandbox.start",
    )


def _wait_until_ready(child: SandboxProcess, stopping: threading.Event, ctx: JobContext) -> bool:
    """Returns True once the child is ready, False if it has ended.

    An answer alone proves nothing: if the port was taken meanwhile, another server answers.
    """
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while child.is_alive():
        if is_owned_by(child.port, child.pid) and _answers(child):
            return True
        if stopping.is_set():
            raise Cancelled
        if time.monotonic() > deadline:
            raise WorkbenchError(
                NOT_STARTED,
                _("It has not responded for {timeout_s:.0f} s.").format(timeout_s=_READY_TIMEOUT_S),
                _("Try again. If the problem persists, reset the Sandbox, which recreates its contents."),
                action="sandbox.start",
            )
        ctx.sleep(_POLL_S)
    return False


def _answers(child: SandboxProcess) -> bool:
    return _status(child.port, child.run_secret, "GET", _HEALTH, b"", _HEALTH_TIMEOUT_S) == _OK


def send_control(port: int, run_secret: str, name: str, parameters: Mapping[str, object]) -> bool:
    """Sends a control request ("pace", "clock": see the server's server.py); returns whether it succeeded."""
    body = json.dumps(parameters).encode()
    return _status(port, run_secret, "POST", f"{CONTROL}{name}", body, _CONTROL_TIMEOUT_S) == _OK


def _status(port: int, run_secret: str, method: str, path: str, body: bytes, timeout_s: float) -> int:
    """Returns the status of the answer; 0 if there is none."""
    import http.client  # loads all of email and ssl, which the window need not wait for

    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request(method, path, body, _signed(port, run_secret, method, path, body))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _signed(port: int, run_secret: str, method: str, path: str, body: bytes) -> dict[str, str]:
    host = f"{LOOPBACK}:{port}"
    request = HttpRequest(method, path.encode(), b"", ((b"host", host.encode()),))
    secret = secret_access_key(run_secret, ACCOUNT_ID)
    headers = sign(request, ACCOUNT_ID, secret, REGION, "lambda", payload=body)
    return {name.decode(): value.decode() for name, value in headers}


class DataLock:
    """The operating system's lock on a file, so that no crash leaves it locked.

    The server inherits `descriptor`: if Workbench is killed, the folder stays locked until the server has
    saved and ended.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int | None:
        return self._descriptor

    def acquire(self, stopping: threading.Event, ctx: JobContext) -> None:
        """Takes the lock; does nothing if this object holds it.

        Raises:
            WorkbenchError: Another Workbench holds it, or the folder is not writable.
            Cancelled: By `stopping` or `ctx`, while waiting for the server of a killed Workbench.
        """
        if self._descriptor is not None:
            return
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise explain_os_error(error, NOT_STARTED, self._path) from error
        try:
            waited_s = 0.0
            while not try_lock(descriptor):
                owner = _read_pid(descriptor)
                if _is_alive(owner) or waited_s > _ORPHAN_TIMEOUT_S:
                    raise WorkbenchError(
                        NOT_STARTED,
                        (
                            _("Another Workbench (process {owner}) is using this Sandbox.")
                            if owner
                            else _("Another Workbench is using this Sandbox.")
                        ).format(owner=owner),
                        _(
                            "Use that window, or close it and connect again. For two windows at once, set "
                            "WORKBENCH_HOME to another folder and start Workbench again."
                        ),
                        action="connection.retry",
                    )
                if stopping.is_set():
                    raise Cancelled
                ctx.progress(0, 0, _("Waiting for the Sandbox of a Workbench process that was killed"))
                ctx.sleep(_LOCK_POLL_S)
                waited_s += _LOCK_POLL_S
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, str(os.getpid()).encode())
        except BaseException as error:
            os.close(descriptor)
            if isinstance(error, OSError):
                raise explain_os_error(error, NOT_STARTED, self._path) from error
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Releases the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _read_pid(descriptor: int) -> int:
    with contextlib.suppress(OSError, ValueError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        return int(os.read(descriptor, 32))
    return 0


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # servers do not inherit the lock there, so the holder is a Workbench
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # someone else's process
    return True


# ---- what can go wrong, in the user's words --------------------------------------------------------------


def _died(log_lines: list[str]) -> WorkbenchError:
    """The error if the server ended by itself."""
    return WorkbenchError(
        _("The Sandbox stopped unexpectedly."),
        "\n".join(log_lines[-12:]) or _("It printed no error message."),
        _("Start it again. If the problem persists, reset the Sandbox, which recreates its contents."),
        action="sandbox.start",
    )


def _damaged(copy: str) -> WorkbenchError:
    """The error if a state file could not be read; the server kept a copy."""
    return WorkbenchError(
        _("Some of the Sandbox's data was damaged and has been moved."),
        _("The file could not be read. A copy is kept as {copy}.").format(copy=copy),
        _("The Sandbox runs without this data. Reset it to recreate the samples."),
        action="sandbox.open_data_folder",
    )


def _not_saved(cause: str, data_dir: Path) -> WorkbenchError:
    """The error if a state file could not be written."""
    return WorkbenchError(
        _("The Sandbox could not save all of its data."),
        cause,
        _("Free some space on the disk of {data_dir}. Data that was saved earlier is intact.").format(
            data_dir=data_dir
        ),
        action="sandbox.open_data_folder",
    )
