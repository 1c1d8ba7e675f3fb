"""The invocation that an event with a mark in it caused.

Owns: how it is recognised. Must not know: what sent the event.

A function that prints its event prints the mark. Of one that does not, the first invocation that began after
the event was sent is the likeliest; that it is a guess is said.
"""

from dataclasses import dataclass
from datetime import datetime

from workbench.aws.connection import Connection
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.fetch import GROUP_MISSING, PASSING, fetch_pages, to_ms
from workbench.logs.parse import Kind, LogLine
from workbench.logs.read import Found, read_invocation

_BEFORE_MS = 15 * 60_000
"""How long before the line with the mark its invocation may have begun: the longest usual timeout."""
_GUESS_AFTER_S = 6.0
"""So long the mark may be late after the first START: CloudWatch delivers lines of a stream together."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.3, 3.0


@dataclass(frozen=True, slots=True)
class Caused:
    """The invocation that was found.

    Attributes:
        request_id: Its id; empty when none was found in time.
        lines: What it logged, oldest first.
        is_sure: Whether the mark stands in its lines. Otherwise it is the first that began afterwards.
        is_complete: Whether its REPORT line is there.
    """

    request_id: str = ""
    lines: tuple[LogLine, ...] = ()
    is_sure: bool = False
    is_complete: bool = False


def find_caused(
    connection: Connection,
    log_group: str,
    mark: str,
    sent: datetime,
    ctx: JobContext,
    *,
    patience_s: float = 90.0,
    clock: Clock | None = None,
) -> Caused:
    """Waits for the invocation, then for its lines.

    Args:
        connection: The account and region of the function.
        log_group: From the function's configuration.
        mark: A text in the event that is found nowhere else.
        sent: When the event was sent, by this machine's clock.
        ctx: The job.
        patience_s: How long to wait for the invocation to begin.
        clock: Time.

    Raises:
        WorkbenchError: The logs may not be read.
        Cancelled: At once, also while waiting.
    """
    clock = clock or SystemClock()
    deadline = clock.monotonic() + patience_s
    pause_s, guess_at = _FIRST_PAUSE_S, 0.0
    while True:
        try:
            start = _with_mark(connection, log_group, mark, sent, ctx)
            is_sure = start is not None
            if start is None and (start := _first_start(connection, log_group, sent, ctx)) is not None:
                guess_at = guess_at or clock.monotonic() + _GUESS_AFTER_S
        except WorkbenchError as error:
            is_busy = error.aws_code in PASSING and clock.monotonic() < deadline
            if error.aws_code != GROUP_MISSING and not is_busy:
                raise
            start, is_sure = None, False
        late = clock.monotonic() >= deadline
        if start is not None and (is_sure or late or clock.monotonic() >= guess_at):
            log = read_invocation(
                connection, log_group, start.request_id, sent, ctx, patience_s=20.0, clock=clock
            )
            return Caused(start.request_id, log.lines, is_sure, log.found is Found.COMPLETE)
        if late:
            return Caused()
        ctx.sleep(min(pause_s, max(0.0, deadline - clock.monotonic())))
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)


def _with_mark(
    connection: Connection, log_group: str, mark: str, sent: datetime, ctx: JobContext
) -> LogLine | None:
    """START of the invocation in whose lines the mark stands."""
    since = to_ms(connection.aws_time.at(sent)) - 60_000  # clocks differ
    for page in fetch_pages(connection, log_group, ctx, start_ms=since, pattern=f'"{mark}"'):
        for line in page:
            if (start := _start_of(connection, log_group, line, ctx)) is not None:
                return start
    return None


def _start_of(connection: Connection, log_group: str, wanted: LogLine, ctx: JobContext) -> LogLine | None:
    start = None
    pages = fetch_pages(
        connection, log_group, ctx, start_ms=wanted.time_ms - _BEFORE_MS, stream=wanted.stream
    )
    for page in pages:
        for line in page:
            if line.kind is Kind.START:
                start = line
            if line.event_id == wanted.event_id:
                return start
    return None


def _first_start(connection: Connection, log_group: str, sent: datetime, ctx: JobContext) -> LogLine | None:
    for page in fetch_pages(connection, log_group, ctx, start_ms=to_ms(connection.aws_time.at(sent)) - 1_000):
        for line in page:
            if line.kind is Kind.START:
                return line
    return None
