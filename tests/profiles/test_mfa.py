"""Signing in with an MFA code: real configuration files, botocore, and a server that plays STS."""

import getpass
import logging
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from urllib.parse import parse_qsl

import pytest

from tests.aws.conftest import Answer, AwsFiles, AwsServer, Request, sts
from tests.fake_time import FakeClock
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.mfa import MfaQuestion, MfaSessions
from workbench.profiles.model import Hop, Profile, ProfileKind

CODE = "314159"
DEVICE = "arn:aws:iam::123456789012:mfa/me"
ADMIN = "arn:aws:iam::123456789012:role/admin"
STATIC = "aws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"
ROLE = f"role_arn = {ADMIN}\nsource_profile = base\nmfa_serial = {DEVICE}\n"
QUESTION = MfaQuestion("admin", DEVICE, ADMIN)
PROFILE = Profile("admin", ProfileKind.ASSUME_ROLE, "eu-central-1")


class Sts:
    """STS: takes each code once, and knows only the right one."""

    def __init__(self) -> None:
        self.valid = {CODE}
        self.lasts = timedelta(hours=1)
        self.given = 0
        self.before_answer: Callable[[], object] = lambda: None

    def reply(self, request: Request) -> Answer:
        fields = dict(parse_qsl(request.body.decode()))
        if request.action not in ("AssumeRole", "GetSessionToken"):
            return sts(request)
        self.before_answer()
        if "SerialNumber" in fields and fields["TokenCode"] not in self.valid:
            return Answer(
                403,
                b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>MultiFactor"
                b"Authentication failed with invalid MFA one time pass code. </Message></Error>"
                b"<RequestId>r-9</RequestId></ErrorResponse>",
            )
        self.valid.discard(fields.get("TokenCode", ""))
        self.given += 1
        role = fields.get("RoleArn", "").rpartition("/")[2]
        text = (
            f"<{request.action}Response><{request.action}Result><Credentials>"
            f"<AccessKeyId>ASIA{role.upper()}{self.given}</AccessKeyId><SecretAccessKey>hush</SecretAccessKey>"
            f"<SessionToken>hush-token</SessionToken><Expiration>{datetime.now(UTC) + self.lasts:%FT%TZ}"
            "</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId>"
            f"<Arn>arn:aws:sts::123456789012:assumed-role/{role or 'none'}/s</Arn></AssumedRoleUser>"
            f"</{request.action}Result></{request.action}Response>"
        )
        return Answer(200, text.encode())


@pytest.fixture
def fake_sts(aws_server: AwsServer) -> Sts:
    fake = Sts()
    aws_server.reply = fake.reply
    return fake


@pytest.fixture(autouse=True)
def _nobody_at_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """R5: whoever reads stdin, or asks on the terminal, fails the test."""

    class Untouchable:
        def __getattr__(self, name: str) -> NoReturn:
            raise AssertionError(f"stdin.{name} was touched")

    def ask(*_: object, **__: object) -> NoReturn:
        raise AssertionError("somebody asked on the terminal")

    monkeypatch.setattr(sys, "stdin", Untouchable())
    monkeypatch.setattr(getpass, "getpass", ask)


@pytest.fixture
def mfa() -> MfaSessions:
    return MfaSessions(SystemClock())


@pytest.fixture
def sessions(mfa: MfaSessions) -> Sessions:
    return Sessions(prepare=mfa.prepare)


@pytest.fixture
def admin(aws_files: AwsFiles, aws_server: AwsServer, fake_sts: Sts) -> Access:
    aws_files.config(
        f"[profile admin]\n{ROLE}endpoint_url = {aws_server.url}\nexternal_id = x-1\n"
        f"duration_seconds = 1800\nrole_session_name = me\n[profile base]\n{STATIC}"
    )
    return Access("admin", "eu-central-1")


def fields(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode()))


def test_a_profile_that_needs_a_code_says_so_at_once(
    admin: Access, sessions: Sessions, mfa: MfaSessions, aws_server: AwsServer
) -> None:
    """R5: nothing is sent, nothing is read from stdin."""
    with pytest.raises(WorkbenchError, match="needs an MFA code") as caught:
        Connection.open(admin, sessions=sessions)
    assert caught.value.action == "profile.sign_in"
    assert not aws_server.requests
    assert mfa.needed(PROFILE) == QUESTION
    assert mfa.expires_at("admin") is None


