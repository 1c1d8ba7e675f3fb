"""An execution environment: one worker process, its Runtime API and its log stream.

Its life as Lambda documents it: init (10 s), repeated within the first invocation when it failed, invocations
one after another, the end by a timeout or an exit.

WORKAROUND rows 3 and 4: remove when MiniStack runs handlers through the Lambda Runtime API itself.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, and for a missing
bootstrap https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html. AWS documents no other
text of a start that fails: "fork/exec ...", "exit status 127", INIT_REPORT before START and the status in
REPORT are as in logs of functions on AWS that users published from 2024 to 2026.
"""

import asyncio
import json
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.sandbox.launcher.fencing import ERROR_TYPE, explain
from workbench.sandbox.launcher.inside.fence import NOT_STARTED
from workbench.sandbox.launcher.output import LogMessage, OutputDecoder, Transcript
from workbench.sandbox.launcher.platform_log import Figures, utc_now
from workbench.sandbox.launcher.process import WorkerProcess
from workbench.sandbox.launcher.runtime_api import Invocation, RuntimeAnswer, RuntimeApi, runtime_error
from workbench.sandbox.launcher.spawner import InvalidEntrypointError, Spawner
from workbench.sandbox.launcher.spec import FunctionSpec

INIT_LIMIT_S = 10.0
_LAST_ANSWER_S = 0.05
_INVALID_ENTRYPOINT = "Runtime.InvalidEntrypoint"
# After these the runtime is started anew; it gives up itself when its response is refused.
_FATAL = ("Runtime.ExitError", _INVALID_ENTRYPOINT, "Function.ResponseSizeTooLarge")
# Source: https://github.com/aws/aws-lambda-runtime-interface-emulator, fatalerror
_KNOWN_ERROR_TYPE = re.compile(r"(Runtime|Function|Sandbox)\.[A-Z][a-zA-Z]+")


@dataclass(frozen=True, slots=True)
class InvocationRequest:
    """One event for a function, before an environment is chosen."""

    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str
    client_context: str = ""


@dataclass(frozen=True, slots=True)
class InvocationOutcome:
    """What an invocation came to; `log` holds its lines from START to REPORT."""

    answer: RuntimeAnswer
    duration_ms: float
    log: str


