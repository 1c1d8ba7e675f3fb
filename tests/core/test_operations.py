"""Operations on files: whatever stops one, the next start can finish or undo it, and leaves others' alone."""

import contextlib
import os
import resource
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mortal import Mortal, die_in_a_journal
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.core.operations import (
    Facts,
    Operation,
    OperationJournal,
    OperationRecord,
    StepContext,
    StepRunner,
)

WHAT = "Nothing was written."
STEPS = {"first": "a.txt", "second": "b.txt", "third": "c.txt"}


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes "new" into some files of a folder."""

    account_id: str
    region: str
    files: tuple[str, ...]


class Writer:
    """Writes "new" into files, and puts back what was there. One that is read-only refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refuses = self.keeps = self.cancelled_at = ""

    def do(self, step: str, context: StepContext) -> Facts:
        path = self.folder / step
        if self.cancelled_at == step:
            raise Cancelled
        if self.refuses == step:
            raise WorkbenchError(f"{step} was not written.", aws_code="AccessDenied")
        first = not context.noted()
        context.note({"before": path.read_text() if path.exists() else None})
        path.write_text("new")
        where = {"number": context.number, "of": context.total, "so far": list(context.done), "first": first}
        return {**context.noted(), **where}

    def undo(self, step: str, facts: Facts, context: StepContext) -> str:
        path = self.folder / step
        if self.keeps == step:
            raise WorkbenchError(f"{step} stays.")
        if not facts or not path.exists() or path.read_text() != "new":
            return ""
        if facts["before"] is None:
            path.unlink()
        else:
            path.write_text(facts["before"])
        return f"{step} is as before."


def contents(folder: Path) -> Mapping[str, str]:
    return {path.name: path.read_text() for path in sorted((folder / "files").iterdir())}


def journal_in(folder: Path) -> OperationJournal[Writing]:
    return OperationJournal(folder / "journals", Writing)


def write_until(moment: str, count: int, folder: str) -> None:
    die_in_a_journal(moment, count)
    root = Path(folder)
    about = Writing("123456789012", "eu-west-1", tuple(STEPS.values()))
    with journal_in(root).begin("files", about, WHAT) as file:
        Operation(STEPS, Writer(root / "files"), file, JobContext()).forward()
        file.finish()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/b.txt").write_text("theirs")
    return tmp_path


def interrupted_in(folder: Path) -> OperationRecord[Writing] | None:
    found = journal_in(folder).unfinished("123456789012", "eu-west-1")
    return found[0] if found else None


BEFORE = {"b.txt": "theirs"}
AFTER = dict.fromkeys(STEPS.values(), "new")
EVENTS = 1 + 3 * len(STEPS) + 1
"""The beginning, three for each step, the end."""


@pytest.mark.parametrize("undoes", [False, True])
@pytest.mark.parametrize("moment", ["amid", "after"])
@pytest.mark.parametrize("count", range(1, EVENTS + 1))
def test_a_kill_at_any_event_can_be_finished_and_undone(
    folder: Path, mortal: Mortal, moment: str, count: int, undoes: bool
) -> None:
    mortal.kill(write_until, moment, count, str(folder))

    if (left := interrupted_in(folder)) is None:
        is_over = (moment, count) == ("after", EVENTS)
        assert is_over or (moment, count) == ("amid", 1)
        assert contents(folder) == (AFTER if is_over else BEFORE)
        return
    assert left.about == Writing("123456789012", "eu-west-1", tuple(STEPS.values()))
    with journal_in(folder).reopen(left.file, WHAT) as file:
        operation = Operation(STEPS, Writer(folder / "files"), file, JobContext(), left)
        if undoes:
            assert not operation.backward().failed
        else:
            operation.forward()
        file.finish()
    assert contents(folder) == (BEFORE if undoes else AFTER)
    assert interrupted_in(folder) is None


