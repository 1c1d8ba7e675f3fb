"""kill -9 at every step of a deploy that does all there is: the next start finishes it, or takes it back."""

import json
from dataclasses import replace
from typing import Protocol

import pytest

from tests.deploy.bench import CTX, Bench, deploy
from tests.deploy.doomed import deploy_until
from tests.deploy.released import NEW_STATE, OLD_STATE, OPTIONS, WANTED, state_of
from tests.deploy.scripted import NEW
from tests.mortal import Mortal
from workbench.aws.connection import Connection
from workbench.core.codec import to_builtins
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.execute import finish_deploy, recover, undo_deploy
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.options import DeployOptions
from workbench.deploy.steps import Running, release
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.model import FunctionDetail
from workbench.invoke.run import invoke

STEPS = ("stage", "check", "configure", "upload", "wait", "smoke test", "publish", "alias", "keep")
FIRST_CHANGE = 2 * (1 + STEPS.index("configure"))
EVENTS = 1 + 2 * len(STEPS) + 2  # begin, before and after each, what publish notes, finish
NOTE = 2 * (1 + STEPS.index("publish")) + 1
JUST_BEGUN = [count if count < NOTE else count + 1 for count in range(2, EVENTS, 2)]


class Kill(Protocol):
    """Kills a deploy right after the n-th event of the journal, or in the middle of it."""

    def __call__(self, bench: Bench, count: int, moment: str = "after") -> None: ...


@pytest.fixture
def kill(mortal: Mortal) -> Kill:
    def kill(bench: Bench, count: int, moment: str = "after") -> None:
        wanted = json.dumps(to_builtins(OPTIONS)), json.dumps(WANTED.values())
        mortal.kill(deploy_until, moment, count, *wanted, *bench.places())

    return kill


def _leftovers(bench: Bench) -> list[str]:
    return [file.name for file in (bench.folder / "deploys").iterdir() if file.suffix != ".jsonl"]


@pytest.mark.parametrize("count", [*JUST_BEGUN, NOTE, EVENTS])
def test_a_deploy_killed_at_any_step_can_be_finished(released: Bench, kill: Kill, count: int) -> None:
    kill(released, count)

    for recovery in recover(released.connection, released.journal, CTX):
        if recovery.outcome is None:
            assert "stopped half-way" in recovery.text
            finish_deploy(released.connection, recovery.deploy, released.journal, CTX, invoke=invoke)

    assert state_of(released) == (NEW_STATE if count >= FIRST_CHANGE else OLD_STATE)
    assert not released.unfinished()
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
            undo_deploy(released.connection, recovery.deploy, released.journal, CTX)
            assert released.journal.records()[0].outcome is DeployOutcome.UNDONE

    all_done = count >= EVENTS - 3  # only noting it here was left
    assert state_of(released) == (NEW_STATE if all_done else OLD_STATE)
    assert not released.unfinished()
    assert _leftovers(released) == []
    workspace = released.reopen()
    assert not workspace.stale
    assert workspace.read("app.py").text == NEW
    assert bool(workspace.changes(CTX)) != all_done


def test_what_is_done_and_what_is_not_is_told(released: Bench, kill: Kill) -> None:
    kill(released, FIRST_CHANGE)
    (recovery,) = recover(released.connection, released.journal, CTX)
    done, left = STEPS[: STEPS.index("configure")], STEPS[STEPS.index("configure") :]
    assert recovery.text.endswith(f"Done: {', '.join(done)}. Not done: {', '.join(left)}.")


@pytest.fixture
def just_published(released: Bench, kill: Kill) -> Bench:
    """AWS has made version 2, and the program was killed before it noted that."""
    kill(released, NOTE + 1, "amid")
    assert state_of(released)["versions"] == ["1", "2"]
    (record,) = released.unfinished()
    assert record.begun[-1] == "publish"
    assert "publish" not in record.done
    return released


def _undo(bench: Bench) -> str:
    (record,) = bench.unfinished()
    return undo_deploy(bench.connection, record, bench.journal, CTX)


def test_a_version_that_nobody_noted_any_more_is_taken_back(just_published: Bench) -> None:
    assert "Version 2 was deleted." in _undo(just_published)
    assert state_of(just_published) == OLD_STATE


