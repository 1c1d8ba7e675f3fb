"""A configuration file as lines, taken apart as `configparser.RawConfigParser` does: botocore reads with it.

Owns: which line belongs to which option and section. Must not know: edits (lines.py makes them).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from workbench.core.errors import WorkbenchError
from workbench.profiles.ini import keep_from_collector

BOM = b"\xef\xbb\xbf"
_COMMENTS = ("#", ";")
_UNCHANGED = "The file was not changed."
_MEND = "Correct the file, then try again."


@dataclass(slots=True)
class Line:
    """A line, and apart from it what ends it: a line feed, a carriage return or both."""

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
    """An option: its line, then all lines up to the last that continues its value."""

    name: str
    lines: list[Line]

    @property
    def value(self) -> str:
        parts = [split_option(self.lines[0].text)[1]]
        parts += [line.text.strip() for line in self.lines[1:] if not line.is_comment]
        return "\n".join(parts).rstrip()

    def set(self, value: str, end: str) -> None:
        """Writes the value in place of the old one; comments between the old lines stay."""
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
        """Puts an option behind the last one, before the blank lines that end the section."""
        last = max((at for at, each in enumerate(self.body) if isinstance(each, OptionLines)), default=-1)
        self.body.insert(last + 1, option)

    def heading_of_next(self) -> int:
        """Where in the body the comments begin that stand directly above the next section's header."""
        at = len(self.body)
        while at and isinstance(line := self.body[at - 1], Line) and line.is_comment:
            at -= 1
        return at or len(self.body)  # right below its own header a comment is the section's


def flat(parts: Iterable[OptionLines | Line]) -> Iterator[Line]:
    """All lines, those of options among them."""
    for part in parts:
        if isinstance(part, OptionLines):
            yield from part.lines
        else:
            yield part


def cut(raw: str) -> Line:
    """Takes what ends a line off it."""
    text = raw.rstrip("\r\n")
    return Line(text, raw[len(text) :])


def split_option(text: str) -> tuple[str, str]:
    """Name and value of an option's line. Raises ValueError when it is none."""
    text = text.strip()
    at = min(text.find(each) for each in "=:" if each in text)
    return text[:at].rstrip().lower(), text[at + 1 :].strip()


def value_lines(stem: str, value: str, indent: str, end: str) -> list[Line]:
    """The lines of an option whose line begins with `stem`; nested settings go below it."""
    first, *nested = value.split("\n")
    text = stem + first if first else stem.rstrip()
    return [Line(text, end), *(Line(indent + line, end) for line in nested)]


def take_apart(lines: Sequence[Line]) -> tuple[list[OptionLines | Line], dict[str, SectionLines]]:
    """Sections and options, as RawConfigParser._read finds them."""
    head: list[OptionLines | Line] = []
    sections: dict[str, SectionLines] = {}
    loose, body = head, head  # `loose`: blank lines and comments that may yet turn out to be inside a value
    option: OptionLines | None = None
    section: SectionLines | None = None
    names: set[str] = set()
    for number, line in enumerate(lines, start=1):
        keep_from_collector(number)
        text = line.text.strip()
        if not text or text.startswith(_COMMENTS):
            loose.append(line)
            continue
        if option and len(line.indent) > len(option.lines[0].indent):
            option.lines += [*flat(loose), line]
            loose.clear()
            continue
        if loose is not body:
            body += loose
        if header := re.match(r"\[(.+)\]", text):
            section, option, names = SectionLines(header[1], line), None, set()
            if section.name in sections:
                raise refused(f"The section [{section.name}] occurs twice.", number, _MEND)
            sections[section.name] = section
            loose = body = section.body
            continue
        if section is None:
            raise refused("There is text before the first section.", number, _MEND)
        name = split_option(text)[0] if "=" in text or ":" in text else ""
        if not name:
            raise refused("This line is neither a section nor “option = value”.", number, _MEND)
        if name in names:
            # Unnamed: in a broken file a line that is a secret may pass for an option's name.
            raise refused(f"An option occurs twice in the section [{section.name}].", number, _MEND)
        names.add(name)
        option = OptionLines(name, [line])
        body.append(option)
        loose = []
    if loose is not body:
        body += loose
    return head, sections


def decode(data: bytes) -> str:
    """A file's text without its byte order mark.

    Raises:
        WorkbenchError: It is not UTF-8.
    """
    try:
        text = data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refused("It contains bytes that are not UTF-8 text.", line, _MEND) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise refused("It contains NUL characters, as UTF-16 text does.", line, _MEND)
    return text


def refused(why: str, line: int = 0, remedy: str = "") -> WorkbenchError:
    """The error of an edit that is not made."""
    return WorkbenchError(_UNCHANGED, f"Line {line}: {why}" if line else why, remedy)