@contextlib.contextmanager
def running(folder: Path, writer: Writer, ctx: JobContext | None = None) -> Iterator[Operation[str]]:
    about = Writing("123456789012", "eu-west-1", ())
    with journal_in(folder).begin("files", about, WHAT) as file:
        yield Operation(STEPS, writer, file, ctx or JobContext(), None, _made_nothing)


def _made_nothing(error: WorkbenchError | Cancelled) -> bool:
    return isinstance(error, WorkbenchError) and bool(error.aws_code)


def test_a_step_hears_what_the_steps_before_it_made(folder: Path) -> None:
    with running(folder, Writer(folder / "files")) as operation:
        operation.forward()
    assert operation.done == {
        "first": {"before": None, "number": 0, "of": 3, "so far": [], "first": True},
        "second": {"before": "theirs", "number": 1, "of": 3, "so far": ["first"], "first": True},
        "third": {"before": None, "number": 2, "of": 3, "so far": ["first", "second"], "first": True},
    }


def test_the_job_tells_which_step_is_made(folder: Path) -> None:
    told: list[Progress] = []
    about, writer = Writing("123456789012", "eu-west-1", ()), Writer(folder / "files")
    with journal_in(folder).begin("files", about, WHAT) as file:
        Operation(
            STEPS, writer, file, JobContext(told.append), title_of=lambda step: f"Writing {step}"
        ).forward()
    assert [(each.done, each.total, each.text) for each in told] == [
        (0, 3, "Writing a.txt"),
        (1, 3, "Writing b.txt"),
        (2, 3, "Writing c.txt"),
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [('"region"', '"later": 1, "region"'), ('"region"', '"area"'), ('"files": []', '"files": 1')],
)
def test_an_operation_that_only_another_version_knows_whole_is_left_alone(
    folder: Path, ours: str, theirs: str
) -> None:
    journal = journal_in(folder)
    with journal.begin("files", Writing("123456789012", "eu-west-1", ()), WHAT) as file:
        file.before("first")
    text = file.path.read_text()
    assert ours in text
    file.path.write_text(text.replace(ours, theirs))
    assert journal.unfinished("123456789012", "eu-west-1") == ()
    journal.begin("files", Writing("123456789012", "eu-west-1", ()), WHAT).close()
    assert file.path.exists()


def test_a_step_that_surely_made_nothing_is_not_undone(folder: Path) -> None:
    writer = Writer(folder / "files")
    writer.refuses = "b.txt"
    with running(folder, writer) as operation:
        with pytest.raises(WorkbenchError, match="was not written"):
            operation.forward()
        assert operation.begun == ["first"]
    left = interrupted_in(folder)
    assert left is not None
    assert left.begun == ("first",)


def test_a_cancelled_step_may_have_been_made_and_is_undone(folder: Path) -> None:
    writer = Writer(folder / "files")
    writer.cancelled_at = "c.txt"
    with running(folder, writer) as operation:
        with pytest.raises(Cancelled):
            operation.forward()
        undone = operation.backward()
    assert undone.texts == ["b.txt is as before.", "a.txt is as before."]
    assert undone.steps == ["b.txt", "a.txt"]
    assert contents(folder) == BEFORE


@pytest.mark.parametrize(("stops", "left"), [(True, ["first", "second"]), (False, ["second"])])
def test_a_step_that_cannot_be_undone_stays_and_may_keep_those_before_it(
    folder: Path, stops: bool, left: list[str]
) -> None:
    writer = Writer(folder / "files")
    with running(folder, writer) as operation:
        operation.forward()
        writer.keeps = "b.txt"
        undone = operation.backward(stop_at_failure=stops)
        assert [(step, str(error)) for step, error in undone.failed] == [("b.txt", "b.txt stays.")]
        assert operation.begun == left
    found = interrupted_in(folder)
    assert found is not None
    assert (found.begun, found.undoing) == (tuple(left), True)


def test_a_cancelled_job_is_undone_all_the_same(folder: Path) -> None:
    class Stubborn(Writer):
        def undo(self, step: str, facts: Facts, context: StepContext) -> str:
            context.ctx.check()
            return super().undo(step, facts, context)

    stop = threading.Event()
    with running(folder, Stubborn(folder / "files"), JobContext(stop=stop)) as operation:
        operation.forward()
        stop.set()
        assert not operation.backward().failed
    assert contents(folder) == BEFORE


