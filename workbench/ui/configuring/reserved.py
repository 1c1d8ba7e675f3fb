"""Reserved concurrency: none, which shares the account's, or a number of its own."""

from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QCheckBox, QLineEdit

from workbench.ui.configuring.editors import Editor
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_NUMBER_WIDTH, _USUAL = 110, "10"


class ReservedEditor(Editor):
    """A switch, and a number while it is on."""

    def __init__(self, title: str) -> None:
        super().__init__()
        words = QCoreApplication.translate("Configuration", "Reserve")
        self.switch = named(QCheckBox(words), "reserve.reserved_concurrency", f"{title}: {words}")
        self.line = named(QLineEdit(), "setting.reserved_concurrency", title)
        self.line.setFixedWidth(scaled(_NUMBER_WIDTH))
        self._hold(self.switch, self.line, stretch=False)
        self.switch.clicked.connect(self._switched)
        self.line.textEdited.connect(self.edited)

    def show_value(self, value: Any) -> None:
        self.switch.setChecked(value is not None)
        text = "" if value is None else str(value)
        if self.line.text() != text:
            self.line.setText(text)
        self.line.setEnabled(value is not None)

    def value(self) -> int | None:
        return int(self.line.text().strip()) if self.switch.isChecked() else None

    def fault(self) -> str:
        text = self.line.text().strip()
        if self.switch.isChecked() and not (text.isascii() and text.isdigit()):
            return QCoreApplication.translate("Configuration", "Enter a whole number of at least 0.")
        return ""

    def warning(self) -> str:
        if self.switch.isChecked() and self.line.text().strip() == "0":
            return QCoreApplication.translate(
                "Configuration",
                "0: all invocations are throttled. Messages of SQS queues are still received and can go to "
                "the dead-letter queue. Emergency Stop can disable the triggers too.",
            )
        return ""

    def _switched(self) -> None:
        on = self.switch.isChecked()
        self.line.setEnabled(on)
        if on and not self.line.text():
            self.line.setText(_USUAL)
            self.line.selectAll()
            self.line.setFocus()
        self.edited.emit()
