"""Is it a payload that Lambda takes? Said before anything is sent.

Owns: the checks on a payload, and its layout. Must not know: sending.
"""

import base64
import json
import re
from typing import Any, NoReturn

from workbench.aws.quotas import CLIENT_CONTEXT_LIMIT_BYTES, SYNC_PAYLOAD_LIMIT_BYTES, text_limit
from workbench.core.errors import WorkbenchError

_WHAT = "The function was not invoked."
_FIX = "Correct the test event, then invoke again."
_CLIENT_CONTEXT = "client context"
_BOM = b"\xef\xbb\xbf"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')
_INDENT = "  "


def check_payload(payload: bytes, most_bytes: int = SYNC_PAYLOAD_LIMIT_BYTES, name: str = "payload") -> bytes:
    """Checks that bytes are one JSON value of a size that Lambda takes.

    Args:
        payload: What a person wrote. A byte order mark, which some editors put first, is dropped; Lambda
            refuses it.
        most_bytes: What Lambda takes: an asynchronous invocation takes less.
        name: What a person calls it.

    Returns:
        The payload to send. Empty when there is nothing but white space: Lambda then passes an empty event.

    Raises:
        WorkbenchError: Says where the JSON breaks, by line and column, or by how much it is too big.
    """
    payload = payload.removeprefix(_BOM)
    fix = _FIX if name != _CLIENT_CONTEXT else f"Correct the {name}, then invoke again."
    if len(payload) > most_bytes:
        limit = f"{most_bytes:,} ({most_bytes // 1024**2} MB)"
        raise WorkbenchError(
            _WHAT,
            f"The {name} has {len(payload):,} bytes; Lambda takes {limit} at most.",
            "Shorten the test event, or put the data in S3 and send its key.",
        )
    if not payload.strip():
        return b""
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        line = payload.count(b"\n", 0, error.start) + 1
        raise WorkbenchError(
            _WHAT, f"The {name} is not UTF-8 text: byte {error.start + 1:,}, in line {line:,}.", fix
        ) from error
    try:
        # Numbers stay text: only the form matters here, and Python limits the length of integers.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise WorkbenchError(
            _WHAT,
            f"The {name} is not JSON: {error.msg} at line {error.lineno:,}, column {error.colno:,}.",
            fix,
        ) from error
    except _Constant as error:
        raise WorkbenchError(
            _WHAT, f"The {name} is not JSON: it holds {error}, which JSON lacks.", fix
        ) from error
    except RecursionError as error:
        raise WorkbenchError(_WHAT, f"The {name} is nested too deeply.", fix) from error
    return payload


def check_client_context(text: str) -> str:
    """Checks a client context, and gives it as Lambda takes it: base64.

    Raises:
        WorkbenchError: It is no JSON object, or too long.
    """
    payload = check_payload(text.encode(), name=_CLIENT_CONTEXT)
    if not isinstance(parse_json(payload), dict):
        words = "The client context is not a JSON object."
        raise WorkbenchError(_WHAT, words, 'Write it as {"custom": {"key": "value"}}.')
    encoded = base64.b64encode(payload).decode()
    if len(encoded) > CLIENT_CONTEXT_LIMIT_BYTES:
        most = f"{CLIENT_CONTEXT_LIMIT_BYTES:,}"
        words = f"The client context has {len(encoded):,} bytes as base64; Lambda takes {most} at most."
        raise WorkbenchError(_WHAT, words, "Shorten it, or send the data in the payload.")
    return encoded


def check_tenant_id(text: str) -> str:
    """Checks a tenant ID, and gives it as Lambda takes it.

    Raises:
        WorkbenchError: It is too long, or has a character that Lambda does not take.
    """
    limit = text_limit("TenantId")
    if not limit.accepts(text):
        raise WorkbenchError(
            _WHAT,
            "The tenant ID is not valid.",
            f"Use 1 to {limit.max_length} letters, digits, spaces and the characters . _ : / = + - @.",
        )
    return text


def lay_out(text: str) -> str:
    """JSON with a line for each member.

    Only white space changes: to read the values and write them again would round numbers and lose all but the
    last of equal keys.

    Raises:
        WorkbenchError: As `check_payload`.
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
    """NaN or an infinity, which Python reads and JSON does not know."""


def _refuse_constant(name: str) -> NoReturn:
    raise _Constant(name)


def parse_json(payload: bytes) -> Any:
    """The value of an answer, or None when it is not JSON: a function may answer what it likes."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None
