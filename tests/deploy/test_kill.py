"""kill -9 at every step of a deploy: the next start finds the function old or new, and says which."""

from collections.abc import Callable

import pytest

from tests.deploy.bench import HANDLER, Bench, deploy
from tests.deploy.doomed import deploy_until
from tests.fault_proxy import Proxy
from tests.mortal import Mortal
from workbench.aws.connection import Connection
from workbench.code.package import Package
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.execute import recover
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.plan import Plan

Kill = Callable[[Bench, str, int], None]

CTX = JobContext()
NEW = "def handler(event, context):\n    return 'new'\n"

# begin, before upload, after upload, before wait, after wait, before keep, after keep, finish
EVENTS = 8


@pytest.fixture
def kill_a_deploy(mortal: Mortal) -> Kill:
    """Kills a deploy of new code at a moment of doomed.py."""

    def kill(bench: Bench, moment: str, count: int) -> None:
        bench.workspace.save("app.py", NEW)
        bench.workspace.put_draft("app.py", NEW + "# typed\n")
        mortal.kill(deploy_until, moment, count, "", "", *bench.places())

    return kill


def _check_the_next_start(bench: Bench) -> None:
    recoveries = recover(bench.connection, bench.journal, CTX)

    remote = bench.remote_file("app.py")
    assert remote in (HANDLER, NEW)
    expected = DeployOutcome.DEPLOYED if remote == NEW else DeployOutcome.UNCHANGED
    assert [recovery.outcome for recovery in recoveries] in ([expected], [])
    if recoveries:
        assert ("new code" if remote == NEW else "previous code") in recoveries[0].text
        assert bench.journal.records()[0].outcome is expected
        assert bench.journal.records()[0].text == recoveries[0].text
        assert recoveries[0].deploy.file == bench.journal.records()[0].file
    assert not bench.unfinished()

    workspace = bench.reopen()
    assert not workspace.stale
    assert workspace.read("app.py").text == NEW
    assert [draft.text for draft in workspace.drafts()] == [NEW + "# typed\n"]
    assert bool(workspace.changes(CTX)) == (remote == HANDLER)
    again = deploy(bench.connection, workspace, bench.journal, CTX)
    assert again.outcome is (DeployOutcome.ALREADY_DEPLOYED if remote == NEW else DeployOutcome.DEPLOYED)
    assert bench.remote_file("app.py") == NEW


# An event that is cut short counts as none, as after the one before: three show it.
MOMENTS = [
    *(("after", count) for count in range(1, EVENTS + 1)),
    *(("amid", count) for count in (1, 3, EVENTS)),
    ("adopting", 0),
    ("adopted", 0),
]


@pytest.mark.parametrize(("moment", "count"), MOMENTS)
def test_a_deploy_killed_at_any_moment_is_old_or_new(
    bench: Bench, kill_a_deploy: Kill, moment: str, count: int
) -> None:
    kill_a_deploy(bench, moment, count)
    _check_the_next_start(bench)


def test_there_are_as_many_events_as_the_kills_assume(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    deploy(bench.connection, bench.workspace, bench.journal, CTX)

    (file,) = (bench.folder / "deploys").iterdir()
    assert file.read_text().count("\n") == EVENTS


def test_a_workspace_opened_before_the_recovery_heals_itself(bench: Bench, kill_a_deploy: Kill) -> None:
    kill_a_deploy(bench, "after", 3)

    workspace = bench.reopen()

    assert not workspace.stale
    assert not workspace.changes(CTX)
    assert [recovery.outcome for recovery in recover(bench.connection, bench.journal, CTX)] == [
        DeployOutcome.DEPLOYED
    ]


def test_a_deploy_of_the_same_code_that_was_killed_at_once_changed_nothing(bench: Bench) -> None:
    sha256 = bench.workspace.base.code_sha256
    package = Package(bench.workspace.base_package, sha256, 10, bench.workspace.base.contents)
    arn = bench.workspace.base.function_arn
    plan = Plan(bench.function_name, arn, package, sha256, sha256, "r1", False, ())
    bench.journal.begin_deploy(plan, bench.workspace.folder).close()

    (recovery,) = recover(bench.connection, bench.journal, CTX)

    assert recovery.outcome is DeployOutcome.UNCHANGED
    assert "had not started: nothing was changed" in recovery.text
    assert not bench.unfinished()


def _delete(bench: Bench) -> None:
    bench.connection.call("lambda", "delete_function", FunctionName=bench.function_name)


def _replace(bench: Bench) -> None:
    bench.deploy_elsewhere({"app.py": "theirs"})


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        (_delete, DeployOutcome.GONE, "no longer exists"),
        (_replace, DeployOutcome.REPLACED, "changed after the interrupted deployment"),
    ],
)
def test_what_others_did_meanwhile_is_said(
    bench: Bench, kill_a_deploy: Kill, change: Callable[[Bench], None], outcome: DeployOutcome, words: str
) -> None:
    kill_a_deploy(bench, "after", 2)
    change(bench)

    (recovery,) = recover(bench.connection, bench.journal, CTX)

    assert (recovery.outcome, bench.journal.records()[0].outcome) == (outcome, outcome)
    assert words in recovery.text


def test_other_accounts_and_regions_are_left_alone(bench: Bench, kill_a_deploy: Kill) -> None:
    kill_a_deploy(bench, "after", 3)

    assert recover(bench.connection.in_region("eu-west-1"), bench.journal, CTX) == ()
    assert len(bench.unfinished()) == 1


def test_a_workspace_that_was_removed_does_not_stop_the_recovery(bench: Bench, kill_a_deploy: Kill) -> None:
    kill_a_deploy(bench, "after", 3)
    bench.workspace.folder.rename(bench.folder / "elsewhere")

    assert [recovery.outcome for recovery in recover(bench.connection, bench.journal, CTX)] == [
        DeployOutcome.DEPLOYED
    ]


def test_no_connection_leaves_everything_for_later(
    bench: Bench, kill_a_deploy: Kill, faulty: Connection, proxy: Proxy
) -> None:
    kill_a_deploy(bench, "after", 3)
    proxy.inject({"reset": True})

    with pytest.raises(WorkbenchError):
        recover(faulty, bench.journal, CTX)
    assert len(bench.unfinished()) == 1
    assert Workspace.load(bench.workspace.folder).changes(CTX)
