"""An execution environment: one worker process, its Runtime API and its log stream.

Its life as Lambda documents it: init (10 s), repeated within the first invocation when it failed, invocations
one after another, the end by a timeout or an exit. Everything runs on one event loop, so that nothing here
needs a lock.

The Runtime API has a loopback port of its own. Only the environment's runtime may take its events and answer
them: its address, AWS_LAMBDA_RUNTIME_API, ends in a secret path ("127.0.0.1:4711/SECRET"; runtimes put
"http://" before it and their own paths behind it), and the peer has to be the same user.

WORKAROUND rows 3 and 4: remove when MiniStack runs handlers through the Lambda Runtime API itself.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html,
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, and for a missing bootstrap
https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html. AWS documents no other text of a
start that fails: "fork/exec ...", "exit status 127", INIT_REPORT before START and the status in REPORT are as
in logs of functions on AWS that users published from 2024 to 2026.
"""

import asyncio
import contextlib
import hmac
import json
import re
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

import h11

from workbench_sandbox.server.inside.fence import NOT_STARTED
from workbench_sandbox.server.log_lines import Figures, LogMessage, OutputDecoder, Transcript, utc_now
from workbench_sandbox.server.peer import is_own_peer
from workbench_sandbox.server.spec import FunctionSpec
from workbench_sandbox.server.workers import (
    ERROR_TYPE,
    Fencing,
    InvalidEntrypointError,
    Worker,
    explain,
)

# Source: Lambda quotas, "invocation payload, synchronous: 6 MB each", as the service counts it.
_LARGEST_RESPONSE_BYTES = 6_291_556
# awslambdaric sends its X-Ray fault, up to 1 MB, as a header.
_LARGEST_HEADER_BYTES = 2 * 1024 * 1024
_RESULT = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")
_Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class InvocationRequest:
    """An event for a function."""

    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str
    client_context: str = ""


@dataclass(frozen=True, slots=True)
class RuntimeAnswer:
    """The answer of a runtime, or of the platform in its place: a result or an error document."""

    payload: bytes
    is_error: bool
    error_type: str = ""


def runtime_error(error_type: str, message: str) -> RuntimeAnswer:
    """Builds the platform's answer if the runtime cannot answer."""
    return RuntimeAnswer(
        json.dumps({"errorType": error_type, "errorMessage": message}).encode(), True, error_type
    )


@dataclass(slots=True)
class _Pending:
    request: InvocationRequest
    deadline_ms: int
    answer: "asyncio.Future[RuntimeAnswer]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class _RuntimeApi:
    """Serves one environment: first poll, one invocation at a time, its answer."""

    def __init__(self) -> None:
        self.address = ""
        self._host = ""
        self._root = f"/{secrets.token_urlsafe(24)}"
        self.ready: asyncio.Future[RuntimeAnswer | None] = asyncio.get_running_loop().create_future()
        """None at the first poll; the error document if the runtime reports that it cannot start."""
        self._events: asyncio.Queue[_Pending] = asyncio.Queue()
        self._pending: _Pending | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Starts to listen; `address` is then the value of AWS_LAMBDA_RUNTIME_API."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self.address = self._host + self._root

    def close(self) -> None:
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    def give(self, request: InvocationRequest, deadline_ms: int) -> "asyncio.Future[RuntimeAnswer]":
        """Hands the next event to the runtime; the future holds its answer."""
        self._pending = _Pending(request, deadline_ms)
        self._events.put_nowait(self._pending)
        return self._pending.answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks.add(task)
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEADER_BYTES)
        try:
            if not is_own_peer(writer.get_extra_info("socket")):
                return
            while request := await _read_request(connection, reader):
                status, headers, body = await self._answer(*request)
                headers = [*headers, ("Content-Length", str(len(body)))]
                response = connection.send(h11.Response(status_code=status, headers=headers)) or b""
                response += connection.send(h11.Data(data=body)) or b""
                writer.write(response + (connection.send(h11.EndOfMessage()) or b""))
                await writer.drain()
                if connection.our_state is h11.MUST_CLOSE:
                    break
                connection.start_next_cycle()
        except (OSError, h11.RemoteProtocolError, h11.LocalProtocolError, asyncio.CancelledError):
            pass  # The worker ended, or the client was not a runtime.
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(OSError):
                writer.close()

    async def _answer(
        self, request: h11.Request, body: bytes, is_too_large: bool
    ) -> tuple[int, _Headers, bytes]:
        root, path = request.target[: len(self._root)], request.target[len(self._root) :].decode("latin-1")
        if not self._is_from_a_runtime(request, root):
            return _document(403, "Forbidden", "Only the function's runtime can use this API.")
        if path == "/2018-06-01/runtime/invocation/next":
            if not self.ready.done():
                self.ready.set_result(None)
            return _event(await self._events.get())
        if path == "/2018-06-01/runtime/init/error":
            if not self.ready.done():
                self.ready.set_result(RuntimeAnswer(body, True, _error_type(body)))
            return 202, [], b'{"status":"OK"}'
        match = _RESULT.fullmatch(path)
        pending = self._pending
        if match is None:
            return _document(404, "NotFound", "Not part of the Lambda Runtime API.")
        if pending is None or pending.request.request_id != match[1] or pending.answer.done():
            return _document(400, "InvalidRequestID", "Invalid request ID")
        if is_too_large:
            text = f"payload size exceeded maximum allowed payload size ({_LARGEST_RESPONSE_BYTES} bytes)."
            pending.answer.set_result(runtime_error("Function.ResponseSizeTooLarge", f"Response {text}"))
            return _document(413, "RequestEntityTooLarge", text)
        is_error = match[2] == "error"
        pending.answer.set_result(RuntimeAnswer(body, is_error, _error_type(body) if is_error else ""))
        return 202, [], b'{"status":"OK"}'

    def _is_from_a_runtime(self, request: h11.Request, root: bytes) -> bool:
        """Rejects clients that do not know the address, and web pages (see `guard`)."""
        headers = dict(request.headers.raw_items())
        names = {name.lower(): value.decode("latin-1") for name, value in headers.items()}
        is_page = bool({b"origin", b"sec-fetch-site"} & names.keys())
        return (
            hmac.compare_digest(root, self._root.encode())
            and names.get(b"host") == self._host
            and not is_page
        )


