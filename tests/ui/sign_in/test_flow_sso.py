"""Signing in to IAM Identity Center from the window, against a portal of our own."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QGuiApplication

from tests.fake_sso import START_URL, FakeSso, oidc
from tests.profiles.sso.conftest import LEGACY, SESSION, AwsFiles
from tests.ui.hand_clock import HandClock
from tests.ui.sign_in.conftest import OneBrowser, Room, press, shown
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.sign_in_dialogs import LoginDialog, SsoDialog

DEV = Profile("dev", ProfileKind.SSO, "eu-central-1")
OLD = Profile("old", ProfileKind.SSO, "eu-central-1")
CONSOLE = Profile("console", ProfileKind.LOGIN, "eu-central-1")


@pytest.fixture(autouse=True)
def _files(aws_files: AwsFiles, fake_sso: FakeSso) -> Iterator[None]:
    ours = f"sso_account_id = 111111111111\nsso_role_name = Admin\nendpoint_url = {fake_sso.url}\n"
    portal = f"sso_start_url = {START_URL}\nsso_region = eu-west-1\n"
    aws_files.config(
        f"[profile dev]\nsso_session = corp\n{ours}[profile old]\n{portal}{ours}"
        f"[sso-session corp]\n{portal}sso_registration_scopes = sso:account:access\n"
        "[profile console]\nlogin_session = arn:aws:iam::1:user/me\nregion = eu-central-1\n"
    )
    yield
    QGuiApplication.clipboard().clear()


def begin(room: Room, profile: Profile = DEV) -> SsoDialog:
    room.flow.begin(profile)
    return room.dialog(SsoDialog)


def test_the_browser_signs_in(room: Room, one_browser: OneBrowser) -> None:
    signed_in: list[str] = []
    room.flow.signed_in.connect(signed_in.append)
    begin(room)
    room.until(lambda: signed_in)
    assert signed_in == ["dev"]
    assert len(one_browser.seen) == 1
    assert not room.open_dialogs(SsoDialog)
    assert room.tools.tokens.load(SESSION) is not None


def test_while_it_waits_the_address_can_be_copied(room: Room, one_browser: OneBrowser) -> None:
    one_browser.follows = False
    dialog = begin(room)
    room.until(lambda: "in the browser" in shown(dialog, "ssoWords"))
    assert shown(dialog, "ssoPortal") == START_URL
    press(dialog, "ssoCopyUrl")
    room.until(lambda: one_browser.seen)  # it is opened after that is shown
    assert QGuiApplication.clipboard().text() == one_browser.seen[0]
    press(dialog, "ssoCancel")
    room.until(lambda: not room.services.jobs.active())
    assert room.tools.tokens.load(SESSION) is None


def test_a_code_can_be_used_instead(room: Room, one_browser: OneBrowser, fake_sso: FakeSso) -> None:
    one_browser.follows = False
    fake_sso.interval_s = 1
    signed_in: list[str] = []
    room.flow.signed_in.connect(signed_in.append)
    dialog = begin(room)
    room.until(lambda: "in the browser" in shown(dialog, "ssoWords"))
    press(dialog, "ssoUseCode")
    room.until(lambda: shown(dialog, "ssoCode"))
    assert shown(dialog, "ssoCode") == "ABCD-EFGH"
    press(dialog, "ssoCopyCode")
    assert QGuiApplication.clipboard().text() == "ABCD-EFGH"
    room.until(lambda: signed_in)


def test_without_a_browser_the_code_comes_by_itself(
    room: Room, one_browser: OneBrowser, fake_sso: FakeSso, clock: HandClock
) -> None:
    one_browser.is_there = False
    fake_sso.device_answers = ["AuthorizationPendingException"] * 9
    dialog = begin(room)
    room.until(lambda: shown(dialog, "ssoCode"))
    assert shown(dialog, "ssoDialogState") == "The code expires in 10:00."
    clock.time_s += 61
    dialog._count_down()
    assert shown(dialog, "ssoDialogState") == "The code expires in 8:59."


def test_the_older_sort_of_profile_goes_by_code(room: Room, fake_sso: FakeSso) -> None:
    fake_sso.interval_s = 1
    signed_in: list[str] = []
    room.flow.signed_in.connect(signed_in.append)
    begin(room, OLD)
    room.until(lambda: signed_in)
    assert fake_sso.count("/authorize") == 0
    assert room.tools.tokens.load(LEGACY) is not None


def test_a_refusal_stays_in_the_dialog_and_can_be_tried_again(
    room: Room, one_browser: OneBrowser, fake_sso: FakeSso
) -> None:
    fake_sso.refusals["/token"] = [oidc("AccessDeniedException")]
    signed_in: list[str] = []
    room.flow.signed_in.connect(signed_in.append)
    dialog = begin(room)
    room.until(lambda: "was denied in the browser" in shown(dialog, "ssoDialogState"))
    assert not dialog.busy.isVisible()
    press(dialog, "ssoRetry")
    room.until(lambda: signed_in)


def test_a_sign_in_that_holds_is_not_what_a_profile_misses(room: Room, fake_sso: FakeSso) -> None:
    """Asked for all the same, it is renewed: AWS may have ended it on its side."""
    room.flow.begin(DEV)
    room.until(lambda: room.tools.tokens.load(SESSION))
    first = room.tools.tokens.load(SESSION)
    room.until(lambda: not room.open_dialogs(SsoDialog))
    room.flow.begin(DEV)
    room.until(lambda: room.tools.tokens.load(SESSION) != first)
    room.until(lambda: not room.open_dialogs(SsoDialog))


def test_a_profile_whose_portal_is_missing_says_so(room: Room, aws_files: AwsFiles) -> None:
    aws_files.config("[profile dev]\nsso_session = gone\nsso_account_id = 1\nsso_role_name = A\n")
    room.flow.begin(DEV)
    room.banner("[sso-session gone] does not exist")


def test_the_console_sign_in_says_what_to_type(room: Room) -> None:
    signed_in: list[str] = []
    room.flow.signed_in.connect(signed_in.append)
    room.flow.begin(CONSOLE)
    dialog = room.dialog(LoginDialog)
    press(dialog, "loginCopy")
    assert QGuiApplication.clipboard().text() == "aws login --profile console --region eu-central-1"
    press(dialog, "loginDone")
    assert signed_in == ["console"]


def test_cancelled_in_the_status_bar_it_closes(
    room: Room, one_browser: OneBrowser, fake_sso: FakeSso
) -> None:
    one_browser.is_there = False
    fake_sso.device_answers = ["AuthorizationPendingException"] * 9
    dialog = begin(room)
    room.until(lambda: shown(dialog, "ssoCode"))
    room.services.jobs.active()[0].cancel()  # from the status bar
    room.until(lambda: not room.open_dialogs(SsoDialog))


def test_what_trying_again_does_not_mend_is_said_with_its_button(room: Room, fake_sso: FakeSso) -> None:
    room.services.actions.add(ActionSpec("profile.edit", "Edit Profile…"), lambda: None, "profile.manage")
    fake_sso.refusals["/token"] = [oidc("InvalidScopeException")]
    begin(room)
    banner = room.banner("does not recognize one of the scopes")
    assert banner.error.action == "profile.edit"
    assert not room.open_dialogs(SsoDialog)
