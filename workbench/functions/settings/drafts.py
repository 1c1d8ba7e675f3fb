"""Unsent changes of settings, on disk, so that they survive a crash and a closed window.

One small JSON file for each function with mode 0600, since it contains values of environment variables. It is
deleted as soon as nothing is left to send.
"""

import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from workbench.core import codec
from workbench.core.files import explain_os_error
from workbench.core.messages import _
from workbench.functions.configuration import Settings
from workbench.functions.settings.model import KEYED, NAMES, SettingChange

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Draft:
    """The file of one function."""

    function_arn: str
    changes: tuple[SettingChange, ...]


_FORMAT = codec.Format(_Draft)


class SettingsDrafts:
    """The drafts of all functions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, function_arn: str) -> tuple[SettingChange, ...]:
        """The unsent changes; empty if the file cannot be read."""
        kept = _FORMAT.load(self._path(function_arn))
        try:
            return tuple(_typed(each) for each in kept.changes if each.name in NAMES) if kept else ()
        except codec.Damaged as error:
            path = self._path(function_arn)
            _log.warning("%s was damaged and is now %s: %s", path, codec.set_aside(path), error)
            return ()

    def keep(self, function_arn: str, changes: Collection[SettingChange]) -> None:
        """Stores the unsent changes; deletes the file if there are none. Raises WorkbenchError."""
        path = self._path(function_arn)
        if not changes:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise explain_os_error(error, _("The changes could not be discarded."), path) from error
            return
        _FORMAT.write(path, _Draft(function_arn, tuple(changes)))

    def _path(self, function_arn: str) -> Path:
        return self._folder / f"{hashlib.sha256(function_arn.encode()).hexdigest()[:32]}.json"


def _typed(change: SettingChange) -> SettingChange:
    """A change with values as in Settings, since JSON has no tuples. Raises Damaged."""
    kind: Any = str | int if change.name in KEYED else get_type_hints(Settings)[change.name]
    old, new = (codec.convert(value, kind | None) for value in (change.old, change.new))
    return replace(change, old=old, new=new)
