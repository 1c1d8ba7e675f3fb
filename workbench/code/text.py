"""Text of a file and back, so that what nobody edited keeps its bytes.

The editor knows Unicode and LF only. Encoding, byte order mark and line ends of the file are found in its
bytes when it is read, and found there again when new text is to be written over it.
"""

import codecs
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from io import BytesIO

from workbench.core.errors import WorkbenchError

# Above this Monaco gives up highlighting and a round trip through the web view takes seconds.
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
    """A file's text as the editor takes it.

    Attributes:
        kind: Text, or why there is none.
        text: With LF only. Empty unless `kind` is TEXT.
        size_bytes: Of the file.
        encoding: Python's name of it.
        bom: Byte order mark in front, if any.
        line_end: The most frequent one; LF in a file without any.
        mixed_line_ends: The file has several kinds. They are kept in lines that are not edited.
        head: Its first bytes, when it is not shown as text: they tell its format.
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
    """Reads a file's bytes. Never fails: what is no text is said to be binary."""
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
    """The bytes of edited text in the form of the file that it replaces.

    Args:
        text: From the editor.
        old: The file's present bytes; empty for a new file.
        name: For the error.

    Raises:
        WorkbenchError: The file's encoding has no such character, or the file is no text.
    """
    form = decode(old)
    text = "".join(map(_with_line_feeds, _pieces(text)))
    if form.kind is not FileKind.TEXT:
        raise WorkbenchError(
            f"{name} could not be saved.", f"The file on disk is {form.kind.value}, not text."
        )
    if text == form.text:
        return old
    if form.mixed_line_ends:
        text = _with_old_line_ends(text, old[len(form.bom) :].decode(form.encoding), form.line_end)
    elif form.line_end != "\n":
        text = text.replace("\n", form.line_end)
    try:
        return form.bom + text.encode(form.encoding)
    except UnicodeEncodeError as error:
        raise WorkbenchError(
            f"{name} could not be saved.",
            f"The file is encoded as {form.encoding}, which does not support {error.object[error.start]!r}.",
            "Remove that character. Your text is saved as a draft.",
        ) from error


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces, none of which ends within a line end.

    Python's lock is held while one call works on a text: with some MB in one piece the window would stall.
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
        # The cookie of PEP 263, "# -*- coding: latin-1 -*-". Other languages have none, an error here.
        declared = tokenize.detect_encoding(BytesIO(body).readline)[0]
        if body.decode(declared).encode(declared) == body:
            return declared
    except (SyntaxError, UnicodeError, LookupError, ValueError):
        pass
    return "latin-1"  # has a character for every byte, so nothing is lost


def _with_old_line_ends(text: str, old: str, line_end: str) -> str:
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
            ends[number] = "\r"  # side by side these two would be one line end
    return "".join(line + end for line, end in zip(new_lines, [*ends, ""], strict=True))
