"""Notes of moves: one store's are no other's, and what cannot be read is nobody's."""

from pathlib import Path

import pytest

from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.profiles.migrate import KeyNotes, Note, unfinished

NOTE = Note("dev", "dev", "keyring", had_process=True)


def test_a_note_is_there_until_it_is_dropped(tmp_path: Path) -> None:
    notes = KeyNotes(tmp_path)
    assert not unfinished(tmp_path)
    other = Note("dev", "dev", "passphrase")
    notes.write(NOTE)
    notes.write(other)
    assert KeyNotes(tmp_path).of_store("keyring") == [NOTE]
    assert KeyNotes(tmp_path).of_store("passphrase") == [other]
    notes.drop(NOTE)
    assert notes.of_store("keyring") == []
    assert unfinished(tmp_path)
    notes.drop(other)
    assert not unfinished(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"profile": "dev"}', b'{"odd": 1}'])
def test_a_damaged_note_is_left_alone(tmp_path: Path, content: bytes) -> None:
    notes = KeyNotes(tmp_path)
    notes.write(NOTE)
    [path] = (tmp_path / "key-moves").glob("*.json")
    path.write_bytes(content)
    assert notes.of_store("keyring") == []
    assert path.read_bytes() == content


def test_a_note_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    notes = KeyNotes(tmp_path)
    notes.write(NOTE)
    [path] = (tmp_path / "key-moves").glob("*.json")
    path.write_text('{"profile": "dev", "entry": "dev", "store": "keyring", "had_process": true}')
    assert notes.of_store("keyring") == [NOTE]


def test_only_one_has_the_turn(tmp_path: Path) -> None:
    stopped = JobContext()
    stopped._stop.set()
    with KeyNotes(tmp_path).turn(JobContext()), pytest.raises(Cancelled):
        KeyNotes(tmp_path).turn(stopped).__enter__()
    with KeyNotes(tmp_path).turn(JobContext()):
        pass
