"""A window with messages, a session that really connects, and servers that play STS and the SSO portal."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.aws.conftest import AwsFiles, aws_files, aws_server
from tests.fake_sso import FakeSso, fake_sso
from tests.profiles.sso.conftest import Browser, browser
from tests.profiles.test_mfa import fake_sts
from tests.ui.hand_clock import HandClock
from workbench.aws.connection import Connection, Observer
from workbench.aws.session import Sessions
from workbench.core.clock import SystemClock
from workbench.core.jobs import JobContext
from workbench.profiles.mfa import MfaSessions
from workbench.profiles.model import Profile, ProfileKind, access_for
from workbench.profiles.sso_api import OidcClients
from workbench.profiles.sso_session import TokenCache
from workbench.profiles.write import ConfigWriter
from workbench.ui.shell.banners import BannerStack, ErrorBanner
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.sign_in import SignInFlow, SignInTools

__all__ = ["AwsFiles", "FakeSso", "aws_files", "aws_server", "browser", "fake_sso", "fake_sts"]

WAIT_MS = 20_000
ADMIN = Profile("admin", ProfileKind.ASSUME_ROLE, "eu-central-1")


@pytest.fixture
def clock() -> HandClock:
    """Stands at the present: the servers give what lasts from now on."""
    clock = HandClock()
    clock.time_s = datetime.now(UTC).timestamp()
    return clock


@dataclass
class OneBrowser:
    """The person's browser; may be away."""

    browser: Browser
    is_there: bool = True
    follows: bool = True
    seen: list[str] = field(default_factory=list)

    def __call__(self, url: str) -> bool:
        self.seen.append(url)
        if self.is_there and self.follows and "/authorize" in url:
            self.browser.visit(url)
        return self.is_there


@pytest.fixture
def one_browser(browser: Browser) -> OneBrowser:
    return OneBrowser(browser)


@pytest.fixture
def tools(fake_sso: FakeSso, one_browser: OneBrowser, tmp_path: Path) -> SignInTools:
    mfa = MfaSessions(SystemClock())
    return SignInTools(
        os.environ,
        Sessions(prepare=mfa.prepare),
        mfa,
        OidcClients(fake_sso.url),
        TokenCache(tmp_path / "sso-cache"),
        ConfigWriter(tmp_path / "writer"),
        one_browser,
    )


class Room:
    """Messages above nothing, a session, and who signs in."""

    def __init__(self, services: Services, tools: SignInTools, qtbot: QtBot) -> None:
        self.services, self.tools = services, tools
        self.window = QWidget()
        self.banners = BannerStack(services.actions, services.icons)
        QVBoxLayout(self.window).addWidget(self.banners)
        self.session = Session(services, self._open, ADMIN)
        self.session.failed.connect(lambda error: self.banners.show_error(error, key="connection"))
        self.session.connected.connect(lambda: self.banners.dismiss("connection"))
        self.flow = SignInFlow(services, self.session, self.banners, tools, self.window)
        services.actions.bind("profile.sign_in", self.flow.begin)
        self._qtbot = qtbot

    def _open(self, profile: Profile, region: str, observer: Observer, ctx: JobContext) -> Connection:
        return Connection.open(access_for(profile, region), observer, ctx, self.tools.sessions)

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def dialog[D: QDialog](self, kind: type[D]) -> D:
        """The dialog of this kind, once it is open."""
        self.until(lambda: self.open_dialogs(kind))
        return self.open_dialogs(kind)[0]

    def open_dialogs[D: QDialog](self, kind: type[D]) -> list[D]:
        return [each for each in self.window.findChildren(kind) if each.isVisible()]

    def sign_in_from_banner(self) -> None:
        """Presses the button of the message that is on top."""
        self.until(lambda: self.banners.banners)
        press(self.banners.banners[0], "bannerAction")

    def banner(self, words: str) -> ErrorBanner:
        self.until(lambda: any(words in str(each.error) for each in self.banners.banners))
        return next(each for each in self.banners.banners if words in str(each.error))


@pytest.fixture
def room(services: Services, tools: SignInTools, qtbot: QtBot) -> Iterator[Room]:
    room = Room(services, tools, qtbot)
    with qtbot.waitExposed(room.window):
        room.window.show()
    yield room
    for key in ("profile.sign_in", "session.connect"):
        services.jobs.drop(key)
    room.until(lambda: not services.jobs.active())
    shiboken6.delete(room.window)


def press(parent: QWidget, name: str) -> None:
    """Clicks a button that can be clicked."""
    button = parent.findChild(QPushButton, name)
    assert button is not None
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def shown(parent: QWidget, name: str) -> str:
    """What a label says; empty when it is not there to be seen."""
    label = parent.findChild(QLabel, name)
    assert label is not None
    return label.text() if label.isVisible() else ""
