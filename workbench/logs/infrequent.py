"""Log groups whose class has no FilterLogEvents: what can be read of them is read by Logs Insights.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.fetch import INFREQUENT, PAGE_LINES, NotForClass, fetch_pages
from workbench.logs.insights import MAX_ROWS, run_query
from workbench.logs.parse import Kind, LogLine, parse_event

INIT_MS = 15_000
"""How long before START the initialisation may begin. Source: 10 s limit of the init phase."""
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
    """The pages of a search that is made once, as `fetch_pages` has them; of whatever class the group is.

    A query of Logs Insights is charged by what it scans, so nothing that follows a group may use it.

    Raises:
        WorkbenchError: As `fetch_pages`; or the class offers neither, or the pattern is more than terms.
        Cancelled: Between pages.
    """
    try:
        yield from fetch_pages(
            connection,
            log_group,
            ctx,
            start_ms=start_ms,
            end_ms=end_ms,
            pattern=pattern,
            source=source,
        )
    except NotForClass as error:
        if error.log_class != INFREQUENT:
            raise
        lines = _queried(connection, log_group, ctx, start_ms, end_ms, _filter(pattern, error), source)
        for first in range(0, len(lines), PAGE_LINES):
            yield lines[first : first + PAGE_LINES]


def invocation_lines(
    connection: Connection, log_group: str, request_id: str, start_ms: int, end_ms: int, ctx: JobContext
) -> tuple[LogLine, ...]:
    """What one invocation logged to a group of the class Infrequent Access, and its stream at that time.

    Two queries: one finds the lines that name the invocation, and with them its stream; the other reads that
    stream. Each is charged by what it scans, which grows with the stretch of time.

    Args:
        connection: Whose logs.
        log_group: The group.
        request_id: The invocation's.
        start_ms: When it began at the earliest.
        end_ms: When it ended at the latest.
        ctx: The job.

    Returns:
        Oldest first; only the lines that name the invocation where its START is missing.

    Raises:
        WorkbenchError: The query was refused.
        Cancelled: Meanwhile.
    """
    naming = f" | filter strcontains(@message, {json.dumps(request_id)})"
    named = [
        line
        for line in _queried(connection, log_group, ctx, start_ms, end_ms, naming, "")
        if line.request_id == request_id
    ]
    start = next((line for line in named if line.kind is Kind.START), None)
    if start is None:
        return tuple(named)
    report = next((line for line in named if line.kind is Kind.REPORT), None)
    of_stream = f" | filter @logStream = {json.dumps(start.stream)}"
    end_ms = end_ms if report is None else report.time_ms + 1_000
    return _queried(connection, log_group, ctx, start.time_ms - INIT_MS, end_ms, of_stream, "")


def _queried(
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
    answer = run_query(connection, (log_group,), query, start, end, ctx)
    lines = []
    for number, row in enumerate(answer.rows):
        record = dict(zip(answer.fields, row, strict=True))
        moment = datetime.fromisoformat(record["@timestamp"]).replace(tzinfo=UTC)
        event = {
            "timestamp": round(moment.timestamp() * 1000),
            "message": record.get("@message", ""),
            "logStreamName": record.get("@logStream", ""),
            "eventId": f"insights/{log_group}/{number}",
        }
        lines.append(parse_event(event, source))
    return tuple(lines)


def _filter(pattern: str, error: WorkbenchError) -> str:
    """CloudWatch's filter pattern as a condition of Insights: terms that all must be there."""
    terms = [json.loads(f'"{quoted}"') if quoted else bare for quoted, bare in _TERM.findall(pattern)]
    if _TERM.sub("", pattern).strip():
        raise WorkbenchError(
            error.what,
            f"{error.why} A filter pattern with more than terms is not possible there.",
            "Use terms only, or write a query in Logs Insights.",
            error.aws_code,
            error.request_id,
        )
    return "".join(f" | filter strcontains(@message, {json.dumps(term)})" for term in terms)
