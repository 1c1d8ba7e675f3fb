"""The field of the form for several texts, one a line."""

from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QPlainTextEdit

from workbench.aws.quotas import TextLimit
from workbench.ui.configuring.editors import Editor
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_LIST_HEIGHT = 76


class LinesEditor(Editor):
    """Several texts, one a line, in their order.

    Args:
        name: Of the setting.
        title: What they are called.
        limit: The model's limits for one.
        most: How many there may be; 0 for any number.
        placeholder: What none means.
        wrong: Said of one that has not the right form, with %1 for it.
    """

    def __init__(
        self,
        name: str,
        title: str,
        limit: TextLimit | None,
        most: int = 0,
        placeholder: str = "",
        wrong: str = "",
    ) -> None:
        super().__init__()
        self._limit, self._most, self._wrong = limit, most, wrong
        self._shown: tuple[str, ...] = ()
        self.text = named(QPlainTextEdit(), f"setting.{name}", title)
        self.text.setPlaceholderText(placeholder)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFixedHeight(scaled(_LIST_HEIGHT))
        self._quiet = False
        self.text.textChanged.connect(self._typed)
        self._hold(self.text)

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        if self.value() == self._shown:
            return  # nor does the cursor leave who is typing
        self._quiet = True
        self.text.setPlainText("\n".join(self._shown))
        self._quiet = False

    def value(self) -> tuple[str, ...]:
        lines = (line.strip() for line in self.text.toPlainText().splitlines())
        return tuple(line for line in lines if line)

    def fault(self) -> str:
        lines = self.value()
        translate = QCoreApplication.translate
        if self._most and len(lines) > self._most:
            words = translate("Configuration", "%1 values; the maximum is %2.")
            return words.replace("%1", str(len(lines))).replace("%2", str(self._most))
        if self._limit is None:
            return ""
        for number, line in enumerate(lines):
            if line in lines[:number]:
                return translate("Configuration", "%1 is listed twice.").replace("%1", line)
            if line not in self._shown and not self._limit.accepts(line):
                return self._wrong.replace("%1", line[:60])
        return ""

    def _typed(self) -> None:
        if not self._quiet:
            self.edited.emit()