def test_what_is_over_is_forgotten_and_what_cannot_be_read_is_left_alone(folder: Path) -> None:
    journal, about = journal_in(folder), Writing("123456789012", "eu-west-1", ())
    with journal.begin("files", about, WHAT, {".zip": b"code"}) as over:
        assert over.path.exists()
        over.finish()
    assert not over.path.exists()
    journal.begin("files", about, WHAT).close()
    strange = folder / "journals/20990101T000000.000000Z-files-000000.jsonl"
    strange.write_text('\n{"at": "2099-01-01T00:00:00+00:00", "event": "begin", "region": ["eu-west-1"]}')

    assert len(journal.unfinished("123456789012", "eu-west-1")) == 1
    assert journal.unfinished("123456789012", "us-east-1") == ()
    assert strange.exists()


def test_an_operation_that_a_crash_stopped_after_its_end_is_forgotten_by_the_next(folder: Path) -> None:
    journal, about = journal_in(folder), Writing("123456789012", "eu-west-1", ())
    over = journal.begin("files", about, WHAT)
    over.finish()
    over._file.close()  # as the end of the process closes it
    assert over.path.exists()
    journal.begin("files", about, WHAT).close()
    assert not over.path.exists()


def test_a_journal_without_a_beginning_is_forgotten_when_nobody_can_be_about_to_write_it(
    folder: Path,
) -> None:
    journal, about = journal_in(folder), Writing("123456789012", "eu-west-1", ())
    (folder / "journals").mkdir()
    left = folder / "journals/20260101T000000.000000Z-files-000000.jsonl"
    left.touch()
    journal.begin("files", about, WHAT).close()
    assert left.exists()  # it was made just now: another process may lock it in a moment
    os.utime(left, (0, 0))
    journal.begin("files", about, WHAT).close()
    assert not left.exists()


def test_what_cannot_be_looked_at_is_not_forgotten(folder: Path) -> None:
    """Nobody can tell whether it is old, or has steps."""
    (folder / "journals").mkdir()
    link = folder / "journals/20260101T000000.000000Z-files-000000.jsonl"
    link.symlink_to(folder / "on a disk that is away")
    journal_in(folder).begin("files", Writing("123456789012", "eu-west-1", ()), WHAT).close()
    assert link.is_symlink()


def test_a_journal_whose_beginning_is_damaged_is_kept_for_its_steps(folder: Path) -> None:
    journal, about = journal_in(folder), Writing("123456789012", "eu-west-1", ())
    with journal.begin("files", about, WHAT) as file:
        file.before("a")
    file.path.write_bytes(file.path.read_bytes().replace(b'"begin"', b'"be\0in"'))
    os.utime(file.path, (0, 0))
    journal.begin("files", about, WHAT).close()
    assert file.path.exists()


def test_what_an_undone_step_noted_is_no_longer_known(folder: Path) -> None:
    journal, about = OperationJournal(folder, Writing), Writing("123456789012", "eu-west-1", ())
    with journal.begin("files", about, WHAT) as file:
        file.before("first")
        file.note("first", {"was": "old"})
        file.undone("first")
    record = journal.read(file.path)
    assert record is not None
    assert (record.begun, record.noted) == ((), {})


def test_a_journal_that_was_removed_is_not_made_again(folder: Path) -> None:
    journal = OperationJournal(folder, Writing, history=True)
    with pytest.raises(WorkbenchError, match=WHAT):
        journal.append(folder / "removed.jsonl", WHAT)
    assert not (folder / "removed.jsonl").exists()


