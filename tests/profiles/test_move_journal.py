"""The journals of moves of keys: what a kill leaves, one store's are no other's, and none has a key in it."""

import json
from pathlib import Path

import pytest

from tests.mortal import Mortal
from tests.profiles.moving import CONFIG, CTX, KEY_ID, KEYS, SECRET, Desk, FileStore, move_until
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.profiles.migrate import KeyMove, MoveJournal

MOVE = KeyMove("dev", "dev", "keyring", had_process=True)
# begin; before and after each of four steps; finish
EVENTS = 10
# begin; before and after each of two steps; finish
EVENTS_BACK = 6


@pytest.mark.parametrize("moment", ["after", "amid"])
@pytest.mark.parametrize("count", range(1, EVENTS + 1))
def test_a_move_that_is_killed_at_any_event_is_undone_or_finished(
    mortal: Mortal, tmp_path: Path, moment: str, count: int
) -> None:
    mortal.kill(move_until, moment, count, str(tmp_path), "")
    assert no_key_in(tmp_path / "state")

    desk = Desk(tmp_path, FileStore(tmp_path / "store"))
    events = count if moment == "after" else count - 1
    is_interrupted = 0 < events < EVENTS
    assert desk.unfinished is is_interrupted
    assert desk.mover().recover(CTX) == (("dev",) if is_interrupted else ())
    if count < 7:  # the key was in the file
        assert desk.is_as_it_was()
    else:
        assert desk.store.kept["dev"].pair == KEYS.pair
        assert SECRET not in "".join(desk.texts)
        assert desk.command("dev") in desk.texts[0]
    assert not desk.unfinished


@pytest.mark.parametrize("moment", ["after", "amid"])
@pytest.mark.parametrize("count", range(1, EVENTS_BACK + 1))
def test_a_key_whose_way_back_is_killed_at_any_event_works(
    mortal: Mortal, tmp_path: Path, moment: str, count: int
) -> None:
    mortal.kill(move_until, moment, count, str(tmp_path), "back")
    assert no_key_in(tmp_path / "state")

    desk = Desk(tmp_path, FileStore(tmp_path / "store"))
    events = count if moment == "after" else count - 1
    assert desk.unfinished is (0 < events < EVENTS_BACK)
    desk.mover().recover(CTX)
    assert not desk.unfinished
    if count < 3:  # nothing was changed
        assert desk.store.kept["dev"].pair == KEYS.pair
        desk.mover().restore("dev", CTX)
    assert desk.is_as_it_was()


def test_a_key_that_is_only_in_the_store_after_a_kill_is_put_back_before_it_is_deleted_there(
    mortal: Mortal, tmp_path: Path
) -> None:
    mortal.kill(move_until, "after", 3, str(tmp_path), "")  # it is stored, and in the file
    desk = Desk(tmp_path, FileStore(tmp_path / "store"))
    desk.write(CONFIG, "# mine\n[dev]\n# since May\n\n[other]\n")  # somebody took it out meanwhile
    assert desk.mover().recover(CTX) == ("dev",)
    assert SECRET in desk.texts[1]
    assert not desk.store.kept
    assert not desk.unfinished


def no_key_in(folder: Path) -> bool:
    texts = [path.read_text("utf-8", "replace") for path in folder.rglob("*") if path.is_file()]
    return not any(key in text for text in texts for key in (SECRET, KEY_ID))


def test_a_move_is_interrupted_until_its_end(tmp_path: Path) -> None:
    journal = MoveJournal(tmp_path)
    assert not journal.has_any()
    other = KeyMove("dev", "dev", "passphrase")
    files = [journal.begin_move(each) for each in (MOVE, other)]
    assert not journal.has_any()  # they run
    for file in files:
        file.close()
    assert journal.has_any()
    [found] = journal.of_store("keyring")
    assert found.about == MOVE
    with journal.reopen(found.file, "") as file:
        file.finish()
    assert journal.of_store("keyring") == []
    assert [each.about for each in journal.of_store("passphrase")] == [other]


EARLIER = {"profile": "dev", "entry": "dev", "store": "memory", "was_in_config": False}


@pytest.mark.parametrize("head", [{}, {"format": 1}])
def test_a_move_that_an_earlier_version_began_is_undone(tmp_path: Path, head: dict[str, int]) -> None:
    desk = Desk(tmp_path)
    desk.store.set("dev", KEYS, CTX)
    desk.write(desk.texts[0] + f"credential_process = {desk.command('dev')}\n", desk.texts[1])
    note = tmp_path / "state" / "key-moves" / "0123.json"
    note.parent.mkdir(parents=True)
    note.write_text(json.dumps(head | EARLIER))
    assert desk.unfinished
    assert desk.mover().recover(CTX) == ("dev",)
    assert desk.is_as_it_was()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"profile": "dev"}', b'{"odd": 1}'])
def test_a_damaged_note_of_an_earlier_version_is_left_alone(tmp_path: Path, content: bytes) -> None:
    note = tmp_path / "key-moves" / "0123.json"
    note.parent.mkdir()
    note.write_bytes(content)
    journal = MoveJournal(tmp_path)
    with journal.turn(CTX):
        assert journal.of_store("keyring") == []
    assert note.read_bytes() == content


def test_only_one_has_the_turn(tmp_path: Path) -> None:
    stopped = JobContext()
    stopped._stop.set()
    with MoveJournal(tmp_path).turn(JobContext()), pytest.raises(Cancelled):
        MoveJournal(tmp_path).turn(stopped).__enter__()
    with MoveJournal(tmp_path).turn(JobContext()):
        pass
