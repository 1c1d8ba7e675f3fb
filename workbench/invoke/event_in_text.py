"""Finds the event in what a function printed: JSON, or the way in which Python prints a dictionary. Pure."""

import ast
import json

_MOST_CHARACTERS = 300_000  # reading Python's own form takes long


def event_in(text: str) -> str:
    """The first object or list that a text holds, as laid-out JSON; empty when it holds none.

    Args:
        text: A log event. What stands before and after the object does not matter: "GOT {'a': 1} at once".
    """
    if len(text) > _MOST_CHARACTERS:
        return ""
    for begin, mark in enumerate(text):
        if mark not in "{[":
            continue
        value = _read(text, begin, "}" if mark == "{" else "]")
        if value:
            return json.dumps(value, indent=2, ensure_ascii=False)
        if mark == "{":  # a bracket may belong to a prefix, such as [INFO]
            return ""
    return ""


def _read(text: str, begin: int, closing: str) -> object:
    """The value that begins there, or None."""
    try:
        value, _ = json.JSONDecoder().raw_decode(text, begin)
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
