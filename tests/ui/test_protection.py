"""Signing in and safety in the whole window: what fails for want of a sign-in leads to one, and back."""

from collections.abc import Iterator
from copy import copy
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from tests.aws.conftest import AwsFiles, aws_files
from tests.profiles.sso.conftest import LEGACY
from tests.sandbox_functions import create_function, deployed_text
from tests.ui.code_files import text
from tests.ui.hand_clock import HandClock
from tests.ui.sign_in.conftest import press, shown
from tests.ui.test_routes import HANDLER, desk, opener
from tests.ui.window_desk import Desk, Opener
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.functions.detail import get_function
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.safety import Pin, Safety, Tier
from workbench.profiles.sso_session import Token, TokenCache
from workbench.ui.features.code.language import HandlerFix
from workbench.ui.features.deploy.dialog import DeployDialog
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.context import Guard
from workbench.ui.shell.invoker import Invocation
from workbench.ui.shell.protection import Protection
from workbench.ui.shell.services import OpenFunction, Services
from workbench.ui.shell.sign_in_dialogs import LoginDialog

__all__ = ["aws_files", "desk", "opener"]

ENDED = WorkbenchError("It was not done.", "The sign-in has ended.", action="profile.sign_in")
TYPED = "# mine\n"
CONSOLE = "[profile alice]\nlogin_session = arn:aws:iam::1:user/me\n"
PORTAL = (
    f"[profile alice]\nsso_start_url = {LEGACY.start_url}\nsso_region = {LEGACY.region}\n"
    "sso_account_id = 1\nsso_role_name = Admin\n"
)


def type_in_editor(desk: Desk) -> None:
    files = desk.code.files
    desk.until(lambda: text(files).toPlainText() == HANDLER and text(files).isVisible())
    desk.idle()
    QTest.keyClicks(text(files), TYPED.rstrip())
    QTest.keyClick(text(files), Qt.Key.Key_Return)


def agree_to_plan(desk: Desk, words: str) -> None:
    """Presses Deploy, and then the button of the dialog with the plan, which is never left out."""
    desk.context.services.actions["function.deploy"].trigger()
    dialogs: list[DeployDialog] = []

    def is_shown() -> bool:
        dialogs[:] = [each for each in desk.window.findChildren(DeployDialog) if each.isVisible()]
        return bool(dialogs)

    desk.until(is_shown)
    (dialog,) = dialogs
    desk.until(dialog.yes.isEnabled)
    assert dialog.yes.text() == words
    press(dialog, "deployYes")


@pytest.fixture
def safety(services: Services) -> Safety:
    return Safety(services.settings)


@pytest.fixture
def protection(aws_files: AwsFiles, desk: Desk) -> Iterator[Protection]:
    aws_files.config(CONSOLE)
    protection = desk.window.findChild(Protection)
    assert protection is not None
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
        desk.deploy.failed.emit(ENDED)
    else:
        desk.context.invoker.ended.emit(Invocation(OpenFunction(connection, function), clock.now()), ENDED)
    banner = desk.banner("It was not done")
    assert banner is not None
    desk.until(banner.isVisible)
    press(banner, "bannerAction")
    desk.until(lambda: desk.window.findChildren(LoginDialog))
    press(desk.window.findChildren(LoginDialog)[0], "loginDone")
    desk.until(lambda: desk.banner(f"“{failure}” was not run."))
    again = desk.banner(f"“{failure}” was not run.")
    assert again is not None
    button = again.findChild(QPushButton, "bannerAction")
    assert button is not None
    desk.until(button.isVisible)
    assert button.text() == failure


@pytest.fixture
def expiring(desk: Desk, protection: Protection, aws_files: AwsFiles, clock: HandClock) -> Desk:
    """A sign-in that expires in five minutes, which the bar says."""
    aws_files.config(PORTAL)
    TokenCache().store(Token(LEGACY, "access", clock.now() + timedelta(minutes=5)))
    desk.connect()
    desk.until(protection.expiry.isVisible)
    return desk


def test_the_end_of_a_sign_in_is_announced(expiring: Desk, protection: Protection) -> None:
    assert shown(protection.expiry, "expiryWords") == "The session of alice expires in 5 min."
    assert protection.expiry.left.isVisible()
    expiring.choose("bob")
    expiring.until(lambda: not protection.expiry.isVisible())  # a pointer may rest over what moves with it


def test_a_sign_in_that_was_renewed_elsewhere_is_not_spoken_of_any_more(
    expiring: Desk, protection: Protection, clock: HandClock
) -> None:
    clock.time_s += 301
    TokenCache().store(Token(LEGACY, "access", clock.now() + timedelta(hours=8)))
    expiring.until(lambda: not protection.expiry.isVisible())
    assert protection.expiry.left.text() == "session expires in 8 h 0 min"


def test_a_reading_that_was_late_does_not_keep_a_renewed_sign_in_expired(
    expiring: Desk, protection: Protection, clock: HandClock
) -> None:
    late = protection.expiry._expiry
    clock.time_s += 301
    TokenCache().store(Token(LEGACY, "access", clock.now() + timedelta(hours=8)))
    protection.expiry.show_expiry(late)  # it was read before the renewal
    expiring.until(lambda: not protection.expiry.isVisible())


