"""The code of the language in use: what the editor's page and Monaco are asked to speak."""

import struct
from pathlib import Path

import pytest

from workbench.core import messages


def write_catalogue(folder: Path, language: str) -> None:
    """Writes a compiled catalogue that holds only its header."""
    header = f"Language: {language}\nContent-Type: text/plain; charset=UTF-8\n".encode()
    ends = struct.pack("<7I", 0x950412DE, 0, 1, 28, 36, 0, 0) + struct.pack("<4I", 0, 44, len(header), 45)
    path = folder / language / "LC_MESSAGES" / "workbench.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(ends + b"\0" + header + b"\0")


@pytest.mark.parametrize(("wanted", "language"), [("ja", "ja"), ("de", "en"), ("en", "en"), ("xx", "xx")])
def test_it_is_that_of_the_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, language: str
) -> None:
    write_catalogue(tmp_path, "ja")
    monkeypatch.setattr(messages, "_FOLDER", tmp_path)
    monkeypatch.setattr(messages, "_catalogue", messages._open(wanted))
    assert messages.language() == language
