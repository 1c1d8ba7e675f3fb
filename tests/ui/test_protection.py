"""Signing in and safety in the whole window: what fails for want of a sign-in leads to one, and back."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from tests.aws.conftest import AwsFiles, aws_files
from tests.profiles.sso.conftest import LEGACY
from tests.sandbox_functions import create_function
from tests.ui.hand_clock import HandClock
from tests.ui.sign_in.conftest import press, shown
from tests.ui.test_routes import HANDLER, desk, opener
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection
from workbench.aws.session import Sessions
from workbench.core.errors import WorkbenchError
from workbench.profiles.mfa import MfaSessions
from workbench.profiles.sso.cache import TokenCache
from workbench.profiles.sso.clients import OidcClients
from workbench.profiles.sso.token import Token
from workbench.profiles.write import ConfigWriter
from workbench.ui.pages.test import Invocation
from workbench.ui.protection import Protection
from workbench.ui.services import OpenFunction
from workbench.ui.sign_in.login_dialog import LoginDialog
from workbench.ui.sign_in.tools import SignInTools

__all__ = ["aws_files", "desk", "opener"]

ENDED = WorkbenchError("It was not done.", "The sign-in has ended.", action="profile.sign_in")
CONSOLE = "[profile alice]\nlogin_session = arn:aws:iam::1:user/me\n"
PORTAL = (
    f"[profile alice]\nsso_start_url = {LEGACY.start_url}\nsso_region = {LEGACY.region}\n"
    "sso_account_id = 1\nsso_role_name = Admin\n"
)


@pytest.fixture
def tools(tmp_path: Path, clock: HandClock) -> SignInTools:
    mfa = MfaSessions(clock)
    return SignInTools(
        os.environ,
        Sessions(),
        mfa,
        OidcClients(),
        TokenCache(tmp_path / "sso-cache"),
        ConfigWriter(tmp_path / "writer"),
        lambda _url: False,
    )


@pytest.fixture
def protection(desk: Desk, tools: SignInTools, aws_files: AwsFiles) -> Iterator[Protection]:
    aws_files.config(CONSOLE)
    protection = Protection(desk.parts, tools)
    yield protection
    desk.idle()


@pytest.mark.parametrize("failure", ["Deploy", "Invoke"])
def test_what_failed_for_want_of_a_sign_in_is_offered_again(
    desk: Desk, protection: Protection, connection: Connection, clock: HandClock, failure: str
) -> None:
    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    if failure == "Deploy":
        desk.parts.deploy.failed.emit(ENDED)
    else:
        desk.parts.test.ended.emit(Invocation(OpenFunction(connection, function), clock.now()), ENDED)
    banner = desk.banner("It was not done")
    assert banner is not None
    desk.until(banner.isVisible)
    press(banner, "bannerAction")
    desk.until(lambda: desk.window.findChildren(LoginDialog))
    press(desk.window.findChildren(LoginDialog)[0], "loginDone")
    desk.until(lambda: desk.banner(f"“{failure}” was not done before."))
    again = desk.banner(f"“{failure}” was not done before.")
    assert again is not None
    button = again.findChild(QPushButton, "bannerAction")
    assert button is not None
    desk.until(button.isVisible)
    assert button.text() == failure


def test_the_end_of_a_sign_in_is_announced(
    desk: Desk, protection: Protection, tools: SignInTools, aws_files: AwsFiles, clock: HandClock
) -> None:
    aws_files.config(PORTAL)
    tools.tokens.store(Token(LEGACY, "access", clock.now() + timedelta(minutes=5)))
    desk.connect()
    desk.until(protection.expiry.isVisible)
    assert shown(protection.expiry, "expiryWords") == "The sign-in as alice ends in 5 min."
    assert protection.expiry.left.isVisible()
    desk.choose("bob")
    assert not protection.expiry.isVisible()


def test_a_sign_in_that_was_renewed_elsewhere_is_not_spoken_of_any_more(
    desk: Desk, protection: Protection, tools: SignInTools, aws_files: AwsFiles, clock: HandClock
) -> None:
    aws_files.config(PORTAL)
    tools.tokens.store(Token(LEGACY, "access", clock.now() + timedelta(minutes=5)))
    desk.connect()
    desk.until(protection.expiry.isVisible)
    clock.time_s += 301
    tools.tokens.store(Token(LEGACY, "access", clock.now() + timedelta(hours=8)))
    desk.until(lambda: not protection.expiry.isVisible())
    assert protection.expiry.left.text() == "signed in for 8 h 0 min"
