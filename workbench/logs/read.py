"""Reads the lines of one invocation, found by its request id, or by a marker in its event.

Most lines do not name their invocation: what a function prints contains no request id. Lambda gives each
execution environment its own stream and usually runs one invocation at a time there. So the lines of an
invocation are those of its stream from START to REPORT, and before the first START also the initialisation.
"""

import math
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import chain, count

from workbench.aws.connection import Connection
from workbench.aws.quotas import TIMEOUT_USUAL_LIMIT_S
from workbench.aws.retry import Backoff, poll
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.fetch import (
    GROUP_MISSING,
    INFREQUENT,
    INIT_MS,
    TRANSIENT,
    NotForClass,
    fetch_pages,
    invocation_lines,
    marked_start,
    to_ms,
)
from workbench.logs.parse import LineKind, LogLine

_SKEW_MS = 60_000
"""How much earlier than `start` the search begins, because AWS's clocks differ among themselves."""

MAX_LINES = 50_000
"""Maximum of stored lines per invocation, the newest ones: a function may print without end."""

MAX_CHARACTERS = 16_000_000
"""Maximum of characters of these lines. A line may have 1 MB."""

_TEXT_REPORT = '"REPORT RequestId: %1"'
_JSON_REPORT = '{ $.type = "platform.report" && $.record.requestId = "%1" }'
_DELIVERY = Backoff(0.1, longest_s=3.0)
"""CloudWatch delivers lines seconds late."""
_INSIGHTS = Backoff(5.0, attempts=4)
"""Few attempts, because every query is charged."""
_LONGEST_MS = (TIMEOUT_USUAL_LIMIT_S + 60) * 1000 + 2 * _SKEW_MS
"""The time range of a query, long enough for any invocation: a longer range costs more."""


class LogStatus(Enum):
    """How much of an invocation's log is delivered."""

    COMPLETE = "complete"
    NO_REPORT = "no report"
    """There are lines, but no REPORT line: AWS is late, or the function is still running."""
    NOTHING_YET = "nothing yet"
    """The log group exists, but does not name the invocation."""
    NO_GROUP = "no group"
    """There is no log group: the function never ran, or its role may not write logs."""


@dataclass(frozen=True, slots=True)
class InvocationLog:
    """The lines of one invocation.

    Attributes:
        lines: Oldest first; the last ones of very many.
        status: Whether the end is among them.
        left_out: Number of earlier lines that were left out.
        is_more: Whether an unknown number of further lines was left out.
        by_insights: Whether Logs Insights read them, because the group's class has no FilterLogEvents.
    """

    lines: tuple[LogLine, ...]
    status: LogStatus
    left_out: int = 0
    is_more: bool = False
    by_insights: bool = False


class _Newest:
    """The last lines of a long log, bounded by MAX_LINES and MAX_CHARACTERS."""

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
        return InvocationLog(tuple(self.lines), _status(self.lines), self.left_out)


def read_invocation(
    connection: Connection,
    log_group: str,
    request_id: str,
    start: datetime,
    ctx: JobContext,
    *,
    timeout_s: float = 60.0,
    clock: Clock | None = None,
) -> InvocationLog:
    """Reads what one invocation logged, waiting for AWS to deliver it.

    The search is repeated with growing pauses until the REPORT line is delivered; all lines so far are
    emitted as a tuple whenever there are more. A log group of class Infrequent Access is read by Logs
    Insights in a few attempts, because queries are charged.

    Args:
        log_group: From the function's configuration (FunctionDetail.log_group).
        start: Time of sending, by this computer's clock.
        timeout_s: How long to wait for the REPORT line.

    Raises:
        WorkbenchError: The logs may not be read, or the service was not reached.
        Cancelled: At once, even while waiting.
    """
    clock = clock or SystemClock()
    deadline = clock.monotonic() + timeout_s

    def time_left_s() -> float:
        return deadline - clock.monotonic()

    start_ms = to_ms(connection.aws_time.at(start)) - _SKEW_MS
    search = _Search(connection, log_group, request_id, start_ms)
    try:
        return poll(
            lambda: search.attempt(ctx, time_left_s),
            lambda log: log.status is LogStatus.COMPLETE,
            ctx,
            _DELIVERY,
            time_left_s=time_left_s,
        )
    except NotForClass as error:
        if error.log_class != INFREQUENT:
            raise
    attempts = count(1)
    log = poll(
        lambda: _query(connection, log_group, request_id, start_ms, ctx, clock),
        lambda log: log.status is LogStatus.COMPLETE or _INSIGHTS.pause_s(next(attempts)) >= time_left_s(),
        ctx,
        _INSIGHTS,
    )
    ctx.emit(log.lines)
    return log


