"""Texts of the history of deploys, and the note in it that a function was created."""

import contextlib
from datetime import datetime

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.deploy.history import HistoryEntry, moment
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.plan import Files
from workbench.functions.configuration import ROWS, setting_name
from workbench.functions.configure import Wanted
from workbench.functions.model import FunctionDetail
from workbench.functions.settings import SettingChange
from workbench.ui.kit.table_model import MASK
from workbench.ui.shell.services import Services


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
        version: The version that a roll-back would use; empty for the one that the entry published.
    """
    if entry.record is not None:
        words = (
            _("version {version} (deployed {when})"),
            _("the code deployed {when}"),
        )
    elif entry.is_created:
        words = (
            _("version {version} (created {when})"),
            _("the code it was created with ({when})"),
        )
        if entry.is_restored:
            words = (
                _("version {version} (restored {when})"),
                _("the code it was restored with ({when})"),
            )
    elif entry.version:
        words = (_("version {version} (published {when})"), "")
    else:
        words = (
            _("version {version} (from before {when})"),
            _("the code from before {when}"),
        )
    version = version or entry.version
    return words[0 if version else 1].format(version=version, when=when_text(entry.when))


def roll_back_title(entry: HistoryEntry, version: str) -> str:
    """What the button says. Args as `entry_text`."""
    if version := version or entry.version:
        return _("Roll Back to Version {version}").format(version=version)
    words = _("Roll Back to {when}")
    if entry.record is None and not entry.is_created:
        words = _("Roll Back to Before {when}")
    return words.format(when=when_text(entry.when))


def who_text(arn: str) -> str:
    """The short name in an ARN: the user, the session of a role, "root"."""
    name = arn.rpartition(":")[2]
    kind, __, rest = name.partition("/")
    if kind == "assumed-role" and "/" in rest:
        role, __, session = rest.partition("/")
        return f"{session} ({role})"
    return rest.rpartition("/")[2] or name


def outcome_text(entry: HistoryEntry) -> str:
    """How a deploy ended, in a word or two."""
    if entry.record is None:
        if entry.is_restored:
            return _("Restored")
        return _("Created") if entry.is_created else _("Earlier code")
    words = {
        DeployOutcome.DEPLOYED: _("Alias updated") if entry.is_move else _("Deployed"),
        DeployOutcome.ALREADY_DEPLOYED: _("Already deployed"),
        DeployOutcome.UPDATING: _("Update in progress"),
        DeployOutcome.UNCHANGED: _("Not deployed"),
        DeployOutcome.UNDONE: _("Undone"),
        DeployOutcome.FAILED: _("Failed in AWS"),
        DeployOutcome.REPLACED: _("Overwritten"),
        DeployOutcome.GONE: _("Function deleted"),
        None: _("Incomplete"),
    }
    return words[entry.outcome]


def changed_text(entry: HistoryEntry) -> str:
    """What a deploy changed, in short."""
    if entry.record is None:
        if entry.is_restored:
            return _("restored from its copy on this computer")
        if entry.is_created:
            return _("created from this computer")
        return _("not deployed from this computer")
    parts = []
    if entry.is_move:
        if entry.alias_name:  # it got as far as that
            parts.append(
                _("{alias_name} to version {version}").format(
                    alias_name=entry.alias_name, version=entry.version
                )
            )
    elif entry.seen:
        words = _("back to the code of {when}")
        if entry.seen_version:
            words = _("back to version {version} of {when}")
        parts.append(words.format(version=entry.seen_version, when=when_text(entry.seen)))
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
        (files.count.changed, _("{count} changed")),
        (files.count.added, _("{count} new")),
        (files.count.deleted, _("{count} deleted")),
    )
    return ", ".join(words.format(count=f"{count:,}") for count, words in counts if count)


def settings_of(entry: HistoryEntry) -> tuple[SettingChange, ...]:
    """What a deploy changed of the configuration, as far as it was noted."""
    return _differing(entry.about.before.values(), entry.about.after.values())


def settings_back(wanted: Wanted, now: object) -> tuple[SettingChange, ...]:
    """What of a function's present configuration becomes another with `wanted`."""
    values = wanted.values()
    return _differing({name: getattr(now, name) for name in values}, values)


def settings_text(settings: tuple[SettingChange, ...]) -> str:
    """Settings with their values before and after."""
    return ", ".join(
        f"{setting_title(each)} {setting_value(each, each.old)} → {setting_value(each, each.new)}"
        for each in settings
    )


def _differing(old: dict[str, object], new: dict[str, object]) -> tuple[SettingChange, ...]:
    return tuple(
        SettingChange(name, "", old.get(name), value) for name, value in new.items() if old.get(name) != value
    )


def setting_title(setting: SettingChange) -> str:
    """What a setting is called."""
    return setting_name(setting.name, setting.key)


def setting_value(setting: SettingChange, value: object) -> str:
    """A value in words; a secret one is masked."""
    if value in (None, "", ()):
        return _("none")
    if setting.secret:
        return MASK
    if isinstance(value, tuple):
        return ", ".join(str(each).rpartition(":layer:")[2] or str(each) for each in value)
    return f"{value} {ROWS[setting.name].unit}".rstrip()


def deploy_journal(services: Services) -> Journal:
    """The history of deploys from this computer."""
    return Journal(services.paths.data_dir / "deploys", packages_days=services.policy.packages_days)


def note_created(services: Services, detail: FunctionDetail, *, restored: bool = False) -> None:
    """Notes it. If the disk refuses, the function is there all the same, and its first code has no name."""
    with contextlib.suppress(WorkbenchError):
        journal = Journal(services.paths.data_dir / "deploys", services.clock)
        journal.note_created(detail.function_arn, detail.code_sha256, restored=restored)