class ExecutionEnvironment:
    """Runs one invocation at a time, on the event loop.

    Args:
        init_limit_s: How long the worker may take until it asks for its first event.
    """

    def __init__(
        self, spec: FunctionSpec, spawner: Spawner, log: Transcript, init_limit_s: float = INIT_LIMIT_S
    ) -> None:
        self.spec = spec
        self.is_stale = False
        """Set when its function changed: it ends after the invocation that runs."""
        self.fence_refusal = ""
        """Why its last start was refused the fence: nothing of the function's has run then."""
        self._spawner = spawner
        self._lines = spec.platform_log()
        self._log = log
        self._init_limit_s = init_limit_s
        self._decoder = OutputDecoder()
        self._home = Path(tempfile.mkdtemp(prefix="handler-"))
        has_own_paths = spawner.as_inside(spec, self._home)[0] == spec
        self._paths = spec.paths_on_lambda() if has_own_paths else ()
        self._api: RuntimeApi | None = None
        self._worker: WorkerProcess | None = None
        self._peak_mb = 0

    @property
    def is_alive(self) -> bool:
        return self._worker is not None and not self._worker.exited.done()

    async def invoke(self, request: InvocationRequest) -> InvocationOutcome:
        """Starts the worker when there is none, gives it the event, waits until it answers or fails."""
        self._log.begin_transcript()
        init_ms: float | None = None
        failure: RuntimeAnswer | None = None
        if not self.is_alive:
            started = time.monotonic()
            failure = await self._start("init", self._init_limit_s, request.request_id)
            if not failure:
                init_ms = _elapsed_ms(started)
                self._log.begin_transcript()
        started = time.monotonic()
        if failure:
            # Lambda's "suppressed init": what failed before the invocation is tried again within it.
            failure = await self._start("invoke", self.spec.timeout_s, request.request_id)
        self._log.write_text(self._lines.start(request.request_id))
        answer = failure or await self._run(request, started + self.spec.timeout_s)
        if answer.is_error:
            answer = replace(answer, payload=self._as_on_lambda(answer.payload.decode()).encode())
        is_timeout = answer.error_type == "Sandbox.Timedout"
        duration_ms = self.spec.timeout_s * 1000.0 if is_timeout else _elapsed_ms(started)
        await self._finish(request, answer, duration_ms, init_ms, has_started=failure is None)
        return InvocationOutcome(answer, duration_ms, self._log.transcript())

    async def warm(self) -> bool:
        """Starts the worker before there is an event; returns whether the runtime asks for one."""
        self._log.begin_transcript()
        return await self._start("init", self._init_limit_s, "") is None

    async def end(self) -> None:
        """Kills the worker and closes its port. It can be started again."""
        worker, self._worker = self._worker, None
        if worker:
            self._peak_mb = worker.peak_mb()
            await worker.end()
        if self._api:
            self._api.close()
        self._write(self._decoder.flush())

    async def discard(self) -> None:
        """Ends it for good."""
        await self.end()
        await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)

    def used_mb(self) -> int:
        """Returns what the worker holds in memory now, 0 where the system does not tell."""
        return self._worker.used_mb() if self._worker else 0

    def kill(self) -> None:
        """Kills the worker and what it started. Safe from any thread."""
        if worker := self._worker:
            worker.kill()

    async def _start(self, phase: str, limit_s: float, request_id: str) -> RuntimeAnswer | None:
        """Returns None when the runtime asks for its first event, else what went wrong."""
        started = time.monotonic()
        self.fence_refusal = ""
        if phase == "init":
            self._log.write_text(self._lines.init_start())
            if note := self.spec.interpreter.note:
                self._log.write_text(f"Sandbox: {note}\n")
        self._api = api = RuntimeApi()
        try:
            await api.open()
            inside, home = self._spawner.as_inside(self.spec, self._home)
            environment = inside.environment(runtime_api=api.address, log_stream=self._log.name, home=home)
            self._worker = worker = await self._spawner.start(
                self.spec, environment, self._home, self._take_output
            )
        except InvalidEntrypointError as error:
            await self.end()
            return self._log_failed_start(started, phase, _no_entrypoint(request_id, str(error)))
        except OSError as error:
            await self.end()
            return runtime_error(
                "Sandbox.SpawnFailed", f"The Sandbox could not start {self.spec.runtime}: {error}"
            )
        waiting: set[asyncio.Future[object]] = {api.ready, worker.exited}  # type: ignore[arg-type]
        await asyncio.wait(waiting, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        failure = runtime_error("Sandbox.Timedout", _timeout_text(request_id, limit_s))
        status = "timeout"
        if api.ready.done():
            reported = api.ready.result()
            if reported is None:
                return None
            failure, status = reported, "error"
        elif worker.exited.done():
            failure, status = _exit_answer(request_id, worker.exited.result()), "error"
            refusal = worker.refusal()
            if refusal.startswith(NOT_STARTED):
                failure = _no_entrypoint(request_id, self._as_on_lambda(refusal))
            else:
                self.fence_refusal = refusal
        if self.fence_refusal:
            failure = runtime_error(ERROR_TYPE, explain(self.fence_refusal))
            self._log.write_text(f"[ERROR] {ERROR_TYPE}: {explain(self.fence_refusal)}\n")
        await self.end()
        return self._log_failed_start(started, phase, failure, status)

    def _log_failed_start(
        self, started: float, phase: str, failure: RuntimeAnswer, status: str = "error"
    ) -> RuntimeAnswer:
        error_type = _logged_type(failure) if status == "error" else ""
        self._log.write_text(self._lines.init_report(_elapsed_ms(started), phase, status, error_type))
        return failure

    async def _run(self, request: InvocationRequest, deadline: float) -> RuntimeAnswer:
        worker, api = self._worker, self._api
        if worker is None or api is None:
            raise RuntimeError("an event was given to an environment that has not started")
        remaining_s = deadline - time.monotonic()
        answered = api.give(
            Invocation(
                request.request_id,
                request.payload,
                int((time.time() + remaining_s) * 1000),
                request.function_arn,
                request.trace_id,
                request.client_context,
            )
        )
        waiting: set[asyncio.Future[object]] = {answered, worker.exited}  # type: ignore[arg-type]
        await asyncio.wait(waiting, timeout=max(remaining_s, 0), return_when=asyncio.FIRST_COMPLETED)
        if not answered.done() and worker.exited.done():
            # The answer of a process that ended right after it may still be on its way.
            await asyncio.wait({answered}, timeout=_LAST_ANSWER_S)
        worker.drain()
        self._write(self._decoder.flush())
        if answered.done():
            return answered.result()
        if worker.exited.done():
            return _exit_answer(request.request_id, worker.exited.result())
        return runtime_error("Sandbox.Timedout", _timeout_text(request.request_id, self.spec.timeout_s))

    async def _finish(
        self,
        request: InvocationRequest,
        answer: RuntimeAnswer,
        duration_ms: float,
        init_ms: float | None,
        *,
        has_started: bool,
    ) -> None:
        """Writes the lines that end an invocation; ends the worker when the platform had to answer."""
        if self._worker:
            self._peak_mb = self._worker.peak_mb()
        status, error_type = "success", ""
        if answer.error_type == "Sandbox.Timedout":
            status = "timeout"
            text = f"Task timed out after {self.spec.timeout_s:.2f} seconds"
            self._log.write_text(f"{utc_now()} {request.request_id} {text}\n\n")
        elif not has_started or answer.error_type in _FATAL:
            status, error_type = "error", _logged_type(answer)
        if answer.error_type in ("Runtime.ExitError", _INVALID_ENTRYPOINT):
            self._log.write_text(f"{json.loads(answer.payload)['errorMessage']}\n{error_type}\n")
        if status != "success":
            await self.end()
        figures = Figures(duration_ms, self.spec.memory_mb, self._peak_mb, init_ms, status, error_type)
        self._log.write_text(
            self._lines.end(request.request_id), self._lines.report(request.request_id, figures)
        )

    def _take_output(self, block: bytes) -> None:
        self._write(self._decoder.feed(block))

    def _write(self, messages: Iterable[LogMessage]) -> None:
        self._log.write([replace(each, text=self._as_on_lambda(each.text)) for each in messages])

    def _as_on_lambda(self, text: str) -> str:
        """What a function or its runtime wrote, with the paths that its files have on Lambda."""
        for here, there in self._paths:
            text = text.replace(here, there)
        return text


def _logged_type(failure: RuntimeAnswer) -> str:
    """Returns the type of an error in the platform's lines: of a function's own it knows nothing."""
    return failure.error_type if _KNOWN_ERROR_TYPE.search(failure.error_type) else "Runtime.Unknown"


def _elapsed_ms(since: float) -> float:
    return (time.monotonic() - since) * 1000


def _timeout_text(request_id: str, limit_s: float) -> str:
    return f"RequestId: {request_id} Error: Task timed out after {limit_s:.2f} seconds"


def _no_entrypoint(request_id: str, reason: str) -> RuntimeAnswer:
    return runtime_error(_INVALID_ENTRYPOINT, f"RequestId: {request_id} Error: {reason}")


def _exit_answer(request_id: str, code: int) -> RuntimeAnswer:
    return runtime_error("Runtime.ExitError", f"RequestId: {request_id} Error: {_exit_reason(code)}")


def _exit_reason(code: int) -> str:
    """Says how a process ended in Lambda's words."""
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    return f"Runtime exited with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