def test_a_version_that_nobody_noted_any_more_is_gone_on_with(just_published: Bench) -> None:
    (record,) = just_published.unfinished()
    finish_deploy(just_published.connection, record, just_published.journal, CTX, invoke=invoke)
    assert state_of(just_published) == NEW_STATE
    deployed = just_published.journal.records()[0]
    published = {"version": "2", "made": "yes", "code_sha256": deployed.new_sha256}
    assert deployed.facts["publish"] == published


def test_a_version_that_somebody_published_of_the_same_code_stays(just_published: Bench) -> None:
    _publish(just_published, "mine, not the deploy's")
    assert "Version 2 was deleted." in _undo(just_published)
    assert state_of(just_published)["versions"] == ["1", "3"]


def test_versions_that_nothing_tells_apart_stay_and_that_is_said(just_published: Bench) -> None:
    _publish(just_published)
    assert "Versions 3 and 2 stay" in _undo(just_published)
    assert state_of(just_published) == OLD_STATE | {"versions": ["1", "2", "3"]}


def test_a_version_that_is_published_again_after_an_undo_that_failed_is_taken_back_too(
    released: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(connection: Connection, name: str, qualifier: str, ctx: JobContext) -> FunctionDetail:
        detail = get_function(connection, name, qualifier, ctx)
        return replace(detail, state="Failed") if qualifier else detail

    monkeypatch.setattr(release, "get_function", failed)
    options = DeployOptions(undo_on_failure=True, publish=True)
    with monkeypatch.context() as gone:
        gone.setattr(Running, "old_package", lambda _running: None)
        with pytest.raises(WorkbenchError, match="The undo failed"):
            deploy(released.connection, released.workspace, released.journal, CTX, options=options)
    assert state_of(released)["versions"] == ["1"]

    (record,) = released.unfinished()
    with pytest.raises(WorkbenchError, match=r"Version 3 was deleted\. The previous code was restored"):
        finish_deploy(released.connection, record, released.journal, CTX)
    assert state_of(released) == OLD_STATE
    assert not released.unfinished()


def test_what_an_undo_that_failed_has_undone_is_made_again_by_finishing(
    released: Bench, kill: Kill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window offers the deploy again as it found it."""
    kill(released, NOTE + 1)
    (record,) = released.unfinished()
    assert "publish" in record.done
    with monkeypatch.context() as gone:
        gone.setattr(Running, "old_package", lambda _running: None)
        with pytest.raises(WorkbenchError, match="The undo failed"):
            undo_deploy(released.connection, record, released.journal, CTX)
    assert state_of(released)["versions"] == ["1"]

    finish_deploy(released.connection, record, released.journal, CTX, invoke=invoke)
    assert state_of(released) == NEW_STATE | {"alias": ("3", ()), "versions": ["1", "3"]}


def _publish(bench: Bench, description: str = "") -> None:
    """As somebody else does, after a change of the configuration: else there would be no other version."""
    bench.connection.call(
        "lambda", "update_function_configuration", FunctionName=bench.function_name, MemorySize=256
    )
    wait_until_updated(bench.connection, bench.function_name, CTX)
    bench.connection.call(
        "lambda", "publish_version", FunctionName=bench.function_name, Description=description
    )


def test_there_are_as_many_events_as_the_kills_assume(released: Bench, kill: Kill) -> None:
    with pytest.raises(AssertionError, match="survived"):
        kill(released, EVENTS + 1)
    record = released.journal.records()[0]
    assert tuple(kind.value for kind in record.planned) == STEPS
    assert record.file.read_text().count("\n") == EVENTS
    assert state_of(released) == NEW_STATE


def test_a_deploy_that_another_window_works_on_is_left_to_it(released: Bench, kill: Kill) -> None:
    kill(released, 10)
    (record,) = released.unfinished()
    with (
        released.journal.reopen_deploy(record),
        pytest.raises(WorkbenchError, match="Another window is working on it") as caught,
    ):
        undo_deploy(released.connection, record, released.journal, CTX)
    assert caught.value.what == f"The deploy of {released.function_name} cannot be continued."
    undo_deploy(released.connection, record, released.journal, CTX)
    with pytest.raises(WorkbenchError, match="finished or undone in the meantime"):
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
    (record,) = released.unfinished()

    with pytest.raises(WorkbenchError, match="The previous configuration was restored"):
        finish_deploy(released.connection, record, released.journal, CTX, invoke=invoke)

    assert state_of(released) == OLD_STATE
    assert released.journal.records()[0].outcome is DeployOutcome.UNDONE
