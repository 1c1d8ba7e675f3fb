"""Decodes and encodes text files, recognizes the formats of other files, and compares texts by line.

The editor knows only Unicode and LF. Encoding, byte order mark and line ends are detected in the bytes of a
file when it is read, and again when it is overwritten: what nobody edited keeps its bytes.
"""

import codecs
import difflib
import re
import tokenize
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from io import BytesIO

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

# Above this Monaco disables highlighting, and sending the text to the web view takes seconds.
HUGE_BYTES = 20 * 1024 * 1024
_SNIFFED_BYTES = 8192
_PIECE = 1 << 18
HEAD_BYTES = 64
_LINE_END = re.compile(r"\r\n|\r|\n")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class FileKind(Enum):
    """Whether a file can be shown as text."""

    TEXT = "text"
    BINARY = "binary"
    HUGE = "huge"


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text for the editor.

    Attributes:
        text: With LF only. Empty unless `kind` is TEXT.
        line_end: The most frequent one; LF in a file without any.
        mixed_line_ends: Whether the file has several kinds. They are kept in lines that are not edited.
        head: The first bytes of a file that is not shown as text, from which its format is recognized.
    """

    kind: FileKind
    text: str
    size_bytes: int
    encoding: str = "utf-8"
    bom: bytes = b""
    line_end: str = "\n"
    mixed_line_ends: bool = False
    head: bytes = b""


def decode(data: bytes) -> Document:
    """Decodes a file. Never fails: anything but text is binary."""
    if len(data) > HUGE_BYTES:
        return Document(FileKind.HUGE, "", len(data), head=data[:HEAD_BYTES])
    bom, encoding = next(((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", ""))
    if not bom and b"\0" in data[:_SNIFFED_BYTES]:
        return Document(FileKind.BINARY, "", len(data), head=data[:HEAD_BYTES])
    body = data[len(bom) :]
    encoding = encoding or _encoding_of(body)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        return Document(FileKind.BINARY, "", len(data), head=data[:HEAD_BYTES])
    counts = {"\n": 0, "\r\n": 0, "\r": 0}
    pieces = []
    for piece in _pieces(text):
        both = piece.count("\r\n")
        counts["\r\n"] += both
        counts["\n"] += piece.count("\n") - both
        counts["\r"] += piece.count("\r") - both
        pieces.append(_with_line_feeds(piece))
    line_end = max(counts, key=lambda end: counts[end])
    mixed = sum(1 for count in counts.values() if count) > 1
    return Document(FileKind.TEXT, "".join(pieces), len(data), encoding, bom, line_end, mixed)


def encode(text: str, old: bytes, name: str) -> bytes:
    """The bytes of edited text, in the format of the file that it replaces.

    Raises WorkbenchError if the file's encoding lacks a character, or the file is not text.

    Args:
        old: The file's current bytes; empty for a new file.
    """
    form = decode(old)
    text = "".join(map(_with_line_feeds, _pieces(text)))
    if form.kind is not FileKind.TEXT:
        raise WorkbenchError(
            _("{name} could not be saved.").format(name=name),
            _("The file on disk is binary, not text.")
            if form.kind is FileKind.BINARY
            else _("The file on disk is too large to be edited as text."),
        )
    if text == form.text:
        return old
    if form.mixed_line_ends:
        text = _with_original_line_breaks(text, old[len(form.bom) :].decode(form.encoding), form.line_end)
    elif form.line_end != "\n":
        text = text.replace("\n", form.line_end)
    try:
        return form.bom + text.encode(form.encoding)
    except UnicodeEncodeError as error:
        raise WorkbenchError(
            _("{name} could not be saved.").format(name=name),
            _("The file is encoded as {encoding}, which does not support {object!r}.").format(
                encoding=form.encoding, object=error.object[error.start]
            ),
            _("Remove that character. Your text is saved as a draft."),
        ) from error


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces, none of which ends within a line end.

    A single call on a text holds the global interpreter lock: with some MB in one piece the window would
    stall.
    """
    at = 0
    while at < len(text):
        end = at + _PIECE
        if text[end - 1 : end] == "\r":
            end += 1
        yield text[at:end]
        at = end


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _encoding_of(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    try:
        # The cookie of PEP 263, "# -*- coding: latin-1 -*-". Other languages have none, which is an error
        # here.
        declared = tokenize.detect_encoding(BytesIO(body).readline)[0]
        if body.decode(declared).encode(declared) == body:
            return declared
    except (SyntaxError, UnicodeError, LookupError, ValueError):
        pass
    return "latin-1"  # has a character for every byte, so nothing is lost


def _with_original_line_breaks(text: str, old: str, line_end: str) -> str:
    """Lines before the first and after the last edited one keep their ends; the others get the usual one."""
    new_lines = text.split("\n")
    old_ends = _LINE_END.findall(old)
    old_lines = _LINE_END.split(old)
    ends = [line_end] * (len(new_lines) - 1)
    most = min(len(new_lines), len(old_lines)) - 1
    before = 0
    while before < most and new_lines[before] == old_lines[before]:
        ends[before] = old_ends[before]
        before += 1
    after = 0
    while after < most - before and new_lines[-1 - after] == old_lines[-1 - after]:
        ends[-1 - after] = old_ends[-1 - after]
        after += 1
    for number in range(1, len(ends)):
        if not new_lines[number] and (ends[number - 1], ends[number]) == ("\r", "\n"):
            ends[number] = "\r"  # next to each other these two would be a single line end
    return "".join(line + end for line, end in zip(new_lines, [*ends, ""], strict=True))


class Format(Enum):
    """Formats that users distinguish."""

    IMAGE = "image"
    ARCHIVE = "archive"
    LIBRARY = "library"  # for the system's loader, or compiled for an interpreter
    PROGRAM = "program"  # opening it may run it
    DATABASE = "database"
    DOCUMENT = "document"
    FONT = "font"
    MEDIA = "media"
    DATA = "data"


_HEADS = {
    Format.IMAGE: (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"\0\0\1\0"),
    Format.ARCHIVE: (
        *(b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"BZh"),
        *(b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c"),
    ),
    Format.PROGRAM: (b"MZ", b"#!"),
    Format.LIBRARY: (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\0asm"),
    Format.DATABASE: (b"SQLite format 3\0",),
    Format.DOCUMENT: (b"%PDF-",),
    Format.FONT: (b"wOFF", b"wOF2", b"OTTO"),
    Format.MEDIA: (b"ID3", b"OggS", b"fLaC"),
}
_ENDINGS = {
    Format.IMAGE: ["png", "jpg", "jpeg", "gif", "bmp", "ico", "webp", "tif", "tiff", "avif"],
    Format.ARCHIVE: ["zip", "whl", "jar", "war", "gz", "tgz", "bz2", "xz", "zst", "7z", "tar", "egg"],
    Format.LIBRARY: ["so", "dll", "dylib", "pyd", "pyc", "pyo", "class", "node", "wasm", "a", "o", "lib"],
    Format.PROGRAM: ["exe", "com", "msi", "scr"],
    Format.DATABASE: ["db", "sqlite", "sqlite3", "mdb", "parquet"],
    Format.DOCUMENT: ["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods"],
    Format.FONT: ["ttf", "otf", "woff", "woff2", "eot"],
    Format.MEDIA: ["mp3", "mp4", "ogg", "wav", "flac", "webm", "mov", "avi", "mkv"],
    Format.DATA: ["bin", "dat", "pkl", "pickle", "npy", "npz", "h5", "onnx", "pb", "pt"],
}
_BY_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings}
_ELF, _ELF_TYPE, _ELF_PROGRAM = b"\x7fELF", 16, 2


def format_of(path: str, head: bytes) -> Format:
    """The format of a file that is not text."""
    if head.startswith(_ELF):  # most programs are marked as libraries, but their names say otherwise
        is_program = head[_ELF_TYPE : _ELF_TYPE + 1] == bytes([_ELF_PROGRAM]) or ".so" not in path
        return Format.PROGRAM if is_program else Format.LIBRARY
    if head[:4] == b"RIFF":
        return Format.IMAGE if head[8:12] == b"WEBP" else Format.MEDIA
    if head[4:8] == b"ftyp":
        return Format.MEDIA
    named = format_of_name(path)
    found = next((kind for kind, starts in _HEADS.items() if head.startswith(starts)), None)
    if found is Format.PROGRAM and named is Format.LIBRARY:
        return Format.LIBRARY  # .dll and .pyd begin as .exe does
    return found or named or Format.DATA


def format_of_name(path: str) -> Format | None:
    """The format of a file according to its name; None if it may be text."""
    return _BY_ENDING.get(path.rpartition("/")[2].rpartition(".")[2].lower()) if "." in path else None


def is_no_text(path: str, size_bytes: int) -> bool:
    """Whether a file certainly cannot be shown as text, according to its name and size."""
    return size_bytes > HUGE_BYTES or format_of_name(path) is not None


# difflib takes quadratic time in what differs. Longer runs are first split at lines that are equal and unique
# on both sides; what is still longer counts as one change.
_MAX_COMPARED = 3_000
_CONTEXT = 3


class LineChangeKind(StrEnum):
    """What happened to lines."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class LineChange:
    """Lines of the new text that differ.

    Attributes:
        line: The first line, from 1. For DELETED, the line after which others are missing; 0 for the top.
        end_line: The last line. For DELETED the same as `line`.
    """

    kind: LineChangeKind
    line: int
    end_line: int


type Block = tuple[int, int, int, int]  # old from, old to, new from, new to: counted from 0, `to` excluded


def line_changes(old: str, new: str) -> tuple[LineChange, ...]:
    """The lines of `new` that differ from `old`, in order."""
    found = []
    for old_from, old_to, new_from, new_to in changed_blocks(old.split("\n"), new.split("\n")):
        if new_from == new_to:
            found.append(LineChange(LineChangeKind.DELETED, new_from, new_from))
        else:
            kind = LineChangeKind.ADDED if old_from == old_to else LineChangeKind.CHANGED
            found.append(LineChange(kind, new_from + 1, new_to))
    return tuple(found)


def unified(old: str, new: str) -> str:
    """The differences in the format of `diff -u`, with three lines of context; "" if there are none."""
    old_lines, new_lines = old.split("\n"), new.split("\n")
    out: list[str] = []
    blocks = changed_blocks(old_lines, new_lines)
    shown = 0  # lines of the new text that are already written
    for number, (old_from, old_to, new_from, new_to) in enumerate(blocks):
        next_from = blocks[number + 1][2] if number + 1 < len(blocks) else len(new_lines)
        before, after = max(shown, new_from - _CONTEXT), min(next_from, new_to + _CONTEXT)
        if before > shown or not out:
            out.append(f"@@ -{old_from + 1} +{new_from + 1} @@")
        out += [f" {line}" for line in new_lines[before:new_from]]
        out += [f"-{line}" for line in old_lines[old_from:old_to]]
        out += [f"+{line}" for line in new_lines[new_from:new_to]]
        out += [f" {line}" for line in new_lines[new_to:after]]
        shown = after
    return "\n".join(out)


def changed_blocks(old: list[str], new: list[str]) -> list[Block]:
    """The runs that differ, in order."""
    found: list[Block] = []
    waiting = [(0, len(old), 0, len(new), True)]
    while waiting:
        old_from, old_to, new_from, new_to, may_split = waiting.pop()
        # Equal lines at both ends are skipped first.
        while old_from < old_to and new_from < new_to and old[old_from] == new[new_from]:
            old_from, new_from = old_from + 1, new_from + 1
        while old_from < old_to and new_from < new_to and old[old_to - 1] == new[new_to - 1]:
            old_to, new_to = old_to - 1, new_to - 1
        longest = max(old_to - old_from, new_to - new_from)
        if not longest:
            continue
        if old_from == old_to or new_from == new_to:
            found.append((old_from, old_to, new_from, new_to))
        elif longest <= _MAX_COMPARED:
            matcher = difflib.SequenceMatcher(None, old[old_from:old_to], new[new_from:new_to])
            found += [
                (old_from + a, old_from + b, new_from + c, new_from + d)
                for tag, a, b, c, d in matcher.get_opcodes()
                if tag != "equal"
            ]
        else:
            anchors = _anchors(old, old_from, old_to, new, new_from, new_to) if may_split else []
            if not anchors:
                found.append((old_from, old_to, new_from, new_to))
            else:
                before = [(old_from, new_from), *((at + 1, there + 1) for at, there in anchors)]
                after = [*anchors, (old_to, new_to)]
                waiting += [
                    (start[0], end[0], start[1], end[1], False)
                    for start, end in zip(reversed(before), reversed(after), strict=True)
                ]
    return found


def _anchors(
    old: list[str], old_from: int, old_to: int, new: list[str], new_from: int, new_to: int
) -> list[tuple[int, int]]:
    """Pairs of lines that are unique on both sides, as many as are in the same order: "patience diff"."""
    counts_old, counts_new = Counter(old[old_from:old_to]), Counter(new[new_from:new_to])
    places = {new[at]: at for at in range(new_from, new_to) if counts_new[new[at]] == 1}
    pairs = [
        (at, places[old[at]])
        for at in range(old_from, old_to)
        if counts_old[old[at]] == 1 and old[at] in places
    ]
    ends: list[int] = []  # the ends in `new` of the longest increasing runs so far, by length
    holders: list[int] = []  # the pair at the end of each run
    previous: list[int] = []
    for number, (__, there) in enumerate(pairs):
        length = bisect_left(ends, there)
        previous.append(holders[length - 1] if length else -1)
        ends[length : length + 1] = [there]
        holders[length : length + 1] = [number]
    chain: list[tuple[int, int]] = []
    number = holders[-1] if holders else -1
    while number >= 0:
        chain.append(pairs[number])
        number = previous[number]
    return chain[::-1]


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Replaces a range of a text. Lines and columns count from 1, columns in UTF-16 units."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def line_edits(old: str, new: str) -> tuple[LineEdit, ...]:
    """The edits that turn `old` into `new`; positions are those in `old`, and none overlap."""
    old_lines, new_lines = old.split("\n"), new.split("\n")
    found: list[LineEdit] = []
    for old_from, old_to, new_from, new_to in changed_blocks(old_lines, new_lines):
        lines = new_lines[new_from:new_to]
        if old_to < len(old_lines):
            text = "".join(f"{line}\n" for line in lines)
            found.append(LineEdit(old_from + 1, 1, old_to + 1, 1, text))
            continue
        last = _end(old_lines[-1])
        if old_from == 0:
            found.append(LineEdit(1, 1, len(old_lines), last, "\n".join(lines)))
        else:  # the line feed before the last lines is removed or added with them
            text = "".join(f"\n{line}" for line in lines)
            start = _end(old_lines[old_from - 1])
            _add(found, LineEdit(old_from, start, len(old_lines), last, text))
    return tuple(found)


def _add(found: list[LineEdit], edit: LineEdit) -> None:
    """Merges two edits at the same position, whose order would be undefined."""
    if found and (found[-1].end_line, found[-1].end_column) == (edit.line, edit.column):
        before = found.pop()
        edit = LineEdit(before.line, before.column, edit.end_line, edit.end_column, before.text + edit.text)
    found.append(edit)


def _end(line: str) -> int:
    return 1 + (len(line) if line.isascii() else len(line.encode("utf-16-le", "surrogatepass")) // 2)
