"""An entry of the ledger as the Result panel shows it. No widgets."""

from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication

from workbench.aws.arn import Arn
from workbench.functions.invocations import Report
from workbench.functions.model import FunctionDetail, detail_of
from workbench.invoke.failure import parse_failure
from workbench.invoke.history_entry import HistoryEntry, InvocationOutcome, Mode
from workbench.invoke.run import InvocationResult
from workbench.ui.ledger.model import when_text

_SHA_CHARACTERS = 8
translate = QCoreApplication.translate


def has_answer(entry: HistoryEntry) -> bool:
    """Whether AWS answered, so that there is something to show."""
    return entry.ended.outcome in (InvocationOutcome.SUCCEEDED, InvocationOutcome.FUNCTION_ERROR)


def result_of(entry: HistoryEntry) -> InvocationResult:
    """What AWS answered then."""
    ended = entry.ended
    report = None
    if ended.run_ms is not None:
        report = Report(
            ended.request_id,
            ended.run_ms,
            ended.billed_ms or 0.0,
            entry.sent.memory_mb,
            ended.max_memory_mb or 0,
            ended.init_ms,
        )
    failure = (
        parse_failure("Unhandled", ended.answer)
        if ended.outcome is InvocationOutcome.FUNCTION_ERROR
        else None
    )
    return InvocationResult(
        ended.status_code,
        ended.answer,
        failure,
        ended.request_id,
        ended.log,
        report,
        ended.executed_version,
        started_at(entry),
        ended.duration_ms,
    )


def started_at(entry: HistoryEntry) -> datetime:
    """When it was sent, UTC."""
    try:
        return datetime.fromisoformat(entry.sent.started_at)
    except ValueError:
        return datetime.now(UTC)


def may_have_run(entry: HistoryEntry) -> bool:
    """Whether it is not known here how it ended, while the log of its function may tell."""
    unknown = (InvocationOutcome.SENT, InvocationOutcome.LOST, InvocationOutcome.CANCELLED)
    return entry.ended.outcome in unknown and entry.sent.mode is not Mode.LOCAL


def note_of(entry: HistoryEntry) -> str:
    """When it was sent, and to which code."""
    sha = entry.sent.code_sha256
    code = translate("Invoking", "code %1…").replace("%1", sha[:_SHA_CHARACTERS]) if sha else ""
    return "  ·  ".join(filter(None, (when_text(entry.sent.started_at), code)))


def has_whole_log(entry: HistoryEntry) -> bool:
    """Whether its log needs no reading: it is all there, or there is none."""
    return "REPORT RequestId" in entry.ended.log or entry.redacted or entry.sent.mode is Mode.DRY_RUN


def detail_from(entry: HistoryEntry) -> FunctionDetail:
    """What the entry knows of its function: for one that is gone, or in another account."""
    sent = entry.sent
    arn = Arn.parse(f"arn:aws:lambda:{sent.region}:{sent.account_id}:function:{sent.function_name}")
    configuration = {"FunctionName": sent.function_name, "FunctionArn": str(arn)}
    return replace(detail_of({"Configuration": configuration}), memory_mb=sent.memory_mb)
