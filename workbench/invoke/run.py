"""Invoking a function in AWS, once or many times, with statistics of the durations.

Each request is sent exactly once, and Cancel takes effect at once.
"""

import base64
import binascii
import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import ASYNC_PAYLOAD_LIMIT_BYTES, SYNC_PAYLOAD_LIMIT_BYTES
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import wait_until_updated
from workbench.functions.invocations import Report, parse_report, send_qualified
from workbench.invoke.failure import FunctionFailure, parse_failure
from workbench.invoke.history import InvocationOutcome, Mode
from workbench.invoke.payload import check_client_context, check_payload, check_tenant_id

READ_MARGIN_S = 60.0
"""Added to the function's timeout, which does not include a cold start. Source: init phase up to 10 s,
images and VPC interfaces longer, https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

_LOST = frozenset({"ConnectionClosedError", "ReadTimeoutError", "HTTPClientError", "ResponseParserError"})
"""botocore's errors after which the request may have reached Lambda."""

_NOT_FOUND, _CONFLICT, _PENDING = "ResourceNotFoundException", "ResourceConflictException", "state: Pending"
_MAY_HAVE_RUN = _("The function might have run. Check its log before you invoke it again.")

MAX_STREAMED_BYTES = 32 * 1024 * 1024
"""Maximum of a streamed response that is stored; Lambda streams up to 200 MB.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html"""

_CHECK_S = 0.05
_PROGRESS_S = 0.5


class AnswerLost(WorkbenchError):
    """The request may have reached Lambda, but the response was lost."""


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """Lambda's response.

    Args:
        payload: The function's response, or its error as JSON.

    Attributes:
        status_code: HTTP status; 200 even if the function failed.
        failure: The function's error; None if it succeeded.
        request_id: AWS's ID of the invocation.
        log_tail: The last 4 KB of the log; empty if it was not requested.
        report: Figures of the REPORT line; None if the tail does not contain it.
        executed_version: The version that ran ("$LATEST", "7").
        started_at: Time of sending, by this computer's clock, UTC.
        duration_ms: From sending to the last byte of the response, by this computer's clock.
    """

    status_code: int
    payload: bytes
    failure: FunctionFailure | None
    request_id: str
    log_tail: str
    report: Report | None
    executed_version: str
    started_at: datetime
    duration_ms: float

    @property
    def error_type(self) -> str:
        """The runtime's name of the error; empty if the function succeeded."""
        return self.failure.error_type if self.failure else ""

    @property
    def function_error(self) -> str:
        """X-Amz-Function-Error; empty if the function succeeded."""
        return self.failure.kind if self.failure else ""


@dataclass(frozen=True, slots=True)
class LogLines:
    """New lines in the log of a local run, including line ends; emitted while it runs."""

    text: str


