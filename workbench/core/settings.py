"""The user's settings: a small JSON file that all windows of this user share.

A setting is declared once, as a `Preference`: its key, its default and the values that it may have. What lies
in the file was written by another version, another program or a faulty disk: a value that is out of range is
brought into it, one of another type counts as not stored. So no caller sees a number that Qt cannot hold.
"""

import contextlib
import json
import logging
import math
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from workbench.core.codec import Damaged, convert, set_aside
from workbench.core.errors import WorkbenchError
from workbench.core.files import make_private_folder, private_opener, try_lock, write_atomic
from workbench.core.messages import _

_log = logging.getLogger(__name__)
_MIN_INT, _MAX_INT = -(2**31), 2**31 - 1
"""What Qt's int holds. A larger number in the file is read as the nearest of these."""
_INT_DIGITS = 12
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_Stamp = tuple[int, int, int] | None


class Settings:
    """Key/value settings with JSON values. Thread-safe.

    `set` changes one key in the file as it is then, under a lock: another window's changes stay. `follow`
    takes them over. A damaged file never stops the program: it is set aside (`codec.set_aside`) and defaults
    apply. A setting that cannot be saved stays in force until the program ends; `set` returns the error.

    Args:
        keeps_copy: Whether a second file has the last values that were written, which apply instead of the
            defaults. For what must not be lost.

    Attributes:
        problem: That the file was damaged, for a message; None if it was not.
        is_lost: Whether the file was damaged and there was no copy.
    """

    def __init__(self, path: Path, *, keeps_copy: bool = False) -> None:
        self._path = path
        self._copy = path.with_name(f"{path.name}.good") if keeps_copy else None
        self._lock = threading.Lock()
        self._unsaved: dict[str, Any] = {}
        self.problem: WorkbenchError | None = None
        self.is_lost = False
        self._stamp = _stamp(path)
        self._values: dict[str, Any] = self._read_first()

    def beside(self, name: str) -> "Settings":
        """The settings in another file of the same folder, with a copy."""
        return Settings(self._path.with_name(name), keeps_copy=True)

    def _read_first(self) -> dict[str, Any]:
        name = self._path.name
        damaged = self._path.with_name(f"{name}.damaged")
        try:
            return _read(self._path)
        except FileNotFoundError:
            if self._copy is None or not (self._copy.exists() or damaged.exists()):
                return {}
            what, kept = _("{name} is missing.").format(name=name), ""
        except (OSError, Damaged) as error:
            damaged = set_aside(self._path)
            _log.info("settings were not readable; the old file is %s: %s", damaged, error)
            what = _("{name} was damaged.").format(name=name)
            kept = _("The damaged file was kept as {damaged}.").format(damaged=damaged)
        values: dict[str, Any] | None = None
        if self._copy is not None:
            with contextlib.suppress(OSError, Damaged):
                values = _read(self._copy)
        self.is_lost = values is None
        used = _("The default settings apply.") if values is None else _("Its last good copy is used.")
        self.problem = WorkbenchError(what, f"{used} {kept}".strip())
        return values or {}

    def follow(self) -> None:
        """Takes over what other windows have stored since."""
        if _stamp(self._path) != self._stamp:
            with self._lock, contextlib.suppress(Damaged):
                self._merge()

    def _merge(self) -> None:
        """Reads the file again if it has changed. What cannot be read changes nothing.

        Raises:
            Damaged: It is not a settings file. It is for the next writer to set it aside.
        """
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        with contextlib.suppress(OSError):
            self._values = _read(self._path) | self._unsaved
        self._stamp = stamp

    def stored(self) -> Mapping[str, Any]:
        """All stored values by their keys."""
        return dict(self._values)

    def get[T](self, key: str, default: T) -> T:
        """The stored value, or the default if there is none or it has another type."""
        value = self._values.get(key, default)
        return value if type(value) is type(default) else default

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
        with self._lock, self._alone():
            try:
                self._merge()
            except Damaged as error:
                _log.info("settings were damaged; the old file is %s: %s", set_aside(self._path), error)
            if key in self._values and _is_same(self._values[key], value):
                return None
            self._values[key] = value
            data = json.dumps(self._values, indent=1, sort_keys=True).encode()
            try:
                write_atomic(self._path, data)
            except WorkbenchError as error:
                self._unsaved[key] = value
                return error
            self._unsaved.clear()
            self._stamp = _stamp(self._path)
            if self._copy is not None:
                with contextlib.suppress(WorkbenchError):  # the file itself is saved
                    write_atomic(self._copy, data)
        return None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other windows from writing meanwhile, which takes them as long as a small file."""
        lock = self._path.with_suffix(".lock")
        with contextlib.ExitStack() as stack:
            # A folder that cannot be written, or a disk without locks: writing says what is wrong.
            with contextlib.suppress(OSError):
                make_private_folder(lock.parent)
                file = stack.enter_context(open(lock, "wb", opener=private_opener))
                try_lock(file.fileno(), wait=True)
            yield


def _stamp(path: Path) -> _Stamp:
    """Changes when the file does: every write makes a new file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> dict[str, Any]:
    """The values in a settings file.

    Raises:
        OSError: It is not there, or cannot be read.
        Damaged: It is not a settings file.
    """
    data = path.read_bytes()
    try:
        values = json.loads(data, parse_int=_int, parse_float=_float, parse_constant=lambda _name: None)
        if _HALF_CHARACTER.search(data):
            values = _without_halves(values)
    except (ValueError, RecursionError) as error:
        raise Damaged(type(error).__name__) from None
    if not isinstance(values, dict):
        raise Damaged("it is not an object")
    return values