def test_production_dresses_the_window_and_asks_for_the_name(
    desk: Desk, protection: Protection, safety: Safety, connection: Connection
) -> None:
    safety.set_tier("alice", Tier.PRODUCTION)
    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    account = connection.account_id
    assert desk.window.windowTitle() == f"PRODUCTION {account} – {function.function_name} – Workbench"
    type_in_editor(desk)
    deploy = desk.context.services.actions["function.deploy"]
    assert deploy.text() == f"Deploy to {account}"
    agree_to_plan(desk, f"Deploy to {account}")
    desk.until(lambda: desk.window.findChildren(Question, "confirmByName"))
    question = desk.window.findChildren(Question, "confirmByName")[0]
    press(question, "confirmByNameNo")
    desk.idle()
    assert deployed_text(connection, function.function_name) == HANDLER
    agree_to_plan(desk, f"Deploy to {account}")
    desk.until(lambda: [each for each in desk.window.findChildren(Question) if each.isVisible()])
    question = next(each for each in desk.window.findChildren(Question) if each.isVisible())
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, function.function_name)
    press(question, "confirmByNameYes")
    desk.until(lambda: desk.banner(f"Deployed {function.function_name}"))
    assert deployed_text(connection, function.function_name) == TYPED + HANDLER


def test_a_handler_is_set_in_production_only_by_name(
    desk: Desk, protection: Protection, safety: Safety, connection: Connection
) -> None:
    safety.set_tier("alice", Tier.PRODUCTION)
    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    desk.until(lambda: desk.code.workspace is not None)
    desk.window.problems.handler_wanted.emit("app.other")
    desk.until(lambda: desk.window.findChildren(Question, "confirmByName"))
    press(desk.window.findChildren(Question, "confirmByName")[0], "confirmByNameNo")
    desk.idle()
    assert get_function(connection, function.function_name).handler == function.handler


def test_another_profile_takes_the_frame_away(desk: Desk, protection: Protection, safety: Safety) -> None:
    safety.set_tier("alice", Tier.PRODUCTION)
    protection.show_tier()
    assert desk.window.windowTitle().startswith("PRODUCTION")
    desk.choose("bob")
    assert desk.window.windowTitle() == "Workbench"
    assert not desk.window.top_bar.badge.isVisible()


@pytest.mark.parametrize("profile", ["alice", "bob"])
@pytest.mark.parametrize("change", ["change", "deploy", "create", "handler"])
def test_a_change_is_guarded_by_the_profile_that_it_changes(
    desk: Desk, protection: Protection, safety: Safety, connection: Connection, profile: str, change: str
) -> None:
    """Not by the profile that is chosen once the change is ready to be made."""
    safety.set_tier(profile, Tier.PRODUCTION)
    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    begun, made = desk.window.page.function, list[str]()
    assert begun is not None
    desk.choose("bob")
    desk.until(lambda: desk.session.connection is not None)
    desk.idle()

    def make() -> None:
        made.append(change)

    if change == "change":
        desk.context.confirm(begun, Guard("Delete", "It is deleted.", "Delete"), make)
    elif change == "deploy":
        desk.deploy.confirm(begun, make)
    elif change == "handler":
        fix = desk.window.findChild(HandlerFix)
        assert fix is not None
        fix._confirm(begun, "app.other", make)
    else:
        desk.context.confirm_creation(begun.connection, "new", make)
    questions = desk.window.findChildren(Question, "confirmByName")
    assert len(questions) == int(profile == "alice")
    assert made == ([] if questions else [change])
    for question in questions:
        press(question, "confirmByNameNo")


def test_a_profile_that_is_named_like_the_sandbox_is_guarded_as_its_own(
    desk: Desk, protection: Protection, safety: Safety
) -> None:
    sandbox, own = (
        Profile("Sandbox", kind, "us-east-1") for kind in (ProfileKind.SANDBOX, ProfileKind.STATIC)
    )
    safety.set_tier("Sandbox", Tier.PRODUCTION)
    desk.session.profiles = [sandbox, own]
    desk.connect()
    assert desk.session.connection is not None
    connection = copy(desk.session.connection)
    connection.access = Access("Sandbox", "us-east-1")
    assert protection.tier_for(connection) is Tier.PRODUCTION
    assert protection.tier_of("Sandbox") is Tier.PRODUCTION
    connection.access = Access(None, "us-east-1", "http://127.0.0.1:1")
    assert protection.tier_for(connection) is Tier.NORMAL
    desk.session.profiles = [sandbox]
    assert protection.tier_of("Sandbox") is Tier.NORMAL


def test_a_changed_account_is_confirmed_from_its_message(
    desk: Desk, protection: Protection, safety: Safety
) -> None:
    """G2, in the window: the message stays until somebody looked."""
    guarding = protection.account_lock._safety
    guarding.check("alice", "111111111111", "arn:aws:iam::111111111111:user/me")
    guarding.check("alice", "222222222222", "arn:aws:iam::222222222222:user/me")
    desk.connect()
    banner = desk.banner("The account of alice has changed.")
    assert banner is not None
    desk.until(banner.isVisible)
    press(banner, "bannerAction")
    question = desk.window.findChildren(Question, "confirmAccount")[0]
    press(question, "confirmAccountYes")
    assert desk.banner("The account of alice has changed.") is None
    safety.follow()
    assert safety.pin("alice") == Pin("222222222222", "aws", "arn:aws:iam::222222222222:user/me")


def test_a_server_that_was_allowed_is_connected_to(
    desk: Desk, protection: Protection, opener: Opener
) -> None:
    connection = opener.ready["alice"]
    opener.ready["alice"] = WorkbenchError("Nothing was sent.", action="profile.trust_endpoint")
    desk.session.connect_now()
    desk.until(lambda: desk.banner("Nothing was sent."))
    protection.account_lock._safety.ask_endpoint("alice", "http://127.0.0.1:4566")
    banner = desk.banner("Nothing was sent.")
    assert banner is not None
    desk.until(banner.isVisible)
    press(banner, "bannerAction")
    opener.ready["alice"] = connection
    press(desk.window.findChildren(Question, "trustEndpoint")[0], "trustEndpointYes")
    desk.wait_for_list()
    assert desk.banner("Nothing was sent.") is None
