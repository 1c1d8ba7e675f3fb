"""Invoking a function and waiting for its answer.

Owns: that an invocation is sent exactly once, and that a person who cancels is free at once. Must not know:
who keeps the result (issue 8: the ledger), the logs beyond the tail that Lambda sends along.
"""

import base64
import binascii
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.report import Report, parse_report
from workbench.invoke.failure import FunctionFailure, parse_failure
from workbench.invoke.payload import check_payload

READ_MARGIN_S = 60.0
"""Above the function's timeout: a cold start is not counted in it. Source: init phase up to 10 s, images and
VPC interfaces longer, https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

_LOST = frozenset({"ConnectionClosedError", "ReadTimeoutError", "HTTPClientError", "ResponseParserError"})
"""Failures after the request may have reached Lambda, by their name in botocore."""

_MAY_HAVE_RUN = "The function may have run all the same: look at its log before you invoke it again."

_LOOK_S = 0.05
_PROGRESS_S = 0.5


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
    log_tail: bool = True,
    clock: Clock | None = None,
) -> InvocationResult:
    """Invokes a function synchronously, once.

    The request is never repeated, whatever happens to it: a second one would run the function again. It waits
    on a daemon thread of its own, as a blocking read cannot be interrupted: Cancel lets the caller go within
    50 ms, while that thread ends with the function's answer or its timeout, and with the program at the
    latest. A cancelled invocation keeps running in AWS: nothing can stop it there, and whoever shows the
    cancellation must say so.

    Args:
        connection: The function's account and region.
        function_name: Name or ARN.
        payload: One JSON value; checked before sending.
        qualifier: Version or alias, empty for the unpublished version.
        timeout_s: The function's timeout.
        ctx: The job; progress is told in seconds of the timeout.
        log_tail: Ask for the last 4 KB of the log.
        clock: Time.

    Raises:
        WorkbenchError: The payload is not valid, AWS refused (the function did not run), or the answer was
            lost (it may have run).
        Cancelled: At once; the function keeps running.
    """
    checked = check_payload(payload)
    clock = clock or SystemClock()
    request: dict[str, Any] = {"FunctionName": function_name, "InvocationType": "RequestResponse"}
    if checked:
        request["Payload"] = checked
    if qualifier:
        request["Qualifier"] = qualifier
    if log_tail:
        request["LogType"] = "Tail"
    ctx.check()
    sent = _Sent(connection, request, timeout_s + READ_MARGIN_S, clock)
    begun_s = told_s = clock.monotonic()
    while not sent.done.wait(_LOOK_S):
        ctx.check()
        now_s = clock.monotonic()
        if now_s - told_s >= _PROGRESS_S:
            told_s = now_s
            ctx.progress(min(now_s - begun_s, timeout_s), timeout_s)
    return sent.result()


class _Sent:
    """A request on its way, on its own thread."""

    def __init__(
        self, connection: Connection, request: dict[str, Any], read_timeout_s: float, clock: Clock
    ) -> None:
        self.done = threading.Event()
        self._connection = connection
        self._request = request
        self._read_timeout_s = read_timeout_s
        self._clock = clock
        self._result: InvocationResult | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._send, name=f"invoke {request['FunctionName']}", daemon=True).start()

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

    def _ask(self) -> InvocationResult:
        name = self._request["FunctionName"]
        options: dict[str, Any] = {"read_timeout_s": self._read_timeout_s, "retries": False}
        self._connection.client(
            "lambda", **options
        )  # the first one takes a while, which is not the function's
        started_at, begun_s = self._clock.now(), self._clock.monotonic()
        try:
            answer = self._connection.call(
                "lambda", "invoke", doing=f"invoke {name}", **options, **self._request
            )
        except WorkbenchError as error:
            if error.aws_code in _LOST:
                raise _lost(error) from None
            raise
        try:
            with self._connection.translated(doing=f"read the answer of {name}"):
                payload: bytes = answer["Payload"].read()
        except WorkbenchError as error:
            raise _lost(error) from None
        duration_ms = (self._clock.monotonic() - begun_s) * 1000
        kind = answer.get("FunctionError", "")
        tail = _decode_tail(answer.get("LogResult", ""))
        return InvocationResult(
            status_code=answer["StatusCode"],
            payload=payload,
            failure=parse_failure(kind, payload) if kind else None,
            request_id=answer["ResponseMetadata"].get("RequestId", ""),
            log_tail=tail,
            report=_find_report(tail),
            executed_version=answer.get("ExecutedVersion", ""),
            started_at=started_at,
            duration_ms=duration_ms,
        )


def _lost(error: WorkbenchError) -> WorkbenchError:
    """The error with the one remedy that is safe: to invoke again might run the function a second time."""
    return replace(error, remedy=_MAY_HAVE_RUN, action="")


def _decode_tail(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode(errors="replace")
    except binascii.Error:
        return ""


def _find_report(tail: str) -> Report | None:
    """The last REPORT line: the function may have printed something alike before it."""
    return next(filter(None, map(parse_report, reversed(tail.splitlines()))), None)
