"""Text of files and back without a lost byte; formats of files that are no text.

Which lines differ; edits that make one text of another, applied all at once, as an editor does.
"""

import codecs
import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.growth import LINEAR, growth
from workbench.code.text import (
    HUGE_BYTES,
    FileKind,
    Format,
    LineChange,
    LineChangeKind,
    LineEdit,
    decode,
    encode,
    format_of,
    format_of_name,
    is_no_text,
    line_changes,
    line_edits,
    unified,
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


ADDED, CHANGED, DELETED = LineChangeKind.ADDED, LineChangeKind.CHANGED, LineChangeKind.DELETED


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("a\nb\n", "a\nb\n", []),
        ("a\nb\n", "a\nx\nb\n", [(ADDED, 2, 2)]),
        ("a\nb\n", "x\ny\na\nb\n", [(ADDED, 1, 2)]),
        ("a\nb\n", "a\nb\nx\n", [(ADDED, 3, 3)]),
        ("a\nb\nc\n", "a\nB\nc\n", [(CHANGED, 2, 2)]),
        ("a\nb\nc\n", "a\nc\n", [(DELETED, 1, 1)]),
        ("a\nb\n", "b\n", [(DELETED, 0, 0)]),
        ("a\nb\n", "a\n", [(DELETED, 1, 1)]),
        ("a\nb\nc\nd\ne\n", "A\nb\nc\ne\nf\n", [(CHANGED, 1, 1), (DELETED, 3, 3), (ADDED, 5, 5)]),
        ("a", "a\n", [(ADDED, 2, 2)]),
        ("a\na\na\n", "a\na\n", [(DELETED, 2, 2)]),
    ],
)
def test_changes_are_found_line_by_line(
    old: str, new: str, expected: list[tuple[LineChangeKind, int, int]]
) -> None:
    assert line_changes(old, new) == tuple(LineChange(*each) for each in expected)


@pytest.mark.parametrize("seed", range(20))
def test_lines_outside_the_changes_are_those_of_the_old_text_in_order(seed: int) -> None:
    chance = random.Random(seed)
    old = [chance.choice("abcdef") for _ in range(chance.randrange(60))]
    new = [line for line in old if chance.random() > 0.2]
    for _ in range(chance.randrange(8)):
        new.insert(chance.randrange(len(new) + 1), chance.choice("xyz"))
    touched: set[int] = set()
    for change in line_changes("\n".join(old), "\n".join(new)):
        if change.kind is not DELETED:
            touched |= set(range(change.line, change.end_line + 1))
    rest = [line for number, line in enumerate(new, 1) if number not in touched]
    waiting = iter(old)
    assert all(line in waiting for line in rest)  # a subsequence
    assert all(number in touched for number, line in enumerate(new, 1) if line in "xyz")


def test_a_text_that_is_wholly_other_is_one_change_and_takes_no_time() -> None:
    def changes(count: int) -> None:
        old, new = ("\n".join(f"{which} {number}" for number in range(count)) for which in ("old", "new"))
        assert line_changes(old, new) == (LineChange(CHANGED, 1, count),)

    assert growth(changes, 12_500) < LINEAR


def test_changes_far_apart_in_a_long_text_are_told_apart() -> None:
    old = [f"line {number}" for number in range(1, 50_001)]
    new = [*old]
    new[9], new[49_989] = "ten", "near the end"
    del new[24_999]
    assert line_changes("\n".join(old), "\n".join(new)) == (
        LineChange(CHANGED, 10, 10),
        LineChange(DELETED, 24_999, 24_999),
        LineChange(CHANGED, 49_989, 49_989),
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_long_text_keeps_the_order_of_what_is_the_same(seed: int) -> None:
    chance = random.Random(seed)
    old = [f"line {chance.randrange(6000)}" for _ in range(8000)]
    new = [line for line in old if chance.random() > 0.1]
    for _ in range(200):
        new.insert(chance.randrange(len(new) + 1), "new")
    touched: set[int] = set()
    changes = line_changes("\n".join(old), "\n".join(new))
    for change in changes:
        if change.kind is not DELETED:
            touched |= set(range(change.line, change.end_line + 1))
    waiting = iter(old)
    assert all(line in waiting for number, line in enumerate(new, 1) if number not in touched)
    assert all(number in touched for number, line in enumerate(new, 1) if line == "new")
    assert len(touched) < 2000
    assert [change.line for change in changes] == sorted(change.line for change in changes)


def test_a_unified_text_has_three_lines_around_and_shows_no_line_twice() -> None:
    old = [str(number) for number in range(1, 31)]
    new = [*old]
    new[9], new[11] = "ten", "twelve"
    del new[27]
    assert unified("\n".join(old), "\n".join(new)).split("\n") == [
        "@@ -10 +10 @@", " 7", " 8", " 9", "-10", "+ten", " 11", "-12", "+twelve", " 13", " 14", " 15",
        "@@ -28 +28 @@", " 25", " 26", " 27", "-28", " 29", " 30",
    ]  # fmt: skip
    assert unified("same\n", "same\n") == ""


TEXTS = st.lists(st.sampled_from(["", "a", "b", "ab", "é", "😀x"]), max_size=8).map("\n".join)


def applied(text: str, edits: tuple[LineEdit, ...]) -> str:
    """The text after the edits, whose places are all those in the text before."""
    lines = text.split("\n")

    def at(line: int, column: int) -> int:
        units = lines[line - 1].encode("utf-16-le")[: (column - 1) * 2]
        assert column - 1 <= len(lines[line - 1].encode("utf-16-le")) // 2
        return sum(len(each) + 1 for each in lines[: line - 1]) + len(units.decode("utf-16-le"))

    for edit in sorted(edits, key=lambda each: (each.line, each.column), reverse=True):
        start, end = at(edit.line, edit.column), at(edit.end_line, edit.end_column)
        text = text[:start] + edit.text + text[end:]
    return text


@given(TEXTS, TEXTS)
def test_they_give_the_new_text(old: str, new: str) -> None:
    assert applied(old, line_edits(old, new)) == new


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ("a\nb\nc", "a\nb\nc", ()),
        ("a\nb\nc", "a\nX\nc", (LineEdit(2, 1, 3, 1, "X\n"),)),
        ("a\nb", "a\nb\nc", (LineEdit(2, 2, 2, 2, "\nc"),)),
        ("a\n😀\nc", "a\n😀", (LineEdit(2, 3, 3, 2, ""),)),
        ("", "a\n", (LineEdit(1, 1, 1, 1, "a\n"),)),
        ("a\n", "", (LineEdit(1, 1, 2, 1, ""),)),
    ],
)
def test_only_what_differs_is_touched(old: str, new: str, edits: tuple[LineEdit, ...]) -> None:
    assert applied(old, line_edits(old, new)) == new
    assert line_edits(old, new) == edits
