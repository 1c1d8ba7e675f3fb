"""The lines that Lambda itself writes to a function's log.

As text and as JSON.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html (text),
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (JSON); init time is billed since
August 2025.
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """What a REPORT line says.

    Attributes:
        init_ms: Duration of a cold start, None for a warm environment.
        status: `success`, `error` (the environment failed) or `timeout`.
    """

    duration_ms: float
    memory_mb: int
    peak_mb: int
    init_ms: float | None = None
    status: str = "success"
    error_type: str = ""

    @property
    def billed_ms(self) -> int:
        return math.ceil(self.duration_ms + (self.init_ms or 0))


@dataclass(frozen=True, slots=True)
class PlatformLog:
    """Builds the lines of one function version; an empty text means that the format has no such line."""

    version: str
    is_json: bool
    runtime_version: str
    runtime_arn: str

    def init_start(self) -> str:
        if self.is_json:
            record = {
                "initializationType": "on-demand",
                "phase": "init",
                "runtimeVersion": self.runtime_version,
                "runtimeVersionArn": self.runtime_arn,
            }
            return _json("platform.initStart", record)
        return (
            f"INIT_START Runtime Version: {self.runtime_version}\tRuntime Version ARN: {self.runtime_arn}\n"
        )

    def init_report(self, duration_ms: float, phase: str, status: str, error_type: str) -> str:
        if self.is_json:
            record = {"phase": phase, "status": status, "metrics": {"durationMs": round(duration_ms, 3)}}
            return _json("platform.initReport", record | ({"errorType": error_type} if error_type else {}))
        tail = f"\tError Type: {error_type}" if error_type else ""
        return f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: {phase}\tStatus: {status}{tail}\n"

    def start(self, request_id: str) -> str:
        if self.is_json:
            return _json("platform.start", {"requestId": request_id, "version": self.version})
        return f"START RequestId: {request_id} Version: {self.version}\n"

    def end(self, request_id: str) -> str:
        return "" if self.is_json else f"END RequestId: {request_id}\n"

    def report(self, request_id: str, figures: Figures) -> str:
        if self.is_json:
            return _json("platform.report", _report_record(request_id, figures))
        parts = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {figures.duration_ms:.2f} ms",
            f"Billed Duration: {figures.billed_ms} ms",
            f"Memory Size: {figures.memory_mb} MB",
            f"Max Memory Used: {figures.peak_mb} MB",
        ]
        if figures.init_ms is not None:
            parts.append(f"Init Duration: {figures.init_ms:.2f} ms")
        if figures.status != "success":
            parts.append(f"Status: {figures.status}")
        if figures.error_type:
            parts.append(f"Error Type: {figures.error_type}")
        return "\t".join(parts) + "\t\n"


def _report_record(request_id: str, figures: Figures) -> dict[str, object]:
    metrics: dict[str, float] = {
        "durationMs": round(figures.duration_ms, 3),
        "billedDurationMs": figures.billed_ms,
        "memorySizeMB": figures.memory_mb,
        "maxMemoryUsedMB": figures.peak_mb,
    }
    if figures.init_ms is not None:
        metrics["initDurationMs"] = round(figures.init_ms, 3)
    record: dict[str, object] = {"requestId": request_id, "metrics": metrics, "status": figures.status}
    return record | ({"errorType": figures.error_type} if figures.error_type else {})


def _json(kind: str, record: object) -> str:
    return json.dumps({"time": utc_now(), "type": kind, "record": record}) + "\n"


def utc_now() -> str:
    """Returns the time as Lambda writes it, such as 2025-11-24T16:05:00.123Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
