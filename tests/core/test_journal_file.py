"""Journals of work in steps: what they say after a kill -9, while work runs, and on a full disk."""

import json
import resource
import stat
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.mortal import Mortal, die_in_a_journal
from workbench.core.errors import WorkbenchError
from workbench.core.journal_file import JournalFile, JournalFolder, read_work

WHAT = "It was not begun."


@pytest.fixture
def folder(tmp_path: Path) -> JournalFolder:
    return JournalFolder(tmp_path / "works", sidecars=(".private",))


def work(folder: str) -> None:
    """Two steps, the second with a note, and an end."""
    journals = JournalFolder(Path(folder), sidecars=(".private",))
    with journals.begin("hello", {"what": "test"}, WHAT, {".private": b"secret"}) as entry:
        entry.before("first")
        entry.after("first", {"made": 1})
        entry.before("second")
        entry.note("second", {"old": "value"})
        entry.after("second")
        entry.finish(outcome="done")


def work_until(moment: str, count: int, folder: str) -> None:
    die_in_a_journal(moment, count)
    work(folder)


# What is known after each of the events of `work`: the steps begun, those done, and whether it is over.
KNOWN = [
    ((), (), False),
    (("first",), (), False),
    (("first",), ("first",), False),
    (("first", "second"), ("first",), False),
    (("first", "second"), ("first",), False),
    (("first", "second"), ("first", "second"), False),
    (("first", "second"), ("first", "second"), True),
]


@pytest.mark.parametrize("moment", ["after", "amid"])
@pytest.mark.parametrize("count", range(1, len(KNOWN) + 1))
def test_a_kill_leaves_all_that_was_written_before_it(
    folder: JournalFolder, mortal: Mortal, tmp_path: Path, moment: str, count: int
) -> None:
    mortal.kill(work_until, moment, count, str(tmp_path / "works"))

    events = count if moment == "after" else count - 1
    if events == 0:
        assert folder.all() == folder.unfinished() == ()
        return
    [found] = folder.all()
    begun, done, is_over = KNOWN[events - 1]
    assert (found.begun, tuple(found.done), found.ending is not None) == (begun, done, is_over)
    assert found.about == {"what": "test"}
    assert found.notes == ({"second": {"old": "value"}} if events >= 5 else {})
    assert folder.unfinished() == (() if is_over else (found,))


def test_work_that_was_interrupted_is_taken_up_and_ended(
    folder: JournalFolder, mortal: Mortal, tmp_path: Path
) -> None:
    mortal.kill(work_until, "amid", 6, str(tmp_path / "works"))
    [left] = folder.unfinished()
    private = left.file.with_suffix(".private")
    assert private.read_bytes() == b"secret"

    with folder.reopen(left.file, "It cannot be continued.") as entry:
        assert folder.unfinished() == ()  # it runs
        with pytest.raises(WorkbenchError, match="Another window"):
            folder.reopen(left.file, "It cannot be continued.")
        entry.undoing()
        entry.undone("second")
        entry.finish(outcome="undone", text="taken back")

    [now] = folder.all()
    assert (now.begun, tuple(now.done), now.undoing) == (("first",), ("first",), True)
    assert now.ending is not None
    assert (now.ending["outcome"], now.ending["text"]) == ("undone", "taken back")
    assert not private.exists()
    with pytest.raises(WorkbenchError, match="finished or undone in the meantime"):
        folder.reopen(left.file, "It cannot be continued.")


def test_what_runs_elsewhere_is_neither_interrupted_nor_forgotten(
    folder: JournalFolder, tmp_path: Path
) -> None:
    entry = folder.begin("hello", {}, WHAT)
    other = JournalFolder(tmp_path / "works")
    assert other.unfinished() == ()
    assert not other.forget(entry.path)
    entry.close()
    assert len(other.unfinished()) == 1
    assert other.forget(entry.path)
    assert other.files() == []


def test_journals_are_for_this_user_only(folder: JournalFolder) -> None:
    with folder.begin("hello", {}, WHAT, {".private": b"secret"}) as entry:
        modes = [stat.S_IMODE(path.stat().st_mode) for path in entry.path.parent.iterdir()]
    assert modes == [0o600, 0o600]


def test_every_event_is_a_line_with_its_moment(folder: JournalFolder) -> None:
    with folder.begin("hello", {"text": "two\nlines\u2028"}, WHAT) as entry:
        entry.before("first")
        entry.after("first", {"revision_id": "r2"})

    events = [json.loads(line) for line in entry.path.read_text().split("\n")[1:]]
    assert [event["event"] for event in events] == ["begin", "before", "after"]
    assert [event.get("facts") for event in events] == [None, None, {"revision_id": "r2"}]
    assert all(datetime.fromisoformat(event["at"]).tzinfo for event in events)


def test_threads_do_not_write_into_each_others_lines(folder: JournalFolder) -> None:
    with folder.begin("hello", {}, WHAT) as entry:

        def work_on(name: str) -> None:
            for number in range(20):
                entry.before(f"{name}-{number}")

        threads = [threading.Thread(target=work_on, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = read_work(entry.path)
    assert found is not None
    assert len(found.begun) == 80


@pytest.mark.parametrize(
    "text",
    ["", '{"at": "2026', "\0\0\0", "[1]\n", '{"event": "finish"}\n', '{"at": 1, "event": "begin"}', "null\n"],
)
def test_a_file_in_which_nothing_was_begun_is_no_work(
    folder: JournalFolder, tmp_path: Path, text: str
) -> None:
    (tmp_path / "works").mkdir()
    (tmp_path / "works" / "20261124T120000.000000Z-hello-abc.jsonl").write_text(text)
    assert folder.all() == ()


@pytest.mark.parametrize(
    "line",
    [
        '{"at": "2026", "event": "sparkle"}',
        '{"at": "2026", "event": "before"}',
        '{"at": "2026", "event": "after", "step": "first", "facts": [1]}',
        '{"at": "2026", "event": ["before"], "step": "x"}',
        '{"at": "2026"}',
    ],
)
def test_a_line_of_a_later_version_hides_nothing(folder: JournalFolder, line: str) -> None:
    with folder.begin("hello", {}, WHAT) as entry:
        entry.before("first")
    with entry.path.open("a") as file:
        file.write(f"\n{line}")
    [found] = folder.unfinished()
    assert found.begun == ("first",)


def test_a_full_disk_stops_what_changes_something_and_nothing_else(
    folder: JournalFolder, expect_log: Callable[[str], None]
) -> None:
    expect_log("misses an event")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(entry: JournalFile) -> None:
        with pytest.raises(WorkbenchError, match="full"):
            entry.before("first")
        with pytest.raises(WorkbenchError, match="full"):
            entry.note("first", {})
        entry.after("first")  # what is done is done
        entry.before("second", must=False)
        with pytest.raises(WorkbenchError, match=WHAT):
            folder.begin("x" * 64, {"long": "x" * 200}, WHAT, {".private": b"secret"})

    with folder.begin("hello", {}, WHAT) as entry:
        resource.setrlimit(resource.RLIMIT_FSIZE, (entry.path.stat().st_size, old[1]))
        try:
            fill(entry)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert list(entry.path.parent.iterdir()) == [entry.path]
