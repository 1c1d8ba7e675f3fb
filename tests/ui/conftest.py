"""The parts that every widget is built with, real ones."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAccessible, QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui.hand_clock import HandClock
from workbench.core.files import Paths
from workbench.core.jobs import JobRunner
from workbench.core.settings import Settings
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.main_thread import MainThread
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.services import Services

_DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">'
    '<rect width="24" height="24" fill="currentColor"/></svg>'
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = f"{Path(__file__).parent}{os.sep}"  # as texts: all tests are asked
    # The offscreen platform says so of every window that has a minimum size, of tool tips and of open lists.
    ignore = pytest.mark.qt_log_ignore(
        r"This plugin does not support (propagateSizeHints\(\)|raise\(\)|grabbing the keyboard)"
    )
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(ignore)


@pytest.fixture(autouse=True)
def _pointer_is_on_no_window(request: pytest.FixtureRequest) -> None:
    """What an earlier test pointed at would else be below the pointer in this one; a Bar heeds that."""
    if "qapp" in request.fixturenames:
        request.getfixturevalue("qapp")
        QCursor.setPos(-1000, -1000)


@pytest.fixture(autouse=True)
def _no_key_is_held() -> Iterator[None]:
    """A key click with Ctrl or Shift leaves it held for Qt, and selections of a later test heed it."""
    yield
    if QApplication.instance() is not None and QApplication.keyboardModifiers():
        QTest.keyClick(QWidget(), Qt.Key.Key_Shift)


@pytest.fixture(autouse=True)
def _no_button_is_held() -> Iterator[None]:
    """A press without a release, and QTest's double click, leave the button pressed for later tests."""
    yield
    if QApplication.instance() is not None:
        for button in Qt.MouseButton:
            if QApplication.mouseButtons() & button:
                QTest.mouseRelease(QWidget(), button)


@pytest.fixture(scope="session")
def _theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")


@pytest.fixture
def theme(_theme: Theme, qapp: QApplication) -> Theme:
    """Light and without a style sheet, whatever the test before has chosen."""
    _theme._dressed = False
    if qapp.styleSheet():
        qapp.setStyleSheet("")
    if _theme.dark:
        _theme.choose("light")
    return _theme


@pytest.fixture
def dressed(theme: Theme, qapp: QApplication) -> Iterator[Theme]:
    """A light theme with its style sheet, of one test's own: the other tests' stays undressed."""
    assert not theme.dark
    before = qapp.styleSheet()
    own = Theme(qapp, "light")
    own.dress()
    yield own
    own.choose("light")
    shiboken6.delete(own)
    qapp.setStyleSheet(before)


@pytest.fixture
def icons(theme: Theme, tmp_path: Path) -> Iterator[Icons]:
    """A folder with one drawing, "square": every other name is missing, as it may be in a checkout."""
    folder = tmp_path / "icons"
    folder.mkdir()
    (folder / "square.svg").write_text(_DRAWING, "utf-8")
    icons = Icons(folder, theme)
    yield icons
    shiboken6.delete(icons)  # the theme, which lives longer, has it for a child


@pytest.fixture
def actions(qapp: QApplication, icons: Icons) -> Iterator[ActionRegistry]:
    owner = QObject()
    yield ActionRegistry(owner, icons)
    owner.deleteLater()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.json")


@pytest.fixture
def jobs(qapp: QApplication) -> Iterator[JobRunner]:
    """Runs jobs on real threads; what they call back runs on the main thread."""
    main_thread = MainThread()
    runner = JobRunner(main_thread.post)
    yield runner
    main_thread.close()
    assert runner.shutdown(20)
    main_thread.deleteLater()


@pytest.fixture
def services(
    jobs: JobRunner,
    tmp_path: Path,
    settings: Settings,
    clock: HandClock,
    theme: Theme,
    icons: Icons,
    actions: ActionRegistry,
) -> Iterator[Services]:
    services = Services(jobs, Paths.below(tmp_path), settings, clock, theme, icons, actions)
    yield services
    for hub in (services.messages, services.samples):  # a signal keeps what listens, and that keeps its hub
        shiboken6.delete(hub)


@pytest.fixture
def read_aloud(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What screen readers are asked to read without a change of focus."""
    told: list[str] = []
    monkeypatch.setattr(
        QAccessible,
        "updateAccessibility",
        staticmethod(lambda event: told.append(event.message()) if hasattr(event, "message") else None),
    )
    return told
