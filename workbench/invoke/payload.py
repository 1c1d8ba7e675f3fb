"""The text of a test event, and the error in the answer of a function.

Checks before sending, layout, variables, and finding events in a log. Reading an error never raises: the
payload of a failed function may be anything.
"""

import ast
import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NoReturn
from uuid import uuid4

from workbench.aws.quotas import CLIENT_CONTEXT_LIMIT_BYTES, SYNC_PAYLOAD_LIMIT_BYTES, text_limit
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.invocations import Report

_WHAT = _("The function was not invoked.")
_FIX = _("Correct the test event, then invoke again.")
_CLIENT_CONTEXT = "client context"
_BOM = b"\xef\xbb\xbf"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')
_INDENT = "  "


def check_payload(payload: bytes, max_bytes: int = SYNC_PAYLOAD_LIMIT_BYTES, name: str = "payload") -> bytes:
    """Checks that bytes are one JSON value that is not too large for Lambda.

    Raises WorkbenchError if it is not JSON (with line and column), or too large.

    Args:
        payload: The user's text. A byte order mark, which Lambda refuses, is removed.
        max_bytes: Lambda's limit, which is lower for asynchronous invocations.

    Returns:
        The payload to send; empty for white space only, for which Lambda passes an empty event.
    """
    payload = payload.removeprefix(_BOM)
    fix = _FIX if name != _CLIENT_CONTEXT else _("Correct the {name}, then invoke again.").format(name=name)
    if len(payload) > max_bytes:
        limit = f"{max_bytes:,} ({max_bytes // 1024**2} MB)"
        raise WorkbenchError(
            _WHAT,
            _("The {name} has {count:,} bytes; Lambda takes {limit} at most.").format(
                name=name, count=len(payload), limit=limit
            ),
            _("Shorten the test event, or put the data in S3 and send its key."),
        )
    if not payload.strip():
        return b""
    try:
        # Numbers stay text: only the syntax matters, and Python limits the length of integers.
        json.loads(payload.decode(), parse_int=str, parse_float=str, parse_constant=_refuse_constant)
        return payload
    except UnicodeDecodeError as error:
        cause: Exception = error
        line = payload.count(b"\n", 0, error.start) + 1
        why = _("The {name} is not UTF-8 text: byte {start:,}, in line {line:,}.").format(
            name=name, start=error.start + 1, line=line
        )
    except json.JSONDecodeError as error:
        cause = error  # the form underlines the place
        why = _("The {name} is not JSON: {reason} at line {lineno:,}, column {colno:,}.").format(
            name=name, reason=error.msg, lineno=error.lineno, colno=error.colno
        )
    except _Constant as error:
        cause = error
        why = _("The {name} is not JSON: it holds {error}, which JSON lacks.").format(name=name, error=error)
    except RecursionError as error:
        cause = error
        why = _("The {name} is nested too deeply.").format(name=name)
    raise WorkbenchError(_WHAT, why, fix) from cause


def check_client_context(text: str) -> str:
    """Checks a client context, and encodes it in base64, as Lambda expects it.

    Raises WorkbenchError if it is not a JSON object, or too long.
    """
    payload = check_payload(text.encode(), name=_CLIENT_CONTEXT)
    if not isinstance(parse_json(payload), dict):
        why = _("The client context is not a JSON object.")
        raise WorkbenchError(_WHAT, why, _('Write it as {"custom": {"key": "value"}}.'))
    encoded = base64.b64encode(payload).decode()
    if len(encoded) > CLIENT_CONTEXT_LIMIT_BYTES:
        most = f"{CLIENT_CONTEXT_LIMIT_BYTES:,}"
        why = _("The client context has {count:,} bytes as base64; Lambda takes {most} at most.").format(
            count=len(encoded), most=most
        )
        raise WorkbenchError(_WHAT, why, _("Shorten it, or send the data in the payload."))
    return encoded


def check_tenant_id(text: str) -> str:
    """Returns a tenant ID if it is valid.

    Raises WorkbenchError if it is too long, or has a character that Lambda refuses.
    """
    limit = text_limit("TenantId")
    if not limit.accepts(text):
        raise WorkbenchError(
            _WHAT,
            _("The tenant ID is not valid."),
            _("Use 1 to {max_length} letters, digits, spaces and the characters . _ : / = + - @.").format(
                max_length=limit.max_length
            ),
        )
    return text


def lay_out(text: str) -> str:
    """Formats JSON, with a line for each member.

    Only white space changes: parsing and serialising would round numbers and drop duplicate keys. Raises as
    `check_payload` does.
    """
    tokens = _TOKEN.findall(check_payload(text.encode()).decode())
    parts: list[str] = []
    line = "\n"
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        if token in ("[", "{"):
            if after not in ("]", "}"):
                line += _INDENT
                token += line
        elif token in ("]", "}"):
            if before not in ("[", "{"):
                line = line[: -len(_INDENT)]
                token = line + token
        elif token == ",":
            token += line
        elif token == ":":
            token += " "
        parts.append(token)
    return "".join(parts)


class _Constant(ValueError):
    """NaN or an infinity, which Python accepts and JSON does not have."""


def _refuse_constant(name: str) -> NoReturn:
    raise _Constant(name)


def parse_json(payload: bytes) -> Any:
    """The value of a payload; None if it is not JSON."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


_MAX_EVENT_CHARACTERS = 300_000  # parsing Python's notation is slow


def event_in(text: str) -> str:
    """The first object or list in a text, as formatted JSON; empty for none.

    Args:
        text: A log event with JSON or a Python dictionary, surrounded by other text: "GOT {'a': 1} at once".
    """
    if len(text) > _MAX_EVENT_CHARACTERS:
        return ""
    for begin, mark in enumerate(text):
        if mark not in "{[":
            continue
        value = _parse_at(text, begin, "}" if mark == "{" else "]")
        if value:
            return json.dumps(value, indent=2, ensure_ascii=False)
        if mark == "{":  # a bracket may belong to a prefix, such as [INFO]
            return ""
    return ""


def _parse_at(text: str, begin: int, closing: str) -> object:
    """The value that begins at an index, or None."""
    try:
        value, __ = json.JSONDecoder().raw_decode(text, begin)
        return value
    except (ValueError, RecursionError):
        pass
    end = text.rfind(closing) + 1
    try:
        value = ast.literal_eval(text[begin:end])
        json.dumps(value, allow_nan=False)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value


VARIABLE_NAMES = ("uuid", "now", "now_iso", "epoch_ms")
"""{{uuid}}: a new one at each occurrence; {{now}}: seconds since 1970; {{now_iso}}: ISO 8601, UTC;
{{epoch_ms}}: milliseconds since 1970. All times of an event are equal."""

_VARIABLE = re.compile(r"\{\{(?:(?P<literal>\{\{)|\s*(?P<name>[A-Za-z_][\w.-]*)\s*\}\})")
_STRING_OR_VARIABLE = re.compile(rf'"(?:[^"\\]|\\.)*"|{_VARIABLE.pattern}')
_PLACEHOLDER = "7" * 24  # digits that no event contains by chance


def resolve_variables(text: str, now: datetime, make_id: Callable[[], object] = uuid4) -> str:
    """Replaces variables by their values; "{{{{" becomes "{{".

    Raises WorkbenchError if a variable does not exist.

    Args:
        now: Time of sending, UTC.
        make_id: Makes the value of {{uuid}}.
    """
    values: dict[str, Callable[[], object]] = {
        "uuid": make_id,
        "now": lambda: int(now.timestamp()),
        "now_iso": lambda: now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "epoch_ms": lambda: round(now.timestamp() * 1000),
    }

    def value(found: re.Match[str]) -> str:
        if found["literal"]:
            return "{{"
        if found["name"] not in values:
            line = text.count("\n", 0, found.start()) + 1
            known = ", ".join(f"{{{{{name}}}}}" for name in VARIABLE_NAMES)
            raise WorkbenchError(
                _("The function was not invoked."),
                _(
                    "The test event has a variable that does not exist, {{{{{found}}}}}, in line {line:,}."
                ).format(found=found["name"][:60], line=line),
                _("There are {known}. To send two braces as they are, write four: {{{{{{{{.").format(
                    known=known
                ),
            )
        return str(values[found["name"]]())

    return _VARIABLE.sub(value, text)


def check_variables(text: str) -> None:
    """Raises WorkbenchError as `resolve_variables` does."""
    resolve_variables(text, datetime.fromtimestamp(0, UTC), lambda: "")


def has_variables(text: str) -> bool:
    """Whether a text has variables."""
    return _VARIABLE.search(text) is not None


def as_json(text: str) -> str:
    """The text with numbers of the same width for variables outside strings, to check the JSON."""

    def number(found: re.Match[str]) -> str:
        return "1" * len(found[0]) if found["name"] in VARIABLE_NAMES else found[0]

    return _STRING_OR_VARIABLE.sub(number, text)


def apply_outside_variables(change: Callable[[str], str], text: str) -> str:
    """Applies a change to JSON, such as formatting, to a text with variables.

    Raises WorkbenchError: as `change`.

    Args:
        change: Must preserve numbers and their order.
    """
    kept: list[str] = []

    def hide(found: re.Match[str]) -> str:
        if found["name"] not in VARIABLE_NAMES:
            return found[0]
        kept.append(found[0])
        return f"{_PLACEHOLDER}{len(kept) - 1}7"

    changed = change(_STRING_OR_VARIABLE.sub(hide, text))
    return (
        re.sub(rf"{_PLACEHOLDER}(\d+)7(?!\d)", lambda found: kept[int(found[1])], changed)
        if kept
        else changed
    )


# One pattern for each format of a frame; the first that matches wins.
_FRAMES = (
    re.compile(r'\s*File "(?P<file>[^"]+)",? [Ll]ine (?P<line>\d+)(?:, in (?P<function>.*))?'),  # Python
    re.compile(r"\s*at (?:(?P<function>.+?) \()?(?P<file>[^()]+?):(?P<line>\d+):\d+\)?$"),  # Node.js
    re.compile(r"\s*at (?P<function>.+) in (?P<file>.+):line (?P<line>\d+)$"),  # .NET
    re.compile(r"(?P<file>/[^:]+):(?P<line>\d+):in [`'](?P<function>.+)'$"),  # Ruby
    re.compile(r"\s*(?:at )?(?P<function>[\w.$<>]+)\((?P<file>[^():]+):(?P<line>\d+)\)$"),  # Java
)
_CODE_ROOT = "/var/task/"  # an emulator has its own folder before it
_MAX_FRAMES = 1000
_FRAME_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One frame.

    Attributes:
        file: Path in the deployment package, or as the runtime names it.
        line: From 1; 0 for none.
        text: The frame as the runtime wrote it.
        is_own: Whether the file is in the deployment package.
    """

    file: str
    line: int
    function: str
    text: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class FunctionFailure:
    """The error that a function reported.

    Attributes:
        kind: X-Amz-Function-Error: "Unhandled" or "Handled".
        error_type: The runtime's name ("ValueError", "Runtime.ImportModuleError", "Sandbox.Timedout").
        frames: In the runtime's order: Python lists the innermost last, the others first.
    """

    kind: str
    error_type: str
    error_message: str
    frames: tuple[StackFrame, ...]


def parse_failure(kind: str, payload: bytes) -> FunctionFailure:
    """Reads the payload that came with FunctionError."""
    value = parse_json(payload)
    if not isinstance(value, dict):
        return FunctionFailure(kind, "", payload.decode(errors="replace"), ())
    stack = value.get("stackTrace")
    trace = value.get("trace")  # Node.js; its first entry repeats the message
    lines = _frame_lines(stack) if isinstance(stack, list) else _frame_lines(trace)[1:]
    return FunctionFailure(
        kind,
        _text(value.get("errorType")),
        _text(value.get("errorMessage")),
        tuple(parse_frame(line) for line in lines[:_MAX_FRAMES]),
    )


def _frame_lines(value: Any) -> list[str]:
    """Texts, or Python's old form: [file, line, function, text] for each frame."""
    lines = []
    for each in value if isinstance(value, list) else ():
        if isinstance(each, str):
            lines.append(each.rstrip("\n"))
        elif isinstance(each, list) and len(each) >= 3:
            lines.append(f'File "{each[0]}", line {each[1]}, in {each[2]}')
    return lines


def parse_frame(text: str) -> StackFrame:
    """Parses a frame in a runtime's format, in an error document or a log; never raises.

    A path that leads out of the package does not count as the package's.
    """
    first = text.split("\n", 1)[0][:_FRAME_CHARACTERS]
    for pattern in _FRAMES:
        if found := pattern.match(first):
            file = found["file"].removeprefix("file://")
            _, own, in_package = file.partition(_CODE_ROOT)
            # Java names files without their folder, so it is unknown whether they are in the package.
            is_own = bool(own) and ".." not in in_package.split("/") and not in_package.startswith("/")
            return StackFrame(
                in_package or file, int(found["line"][:9]), found["function"] or "", text, is_own
            )
    return StackFrame("", 0, "", text, False)


def own_frame(text: str) -> StackFrame | None:
    """The frame in a line of a trace or log, if it names a line of a file in the package."""
    if _CODE_ROOT not in text[:_FRAME_CHARACTERS]:
        return None
    frame = parse_frame(text)
    return frame if frame.is_own and frame.line and frame.file else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


class FailureCause(Enum):
    """Why a function failed, if not by an error in its code."""

    OWN = "own"
    """The code raised an error, or the function did not fail."""
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    NO_MODULE = "no module"
    NO_HANDLER = "no handler"
    SYNTAX = "syntax"
    EXITED = "exited"
    """The process exited, and not for lack of memory."""
    TOO_LARGE = "too large"


# Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html and
# https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
_MISSING_MODULE = re.compile(r"(?:No module named|Cannot find module) '([^']+)'")
TIMEOUT_TYPES = ("Sandbox.Timedout", "timeout")
"""Lambda's names of a timeout, in a response and in a REPORT."""
_BY_TYPE = {
    "Sandbox.Timedout": FailureCause.TIMED_OUT,
    "Runtime.OutOfMemory": FailureCause.OUT_OF_MEMORY,
    "Runtime.ImportModuleError": FailureCause.NO_MODULE,
    "Runtime.HandlerNotFound": FailureCause.NO_HANDLER,
    "Runtime.UserCodeSyntaxError": FailureCause.SYNTAX,
    "Function.ResponseSizeTooLarge": FailureCause.TOO_LARGE,
}


def failure_cause(failure: FunctionFailure | None, report: Report | None, handler: str = "") -> FailureCause:
    """The cause of a failure; OWN also for a success.

    Args:
        handler: Of the function: a module that cannot be imported may be the handler's own.
    """
    if failure is None:
        return FailureCause.OWN
    if known := _BY_TYPE.get(failure.error_type):
        is_own = known is FailureCause.NO_MODULE and _is_missing(handler, failure.error_message)
        return FailureCause.NO_HANDLER if is_own else known
    status = report.status if report else ""
    if status == "timeout" or "Task timed out after" in failure.error_message:
        return FailureCause.TIMED_OUT
    if failure.error_type == "Runtime.ExitError" or "Runtime exited" in failure.error_message:
        is_full = report is not None and 0 < report.memory_mb <= report.max_memory_mb
        return FailureCause.OUT_OF_MEMORY if is_full else FailureCause.EXITED
    return FailureCause.OWN


def _is_missing(handler: str, message: str) -> bool:
    """Whether the module that was not found is the handler's, or a folder that it lies in."""
    missing = _MISSING_MODULE.search(message)
    module = handler.rpartition(".")[0].replace("/", ".")
    return missing is not None and f"{module}.".startswith(f"{missing[1].replace('/', '.')}.")
