"""Texts about an invocation: how it ended, its figures, what to do about it."""

from textwrap import shorten

from PySide6.QtCore import QCoreApplication

from workbench.functions.invocations import Report
from workbench.functions.model import FunctionDetail
from workbench.functions.prices import invocation_usd, prices_of
from workbench.invoke.failure import FailureCause, FunctionFailure, failure_cause
from workbench.invoke.history import InvocationOutcome, Mode
from workbench.invoke.run import InvocationResult

_NAME_CHARACTERS = 60
_GAP = "  ·  "
translate = QCoreApplication.translate


def status_text(result: InvocationResult, mode: Mode) -> tuple[str, str]:
    """How it ended, and the tone of that."""
    if mode is Mode.ASYNC:
        return translate("Invoking", "Queued"), "good"
    if mode is Mode.DRY_RUN:
        return translate("Invoking", "Dry run: you have permission"), "good"
    if result.failure is None:
        words = translate("Invoking", "Succeeded")
        return translate("Invoking", "Succeeded locally") if mode is Mode.LOCAL else words, "good"
    return failed_text(result.failure.error_type or result.failure.kind, mode), "danger"


def lines_text(count: int, shown: int, *, is_more: bool) -> str:
    """How many lines an invocation's log has, or that it has even more; how many, the last, are shown."""
    if shown < count:
        words = (
            translate("Invoking", "Log output (last %1 of more than %2 lines)")
            if is_more
            else translate("Invoking", "Log output (last %1 of %2 lines)")
        )
        return words.replace("%1", f"{shown:,}").replace("%2", f"{count:,}")
    one, many = translate("Invoking", "Log output (1 line)"), translate("Invoking", "Log output (%1 lines)")
    return one if count == 1 else many.replace("%1", f"{count:,}")


def async_status_text(report: Report) -> tuple[str, str]:
    """How an asynchronous invocation went, as far as its log tells: its first try."""
    if report.status:
        return failed_text(report.error_type or report.status), "danger"
    return translate("Invoking", "Queued and completed"), "good"


def failed_text(error_type: str, mode: Mode = Mode.SYNC) -> str:
    """That it failed, and how."""
    name = shorten(error_type, _NAME_CHARACTERS, placeholder="…")
    words = translate("Invoking", "Failed: %1")
    if mode is Mode.LOCAL:
        words = translate("Invoking", "Failed locally: %1")
    return words.replace("%1", name)


def outcome_text(outcome: InvocationOutcome) -> str:
    """What became of an invocation in the history."""
    return {
        InvocationOutcome.SENT: translate("Invoking", "Unknown outcome"),
        InvocationOutcome.SUCCEEDED: translate("Invoking", "Succeeded"),
        InvocationOutcome.FUNCTION_ERROR: translate("Invoking", "Failed"),
        InvocationOutcome.REFUSED: translate("Invoking", "Denied"),
        InvocationOutcome.LOST: translate("Invoking", "Response lost"),
        InvocationOutcome.CANCELLED: translate("Invoking", "Cancelled"),
    }[outcome]


def mode_text(mode: Mode) -> str:
    """How a function was run."""
    return {
        Mode.SYNC: translate("Invoking", "Synchronous"),
        Mode.ASYNC: translate("Invoking", "Asynchronous"),
        Mode.DRY_RUN: translate("Invoking", "Dry run"),
        Mode.LOCAL: translate("Invoking", "Local"),
    }[mode]


def figures_text(
    report: Report | None, duration_ms: float, version: str, request_id: str, cost: str = ""
) -> str:
    """The figures on one line; the round trip where there is no REPORT."""
    parts = [translate("Invoking", "%1 ms round trip").replace("%1", f"{duration_ms:.0f}")]
    if report is not None:
        memory = translate("Invoking", "memory %1 of %2 MB")
        parts = [
            translate("Invoking", "Duration %1 ms").replace("%1", f"{report.duration_ms:.1f}"),
            translate("Invoking", "billed %1 ms").replace("%1", f"{report.billed_ms:.0f}"),
            memory.replace("%1", f"{report.max_memory_mb}").replace("%2", f"{report.memory_mb}"),
        ]
        if report.init_ms:
            parts.append(translate("Invoking", "init %1 ms").replace("%1", f"{report.init_ms:.0f}"))
        if report.restore_ms:
            parts.append(translate("Invoking", "restore %1 ms").replace("%1", f"{report.restore_ms:.0f}"))
        parts.append(cost)
    if version and version != "$LATEST":
        parts.append(translate("Invoking", "version %1").replace("%1", version))
    parts.append(request_id)
    return _GAP.join(part for part in parts if part)


def cost_text(detail: FunctionDetail, report: Report | None, mode: Mode = Mode.SYNC) -> str:
    """What it costs, about: at the first tier's price, without free tier and taxes; here, nothing."""
    if report is None or mode is Mode.LOCAL:
        return ""
    architecture = detail.architectures[0] if detail.architectures else ""
    prices = prices_of(detail.region, architecture)
    if not prices.are_known:
        return translate("Invoking", "no price known for %1").replace("%1", detail.region)
    usd = invocation_usd(
        prices,
        report.billed_ms,
        report.memory_mb or detail.memory_mb,
        detail.ephemeral_storage_mb,
    )
    return translate("Invoking", "about $%1 per million").replace("%1", f"{usd * 1_000_000:,.2f}")


def hint_text(failure: FunctionFailure | None, report: Report | None, detail: FunctionDetail) -> str:
    """What to do about an end that is not the code's own doing; empty for others."""
    memory_mb = report.memory_mb if report and report.memory_mb else detail.memory_mb
    words = {
        FailureCause.TIMED_OUT: translate(
            "Invoking",
            "The function timed out after %1 s. Raise the timeout in Configuration, or "
            "check the log for what it was waiting for.",
        ).replace("%1", f"{detail.timeout_s}"),
        FailureCause.OUT_OF_MEMORY: translate(
            "Invoking", "The function ran out of memory (%1 MB). Raise the memory in Configuration."
        ).replace("%1", f"{memory_mb}"),
        FailureCause.NO_MODULE: translate(
            "Invoking",
            "A module could not be imported. Check Problems, or install the dependencies.",
        ),
        FailureCause.NO_HANDLER: translate(
            "Invoking", "The handler %1 does not exist. Correct it in Configuration, or in the code."
        ).replace("%1", detail.handler),
        FailureCause.SYNTAX: translate("Invoking", "The code has a syntax error. See Problems."),
        FailureCause.EXITED: translate(
            "Invoking", "The process exited before it responded. See the log for the cause."
        ),
        FailureCause.TOO_LARGE: translate(
            "Invoking",
            "The response is larger than 6 MB. Stream it, or put it in S3 and return its key.",
        ),
    }
    return words.get(failure_cause(failure, report), "")
