"""A loss of power leaves a file old or new, and a journal with every event that was promised to be in it."""

from pathlib import Path

from tests.core.test_journal_file import Note
from tests.power import MISSING, Disk, cut_power
from workbench.core.files import write_atomic
from workbench.core.operations import OperationJournal

OLD, NEW = b"old", b"new and longer"


def replace_a_file(folder: Path, disk: Disk) -> None:
    target = folder / "state.json"
    write_atomic(target, NEW)
    assert target.read_bytes() == NEW
    assert disk.may_leave(target) <= {OLD, NEW}
    assert disk.at_renames == [("state.json", {OLD, NEW})]


def test_a_file_that_was_replaced_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(OLD)
    cut_power(replace_a_file, tmp_path)


def make_a_file(folder: Path, disk: Disk) -> None:
    write_atomic(folder / "new" / "state.json", NEW)
    assert disk.at_renames == [("state.json", {MISSING, NEW})]


def test_a_file_that_is_new_is_missing_or_whole(tmp_path: Path) -> None:
    cut_power(make_a_file, tmp_path)


def make_a_file_that_may_be_lost(folder: Path, disk: Disk) -> None:
    write_atomic(folder / "state.json", NEW, lasting=False)
    assert disk.may_leave(folder / "state.json") == {OLD, b"", NEW}


def test_the_watched_disk_loses_what_is_not_synced(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(OLD)
    cut_power(make_a_file_that_may_be_lost, tmp_path)


def write_a_journal(folder: Path, disk: Disk) -> None:
    journals = folder / "journals"
    with OperationJournal(journals, Note, sidecars=(".zip",)).begin(
        "it", Note(), "It failed.", {".zip": NEW}
    ) as file:

        def all_of_it() -> set[bytes | None]:
            return {file.path.read_bytes()}

        assert disk.may_leave(file.path.with_suffix(".zip")) == {NEW}
        assert disk.may_leave(file.path) == all_of_it(), "begin"
        file.before("first")
        assert disk.may_leave(file.path) == all_of_it(), "before"
        file.note("first", {"was": "so"})
        assert disk.may_leave(file.path) == all_of_it(), "note"
        file.after("first", {"is": "so"})
        assert disk.may_leave(file.path) == all_of_it(), "after"
        file.undoing()
        file.undone("first")
        assert disk.may_leave(file.path) == all_of_it(), "undone"


def test_every_event_of_a_journal_is_on_the_disk_before_the_work_goes_on(tmp_path: Path) -> None:
    cut_power(write_a_journal, tmp_path)
