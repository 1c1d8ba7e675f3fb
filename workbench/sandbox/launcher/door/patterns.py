"""Regular expressions of service models, which are Java's, as Python's.

A pattern is applied only if it means the same in Python or accepts more, and only if it cannot take long: one
that repeats what is itself repeated without a mark between the repetitions is left out.
"""

import functools
import re
import warnings
from collections.abc import Iterator, Sequence
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

MAX_MATCHED = 512
"""Longer texts are not matched against patterns: some take time that grows with the square or the cube."""
MAX_TOO_LONG = 256
"""So are those that are too long anyway: a longer one is refused for its length alone."""

# Classes of characters, as what in Python holds at least these.
_CLASSES = {
    "L": r"\w", "Lu": r"\w", "Ll": r"\w", "N": r"\w", "Nd": r"\d", "Z": r"\s", "Zs": r"\s", "M": r"\W",
    "P": r"\W_", "S": r"\W", "C": r"\W", "IsLetter": r"\w", "IsDigit": r"\d", "IsAlphabetic": r"\w\W",
    "Alpha": "A-Za-z", "Alnum": "A-Za-z0-9", "Digit": "0-9", "Lower": "a-z", "Upper": "A-Z", "Space": r"\s",
    "Print": r"\x20-\x7e", "Graph": r"\x21-\x7e", "ASCII": r"\x00-\x7f",
    "Punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
}  # fmt: skip
_CLASS = re.compile(r"\\p\{(\w+)\}|\\p([LNZMPSC])")
_NEGATED = re.compile(r"\[\^[^\]]*\\p|\\P|&&|\\[QEGZzXRhHv]|\\x\{|\\N\{")
_SURROGATES = re.compile(r"\\u?[dD]800\\u?[dD][cC]00-\\u?[dD][bB][fF][fF]\\u?[dD][fF][fF][fF]")
_MANY = 16  # a repetition of more is taken for one without end


@functools.cache
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """Returns a Java pattern for `fullmatch`, or None if it is not to be applied."""
    if _NEGATED.search(pattern):
        return None
    text = _SURROGATES.sub(r"\\U00010000-\\U0010FFFF", pattern)
    is_unicode = bool(_CLASS.search(text))
    text = _replace_classes(text) if is_unicode else text
    flags = 0 if is_unicode else re.ASCII
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # a set operation, which Java reads otherwise
            parsed = sre_parser.parse(text, flags)
            if _can_explode(parsed):
                return None
            return re.compile(text, flags)
    except (re.error, FutureWarning, RecursionError, OverflowError):
        return None


def _replace_classes(text: str) -> str:
    r"""Writes `\p{L}` inside and outside of brackets as Python has it; an unknown class makes it invalid."""
    out: list[str] = []
    position, inside = 0, False
    while position < len(text):
        match = _CLASS.match(text, position)
        if match:
            members = _CLASSES.get(match[1] or match[2], r"\p")
            out.append(members if inside else f"[{members}]")
            position = match.end()
            continue
        character = text[position]
        if character == "\\":
            out.append(text[position : position + 2])
            position += 2
            continue
        inside = (inside or character == "[") and character != "]"
        out.append(character)
        position += 1
    return "".join(out)


def _can_explode(parsed: Any) -> bool:
    return any(_is_ambiguous(body) for body in _long_repeats(parsed))


def _long_repeats(items: Any) -> Iterator[Any]:
    """The bodies of all repetitions without end."""
    for operator, argument in items:
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            _, most, body = argument
            if most > _MANY:
                yield body
        for body in _bodies(operator, argument):
            yield from _long_repeats(body)


def _bodies(operator: Any, argument: Any) -> Sequence[Any]:
    if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return [argument[2]]
    if operator is sre.SUBPATTERN:
        return [argument[3]]
    if operator is sre.BRANCH:
        return list(argument[1])
    if operator in (sre.ASSERT, sre.ASSERT_NOT):
        return [argument[1]]
    if operator is sre.ATOMIC_GROUP:
        return [argument]
    return []


def _is_ambiguous(body: Any) -> bool:
    """Whether a repeated body that repeats within can match one text in several ways."""
    within = list(_long_repeats(body))
    if not within:
        return False
    marks = [argument for operator, argument in _flat(body) if operator is sre.LITERAL]
    texts = [chr(mark) for mark in marks]
    return not all(any(not _may_match(each, text) for text in texts) for each in within)


def _flat(items: Any) -> Iterator[Any]:
    """What a body must match, with its groups opened."""
    for operator, argument in items:
        if operator is sre.SUBPATTERN:
            yield from _flat(argument[3])
        else:
            yield operator, argument


def _may_match(body: Any, text: str) -> bool:
    """Whether a character can occur in what a body matches; True when that is not known."""
    for operator, argument in body:
        if operator is sre.LITERAL:
            if chr(argument) == text:
                return True
        elif operator is sre.IN:
            if _is_in(argument, ord(text)):
                return True
        elif operator is sre.SUBPATTERN:
            if _may_match(argument[3], text):
                return True
        elif operator is sre.BRANCH:
            if any(_may_match(each, text) for each in argument[1]):
                return True
        elif operator in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            if _may_match(argument[2], text):
                return True
        elif operator is not sre.AT:
            return True
    return False


def _is_in(members: Any, code: int) -> bool:
    if members and members[0][0] is sre.NEGATE:
        return not _is_in(members[1:], code)
    text = chr(code)
    tests = {
        sre.CATEGORY_DIGIT: text.isdigit(),
        sre.CATEGORY_WORD: text.isalnum() or text == "_",
        sre.CATEGORY_SPACE: text.isspace(),
    }
    for operator, argument in members:
        if operator is sre.LITERAL and argument == code:
            return True
        if operator is sre.RANGE and argument[0] <= code <= argument[1]:
            return True
        if operator is sre.CATEGORY and tests.get(argument, True):
            return True
    return False
