"""The panel of interrupted operations, and somebody who reads it and presses its buttons."""

from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QWidget

from tests.ui.sign_in.conftest import press
from tests.ui.window_desk import Desk


class Panel:
    """Opened by the button of the message that a start shows."""

    def __init__(self, desk: Desk, *words: str) -> None:
        self._desk = desk
        desk.until(lambda: desk.banner(words[0] if words else "interrupted."))
        banner = desk.banner(words[0] if words else "interrupted.")
        assert banner is not None
        button = banner.findChild(QPushButton, "bannerAction")
        assert button is not None
        button.click()
        panels = desk.window.findChildren(QDialog, "interruptions")
        (self.dialog,) = (each for each in panels if each.isVisible())

    def titles(self) -> list[str]:
        """What is listed, from top to bottom."""
        rows = sorted(self._rows(), key=lambda row: row.y())
        return [self._label(row, "What").text() for row in rows]

    def text(self, title: str) -> str:
        """All that is said of one of them."""
        row = self._row(title)
        return "\n".join(label.text() for label in row.findChildren(QLabel) if label.isVisibleTo(row))

    def button(self, title: str, name: str) -> QPushButton:
        row = self._row(title)
        button = row.findChild(QPushButton, f"{row.objectName()}{name}")
        assert button is not None
        return button

    def press(self, title: str, name: str) -> None:
        button = self.button(title, name)
        press(self._row(title), button.objectName())

    def page(self) -> str:
        """Which of many are shown."""
        label = self.dialog.findChild(QLabel, "interruptionsPage")
        assert label is not None
        return label.text()

    def turn_button(self, name: str) -> QPushButton:
        button = self.dialog.findChild(QPushButton, f"interruptions{name}")
        assert button is not None
        return button

    def turn(self, name: str) -> None:
        press(self.dialog, self.turn_button(name).objectName())

    def until_said(self, title: str, words: str) -> None:
        self._desk.until(lambda: words in self.text(title))

    def discard(self, title: str) -> None:
        """Presses Discard…, and agrees."""
        self.press(title, "Discard")
        questions = self.dialog.findChildren(QDialog, "discardInterrupted")
        (question,) = (each for each in questions if each.isVisible())
        press(question, "discardInterruptedYes")

    def _rows(self) -> list[QWidget]:
        labels = [each for each in self.dialog.findChildren(QLabel) if each.objectName().endswith("What")]
        rows = [label.parentWidget() for label in labels]
        return [row for row in rows if row is not None and row.isVisible()]

    def _row(self, title: str) -> QWidget:
        return next(row for row in self._rows() if self._label(row, "What").text() == title)

    def _label(self, row: QWidget, name: str) -> QLabel:
        label = row.findChild(QLabel, f"{row.objectName()}{name}")
        assert label is not None
        return label
