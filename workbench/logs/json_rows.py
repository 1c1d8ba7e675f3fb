"""JSON log lines as records: which keys they have, and their values.

Owns: how deep a record is opened. Must not know: how a table looks.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from workbench.logs.chunk import Row

MESSAGE = "message"
_DEPTH = 3
_LINE_CHARACTERS = 100_000
_MOST_KEYS = 200


def record_of(text: str) -> dict[str, str] | None:
    """The values of a JSON line by their dotted keys ("record.metrics.durationMs"); None if it is none."""
    if not text.startswith("{") or len(text) > _LINE_CHARACTERS:
        return None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    values: dict[str, str] = {}
    _open(record, "", _DEPTH, values)
    return values


def keys_in(rows: Iterable[Row]) -> tuple[str, ...]:
    """The keys of all JSON lines, the most frequent first."""
    found: Counter[str] = Counter()
    for row in rows:
        found.update((record_of(row.text) or {}).keys())
    return tuple(key for key, _count in found.most_common(_MOST_KEYS))


def _open(record: dict[str, Any], before: str, depth: int, values: dict[str, str]) -> None:
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and value and depth > 1:
            _open(value, f"{name}.", depth - 1, values)
        elif len(values) < _MOST_KEYS:
            values[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
