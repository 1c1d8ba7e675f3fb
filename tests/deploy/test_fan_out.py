"""One package to several functions: whose turn it is, whom it suits, and what is left on disk."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.deploy.bench import CTX, Bench
from workbench.aws.access import Access
from workbench.aws.connection import ApiCall, Connection
from workbench.code.contents import Contents, FileContent
from workbench.code.package import Package
from workbench.code.workspace_store import LATEST
from workbench.core.errors import WorkbenchError
from workbench.deploy.fan_out import FanOut, Standing, Target, TargetState, check_compatibility, twice
from workbench.deploy.fan_out_store import FanOutStore
from workbench.deploy.fan_out_target import deploy_target, state_of
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
    targets = (
        Target("p", "us-east-1", f"f{number}", wave, f"{ARN}f{number}", "old")
        for number, wave in enumerate(waves)
    )
    standings = tuple(map(Standing, targets))
    return FanOut("src", f"{ARN}src", "sha", 10, "2026-01-01T00:00:00+00:00", DeployOptions(), standings)


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


def test_after_a_crash_what_ran_has_stopped() -> None:
    plan = fan_out(1, 1, 2).after(0, DEPLOYED).after(1, RUNNING).after_crash()
    assert [standing.state for standing in plan.standings] == [DEPLOYED, STOPPED, WAITING]
    assert plan.standings[1].text


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


def test_what_was_begun_goes_on_after_a_crash_with_the_same_bytes(
    bench: Bench, package: Package, tmp_path: Path
) -> None:
    store = FanOutStore(tmp_path / "fan-outs")
    file = store.hold(package, "src")
    file.begin(
        store.new(
            package, "src", f"{ARN}src", [Target("p", "r", "a"), Target("p", "r", "b")], DeployOptions()
        )
    )
    file.note(0, DEPLOYED)
    file.note(1, RUNNING)
    sent = package.path.read_bytes()
    assert store.unfinished(CTX) is None  # it is held, here as by another window
    file.release()  # what a kill does
    bench.workspace.discard(package)
    found = store.unfinished(CTX)
    assert found is not None
    assert found.fan_out is not None
    assert found.package is not None
    assert found.package.path.read_bytes() == sent
    assert found.package.contents == package.contents
    assert [standing.state for standing in found.fan_out.standings] == [DEPLOYED, STOPPED]
    found.note(1, SAME)
    found.close()
    assert store.unfinished(CTX) is None
    assert list((tmp_path / "fan-outs").iterdir()) == []


def test_it_is_read_back_as_it_was_written_but_for_the_configuration(
    package: Package, tmp_path: Path
) -> None:
    store = FanOutStore(tmp_path / "fan-outs")
    options = DeployOptions(publish=True, undo_on_failure=True)
    secret = replace(options, configuration=Wanted(environment=(("KEY", "hidden-value"),)))
    targets = [Target("p", "us-east-1", f"f{number}", 1, f"{ARN}f{number}", "old") for number in range(2)]
    written = store.new(package, "src", f"{ARN}src", targets, secret).after(1, FAILED, "Grüße – “x”")
    file = store.hold(package, "src")
    file.begin(written)
    file.release()
    assert b"hidden" not in (file.folder / "fan-out.json").read_bytes()
    found = store.unfinished(CTX)
    assert found is not None
    assert found.fan_out == replace(written, options=options)
    found.discard()


EARLIER = r"""{
"source_name": "src", "source_arn": "arn:aws:lambda:us-east-1:123456789012:function:src",
"code_sha256": "SHA",
"size_bytes": 10, "when": "2026-01-01T00:00:00+00:00",
"options": {"undo_on_failure": false, "upload": "auto", "bucket": "", "smoke_test": null, "publish": true,
"description": "", "alias": null, "keep_versions": 0, "version": ""},
"standings": [{"profile_name": "p", "region": "us-east-1", "function_name": "f0", "wave": 3,
"function_arn": "arn:f0", "seen_sha256": "old", "state": "failed", "text": "Gr\u00fc\u00dfe"}]}"""
"""A record of before there were versions."""


def test_what_an_earlier_version_left_can_go_on(package: Package, tmp_path: Path) -> None:
    store = FanOutStore(tmp_path / "fan-outs")
    file = store.hold(package, "src")
    (file.folder / "fan-out.json").write_text(EARLIER.replace("SHA", package.code_sha256))
    file.release()
    found = store.unfinished(CTX)
    assert found is not None
    target = Target("p", "us-east-1", "f0", 3, "arn:f0", "old")
    assert found.fan_out == FanOut(
        "src",
        f"{ARN}src",
        package.code_sha256,
        10,
        "2026-01-01T00:00:00+00:00",
        DeployOptions(publish=True),
        (Standing(target, FAILED, "Grüße"),),
    )
    found.discard()


def test_what_was_not_begun_leaves_nothing_and_what_is_damaged_is_left_alone(
    package: Package, tmp_path: Path
) -> None:
    store = FanOutStore(tmp_path / "fan-outs")
    store.hold(package, "idle").release()
    damaged = store.hold(package, "damaged")
    (damaged.folder / "fan-out.json").write_text('{"source_name": 1')
    damaged.release()
    changed = store.hold(package, "changed")
    changed.begin(store.new(package, "src", f"{ARN}src", [Target("p", "r", "a")], DeployOptions()))
    assert changed.package is not None
    changed.package.path.unlink()
    changed.package.path.write_bytes(b"other bytes")
    changed.release()
    assert store.unfinished(CTX) is None
    assert sorted(path.name.split("-")[1] for path in (tmp_path / "fan-outs").iterdir()) == [
        "changed",
        "damaged",
    ]


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

    store, target = FanOutStore(tmp_path / "fan-outs"), target_of(bench)
    file = store.hold(package, "src")
    file.begin(store.new(package, "src", f"{ARN}src", [target], DeployOptions(publish=True)))
    file.note(0, RUNNING)
    doomed = Connection.open(access, observer=kill)
    with pytest.raises(Killed):
        deploy_target(doomed, target, package, DeployOptions(publish=True), bench.journal, CTX)
    file.release()

    found = store.unfinished(CTX)
    assert found is not None
    assert found.fan_out is not None
    assert found.package is not None
    again = found.fan_out.again()
    assert again.to_begin() == (0,)
    left = again.standings[0].target
    result = deploy_target(bench.connection, left, found.package, again.options, bench.journal, CTX)
    assert state_of(result).is_done
    assert bench.remote_file("app.py") == NEW
    versions = list_versions(bench.connection, bench.function_name, CTX)
    assert [each.version for each in versions if each.version != LATEST] == ["1"]
    found.close()


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