def test_the_right_code_signs_in(
    admin: Access, sessions: Sessions, mfa: MfaSessions, aws_server: AwsServer
) -> None:
    """R5, and R4: the chosen region is asked."""
    with pytest.raises(WorkbenchError):
        Connection.open(admin, sessions=sessions)
    ends = mfa.sign_in(PROFILE, " 314 159\n", JobContext(), "eu-west-1")
    assert timedelta(minutes=59) < ends - datetime.now(UTC) <= timedelta(hours=1)
    assert mfa.expires_at("admin") == ends
    assert mfa.needed(PROFILE) is None
    [asked] = aws_server.requests
    assert asked.credential[:3:2] == ["AKIDFILE", "eu-west-1"]
    assert {key: value for key, value in fields(asked).items() if key not in ("Action", "Version")} == {
        "RoleArn": ADMIN,
        "SerialNumber": DEVICE,
        "TokenCode": CODE,
        "ExternalId": "x-1",
        "DurationSeconds": "1800",
        "RoleSessionName": "me",
    }
    connection = Connection.open(admin, sessions=sessions)
    connection.call("lambda", "list_functions")
    assert [request.credential[0] for request in aws_server.requests[1:]] == ["ASIAADMIN1"] * 2


def test_a_wrong_or_used_code_is_refused_and_can_be_tried_again(
    admin: Access, mfa: MfaSessions, fake_sts: Sts
) -> None:
    """R5."""
    with pytest.raises(WorkbenchError, match="incorrect or was already used") as caught:
        mfa.sign_in(PROFILE, "654321", JobContext())
    assert caught.value.what == "Could not sign in with admin."
    assert (caught.value.action, caught.value.aws_code) == ("profile.sign_in", "AccessDenied")
    assert mfa.expires_at("admin") is None
    mfa.sign_in(PROFILE, CODE, JobContext())
    with pytest.raises(WorkbenchError, match="was already used"):
        mfa.sign_in(PROFILE, CODE, JobContext())
    assert mfa.expires_at("admin") is not None, "a failed renewal does not end what still holds"


@pytest.mark.parametrize(
    "code", ["", "   ", "12345", "1234567", "12345a", "１２３４５６", "12 34 5 x", "-" * 6]
)
def test_what_is_no_code_is_not_sent(
    admin: Access, mfa: MfaSessions, aws_server: AwsServer, code: str
) -> None:
    """R5: empty, and other slips."""
    with pytest.raises(WorkbenchError, match="six digits") as caught:
        mfa.sign_in(PROFILE, code, JobContext())
    assert caught.value.action == "profile.sign_in"
    assert not aws_server.requests


def test_a_cancelled_sign_in_keeps_nothing(admin: Access, mfa: MfaSessions, fake_sts: Sts) -> None:
    """R5."""
    stop = threading.Event()
    fake_sts.before_answer = stop.set
    with pytest.raises(Cancelled):
        mfa.sign_in(PROFILE, CODE, JobContext(stop=stop))
    assert mfa.expires_at("admin") is None


def test_a_session_with_nine_minutes_left_still_works(
    admin: Access, sessions: Sessions, mfa: MfaSessions, fake_sts: Sts, aws_server: AwsServer
) -> None:
    """R6: botocore's own would insist on a new code ten minutes before the end."""
    fake_sts.lasts = timedelta(minutes=9)
    mfa.sign_in(PROFILE, CODE, JobContext())
    assert Connection.open(admin, sessions=sessions).account_id == "123456789012"
    assert len(aws_server.requests) == 2


def test_a_session_works_to_its_last_minute_without_a_word(
    admin: Access, sessions: Sessions, mfa: MfaSessions, fake_sts: Sts
) -> None:
    """R6: within botocore's time for renewal the old keys are given again, and it has nothing to warn of."""
    fake_sts.lasts = timedelta(seconds=20)
    mfa.sign_in(PROFILE, CODE, JobContext())
    Connection.open(admin, sessions=sessions).call("lambda", "list_functions")


