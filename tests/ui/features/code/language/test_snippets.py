"""Handlers to begin with, among all that ty has to offer."""

import pytest
from PySide6.QtCore import Qt

from tests.ui.features.code.coder import CodeServer
from tests.ui.features.code.language.desk import LanguageDesk

FILES: dict[str, bytes | str] = {"app.py": "def handler(event, context):\n    return 1\n\n\n"}


@pytest.mark.parametrize(("typed", "first"), [("sqs", "handler: SQS"), ("kinesis", "handler: Kinesis")])
def test_the_name_of_a_source_leads_to_its_handler_first(
    desk: LanguageDesk, server: CodeServer, typed: str, first: str
) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(5, 1)
    desk.type(typed)
    desk.insist(
        lambda: desk.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier),
        lambda: len(desk.suggestions()) > 3 and desk.suggestions()[0] == first,
    )


def test_what_the_file_itself_has_comes_before_a_handler_to_begin_with(
    desk: LanguageDesk, server: CodeServer
) -> None:
    desk.open(server.function("hello", FILES))
    desk.at(5, 1)
    desk.type("handler")
    desk.insist(
        lambda: desk.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier),
        lambda: desk.suggestions()[:3] == ["handler", "handler", "handler: DynamoDB"],
    )
