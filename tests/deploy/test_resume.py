"""kill -9 at every step of a deploy that does all there is: the next start finishes it, or takes it back."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.bench import CTX, HANDLER, Bench
from tests.deploy.scripted import NEW
from workbench.core.errors import WorkbenchError
from workbench.deploy.journal import Outcome
from workbench.deploy.options import AliasMove, DeployOptions, Shift, SmokeTest, Upload
from workbench.deploy.recover import recover
from workbench.deploy.resume import finish_deploy, undo_deploy
from workbench.deploy.run import deploy
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.versions import list_aliases, list_versions
from workbench.invoke.run import invoke

# Dies right after the n-th event of the journal.
DEPLOYER = """
import json, os, signal, sys
from dataclasses import replace
from pathlib import Path
from workbench.aws.access import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace
from workbench.core.jobs import JobContext
from workbench.deploy.journal import Entry, Journal
from workbench.deploy.options import DeployOptions
from workbench.deploy.run import deploy
from workbench.functions.configure import Wanted
from workbench.invoke.run import invoke

folder, deploys, endpoint_url, region, account_id, options, configuration, count = sys.argv[1:]
write, left = Entry.write, int(count)

def counted(self, event):
    global left
    left -= 1
    write(self, event)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

Entry.write = counted
connection = Connection.open(Access(None, region, endpoint_url, StaticKeys(account_id, "sandbox")))
wanted = replace(
    DeployOptions.from_json(json.loads(options)), configuration=Wanted.from_json(json.loads(configuration))
)
workspace, journal = Workspace.load(Path(folder)), Journal(Path(deploys))
deploy(connection, workspace, journal, JobContext(), options=wanted, invoke=invoke)
print("survived")
"""
WANTED = Wanted(timeout_s=9, environment=(("MODE", "new"),))
OPTIONS = DeployOptions(
    undo_on_failure=True,
    upload=Upload.S3,
    smoke_test=SmokeTest("nothing", "{}"),
    publish=True,
    alias=AliasMove("prod", Shift.CANARY, 10, 0.01),
)
STEPS = ("stage", "configure", "upload", "wait", "smoke test", "publish", "alias", "keep")
EVENTS = 1 + 2 * len(STEPS) + 1  # begin, before and after each, finish


@pytest.fixture
def released(bench: Bench) -> Bench:
    """A function with a version and an alias for it, and an edit that is not deployed yet."""
    options = DeployOptions(publish=True, alias=AliasMove("prod"), upload=Upload.S3)
    bench.workspace.save("app.py", HANDLER + "# 1\n")
    deploy(bench.connection, bench.workspace, bench.journal, CTX, options=options)
    bench.workspace.save("app.py", NEW)
    return bench


def _kill(bench: Bench, count: int) -> None:
    access = bench.connection.access
    where = [access.endpoint_url, access.region, bench.connection.account_id]
    wanted = [json.dumps(OPTIONS.to_json()), json.dumps(WANTED.values())]
    folders = [str(bench.workspace.folder), str(bench.folder / "deploys")]
    done = subprocess.run(
        [sys.executable, "-c", DEPLOYER, *folders, *where, *wanted, str(count)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def _state(bench: Bench) -> dict[str, object]:
    detail = get_function(bench.connection, bench.function_name, "", CTX)
    (alias,) = list_aliases(bench.connection, bench.function_name, CTX)
    versions = list_versions(bench.connection, bench.function_name, CTX)
    return {
        "code": bench.remote_file("app.py"),
        "timeout_s": detail.timeout_s,
        "environment": detail.environment,
        "alias": (alias.version, alias.weights),
        "versions": sorted(version.version for version in versions if version.version.isdecimal()),
    }


OLD_STATE = {
    "code": HANDLER + "# 1\n",
    "timeout_s": 3,
    "environment": (),
    "alias": ("1", ()),
    "versions": ["1"],
}
NEW_STATE = {
    "code": NEW,
    "timeout_s": 9,
    "environment": (("MODE", "new"),),
    "alias": ("2", ()),
    "versions": ["1", "2"],
}


def _leftovers(bench: Bench) -> list[str]:
    return [file.name for file in (bench.folder / "deploys").iterdir() if file.suffix != ".jsonl"]


@pytest.mark.parametrize("count", range(2, EVENTS + 1, 2))  # each time a step was just begun
def test_a_deploy_killed_at_any_step_can_be_finished(released: Bench, count: int) -> None:
    _kill(released, count)

    for recovery in recover(released.connection, released.journal, CTX):
        if recovery.outcome is None:
            assert "stopped half-way" in recovery.text
            finish_deploy(released.connection, recovery.record, released.journal, CTX, invoke=invoke)

    assert _state(released) in ((NEW_STATE,) if count >= 4 else (NEW_STATE, OLD_STATE))
    assert not released.journal.unfinished()
    assert _leftovers(released) == []
    workspace = released.reopen()
    assert not workspace.stale
    assert workspace.read("app.py").text == NEW
    assert bool(workspace.changes(CTX)) == (_state(released) == OLD_STATE)


@pytest.mark.parametrize("count", range(1, EVENTS + 1))
def test_a_deploy_killed_at_any_step_can_be_taken_back(released: Bench, count: int) -> None:
    _kill(released, count)

    for recovery in recover(released.connection, released.journal, CTX):
        if recovery.outcome is None:
            undo_deploy(released.connection, recovery.record, released.journal, CTX)
            assert released.journal.records()[0].outcome is Outcome.UNDONE

    all_done = count >= EVENTS - 3  # only noting it here was left
    state = _state(released)
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


def test_there_are_as_many_events_as_the_kills_assume(released: Bench) -> None:
    with pytest.raises(AssertionError, match="survived"):
        _kill(released, EVENTS + 1)
    record = released.journal.records()[0]
    assert tuple(kind.value for kind in record.planned) == STEPS
    assert record.file.read_text().count("\n") == EVENTS
    assert _state(released) == NEW_STATE


def test_a_deploy_that_another_window_works_on_is_left_to_it(released: Bench) -> None:
    _kill(released, 8)
    (record,) = released.journal.unfinished()
    with (
        released.journal.reopen(record),
        pytest.raises(WorkbenchError, match="Another window works on it"),
    ):
        undo_deploy(released.connection, record, released.journal, CTX)
    undo_deploy(released.connection, record, released.journal, CTX)
    with pytest.raises(WorkbenchError, match="has ended it"):
        finish_deploy(released.connection, record, released.journal, CTX)


def test_a_deploy_whose_package_is_gone_says_so_and_can_be_taken_back(released: Bench) -> None:
    _kill(released, 5)
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

    assert _state(released) == OLD_STATE
    assert released.journal.records()[0].outcome is Outcome.UNDONE
