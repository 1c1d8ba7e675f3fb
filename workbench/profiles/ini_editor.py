"""Edits AWS's configuration files by line, and checks that nothing else changes.

Everything that an edit does not name stays, byte for byte. The result is parsed with botocore's parser, so
that it means the same to the SDKs; `verify` shares no code with the editor, which it checks.
"""

import configparser
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.profiles.config_files import Scan, keep_from_collector


@dataclass(frozen=True, slots=True)
class SetOption:
    """Sets an option of an existing section, in place if it exists."""

    section: str
    option: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoveOption:
    """Removes an option with its continuation lines."""

    section: str
    option: str


@dataclass(frozen=True, slots=True)
class AddSection:
    """Adds a section at the end of the file. The header is written as given: "profile dev", "default"."""

    section: str
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class RemoveSection:
    """Removes a section with everything in it."""

    section: str


@dataclass(frozen=True, slots=True)
class RenameSection:
    """Gives a section another header; its content stays."""

    section: str
    new_section: str


type Edit = SetOption | RemoveOption | AddSection | RemoveSection | RenameSection


@dataclass(frozen=True, slots=True)
class FileEdits:
    """Edits of one file, in order. Sections are named by the text between the brackets."""

    path: Path
    edits: tuple[Edit, ...]


BOM = b"\xef\xbb\xbf"
_COMMENTS = ("#", ";")
_UNCHANGED = _("The file was not changed.")
_MEND = _("Correct the file, then try again.")


@dataclass(slots=True)
class Line:
    """A line without its line end: LF, CR or both."""

    text: str
    end: str

    @property
    def indent(self) -> str:
        return self.text[: len(self.text) - len(self.text.lstrip())]

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()

    @property
    def is_comment(self) -> bool:
        return self.text.lstrip().startswith(_COMMENTS)


@dataclass(slots=True)
class OptionLines:
    """An option: its line, and all lines up to the last that continues its value."""

    name: str
    lines: list[Line]

    @property
    def value(self) -> str:
        parts = [split_option(self.lines[0].text)[1]]
        parts += [line.text.strip() for line in self.lines[1:] if not line.is_comment]
        return "\n".join(parts).rstrip()

    def set(self, value: str, end: str) -> None:
        """Replaces the value; comments between the old lines stay."""
        first, rest = self.lines[0], self.lines[1:]
        old = split_option(first.text)[1]
        stem = first.text.rstrip()
        stem = stem[: len(stem) - len(old)] if old else stem
        continued = next((line.indent for line in rest if not (line.is_blank or line.is_comment)), "")
        indent = continued or first.indent + "  "
        if not old and stem[-2:-1].isspace():  # "key =", not "key="
            stem += " "
        self.lines = [
            *value_lines(stem, value, indent, first.end or end),
            *(line for line in rest if line.is_comment),
        ]


@dataclass(slots=True)
class SectionLines:
    """A section; `body` is options, and the blank lines and comments around them."""

    name: str
    header: Line
    body: list[OptionLines | Line] = field(default_factory=list)

    def option(self, name: str) -> OptionLines | None:
        for each in self.body:
            if isinstance(each, OptionLines) and each.name == name.lower():
                return each
        return None

    def add(self, option: OptionLines) -> None:
        """Adds an option after the last one, before the blank lines at the end of the section."""
        last = max((at for at, each in enumerate(self.body) if isinstance(each, OptionLines)), default=-1)
        self.body.insert(last + 1, option)

    def heading_of_next(self) -> int:
        """Index in the body of the comments directly above the next section's header."""
        at = len(self.body)
        while at and isinstance(line := self.body[at - 1], Line) and line.is_comment:
            at -= 1
        return at or len(self.body)  # right below its own header a comment belongs to the section


def flat(parts: Iterable[OptionLines | Line]) -> Iterator[Line]:
    """All lines, including those of options."""
    for part in parts:
        if isinstance(part, OptionLines):
            yield from part.lines
        else:
            yield part


def cut(raw: str) -> Line:
    """Splits the line end off a line."""
    text = raw.rstrip("\r\n")
    return Line(text, raw[len(text) :])


def split_option(text: str) -> tuple[str, str]:
    """Name and value of an option's line. Raises ValueError if it is not one."""
    text = text.strip()
    at = min(text.find(each) for each in "=:" if each in text)
    return text[:at].rstrip().lower(), text[at + 1 :].strip()


