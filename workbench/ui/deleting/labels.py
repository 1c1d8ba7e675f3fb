"""Texts of a function's dependent resources, deletions and restores."""

from PySide6.QtCore import QCoreApplication

from workbench.aws.permissions import is_missing
from workbench.core.errors import WorkbenchError, sentences
from workbench.functions.deleted import Deleted
from workbench.functions.deletion import Deletion, DeletionStep
from workbench.functions.dependents import STAYS, DependentKind, DependentResource
from workbench.functions.restore import Restored
from workbench.ui.units import size_text

_MAX_NAMES = 12


def kind_text(kind: DependentKind) -> str:
    """What a part is, in AWS's words."""
    translate = QCoreApplication.translate
    return {
        DependentKind.MAPPING: translate("Deleting", "Event source mapping"),
        DependentKind.VERSIONS: translate("Deleting", "Versions and aliases"),
        DependentKind.ASYNC: translate("Deleting", "Asynchronous invocation settings"),
        DependentKind.GRANT: translate("Deleting", "Permission (resource policy)"),
        DependentKind.URL: translate("Deleting", "Function URL"),
        DependentKind.LOG_GROUP: translate("Deleting", "Log group"),
        DependentKind.ALARM: translate("Deleting", "CloudWatch alarm"),
        DependentKind.ROLE: translate("Deleting", "Execution role"),
    }[kind]


def subject_text(part: DependentResource) -> str:
    """Which one it is."""
    if part.kind is DependentKind.VERSIONS:
        return " · ".join(filter(None, (_shortened(part.subject), _shortened(part.detail))))
    facts = [part.subject, "" if part.kind is DependentKind.ROLE else part.detail]
    if part.last_used:
        words = QCoreApplication.translate("Deleting", "last used %1")
        facts.append(words.replace("%1", part.last_used))
    if part.services:
        words = QCoreApplication.translate("Deleting", "%1 can use it too")
        facts.append(words.replace("%1", _shortened(", ".join(part.services))))
    if part.unread:
        words = QCoreApplication.translate("Deleting", "not checked in %1")
        facts.append(words.replace("%1", _shortened(", ".join(part.unread))))
    if part.size_bytes >= 0:
        facts.append(size_text(part.size_bytes))
    return " · ".join(filter(None, facts))


def _shortened(names: str) -> str:
    """The first of many names."""
    listed = names.split(", ")
    return ", ".join([*listed[:_MAX_NAMES], "…"]) if len(listed) > _MAX_NAMES else names


def fate_text(part: DependentResource, *, chosen: bool) -> str:
    """What becomes of it."""
    translate = QCoreApplication.translate
    if part.problem is not None:
        return translate("Deleting", "Could not be read: %1").replace("%1", str(part.problem))
    if part.shared_with:
        shown = ", ".join(part.shared_with[:3]) + ("…" if len(part.shared_with) > 3 else "")
        return translate("Deleting", "Kept: %1 uses it too").replace("%1", shown)
    if part.kind not in STAYS:
        if part.kind is DependentKind.GRANT and part.identity:
            return translate("Deleting", "Deleted; the source continues to send events")
        return translate("Deleting", "Deleted")
    if part.kind is DependentKind.MAPPING and not chosen:
        return translate("Deleting", "Kept, but no longer invokes anything")
    return translate("Deleting", "Deleted") if chosen else translate("Deleting", "Kept")


def step_text(step: DeletionStep) -> str:
    """What a step is about."""
    translate = QCoreApplication.translate
    kind = kind_text(step.part.kind) if step.part else translate("Deleting", "Function")
    return f"{kind} {step.subject}"


def progress_text(deletion: Deletion) -> str:
    """How far a deletion came."""
    translate = QCoreApplication.translate
    nothing = translate("Deleting", "nothing")
    words = translate("Deleting", "Deleted: %1. Remaining: %2.")
    words = words.replace("%1", ", ".join(map(step_text, deletion.gone)) or nothing)
    return words.replace("%2", ", ".join(map(step_text, deletion.left)) or nothing)


def deletion_error(function_name: str, deletion: Deletion) -> WorkbenchError:
    """A deletion that did not come to its end: what is gone, and what is left."""
    translate = QCoreApplication.translate
    if deletion.is_function_deleted:
        what = translate("Deleting", "%1 was deleted, but some related resources were not.")
        remedy = translate("Deleting", "Delete the remaining resources in their own services.")
    else:
        what = translate("Deleting", "%1 was not deleted.")
        remedy = translate("Deleting", "Use Delete Function to continue.")
    error = deletion.error or WorkbenchError("", translate("Deleting", "The operation was cancelled."))
    state = progress_text(deletion)
    if deletion.error and not deletion.gone:
        remedy = error.remedy
    elif is_missing(error):
        remedy = sentences(error.remedy, remedy)
    return WorkbenchError(
        what.replace("%1", function_name),
        sentences(error.what, error.why, state),
        remedy,
        error.aws_code,
        error.request_id,
        error.action,
        by_user=deletion.error is None,
    )


def kept_text(deleted: Deleted) -> str:
    """What is made again of a deleted function, and what is not."""
    translate = QCoreApplication.translate
    words = translate("Deleting", "Its code, configuration, tags and reserved concurrency will be restored.")
    if kept := deleted.dependents.counts():
        more = translate(
            "Deleting",
            "These resources will be restored too: %1. Versions get new numbers, and function "
            "URLs get new addresses.",
        )
        words += " " + more.replace("%1", ", ".join(kept))
    if deleted.journal.interrupted():
        words += " " + translate("Deleting", "The restore was interrupted. Restore continues it.")
    if lost := _lost_text(deleted):
        words += " " + translate("Deleting", "Not restored: %1.").replace("%1", "; ".join(lost))
    return words


def restored_text(deleted: Deleted, restored: Restored) -> tuple[str, str]:
    """What came of restoring a function, and the tone to say it in."""
    translate = QCoreApplication.translate
    left = [f"{each.what} ({_why(each.error)})" for each in restored.left]
    lost = [*left, *_lost_text(deleted)]
    parts = []
    if lost:
        parts.append(translate("Deleting", "Not restored: %1.").replace("%1", "; ".join(lost)))
    if restored.notes:
        parts.append(
            translate("Deleting", "Restored with changes: %1.").replace("%1", "; ".join(restored.notes))
        )
    tone = "warning" if left else "info" if lost or restored.notes else "good"
    return " ".join(parts), tone


def _lost_text(deleted: Deleted) -> tuple[str, ...]:
    if deleted.kept:
        return deleted.lost
    older = QCoreApplication.translate(
        "Deleting",
        "versions, aliases, event source mappings, permissions, URLs and other settings, "
        "which an earlier version of Workbench did not save",
    )
    return (*deleted.lost, older)


def _why(error: WorkbenchError) -> str:
    return ": ".join(filter(None, (error.aws_code, error.why.rstrip(".") or error.what.rstrip("."))))
