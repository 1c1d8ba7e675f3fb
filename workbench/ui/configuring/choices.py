"""Fields of the form in which something is chosen: one of some values, yes or no."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox

from workbench.ui.configuring.editors import Editor
from workbench.ui.named import named
from workbench.ui.new_function.fields import OpenChoice


class _CalmChoice(QComboBox):
    """A list that the wheel changes only while it has the keyboard: the form scrolls under the mouse."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class CalmOpenChoice(OpenChoice):
    """The same, which also takes what is typed."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceEditor(Editor):
    """One of some values. A value that is not among them still shows, and is kept.

    Args:
        name: Of the setting.
        title: What it is called.
        items: Value and words.
        open_ended: Whether another value may be typed.
    """

    def __init__(
        self, name: str, title: str, items: Sequence[tuple[Any, str]], *, open_ended: bool = False
    ) -> None:
        super().__init__()
        self._open = open_ended
        self.box: QComboBox
        if open_ended:
            self.box = CalmOpenChoice(f"setting.{name}", title)
        else:
            self.box = named(_CalmChoice(), f"setting.{name}", title)
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for value, words in items:
            self.box.addItem(words, value)
        self._hold(self.box)
        if open_ended:
            self.box.currentTextChanged.connect(self._typed)
        else:
            self.box.activated.connect(self.edited)
        self._quiet = False

    def show_value(self, value: Any) -> None:
        self._quiet = True
        place = self.box.findData(value)
        if place < 0 and value not in (None, ""):
            self.box.addItem(str(value), value)
            place = self.box.count() - 1
        self.box.setCurrentIndex(place)
        if place < 0 and self._open:
            self.box.setEditText("")
        self._quiet = False

    def value(self) -> Any:
        if self._open:
            text = self.box.currentText().strip()
            place = self.box.findText(text, Qt.MatchFlag.MatchExactly)
            return self.box.itemData(place) if place >= 0 else text
        return self.box.currentData()

    def fault(self) -> str:
        if self._open and not self.box.currentText().strip():
            return QCoreApplication.translate("Configuration", "Choose a value.")
        return ""

    def _typed(self) -> None:
        if not self._quiet:
            self.edited.emit()


class FlagEditor(Editor):
    """Yes or no."""

    def __init__(self, name: str, title: str, words: str) -> None:
        super().__init__()
        self.box = named(QCheckBox(words), f"setting.{name}", title)
        self.box.clicked.connect(self.edited)
        self._hold(self.box)

    def show_value(self, value: Any) -> None:
        self.box.setChecked(bool(value))

    def value(self) -> bool:
        return self.box.isChecked()
