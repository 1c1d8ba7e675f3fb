"""Texts of a function's dependent resources, deletions and restores."""

from workbench.aws.iam import is_missing
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.messages import _
from workbench.functions.deleted import Deleted
from workbench.functions.deletion import Deletion, DeletionStep
from workbench.functions.dependents import STAYS, DependentKind, DependentResource
from workbench.functions.restore import Restored
from workbench.ui.kit.text import size_text

_MAX_NAMES = 12


def kind_text(kind: DependentKind) -> str:
    """What a part is, in AWS's words."""
    return {
        DependentKind.MAPPING: _("Event source mapping"),
        DependentKind.VERSIONS: _("Versions and aliases"),
        DependentKind.ASYNC: _("Asynchronous invocation settings"),
        DependentKind.GRANT: _("Permission (resource policy)"),
        DependentKind.URL: _("Function URL"),
        DependentKind.LOG_GROUP: _("Log group"),
        DependentKind.ALARM: _("CloudWatch alarm"),
        DependentKind.ROLE: _("Execution role"),
    }[kind]


def subject_text(part: DependentResource) -> str:
    """Which one it is."""
    if part.kind is DependentKind.VERSIONS:
        return " · ".join(filter(None, (_shortened(part.subject), _shortened(part.detail))))
    facts = [part.subject, "" if part.kind is DependentKind.ROLE else part.detail]
    if part.last_used:
        words = _("last used {last_used}")
        facts.append(words.format(last_used=part.last_used))
    if part.services:
        words = _("{name} can use it too")
        facts.append(words.format(name=_shortened(", ".join(part.services))))
    if part.unread:
        words = _("not checked in {name}")
        facts.append(words.format(name=_shortened(", ".join(part.unread))))
    if part.size_bytes >= 0:
        facts.append(size_text(part.size_bytes))
    return " · ".join(filter(None, facts))


def _shortened(names: str) -> str:
    """The first of many names."""
    listed = names.split(", ")
    return ", ".join([*listed[:_MAX_NAMES], "…"]) if len(listed) > _MAX_NAMES else names


def fate_text(part: DependentResource, *, chosen: bool) -> str:
    """What becomes of it."""
    if part.problem is not None:
        return _("Could not be read: {problem}").format(problem=str(part.problem))
    if part.shared_with:
        shown = ", ".join(part.shared_with[:3]) + ("…" if len(part.shared_with) > 3 else "")
        return _("Kept: {shown} uses it too").format(shown=shown)
    if part.kind not in STAYS:
        if part.kind is DependentKind.GRANT and part.identity:
            return _("Deleted; the source continues to send events")
        return _("Deleted")
    if part.kind is DependentKind.MAPPING and not chosen:
        return _("Kept, but no longer invokes anything")
    return _("Deleted") if chosen else _("Kept")


def step_text(step: DeletionStep) -> str:
    """What a step is about."""
    kind = kind_text(step.part.kind) if step.part else _("Function")
    return f"{kind} {step.subject}"


def progress_text(deletion: Deletion) -> str:
    """How far a deletion came."""
    nothing = _("nothing")
    words = _("Deleted: {deleted}. Remaining: {remaining}.")
    return words.format(
        deleted=", ".join(map(step_text, deletion.gone)) or nothing,
        remaining=", ".join(map(step_text, deletion.left)) or nothing,
    )


def deletion_error(function_name: str, deletion: Deletion) -> WorkbenchError:
    """A deletion that did not come to its end: what is gone, and what is left."""
    if deletion.is_function_deleted:
        what = _("{function_name} was deleted, but some related resources were not.")
        remedy = _("Delete the remaining resources in their own services.")
    else:
        what = _("{function_name} was not deleted.")
        remedy = _("Use Delete Function to continue.")
    error = deletion.error or WorkbenchError("", _("The operation was cancelled."))
    state = progress_text(deletion)
    if deletion.error and not deletion.gone:
        remedy = error.remedy
    elif is_missing(error):
        remedy = sentences(error.remedy, remedy)
    return WorkbenchError(
        what.format(function_name=function_name),
        sentences(error.what, error.why, state),
        remedy,
        error.aws_code,
        error.request_id,
        error.action,
        by_user=deletion.error is None,
    )


def kept_text(deleted: Deleted) -> str:
    """What is made again of a deleted function, and what is not."""
    words = _("Its code, configuration, tags and reserved concurrency will be restored.")
    if kept := deleted.dependents.counts():
        more = _(
            "These resources will be restored too: {names}. Versions get new numbers, and function "
            "URLs get new addresses."
        )
        words += " " + more.format(names=", ".join(kept))
    if deleted.journal.interrupted():
        words += " " + _("The restore was interrupted. Restore continues it.")
    if lost := _lost_text(deleted):
        words += " " + _("Not restored: {names}.").format(names="; ".join(lost))
    return words


def restored_text(deleted: Deleted, restored: Restored) -> tuple[str, str]:
    """What came of restoring a function, and the tone to say it in."""
    left = [f"{each.what} ({_why(each.error)})" for each in restored.left]
    lost = [*left, *_lost_text(deleted)]
    parts = []
    if lost:
        parts.append(_("Not restored: {names}.").format(names="; ".join(lost)))
    if restored.notes:
        parts.append(_("Restored with changes: {names}.").format(names="; ".join(restored.notes)))
    tone = "warning" if left else "info" if lost or restored.notes else "good"
    return " ".join(parts), tone


def _lost_text(deleted: Deleted) -> tuple[str, ...]:
    if deleted.kept:
        return deleted.lost
    older = _(
        "versions, aliases, event source mappings, permissions, URLs and other settings, "
        "which an earlier version of Workbench did not save"
    )
    return (*deleted.lost, older)


def _why(error: WorkbenchError) -> str:
    return ": ".join(filter(None, (error.aws_code, error.why.rstrip(".") or error.what.rstrip("."))))
