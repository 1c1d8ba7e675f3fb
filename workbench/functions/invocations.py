"""Invocations: the REPORT line of a log, and how a durable function is invoked."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import WorkbenchError

_REQUEST_ID = re.compile(r"^REPORT RequestId: (\S+)")
_FIGURE = re.compile(
    r"(?<=\t)(Duration|Billed Duration|Memory Size|Max Memory Used|Init Duration|Restore Duration"
    r"|Billed Restore Duration): (\d+(?:\.\d+)?) (?:ms|MB)"
)
_STATUS = re.compile(r"\bStatus: (\w+)")
_ERROR_TYPE = re.compile(r"\bError Type: (\S+)")
_TRACE_ID = re.compile(r"\bXRAY TraceId: (\S+)")


@dataclass(frozen=True, slots=True)
class Report:
    """What an invocation took.

    Attributes:
        duration_ms: Time in the handler.
        billed_ms: Time that is paid for, with that of the cold start (since August 2025).
        memory_mb: What the function was given.
        max_memory_mb: The most that it used.
        init_ms: Time of the cold start; None for a warm one.
        restore_ms: Time to restore a SnapStart snapshot; None without.
        status: "timeout" or "error" where Lambda says so, else empty.
        error_type: Such as "Runtime.ExitError".
        trace_id: Of X-Ray, empty when not traced.
    """

    request_id: str
    duration_ms: float
    billed_ms: float
    memory_mb: int
    max_memory_mb: int
    init_ms: float | None = None
    restore_ms: float | None = None
    status: str = ""
    error_type: str = ""
    trace_id: str = ""


def parse_report(line: str) -> Report | None:
    """The figures of a REPORT line, text or JSON; None when the line is another, or lacks a duration.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html,
        https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html and, for JSON,
        https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
    """
    if line.startswith("{"):
        return _parse_json(line)
    request = _REQUEST_ID.match(line)
    figures = {name: float(value) for name, value in _FIGURE.findall(line)}
    if request is None or "Duration" not in figures:
        return None
    return Report(
        request_id=request[1],
        duration_ms=figures["Duration"],
        billed_ms=figures.get("Billed Duration", figures["Duration"] + figures.get("Init Duration", 0.0)),
        memory_mb=int(figures.get("Memory Size", 0)),
        max_memory_mb=int(figures.get("Max Memory Used", 0)),
        init_ms=figures.get("Init Duration"),
        restore_ms=figures.get("Restore Duration"),
        status=_first(_STATUS, line),
        error_type=_first(_ERROR_TYPE, line),
        trace_id=_first(_TRACE_ID, line),
    )


def _parse_json(line: str) -> Report | None:
    if "platform.report" not in line:
        return None
    try:
        event = json.loads(line)
        if event["type"] != "platform.report":
            return None
        record = event["record"]
        figures = record["metrics"]
        status = record.get("status", "success")
        return Report(
            request_id=record["requestId"],
            duration_ms=float(figures["durationMs"]),
            billed_ms=float(
                figures.get("billedDurationMs", figures["durationMs"] + figures.get("initDurationMs", 0.0))
            ),
            memory_mb=int(figures.get("memorySizeMB", 0)),
            max_memory_mb=int(figures.get("maxMemoryUsedMB", 0)),
            init_ms=figures.get("initDurationMs"),
            restore_ms=figures.get("restoreDurationMs"),
            status="" if status == "success" else status,
            error_type=record.get("errorType", ""),
            trace_id=str((record.get("tracing") or {}).get("value", "")),
        )
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return None  # a line of the function that only looks like one


def _first(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.search(line)
    return found[1] if found else ""


LATEST = "$LATEST"
_CODE = "InvalidParameterValueException"
_UNQUALIFIED = "durable function using an unqualified ARN"


def send_qualified[T](send: Callable[[Mapping[str, Any]], T], request: Mapping[str, Any]) -> T:
    """Sends an Invoke; one that names no qualifier is sent again for $LATEST if AWS refuses it for that.

    A refused function has not run. Of a function that is known to be durable, whoever makes the request names
    $LATEST from the beginning (FunctionDetail.invoked_qualifier). Of one that is not known, $LATEST is not
    named at once: an IAM policy that permits the unqualified ARN does not permit a qualified one.

    Args:
        send: Sends a request, once.
        request: Parameters of Invoke.

    Raises:
        WorkbenchError: As `send`.
    """
    try:
        return send(request)
    except WorkbenchError as error:
        is_refused = error.aws_code == _CODE and _UNQUALIFIED in error.why
        if "Qualifier" in request or not is_refused:
            raise
    return send({**request, "Qualifier": LATEST})
