"""Reading logs once: the lines of one invocation, the lines of a stretch of time.

Owns: how the lines of one invocation are found. Must not know: how they are shown, who invoked.

Most lines do not name their invocation: what a function prints carries no request id. Lambda writes each
execution environment to a stream of its own and runs one invocation at a time there, so the lines of an
invocation are those of its stream from START to REPORT; before the first START also the initialisation.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import chain

from workbench.aws.connection import Connection
from workbench.aws.quotas import TIMEOUT_USUAL_LIMIT_S
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.fetch import GROUP_MISSING, INFREQUENT, PASSING, NotForClass, fetch_pages, to_ms
from workbench.logs.infrequent import INIT_MS, invocation_lines
from workbench.logs.parse import Kind, LogLine

_SKEW_MS = 60_000
"""How much earlier than `start` an invocation is looked for: AWS's clocks differ among themselves."""

MAX_LINES = 50_000
"""The most lines kept of one invocation, the newest: a function may print without end."""

MAX_CHARACTERS = 16_000_000
"""The most of their text. A line may have 1 MB."""

_TEXT_REPORT = '"REPORT RequestId: %1"'
_JSON_REPORT = '{ $.type = "platform.report" && $.record.requestId = "%1" }'
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 3.0
_INSIGHTS_PAUSES_S = (5.0, 10.0, 20.0)
_LONGEST_MS = (TIMEOUT_USUAL_LIMIT_S + 60) * 1000 + 2 * _SKEW_MS
"""How long an invocation may take, for a query: a longer stretch of time costs more."""


class Found(Enum):
    """How far the lines of an invocation have come."""

    COMPLETE = "complete"
    NO_REPORT = "no report"
    """Lines are there, the end is not: AWS is late, or the function still runs."""
    NOTHING_YET = "nothing yet"
    """The log group exists and does not name the invocation."""
    NO_GROUP = "no group"
    """No log group: the function never ran, or its role may not write logs."""


@dataclass(frozen=True, slots=True)
class InvocationLog:
    """The lines of one invocation.

    Attributes:
        lines: Oldest first; of very many the last.
        found: Whether its end is among them.
        left_out: How many came before these.
        is_more: They were even more, nobody knows how many.
        by_insights: Whether Logs Insights has read them, as the group's class has no other way.
    """

    lines: tuple[LogLine, ...]
    found: Found
    left_out: int = 0
    is_more: bool = False
    by_insights: bool = False


class _Newest:
    """The last lines of a long log: as many as are kept."""

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque()
        self.left_out = 0
        self._size = 0

    def add(self, line: LogLine) -> None:
        self.lines.append(line)
        self._size += len(line.message)
        while len(self.lines) > MAX_LINES or (self._size > MAX_CHARACTERS and len(self.lines) > 1):
            self._size -= len(self.lines.popleft().message)
            self.left_out += 1

    def clear(self) -> None:
        self.lines.clear()
        self.left_out = self._size = 0

    def log(self) -> InvocationLog:
        return InvocationLog(tuple(self.lines), _how_far(self.lines), self.left_out)


def read_invocation(
    connection: Connection,
    log_group: str,
    request_id: str,
    start: datetime,
    ctx: JobContext,
    *,
    patience_s: float = 60.0,
    clock: Clock | None = None,
) -> InvocationLog:
    """Reads what one invocation logged, waiting for AWS to deliver it.

    CloudWatch delivers lines seconds late. The search is repeated with growing pauses until the REPORT line
    is there; `ctx.emit` hands over all lines known so far, as a tuple, whenever there are more.

    A log group of the class Infrequent Access can only be searched by Logs Insights. It is asked a few times
    at most, as its queries are charged.

    Args:
        connection: The account and region of the function.
        log_group: From the function's configuration (FunctionDetail.log_group), never assumed.
        request_id: The invocation's.
        start: When it was sent, by this machine's clock.
        ctx: The job.
        patience_s: How long to wait for the REPORT line.
        clock: Time.

    Raises:
        WorkbenchError: The logs may not be read, or the service was not reached.
        Cancelled: At once, also while waiting.
    """
    clock = clock or SystemClock()
    deadline = clock.monotonic() + patience_s
    pause_s = _FIRST_PAUSE_S
    start_ms = to_ms(connection.aws_time.at(start)) - _SKEW_MS
    start_line: LogLine | None = None
    log = InvocationLog((), Found.NO_GROUP)
    while True:
        known = len(log.lines)
        try:
            if start_line is None:
                start_line, log = _search(connection, log_group, request_id, start_ms, ctx)
            if start_line is not None:
                log = _read_stream(connection, log_group, start_line, ctx)
        except NotForClass as error:
            if error.log_class != INFREQUENT:
                raise
            return _queried(connection, log_group, request_id, start_ms, deadline, ctx, clock)
        except WorkbenchError as error:
            is_busy = error.aws_code in PASSING and clock.monotonic() < deadline
            if error.aws_code != GROUP_MISSING and not is_busy:
                raise
        if len(log.lines) > known:
            ctx.emit(log.lines)
        left_s = deadline - clock.monotonic()
        if log.found is Found.COMPLETE or left_s <= 0:
            return log
        ctx.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _queried(
    connection: Connection,
    log_group: str,
    request_id: str,
    start_ms: int,
    deadline: float,
    ctx: JobContext,
    clock: Clock,
) -> InvocationLog:
    """The same by Logs Insights."""
    pauses_s = iter(_INSIGHTS_PAUSES_S)
    while True:
        end_ms = min(to_ms(connection.aws_time.at(clock.now())), start_ms + _LONGEST_MS)
        lines = invocation_lines(connection, log_group, request_id, start_ms, end_ms, ctx)
        start = next(
            (each for each in lines if (each.kind, each.request_id) == (Kind.START, request_id)), None
        )
        if start is None:
            newest = _Newest()
            for line in lines:
                newest.add(line)
            log = newest.log()
        else:
            log, _ = _from_init_to_report(lines, start)
        log = replace(log, by_insights=True)
        pause_s = next(pauses_s, None)
        if log.found is Found.COMPLETE or pause_s is None or clock.monotonic() + pause_s >= deadline:
            ctx.emit(log.lines)
            return log
        ctx.sleep(pause_s)


