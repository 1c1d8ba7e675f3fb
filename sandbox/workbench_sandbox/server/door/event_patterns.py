"""The grammar of event patterns, which EventBridge, SNS and Lambda share, and JSON as their parser reads it.

AWS's refusals contain the position of its parser, Jackson. Jackson reads the text of a string only when it is
asked for, and with the name of a member the start of its value, so the position can be before or after the
error.

Source: the refusals of events/test_events_patterns.py::TestEventPattern and of
sns/test_sns_filter_policy.py::TestSNSFilterPolicyConditions, and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from workbench_sandbox.rules.event_patterns import is_wildcard_too_complex

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_PLAIN = r'[^"\\\x00-\x1f]*'
_STRING = re.compile(rf'"({_PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{{4}}){_PLAIN})*)"')
_SPACE = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[\w$]*")
ANY_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_LITERALS = ("true", "false", "null")
_MAX_SOURCE = 500
_MAX_DEPTH = 1000
"""Maximum nesting. Source: Jackson's StreamReadConstraints."""


class Malformed(Exception):
    """The text is not JSON."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the text.

    Attributes:
        kind: {, }, [, ], name, string, number, true, false or null.
        text: The content of a string, a number as written, otherwise the token itself.
        offset: The parser's position when it has the token.
        end: The parser's position when the token's text was asked for.
    """

    kind: str
    text: str
    offset: int
    end: int


def location(text: str, offset: int) -> str:
    """Returns a position in Jackson's format."""
    shown = text if len(text) <= _MAX_SOURCE else text[:_MAX_SOURCE]
    cut = f"[truncated {len(text) - _MAX_SOURCE} chars]" if len(text) > _MAX_SOURCE else ""
    return f'at [Source: (String)"{shown}"{cut}; {line_and_column(text, offset)}]'


def line_and_column(text: str, offset: int) -> str:
    """Line and column of an offset, both from 1."""
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return f"line: {line}, column: {column}"


def tokens(text: str) -> Iterator[Token]:
    """The tokens of the first JSON value of a text; what follows is not read.

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
    """The name of a member, and the start of its value."""
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


_ONE_KEY = "Only one key allowed in match expression"
_TOO_MANY = "Too many elements in numeric expression"
_NOT_AN_ADDRESS = "Nonstandard IP address: "
_SCALARS = ("string", "number", "true", "false", "null")
_COMPARISONS = {"=": "equals", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_OR = "$or"
_END = Token("", "", 0, 0)
_OPERATORS = frozenset({
    "exactly", "prefix", "suffix", "numeric", "anything-but", "exists", "cidr", "equals-ignore-case",
    "wildcard",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a service supports: what anything-but may contain, and AWS's text for anything else."""

    excluded: frozenset[str]
    excluded_text: str


EVENTS = Dialect(
    frozenset(("prefix", "suffix", "equals-ignore-case", "wildcard")),
    "prefix/suffix match pattern must be a string",
)
TOPICS = Dialect(frozenset(("prefix",)), "prefix match pattern must be a string")