def value_lines(stem: str, value: str, indent: str, end: str) -> list[Line]:
    """The lines of an option whose line begins with `stem`; nested settings follow below it."""
    first, *nested = value.split("\n")
    text = stem + first if first else stem.rstrip()
    return [Line(text, end), *(Line(indent + line, end) for line in nested)]


def take_apart(lines: Sequence[Line]) -> tuple[list[OptionLines | Line], dict[str, SectionLines]]:
    """The lines before the first section, and the sections, as the SDK finds them."""
    scan = Scan()
    scan.take(line.text for line in lines)
    if scan.faults:
        number, why = min(scan.faults)
        raise refused(why, number, _MEND)
    options = {numbers.start: (name, numbers) for name, numbers in scan.options()}
    head: list[OptionLines | Line] = []
    sections: dict[str, SectionLines] = {}
    body, done = head, 0
    for number, line in enumerate(lines, start=1):
        keep_from_collector(number)
        if number <= done:  # a line of the last option
            continue
        if (header := scan.headers.get(number)) is not None:
            if header in sections:
                raise refused(_("The section [{name}] occurs twice.").format(name=header), number, _MEND)
            section = sections[header] = SectionLines(header, line)
            body = section.body
        elif number in options:
            name, numbers = options[number]
            body.append(OptionLines(name, list(lines[number - 1 : numbers.stop - 1])))
            done = numbers.stop - 1
        else:
            body.append(line)
    return head, sections


def decode(data: bytes) -> str:
    """A file's text without its byte order mark. Raises WorkbenchError."""
    try:
        text = data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refused(_("It contains bytes that are not UTF-8 text."), line, _MEND) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise refused(_("It contains NUL characters, as UTF-16 text does."), line, _MEND)
    return text


def refused(why: str, line: int = 0, remedy: str = "") -> WorkbenchError:
    """The error of an edit that was refused."""
    return WorkbenchError(
        _UNCHANGED, _("Line {line}: {why}").format(line=line, why=why) if line else why, remedy
    )


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_INLINE_COMMENT = re.compile(r"(?:^|\s)[#;]")
_OPTION_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_SECTION_NAME = re.compile(r"[^\[\]\s]+(?:[ ]+[^\[\]\s]+)*")


def apply_edits(data: bytes, edits: Sequence[Edit]) -> bytes:
    """A file's bytes after the edits, made in order. Removing a missing option changes nothing.

    Byte order mark, line ends, comments, blank lines, spelling and a missing last line end are kept.

    Raises:
        WorkbenchError: botocore cannot read the file; a section does not exist, or exists already; a value
            would not read back unchanged. The error never contains a value.
    """
    document = _Document.read(data)
    for edit in edits:
        document.apply(edit)
    return document.data()


def value_fault(value: str) -> str:
    """Why a value cannot be written so that every SDK reads it back unchanged; empty if it can.

    Several lines are allowed only in botocore's form: nested settings, each `key = value`, below an empty
    first line.

    Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files": a # after a blank
    begins a comment, for all SDKs but Python's.
    """
    if value.startswith("\n"):
        settings = value[1:].split("\n")
        if not all("=" in line and line.partition("=")[0].strip() for line in settings):
            return _("A value cannot contain line breaks.")
        return next(filter(None, map(value_fault, settings)), "")
    if "\n" in value or "\r" in value:
        return _("A value cannot contain line breaks.")
    if _CONTROL.search(value):
        return _("A value cannot contain control characters.")
    if value != value.strip():
        return _("A value cannot begin or end with a space.")
    if _INLINE_COMMENT.search(value):
        return _("In a value, a # or ; after a space would begin a comment.")
    return ""


