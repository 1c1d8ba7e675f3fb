"""Texts about an invocation: how it ended, its figures, what to do about it."""

from textwrap import shorten

from workbench.core.messages import _, ngettext
from workbench.functions.invocations import Report
from workbench.functions.model import FunctionDetail
from workbench.functions.prices import invocation_usd, prices_of
from workbench.invoke.failure import FailureCause, FunctionFailure, failure_cause
from workbench.invoke.history import InvocationOutcome, Mode
from workbench.invoke.run import InvocationResult

_NAME_CHARACTERS = 60
_GAP = "  ·  "


def status_text(result: InvocationResult, mode: Mode) -> tuple[str, str]:
    """How it ended, and the tone of that."""
    if mode is Mode.ASYNC:
        return _("Queued"), "good"
    if mode is Mode.DRY_RUN:
        return _("Dry run: you have permission"), "good"
    if result.failure is None:
        words = _("Succeeded")
        return _("Succeeded locally") if mode is Mode.LOCAL else words, "good"
    return failed_text(result.failure.error_type or result.failure.kind, mode), "danger"


def lines_text(count: int, shown: int, *, is_more: bool) -> str:
    """How many lines an invocation's log has, or that it has even more; how many, the last, are shown."""
    if shown < count:
        words = (
            _("Log output (last {shown} of more than {count} lines)")
            if is_more
            else _("Log output (last {shown} of {count} lines)")
        )
        return words.format(shown=f"{shown:,}", count=f"{count:,}")
    return ngettext("Log output ({count:,} line)", "Log output ({count:,} lines)", count).format(count=count)


def async_status_text(report: Report) -> tuple[str, str]:
    """How an asynchronous invocation went, as far as its log tells: its first try."""
    if report.status:
        return failed_text(report.error_type or report.status), "danger"
    return _("Queued and completed"), "good"


def failed_text(error_type: str, mode: Mode = Mode.SYNC) -> str:
    """That it failed, and how."""
    name = shorten(error_type, _NAME_CHARACTERS, placeholder="…")
    words = _("Failed: {name}")
    if mode is Mode.LOCAL:
        words = _("Failed locally: {name}")
    return words.format(name=name)


def outcome_text(outcome: InvocationOutcome) -> str:
    """What became of an invocation in the history."""
    return {
        InvocationOutcome.SENT: _("Unknown outcome"),
        InvocationOutcome.SUCCEEDED: _("Succeeded"),
        InvocationOutcome.FUNCTION_ERROR: _("Failed"),
        InvocationOutcome.REFUSED: _("Denied"),
        InvocationOutcome.LOST: _("Response lost"),
        InvocationOutcome.CANCELLED: _("Cancelled"),
    }[outcome]


def mode_text(mode: Mode) -> str:
    """How a function was run."""
    return {
        Mode.SYNC: _("Synchronous"),
        Mode.ASYNC: _("Asynchronous"),
        Mode.DRY_RUN: _("Dry run"),
        Mode.LOCAL: _("Local"),
    }[mode]


def figures_text(
    report: Report | None, duration_ms: float, version: str, request_id: str, cost: str = ""
) -> str:
    """The figures on one line; the round trip where there is no REPORT."""
    parts = [_("{duration_ms} ms round trip").format(duration_ms=f"{duration_ms:.0f}")]
    if report is not None:
        memory = _("memory {max_memory_mb} of {memory_mb} MB")
        parts = [
            _("Duration {duration_ms} ms").format(duration_ms=f"{report.duration_ms:.1f}"),
            _("billed {billed_ms} ms").format(billed_ms=f"{report.billed_ms:.0f}"),
            memory.format(max_memory_mb=f"{report.max_memory_mb}", memory_mb=f"{report.memory_mb}"),
        ]
        if report.init_ms:
            parts.append(_("init {init_ms} ms").format(init_ms=f"{report.init_ms:.0f}"))
        if report.restore_ms:
            parts.append(_("restore {restore_ms} ms").format(restore_ms=f"{report.restore_ms:.0f}"))
        parts.append(cost)
    if version and version != "$LATEST":
        parts.append(_("version {version}").format(version=version))
    parts.append(request_id)
    return _GAP.join(part for part in parts if part)


def cost_text(detail: FunctionDetail, report: Report | None, mode: Mode = Mode.SYNC) -> str:
    """What it costs, about: at the first tier's price, without free tier and taxes; here, nothing."""
    if report is None or mode is Mode.LOCAL:
        return ""
    architecture = detail.architectures[0] if detail.architectures else ""
    prices = prices_of(detail.region, architecture)
    if not prices.are_known:
        return _("no price known for {region}").format(region=detail.region)
    usd = invocation_usd(
        prices,
        report.billed_ms,
        report.memory_mb or detail.memory_mb,
        detail.ephemeral_storage_mb,
    )
    return _("about ${usd} per million").format(usd=f"{usd * 1_000_000:,.2f}")


def hint_text(failure: FunctionFailure | None, report: Report | None, detail: FunctionDetail) -> str:
    """What to do about an end that is not the code's own doing; empty for others."""
    memory_mb = report.memory_mb if report and report.memory_mb else detail.memory_mb
    words = {
        FailureCause.TIMED_OUT: _(
            "The function timed out after {timeout_s} s. Raise the timeout in Configuration, or "
            "check the log for what it was waiting for."
        ).format(timeout_s=f"{detail.timeout_s}"),
        FailureCause.OUT_OF_MEMORY: _(
            "The function ran out of memory ({memory_mb} MB). Raise the memory in Configuration."
        ).format(memory_mb=f"{memory_mb}"),
        FailureCause.NO_MODULE: _(
            "A module could not be imported. Check Problems, or install the dependencies."
        ),
        FailureCause.NO_HANDLER: _(
            "The handler {handler} does not exist. Correct it in Configuration, or in the code."
        ).format(handler=detail.handler),
        FailureCause.SYNTAX: _("The code has a syntax error. See Problems."),
        FailureCause.EXITED: _("The process exited before it responded. See the log for the cause."),
        FailureCause.TOO_LARGE: _(
            "The response is larger than 6 MB. Stream it, or put it in S3 and return its key."
        ),
    }
    return words.get(failure_cause(failure, report), "")
