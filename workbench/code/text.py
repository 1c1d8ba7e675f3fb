"""Text of a file and back, so that what nobody edited keeps its bytes; and formats of files that are no text.

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
        text = _with_original_line_breaks(text, old[len(form.bom) :].decode(form.encoding), form.line_end)
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
            ends[number] = "\r"  # side by side these two would be one line end
    return "".join(line + end for line, end in zip(new_lines, [*ends, ""], strict=True))


class Format(Enum):
    """The formats that people tell apart."""

    IMAGE = "image"
    ARCHIVE = "archive"
    LIBRARY = "library"  # for the system's loader, or compiled for an interpreter
    PROGRAM = "program"  # which opening may run
    DATABASE = "database"
    DOCUMENT = "document"
    FONT = "font"
    MEDIA = "media"
    DATA = "data"


_HEADS = (
    (b"\x89PNG\r\n\x1a\n", Format.IMAGE),
    (b"\xff\xd8\xff", Format.IMAGE),
    (b"GIF8", Format.IMAGE),
    (b"BM", Format.IMAGE),
    (b"\0\0\1\0", Format.IMAGE),
    (b"PK\3\4", Format.ARCHIVE),
    (b"PK\5\6", Format.ARCHIVE),
    (b"\x1f\x8b", Format.ARCHIVE),
    (b"BZh", Format.ARCHIVE),
    (b"\xfd7zXZ\0", Format.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Format.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Format.ARCHIVE),
    (b"MZ", Format.PROGRAM),
    (b"#!", Format.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Format.LIBRARY),
    (b"\xca\xfe\xba\xbe", Format.LIBRARY),
    (b"\0asm", Format.LIBRARY),
    (b"SQLite format 3\0", Format.DATABASE),
    (b"%PDF-", Format.DOCUMENT),
    (b"wOFF", Format.FONT),
    (b"wOF2", Format.FONT),
    (b"OTTO", Format.FONT),
    (b"ID3", Format.MEDIA),
    (b"OggS", Format.MEDIA),
    (b"fLaC", Format.MEDIA),
)
_ENDINGS = {
    Format.IMAGE: "png jpg jpeg gif bmp ico webp tif tiff avif",
    Format.ARCHIVE: "zip whl jar war gz tgz bz2 xz zst 7z tar egg",
    Format.LIBRARY: "so dll dylib pyd pyc pyo class node wasm a o lib",
    Format.PROGRAM: "exe com msi scr",
    Format.DATABASE: "db sqlite sqlite3 mdb parquet",
    Format.DOCUMENT: "pdf doc docx xls xlsx ppt pptx odt ods",
    Format.FONT: "ttf otf woff woff2 eot",
    Format.MEDIA: "mp3 mp4 ogg wav flac webm mov avi mkv",
    Format.DATA: "bin dat pkl pickle npy npz h5 onnx pb pt",
}
_BY_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_ELF, _ELF_TYPE, _ELF_PROGRAM = b"\x7fELF", 16, 2


def format_of(path: str, head: bytes) -> Format:
    """What a file is that is no text."""
    if head.startswith(_ELF):  # most programs of today are marked as libraries; by their names they are none
        is_program = head[_ELF_TYPE : _ELF_TYPE + 1] == bytes([_ELF_PROGRAM]) or ".so" not in path
        return Format.PROGRAM if is_program else Format.LIBRARY
    if head[:4] == b"RIFF":
        return Format.IMAGE if head[8:12] == b"WEBP" else Format.MEDIA
    if head[4:8] == b"ftyp":
        return Format.MEDIA
    named = format_of_name(path)
    found = next((kind for start, kind in _HEADS if head.startswith(start)), None)
    if found is Format.PROGRAM and named is Format.LIBRARY:
        return Format.LIBRARY  # .dll and .pyd begin as .exe does
    return found or named or Format.DATA


def format_of_name(path: str) -> Format | None:
    """What a file that nobody has looked into surely is; None for what may be text."""
    return _BY_ENDING.get(path.rpartition("/")[2].rpartition(".")[2].lower()) if "." in path else None


def is_no_text(path: str, size_bytes: int) -> bool:
    """Whether a file that nobody has looked into surely cannot be shown as text."""
    return size_bytes > HUGE_BYTES or format_of_name(path) is not None
