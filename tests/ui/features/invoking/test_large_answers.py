"""Large answers, streamed or whole, binary or not, never hold the window up."""

import json
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from workbench.ui.result.answer_view import AnswerView
from workbench.ui.result.panel import ResultPanel
from workbench.ui.shell.services import Services

PIECE = b"0123456789abcde\n" * 1024
LARGE = 20 * 1024 * 1024


@pytest.fixture
def view(services: Services, qtbot: QtBot) -> Iterator[AnswerView]:
    panel = ResultPanel(services)
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    panel.show_running("hello")
    yield panel.view
    panel.clear()


def test_twenty_megabytes_in_pieces(
    view: AnswerView, qtbot: QtBot, no_stall: Callable[[], StallWatch], services: Services
) -> None:
    whole = PIECE * (LARGE // len(PIECE))
    with no_stall():
        for _ in range(LARGE // len(PIECE)):
            view.add_piece(PIECE)
            QApplication.processEvents()  # each comes by itself
        assert view.text.toPlainText().startswith("0123456789abcde\n0123")
    with no_stall():
        view.show_answer(whole, None, b"")
        qtbot.waitUntil(lambda: "beginning of 20 MB" in view.text.toPlainText())


@pytest.mark.parametrize("way", ["Raw", "Tree", "Hex", "Body", "Sent", "Pretty"])
def test_six_megabytes_of_any_kind_in_any_way(
    view: AnswerView, qtbot: QtBot, no_stall: Callable[[], StallWatch], services: Services, way: str
) -> None:
    values = [{"number": number, "text": "x" * 40} for number in range(80_000)]
    payload = json.dumps({"statusCode": 200, "body": json.dumps(values)}).encode()
    for answer in (payload, b"\x00\xff" * 3_000_000):
        view.picker.setCurrentIndex(0)
        view.show_answer(answer, None, payload)
        qtbot.waitUntil(lambda: not services.jobs.active())
        row = view.picker.findText(way)
        with no_stall():
            view.picker.setCurrentIndex(row)
            view.picker.activated.emit(row)
            qtbot.waitUntil(lambda: not services.jobs.active())
