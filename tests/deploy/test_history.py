"""What is remembered of deploys: who, what, the packages; also of failures and of other people's code."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.deploy.bench import CTX, HANDLER, Bench, deploy, zip_of
from tests.deploy.scripted import NEW
from tests.fake_time import START, FakeClock
from workbench.code.tree import FileChange
from workbench.core.errors import WorkbenchError
from workbench.deploy.history import history, markers, moment
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.options import AliasMove, DeployOptions, SmokeTest
from workbench.deploy.plan import FileCount, Files
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function, wait_until_updated
from workbench.invoke.run import invoke


def _arn(bench: Bench) -> str:
    return bench.workspace.base.function_arn


def _deploy(bench: Bench, text: str, options: DeployOptions | None = None) -> None:
    bench.workspace.save("app.py", text)
    deploy(bench.connection, bench.workspace, bench.journal, CTX, options=options, invoke=invoke)


def test_a_function_that_was_never_deployed_from_here_has_no_history(bench: Bench) -> None:
    assert history(bench.journal, _arn(bench)) == ()


def test_a_deploy_is_remembered_with_who_what_and_both_packages(bench: Bench) -> None:
    bench.workspace.create("more.py", "# more\n")
    old = bench.workspace.base.code_sha256
    _deploy(bench, NEW)

    deployed, found = history(bench.journal, _arn(bench))

    assert deployed.about.who == bench.connection.arn != ""
    assert deployed.outcome is DeployOutcome.DEPLOYED
    assert deployed.code_sha256 == bench.remote_sha256()
    assert deployed.about.files == Files(
        FileCount(1, 1, 0), (("app.py", FileChange.CHANGED), ("more.py", FileChange.ADDED))
    )
    assert deployed.about.size_bytes == deployed.kept_bytes > 0
    assert deployed.configuration.handler == "app.handler"
    assert deployed.duration_s is not None
    assert 0 <= deployed.duration_s < 60
    assert (found.record, found.code_sha256, found.outcome, found.duration_s) == (None, old, None, None)
    for entry, text in ((deployed, NEW), (found, HANDLER)):
        package = bench.journal.packages.find(entry.code_sha256, CTX)
        assert package is not None
        assert package.contents.files["app.py"].size_bytes == len(text)


@pytest.mark.parametrize("wanted", [None, Wanted(environment=(("TOKEN", "hush, too"),))])
def test_no_value_of_an_environment_variable_is_written_to_disk(bench: Bench, wanted: Wanted | None) -> None:
    environment = {"Variables": {"TOKEN": "hush"}}
    bench.connection.call(
        "lambda",
        "update_function_configuration",
        FunctionName=bench.function_name,
        Environment=environment,
    )
    wait_until_updated(bench.connection, bench.function_name, CTX)
    _deploy(bench, NEW, DeployOptions(configuration=wanted))

    deployed = history(bench.journal, _arn(bench))[0]
    assert deployed.about.variables == ("TOKEN",)
    files = [path for path in bench.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"hush" in path.read_bytes()]


def test_a_creation_stands_where_it_belongs(bench: Bench) -> None:
    arn = _arn(bench)
    _deploy(bench, NEW)  # to a function of this name that was deleted
    bench.journal.note_created(arn, "made+here=")
    deployed_before, created = history(bench.journal, arn)[1], history(bench.journal, arn)[0]
    assert (created.is_created, created.code_sha256, created.record) == (True, "made+here=", None)
    assert not created.is_restored
    assert not deployed_before.is_created
    bench.journal.note_created(arn, "made+here=", restored=True)
    assert history(bench.journal, arn)[0].is_restored
    assert history(bench.journal, f"{arn}-other") == ()


def test_what_is_deployed_a_second_time_says_when_it_was_before(bench: Bench) -> None:
    _deploy(bench, NEW)
    _deploy(bench, NEW + "# 2\n")
    _deploy(bench, NEW)

    again, other, first, found = history(bench.journal, _arn(bench))

    assert (again.seen, other.seen, first.seen) == (first.when, "", "")
    assert again.code_sha256 == first.code_sha256
    assert found.record is None


def test_versions_aliases_and_the_wanted_configuration_are_remembered_without_secrets(bench: Bench) -> None:
    wanted = Wanted(timeout_s=9, environment=(("TOKEN", "hunter2"),))
    options = DeployOptions(publish=True, alias=AliasMove("prod"), configuration=wanted)
    _deploy(bench, NEW, options)

    entry, found = history(bench.journal, _arn(bench))

    assert (entry.version, entry.alias_name, entry.is_move) == ("1", "prod", False)
    assert (entry.configuration.timeout_s, found.configuration.timeout_s) == (9, 3)
    assert entry.about.variables == ("TOKEN",)
    assert entry.record is not None
    assert "hunter2" not in entry.record.file.read_text()


def test_code_that_somebody_else_deployed_is_kept_before_it_is_replaced(bench: Bench) -> None:
    _deploy(bench, NEW)
    bench.deploy_elsewhere({"app.py": "theirs = 1\n"})
    theirs = bench.remote_sha256()
    bench.workspace.save("app.py", NEW + "# 2\n")
    deploy(bench.connection, bench.workspace, bench.journal, CTX, overwrite_sha256=theirs)

    entries = history(bench.journal, _arn(bench))

    assert [entry.record is None for entry in entries] == [False, True, False, True]
    assert entries[1].code_sha256 == theirs
    package = bench.journal.packages.find(theirs, CTX)
    assert package is not None
    assert list(package.contents.files) == ["app.py"]
    assert [file.suffix for file in (bench.folder / "deploys").iterdir()] == [".jsonl"] * 2


def test_their_code_that_cannot_be_had_stops_only_a_deploy_that_promised_to_put_it_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.deploy_elsewhere({"app.py": "theirs = 1\n"})
    theirs = bench.remote_sha256()
    bench.workspace.save("app.py", NEW)

    def fail(*_arguments: object) -> None:
        raise WorkbenchError("The code could not be downloaded.")

    monkeypatch.setattr("workbench.deploy.steps.update.download_for", fail)
    with pytest.raises(WorkbenchError, match="could not be downloaded"):
        deploy(
            bench.connection,
            bench.workspace,
            bench.journal,
            CTX,
            overwrite_sha256=theirs,
            options=DeployOptions(undo_on_failure=True),
        )
    assert bench.remote_sha256() == theirs
    deploy(bench.connection, bench.workspace, bench.journal, CTX, overwrite_sha256=theirs)
    assert bench.remote_file("app.py") == NEW


def test_their_code_is_not_fetched_again_when_the_history_has_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = zip_of({"app.py": "theirs = 1\n"})
    theirs = base64.b64encode(hashlib.sha256(data).digest()).decode()
    for number in (1, 2):
        bench.connection.call(
            "lambda", "update_function_code", FunctionName=bench.function_name, ZipFile=data
        )
        wait_until_updated(bench.connection, bench.function_name, CTX)
        bench.workspace.save("app.py", f"{NEW}# {number}\n")
        deploy(bench.connection, bench.workspace, bench.journal, CTX, overwrite_sha256=theirs)
        monkeypatch.delattr("workbench.deploy.steps.update.download_for", raising=False)

    assert bench.remote_file("app.py") == f"{NEW}# 2\n"


# ---- markers ---------------------------------------------------------------------------------------------


def test_markers_say_when_the_function_got_other_code(bench: Bench) -> None:
    begun = bench.workspace.base.when
    _deploy(bench, NEW, DeployOptions(publish=True, alias=AliasMove("prod")))
    broken = "def handler(event, context):\n    raise ValueError\n"
    options = DeployOptions(undo_on_failure=True, smoke_test=SmokeTest("nothing", "{}"))
    with pytest.raises(WorkbenchError):
        _deploy(bench, broken, options)
    deployed_sha256 = get_function(bench.connection, bench.function_name, "", CTX).code_sha256
    last = moment(bench.journal.records()[0].when)

    first, second = markers(bench.journal, _arn(bench), moment(begun), last)

    assert (first.version, first.alias_name, first.taken_back) == ("1", "prod", False)
    assert first.code_sha256 == deployed_sha256
    assert first.who == second.who == bench.connection.arn
    assert second.taken_back
    assert second.when == last
    assert markers(bench.journal, _arn(bench), moment(begun), first.when) == (first,)
    assert markers(bench.journal, _arn(bench), last + timedelta(seconds=1), last + timedelta(days=1)) == ()
    assert markers(bench.journal, "another function", moment(begun), last) == ()


def test_a_deploy_that_changed_nothing_is_no_marker(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    bench.connection.call("lambda", "delete_function", FunctionName=bench.function_name)
    with pytest.raises(WorkbenchError):
        deploy(bench.connection, bench.workspace, bench.journal, CTX)
    start = moment(bench.workspace.base.when)
    assert markers(bench.journal, _arn(bench), start, start + timedelta(hours=1)) == ()


def test_a_history_of_an_earlier_version_of_the_program_is_read(bench: Bench, tmp_path: Path) -> None:
    _deploy(bench, NEW)
    (record,) = bench.journal.records()
    first, rest = record.file.read_text().lstrip().split("\n", 1)
    record.file.write_text(first.replace('"about": {', '"about": {}, "later": {') + "\n" + rest)

    deployed, found = history(bench.journal, _arn(bench))

    assert deployed.about.who == ""
    assert deployed.configuration == found.configuration == Wanted()
    assert deployed.outcome is DeployOutcome.DEPLOYED


def test_deploys_stand_in_their_order_though_the_clock_was_turned_back(bench: Bench) -> None:
    journal, clock = bench.journal, FakeClock()
    bench.journal = Journal(journal._folder, clock)
    bench.journal.note_created(_arn(bench), bench.remote_sha256())
    clock.passed_s = 86_400.0
    _deploy(bench, NEW)
    clock.passed_s = 0.0  # what was a day ahead is set right
    _deploy(bench, NEW + "# 2\n")
    clock.passed_s = -86_400.0
    _deploy(bench, NEW + "# 3\n")

    entries = history(bench.journal, _arn(bench))

    assert entries[0].code_sha256 == bench.remote_sha256()
    assert [entry.is_created for entry in entries] == [False, False, False, True]
    days = [moment(entry.when).day for entry in entries]
    assert days == [START.day - 1, START.day, START.day + 1, START.day]  # their times are the clock's
