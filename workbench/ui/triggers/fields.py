"""The field of each kind of parameter. A field that holds nothing is not sent: AWS's default applies then."""

from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QLineEdit,
)

from workbench.aws.quotas import TextLimit
from workbench.triggers.parameter import Entry, Parameter
from workbench.ui.configuring.choices import ChoiceEditor, FlagEditor
from workbench.ui.configuring.editors import Editor, TextEditor
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_NUMBER_WIDTH = 110


class NumberField(Editor):
    """A number, or one of the few outside the range that mean something: those are ticks beside it."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self._parameter = parameter
        unit = parameter.unit
        title = f"{parameter.label} ({unit})" if unit else parameter.label
        self.line = named(QLineEdit(), f"setting.{parameter.name}", title)
        self.line.setFixedWidth(scaled(_NUMBER_WIDTH))
        if isinstance(parameter.default, int) and parameter.default not in dict(parameter.also):
            self.line.setPlaceholderText(f"{parameter.default:,}")
        self.ticks = {number: QCheckBox(words) for number, words in parameter.also}
        unit_label = named(PlainLabel(unit), f"unit.{parameter.name}", role="muted")
        self._hold(self.line, unit_label, *self.ticks.values(), stretch=False)
        for number, tick in self.ticks.items():
            named(tick, f"setting.{parameter.name}.{number}", f"{parameter.label}: {tick.text()}")
            tick.clicked.connect(lambda on, number=number: self._ticked(number, on=on))
        self.line.textEdited.connect(self._typed)

    def show_value(self, value: Any) -> None:
        for number, tick in self.ticks.items():
            tick.setChecked(value == number)
        text = "" if value is None or value in self.ticks else f"{value}"
        if self.line.text() != text:
            self.line.setText(text)
        self._switch()

    def value(self) -> int | None:
        for number, tick in self.ticks.items():
            if tick.isChecked():
                return number
        text = self.line.text().strip()
        return int(text) if text else None

    def fault(self) -> str:
        text = self.line.text().strip()
        if any(tick.isChecked() for tick in self.ticks.values()):
            return ""
        if not text:
            needed = self._parameter.required and self._parameter.default is None
            return QCoreApplication.translate("Triggers", "A number is required.") if needed else ""
        # int() also takes "1_000" and digits of other scripts, which nobody means here.
        digits = text.removeprefix("-")
        number = int(text) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
        least, most = self._parameter.minimum, self._parameter.maximum
        if number in self.ticks:
            return ""
        if number is not None and (least is None or number >= least) and (most is None or number <= most):
            return ""
        return range_words(self._parameter)

    def _ticked(self, number: int, *, on: bool) -> None:
        for other, tick in self.ticks.items():
            if on and other != number:
                tick.setChecked(False)
        self._switch()
        self.edited.emit()

    def _typed(self) -> None:
        for tick in self.ticks.values():
            tick.setChecked(False)
        self.edited.emit()

    def _switch(self) -> None:
        self.line.setEnabled(not any(tick.isChecked() for tick in self.ticks.values()))


class LineField(TextEditor):
    """A text on one line; the field is empty for what is not set."""

    def __init__(self, parameter: Parameter) -> None:
        limit = TextLimit(parameter.minimum or 0, parameter.maximum, parameter.pattern)
        default = parameter.default if isinstance(parameter.default, str) else ""
        needed = parameter.required and not default
        super().__init__(
            parameter.name,
            parameter.label,
            limit,
            _form_words(parameter),
            optional=not needed,
            placeholder=default,
        )
        self._needed = needed

    def show_value(self, value: Any) -> None:
        super().show_value("" if value is None else value)

    def value(self) -> str | None:  # type: ignore[override]  # nothing is not an empty text
        return self.line.text().strip() or None

    def fault(self) -> str:
        if not self.line.text().strip():
            return QCoreApplication.translate("Triggers", "A value is required.") if self._needed else ""
        return super().fault()


class ChoiceField(ChoiceEditor):
    """One of some values, or AWS's default."""

    def __init__(self, parameter: Parameter) -> None:
        choices: list[tuple[Any, str]] = [(choice, choice) for choice in parameter.choices]
        default = parameter.default
        if parameter.is_open:
            pass
        elif not parameter.required:
            words = QCoreApplication.translate("Triggers", "AWS default (%1)")
            none = QCoreApplication.translate("Triggers", "Not set")
            choices.insert(0, (None, words.replace("%1", str(default)) if default else none))
        elif default is None:
            choices.insert(0, (None, QCoreApplication.translate("Triggers", "Choose…")))
        super().__init__(parameter.name, parameter.label, choices, open_ended=parameter.is_open)
        self._parameter = parameter
        if (line := self.box.lineEdit()) is not None and default:
            line.setPlaceholderText(str(default))

    def show_value(self, value: Any) -> None:
        if value is None and self._parameter.required:
            value = self._parameter.default
        super().show_value(value)

    def value(self) -> Any:
        return super().value() or None

    def fault(self) -> str:
        if self._parameter.required and self.value() is None:
            return QCoreApplication.translate("Triggers", "Choose a value.")
        return ""


class FlagField(FlagEditor):
    """Yes or no; what is AWS's default is not sent."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter.name, parameter.label, "")
        self._default = bool(parameter.default)
        self._shown: Any = None

    def show_value(self, value: Any) -> None:
        self._shown = value
        super().show_value(self._default if value is None else value)

    def value(self) -> bool | None:  # type: ignore[override]  # nothing is not a no
        on = super().value()
        return None if self._shown is None and on == self._default else on


def range_words(parameter: Parameter) -> str:
    """Which numbers a parameter takes."""
    translate, least, most = QCoreApplication.translate, parameter.minimum, parameter.maximum
    if least is None and most is None:
        words = translate("Triggers", "Enter a whole number.")
    elif most is None:
        words = translate("Triggers", "Enter a whole number of at least %1.")
    elif least is None:
        words = translate("Triggers", "Enter a whole number of at most %2.")
    else:
        words = translate("Triggers", "Enter a whole number from %1 to %2.")
    return words.replace("%1", f"{least:,}" if least is not None else "").replace(
        "%2", f"{most:,}" if most is not None else ""
    )


def _form_words(parameter: Parameter) -> str:
    translate = QCoreApplication.translate
    if parameter.entry is Entry.ARN:
        return translate("Triggers", "This ARN is not valid here.")
    if parameter.help:
        return translate("Triggers", "This value is not valid. %1").replace("%1", parameter.help)
    return translate("Triggers", "This text is not valid.")
