"""Local runs: the working copy of a function runs on this computer, without a deploy.

A separate process (workbench_sandbox.server.local_run) runs the function; however it ends, nothing of it is
left.
"""

import base64
import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining, is_locked, make_private_folder, try_lock
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.functions.model import FunctionDetail
from workbench.invoke.payload import check_client_context, check_payload, parse_failure
from workbench.invoke.run import InvocationResult, LogLines, find_report

WHAT = _("The function was not run on this computer.")
_LOCK = "lock"


@contextmanager
def run_folder(root: Path) -> Iterator[Path]:
    """A private folder below `root`, deleted afterwards. Also deletes the folders of killed programs.

    Raises WorkbenchError if it cannot be created.
    """
    with explaining(WHAT, root):
        make_private_folder(root)
        for other in root.iterdir():
            # A folder without a lock is just being created.
            if (other / _LOCK).exists() and not is_locked(other / _LOCK):
                shutil.rmtree(other, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=root))
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        with contextlib.suppress(OSError):  # no locks on this file system: every folder counts as locked
            try_lock(lock)
    try:
        yield folder
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


MAX_LOG_CHARACTERS = 4_000_000
"""The end of the log that is stored, in characters; all of it is emitted."""

_HOST_VARIABLES = ("PATH", "LANG", "SYSTEMROOT")
_CHECK_S = 0.05
_TERMINATION_S = 1.0
_MAX_QUEUED_LINES = 500


@dataclass(frozen=True, slots=True)
class Runner:
    """The program that runs functions, with the protocol of `workbench_sandbox.server.local_run`."""

    command: Sequence[str]
    folder: Path


