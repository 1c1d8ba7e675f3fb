"""Text of files and back without a lost byte; formats of files that are no text."""

import codecs
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.code.text import (
    HUGE_BYTES,
    FileKind,
    Format,
    decode,
    encode,
    format_of,
    format_of_name,
    is_no_text,
)
from workbench.core.errors import WorkbenchError


@given(st.binary(max_size=300) | st.text(alphabet="ab\r\n\t é日\ufeff", max_size=40).map(str.encode))
def test_text_that_comes_back_unedited_gives_the_same_bytes(data: bytes) -> None:
    document = decode(data)

    if document.kind is FileKind.TEXT:
        assert "\r" not in document.text
        assert encode(document.text, data, "f") == data


@pytest.mark.parametrize(
    ("data", "text", "encoding", "line_end"),
    [
        (b"", "", "utf-8", "\n"),
        ("é\n".encode(), "é\n", "utf-8", "\n"),
        (b"a\r\nb\r\n", "a\nb\n", "utf-8", "\r\n"),
        (b"a\rb", "a\nb", "utf-8", "\r"),
        (codecs.BOM_UTF8 + b"a\r\n", "a\n", "utf-8", "\r\n"),
        (codecs.BOM_UTF16_LE + "é\r\n".encode("utf-16-le"), "é\n", "utf-16-le", "\r\n"),
        (codecs.BOM_UTF16_BE + "é".encode("utf-16-be"), "é", "utf-16-be", "\n"),
        (b"caf\xe9\n", "café\n", "latin-1", "\n"),
        (b"# -*- coding: cp1252 -*-\nx = '\x80'\n", "# -*- coding: cp1252 -*-\nx = '€'\n", "cp1252", "\n"),
        (b"# coding: no-such-thing\n\xff\n", "# coding: no-such-thing\nÿ\n", "latin-1", "\n"),
    ],
)
def test_the_form_of_a_file_is_found_and_kept(data: bytes, text: str, encoding: str, line_end: str) -> None:
    document = decode(data)

    assert (document.kind, document.text) == (FileKind.TEXT, text)
    assert (document.encoding, document.line_end) == (encoding, line_end)
    edited = encode(text + "x\n", data, "f")
    assert edited == document.bom + (text + "x\n").replace("\n", line_end).encode(encoding)


def test_lines_that_are_not_edited_keep_their_own_line_ends() -> None:
    old = b"one\r\ntwo\nthree\rfour\r\nfive\r\n"

    assert decode(old).mixed_line_ends
    assert encode("one\ntwo\nTHREE!\nfour\nfive\n", old, "f") == b"one\r\ntwo\nTHREE!\rfour\r\nfive\r\n"
    assert (
        encode("one\ntwo\nthree\nnew\nfour\nfive\n", old, "f")
        == b"one\r\ntwo\nthree\rnew\r\nfour\r\nfive\r\n"
    )
    assert encode("five\n", old, "f") == b"five\r\n"
    assert decode(encode("\n\n", b"b\rb\ra\n", "f")).text == "\n\n"


@given(
    st.lists(st.sampled_from(["a\n", "a\r\n", "b\r", "c\n", "\n", "\r\n"]), max_size=8).map("".join),
    st.text(alphabet="abc\n", max_size=12),
)
def test_edited_text_reads_back_as_typed_whatever_the_old_line_ends(old: str, new: str) -> None:
    data = encode(new, old.encode(), "f")

    assert decode(data).text == new


def test_what_is_no_text_is_said_to_be_so() -> None:
    assert decode(b"\x7fELF\x02\x01\x01\x00" + os.urandom(50)).kind is FileKind.BINARY
    assert decode(codecs.BOM_UTF16_LE + b"\x00\xd8").kind is FileKind.BINARY
    assert decode(bytes(HUGE_BYTES + 1)).kind is FileKind.HUGE
    with pytest.raises(WorkbenchError, match="binary, not text"):
        encode("x", b"\0", "lib.so")


def test_a_character_that_the_encoding_lacks_is_named() -> None:
    with pytest.raises(WorkbenchError, match="latin-1, which does not support '€'"):
        encode("caf\u20ac", b"caf\xe9", "menu.txt")


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n", b"\r\n\r"])
def test_line_ends_are_found_wherever_a_long_text_is_cut(end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.code.text._PIECE", 3)
    data = b"a" + end + b"bb" + end + b"ccc" + end
    whole = decode(data)
    monkeypatch.undo()
    assert whole == decode(data)
    assert encode(whole.text, data, "x.py") == data


_ELF = b"\x7fELF\2\1\1" + bytes(9)


@pytest.mark.parametrize(
    ("path", "head", "kind"),
    [
        ("logo.png", b"\x89PNG\r\n\x1a\n", Format.IMAGE),
        ("logo", b"\xff\xd8\xff\xe0", Format.IMAGE),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", Format.IMAGE),
        ("a.wav", b"RIFF\0\0\0\0WAVEfmt ", Format.MEDIA),
        ("a.mp4", b"\0\0\0\x18ftypisom", Format.MEDIA),
        ("layer", b"PK\3\4", Format.ARCHIVE),
        ("app.tar.gz", b"\x1f\x8b\x08", Format.ARCHIVE),
        ("lib/x.cpython-313-x86_64-linux-gnu.so", _ELF + b"\3\0", Format.LIBRARY),
        ("lib/libx.so.1.2", _ELF + b"\3\0", Format.LIBRARY),
        ("bin/tool", _ELF + b"\3\0", Format.PROGRAM),
        ("odd.so", _ELF + b"\2\0", Format.PROGRAM),
        ("setup.exe", b"MZ\x90", Format.PROGRAM),
        ("x.dll", b"MZ\x90", Format.LIBRARY),
        ("picture.png", b"MZ\x90", Format.PROGRAM),
        ("x.pyc", b"\xf3\r\r\n", Format.LIBRARY),
        ("a.db", b"SQLite format 3\0", Format.DATABASE),
        ("a.parquet", b"PAR1", Format.DATABASE),
        ("a", b"\0\1\2\3", Format.DATA),
        ("", b"", Format.DATA),
    ],
)
def test_the_bytes_count_before_the_name(path: str, head: bytes, kind: Format) -> None:
    assert format_of(path, head) is kind


@pytest.mark.parametrize("path", ["app.py", "Makefile", "png", "a.png/readme", ".zip.d/x.ts", "x.", ""])
def test_what_may_be_text_has_no_format_by_name(path: str) -> None:
    assert format_of_name(path) is None
    assert not is_no_text(path, HUGE_BYTES)
    assert is_no_text(path, HUGE_BYTES + 1)


def test_names_tell_no_text_in_any_case() -> None:
    assert format_of_name("a/B.PNG") is Format.IMAGE
    assert is_no_text("a/B.PNG", 1)
