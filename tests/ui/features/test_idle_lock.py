"""G4: a window that nobody uses shows nothing of an account, and one click brings all back."""

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.hand_clock import HandClock
from tests.ui.sign_in.conftest import press
from tests.ui.test_window import unreachable
from workbench.functions.index import FunctionIndex
from workbench.profiles.model import Profile, ProfileKind
from workbench.ui.features.window_lock.feature import IdleLock
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.preferences import IDLE_LOCK_MIN
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow

PROD = Profile("prod", ProfileKind.STATIC)


class Room:
    def __init__(self, services: Services) -> None:
        self.services = services
        self.session = Session(services, unreachable, PROD)
        index = FunctionIndex(services.paths.cache_dir / "functions.sqlite")
        self.window = MainWindow(services, self.session, index)
        self.window.set_subject("secret-function")
        self.window.resize(780, 600)

    def begin(self) -> None:
        self.lock = IdleLock(self.services, self.session, self.window)
        unlock = ActionSpec("app.unlock", "Unlock", when="locked")
        self.services.actions.add(unlock, self.lock.unlock, after="app.quit")
        refresh = ActionSpec("list.refresh", "Refresh", when="connected")
        self.services.actions.add(refresh, lambda: None, after="view.palette")
        self.services.actions.set_situation({"connected"})

    def enabled(self) -> set[str]:
        return {each.objectName() for each in self.services.actions.all() if each.isEnabled()}


@pytest.fixture
def room(services: Services, qtbot: QtBot) -> Iterator[Room]:
    room = Room(services)
    with qtbot.waitExposed(room.window):
        room.window.show()
    room.begin()
    yield room
    shiboken6.delete(room.window)


def move_mouse(room: Room) -> None:
    handle = room.window.windowHandle()
    assert handle is not None
    QTest.mouseMove(handle, QPoint(50, 50))
    QTest.mouseClick(handle, Qt.MouseButton.LeftButton, pos=QPoint(400, 500))


def test_it_locks_after_a_quarter_of_an_hour(room: Room, qtbot: QtBot) -> None:
    assert room.lock._timer.interval() == 15 * 60 * 1000
    room.lock._timer.start(10)
    qtbot.waitUntil(lambda: room.lock.is_locked)


def test_nothing_is_seen_and_nothing_can_be_done(room: Room) -> None:
    room.lock.lock()
    assert room.window.windowTitle() == "Workbench"
    assert not room.window.top_bar.isVisible()
    assert not room.window.functions.isVisible()
    assert not room.window.statusBar().isVisible()
    assert {each.text() for each in room.window.findChildren(QLabel) if each.isVisible()} == {
        "Workbench is locked",
        "Running tasks continue.",
    }
    assert room.enabled() == {"app.unlock"}
    room.services.actions.set_situation({"connected", "function"})  # work that goes on reports
    assert room.enabled() == {"app.unlock"}


def test_one_click_brings_all_back(room: Room) -> None:
    before = room.enabled()
    room.lock.lock()
    assert room.lock.page is not None
    press(room.lock.page, "unlock")
    assert not room.lock.is_locked
    assert room.window.windowTitle() == "secret-function – Workbench"
    assert room.window.top_bar.isVisible()
    assert room.window.statusBar().isVisible()
    assert room.enabled() == before
    assert room.lock._timer.isActive()


def test_other_windows_are_hidden_too(room: Room, qtbot: QtBot) -> None:
    other, dialog = QWidget(room.window, Qt.WindowType.Window), QDialog(room.window)
    other.show()
    dialog.open()
    room.lock.lock()
    assert not other.isVisible()
    assert not dialog.isVisible()
    room.lock.unlock()
    assert other.isVisible()
    assert dialog.isVisible()
    assert dialog.isModal()


def test_who_uses_the_window_is_not_locked_out(room: Room, clock: HandClock) -> None:
    clock.time_s += 14 * 60
    move_mouse(room)
    clock.time_s += 14 * 60
    move_mouse(room)
    assert not room.lock.is_locked


def test_after_the_computer_slept_the_first_touch_locks(room: Room, clock: HandClock) -> None:
    clock.time_s += 16 * 60
    move_mouse(room)
    assert room.lock.is_locked


def test_the_sandbox_is_not_locked(room: Room, qtbot: QtBot) -> None:
    room.session.profile = Profile("Sandbox", ProfileKind.SANDBOX)
    with qtbot.waitSignal(room.lock._timer.timeout):
        room.lock._timer.start(10)
    assert not room.lock.is_locked
    assert room.lock._timer.isActive()


def test_the_time_can_be_chosen_or_never(room: Room, clock: HandClock) -> None:
    room.services.settings.set(IDLE_LOCK_MIN.key, 0)
    clock.time_s += 86_400
    move_mouse(room)
    assert not room.lock.is_locked
    assert not room.lock._timer.isActive()
    room.services.settings.set(IDLE_LOCK_MIN.key, 5)
    clock.time_s += 2
    move_mouse(room)
    assert room.lock._timer.interval() == 300_000


def test_the_first_touch_after_unlocking_does_not_lock_again(room: Room, clock: HandClock) -> None:
    clock.time_s += 16 * 60
    move_mouse(room)
    assert room.lock.page is not None
    clock.time_s += 60
    press(room.lock.page, "unlock")
    move_mouse(room)
    assert not room.lock.is_locked
