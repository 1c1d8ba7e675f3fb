"""Helper programs: run only with consent, ended in time; nothing of what they print is shown or logged."""

import json
import logging
import os
import shlex
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.aws.conftest import AwsFiles, AwsServer
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.settings import Settings
from workbench.profiles.mfa import MfaSessions
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.process_provider import ProcessCredentials, ProcessTrust, read_answer, run_helper
from workbench.profiles.safety import Pin, Safety, for_access

SECRET = "vault-pin-4711"
KEYS = {"Version": 1, "AccessKeyId": "AKIDHELPER", "SecretAccessKey": "hush"}


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def printing(answer: object) -> str:
    """A command that prints this as JSON, or a text as it is."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return f"echo {shlex.quote(text)}"


@pytest.fixture
def trust(tmp_path: Path) -> ProcessTrust:
    return ProcessTrust(Settings(tmp_path / "settings.json"))


@pytest.fixture
def sessions(trust: ProcessTrust) -> Sessions:
    processes = ProcessCredentials(trust, SystemClock(), timeout_s=1)
    return Sessions(prepare=MfaSessions(SystemClock(), (), processes.prepare).prepare)


Helper = Callable[[str], Access]


@pytest.fixture
def helper(aws_files: AwsFiles, aws_server: AwsServer, trust: ProcessTrust) -> Helper:
    """A profile `work` whose trusted helper is this command."""

    def write(command: str) -> Access:
        aws_files.config(f"[profile work]\nendpoint_url = {aws_server.url}\ncredential_process = {command}\n")
        trust.trust(command)
        return Access("work", "eu-central-1")

    return write


def test_a_helpers_keys_are_used(helper: Helper, sessions: Sessions, aws_server: AwsServer) -> None:
    Connection.open(helper(printing(KEYS | {"SessionToken": "t"})), sessions=sessions)
    assert aws_server.requests[0].credential[0] == "AKIDHELPER"
    assert aws_server.requests[0].headers["X-Amz-Security-Token"] == "t"
    session = sessions.get(Access("work", "eu-central-1"))
    assert vars(session)["_session"].get_credentials().method == "custom-process"


BAD_ANSWERS = {
    "nothing": ("true", "is not the JSON"),
    "hello": (printing(f"hello {SECRET}"), "is not the JSON"),
    "list": (printing([SECRET]), "is not the JSON"),
    "bytes": ("printf '\\377'", "is not the JSON"),
    "version": (printing(KEYS | {"Version": 2}), "Its output has version 2"),
    "odd version": (printing(KEYS | {"Version": SECRET}), "no known version"),
    "true": (printing(KEYS | {"Version": True}), "no known version"),
    "no known version": (printing({"AccessKeyId": "A", "SecretAccessKey": SECRET}), "no known version"),
    "half": (printing({"Version": 1, "AccessKeyId": "AKID"}), "does not contain SecretAccessKey"),
    "empty": (printing(KEYS | {"AccessKeyId": ""}), "does not contain AccessKeyId"),
    "number": (printing(KEYS | {"SecretAccessKey": 4711}), "does not contain SecretAccessKey"),
    "past": (printing(KEYS | {"Expiration": "2020-01-01T00:00:00Z"}), "have already expired"),
    "no time": (printing(KEYS | {"Expiration": SECRET}), "not a valid time"),
    "no zone": (printing(KEYS | {"Expiration": "2099-01-01T00:00:00"}), "not a valid time"),
    "much": ("yes", "too long to be credentials"),
    "fails": (f"sh -c 'echo {SECRET} >&2; echo {SECRET}; exit 3'", "It exited with status 3"),
    "killed": ("sh -c 'kill -9 $$'", "It was stopped by signal 9"),
    "sleeps": ("sleep 60", "did not respond within 1 s"),
    "its child sleeps": ("sh -c 'sleep 60; true'", "did not respond within 1 s"),
    "missing": ("/no/such/helper --pin 1", "“/no/such/helper” was not found"),
    "forbidden": ("/etc/hosts", "permission to run “/etc/hosts”"),
    "quotes": ("helper 'half", "quotation marks in its command do not match"),
    "blank": ("''", "run “”"),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_a_helper_that_gives_no_keys_is_explained(
    helper: Helper, sessions: Sessions, aws_server: AwsServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """R7 (fails with a secret on stderr); R8 (missing, hello, version, past, sleeps: each its own words)."""
    caplog.set_level(logging.DEBUG)
    command, why = BAD_ANSWERS[name]
    with pytest.raises(WorkbenchError) as caught:
        Connection.open(helper(command), sessions=sessions)
    error = caught.value
    assert error.what == "The credential process of the profile work returned no credentials."
    assert why in error.why
    assert error.action in ("connection.retry", "profile.edit")
    assert error.__cause__ is None
    assert SECRET not in f"{error!r} {error}"
    assert not [
        record for record in caplog.records if SECRET in record.getMessage() and "command" not in name
    ]
    assert not aws_server.requests


def test_the_five_ways_to_fail_have_five_messages() -> None:
    """R8."""
    whys = {BAD_ANSWERS[name][1] for name in ("missing", "hello", "version", "past", "sleeps")}
    assert len(whys) == 5


def test_a_command_runs_only_after_a_yes(
    aws_files: AwsFiles, sessions: Sessions, trust: ProcessTrust, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    command = f"touch {mark} --reference /"
    aws_files.config(f"[profile work]\ncredential_process = {command}\n")
    with pytest.raises(WorkbenchError, match="The program has not been allowed yet") as caught:
        Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    assert caught.value.action == "profile.trust_process"
    assert command in caught.value.why
    assert not mark.exists()
    assert trust.asked("work") == command
    assert trust.trust(command) is None
    assert trust.asked("work") == ""
    with pytest.raises(WorkbenchError, match="not the JSON"):
        Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    assert mark.exists()


def test_consent_is_for_the_command_as_it_stood(trust: ProcessTrust, tmp_path: Path) -> None:
    trust.trust("helper --profile work")
    again = ProcessTrust(Settings(tmp_path / "settings.json"))
    assert again.trusts("helper --profile work")
    assert not again.trusts("helper --profile work; rm -rf ~")
    assert "helper" not in (tmp_path / "settings.json").read_text()


def test_our_own_helper_needs_no_yes_but_what_only_looks_like_it_does(tmp_path: Path) -> None:
    trust = ProcessTrust(
        Settings(tmp_path / "s.json"),
        lambda name: f"'/opt/work bench/workbench' credentials {shlex.quote(name)}",
    )
    assert trust.trusts("'/opt/work bench/workbench' credentials work")
    assert trust.trusts("'/opt/work bench/workbench' credentials 'my work'")
    for command in (
        "'/tmp/work bench/workbench' credentials work",
        "'/opt/work bench/workbench' credentials work other",
        "/bin/evil '/opt/work bench/workbench' credentials work",
        "'/opt/work bench/workbench' credentials 'half",
        "'/opt/work bench/workbench'  credentials work",
        "",
    ):
        assert not trust.trusts(command), command


def test_a_secret_in_a_command_is_not_spelled_out(
    aws_files: AwsFiles, sessions: Sessions, trust: ProcessTrust
) -> None:
    aws_files.config(f"[profile work]\ncredential_process = vault --password={SECRET}\n")
    with pytest.raises(WorkbenchError, match="vault") as caught:
        Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    assert SECRET not in str(caught.value)


def test_the_source_of_a_role_is_not_run_unasked_either(
    aws_files: AwsFiles, aws_server: AwsServer, sessions: Sessions, trust: ProcessTrust
) -> None:
    aws_files.config(
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base\n"
        f"endpoint_url = {aws_server.url}\n[profile base]\ncredential_process = {printing(KEYS)}\n"
    )
    access = Access("admin", "eu-central-1")
    with pytest.raises(WorkbenchError, match="The program has not been allowed yet"):
        Connection.open(access, sessions=sessions)
    trust.trust(trust.asked("admin"))
    Connection.open(access, sessions=sessions)
    assert [request.credential[0] for request in aws_server.requests] == ["AKIDHELPER", "ASIAROLE"]


def test_a_helper_and_a_code_are_asked_about_one_after_the_other(
    aws_files: AwsFiles, aws_server: AwsServer, trust: ProcessTrust
) -> None:
    """The parts put together as the program does."""
    aws_files.config(
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base\n"
        f"mfa_serial = arn:aws:iam::123456789012:mfa/me\nendpoint_url = {aws_server.url}\n"
        f"[profile base]\ncredential_process = {printing(KEYS)}\n"
    )
    safety = Safety(Settings(Path.home() / "settings.json"))
    guard = for_access(safety)
    mfa = MfaSessions(SystemClock(), guard, ProcessCredentials(trust, SystemClock()).prepare)
    sessions = Sessions(guard, mfa.prepare)
    access, admin = Access("admin", "eu-central-1"), Profile("admin", ProfileKind.ASSUME_ROLE, "eu-central-1")
    with pytest.raises(WorkbenchError, match="The program has not been allowed yet"):
        Connection.open(access, sessions=sessions)
    trust.trust(trust.asked("admin"))
    with pytest.raises(WorkbenchError, match="needs an MFA code"):
        Connection.open(access, sessions=sessions)
    with pytest.raises(WorkbenchError, match="Nothing was sent"):
        mfa.sign_in(admin, "314159", JobContext())
    asked = safety.asked_endpoint("admin")
    assert asked is not None
    safety.trust_endpoint("admin", asked.origin)
    mfa.sign_in(admin, "314159", JobContext())
    connection = Connection.open(access, sessions=sessions)
    assert (connection.account_id, safety.pin("admin")) == (
        "123456789012",
        Pin.of("123456789012", connection.arn),
    )
    assert [request.credential[0] for request in aws_server.requests] == ["AKIDHELPER", "ASIAROLE"]


def test_keys_that_run_out_are_fetched_again_only_then(
    helper: Helper, sessions: Sessions, aws_server: AwsServer, tmp_path: Path
) -> None:
    """With botocore alone it would run at every call in the last 15 min."""
    log = tmp_path / "log"
    answer = shlex.quote(json.dumps(KEYS | {"Expiration": soon(300)}))
    script = tmp_path / "helper.sh"
    script.write_text(f"echo x >> {log}; echo {answer}")
    connection = Connection.open(helper(f"sh {script}"), sessions=sessions)
    connection.call("lambda", "list_functions")
    assert log.read_text() == "x\n"
    script.write_text(f"echo x >> {log}; echo {shlex.quote(json.dumps(KEYS | {'Expiration': soon(20)}))}")
    helper(f"sh {script}")  # another program now, which is allowed anew
    sessions.forget_all()
    connection = Connection.open(Access("work", "eu-central-1"), sessions=sessions)
    assert log.read_text().count("x") > 2


def test_cancel_ends_a_helper_and_what_it_started(helper: Helper, sessions: Sessions, tmp_path: Path) -> None:
    child = tmp_path / "child"
    access = helper(f"sh -c 'sleep 60 & echo $! > {child}; wait'")
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        Connection.open(access, ctx=JobContext(stop=stop), sessions=sessions)
    timer.join()
    assert time.monotonic() - start < 30  # of the 60 s for which it would be waited
    _until_gone(int(child.read_text()))


def _until_gone(pid: int) -> None:
    """Waits until a process that is not ours to reap has ended."""
    waiting = threading.Event()
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        waiting.wait(0.02)
    pytest.fail(f"process {pid} still runs")


def test_an_answer_is_never_printed() -> None:
    answer = json.dumps(KEYS | {"SessionToken": "hush-too", "AccountId": "123456789012"}).encode()
    keys = read_answer("work", answer, datetime.now(UTC))
    assert (keys.secret_access_key, keys.account_id) == ("hush", "123456789012")
    assert "hush" not in repr(keys)
    assert "AKID" not in repr(keys)


def test_what_a_helper_leaves_running_is_left_alone(tmp_path: Path) -> None:
    """It may be the browser that it opened. It is not waited for, though it holds the pipe."""
    left = tmp_path / "left"
    command = f"sh -c 'sleep 60 & echo $! > {left}; echo done'"
    assert run_helper("work", command, JobContext(), 10) == b"done\n"
    pid = int(left.read_text())
    os.kill(pid, 0)
    os.kill(pid, 9)


def test_a_helper_has_no_terminal_and_no_input() -> None:
    code = (
        "import os, sys; assert sys.stdin.read() == ''\n"
        "try: os.open('/dev/tty', os.O_RDWR)\nexcept OSError: print('none')"
    )
    assert run_helper("work", shlex.join((sys.executable, "-c", code)), JobContext(), 10) == b"none\n"


def test_no_shell_reads_the_command() -> None:
    assert run_helper("work", "echo '$HOME' ; `id`", JobContext(), 10) == b"$HOME ; `id`\n"


def test_the_program_that_was_looked_at_is_started_whatever_path_says_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("looked-at", "swapped"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "helper").write_text(f"#!/bin/sh\necho {name}\n")
        (tmp_path / name / "helper").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'swapped'}{os.pathsep}{os.environ['PATH']}")
    program = tmp_path / "looked-at" / "helper"
    assert run_helper("work", "helper", JobContext(), 10, program=program) == b"looked-at\n"
    assert run_helper("work", "helper", JobContext(), 10) == b"swapped\n"
