"""The journal on disk: what it says after crashes, and while deploys run."""

import json
import resource
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.code.contents import Contents
from workbench.code.package import Package
from workbench.code.tree import FileChange
from workbench.core.errors import WorkbenchError
from workbench.core.operations import JournalFile
from workbench.deploy.journal import Deployment, DeployOutcome, Journal, finish
from workbench.deploy.options import AliasMove, DeployOptions, Shift, SmokeTest, Upload
from workbench.deploy.plan import About, FileCount, Files, Plan, StepKind
from workbench.deploy.staging import Staging
from workbench.functions.configure import Wanted
from workbench.functions.versions import Alias

HERE = ("123456789012", "us-east-1")
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
    assert journal.unfinished(*HERE) == ()


def test_the_history_is_newest_first_and_of_one_function(journal: Journal, tmp_path: Path) -> None:
    for name in ("hello", "other", "hello"):
        with journal.begin_deploy(plan_of(name), tmp_path) as entry:
            entry.before(StepKind.UPLOAD)
            entry.after(StepKind.UPLOAD)
            finish(entry, DeployOutcome.DEPLOYED, "done", "r3")

    records = journal.records(ARN + "hello")

    assert [record.function_name for record in journal.records()] == ["hello", "other", "hello"]
    assert len(records) == 2
    assert records[0].when > records[1].when
    assert records[0].workspace == tmp_path
    assert (records[0].old_sha256, records[0].new_sha256) == ("old=", "new=")
    assert (records[0].old_revision_id, records[0].new_revision_id) == ("r1", "r3")
    assert (records[0].outcome, records[0].text) == (DeployOutcome.DEPLOYED, "done")
    assert records[0].facts == {"upload": {}}


def test_a_running_deploy_is_not_taken_for_an_interrupted_one(journal: Journal, tmp_path: Path) -> None:
    entry = journal.begin_deploy(plan_of(), None)
    other_window = Journal(tmp_path / "deploys")
    assert [record.outcome for record in journal.records()] == [None]
    assert other_window.unfinished(*HERE) == ()

    entry.close()  # as when the process dies

    (record,) = other_window.unfinished(*HERE)
    other_window.close(record, DeployOutcome.UNCHANGED, "did not arrive")
    assert other_window.unfinished(*HERE) == ()
    assert journal.records()[0].outcome is DeployOutcome.UNCHANGED


def test_a_line_that_a_crash_cut_short_is_ignored(journal: Journal) -> None:
    with journal.begin_deploy(plan_of(), None) as entry:
        entry.before(StepKind.UPLOAD)
    with _file(journal).open("a") as file:
        file.write('\n{"at": "2026-11-24T12:00:00", "event": "fin')

    (record,) = journal.unfinished(*HERE)
    assert record.begun == ("upload",)
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
    with journal.begin_deploy(plan_of(), None) as entry:
        entry.write({"event": "before", "step": "canary"})
        entry.write({"event": "finish", "outcome": "half", "text": "", "revision_id": ""})
        entry.write({"event": "sparkle"})

    assert [record.outcome for record in journal.records()] == [None]


EARLIER = """
{"at": "2026-11-28T07:38:28.576618+00:00", "event": "begin", "function_name": "hello",
 "function_arn": "arn:aws:lambda:us-east-1:123456789012:function:hello", "workspace": "/srv/code/hello",
 "old_sha256": "old=", "new_sha256": "new=", "old_revision_id": "r1",
 "planned": ["settle", "stage", "upload", "publish", "alias"],
 "options": {"undo_on_failure": true, "upload": "s3", "bucket": "", "configuration": null,
  "smoke_test": {"name": "event", "payload": "{}", "expected": "", "tenant_id": ""}, "publish": true,
  "description": "", "alias": {"name": "live", "shift": "canary", "percent": 10.0, "interval_s": 60.0,
  "alarms": ["errors"]}, "keep_versions": 0, "version": ""},
 "alias": {"name": "live", "version": "1", "description": "", "weights": [["2", 0.25]], "revision_id": "a1"},
 "staging": {"bucket": "bucket", "exists": true, "key": "key", "old_key": "", "unchanged_bytes": 0,
  "owner": "", "refers": false, "old_version": ""},
 "about": {"who": "arn:aws:iam::123456789012:user/ann", "size_bytes": 1024, "files": {"count": [1, 1, 0],
  "paths": [["app.py", "changed"], ["more.py", "added"]]}, "before": {"handler": "a", "layers": ["l"]},
  "after": {"handler": "b"}, "variables": ["KEY"]}}
{"at": "2026-11-28T07:38:29+00:00", "event": "before", "step": "upload", "revision_id": "r1"}
{"at": "2026-11-28T07:38:30+00:00", "event": "after", "step": "upload", "revision_id": "r2"}
{"at": "2026-11-28T07:38:31+00:00", "event": "before", "step": "publish", "revision_id": "r2"}
{"at": "2026-11-28T07:38:32+00:00", "event": "note", "step": "publish", "facts": {"newest": "1"}}
{"at": "2026-11-28T07:38:33+00:00", "event": "after", "step": "publish", "revision_id": "r2",
 "facts": {"version": "2", "made": "yes"}}
{"at": "2026-11-28T07:38:34+00:00", "event": "finish", "outcome": "deployed", "text": "done",
 "revision_id": "r3"}
""".replace("\n ", " ")
"""A journal from before core/operations.py wrote it."""
DEPLOYMENT = Deployment(
    "hello",
    ARN + "hello",
    Path("/srv/code/hello"),
    "old=",
    "new=",
    "r1",
    (StepKind.SETTLE, StepKind.STAGE, StepKind.UPLOAD, StepKind.PUBLISH, StepKind.ALIAS),
    DeployOptions(
        undo_on_failure=True,
        upload=Upload.S3,
        smoke_test=SmokeTest("event", "{}"),
        publish=True,
        alias=AliasMove("live", Shift.CANARY, 10.0, 60.0, ("errors",)),
    ),
    Alias("live", "1", "", (("2", 0.25),), "a1"),
    Staging("bucket", True, "key"),
    About(
        "arn:aws:iam::123456789012:user/ann",
        1024,
        Files(FileCount(1, 1, 0), (("app.py", FileChange.CHANGED), ("more.py", FileChange.ADDED))),
        Wanted(handler="a", layers=("l",)),
        Wanted(handler="b"),
        ("KEY",),
    ),
)


