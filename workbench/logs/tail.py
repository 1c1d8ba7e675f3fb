"""Log groups read together: a stretch of time once, or followed as new lines arrive.

Owns: polling without spinning, no line twice, lines of several groups in the order of time. Must not know:
how many lines anybody keeps.
"""

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from workbench.aws.connection import Connection
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.fetch import GROUP_MISSING, PASSING, fetch_pages, to_ms
from workbench.logs.infrequent import read_pages
from workbench.logs.parse import LogLine

POLL_S = 1.0
"""Between polls while lines come."""

IDLE_POLL_S = 3.0
"""Between polls once nothing has come for IDLE_AFTER_S."""

IDLE_AFTER_S = 60.0

_GROUP_POLL_S = 0.25
"""For each group that is polled: all share the account's FilterLogEvents, see fetch.py."""

MAX_SOURCES = 10
"""Functions read together. Each is a search of its own."""

_OVERLAP_MS = 15_000
"""How far back each poll looks: streams are delivered apart, so a line may turn up behind newer ones."""

_BATCH_LINES = 1000
_SEEN_PRUNED_AT = 20_000

_LONGEST_PAUSE_S = 30.0


class TailState(Enum):
    """Where a tail stands; handed over between batches, and only when it changes."""

    NO_GROUP = "no group"
    """No log group exists (yet): the function never ran, or its role may not write logs."""
    CAUGHT_UP = "caught up"
    """All that was there has been handed over; what follows is new."""
    BUSY = "busy"
    """AWS asks to call less often; it is tried again."""


