"""Following log groups by StartLiveTail: lines as they arrive, at a price."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.fetch import to_ms
from workbench.logs.parse import LogLine, parse_event
from workbench.logs.tail import TailedLogGroup, TailState, read_range

MAX_GROUPS = 10
LIVE_TAIL_MINUTE_USD = 0.01
"""The price of each started minute of a session; some regions cost more.
Source: https://aws.amazon.com/cloudwatch/pricing/, checked on 27 November 2026"""
LIVE_TAIL_FREE_MINUTES = 1800
"""Free minutes of an account in a month."""
SESSION_S = 3 * 3600
"""A session ends by itself after three hours.
Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html"""
_SILENCE_S = 60.0  # AWS sends an update every second
_OVERLAP_MS = 120_000
_TIMED_OUT = "SessionTimeoutException"
_Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class LiveState:
    """The state of a session; emitted every second.

    Attributes:
        open_s: How long it has been open.
        is_sampled: Whether AWS left lines out of this second, because there were more than 500.
    """

    open_s: float
    is_sampled: bool


def live_tail_usd(seconds: float) -> float:
    """What a session of this length costs once the free minutes are used up."""
    return -(-max(seconds, 1) // 60) * LIVE_TAIL_MINUTE_USD


def group_arn(connection: Connection, log_group: str) -> str:
    """The ARN of a log group as StartLiveTail expects it: without a closing ":*"."""
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
    """Reads what was logged since a moment, then follows, until cancelled or AWS ends the session.

    `ctx.emit` passes tuples of lines, TailState and LiveState.

    Args:
        connection: The account and region.
        sources: At most MAX_GROUPS.
        since: Lines from this moment on; the past is read by FilterLogEvents.
        ctx: The job. Cancel closes the session, and so ends its cost.
        pattern: CloudWatch's filter pattern.
        clock: Time.

    Raises:
        Cancelled: By the user.
        WorkbenchError: AWS refuses (logs:StartLiveTail is needed) or ended the session after three hours
            (aws_code SessionTimeoutException), or the connection is lost.
    """
    clock = clock or SystemClock()
    failure = "Could not follow the logs by Live Tail."
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
    raise WorkbenchError(failure, "AWS ended the session.", "Follow again.", aws_code=_TIMED_OUT)


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
    from_ms = to_ms(connection.aws_time.at(clock.now())) - _OVERLAP_MS

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
    """The name of a group: in updates AWS identifies groups by "account:name", not by ARN."""
    return identifier.rsplit(":", 1)[-1]