def _write(journal: Journal, tmp_path: Path, text: str) -> None:
    (tmp_path / "deploys").mkdir(exist_ok=True)
    (tmp_path / "deploys" / "20261128T073828.576618Z-hello-abc123.jsonl").write_text(text)


def test_the_history_of_an_earlier_version_is_read(journal: Journal, tmp_path: Path) -> None:
    _write(journal, tmp_path, EARLIER)

    (record,) = journal.records(ARN + "hello")

    assert {each.name: getattr(record, each.name) for each in fields(Deployment)} == {
        each.name: getattr(DEPLOYMENT, each.name) for each in fields(Deployment)
    }
    assert record.facts == {"upload": {}, "publish": {"version": "2", "made": "yes"}}
    assert (record.outcome, record.text, record.new_revision_id) == (DeployOutcome.DEPLOYED, "done", "r3")
    assert (record.when[:19], record.finished[:19]) == ("2026-11-28T07:38:28", "2026-11-28T07:38:34")


def test_what_an_earlier_version_was_interrupted_in_can_go_on(journal: Journal, tmp_path: Path) -> None:
    _write(journal, tmp_path, "\n".join(EARLIER.split("\n")[:6]))

    (left,) = journal.unfinished(*HERE)

    assert left.about == DEPLOYMENT
    assert (left.begun, left.done, left.noted) == (
        ("upload", "publish"),
        {"upload": {}},
        {"publish": {"newest": "1"}},
    )
    assert journal.unfinished("210987654321", "us-east-1") == journal.unfinished(HERE[0], "eu-west-1") == ()


UNKNOWN = {
    "planned": replace(DEPLOYMENT, planned=(), options=None, alias=None, staging=None),
    "about": replace(DEPLOYMENT, about=About()),
    "both": replace(DEPLOYMENT, planned=(), options=None, alias=None, staging=None, about=About()),
}


@pytest.mark.parametrize("part", UNKNOWN)
def test_what_another_version_noted_and_this_one_does_not_know_is_left_out(
    journal: Journal, tmp_path: Path, part: str
) -> None:
    text = EARLIER
    if part != "about":
        text = text.replace('"planned": [', '"planned": ["canary", ')
    if part != "planned":
        text = text.replace('"who": "arn:aws:iam::123456789012:user/ann"', '"who": 1')
    _write(journal, tmp_path, text)
    found = journal.read(journal.files()[0])
    assert found is not None
    assert found.about == UNKNOWN[part]


@pytest.mark.parametrize(("arn", "here"), [("", ("", "")), ("arn", ("", "")), (ARN, HERE)])
def test_the_account_and_region_of_a_deploy_are_those_of_the_function(
    arn: str, here: tuple[str, str]
) -> None:
    found = replace(DEPLOYMENT, function_arn=arn)
    assert (found.account_id, found.region) == here


def test_every_event_is_a_line_with_its_moment(journal: Journal) -> None:
    with journal.begin_deploy(plan_of(), None) as entry:
        entry.before(StepKind.WAIT)

    events = [json.loads(line) for line in _file(journal).read_text().split("\n")[1:]]
    assert [event["event"] for event in events] == ["begin", "before"]
    assert all(datetime.fromisoformat(event["at"]).tzinfo for event in events)


def test_a_full_disk_stops_a_step_before_it_is_made(
    journal: Journal, expect_log: Callable[[str], None]
) -> None:
    expect_log("misses an event")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(entry: JournalFile) -> None:
        with pytest.raises(WorkbenchError, match="stopped because it could not be recorded"):
            entry.before(StepKind.UPLOAD)
        entry.after(StepKind.UPLOAD)  # what is done is done
        entry.before(StepKind.WAIT, required=False)

    with journal.begin_deploy(plan_of(), None) as entry:
        resource.setrlimit(resource.RLIMIT_FSIZE, (_file(journal).stat().st_size, old[1]))
        try:
            fill(entry)
            with pytest.raises(WorkbenchError, match="was not started: its journal could not be written"):
                journal.begin_deploy(plan_of("with-a-long-name-" + "x" * 60), None)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert len(list(_file(journal).parent.iterdir())) == 1