@dataclass(frozen=True, slots=True)
class Source:
    """A log group to read.

    Attributes:
        log_group: From the function's configuration, never assumed.
        name: Of the function, put to each line; empty where only one is read.
    """

    log_group: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A group that cannot be read any more while others are; handed over by `ctx.emit`."""

    source: Source
    error: WorkbenchError


class _Reader:
    """What is known of one group between polls."""

    def __init__(
        self, connection: Connection, source: Source, start_ms: int, pattern: str, *, once: bool
    ) -> None:
        self.source = source
        self._read = read_pages if once else fetch_pages
        self.is_missing = False
        self.problem: WorkbenchError | None = None
        self.busy: WorkbenchError | None = None
        self._connection = connection
        self._start_ms = self._newest_ms = start_ms
        self._pattern = pattern
        self._seen: dict[str, int] = {}

    def pages(self, ctx: JobContext, end_ms: int | None = None) -> Iterator[tuple[LogLine, ...]]:
        """The lines that were not handed over so far. What goes wrong is kept, and ends them."""
        self.busy = None
        try:
            pages = self._read(
                self._connection,
                self.source.log_group,
                ctx,
                start_ms=self._start_ms,
                end_ms=end_ms,
                pattern=self._pattern,
                source=self.source.name,
            )
            for page in pages:
                fresh = tuple(line for line in page if line.event_id not in self._seen)
                if fresh:
                    self._seen.update((line.event_id, line.time_ms) for line in fresh)
                    self._newest_ms = max(self._newest_ms, fresh[-1].time_ms)
                    if len(self._seen) > _SEEN_PRUNED_AT:
                        self._go_on()
                    yield fresh
            self.is_missing = False
        except WorkbenchError as error:
            if error.aws_code in PASSING:
                self.busy = error
            elif error.aws_code == GROUP_MISSING:
                self.is_missing = True
            else:
                self.problem = error
        self._go_on()

    def _go_on(self) -> None:
        """Pages come in the order of time: the next search need not go back before these."""
        self._start_ms = max(self._start_ms, self._newest_ms - _OVERLAP_MS)
        seen = self._seen.items()
        self._seen = {event_id: time_ms for event_id, time_ms in seen if time_ms >= self._start_ms}


class _Readers:
    """All groups of one reading."""

    def __init__(
        self,
        connection: Connection,
        sources: Sequence[Source],
        start: datetime,
        pattern: str,
        *,
        once: bool = False,
    ) -> None:
        self._readers = [_Reader(connection, each, to_ms(start), pattern, once=once) for each in sources]
        self.pause_s = max(POLL_S, _GROUP_POLL_S * len(self._readers))

    def round(self, ctx: JobContext, end_ms: int | None = None) -> int:
        """Reads what is new in all groups and hands it over by time; answers how many lines.

        Raises:
            WorkbenchError: No group can be read any more, or AWS is busy (see PASSING).
        """
        count = 0
        for batch in self._batches(ctx, end_ms):
            count += len(batch)
            ctx.emit(batch)
        failed = [each for each in self._readers if each.problem is not None]
        self._readers = [each for each in self._readers if each.problem is None]
        for each in failed:
            assert each.problem is not None
            if not self._readers:
                raise each.problem
            ctx.emit(SourceProblem(each.source, each.problem))
        for each in self._readers:
            if each.busy is not None:
                raise each.busy
        return count

    def _batches(self, ctx: JobContext, end_ms: int | None) -> Iterator[tuple[LogLine, ...]]:
        readings = [each.pages(ctx, end_ms) for each in self._readers]
        if len(readings) == 1:
            yield from readings[0]
            return
        merged = heapq.merge(*(itertools.chain.from_iterable(each) for each in readings), key=_time)
        while batch := tuple(itertools.islice(merged, _BATCH_LINES)):
            yield batch

    @property
    def state(self) -> TailState:
        """Whether there is any group at all."""
        is_missing = all(each.is_missing for each in self._readers)
        return TailState.NO_GROUP if is_missing else TailState.CAUGHT_UP


def tail(
    connection: Connection,
    sources: Sequence[Source],
    since: datetime,
    ctx: JobContext,
    *,
    pattern: str = "",
    clock: Clock | None = None,
) -> None:
    """Follows log groups until cancelled.

    `ctx.emit` hands over each batch of new lines as a tuple, a TailState whenever that changes, and a
    SourceProblem for a group that cannot be read while others are.

    A log group that does not exist yet is waited for: it appears with the function's first invocation. A busy
    service is waited for with growing pauses.

    Args:
        connection: Whose logs.
        sources: What to follow, at least one and at most MAX_SOURCES.
        since: Lines from this moment on.
        ctx: The job. Cancel is the way to end.
        pattern: CloudWatch's filter pattern.
        clock: Time.

    Raises:
        Cancelled: The only way out when nothing is wrong.
        WorkbenchError: The logs may not be read (any more).
    """
    clock = clock or SystemClock()
    readers = _Readers(connection, sources, since, pattern)
    last_line_s = clock.monotonic()
    pause_s = readers.pause_s
    state: TailState | None = None
    while True:
        before = state
        try:
            if readers.round(ctx):
                last_line_s = clock.monotonic()
            state = readers.state
            is_idle = clock.monotonic() - last_line_s >= IDLE_AFTER_S or state is TailState.NO_GROUP
            pause_s = max(readers.pause_s, IDLE_POLL_S if is_idle else 0.0)
        except WorkbenchError as error:
            if error.aws_code not in PASSING:
                raise
            state = TailState.BUSY
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        if state is not before:
            ctx.emit(state)
        ctx.sleep(pause_s)


def read_range(
    connection: Connection,
    sources: Sequence[Source],
    start: datetime,
    end: datetime | None,
    ctx: JobContext,
    *,
    pattern: str = "",
) -> TailState:
    """Reads a stretch of time once, oldest first; `ctx.emit` hands over lines as `tail` does.

    Args:
        connection: Whose logs.
        sources: As for `tail`.
        start: Inclusive.
        end: Inclusive; None is now.
        ctx: The job.
        pattern: CloudWatch's filter pattern.

    Returns:
        NO_GROUP when none of the groups exists.

    Raises:
        WorkbenchError: The logs may not be read.
        Cancelled: Between pages.
    """
    readers = _Readers(connection, sources, start, pattern, once=True)
    readers.round(ctx, None if end is None else to_ms(end))
    return readers.state


def _time(line: LogLine) -> int:
    return line.time_ms
