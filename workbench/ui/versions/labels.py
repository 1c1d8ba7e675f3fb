"""Texts about versions and aliases."""

from PySide6.QtCore import QCoreApplication

from workbench.core.errors import WorkbenchError
from workbench.functions.aliases import AliasFault
from workbench.functions.prune import Decision, Fate, PruneResult, Use, UseKind
from workbench.functions.versions import Version


def version_title(version: Version) -> str:
    """A version in a list: its number and its description."""
    return f"{version.version} – {version.description}" if version.description else version.version


def fault_text(fault: AliasFault) -> str:
    """Why an alias cannot be like that."""
    translate = QCoreApplication.translate
    return {
        AliasFault.NAME: translate(
            "Versions", "Use up to 128 letters (A–Z), digits, hyphens and underscores; not only digits."
        ),
        AliasFault.DESCRIPTION: translate("Versions", "A description can have up to 256 characters."),
        AliasFault.LATEST_SHARED: translate(
            "Versions", "Traffic can only be split between published versions, not with $LATEST."
        ),
        AliasFault.SAME_VERSION: translate("Versions", "The weight must be for another version."),
        AliasFault.ROLE: translate(
            "Versions",
            "The two versions have different execution roles. AWS splits traffic only between versions with "
            "the same role.",
        ),
        AliasFault.DEAD_LETTER: translate(
            "Versions",
            "The two versions have different dead-letter queues. AWS splits traffic only between versions "
            "with the same dead-letter queue, or without one.",
        ),
        AliasFault.SHARE: translate("Versions", "The weight must be between 0 and 100 %."),
    }[fault]


def use_text(use: Use) -> str:
    """One thing that calls a version or an alias."""
    translate = QCoreApplication.translate
    words = {
        UseKind.MAPPING: translate("Versions", "event source %1"),
        UseKind.POLICY: translate("Versions", "a permission in its resource policy"),
        UseKind.URL: translate("Versions", "function URL %1"),
    }[use.kind]
    return words.replace("%1", use.subject)


def fate_text(decision: Decision) -> str:
    """What becomes of a version, and why."""
    translate = QCoreApplication.translate
    uses = ", ".join(dict.fromkeys(map(use_text, decision.uses)))
    return (
        {
            Fate.DELETE: translate("Versions", "Delete"),
            Fate.LATEST: translate("Versions", "Kept: $LATEST"),
            Fate.NEWEST: translate("Versions", "Kept: one of the newest"),
            Fate.ALIAS: translate("Versions", "Kept: alias %1"),
            Fate.USED: translate("Versions", "Kept: %2"),
            Fate.UNKNOWN: translate("Versions", "Finding what uses it…"),
        }[decision.fate]
        .replace("%1", ", ".join(decision.reasons))
        .replace("%2", uses)
    )


def result_error(function_name: str, result: PruneResult) -> WorkbenchError:
    """A deletion that did not do all it was to do: what is gone, what stays and why."""
    translate = QCoreApplication.translate
    deleted = ", ".join(result.deleted) or translate("Versions", "none")
    parts = [translate("Versions", "Deleted: %1.").replace("%1", deleted)]
    reasons: dict[str, list[str]] = {}
    for version, error in result.failed:
        reasons.setdefault(f"{error.why} [{error.aws_code}]", []).append(version)
    for why, versions in reasons.items():
        said = translate("Versions", "Not deleted: %1. %2")
        parts.append(said.replace("%1", ", ".join(versions)).replace("%2", why))
    if result.left:
        left = translate("Versions", "Cancelled before %1.")
        parts.append(left.replace("%1", ", ".join(result.left)))
    what = translate("Versions", "Some versions of %1 were not deleted.").replace("%1", function_name)
    remedy = translate("Versions", "Use Delete Old Versions to continue with the remaining versions.")
    first = result.failed[0][1] if result.failed else WorkbenchError(what)
    return WorkbenchError(what, " ".join(parts), remedy, first.aws_code, first.request_id, first.action)
