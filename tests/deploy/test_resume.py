"""kill -9 at every step of a deploy that does all there is: the next start finishes it, or takes it back."""

import json
from collections.abc import Callable

import pytest

from tests.deploy.bench import CTX, Bench
from tests.deploy.doomed import deploy_until
from tests.deploy.released import NEW_STATE, OLD_STATE, OPTIONS, WANTED, state_of
from tests.deploy.scripted import NEW
from tests.mortal import Mortal
from workbench.core.errors import WorkbenchError
from workbench.deploy.journal import Outcome
from workbench.deploy.recover import recover
from workbench.deploy.resume import finish_deploy, undo_deploy
from workbench.invoke.run import invoke

STEPS = ("stage", "check", "configure", "upload", "wait", "smoke test", "publish", "alias", "keep")
FIRST_CHANGE = 2 * (1 + STEPS.index("configure"))
EVENTS = 1 + 2 * len(STEPS) + 1  # begin, before and after each, finish


Kill = Callable[[Bench, int], None]


@pytest.fixture
def kill(mortal: Mortal) -> Kill:
    """Kills a deploy right after the n-th event of the journal."""

    def kill(bench: Bench, count: int) -> None:
        wanted = json.dumps(OPTIONS.to_json()), json.dumps(WANTED.values())
        mortal.kill(deploy_until, "after", count, *wanted, *bench.places())

    return kill


def _leftovers(bench: Bench) -> list[str]:
    return [file.name for file in (bench.folder / "deploys").iterdir() if file.suffix != ".jsonl"]


@pytest.mark.parametrize("count", range(2, EVENTS + 1, 2))  # each time a step was just begun
def test_a_deploy_killed_at_any_step_can_be_finished(released: Bench, kill: Kill, count: int) -> None:
    kill(released, count)

    for recovery in recover(released.connection, released.journal, CTX):
        if recovery.outcome is None:
            assert "stopped half-way" in recovery.text
            finish_deploy(released.connection, recovery.record, released.journal, CTX, invoke=invoke)

    assert state_of(released) == (NEW_STATE if count >= FIRST_CHANGE else OLD_STATE)
    assert not released.journal.unfinished()
    assert _leftovers(released) == []
    workspace = released.reopen()
    assert not workspace.stale
    assert workspace.read("app.py").text == NEW
    assert bool(workspace.changes(CTX)) == (state_of(released) == OLD_STATE)


@pytest.mark.parametrize("count", range(1, EVENTS + 1))
def test_a_deploy_killed_at_any_step_can_be_taken_back(released: Bench, kill: Kill, count: int) -> None:
    kill(released, count)

    for recovery in recover(released.connection, released.journal, CTX):
        if recovery.outcome is None:
            undo_deploy(released.connection, recovery.record, released.journal, CTX)
            assert released.journal.records()[0].outcome is Outcome.UNDONE

    all_done = count >= EVENTS - 3  # only noting it here was left
    state = state_of(released)
    if not all_done:
        # A version that was being published when the program died stays: nobody knows whose it is.
        assert state["versions"] in (["1"], ["1", "2"])
        state["versions"] = ["1"]
    assert state == (NEW_STATE if all_done else OLD_STATE)
    assert not released.journal.unfinished()
    assert _leftovers(released) == []
    workspace = released.reopen()
    assert not workspace.stale
    assert workspace.read("app.py").text == NEW
    assert bool(workspace.changes(CTX)) != all_done


def test_there_are_as_many_events_as_the_kills_assume(released: Bench, kill: Kill) -> None:
    with pytest.raises(AssertionError, match="survived"):
        kill(released, EVENTS + 1)
    record = released.journal.records()[0]
    assert tuple(kind.value for kind in record.planned) == STEPS
    assert record.file.read_text().count("\n") == EVENTS
    assert state_of(released) == NEW_STATE


def test_a_deploy_that_another_window_works_on_is_left_to_it(released: Bench, kill: Kill) -> None:
    kill(released, 10)
    (record,) = released.journal.unfinished()
    with (
        released.journal.reopen(record),
        pytest.raises(WorkbenchError, match="Another window works on it"),
    ):
        undo_deploy(released.connection, record, released.journal, CTX)
    undo_deploy(released.connection, record, released.journal, CTX)
    with pytest.raises(WorkbenchError, match="has ended it"):
        finish_deploy(released.connection, record, released.journal, CTX)


def test_a_deploy_whose_package_is_gone_says_so_and_can_be_taken_back(released: Bench, kill: Kill) -> None:
    kill(released, 7)
    for package in released.workspace.packages.iterdir():
        if package != released.workspace.base_package:
            package.unlink()
    bucket = f"workbench-deploy-{released.connection.account_id}-us-east-1"
    found = released.connection.call("s3", "list_objects_v2", Bucket=bucket)["Contents"]
    for each in found:
        released.connection.call("s3", "delete_object", Bucket=bucket, Key=each["Key"])
    (record,) = released.journal.unfinished()

    with pytest.raises(WorkbenchError, match="The old configuration is back"):
        finish_deploy(released.connection, record, released.journal, CTX, invoke=invoke)

    assert state_of(released) == OLD_STATE
    assert released.journal.records()[0].outcome is Outcome.UNDONE