async def _read_request(
    connection: h11.Connection, reader: asyncio.StreamReader
) -> tuple[h11.Request, bytes, bool] | None:
    """Returns a request, its body and whether that was too large to be kept; None at the connection's end."""
    request: h11.Request | None = None
    body = bytearray()
    size = 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            size += len(event.data)
            if size <= _LARGEST_RESPONSE_BYTES:
                body += event.data
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            return request, bytes(body), size > _LARGEST_RESPONSE_BYTES
        else:
            return None


def _event(pending: _Pending) -> tuple[int, _Headers, bytes]:
    request = pending.request
    headers = [
        ("Content-Type", "application/json"),
        ("Lambda-Runtime-Aws-Request-Id", request.request_id),
        ("Lambda-Runtime-Deadline-Ms", str(pending.deadline_ms)),
        ("Lambda-Runtime-Invoked-Function-Arn", request.function_arn),
        ("Lambda-Runtime-Trace-Id", request.trace_id),
    ]
    if request.client_context:
        headers.append(("Lambda-Runtime-Client-Context", request.client_context))
    return 200, headers, request.payload


def _document(status: int, error_type: str, message: str) -> tuple[int, _Headers, bytes]:
    return status, [], json.dumps({"errorMessage": message, "errorType": error_type}).encode()


def _error_type(document: bytes) -> str:
    try:
        found = json.loads(document)["errorType"]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


INIT_LIMIT_S = 10.0
_MEASURE_EVERY_S = 0.05
_LAST_ANSWER_S = 0.05
_INVALID_ENTRYPOINT = "Runtime.InvalidEntrypoint"
# After these the runtime is restarted; it exits itself if its response is refused.
_FATAL = ("Runtime.ExitError", _INVALID_ENTRYPOINT, "Function.ResponseSizeTooLarge")
# Source: https://github.com/aws/aws-lambda-runtime-interface-emulator, fatalerror
_KNOWN_ERROR_TYPE = re.compile(r"(Runtime|Function|Sandbox)\.[A-Z][a-zA-Z]+")


class Starter(Protocol):
    """Starts workers: `workers.Spawner`, or the broker's client (see `broker_client`)."""

    @property
    def fencing(self) -> Fencing:
        """How functions are started."""

    async def start(
        self,
        spec: FunctionSpec,
        environment: Mapping[str, str],
        home: Path,
        on_output: Callable[[bytes], None],
    ) -> Worker:
        """See `Spawner.start`."""


@dataclass(frozen=True, slots=True)
class InvocationOutcome:
    """The result of an invocation; `log` holds its lines from START to REPORT."""

    answer: RuntimeAnswer
    duration_ms: float
    log: str


