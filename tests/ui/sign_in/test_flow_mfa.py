"""From “needs a code” to connected: the dialog opens when asked for, and what failed is offered again."""

import threading

import pytest

from tests.aws.conftest import AwsFiles, AwsServer
from tests.profiles.test_mfa import CODE, ROLE, STATIC, Sts
from tests.ui.sign_in.conftest import Room, press, shown
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.shell.sign_in_dialogs import MfaDialog

PLAIN = Profile("plain", ProfileKind.STATIC)


@pytest.fixture(autouse=True)
def _files(aws_files: AwsFiles, aws_server: AwsServer, fake_sts: Sts) -> None:
    aws_files.config(
        f"[profile admin]\n{ROLE}endpoint_url = {aws_server.url}\n[profile base]\n{STATIC}"
        f"[profile plain]\n{STATIC}"
    )


def refused_connection(room: Room) -> None:
    room.session.connect_now()
    room.banner("needs an MFA code")


def type_code(dialog: MfaDialog, code: str) -> None:
    dialog.code.setText(code)
    press(dialog, "mfaSignIn")


def test_nothing_opens_before_the_button_is_pressed(room: Room) -> None:
    refused_connection(room)
    assert not room.open_dialogs(MfaDialog)
    room.sign_in_from_banner()
    assert "role/admin" in shown(room.dialog(MfaDialog), "mfaQuestion")


def test_the_code_connects(room: Room) -> None:
    refused_connection(room)
    room.sign_in_from_banner()
    type_code(room.dialog(MfaDialog), CODE)
    room.until(lambda: room.session.connection is not None)
    assert not room.open_dialogs(MfaDialog)
    assert room.banner("You are signed in as admin.").error.action == ""


def test_a_wrong_code_can_be_followed_by_the_right_one(room: Room) -> None:
    refused_connection(room)
    room.sign_in_from_banner()
    dialog = room.dialog(MfaDialog)
    type_code(dialog, "654321")
    room.until(lambda: "incorrect or was already used" in shown(dialog, "mfaDialogState"))
    type_code(dialog, CODE)
    room.until(lambda: room.session.connection is not None)


def test_what_failed_is_offered_again(room: Room) -> None:
    done: list[str] = []
    room.services.actions.bind("function.invoke", lambda: done.append("invoked"))
    room.services.actions.set_situation({"function"})
    refused_connection(room)
    room.flow.note_failure("function.invoke", WorkbenchError("No.", action="profile.sign_in"))
    room.flow.note_failure("function.deploy", WorkbenchError("No.", action="connection.retry"))
    room.sign_in_from_banner()
    type_code(room.dialog(MfaDialog), CODE)
    banner = room.banner("“Invoke” was not run.")
    assert not done
    press(banner, "bannerAction")
    assert done == ["invoked"]


def test_cancel_closes_at_once_and_connects_nobody(room: Room, fake_sts: Sts) -> None:
    held = threading.Event()
    fake_sts.before_answer = held.wait
    refused_connection(room)
    room.sign_in_from_banner()
    dialog = room.dialog(MfaDialog)
    type_code(dialog, CODE)
    press(dialog, "mfaCancel")
    assert not room.open_dialogs(MfaDialog)
    held.set()
    room.until(lambda: not room.services.jobs.active())
    assert room.tools.mfa.expires_at("admin") is None
    assert room.session.connection is None


def test_a_second_press_does_not_open_a_second_dialog(room: Room) -> None:
    refused_connection(room)
    room.flow.begin()
    dialog = room.dialog(MfaDialog)
    room.flow.begin()
    room.until(lambda: not room.services.jobs.active())
    assert room.open_dialogs(MfaDialog) == [dialog]


def test_another_profile_is_signed_in_without_leaving_this_one(room: Room) -> None:
    other = room.session.profile
    room.session.profile = PLAIN
    signed_in: list[str] = []
    room.flow.signed_in.connect(signed_in.append)
    with pytest.raises(WorkbenchError):
        room._open(other, "eu-central-1", lambda _call: None, JobContext())
    room.flow.begin(other)
    type_code(room.dialog(MfaDialog), CODE)
    room.until(lambda: signed_in)
    assert signed_in == ["admin"]
    assert room.session.connection is None
    assert not room.services.jobs.active()


def test_a_profile_with_nothing_to_sign_in_to_says_so(room: Room) -> None:
    room.session.profile = PLAIN
    room.flow.begin()
    room.banner("does not use sign-in")
    assert not room.open_dialogs(MfaDialog)