class LocalProcess:
    """The running program. When its input closes, it kills its child processes and removes the folder."""

    def __init__(self, runner: Runner, folder: Path, job: Mapping[str, object]) -> None:
        self.log: deque[str] = deque()
        self._log_size = 0
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue(_MAX_QUEUED_LINES)
        self._is_ending = threading.Event()
        self.is_over = False
        self._errors = folder / "errors"
        with explaining(WHAT, Path(runner.command[0])), self._errors.open("wb") as errors:
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
        self._reader = threading.Thread(target=self._read, name="local run", daemon=True)
        self._reader.start()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended, which the reader notices
            self._process.stdin.write(json.dumps(job).encode() + b"\n")

    def read(self, wait_s: float) -> list[dict[str, Any]]:
        """The new messages; waits a moment if there are none."""
        found: list[dict[str, Any]] = []
        with contextlib.suppress(queue.Empty):
            message = self._messages.get(timeout=wait_s)
            while message is not None:
                found.append(message)
                if len(found) == _MAX_QUEUED_LINES:
                    return found
                message = self._messages.get_nowait()
            self.is_over = True
        return found

    def keep(self, text: str) -> None:
        """Adds to the log; only the end of a very long one is stored."""
        self.log.append(text)
        self._log_size += len(text)
        while self._log_size - len(self.log[0]) > MAX_LOG_CHARACTERS:
            self._log_size -= len(self.log.popleft())

    def fault(self) -> WorkbenchError:
        """Why it ended without a response."""
        try:
            lines = self._errors.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            lines = []
        why = lines[-1] if lines else _("The process that was to run it has ended.")
        return WorkbenchError(
            WHAT, why, (_("Try again. If the problem persists, choose Help > Open Log Folder for details."))
        )

    def end(self) -> None:
        """Ends it with its child processes."""
        self._is_ending.set()
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.close()
        try:
            self._process.wait(_TERMINATION_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # its worker ends when the pipe closes
            self._process.wait()
        self._reader.join()
        stdout.close()

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            # Through a buffer: the pipe itself gives a line by a call of the system for each byte.
            with open(stdout.fileno(), "rb", closefd=False) as lines:
                for line in lines:
                    self._put(json.loads(line))
        except ValueError:
            pass  # a line that is cut at the end
        finally:
            self._put(None)

    def _put(self, message: dict[str, Any] | None) -> None:
        while not self._is_ending.is_set():
            with contextlib.suppress(queue.Full):
                self._messages.put(message, timeout=_CHECK_S)
                return


DEBUGGER_FOLDER = "debugger"
"""The subfolder of a run with the debugger's files."""

_PROGRESS_S = 0.5
_REPORT_CHARACTERS = 40_000  # at the end of the log


@dataclass(frozen=True, slots=True)
class LocalCode:
    """The code that is run: the folder of this run, deleted at its end, and below it code and layers."""

    folder: Path
    task_root: Path
    layers_root: Path | None = None


@dataclass(frozen=True, slots=True)
class LocalIdentity:
    """The identity of the function: AWS_ACCESS_KEY_ID and so on, and the endpoint if it is not AWS's."""

    credentials: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    endpoint_url: str = ""


class FenceRefused(WorkbenchError):
    """The system refused the isolation of local code. The user may run the function without it."""


def refusal_of(detail: FunctionDetail, policy: Policy = NO_POLICY) -> WorkbenchError | None:
    """Why the policy or the function's configuration prevents a local run; None if it can run."""
    if refused := policy.refusal(Rule.LOCAL_RUNS, WHAT):
        return refused
    if detail.package_type == "Image":
        return WorkbenchError(
            WHAT, _("Workbench cannot run container images locally."), _("Invoke it in AWS instead.")
        )
    if not detail.runtime.startswith(("python", "nodejs")):
        return WorkbenchError(
            WHAT,
            _("Its runtime is {runtime}. On this computer Python and Node.js run.").format(
                runtime=detail.runtime or _("not known")
            ),
            _("Invoke it in AWS instead."),
        )
    if sys.platform == "win32":
        return WorkbenchError(
            WHAT, _("Functions cannot run locally on Windows."), _("Invoke it in AWS instead.")
        )
    return None


def run_locally(
    runner: Runner,
    detail: FunctionDetail,
    code: LocalCode,
    identity: LocalIdentity,
    payload: bytes,
    ctx: JobContext,
    *,
    client_context: str = "",
    has_limits: bool = True,
    is_fence_optional: bool = False,
    variables: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    policy: Policy = NO_POLICY,
) -> InvocationResult:
    """Runs a function's code once, in a new execution environment, and waits for its end.

    Timeout and memory limit apply as in Lambda. The memory is the resident set of the function's own process,
    checked 50 times a second: child processes do not count, and a short peak may exceed the limit.

    Args:
        ctx: `LogLines` are emitted while it runs; progress is in seconds of the timeout.
        has_limits: Whether timeout and memory limit apply.
        is_fence_optional: Whether it runs without isolation if the system refuses that.
        variables: Additional environment variables, which override the function's own.

    Raises:
        WorkbenchError: It is forbidden, the payload is invalid, the runtime is not supported, or the process
            failed.
        FenceRefused: The system refused the isolation; nothing of the function has run.
        Cancelled: By the user. As at any other end, all processes have ended and the folder is deleted.
    """
    clock = clock or SystemClock()
    try:
        if refused := refusal_of(detail, policy):
            raise refused
        event_file = code.folder / "event"
        checked = check_payload(payload) or b"{}"
        with explaining(WHAT, event_file):
            event_file.write_bytes(checked)  # 6 MB do not fit into a pipe
        request = {
            "request_id": str(uuid.uuid4()),
            "function_arn": detail.function_arn,
            "trace_id": f"Root=1-{int(clock.now().timestamp()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
            "client_context": _plain(client_context),
        }
        job = {
            "spec": _spec(detail, code, identity, variables or {}),
            "request": request,
            "payload_file": str(event_file),
            "has_limits": has_limits,
            "is_fence_optional": is_fence_optional,
        }
        started_at, begun_s = clock.now(), clock.monotonic()
        process = LocalProcess(runner, code.folder, job)
        try:
            answer = _follow(process, detail.timeout_s if has_limits else 0, ctx, clock)
        finally:
            process.end()
    finally:
        shutil.rmtree(code.folder, ignore_errors=True)
    if refusal := answer["fence_refusal"]:
        raise FenceRefused(
            WHAT,
            _("This system could not isolate the function from your files: {refusal}.").format(
                refusal=refusal
            ),
            _("Run it without isolation if you trust its code, or invoke it in AWS instead."),
        )
    body, log = base64.b64decode(answer["answer"]), "".join(process.log)
    return InvocationResult(
        status_code=200,
        payload=body,
        failure=parse_failure("Unhandled", body) if answer["is_error"] else None,
        request_id=str(request["request_id"]),
        log_tail=log,
        report=find_report(log[-_REPORT_CHARACTERS:]),
        executed_version=detail.version,
        started_at=started_at,
        duration_ms=(clock.monotonic() - begun_s) * 1000,
    )


def _plain(client_context: str) -> str:
    """The client context as one line of JSON: the runtime does not expect base64."""
    if client_context:
        check_client_context(client_context)
    return " ".join(client_context.split("\n"))


def _spec(
    detail: FunctionDetail, code: LocalCode, identity: LocalIdentity, variables: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "account_id": detail.account_id,
        "region": detail.region,
        "function_name": detail.function_name,
        "version": detail.version,
        "runtime": detail.runtime,
        "handler": detail.handler,
        "memory_mb": detail.memory_mb,
        "timeout_s": detail.timeout_s,
        "ephemeral_storage_mb": detail.ephemeral_storage_mb,
        "role_arn": detail.role_arn,
        "code_sha256": "",
        "variables": sorted({**dict(detail.environment), **variables}.items()),
        "credentials": list(identity.credentials),
        "log_group": detail.log_group,
        "log_format": detail.log_format,
        "log_level": detail.application_log_level if detail.log_format == "JSON" else "",
        "task_root": str(code.task_root),
        "debugger_dir": str(code.folder / DEBUGGER_FOLDER),
        "layers_root": str(code.layers_root or ""),
        "endpoint_url": identity.endpoint_url,
    }


def _follow(process: LocalProcess, timeout_s: float, ctx: JobContext, clock: Clock) -> dict[str, Any]:
    """Emits log lines until there is a response."""
    begun_s = reported_s = clock.monotonic()
    while True:
        ctx.check()
        messages = process.read(_CHECK_S)
        if text := "".join(message["log"] for message in messages if "log" in message):
            process.keep(text)
            ctx.emit(LogLines(text))
        for message in messages:
            if "answer" in message:
                return message
        if process.is_over:
            raise process.fault()
        now_s = clock.monotonic()
        if now_s - reported_s >= _PROGRESS_S:
            reported_s = now_s
            ctx.progress(min(now_s - begun_s, timeout_s), timeout_s, _("Running on this computer"))
