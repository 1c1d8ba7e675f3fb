"""Values on disk: a dataclass is written as one JSON object with its version, and checked when it is read.

    {"format": 1, "name": "live", "shares": [0.1, 0.5]}

`Format` is declared once beside the class, or beside the store that keeps it. Fields, enums, dates, paths and
tuples are read by their annotations (msgspec); a named tuple is a JSON array, bytes are base64. A missing
member gets the field's default and an unknown one is ignored, so a new field with a default needs no new
version. All other changes do, with an upgrade from the version before.

Anything that cannot be read as its type raises `Damaged`. A store that can do without its file uses
`Format.load`: it sets a damaged one aside as <name>.damaged, logs that, and returns None.

msgspec is loaded by the first value that is read or written; most of a start needs none.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from workbench.core.files import write_atomic

_log = logging.getLogger(__name__)
_preparing = threading.Lock()
_prepared: set[object] = set()


class Damaged(ValueError):
    """The data is not a value of its type. The message quotes none of it, because it may contain secrets."""


class Newer(Damaged):
    """The data was written by a later version of the program."""


@dataclass(frozen=True, slots=True)
class Format[T]:
    """The format of a class's values on disk.

    Attributes:
        type: A dataclass without a field named "format".
        upgrades: By version: converts its JSON object to the next version. Files from before there were
            versions have version 0.
    """

    type: type[T]
    version: int = 1
    upgrades: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)

    def encode(self, value: T) -> bytes:
        """A value as JSON in UTF-8."""
        import msgspec  # see the module's docstring

        try:
            data = msgspec.json.encode(value, enc_hook=_plain)
        except UnicodeEncodeError:  # a name that is not text in any encoding, as file systems allow
            data = json.dumps(msgspec.to_builtins(value, enc_hook=_plain)).encode()
        return b'{"format":%d%s%s' % (self.version, b"," if data != b"{}" else b"", data[1:])

    def decode(self, data: bytes) -> T:
        """The value that `encode` was given, of this version or an older one. Raises Damaged."""
        import msgspec  # see the module's docstring

        try:
            _prepare(_Head)
            _prepare(self.type)
            try:
                version = msgspec.json.decode(data, type=_Head).format
                if version == self.version:
                    return msgspec.json.decode(data, type=self.type, dec_hook=_special)
                values = msgspec.json.decode(data)
            except msgspec.ValidationError:
                raise
            except msgspec.DecodeError:  # the json module accepts more: names that are not text, NaN
                values = json.loads(data)
                version = msgspec.convert(values, _Head).format
            if version > self.version:
                raise Newer(f"version {version} of {self.type.__name__}")
            for older in range(max(version, 0), self.version):
                if (upgrade := self.upgrades.get(older)) is not None:
                    values = upgrade(values)
            return msgspec.convert(values, self.type, dec_hook=_special)
        except Damaged:
            raise
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise Damaged(f"no {self.type.__name__}{_place_in(error)}") from error

    def write(self, path: Path, value: T) -> None:
        """Replaces a file, with access for this user only.

        Raises:
            WorkbenchError: It cannot be written. The old file is intact then.
        """
        write_atomic(path, self.encode(value))

    def read(self, path: Path) -> T:
        """Reads a file.

        Raises:
            FileNotFoundError: It does not exist.
            OSError: It cannot be read.
            Damaged: It does not contain such a value.
        """
        return self.decode(path.read_bytes())

    def load(self, path: Path) -> T | None:
        """Reads a file that the program can do without; None if it does not exist or cannot be read.

        A damaged one is set aside, so that it is not overwritten; one of a later version stays.
        """
        try:
            return self.read(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Newer as error:
            _log.info("%s was not used: %s", path, error)
        except Damaged as error:
            _log.warning("%s was damaged and is now %s: %s", path, set_aside(path), error)
        except OSError as error:
            _log.warning("%s was not readable: %s", path, error.strerror or error)
        return None


def _prepare(kind: object) -> None:
    """Has msgspec read the annotations of a type, in one thread at a time.

    It keeps what it read at the class before it is complete: another thread that reads a value of the class
    then crashes the program (0.22).
    """
    import msgspec  # see the module's docstring

    if kind in _prepared:
        return
    with _preparing:
        msgspec.json.Decoder(kind, dec_hook=_special)
        _prepared.add(kind)


def to_builtins(value: object) -> Any:
    """A value as types of the json module, for a part of a journal's event or of a settings file."""
    import msgspec  # see the module's docstring

    return msgspec.to_builtins(value, enc_hook=_plain)


def convert[T](value: object, kind: type[T], *, exact: bool = False) -> T:
    """The reverse of `to_builtins`.

    Args:
        kind: The value's class, or another type that an annotation can name.
        exact: Whether an unknown member, at any depth, is an error: for values that must be understood
            completely.

    Raises:
        Damaged: It is not such a value.
    """
    import msgspec  # see the module's docstring

    try:
        _prepare(kind)
        found = msgspec.convert(value, kind, dec_hook=_special)
        is_whole = not exact or _has_members(to_builtins(found), value)
    except (ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise Damaged(f"no {getattr(kind, '__name__', kind)}{_place_in(error)}") from error
    if not is_whole:
        raise Damaged(f"no {getattr(kind, '__name__', kind)} that this version knows")
    return found


def _has_members(whole: object, part: object) -> bool:
    """Whether a JSON value has all members of another one, at any depth."""
    match whole, part:
        case Mapping(), Mapping():
            return all(key in whole and _has_members(whole[key], value) for key, value in part.items())
        case Sequence(), Sequence() if not isinstance(part, str):
            return all(map(_has_members, whole, part))
    return True


def set_aside(path: Path) -> Path:
    """Renames a damaged file to <name>.damaged, replacing an earlier one; returns the new path."""
    damaged = path.with_name(f"{path.name}.damaged")
    try:
        path.replace(damaged)
    except OSError:
        return path
    return damaged


@dataclass(frozen=True, slots=True)
class _Head:
    format: int = 0


def _plain(value: object) -> object:
    """Converts types that msgspec does not know into JSON types."""
    if isinstance(value, PurePath):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def _special(kind: type, value: object) -> object:
    """The reverse of `_plain`; values annotated as any object stay JSON types."""
    if kind is object:
        return value
    if issubclass(kind, PurePath) and isinstance(value, str):
        return kind(value)
    raise ValueError(f"no {kind.__name__}")


def _place_in(error: Exception) -> str:
    """Where msgspec found the error: ", at shares[2]"; without the value itself."""
    _, found, place = str(error).rpartition(" - at `$")
    return f", at {place.strip('`.')}" if found and place.isprintable() else ""
