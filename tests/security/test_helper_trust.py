"""Row 11: who allows a credential_process allows the program that it is, not the text that names it."""

import json
import os
import shlex
from pathlib import Path

import pytest

from tests.aws.conftest import AwsFiles, AwsServer, aws_files, aws_server
from tests.fake_time import FakeClock
from workbench.core.errors import WorkbenchError
from workbench.core.settings import Settings
from workbench.profiles.process_provider import ProcessCredentials, ProcessTrust

__all__ = ["AwsFiles", "AwsServer", "aws_files", "aws_server"]

KEYS = {"Version": 1, "AccessKeyId": "AKIDHELPER", "SecretAccessKey": "x"}


class Bench:
    """A helper program on PATH that the user has allowed, and what the program would do with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ran = folder / "ran"
        self.trust = ProcessTrust(Settings(folder / "settings.json"))
        self.processes = ProcessCredentials(self.trust, FakeClock())

    def program(self, path: Path, mark: str = "") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        answer = shlex.quote(json.dumps(KEYS))
        path.write_text(f"#!/bin/sh\necho {mark or 'good'} >> {self.ran}\necho {answer}\n")
        path.chmod(0o755)
        return path

    def keys(self, command: str) -> str:
        """Runs the helper as botocore's chain does; returns what refused, if anything did."""
        try:
            assert self.processes.keys("work", command)["access_key"] == "AKIDHELPER"
        except WorkbenchError as error:
            return str(error)
        return ""

    def log(self) -> list[str]:
        return self.ran.read_text().split() if self.ran.exists() else []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_program_that_was_replaced_is_asked_about_again(bench: Bench) -> None:
    program = bench.program(bench.folder / "bin" / "helper")
    command = f"{program} --for dev"
    assert "not been allowed yet" in bench.keys(command)
    bench.trust.trust(command)
    assert bench.keys(command) == ""

    bench.program(program, "evil")

    refused = bench.keys(command)
    assert bench.log() == ["good"]
    assert "different program from the one you allowed" in refused
    assert str(program) in refused
    assert bench.trust.asked("work") == command
    bench.trust.trust(command)  # the user knows of the update
    assert bench.keys(command) == ""


def test_another_program_of_that_name_earlier_on_path_does_not_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.program(bench.folder / "second" / "helper")
    (bench.folder / "first").mkdir()
    path = f"{bench.folder / 'first'}{os.pathsep}{bench.folder / 'second'}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    bench.trust.trust("helper dev")
    assert bench.keys("helper dev") == ""
    bench.program(bench.folder / "first" / "helper", "evil")
    assert "a different program" in bench.keys("helper dev")
    assert bench.log() == ["good"]


def test_the_script_of_an_interpreter_is_the_program(bench: Bench) -> None:
    script = bench.program(bench.folder / "helper.sh")
    script.chmod(0o644)
    command = f"sh {script} --for dev"
    bench.trust.trust(command)
    assert bench.keys(command) == ""
    bench.program(script, "evil").chmod(0o644)
    assert "a different program" in bench.keys(command)
    assert bench.log() == ["good"]


def test_a_link_that_leads_elsewhere_is_another_program(bench: Bench) -> None:
    link = bench.folder / "helper"
    link.symlink_to(bench.program(bench.folder / "one"))
    bench.trust.trust(str(link))
    assert bench.keys(str(link)) == ""
    link.unlink()
    link.symlink_to(bench.program(bench.folder / "two", "evil"))
    assert "a different program" in bench.keys(str(link))
    assert bench.log() == ["good"]


def test_a_file_that_the_helper_writes_may_change(bench: Bench) -> None:
    """A cache or a token file among the arguments is no program."""
    program = bench.program(bench.folder / "helper")
    cache = bench.folder / "cache.json"
    cache.write_text("1")
    command = f"{program} --cache={cache} {cache}"
    bench.trust.trust(command)
    cache.write_text("2")
    assert bench.keys(command) == ""


def test_trust_in_the_text_alone_of_earlier_versions_is_asked_for_again(bench: Bench) -> None:
    import hashlib

    program = bench.program(bench.folder / "helper")
    old = [hashlib.sha256(str(program).encode()).hexdigest()]
    Settings(bench.folder / "settings.json").set("credential_process.trusted", old)
    bench.trust = ProcessTrust(Settings(bench.folder / "settings.json"))
    bench.processes = ProcessCredentials(bench.trust, FakeClock())
    assert "not been allowed yet" in bench.keys(str(program))
    assert bench.log() == []


@pytest.mark.parametrize("what", ["program", "folder", "above", "script"])
def test_what_every_user_may_write_does_not_run(bench: Bench, what: str) -> None:
    program = bench.program(bench.folder / "above" / "bin" / "helper")
    command = f"sh {program}" if what == "script" else str(program)
    bench.trust.trust(command)
    place = {"folder": program.parent, "above": program.parent.parent}.get(what, program)
    place.chmod(0o777)
    assert "any user can change" in bench.keys(command)
    assert bench.log() == []
    place.chmod(0o755)
    assert bench.keys(command) == ""
