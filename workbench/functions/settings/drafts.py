"""Changes of settings that were not sent yet, on disk: they outlive a crash and a closed window.

One small JSON file for each function, for this user only (0600): values of environment variables stand in it.
It goes as soon as nothing is left to send.
"""

import hashlib
import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from workbench.core.files import explain_os_error, write_atomic
from workbench.functions.configuration import FileSystem
from workbench.functions.settings.model import KEYED, NAMES, SettingChange

_log = logging.getLogger(__name__)


class SettingsDrafts:
    """The drafts of all functions.

    Args:
        folder: Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, function_arn: str) -> tuple[SettingChange, ...]:
        """What was changed and not sent; nothing where the file cannot be read."""
        path = self._path(function_arn)
        try:
            value = json.loads(path.read_bytes())
            return tuple(_change(each) for each in value["changes"] if each["name"] in NAMES)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, LookupError, TypeError) as error:
            _log.info("the draft %s could not be read: %s", path, type(error).__name__)  # its text is secret
            return ()

    def keep(self, function_arn: str, changes: Collection[SettingChange]) -> None:
        """Keeps what is changed now; nothing removes the file.

        Raises:
            WorkbenchError: The disk did not take it.
        """
        path = self._path(function_arn)
        if not changes:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise explain_os_error(error, "The changes could not be discarded.", path) from error
            return
        value = {"function_arn": function_arn, "changes": list(map(_to_json, changes))}
        write_atomic(path, json.dumps(value).encode())

    def _path(self, function_arn: str) -> Path:
        return self._folder / f"{hashlib.sha256(function_arn.encode()).hexdigest()[:32]}.json"


def _to_json(change: SettingChange) -> dict[str, Any]:
    old, new = (_plain(value) for value in (change.old, change.new))
    return {"name": change.name, "key": change.key, "old": old, "new": new}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [asdict(each) if is_dataclass(each) and not isinstance(each, type) else each for each in value]
    return value


def _change(value: Mapping[str, Any]) -> SettingChange:
    name = str(value["name"])
    old, new = (_value(name, value[side]) for side in ("old", "new"))
    return SettingChange(name, str(value["key"]), old, new)


def _value(name: str, value: Any) -> object:
    """As Settings have it: JSON knows no tuples."""
    if not isinstance(value, list):
        return value
    if name in KEYED:
        raise ValueError("a value is not a list")
    return tuple(FileSystem(**each) if isinstance(each, dict) else str(each) for each in value)