@dataclass(slots=True)
class _Search:
    """Searches for an invocation repeatedly, because CloudWatch delivers its lines late."""

    connection: Connection
    log_group: str
    request_id: str
    start_ms: int
    _start_line: LogLine | None = None
    _log: InvocationLog = InvocationLog((), LogStatus.NO_GROUP)

    def attempt(self, ctx: JobContext, time_left_s: Callable[[], float]) -> InvocationLog:
        """Reads once; emits all lines if there are more. A busy service fails it once no time is left."""
        known = len(self._log.lines)
        try:
            if self._start_line is None:
                self._start_line, self._log = _find_start(
                    self.connection, self.log_group, self.request_id, self.start_ms, ctx
                )
            if self._start_line is not None:
                self._log = _read_stream(self.connection, self.log_group, self._start_line, ctx)
        except WorkbenchError as error:
            is_busy = error.aws_code in TRANSIENT and time_left_s() > 0
            if error.aws_code != GROUP_MISSING and not is_busy:
                raise
        if len(self._log.lines) > known:
            ctx.emit(self._log.lines)
        return self._log


def _query(
    connection: Connection, log_group: str, request_id: str, start_ms: int, ctx: JobContext, clock: Clock
) -> InvocationLog:
    """The lines of an invocation by Logs Insights."""
    end_ms = min(to_ms(connection.aws_time.at(clock.now())), start_ms + _LONGEST_MS)
    lines = invocation_lines(connection, log_group, request_id, start_ms, end_ms, ctx)
    start = next(
        (each for each in lines if (each.kind, each.request_id) == (LineKind.START, request_id)), None
    )
    if start is None:
        newest = _Newest()
        for line in lines:
            newest.add(line)
        log = newest.log()
    else:
        log, _ = _from_init_to_report(lines, start)
    return replace(log, by_insights=True)


def _find_start(
    connection: Connection, log_group: str, request_id: str, start_ms: int, ctx: JobContext
) -> tuple[LogLine | None, InvocationLog]:
    """The START line; without one (a log level can suppress it) the lines that name the invocation."""
    named = _Newest()
    for line in _lines(connection, log_group, ctx, start_ms, pattern=f'"{request_id}"'):
        if line.request_id != request_id:
            continue  # another invocation that prints this id
        if line.kind is LineKind.START:
            return line, InvocationLog((), LogStatus.NOTHING_YET)
        named.add(line)
    return None, named.log()


def _read_stream(connection: Connection, log_group: str, start: LogLine, ctx: JobContext) -> InvocationLog:
    """The lines of the invocation that begins with `start`.

    The middle of a very long log is not read, which would take minutes: the REPORT line is searched for, and
    before it a time range as long as that of the first lines is read.
    """

    def lines(since_ms: int, pattern: str = "") -> Iterator[LogLine]:
        return _lines(connection, log_group, ctx, since_ms, stream=start.stream, pattern=pattern)

    first, has_begun = _from_init_to_report(lines(start.time_ms - INIT_MS), start, until_full=True)
    if not has_begun and first.left_out:  # an earlier invocation printed all of this, and no initialisation
        first, _ = _from_init_to_report(lines(start.time_ms), start, until_full=True)
    if first.status is LogStatus.COMPLETE or not first.left_out:
        return first
    last_ms = first.lines[-1].time_ms
    is_json = start.message.lstrip().startswith("{")
    pattern = (_JSON_REPORT if is_json else _TEXT_REPORT).replace("%1", start.request_id)
    report = next((line for line in lines(last_ms, pattern) if line.kind is LineKind.REPORT), None)
    if report is None:
        return first
    since_ms = max(last_ms, report.time_ms - (last_ms - start.time_ms))
    end, _ = _from_init_to_report(lines(since_ms), start, has_begun=True)
    return replace(end, left_out=end.left_out + first.left_out + len(first.lines), is_more=True)


