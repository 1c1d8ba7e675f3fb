"""What a person reads of a change with what was before and after it: cells of a table, lines of a file."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication

from workbench.core.spreadsheet import csv_row
from workbench.metrics.before_after import BeforeAfter, Compared, Measure, Verdict
from workbench.ui.function_metrics import change_words
from workbench.ui.history.words import who_text

_LONGEST_NAME = 24
translate = QCoreApplication.translate


def titles() -> dict[Measure, str]:
    """The columns' titles, in their order."""
    return {
        Measure.ERROR_RATE: translate("BeforeAfter", "Error rate"),
        Measure.P95: translate("BeforeAfter", "p95 (ms)"),
        Measure.COST: translate("BeforeAfter", "Cost of 1,000"),
        Measure.THROTTLES: translate("BeforeAfter", "Throttles"),
        Measure.INVOCATIONS: translate("BeforeAfter", "Invocations"),
    }


def cells(row: BeforeAfter, *, is_utc: bool) -> tuple[str, ...]:
    """A row: when, what, how long, and each measure in two lines."""
    change = row.change
    moment = change.when.astimezone(UTC) if is_utc else change.when.astimezone()
    what = change_words.label_of(change)
    who = who_text(change.who)
    who = who if len(who) <= _LONGEST_NAME else f"{who[:_LONGEST_NAME]}…"
    head = (f"{moment:%Y-%m-%d}\n{moment:%H:%M:%S}", f"{what}\n{who}".rstrip())
    if row.sides is None:
        words = translate("BeforeAfter", "Too close to now or to another change")
        return (*head, "–", words, *("" for _ in titles().keys() - {Measure.ERROR_RATE}))
    return (*head, span_text(row.sides.span_s), *map(cell, row.compared))


def cell(compared: Compared) -> str:
    """A measure: before → after; below, the difference with what it means."""
    values = f"{value_text(compared, compared.before)} → {value_text(compared, compared.after)}"
    words = verdict_text(compared.verdict)
    if math.isnan(compared.difference) or compared.verdict is Verdict.SAME:
        return f"{values}\n{words}"
    return f"{values}\n{difference_text(compared)} {words}"


def value_text(compared: Compared, value: float) -> str:
    """A figure with its unit; a dash where there is none."""
    if math.isnan(value):
        return "–"
    if compared.measure is Measure.ERROR_RATE:
        return f"{_figure(value)} %"
    return f"${_figure(value)}" if compared.measure is Measure.COST else _figure(value)


def difference_text(compared: Compared) -> str:
    """The difference with its sign; of rates in percentage points."""
    value = compared.difference
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    text = _figure(abs(value))
    if compared.measure is Measure.COST:
        return f"{sign}${text}"
    return f"{sign}{text}"


def verdict_text(verdict: Verdict) -> str:
    """What a difference means."""
    return {
        Verdict.BETTER: translate("BeforeAfter", "better"),
        Verdict.WORSE: translate("BeforeAfter", "worse"),
        Verdict.SAME: translate("BeforeAfter", "unchanged"),
        Verdict.MORE: translate("BeforeAfter", "more"),
        Verdict.FEWER: translate("BeforeAfter", "fewer"),
        Verdict.NO_DATA: translate("BeforeAfter", "no data"),
        Verdict.TOO_FEW: translate("BeforeAfter", "too few invocations"),
    }[verdict]


def span_text(seconds: int) -> str:
    """How long a side is: "15 min", "1 h", "1 h 20 min"."""
    hours, minutes = divmod(seconds // 60, 60)
    parts = [translate("BeforeAfter", "%1 h").replace("%1", str(hours))] if hours else []
    parts += [translate("BeforeAfter", "%1 min").replace("%1", str(minutes))] if minutes else []
    return " ".join(parts)


def csv_text(rows: Sequence[BeforeAfter]) -> str:
    """All figures as comma-separated values, times in UTC; what is not known is empty."""
    names = [f"{each.value} {side}" for each in Measure for side in ("before", "after", "difference", "")]
    head = ("time", "change", "version", "code_sha256", "who", "before_from", "after_from", "span_s")
    lines = [csv_row((*head, *(name.strip().replace(" ", "_") for name in names)), "\n")]
    for row in rows:
        change, sides = row.change, row.sides
        about = (change.when.astimezone(UTC).isoformat(), change_words.label_of(change), change.version)
        line = [*about, change.code_sha256, change.who]
        if sides is not None:
            line += [_iso(sides.before.start_s), _iso(sides.after.start_s), str(sides.span_s)]
        for each in row.compared:
            figures = (each.before, each.after, each.difference)
            line += ["" if math.isnan(figure) else f"{figure:.10g}" for figure in figures]
            line.append(each.verdict.value)
        lines.append(csv_row(line, "\n"))
    return "".join(lines)


def _iso(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat()


def _figure(value: float) -> str:
    """Three digits of what is small, whole numbers of what is large."""
    if value == round(value) or value >= 1000:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(value)))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text
