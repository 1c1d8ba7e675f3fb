"""From the main window to the profiles window and back."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.ui.features.profiles.conftest import SANDBOX, WAIT_MS
from workbench.aws.connection import Connection, Observer
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.model import Problem, Profile, ProfileKind
from workbench.profiles.read import read_profiles
from workbench.ui.features.profiles.changes import ProfileTools
from workbench.ui.features.profiles.editing import EditForm
from workbench.ui.features.profiles.feature import ProfilesEntry
from workbench.ui.features.profiles.window import ProfilesWindow
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session

DEV = Profile("dev", ProfileKind.ASSUME_ROLE, problems=(Problem("It is odd."),))


class Opener:
    """Notes whom the session wants to be; nobody answers."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, profile: Profile, _region: str, _observer: Observer, _ctx: JobContext) -> Connection:
        self.names.append(profile.name)
        raise WorkbenchError("Nobody answers.")


@pytest.fixture
def opener() -> Opener:
    return Opener()


@pytest.fixture
def main(qtbot: QtBot) -> QWidget:
    main = QWidget()
    qtbot.addWidget(main)
    return main


@pytest.fixture
def opened() -> list[Path]:
    return []


@pytest.fixture
def entry(
    services: Services, main: QWidget, tools: ProfileTools, opener: Opener, opened: list[Path]
) -> ProfilesEntry:
    session = Session(services, opener, DEV)
    return ProfilesEntry(services, session, main, lambda: tools, opened.append)


def window_of(main: QWidget, qtbot: QtBot) -> ProfilesWindow:
    qtbot.waitUntil(lambda: main.findChild(ProfilesWindow) is not None, timeout=WAIT_MS)
    window = main.findChild(ProfilesWindow)
    assert isinstance(window, ProfilesWindow)
    qtbot.waitUntil(lambda: window.list.model.total > 1, timeout=WAIT_MS)
    return window


def test_it_opens_on_the_profile_that_the_program_acts_as(
    entry: ProfilesEntry, main: QWidget, qtbot: QtBot
) -> None:
    entry.open()
    window = window_of(main, qtbot)
    qtbot.waitUntil(lambda: window.profile is not None and window.profile.name == "dev", timeout=WAIT_MS)
    assert window.isVisible()


def test_whoever_is_chosen_there_is_acted_as_once(
    entry: ProfilesEntry, main: QWidget, opener: Opener, qtbot: QtBot
) -> None:
    for _ in range(2):
        entry.open()
    window = window_of(main, qtbot)
    window.choose("default")
    qtbot.waitUntil(lambda: window.profile is not None and window.profile.name == "default", timeout=WAIT_MS)
    window.details.buttons["use"].click()
    qtbot.waitUntil(lambda: opener.names != [], timeout=WAIT_MS)
    qtbot.wait(50)
    assert opener.names == ["default"]


def test_the_remedy_edit_shows_the_problems_and_the_form(
    entry: ProfilesEntry, main: QWidget, qtbot: QtBot
) -> None:
    entry.edit()
    window = window_of(main, qtbot)
    qtbot.waitUntil(lambda: bool(window.findChildren(EditForm)), timeout=WAIT_MS)
    assert window.details.tabs.currentWidget() is window.details.problems
    window.findChildren(EditForm)[0].reject()


@pytest.mark.parametrize(
    ("config_text", "credentials_text", "name"),
    [
        ("[default]\n", "", "config"),
        ("no section\n", "[a]\n", "config"),
        ("[a]\n", "no section\n", "credentials"),
    ],
)
def test_the_remedy_open_file_opens_the_one_that_is_broken(
    entry: ProfilesEntry, opened: list[Path], qtbot: QtBot, name: str
) -> None:
    entry.open_file()
    qtbot.waitUntil(lambda: bool(opened), timeout=WAIT_MS)
    assert [path.name for path in opened] == [name]


def test_what_was_read_outside_is_shown_at_once(
    entry: ProfilesEntry, tools: ProfileTools, main: QWidget, qtbot: QtBot
) -> None:
    entry.take(read_profiles(tools.environ))  # nothing is open: nothing to do
    entry.open()
    window = window_of(main, qtbot)
    config = Path.home() / ".aws" / "config"
    config.write_text(config.read_text("utf-8") + "[profile added]\nregion = us-east-1\n", "utf-8")
    entry.take(read_profiles(tools.environ))
    qtbot.waitUntil(lambda: window.list.model.index_of("added").isValid(), timeout=WAIT_MS)


def test_the_sandbox_has_no_form(
    services: Services, main: QWidget, tools: ProfileTools, qtbot: QtBot
) -> None:
    entry = ProfilesEntry(services, Session(services, Opener(), SANDBOX), main, lambda: tools)
    entry.edit()
    window = window_of(main, qtbot)
    qtbot.waitUntil(lambda: not services.jobs.active(), timeout=WAIT_MS)
    assert not window.findChildren(EditForm)
