"""The keyboard stays near a widget that is hidden or disabled, and never lands on a picker by itself."""

from collections.abc import Callable

import pytest
import shiboken6
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from workbench.ui.kit.choices import CalmChoice
from workbench.ui.shell.focus import FocusKeeper


class Window(QWidget):
    """A bar with a picker; below it a panel with an answer and a button, the last in the tab order."""

    def __init__(self) -> None:
        super().__init__()
        self.bar, self.panel = QWidget(), QWidget()
        self.picker, self.answer, self.button = CalmChoice(), QPlainTextEdit(), QPushButton("Again")
        for around, inside in ((self.bar, [self.picker]), (self.panel, [self.answer, self.button])):
            column = QVBoxLayout(around)
            for each in inside:
                column.addWidget(each)
        column = QVBoxLayout(self)
        column.addWidget(self.bar)
        column.addWidget(self.panel)
        FocusKeeper(self.bar, self)


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    window.button.setFocus()
    qtbot.waitUntil(window.button.hasFocus)
    return window


@pytest.mark.parametrize("lose", [QWidget.hide, lambda button: button.setEnabled(False)])
def test_a_button_that_goes_leaves_the_keyboard_to_the_text_beside_it(
    window: Window, qtbot: QtBot, lose: Callable[[QWidget], object]
) -> None:
    lose(window.button)
    qtbot.waitUntil(window.answer.hasFocus)


def test_the_picker_has_the_keyboard_when_the_program_or_the_user_gives_it(
    window: Window, qtbot: QtBot
) -> None:
    window.picker.setFocus()
    window.button.hide()
    qtbot.wait(0)
    assert window.picker.hasFocus()


def test_what_the_program_chooses_meanwhile_is_kept(window: Window, qtbot: QtBot) -> None:
    window.answer.setReadOnly(True)
    other = QPushButton("Other", window)
    other.show()
    window.button.hide()
    other.setFocus()
    qtbot.wait(0)
    assert other.hasFocus()


def test_a_button_that_is_deleted_afterwards_takes_nothing_with_it(window: Window, qtbot: QtBot) -> None:
    window.button.hide()
    qtbot.waitUntil(window.answer.hasFocus)
    others = [each for each in window.findChildren(QWidget) if each is not window.button]
    shiboken6.delete(window.button)
    assert all(map(shiboken6.isValid, others))
