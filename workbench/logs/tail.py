"""Log groups that are read together: a time range once, or followed as new lines arrive.

`tail` polls, which is free; with `live_tail` AWS sends the lines (StartLiveTail), at a price.
"""

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from operator import attrgetter
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.retry import Backoff, retry
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.logs.fetch import GROUP_MISSING, TRANSIENT, fetch_pages, read_pages, to_ms
from workbench.logs.parse import LogLine, parse_event

POLL_S = 1.0
"""Pause between polls while lines arrive."""

IDLE_POLL_S = 3.0
"""Pause between polls once no line has arrived for IDLE_AFTER_S."""

IDLE_AFTER_S = 60.0

_GROUP_POLL_S = 0.25
"""Pause between polls for each group: all share the account's quota of FilterLogEvents, see fetch.py."""

MAX_SOURCES = 10
"""Maximum of functions read together, each of which is a separate search."""

_OVERLAP_MS = 15_000
"""How far back each poll reads: streams are delivered separately, so a line may appear after newer ones."""

_BATCH_LINES = 1000
_MAX_KNOWN_IDS = 20_000

_LONGEST_PAUSE_S = 30.0
"""Longest pause between attempts while AWS is busy."""


class TailState(Enum):
    """The state of a tail; emitted when it changes, between batches."""

    NO_GROUP = "no group"
    """No log group exists (yet): the function never ran, or its role may not write logs."""
    CAUGHT_UP = "caught up"
    """All existing lines were emitted; what follows is new."""
    BUSY = "busy"
    """AWS throttles the requests, which are repeated."""


@dataclass(frozen=True, slots=True)
class TailedLogGroup:
    """A log group to read.

    Attributes:
        log_group: From the function's configuration.
        name: The function, set as the source of each line; empty if only one is read.
    """

    log_group: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A group that can no longer be read although others can; emitted once."""

    source: TailedLogGroup
    error: WorkbenchError


class _Reader:
    """Reads one group, and remembers which lines it emitted."""

    def __init__(
        self, connection: Connection, source: TailedLogGroup, start_ms: int, pattern: str, *, once: bool
    ) -> None:
        self.source = source
        self._read = read_pages if once else fetch_pages
        self.is_missing = False
        self.problem: WorkbenchError | None = None
        self.busy: WorkbenchError | None = None
        self._connection = connection
        self._start_ms = self._newest_ms = start_ms
        self._pattern = pattern
        self._known: dict[str, int] = {}

    def pages(self, ctx: JobContext, end_ms: int | None = None) -> Iterator[tuple[LogLine, ...]]:
        """Yields the new lines. An error ends them and is stored in `busy`, `is_missing` or `problem`."""
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
                fresh = tuple(line for line in page if line.event_id not in self._known)
                if fresh:
                    self._known.update((line.event_id, line.time_ms) for line in fresh)
                    self._newest_ms = max(self._newest_ms, fresh[-1].time_ms)
                    if len(self._known) > _MAX_KNOWN_IDS:
                        self._advance()
                    yield fresh
            self.is_missing = False
        except WorkbenchError as error:
            if error.aws_code in TRANSIENT:
                self.busy = error
            elif error.aws_code == GROUP_MISSING:
                self.is_missing = True
            else:
                self.problem = error
        self._advance()

    def _advance(self) -> None:
        """Advances the start of the next search: pages arrive in order of time."""
        self._start_ms = max(self._start_ms, self._newest_ms - _OVERLAP_MS)
        known = self._known.items()
        self._known = {event_id: time_ms for event_id, time_ms in known if time_ms >= self._start_ms}


class _Readers:
    """All groups that are read together."""

    def __init__(
        self,
        connection: Connection,
        sources: Sequence[TailedLogGroup],
        start: datetime,
        pattern: str,
        *,
        once: bool = False,
    ) -> None:
        self._readers = [_Reader(connection, each, to_ms(start), pattern, once=once) for each in sources]
        self.pause_s = max(POLL_S, _GROUP_POLL_S * len(self._readers))

    def round(self, ctx: JobContext, end_ms: int | None = None) -> int:
        """Reads the new lines of all groups and emits them by time; returns their number.

        Raises:
            WorkbenchError: No group can be read any more, or AWS is busy (see TRANSIENT).
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
        merged = heapq.merge(
            *(itertools.chain.from_iterable(each) for each in readings), key=attrgetter("time_ms")
        )
        while batch := tuple(itertools.islice(merged, _BATCH_LINES)):
            yield batch

    @property
    def state(self) -> TailState:
        """Whether any of the groups exists."""
        is_missing = all(each.is_missing for each in self._readers)
        return TailState.NO_GROUP if is_missing else TailState.CAUGHT_UP


