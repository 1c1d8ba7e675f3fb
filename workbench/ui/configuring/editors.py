"""The plain fields of the form: texts and numbers, and what every field is.

Each holds one setting, says what is wrong with what it holds, and knows nothing of the others.
"""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from workbench.aws.quotas import NumberLimit, TextLimit
from workbench.ui.configuring.browsing import BrowseButton
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_NUMBER_WIDTH = 110


class Editor(QWidget):
    """A field for one setting.

    Signals:
        edited: A person has changed what it holds.
    """

    edited = Signal()

    def show_value(self, value: Any) -> None:
        """Shows a value, without saying that it was edited."""
        raise NotImplementedError

    def value(self) -> Any:
        """What it holds; only to be asked for when `fault` is empty."""
        raise NotImplementedError

    def fault(self) -> str:
        """What is wrong with what it holds, and what would be right; empty for nothing."""
        return ""

    def warning(self) -> str:
        """What a person should know of what it holds."""
        return ""

    def _hold(self, *widgets: QWidget, stretch: bool = True) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in widgets:
            row.addWidget(widget, int(stretch and widget is widgets[0]))
        if not stretch:
            row.addStretch(1)
        self.setFocusProxy(widgets[0])


def length_fault(text: str, limit: TextLimit | None, wrong: str) -> str:
    """What is wrong with a text: its length, or (`wrong`) its form."""
    if limit is None or limit.accepts(text):
        return ""
    if limit.max_length is not None and len(text) > limit.max_length:
        words = QCoreApplication.translate("Configuration", "%1 characters; the maximum is %2.")
        return words.replace("%1", f"{len(text):,}").replace("%2", f"{limit.max_length:,}")
    return wrong


class TextEditor(Editor):
    """A line of text.

    Args:
        name: Of the setting.
        title: What it is called.
        limit: The model's limits.
        wrong: Said when the text has not the right form.
        optional: Whether it may be empty.
        placeholder: What an empty field means.
        browse: Offers what there is to choose; its `picked` carries a text.
    """

    def __init__(
        self,
        name: str,
        title: str,
        limit: TextLimit | None,
        wrong: str = "",
        *,
        optional: bool = True,
        placeholder: str = "",
        browse: BrowseButton | None = None,
    ) -> None:
        super().__init__()
        self._limit, self._wrong, self._optional = limit, wrong, optional
        self.line = named(QLineEdit(), f"setting.{name}", title)
        self.line.setPlaceholderText(placeholder)
        self.line.textEdited.connect(self.edited)
        self._shown = ""
        if browse is None:
            self._hold(self.line)
        else:
            self._hold(self.line, browse)
            browse.picked.connect(self._take)

    def show_value(self, value: Any) -> None:
        self._shown = str(value)
        if self.line.text() != self._shown:  # or the cursor would leave who is typing
            self.line.setText(self._shown)
            self.line.setCursorPosition(0)

    def value(self) -> str:
        return self.line.text()

    def _take(self, text: str) -> None:
        self.line.setText(text)
        self.line.setCursorPosition(0)
        self.edited.emit()

    def fault(self) -> str:
        text = self.line.text()
        if text == self._shown:
            return ""  # AWS has it: whatever the model says of it
        if not text:
            return "" if self._optional else self._wrong
        return length_fault(text, self._limit, self._wrong)


class NumberEditor(Editor):
    """A whole number, or with `fraction` any; empty where it may be.

    Args:
        name: Of the setting.
        title: What it is called.
        limit: The range; None for any number that is not negative.
        unit: Said behind it.
        optional: Whether it may be empty, for None.
        fraction: The range of a number that need not be whole, in place of `limit`.
        warn: Says what a person should know of a value.
    """

    def __init__(
        self,
        name: str,
        title: str,
        limit: NumberLimit | None,
        unit: str = "",
        *,
        optional: bool = False,
        fraction: tuple[float, float] | None = None,
        warn: Callable[[int], str] | None = None,
    ) -> None:
        super().__init__()
        self._limit, self._optional, self._fraction, self._warn = limit, optional, fraction, warn
        self._shown = ""
        self.line = named(QLineEdit(), f"setting.{name}", f"{title} ({unit})" if unit else title)
        self.line.setFixedWidth(scaled(_NUMBER_WIDTH))
        self.line.textEdited.connect(self.edited)
        unit_label = named(PlainLabel(unit), f"unit.{name}", role="muted")
        self._hold(self.line, unit_label, stretch=False)

    def show_value(self, value: Any) -> None:
        self._shown = "" if value is None else f"{value}"
        if self.line.text() != self._shown:
            self.line.setText(self._shown)

    def value(self) -> Any:
        text = self.line.text().strip()
        if not text:
            return None
        return float(text) if self._fraction else int(text)

    def fault(self) -> str:
        text = self.line.text().strip()
        if (not text and self._optional) or (text and text == self._shown):
            return ""  # AWS has it: whatever the model says of it
        try:
            number = self.value()
        except ValueError:
            number = None
        least, most = self._range()
        # int() also takes "1_000", "+5" and digits of other scripts, which nobody means here.
        is_number = self._fraction is not None or (text.isascii() and text.isdigit())
        if is_number and number is not None and least <= number and (most is None or number <= most):
            return ""
        translate = QCoreApplication.translate
        if most is None:
            return translate("Configuration", "Enter a whole number of at least 0.")
        words = (
            translate("Configuration", "Enter a number from %1 to %2.")
            if self._fraction
            else translate("Configuration", "Enter a whole number from %1 to %2.")
        )
        return words.replace("%1", f"{least:,}").replace("%2", f"{most:,}")

    def warning(self) -> str:
        value = None if self.fault() else self.value()
        return self._warn(value) if self._warn and value is not None else ""

    def _range(self) -> tuple[float, float | None]:
        if self._fraction:
            return self._fraction
        return (self._limit.minimum, self._limit.maximum) if self._limit else (0, None)
