"""The field of a test event: what is too large for Qt is kept beside it, and the window goes on."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.stall import StallWatch
from workbench.ui.pages.test_events import EventField, replace_text

CONTROL = Qt.KeyboardModifier.ControlModifier
LARGE = '{"text": "' + "x y " * 2_500_000 + '"}'


@pytest.fixture
def field(qtbot: QtBot) -> EventField:
    field = EventField("Event")
    qtbot.addWidget(field)
    field.resize(600, 400)
    with qtbot.waitExposed(field):
        field.show()
    field.setPlainText('{"a": 1}')
    return field


def test_a_line_of_10_mb_is_pasted_and_replaced_without_a_stall(
    field: EventField, no_stall: Callable[[], StallWatch]
) -> None:
    QGuiApplication.clipboard().setText(LARGE)
    field.selectAll()
    with no_stall():
        QTest.keyClick(field, Qt.Key.Key_V, CONTROL)
        QApplication.processEvents()
    assert field.toPlainText() == LARGE
    assert field.isReadOnly()
    assert "too large to show here: 10,000,012 characters" in field.document().toPlainText()
    with no_stall():
        replace_text(field, LARGE + " ")
        QApplication.processEvents()
    assert field.toPlainText() == LARGE + " "
    QTest.keyClick(field, Qt.Key.Key_Delete)
    assert field.toPlainText() == ""
    QTest.keyClicks(field, "{}")
    assert field.toPlainText() == "{}"


def test_undo_brings_back_what_a_large_text_has_replaced(field: EventField) -> None:
    QGuiApplication.clipboard().setText(LARGE)
    field.moveCursor(field.textCursor().MoveOperation.End)
    QTest.keyClick(field, Qt.Key.Key_V, CONTROL)
    assert field.toPlainText() == '{"a": 1}' + LARGE
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text() == '{"a": 1}' + LARGE
    QTest.keyClick(field, Qt.Key.Key_Z, CONTROL)
    assert field.toPlainText() == '{"a": 1}'
    assert not field.isReadOnly()


def test_what_is_small_is_pasted_where_the_cursor_is(field: EventField) -> None:
    QGuiApplication.clipboard().setText('"b": 2,\n')
    cursor = field.textCursor()
    cursor.setPosition(1)
    field.setTextCursor(cursor)
    QTest.keyClick(field, Qt.Key.Key_V, CONTROL)
    assert field.toPlainText() == '{"b": 2,\n"a": 1}'
    QTest.keyClick(field, Qt.Key.Key_Z, CONTROL)
    assert field.toPlainText() == '{"a": 1}'