@dataclass(slots=True)
class _Document:
    """A parsed file."""

    mark: bytes
    end: str
    unterminated: bool
    head: list[OptionLines | Line]
    sections: dict[str, SectionLines]

    @classmethod
    def read(cls, data: bytes) -> "_Document":
        mark = BOM if data.startswith(BOM) else b""
        lines: list[Line] = []
        for raw in io.StringIO(decode(data), newline=""):
            lines.append(cut(raw))
            keep_from_collector(len(lines))
        end = next((line.end for line in lines if line.end), "\n")
        unterminated = bool(lines) and not lines[-1].end
        if unterminated:
            lines[-1].end = end
        head, sections = take_apart(lines)
        return cls(mark, end, unterminated, head, sections)

    def data(self) -> bytes:
        lines: list[Line] = [*flat(self.head)]
        for section in self.sections.values():
            lines += [section.header, *flat(section.body)]
        text = "".join([line.text + line.end for line in lines])
        if self.unterminated and lines:
            text = text.removesuffix(lines[-1].end)
        return self.mark + text.encode("utf-8")

    def apply(self, edit: Edit) -> None:
        match edit:
            case SetOption(section, option, value):
                self._set(self._section(section), option, value)
            case RemoveOption(section, option):
                self._remove_option(self._section(section), option)
            case AddSection(section, options):
                self._add_section(section, options)
            case RemoveSection(section):
                self._remove_section(self._section(section))
            case RenameSection(section, new_section):
                self._rename(self._section(section), new_section)

    def _section(self, name: str) -> SectionLines:
        if name not in self.sections:
            raise refused(
                _("The section [{name}] does not exist.").format(name=name), remedy=_("Reload the profiles.")
            )
        return self.sections[name]

    def _set(self, section: SectionLines, name: str, value: str) -> None:
        if fault := value_fault(value):
            raise refused(f"{fault} (“{name}” in [{section.name}])", remedy=_("Correct the value."))
        if option := section.option(name):
            if option.value != value:
                option.set(value, self.end)
            return
        if not _OPTION_NAME.fullmatch(name):
            raise refused(_("“{name}” is not a valid option name.").format(name=name))
        # With another indentation than the last option's, one would become part of the other's value.
        indents = [each.lines[0].indent for each in section.body if isinstance(each, OptionLines)]
        indent = indents[-1] if indents else self._indent_after(section)
        lines = value_lines(f"{indent}{name} = ", value, indent + "  ", self.end)
        section.add(OptionLines(name.lower(), lines))

    def _indent_after(self, section: SectionLines) -> str:
        names = list(self.sections)
        at = names.index(section.name) + 1
        return self.sections[names[at]].header.indent if at < len(names) else ""

    def _remove_option(self, section: SectionLines, name: str) -> None:
        if option := section.option(name):
            at = section.body.index(option)
            section.body[at : at + 1] = [line for line in option.lines if line.is_comment]

    def _add_section(self, name: str, options: Iterable[tuple[str, str]]) -> None:
        self._check_new(name)
        last = next(reversed(self.sections.values())).body if self.sections else self.head
        tail = [*flat(last[-1:])] or [each.header for each in self.sections.values()][-1:]
        if tail and not tail[-1].is_blank:
            last.append(Line("", tail[-1].end))
        section = self.sections[name] = SectionLines(name, Line(f"[{name}]", self.end))
        for option, value in options:
            if section.option(option):
                raise refused(
                    _("“{option}” is specified twice for [{name}].").format(option=option, name=name)
                )
            self._set(section, option, value)

    def _remove_section(self, section: SectionLines) -> None:
        names = list(self.sections)
        at = names.index(section.name)
        before = self.sections[names[at - 1]].body if at else self.head
        if at + 1 < len(names):
            before += section.body[section.heading_of_next() :]
        elif before and isinstance(line := before[-1], Line) and line.is_blank:
            before.pop()  # it separated the last section
        del self.sections[section.name]

    def _rename(self, section: SectionLines, name: str) -> None:
        if name == section.name:
            return
        self._check_new(name)
        text = section.header.text
        start = text.index("[") + 1
        section.header.text = text[:start] + name + text[start + len(section.name) :]
        self.sections = {name if each is section else key: each for key, each in self.sections.items()}
        section.name = name

    def _check_new(self, name: str) -> None:
        if name in self.sections:
            raise refused(_("The section [{name}] already exists.").format(name=name))
        if not _SECTION_NAME.fullmatch(name) or not name.isprintable() or _INLINE_COMMENT.search(name):
            raise refused(_("“{name}” is not a valid section name.").format(name=name))
        if name == "DEFAULT":
            raise refused(_("Settings in [DEFAULT] would apply to every profile."))


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
    """The sections after the edits; the argument is not changed. Raises WorkbenchError."""
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
