"""Changes AWS's configuration files line by line: all that an edit does not name stays, byte for byte.

Owns: which lines an edit touches, which values can be written. Must not know: files on disk (write.py),
whether the result is right (verify.py looks, by other means).
"""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.profiles.edits import (
    AddSection,
    Edit,
    RemoveOption,
    RemoveSection,
    RenameSection,
    SetOption,
)
from workbench.profiles.ini import keep_from_collector
from workbench.profiles.ini_lines import (
    BOM,
    Line,
    OptionLines,
    SectionLines,
    cut,
    decode,
    flat,
    refused,
    take_apart,
    value_lines,
)

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_INLINE_COMMENT = re.compile(r"(?:^|\s)[#;]")
_OPTION_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_SECTION_NAME = re.compile(r"[^\[\]\s]+(?:[ ]+[^\[\]\s]+)*")


def apply_edits(data: bytes, edits: Sequence[Edit]) -> bytes:
    """A file's bytes after the edits, made in order. Removing an option that is not there changes nothing.

    Byte order mark, line ends, comments, blank lines, spelling and a missing last line end are kept.

    Raises:
        WorkbenchError: The file is not one that botocore reads; a section is not there, or is there already;
            a value would not read back as it is. The error never quotes a value.
    """
    document = _Document.read(data)
    for edit in edits:
        document.apply(edit)
    return document.data()


def value_fault(value: str) -> str:
    """Why a value cannot be written so that every SDK reads back just that; empty when it can.

    Several lines are a value only in the one form that botocore knows: nested settings, each `key = value`,
    below an empty first line.

    Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files": a # after a blank
    begins a comment, for all SDKs but Python's.
    """
    if value.startswith("\n"):
        settings = value[1:].split("\n")
        if not all("=" in line and line.partition("=")[0].strip() for line in settings):
            return "A value cannot contain line breaks."
        return next(filter(None, map(value_fault, settings)), "")
    if "\n" in value or "\r" in value:
        return "A value cannot contain line breaks."
    if _CONTROL.search(value):
        return "A value cannot contain control characters."
    if value != value.strip():
        return "A value cannot begin or end with a space."
    if _INLINE_COMMENT.search(value):
        return "In a value, a # or ; after a space would begin a comment."
    return ""


@dataclass(slots=True)
class _Document:
    """A file, taken apart."""

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
            raise refused(f"The section [{name}] does not exist.", remedy="Reload the profiles.")
        return self.sections[name]

    def _set(self, section: SectionLines, name: str, value: str) -> None:
        if fault := value_fault(value):
            raise refused(f"{fault} (“{name}” in [{section.name}])", remedy="Correct the value.")
        if option := section.option(name):
            if option.value != value:
                option.set(value, self.end)
            return
        if not _OPTION_NAME.fullmatch(name):
            raise refused(f"“{name}” is not a valid option name.")
        # With another indent than the last option's, one of them would become part of the other's value.
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
                raise refused(f"“{option}” is specified twice for [{name}].")
            self._set(section, option, value)

    def _remove_section(self, section: SectionLines) -> None:
        names = list(self.sections)
        at = names.index(section.name)
        before = self.sections[names[at - 1]].body if at else self.head
        if at + 1 < len(names):
            before += section.body[section.heading_of_next() :]
        elif before and isinstance(line := before[-1], Line) and line.is_blank:
            before.pop()  # it set the last section apart
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
            raise refused(f"The section [{name}] already exists.")
        if not _SECTION_NAME.fullmatch(name) or not name.isprintable() or _INLINE_COMMENT.search(name):
            raise refused(f"“{name}” is not a valid section name.")
        if name == "DEFAULT":
            raise refused("Settings in [DEFAULT] would apply to every profile.")
