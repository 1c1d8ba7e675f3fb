"""Whether an answer contains what is expected of it. Pure.

An object contains another one that has all its members; everything else must be equal, lists item by item.
"""

import json
from typing import Any

_LONGEST = 120


def difference(expected: str, answer: bytes) -> str:
    """What of an answer is not as expected, in a sentence; empty when all is.

    Args:
        expected: One JSON value.
        answer: What the function answered.
    """
    try:
        wanted = json.loads(expected)
    except ValueError:
        return "the expected response is not valid JSON."
    try:
        given = json.loads(answer.decode("utf-8", "replace"))
    except ValueError:
        return f"it is not valid JSON: {_short(answer.decode('utf-8', 'replace'))}."
    return _difference(wanted, given, "")


def _difference(wanted: Any, given: Any, place: str) -> str:
    if isinstance(wanted, dict) and isinstance(given, dict):
        for name, value in wanted.items():
            inner = f"{place}.{name}" if place else name
            if name not in given:
                return f"it has no {inner}."
            if words := _difference(value, given[name], inner):
                return words
        return ""
    if isinstance(wanted, list) and isinstance(given, list):
        if len(wanted) != len(given):
            return f"the length of {place or 'it'} is {len(given)} instead of {len(wanted)}."
        for number, (one, other) in enumerate(zip(wanted, given, strict=True)):
            if words := _difference(one, other, f"{place}[{number}]"):
                return words
        return ""
    # True is 1 in Python, and in JSON it is not.
    if wanted != given or isinstance(wanted, bool) != isinstance(given, bool):
        return f"{place or 'it'} is {_written(given)} instead of {_written(wanted)}."
    return ""


def _written(value: Any) -> str:
    return _short(json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
