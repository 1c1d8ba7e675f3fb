"""Sessions: what every client of one passes through, and when they are made anew."""

import socket
import threading
from typing import Any

import pytest

from tests.aws.conftest import KEYS, AwsFiles, AwsServer, raw_server, through
from workbench.aws import client_config
from workbench.aws import connection as connection_module
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Handler, Sessions
from workbench.core.errors import WorkbenchError

STATIC = "aws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"


def test_each_session_has_handlers_of_its_own(aws_server: AwsServer) -> None:
    made: list[Access] = []
    heard: list[str] = []

    def handlers(access: Access) -> list[Handler]:
        made.append(access)
        number = len(made)
        return [("before-call", lambda model, **_: heard.append(f"{number} {model.name}"))]

    sessions = Sessions(handlers)
    first = Access(None, "eu-central-1", aws_server.url, KEYS)
    second = through(f"{aws_server.url}/other")
    for access in (first, second, first):
        Connection.open(access, sessions=sessions)
    assert made == [first], "an identity has one session, wherever its requests go"
    assert heard == ["1 GetCallerIdentity"] * 3
    sessions.forget(first)
    Connection.open(first, sessions=sessions)
    assert heard[-1] == "2 GetCallerIdentity"


def test_sessions_that_are_all_forgotten_are_made_anew(aws_files: AwsFiles) -> None:
    aws_files.config(f"[profile a]\n{STATIC}[profile b]\n{STATIC}")
    sessions = Sessions()
    before = [sessions.get(Access(name, "eu-central-1")) for name in "ab"]
    assert [sessions.get(Access(name, "eu-central-1")) for name in "ab"] == before
    sessions.forget_all()
    after = [sessions.get(Access(name, "eu-central-1")) for name in "ab"]
    assert not set(map(id, before)) & set(map(id, after))


def test_only_sessions_that_look_for_credentials_are_prepared(aws_files: AwsFiles) -> None:
    aws_files.config(f"[profile work]\n{STATIC}")
    prepared: list[Access] = []

    def prepare(session: Any, access: Access) -> None:
        assert session.get_component("credential_provider").get_provider("assume-role")
        prepared.append(access)

    sessions = Sessions(prepare=prepare)
    work = Access("work", "eu-central-1")
    sessions.get(work)
    sessions.get(through("http://127.0.0.1:1"))
    assert prepared == [work]


class Silence:
    """A server that takes requests and never answers."""

    def __init__(self) -> None:
        self.requests = 0
        self.end = threading.Event()

    def keep(self, client: socket.socket) -> None:
        if client.recv(65536):
            self.requests += 1
        self.end.wait(5)


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of the test's is thirty of a person's."""
    for module in (client_config, connection_module):
        monkeypatch.setattr(module, "PROBE_READ_TIMEOUT_S", 0.3)


def test_who_waits_for_a_silent_server_waits_once(short_patience: None) -> None:
    """V4: 10 s of silence and no second try make an error within 11 s."""
    silence = Silence()
    with raw_server(silence.keep) as url:
        with pytest.raises(WorkbenchError, match="timed out") as caught:
            Connection.open(through(url))
        assert not silence.end.is_set()
        silence.end.set()
    assert silence.requests == 1
    assert caught.value.action == "connection.retry"


def test_a_role_that_a_silent_server_should_give_is_waited_for_once(
    aws_files: AwsFiles, short_patience: None, expect_log: Any
) -> None:
    """V4, on the way to credentials: botocore alone would wait for five minutes."""
    expect_log("botocore.credentials: Refreshing temporary credentials failed")
    silence = Silence()
    with raw_server(silence.keep) as url:
        aws_files.config(
            "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base\n"
            f"endpoint_url = {url}\n[profile base]\n{STATIC}"
        )
        with pytest.raises(WorkbenchError, match="timed out"):
            Connection.open(Access("admin", "eu-central-1"))
        assert not silence.end.is_set()
        silence.end.set()
    assert silence.requests == 1


def test_the_patience_is_what_a_person_has() -> None:
    """V4: the figures behind the two tests above."""
    config = client_config.probe_config()
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
