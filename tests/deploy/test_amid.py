"""Deploys that end in the middle of a step, with a canary half moved or somebody else's code replaced."""

import pytest

from tests.deploy.bench import CTX, HANDLER, Bench, deploy
from tests.deploy.released import NEW_STATE, OLD_STATE, state_of
from tests.deploy.scripted import NEW
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.deploy.execute import execute, finish_deploy, recover, undo_deploy
from workbench.deploy.options import AliasMove, DeployOptions, Shift
from workbench.deploy.run import propose
from workbench.functions.versions import list_aliases

CANARY = DeployOptions(
    undo_on_failure=True, publish=True, alias=AliasMove("prod", Shift.CANARY, 25, interval_s=0.05)
)


class Killed(BaseException):
    """Stands for the end of the process: nothing of the program catches it."""


def _killed_at(text: str) -> JobContext:
    def look(progress: Progress) -> None:
        if progress.text.startswith(text):
            raise Killed

    return JobContext(look)


@pytest.fixture
def half_moved(released: Bench) -> Bench:
    """A quarter of the invocations goes to the new version, and the program is gone."""
    with pytest.raises(Killed):
        deploy(
            released.connection, released.workspace, released.journal, _killed_at("prod: 25%"), options=CANARY
        )
    assert state_of(released)["alias"] == ("1", (("2", 0.25),))
    return released


def test_a_canary_that_was_interrupted_is_finished(half_moved: Bench) -> None:
    (recovery,) = recover(half_moved.connection, half_moved.journal, CTX)
    assert recovery.outcome is None
    finish_deploy(half_moved.connection, recovery.deploy, half_moved.journal, CTX)
    state = state_of(half_moved)
    assert (state["alias"], state["code"]) == (NEW_STATE["alias"], NEW_STATE["code"])


def test_a_canary_that_was_interrupted_is_taken_back(half_moved: Bench) -> None:
    (recovery,) = recover(half_moved.connection, half_moved.journal, CTX)
    text = undo_deploy(half_moved.connection, recovery.deploy, half_moved.journal, CTX)
    assert text == (
        "The alias prod points to version 1 again. Version 2 was deleted. The previous code was restored."
    )
    assert state_of(half_moved) == OLD_STATE


def test_somebody_elses_code_is_put_back_after_a_crash_too(released: Bench) -> None:
    """It was on no disk but beside the journal."""
    released.deploy_elsewhere({"app.py": "theirs = 1\n"})
    theirs = released.remote_sha256()
    with pytest.raises(Killed):
        deploy(
            released.connection,
            released.workspace,
            released.journal,
            _killed_at("Publishing"),
            options=CANARY,
            overwrite_sha256=theirs,
        )
    assert released.remote_sha256() != theirs
    (recovery,) = recover(released.connection, released.journal, CTX)

    undo_deploy(released.connection, recovery.deploy, released.journal, CTX)

    assert released.remote_sha256() == theirs
    assert {file.suffix for file in (released.folder / "deploys").iterdir()} == {".jsonl"}


def test_an_alias_that_somebody_made_meanwhile_is_left_alone(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    options = DeployOptions(undo_on_failure=True, publish=True, alias=AliasMove("prod"))
    plan = propose(bench.connection, bench.workspace, CTX, options=options)[1]
    name, call = bench.function_name, bench.connection.call
    call("lambda", "create_alias", FunctionName=name, Name="prod", FunctionVersion="$LATEST")

    with pytest.raises(WorkbenchError, match="It was created in the meantime for version"):
        execute(bench.connection, plan, bench.workspace, bench.journal, CTX)

    (alias,) = list_aliases(bench.connection, name, CTX)
    assert alias.version == "$LATEST"
    assert bench.remote_file("app.py") == HANDLER