def _lines(
    connection: Connection,
    log_group: str,
    ctx: JobContext,
    start_ms: int,
    *,
    stream: str = "",
    pattern: str = "",
) -> Iterator[LogLine]:
    """The lines of a log group from a time on."""
    pages = fetch_pages(connection, log_group, ctx, start_ms=start_ms, stream=stream, pattern=pattern)
    return chain.from_iterable(pages)


def _status(lines: Collection[LogLine]) -> LogStatus:
    if not lines:
        return LogStatus.NOTHING_YET
    return LogStatus.COMPLETE if any(line.kind is LineKind.REPORT for line in lines) else LogStatus.NO_REPORT


def _from_init_to_report(
    stream: Iterable[LogLine], start: LogLine, *, until_full: bool = False, has_begun: bool = False
) -> tuple[InvocationLog, bool]:
    """The lines of the invocation that begins with `start`, and whether START was among them."""
    newest = _Newest()
    begun = has_begun
    for line in stream:
        if line.request_id not in ("", start.request_id):
            # Another invocation of the environment: an earlier one, or the next. If several run at once,
            # every line names its own.
            if not begun:
                newest.clear()
            elif line.kind is LineKind.START:
                break
            continue
        begun = begun or line.event_id == start.event_id
        newest.add(line)
        if line.kind is LineKind.REPORT or (until_full and newest.left_out):
            break
    return newest.log(), begun


_BEFORE_MS = 15 * 60_000
"""How long before the line with the marker its invocation may have begun: the usual limit of the timeout."""
_GUESS_AFTER_S = 6.0
"""How much later than the first START the marker may appear: the lines of a stream are delivered together."""
_CAUSED = Backoff(0.3, longest_s=3.0, factor=1.5)
_FIRST_QUERY_S = 5.0
"""Time of the first query of Logs Insights: nothing is delivered earlier, and every query is charged."""
_QUERIES = Backoff(10.0)


@dataclass(frozen=True, slots=True)
class MarkedInvocation:
    """The invocation that an event with a marker caused.

    Attributes:
        request_id: Empty if none was found in time.
        lines: What it logged, oldest first.
        is_sure: Whether its lines contain the marker. Otherwise it is the first that began afterwards: a
            guess.
        is_complete: Whether its REPORT line is delivered.
        by_insights: Whether Logs Insights found it, because the group's class has no FilterLogEvents.
    """

    request_id: str = ""
    lines: tuple[LogLine, ...] = ()
    is_sure: bool = False
    is_complete: bool = False
    by_insights: bool = False


MARKED_WAIT_S = 90.0
"""How long an invocation that an event causes is waited for."""


