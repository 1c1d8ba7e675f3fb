"""Old deploys are forgotten, and none that is still needed."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploy.test_journal import ARN, HERE, Ticking, plan_of
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.core.operations import JournalFile
from workbench.deploy.journal import DeployOutcome, Journal, backup_of, finish, prune_journals
from workbench.deploy.options import DeployOptions
from workbench.functions.configure import Wanted

CTX = JobContext()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "deploys", Ticking())


def _deploy(journal: Journal, name: str = "hello", arn: str = ARN, *, ends: bool = True) -> Path:
    with journal.begin_deploy(plan_of(name, arn), None) as entry:
        backup_of(entry.path).touch()
        if ends:
            finish(entry, DeployOutcome.DEPLOYED, "done")
    return journal.records(arn + name)[0].file


def test_the_newest_of_each_function_stay(journal: Journal) -> None:
    elsewhere = ARN.replace("us-east-1", "eu-west-1")
    hello = [_deploy(journal) for _ in range(5)]
    other = [_deploy(journal, "other-one") for _ in range(3)]
    far = [_deploy(journal, arn=elsewhere) for _ in range(2)]

    assert prune_journals(journal, CTX, 3) == 2

    assert set(journal.files()) == {*hello[2:], *other, *far}
    assert prune_journals(journal, CTX, 3) == 0


def test_what_is_unfinished_or_runs_stays_with_all_that_lies_beside_it(journal: Journal) -> None:
    interrupted = _deploy(journal, ends=False)
    with journal.begin_deploy(plan_of(), None) as running:
        running.write({"event": "finish", "outcome": "deployed", "text": "", "revision_id": ""})
        held = journal.files()[0]
        ended = [_deploy(journal) for _ in range(3)]
        assert prune_journals(journal, CTX, 1) == 2
        assert set(journal.files()) == {interrupted, held, ended[-1]}
        assert interrupted.with_suffix(".zip").is_file()
    assert prune_journals(journal, CTX, 1) == 1  # nobody holds it any more
    assert set(journal.files()) == {interrupted, ended[-1]}
    assert [record.file for record in journal.unfinished(*HERE)] == [interrupted]


@pytest.mark.parametrize("sha256", ["new=", "old="])
def test_a_deploy_whose_package_is_kept_stays(journal: Journal, tmp_path: Path, sha256: str) -> None:
    package = tmp_path / "package.zip"
    package.write_bytes(b"zip")
    journal.packages.keep(package, sha256)
    for _ in range(3):
        _deploy(journal)
    assert prune_journals(journal, CTX, 1) == 0
    assert len(journal.files()) == 3


def test_private_companions_go_with_it(journal: Journal) -> None:
    old = _deploy(journal)
    for suffix in (".private", ".zip"):
        old.with_suffix(suffix).write_text("a secret")
    new = _deploy(journal)
    assert prune_journals(journal, CTX, 1) == 1
    assert list(new.parent.iterdir()) == [new]


def test_files_in_which_nothing_was_begun_go_when_there_are_many(journal: Journal) -> None:
    new = _deploy(journal)
    for number in range(3):
        (new.parent / f"2026010{number + 1}T120000.000000Z-hello-abcdef.jsonl").write_text("\0")
    assert prune_journals(journal, CTX, 1) == 2
    assert len(journal.files()) == 2


def test_secrets_of_a_deploy_that_was_never_begun_go(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are written before the journal's first event."""
    other, wanted = _deploy(journal, ends=False), Wanted(environment=(("KEY", "secret"),))
    other.with_suffix(".private").write_text("a secret")  # of one that can be finished or undone
    plan = replace(plan_of(), options=DeployOptions(configuration=wanted), configuration=wanted)
    with monkeypatch.context() as dying, journal.begin_deploy(plan, None) as running:
        dying.setattr(JournalFile, "write", lambda _file, _event: None)
        journal.begin_deploy(plan, None).close()
        assert prune_journals(journal, CTX) == 1
        left = {path.name for path in other.parent.iterdir()}
    expected = {
        path.with_suffix(suffix) for path in (other, running.path) for suffix in (".jsonl", ".private")
    }
    assert left == {path.name for path in (*expected, other.with_suffix(".zip"))}


def test_cancel_ends_it_between_two_files(journal: Journal) -> None:
    for _ in range(3):
        _deploy(journal)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        prune_journals(journal, JobContext(stop=stop), 1)
    assert len(journal.files()) == 3


def test_a_disk_that_does_not_let_go_is_logged(
    journal: Journal, expect_log: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    expect_log("stays")
    for _ in range(2):
        _deploy(journal)

    def refuse(_path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert prune_journals(journal, CTX, 1) == 0
    assert len(journal.files()) == 2


def test_without_any_deploy_there_is_nothing_to_forget(journal: Journal) -> None:
    assert prune_journals(journal, CTX) == 0
