"""kill -9 at every step of a change of several functions: the next start goes on, or takes it back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functions.doomed import BULK_CHANGES, change_until
from tests.functions.test_bulk_run import keep
from tests.mortal import Mortal
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.bulk_plan import (
    BulkChange,
    BulkStep,
    Configure,
    Delete,
    Retag,
    Retain,
    Standing,
    Target,
    read_target,
)
from workbench.functions.bulk_run import (
    BulkJournal,
    PastChange,
    RecordedFunction,
    carry_out_recorded,
    plan_past,
)
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function

Kill = Callable[[str, str, int], None]

CTX = JobContext()
SOURCE = "def handler(event, context):\n    return 1\n"
NAMES = ("fn-a", "fn-b")
# begin; before, note, and after each of two functions; finish
EVENTS = 8
MOMENTS = [
    *(("memory", "after", count) for count in range(1, EVENTS)),
    ("memory", "amid", 3),
    ("memory", "amid", 4),
    ("tags", "after", 3),
    ("tags", "amid", EVENTS),
]


@pytest.fixture
def journal(tmp_path: Path) -> BulkJournal:
    return BulkJournal(tmp_path / "bulk-changes")


@pytest.fixture
def kill_a_change(mortal: Mortal, connection: Connection, tmp_path: Path) -> Kill:
    """Kills a change of two functions: its kind, the moment, and the event."""

    def kill(kind: str, moment: str, count: int) -> None:
        for name in NAMES:
            create_function(connection, SOURCE, name=name, Tags={"stage": "dev", "old": "1"})
        access = connection.access
        where = access.endpoint_url, access.region, connection.account_id
        names, folder = ",".join(NAMES), str(tmp_path / "bulk-changes")
        mortal.kill(change_until, moment, count, kind, names, folder, *where)

    return kill


def planned(
    connection: Connection, noted: tuple[RecordedFunction, ...], *, undo: bool
) -> tuple[BulkStep, ...]:
    looked = [(each, read_target(connection, each.target, each.change, CTX)) for each in noted]
    return plan_past(looked, undo=undo)


def go_on(connection: Connection, journal: BulkJournal, past: PastChange) -> None:
    with journal.reopen_change(past) as file:
        for step in planned(connection, past.left, undo=False):
            if step.standing is Standing.CHANGE:
                carry_out_recorded(file, connection, step, RateBudget(), keep, CTX)
        file.finish()


def take_back(connection: Connection, journal: BulkJournal, past: PastChange) -> None:
    steps = [
        step for step in planned(connection, past.undoable, undo=True) if step.standing is Standing.CHANGE
    ]
    with journal.begin_change(past.requested, steps, past.file.name) as file:
        if not past.is_over:
            journal.discard_change(past)
        for step in steps:
            carry_out_recorded(file, connection, step, RateBudget(), keep, CTX)
        file.finish()


def seen(connection: Connection) -> list[tuple[int, dict[str, str]]]:
    details = [get_function(connection, name) for name in NAMES]
    return [(each.memory_mb, dict(each.tags)) for each in details]


OLD = (128, {"stage": "dev", "old": "1"})
NEW = {"memory": (512, OLD[1]), "tags": (128, {"stage": "prod"})}


@pytest.mark.parametrize(("kind", "moment", "count"), MOMENTS)
def test_a_killed_change_is_gone_on_with_and_then_taken_back(
    connection: Connection, kill_a_change: Kill, journal: BulkJournal, kind: str, moment: str, count: int
) -> None:
    kill_a_change(kind, moment, count)
    [past] = journal.interrupted()
    assert past.requested == BULK_CHANGES[kind]
    assert [each.target.function_name for each in past.functions] == list(NAMES)

    go_on(connection, journal, past)
    assert seen(connection) == [NEW[kind]] * 2
    assert journal.interrupted() == ()

    [over] = journal.past()  # as after another start
    take_back(connection, journal, over)
    assert [now for now, noted in zip(seen(connection), over.functions, strict=True) if noted.is_begun] == [
        OLD
    ] * len(over.undoable)
    assert journal.past()[-1].undoable == ()


@pytest.mark.parametrize(("kind", "moment", "count"), MOMENTS)
def test_a_killed_change_is_taken_back(
    connection: Connection, kill_a_change: Kill, journal: BulkJournal, kind: str, moment: str, count: int
) -> None:
    kill_a_change(kind, moment, count)
    [past] = journal.interrupted()
    take_back(connection, journal, past)
    assert seen(connection) == [OLD] * 2
    assert journal.interrupted() == ()


def test_what_another_window_changed_since_it_was_found_is_not_changed_again(
    connection: Connection, kill_a_change: Kill, journal: BulkJournal
) -> None:
    kill_a_change("memory", "after", 1)
    [past] = journal.interrupted()
    steps = planned(connection, past.left, undo=False)
    with journal.reopen_change(past) as file:  # as another window that was closed after its first function
        carry_out_recorded(file, connection, steps[0], RateBudget(), keep, CTX)
    connection.call("lambda", "update_function_configuration", FunctionName="fn-a", MemorySize=256)
    with journal.reopen_change(past) as file:
        changed = [carry_out_recorded(file, connection, each, RateBudget(), keep, CTX) for each in steps]
        file.finish()
    assert [each.changed for each in changed] == [False, True]
    assert [memory for memory, _ in seen(connection)] == [256, 512]


def test_a_deletion_of_several_is_gone_on_with(
    connection: Connection, kill_a_change: Kill, journal: BulkJournal
) -> None:
    kill_a_change("delete", "after", 4)
    [past] = journal.interrupted()
    assert [each.is_done for each in past.functions] == [True, False]
    assert past.undoable == ()  # Restore Deleted Function does that
    go_on(connection, journal, past)
    for name in NAMES:
        with pytest.raises(WorkbenchError) as caught:
            get_function(connection, name)
        assert caught.value.aws_code == "ResourceNotFoundException"


def test_what_somebody_changed_since_is_not_taken_back(
    connection: Connection, kill_a_change: Kill, journal: BulkJournal
) -> None:
    kill_a_change("memory", "after", EVENTS)
    connection.call("lambda", "update_function_configuration", FunctionName="fn-a", MemorySize=256)
    [past] = journal.past()
    assert past.is_over
    steps = planned(connection, past.undoable, undo=True)
    assert [step.standing for step in steps] == [Standing.REFUSED, Standing.CHANGE]
    assert "It was changed in the meantime. Your change was not applied" in steps[0].why
    take_back(connection, journal, past)
    assert [memory for memory, _ in seen(connection)] == [256, 128]


@pytest.mark.parametrize("goes_on", [False, True])
def test_half_a_change_of_tags_is_taken_back(
    connection: Connection, kill_a_change: Kill, journal: BulkJournal, *, goes_on: bool
) -> None:
    kill_a_change("tags", "after", 3)
    [past] = journal.interrupted()
    connection.call(  # as if it had died between its two calls
        "lambda", "tag_resource", Resource=past.functions[0].target.function_arn, Tags={"stage": "prod"}
    )
    if goes_on:
        go_on(connection, journal, past)
        assert seen(connection) == [NEW["tags"]] * 2
        [past] = journal.past()
    take_back(connection, journal, past)
    assert seen(connection) == [OLD] * 2


def test_an_undo_that_was_killed_is_gone_on_with(
    connection: Connection, kill_a_change: Kill, journal: BulkJournal
) -> None:
    kill_a_change("memory", "after", EVENTS)
    [past] = journal.past()
    steps = planned(connection, past.undoable, undo=True)
    with journal.begin_change(past.requested, steps, past.file.name) as file:  # as a kill leaves it
        carry_out_recorded(file, connection, steps[0], RateBudget(), keep, CTX)
    [half] = journal.interrupted()
    assert [each.target.function_name for each in half.left] == ["fn-b"]
    go_on(connection, journal, half)
    assert seen(connection) == [OLD] * 2
    assert journal.past()[-1].undoable == ()


def test_what_is_let_be_is_not_asked_about_again_but_can_be_taken_back(
    connection: Connection, kill_a_change: Kill, journal: BulkJournal
) -> None:
    kill_a_change("memory", "after", 4)
    [past] = journal.interrupted()
    journal.discard_change(past)
    assert journal.interrupted() == ()
    with pytest.raises(WorkbenchError, match="finished or undone in the meantime"):
        journal.reopen_change(past)
    [over] = journal.past()
    assert len(over.undoable) == 1


@pytest.mark.parametrize(
    "change",
    [
        Configure(Wanted(memory_mb=512, environment=(("A", "ä\n"),), layers=("arn",))),
        Retag((("k", "v"),), ("x",)),
        Retain(None),
        Retain(30),
        Delete(),
    ],
)
def test_a_change_is_read_back_as_it_was_written(journal: BulkJournal, change: BulkChange) -> None:
    target = Target(
        "dev", "123456789012", "eu-central-1", "hello", "arn:aws:lambda:eu-central-1:1:function:hello"
    )
    journal.begin_change(change, [BulkStep(target, change, Standing.CHANGE)]).close()
    [past] = journal.interrupted()
    assert (past.requested, past.functions) == (change, (RecordedFunction(target, change),))


@pytest.mark.parametrize(
    "damage", ["null", '{"kind": "sparkle"}', '{"kind": "configure", "wanted": {"x": 1}}']
)
def test_what_another_version_wrote_is_passed_over(journal: BulkJournal, tmp_path: Path, damage: str) -> None:
    (tmp_path / "bulk-changes").mkdir()
    line = f'{{"at": "x", "event": "begin", "wish": {damage}, "undoes": "", "functions": []}}'
    (tmp_path / "bulk-changes" / "20261124T120000.000000Z-bulk-abc.jsonl").write_text(line)
    assert journal.past() == ()


@pytest.mark.parametrize(
    ("wish", "change", "back", "undo"),
    [
        (
            '{"kind": "configure", "wanted": {"memory_mb": 512}}',
            Configure(Wanted(memory_mb=512)),
            '{"kind": "configure", "wanted": {"memory_mb": 128}}',
            Configure(Wanted(memory_mb=128)),
        ),
        (
            '{"kind": "retag", "put": [["stage", "prod"]], "remove": ["old"]}',
            Retag((("stage", "prod"),), ("old",)),
            '{"kind": "retag", "put": [["old", "1"]], "remove": ["stage"]}',
            Retag((("old", "1"),), ("stage",)),
        ),
        ('{"kind": "retain", "days": 30}', Retain(30), '{"kind": "retain", "days": null}', Retain(None)),
        ('{"kind": "delete"}', Delete(), "null", None),
    ],
)
def test_a_journal_of_an_earlier_version_is_read(
    journal: BulkJournal, tmp_path: Path, wish: str, change: BulkChange, back: str, undo: BulkChange | None
) -> None:
    (tmp_path / "bulk-changes").mkdir()
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:fn"
    target = (
        '{"profile_name": "dev", "account_id": "123456789012", "region": "eu-central-1",'
        f' "function_name": "fn", "function_arn": "{arn}"}}'
    )
    file = tmp_path / "bulk-changes/20261120T101500.000000Z-bulk-a1b2c3.jsonl"
    file.write_text(
        f'\n{{"at": "2026-11-20T10:15:00+00:00", "event": "begin", "wish": {wish}, "undoes": "",'
        f' "functions": [{{"target": {target}, "change": {wish}}}]}}'
        f'\n{{"at": "2026-11-20T10:15:01+00:00", "event": "before", "step": "dev {arn}",'
        f' "facts": {{"back": {back}}}}}'
        f'\n{{"at": "2026-11-20T10:15:02+00:00", "event": "after", "step": "dev {arn}"}}'
        '\n{"at": "2026-11-20T10:15:03+00:00", "event": "finish"}'
    )
    recorded = RecordedFunction(
        Target("dev", "123456789012", "eu-central-1", "fn", arn), change, undo, is_begun=True, is_done=True
    )
    [past] = journal.past()
    assert past == PastChange(file, "2026-11-20T10:15:00+00:00", change, "", (recorded,))

    strange = file.read_text().replace(f'"back": {back}', '"back": {"kind": "sparkle"}')
    file.write_text(strange)
    assert journal.past() == ()
