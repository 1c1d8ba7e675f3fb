"""Labels, icons and texts of triggers: kinds, links, severities."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QCoreApplication

from workbench.triggers.kinds import table
from workbench.triggers.model import Link, Severity, SourceKind, Trigger

TONES = {
    Link.LINKED: "good",
    Link.MISSING_PERMISSION: "danger",
    Link.STALE_PERMISSION: "warning",
    Link.ORPHAN_MAPPING: "danger",
    Link.UNKNOWN: "",
}
"""The colour of a link's badge."""

SEVERITY_ICONS = {
    Severity.BLOCK: ("circle-alert", "danger"),
    Severity.WARN: ("triangle-alert", "warning"),
    Severity.NOTICE: ("info", "accent"),
}
"""Icon and colour of a finding."""


def kind_icon(kind: SourceKind) -> str:
    """The icon of a kind of source."""
    return table.SOURCES[kind].icon if kind in table.SOURCES else "users"


def kind_title(kind: SourceKind) -> str:
    """AWS's name of the kind."""
    if kind not in table.SOURCES:
        return QCoreApplication.translate("Triggers", "Other permission")
    return table.SOURCES[kind].title


def link_label(link: Link) -> str:
    """A link's class, on its badge."""
    translate = QCoreApplication.translate
    return {
        Link.LINKED: translate("Triggers", "linked"),
        Link.MISSING_PERMISSION: translate("Triggers", "missing permission"),
        Link.STALE_PERMISSION: translate("Triggers", "stale permission"),
        Link.ORPHAN_MAPPING: translate("Triggers", "orphan mapping"),
        Link.UNKNOWN: translate("Triggers", "unknown"),
    }[link]


def link_help(link: Link) -> str:
    """What the class means, and what a repair would do."""
    translate = QCoreApplication.translate
    return {
        Link.LINKED: translate("Triggers", "The source and the permission match."),
        Link.MISSING_PERMISSION: translate(
            "Triggers", "The source calls the function, but the function's policy does not allow it."
        ),
        Link.STALE_PERMISSION: translate(
            "Triggers", "The policy allows a source that no longer calls the function."
        ),
        Link.ORPHAN_MAPPING: translate(
            "Triggers", "An event source mapping whose source, version or alias no longer exists."
        ),
        Link.UNKNOWN: translate("Triggers", "The source or the target could not be read."),
    }[link]


def severity_label(severity: Severity) -> str:
    """How bad a finding is."""
    translate = QCoreApplication.translate
    return {
        Severity.BLOCK: translate("Triggers", "Error"),
        Severity.WARN: translate("Triggers", "Warning"),
        Severity.NOTICE: translate("Triggers", "Notice"),
    }[severity]


def source_name(trigger: Trigger) -> str:
    """The source's name for the user."""
    if trigger.kind not in table.SOURCES:
        return trigger.name or trigger.source_arn.rpartition(":")[2]
    return table.SOURCES[trigger.kind].display_name(trigger)


def trigger_name(trigger: Trigger) -> str:
    """The trigger's name for the user, with its kind."""
    return f"{kind_title(trigger.kind)} {source_name(trigger)}".strip()


def state_text(trigger: Trigger) -> str:
    """AWS's word for its state, with AWS's reason."""
    return " · ".join(part for part in (trigger.state, trigger.reason) if part)


def missing_trigger_text(source_arn: str, *, is_sure: bool) -> tuple[str, str]:
    """Text and detail for a source that sent an event, but whose trigger is missing or could not be read."""
    translate = QCoreApplication.translate
    words = (
        translate("Triggers", "The trigger that sent this event no longer exists.")
        if is_sure
        else translate("Triggers", "The trigger that sent this event could not be read.")
    )
    detail = translate("Triggers", "No trigger of this function has the source %1.")
    return words, detail.replace("%1", source_arn)


def broken_triggers(triggers: Iterable[Trigger]) -> tuple[Trigger, ...]:
    """The triggers whose source and permission do not match."""
    return tuple(each for each in triggers if each.link not in (Link.LINKED, Link.UNKNOWN))


def summary_text(triggers: Sequence[Trigger], problems: Sequence[object]) -> str:
    """How many there are, and how many need a repair; or that some may be missing."""
    translate = QCoreApplication.translate
    count, broken = len(triggers), len(broken_triggers(triggers))
    if problems:
        return translate("Triggers", "Some triggers could not be read, so the list might be incomplete.")
    if not count:
        return translate("Triggers", "No triggers. Add one, or invoke the function from the Test tab.")
    words = (
        translate("Triggers", "1 trigger") if count == 1 else translate("Triggers", "%n triggers", "", count)
    )
    if broken:
        words += " · " + (
            translate("Triggers", "1 needs repair")
            if broken == 1
            else translate("Triggers", "%n need repair", "", broken)
        )
    return words
