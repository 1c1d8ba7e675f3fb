"""The assembled window, and somebody who chooses, clicks and looks; the way to AWS is in the test's hand."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from workbench.aws.connection import Connection, Observer
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.model import Profile
from workbench.ui.assembly import Assembly
from workbench.ui.features.deploy.flow import DeployFlow
from workbench.ui.features.logs.feature import LogsPage
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.test import TestPage
from workbench.ui.shell.banners import ErrorBanner
from workbench.ui.shell.session import Session

WAIT_MS = 20_000


def choose(picker: QComboBox, text: str) -> None:
    """Opens a list by keyboard, and chooses in it."""
    picker.window().activateWindow()
    QTest.qWaitForWindowActive(picker.window())
    QTest.keyClick(picker, Qt.Key.Key_Down)
    assert picker.view().isVisible()
    picker.view().setCurrentIndex(picker.model().index(picker.findText(text), 0))
    QTest.keyClick(picker.view(), Qt.Key.Key_Return)


class Ready(dict[str, Connection | WorkbenchError]):
    """What a profile gets; a connection that few tests ask for is opened for those.

    Args:
        late: Opens the connections of profiles that are not there yet, by their names.
    """

    def __init__(
        self, ready: dict[str, Connection | WorkbenchError], late: dict[str, Callable[[], Connection]]
    ) -> None:
        super().__init__(ready)
        self._late = late

    def __missing__(self, name: str) -> Connection | WorkbenchError:
        return self.setdefault(name, self._late[name]())


@dataclass
class Opener:
    """The way to AWS: what was laid ready for a profile, once it may."""

    ready: dict[str, Connection | WorkbenchError]
    held: dict[str, threading.Event] = field(default_factory=dict)

    def __call__(self, profile: Profile, region: str, _observer: Observer, _ctx: JobContext) -> Connection:
        if profile.name in self.held:
            self.held[profile.name].wait()
        found = self.ready[profile.name]
        if isinstance(found, WorkbenchError):
            raise found
        connection = found.in_region(region)
        connection.access = replace(connection.access, profile_name=profile.name)
        return connection


class Desk:
    """The assembled window, and who sits before it."""

    def __init__(self, made: Assembly, session: Session, qtbot: QtBot) -> None:
        self.window = made.context.window
        self.protection, self.context, self.opener = made.protection, made.context, made.opener
        self.session = session
        self.steps = 0  # that the window was put together in
        self._qtbot = qtbot

    @property
    def code(self) -> CodePage:
        return self.context.page(CodePage)

    @property
    def test(self) -> TestPage:
        return self.context.page(TestPage)

    @property
    def logs(self) -> LogsPage:
        return self.context.page(LogsPage)

    @property
    def metrics(self) -> MetricsPage:
        return self.context.page(MetricsPage)

    @property
    def deploy(self) -> DeployFlow:
        """What the feature of deploys says and does."""
        found = self.window.findChild(DeployFlow)
        assert isinstance(found, DeployFlow)
        return found

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def connect(self) -> None:
        """Connects and waits until the list is up to date."""
        self.session.connect_now()
        self.wait_for_list()

    def wait_for_list(self) -> None:
        self.until(lambda: self.window.functions.freshness.text().endswith("up to date"))

    def idle(self) -> None:
        """Waits until no job runs, and what jobs have sent has arrived."""
        self.until(lambda: not self.context.services.jobs.active())
        with self._qtbot.waitCallback() as delivered:
            self.context.services.jobs._post(delivered)

    def click(self, function_name: str) -> None:
        functions = self.window.functions
        self.until(lambda: functions.model.index_of(function_name).isValid())
        area = functions.view.visualRect(functions.model.index_of(function_name))
        QTest.mouseClick(functions.view.viewport(), Qt.MouseButton.LeftButton, pos=area.center())

    def open(self, function_name: str) -> None:
        self.click(function_name)
        self.until(lambda: self.opened() == function_name)

    def choose(self, profile: str) -> None:
        """Chooses a profile by keyboard."""
        choose(self.window.top_bar.profile, profile)
        assert self.session.profile.name == profile

    def invoke(self, event: str = "{}") -> None:
        """Invokes the open function with an event."""
        self.window.page.show_tab("testPage")
        self.until(self.test.text.toPlainText)
        self.test.text.setPlainText(event)
        self.context.services.actions["function.invoke"].trigger()
        self.until(lambda: self.window.result.status.text() == "Running…")

    def opened(self) -> str:
        function = self.window.page.function
        return function.detail.function_name if function else ""

    def names(self) -> list[str]:
        return [row.function_name for row in self.window.functions.model.all()]

    def header(self, name: str) -> str:
        label = self.window.page.findChild(QLabel, name)
        assert label is not None
        return label.text()

    def banner(self, words: str) -> ErrorBanner | None:
        """The message that holds these words."""
        return next((each for each in self.window.banners.banners if words in str(each.error)), None)
