"""What one CloudWatch Logs event of a Lambda function says: its kind, level and request id.

Owns: the shapes that Lambda and its runtimes write, plain text and JSON. Must not know: how lines are
fetched. Nothing here raises: a function may print whatever it likes, and a line that looks like nothing is
simply a line.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""A request ID, as a regular expression."""
_PLATFORM = re.compile(rf"(START|END|REPORT) RequestId: ({UUID})\b")
# Python's logging: [LEVEL]\tTIME\tREQUEST ID\tTEXT. Node's console: TIME\tREQUEST ID\tLEVEL\tTEXT.
_PYTHON = re.compile(rf"\[([A-Z]+)\](?:\t[^\t]*\t({UUID}))?")
_NODE = re.compile(rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z\t({UUID}|undefined)\t([A-Z]+)\t")
_TIMED_OUT = re.compile(rf"\S+ ({UUID}) Task timed out after ")
# The runtime died: "RequestId: ... Error: Runtime exited with error: exit status 1".
_DIED = re.compile(rf"RequestId: ({UUID}) (?:Process exited|Error:)")
_JSON_LIMIT = 256 * 1024
_LAST_MS = 253_402_214_400_000  # in the year 9999: a later moment has no date


class Kind(Enum):
    """What wrote the line. OTHER is the function's own output."""

    INIT = "init"
    START = "start"
    END = "end"
    REPORT = "report"
    PLATFORM = "platform"
    OTHER = "other"


class Level(Enum):
    """A line's level; NONE when the line does not say."""

    NONE = ""
    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
    FATAL = "FATAL"

    @property
    def is_error(self) -> bool:
        return self in (Level.ERROR, Level.FATAL)


_LEVELS = {level.value: level for level in Level} | {"WARNING": Level.WARN, "CRITICAL": Level.FATAL}
_JSON_KINDS = {
    "platform.initStart": Kind.INIT,
    "platform.initRuntimeDone": Kind.INIT,
    "platform.initReport": Kind.INIT,
    "platform.start": Kind.START,
    "platform.runtimeDone": Kind.END,
    "platform.report": Kind.REPORT,
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log event.

    Attributes:
        time_ms: Milliseconds since 1970, UTC, as CloudWatch has it.
        message: The text as written, without the line end that closes it.
        stream: The log stream: one execution environment.
        event_id: CloudWatch's id of the event, unique in the account.
        request_id: The invocation that the line names, empty when it names none.
        level: What the line says of itself.
        kind: Who wrote it.
        source: The function, where lines of several are read; else empty.
    """

    time_ms: int
    message: str
    stream: str
    event_id: str
    request_id: str = ""
    level: Level = Level.NONE
    kind: Kind = Kind.OTHER
    source: str = ""

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.time_ms / 1000, UTC)


def parse_event(event: Mapping[str, Any], source: str = "") -> LogLine:
    """An event of FilterLogEvents or of a live tail as a line.

    Emulators leave out eventId: the line then has an empty event_id (see logs/fetch.py).
    """
    message = str(event.get("message", "")).rstrip("\r\n")
    kind, request_id, level = _classify(message)
    return LogLine(
        time_ms=max(0, min(int(event.get("timestamp", 0)), _LAST_MS)),
        message=message,
        stream=str(event.get("logStreamName", "")),
        event_id=str(event.get("eventId", "")),
        request_id=request_id,
        level=level,
        kind=kind,
        source=source,
    )


def _classify(message: str) -> tuple[Kind, str, Level]:
    if message.startswith("{"):
        record = _json_object(message)
        if record is not None:
            return _classify_json(record)
    if found := _PLATFORM.match(message):
        level = Level.ERROR if found[1] == "REPORT" and "\tStatus: " in message else Level.NONE
        return Kind[found[1]], found[2], level
    if message.startswith("INIT_"):
        failed = "\tStatus: " in message
        return Kind.INIT, "", Level.ERROR if failed else Level.NONE
    if found := _PYTHON.match(message):
        return Kind.OTHER, found[2] or "", _LEVELS.get(found[1], Level.NONE)
    if found := _NODE.match(message):
        request_id = "" if found[1] == "undefined" else found[1]
        return Kind.OTHER, request_id, _LEVELS.get(found[2], Level.NONE)
    if found := _TIMED_OUT.match(message) or _DIED.match(message):
        return Kind.PLATFORM, found[1], Level.ERROR
    return Kind.OTHER, "", Level.NONE


def _json_object(message: str) -> dict[str, Any] | None:
    if len(message) > _JSON_LIMIT:
        return None
    try:
        record = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _classify_json(record: dict[str, Any]) -> tuple[Kind, str, Level]:
    """Lambda's JSON log format, and a function's own JSON lines as far as they resemble it."""
    type_, inner = record.get("type"), record.get("record")
    if isinstance(type_, str) and type_.startswith("platform.") and isinstance(inner, dict):
        failed = inner.get("status", "success") != "success"
        return (
            _JSON_KINDS.get(type_, Kind.PLATFORM),
            _text(inner.get("requestId")),
            Level.ERROR if failed else Level.NONE,
        )
    level = _text(record.get("level") or record.get("log_level")).upper()
    request_id = _text(record.get("requestId") or record.get("AWSRequestId"))
    return Kind.OTHER, request_id, _LEVELS.get(level, Level.NONE)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
