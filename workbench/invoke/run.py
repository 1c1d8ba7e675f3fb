"""Invoking a function and waiting for its answer.

Owns: that an invocation is sent exactly once, and that a person who cancels is free at once. Must not know:
who keeps the result (recorded.py), the logs beyond the tail that Lambda sends along.
"""

import base64
import binascii
import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import ASYNC_PAYLOAD_LIMIT_BYTES, SYNC_PAYLOAD_LIMIT_BYTES
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import wait_until_updated
from workbench.functions.invocations import Report, parse_report, send_qualified
from workbench.invoke.failure import FunctionFailure, parse_failure
from workbench.invoke.ledger_entry import Mode
from workbench.invoke.payload import check_client_context, check_payload, check_tenant_id

READ_MARGIN_S = 60.0
"""Above the function's timeout: a cold start is not counted in it. Source: init phase up to 10 s, images and
VPC interfaces longer, https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

_LOST = frozenset({"ConnectionClosedError", "ReadTimeoutError", "HTTPClientError", "ResponseParserError"})
"""Failures after the request may have reached Lambda, by their name in botocore."""

_GONE, _CONFLICT, _PENDING = "ResourceNotFoundException", "ResourceConflictException", "state: Pending"
_MAY_HAVE_RUN = "The function might have run. Check its log before you invoke it again."

MOST_STREAMED_BYTES = 32 * 1024 * 1024
"""What is kept of a streamed answer; Lambda streams up to 200 MB.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html"""

_LOOK_S = 0.05
_PROGRESS_S = 0.5


class AnswerLost(WorkbenchError):
    """The request may have reached Lambda, and nobody has seen its answer."""


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """What Lambda answered.

    Attributes:
        status_code: HTTP status; 200 also when the function failed.
        payload: The function's answer, or its error as JSON.
        failure: The function's error, None when it succeeded.
        request_id: AWS's id of the invocation.
        log_tail: Last 4 KB of the log, empty when none was asked for.
        report: Figures of the REPORT line, None when the tail does not hold it.
        executed_version: Version that ran ("$LATEST", "7").
        started_at: When it was sent, by this machine's clock, UTC.
        duration_ms: From sending to the last byte of the answer, by this machine's clock.
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
        """The runtime's name for the failure, empty when the function succeeded."""
        return self.failure.error_type if self.failure else ""

    @property
    def function_error(self) -> str:
        """AWS's word for the failure, empty when the function succeeded."""
        return self.failure.kind if self.failure else ""


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

    The request is never repeated once the function may have run: a second one would run it again. (AWS
    refuses a durable function by its name alone without running it; where that was not known before, $LATEST
    is named then. It also refuses
    one that is still being created; then the request waits until the function is active, and is sent again.)

    It waits on a daemon thread of its own, as a blocking read cannot be interrupted: Cancel lets the caller
    go within 50 ms, while that thread ends with the function's answer or its timeout, and with the program at
    the latest. A cancelled invocation keeps running in AWS: nothing can stop it there, and whoever shows the
    cancellation must say so.

    Args:
        connection: The function's account and region.
        function_name: Name or ARN.
        payload: One JSON value; checked before sending.
        qualifier: Version or alias, empty for the unpublished version.
        timeout_s: The function's timeout.
        ctx: The job; progress is told in seconds of the timeout. Of a streamed answer each piece (bytes) is
            emitted as it comes.
        mode: Wait for the answer, only have it queued (no answer, no log tail), or only ask whether it may be
            run.
        client_context: A JSON object for the function's context; empty for none.
        tenant_id: Of a function with tenant isolation, which needs one; empty for all others.
        streaming: Take the answer in pieces; of a long one only the first MOST_STREAMED_BYTES are kept.
        log_tail: Ask for the last 4 KB of the log.
        clock: Time.

    Raises:
        WorkbenchError: The payload is not valid, AWS refused (the function did not run), or the answer was
            lost (it may have run).
        Cancelled: At once; the function keeps running.
    """
    request = _request(function_name, payload, qualifier, mode, client_context)
    if tenant_id:
        request["TenantId"] = check_tenant_id(tenant_id)
    if log_tail and mode is Mode.SYNC:
        request["LogType"] = "Tail"
    ctx.check()
    clock = clock or SystemClock()
    question = _Question(connection, request, timeout_s + READ_MARGIN_S, clock)
    send = question.stream if streaming and mode is Mode.SYNC else question.ask
    try:
        return _wait_for_answer(question, _Sent(send, function_name), timeout_s, ctx, clock)
    except WorkbenchError as error:
        if error.aws_code != _CONFLICT or _PENDING not in error.why:
            raise
        _wait_until_active(connection, function_name, qualifier, ctx, error)
    return _wait_for_answer(question, _Sent(send, function_name), timeout_s, ctx, clock)


def _wait_until_active(
    connection: Connection, function_name: str, qualifier: str, ctx: JobContext, refused: WorkbenchError
) -> None:
    try:
        wait_until_updated(connection, function_name, ctx, qualifier)
    except WorkbenchError:  # it may be invoked, but not be read
        raise refused from None


def _wait_for_answer(
    question: "_Question", sent: "_Sent", timeout_s: float, ctx: JobContext, clock: Clock
) -> InvocationResult:
    begun_s = told_s = clock.monotonic()
    while not sent.done.wait(_LOOK_S):
        ctx.check()
        question.hand_over(ctx)
        now_s = clock.monotonic()
        if now_s - told_s >= _PROGRESS_S:
            told_s = now_s
            ctx.progress(min(now_s - begun_s, timeout_s), timeout_s)
    question.hand_over(ctx)
    return sent.result()


def _request(
    function_name: str, payload: bytes, qualifier: str, mode: Mode, client_context: str
) -> dict[str, Any]:
    most_bytes = ASYNC_PAYLOAD_LIMIT_BYTES if mode is Mode.ASYNC else SYNC_PAYLOAD_LIMIT_BYTES
    request: dict[str, Any] = {"FunctionName": function_name, "InvocationType": mode.value}
    if checked := check_payload(payload, most_bytes):
        request["Payload"] = checked
    if qualifier:
        request["Qualifier"] = qualifier
    if client_context:
        request["ClientContext"] = check_client_context(client_context)
    return request


class _Sent:
    """A request on its way, on its own thread."""

    def __init__(self, ask: Callable[[], InvocationResult], function_name: str) -> None:
        self.done = threading.Event()
        self._ask = ask
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
            self._result = self._ask()
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits
            self._error = error
        finally:
            self.done.set()


class _Question:
    """What is asked, and how its answer is read: whole, or in pieces."""

    def __init__(
        self, connection: Connection, request: dict[str, Any], read_timeout_s: float, clock: Clock
    ) -> None:
        self._connection, self._request, self._clock = connection, request, clock
        self._options: dict[str, Any] = {"read_timeout_s": read_timeout_s, "retries": False}
        self._pieces: SimpleQueue[bytes] = SimpleQueue()
        self._name = request["FunctionName"]

    def hand_over(self, ctx: JobContext) -> None:
        """Emits the pieces that have come."""
        with contextlib.suppress(Empty):
            while True:
                ctx.emit(self._pieces.get_nowait())

    def ask(self) -> InvocationResult:
        """Sends it and reads the whole answer."""
        answer, started_at, begun_s = self._send("invoke", self._request)
        try:
            with self._connection.translated(failure=f"Could not read the response of {self._name}."):
                payload: bytes = answer["Payload"].read()
        except WorkbenchError as error:
            raise _lost(error) from None
        kind, tail = answer.get("FunctionError", ""), _decode_tail(answer.get("LogResult", ""))
        return self._result(answer, started_at, begun_s, payload, kind, tail)

    def stream(self) -> InvocationResult:
        """Sends it and reads the answer piece by piece."""
        request = dict(self._request)
        request.pop("InvocationType")  # RequestResponse is what it has when nothing is said
        answer, started_at, begun_s = self._send("invoke_with_response_stream", request)
        kept, kind, tail = bytearray(), "", ""
        try:
            with self._connection.translated(failure=f"Could not read the response of {self._name}."):
                for event in answer["EventStream"]:
                    if piece := (event.get("PayloadChunk") or {}).get("Payload"):
                        kept += piece[: max(0, MOST_STREAMED_BYTES - len(kept))]
                        self._pieces.put(piece)
                    if end := event.get("InvokeComplete"):
                        # AWS gives the error's type here, and its details as JSON in place of a payload.
                        kind = "Unhandled" if end.get("ErrorCode") else ""
                        details = str(end.get("ErrorDetails") or "").encode()
                        kept = bytearray(details) if kind and details else kept
                        tail = _decode_tail(str(end.get("LogResult") or ""))
        except WorkbenchError as error:
            raise _lost(error) from None
        return self._result(answer, started_at, begun_s, bytes(kept), kind, tail)

    def _send(self, method: str, request: dict[str, Any]) -> tuple[dict[str, Any], datetime, float]:
        # The first client takes a while, which is not the function's.
        self._connection.client("lambda", **self._options)
        started_at, begun_s = self._clock.now(), self._clock.monotonic()

        def send(request: Mapping[str, Any]) -> dict[str, Any]:
            failure = f"Could not invoke {self._name}."
            return self._connection.call("lambda", method, failure=failure, **self._options, **request)

        try:
            answer = send_qualified(send, request)
        except WorkbenchError as error:
            if error.aws_code in _LOST:
                raise _lost(error) from None
            if error.aws_code == _GONE and (qualifier := request.get("Qualifier")):
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
    """The error with the one remedy that is safe: to invoke again might run the function a second time."""
    return AnswerLost(error.what, error.why, _MAY_HAVE_RUN, error.aws_code, error.request_id)


def _no_version(error: WorkbenchError, qualifier: str) -> WorkbenchError:
    """AWS says of a version that is not there, too, that it has not found the function."""
    why = f"The function or its version or alias “{qualifier}” does not exist."
    remedy = "Choose another version, or reload the function."
    return WorkbenchError(error.what, why, remedy, error.aws_code, error.request_id, error.action)


def _decode_tail(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode(errors="replace")
    except binascii.Error:
        return ""


def find_report(tail: str) -> Report | None:
    """The last REPORT line: the function may have printed something alike before it."""
    return next(filter(None, map(parse_report, reversed(tail.splitlines()))), None)
