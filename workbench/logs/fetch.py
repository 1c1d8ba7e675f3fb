"""Pages of FilterLogEvents as lines.

Owns: paging, its pace, and ids where the service gives none. Must not know: which lines anybody wants.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.facts import group_facts
from workbench.logs.parse import LogLine, parse_event

PAGE_LINES = 2000
"""Smaller than AWS's 10,000: a page is parsed under Python's lock, and the window must stay smooth."""

PAGE_PAUSE_S = 0.2
"""Between pages. Source: FilterLogEvents allows 5 or 10 requests a second, region by region,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""

GROUP_MISSING = "ResourceNotFoundException"

PASSING = frozenset(
    {
        "ThrottlingException",
        "LimitExceededException",
        "ServiceUnavailableException",
        "InternalFailure",
        "InternalServerError",
    }
)
"""What AWS answers when it is busy: the same question is answered in a moment."""


INFREQUENT, DELIVERY = "INFREQUENT_ACCESS", "DELIVERY"
"""Log classes without FilterLogEvents. See logs/infrequent.py."""
_REFUSED = frozenset({"InvalidOperationException", "InvalidParameterException", "ValidationException"})
_CLASS_WORDS = {
    INFREQUENT: (
        "The log group has the log class Infrequent Access. AWS cannot follow it, nor search it by filter.",
        "Read a time range, which Logs Insights does for this class, or write a query in Logs Insights.",
    ),
    DELIVERY: (
        "The log group has the log class Delivery: its events go to S3 or Firehose and cannot be read here.",
        "Read them where they are delivered, or let the function log to a log group of the class Standard.",
    ),
}


class NotForClass(WorkbenchError):
    """The log group's class has no FilterLogEvents."""

    log_class = ""


def to_ms(moment: datetime) -> int:
    """An aware moment as CloudWatch Logs counts time."""
    return int(moment.timestamp() * 1000)


def fetch_pages(
    connection: Connection,
    log_group: str,
    ctx: JobContext,
    *,
    start_ms: int,
    end_ms: int | None = None,
    stream: str = "",
    pattern: str = "",
    source: str = "",
) -> Iterator[tuple[LogLine, ...]]:
    """Yields the pages of a search, oldest first. Empty pages are left out; they are normal and not the end.

    Args:
        connection: Whose logs.
        log_group: Name of the log group, or its ARN when it is another account's or region's.
        ctx: The job; checked between pages.
        start_ms: First millisecond, inclusive.
        end_ms: Last millisecond, inclusive.
        stream: Only this log stream.
        pattern: CloudWatch's filter pattern.
        source: Put to each line.

    Raises:
        WorkbenchError: aws_code is GROUP_MISSING when the log group does not exist (yet).
    """
    connection = region_of(connection, log_group)
    request: dict[str, Any] = {
        "logGroupIdentifier" if log_group.startswith("arn:") else "logGroupName": log_group,
        "startTime": max(0, start_ms),
        "limit": PAGE_LINES,
    }
    if end_ms is not None:
        request["endTime"] = end_ms
    if stream:
        request["logStreamNames"] = [stream]
    if pattern:
        request["filterPattern"] = pattern
    unnamed: Counter[LogLine] = Counter()
    while True:
        ctx.check()
        try:
            answer = connection.call(
                "logs", "filter_log_events", failure=f"Could not read the logs in {log_group}.", **request
            )
        except WorkbenchError as error:
            if error.aws_code in _REFUSED and (better := _not_for_class(connection, log_group, error, ctx)):
                raise better from None
            raise
        lines = tuple(_with_id(parse_event(event, source), unnamed) for event in answer.get("events", ()))
        if lines:
            yield lines
        token = answer.get("nextToken")
        if not token or token == request.get("nextToken"):
            return
        request["nextToken"] = token
        ctx.sleep(PAGE_PAUSE_S)


def _not_for_class(
    connection: Connection, log_group: str, error: WorkbenchError, ctx: JobContext
) -> NotForClass | None:
    """The refusal in words, if it is because of the group's class; which may not be readable."""
    try:
        facts = group_facts(connection, log_group, ctx)
    except WorkbenchError:
        return None
    if facts is None or facts.log_class not in _CLASS_WORDS:
        return None
    found = NotForClass(error.what, *_CLASS_WORDS[facts.log_class], error.aws_code, error.request_id)
    found.log_class = facts.log_class
    return found


def region_of(connection: Connection, log_group: str) -> Connection:
    """The same identity where a log group is that is named by its ARN; by a name it is where we are."""
    region = Arn.parse(log_group).region if log_group.startswith("arn:") else ""
    return connection.in_region(region) if region not in ("", connection.region) else connection


def _with_id(line: LogLine, unnamed: Counter[LogLine]) -> LogLine:
    """Gives an id to a line that came without one: emulators leave eventId out.

    Equal lines of one stream and millisecond are told apart by their order, which is the same in every search
    that starts at or before them.
    """
    if line.event_id:
        return line
    unnamed[line] += 1
    return replace(line, event_id=f"{line.stream}/{line.time_ms}/{unnamed[line]}/{hash(line.message)}")
