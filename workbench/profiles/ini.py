"""AWS's configuration files as text: sections with their lines, read the way botocore reads them, and mended.

Owns: finding out what is wrong with a file and where. Must not know: what the options mean.
"""

import configparser
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.errors import WorkbenchError

_REMEDY = "Correct it, then reload the profiles."
_RELOAD = "profile.reload"


@dataclass(frozen=True, slots=True)
class Section:
    """One `[section]`. Values are not in its repr: some are secrets."""

    name: str
    line: int
    options: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class IniFile:
    """A file that was read. `error` says why the SDK cannot; the sections are what could be made out."""

    path: Path
    sections: tuple[Section, ...] = ()
    error: WorkbenchError | None = None


def read_ini(path: Path) -> IniFile:
    """Reads a file; one that does not exist is empty. Never raises for what is in it."""
    try:
        data = _read_regular(path)
    except FileNotFoundError:
        return IniFile(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return IniFile(path, error=_error(path, 0, f"It cannot be opened: {reason}."))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        broken = _error(path, line, "It holds bytes that are not UTF-8 text.")
        return IniFile(path, _salvage(data.decode("latin-1")), broken)
    if text.startswith("\ufeff"):
        broken = _error(path, 1, "It begins with a byte order mark, which the AWS SDKs do not skip.")
        return IniFile(path, _salvage(text[1:]), broken)
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        return IniFile(path, _salvage(text), _error(path, *_explain(error)))
    return IniFile(path, _sections(parser, text))


def _read_regular(path: Path) -> bytes:
    """The bytes of a file, but not of a folder or a pipe: those read as empty, or never end."""
    with open(
        path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
    ) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not a file")
        return file.read()


def _explain(error: configparser.Error) -> tuple[int, str]:
    """The line and the reason, without the line's text: it may be a secret."""
    match error:
        case configparser.DuplicateSectionError():
            return error.lineno or 0, f"The section [{error.section}] is there twice."
        case configparser.DuplicateOptionError():
            return error.lineno or 0, f"“{error.option}” is there twice in the section [{error.section}]."
        case configparser.MissingSectionHeaderError():
            return error.lineno, "There is text before the first section."
        case configparser.ParsingError() if error.errors:
            return error.errors[0][0], "This line is neither a section nor “option = value”."
    return 0, "It is not a configuration file."


def _salvage(text: str) -> tuple[Section, ...]:
    """What can be made out of a broken file: doubled sections are merged, odd lines are left out."""
    kept: list[str] = []
    for line in text.split("\n"):
        if line.startswith("[") or (
            kept and (not line.strip() or line[0].isspace() or "=" in line or ":" in line)
        ):
            kept.append(line)
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string("\n".join(kept))
    except configparser.Error:
        return ()
    return _sections(parser, text)


def _sections(parser: configparser.RawConfigParser, text: str) -> tuple[Section, ...]:
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("["):
            lines.setdefault(line[1:].partition("]")[0], number)
    return tuple(
        Section(name, lines.get(name, 0), {key: value or "" for key, value in parser.items(name)})
        for name in parser.sections()
    )


def _error(path: Path, line: int, why: str) -> WorkbenchError:
    place = f"{path}, line {line}" if line else str(path)
    return WorkbenchError(f"{place} cannot be read.", why, _REMEDY, action=_RELOAD)