def find_marked_invocation(
    connection: Connection,
    log_group: str,
    marks: Sequence[str],
    sent: datetime,
    ctx: JobContext,
    *,
    timeout_s: float = MARKED_WAIT_S,
    clock: Clock | None = None,
) -> MarkedInvocation:
    """Waits for the invocation that an event caused, then for its lines.

    A function that prints its event prints a marker. If none does, the first invocation that began after
    the event was sent is the most likely one. A log group of class Infrequent Access is searched by Logs
    Insights in a few attempts, because queries are charged.

    Args:
        marks: Unique texts in the event, or the request ID.
        sent: Time of sending, by this computer's clock.
        timeout_s: How long to wait for the invocation to begin.

    Raises:
        WorkbenchError: The logs may not be read.
        Cancelled: At once, even while waiting.
    """
    clock = clock or SystemClock()
    deadline = clock.monotonic() + timeout_s

    def time_left_s() -> float:
        return deadline - clock.monotonic()

    search = _MarkSearch(connection, log_group, tuple(marks), sent, clock, deadline)
    by_insights = False
    try:
        start = poll(
            lambda: search.attempt(ctx),
            lambda start: start is not None and search.is_decided,
            ctx,
            _CAUSED,
            time_left_s=time_left_s,
        )
    except NotForClass as error:
        if error.log_class != INFREQUENT:
            raise
        by_insights = True
        ctx.sleep(min(_FIRST_QUERY_S, max(0.0, time_left_s())))
        start = poll(
            lambda: search.query(ctx), lambda _: search.is_sure, ctx, _QUERIES, time_left_s=time_left_s
        )
    if start is None:
        return MarkedInvocation(by_insights=by_insights)
    log = read_invocation(connection, log_group, start.request_id, sent, ctx, timeout_s=20.0, clock=clock)
    is_complete = log.status is LogStatus.COMPLETE
    return MarkedInvocation(start.request_id, log.lines, search.is_sure, is_complete, by_insights)


@dataclass(slots=True)
class _MarkSearch:
    """Searches for the invocation whose lines contain a marker, and for the best guess."""

    connection: Connection
    log_group: str
    marks: tuple[str, ...]
    sent: datetime
    clock: Clock
    deadline: float
    is_sure: bool = False
    _guess_at: float = math.inf

    @property
    def is_decided(self) -> bool:
        """Whether the last result is certain, or no better one can follow."""
        return self.is_sure or self.clock.monotonic() >= self._guess_at

    def attempt(self, ctx: JobContext) -> LogLine | None:
        """START of the invocation; None if none has begun, or the service is busy."""
        self.is_sure = False
        try:
            start = _with_mark(self.connection, self.log_group, self.marks, self.sent, ctx)
            self.is_sure = start is not None
            if start is None:
                start = _first_start(self.connection, self.log_group, self.sent, ctx)
                if start is not None:
                    self._guess_at = min(self._guess_at, self.clock.monotonic() + _GUESS_AFTER_S)
        except WorkbenchError as error:
            is_busy = error.aws_code in TRANSIENT and self.clock.monotonic() < self.deadline
            if error.aws_code != GROUP_MISSING and not is_busy:
                raise
            return None
        return start

    def query(self, ctx: JobContext) -> LogLine | None:
        """The same with Logs Insights."""
        aws_time = self.connection.aws_time
        start, self.is_sure = marked_start(
            self.connection,
            self.log_group,
            self.marks,
            to_ms(aws_time.at(self.sent)) - 1_000,
            to_ms(aws_time.at(self.clock.now())),
            ctx,
        )
        return start


def _with_mark(
    connection: Connection, log_group: str, marks: Sequence[str], sent: datetime, ctx: JobContext
) -> LogLine | None:
    """START of the invocation whose lines contain a marker."""
    since_ms = to_ms(connection.aws_time.at(sent)) - 60_000  # clocks differ
    for mark in marks:
        for line in _lines(connection, log_group, ctx, since_ms, pattern=f'"{mark}"'):
            if (start := _start_of(connection, log_group, line, ctx)) is not None:
                return start
    return None


def _start_of(connection: Connection, log_group: str, wanted: LogLine, ctx: JobContext) -> LogLine | None:
    start = None
    for line in _lines(connection, log_group, ctx, wanted.time_ms - _BEFORE_MS, stream=wanted.stream):
        if line.kind is LineKind.START:
            start = line
        if line.event_id == wanted.event_id:
            return start
    return None


def _first_start(connection: Connection, log_group: str, sent: datetime, ctx: JobContext) -> LogLine | None:
    lines = _lines(connection, log_group, ctx, to_ms(connection.aws_time.at(sent)) - 1_000)
    return next((line for line in lines if line.kind is LineKind.START), None)