def test_an_ended_session_asks_again_and_its_connection_goes_on_afterwards(
    admin: Access,
    aws_server: AwsServer,
    fake_sts: Sts,
    monkeypatch: pytest.MonkeyPatch,
    expect_log: Callable[[str], None],
) -> None:
    expect_log("botocore.credentials: Refreshing temporary credentials failed")
    clock = FakeClock()
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(seconds=clock.passed_s))
    mfa = MfaSessions(clock)
    sessions = Sessions(prepare=mfa.prepare)
    fake_sts.lasts = timedelta(seconds=25)  # botocore looks for new keys at each call
    mfa.sign_in(PROFILE, CODE, JobContext())
    connection = Connection.open(admin, sessions=sessions)
    clock.passed_s = 26
    asked = len(aws_server.requests)
    with pytest.raises(WorkbenchError, match="session of admin has expired") as caught:
        connection.call("lambda", "list_functions")
    assert caught.value.action == "profile.sign_in"
    assert len(aws_server.requests) == asked
    assert mfa.needed(PROFILE) == QUESTION
    fake_sts.valid, fake_sts.lasts = {"222222"}, timedelta(hours=1)
    mfa.sign_in(PROFILE, "222222", JobContext())
    connection.call("lambda", "list_functions")
    assert aws_server.requests[-1].credential[0] == "ASIAADMIN2"


def test_an_edited_profile_does_not_use_what_the_old_one_was_given(
    admin: Access, aws_files: AwsFiles, aws_server: AwsServer, sessions: Sessions, mfa: MfaSessions
) -> None:
    mfa.sign_in(PROFILE, CODE, JobContext())
    other = ROLE.replace("role/admin", "role/other")
    aws_files.config(f"[profile admin]\n{other}endpoint_url = {aws_server.url}\n[profile base]\n{STATIC}")
    with pytest.raises(WorkbenchError, match=r"role/other can only be assumed with a code"):
        Connection.open(admin, sessions=sessions)


# ---- chains ----------------------------------------------------------------------------------------------


def test_a_source_that_needs_a_code_is_asked_about_first(
    aws_files: AwsFiles, aws_server: AwsServer, fake_sts: Sts, sessions: Sessions, mfa: MfaSessions
) -> None:
    """Top (code) -> middle (no code) -> bottom (code) -> key."""
    url, device = f"endpoint_url = {aws_server.url}\n", f"mfa_serial = {DEVICE}\n"
    aws_files.config(
        f"[profile top]\nrole_arn = arn:aws:iam::1:role/top\n{device}source_profile = middle\n{url}"
        "[profile middle]\nrole_arn = arn:aws:iam::1:role/middle\nsource_profile = bottom\n"
        f"[profile bottom]\nrole_arn = arn:aws:iam::1:role/bottom\n{device}source_profile = base\n"
        f"[profile base]\n{STATIC}"
    )
    fake_sts.valid = {"111111", "222222"}
    top = Profile("top", ProfileKind.ASSUME_ROLE, "eu-central-1")
    access = Access("top", "eu-central-1")
    for name, code in (("bottom", "111111"), ("top", "222222")):
        with pytest.raises(WorkbenchError, match=f"The profile {name} needs an MFA code"):
            Connection.open(access, sessions=sessions)
        question = mfa.needed(top)
        assert question is not None
        assert question.profile_name == name
        mfa.sign_in(top, code, JobContext())
    Connection.open(access, sessions=sessions)
    said = [(request.action, request.credential[0]) for request in aws_server.requests]
    assert said == [
        ("AssumeRole", "AKIDFILE"),  # bottom, with its code
        ("AssumeRole", "ASIABOTTOM1"),  # middle
        ("AssumeRole", "ASIAMIDDLE2"),  # top, with its code
        ("GetCallerIdentity", "ASIATOP3"),
    ]


def test_a_role_without_a_code_is_renewed_from_a_source_with_one(
    aws_files: AwsFiles, aws_server: AwsServer, fake_sts: Sts, sessions: Sessions, mfa: MfaSessions
) -> None:
    aws_files.config(
        f"[profile top]\nrole_arn = arn:aws:iam::1:role/top\nsource_profile = admin\n"
        f"endpoint_url = {aws_server.url}\n[profile admin]\n{ROLE}[profile base]\n{STATIC}"
    )
    top = Profile("top", ProfileKind.ASSUME_ROLE, "eu-central-1")
    ends = mfa.sign_in(top, CODE, JobContext())
    Connection.open(Access("top", "eu-central-1"), sessions=sessions)
    assert aws_server.requests[-1].credential[0] == "ASIATOP2"
    assert mfa.expires_at("top") == ends, "it lasts as long as the sign-in that it leans on"


