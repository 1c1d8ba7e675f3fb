"""Buttons of dialogs: the action is on the side of Cancel where the platform has it, in every dialog."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

import workbench.ui
from workbench.ui.kit.dialog import Dialog, DialogButtons, Question
from workbench.ui.kit.text import named

LAYOUTS = {
    "windows": QDialogButtonBox.ButtonLayout.WinLayout,
    "mac": QDialogButtonBox.ButtonLayout.MacLayout,
    "kde": QDialogButtonBox.ButtonLayout.KdeLayout,
    "gnome": QDialogButtonBox.ButtonLayout.GnomeLayout,
}
ACTION_FIRST = {"windows": True, "kde": True, "mac": False, "gnome": False}


def _form(window: QWidget) -> QDialog:
    form = Dialog("sample", "Sample", window)
    form.add_button("sampleCopy", "Copy")
    form.add_button("sampleCancel", "Cancel")
    form.add_button("sampleYes", "Deploy", "primary")
    form.finish_layout()
    return form


def _danger(window: QWidget) -> QDialog:
    form = Dialog("sample", "Sample", window)
    form.add_button("sampleYes", "Delete", "danger")
    form.add_button("sampleClose", "Close")
    form.finish_layout()
    return form


def _question(window: QWidget) -> QDialog:
    question = Question("sample", "Sample", "Really?", "Delete", window)
    question.ask(lambda: None)
    return question


def _plain(window: QWidget) -> QDialog:
    """As Qt itself orders them."""
    dialog = QDialog(window)
    box = QDialogButtonBox(dialog)
    named(box.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole), "sampleCancel")
    named(box.addButton("Deploy", QDialogButtonBox.ButtonRole.AcceptRole), "sampleYes")
    box.resize(box.sizeHint())
    return dialog


@pytest.mark.parametrize("make", [_form, _danger, _question, _plain])
@pytest.mark.parametrize("platform", LAYOUTS)
def test_the_action_is_where_the_platform_has_it(
    qtbot: QtBot, platform: str, make: Callable[[QWidget], QDialog]
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setStyleSheet(f"QDialogButtonBox {{ button-layout: {LAYOUTS[platform].value}; }}")
    window.show()
    dialog = make(window)
    dialog.show()
    qtbot.waitExposed(dialog)
    buttons = {
        button.text(): button.mapTo(dialog, QPoint()).x() for button in dialog.findChildren(QPushButton)
    }
    (leaving,) = {"Cancel", "Close"} & set(buttons)
    (action,) = {"Deploy", "Delete"} & set(buttons)
    assert (buttons[action] < buttons[leaving]) == ACTION_FIRST[platform], buttons


def test_enter_does_not_press_a_dangerous_action(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    dialog = _danger(window)
    dialog.show()
    qtbot.waitExposed(dialog)
    assert not [button.text() for button in dialog.findChildren(QPushButton) if button.isDefault()]


def test_the_keyboard_stays_on_a_button_when_the_style_changes(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    question = Question("drop", "Drop", "Drop it?", "Drop", window, "detail")
    question.ask(lambda: None)
    qtbot.waitExposed(question)
    assert question.focusWidget() is question.no
    question.setStyleSheet("QPushButton { padding: 9px; }")
    assert question.focusWidget() is question.no


def test_every_dialog_has_its_buttons_in_a_button_box() -> None:
    for module in pkgutil.walk_packages(workbench.ui.__path__, "workbench.ui."):
        importlib.import_module(module.name)
    own: list[type[QDialog]] = []
    waiting: list[type[QDialog]] = [QDialog]
    while waiting:
        for dialog in waiting.pop().__subclasses__():
            if dialog.__module__.startswith("workbench.") and not issubclass(dialog, Dialog):
                own.append(dialog)
                waiting.append(dialog)
    assert own
    boxes = ("QDialogButtonBox(", f"{DialogButtons.__name__}(")
    without = {
        dialog.__name__
        for dialog in own
        if "QPushButton(" in (source := inspect.getsource(dialog)) and not any(box in source for box in boxes)
    }
    assert not without


def test_the_second_press_of_a_double_click_does_not_reach_a_button_that_took_the_place(
    qtbot: QtBot,
) -> None:
    """Changing several functions closed its window this way, before its result was read."""
    window = QWidget()
    qtbot.addWidget(window)
    dialog = Dialog("sample", "Sample", window)
    start = dialog.add_button("sampleYes", "Change 1", "primary")
    close = dialog.add_button("sampleClose", "Close")
    dialog.finish_layout()
    pressed: list[str] = []
    start.clicked.connect(lambda: pressed.append("start"))
    start.clicked.connect(lambda: dialog.buttons.show_button(start, shown=False))
    close.clicked.connect(lambda: pressed.append("close"))
    dialog.show()

    def send(button: QPushButton, *kinds: QEvent.Type) -> None:
        at = QPointF(button.rect().center())
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        for kind in kinds:
            event = QMouseEvent(kind, at, button.mapToGlobal(at), left, left, none)
            QApplication.sendEvent(button, event)

    once = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease)
    again = (QEvent.Type.MouseButtonDblClick, QEvent.Type.MouseButtonRelease)
    send(start, *once)
    send(close, *again)
    assert pressed == ["start"]
    send(close, *once)
    send(close, *again)  # a quick second press of the same button is one, as everywhere
    assert pressed == ["start", "close", "close"]