class ExecutionEnvironment:
    """Runs one invocation at a time, on the event loop.

    The limit of memory is on what Lambda counts, the resident set of the function's process, measured often:
    a limit of the address space would stop functions that Lambda runs.

    Args:
        init_limit_s: Maximum time until the worker requests its first event.
        has_memory_limit: Whether the worker is killed when it exceeds the function's memory.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        spawner: Starter,
        log: Transcript,
        init_limit_s: float = INIT_LIMIT_S,
        *,
        has_memory_limit: bool = True,
    ) -> None:
        self.spec = spec
        self.is_stale = False
        """Set when its function has changed: it ends after the current invocation."""
        self.fence_refusal = ""
        """Why the fence was refused at its last start; no code of the function has run then."""
        self._spawner = spawner
        self._lines = spec.platform_log()
        self._log = log
        self._init_limit_s = init_limit_s
        self._has_memory_limit = has_memory_limit
        self._decoder = OutputDecoder()
        self._home = Path(tempfile.mkdtemp(prefix="handler-"))
        has_own_paths = spawner.fencing.as_inside(spec, self._home)[0] == spec
        self._paths = spec.paths_on_lambda() if has_own_paths else ()
        self._api: _RuntimeApi | None = None
        self._worker: Worker | None = None
        self._peak_mb = 0

    @property
    def is_alive(self) -> bool:
        return self._worker is not None and not self._worker.exited.done()

    @property
    def used_mb(self) -> int:
        """The resident memory of its worker."""
        return self._worker.used_mb() if self._worker else 0

    async def invoke(self, request: InvocationRequest) -> InvocationOutcome:
        """Starts the worker if necessary, gives it the event, waits until it answers or fails."""
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
            # Lambda's "suppressed init": an init that failed is repeated within the invocation.
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
        """Starts the worker before there is an event; returns whether the runtime requests one."""
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
        """Ends it permanently."""
        await self.end()
        await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)

    def kill(self) -> None:
        """Kills the worker and its children. Thread-safe."""
        if worker := self._worker:
            worker.kill()

    async def _start(self, phase: str, limit_s: float, request_id: str) -> RuntimeAnswer | None:
        """Returns None when the runtime requests its first event, otherwise the error."""
        started = time.monotonic()
        self.fence_refusal = ""
        if phase == "init":
            self._log.write_text(self._lines.init_start())
            if note := self.spec.interpreter.note:
                self._log.write_text(f"Sandbox: {note}\n")
        self._api = api = _RuntimeApi()
        try:
            await api.open()
            inside, home = self._spawner.fencing.as_inside(self.spec, self._home)
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
        await self._wait_for(api.ready, worker, limit_s)
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
        answered = api.give(request, int((time.time() + remaining_s) * 1000))
        await self._wait_for(answered, worker, max(remaining_s, 0))
        if not answered.done() and worker.exited.done():
            # The answer of a process that has just ended may still be in transit.
            await asyncio.wait({answered}, timeout=_LAST_ANSWER_S)
        worker.drain()
        self._write(self._decoder.flush())
        if answered.done():
            return answered.result()
        if worker.exited.done():
            return _exit_answer(request.request_id, worker.exited.result())
        return runtime_error("Sandbox.Timedout", _timeout_text(request.request_id, self.spec.timeout_s))

    async def _wait_for(self, reply: "asyncio.Future[Any]", worker: Worker, limit_s: float) -> None:
        """Waits until the runtime replies, the worker ends or the time is up; kills a worker too large."""
        watch = asyncio.ensure_future(self._end_when_too_large(worker))
        try:
            await asyncio.wait({reply, worker.exited}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watch.cancel()

    async def _end_when_too_large(self, worker: Worker) -> None:
        """Kills the worker when it exceeds the function's memory; Lambda's own answer follows."""
        while self._has_memory_limit:
            await worker.measure()
            if worker.used_mb() > self.spec.memory_mb:
                worker.kill()
            await asyncio.sleep(_MEASURE_EVERY_S)

    async def _finish(
        self,
        request: InvocationRequest,
        answer: RuntimeAnswer,
        duration_ms: float,
        init_ms: float | None,
        *,
        has_started: bool,
    ) -> None:
        """Writes the last lines of an invocation; ends the worker if the platform had to answer."""
        if self._worker:
            await self._worker.measure()
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
        """Output of a function or runtime, with the paths that its files have on Lambda."""
        for here, there in self._paths:
            text = text.replace(here, there)
        return text


def _logged_type(failure: RuntimeAnswer) -> str:
    """Returns the type of an error for the platform's lines, where the function's own types are unknown."""
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
    """Describes the end of a process in Lambda's words."""
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    return f"Runtime exited with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