def test_what_is_wrong_with_the_source_is_said_before_a_code_is_asked_for(
    aws_files: AwsFiles, sessions: Sessions, mfa: MfaSessions
) -> None:
    aws_files.config(f"[profile admin]\n{ROLE}")
    with pytest.raises(WorkbenchError, match="refers to a profile that does not exist"):
        Connection.open(Access("admin", "eu-central-1"), sessions=sessions)
    with pytest.raises(WorkbenchError, match="refers to a profile that does not exist"):
        mfa.sign_in(PROFILE, CODE, JobContext())


def test_a_loop_is_a_loop_at_every_look_and_a_code_does_not_hide_it(
    aws_files: AwsFiles, sessions: Sessions, mfa: MfaSessions
) -> None:
    aws_files.config(
        f"[profile admin]\nrole_arn = {ADMIN}\nsource_profile = b\nmfa_serial = {DEVICE}\n"
        f"[profile b]\nrole_arn = {ADMIN}\nsource_profile = admin\n"
    )
    for _ in range(2):
        with pytest.raises(WorkbenchError, match="loop"):
            Connection.open(Access("admin", "eu-central-1"), sessions=sessions)
    with pytest.raises(WorkbenchError, match="loop"):
        mfa.sign_in(PROFILE, CODE, JobContext())


def test_a_question_can_be_read_off_the_chain_before_anything_was_tried(mfa: MfaSessions) -> None:
    chain = (
        Hop("top", ProfileKind.ASSUME_ROLE, "arn:aws:iam::1:role/top", mfa_serial="device-1"),
        Hop("low", ProfileKind.ASSUME_ROLE, "arn:aws:iam::1:role/low", mfa_serial="device-2"),
        Hop("base", ProfileKind.STATIC),
    )
    profile = Profile("top", ProfileKind.ASSUME_ROLE, chain=chain)
    assert mfa.needed(profile) == MfaQuestion("low", "device-2", "arn:aws:iam::1:role/low")
    assert mfa.needed(Profile("base", ProfileKind.STATIC, chain=chain[2:])) is None


# ---- a device beside a key -------------------------------------------------------------------------------


@pytest.fixture
def key_with_device(aws_files: AwsFiles, aws_server: AwsServer, fake_sts: Sts) -> Access:
    aws_files.config(
        f"[profile me]\n{STATIC}mfa_serial = {DEVICE}\nduration_seconds = 3600\n"
        f"endpoint_url = {aws_server.url}\n"
    )
    return Access("me", "eu-central-1")


def test_a_device_without_a_role_is_offered_and_the_key_works_without(
    key_with_device: Access, sessions: Sessions, mfa: MfaSessions, aws_server: AwsServer
) -> None:
    me = Profile("me", ProfileKind.STATIC, "eu-central-1")
    Connection.open(key_with_device, sessions=sessions)
    assert aws_server.requests[-1].credential[0] == "AKIDFILE"
    assert mfa.needed(me) is None
    assert mfa.offered(me) == MfaQuestion("me", DEVICE)
    mfa.sign_in(me, CODE, JobContext())
    asked = fields(aws_server.requests[-1])
    assert (asked["Action"], asked["DurationSeconds"]) == ("GetSessionToken", "3600")
    assert mfa.offered(me) is None
    sessions.forget(key_with_device)
    Connection.open(key_with_device, sessions=sessions)
    assert aws_server.requests[-1].credential[0] == "ASIA1"


def test_a_profile_without_a_device_cannot_sign_in_with_a_code(aws_files: AwsFiles, mfa: MfaSessions) -> None:
    aws_files.config(f"[profile me]\n{STATIC}")
    with pytest.raises(WorkbenchError, match="does not specify an MFA device"):
        mfa.sign_in(Profile("me", ProfileKind.STATIC), CODE, JobContext())


# ---- secrets ---------------------------------------------------------------------------------------------


def test_no_key_and_no_code_is_printed_or_logged(
    admin: Access, mfa: MfaSessions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(WorkbenchError) as caught:
        mfa.sign_in(PROFILE, "654321", JobContext())
    mfa.sign_in(PROFILE, CODE, JobContext())
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("workbench")]
    said = f"{caught.value!r} {vars(mfa)!r} {ours}"
    for secret in ("654321", CODE, "hush"):
        assert secret not in said
