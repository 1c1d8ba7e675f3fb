"""Our own helper in botocore's chain: what it is told, what its statuses mean, and a code for its key."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.aws.conftest import AwsFiles, AwsServer
from tests.profiles.test_mfa import CODE, DEVICE, Sts
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.settings import Settings
from workbench.profiles.credentials_helper import REASONS, Exit
from workbench.profiles.mfa import MfaQuestion, MfaSessions
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.process_provider import ProcessCredentials, ProcessTrust

ACCESS = Access("me", "eu-central-1")
KEYS = json.dumps({"Version": 1, "AccessKeyId": "AKIDSTORED", "SecretAccessKey": "s"})
Install = Callable[[str], Path]


@pytest.fixture
def trust(tmp_path: Path) -> ProcessTrust:
    helper = tmp_path / "workbench"
    return ProcessTrust(Settings(tmp_path / "s.json"), lambda entry: f"{helper} credentials {entry}")


@pytest.fixture
def install(tmp_path: Path, aws_files: AwsFiles, aws_server: AwsServer, trust: ProcessTrust) -> Install:
    """A Workbench that does what this script says, and a profile whose key it hands out."""

    def write(script: str) -> Path:
        helper = tmp_path / "workbench"
        helper.write_text(f"#!/bin/sh\n{script}\n")
        helper.chmod(0o700)
        aws_files.config(
            f"[profile me]\nendpoint_url = {aws_server.url}\nmfa_serial = {DEVICE}\n"
            f"credential_process = {helper} credentials me\n"
            f"[profile other]\nendpoint_url = {aws_server.url}\ncredential_process = {helper} export me\n"
        )
        trust.trust(f"{helper} export me")  # each is another program
        return helper

    return write


@pytest.fixture
def mfa(trust: ProcessTrust) -> MfaSessions:
    processes = ProcessCredentials(
        trust, SystemClock(), 2.0, own_environ=lambda: {"WORKBENCH_TEST": "secret"}
    )
    return MfaSessions(SystemClock(), (), processes.prepare)


@pytest.fixture
def sessions(mfa: MfaSessions) -> Sessions:
    return Sessions(prepare=mfa.prepare)


def test_a_device_is_offered_for_a_key_that_was_moved_to_the_keyring(
    install: Install, aws_server: AwsServer, mfa: MfaSessions, sessions: Sessions
) -> None:
    """The helper hands out the key itself: GetSessionToken takes no temporary ones."""
    install(f"echo '{KEYS}'")
    aws_server.reply = Sts().reply
    me = Profile("me", ProfileKind.PROCESS, "eu-central-1")
    Connection.open(ACCESS, sessions=sessions)
    assert aws_server.requests[-1].credential[0] == "AKIDSTORED"
    assert mfa.offered(me) == MfaQuestion("me", DEVICE)
    mfa.sign_in(me, CODE, JobContext())
    assert aws_server.requests[-1].action == "GetSessionToken"
    sessions.forget(ACCESS)
    Connection.open(ACCESS, sessions=sessions)
    assert aws_server.requests[-1].credential[0] == "ASIA1"


def test_only_our_own_helper_sees_what_opens_the_store(
    install: Install, sessions: Sessions, tmp_path: Path
) -> None:
    install(f"echo \"$2: $1 $WORKBENCH_TEST\" >> {tmp_path}/said; echo '{KEYS}'")
    Connection.open(ACCESS, sessions=sessions)
    Connection.open(Access("other", "eu-central-1"), sessions=sessions)
    said = (tmp_path / "said").read_text().splitlines()
    assert said == ["me: credentials secret", "me: export "]
    assert "WORKBENCH_TEST" not in os.environ


def test_our_own_helper_has_the_time_to_say_why_it_gives_up(install: Install, sessions: Sessions) -> None:
    """Its 10 s on the keyring are not cut short by the 10 s of any helper."""
    install(f"sleep 2.2; exit {Exit.LOCKED:d}")
    with pytest.raises(WorkbenchError, match="locked"):
        Connection.open(ACCESS, sessions=sessions)
    install("sleep 60")
    with pytest.raises(WorkbenchError, match="did not respond"):
        Connection.open(Access("other", "eu-central-1"), sessions=sessions)


@pytest.mark.parametrize("status", REASONS)
def test_why_our_own_helper_gave_no_keys_is_said(install: Install, sessions: Sessions, status: Exit) -> None:
    install(f"exit {status:d}")
    with pytest.raises(WorkbenchError) as caught:
        Connection.open(ACCESS, sessions=sessions)
    assert (caught.value.why, caught.value.remedy) == REASONS[status]


def test_another_helpers_statuses_mean_nothing(install: Install, sessions: Sessions) -> None:
    install(f"exit {Exit.LOCKED:d}")
    with pytest.raises(WorkbenchError, match="exited with status 4"):
        Connection.open(Access("other", "eu-central-1"), sessions=sessions)
