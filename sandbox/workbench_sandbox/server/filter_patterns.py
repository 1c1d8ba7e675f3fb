"""CloudWatch Logs' filter patterns: terms, expressions, JSON and space-delimited columns.

Their grammar, what they match, and the refusals of invalid ones. Only characters that AWS is known to refuse
in an unquoted term are refused; its documentation requires quotes around every term that is not alphanumeric.

WORKAROUND row 7: remove when MiniStack keeps phrases together, distinguishes case, and knows the whole
grammar. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html; of the
refusals: https://github.com/jorgebastida/awslogs/issues/210,
https://github.com/aws/aws-toolkit-jetbrains/issues/3219 and
https://github.com/dougmoscrop/serverless-plugin-log-subscription/issues/47
"""

import functools
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import translate
from typing import Any

from ministack.services import cloudwatch_logs

_Test = Callable[[str], bool]
_ValueTest = Callable[[Any], bool]
_Node = Callable[[Any], bool]

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%\s]+)%|([^\s"]+))')
_NOT_IN_TERMS = re.compile(r'[`@:,\\()\[\]{}"]')
# Characters of an expression between %. Source: "Supported regular expressions (regex) syntax".
_NOT_IN_EXPRESSIONS = re.compile(r"[^A-Za-z0-9_#=@/;,:\-^$?\[\]{}|\\*+.]")
_ESCAPED = re.compile(r"\\(.)")
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<operator>&&|\|\||!=|<=|>=|[=<>()])
    | (?P<selector>\$(?:\.?\[(?:\d+|\*|'[^']*')\]|\.[^\s.\[\]()&|"=<>!,'`]+)*(?![.\["']))
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | %(?P<expression>[^%]+)%
    | (?P<word>[^\s()&|"=<>!$]+)
    )""",
    re.VERBOSE,
)
_STEP = re.compile(r"\[(\d+|\*|'[^']*')\]|\.([^.\[]+)")
_WORDS = re.compile(r'"[^"]*"|\[[^\]]*\]|\S+')
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_CONSTANTS: Mapping[str, Any] = {"TRUE": True, "FALSE": False, "NULL": None}
_MAX_DEPTH = 50
_INVALID = "Invalid filter pattern"


def install() -> None:
    """Lets subscription filters and Live Tail match as FilterLogEvents does."""
    cloudwatch_logs._subscription_pattern_matches = _matches


def _matches(pattern: str, message: str) -> bool:
    try:
        return _compiled(pattern or "")(message or "")
    except ValueError:  # It was saved before such filters were refused.
        return False


def compile_pattern(pattern: str) -> _Test:
    """Returns a function that tells whether a message matches.

    Raises:
        ValueError: The pattern is invalid; the text is AWS's.
    """
    pattern = pattern.strip()
    for opening, closing in (("{", "}"), ("[", "]")):
        if pattern.startswith(opening) and not pattern.endswith(closing):
            raise ValueError(f"If a filter pattern starts with '{opening}' it must end with '{closing}'")
    if pattern.startswith("{"):
        return _of_json(pattern[1:-1])
    if pattern.startswith("["):
        return _of_columns(pattern[1:-1])
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "%" and pattern.count("%") == 2:
        return _expression(pattern[1:-1])
    return _of_terms(pattern)


def _of_terms(pattern: str) -> _Test:
    wanted: list[_Test] = []
    excluded: list[_Test] = []
    alternatives: list[_Test] = []
    position = 0
    while position < len(pattern):
        if pattern[position].isspace():
            position += 1
            continue
        match = _TERM.match(pattern, position)
        if match is None:  # an unclosed quote
            raise _refused(pattern[position])
        mark, phrase, expression, word = match.groups()
        if word and (wrong := _NOT_IN_TERMS.search(word)):
            raise _refused(wrong[0])
        if expression is not None:
            test = _expression(expression)
        else:
            test = _containing(word if phrase is None else _ESCAPED.sub(r"\1", phrase))
        {"": wanted, "-": excluded, "?": alternatives}[mark].append(test)
        position = match.end()
    if wanted or excluded:
        alternatives = []  # "The ? is ignored when it is combined with other terms."

    def matches(message: str) -> bool:
        return (
            all(test(message) for test in wanted)
            and not any(test(message) for test in excluded)
            and (not alternatives or any(test(message) for test in alternatives))
        )

    return matches


def _containing(text: str) -> _Test:
    return lambda message: text in message


def _refused(characters: str) -> ValueError:
    return ValueError(f"Invalid character(s) in term '{characters}'")


def _expression(text: str) -> _Test:
    if wrong := _NOT_IN_EXPRESSIONS.search(text):
        raise _refused(wrong[0])
    try:
        compiled = re.compile(text)
    except re.error:
        raise ValueError(_INVALID) from None
    return lambda message: compiled.search(message) is not None


_compiled = functools.lru_cache(maxsize=64)(compile_pattern)


# ---- JSON -------------------------------------------------------------------------------------------------


def _of_json(text: str) -> _Test:
    node = _Conditions(list(_tokens(text)), _json_operand).whole()

    def matches(message: str) -> bool:
        try:
            event = json.loads(message)
        except ValueError:
            return False
        return isinstance(event, dict | list) and node(event)

    return matches


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """The kinds and texts of a pattern's tokens."""
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            found = re.match(r"\s*(\$[^\s&|=<>!]*?[\"'`]|\S)", text[position:])
            raise _refused(found[1] if found else text[position])
        kind = str(match.lastgroup)
        yield kind, match[kind]
        position = match.end()


class _Conditions:
    """Reads comparisons joined by && and ||, with parentheses.

    Args:
        operand: Parses the left side of a comparison: how its value is found in an event.
    """

    def __init__(
        self, tokens: Sequence[tuple[str, str]], operand: Callable[[str, str], Callable[[Any], list[Any]]]
    ) -> None:
        self._tokens = tokens
        self._at = 0
        self._operand = operand
        self._depth = 0

    def whole(self) -> _Node:
        """Returns a test of an event."""
        node = self._either()
        if self._at < len(self._tokens):
            raise ValueError(_INVALID)
        return node

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise ValueError(_INVALID)
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, text: str) -> bool:
        is_next = self._tokens[self._at : self._at + 1] == [("operator", text)]
        self._at += is_next
        return is_next

    def _either(self) -> _Node:
        nodes = [self._both()]
        while self._takes("||"):
            nodes.append(self._both())
        return nodes[0] if len(nodes) == 1 else lambda event: any(node(event) for node in nodes)

    def _both(self) -> _Node:
        nodes = [self._single()]
        while self._takes("&&"):
            nodes.append(self._single())
        return nodes[0] if len(nodes) == 1 else lambda event: all(node(event) for node in nodes)

    def _single(self) -> _Node:
        if not self._takes("("):
            return self._comparison()
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError(_INVALID)
        node = self._either()
        if not self._takes(")"):
            raise ValueError(_INVALID)
        self._depth -= 1
        return node

    def _comparison(self) -> _Node:
        found_in = self._operand(*self._next())
        kind, text = self._next()
        if kind == "word" and text.upper() == "IS":
            wanted = self._next()[1].upper()
            if wanted not in _CONSTANTS:
                raise ValueError(_INVALID)
            return lambda event: any(each is _CONSTANTS[wanted] for each in found_in(event))
        if kind == "word" and text.upper() == "NOT":
            if self._next()[1].upper() != "EXISTS":
                raise ValueError(_INVALID)
            return lambda event: not found_in(event)
        if kind != "operator":
            raise ValueError(_INVALID)
        test = _compared(text, *self._next())
        return lambda event: any(test(each) for each in found_in(event))


def _json_operand(kind: str, text: str) -> Callable[[Any], list[Any]]:
    if kind != "selector":
        raise ValueError(_INVALID)
    steps = [(match[1] or match[2]).strip("'") for match in _STEP.finditer(text)]
    return lambda event: _selected(event, steps)


def _selected(event: Any, steps: Sequence[str]) -> list[Any]:
    """The values that a selector leads to; empty if there is no such member."""
    values = [event]
    for step in steps:
        found: list[Any] = []
        for value in values:
            if isinstance(value, dict):
                found += [value[step]] if step in value else list(value.values()) if step == "*" else []
            elif isinstance(value, list):
                is_index = step.isdigit() and int(step) < len(value)
                found += [value[int(step)]] if is_index else value if step == "*" else []
        values = found
    return values


def _compared(sign: str, kind: str, text: str) -> _ValueTest:
    """Returns a test of a value by the right side of a comparison.

    Raises:
        ValueError: The sign cannot be used with the value.
    """
    if sign in _COMPARISONS:
        limit, compare = _number(text if kind == "word" else ""), _COMPARISONS[sign]
        if limit is None:
            raise ValueError(_INVALID)
        return lambda value: (number := _number(value)) is not None and compare(number, limit)
    if sign not in ("=", "!=") or kind not in ("quoted", "word", "expression"):
        raise ValueError(_INVALID)
    test = _expression(text) if kind == "expression" else _equal(kind, text)
    return (lambda value: test(_text_of(value))) if sign == "=" else (lambda value: not test(_text_of(value)))


def _equal(kind: str, text: str) -> _Test:
    """A test for the same text, in which * matches any characters, or the same number."""
    plain = _ESCAPED.sub(r"\1", text) if kind == "quoted" else text
    number = _number(text) if kind == "word" else None
    if number is not None:
        return lambda value: _number(value) == number
    if "*" not in plain:
        return lambda value: value == plain
    pattern = re.compile(translate(re.sub(r"[?\[]", r"[\g<0>]", plain)))
    return lambda value: pattern.match(value) is not None


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except ValueError:
        return None


# ---- columns ----------------------------------------------------------------------------------------------


def _of_columns(text: str) -> _Test:
    """A test of the words of a message by position. "..." stands for any number of columns, once."""
    columns = _split(text)
    gaps = [at for at, column in enumerate(columns) if column == "..."]
    if len(gaps) > 1:
        raise ValueError(_INVALID)
    before = [_column(each) for each in (columns[: gaps[0]] if gaps else columns)]
    after = [_column(each) for each in columns[gaps[0] + 1 :]] if gaps else []

    def matches(message: str) -> bool:
        words = [each.strip('"') for each in _WORDS.findall(message)]
        if len(words) < len(before) + len(after):
            return False
        last = words[len(words) - len(after) :]
        return all(
            test(word) for test, word in [*zip(before, words, strict=False), *zip(after, last, strict=True)]
        )

    return matches


def _split(text: str) -> list[str]:
    """The columns between commas that are outside quotes and expressions."""
    parts = re.findall(r'"(?:[^"\\]|\\.)*"|%[^%]*%|,|[^",%]+|["%]', text)
    columns = [""]
    for part in parts:
        if part in ('"', "%"):
            raise _refused(part)
        if part == ",":
            columns.append("")
        else:
            columns[-1] += part
    return [each.strip() for each in columns] if text.strip() else []


def _column(text: str) -> _Test:
    if not re.search(r"[=<>]", text):  # only a name
        return lambda _: True
    return _Conditions(list(_tokens(text)), _column_operand).whole()


def _column_operand(kind: str, _text: str) -> Callable[[Any], list[Any]]:
    if kind not in ("word", "selector", "quoted"):
        raise ValueError(_INVALID)
    return lambda word: [word]
