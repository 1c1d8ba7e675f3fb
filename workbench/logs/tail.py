"""Following a log group: new lines as they arrive.

Owns: polling without spinning, and no line twice. Must not know: how many lines anybody keeps.
"""

from datetime import datetime
from enum import Enum

from workbench.aws.connection import Connection
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.fetch import GROUP_MISSING, fetch_pages, to_ms

POLL_S = 1.0
"""Between polls while lines come."""

IDLE_POLL_S = 3.0
"""Between polls once nothing has come for IDLE_AFTER_S."""

IDLE_AFTER_S = 60.0

_OVERLAP_MS = 15_000
"""How far back each poll looks: streams are delivered apart, so a line may turn up behind newer ones."""

_PASSING = frozenset(
    {
        "ThrottlingException",
        "LimitExceededException",
        "ServiceUnavailableException",
        "InternalFailure",
        "InternalServerError",
    }
)
_LONGEST_PAUSE_S = 30.0


class TailState(Enum):
    """Where a tail stands; handed over between batches, and only when it changes."""

    NO_GROUP = "no group"
    """The log group does not exist (yet): the function never ran, or its role may not write logs."""
    CAUGHT_UP = "caught up"
    """All that was there has been handed over; what follows is new."""


def tail(
    connection: Connection,
    log_group: str,
    since: datetime,
    ctx: JobContext,
    *,
    pattern: str = "",
    clock: Clock | None = None,
) -> None:
    """Follows a log group until cancelled.

    `ctx.emit` hands over each batch of new lines as a tuple, and a TailState whenever that changes.

    A log group that does not exist yet is waited for: it appears with the function's first invocation. A busy
    service is waited for with growing pauses.

    Args:
        connection: Whose logs.
        log_group: Name of the log group.
        since: Lines from this moment on.
        ctx: The job. Cancel is the way to end.
        pattern: CloudWatch's filter pattern.
        clock: Time.

    Raises:
        Cancelled: The only way out when nothing is wrong.
        WorkbenchError: The logs may not be read (any more).
    """
    clock = clock or SystemClock()
    newest_ms = start_ms = to_ms(since)
    seen: dict[str, int] = {}
    last_line_s = clock.monotonic()
    pause_s = POLL_S
    state: TailState | None = None
    while True:
        before = state
        try:
            for page in fetch_pages(connection, log_group, ctx, start_ms=start_ms, pattern=pattern):
                fresh = tuple(line for line in page if line.event_id not in seen)
                if fresh:
                    seen.update((line.event_id, line.time_ms) for line in fresh)
                    newest_ms = max(newest_ms, fresh[-1].time_ms)
                    last_line_s = clock.monotonic()
                    ctx.emit(fresh)
            state = TailState.CAUGHT_UP
            pause_s = POLL_S if clock.monotonic() - last_line_s < IDLE_AFTER_S else IDLE_POLL_S
        except WorkbenchError as error:
            if error.aws_code in _PASSING:
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            elif error.aws_code == GROUP_MISSING:
                state = TailState.NO_GROUP
                pause_s = IDLE_POLL_S
            else:
                raise
        if state is not before:
            ctx.emit(state)
        start_ms = max(start_ms, newest_ms - _OVERLAP_MS)
        seen = {event_id: time_ms for event_id, time_ms in seen.items() if time_ms >= start_ms}
        ctx.sleep(pause_s)