def invoke(
    connection: Connection,
    function_name: str,
    payload: bytes,
    qualifier: str,
    timeout_s: float,
    ctx: JobContext,
    *,
    mode: Mode = Mode.SYNC,
    client_context: str = "",
    tenant_id: str = "",
    streaming: bool = False,
    log_tail: bool = True,
    clock: Clock | None = None,
) -> InvocationResult:
    """Invokes a function, once.

    The request is never repeated once the function may have run: a second one would run it again. It is
    repeated
    only if AWS refuses without running the function: a durable function needs a qualifier, so $LATEST is
    named then; a function that is still being created is invoked once it is active.

    The request is sent on a daemon thread, because a blocking read cannot be interrupted: Cancel returns
    within 50 ms, while the thread ends with the response, the timeout or the program. A cancelled invocation
    keeps running in AWS, where nothing can stop it; the user must be told so.

    Args:
        function_name: Name or ARN.
        payload: One JSON value; checked before sending.
        qualifier: Version or alias; empty for the function itself.
        ctx: Progress is in seconds of the timeout. Each chunk (bytes) of a streamed response is emitted as it
            arrives.
        mode: Wait for the response, queue the event (no response, no log tail), or only check permissions.
        client_context: A JSON object for the function's context; empty for none.
        tenant_id: The tenant of a function with tenant isolation; empty for all others.
        streaming: Whether to stream the response; only its first MAX_STREAMED_BYTES are stored.
        log_tail: Whether to request the last 4 KB of the log.

    Raises:
        WorkbenchError: The payload is invalid, or AWS refuses (the function did not run).
        AnswerLost: The response was lost; the function may have run.
        Cancelled: At once; the function keeps running.
    """
    request = _request(function_name, payload, qualifier, mode, client_context)
    if tenant_id:
        request["TenantId"] = check_tenant_id(tenant_id)
    if log_tail and mode is Mode.SYNC:
        request["LogType"] = "Tail"
    ctx.check()
    clock = clock or SystemClock()
    invocation = _Invocation(connection, request, timeout_s + READ_MARGIN_S, clock)
    send = invocation.stream if streaming and mode is Mode.SYNC else invocation.invoke
    try:
        return _wait_for_response(invocation, _SentRequest(send, function_name), timeout_s, ctx, clock)
    except WorkbenchError as error:
        if error.aws_code != _CONFLICT or _PENDING not in error.why:
            raise
        _wait_until_active(connection, function_name, qualifier, ctx, error)
    return _wait_for_response(invocation, _SentRequest(send, function_name), timeout_s, ctx, clock)


def _wait_until_active(
    connection: Connection, function_name: str, qualifier: str, ctx: JobContext, refused: WorkbenchError
) -> None:
    try:
        wait_until_updated(connection, function_name, ctx, qualifier)
    except WorkbenchError:  # the identity may invoke the function, but not read it
        raise refused from None


def _wait_for_response(
    invocation: "_Invocation", sent: "_SentRequest", timeout_s: float, ctx: JobContext, clock: Clock
) -> InvocationResult:
    begun_s = reported_s = clock.monotonic()
    while not sent.done.wait(_CHECK_S):
        ctx.check()
        invocation.emit_chunks(ctx)
        now_s = clock.monotonic()
        if now_s - reported_s >= _PROGRESS_S:
            reported_s = now_s
            ctx.progress(min(now_s - begun_s, timeout_s), timeout_s)
    invocation.emit_chunks(ctx)
    return sent.result()


def _request(
    function_name: str, payload: bytes, qualifier: str, mode: Mode, client_context: str
) -> dict[str, Any]:
    max_bytes = ASYNC_PAYLOAD_LIMIT_BYTES if mode is Mode.ASYNC else SYNC_PAYLOAD_LIMIT_BYTES
    request: dict[str, Any] = {"FunctionName": function_name, "InvocationType": mode.value}
    if checked := check_payload(payload, max_bytes):
        request["Payload"] = checked
    if qualifier:
        request["Qualifier"] = qualifier
    if client_context:
        request["ClientContext"] = check_client_context(client_context)
    return request


