"""Invoking a function in AWS, once or many times; the invocations of the history can be sent again.

Each request is sent exactly once, and Cancel takes effect at once. An entry of the history is written before
the request is sent and again at the end. An unwritable history prevents no invocation; the error is reported
with the response.
"""

import base64
import binascii
import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
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
from workbench.invoke.history import (
    EndedInvocation,
    HistoryEntry,
    HistorySearch,
    HistorySetAside,
    InvocationHistory,
    InvocationOutcome,
    Mode,
    SentInvocation,
)
from workbench.invoke.payload import (
    FunctionFailure,
    check_client_context,
    check_payload,
    check_tenant_id,
    parse_failure,
    parse_json,
)

READ_MARGIN_S = 60.0
"""Added to the function's timeout, which does not include a cold start. Source: init phase up to 10 s,
images and VPC interfaces longer,
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

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
    """Lambda's response. The payload is the function's response, or its error as JSON.

    Attributes:
        status_code: HTTP status; 200 even if the function failed.
        log_tail: The last 4 KB of the log; empty if it was not requested.
        report: Figures of the REPORT line; None if the tail does not contain it.
        executed_version: "$LATEST" or "7".
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
    repeated only if AWS refuses without running the function: a durable function needs a qualifier, so
    $LATEST is named then; a function that is still being created is invoked once it is active.

    The request is sent on a daemon thread, because a blocking read cannot be interrupted: Cancel returns
    within 50 ms, while the thread ends with the response, the timeout or the program. A cancelled invocation
    keeps running in AWS, where nothing can stop it; the user must be told so.

    Args:
        payload: One JSON value; checked before sending.
        qualifier: Version or alias; empty for the function itself.
        ctx: Progress is in seconds of the timeout. Each chunk (bytes) of a streamed response is emitted as it
            arrives.
        client_context: A JSON object for the function's context; empty for none.
        tenant_id: The tenant of a function with tenant isolation; empty for all others.
        streaming: Whether to stream the response; only its first MAX_STREAMED_BYTES are stored.

    Raises:
        WorkbenchError: The payload is invalid, or AWS refuses (the function did not run).
        AnswerLost: The response was lost; the function may have run.
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
        return _send_and_wait(send, invocation, timeout_s, ctx, clock)
    except WorkbenchError as error:
        if error.aws_code != _CONFLICT or _PENDING not in error.why:
            raise
        try:
            wait_until_updated(connection, function_name, ctx, qualifier)
        except WorkbenchError:  # the identity may invoke the function, but not read it
            raise error from None
    return _send_and_wait(send, invocation, timeout_s, ctx, clock)


def _send_and_wait(
    send: Callable[[], InvocationResult], sent: "_Invocation", timeout_s: float, ctx: JobContext, clock: Clock
) -> InvocationResult:
    answer: Future[InvocationResult] = Future()

    def run() -> None:
        try:
            answer.set_result(send())
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits
            answer.set_exception(error)

    threading.Thread(target=run, name=f"invoke {sent.name}", daemon=True).start()
    begun_s = reported_s = clock.monotonic()
    while not wait((answer,), _CHECK_S).done:
        ctx.check()
        sent.emit_chunks(ctx)
        now_s = clock.monotonic()
        if now_s - reported_s >= _PROGRESS_S:
            reported_s = now_s
            ctx.progress(min(now_s - begun_s, timeout_s), timeout_s)
    sent.emit_chunks(ctx)
    return answer.result()


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