def _int(text: str) -> int:
    if len(text) > _INT_DIGITS:
        return _MIN_INT if text.startswith("-") else _MAX_INT
    return min(max(int(text), _MIN_INT), _MAX_INT)


def _float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _without_halves(value: Any) -> Any:
    """JSON text can contain half of a character, of which Qt can make no text."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case list():
            return [_without_halves(each) for each in value]
        case dict():
            return {_without_halves(key): _without_halves(each) for key, each in value.items()}
    return value


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other  # 1 == True, and they are two settings


@dataclass(frozen=True, slots=True)
class Preference[T]:
    """A setting: its key, its default, and the values that it may have.

    Attributes:
        limits: Smallest and largest number. In a list, of each number.
        choices: The values that it may have; empty if others are possible, too.
        items: The class of a list's items or a dictionary's values. If one has another class, the default
            applies.
    """

    key: str
    default: T
    limits: tuple[int, int] = (_MIN_INT, _MAX_INT)
    choices: tuple[T, ...] = ()
    items: type = object

    def at(self, *names: str) -> "Preference[T]":
        """The same setting of one thing among several: of a splitter, of a profile and region."""
        return replace(self, key=".".join((self.key, *names)))

    def read(self, settings: Settings) -> T:
        """The value in force."""
        value: Any = settings.get(self.key, self.default)
        if self.choices and value not in self.choices:
            return self.default
        if isinstance(value, list) and all(self._is_item(each) for each in value):
            return cast("T", [self._within(each) for each in value])
        if isinstance(value, dict) and all(map(self._is_item, value.values())):
            return cast("T", {name: self._within(each) for name, each in value.items()})
        return self.default if isinstance(value, list | dict) else cast("T", self._within(value))

    def store(self, settings: Settings, value: T) -> WorkbenchError | None:
        """Stores a value. As `Settings.set`."""
        return settings.set(self.key, value)

    def _is_item(self, value: object) -> bool:
        return self.items is object or type(value) is self.items

    def _within(self, value: object) -> object:
        """A number brought into the limits; anything else as it is."""
        if type(value) is int or type(value) is float:
            return min(max(value, self.limits[0]), self.limits[1])
        return value
