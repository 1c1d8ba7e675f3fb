"""Parses what Lambda, its runtimes and functions log, and groups lines by invocation.

A function may print anything, as plain text or JSON: nothing here raises, and a line of unknown format is
just a line.
"""

import json
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from workbench.functions.invocations import Report, parse_report

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""A request ID, as a regular expression."""
_PLATFORM = re.compile(rf"(START|END|REPORT) RequestId: ({_UUID})\b")
# Python's logging: [LEVEL]\tTIME\tREQUEST ID\tTEXT. Node's console: TIME\tREQUEST ID\tLEVEL\tTEXT.
_PYTHON = re.compile(rf"\[([A-Z]+)\](?:\t[^\t]*\t({_UUID}))?")
_NODE = re.compile(rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z\t({_UUID}|undefined)\t([A-Z]+)\t")
_TIMED_OUT = re.compile(rf"\S+ ({_UUID}) Task timed out after ")
# The runtime died: "RequestId: ... Error: Runtime exited with error: exit status 1".
_DIED = re.compile(rf"RequestId: ({_UUID}) (?:Process exited|Error:)")
_JSON_LIMIT = 256 * 1024
_LAST_MS = 253_402_214_400_000  # in the year 9999: datetime has no later date


class LineKind(Enum):
    """Who wrote the line. OTHER is the function's own output."""

    INIT = "init"
    START = "start"
    END = "end"
    REPORT = "report"
    PLATFORM = "platform"
    OTHER = "other"


class Level(Enum):
    """The log level of a line; NONE if the line has none."""

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
    "platform.initStart": LineKind.INIT,
    "platform.initRuntimeDone": LineKind.INIT,
    "platform.initReport": LineKind.INIT,
    "platform.start": LineKind.START,
    "platform.runtimeDone": LineKind.END,
    "platform.report": LineKind.REPORT,
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log event.

    Attributes:
        time_ms: Milliseconds since 1970, UTC.
        message: As written, without its trailing line end.
        stream: The log stream, one for each execution environment.
        event_id: CloudWatch's id of the event, unique in the account.
        request_id: The invocation in the line; empty if there is none.
        kind: Who wrote it.
        source: The function, if lines of several are read; otherwise empty.
    """

    time_ms: int
    message: str
    stream: str
    event_id: str
    request_id: str = ""
    level: Level = Level.NONE
    kind: LineKind = LineKind.OTHER
    source: str = ""

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.time_ms / 1000, UTC)


def parse_event(event: Mapping[str, Any], source: str = "") -> LogLine:
    """Parses an event of FilterLogEvents or Live Tail.

    Emulators leave out eventId: event_id is then empty, and fetch.py fills it in.
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


def _classify(message: str) -> tuple[LineKind, str, Level]:
    if message.startswith("{"):
        record = _json_object(message)
        if record is not None:
            return _classify_json(record)
    if found := _PLATFORM.match(message):
        level = Level.ERROR if found[1] == "REPORT" and "\tStatus: " in message else Level.NONE
        return LineKind[found[1]], found[2], level
    if message.startswith("INIT_"):
        failed = "\tStatus: " in message
        return LineKind.INIT, "", Level.ERROR if failed else Level.NONE
    if found := _PYTHON.match(message):
        return LineKind.OTHER, found[2] or "", _LEVELS.get(found[1], Level.NONE)
    if found := _NODE.match(message):
        request_id = "" if found[1] == "undefined" else found[1]
        return LineKind.OTHER, request_id, _LEVELS.get(found[2], Level.NONE)
    if found := _TIMED_OUT.match(message) or _DIED.match(message):
        return LineKind.PLATFORM, found[1], Level.ERROR
    return LineKind.OTHER, "", Level.NONE


def _json_object(message: str) -> dict[str, Any] | None:
    if len(message) > _JSON_LIMIT:
        return None
    try:
        record = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _classify_json(record: dict[str, Any]) -> tuple[LineKind, str, Level]:
    """Parses Lambda's JSON log format, and a function's own JSON lines if they resemble it."""
    type_, inner = record.get("type"), record.get("record")
    if isinstance(type_, str) and type_.startswith("platform.") and isinstance(inner, dict):
        failed = inner.get("status", "success") != "success"
        return (
            _JSON_KINDS.get(type_, LineKind.PLATFORM),
            _text(inner.get("requestId")),
            Level.ERROR if failed else Level.NONE,
        )
    level = _text(record.get("level") or record.get("log_level")).upper()
    request_id = _text(record.get("requestId") or record.get("AWSRequestId"))
    return LineKind.OTHER, request_id, _LEVELS.get(level, Level.NONE)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


