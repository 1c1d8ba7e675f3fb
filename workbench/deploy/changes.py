"""The changes of a deploy, by file and by setting. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import filterfalse
from typing import Any

from workbench.code.contents import Contents, never_packed
from workbench.code.tree import FileChange
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.configuration import setting_name
from workbench.functions.configure import Wanted
from workbench.functions.model import FunctionDetail

ENVIRONMENT = "environment"
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


@dataclass(frozen=True, slots=True)
class ChangedSetting:
    """A setting that was changed.

    Attributes:
        name: The attribute of FunctionDetail.
        key: The name of an environment variable, which counts as a setting; otherwise empty.
        old: The old value; None if there was none. Values of environment variables may be secrets.
        new: The new value.
    """

    name: str
    key: str
    old: object
    new: object

    @property
    def secret(self) -> bool:
        """Whether its values are hidden by default."""
        return self.name == ENVIRONMENT


def changed_settings(old: FunctionDetail, new: FunctionDetail) -> tuple[ChangedSetting, ...]:
    """The settings that a deploy can change and that differ; environment variables one by one.

    An environment that may not be read is left out.
    """
    return tuple(_changed_settings(old, new))


def _changed_settings(old: FunctionDetail, new: FunctionDetail) -> Iterator[ChangedSetting]:
    for name in _SETTINGS:
        before, after = getattr(old, name), getattr(new, name)
        if name != ENVIRONMENT:
            if before != after:
                yield ChangedSetting(name, "", before, after)
            continue
        if old.environment_error or new.environment_error:
            continue
        was, now = dict(before), dict(after)
        for key in sorted({*was, *now}):
            if was.get(key) != now.get(key):
                yield ChangedSetting(name, key, was.get(key), now.get(key))


def taken_back(changed: Collection[ChangedSetting], now: FunctionDetail) -> Wanted | None:
    """The configuration that restores the old values of these settings; None if there are none.

    Args:
        changed: Settings from `changed_settings` to restore.
        now: The current function; all other settings are taken from it.
    """
    if not changed:
        return None
    values: dict[str, Any] = {each.name: each.old for each in changed if each.name != ENVIRONMENT}
    variables = [each for each in changed if each.name == ENVIRONMENT]
    if variables:
        environment = dict(now.environment)
        for each in variables:
            if each.old is None:
                environment.pop(each.key, None)
            else:
                environment[each.key] = str(each.old)
        values[ENVIRONMENT] = tuple(sorted(environment.items()))
    return Wanted(**values)


class SettingsChanged(WorkbenchError):
    """Somebody has changed the configuration since the user saw it; nothing was deployed."""

    def __init__(self, function_name: str, changed: Collection[ChangedSetting]) -> None:
        names = ", ".join(setting_name(each.name, each.key) for each in changed)
        super().__init__(
            _("{function_name} was not deployed.").format(function_name=function_name),
            _("Its configuration was changed in AWS after it was read here: {names}.").format(names=names),
            _("Choose which settings to keep, then deploy."),
        )
