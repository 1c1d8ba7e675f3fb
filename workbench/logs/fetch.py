"""Reads log groups: their data, pages of FilterLogEvents as log lines, and queries of Logs Insights.

Groups of class Infrequent Access have no FilterLogEvents, so Logs Insights reads them.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.aws.quotas import text_limit
from workbench.aws.retry import Backoff, paced, poll
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import megabytes
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.logs.parse import LineKind, LogLine, parse_event

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
    """Describes a log group; None if it does not exist. Raises WorkbenchError."""
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


MAX_ROWS = 10_000
"""Maximum of result rows. AWS returns up to 100,000, in pages."""
_PAGE_ROWS = 10_000
INSIGHTS_GB_USD = 0.005
"""The price of each GB that a query scans, beyond the 5 GB a month that are free together with ingestion. In
us-east-1 and most regions; Mumbai costs a third more. FilterLogEvents is free.
Source: https://aws.amazon.com/cloudwatch/pricing/, checked on 27 November 2026"""

_RUNNING = Backoff(0.25, longest_s=2.0, factor=1.5)
_FAILED_STATUSES = {
    "Failed": _("AWS could not run the query."),
    "Timeout": _("The query took longer than AWS allows: 60 minutes."),
    "Cancelled": _("The query was stopped elsewhere."),
}
_HIDDEN = frozenset({"@ptr"})  # a pointer for GetLogRecord

_REPORTS = 'filter @type = "REPORT"\n'
_ERRORS = "filter @message like /(?i)(error|exception|task timed out)/"
_COLD = (
    "stats count(*) as invocations, count(@initDuration) as coldStarts, "
    "avg(@initDuration) as avgInit, max(@initDuration) as maxInit by bin(5m)"
)
_PERCENTILES = "avg(@duration), pct(@duration, 50), pct(@duration, 95), pct(@duration, 99)"
_MEMORY = (
    "stats max(@memorySize / 1000 / 1000) as givenMB, max(@maxMemoryUsed / 1000 / 1000) as usedMB, "
    "max((@memorySize - @maxMemoryUsed) / 1000 / 1000) as sparedMB"
)
_SLOWEST = "fields @timestamp, @requestId, @duration, @billedDuration, @maxMemoryUsed"
# @memorySize is in bytes of a decimal MB; Lambda bills 1,024 MB as a GB.
_COST = "stats sum(@billedDuration) / 1000 * max(@memorySize) / 1024000000 as gbSeconds by bin(1h)"
_NEWEST = "| sort @timestamp desc\n| limit 100"

TEMPLATES: tuple[tuple[str, str], ...] = (
    ("newest", f"fields @timestamp, @message\n{_NEWEST}"),
    ("errors", f"fields @timestamp, @requestId, @message\n| {_ERRORS}\n{_NEWEST}"),
    ("slowest", f"{_REPORTS}| {_SLOWEST}\n| sort @duration desc\n| limit 50"),
    ("cold", f"{_REPORTS}| {_COLD}"),
    ("percentiles", f"{_REPORTS}| stats {_PERCENTILES} by bin(5m)"),
    ("memory", f"{_REPORTS}| {_MEMORY}"),
    ("cost", f"{_REPORTS}| {_COST}"),
)
"""Queries for Lambda's logs, by names that the UI translates.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

_JSON_REPORTS = 'filter type = "platform.report"\n'
_OF = "record.metrics."
_JSON_SLOWEST = (
    f"fields @timestamp, record.requestId, {_OF}durationMs, {_OF}billedDurationMs, {_OF}maxMemoryUsedMB"
)
_JSON_COLD = (
    f"stats count(*) as invocations, count({_OF}initDurationMs) as coldStarts, "
    f"avg({_OF}initDurationMs) as avgInit, max({_OF}initDurationMs) as maxInit by bin(5m)"
)
_JSON_PERCENTILES = f"avg({_OF}durationMs), " + ", ".join(f"pct({_OF}durationMs, {n})" for n in (50, 95, 99))
_JSON_MEMORY = (
    f"stats max({_OF}memorySizeMB) as givenMB, max({_OF}maxMemoryUsedMB) as usedMB, "
    f"max({_OF}memorySizeMB - {_OF}maxMemoryUsedMB) as sparedMB"
)
_JSON_COST = (
    f"stats sum({_OF}billedDurationMs) / 1000 * max({_OF}memorySizeMB) / 1024 as gbSeconds by bin(1h)"
)

JSON_TEMPLATES: tuple[tuple[str, str], ...] = (
    ("slowest", f"{_JSON_REPORTS}| {_JSON_SLOWEST}\n| sort {_OF}durationMs desc\n| limit 50"),
    ("cold", f"{_JSON_REPORTS}| {_JSON_COLD}"),
    ("percentiles", f"{_JSON_REPORTS}| stats {_JSON_PERCENTILES} by bin(5m)"),
    ("memory", f"{_JSON_REPORTS}| {_JSON_MEMORY}"),
    ("cost", f"{_JSON_REPORTS}| {_JSON_COST}"),
)
"""The same for functions with the log format JSON, whose reports have no @type and none of its fields.

