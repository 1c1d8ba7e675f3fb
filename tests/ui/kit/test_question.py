"""Questions: the careful answer is the easy one, and the other one takes what it should take."""

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.sign_in.conftest import press, shown
from workbench.ui.kit.dialog import Question, confirm_by_name


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    window = QWidget()
    with qtbot.waitExposed(window):
        window.show()
    yield window
    shiboken6.delete(window)


@pytest.fixture
def done() -> list[str]:
    return []


def by_name(window: QWidget, done: list[str]) -> tuple[Question, QLineEdit]:
    question = confirm_by_name(
        window, "Deploy", "The code is replaced.", "hello", "Deploy to 1234", lambda: done.append("done")
    )
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    return question, field


@pytest.mark.parametrize("typed", ["", "hell", "Hello", "hello2", "goodbye"])
def test_only_the_name_opens_the_way(window: QWidget, done: list[str], typed: str) -> None:
    question, field = by_name(window, done)
    QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.mouseClick(question.yes, Qt.MouseButton.LeftButton)
    assert not question.yes.isEnabled()
    assert question.isVisible()
    assert done == []


@pytest.mark.parametrize("typed", ["hello", " hello "])
def test_with_the_name_enter_will_do(window: QWidget, done: list[str], typed: str) -> None:
    question, field = by_name(window, done)
    assert shown(question, "confirmHint") == "Type hello to continue:"
    QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert done == ["done"]
    assert not window.findChildren(Question, "confirmByName") or not question.isVisible()


def test_the_button_does_it_too(window: QWidget, done: list[str]) -> None:
    question, field = by_name(window, done)
    field.setText("hello")
    press(question, "confirmByNameYes")
    assert done == ["done"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_an_answer_in_haste_is_no(window: QWidget, done: list[str], key: Qt.Key) -> None:
    question = Question("q", "Trust", "Run it?", "Run", window, "<b>program</b> --flag")
    question.ask(lambda: done.append("done"))
    detail = question.findChild(QPlainTextEdit, "qDetail")
    assert detail is not None
    assert detail.toPlainText() == "<b>program</b> --flag"
    QTest.keyClick(question, key)
    assert done == []
    assert not question.isVisible()


def test_what_destroys_something_looks_like_it(window: QWidget) -> None:
    looks = []
    for is_destructive in (False, True):
        question = Question("q", "Delete", "Delete it?", "Delete", window, is_destructive=is_destructive)
        question.ask(lambda: None)
        looks.append((question.yes.property("role"), question.focusWidget() is question.no))
        question.reject()
    assert looks == [(None, True), ("danger", True)]
