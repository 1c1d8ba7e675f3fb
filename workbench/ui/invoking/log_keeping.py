"""What the ledger gets of an invocation's log. For jobs; knows no widget."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from workbench.functions.invocations import Report, parse_report
from workbench.invoke.history import InvocationHistory
from workbench.logs.parse import Kind, LogLine
from workbench.logs.read import InvocationLog

_MOST_CHARACTERS = 4_000_000


def report_in(log: InvocationLog) -> Report | None:
    """The figures of the log's end."""
    lines = (line for line in reversed(log.lines) if line.kind is Kind.REPORT)
    return next(filter(None, (parse_report(line.message) for line in lines)), None)


def end_of_log(lines: Sequence[LogLine], most_lines: int, most_characters: int) -> tuple[str, int]:
    """The text of the last lines, and how many lines that is; of one that is too long, its end.

    Args:
        lines: Oldest first.
        most_lines: No more lines than these.
        most_characters: No more text than this.
    """
    texts: list[str] = []
    left = most_characters
    for line in reversed(lines[-most_lines:]):
        if left <= 0:
            break
        texts.append(line.message.rstrip("\n")[-left:])
        left -= len(texts[-1]) + 1
    return "\n".join(reversed(texts)), len(texts)


def keep_log(ledger: InvocationHistory, number: int, log: InvocationLog) -> None:
    """Writes the log of an entry, of a very long one its end, and the figures of its REPORT line.

    Raises:
        WorkbenchError: The disk refuses.
    """
    text, count = end_of_log(log.lines, len(log.lines), _MOST_CHARACTERS)
    if missing := log.left_out + len(log.lines) - count:
        translate = QCoreApplication.translate
        words = (
            translate("Invoking", "[more than %1 earlier lines omitted]")
            if log.is_more
            else translate("Invoking", "[%1 earlier lines omitted]")
        )
        text = words.replace("%1", f"{missing:,}") + f"\n{text}"
    figures: dict[str, float | None] = {}
    if (report := report_in(log)) is not None:
        figures = {
            "run_ms": report.duration_ms,
            "billed_ms": report.billed_ms,
            "init_ms": report.init_ms,
            "max_memory_mb": report.max_memory_mb,
        }
    ledger.set_log(number, text, **figures)
