"""Labels, icons and texts of triggers: kinds, links, severities."""

from collections.abc import Iterable, Sequence

from workbench.core.messages import _, ngettext
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
        return _("Other permission")
    return table.SOURCES[kind].title


def link_label(link: Link) -> str:
    """A link's class, on its badge."""
    return {
        Link.LINKED: _("linked"),
        Link.MISSING_PERMISSION: _("missing permission"),
        Link.STALE_PERMISSION: _("stale permission"),
        Link.ORPHAN_MAPPING: _("orphan mapping"),
        Link.UNKNOWN: _("unknown"),
    }[link]


def link_help(link: Link) -> str:
    """What the class means, and what a repair would do."""
    return {
        Link.LINKED: _("The source and the permission match."),
        Link.MISSING_PERMISSION: _(
            "The source calls the function, but the function's policy does not allow it."
        ),
        Link.STALE_PERMISSION: _("The policy allows a source that no longer calls the function."),
        Link.ORPHAN_MAPPING: _("An event source mapping whose source, version or alias no longer exists."),
        Link.UNKNOWN: _("The source or the target could not be read."),
    }[link]


def severity_label(severity: Severity) -> str:
    """How bad a finding is."""
    return {
        Severity.BLOCK: _("Error"),
        Severity.WARN: _("Warning"),
        Severity.NOTICE: _("Notice"),
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
    words = (
        _("The trigger that sent this event no longer exists.")
        if is_sure
        else _("The trigger that sent this event could not be read.")
    )
    detail = _("No trigger of this function has the source {source_arn}.")
    return words, detail.format(source_arn=source_arn)


def broken_triggers(triggers: Iterable[Trigger]) -> tuple[Trigger, ...]:
    """The triggers whose source and permission do not match."""
    return tuple(each for each in triggers if each.link not in (Link.LINKED, Link.UNKNOWN))


def summary_text(triggers: Sequence[Trigger], problems: Sequence[object]) -> str:
    """How many there are, and how many need a repair; or that some may be missing."""
    count, broken = len(triggers), len(broken_triggers(triggers))
    if problems:
        return _("Some triggers could not be read, so the list might be incomplete.")
    if not count:
        return _("No triggers. Add one, or invoke the function from the Test tab.")
    words = ngettext("{count} trigger", "{count} triggers", count).format(count=count)
    if broken:
        words += " · " + (
            ngettext("{count} needs repair", "{count} need repair", broken).format(count=broken)
        )
    return words
