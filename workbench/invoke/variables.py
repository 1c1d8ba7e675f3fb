"""Variables of a test event: what stands for a value that is new in every invocation.

Owns: their names and how they are written. Must not know: sending, Qt.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from workbench.core.errors import WorkbenchError

NAMES = ("uuid", "now", "now_iso", "epoch_ms")
"""{{uuid}}: another one each time it stands there; {{now}}: seconds since 1970; {{now_iso}}: ISO 8601, UTC;
{{epoch_ms}}: milliseconds since 1970. All moments of one sending are the same."""

_VARIABLE = re.compile(r"\{\{(?:(?P<literal>\{\{)|\s*(?P<name>[A-Za-z_][\w.-]*)\s*\}\})")
_STRING_OR_VARIABLE = re.compile(rf'"(?:[^"\\]|\\.)*"|{_VARIABLE.pattern}')
_PLACE = "7" * 24  # digits that no event holds by chance


def resolve(text: str, now: datetime, make_id: Callable[[], object] = uuid4) -> str:
    """Puts values where variables stand; "{{{{" becomes "{{".

    Args:
        text: A test event.
        now: The moment of sending, UTC.
        make_id: Makes what {{uuid}} stands for.

    Raises:
        WorkbenchError: There is no variable of that name.
    """
    values: dict[str, Callable[[], object]] = {
        "uuid": make_id,
        "now": lambda: int(now.timestamp()),
        "now_iso": lambda: now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "epoch_ms": lambda: round(now.timestamp() * 1000),
    }

    def value(found: re.Match[str]) -> str:
        if found["literal"]:
            return "{{"
        if found["name"] not in values:
            line = text.count("\n", 0, found.start()) + 1
            known = ", ".join(f"{{{{{name}}}}}" for name in NAMES)
            raise WorkbenchError(
                "The function was not invoked.",
                f"The test event has a variable that does not exist, {{{{{found['name'][:60]}}}}}, "
                f"in line {line:,}.",
                f"There are {known}. To send two braces as they are, write four: {{{{{{{{.",
            )
        return str(values[found["name"]]())

    return _VARIABLE.sub(value, text)


def check_variables(text: str) -> None:
    """Raises WorkbenchError as `resolve` does; nothing is made for it."""
    resolve(text, datetime.fromtimestamp(0, UTC), lambda: "")


def has_variables(text: str) -> bool:
    """Whether anything would be replaced."""
    return _VARIABLE.search(text) is not None


def as_json(text: str) -> str:
    """The text with a number of the same width for every variable outside of strings: to be checked."""

    def number(found: re.Match[str]) -> str:
        return "1" * len(found[0]) if found["name"] in NAMES else found[0]

    return _STRING_OR_VARIABLE.sub(number, text)


def keep_through(change: Callable[[str], str], text: str) -> str:
    """Applies a change that takes JSON only, such as a new layout, to a text with variables.

    Args:
        change: Keeps numbers and their order.
        text: A test event.

    Raises:
        WorkbenchError: As `change`.
    """
    kept: list[str] = []

    def hide(found: re.Match[str]) -> str:
        if found["name"] not in NAMES:
            return found[0]
        kept.append(found[0])
        return f"{_PLACE}{len(kept) - 1}7"

    changed = change(_STRING_OR_VARIABLE.sub(hide, text))
    return re.sub(rf"{_PLACE}(\d+)7(?!\d)", lambda found: kept[int(found[1])], changed) if kept else changed