class _Refused(Exception):
    """AWS's text, and the parser's position; None if AWS does not say."""

    def __init__(self, message: str, offset: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def fault(pattern: str, dialect: Dialect = EVENTS) -> str:
    """Returns why AWS refuses a pattern, with the parser's position; '' if it does not."""
    try:
        _Reader(pattern, dialect).read()
    except (_Refused, Malformed) as refused:
        where = "" if refused.offset is None else f"\n {location(pattern, refused.offset)}"
        return f"{refused.message}{where}"
    except RecursionError:
        return "Document nesting depth exceeds the maximum allowed"
    return ""


class _Reader:
    def __init__(self, pattern: str, dialect: Dialect) -> None:
        self._dialect = dialect
        self._tokens, self._malformed = _all_tokens(pattern)
        self._at = 0
        self._token = _END
        self._offset = 0

    def read(self) -> None:
        if self._next() != "{":
            self._refuse("Filter is not an object")
        self._read_object()

    def _next(self) -> str:
        if self._at < len(self._tokens):
            self._token = self._tokens[self._at]
            self._at += 1
        elif self._malformed:
            raise self._malformed
        else:
            self._token = _END
        self._offset = self._token.offset
        return self._token.kind

    def _text(self) -> str:
        self._offset = self._token.end
        return self._token.text

    def _refuse(self, message: str) -> NoReturn:
        raise _Refused(message, self._offset)

    def _read_object(self) -> None:
        is_empty = True
        while self._next() != "}":
            is_empty = False
            name = self._token.text
            kind = self._next()
            if kind == "{":
                self._read_object()
            elif kind == "[":
                if name == _OR and self._is_relationship():
                    self._read_or()
                else:
                    self._read_values()
            else:
                self._refuse(f'"{name}" must be an object or an array')
        if is_empty:
            self._refuse("Empty objects are not allowed")

    def _is_relationship(self) -> bool:
        """Whether the "$or" at this position holds two or more objects, none of which is a comparison."""
        depth, objects, was_opened = 0, 0, False
        for token in self._tokens[self._at :]:
            if depth == 0 and token.kind == "]":
                break
            if depth == 0 and token.kind != "{":
                return False
            if was_opened and (token.kind != "name" or token.text in _OPERATORS):
                return False
            was_opened = depth == 0
            objects += depth == 0
            depth += (token.kind in ("{", "[")) - (token.kind in ("}", "]"))
        return objects >= 2

    def _read_or(self) -> None:
        while self._next() != "]":
            self._read_object()

    def _read_values(self) -> None:
        is_empty = True
        while (kind := self._next()) != "]":
            is_empty = False
            if kind == "{":
                self._read_expression()
            elif kind not in _SCALARS:
                self._refuse("Match value must be String, number, true, false, or null")
        if is_empty:
            self._refuse("Empty arrays are not allowed")

    def _read_expression(self) -> None:
        if self._next() != "name":
            self._refuse("Match expression name not found")
        name = self._token.text
        readers: Mapping[str, Callable[[], None]] = {
            "exactly": lambda: self._read_text("exact match pattern must be a string"),
            "prefix": lambda: self._read_folded("prefix"),
            "suffix": lambda: self._read_folded("suffix"),
            "equals-ignore-case": lambda: self._read_text(
                "equals-ignore-case match pattern must be a string"
            ),
            "wildcard": lambda: self._read_text("wildcard match pattern must be a string", _check_wildcard),
            "cidr": lambda: self._read_text("prefix match pattern must be a string", _check_cidr),
            "numeric": self._read_numeric,
            "exists": self._read_exists,
            "anything-but": self._read_anything_but,
        }
        if name not in readers:
            self._refuse(f"Unrecognized match type {name}")
        readers[name]()

    def _close(self, message: str = _ONE_KEY) -> None:
        if self._next() != "}":
            self._refuse(message)

    def _read_text(self, message: str, check: Callable[[str], None] = lambda _: None) -> None:
        if self._next() != "string":
            self._refuse(message)
        check(self._text())
        self._close()

    def _read_folded(self, name: str) -> None:
        """Reads a prefix or suffix, which can ignore case."""
        message = f"{name} match pattern must be a string"
        kind = self._next()
        if kind == "{":
            if self._next() != "name" or self._token.text != "equals-ignore-case":
                self._refuse(message)
            self._read_text("equals-ignore-case match pattern must be a string")
        elif kind != "string":
            self._refuse(message)
        else:
            self._text()
        self._close()

    def _read_exists(self) -> None:
        if self._next() not in ("true", "false"):
            self._refuse("exists match pattern must be either true or false.")
        self._close()

    def _read_numeric(self) -> None:
        if self._next() != "[":
            self._refuse("Value of numeric must be an array.")
        if self._next() != "string":
            self._refuse(f"Invalid member in numeric match: {self._text()}")
        sign = self._text()
        kind = self._next()
        if sign not in _COMPARISONS:
            self._refuse(f"Unrecognized numeric range operator: {sign}")
        if kind != "number":
            self._refuse(f"Value of {_COMPARISONS[sign]} must be numeric")
        bottom = float(self._text())
        if self._next() != "]":
            if not sign.startswith(">"):
                self._refuse(_TOO_MANY)
            self._read_top(bottom)
        self._close(_TOO_MANY)

    def _read_top(self, bottom: float) -> None:
        if self._token.kind != "string":
            self._refuse(f"Bad value in numeric range: {self._text()}")
        sign = self._text()
        if sign not in ("<", "<="):
            self._refuse(f"Bad numeric range operator: {sign}")
        if self._next() != "number":
            self._refuse(f"Value of {sign} must be numeric")
        top = float(self._text())
        if self._next() != "]":
            self._refuse("Too many terms in numeric range expression")
        if bottom >= top:
            self._refuse("Bottom must be less than top")

    def _read_anything_but(self) -> None:
        kind = self._next()
        if kind == "{":
            self._read_excluded()
            return
        if kind not in ("[", "string", "number"):
            self._refuse("Value of anything-but must be an array or single string/number value.")
        if kind == "[":
            kinds = self._read_list(
                ("string", "number"), "Inside anything but list, start|null|boolean is not supported."
            )
            if len(kinds) != 1:
                self._refuse(
                    "Inside anything but list, either all values are number or string, "
                    "mixed type is not supported"
                )
        else:
            self._text()
        self._close(_TOO_MANY)

    def _read_excluded(self) -> None:
        if self._next() != "name":
            self._refuse("Anything-But expression name not found")
        name = self._token.text
        if name not in self._dialect.excluded:
            self._refuse(f"Unsupported anything-but pattern: {name}")
        if name == "equals-ignore-case":
            self._read_excluded_texts(
                "Value of anything-but must be an array or single string/number value.",
                "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
                lambda _: None,
            )
        elif name == "wildcard":
            message = "wildcard match pattern must be a string"
            self._read_excluded_texts(message, message, _check_wildcard)
        else:
            self._read_excluded_texts(
                self._dialect.excluded_text, self._dialect.excluded_text, self._check_affix
            )
        self._close()
        self._close()

    def _check_affix(self, text: str) -> None:
        if not text:
            self._refuse("Null prefix/suffix not allowed")

    def _read_excluded_texts(self, not_one: str, not_listed: str, check: Callable[[str], None]) -> None:
        """Reads a text or a list of texts; with AWS's texts for neither, and for another list item."""
        kind = self._next()
        if kind == "{" and not_one.startswith("prefix"):
            self._refuse("Value of anything-but must be an array or single string/number value.")
        if kind == "string":
            check(self._text())
        elif kind == "[":
            while (kind := self._next()) != "]":
                if kind != "string":
                    self._refuse(not_listed)
                check(self._text())
        else:
            self._refuse(not_listed if kind == "number" else not_one)

    def _read_list(self, kinds: Sequence[str], message: str) -> set[str]:
        found = set()
        while (kind := self._next()) != "]":
            if kind not in kinds:
                self._refuse(message)
            self._text()
            found.add(kind)
        return found


def _check_cidr(text: str) -> None:
    """Checks a CIDR. AWS gives no position for it."""
    address, slash, bits = text.partition("/")
    if not slash or "/" in bits or not bits:
        raise _Refused("Malformed CIDR, one '/' required", None)
    if not bits.removeprefix("-").isdigit():
        raise _Refused("Malformed CIDR, mask bits must be an integer", None)
    if int(bits) < 0:
        raise _Refused("Malformed CIDR, mask bits must not be negative", None)
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        raise _Refused(f"{_NOT_AN_ADDRESS}{address}", None) from None
    most = 32 if version == 4 else 128
    if int(bits) > most:
        raise _Refused(f"IPv{version} mask bits must be < {most}", None)


def _check_wildcard(text: str) -> None:
    """Checks a wildcard. AWS counts bytes, including the opening quotation mark."""
    data = text.encode("utf-8", "surrogatepass")
    at = 0
    while at < len(data):
        if data[at : at + 2] == b"**":
            raise _Refused(f"Consecutive wildcard characters at pos {at + 1}", None)
        if data[at : at + 1] == b"\\":
            if data[at + 1 : at + 2] not in (b"*", b"\\"):
                raise _Refused(f"Invalid escape character at pos {at + 1}", None)
            at += 1
        at += 1
    if is_wildcard_too_complex(text):
        raise _Refused(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating "
            "character sequences after a wildcard character",
            None,
        )


def _all_tokens(text: str) -> tuple[list[Token], Malformed | None]:
    found: list[Token] = []
    try:
        found.extend(tokens(text))
    except Malformed as malformed:
        return found, malformed
    return found, None
