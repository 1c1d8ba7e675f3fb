"""A profile that asks for all, a server to allow and a code to type: from the first refusal to the end."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from tests.aws.conftest import AwsFiles, AwsServer, aws_files, aws_server
from tests.profiles.test_mfa import CODE, ROLE, STATIC, Sts, fake_sts
from tests.ui.editor.conftest import without_web_engine
from tests.ui.hand_clock import HandClock
from tests.ui.sign_in.conftest import press, shown
from tests.ui.window_desk import Desk
from workbench.core.jobs import JobRunner
from workbench.functions.index import FunctionIndex
from workbench.profiles.identities import Identities
from workbench.profiles.model import Profile, ProfileKind
from workbench.sandbox.supervisor import Sandbox
from workbench.ui import assembly
from workbench.ui.assembly import Assembler
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.protection import Protection
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.sign_in_dialogs import MfaDialog
from workbench.ui.shell.window import MainWindow

__all__ = ["aws_files", "aws_server", "fake_sts"]

SANDBOX = Profile("Sandbox", ProfileKind.SANDBOX, "us-east-1")
ADMIN = Profile("admin", ProfileKind.ASSUME_ROLE, "eu-central-1")


@pytest.fixture
def clock() -> HandClock:
    clock = HandClock()
    clock.time_s = datetime.now(UTC).timestamp()
    return clock


@pytest.fixture
def identities(services: Services) -> Identities:
    return Identities(services.settings, services.paths, services.clock, os.environ)


@pytest.fixture
def desk(
    services: Services,
    identities: Identities,
    jobs: JobRunner,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    aws_files: AwsFiles,
    aws_server: AwsServer,
    fake_sts: Sts,
) -> Iterator[Desk]:
    """The window, and the program's own way to connect."""
    aws_files.config(f"[profile admin]\n{ROLE}endpoint_url = {aws_server.url}\n[profile base]\n{STATIC}")
    monkeypatch.setattr(assembly, "monaco", lambda _page_dir: without_web_engine)  # the plain editor will do
    session = Session(services, identities.connect, ADMIN)
    window = MainWindow(services, session, FunctionIndex(tmp_path / "functions.sqlite"))
    sandbox = Sandbox(tmp_path / "never-started")
    made = Assembler(services, session, sandbox, identities, window, [SANDBOX, ADMIN]).finish()
    with qtbot.waitExposed(window):
        window.show()
    desk = Desk(made, session, qtbot)
    yield desk
    desk.idle()
    with qtbot.waitSignal(window.closed):
        window.close()
    assert jobs.shutdown(20)
    shiboken6.delete(window)


def dialog[D: QDialog](desk: Desk, kind: type[D]) -> D:
    desk.until(lambda: [each for each in desk.window.findChildren(kind) if each.isVisible()])
    return next(each for each in desk.window.findChildren(kind) if each.isVisible())


def press_banner(desk: Desk, words: str) -> None:
    desk.until(lambda: (found := desk.banner(words)) is not None and found.isVisible())
    banner = desk.banner(words)
    assert banner is not None
    press(banner, "bannerAction")


def type_code(desk: Desk, code: str) -> MfaDialog:
    asked = dialog(desk, MfaDialog)
    asked.code.setText(code)
    press(asked, "mfaSignIn")
    return asked


def test_from_the_first_refusal_to_the_connection(
    desk: Desk, aws_server: AwsServer, identities: Identities
) -> None:
    """R5 and the rule for endpoints, in the whole window: nothing is sent, and nothing opens, unasked."""
    desk.session.connect_now()
    press_banner(desk, "admin needs an MFA code")
    type_code(desk, CODE)
    press_banner(desk, f"Nothing was sent to {aws_server.url}")
    assert not aws_server.requests
    press(dialog(desk, Question), "trustEndpointYes")
    press_banner(desk, "admin needs an MFA code")
    asked = type_code(desk, "654321")
    desk.until(lambda: "incorrect or was already used" in shown(asked, "mfaDialogState"))
    asked.code.setText(f"{CODE[:3]} {CODE[3:]}")
    press(asked, "mfaSignIn")
    desk.until(lambda: desk.session.connection is not None)
    assert desk.session.account_id == "123456789012"
    assert identities.safety.pin("admin") is not None
    protection = desk.window.findChild(Protection)
    assert protection is not None
    desk.until(lambda: protection.expiry.left.text().startswith("session expires in"))


def test_an_answer_of_no_sends_nothing(desk: Desk, aws_server: AwsServer) -> None:
    desk.session.connect_now()
    press_banner(desk, "admin needs an MFA code")
    type_code(desk, CODE)
    press_banner(desk, "Nothing was sent to")
    press(dialog(desk, Question), "trustEndpointNo")
    desk.idle()
    assert desk.session.connection is None
    assert not aws_server.requests
