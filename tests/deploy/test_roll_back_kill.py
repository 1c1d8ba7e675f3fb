"""kill -9 at every step of a roll-back: the function is old or new, and nothing typed or kept is lost."""

import hashlib

import pytest

from tests.deploy.bench import CTX, HANDLER, Bench, deploy
from tests.deploy.doomed import go_back_until
from tests.deploy.scripted import NEW
from tests.mortal import Mortal
from workbench.code.workspace import Workspace
from workbench.deploy.execute import recover
from workbench.deploy.history import HistoryEntry, history, look, roll_back
from workbench.deploy.journal import DeployOutcome

EDITED = NEW + "# not deployed\n"

# begin, before upload, after upload, before wait, after wait, before keep, after keep, finish
EVENTS = 8


def _recovered(bench: Bench) -> Workspace:
    """The working copy after the next start, which found out what became of the roll-back."""
    recover(bench.connection, bench.journal, CTX)
    assert not bench.unfinished()
    remote = bench.remote_file("app.py")
    assert remote in (HANDLER, NEW)
    entry = history(bench.journal, bench.workspace.base.function_arn)[0]
    if entry.record and entry.record.old_sha256 == bench.workspace.base.code_sha256:
        assert entry.outcome is (DeployOutcome.DEPLOYED if remote == HANDLER else DeployOutcome.UNCHANGED)
    return bench.reopen()


def _kept(bench: Bench, text: str) -> HistoryEntry:
    """The newest entry whose package is kept and has this handler."""
    for entry in history(bench.journal, bench.workspace.base.function_arn):
        package = bench.journal.packages.find(entry.code_sha256, CTX)
        assert package is not None
        if package.contents.files["app.py"].sha256 == hashlib.sha256(text.encode()).hexdigest():
            return entry
    raise AssertionError(f"not kept: {text}")


def _go_back(bench: Bench, text: str) -> None:
    offer = look(bench.connection, bench.journal, _kept(bench, text), CTX)
    if offer.can_deploy:
        roll_back(bench.connection, offer.plan_code(configuration=False), None, bench.journal, CTX)
    assert bench.remote_file("app.py") == text


# An event that is cut short counts as none: see test_kill.py.
MOMENTS = [*(("after", count) for count in range(1, EVENTS + 1)), ("amid", 3)]


@pytest.mark.parametrize(("moment", "count"), MOMENTS)
def test_a_roll_back_killed_at_any_moment_is_old_or_new(
    bench: Bench, mortal: Mortal, moment: str, count: int
) -> None:
    bench.workspace.save("app.py", NEW)
    deploy(bench.connection, bench.workspace, bench.journal, CTX)
    mortal.kill(go_back_until, moment, count, *bench.places())

    workspace = _recovered(bench)

    assert not workspace.stale
    assert workspace.read("app.py").text == bench.remote_file("app.py")
    for text in (HANDLER, NEW):
        _go_back(bench, text)


@pytest.mark.parametrize("count", range(1, EVENTS + 1))
def test_changes_outlive_a_roll_back_that_is_killed(bench: Bench, mortal: Mortal, count: int) -> None:
    bench.workspace.save("app.py", NEW)
    deploy(bench.connection, bench.workspace, bench.journal, CTX)
    bench.workspace.save("app.py", EDITED)
    bench.workspace.put_draft("app.py", EDITED + "# typed\n")
    mortal.kill(go_back_until, "after", count, *bench.places())

    workspace = _recovered(bench)

    assert not workspace.stale
    assert workspace.read("app.py").text == EDITED
    assert [draft.text for draft in workspace.drafts()] == [EDITED + "# typed\n"]


def test_there_are_as_many_events_as_the_kills_assume(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    deploy(bench.connection, bench.workspace, bench.journal, CTX)
    _go_back(bench, HANDLER)
    assert bench.journal.records()[0].file.read_text().count("\n") == EVENTS
