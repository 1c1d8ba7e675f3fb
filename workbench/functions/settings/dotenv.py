"""Reads and writes environment variables as a .env file. Pure."""

import re
from dataclasses import dataclass

from workbench.functions.configuration import Pairs

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
_WRITTEN = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\", "$": "\\$"}


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The content of a .env file.

    Attributes:
        variables: In the order of the file; the last value of a repeated name.
        unread: Numbers of lines that are neither a variable, nor empty, nor a comment.
    """

    variables: Pairs
    unread: tuple[int, ...]


def read_dotenv(text: str) -> ReadFile:
    """Reads `NAME=value` lines as dotenv does.

    It knows `export`, comments, single and double quotes, and values of several lines. Nothing is
    substituted: `$HOME` stays as it is.
    """
    found: dict[str, str] = {}
    unread: list[int] = []
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    number = 0
    while number < len(lines):
        start, line = number, lines[number]
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            unread.append(start + 1)
            continue
        name, rest = match.groups()
        quote = rest[:1]
        if quote not in ('"', "'"):
            found[name] = re.split(r"\s+#", rest, maxsplit=1)[0].strip()
            continue
        body = rest[1:]
        while (end := _end_of(body, quote)) < 0 and number < len(lines):
            body += "\n" + lines[number]
            number += 1
        if end < 0:
            unread.append(start + 1)
            number = start + 1  # the quote is never closed: the following lines are read on their own
            continue
        found[name] = body[:end] if quote == "'" else _unescaped(body[:end])
    return ReadFile(tuple(found.items()), tuple(unread))


def write_dotenv(variables: Pairs) -> str:
    """A .env file that `read_dotenv` and other readers can read."""
    return "".join(f"{name}={_written(value)}\n" for name, value in variables)


def _written(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return '"' + "".join(_WRITTEN.get(letter, letter) for letter in value) + '"'


def _end_of(text: str, quote: str) -> int:
    place = 0
    while place < len(text):
        if text[place] == "\\" and quote == '"':
            place += 2
            continue
        if text[place] == quote:
            return place
        place += 1
    return -1


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text, flags=re.DOTALL)
