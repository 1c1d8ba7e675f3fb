"""The user's settings: a small JSON file, read once, saved at every change."""

import json
import logging
import threading
from pathlib import Path
from typing import Any

from workbench.core.codec import Damaged, convert, set_aside
from workbench.core.errors import WorkbenchError
from workbench.core.files import write_atomic

_log = logging.getLogger(__name__)


class Settings:
    """Key/value settings with JSON values. Thread-safe.

    A damaged file never stops the program: it is set aside (`codec.set_aside`) and defaults apply. A setting
    that cannot be saved stays in force until the program ends; `set` returns the error.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._values: dict[str, Any] = self._read()

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self._path.read_bytes())
            if isinstance(values, dict):
                return values
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            pass  # handled below, like a file that does not contain an object
        _log.info("settings were not readable; defaults apply, the old file is %s", set_aside(self._path))
        return {}

    def get[T](self, key: str, default: T) -> T:
        """The stored value, or the default if there is none or it has another type."""
        value = self._values.get(key, default)
        return value if isinstance(value, type(default)) else default

    def get_as[T](self, key: str, kind: type[T], default: T) -> T:
        """The stored value as a dataclass, or as a collection of values of one type (`codec.to_builtins`).

        The default if there is none, or if anything in it has another type.
        """
        if key not in self._values:
            return default
        try:
            return convert(self._values[key], kind)
        except Damaged as error:
            _log.info("the setting %s was not used: %s", key, error)
            return default

    def set(self, key: str, value: object) -> WorkbenchError | None:
        """Stores a value at once. Returns the error if it could not be saved; it is in force either way."""
        with self._lock:  # of two concurrent saves, the later must not write the older state
            if self._values.get(key) == value and key in self._values:
                return None
            self._values[key] = value
            try:
                write_atomic(self._path, json.dumps(self._values, indent=1, sort_keys=True).encode())
            except WorkbenchError as error:
                return error
        return None
