"""Trust is given by a person who has seen what to: a server, a program."""

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.sign_in.conftest import press
from workbench.profiles.process_provider import ProcessTrust, find_program
from workbench.profiles.safety import Safety
from workbench.ui.kit.dialog import Question
from workbench.ui.shell.banners import BannerStack
from workbench.ui.shell.protection import TrustFlow
from workbench.ui.shell.services import Services

SERVER = "http://127.0.0.1:4566"
PROGRAM = "/opt/helper --for dev --session_token=hush-hush-hush"


class Room:
    def __init__(self, services: Services) -> None:
        self.safety, self.processes = Safety(services.settings), ProcessTrust(services.settings)
        self.window = QWidget()
        self.banners = BannerStack(services.actions, services.icons)
        QVBoxLayout(self.window).addWidget(self.banners)
        self.trusted: list[str] = []
        self.flow = TrustFlow(self.safety, self.processes, self.banners, self.trusted.append)

    def question(self, name: str) -> Question:
        return self.window.findChildren(Question, name)[0]


@pytest.fixture
def room(services: Services, qtbot: QtBot) -> Iterator[Room]:
    room = Room(services)
    with qtbot.waitExposed(room.window):
        room.window.show()
    yield room
    shiboken6.delete(room.window)


def detail(question: Question) -> str:
    field = question.findChild(QPlainTextEdit)
    assert field is not None
    return field.toPlainText()


def test_a_server_is_trusted_after_a_yes(room: Room) -> None:
    room.safety.ask_endpoint("dev", SERVER)
    room.flow.ask_endpoint("dev")
    question = room.question("trustEndpoint")
    assert detail(question) == SERVER
    press(question, "trustEndpointYes")
    assert room.safety.trusts_endpoint("dev", SERVER)
    assert not room.safety.trusts_endpoint("other", SERVER)
    assert room.trusted == ["dev"]


def test_a_no_trusts_nobody(room: Room) -> None:
    room.safety.ask_endpoint("dev", SERVER)
    room.flow.ask_endpoint("dev")
    press(room.question("trustEndpoint"), "trustEndpointNo")
    assert not room.safety.trusts_endpoint("dev", SERVER)
    assert room.trusted == []


def test_a_program_is_shown_without_its_secrets_and_trusted_whole(room: Room) -> None:
    room.processes.ask("dev", PROGRAM, find_program(PROGRAM))
    room.flow.ask_process("dev")
    question = room.question("trustProcess")
    assert detail(question) == "/opt/helper --for dev --session_token=****"
    press(question, "trustProcessYes")
    assert room.processes.trusts(PROGRAM)
    assert room.trusted == ["dev"]


def test_the_yes_is_for_the_program_that_was_shown(room: Room) -> None:
    room.processes.ask("dev", PROGRAM, find_program(PROGRAM))
    room.flow.ask_process("dev")
    room.processes.ask("dev", "/tmp/other", find_program("/tmp/other"))
    press(room.question("trustProcess"), "trustProcessYes")
    assert room.processes.trusts(PROGRAM)
    assert not room.processes.trusts("/tmp/other")


def test_with_nothing_to_ask_nothing_opens(room: Room) -> None:
    room.flow.ask_endpoint("dev")
    room.flow.ask_process("dev")
    assert not room.window.findChildren(Question)
    assert [banner.error.what for banner in room.banners.banners] == ["No permission is needed."]