def test_a_history_keeps_what_is_over_until_it_is_forgotten(folder: Path) -> None:
    journal, about = OperationJournal(folder, Writing, history=True), Writing("123456789012", "eu-west-1", ())
    with journal.begin("files", about, WHAT) as file:
        file.before("first")
        file.after("first", {"number": 1})
        file.finish(outcome="done")
    with journal.begin("files", about, WHAT) as left:
        pass

    assert set(journal.files()) == {file.path, left.path}
    over, interrupted = journal.read(file.path), journal.read(left.path)
    assert over is not None
    assert (over.about, over.done) == (about, {"first": {"number": 1}})
    assert over.ending is not None
    assert over.ending["outcome"] == "done"
    assert interrupted is not None
    assert interrupted.ending is None
    assert journal.unfinished("123456789012", "eu-west-1") == (interrupted,)
    assert journal.forget(file.path)
    assert journal.files() == [left.path]


def test_a_disk_that_refuses_stops_only_what_must_be_recorded(
    folder: Path, expect_log: Callable[[str], None]
) -> None:
    class Quick(Writer):
        def do(self, step: str, context: StepContext) -> Facts:
            (self.folder / step).write_text("new")
            return {}

    expect_log("misses an event")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    about = Writing("123456789012", "eu-west-1", ())
    with journal_in(folder).begin("files", about, WHAT) as file:
        writer, must = Quick(folder / "files"), lambda step: step == "c.txt"
        operation = Operation(STEPS, writer, file, JobContext(), must_be_recorded=must)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.path.stat().st_size, old[1]))
        try:
            with pytest.raises(WorkbenchError, match="could not be recorded"):
                operation.forward()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert list(operation.done) == operation.begun == ["first", "second"]
    assert contents(folder) == {"a.txt": "new", "b.txt": "new"}


def test_a_step_that_is_not_of_the_plan_is_passed_over(folder: Path) -> None:
    about = Writing("123456789012", "eu-west-1", ())
    with journal_in(folder).begin("files", about, WHAT) as file:
        for step in ("first", "a later version's"):
            file.before(step)
            file.after(step, {"before": None})
    left = interrupted_in(folder)
    assert left is not None
    with journal_in(folder).reopen(left.file, WHAT) as file:
        operation = Operation(STEPS, Writer(folder / "files"), file, JobContext(), left)
        assert operation.begun == list(operation.done) == ["first"]
        assert not operation.backward().failed


def test_a_refusal_does_not_forget_what_an_earlier_run_may_have_made(folder: Path) -> None:
    with running(folder, Writer(folder / "files")) as operation:
        operation._journal.before("first")  # as far as a kill lets it come
    (folder / "files/a.txt").write_text("new")
    left = interrupted_in(folder)
    assert left is not None
    writer = Writer(folder / "files")
    writer.refuses = "a.txt"
    with journal_in(folder).reopen(left.file, WHAT) as file:
        operation = Operation(STEPS, writer, file, JobContext(), file.record, _made_nothing)
        with pytest.raises(WorkbenchError, match="was not written"):
            operation.forward()
        assert operation.begun == ["first"]
    left = interrupted_in(folder)
    assert left is not None
    assert left.begun == ("first",)


class Appender(StepRunner[str]):
    """Appends to a file; cannot be undone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def do(self, step: str, context: StepContext) -> Facts:
        self.path.write_text(self.path.read_text() + step)
        if step == STEPS["third"]:
            context.failed({"why": "full"})
            raise WorkbenchError("Full.")
        return {}


def test_steps_without_an_undo_stay_done_and_a_known_failure_is_recorded(folder: Path) -> None:
    about, path = Writing("123456789012", "eu-west-1", ()), folder / "files/b.txt"
    with journal_in(folder).begin("files", about, WHAT) as file:
        operation = Operation(STEPS, Appender(path), file, JobContext())
        with pytest.raises(WorkbenchError, match="Full"):
            operation.forward()
        undone = operation.backward()
    assert (undone.steps, undone.failed, undone.texts) == ([], [], [])
    left = interrupted_in(folder)
    assert left is not None
    assert (tuple(left.done), left.begun) == (("first", "second"), ("first", "second", "third"))
    assert left.failed == {"third": {"why": "full"}}
