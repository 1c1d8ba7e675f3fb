"""The profiles window over real files in the test's home."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.profiles.fake_keyring import MemoryStore
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.credentials_helper import SessionCache, helper_command
from workbench.profiles.identities import Validation
from workbench.profiles.migrate import Migrator
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.safety import Safety
from workbench.profiles.secret_store import SecretStore, StoreStatus, helper_environ, passphrase_file
from workbench.profiles.write import ConfigWriter
from workbench.ui.features.profiles.changes import DiffDialog, ProfileTools
from workbench.ui.features.profiles.feature import ADD_FROM_PORTAL, EDIT, OPEN_FILE
from workbench.ui.features.profiles.window import ProfilesWindow, open_profiles_window
from workbench.ui.shell.services import Services

WAIT_MS = 20_000
SANDBOX = Profile("Sandbox", ProfileKind.SANDBOX, "us-east-1")
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

CONFIG = """\
# mine
[default]
region = eu-central-1

[profile dev]
role_arn = arn:aws:iam::123456789012:role/developer
source_profile = default
region = eu-central-1 # Frankfurt

[profile ghost]
role_arn = arn:aws:iam::123456789012:role/ghost
source_profile = nobody

[forgotten]
region = eu-north-1
"""
CREDENTIALS = f"""\
[default]
aws_access_key_id = {KEY}
aws_secret_access_key = {SECRET}
"""


class LastingStore(MemoryStore):
    """Stands in for a keyring of the system."""

    def describe(self, ctx: JobContext) -> StoreStatus:
        return StoreStatus("Test keyring", usable=True)


@dataclass
class Aws:
    """What AWS answers to Check; the errors come first."""

    errors: dict[str, WorkbenchError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def check(self, profile: Profile, ctx: JobContext) -> Validation:
        self.asked.append(profile.name)
        if error := self.errors.get(profile.name):
            raise error
        arn = "arn:aws:sts::123456789012:assumed-role/developer/me"
        return Validation(profile.name, "eu-central-1", "123456789012", arn, "corp", False, ("Careful.",))


@dataclass
class Room:
    """The window, its files, and the hands of who sits before it."""

    window: ProfilesWindow
    tools: ProfileTools
    config: Path
    credentials: Path
    qtbot: QtBot

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def choose(self, name: str, tab: str = "") -> None:
        self.window.choose(name, tab)
        self.until(lambda: self.window.profile is not None and self.window.profile.name == name)

    def click(self, name: str, within: QWidget | None = None) -> None:
        button = self.child(QPushButton, name, within)
        self.until(button.isEnabled)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def child[W: QWidget](self, kind: type[W], name: str, within: QWidget | None = None) -> W:
        found = (within or self.window).findChild(kind, name)
        assert isinstance(found, kind), name
        return found

    def dialog[W: QWidget](self, kind: type[W]) -> W:
        """The dialog of this kind, once it is open."""
        self.until(lambda: any(each.isVisible() for each in self.window.findChildren(kind)))
        return next(each for each in self.window.findChildren(kind) if each.isVisible())

    def write(self) -> str:
        """Says yes to the change that is shown; returns the diff."""
        dialog = self.dialog(DiffDialog)
        text = dialog.text.toPlainText()
        with self.qtbot.waitSignal(self.window.changes.written, timeout=WAIT_MS):
            QTest.mouseClick(dialog.write, Qt.MouseButton.LeftButton)
        return text

    def said(self) -> list[str]:
        """What the banners say."""
        return [str(banner.error) for banner in self.window.banners.banners]

    def texts(self, within: QWidget) -> list[str]:
        return [label.text() for label in within.findChildren(QLabel) if label.isVisibleTo(within)]


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def keyring() -> SecretStore:
    return LastingStore()


@pytest.fixture
def config_text() -> str:
    """Another test module may want other files."""
    return CONFIG


@pytest.fixture
def credentials_text() -> str:
    return CREDENTIALS


@pytest.fixture
def tools(
    services: Services, aws: Aws, keyring: SecretStore, config_text: str, credentials_text: str
) -> ProfileTools:
    folder = Path(os.environ["HOME"]) / ".aws"
    folder.mkdir()
    (folder / "config").write_text(config_text, "utf-8")
    if credentials_text:
        (folder / "credentials").write_text(credentials_text, "utf-8")
    paths = services.paths
    writer = ConfigWriter(paths.data_dir, services.clock)
    cache = SessionCache(paths.cache_dir / "sessions")
    file = passphrase_file(paths)
    return ProfileTools(
        os.environ,
        writer,
        Safety(services.settings),
        aws.check,
        lambda: (keyring, file),
        lambda store: Migrator(
            store,
            writer,
            cache,
            paths.data_dir,
            os.environ,
            helper_command,
            lambda: helper_environ(file),
        ),
        (SANDBOX,),
    )


@pytest.fixture(autouse=True)
def actions(services: Services) -> None:
    """What the feature adds to the actions."""
    for spec in (OPEN_FILE, ADD_FROM_PORTAL, EDIT):
        services.actions.add(spec, lambda: None, after="profile.choose_region")


@pytest.fixture
def room(qtbot: QtBot, services: Services, tools: ProfileTools) -> Iterator[Room]:
    parent = QWidget()
    qtbot.addWidget(parent)
    window = open_profiles_window(parent, services, tools)
    folder = Path(os.environ["HOME"]) / ".aws"
    room = Room(window, tools, folder / "config", folder / "credentials", qtbot)
    room.until(lambda: window.list.model.total)
    room.until(lambda: not services.jobs.active())
    yield room
    window.close()
