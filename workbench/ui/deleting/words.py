"""What hangs on a function and what becomes of it, in words."""

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication

from workbench.core.errors import WorkbenchError
from workbench.functions.deletion import Deletion, Step
from workbench.functions.hanging import STAYS, Part, PartKind
from workbench.ui.units import size_text

_MOST_NAMES = 12


def kind_text(kind: PartKind) -> str:
    """What a part is, in AWS's words."""
    translate = QCoreApplication.translate
    return {
        PartKind.MAPPING: translate("Deleting", "Event source mapping"),
        PartKind.VERSIONS: translate("Deleting", "Versions and aliases"),
        PartKind.ASYNC: translate("Deleting", "Asynchronous invocation settings"),
        PartKind.GRANT: translate("Deleting", "Permission (resource policy)"),
        PartKind.URL: translate("Deleting", "Function URL"),
        PartKind.LOG_GROUP: translate("Deleting", "Log group"),
        PartKind.ALARM: translate("Deleting", "CloudWatch alarm"),
        PartKind.ROLE: translate("Deleting", "Execution role"),
    }[kind]


def subject_text(part: Part) -> str:
    """Which one it is."""
    if part.kind is PartKind.VERSIONS:
        return " · ".join(filter(None, (_shortened(part.subject), _shortened(part.detail))))
    facts = [part.subject, "" if part.kind is PartKind.ROLE else part.detail]
    if part.size_bytes >= 0:
        facts.append(size_text(part.size_bytes))
    return " · ".join(filter(None, facts))


def _shortened(names: str) -> str:
    """The first of many names."""
    listed = names.split(", ")
    return ", ".join([*listed[:_MOST_NAMES], "…"]) if len(listed) > _MOST_NAMES else names


def fate_text(part: Part, *, chosen: bool) -> str:
    """What becomes of it."""
    translate = QCoreApplication.translate
    if part.problem is not None:
        return translate("Deleting", "Unknown: %1").replace("%1", str(part.problem))
    if part.shared_with:
        shown = ", ".join(part.shared_with[:3]) + ("…" if len(part.shared_with) > 3 else "")
        return translate("Deleting", "Stays: %1 has it too").replace("%1", shown)
    if part.kind not in STAYS:
        if part.kind is PartKind.GRANT and part.identity:
            return translate("Deleting", "Goes with it; the source goes on sending")
        return translate("Deleting", "Goes with it")
    if part.kind is PartKind.MAPPING and not chosen:
        return translate("Deleting", "Stays, and polls for nobody")
    return translate("Deleting", "Is deleted") if chosen else translate("Deleting", "Stays")


def step_text(step: Step) -> str:
    """What a step is about."""
    translate = QCoreApplication.translate
    kind = kind_text(step.part.kind) if step.part else translate("Deleting", "Function")
    return f"{kind} {step.subject}"


def gone_and_left(gone: Iterable[Step], left: Iterable[Step]) -> str:
    """How far a deletion came."""
    translate = QCoreApplication.translate
    nothing = translate("Deleting", "nothing")
    words = translate("Deleting", "Gone: %1. Left: %2.")
    words = words.replace("%1", ", ".join(map(step_text, gone)) or nothing)
    return words.replace("%2", ", ".join(map(step_text, left)) or nothing)


def deletion_error(function_name: str, deletion: Deletion) -> WorkbenchError:
    """A deletion that did not come to its end: what is gone, and what is left."""
    translate = QCoreApplication.translate
    if deletion.is_function_gone:
        what = translate("Deleting", "%1 is deleted, but not all that was to go with it.")
        remedy = translate("Deleting", "Delete what is left at its own place.")
    else:
        what = translate("Deleting", "%1 was not deleted.")
        remedy = translate("Deleting", "Delete Function goes on from here.")
    error = deletion.error or WorkbenchError("", translate("Deleting", "You cancelled it."))
    state = gone_and_left(deletion.gone, deletion.left)
    return WorkbenchError(
        what.replace("%1", function_name),
        " ".join(filter(None, (error.what, error.why, state))),
        error.remedy if deletion.error and not deletion.gone else remedy,
        error.aws_code,
        error.request_id,
        error.action,
    )
