"""The ledger's values as SQLite's rows, and the way back. Must not know: the file."""

import base64
import json
import sqlite3
from dataclasses import asdict, fields, replace
from enum import Enum
from typing import Any

from workbench.invoke.ledger_entry import Ended, Entry, Mode, Outcome, Search, Sent

SENT = [field.name for field in fields(Sent)]
ENDED = [field.name for field in fields(Ended)]
LARGE = ("payload", "answer", "log")  # left out of listings


def conditions(wanted: Search) -> tuple[list[str], dict[str, Any]]:
    """A search as SQL's conditions and their values."""
    tests: list[str] = []
    values: dict[str, Any] = {}
    for name in ("account_id", "region", "function_name", "batch"):
        if value := getattr(wanted, name):
            tests.append(f"{name} = :{name}")
            values[name] = value
    if wanted.outcomes:
        names = [f":outcome{number}" for number in range(len(wanted.outcomes))]
        tests.append(f"outcome IN ({', '.join(names)})")
        values |= {f"outcome{number}": each.value for number, each in enumerate(wanted.outcomes)}
    if wanted.text:
        places = ("CAST(payload AS TEXT)", "CAST(answer AS TEXT)", "log", "event_name", "request_id", "error")
        tests.append(f"({' OR '.join(f'instr(lower({each}), :text)' for each in places)})")
        values["text"] = _lower(wanted.text)
    return tests, values


def _lower(text: str) -> str:
    """As SQLite's lower(): ASCII only."""
    return "".join(each.lower() if each.isascii() else each for each in text)


def columns(value: Sent | Ended) -> dict[str, Any]:
    """What is stored of one half of an entry, by column."""
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: each.value if isinstance(each, Enum) else each for name, each in found.items()}


def entry(row: sqlite3.Row) -> Entry:
    """A row, whole or as in a listing."""
    known = dict(row)
    empty = {"payload": b"", "answer": b"", "log": ""} | known
    sent = Sent(**{name: empty[name] for name in SENT})
    ended = Ended(**{name: empty[name] for name in ENDED})
    return Entry(
        known["number"],
        replace(sent, mode=Mode(sent.mode)),
        replace(ended, outcome=Outcome(ended.outcome)),
        bool(known["redacted"]),
        known["payload_bytes"],
        known["answer_bytes"],
    )


def json_line(entry: Entry) -> bytes:
    """An entry as a line of JSON; bytes that are no UTF-8 come as {"base64": …}."""

    def text(value: object) -> object:
        if isinstance(value, bytes):
            try:
                return value.decode()
            except UnicodeDecodeError:
                return {"base64": base64.b64encode(value).decode()}
        if isinstance(value, Enum):
            return value.value
        raise TypeError(type(value).__name__)

    members = {"number": entry.number, **asdict(entry.sent), **asdict(entry.ended)}
    return (
        json.dumps(members | {"redacted": entry.redacted}, default=text, ensure_ascii=False).encode() + b"\n"
    )
