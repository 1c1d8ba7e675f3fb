"""A profile that leads elsewhere: said at the connection, and confirmed with open eyes only."""

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.sign_in.conftest import press
from tests.ui.test_session import ALICE, Opener, connected_to
from workbench.profiles.safety import Pin, Safety
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.banners import BannerStack
from workbench.ui.shell.protection import AccountLock
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session

BEFORE = Pin("111111111111", "aws", "arn:aws:iam::111111111111:user/me")
NOW = Pin("222222222222", "aws", "arn:aws:iam::222222222222:user/me")


class Room:
    def __init__(self, services: Services) -> None:
        self.safety = Safety(services.settings)
        self.session = Session(services, Opener({"alice": connected_to(NOW.account_id)}), ALICE)
        self.window = QWidget()
        self.banners = BannerStack(services.actions, services.icons)
        QVBoxLayout(self.window).addWidget(self.banners)
        self.lock = AccountLock(self.safety, self.session, self.banners)
        services.actions.bind("profile.confirm_account", self.lock.ask)

    @property
    def said(self) -> list[str]:
        return [str(banner.error) for banner in self.banners.banners]


@pytest.fixture
def room(services: Services, qtbot: QtBot) -> Iterator[Room]:
    room = Room(services)
    with qtbot.waitExposed(room.window):
        room.window.show()
    room.safety.check("alice", BEFORE.account_id, BEFORE.arn)
    yield room
    qtbot.waitUntil(lambda: not services.jobs.active())
    shiboken6.delete(room.window)


def changed(room: Room, qtbot: QtBot) -> None:
    room.safety.check("alice", NOW.account_id, NOW.arn)
    with qtbot.waitSignal(room.session.connected):
        room.session.connect_now()
    qtbot.waitUntil(lambda: bool(room.banners.banners) and room.banners.banners[0].isVisible())


def question(room: Room) -> Question:
    press(room.banners, "bannerAction")
    return room.window.findChildren(Question, "confirmAccount")[0]


def test_a_changed_account_is_said(room: Room, qtbot: QtBot) -> None:
    """G2."""
    changed(room, qtbot)
    assert "It now uses account 222222222222, previously 111111111111." in room.said[0]


def test_the_question_shows_both(room: Room, qtbot: QtBot) -> None:
    changed(room, qtbot)
    asked = question(room)
    detail = asked.findChild(QPlainTextEdit)
    assert detail is not None
    assert BEFORE.arn in detail.toPlainText()
    assert NOW.arn in detail.toPlainText()
    press(asked, "confirmAccountNo")
    assert room.safety.lock("alice") is not None
    assert room.safety.pin("alice") == BEFORE


def test_a_yes_unlocks(room: Room, qtbot: QtBot) -> None:
    changed(room, qtbot)
    press(question(room), "confirmAccountYes")
    assert room.safety.lock("alice") is None
    assert room.safety.pin("alice") == NOW
    assert room.said == []


def test_a_yes_is_for_what_was_shown(room: Room, qtbot: QtBot) -> None:
    """The profile leads to a third account while the person looks at the second one."""
    changed(room, qtbot)
    asked = question(room)
    room.safety.check("alice", "333333333333", "arn:aws:iam::333333333333:user/me")
    press(asked, "confirmAccountYes")
    assert room.safety.lock("alice") is not None
    assert "333333333333" in room.said[0]


def test_the_usual_account_is_not_spoken_of(room: Room, qtbot: QtBot) -> None:
    with qtbot.waitSignal(room.session.connected):
        room.session.connect_now()
    assert room.said == []
    room.lock.ask()
    assert room.said == ["No confirmation is needed."]
