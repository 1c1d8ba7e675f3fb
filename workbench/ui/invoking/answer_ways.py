"""The ways in which an answer is shown, as text: to the letter, as bytes, its HTTP body. Pure, for jobs.

Nothing here raises: a function may answer anything.
"""

import base64
import binascii
import json
from dataclasses import dataclass, replace
from enum import Enum
from itertools import batched
from typing import Any

from workbench.invoke.failure import FunctionFailure
from workbench.invoke.payload import parse_json
from workbench.ui.answer_text import MOST_CHARACTERS, answer_text

_ROW = 16
_MOST_HEX = 32 * 1024
MOST_PARSED = 1_000_000
"""Parsing holds Python's lock, and with it the window."""


class Way(Enum):
    """How to look at an answer."""

    PRETTY = "pretty"
    TREE = "tree"
    RAW = "raw"
    HEX = "hex"
    BODY = "body"
    """The body of an answer for API Gateway, decoded."""
    SENT = "sent"
    """What was sent."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown.

    Attributes:
        text: It.
        whole: Whether that is all.
        value: For the tree: what the JSON holds.
        is_json: Whether it is JSON, of a size that is parsed.
        has_parsed_body: Whether its `body` is shown parsed, where the function gave JSON in a string.
    """

    text: str
    whole: bool = True
    value: Any = None
    is_json: bool = False
    has_parsed_body: bool = False


def show(way: Way, payload: bytes, failure: FunctionFailure | None, sent: bytes) -> Shown:
    """Lays an answer out."""
    if way in (Way.TREE, Way.PRETTY) and (parsed := with_parsed_body(payload)) is not None:
        shown = _tree(parsed) if way is Way.TREE else Shown(*answer_text(parsed, failure))
        return replace(shown, has_parsed_body=True)
    if way is Way.TREE:
        return _tree(payload)
    if way is Way.RAW:
        return _raw(payload)
    if way is Way.HEX:
        return Shown(hex_dump(payload[:_MOST_HEX]), len(payload) <= _MOST_HEX)
    if way is Way.BODY:
        return _body(body_of(payload) or b"")
    if way is Way.SENT:
        return _raw(sent)
    return Shown(*answer_text(payload, failure))


def body_of(payload: bytes) -> bytes | None:
    """The body of an answer in API Gateway's shape; None when it has not that shape.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    if b'"body"' not in payload or b'"statusCode"' not in payload or len(payload) > 8 * MOST_PARSED:
        return None
    value = parse_json(payload)
    if not isinstance(value, dict) or not isinstance(value.get("body"), str) or "statusCode" not in value:
        return None
    body: str = value["body"]
    if value.get("isBase64Encoded") is True:
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            pass
    return body.encode("utf-8", "surrogatepass")


def with_parsed_body(payload: bytes) -> bytes | None:
    """An answer in API Gateway's shape whose body is JSON, with the JSON in the place of its text.

    Returns:
        The answer as JSON; None when its body is no object or array, or it is too large to be parsed twice.
    """
    if len(payload) > MOST_PARSED // 2 or (body := body_of(payload)) is None:
        return None
    value, parsed = parse_json(payload), parse_json(body)
    if not isinstance(parsed, dict | list) or value.get("isBase64Encoded") is True:
        return None
    try:
        return json.dumps({**value, "body": parsed}).encode()
    except RecursionError:
        return None


def is_binary(payload: bytes) -> bool:
    """Whether bytes are better looked at as bytes."""
    try:
        payload[: 64 * 1024].decode()
    except UnicodeDecodeError as error:
        return error.start < len(payload[: 64 * 1024]) - 3  # else a letter was cut
    return b"\0" in payload[: 64 * 1024]


def hex_dump(payload: bytes) -> str:
    """Offset, sixteen bytes, and their letters, as hexdump -C writes them."""
    rows = []
    for number, row in enumerate(batched(payload, _ROW)):
        codes = " ".join(f"{byte:02x}" for byte in row)
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        rows.append(f"{number * _ROW:08x}  {codes:<{_ROW * 3}} {letters}")
    return "\n".join(rows)


def _raw(payload: bytes) -> Shown:
    text = payload[: 4 * MOST_CHARACTERS].decode("utf-8", "replace")[:MOST_CHARACTERS]
    return Shown(text, len(text.encode()) >= len(payload) or len(text) < MOST_CHARACTERS)


def _body(body: bytes) -> Shown:
    if is_binary(body):
        return Shown(hex_dump(body[:_MOST_HEX]), len(body) <= _MOST_HEX)
    return Shown(*answer_text(body, None))


def _tree(payload: bytes) -> Shown:
    if len(payload) > MOST_PARSED:
        return Shown("", whole=False)
    try:
        return Shown("", True, json.loads(payload), is_json=True)
    except (ValueError, RecursionError):
        return _raw(payload)
