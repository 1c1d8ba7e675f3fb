"""The dialog for six digits: forgiving about how they are typed, strict about what is sent."""

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.ui.sign_in.conftest import press, shown
from workbench.core.errors import WorkbenchError
from workbench.profiles.mfa import MfaQuestion
from workbench.ui.shell.sign_in_dialogs import MfaDialog

DEVICE = "arn:aws:iam::123456789012:mfa/me"
QUESTION = MfaQuestion("admin", DEVICE, "arn:aws:iam::123456789012:role/admin")


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[MfaDialog]:
    window = QWidget()
    dialog = MfaDialog("admin", window)
    dialog.ask(QUESTION)
    with qtbot.waitExposed(dialog):
        dialog.open()
    yield dialog
    shiboken6.delete(window)


@pytest.mark.parametrize("pasted", ["314159", " 314 159\n", "314-159", "Code: 314159", "314\u00a0159"])
def test_a_code_is_taken_however_it_was_copied(dialog: MfaDialog, pasted: str, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText(pasted)
    dialog.code.paste()
    with qtbot.waitSignal(dialog.submitted) as signal:
        QTest.keyClick(dialog.code, Qt.Key.Key_Return)
    assert signal.args == ["314159"]


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "      "])
def test_what_is_no_code_is_not_sent(dialog: MfaDialog, typed: str, qtbot: QtBot) -> None:
    dialog.code.setText(typed)
    with qtbot.assertNotEmitted(dialog.submitted):
        QTest.keyClick(dialog.code, Qt.Key.Key_Return)
        QTest.mouseClick(dialog.sign_in, Qt.MouseButton.LeftButton)
    assert not dialog.sign_in.isEnabled()
    assert dialog.isVisible()


def test_too_many_digits_are_spoken_of_not_cut(dialog: MfaDialog) -> None:
    dialog.code.setText("1234567")
    assert shown(dialog, "mfaDialogState") == "Enter a code with six digits."
    dialog.code.setText("123456")
    assert shown(dialog, "mfaDialogState") == ""


def test_it_says_what_the_code_is_for(dialog: MfaDialog) -> None:
    assert "role/admin" in shown(dialog, "mfaQuestion")
    assert DEVICE in shown(dialog, "mfaDevice")
    dialog.ask(MfaQuestion("base", DEVICE))
    assert "key of base" in shown(dialog, "mfaQuestion")


def test_a_refused_code_leaves_room_for_the_next(dialog: MfaDialog) -> None:
    dialog.code.setText("314159")
    press(dialog, "mfaSignIn")
    dialog.show_working()
    assert not dialog.code.isEnabled()
    assert shown(dialog, "mfaDialogState") == "Waiting for AWS…"
    dialog.show_refused(WorkbenchError("Could not sign in.", "The code incorrect or was already used."))
    assert dialog.code.text() == ""
    assert dialog.code.hasFocus()
    assert "was already used" in shown(dialog, "mfaDialogState")
    dialog.code.setText("271828")
    dialog.show_working()
    assert "attempt 2" in shown(dialog, "mfaDialogState")
