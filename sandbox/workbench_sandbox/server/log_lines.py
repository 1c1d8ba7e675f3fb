"""The content of a function's log: the output of its worker, and Lambda's own lines.

A worker has one pipe for the text of prints and child processes, and between it awslambdaric's frames (type,
length, time, message). It is split into messages, and kept as the log of an invocation. Lambda's lines are
text or JSON.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html (text),
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (JSON); init time is billed since
August 2025.
"""

import json
import math
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_MAGIC = b"\xa5\x5a\x00"
_HEADER_BYTES = 16
_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_MAX_LINE_BYTES = 256 * 1024
_PLAUSIBLE_CLOCK_ERROR_S = 3600
# LogType=Tail returns the last 4 KB.
_TRANSCRIPT_SIZE = 16_384


@dataclass(frozen=True, slots=True)
class LogMessage:
    """An event of a log stream as AWS stores it: a printed line keeps its newline."""

    timestamp_ms: int
    text: str


class OutputDecoder:
    """Splits blocks of bytes into messages; keeps incomplete ones."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, block: bytes) -> list[LogMessage]:
        """Takes the next bytes; returns the messages that they complete."""
        data = self._rest + block
        messages: list[LogMessage] = []
        at = 0
        while at < len(data):
            found = _next_message(data, at)
            if found is None:
                break
            message, at = found
            messages.append(message)
        self._rest = data[at:]
        return messages

    def flush(self) -> list[LogMessage]:
        """Returns the rest, an incomplete line or frame, as a message."""
        rest, self._rest = self._rest, b""
        return [_line(rest)] if rest else []


def _next_message(data: bytes, at: int) -> tuple[LogMessage, int] | None:
    """Returns the message at `at` and the start of the next one; None while it is incomplete."""
    if data[at] == _MAGIC[0]:
        frame = _read_frame(data, at)
        if frame != ():
            return frame or None
    # A frame may follow a print without a newline: the text before it is then a separate message.
    end = data.find(b"\n", at) + 1
    magic = data.find(_MAGIC, at + 1, end or len(data))
    if magic > 0:
        end = magic
    elif not end and len(data) - at > _MAX_LINE_BYTES:
        end = len(data)
    return (_line(data[at:end]), end) if end else None


def _line(text: bytes) -> LogMessage:
    return LogMessage(int(time.time() * 1000), text.decode("utf-8", "replace"))


def _read_frame(data: bytes, at: int) -> tuple[LogMessage, int] | tuple[()] | None:
    """Returns the message and the start of the next one; None while it is incomplete; () if it is no frame.

    A handler can print bytes that resemble a frame's start; an impossible length or time reveals that.
    """
    header = data[at : at + _HEADER_BYTES]
    if not header.startswith(_MAGIC[: len(header)]):
        return ()
    if len(header) < _HEADER_BYTES:
        return None
    length = int.from_bytes(header[4:8], "big")
    time_s = int.from_bytes(header[8:16], "big") / 1_000_000
    if length > _MAX_MESSAGE_BYTES or abs(time_s - time.time()) > _PLAUSIBLE_CLOCK_ERROR_S:
        return ()
    start, end = at + _HEADER_BYTES, at + _HEADER_BYTES + length
    if len(data) < end:
        return None
    return LogMessage(int(time_s * 1000), data[start:end].decode("utf-8", "replace")), end


class Transcript:
    """Writes messages in order of arrival."""

    def __init__(self, version: str) -> None:
        self.name = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"
        self._transcript: deque[str] = deque()
        self._transcript_size = 0

    def begin_transcript(self) -> None:
        """Clears the transcript."""
        self._transcript.clear()
        self._transcript_size = 0

    def transcript(self) -> str:
        """Returns what was written since `begin_transcript`, at least its last 16 KB."""
        return "".join(self._transcript)

    def write_text(self, *texts: str) -> None:
        """Writes the platform's own lines; empty ones are left out."""
        now_ms = int(time.time() * 1000)
        self.write([LogMessage(now_ms, text) for text in texts if text])

    def write(self, messages: Sequence[LogMessage]) -> None:
        """Writes the function's output."""
        if not messages:
            return
        for message in messages:
            self._remember(message.text if message.text.endswith("\n") else f"{message.text}\n")
        self._deliver(messages)

    def _deliver(self, messages: Sequence[LogMessage]) -> None:
        """Delivers the lines to their destination."""

    def _remember(self, line: str) -> None:
        self._transcript.append(line)
        self._transcript_size += len(line)
        while self._transcript_size - len(self._transcript[0]) > _TRANSCRIPT_SIZE:
            self._transcript_size -= len(self._transcript.popleft())


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a REPORT line.

    Attributes:
        init_ms: Duration of a cold start; None for a warm environment.
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
    """Builds the platform's lines of a function version; an empty text if the format has no such line."""

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
    """Returns the time in Lambda's format, such as 2025-11-24T16:05:00.123Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
