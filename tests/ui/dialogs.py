"""Answers to questions that stop the program's flow until they are answered."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMessageBox, QWidget

from workbench.ui.kit.dialog import Question


class Waiter(Protocol):
    """Lets the program run until a condition holds, or fails the test."""

    def until(self, condition: Callable[[], object]) -> None: ...


def wait_for_question(user: Waiter, name: str) -> Question:
    """The modal question with this object name, once it is asked."""
    found: list[Question] = []

    def is_asked() -> bool:
        active = QApplication.activeModalWidget()
        if isinstance(active, Question) and active.objectName() == name:
            found.append(active)
        return bool(found)

    user.until(is_asked)
    return found[0]


def install_question(user: Waiter) -> Question:
    """The question before packages are installed, once it is asked."""
    return wait_for_question(user, "installDependencies")


def answer_next_input(parent: QWidget, text: str) -> None:
    """Types a text into the dialog that what comes next opens, and accepts it."""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        field = dialog.findChild(QLineEdit)
        assert field is not None
        field.setText(text)
        dialog.accept()

    QTimer.singleShot(0, parent, answer)


def answer_input_soon(parent: QWidget, text: str) -> None:
    """As `answer_next_input`, for a dialog that opens once something else is done."""

    def answer() -> None:
        if isinstance(QApplication.activeModalWidget(), QInputDialog):
            timer.stop()
            answer_next_input(parent, text)

    timer = QTimer(parent, interval=20)
    timer.timeout.connect(answer)
    timer.start()


def answer_next_question(parent: QWidget, button: QMessageBox.StandardButton) -> list[str]:
    """Presses a button of the message box that what comes next opens; the list gets the box's words."""
    words: list[str] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        words.append(f"{box.text()}\n{box.informativeText()}")
        box.button(button).click()

    QTimer.singleShot(0, parent, answer)
    return words