def tail(
    connection: Connection,
    sources: Sequence[TailedLogGroup],
    since: datetime,
    ctx: JobContext,
    *,
    pattern: str = "",
    clock: Clock | None = None,
) -> None:
    """Follows log groups until cancelled.

    Emits each batch of new lines as a tuple, a TailState whenever that changes, and a SourceProblem for a
    group that cannot be read while others can. A log group that does not exist yet appears with the
    function's first invocation. Requests to a busy service are repeated after growing pauses.

    Args:
        sources: At least one group and at most MAX_SOURCES.
        pattern: CloudWatch's filter pattern.

    Raises:
        WorkbenchError: Access to the logs is denied.
    """
    clock = clock or SystemClock()
    readers = _Readers(connection, sources, since, pattern)
    last_line_s = clock.monotonic()
    pause_s = readers.pause_s
    state: TailState | None = None

    def set_state(new: TailState) -> None:
        nonlocal state
        if new is not state:
            state = new
            ctx.emit(new)

    while True:
        busy = Backoff(min(pause_s * 2, _LONGEST_PAUSE_S), longest_s=_LONGEST_PAUSE_S)
        if retry(
            lambda: readers.round(ctx),
            ctx,
            busy,
            lambda error: error.aws_code in TRANSIENT,
            lambda __: set_state(TailState.BUSY),
        ):
            last_line_s = clock.monotonic()
        set_state(readers.state)
        is_idle = clock.monotonic() - last_line_s >= IDLE_AFTER_S or state is TailState.NO_GROUP
        pause_s = max(readers.pause_s, IDLE_POLL_S if is_idle else 0.0)
        ctx.sleep(pause_s)


def read_range(
    connection: Connection,
    sources: Sequence[TailedLogGroup],
    start: datetime,
    end: datetime | None,
    ctx: JobContext,
    *,
    pattern: str = "",
) -> TailState:
    """Reads a time range once, oldest first; emits lines as `tail` does.

    Args:
        end: Inclusive; None for now.
        pattern: CloudWatch's filter pattern.

    Returns:
        NO_GROUP if none of the groups exists.

    Raises:
        WorkbenchError: Access to the logs is denied.
    """
    readers = _Readers(connection, sources, start, pattern, once=True)
    readers.round(ctx, None if end is None else to_ms(end))
    return readers.state


class LogGroups:
    """The log groups of functions in an account and region, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def sources(
        self, connection: Connection, detail: FunctionDetail, others: tuple[str, ...], ctx: JobContext
    ) -> tuple[TailedLogGroup, ...]:
        """The sources to read; functions are named only if there are several. Raises WorkbenchError."""
        if not others:
            return (TailedLogGroup(detail.log_group),)
        sources = [TailedLogGroup(detail.log_group, detail.function_name)]
        for name in others:
            if name not in self._known:
                self._known[name] = get_function(connection, name, "", ctx).log_group
            sources.append(TailedLogGroup(self._known[name], name))
        return tuple(sources)


LIVE_TAIL_MINUTE_USD = 0.01
"""The price of each started minute of a session; some regions cost more.
Source: https://aws.amazon.com/cloudwatch/pricing/, checked on 27 November 2026"""
LIVE_TAIL_FREE_MINUTES = 1800
"""Free minutes of an account per month."""
SESSION_S = 3 * 3600
"""A session ends by itself after three hours.
Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html"""
_SILENCE_S = 60.0  # AWS sends an update every second
_PAST_MS = 120_000  # read before a session, whose first lines they may be
_TIMED_OUT = "SessionTimeoutException"
_Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class LiveState:
    """The state of a session; emitted every second.

    Attributes:
        is_sampled: Whether AWS left lines out of this second, because there were more than 500.
    """

    open_s: float
    is_sampled: bool


