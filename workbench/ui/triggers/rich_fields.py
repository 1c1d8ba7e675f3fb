"""Fields of parameters that hold more than a line says: several choices, JSON, a moment."""

import json
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QPlainTextEdit, QVBoxLayout

from workbench.core.messages import _
from workbench.triggers.parameter import Parameter
from workbench.ui.kit.fields import Editor
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.theme import monospace

_ROW_HEIGHT, _MAX_ROWS, _TEXT_HEIGHT, _MOMENT_WIDTH = 24, 6, 96, 170
_MOMENT = "%Y-%m-%d %H:%M"


class ChoicesField(Editor):
    """Some of many: ticks in a list, and a line for others where AWS may know more."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self._parameter = parameter
        self.list = named(QListWidget(), f"setting.{parameter.name}", parameter.label)
        for choice in parameter.choices:
            self._add(choice)
        rows = min(max(2, self.list.count()), _MAX_ROWS)
        self.list.setFixedHeight(rows * scaled(_ROW_HEIGHT) + 10)
        self.more = named(QLineEdit(), f"setting.{parameter.name}.more", parameter.label)
        self.more.setPlaceholderText(_("Other values, separated by commas"))
        self.more.setVisible(parameter.is_open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.list)
        column.addWidget(self.more)
        self.setFocusProxy(self.list)
        self._quiet = False
        self.list.itemChanged.connect(self._changed)
        self.more.textEdited.connect(self.edited)

    def show_value(self, value: Any) -> None:
        usual = self._parameter.default if value is None and self._parameter.required else None
        wanted = [str(each) for each in value or (usual if isinstance(usual, tuple) else ())]
        self._quiet = True
        known = {self.list.item(row).text() for row in range(self.list.count())}
        for choice in wanted:
            if choice not in known:
                self._add(choice)
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setCheckState(_check(checked=item.text() in wanted))
        self._quiet = False

    def value(self) -> tuple[str, ...] | None:
        items = (self.list.item(row) for row in range(self.list.count()))
        ticked = [item.text() for item in items if item.checkState() is Qt.CheckState.Checked]
        typed = [part.strip() for part in self.more.text().split(",") if part.strip()]
        return tuple(dict.fromkeys((*ticked, *typed))) or None

    def fault(self) -> str:
        if self._parameter.required and self.value() is None:
            return _("Choose at least one.")
        return ""

    def _add(self, choice: str) -> None:
        item = QListWidgetItem(choice, self.list)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Unchecked)

    def _changed(self) -> None:
        if not self._quiet:
            self.edited.emit()


class JsonField(Editor):
    """A JSON document, checked while it is typed."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self._parameter = parameter
        self.text = named(QPlainTextEdit(), f"setting.{parameter.name}", parameter.label)
        self.text.setFont(monospace())
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(scaled(_TEXT_HEIGHT))
        self._quiet = False
        self.text.textChanged.connect(self._typed)
        self._hold(self.text)

    def show_value(self, value: Any) -> None:
        self._quiet = True
        text = value if isinstance(value, str) else json.dumps(value) if value else ""
        if self.text.toPlainText() != text:
            self.text.setPlainText(text)
        self._quiet = False

    def value(self) -> str | None:
        return self.text.toPlainText().strip() or None

    def fault(self) -> str:
        text = self.value()
        if text is None:
            words = _("A JSON document is required.")
            return words if self._parameter.required else ""
        return json_fault(text) or length_fault(self._parameter, text)

    def _typed(self) -> None:
        if not self._quiet:
            self.edited.emit()


class MomentField(Editor):
    """A moment in UTC."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self._parameter = parameter
        self.line = named(QLineEdit(), f"setting.{parameter.name}", f"{parameter.label} (UTC)")
        self.line.setPlaceholderText("2026-01-31 09:30")
        self.line.setFixedWidth(scaled(_MOMENT_WIDTH))
        self.line.textEdited.connect(self.edited)
        self._hold(self.line, named(PlainLabel("UTC"), f"unit.{parameter.name}", role="muted"), stretch=False)

    def show_value(self, value: Any) -> None:
        text = value.astimezone(UTC).strftime(_MOMENT) if isinstance(value, datetime) else str(value or "")
        if self.line.text() != text:
            self.line.setText(text)

    def value(self) -> datetime | None:
        text = self.line.text().strip().replace("T", " ")
        return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC) if text else None

    def fault(self) -> str:
        try:
            missing = self.value() is None and self._parameter.required
        except ValueError:
            missing = True
        words = _("Enter a time in UTC, such as 2026-01-31 09:30.")
        return words if missing else ""


def json_fault(text: str) -> str:
    """Where a text stops being JSON; empty for JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        words = _("Invalid JSON: line {lineno}, column {colno}: {msg}.")
        return words.format(lineno=str(error.lineno), colno=str(error.colno), msg=error.msg)
    except (RecursionError, ValueError):
        return _("The JSON is nested too deeply.")
    return ""


def length_fault(parameter: Parameter, text: str) -> str:
    """What is wrong with a text's length."""
    maximum = parameter.maximum
    if maximum is None or len(text) <= maximum:
        return ""
    words = _("{count} characters; the maximum is {maximum}.")
    return words.format(count=f"{len(text):,}", maximum=f"{maximum:,}")


def _check(*, checked: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked
