"""The text of a test event: checks before sending, layout, variables, and finding events in a log."""

import ast
import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import uuid4

from workbench.aws.quotas import CLIENT_CONTEXT_LIMIT_BYTES, SYNC_PAYLOAD_LIMIT_BYTES, text_limit
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

_WHAT = _("The function was not invoked.")
_FIX = _("Correct the test event, then invoke again.")
_CLIENT_CONTEXT = "client context"
_BOM = b"\xef\xbb\xbf"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')
_INDENT = "  "


def check_payload(payload: bytes, max_bytes: int = SYNC_PAYLOAD_LIMIT_BYTES, name: str = "payload") -> bytes:
    """Checks that bytes are one JSON value that is not too large for Lambda.

    Args:
        payload: The user's text. A byte order mark, which Lambda refuses, is removed.
        max_bytes: Lambda's limit, which is lower for asynchronous invocations.

    Returns:
        The payload to send; empty for white space only, for which Lambda passes an empty event.

    Raises:
        WorkbenchError: It is not JSON (with line and column), or too large.
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
        text = payload.decode()
    except UnicodeDecodeError as error:
        line = payload.count(b"\n", 0, error.start) + 1
        raise WorkbenchError(
            _WHAT,
            _("The {name} is not UTF-8 text: byte {start:,}, in line {line:,}.").format(
                name=name, start=error.start + 1, line=line
            ),
            fix,
        ) from error
    try:
        # Numbers stay text: only the syntax matters, and Python limits the length of integers.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise WorkbenchError(
            _WHAT,
            _("The {name} is not JSON: {reason} at line {lineno:,}, column {colno:,}.").format(
                name=name, reason=error.msg, lineno=error.lineno, colno=error.colno
            ),
            fix,
        ) from error
    except _Constant as error:
        raise WorkbenchError(
            _WHAT,
            _("The {name} is not JSON: it holds {error}, which JSON lacks.").format(name=name, error=error),
            fix,
        ) from error
    except RecursionError as error:
        raise WorkbenchError(_WHAT, _("The {name} is nested too deeply.").format(name=name), fix) from error
    return payload


def check_client_context(text: str) -> str:
    """Checks a client context, and encodes it in base64, as Lambda expects it.

    Raises:
        WorkbenchError: It is not a JSON object, or too long.
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

    Raises:
        WorkbenchError: It is too long, or has a character that Lambda refuses.
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

    Args:
        now: Time of sending, UTC.
        make_id: Makes the value of {{uuid}}.

    Raises:
        WorkbenchError: A variable does not exist.
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

    Args:
        change: Must preserve numbers and their order.

    Raises:
        WorkbenchError: As `change`.
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
