"""The Sandbox's life: start, ready, crash and restart, stop, reset.

Owns: which server process runs on which port, and the folder it keeps its data in. Must not know: what is in
the Sandbox (see samples.py), the window. Nothing outside this room needs to know that the Sandbox is not AWS:
it is one more profile.
"""

import atexit
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error, make_private_folder
from workbench.core.jobs import JobContext
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.profiles.model import Profile, ProfileKind
from workbench.sandbox import faults
from workbench.sandbox.child import LAUNCHER, Child, remove_dead_runs, start_log
from workbench.sandbox.identity import ACCOUNT_ID, PROFILE_NAME, REGION
from workbench.sandbox.launch import launch, tell
from workbench.sandbox.launcher.keys import secret_access_key
from workbench.sandbox.launcher.pace import Pace
from workbench.sandbox.lock import DataLock
from workbench.sandbox.ports import LOOPBACK

_POLL_S = 0.02
_STOP_PATIENCE_S = 0.7
_RESTART_DELAYS_S = (0.1, 1.0, 3.0)
# A server that ran this long has proved itself: the next crash is a first one again.
_STABLE_S = 60.0


class SandboxState(Enum):
    """Where the Sandbox is in its life."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the running Sandbox answers."""

    url: str
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """The state, with what belongs to it: the endpoint when READY, the error when FAILED."""

    state: SandboxState
    endpoint: Endpoint | None = None
    error: WorkbenchError | None = None


class Sandbox:
    """The local AWS of one data folder.

    Args:
        data_dir: Keeps everything; made on first start. Shown to the person by "open data folder".
        on_status: Told of every change of state, on whichever thread made it. Must not call back.
        on_notice: Told of what a person should know though the Sandbox runs (damaged data set aside).
        command: The server's command line, another one in a packaged program.
        host: The host's environment, of which only an allow-list reaches the server.
        may_start: Whether the settings allow that it starts. Asked at each start, on any thread.
        policy: May forbid it; then `start` and `reset` raise before anything is done.
        is_fence_optional: Asked at each start of the server: whether functions run without the fence
            where the system refuses it.
        pace: Asked at each start of the server, and by `apply_pace`: how long states take.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        on_status: Callable[[SandboxStatus], None] = lambda status: None,
        on_notice: Callable[[WorkbenchError], None] = lambda notice: None,
        command: Sequence[str] = LAUNCHER,
        host: Mapping[str, str] = os.environ,
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
        self._host = host
        self._policy = policy
        self._is_fence_optional = is_fence_optional
        self._pace = pace
        self._lock = DataLock(data_dir / "lock")
        # Held by start, stop and reset, one at a time; never by the watching thread, which stop waits for.
        self._lifecycle = threading.RLock()
        self._stopping = threading.Event()
        # Of one start: a server that is restarted after a crash keeps it, so that connections go on.
        self._run_secret = ""
        self._child: Child | None = None
        self._watcher: threading.Thread | None = None
        self._status = SandboxStatus(SandboxState.STOPPED)

    @property
    def status(self) -> SandboxStatus:
        return self._status

    def profile(self) -> Profile:
        """The profile that reaches the running Sandbox.

        Raises:
            WorkbenchError: It does not run, so there is no address to reach it.
        """
        endpoint = self._status.endpoint
        if endpoint is None:
            raise faults.not_running(self._status.error.why if self._status.error else "")
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

    def start(self, ctx: JobContext) -> Endpoint:
        """Starts the server and waits until it answers; returns at once when it does already.

        Raises:
            WorkbenchError: Another Workbench uses the folder, the disk refuses, the server does not come up,
                the settings forbid it.
            Cancelled: The person cancelled or the program ends.
        """
        self._policy.check(Rule.SANDBOX, faults.NOT_STARTED)
        with self._lifecycle:
            self._check_settings()
            self._stopping.clear()
            return self._running(ctx) or self._bring_up(ctx, "Starting the Sandbox")

    def stop(self) -> None:
        """Ends the server, saved, in under a second; leaves no process, thread or folder behind."""
        self._stopping.set()  # before the lock: a start that waits for readiness gives up
        with self._lifecycle:
            atexit.unregister(self.stop)
            self._halt()
            self._lock.release()
            if self._status.state is not SandboxState.STOPPED:
                self._enter(SandboxState.STOPPED)

    def reset(self, ctx: JobContext) -> Endpoint:
        """Stops, deletes all data, starts empty. Whoever fills a new Sandbox when it is READY fills this one.

        Raises:
            WorkbenchError: As `start`; or the data could not be deleted.
            Cancelled: As `start`.
        """
        self._policy.check(Rule.SANDBOX, faults.NOT_STARTED)
        with self._lifecycle:
            self._check_settings()
            ctx.progress(0, 0, "Resetting the Sandbox")
            self._stopping.set()
            self._halt()
            self._stopping.clear()
            return self._bring_up(ctx, "Resetting the Sandbox", wipe=True)

    def apply_pace(self) -> None:
        """Has a server that runs take as long for states as `pace` says now."""
        endpoint = self._status.endpoint
        if endpoint is not None:
            tell(endpoint.port, self._run_secret, "pace", {"pace": self._pace().value})

    def _check_settings(self) -> None:
        if not self._may_start():
            raise faults.turned_off()

    def _bring_up(self, ctx: JobContext, text: str, *, wipe: bool = False) -> Endpoint:
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
        """The endpoint of a server that runs or is being restarted; None when there is none to wait for."""
        while self._watcher and self._watcher.is_alive():
            if self._status.endpoint:
                return self._status.endpoint
            ctx.sleep(_POLL_S)
        return None

    def _launch(self, ctx: JobContext, wanted_port: int = 0) -> Child:
        return launch(
            lambda port: Child(
                self.data_dir,
                port,
                self._run_secret,
                command=self._command,
                host=self._host,
                lock_descriptor=self._lock.descriptor,
                is_fence_optional=self._is_fence_optional(),
                pace=self._pace(),
            ),
            wanted_port,
            self._stopping,
            ctx,
        )

    def _watch(self, child: Child) -> None:
        """Waits for the server's death; restarts it unless it was wanted. Runs on its own thread."""
        crashes = 0
        while True:
            ready_at = time.monotonic()
            child.wait()
            for cause in child.said("save-failed:")[-1:]:
                self._on_notice(faults.not_saved(cause, self.data_dir))
            if self._stopping.is_set():
                return
            error = faults.died(child.log_lines())
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
            if self._stopping.is_set():  # stop came while there was no child it could have seen
                child.stop(_STOP_PATIENCE_S)
                return
            self._enter_ready(child)

    def _relaunch(
        self, port: int, crashes: int, error: WorkbenchError
    ) -> tuple[Child | None, int, WorkbenchError]:
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
            watcher.join(_STOP_PATIENCE_S)
            if watcher.is_alive() and (child := self._child):
                child.kill()
            watcher.join()
        if child := self._child:
            child.stop(0)  # a watcher that a faulty callback ended has left it to us
        self._child = self._watcher = None

    def _enter_ready(self, child: Child) -> Endpoint:
        endpoint = Endpoint(f"http://{LOOPBACK}:{child.port}", child.port, child.pid)
        self._enter(SandboxState.READY, endpoint)
        for copy in child.said("corrupt-state:"):
            self._on_notice(faults.damaged(copy))
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
                raise explain_os_error(error, "The Sandbox could not be reset.", path) from error

    def _make_data_dir(self) -> None:
        try:
            make_private_folder(self.data_dir)
        except OSError as error:
            raise explain_os_error(error, faults.NOT_STARTED, self.data_dir) from error