Source: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (platform.report)
"""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The result of a query.

    Attributes:
        fields: The columns, in AWS's order.
        rows: A text for each field, empty where a record lacks it.
        scanned_bytes: Bytes that were scanned, which AWS charges.
    """

    fields: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    matched: int = 0
    scanned: int = 0
    scanned_bytes: int = 0
    is_cut: bool = False


def insights_usd(scanned_bytes: float) -> float:
    """The cost of a query that scanned this many bytes."""
    return scanned_bytes / 1024**3 * INSIGHTS_GB_USD


def run_query(
    connection: Connection,
    log_groups: Sequence[str],
    query: str,
    start: datetime,
    end: datetime,
    ctx: JobContext,
) -> QueryResult:
    """Runs a query to its end. Cancel stops it at AWS, too, as every scanned byte is charged.

    Args:
        log_groups: Names, or ARNs of other accounts' groups; AWS takes at most 50.
        query: In the language of Logs Insights.
        start: Inclusive; AWS counts whole seconds.
        ctx: Its progress names the scanned bytes.

    Raises:
        WorkbenchError: AWS refused the query (MalformedQueryException says where it is wrong), too many are
            running (LimitExceededException), access is denied (logs:StartQuery), or the query failed.
    """
    failure = _("Could not run the query.")
    if not query.strip():
        raise WorkbenchError(
            _("The query is empty."), _("There is no query text."), _("Enter a query, or choose a template.")
        )
    longest = text_limit("QueryString", "logs").max_length
    if longest is not None and len(query) > longest:
        raise WorkbenchError(
            _("The query is too long."),
            _("It has {count:,} characters; {longest:,} are allowed.").format(
                count=len(query), longest=longest
            ),
            _("Shorten it."),
        )
    ctx.check()
    connection = region_of(connection, log_groups[0])
    is_arn = any(group.startswith("arn:") for group in log_groups)
    request: dict[str, Any] = {
        "logGroupIdentifiers" if is_arn else "logGroupNames": list(log_groups),
        "queryString": query,
        "startTime": int(start.timestamp()),
        "endTime": int(end.timestamp()),
        "limit": MAX_ROWS,
    }
    started = connection.call("logs", "start_query", failure=failure, **request)
    query_id = started["queryId"]
    try:
        return _wait(connection, query_id, failure, ctx)
    except Cancelled:
        # The query may have ended already, or the network is down: the result is not needed.
        with suppress(WorkbenchError):
            connection.call("logs", "stop_query", failure=_("Could not stop the query."), queryId=query_id)
        raise


def _wait(connection: Connection, query_id: str, failure: str, ctx: JobContext) -> QueryResult:
    request: dict[str, Any] = {"queryId": query_id, "maxItems": _PAGE_ROWS}

    def read() -> dict[str, Any]:
        response: dict[str, Any] = connection.call("logs", "get_query_results", failure=failure, **request)
        status = str(response.get("status", ""))
        if why := _FAILED_STATUSES.get(status):
            raise WorkbenchError(failure, why, _("Ask for a shorter time, or for less."), aws_code=status)
        return response

    def show_progress(response: dict[str, Any]) -> None:
        scanned = int((response.get("statistics") or {}).get("bytesScanned", 0))
        ctx.progress(0, 0, _("{size} MB scanned").format(size=megabytes(scanned)))

    return _result(poll(read, lambda each: each.get("status") == "Complete", ctx, _RUNNING, show_progress))


def _result(response: dict[str, Any]) -> QueryResult:
    records = [
        {cell["field"]: cell.get("value", "") for cell in record if cell.get("field") not in _HIDDEN}
        for record in response.get("results") or ()
    ]
    fields = tuple(dict.fromkeys(field for record in records for field in record))
    rows = tuple(tuple(record.get(field, "") for field in fields) for record in records)
    statistics = response.get("statistics") or {}
    matched = int(statistics.get("recordsMatched", 0))
    return QueryResult(
        fields,
        rows,
        matched,
        int(statistics.get("recordsScanned", 0)),
        int(statistics.get("bytesScanned", 0)),
        bool(response.get("nextToken")) or len(rows) >= MAX_ROWS,
    )


INIT_MS = 15_000
"""How long before START the initialisation may begin: the init phase is limited to 10 s."""
_TERM = re.compile(r'"((?:[^"\\]|\\.)*)"|([\w./:@-]+)')