_TIME = r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?)Z?"
_FOLDED_SHAPES = (
    re.compile(rf"(?P<folded>{_TIME}[\t ](?:{_UUID}|undefined)[\t ])"),  # Node.js, time-outs
    re.compile(rf"\[[A-Z]+\]\t(?P<folded>{_TIME}\t(?:{_UUID})?\t)"),  # Python's logging
    re.compile(rf"(?:START|END|REPORT)(?P<folded> RequestId: {_UUID})(?=\s|$)"),
    re.compile(rf"(?P<folded>RequestId: {_UUID} )(?:Process exited|Error:)"),
)
_OWN_TIME = re.compile(rf"(?P<folded>{_TIME}[\t ]+)(?=\S)")
_WITHIN_S = 2.0
_HEAD_CHARACTERS = 200


_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_ESCAPE_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*)?\Z")


def without_escapes(text: str) -> str:
    """A text without a terminal's control sequences, such as those of colours. Source: ECMA-48."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def escape_begun(text: str) -> str:
    """The control sequence that a text ends within; empty for none."""
    found = _ESCAPE_BEGUN.search(text) if "\x1b" in text else None
    return found[0] if found else ""


def folded(text: str, time_ms: int | None = None) -> tuple[int, int]:
    """Start and end of the part that repeats the time and request id, which views leave out.

    Python's logging and Node's console begin every line with both, and the platform's lines name the request.

    Args:
        time_ms: Time of the event, milliseconds since 1970, UTC. A time printed by the function is included
            if it differs by at most two seconds. None never includes it.

    Returns:
        (0, 0) if nothing repeats them.
    """
    head = text[:_HEAD_CHARACTERS]
    for shape in _FOLDED_SHAPES:
        if found := shape.match(head):
            return found.span("folded")
    if time_ms is not None and (found := _OWN_TIME.match(head)) and _is_near(found["time"], time_ms):
        return found.span("folded")
    return 0, 0


def _is_near(text: str, time_ms: int) -> bool:
    """Whether a text is this time. Functions write UTC; Lambda's time zone is UTC."""
    try:
        moment = datetime.fromisoformat(text.replace(",", ".")).replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(moment.timestamp() - time_ms / 1000) <= _WITHIN_S


_ARN = r"(arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d*:[^\s'\"\\]+)"
_QUOTE = r"""\\?['"]"""  # of Python or JSON; with a backslash in JSON within JSON
_IS = r"\s*:\s*"
_CAUSE_SHAPES = tuple(
    re.compile(f"{_QUOTE}{key}{_QUOTE}{_IS}{list_}{_QUOTE}{_ARN}{_QUOTE}")
    for key, list_ in (
        ("eventSourceARN", ""),  # SQS, Kinesis, DynamoDB
        ("eventSourceArn", ""),  # Kafka, Amazon MQ, DocumentDB
        ("TopicArn", ""),  # SNS
        ("resources", r"\[\s*"),  # EventBridge: the rule of a schedule
    )
)
_BUCKET = re.compile(
    rf"{_QUOTE}bucket{_QUOTE}{_IS}\{{.{{0,500}}?{_QUOTE}arn{_QUOTE}{_IS}{_QUOTE}{_ARN}{_QUOTE}"
)
_CAUSE_CHARACTERS = 20_000


def cause_of(texts: Iterable[str]) -> str:
    """The ARN of the resource that sent the event, if the function printed the event as JSON or dict.

    Args:
        texts: Lines of one invocation; only the beginning of a very long line is searched.

    Returns:
        Empty if the lines do not contain it.
    """
    for text in texts:
        if "arn:" not in text:
            continue
        for shape in (*_CAUSE_SHAPES, _BUCKET):
            if (found := shape.search(text[:_CAUSE_CHARACTERS])) is not None:
                return found[1]
    return ""


MESSAGE = "message"
_RECORD_DEPTH = 3
_MAX_RECORD_CHARACTERS = 100_000
_MAX_KEYS = 200


def record_of(text: str) -> dict[str, str] | None:
    """The values of a JSON line by dotted keys ("record.metrics.durationMs"); None for any other line."""
    if not text.startswith("{") or len(text) > _MAX_RECORD_CHARACTERS:
        return None
    record = _json_object(text)
    if record is None:
        return None
    values: dict[str, str] = {}
    _flatten(record, "", _RECORD_DEPTH, values)
    return values


def keys_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The keys of all JSON lines among these, the most frequent first."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update((record_of(text) or {}).keys())
    return tuple(key for key, _count in found.most_common(_MAX_KEYS))


