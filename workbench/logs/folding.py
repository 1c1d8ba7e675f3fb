"""The part of a log line that repeats its time and its request ID, which views leave out.

Python's logging and Node's console begin every line with both, and the platform's lines name the request.
What is left out is one stretch of characters, so that a view can say where it was.
"""

import re
from datetime import UTC, datetime

from workbench.logs.parse import UUID

_TIME = r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?)Z?"
_SHAPES = (
    re.compile(rf"(?P<folded>{_TIME}[\t ](?:{UUID}|undefined)[\t ])"),  # Node.js, time-outs
    re.compile(rf"\[[A-Z]+\]\t(?P<folded>{_TIME}\t(?:{UUID})?\t)"),  # Python's logging
    re.compile(rf"(?:START|END|REPORT)(?P<folded> RequestId: {UUID})(?=\s|$)"),
    re.compile(rf"(?P<folded>RequestId: {UUID} )(?:Process exited|Error:)"),
)
_OWN_TIME = re.compile(rf"(?P<folded>{_TIME}[\t ]+)(?=\S)")
_WITHIN_S = 2.0
_HEAD = 200  # characters: all of it stands at the beginning


def folded(text: str, time_ms: int | None = None) -> tuple[int, int]:
    """Begin and end of what repeats the time and the request ID; (0, 0) for nothing.

    Args:
        text: A line.
        time_ms: Of its event, milliseconds since 1970, UTC. A time that the function has printed itself is
            left out if it is this one, to two seconds. None to leave such times in.
    """
    head = text[:_HEAD]
    for shape in _SHAPES:
        if found := shape.match(head):
            return found.span("folded")
    if time_ms is not None and (found := _OWN_TIME.match(head)) and _is_near(found["time"], time_ms):
        return found.span("folded")
    return 0, 0


def _is_near(text: str, time_ms: int) -> bool:
    """Whether a text is this time. Functions write UTC, which is Lambda's time zone."""
    try:
        moment = datetime.fromisoformat(text.replace(",", ".")).replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(moment.timestamp() - time_ms / 1000) <= _WITHIN_S
