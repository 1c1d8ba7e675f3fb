"""The journal on disk: what it says after crashes, and while deploys run."""

import json
import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.code.tree import FileChange
from workbench.core.errors import WorkbenchError
from workbench.deploy.about import About, FileCount, Files
from workbench.deploy.journal import DeployEntry, DeployOutcome, Journal
from workbench.deploy.plan import Plan, StepKind
from workbench.functions.configure import Wanted

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


class Ticking:
    """A clock that moves on by a second at every look."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def monotonic(self) -> float:
        return self.now().timestamp()


def plan_of(name: str = "hello", arn: str = ARN) -> Plan:
    package = Package(Path("p.zip"), "new=", 10, Contents())
    return Plan(name, arn + name, package, "old=", "new=", "r1", False, ())


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "deploys", Ticking())


def _file(journal: Journal) -> Path:
    return journal.records()[0].file


def test_an_empty_journal_has_no_history(journal: Journal) -> None:
    assert journal.records() == ()
    assert journal.unfinished() == ()


def test_the_history_is_newest_first_and_of_one_function(journal: Journal, tmp_path: Path) -> None:
    for name in ("hello", "other", "hello"):
        with journal.begin(plan_of(name), tmp_path) as entry:
            entry.before(StepKind.UPLOAD, "r1")
            entry.after(StepKind.UPLOAD, "r2")
            entry.finish(DeployOutcome.DEPLOYED, "done", "r3")

    records = journal.records(ARN + "hello")

    assert [record.function_name for record in journal.records()] == ["hello", "other", "hello"]
    assert len(records) == 2
    assert records[0].when > records[1].when
    assert records[0].workspace == tmp_path
    assert (records[0].old_sha256, records[0].new_sha256) == ("old=", "new=")
    assert (records[0].old_revision_id, records[0].new_revision_id) == ("r1", "r3")
    assert (records[0].outcome, records[0].text) == (DeployOutcome.DEPLOYED, "done")
    assert records[0].last_step is StepKind.UPLOAD


def test_a_running_deploy_is_not_taken_for_an_interrupted_one(journal: Journal, tmp_path: Path) -> None:
    entry = journal.begin(plan_of(), None)
    other_window = Journal(tmp_path / "deploys")
    assert [record.outcome for record in journal.records()] == [None]
    assert other_window.unfinished() == ()

    entry.close()  # as when the process dies

    (record,) = other_window.unfinished()
    other_window.close(record, DeployOutcome.UNCHANGED, "did not arrive")
    assert other_window.unfinished() == ()
    assert journal.records()[0].outcome is DeployOutcome.UNCHANGED


def test_a_line_that_a_crash_cut_short_is_ignored(journal: Journal) -> None:
    with journal.begin(plan_of(), None) as entry:
        entry.before(StepKind.UPLOAD)
    with _file(journal).open("a") as file:
        file.write('\n{"at": "2026-11-24T12:00:00", "event": "fin')

    (record,) = journal.unfinished()
    assert record.last_step is StepKind.UPLOAD
    journal.close(record, DeployOutcome.DEPLOYED, "arrived", "r2")
    assert journal.records()[0].outcome is DeployOutcome.DEPLOYED


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"at": "2026',
        "\0\0\0",
        "[1]\n",
        '{"event": "finish"}\n',
        '{"event": "begin", "at": "x"}\n',
        "null\n",
    ],
)
def test_a_file_in_which_nothing_was_begun_is_no_deploy(journal: Journal, tmp_path: Path, text: str) -> None:
    (tmp_path / "deploys").mkdir()
    (tmp_path / "deploys" / "20261124T120000.000000Z-hello-abc.jsonl").write_text(text)

    assert journal.records() == ()


def test_events_of_a_later_version_do_not_hide_the_history(journal: Journal) -> None:
    with journal.begin(plan_of(), None) as entry:
        entry.journal.write({"event": "before", "step": "canary"})
        entry.journal.write({"event": "finish", "outcome": "half", "text": "", "revision_id": ""})
        entry.journal.write({"event": "sparkle"})

    assert [record.outcome for record in journal.records()] == [None]


EARLIER = """{"who": "arn:aws:iam::123456789012:user/ann", "size_bytes": 1024, "files": {"count": [1, 1, 0],
"paths": [["app.py", "changed"], ["more.py", "added"]]}, "before": {"handler": "a", "layers": ["l"]},
"after": {"handler": "b"}, "variables": ["KEY"]}""".replace("\n", " ")
"""What was noted of a deploy before core/codec.py wrote it."""


def test_what_an_earlier_version_noted_of_a_deploy_is_shown(journal: Journal) -> None:
    about = About(
        "arn:aws:iam::123456789012:user/ann",
        1024,
        Files(FileCount(1, 1, 0), (("app.py", FileChange.CHANGED), ("more.py", FileChange.ADDED))),
        Wanted(handler="a", layers=("l",)),
        Wanted(handler="b"),
        ("KEY",),
    )
    with journal.begin(plan_of(), None, about):
        pass
    file = _file(journal)
    begin = json.loads(file.read_text())
    file.write_text(json.dumps(begin | {"about": json.loads(EARLIER)}))
    assert journal.records()[0].about == about
    file.write_text(json.dumps(begin | {"about": {"who": 1}}))
    assert journal.records()[0].about == About()


def test_every_event_is_a_line_with_its_moment(journal: Journal) -> None:
    with journal.begin(plan_of(), None) as entry:
        entry.before(StepKind.WAIT)

    events = [json.loads(line) for line in _file(journal).read_text().split("\n")[1:]]
    assert [event["event"] for event in events] == ["begin", "before"]
    assert all(datetime.fromisoformat(event["at"]).tzinfo for event in events)


def test_a_full_disk_stops_a_step_before_it_is_made(
    journal: Journal, expect_log: Callable[[str], None]
) -> None:
    expect_log("misses an event")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(entry: DeployEntry) -> None:
        with pytest.raises(WorkbenchError, match="stopped because it could not be recorded"):
            entry.before(StepKind.UPLOAD)
        entry.after(StepKind.UPLOAD)  # what is done is done
        entry.before(StepKind.WAIT)

    with journal.begin(plan_of(), None) as entry:
        resource.setrlimit(resource.RLIMIT_FSIZE, (_file(journal).stat().st_size, old[1]))
        try:
            fill(entry)
            with pytest.raises(WorkbenchError, match="was not started: its journal could not be written"):
                journal.begin(plan_of("with-a-long-name-" + "x" * 60), None)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert len(list(_file(journal).parent.iterdir())) == 1
