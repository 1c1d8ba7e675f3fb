"""Verifies that a file changed exactly as its edits say.

Reads with botocore's parser, so the result means the same to the SDKs. Shares no code with ini_editor.py,
which it checks.
"""

import configparser
import io
from collections.abc import Iterator, Sequence

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.config_files import keep_from_collector
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    RemoveOption,
    RemoveSection,
    RenameSection,
    SetOption,
)

type Sections = dict[str, dict[str, str]]
"""The options of each section, including [DEFAULT], in the file's order. Contains secrets: never print it."""

_BOM = b"\xef\xbb\xbf"


def parse(data: bytes) -> Sections:
    """Parses a file as botocore does, except that a byte order mark is skipped.

    Raises:
        WorkbenchError: botocore cannot read it. The error quotes no line of the file.
    """
    # Here [DEFAULT] is a section like others: its options must appear once, not in every section.
    parser = configparser.RawConfigParser(default_section="\0")
    try:
        parser.read_file(_lines(data.removeprefix(_BOM).decode("utf-8")))
    except configparser.Error as error:
        line = getattr(error, "lineno", 0) or next((each[0] for each in getattr(error, "errors", ())), 0)
        raise _broken(
            _("The SDKs cannot read line {line}.").format(line=line)
            if line
            else _("The SDKs cannot read it.")
        ) from None
    except UnicodeDecodeError:
        raise _broken(_("It contains bytes that are not UTF-8 text.")) from None
    found: Sections = {}
    for name in parser.sections():
        options = found[name] = dict(parser.items(name))
        parser.remove_section(name)  # it refers to the parser, and would never be freed
        keep_from_collector(len(found))
        if any(value.startswith("\n") and not _is_nested(value) for value in options.values()):
            raise _broken(
                _("Indented lines below an option of [{name}] are not valid settings.").format(name=name)
            )
    return found


def _lines(text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        keep_from_collector(number)
        yield line


def change(sections: Sections, edits: Sequence[Edit]) -> Sections:
    """The sections after the edits; the argument is not changed.

    Raises:
        WorkbenchError: An edit does not fit: its section does not exist, or exists already.
    """
    changed = dict(sections)
    for edit in edits:
        new = edit.section if isinstance(edit, AddSection) else ""
        new = edit.new_section if isinstance(edit, RenameSection) else new
        if new in changed and new != (edit.section if isinstance(edit, RenameSection) else ""):
            raise _broken(_("The section [{new}] already exists.").format(new=new))
        if edit.section not in changed and not isinstance(edit, AddSection):
            raise _broken(_("The section [{section}] does not exist.").format(section=edit.section))
        match edit:
            case SetOption(section, option, value):
                changed[section] = changed[section] | {option.lower(): value}
            case RemoveOption(section, option):
                left = changed[section].items()
                changed[section] = {name: each for name, each in left if name != option.lower()}
            case AddSection(section, options):
                changed[section] = {option.lower(): value for option, value in options}
            case RemoveSection(section):
                del changed[section]
            case RenameSection(section, _):
                changed = {new if name == section else name: each for name, each in changed.items()}
    return changed


def verify(old: bytes, new: bytes, edits: Sequence[Edit]) -> tuple[Sections, Sections]:
    """Returns both states of a file if they differ exactly by the edits.

    Raises:
        WorkbenchError: They do not, or one cannot be read. Then nothing may be written.
    """
    before, after = parse(old), parse(new)
    if not _same(change(before, edits), after):
        raise _broken(_("The change would also affect other sections because of how the file is written."))
    if old.startswith(_BOM) != new.startswith(_BOM):
        raise _broken(_("Its byte order mark would be lost."))
    return before, after


def _same(meant: Sections, found: Sections) -> bool:
    """Whether two are equal, and in the same order: botocore uses the later of two equal sections."""
    return len(meant) == len(found) and all(
        each == other and meant[each] == found[each] and list(meant[each]) == list(found[each])
        for each, other in zip(meant, found, strict=True)
    )


def _is_nested(value: str) -> bool:
    """Whether botocore can parse a value as nested settings (configloader._parse_nested)."""
    return all("=" in line for line in value.splitlines() if line.strip())


def _broken(why: str) -> WorkbenchError:
    return WorkbenchError(_("The file was not changed."), why, _("Edit the file manually."))
