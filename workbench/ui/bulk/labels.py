"""A change of many functions in words: what it does to each, where each stands, and the report of it all."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from workbench.core.spreadsheet import tsv_row
from workbench.functions.bulk_plan import BulkChange, BulkStep, Configure, Delete, Retag, Retain
from workbench.functions.bulk_run import PastChange
from workbench.ui.bulk.row import Phase, Row, RowState
from workbench.ui.bulk.run import BulkRun

_TONES = {
    RowState.DONE: "good",
    RowState.REFUSED: "danger",
    RowState.FAILED: "danger",
    RowState.NO_ANSWER: "danger",
}
_UNITS = {"memory_mb": "MB", "timeout_s": "s"}


def change_text(step: BulkStep | None) -> str:
    """What a step changes: "128 MB → 512 MB"."""
    if step is None:
        return ""
    seen = step.seen
    match step.change:
        case Configure(wanted):
            parts = []
            for name, value in wanted.values().items():
                old = getattr(seen.detail, name) if seen else None
                unit = _UNITS.get(name, "")
                parts.append(_arrow(f"{old} {unit}".strip() if old else "", f"{value} {unit}".strip()))
            return ", ".join(parts)
        case Retag(put, remove):
            tags = dict(seen.detail.tags) if seen else {}
            sets = [f"{key}: {_arrow(tags.get(key, ''), value)}" for key, value in put]
            goes = [_tr("%1 will be removed").replace("%1", key) for key in remove]
            return ", ".join((*sets, *goes))
        case Retain(days):
            old = days_text(seen.retention_days) if seen and seen.has_log_group else ""
            return _arrow(old, days_text(days))
        case Delete():
            return _tr("Deleted")


def past_text(past: PastChange) -> str:
    """What an earlier change was: "Memory: 512 MB"."""
    request = _request_text(past.requested)
    return _tr("Undo “%1”").replace("%1", request) if past.undoes else request


def _request_text(change: BulkChange) -> str:
    names = {"memory_mb": _tr("Memory"), "timeout_s": _tr("Timeout"), "runtime": _tr("Runtime")}
    match change:
        case Configure(wanted):
            pairs = [(names.get(name, name), name, value) for name, value in wanted.values().items()]
            return ", ".join(
                f"{title}: {value} {_UNITS.get(name, '')}".rstrip() for title, name, value in pairs
            )
        case Retag(put, remove):
            sets = [f"{key}={value}" for key, value in put]
            words = _tr("Set tags: %1").replace("%1", ", ".join(sets)) if sets else ""
            goes = _tr("Remove tags: %1").replace("%1", ", ".join(remove)) if remove else ""
            return "; ".join(filter(None, (words, goes)))
        case Retain(days):
            return _tr("Log retention: %1").replace("%1", days_text(days))
        case Delete():
            return _tr("Delete")


def past_state_text(past: PastChange) -> str:
    """Where an earlier change stands, in a few words."""
    left = len(past.left)
    if not past.is_over:
        return _tr("Interrupted. Remaining: %1").replace("%1", f"{left:,}")
    if past.undone:
        words = _tr("Undone: %1 of %2").replace("%1", f"{len(past.undone):,}")
        return words.replace("%2", f"{len(past.functions):,}")
    return _tr("Done, except %1").replace("%1", f"{left:,}") if left else _tr("Done")


def _arrow(old: str, new: str) -> str:
    return f"{old} → {new}" if old and old != new else new


def days_text(days: int | None) -> str:
    """How long lines are kept."""
    if days is None:
        return _tr("Never expire")
    return _tr("1 day") if days == 1 else _tr("%1 days").replace("%1", f"{days:,}")


def state_text(row: Row) -> str:
    """Where a function stands, in a few words."""
    title = {
        RowState.NEW: "",
        RowState.CHECKING: _tr("Checking…"),
        RowState.TO_CHANGE: "" if row.text else _tr("Will be changed"),
        RowState.UNCHANGED: _tr("Unchanged"),
        RowState.REFUSED: _tr("Cannot be changed"),
        RowState.RUNNING: _tr("Changing…"),
        RowState.DONE: _tr("Done"),
        RowState.FAILED: _tr("Failed"),
        RowState.NOT_BEGUN: _tr("Not started"),
        RowState.NO_ANSWER: _tr("No response yet. It might still be changed."),
    }[row.state]
    if row.state in (RowState.DONE, RowState.RUNNING, RowState.CHECKING):
        return title
    code = f" [{row.aws_code}]" if row.aws_code else ""
    return f"{': '.join(filter(None, (title, row.text)))}{code}"


def tone_of(row: Row) -> str:
    """The colour of a state."""
    if row.state is RowState.TO_CHANGE:
        return "warning" if row.text else ""
    return _TONES.get(row.state, "muted")


def undo_text(step: BulkStep | None) -> str:
    """The requests that take a step back."""
    if step is None or not step.calls:
        return ""
    if isinstance(step.change, Delete):
        return _tr("Restore Deleted Function…")
    return ", ".join(step.undo) or _tr("Cannot be undone")


def summary(run: BulkRun) -> tuple[str, str]:
    """Where it all stands, in a sentence, and its tone."""
    total = len(run.rows)
    if run.phase in (Phase.CHOOSING, Phase.CHECKING):
        return "", "muted"
    failed = run.count(RowState.FAILED, RowState.NO_ANSWER)
    refused = run.count(RowState.REFUSED)
    parts = [
        (_tr("To change: %1."), run.count(RowState.TO_CHANGE)),
        (_tr("Done: %1."), run.count(RowState.DONE)),
        (_tr("Unchanged: %1."), run.count(RowState.UNCHANGED)),
        (_tr("Failed: %1."), failed),
        (_tr("Cannot be changed: %1."), refused),
        (_tr("Not started: %1."), run.count(RowState.NOT_BEGUN)),
    ]
    words = [text.replace("%1", f"{count:,}") for text, count in parts if count]
    first = _tr("Functions: %1.").replace("%1", f"{total:,}")
    if run.phase is Phase.ENDED:
        left = failed + run.count(RowState.NOT_BEGUN)
        return " ".join((first, *words)), "danger" if failed else "warning" if left else "good"
    return " ".join((first, *words)), "muted"


def report(rows: Sequence[Row]) -> str:
    """All rows as a table of texts, separated by tabs, with a head."""
    head = (
        *(_tr("Function"), _tr("Profile"), _tr("Account"), _tr("Region"), _tr("Change")),
        *(_tr("Request"), _tr("State")),
    )
    lines = [head, *(_cells(row) for row in rows)]
    return "\n".join(map(tsv_row, lines))


def _cells(row: Row) -> tuple[str, ...]:
    target = row.target
    where = (target.function_name, target.profile_name, target.account_id, target.region)
    calls = ", ".join(row.step.calls) if row.step else ""
    return (*where, change_text(row.step), calls, state_text(row))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Bulk", text)
