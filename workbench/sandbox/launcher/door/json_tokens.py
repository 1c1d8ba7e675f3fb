"""JSON read token by token, as Jackson reads it, which AWS's services use: its errors and its locations.

AWS names in its refusals how far its parser had read. Jackson reads a string's text only when it is asked for
it, and with the name of a member the start of its value: a location may lie before or behind what is wrong.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_PLAIN = r'[^"\\\x00-\x1f]*'
_STRING = re.compile(rf'"({_PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{{4}}){_PLAIN})*)"')
_SPACE = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[\w$]*")
ANY_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_LITERALS = ("true", "false", "null")
_MAX_SOURCE = 500
_MAX_DEPTH = 1000
"""Source: Jackson's StreamReadConstraints, the deepest nesting."""


class Malformed(Exception):
    """The text is not JSON."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Token:
    """A part of the text.

    Attributes:
        kind: One of {, }, [, ], name, string, number, true, false, null.
        text: What a string says, a number as it is written, else the token itself.
        offset: How far the parser has read when it has the token.
        end: How far it has read when its text was asked for.
    """

    kind: str
    text: str
    offset: int
    end: int


def location(text: str, offset: int) -> str:
    """Returns a position in a text as Jackson writes it."""
    shown = text if len(text) <= _MAX_SOURCE else text[:_MAX_SOURCE]
    cut = f"[truncated {len(text) - _MAX_SOURCE} chars]" if len(text) > _MAX_SOURCE else ""
    return f'at [Source: (String)"{shown}"{cut}; {line_and_column(text, offset)}]'


def line_and_column(text: str, offset: int) -> str:
    """Line and column of a place in a text, each from 1."""
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return f"line: {line}, column: {column}"


def tokens(text: str) -> Iterator[Token]:
    """The tokens of the first JSON value of a text; what follows it is not read.

    Raises:
        Malformed: The text ends too early, or is not JSON.
    """
    inside: list[tuple[str, int]] = []
    at = _skip(text, 0)
    if at == len(text):
        return
    expects_value = True
    while True:
        if expects_value:
            token = _value(text, at)
            yield token
            at = token.end
            if token.kind in "{[":
                if len(inside) == _MAX_DEPTH:
                    raise Malformed(
                        f"Document nesting depth ({_MAX_DEPTH + 1}) exceeds the maximum allowed", at
                    )
                inside.append((token.kind, at))
                at = _skip(text, at)
                closing = "}" if token.kind == "{" else "]"
                if text[at : at + 1] != closing:
                    if token.kind == "{":
                        at, name = _name(text, at, inside)
                        yield name
                    _refuse_end(text, at, inside)
                    continue
        if not inside:
            return
        at = _skip(text, at)
        _refuse_end(text, at, inside)
        opening, _ = inside[-1]
        sign = text[at]
        if sign == ("}" if opening == "{" else "]"):
            inside.pop()
            at += 1
            yield Token(sign, sign, at, at)
            expects_value = False
            if not inside:
                return
            continue
        if sign != ",":
            what = "Object" if opening == "{" else "Array"
            raise Malformed(
                f"Unexpected character ({_named(sign)}): was expecting comma to separate {what} entries",
                at + 1,
            )
        at = _skip(text, at + 1)
        if opening == "{":
            at, name = _name(text, at, inside)
            yield name
        _refuse_end(text, at, inside)
        expects_value = True


def _name(text: str, at: int, inside: list[tuple[str, int]]) -> tuple[int, Token]:
    """The name of a member; returns also where its value starts."""
    _refuse_end(text, at, inside)
    if text[at] != '"':
        raise Malformed(
            f"Unexpected character ({_named(text[at])}): was expecting double-quote to start field name",
            at + 1,
        )
    name = _string(text, at, "field name")
    at = _skip(text, name.end)
    _refuse_end(text, at, inside)
    if text[at] != ":":
        raise Malformed(
            f"Unexpected character ({_named(text[at])}): was expecting a colon to separate field name "
            "and value",
            at + 1,
        )
    at = _skip(text, at + 1)
    _refuse_end(text, at, inside)
    read = _value(text, at).offset
    return at, Token("name", name.text, read, read)


def _value(text: str, at: int) -> Token:
    sign = text[at]
    if sign in "{[":
        return Token(sign, sign, at + 1, at + 1)
    if sign == '"':
        return _string(text, at, "VALUE_STRING")
    if found := _NUMBER.match(text, at):
        return Token("number", found[0], found.end(), found.end())
    if word := _WORD.match(text, at):
        if word[0] in _LITERALS:
            return Token(word[0], word[0], word.end(), word.end())
        if word[0]:
            raise Malformed(f"Unrecognized token '{word[0]}': was expecting {ANY_VALUE}", word.end())
    raise Malformed(f"Unexpected character ({_named(sign)}): expected a valid value {ANY_VALUE}", at + 1)


def _string(text: str, at: int, what: str) -> Token:
    found = _STRING.match(text, at)
    if found is None:
        raise Malformed(f"Unexpected end-of-input in {what}", len(text))
    return Token("string", str(json.loads(found[0])), at + 1, found.end())


def _refuse_end(text: str, at: int, inside: list[tuple[str, int]]) -> None:
    if at < len(text):
        return
    if not inside:
        raise Malformed("Unexpected end-of-input", at)
    opening, start = inside[-1]
    what = "Object" if opening == "{" else "Array"
    raise Malformed(
        f"Unexpected end-of-input: expected close marker for {what} "
        f"(start marker {location(text, start - 1)})",
        at,
    )


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _named(sign: str) -> str:
    return f"'{sign}' (code {ord(sign)})"
