"""When the Sandbox is started, as the settings say, and how other programs reach it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox

from tests.e2e.desk import PROFILE, Desk, assert_said, write_profile
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access
from workbench.core.files import Paths
from workbench.core.settings import Settings
from workbench.sandbox import PROFILE_NAME
from workbench.sandbox.supervisor import SandboxState
from workbench.ui.features.settings.dialog import SettingsDialog
from workbench.ui.shell.preferences import SANDBOX_START, SandboxStart, sandbox_start

Sit = Callable[[str], Desk]
OFF = "The Sandbox is turned off."
_AS_AWS_S = 2.9
"""A function that is made at the pace of AWS stays Pending for 3 s."""


def set_start(start: SandboxStart) -> None:
    Settings(Paths.default().config_dir / "settings.json").set(SANDBOX_START.key, start.value)


def choose_in_dialog(desk: Desk, value: str, name: str = "sandboxStart") -> None:
    desk.act("app.settings")
    dialog = desk.window.findChild(SettingsDialog)
    assert dialog is not None
    box = dialog.findChild(QComboBox, name)
    assert box is not None
    box.setCurrentIndex(box.findData(value))
    dialog.close()


def state(desk: Desk) -> SandboxState:
    return desk.program.sandbox.status.state


def test_never_means_that_it_is_not_started_whatever_is_chosen(sit: Sit, access: Access) -> None:
    write_profile(access)
    set_start(SandboxStart.NEVER)
    desk = sit(PROFILE_NAME)
    assert_said(desk.wait_for_message(OFF))
    desk.rest()
    desk.act("sandbox.start")
    desk.rest()
    assert state(desk) is SandboxState.STOPPED
    assert desk.program.session.connection is None
    desk.choose_profile(PROFILE)
    desk.until(lambda: desk.program.session.connection)
    desk.choose_profile(PROFILE_NAME)
    assert_said(desk.wait_for_message(OFF))
    desk.rest()
    assert state(desk) is SandboxState.STOPPED
    assert not list((Paths.default().data_dir / "sandbox").glob("run/*"))

    choose_in_dialog(desk, SandboxStart.CHOSEN.value)
    desk.until(lambda: desk.program.session.connection)
    assert state(desk) is SandboxState.READY


def test_turning_it_off_ends_it(sit: Sit) -> None:
    desk = sit(PROFILE_NAME)
    desk.until(lambda: desk.program.session.connection)
    endpoint = desk.program.sandbox.status.endpoint
    assert endpoint is not None
    choose_in_dialog(desk, SandboxStart.NEVER.value)
    assert_said(desk.wait_for_message(OFF))
    desk.until(lambda: not Path(f"/proc/{endpoint.pid}").exists())
    assert desk.program.session.connection is None


def test_always_starts_it_beside_another_profile_and_when_chosen_does_not(sit: Sit, access: Access) -> None:
    write_profile(access)
    desk = sit(PROFILE)
    desk.until(lambda: desk.program.session.connection)
    desk.rest()
    assert state(desk) is SandboxState.STOPPED
    choose_in_dialog(desk, SandboxStart.ALWAYS.value)
    desk.until(lambda: state(desk) is SandboxState.READY)
    assert desk.program.session.profile.name == PROFILE
    desk.leave()

    desk = sit(PROFILE)
    desk.until(lambda: state(desk) is SandboxState.READY)


def test_states_take_as_long_as_on_aws_once_that_is_chosen(sit: Sit) -> None:
    desk = sit(PROFILE_NAME)
    desk.until(lambda: desk.program.session.connection)
    connection = desk.program.session.connection
    assert connection is not None

    def pending_s() -> float:
        """How long a function that is made now stays Pending."""
        started = time.monotonic()
        create_function(connection, "def handler(event, context): pass\n")
        return time.monotonic() - started

    desk.until(lambda: pending_s() < _AS_AWS_S)  # a busy computer needs longer for some
    choose_in_dialog(desk, "aws", "sandboxStates")
    desk.until(lambda: pending_s() > _AS_AWS_S)
    choose_in_dialog(desk, "quick", "sandboxStates")
    desk.until(lambda: pending_s() < _AS_AWS_S)


def test_an_unknown_word_in_the_file_is_the_default(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    for odd in ("", "Never", 7, None):
        settings.set(SANDBOX_START.key, odd)
        assert sandbox_start(settings) is SandboxStart.CHOSEN


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for sh")
def test_the_aws_cli_reaches_it_with_what_is_copied(sit: Sit) -> None:
    desk = sit(PROFILE_NAME)
    desk.until(lambda: desk.program.session.connection and "hello-http" in desk.names())
    desk.act("sandbox.copy_access")
    commands = QGuiApplication.clipboard().text()
    aws = Path(sys.executable).with_name("aws")
    ask = f"'{aws}' lambda list-functions --query 'Functions[].FunctionName' --output text"
    done = subprocess.run(
        ["sh", "-c", f"{commands}\n{ask}"], env=os.environ, capture_output=True, text=True, check=False
    )
    assert "hello-http" in done.stdout, done.stderr
    desk.leave()
