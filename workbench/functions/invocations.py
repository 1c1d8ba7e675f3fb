"""Invocations: the REPORT line of a log, and how durable functions are invoked."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws.names import LATEST
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
    """The REPORT of an invocation.

    Attributes:
        duration_ms: Time in the handler.
        billed_ms: Billed time, including the cold start (since August 2025).
        memory_mb: Configured memory.
        max_memory_mb: Maximum memory used.
        init_ms: Duration of the cold start; None if warm.
        restore_ms: Time to restore a SnapStart snapshot; None without SnapStart.
        status: "timeout" or "error" if Lambda reports it, otherwise empty.
        error_type: "Runtime.ExitError".
        trace_id: X-Ray trace id; empty if not traced.
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
    """Parses a REPORT line, text or JSON; None if it is another line, or lacks a duration.

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
        return None  # a line of the function that resembles a REPORT


def _first(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.search(line)
    return found[1] if found else ""


_CODE = "InvalidParameterValueException"
_UNQUALIFIED = "durable function using an unqualified ARN"


def send_qualified[T](send: Callable[[Mapping[str, Any]], T], request: Mapping[str, Any]) -> T:
    """Sends an Invoke. If AWS refuses it for the lack of a qualifier, it is sent again for $LATEST.

    A refused invocation has not run the function. For a function known to be durable, the request names
    $LATEST from the start (FunctionDetail.invoked_qualifier). For an unknown function it does not, because an
    IAM policy that allows the unqualified ARN does not allow a qualified one.

    Args:
        send: Sends a request once.

    Raises:
        WorkbenchError: Raised by `send`.
    """
    try:
        return send(request)
    except WorkbenchError as error:
        is_refused = error.aws_code == _CODE and _UNQUALIFIED in error.why
        if "Qualifier" in request or not is_refused:
            raise
    return send({**request, "Qualifier": LATEST})
