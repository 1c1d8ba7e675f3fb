"""Pages of FilterLogEvents as log lines, and the data of log groups."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.retry import paced
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.logs.parse import LogLine, parse_event

PAGE_LINES = 2000
"""Lines per page. AWS allows 10,000, but a page is parsed under the global interpreter lock and the window
must not stall."""

PAGE_PAUSE_S = 0.2
"""Pause between pages: FilterLogEvents allows 5 or 10 requests a second, depending on the region.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""

GROUP_MISSING = "ResourceNotFoundException"

TRANSIENT = frozenset(
    {
        "ThrottlingException",
        "LimitExceededException",
        "ServiceUnavailableException",
        "InternalFailure",
        "InternalServerError",
    }
)
"""Error codes of a busy service: the same request succeeds a moment later."""


INFREQUENT, DELIVERY = "INFREQUENT_ACCESS", "DELIVERY"
"""Log classes without FilterLogEvents. Logs Insights reads the first (see insights.py), nothing the
second."""
_REFUSED = frozenset({"InvalidOperationException", "InvalidParameterException", "ValidationException"})
_CLASS_REASONS = {
    INFREQUENT: (
        _(
            "The log group has the log class Infrequent Access. AWS cannot follow it, nor search "
            "it by filter."
        ),
        _("Read a time range, which Logs Insights does for this class, or write a query in Logs Insights."),
    ),
    DELIVERY: (
        _(
            "The log group has the log class Delivery: its events go to S3 or Firehose and cannot "
            "be read here."
        ),
        _(
            "Read them where they are delivered, or let the function log to a log group of the "
            "class Standard."
        ),
    ),
}


class NotForClass(WorkbenchError):
    """The class of the log group has no FilterLogEvents.

    Attributes:
        log_class: INFREQUENT or DELIVERY.
    """

    log_class = ""


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A log group.

    Attributes:
        arn: Without the trailing ":*", as for Live Tail and Logs Insights.
        retention_days: None for no expiry.
        stored_bytes: Approximate; AWS updates it about once a day.
        log_class: "STANDARD", "INFREQUENT_ACCESS", "DELIVERY", or a later value of AWS.
    """

    arn: str
    retention_days: int | None
    created: datetime
    stored_bytes: int
    log_class: str = "STANDARD"


def describe_log_group(connection: Connection, log_group: str, ctx: JobContext) -> LogGroup | None:
    """Describes a log group; None if it does not exist.

    Raises:
        WorkbenchError: Access is denied (logs:DescribeLogGroups).
    """
    name = log_group.rsplit(":", 1)[-1]
    pages = connection.paginate(
        "logs",
        "describe_log_groups",
        ctx=ctx,
        failure=_("Could not read the settings of {name}.").format(name=name),
        logGroupNamePrefix=name,
    )
    for page in pages:
        for group in page.get("logGroups") or ():
            if group["logGroupName"] == name:
                return LogGroup(
                    str(group.get("logGroupArn") or group.get("arn", "")).removesuffix(":*"),
                    group.get("retentionInDays"),
                    datetime.fromtimestamp(group.get("creationTime", 0) / 1000, UTC),
                    int(group.get("storedBytes", 0)),
                    str(group.get("logGroupClass") or "STANDARD"),
                )
    return None


def to_ms(moment: datetime) -> int:
    """An aware time in milliseconds since 1970, as in CloudWatch Logs."""
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
    """Yields the pages of a search, oldest first. Empty pages, which do not mean the end, are left out.

    Args:
        log_group: Name, or ARN if it is in another account or region.
        start_ms: First millisecond, inclusive.
        end_ms: Last millisecond, inclusive.
        stream: Only this log stream.
        pattern: CloudWatch's filter pattern.
        source: Set as the source of each line.

    Raises:
        WorkbenchError: aws_code is GROUP_MISSING if the log group does not exist (yet).
        NotForClass: The log group's class has no FilterLogEvents.
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
    for __ in paced(ctx, PAGE_PAUSE_S):
        ctx.check()
        try:
            answer = connection.call(
                "logs",
                "filter_log_events",
                failure=_("Could not read the logs in {log_group}.").format(log_group=log_group),
                **request,
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


def _not_for_class(
    connection: Connection, log_group: str, error: WorkbenchError, ctx: JobContext
) -> NotForClass | None:
    """The explanation if the group's class causes the refusal; None if not, or if it may not be read."""
    try:
        group = describe_log_group(connection, log_group, ctx)
    except WorkbenchError:
        return None
    if group is None or group.log_class not in _CLASS_REASONS:
        return None
    found = NotForClass(error.what, *_CLASS_REASONS[group.log_class], error.aws_code, error.request_id)
    found.log_class = group.log_class
    return found


def region_of(connection: Connection, log_group: str) -> Connection:
    """The connection for the region of a log group: that in its ARN; for a name, the same connection."""
    region = Arn.parse(log_group).region if log_group.startswith("arn:") else ""
    return connection.in_region(region) if region not in ("", connection.region) else connection


def _with_id(line: LogLine, unnamed: Counter[LogLine]) -> LogLine:
    """Gives an id to a line without one, because emulators leave eventId out.

    Equal lines of one stream and millisecond are numbered in order, which is the same in every search that
    starts at or before them.
    """
    if line.event_id:
        return line
    unnamed[line] += 1
    return replace(line, event_id=f"{line.stream}/{line.time_ms}/{unnamed[line]}/{hash(line.message)}")
