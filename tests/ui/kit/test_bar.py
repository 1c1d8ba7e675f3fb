"""A row that takes room moves nothing under a pointer that is on its way to a click."""

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.kit.bars import Bar

AWAY = QPoint(-500, -500)


class Room:
    """A window whose content lies below a bar, and a pointer."""

    def __init__(self, window: QWidget) -> None:
        self.window = window
        self.bar, self.content = Bar(), QLabel("content")
        self.bar.set_wanted(False)  # as bars do that have nothing to say when they are made
        QVBoxLayout(self.bar).addWidget(QLabel("bar"))
        column = QVBoxLayout(window)
        column.addWidget(self.bar)
        column.addWidget(self.content, 1)
        self.at, self.moving = AWAY, False
        self.bar.pointer = self._pointer

    def over_content(self, *, moving: bool) -> None:
        self.at, self.moving = self.content.mapToGlobal(self.content.rect().center()), moving

    def _pointer(self) -> QPoint:
        if self.moving:
            self.at = self.at + (QPoint(1, 0) if self.at.x() % 2 else QPoint(-1, 0))
        return self.at


@pytest.fixture
def room(qtbot: QtBot) -> Iterator[Room]:
    window = QWidget()
    room = Room(window)
    window.resize(400, 300)
    with qtbot.waitExposed(window):
        window.show()
    yield room
    shiboken6.delete(window)


def test_it_is_not_shown_together_with_its_window(room: Room) -> None:
    """It has nothing to say, and would move the content once it went."""
    assert room.content.isVisible()
    assert not room.bar.isVisible()


def looks(room: Room, qtbot: QtBot, times: int) -> None:
    for _ in range(times):
        with qtbot.waitSignal(room.bar._look.timeout):
            pass


def test_it_comes_and_goes_at_once_while_the_pointer_is_elsewhere(room: Room) -> None:
    room.bar.set_wanted(True)
    assert room.bar.isVisible()
    room.bar.set_wanted(False)
    assert not room.bar.isVisible()


@pytest.mark.parametrize("wanted", [True, False])
def test_it_waits_while_the_pointer_moves_over_what_it_would_move(
    room: Room, qtbot: QtBot, wanted: bool
) -> None:
    room.bar.set_wanted(not wanted)
    room.over_content(moving=True)
    room.bar.set_wanted(wanted)
    looks(room, qtbot, 12)  # longer than a pointer has to rest
    assert room.bar.isVisible() is not wanted
    room.moving, room.at = False, AWAY
    qtbot.waitUntil(lambda: room.bar.isVisible() is wanted)


def test_a_pointer_that_rests_does_not_hold_it_up(room: Room, qtbot: QtBot) -> None:
    room.over_content(moving=False)
    room.bar.set_wanted(True)
    assert not room.bar.isVisible()
    qtbot.waitUntil(room.bar.isVisible)


def test_it_stays_hidden_when_it_is_no_longer_wanted(room: Room, qtbot: QtBot) -> None:
    room.over_content(moving=True)
    room.bar.set_wanted(True)
    room.bar.set_wanted(False)
    room.moving, room.at = False, AWAY
    qtbot.wait(300)
    assert not room.bar.isVisible()
    assert not room.bar._look.isActive()


def test_it_goes_at_once_from_what_it_does_not_belong_to(room: Room) -> None:
    room.bar.set_wanted(True)
    room.over_content(moving=True)
    room.bar.set_wanted(False, immediately=True)
    assert not room.bar.isVisible()
