"""Two thousand random files and edits: no write whose result differs from what was meant (see fuzz.py)."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.profiles import fuzz
from workbench.profiles.ini_editor import Edit, RemoveOption, SetOption


def test_no_edit_of_a_random_file_does_anything_else_than_it_says() -> None:
    outcomes = fuzz.fuzz(2000)
    assert outcomes.total() == 2000
    assert outcomes["made"] > 1200
    assert outcomes["edit refused"] > 100
    assert outcomes["unreadable file"] > 100
    assert outcomes["refused by verify"] < 10  # what lines.py does wrong, or cannot do


DATA = b"# why\r\n[a]\r\nregion = x\r\ns3 =\r\n  a = b\r\n[b]\r\nregion = x\r\n"
SET, REMOVE = SetOption("a", "region", "y"), RemoveOption("a", "s3")


@pytest.mark.parametrize(
    ("edit", "result"),
    [
        (SET, DATA),
        (SET, DATA.replace(b"region = x", b"region = y")),
        (SET, DATA.replace(b"= x\r\ns3", b"= y\r\n s3")),
        (SET, DATA.replace(b"= x\r\ns3", b"= y\r\ns3").replace(b"# why\r\n", b"")),
        (REMOVE, DATA.replace(b"s3 =\r\n", b"")),
        (REMOVE, b"[a]\r\n"),
        (SET, DATA.replace(b"= x\r\ns3", b"= y\ns3")),
        (SET, b"\xef\xbb\xbf" + DATA.replace(b"= x\r\ns3", b"= y\r\ns3")),
    ],
)
def test_the_fuzzer_sees_what_is_wrong(
    edit: Edit, result: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever an editor does wrong is found, also if nothing refused it."""

    def broken(_data: bytes, _edits: Sequence[Edit]) -> bytes:
        return result

    monkeypatch.setattr(fuzz, "apply_edits", broken)
    monkeypatch.setattr(fuzz, "verify", lambda *_: None)
    with pytest.raises(AssertionError):
        fuzz.check(DATA, [edit], tmp_path)
