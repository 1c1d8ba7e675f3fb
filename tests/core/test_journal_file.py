"""Journals of operations: what they say after a kill -9, while one runs, and on a full disk."""

import errno
import json
import os
import resource
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests.fake_time import FakeClock
from tests.mortal import Mortal, die_in_a_journal
from workbench.core import operations
from workbench.core.errors import WorkbenchError
from workbench.core.files import private_opener, try_lock
from workbench.core.operations import JournalFile, OperationJournal, OperationRecord, UnreadableJournal

WHAT = "It was not begun."


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be done: nothing."""

    account_id: str = "123456789012"
    region: str = "eu-west-1"
    text: str = ""


class Journal(OperationJournal[Note]):
    """Journals in a folder, with a sidecar file; those that are over stay."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Note, sidecars=(".private",), history=True)

    def all(self) -> tuple[OperationRecord[Note], ...]:
        return tuple(record for path in self.files() if (record := self.read(path)))

    def interrupted(self) -> tuple[OperationRecord[Note], ...]:
        return self.unfinished("123456789012", "eu-west-1")


@pytest.fixture
def folder(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "works")


def work(folder: str) -> None:
    """Two steps, the second with a note, and an end."""
    with Journal(Path(folder)).begin("hello", Note(text="test"), WHAT, {".private": b"secret"}) as entry:
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
    folder: Journal, mortal: Mortal, tmp_path: Path, moment: str, count: int
) -> None:
    mortal.kill(work_until, moment, count, str(tmp_path / "works"))

    events = count if moment == "after" else count - 1
    if events == 0:
        assert folder.all() == folder.interrupted() == ()
        return
    [found] = folder.all()
    begun, done, is_over = KNOWN[events - 1]
    assert (found.begun, tuple(found.done), found.ending is not None) == (begun, done, is_over)
    assert found.about == Note(text="test")
    assert found.noted == ({"second": {"old": "value"}} if events >= 5 else {})
    assert folder.interrupted() == (() if is_over else (found,))


def test_work_that_was_interrupted_is_taken_up_and_ended(
    folder: Journal, mortal: Mortal, tmp_path: Path
) -> None:
    mortal.kill(work_until, "amid", 6, str(tmp_path / "works"))
    [left] = folder.interrupted()
    private = left.file.with_suffix(".private")
    assert private.read_bytes() == b"secret"

    with folder.reopen(left.file, "It cannot be continued.") as entry:
        assert entry.record == left
        assert folder.interrupted() == ()  # it runs
        with pytest.raises(WorkbenchError, match="Another window") as caught:
            folder.reopen(left.file, "It cannot be continued.")
        assert caught.value.what == "It cannot be continued."
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


