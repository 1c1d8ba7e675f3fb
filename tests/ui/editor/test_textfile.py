"""Bytes go in and come out as they were."""

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import WorkbenchError
from workbench.ui.editor import TextFile

LINES = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=6)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
MARKS = st.sampled_from([(b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le")])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    mark, encoding = draw(MARKS)
    lines = draw(st.lists(st.tuples(LINES, ENDS), max_size=8))
    return mark + ("".join(line + end for line, end in lines) + draw(LINES)).encode(encoding)


def _open(data: bytes) -> TextFile:
    file = TextFile.from_bytes(data)
    assert file is not None
    return file


@given(files())
def test_an_unchanged_text_gives_the_identical_bytes(data: bytes) -> None:
    file = _open(data)
    assert "\r" not in file.text
    assert file.to_bytes(file.text) == data


@given(st.binary(max_size=40))
def test_whatever_the_bytes_they_are_no_text_or_come_back(data: bytes) -> None:
    file = TextFile.from_bytes(data)
    assert file is None or file.to_bytes(file.text) == data


@given(files(), st.data())
def test_a_changed_line_leaves_everything_else_alone(data: bytes, draw: st.DataObject) -> None:
    file = _open(data)
    lines = file.text.split("\n")
    at = draw.draw(st.integers(0, len(lines) - 1))
    written = file.to_bytes("\n".join([*lines[:at], lines[at] + "#", *lines[at + 1 :]]))
    original = data[len(file.byte_order_mark) :].decode(file.encoding)
    parts = re.split("(\r\n|\r|\n)", original)  # line, end, line, end, ..., line
    parts[2 * at] += "#"
    assert written == file.byte_order_mark + "".join(parts).encode(file.encoding)


def test_each_line_keeps_its_own_end() -> None:
    file = _open(b"a\r\nb\nc\rd\r\ne")
    assert file.text == "a\nb\nc\nd\ne"
    assert file.to_bytes("a\nb\nC\nd\ne") == b"a\r\nb\nC\rd\r\ne"
    assert file.to_bytes("a\nb\nnew\nc\nd\ne") == b"a\r\nb\nnew\r\nc\rd\r\ne"
    assert file.to_bytes("a\nd\ne") == b"a\r\nd\r\ne"
    assert file.to_bytes("") == b""


def test_new_lines_get_the_files_own_kind_of_end() -> None:
    assert _open(b"a\r\nb\r\n").to_bytes("a\nb\nc\n") == b"a\r\nb\r\nc\r\n"
    assert _open(b"a\rb\r").to_bytes("a\nb\nc\n") == b"a\rb\rc\r"
    assert _open(b"a").to_bytes("a\nb") == b"a\nb"


def test_a_byte_order_mark_stays() -> None:
    file = _open(codecs.BOM_UTF8 + b"a\n")
    assert file.text == "a\n"
    assert file.to_bytes("b\n") == codecs.BOM_UTF8 + b"b\n"


def test_a_file_that_is_not_utf8_keeps_its_bytes() -> None:
    file = _open(b"caf\xe9 = 1\n")
    assert file.text == "café = 1\n"
    assert file.to_bytes("café = 2\n") == b"caf\xe9 = 2\n"
    with pytest.raises(WorkbenchError, match="latin-1, which has no “日”"):
        file.to_bytes("café = 日\n")


@pytest.mark.parametrize("data", [b"\x7fELF\x02\x01\x00\x00", b"PK\x03\x04\x00", b"\xff\xfe\x00"])
def test_binary_files_are_no_text(data: bytes) -> None:
    assert TextFile.from_bytes(data) is None