class _SentRequest:
    """A request that is sent in its own thread."""

    def __init__(self, call: Callable[[], InvocationResult], function_name: str) -> None:
        self.done = threading.Event()
        self._call = call
        self._result: InvocationResult | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._send, name=f"invoke {function_name}", daemon=True).start()

    def result(self) -> InvocationResult:
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result

    def _send(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits
            self._error = error
        finally:
            self.done.set()


class _Invocation:
    """The request, and how its response is read: whole or streamed."""

    def __init__(
        self, connection: Connection, request: dict[str, Any], read_timeout_s: float, clock: Clock
    ) -> None:
        self._connection, self._request, self._clock = connection, request, clock
        self._options: dict[str, Any] = {"read_timeout_s": read_timeout_s, "retries": False}
        self._chunks: SimpleQueue[bytes] = SimpleQueue()
        self._name = request["FunctionName"]

    def emit_chunks(self, ctx: JobContext) -> None:
        """Emits the chunks that have arrived."""
        with contextlib.suppress(Empty):
            while True:
                ctx.emit(self._chunks.get_nowait())

    def invoke(self) -> InvocationResult:
        """Sends it and reads the whole response."""
        answer, started_at, begun_s = self._send("invoke", self._request)
        try:
            with self._connection.translated(
                failure=_("Could not read the response of {name}.").format(name=self._name)
            ):
                payload: bytes = answer["Payload"].read()
        except WorkbenchError as error:
            raise _lost(error) from None
        kind, tail = answer.get("FunctionError", ""), _decode_tail(answer.get("LogResult", ""))
        return self._result(answer, started_at, begun_s, payload, kind, tail)

    def stream(self) -> InvocationResult:
        """Sends it and reads the response chunk by chunk."""
        request = dict(self._request)
        request.pop("InvocationType")  # the default is RequestResponse
        answer, started_at, begun_s = self._send("invoke_with_response_stream", request)
        kept, kind, tail = bytearray(), "", ""
        try:
            with self._connection.translated(
                failure=_("Could not read the response of {name}.").format(name=self._name)
            ):
                for event in answer["EventStream"]:
                    if piece := (event.get("PayloadChunk") or {}).get("Payload"):
                        kept += piece[: max(0, MAX_STREAMED_BYTES - len(kept))]
                        self._chunks.put(piece)
                    if end := event.get("InvokeComplete"):
                        # ErrorCode is the type of the error, ErrorDetails its JSON instead of a payload.
                        kind = "Unhandled" if end.get("ErrorCode") else ""
                        details = str(end.get("ErrorDetails") or "").encode()
                        kept = bytearray(details) if kind and details else kept
                        tail = _decode_tail(str(end.get("LogResult") or ""))
        except WorkbenchError as error:
            raise _lost(error) from None
        return self._result(answer, started_at, begun_s, bytes(kept), kind, tail)

    def _send(self, method: str, request: dict[str, Any]) -> tuple[dict[str, Any], datetime, float]:
        # Creating the first client takes time that is not the function's.
        self._connection.client("lambda", **self._options)
        started_at, begun_s = self._clock.now(), self._clock.monotonic()

        def send(request: Mapping[str, Any]) -> dict[str, Any]:
            failure = _("Could not invoke {name}.").format(name=self._name)
            return self._connection.call("lambda", method, failure=failure, **self._options, **request)

        try:
            answer = send_qualified(send, request)
        except WorkbenchError as error:
            if error.aws_code in _LOST:
                raise _lost(error) from None
            if error.aws_code == _NOT_FOUND and (qualifier := request.get("Qualifier")):
                raise _no_version(error, qualifier) from None
            raise
        return answer, started_at, begun_s

    def _result(
        self,
        answer: dict[str, Any],
        started_at: datetime,
        begun_s: float,
        payload: bytes,
        kind: str,
        tail: str,
    ) -> InvocationResult:
        return InvocationResult(
            status_code=answer["StatusCode"],
            payload=payload,
            failure=parse_failure(kind, payload) if kind else None,
            request_id=answer["ResponseMetadata"].get("RequestId", ""),
            log_tail=tail,
            report=find_report(tail),
            executed_version=answer.get("ExecutedVersion", ""),
            started_at=started_at,
            duration_ms=(self._clock.monotonic() - begun_s) * 1000,
        )


def _lost(error: WorkbenchError) -> AnswerLost:
    """The error with a safe remedy: invoking again could run the function twice."""
    return AnswerLost(error.what, error.why, _MAY_HAVE_RUN, error.aws_code, error.request_id)


def _no_version(error: WorkbenchError, qualifier: str) -> WorkbenchError:
    """A better message: AWS reports a missing version as a missing function, too."""
    why = _("The function or its version or alias “{qualifier}” does not exist.").format(qualifier=qualifier)
    remedy = _("Choose another version, or reload the function.")
    return WorkbenchError(error.what, why, remedy, error.aws_code, error.request_id, error.action)


def _decode_tail(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode(errors="replace")
    except binascii.Error:
        return ""


def find_report(tail: str) -> Report | None:
    """The last REPORT line: the function may have printed a similar line before."""
    return next(filter(None, map(parse_report, reversed(tail.splitlines()))), None)


MAX_TIMES, MAX_PARALLEL = 1_000, 16
"""For trying out, not for load tests, which cost money. Concurrency is limited by a client's connections."""


@dataclass(frozen=True, slots=True)
class Run:
    """One of many invocations.

    Attributes:
        started_s: Time of sending, seconds since 1970.
        duration_ms: From sending to the last byte of the response, or to the error.
        outcome: How it ended.
        error: The function's error type, or AWS's code.
        billed_ms: Billed duration of the REPORT line; None if not known.
        is_cold: Whether it was a cold start.
    """

    started_s: float
    duration_ms: float
    outcome: InvocationOutcome
    error: str = ""
    billed_ms: float | None = None
    is_cold: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """The statistics of many runs. Durations are of those with a response; 0 without any.

    Attributes:
        outcomes: Count of each outcome, most frequent first.
        errors: Count of each error, most frequent first.
        billed_ms: Total billed duration.
        cold: Number of cold starts.
        per_s: Responses per second, over the whole time.
    """

    outcomes: tuple[tuple[InvocationOutcome, int], ...]
    errors: tuple[tuple[str, int], ...]
    min_ms: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    billed_ms: float
    cold: int
    per_s: float


def repeat(
    times: int, parallel: int, send: Callable[[int, JobContext], Run], ctx: JobContext
) -> tuple[Run, ...]:
    """Sends `times` invocations, at most `parallel` at once.

    Args:
        times: Up to MAX_TIMES.
        parallel: Maximum of concurrent invocations, up to MAX_PARALLEL.
        send: Sends the invocation with this number, from 0, on several threads. Errors of one invocation are
            part of the Run; an error that it raises ends all.
        ctx: Each Run is emitted once it is complete. Cancel does not wait for those that are running.

    Raises:
        Cancelled: Nothing more is sent.
        WorkbenchError: Raised by `send`.
    """
    stop, numbers, runs = threading.Event(), itertools.count(), list[Run]()
    failures: list[BaseException] = []
    lock = threading.Lock()

    def work() -> None:
        inner = JobContext(stop=stop)
        while not stop.is_set():
            with lock:
                number = next(numbers)
            if number >= times:
                return
            try:
                run = send(number, inner)
                with lock:
                    runs.append(run)
                ctx.emit(run)
            except Cancelled:
                return
            except BaseException as error:  # noqa: BLE001 - raised again on the job's thread
                failures.append(error)
                stop.set()

    count = max(1, min(parallel, times, MAX_PARALLEL))
    threads = [threading.Thread(target=work, name=f"repeat {number}", daemon=True) for number in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                ctx.progress(len(runs), times)
                thread.join(_CHECK_S)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    return tuple(runs)


def summarise(runs: Sequence[Run]) -> Summary:
    """The statistics of runs."""
    answered = sorted(
        run.duration_ms
        for run in runs
        if run.outcome in (InvocationOutcome.SUCCEEDED, InvocationOutcome.FUNCTION_ERROR)
    )
    ends = [run.started_s + run.duration_ms / 1000 for run in runs]
    span_s = max(ends) - min(run.started_s for run in runs) if runs else 0.0
    return Summary(
        outcomes=tuple(Counter(run.outcome for run in runs).most_common()),
        errors=tuple(Counter(run.error for run in runs if run.error).most_common()),
        min_ms=answered[0] if answered else 0.0,
        p50_ms=percentile(answered, 50),
        p95_ms=percentile(answered, 95),
        max_ms=answered[-1] if answered else 0.0,
        billed_ms=sum(run.billed_ms or 0.0 for run in runs),
        cold=sum(run.is_cold for run in runs),
        per_s=len(answered) / span_s if span_s > 0 else 0.0,
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The percentile of sorted values, by nearest rank; 0 for none."""
    if not ordered:
        return 0.0
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, rank - 1)]
