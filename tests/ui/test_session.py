"""Whom the window talks to: choosing drops the old connection, and nothing of it comes back."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from workbench.aws.connection import ApiCall, Connection, Observer
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobHandle, JobRunner
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session

ALICE = Profile("alice", ProfileKind.STATIC, "eu-central-1")
BOB = Profile("bob", ProfileKind.SSO)


def connected_to(account_id: str) -> Connection:
    real = StubbedAws().connection
    return Connection(real.access, real._session, account_id)


@dataclass
class Opener:
    """Stands for the way to AWS: gives what was laid ready for a profile, once it may."""

    ready: dict[str, Connection | WorkbenchError] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    held: dict[str, threading.Event] = field(default_factory=dict)
    ends_when_cancelled: bool = True

    def __call__(self, profile: Profile, region: str, observer: Observer, ctx: JobContext) -> Connection:
        self.asked.append((profile.name, region))
        if profile.name in self.held:
            self.held[profile.name].wait()
            if self.ends_when_cancelled:
                ctx.check()
        found = self.ready[profile.name]
        if isinstance(found, WorkbenchError):
            raise found
        observer(ApiCall("sts", "GetCallerIdentity", region, "r", 200, 1.0, False, "", datetime.now(UTC)))
        return found


@pytest.fixture
def opener() -> Opener:
    return Opener({"alice": connected_to("111111111111"), "bob": connected_to("222222222222")})


@pytest.fixture
def session(services: Services, opener: Opener) -> Session:
    return Session(services, opener, ALICE)


def signals(session: Session) -> list[str]:
    """The names of the signals, as they come."""
    heard: list[str] = []
    for name in ("changed", "connecting", "connected", "failed"):
        getattr(session, name).connect(lambda *_args, name=name: heard.append(name))
    return heard


def connect(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.connected):
        session.connect_now()


def test_connecting_gives_the_connection_and_tells_what_was_called(
    session: Session, opener: Opener, qtbot: QtBot
) -> None:
    assert session.account_id == ""
    with qtbot.waitSignals([session.called, session.connected]):
        session.connect_now()
    assert session.connection is opener.ready["alice"]
    assert session.account_id == "111111111111"
    assert opener.asked == [("alice", "eu-central-1")]


def test_choosing_drops_the_connection_and_says_so_before_the_next_stands(
    session: Session, opener: Opener, qtbot: QtBot
) -> None:
    connect(session, qtbot)
    heard = signals(session)
    seen: list[Connection | None] = []
    session.changed.connect(lambda: seen.append(session.connection))
    with qtbot.waitSignal(session.connected):
        session.choose(BOB)
        assert session.connection is None
    assert seen == [None]
    assert heard == ["changed", "connecting", "connected"]
    assert session.connection is opener.ready["bob"]


def test_choosing_what_is_chosen_does_nothing(session: Session, opener: Opener, qtbot: QtBot) -> None:
    connect(session, qtbot)
    heard = signals(session)
    session.choose(ALICE, "eu-central-1")
    session.choose(ALICE)
    assert heard == []
    assert session.connection is opener.ready["alice"]


def test_another_region_is_another_connection(session: Session, opener: Opener, qtbot: QtBot) -> None:
    connect(session, qtbot)
    with qtbot.waitSignals([session.changed, session.connected], order="strict"):
        session.choose(ALICE, "eu-west-1")
    assert opener.asked == [("alice", "eu-central-1"), ("alice", "eu-west-1")]


def test_a_connection_that_comes_too_late_is_not_taken(
    session: Session, opener: Opener, jobs: JobRunner, qtbot: QtBot
) -> None:
    opener.held["alice"] = threading.Event()
    opener.ends_when_cancelled = False
    try:
        session.connect_now()
        qtbot.waitUntil(lambda: opener.asked == [("alice", "eu-central-1")])
        with qtbot.waitSignal(session.connected):
            session.choose(BOB)
    finally:
        opener.held["alice"].set()
    assert jobs.shutdown(20)  # joins the worker that still connects
    with qtbot.waitCallback() as turned:
        QTimer.singleShot(0, turned)
    assert session.connection is opener.ready["bob"]
    assert session.account_id == "222222222222"


def test_a_failure_is_told_and_the_next_try_connects(session: Session, opener: Opener, qtbot: QtBot) -> None:
    error = WorkbenchError("No.", aws_code="InvalidClientTokenId")
    works, opener.ready["alice"] = opener.ready["alice"], error
    with qtbot.waitSignal(session.failed) as failed:
        session.connect_now()
    assert failed.args == [error]
    assert session.connection is None
    opener.ready["alice"] = works
    connect(session, qtbot)
    assert session.connection is works


def test_cancelling_says_how_to_go_on(
    session: Session, opener: Opener, jobs: JobRunner, qtbot: QtBot
) -> None:
    opener.held["alice"] = threading.Event()
    running: list[JobHandle] = []
    jobs.on_change = running.append
    try:
        session.connect_now()
        qtbot.waitUntil(lambda: bool(opener.asked and running))
        with qtbot.waitSignal(session.failed) as failed:
            running[0].cancel()
            opener.held["alice"].set()
    finally:
        opener.held["alice"].set()
    assert failed.args is not None
    assert failed.args[0].action == "connection.retry"
    assert session.connection is None


def test_the_account_of_last_time_is_known_before_the_connection_stands(
    services: Services, session: Session, opener: Opener, qtbot: QtBot
) -> None:
    assert session.account_id == ""
    connect(session, qtbot)
    assert Session(services, opener, ALICE).account_id == "111111111111"
    assert Session(services, opener, BOB).account_id == ""


def test_a_profile_that_leads_to_another_account_says_so_first(
    session: Session, opener: Opener, qtbot: QtBot
) -> None:
    connect(session, qtbot)
    opener.ready["alice"] = connected_to("333333333333")
    heard = signals(session)
    accounts: list[str] = []
    session.changed.connect(lambda: accounts.append(session.account_id))
    connect(session, qtbot)
    assert heard == ["connecting", "changed", "connected"]
    assert accounts == ["333333333333"]


def test_the_same_account_again_is_no_change(session: Session, qtbot: QtBot) -> None:
    connect(session, qtbot)
    heard = signals(session)
    connect(session, qtbot)
    assert heard == ["connecting", "connected"]


def test_each_profile_keeps_its_region(
    services: Services, session: Session, opener: Opener, qtbot: QtBot
) -> None:
    choices: tuple[Callable[[], None], ...] = (
        lambda: session.choose(ALICE, "ap-northeast-1"),
        lambda: session.choose(BOB),
        lambda: session.choose(ALICE),
    )
    regions = []
    for choice in choices:
        with qtbot.waitSignal(session.connected):
            choice()
        regions.append(session.region)
    assert regions == ["ap-northeast-1", "us-east-1", "ap-northeast-1"]
    assert Session(services, opener, ALICE).region == "ap-northeast-1"
    assert services.settings.get("session.profile", "") == "alice"
