"""What a file is that is no text: told by its bytes, else by its name."""

import pytest

from workbench.code.text import HUGE_BYTES, Format, format_of, format_of_name, is_no_text

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
