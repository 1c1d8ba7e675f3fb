"""Texts of the history of deploys."""

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from workbench.deploy.about import Files
from workbench.deploy.changes import ChangedSetting
from workbench.deploy.history import HistoryEntry, moment
from workbench.deploy.records import DeployOutcome
from workbench.functions.configure import Wanted
from workbench.ui.deploying.setting_labels import setting_title, setting_value

translate = QCoreApplication.translate


def when_text(when: str) -> str:
    """A moment of the journal in local time."""
    return local_text(moment(when))


def local_text(when: datetime) -> str:
    """A moment in local time."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def entry_text(entry: HistoryEntry, version: str = "") -> str:
    """What is gone back to: its version, if there is one, and the time.

    Args:
        entry: What.
        version: That was published of its code, also when the entry did not publish it.
    """
    if entry.record is not None:
        words = (
            translate("History", "version %1 (deployed %2)"),
            translate("History", "the code deployed %2"),
        )
    elif entry.is_created:
        words = (
            translate("History", "version %1 (created %2)"),
            translate("History", "the code it was created with (%2)"),
        )
        if entry.is_restored:
            words = (
                translate("History", "version %1 (restored %2)"),
                translate("History", "the code it was restored with (%2)"),
            )
    elif entry.version:
        words = (translate("History", "version %1 (published %2)"), "")
    else:
        words = (
            translate("History", "version %1 (from before %2)"),
            translate("History", "the code from before %2"),
        )
    version = entry.version or version
    return words[0 if version else 1].replace("%1", version).replace("%2", when_text(entry.when))


def roll_back_title(entry: HistoryEntry, version: str) -> str:
    """What the button says. Args as `entry_text`."""
    if version := entry.version or version:
        return translate("History", "Roll Back to Version %1").replace("%1", version)
    words = translate("History", "Roll Back to %1")
    if entry.record is None and not entry.is_created:
        words = translate("History", "Roll Back to Before %1")
    return words.replace("%1", when_text(entry.when))


def who_text(arn: str) -> str:
    """The short name in an ARN: the user, the session of a role, "root"."""
    name = arn.rpartition(":")[2]
    kind, _, rest = name.partition("/")
    if kind == "assumed-role" and "/" in rest:
        role, _, session = rest.partition("/")
        return f"{session} ({role})"
    return rest.rpartition("/")[2] or name


def outcome_text(entry: HistoryEntry) -> str:
    """How a deploy ended, in a word or two."""
    if entry.record is None:
        if entry.is_restored:
            return translate("History", "Restored")
        return translate("History", "Created") if entry.is_created else translate("History", "Earlier code")
    words = {
        DeployOutcome.DEPLOYED: translate("History", "Alias updated")
        if entry.is_move
        else translate("History", "Deployed"),
        DeployOutcome.ALREADY_DEPLOYED: translate("History", "Already deployed"),
        DeployOutcome.UPDATING: translate("History", "Update in progress"),
        DeployOutcome.UNCHANGED: translate("History", "Not deployed"),
        DeployOutcome.UNDONE: translate("History", "Undone"),
        DeployOutcome.FAILED: translate("History", "Failed in AWS"),
        DeployOutcome.REPLACED: translate("History", "Overwritten"),
        DeployOutcome.GONE: translate("History", "Function deleted"),
        None: translate("History", "Incomplete"),
    }
    return words[entry.outcome]


def changed_text(entry: HistoryEntry) -> str:
    """What a deploy changed, in short."""
    if entry.record is None:
        if entry.is_restored:
            return translate("History", "restored from its copy on this computer")
        if entry.is_created:
            return translate("History", "created from this computer")
        return translate("History", "not deployed from this computer")
    parts = []
    if entry.is_move:
        if entry.alias_name:  # it got as far as that
            parts.append(
                translate("History", "%1 to version %2")
                .replace("%1", entry.alias_name)
                .replace("%2", entry.version)
            )
    elif entry.seen:
        words = translate("History", "back to the code of %1")
        if entry.seen_version:
            words = translate("History", "back to version %2 of %1").replace("%2", entry.seen_version)
        parts.append(words.replace("%1", when_text(entry.seen)))
    elif entry.about.files is not None:
        parts.append(files_text(entry.about.files))
    settings = settings_of(entry)
    if settings:
        parts.append(", ".join(setting_title(setting) for setting in settings))
    return "; ".join(part for part in parts if part)


def files_text(files: Files) -> str:
    """How many files differ; a single one by its name."""
    if files.count.total == len(files.paths) == 1:
        return files.paths[0][0]
    counts = (
        (files.count.changed, translate("History", "%1 changed")),
        (files.count.added, translate("History", "%1 new")),
        (files.count.deleted, translate("History", "%1 deleted")),
    )
    return ", ".join(words.replace("%1", f"{count:,}") for count, words in counts if count)


def settings_of(entry: HistoryEntry) -> tuple[ChangedSetting, ...]:
    """What a deploy changed of the configuration, as far as it was noted."""
    return _differing(entry.about.before.values(), entry.about.after.values())


def settings_back(wanted: Wanted, now: object) -> tuple[ChangedSetting, ...]:
    """What of a function's present configuration becomes another with `wanted`."""
    values = wanted.values()
    return _differing({name: getattr(now, name) for name in values}, values)


def settings_text(settings: tuple[ChangedSetting, ...]) -> str:
    """Settings with their values before and after."""
    return ", ".join(
        f"{setting_title(each)} {setting_value(each, each.old)} → {setting_value(each, each.new)}"
        for each in settings
    )


def _differing(old: dict[str, object], new: dict[str, object]) -> tuple[ChangedSetting, ...]:
    return tuple(
        ChangedSetting(name, "", old.get(name), value)
        for name, value in new.items()
        if old.get(name) != value
    )
