"""Values on disk: a dataclass is written as one JSON object with its version, and checked when it is read.

    {"format": 1, "name": "live", "shares": [0.1, 0.5]}

`Format` is declared once beside the class, or beside the store that keeps it. Fields, enums, dates, paths and
tuples are read by their annotations (msgspec); a named tuple is a JSON array, bytes are base64. A member that
is missing gets the field's default and one that is not known is passed over, so a new field with a default
needs no new version. Whatever else changes does, with an upgrade from the version before.

What cannot be read as its type raises `Damaged`, whatever it holds. A store that can do without its file uses
`Format.load`: it sets a damaged one aside as <name>.damaged, logs that, and returns None.

msgspec is loaded by the first value that is read or written; most of what a start does needs none.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from workbench.core.files import write_atomic

_log = logging.getLogger(__name__)


class Damaged(ValueError):
    """What was read is not a value of its type. The message quotes nothing of it: secrets may stand there."""


class Newer(Damaged):
    """It was written by a later version of the program."""


@dataclass(frozen=True, slots=True)
class Format[T]:
    """How the values of a class lie on disk.

    Attributes:
        type: The dataclass. It has no field of the name "format".
        version: Of what is written.
        upgrades: By version: what makes its JSON object that of the next version. Files that were written
            before there were versions have version 0.
    """

    type: type[T]
    version: int = 1
    upgrades: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)

    def encode(self, value: T) -> bytes:
        """A value as JSON, in UTF-8."""
        import msgspec  # see the head of this file

        try:
            data = msgspec.json.encode(value, enc_hook=_plain)
        except UnicodeEncodeError:  # a name that is no text in any encoding, as file systems have them
            data = json.dumps(msgspec.to_builtins(value, enc_hook=_plain)).encode()
        return b'{"format":%d%s%s' % (self.version, b"," if data != b"{}" else b"", data[1:])

    def decode(self, data: bytes) -> T:
        """The value that `encode` was given, of this version or an older one.

        Raises:
            Damaged: It is none.
        """
        import msgspec  # see the head of this file

        try:
            try:
                version = msgspec.json.decode(data, type=_Head).format
                if version == self.version:
                    return msgspec.json.decode(data, type=self.type, dec_hook=_special)
                values = msgspec.json.decode(data)
            except msgspec.ValidationError:
                raise
            except msgspec.DecodeError:  # the json module reads more: names that are no text, NaN
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
        """Replaces a file, which is for this user only.

        Raises:
            WorkbenchError: The disk refuses. The old file is intact then.
        """
        write_atomic(path, self.encode(value))

    def read(self, path: Path) -> T:
        """Reads a file.

        Raises:
            FileNotFoundError: There is none.
            OSError: It cannot be read.
            Damaged: It holds no such value.
        """
        return self.decode(path.read_bytes())

    def load(self, path: Path) -> T | None:
        """Reads a file that the program can do without; None when there is none that can be read.

        A damaged one is set aside, so that what is written next does not destroy it; one that a later version
        wrote stays.
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


def to_builtins(value: object) -> Any:
    """A value as what the json module writes: for a part of a journal's event, or of a settings file."""
    import msgspec  # see the head of this file

    return msgspec.to_builtins(value, enc_hook=_plain)


def convert[T](value: object, kind: type[T], *, exact: bool = False) -> T:
    """The value again that `to_builtins` was given.

    Args:
        value: What it gave.
        kind: The value's class, or another type that an annotation can name.
        exact: For what must be understood whole, or not at all: no unknown member is passed over, wherever.

    Raises:
        Damaged: It is none.
    """
    import msgspec  # see the head of this file

    try:
        found = msgspec.convert(value, kind, dec_hook=_special)
        is_whole = not exact or _has_members(to_builtins(found), value)
    except (ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise Damaged(f"no {getattr(kind, '__name__', kind)}{_place_in(error)}") from error
    if not is_whole:
        raise Damaged(f"no {getattr(kind, '__name__', kind)} that this version knows")
    return found


def _has_members(whole: object, part: object) -> bool:
    """Whether a JSON value has all members that another has, at any depth."""
    match whole, part:
        case Mapping(), Mapping():
            return all(key in whole and _has_members(whole[key], value) for key, value in part.items())
        case Sequence(), Sequence() if not isinstance(part, str):
            return all(map(_has_members, whole, part))
    return True


def set_aside(path: Path) -> Path:
    """Moves a damaged file to <name>.damaged, where the newest one is kept; returns where it is now."""
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
    """What msgspec does not know, as JSON has it."""
    if isinstance(value, PurePath):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def _special(kind: type, value: object) -> object:
    """The reverse of `_plain`; what is annotated as any object stays as JSON has it."""
    if kind is object:
        return value
    if issubclass(kind, PurePath) and isinstance(value, str):
        return kind(value)
    raise ValueError(f"no {kind.__name__}")


def _place_in(error: Exception) -> str:
    """Where msgspec found what it did not expect: ", at shares[2]"; without the value itself."""
    _, found, place = str(error).rpartition(" - at `$")
    return f", at {place.strip('`.')}" if found and place.isprintable() else ""
