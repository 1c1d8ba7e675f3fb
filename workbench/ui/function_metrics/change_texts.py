"""Texts of a change: in the legend, at the marker, in tables."""

from workbench.core.messages import _
from workbench.metrics.changes import ChangeKind, FunctionChange, RecordSource
from workbench.ui.charts.markers import Marker
from workbench.ui.history.labels import local_text, who_text

_SHORT_SHA = 12


def marker_of(change: FunctionChange) -> Marker:
    """A change as a marker: its version or code in the legend, all of it in the tool tip."""
    lines = (
        f"{title_of(change)} · {local_text(change.when)}",
        *details_of(change),
        who_of(change),
        sources_of(change),
    )
    return Marker(change.when.timestamp(), label_of(change), "\n".join(lines), change.taken_back)


def title_of(change: FunctionChange) -> str:
    """What was done, in a word or two."""
    if change.taken_back:
        return _("Deployed and rolled back")
    if RecordSource.HISTORY in change.sources and change.kinds != {ChangeKind.ALIAS}:
        return _("Deployed")
    if ChangeKind.CODE in change.kinds and ChangeKind.VERSION not in change.kinds:
        return _("Code changed")
    if ChangeKind.VERSION in change.kinds:
        return _("Published")
    if ChangeKind.ALIAS in change.kinds:
        return _("Alias updated")
    if ChangeKind.CONFIGURATION in change.kinds:
        return _("Configuration changed")
    return _("Changed")


def label_of(change: FunctionChange) -> str:
    """The same with the version or the code."""
    if change.version:
        return f"{title_of(change)} v{change.version}"
    return f"{title_of(change)} {_short(change)}".rstrip()


def details_of(change: FunctionChange) -> tuple[str, ...]:
    """Lines: version, alias, description, code."""
    version = _("Version {version}").format(version=change.version) if change.version else ""
    sha = _("Code SHA-256 {change}").format(change=_short(change))
    lines = (
        " · ".join(part for part in (version, change.alias_name) if part),
        change.description,
        sha if change.code_sha256 else "",
    )
    return tuple(line for line in lines if line)


def who_of(change: FunctionChange) -> str:
    """Who did it, as far as that is known."""
    if not change.who:
        return _("Unknown user")
    return _("By {who}").format(who=who_text(change.who))


def sources_of(change: FunctionChange) -> str:
    """Where it is known from."""
    words = {
        RecordSource.HISTORY: _("Workbench history"),
        RecordSource.VERSION: _("published versions"),
        RecordSource.CLOUDTRAIL: _("CloudTrail"),
    }
    return _("From {names}").format(names=", ".join(words[each] for each in change.sources))


def _short(change: FunctionChange) -> str:
    return change.code_sha256[:_SHORT_SHA]