def live_tail_usd(seconds: float) -> float:
    """The cost of a session of this length once the free minutes are used up."""
    return -(-max(seconds, 1) // 60) * LIVE_TAIL_MINUTE_USD


def group_arn(connection: Connection, log_group: str) -> str:
    """The ARN of a log group for StartLiveTail: without the trailing ":*"."""
    if log_group.startswith("arn:"):
        return log_group.removesuffix(":*")
    own = Arn.parse(connection.arn) if connection.arn else None
    partition = own.partition if own else "aws"
    return f"arn:{partition}:logs:{connection.region}:{connection.account_id}:log-group:{log_group}"


def live_tail(
    connection: Connection,
    sources: Sequence[TailedLogGroup],
    since: datetime,
    ctx: JobContext,
    *,
    pattern: str = "",
    clock: Clock | None = None,
) -> None:
    """Reads what was logged since a time, then follows until cancelled or AWS ends the session.

    Emits tuples of lines, TailState and LiveState.

    Args:
        sources: At most MAX_SOURCES, as AWS allows.
        since: Lines from this time on; the past is read by FilterLogEvents.
        ctx: Cancel closes the session, and so ends its cost.
        pattern: CloudWatch's filter pattern.

    Raises:
        WorkbenchError: AWS refused (logs:StartLiveTail is required) or ended the session after three hours
            (aws_code SessionTimeoutException), or the connection was lost.
    """
    clock = clock or SystemClock()
    failure = _("Could not follow the logs by Live Tail.")
    arns = [group_arn(connection, each.log_group) for each in sources]
    request: dict[str, Any] = {"logGroupIdentifiers": arns}
    if pattern:
        request["logEventFilterPattern"] = pattern
    # The session starts first: no line that is logged while the past is read may be missed.
    answer = connection.call(
        "logs", "start_live_tail", retries=False, read_timeout_s=_SILENCE_S, failure=failure, **request
    )
    stream = answer["responseStream"]
    names = {_bare(arn): each.name for arn, each in zip(arns, sources, strict=True)}
    begun_s = clock.monotonic()
    try:
        recent = _read_past(connection, sources, since, ctx, pattern, clock)
        ctx.emit(TailState.CAUGHT_UP)
        with connection.translated(failure):
            for event in stream:
                ctx.check()
                if "sessionUpdate" in event:
                    update = event["sessionUpdate"]
                    lines = tuple(line for line in _lines(update, names) if _key(line) not in recent)
                    if lines:
                        ctx.emit(lines)
                    sampled = bool((update.get("sessionMetadata") or {}).get("sampled"))
                    ctx.emit(LiveState(clock.monotonic() - begun_s, sampled))
    finally:
        stream.close()
    raise WorkbenchError(failure, _("AWS ended the session."), _("Follow again."), aws_code=_TIMED_OUT)


def _read_past(
    connection: Connection,
    sources: Sequence[TailedLogGroup],
    since: datetime,
    ctx: JobContext,
    pattern: str,
    clock: Clock,
) -> set[_Key]:
    """Emits earlier lines; returns those of the last minutes, which the session may send again."""
    recent: set[_Key] = set()
    from_ms = to_ms(connection.aws_time.at(clock.now())) - _PAST_MS

    def remember(item: object) -> object:
        if isinstance(item, tuple):
            recent.update(_key(line) for line in item if line.time_ms >= from_ms)
        return item

    read_range(connection, sources, since, None, ctx.through(remember), pattern=pattern)
    return recent


def _key(line: LogLine) -> _Key:
    return line.stream, line.time_ms, line.message


def _lines(update: dict[str, Any], names: dict[str, str]) -> Iterator[LogLine]:
    """A second's lines, oldest first."""
    for event in sorted(update.get("sessionResults") or (), key=lambda each: each.get("timestamp", 0)):
        yield parse_event(event, names.get(_bare(str(event.get("logGroupIdentifier", ""))), ""))


def _bare(identifier: str) -> str:
    """The name of a group: in updates AWS identifies groups by "account:name" instead of the ARN."""
    return identifier.rsplit(":", 1)[-1]