def _search(
    connection: Connection, log_group: str, request_id: str, start_ms: int, ctx: JobContext
) -> tuple[LogLine | None, InvocationLog]:
    """Finds START; without one (a log level can silence it) only the lines that name the invocation."""
    named = _Newest()
    for page in fetch_pages(connection, log_group, ctx, start_ms=start_ms, pattern=f'"{request_id}"'):
        for line in page:
            if line.request_id != request_id:
                continue  # another invocation that prints this id
            if line.kind is Kind.START:
                return line, InvocationLog((), Found.NOTHING_YET)
            named.add(line)
    return None, named.log()


def _read_stream(connection: Connection, log_group: str, start: LogLine, ctx: JobContext) -> InvocationLog:
    """The lines of the invocation that begins with `start`.

    Of more than are kept the middle is not even read, which would take minutes: the REPORT line is searched,
    and what comes before it is read for as long a time as the first lines took.
    """
    first, has_begun = _from_init_to_report(
        _lines(connection, log_group, start, start.time_ms - INIT_MS, ctx), start, until_full=True
    )
    if not has_begun and first.left_out:  # an earlier invocation printed all that, and no initialisation
        first, _ = _from_init_to_report(
            _lines(connection, log_group, start, start.time_ms, ctx), start, until_full=True
        )
    if first.found is Found.COMPLETE or not first.left_out:
        return first
    last_ms = first.lines[-1].time_ms
    is_json = start.message.lstrip().startswith("{")
    pattern = (_JSON_REPORT if is_json else _TEXT_REPORT).replace("%1", start.request_id)
    reports = _lines(connection, log_group, start, last_ms, ctx, pattern)
    report = next((line for line in reports if line.kind is Kind.REPORT), None)
    if report is None:
        return first
    since_ms = max(last_ms, report.time_ms - (last_ms - start.time_ms))
    lines = _lines(connection, log_group, start, since_ms, ctx)
    end, _ = _from_init_to_report(lines, start, has_begun=True)
    return replace(end, left_out=end.left_out + first.left_out + len(first.lines), is_more=True)


def _lines(
    connection: Connection, log_group: str, start: LogLine, since_ms: int, ctx: JobContext, pattern: str = ""
) -> Iterator[LogLine]:
    """The lines of the stream of `start`, from a moment on."""
    pages = fetch_pages(connection, log_group, ctx, start_ms=since_ms, stream=start.stream, pattern=pattern)
    return chain.from_iterable(pages)


def _how_far(lines: Collection[LogLine]) -> Found:
    if not lines:
        return Found.NOTHING_YET
    return Found.COMPLETE if any(line.kind is Kind.REPORT for line in lines) else Found.NO_REPORT


def _from_init_to_report(
    stream: Iterable[LogLine], start: LogLine, *, until_full: bool = False, has_begun: bool = False
) -> tuple[InvocationLog, bool]:
    """The lines of the invocation that begins with `start`, out of its stream's; whether START was met."""
    newest = _Newest()
    begun = has_begun
    for line in stream:
        if line.request_id not in ("", start.request_id):
            # Another invocation's: an earlier one of the environment, or the next. In an environment that
            # runs several at once every line names its own.
            if not begun:
                newest.clear()
            elif line.kind is Kind.START:
                break
            continue
        begun = begun or line.event_id == start.event_id
        newest.add(line)
        if line.kind is Kind.REPORT or (until_full and newest.left_out):
            break
    return newest.log(), begun
