"""A change of many functions in words: what it does to each, where each stands, and the report of it all."""

from collections.abc import Sequence

from workbench.core.messages import _, ngettext
from workbench.core.spreadsheet import tsv_row
from workbench.functions.bulk_plan import BulkChange, BulkStep, Configure, Delete, Retag, Retain
from workbench.functions.bulk_run import PastChange
from workbench.ui.features.bulk.run import BulkRun, Phase, Row, RowState

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
            goes = [_("{key} will be removed").format(key=key) for key in remove]
            return ", ".join((*sets, *goes))
        case Retain(days):
            old = days_text(seen.retention_days) if seen and seen.has_log_group else ""
            return _arrow(old, days_text(days))
        case Delete():
            return _("Deleted")


def past_text(past: PastChange) -> str:
    """What an earlier change was: "Memory: 512 MB"."""
    request = _request_text(past.requested)
    return _("Undo “{change}”").format(change=request) if past.undoes else request


def _request_text(change: BulkChange) -> str:
    names = {"memory_mb": _("Memory"), "timeout_s": _("Timeout"), "runtime": _("Runtime")}
    match change:
        case Configure(wanted):
            pairs = [(names.get(name, name), name, value) for name, value in wanted.values().items()]
            return ", ".join(
                f"{title}: {value} {_UNITS.get(name, '')}".rstrip() for title, name, value in pairs
            )
        case Retag(put, remove):
            sets = [f"{key}={value}" for key, value in put]
            words = _("Set tags: {names}").format(names=", ".join(sets)) if sets else ""
            goes = _("Remove tags: {names}").format(names=", ".join(remove)) if remove else ""
            return "; ".join(filter(None, (words, goes)))
        case Retain(days):
            return _("Log retention: {days}").format(days=days_text(days))
        case Delete():
            return _("Delete")


def past_state_text(past: PastChange) -> str:
    """Where an earlier change stands, in a few words."""
    left = len(past.left)
    if not past.is_over:
        return _("Interrupted. Remaining: {left}").format(left=f"{left:,}")
    if past.undone:
        words = _("Undone: {count} of {total}")
        return words.format(count=f"{len(past.undone):,}", total=f"{len(past.functions):,}")
    return _("Done, except {left}").format(left=f"{left:,}") if left else _("Done")


def _arrow(old: str, new: str) -> str:
    return f"{old} → {new}" if old and old != new else new


def days_text(days: int | None) -> str:
    """How long lines are kept."""
    if days is None:
        return _("Never expire")
    return ngettext("{count} day", "{count} days", days).format(count=f"{days:,}")


def state_text(row: Row) -> str:
    """Where a function stands, in a few words."""
    title = {
        RowState.NEW: "",
        RowState.CHECKING: _("Checking…"),
        RowState.TO_CHANGE: "" if row.text else _("Will be changed"),
        RowState.UNCHANGED: _("Unchanged"),
        RowState.REFUSED: _("Cannot be changed"),
        RowState.RUNNING: _("Changing…"),
        RowState.DONE: _("Done"),
        RowState.FAILED: _("Failed"),
        RowState.NOT_BEGUN: _("Not started"),
        RowState.NO_ANSWER: _("No response yet. It might still be changed."),
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
        return _("Restore Deleted Function…")
    return ", ".join(step.undo) or _("Cannot be undone")


def summary(run: BulkRun) -> tuple[str, str]:
    """Where it all stands, in a sentence, and its tone."""
    total = len(run.rows)
    if run.phase in (Phase.CHOOSING, Phase.CHECKING):
        return "", "muted"
    failed = run.count(RowState.FAILED, RowState.NO_ANSWER)
    refused = run.count(RowState.REFUSED)
    parts = [
        (_("To change: {count}."), run.count(RowState.TO_CHANGE)),
        (_("Done: {count}."), run.count(RowState.DONE)),
        (_("Unchanged: {count}."), run.count(RowState.UNCHANGED)),
        (_("Failed: {count}."), failed),
        (_("Cannot be changed: {count}."), refused),
        (_("Not started: {count}."), run.count(RowState.NOT_BEGUN)),
    ]
    words = [text.format(count=f"{count:,}") for text, count in parts if count]
    first = _("Functions: {total}.").format(total=f"{total:,}")
    if run.phase is Phase.ENDED:
        left = failed + run.count(RowState.NOT_BEGUN)
        return " ".join((first, *words)), "danger" if failed else "warning" if left else "good"
    return " ".join((first, *words)), "muted"


def report(rows: Sequence[Row]) -> str:
    """All rows as a table of texts, separated by tabs, with a head."""
    head = (
        *(_("Function"), _("Profile"), _("Account"), _("Region"), _("Change")),
        *(_("Request"), _("State")),
    )
    lines = [head, *(_cells(row) for row in rows)]
    return "\n".join(map(tsv_row, lines))


def _cells(row: Row) -> tuple[str, ...]:
    target = row.target
    where = (target.function_name, target.profile_name, target.account_id, target.region)
    calls = ", ".join(row.step.calls) if row.step else ""
    return (*where, change_text(row.step), calls, state_text(row))