def read_pages(
    connection: Connection,
    log_group: str,
    ctx: JobContext,
    *,
    start_ms: int,
    end_ms: int | None = None,
    pattern: str = "",
    source: str = "",
) -> Iterator[tuple[LogLine, ...]]:
    """Yields the pages of one search, as `fetch_pages` does, for a group of any class.

    A query of Logs Insights is charged by the bytes that it scans, so following a group must not use it.

    Raises:
        WorkbenchError: As `fetch_pages`; or the class cannot be read, or Insights cannot express the pattern.
    """
    try:
        yield from fetch_pages(
            connection, log_group, ctx, start_ms=start_ms, end_ms=end_ms, pattern=pattern, source=source
        )
    except NotForClass as error:
        if error.log_class != INFREQUENT:
            raise
        lines = _query_lines(connection, log_group, ctx, start_ms, end_ms, _condition(pattern, error), source)
        for first in range(0, len(lines), PAGE_LINES):
            yield lines[first : first + PAGE_LINES]


def invocation_lines(
    connection: Connection, log_group: str, request_id: str, start_ms: int, end_ms: int, ctx: JobContext
) -> tuple[LogLine, ...]:
    """The lines of an invocation's log stream while it ran, for a group of the class Infrequent Access.

    Two queries: the first finds the lines that name the invocation, and so its stream; the second reads that
    stream. Each is charged by the bytes that it scans, which grow with the time range.

    Returns:
        Oldest first; only the lines that name the invocation if its START is missing.
    """
    naming = f" | filter strcontains(@message, {json.dumps(request_id)})"
    named = [
        line
        for line in _query_lines(connection, log_group, ctx, start_ms, end_ms, naming, "")
        if line.request_id == request_id
    ]
    start = next((line for line in named if line.kind is LineKind.START), None)
    if start is None:
        return tuple(named)
    report = next((line for line in named if line.kind is LineKind.REPORT), None)
    of_stream = f" | filter @logStream = {json.dumps(start.stream)}"
    end_ms = end_ms if report is None else report.time_ms + 1_000
    return _query_lines(connection, log_group, ctx, start.time_ms - INIT_MS, end_ms, of_stream, "")


def marked_start(
    connection: Connection,
    log_group: str,
    marks: Sequence[str],
    start_ms: int,
    end_ms: int,
    ctx: JobContext,
) -> tuple[LogLine | None, bool]:
    """The START line of the invocation that logged a marker, in a group of class Infrequent Access.

    Makes one query, which is charged by what it scans.

    Args:
        marks: Texts that nothing else logs.

    Returns:
        The START line, and whether that invocation logged the marker. If none did, it is the first invocation
        in the range; None if there is none.
    """
    terms = (*marks, "START RequestId", "platform.start")
    condition = " or ".join(f"strcontains(@message, {json.dumps(each)})" for each in terms)
    first: LogLine | None = None
    begun: dict[str, LogLine] = {}
    for line in _query_lines(connection, log_group, ctx, start_ms, end_ms, f" | filter {condition}", ""):
        if line.kind is LineKind.START:
            begun[line.stream] = line
            first = first or line
        if line.stream in begun and any(mark in line.message for mark in marks):
            return begun[line.stream], True
    return first, False


def _query_lines(
    connection: Connection,
    log_group: str,
    ctx: JobContext,
    start_ms: int,
    end_ms: int | None,
    condition: str,
    source: str,
) -> tuple[LogLine, ...]:
    """The oldest 10,000 lines, oldest first."""
    query = f"fields @timestamp, @message, @logStream{condition} | sort @timestamp asc | limit {MAX_ROWS}"
    start = datetime.fromtimestamp(start_ms / 1000, UTC)
    end = datetime.now(UTC) if end_ms is None else datetime.fromtimestamp(end_ms / 1000, UTC)
    result = run_query(connection, (log_group,), query, start, end, ctx)
    lines = []
    for number, row in enumerate(result.rows):
        record = dict(zip(result.fields, row, strict=True))
        moment = datetime.fromisoformat(record["@timestamp"]).replace(tzinfo=UTC)
        event = {
            "timestamp": round(moment.timestamp() * 1000),
            "message": record.get("@message", ""),
            "logStreamName": record.get("@logStream", ""),
            "eventId": f"insights/{log_group}/{number}",
        }
        lines.append(parse_event(event, source))
    return tuple(lines)


def _condition(pattern: str, error: WorkbenchError) -> str:
    """CloudWatch's filter pattern, if it consists of terms only, as conditions of Insights."""
    terms = [json.loads(f'"{quoted}"') if quoted else bare for quoted, bare in _TERM.findall(pattern)]
    if _TERM.sub("", pattern).strip():
        raise WorkbenchError(
            error.what,
            _("{why} A filter pattern with more than terms is not possible there.").format(why=error.why),
            _("Use terms only, or write a query in Logs Insights."),
            error.aws_code,
            error.request_id,
        )
    return "".join(f" | filter strcontains(@message, {json.dumps(term)})" for term in terms)
