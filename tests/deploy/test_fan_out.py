"""One package to several functions: whose turn it is, whom it suits, and what is left on disk."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploy.bench import CTX, HANDLER, Bench
from tests.deploy.doomed import fan_out_until
from tests.mortal import Mortal
from tests.sandbox_functions import create_function, deployed_text
from workbench.aws.client_config import Access
from workbench.aws.connection import ApiCall, Connection
from workbench.aws.names import LATEST
from workbench.code.contents import Contents, FileContent
from workbench.code.package import Package
from workbench.core.errors import WorkbenchError
from workbench.core.files import try_lock
from workbench.deploy.fan_out import (
    FanOut,
    FanOutFile,
    FanOutJournal,
    FanOutPlan,
    Standing,
    Target,
    TargetState,
    check_compatibility,
    deploy_number,
    deploy_target,
    state_of,
    twice,
)
from workbench.deploy.options import DeployOptions
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail, detail_of
from workbench.functions.versions import list_versions

WAITING, RUNNING, DEPLOYED = TargetState.WAITING, TargetState.RUNNING, TargetState.DEPLOYED
SAME, FAILED, STOPPED = TargetState.SAME, TargetState.FAILED, TargetState.STOPPED
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
NEW = "def handler(event, context):\n    return 'new'\n"


def fan_out(*waves: int) -> FanOut:
    targets = tuple(
        Target("p", "us-east-1", f"f{number}", wave, f"{ARN}f{number}", "old")
        for number, wave in enumerate(waves)
    )
    plan = FanOutPlan("src", f"{ARN}src", "sha", 10, DeployOptions(), targets)
    return FanOut(plan, "2026-01-01T00:00:00+00:00", tuple(map(Standing, targets)))


def plan_of(package: Package, targets: list[Target], options: DeployOptions | None = None) -> FanOutPlan:
    sha256, size_bytes = package.code_sha256, package.size_bytes
    return FanOutPlan("src", f"{ARN}src", sha256, size_bytes, options or DeployOptions(), tuple(targets))


# ---- waves -----------------------------------------------------------------------------------------------


def test_waves_go_one_after_the_other() -> None:
    plan = fan_out(2, 1, 2, 1, 5)
    assert plan.to_begin() == (1, 3)
    plan = plan.after(1, RUNNING).after(3, DEPLOYED)
    assert plan.to_begin() == ()
    plan = plan.after(1, SAME)
    assert plan.to_begin() == (0, 2)
    plan = plan.after(0, DEPLOYED).after(2, DEPLOYED)
    assert plan.to_begin() == (4,)
    assert not plan.is_complete
    plan = plan.after(4, DEPLOYED)
    assert plan.to_begin() == ()
    assert plan.is_complete


@pytest.mark.parametrize("bad", [FAILED, STOPPED])
def test_when_one_does_not_succeed_no_other_begins_until_it_goes_on(bad: TargetState) -> None:
    plan = fan_out(1, 1, 2).after(0, DEPLOYED).after(1, bad, "Because.")
    assert plan.to_begin() == ()
    again = plan.again()
    assert [standing.state for standing in again.standings] == [DEPLOYED, WAITING, WAITING]
    assert again.to_begin() == (1,)


def test_a_function_that_is_chosen_twice_is_found() -> None:
    one, other = Target("a", "r", "f", 1, "arn:1"), Target("b", "r", "f", 2, "arn:1")
    assert twice([one, Target("a", "r", "g", 1, "arn:2"), other]) == other
    assert twice([one, Target("a", "r", "g", 1, ""), Target("a", "r", "h", 1, "")]) is None


# ---- whom it suits ---------------------------------------------------------------------------------------


def function(**more: object) -> FunctionDetail:
    known = {"FunctionName": "f", "FunctionArn": f"{ARN}f", "Runtime": "python3.13", "Handler": "app.handler"}
    return detail_of({"Configuration": known | more})


def contents(*paths: str) -> Contents:
    return Contents({path: FileContent("00", 1, executable=path == "bootstrap") for path in paths})


LAYER = {"Arn": "arn:aws:lambda:us-east-1:123456789012:layer:tools:3"}


@pytest.mark.parametrize(
    ("source", "target", "paths", "words"),
    [
        ({}, {}, ("app.py",), ""),
        ({}, {"Architectures": ["arm64"]}, ("app.py",), ""),
        ({}, {"PackageType": "Image"}, ("app.py",), "image"),
        ({}, {"Runtime": "nodejs22.x"}, ("app.py",), "nodejs22.x"),
        ({}, {"Architectures": ["arm64"]}, ("app.py", "x/_c.cpython-313-x86_64-linux-gnu.so"), "arm64"),
        ({}, {"Architectures": ["arm64"]}, ("app.py", "lib/libz.so.1"), "libz.so.1"),
        ({}, {"Runtime": "python3.12"}, ("app.py", "_c.so"), "compiled for python3.13"),
        ({}, {"Handler": "other.handler"}, ("app.py",), "other.handler is not in the package"),
        (
            {"Runtime": "provided.al2023"},
            {"Runtime": "provided.al2023", "Architectures": ["arm64"]},
            ("bootstrap",),
            "bootstrap",
        ),
    ],
)
def test_a_package_that_would_not_run_is_refused(
    source: dict[str, object], target: dict[str, object], paths: tuple[str, ...], words: str
) -> None:
    found = check_compatibility(function(**source), function(**target), contents(*paths))
    assert words in found.refusal
    assert bool(found.refusal) is bool(words)


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ({}, {"Runtime": "python3.12"}, "made for python3.13"),
        ({}, {"Handler": "wrap.handler", "Layers": [LAYER]}, "A layer may have it"),
        ({"Layers": [LAYER]}, {}, "lacks the layer tools"),
    ],
)
def test_what_may_be_wrong_is_said(source: dict[str, object], target: dict[str, object], words: str) -> None:
    found = check_compatibility(function(**source), function(**target), contents("app.py"))
    assert not found.refusal
    assert words in found.warning


def test_dependencies_in_a_layer_that_is_not_there_are_no_package() -> None:
    own = function(Layers=[LAYER])
    assert LAYER["Arn"] in check_compatibility(own, function(), contents("app.py"), LAYER["Arn"]).refusal
    assert not check_compatibility(own, own, contents("app.py"), LAYER["Arn"]).refusal


# ---- on disk ---------------------------------------------------------------------------------------------


@pytest.fixture
def package(bench: Bench) -> Package:
    bench.workspace.save("app.py", NEW)
    return bench.workspace.package(CTX)


def note(file: FanOutFile, number: int, state: TargetState, text: str = "") -> None:
    """Records a state, as the engine does."""
    name, facts = str(number), file.set_state(number, state, text)
    if state is RUNNING:
        file.file.before(name)
    elif state.is_done:
        file.file.after(name, facts)
    else:
        file.file.failed(name, facts)


def test_what_was_begun_goes_on_after_a_crash_with_the_same_bytes(
    bench: Bench, package: Package, tmp_path: Path
) -> None:
    journal = FanOutJournal(tmp_path / "fan-outs")
    file = journal.hold(package, "src")
    targets = [Target("p", "r", name) for name in ("a", "b", "c", "d")]
    file.begin(plan_of(package, targets))
    note(file, 0, DEPLOYED, "Done.")
    note(file, 1, RUNNING)
    note(file, 2, RUNNING)
    note(file, 2, FAILED, "Grüße – “x”")
    sent = package.path.read_bytes()
    assert journal.take_up(CTX) is None  # it is held, here as by another window
    file.release()  # what a kill does
    bench.workspace.discard(package)
    found = journal.take_up(CTX)
    assert found is not None
    assert found.fan_out is not None
    assert found.package.path.read_bytes() == sent
    assert found.package.contents == package.contents
    states = [(standing.state, standing.text) for standing in found.fan_out.standings]
    crashed = (STOPPED, "Workbench closed during the deployment.")
    assert states == [(DEPLOYED, "Done."), crashed, (FAILED, "Grüße – “x”"), (WAITING, "")]
    for number in (1, 2, 3):
        note(found, number, SAME)
    found.close()
    assert journal.take_up(CTX) is None
    assert list((tmp_path / "fan-outs").iterdir()) == []


def test_one_that_stopped_again_after_it_failed_has_not_failed(package: Package, tmp_path: Path) -> None:
    journal = FanOutJournal(tmp_path / "fan-outs")
    file = journal.hold(package, "src")
    file.begin(plan_of(package, [Target("p", "r", "a")]))
    note(file, 0, RUNNING)
    note(file, 0, FAILED, "Refused.")
    note(file, 0, RUNNING)
    file.release()
    [found] = map(FanOut.of, journal.interrupted())
    assert [standing.state for standing in found.standings] == [STOPPED]


def test_it_is_read_back_as_it_was_written_but_for_the_configuration(
    package: Package, tmp_path: Path
) -> None:
    journal = FanOutJournal(tmp_path / "fan-outs")
    options = DeployOptions(publish=True, undo_on_failure=True)
    secret = replace(options, configuration=Wanted(environment=(("KEY", "hidden-value"),)))
    targets = [Target("p", "us-east-1", f"f{number}", 1, f"{ARN}f{number}", "old") for number in range(2)]
    file = journal.hold(package, "src")
    file.begin(plan_of(package, targets, secret))
    file.release()
    [found] = journal.interrupted()
    assert b"hidden" not in found.file.read_bytes()
    assert found.about == plan_of(package, targets, options)


def test_the_one_that_was_chosen_is_taken_up_rather_than_the_oldest(package: Package, tmp_path: Path) -> None:
    journal = FanOutJournal(tmp_path / "fan-outs")
    for name in ("a", "b"):
        file = journal.hold(package, name)
        file.begin(plan_of(package, [Target("p", "r", name)]))
        file.release()
    old, new = journal.interrupted()
    for chosen, name in ((new.file, "b"), (None, "a"), (old.file, "a")):
        file_taken = journal.take_up(CTX, chosen)
        assert file_taken is not None
        assert file_taken.fan_out is not None
        assert file_taken.fan_out.plan.targets[0].function_name == name
        file_taken.release()


def test_no_other_is_taken_up_in_place_of_the_one_that_was_chosen(package: Package, tmp_path: Path) -> None:
    journal = FanOutJournal(tmp_path / "fan-outs")
    for name in ("a", "b"):
        file = journal.hold(package, name)
        file.begin(plan_of(package, [Target("p", "r", name)]))
        file.release()
    _old, new = journal.interrupted()
    with journal.reopen(new.file, "") as elsewhere:
        with pytest.raises(WorkbenchError, match="Another window is working on it"):
            journal.take_up(CTX, new.file)
        elsewhere.finish()
    with pytest.raises(WorkbenchError, match="finished or undone in the meantime"):
        journal.take_up(CTX, new.file)


OPTIONS = r"""{"undo_on_failure": false, "upload": "auto", "bucket": "", "smoke_test": null, "publish": true,
"description": "", "alias": null, "keep_versions": 0, "version": ""}"""
EARLIEST = r"""{
"source_name": "src", "source_arn": "arn:aws:lambda:us-east-1:123456789012:function:src",
"code_sha256": "SHA", "size_bytes": SIZE, "when": "2026-01-01T00:00:00+00:00", "options": OPTIONS,
"standings": [{"profile_name": "p", "region": "us-east-1", "function_name": "f0", "wave": 3,
"function_arn": "arn:f0", "seen_sha256": "old", "state": "failed", "text": "Gr\u00fc\u00dfe"},
{"profile_name": "p", "region": "us-east-1", "function_name": "f0", "wave": 3,
"function_arn": "arn:f0", "seen_sha256": "old", "state": "deployed", "text": "Done."}]}"""
"""A record of before there were versions, in a folder with its package."""
EARLIER = r"""{"format": 1,
"source_name": "src", "source_arn": "arn:aws:lambda:us-east-1:123456789012:function:src",
"code_sha256": "SHA", "size_bytes": SIZE, "when": "2026-01-01T00:00:00+00:00", "options": OPTIONS,
"standings": [{"target": {"profile_name": "p", "region": "us-east-1", "function_name": "f0", "wave": 3,
"function_arn": "arn:f0", "seen_sha256": "old"}, "state": "failed", "text": "Gr\u00fc\u00dfe"},
{"target": {"profile_name": "p", "region": "us-east-1", "function_name": "f0", "wave": 3,
"function_arn": "arn:f0", "seen_sha256": "old"}, "state": "deployed", "text": "Done."}]}"""
"""The same with its version."""


def keep_as_earlier_versions_did(package: Package, folder: Path, record: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "lock").touch()
    shutil.copy(package.path, folder / package.path.name)
    path = folder / "fan-out.json"
    record = record.replace("SHA", package.code_sha256, 1).replace("SIZE", str(package.size_bytes))
    path.write_text(record.replace("OPTIONS", OPTIONS))
    return path


@pytest.mark.parametrize("record", [EARLIEST, EARLIER])
def test_what_an_earlier_version_left_can_go_on(package: Package, tmp_path: Path, record: str) -> None:
    journal = FanOutJournal(tmp_path / "fan-outs")
    keep_as_earlier_versions_did(package, tmp_path / "fan-outs" / "20260101T000000Z-src-abcdef", record)
    found = journal.take_up(CTX)
    assert found is not None
    target = Target("p", "us-east-1", "f0", 3, "arn:f0", "old")
    assert found.fan_out == FanOut(
        plan_of(package, [target] * 2, DeployOptions(publish=True)),
        "2026-01-01T00:00:00+00:00",
        (Standing(target, FAILED, "Grüße"), Standing(target, DEPLOYED, "Done.")),
    )
    assert found.package.contents == package.contents
    assert not [path for path in (tmp_path / "fan-outs").iterdir() if path.is_dir()]
    found.discard()
    assert list((tmp_path / "fan-outs").iterdir()) == []


def test_two_windows_take_over_what_an_earlier_version_left_once(package: Package, tmp_path: Path) -> None:
    folder = tmp_path / "fan-outs"
    for number in range(6):
        keep_as_earlier_versions_did(package, folder / f"2026010{number}T000000Z-src", EARLIER)
    with ThreadPoolExecutor(4) as pool:
        looks = list(pool.map(lambda _look: FanOutJournal(folder).interrupted(), range(4)))
    assert max(map(len, looks)) <= 6
    assert len(FanOutJournal(folder).interrupted()) == 6


def test_one_of_an_earlier_version_without_its_package_is_kept(package: Package, tmp_path: Path) -> None:
    folder = tmp_path / "fan-outs"
    record = keep_as_earlier_versions_did(package, folder / "20260101T000000Z-src", EARLIER)
    (record.parent / package.path.name).unlink()
    assert FanOutJournal(folder).interrupted() == ()
    assert record.exists()


def test_what_an_earlier_version_works_on_or_left_damaged_is_left_alone(
    package: Package, tmp_path: Path
) -> None:
    folder = tmp_path / "fan-outs"
    keep_as_earlier_versions_did(package, folder / "damaged", '{"source_name": 1')
    keep_as_earlier_versions_did(package, folder / "idle", "").unlink()
    keep_as_earlier_versions_did(package, folder / "outside", EARLIER.replace("src", "../../evil", 1))
    keep_as_earlier_versions_did(package, folder / "running", EARLIER)
    descriptor = os.open(folder / "running" / "lock", os.O_RDWR)
    assert try_lock(descriptor)
    assert FanOutJournal(folder).interrupted() == ()
    os.close(descriptor)
    assert sorted(path.name for path in folder.iterdir()) == ["damaged", "outside", "running"]


def test_what_was_not_begun_leaves_nothing_and_what_is_damaged_is_left_alone(
    package: Package, tmp_path: Path
) -> None:
    journal = FanOutJournal(tmp_path / "fan-outs")
    idle = journal.hold(package, "idle")
    idle.close()
    crashed = journal.hold(package, "crashed")
    crashed.release()
    os.utime(crashed.package.path.with_suffix(".jsonl"), (0, 0))
    changed = journal.hold(package, "changed")
    changed.begin(plan_of(package, [Target("p", "r", "a")]))
    changed.package.path.unlink()
    changed.package.path.write_bytes(b"x" * package.size_bytes)
    changed.release()
    assert journal.take_up(CTX) is None
    [found] = journal.interrupted()
    with pytest.raises(WorkbenchError, match="Its package was changed on this computer"):
        journal.take_up(CTX, found.file)
    names = sorted(path.name.split("-")[1] for path in (tmp_path / "fan-outs").iterdir())
    assert names == ["changed", "changed"]
    changed.package.path.write_bytes(b"short")
    assert journal.interrupted() == ()


# ---- one target ------------------------------------------------------------------------------------------


def target_of(bench: Bench) -> Target:
    detail = get_function(bench.connection, bench.function_name, "", CTX)
    return Target("sandbox", detail.region, detail.function_name, 1, detail.function_arn, detail.code_sha256)


def test_a_target_gets_the_package_and_a_version_and_has_it_the_next_time(
    bench: Bench, package: Package
) -> None:
    target, options = target_of(bench), DeployOptions(publish=True)
    result = deploy_target(bench.connection, target, package, options, bench.journal, CTX)
    assert state_of(result) is DEPLOYED
    assert "Version 1 is published" in result.text
    assert bench.remote_file("app.py") == NEW
    assert bench.journal.records(target.function_arn)[0].workspace is None
    again = deploy_target(bench.connection, target, package, DeployOptions(), bench.journal, CTX)
    assert state_of(again) is SAME


class Killed(BaseException):
    """The end of the program: nothing that runs may answer it."""


@pytest.mark.parametrize("operation", ["GetFunction", "UpdateFunctionCode", "PublishVersion"])
def test_after_a_kill_behind_any_call_it_goes_on_to_the_same_end(
    bench: Bench, package: Package, access: Access, tmp_path: Path, operation: str
) -> None:
    def kill(call: ApiCall) -> None:
        if call.operation == operation:
            raise Killed

    journal, target = FanOutJournal(tmp_path / "fan-outs"), target_of(bench)
    file = journal.hold(package, "src")
    file.begin(plan_of(package, [target], DeployOptions(publish=True)))
    doomed = Connection.open(access, observer=kill)
    with pytest.raises(Killed):
        deploy_number(file, 0, lambda *_: doomed, None, bench.journal, CTX)
    file.release()

    found = go_on(bench, journal)
    assert found.standings[0].state.is_done
    assert bench.remote_file("app.py") == NEW
    versions = list_versions(bench.connection, bench.function_name, CTX)
    assert [each.version for each in versions if each.version != LATEST] == ["1"]


def go_on(bench: Bench, journal: FanOutJournal) -> FanOut:
    """Takes an interrupted fan-out up, as another start of the program, and sees it through."""
    file = journal.take_up(CTX)
    assert file is not None
    assert file.fan_out is not None
    file.fan_out = file.fan_out.again()
    while numbers := file.fan_out.to_begin():
        for number in numbers:
            deploy_number(file, number, lambda *_: bench.connection, None, bench.journal, CTX)
    file.close()
    return file.fan_out


# begin; before and after each of two functions; finish
EVENTS = 6


@pytest.mark.parametrize(
    ("moment", "count"), [*(("after", count) for count in range(1, EVENTS + 1)), ("amid", 1), ("amid", 3)]
)
def test_a_kill_at_any_event_leaves_what_goes_on_to_the_same_end(
    bench: Bench, package: Package, mortal: Mortal, tmp_path: Path, moment: str, count: int
) -> None:
    names = [bench.function_name, create_function(bench.connection, HANDLER).function_name]
    folder = tmp_path / "fan-outs"
    mortal.kill(fan_out_until, moment, count, str(folder), ",".join(names), *bench.places())

    journal = FanOutJournal(folder)
    if (moment, count) in (("after", EVENTS), ("amid", 1)):  # over, or not begun
        assert journal.take_up(CTX) is None
        return
    [found] = map(FanOut.of, journal.interrupted())
    done = (count - (moment == "amid") - 1) // 2
    assert [each.state.is_done for each in found.standings] == [number < done for number in range(2)]
    assert go_on(bench, journal).is_complete
    assert [deployed_text(bench.connection, name) for name in names] == [NEW] * 2
    assert list(folder.iterdir()) == []


def test_other_code_than_was_looked_at_is_not_replaced(bench: Bench, package: Package) -> None:
    target = target_of(bench)
    bench.deploy_elsewhere({"app.py": "theirs = 1\n"})
    with pytest.raises(WorkbenchError, match="changed after the plan was made") as caught:
        deploy_target(bench.connection, target, package, DeployOptions(), bench.journal, CTX)
    assert target.seen_sha256 in caught.value.why
    assert not caught.value.action  # resolving a conflict is about the code that is open
    assert bench.remote_file("app.py") == "theirs = 1\n"


def test_a_profile_that_leads_elsewhere_is_not_deployed_with(bench: Bench, package: Package) -> None:
    target = replace(target_of(bench), function_arn=f"{ARN}{bench.function_name}")
    with pytest.raises(WorkbenchError, match="now resolves to") as caught:
        deploy_target(bench.connection, target, package, DeployOptions(), bench.journal, CTX)
    assert f"{ARN}{bench.function_name}" in caught.value.why
    assert bench.remote_sha256() == target.seen_sha256
