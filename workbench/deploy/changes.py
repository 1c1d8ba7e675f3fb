"""What a deploy changes, by file and by setting, and what the history shows of it.

The values of environment variables are not part of a history: they may be secrets, and it is kept for long.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from itertools import filterfalse
from typing import NamedTuple

from workbench.code.contents import Contents, never_packed
from workbench.code.tree import FileChange
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.deploy.plan import Plan
from workbench.functions.configuration import Settings, setting_name
from workbench.functions.configure import Wanted
from workbench.functions.model import FunctionDetail
from workbench.functions.settings.model import ENVIRONMENT, SettingChange, changes, with_changes

_SETTINGS = tuple(Wanted.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs between the function's code and the package.

    Attributes:
        path: Relative, with `/`.
        old_bytes: Its size in the function's code; 0 if it is new.
        new_bytes: Its size in the package; 0 if it is deleted.
    """

    path: str
    change: FileChange
    old_bytes: int = 0
    new_bytes: int = 0


def changed_files(deployed: Contents, package: Contents) -> tuple[ChangedFile, ...]:
    """The files that differ in bytes or executable bit, sorted by path."""
    old, new = deployed.files, package.files
    differing = [path for path in old if path not in new]
    differing += [path for path, content in new.items() if old.get(path) != content]
    found = []
    # Only these few are checked for what is never packed, not the possibly thousands of files.
    for path in sorted(filterfalse(never_packed, differing), key=lambda path: path.split("/")):
        before, after = old.get(path), new.get(path)
        if before is None and after is not None:
            found.append(ChangedFile(path, FileChange.ADDED, 0, after.size_bytes))
        elif before is not None and after is None:
            found.append(ChangedFile(path, FileChange.DELETED, before.size_bytes))
        elif before is not None and after is not None and before != after:
            found.append(ChangedFile(path, FileChange.CHANGED, before.size_bytes, after.size_bytes))
    return tuple(found)


def changed_settings(old: FunctionDetail, new: FunctionDetail) -> tuple[SettingChange, ...]:
    """The settings that a deploy can change and that differ; environment variables one by one.

    An environment that may not be read is left out.
    """
    hidden = old.environment_error or new.environment_error
    return changes(old, new, [name for name in _SETTINGS if name != ENVIRONMENT or not hidden])


def undone_settings(changed: Collection[SettingChange], now: FunctionDetail) -> Wanted | None:
    """The configuration that restores the old values of these settings; None if there are none.

    Args:
        changed: Settings from `changed_settings` to restore.
        now: The current function; all other settings are taken from it.
    """
    if not changed:
        return None
    restored = with_changes(Settings.of(now), [each.reversed() for each in changed])
    return Wanted(**{each.name: getattr(restored, each.name) for each in changed})


class SettingsChanged(WorkbenchError):
    """Somebody has changed the configuration since the user saw it; nothing was deployed."""

    def __init__(self, function_name: str, changed: Collection[SettingChange]) -> None:
        names = ", ".join(setting_name(each.name, each.key) for each in changed)
        super().__init__(
            _("{function_name} was not deployed.").format(function_name=function_name),
            _("Its configuration was changed in AWS after it was read here: {names}.").format(names=names),
            _("Choose which settings to keep, then deploy."),
        )


MAX_PATHS = 100
"""Maximum of changed files that are named; the others are counted."""


class FileCount(NamedTuple):
    """How many files of a package differ from the code before.

    Attributes:
        added: Number of new files.
        changed: Number of files with other bytes or another executable bit.
        deleted: Number of deleted files.
    """

    added: int = 0
    changed: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        return sum(self)


@dataclass(frozen=True, slots=True)
class Files:
    """How the files of a package differ from those before.

    Attributes:
        paths: The first MAX_PATHS of them, sorted, each with its change.
    """

    count: FileCount = field(default_factory=FileCount)
    paths: tuple[tuple[str, FileChange], ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """The record of a deploy when it begins.

    Attributes:
        who: ARN of the caller; empty if unknown.
        size_bytes: Size of the package; 0 if unknown.
        files: The changes from the code before; None if that was not on this computer.
        before: The function's configuration, without environment variables.
        after: The desired configuration, without environment variables.
        variables: Names of the environment variables, sorted.
    """

    who: str = ""
    size_bytes: int = 0
    files: Files | None = None
    before: Wanted = field(default_factory=Wanted)
    after: Wanted = field(default_factory=Wanted)
    variables: tuple[str, ...] = ()


def about_of(who: str, plan: Plan, old: Contents | None) -> About:
    """The record of a deploy.

    Args:
        plan: The plan about to be executed.
        old: Contents of the replaced package; None if it is not on this computer.
    """
    sends = plan.package.code_sha256 == plan.new_sha256 != plan.old_sha256
    files = _files(old, plan.package.contents) if old is not None and sends else None
    if plan.observed is None:
        return About(who, plan.package.size_bytes, files)
    before = configuration_of(plan.observed)
    wanted = plan.options.configuration
    after = replace(before, **{**wanted.values(), "environment": None}) if wanted else before
    names = {name for name, _value in (wanted and wanted.environment) or plan.observed.environment}
    return About(who, plan.package.size_bytes, files, before, after, tuple(sorted(names)))


def configuration_of(detail: FunctionDetail) -> Wanted:
    """The part of a function's configuration that a deploy can restore."""
    names = (each.name for each in fields(Wanted) if each.name != "environment")
    return Wanted(**{name: getattr(detail, name) for name in names})


def _files(old: Contents, new: Contents) -> Files:
    found = changed_files(old, new)
    count = [each.change for each in found].count
    return Files(
        FileCount(count(FileChange.ADDED), count(FileChange.CHANGED), count(FileChange.DELETED)),
        tuple((each.path, each.change) for each in found[:MAX_PATHS]),
    )
