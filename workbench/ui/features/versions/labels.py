"""Texts about versions and aliases."""

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.prune import Decision, Fate, PruneResult, Use, UseKind
from workbench.functions.versions import AliasFault, Version


def version_title(version: Version) -> str:
    """A version in a list: its number and its description."""
    return f"{version.version} – {version.description}" if version.description else version.version


def fault_text(fault: AliasFault) -> str:
    """Why an alias cannot be like that."""
    return {
        AliasFault.NAME: _("Use up to 128 letters (A–Z), digits, hyphens and underscores; not only digits."),
        AliasFault.DESCRIPTION: _("A description can have up to 256 characters."),
        AliasFault.LATEST_SHARED: _(
            "Traffic can only be split between published versions, not with $LATEST."
        ),
        AliasFault.SAME_VERSION: _("The weight must be for another version."),
        AliasFault.ROLE: _(
            "The two versions have different execution roles. AWS splits traffic only between versions with "
            "the same role."
        ),
        AliasFault.DEAD_LETTER: _(
            "The two versions have different dead-letter queues. AWS splits traffic only between versions "
            "with the same dead-letter queue, or without one."
        ),
        AliasFault.SHARE: _("The weight must be between 0 and 100 %."),
    }[fault]


def use_text(use: Use) -> str:
    """One thing that calls a version or an alias."""
    words = {
        UseKind.MAPPING: _("event source {subject}"),
        UseKind.POLICY: _("a permission in its resource policy"),
        UseKind.URL: _("function URL {subject}"),
    }[use.kind]
    return words.format(subject=use.subject)


def fate_text(decision: Decision) -> str:
    """What becomes of a version, and why."""
    uses = ", ".join(dict.fromkeys(map(use_text, decision.uses)))
    return {
        Fate.DELETE: _("Delete"),
        Fate.LATEST: _("Kept: $LATEST"),
        Fate.NEWEST: _("Kept: one of the newest"),
        Fate.ALIAS: _("Kept: alias {aliases}"),
        Fate.USED: _("Kept: {uses}"),
        Fate.UNKNOWN: _("Finding what uses it…"),
    }[decision.fate].format(aliases=", ".join(decision.reasons), uses=uses)


def result_error(function_name: str, result: PruneResult) -> WorkbenchError:
    """A deletion that did not do all it was to do: what is gone, what stays and why."""
    deleted = ", ".join(result.deleted) or _("none")
    parts = [_("Deleted: {deleted}.").format(deleted=deleted)]
    reasons: dict[str, list[str]] = {}
    for version, error in result.failed:
        reasons.setdefault(f"{error.why} [{error.aws_code}]", []).append(version)
    for why, versions in reasons.items():
        said = _("Not deleted: {names}. {why}")
        parts.append(said.format(names=", ".join(versions), why=why))
    if result.left:
        left = _("Cancelled before {names}.")
        parts.append(left.format(names=", ".join(result.left)))
    what = _("Some versions of {function_name} were not deleted.").format(function_name=function_name)
    remedy = _("Use Delete Old Versions to continue with the remaining versions.")
    first = result.failed[0][1] if result.failed else WorkbenchError(what)
    return WorkbenchError(what, " ".join(parts), remedy, first.aws_code, first.request_id, first.action)