class _Invocation:
    """The request, and how its response is read: whole or streamed."""

    def __init__(
        self, connection: Connection, request: dict[str, Any], read_timeout_s: float, clock: Clock
    ) -> None:
        self._connection, self._request, self._clock = connection, request, clock
        self._options: dict[str, Any] = {"read_timeout_s": read_timeout_s, "retries": False}
        self._chunks: SimpleQueue[bytes] = SimpleQueue()
        self.name = request["FunctionName"]

    def emit_chunks(self, ctx: JobContext) -> None:
        with contextlib.suppress(Empty):
            while True:
                ctx.emit(self._chunks.get_nowait())

    def invoke(self) -> InvocationResult:
        answer, started_at, begun_s = self._send("invoke", self._request)
        try:
            with self._connection.translated(
                failure=_("Could not read the response of {name}.").format(name=self.name)
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
                failure=_("Could not read the response of {name}.").format(name=self.name)
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
            failure = _("Could not invoke {name}.").format(name=self.name)
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
    with contextlib.suppress(binascii.Error):
        return base64.b64decode(encoded).decode(errors="replace")
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
        error: The function's error type, or AWS's code.
        billed_ms: Billed duration of the REPORT line; None if not known.
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
    """Sends `times` invocations, at most `parallel` at once, up to MAX_TIMES and MAX_PARALLEL.

    Args:
        send: Sends the invocation with this number, from 0, on several threads. Errors of one invocation are
            part of the Run; an error that it raises ends all.
        ctx: Each Run is emitted once it is complete. Cancel does not wait for those that are running.
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


@dataclass(frozen=True, slots=True)
class Recorded:
    """The result of an invocation, and the number of its entry: 0, and why, if it could not be written."""

    result: InvocationResult
    number: int
    problem: WorkbenchError | None = None


def record(
    history: InvocationHistory, sent: SentInvocation, invoke: Callable[[], InvocationResult]
) -> Recorded:
    """Sends an invocation and stores the result. What `invoke` raises is stored, too, and passed on."""
    problem: WorkbenchError | None = None
    number = 0
    try:
        try:
            number = history.begin(sent)
        except HistorySetAside as error:
            problem = error
            number = history.begin(sent)
    except WorkbenchError as error:
        problem = error

    def store(ended: EndedInvocation) -> None:
        nonlocal problem
        if number:
            try:
                history.end(number, ended)
            except WorkbenchError as error:
                problem = error

    try:
        result = invoke()
    except Cancelled:
        store(EndedInvocation(InvocationOutcome.CANCELLED))
        raise
    except WorkbenchError as error:
        outcome = InvocationOutcome.LOST if isinstance(error, AnswerLost) else InvocationOutcome.REFUSED
        store(EndedInvocation(outcome, error=str(error), request_id=error.request_id))
        raise
    store(_ended(result))
    return Recorded(result, number, problem)


def _ended(result: InvocationResult) -> EndedInvocation:
    report = result.report
    return EndedInvocation(
        InvocationOutcome.FUNCTION_ERROR if result.failure else InvocationOutcome.SUCCEEDED,
        result.status_code,
        result.payload,
        result.error_type,
        request_id=result.request_id,
        executed_version=result.executed_version,
        log=result.log_tail,
        duration_ms=result.duration_ms,
        run_ms=report.duration_ms if report else None,
        billed_ms=report.billed_ms if report else None,
        init_ms=report.init_ms if report else None,
        max_memory_mb=report.max_memory_mb if report else None,
    )


@dataclass(frozen=True, slots=True)
class ReplayPair:
    """The same event, sent twice; both entries are complete."""

    before: HistoryEntry
    after: HistoryEntry

    @property
    def is_same(self) -> bool:
        """Whether both had the same outcome and answer: JSON is compared by value, anything else by bytes.

        Errors are equal if type, message and stack trace are: the payload also contains the request id.
        """
        was, now = self.before.ended, self.after.ended
        if was.outcome is not now.outcome:
            return False
        if was.outcome is InvocationOutcome.FUNCTION_ERROR:
            return error_text(was) == error_text(now)
        if was.answer == now.answer:
            return True
        old, new = parse_json(was.answer), parse_json(now.answer)
        return old is not None and old == new


Send = Callable[[SentInvocation, str, str], object]
"""Sends an invocation again, with a qualifier and a batch ID, and stores it in the history."""


def replay(
    history: InvocationHistory,
    numbers: Sequence[int],
    qualifier: str | None,
    batch: str,
    send: Send,
    ctx: JobContext,
) -> list[ReplayPair]:
    """Sends entries again, one after the other, oldest first; emits each ReplayPair once it is complete.

    Raises WorkbenchError if the history cannot be read or written, or an entry was redacted.

    Args:
        qualifier: Version or alias to invoke; None for that of the entry.
        send: Sends one. An error is a result like any other.
    """
    entries = [_whole(history, number) for number in sorted(numbers)]
    pairs: list[ReplayPair] = []
    for number, entry in enumerate(entries):
        ctx.progress(number, len(entries))
        with contextlib.suppress(WorkbenchError):  # the history has it
            send(entry.sent, entry.sent.qualifier if qualifier is None else qualifier, batch)
        newest = history.list(HistorySearch(batch=batch), limit=1)
        after = history.get(newest[0].number) if newest else None
        if after is None or (pairs and after.number <= pairs[-1].after.number):
            what = _("The invocations could not be compared.")
            raise WorkbenchError(what, _("The invocation could not be stored."), _("Free disk space."))
        pair = ReplayPair(entry, after)
        pairs.append(pair)
        ctx.emit(pair)
    return pairs


def _whole(history: InvocationHistory, number: int) -> HistoryEntry:
    entry = history.get(number)
    what = _("The invocation was not sent again.")
    if entry is None:
        raise WorkbenchError(what, _("It is no longer in the invocation history."), _("Refresh the list."))
    if entry.redacted:
        raise WorkbenchError(what, _("The event was redacted."), _("Choose another invocation."))
    return entry


def error_text(ended: EndedInvocation) -> str:
    """A function's error without what always differs: request ids, and an emulator's folder of the code."""
    failure = parse_failure("Unhandled", ended.answer)
    frames = (f"  {frame.file}:{frame.line} {frame.function}".rstrip() for frame in failure.frames)
    return "\n".join((f"{failure.error_type}: {failure.error_message}", *frames))


def figures(ended: EndedInvocation) -> tuple[tuple[str, float | None], ...]:
    """The numbers that can be compared, by their names in the history."""
    return (
        ("duration_ms", ended.duration_ms or None),
        ("run_ms", ended.run_ms),
        ("billed_ms", ended.billed_ms),
        ("init_ms", ended.init_ms),
        ("max_memory_mb", ended.max_memory_mb),
        ("answer_bytes", float(len(ended.answer))),
    )
