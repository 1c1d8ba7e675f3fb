"""What the ledger gets of an invocation's log. For jobs; knows no widget."""

from workbench.functions.report import Report, parse_report
from workbench.invoke.ledger import Ledger
from workbench.logs.parse import Kind
from workbench.logs.read import InvocationLog

_MOST_CHARACTERS = 4_000_000


def report_in(log: InvocationLog) -> Report | None:
    """The figures of the log's end."""
    lines = (line for line in reversed(log.lines) if line.kind is Kind.REPORT)
    return next(filter(None, (parse_report(line.message) for line in lines)), None)


def keep_log(ledger: Ledger, number: int, log: InvocationLog) -> None:
    """Writes the log of an entry, of a very long one its end, and the figures of its REPORT line.

    Raises:
        WorkbenchError: The disk refuses.
    """
    text = "\n".join(line.message.rstrip("\n") for line in log.lines)[-_MOST_CHARACTERS:]
    figures: dict[str, float | None] = {}
    if (report := report_in(log)) is not None:
        figures = {
            "run_ms": report.duration_ms,
            "billed_ms": report.billed_ms,
            "init_ms": report.init_ms,
            "max_memory_mb": report.max_memory_mb,
        }
    ledger.set_log(number, text, **figures)