def _flatten(record: dict[str, Any], before: str, depth: int, values: dict[str, str]) -> None:
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and value and depth > 1:
            _flatten(value, f"{name}.", depth - 1, values)
        elif len(values) < _MAX_KEYS:
            values[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_MAX_INVOCATIONS = 100_000
"""Maximum of invocations; for older ones only the lines are known."""
_ERROR_CHARACTERS = 200
_EARLY_ROWS = 1000
_RAISED = re.compile(
    r"\[[A-Z]+\] [^\t\r\n]+[\r\n]+Traceback "
    r"|[^\t]*\t[^\t]*\tERROR\t(?:Invoke Error|Uncaught Exception|Unhandled Promise Rejection)\b"
)
"""What the runtimes of Python and Node.js write about an uncaught exception; an error that a function logs
may have been handled. In Lambda's JSON format the platform's own lines tell how the invocation ended."""


@dataclass(slots=True, eq=False)
class Invocation:
    """An invocation as far as its lines tell; it grows while lines arrive.

    Attributes:
        numbers: The numbers of its rows in order of arrival, including the environment's initialisation.
        report: The REPORT line; None until it arrives.
        error: The first line with an error level, shortened; may be empty.
        is_failed: Whether the invocation failed; a line logged as an error is not enough.
    """

    request_id: str
    stream: str
    start_ms: int
    source: str = ""
    numbers: "array[int]" = field(default_factory=lambda: array("Q"))
    report: Report | None = None
    error: str = ""
    is_failed: bool = False

    @property
    def start(self) -> datetime:
        """Time of the first line, UTC."""
        return datetime.fromtimestamp(self.start_ms / 1000, UTC)


@dataclass(frozen=True, slots=True)
class InvocationChanges:
    """The invocations that are new, were changed, or were dropped."""

    new: tuple[Invocation, ...] = ()
    changed: tuple[Invocation, ...] = ()
    dropped: tuple[Invocation, ...] = ()


class InvocationGrouper:
    """Assigns lines, as they arrive, to invocations."""

    def __init__(self, max_invocations: int = _MAX_INVOCATIONS) -> None:
        self._max = max_invocations
        self._invocations: dict[str, Invocation] = {}
        self._running: dict[str, str] = {}
        self._early: dict[str, list[tuple[LogLine, int, int]]] = {}
        self._new: dict[str, Invocation] = {}
        self._changed: dict[str, Invocation] = {}
        self._dropped: list[Invocation] = []

    def get(self, request_id: str) -> Invocation | None:
        """The invocation; None if it is unknown or was dropped."""
        return self._invocations.get(request_id)

    def take_changes(self) -> InvocationChanges:
        """The changes since the last call."""
        new, dropped = tuple(self._new.values()), tuple(self._dropped)
        changed = tuple(each for key, each in self._changed.items() if key not in self._new)
        self._new, self._changed, self._dropped = {}, {}, []
        return InvocationChanges(new, changed, dropped)

    def forget_before(self, number: int) -> None:
        """Drops the invocations whose rows are all before a number."""
        while self._invocations:
            oldest = next(iter(self._invocations.values()))
            if oldest.numbers[-1] >= number:
                return
            self._drop(oldest)

    def assign(self, line: LogLine, number: int, rows: int) -> str:
        """Assigns the next line; returns the request id of its invocation, empty if unknown.

        Args:
            line: The lines of a stream must arrive in order.
            number: The number of its first row.
        """
        if line.kind is LineKind.START:
            self._running[line.stream] = line.request_id
        elif line.kind is LineKind.INIT:
            self._running.pop(line.stream, None)
        request_id = line.request_id or self._running.get(line.stream, "")
        if not request_id:
            # Initialisation belongs to the invocation that follows. Bounded, because none may follow.
            early = self._early.setdefault(line.stream, [])
            if len(early) < _EARLY_ROWS:
                early.append((line, number, rows))
            return ""
        invocation = self._invocations.get(request_id)
        if invocation is None:
            invocation = self._begin(request_id, line)
        self._extend(invocation, line, number, rows)
        if line.kind is LineKind.REPORT:
            invocation.report = parse_report(line.message) or invocation.report
            self._running.pop(line.stream, None)
        return request_id

    def _begin(self, request_id: str, line: LogLine) -> Invocation:
        invocation = Invocation(request_id, line.stream, line.time_ms, line.source)
        self._invocations[request_id] = self._new[request_id] = invocation
        for early in self._early.pop(line.stream, ()):
            self._extend(invocation, *early)
        if len(self._invocations) > self._max:
            self._drop(next(iter(self._invocations.values())))
        return invocation

    def _drop(self, invocation: Invocation) -> None:
        del self._invocations[invocation.request_id]
        self._changed.pop(invocation.request_id, None)
        if self._new.pop(invocation.request_id, None) is None:
            self._dropped.append(invocation)

    def _extend(self, invocation: Invocation, line: LogLine, number: int, rows: int) -> None:
        invocation.numbers.extend(range(number, number + rows))
        invocation.start_ms = min(invocation.start_ms, line.time_ms)
        self._changed[invocation.request_id] = invocation
        if line.level.is_error and not invocation.error:
            invocation.error = line.message.splitlines()[0][:_ERROR_CHARACTERS]
        if line.level.is_error and (line.kind is not LineKind.OTHER or _RAISED.match(line.message)):
            invocation.is_failed = True