def test_what_another_process_did_meanwhile_is_known_when_it_is_reopened(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:
        entry.before("first")
    [found] = folder.interrupted()
    with folder.reopen(found.file, WHAT) as other:
        other.after("first", {"made": 1})
        other.before("second")
    with folder.reopen(found.file, WHAT) as again:
        assert (again.record.begun, dict(again.record.done)) == (("first", "second"), {"first": {"made": 1}})
    assert (found.begun, dict(found.done)) == (("first",), {})


def test_what_failed_is_known_until_it_is_begun_again(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:
        entry.before("first")
        entry.failed("first", {"text": "Refused."})
    [found] = folder.interrupted()
    assert (found.begun, dict(found.done), dict(found.failed)) == (
        ("first",),
        {},
        {"first": {"text": "Refused."}},
    )
    with folder.reopen(found.file, WHAT) as again:
        again.before("first")
    [found] = folder.interrupted()
    assert (found.begun, dict(found.failed)) == (("first",), {})


def test_what_runs_elsewhere_is_neither_interrupted_nor_forgotten(folder: Journal, tmp_path: Path) -> None:
    entry = folder.begin("hello", Note(), WHAT)
    other = Journal(tmp_path / "works")
    assert other.interrupted() == ()
    assert not other.forget(entry.path)
    entry.close()
    assert len(other.interrupted()) == 1
    assert other.forget(entry.path)
    assert other.files() == []


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another window looks at the lock of each journal as it is opened."""

    def open_and_look(path: str, flags: int) -> int:
        descriptor = private_opener(path, flags)
        looking = os.open(path, os.O_RDWR)
        assert try_lock(looking)
        threading.Timer(0.05, os.close, [looking]).start()
        return descriptor

    monkeypatch.setattr(operations, "private_opener", open_and_look)


@pytest.mark.usefixtures("looked_at")
def test_one_that_another_window_looks_at_as_it_begins_is_locked(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:
        assert entry.is_held
        assert folder.all_unfinished() == ()


@pytest.mark.usefixtures("looked_at")
def test_one_that_another_window_looks_at_as_it_is_taken_up_is_locked(folder: Journal) -> None:
    folder.begin("hello", Note(), WHAT).close()
    [left] = folder.interrupted()
    with folder.reopen(left.file, WHAT) as entry:
        assert entry.is_held
        assert folder.all_unfinished() == ()


def test_one_that_cannot_be_written_is_interrupted_and_says_so(
    folder: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = folder.begin("hello", Note(), WHAT)
    really_open = os.open

    def refuse_to_write(path: str | Path, flags: int, *args: int) -> int:
        if Path(path) == running.path and flags & (os.O_WRONLY | os.O_RDWR):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return really_open(path, flags, *args)

    monkeypatch.setattr(os, "open", refuse_to_write)
    assert folder.all_unfinished() == ()
    running.close()
    [left] = folder.interrupted()
    for use in (folder.reopen, folder.discard):
        with pytest.raises(WorkbenchError, match="You do not have permission to access") as refused:
            use(left.file, WHAT)
        assert refused.value.remedy == "Change the permissions of the folder, then try again."


def test_journals_are_for_this_user_only(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT, {".private": b"secret"}) as entry:
        modes = [stat.S_IMODE(path.stat().st_mode) for path in entry.path.parent.iterdir()]
    assert modes == [0o600, 0o600]


def test_every_event_is_a_line_with_its_moment(folder: Journal) -> None:
    with folder.begin("hello", Note(text="two\nlines\u2028"), WHAT) as entry:
        entry.before("first", {"was": 1})
        entry.note("first", {"is": 2})
        entry.after("first", {"revision_id": "r2"})
        entry.before("second", required=False)
        entry.after("second")
        entry.undoing()
        entry.undone("first")

    events = [json.loads(line) for line in entry.path.read_text().split("\n")[1:]]
    assert all(datetime.fromisoformat(event.pop("at")).tzinfo for event in events)
    about = {"account_id": "123456789012", "region": "eu-west-1", "text": "two\nlines\u2028"}
    assert events == [
        {"event": "begin", **about},
        {"event": "before", "step": "first", "facts": {"was": 1}},
        {"event": "note", "step": "first", "facts": {"is": 2}},
        {"event": "after", "step": "first", "facts": {"revision_id": "r2"}},
        {"event": "before", "step": "second"},
        {"event": "after", "step": "second"},
        {"event": "undoing"},
        {"event": "undone", "step": "first"},
    ]


def test_what_a_step_begins_with_is_known_until_it_notes_something_else(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:
        entry.before("first", {"was": 1})
        entry.before("second")
        [before] = folder.all()
        entry.note("first", {"is": 2})
        [noted] = folder.all()
    assert (before.noted, noted.noted) == ({"first": {"was": 1}}, {"first": {"is": 2}})


def test_journals_are_listed_newest_first_and_taken_up_oldest_first(folder: Journal, tmp_path: Path) -> None:
    clock = FakeClock()
    journals = OperationJournal(tmp_path / "works", Note, clock, history=True)
    paths = []
    for name in ("b", "c", "a"):
        clock.passed_s += 1
        with journals.begin(name, Note(text=name), WHAT) as entry:
            paths.append(entry.path)
    assert journals.files() == paths[::-1]
    assert [record.about.text for record in folder.interrupted()] == ["b", "c", "a"]


def test_a_sidecar_file_may_be_a_copy_and_is_whole_or_the_journal_is_not_begun(
    folder: Journal, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    with folder.begin("hello", Note(), WHAT, {".private": tmp_path / "secret"}) as entry:
        assert entry.path.with_suffix(".private").read_bytes() == b"secret"
        entry.finish()
    with pytest.raises(WorkbenchError, match=WHAT) as caught:
        folder.begin("hello", Note(), WHAT, {".private": tmp_path / "missing"})
    assert str(tmp_path / "works") in caught.value.why
    assert folder.files() == [entry.path]


def test_a_prepared_journal_is_not_begun_until_it_is_described(folder: Journal) -> None:
    with folder.prepare("hello", WHAT, {".private": b"secret"}) as entry:
        assert not folder.was_begun(entry.path)
        folder.describe(entry, Note(text="now"), WHAT)
        assert folder.was_begun(entry.path)
    [record] = folder.interrupted()
    assert record.about == Note(text="now")


def test_the_end_that_is_noted_later_is_as_any_other(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT, {".private": b"secret"}) as entry:
        entry.before("first")
    with folder.append(entry.path, "It was not closed.") as later:
        later.finish(outcome="gone")
    [record] = folder.all()
    assert record.ending is not None
    assert record.ending["outcome"] == "gone"
    assert not entry.path.with_suffix(".private").exists()
    assert folder.interrupted() == ()
    with pytest.raises(WorkbenchError, match="It was not closed") as caught:
        folder.append(entry.path.with_name("missing") / "it.jsonl", "It was not closed.")
    assert "No such file" in caught.value.why


def test_a_closed_journal_records_nothing_and_only_who_must_know_hears_of_it(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:
        pass
    before = entry.path.read_bytes()
    entry.after("first")
    entry.before("first", required=False)
    with pytest.raises(WorkbenchError, match="could not be recorded") as caught:
        entry.before("first")
    assert "Bad file descriptor" in caught.value.why
    assert str(entry.path) in caught.value.why
    assert entry.path.read_bytes() == before


def test_a_folder_or_a_journal_that_the_disk_refuses_is_told(folder: Journal, tmp_path: Path) -> None:
    (tmp_path / "works").touch()
    with pytest.raises(WorkbenchError) as caught:
        folder.begin("hello", Note(), WHAT)
    assert caught.value.what == WHAT
    assert str(tmp_path / "works") in caught.value.why
    (tmp_path / "works").unlink()

    with folder.begin("hello", Note(), WHAT) as entry:
        pass
    link = entry.path.with_name("20260101T000000.000000Z-link-000000.jsonl")
    link.symlink_to(entry.path)
    with pytest.raises(WorkbenchError) as caught:
        folder.reopen(link, "It cannot be continued.")
    assert caught.value.what == "It cannot be continued."
    assert str(link) in caught.value.why
    assert "symbolic links" in caught.value.why


def test_threads_do_not_write_into_each_others_lines(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:

        def work_on(name: str) -> None:
            for number in range(20):
                entry.before(f"{name}-{number}")

        threads = [threading.Thread(target=work_on, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    [found] = folder.interrupted()
    assert len(found.begun) == 80


@pytest.mark.parametrize(
    "text",
    ["", '{"at": "2026', "\0\0\0", "[1]\n", '{"event": "finish"}\n', '{"at": 1, "event": "begin"}', "null\n"],
)
def test_a_file_in_which_nothing_was_begun_is_no_work(folder: Journal, tmp_path: Path, text: str) -> None:
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
        pytest.param("[" * 200_000, id="deep"),
    ],
)
def test_a_line_of_a_later_version_hides_nothing(folder: Journal, line: str) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:
        entry.before("first")
    with entry.path.open("a") as file:
        file.write(f"\n{line}")
    [found] = folder.interrupted()
    assert found.begun == ("first",)


def test_bytes_that_are_no_text_hide_nothing(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:
        entry.before("first")
    with entry.path.open("ab") as file:
        file.write(b'\n{"at": "2026", "event": "before", "step": "\xff\n')
    [found] = folder.interrupted()
    assert found.begun == ("first",)


def test_a_full_disk_stops_what_changes_something_and_nothing_else(
    folder: Journal, expect_log: Callable[[str], None]
) -> None:
    expect_log("misses an event")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(entry: JournalFile) -> None:
        with pytest.raises(WorkbenchError, match="full"):
            entry.before("first")
        with pytest.raises(WorkbenchError, match="full"):
            entry.note("first", {})
        entry.after("first")  # what is done is done
        entry.before("second", required=False)
        with pytest.raises(WorkbenchError, match=WHAT):
            folder.begin("x" * 64, Note(text="x" * 200), WHAT, {".private": b"secret"})

    with folder.begin("hello", Note(), WHAT) as entry:
        resource.setrlimit(resource.RLIMIT_FSIZE, (entry.path.stat().st_size, old[1]))
        try:
            fill(entry)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert list(entry.path.parent.iterdir()) == [entry.path]


def test_the_damaged_journal_of_an_operation_that_is_over_is_no_interrupted_one(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT) as ended:
        ended.before("first")
        ended.after("first")
        ended.write({"event": "finish", "outcome": "deployed"})
    with folder.begin("again", Note(), WHAT) as retried:
        retried.before("first")
        retried.write({"event": "finish", "outcome": "unchanged"})
        retried.before("first")  # and then the power failed
    for each in (ended, retried):
        each.path.write_bytes(each.path.read_bytes().replace(b'"begin"', b'"be\0in"'))

    (found,) = folder.all_unfinished()

    assert isinstance(found, UnreadableJournal)
    assert found.file == retried.path
    assert ended.path.exists()


def test_a_journal_that_cannot_be_read_is_listed_with_what_is_wrong(folder: Journal, tmp_path: Path) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:
        entry.before("first")
    with folder.begin("other", Note(), WHAT) as other:
        pass
    entry.path.write_bytes(entry.path.read_bytes()[2:])
    other.path.write_text('{"at": "2026-11-24T12:00:00+00:00", "event": "begin", "text": ["no text"]}')
    (tmp_path / "works" / "20991124T120000.000000Z-a-folder.jsonl").mkdir()

    damaged, strange, a_folder = folder.all_unfinished()

    assert isinstance(damaged, UnreadableJournal)
    assert (damaged.file, damaged.why) == (entry.path, "The beginning of its journal is damaged.")
    assert isinstance(strange, UnreadableJournal)
    assert (strange.when, strange.why) == ("2026-11-24T12:00:00+00:00", "Its journal cannot be read.")
    assert isinstance(a_folder, UnreadableJournal)
    assert a_folder.why.startswith("Its journal cannot be read: ")
    assert folder.interrupted() == ()
    with pytest.raises(WorkbenchError, match="If no other window is working on it, delete this file: "):
        folder.discard(a_folder.file, WHAT)


def test_one_that_is_discarded_is_not_interrupted_any_more(folder: Journal) -> None:
    with folder.begin("hello", Note(), WHAT) as entry:
        entry.before("first")
        with pytest.raises(WorkbenchError, match="Another window"):
            folder.discard(entry.path, WHAT)
    with folder.begin("other", Note(), WHAT) as damaged:
        damaged.before("first")
        with pytest.raises(WorkbenchError):
            folder.discard(damaged.path, WHAT)
    damaged.path.write_bytes(damaged.path.read_bytes()[40:])
    for each in (entry, damaged):
        folder.discard(each.path, WHAT)
    assert folder.all_unfinished() == ()
    with pytest.raises(WorkbenchError, match="in the meantime"):
        folder.reopen(entry.path, WHAT)
