"""Queries of CloudWatch Logs Insights: run, waited for, stopped.

Owns: the life of one query, and texts to begin with. Must not know: how an answer is shown.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import text_limit
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.sizes import megabytes
from workbench.logs.fetch import region_of

MAX_GROUPS = 50
"""Log groups of one query. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/
CWL_QuerySyntax.html"""
MAX_ROWS = 10_000
"""What is shown of an answer. AWS gives up to 100,000, in pages."""
_PAGE_ROWS = 10_000

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 2.0
_GIVEN_UP = {
    "Failed": "AWS could not run the query.",
    "Timeout": "The query took longer than AWS allows: 60 minutes.",
    "Cancelled": "The query was stopped elsewhere.",
}
_INNER = frozenset({"@ptr"})  # leads to the whole record, by another call

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
"""Queries for Lambda's logs, by a name that the UI puts into words.

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
class Answer:
    """What a query found.

    Attributes:
        fields: The columns, in the order in which AWS gave them.
        rows: A text for each field, empty where a record lacks it.
        matched: Records that the query's filters let through.
        scanned: Records that were looked at.
        scanned_bytes: What is paid for.
        is_cut: There are more rows.
    """

    fields: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    matched: int = 0
    scanned: int = 0
    scanned_bytes: int = 0
    is_cut: bool = False


def run_query(
    connection: Connection,
    log_groups: Sequence[str],
    query: str,
    start: datetime,
    end: datetime,
    ctx: JobContext,
) -> Answer:
    """Runs a query to its end; cancelled, it is stopped at AWS, too, as every scanned byte is charged.

    Args:
        connection: Whose logs.
        log_groups: Names, or ARNs of other accounts' groups; at most MAX_GROUPS.
        query: In the language of Logs Insights.
        start: Inclusive; AWS counts seconds here.
        end: Inclusive.
        ctx: The job; its progress says how much was scanned.

    Raises:
        WorkbenchError: AWS does not take the query (MalformedQueryException says where it is wrong), runs too
            many (LimitExceededException), may not read a group (logs:StartQuery), or gave up.
        Cancelled: By the person.
    """
    failure = "Could not run the query."
    if not query.strip():
        raise WorkbenchError(
            "The query is empty.", "There is no query text.", "Enter a query, or choose a template."
        )
    longest = text_limit("QueryString", "logs").max_length
    if longest is not None and len(query) > longest:
        raise WorkbenchError(
            "The query is too long.",
            f"It has {len(query):,} characters; {longest:,} are allowed.",
            "Shorten it.",
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
        # It may have ended by itself, or nothing is reached any more: nobody waits for an answer.
        with suppress(WorkbenchError):
            connection.call("logs", "stop_query", failure="Could not stop the query.", queryId=query_id)
        raise


def _wait(connection: Connection, query_id: str, failure: str, ctx: JobContext) -> Answer:
    pause_s = _FIRST_PAUSE_S
    while True:
        request: dict[str, Any] = {"queryId": query_id, "maxItems": _PAGE_ROWS}
        answer = connection.call("logs", "get_query_results", failure=failure, **request)
        status = str(answer.get("status", ""))
        if why := _GIVEN_UP.get(status):
            remedy = "Ask for a shorter time, or for less."
            raise WorkbenchError(failure, why, remedy, aws_code=status)
        if status == "Complete":
            return _answer(answer)
        scanned = int((answer.get("statistics") or {}).get("bytesScanned", 0))
        ctx.progress(0, 0, f"{megabytes(scanned)} MB scanned")
        ctx.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)


def _answer(answer: dict[str, Any]) -> Answer:
    records = [
        {cell["field"]: cell.get("value", "") for cell in record if cell.get("field") not in _INNER}
        for record in answer.get("results") or ()
    ]
    fields = tuple(dict.fromkeys(field for record in records for field in record))
    rows = tuple(tuple(record.get(field, "") for field in fields) for record in records)
    statistics = answer.get("statistics") or {}
    matched = int(statistics.get("recordsMatched", 0))
    return Answer(
        fields,
        rows,
        matched,
        int(statistics.get("recordsScanned", 0)),
        int(statistics.get("bytesScanned", 0)),
        bool(answer.get("nextToken")) or len(rows) >= MAX_ROWS,
    )
