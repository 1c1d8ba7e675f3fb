"""Fields of parameters that hold more than a line: choices, JSON, moments, event patterns and filters."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.messages import _
from workbench.triggers import filters
from workbench.triggers.filters import Trial, try_pattern
from workbench.triggers.kinds import table
from workbench.triggers.model import SourceKind
from workbench.triggers.parameter import Parameter
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.empty import EmptyMessage
from workbench.ui.kit.fields import Editor
from workbench.ui.kit.text import PlainLabel, PlainLine, named, restyle, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import monospace

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
        self.more = named(PlainLine(), f"setting.{parameter.name}.more", parameter.label)
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
        self.line = named(PlainLine(), f"setting.{parameter.name}", f"{parameter.label} (UTC)")
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


_SIZE = QSize(880, 520)
_LIST_HEIGHT = 84
_PAUSE_MS = 150
_EXAMPLE = '{\n  "body": {\n    "kind": ["order"],\n    "price": [{"numeric": [">", 10]}]\n  }\n}'


class FilterDialog(Dialog):
    """Pattern at the left, sample event at the right, and below whether they match.

    Args:
        pattern: What it begins with; empty for a new one.
        sample: An event of the source, JSON.
        rules_title: What the pattern is called if it is a rule's or a topic's, which know more operators than
            event source mappings; empty for a mapping's.
        parent: What asked.

    Signals:
        agreed: The pattern.
    """

    agreed = Signal(str)

    def __init__(self, pattern: str, sample: str, parent: QWidget, *, rules_title: str = "") -> None:
        super().__init__("filterDialog", "", parent)
        self.set_title(rules_title or _("Filter Pattern"))
        self.setSizeGripEnabled(True)
        self._is_rule = bool(rules_title)
        self.pattern = self._text("filterPattern", _("Pattern"), _indented(pattern))
        self.pattern.setPlaceholderText(_EXAMPLE)
        self.sample = self._text("filterSample", _("Sample event"), sample)
        self.verdict = text_label("filterVerdict", "")
        both = named(QSplitter(Qt.Orientation.Horizontal), "filterHalves", role="framed")
        both.setChildrenCollapsible(False)
        for title, field, words in (
            (
                _("Pattern"),
                self.pattern,
                _("Each leaf is an array: any of its values can match. All leaves must match."),
            ),
            (
                _("Sample event"),
                self.sample,
                _("One record in the form that is compared. Edit it to test other records."),
            ),
        ):
            both.addWidget(self._half(title, field, words))
        self.content.addWidget(both, 1)
        self.content.addWidget(self.verdict)
        self.finish_layout(stretch=False)
        self.yes = self.add_button("filterYes", _("Use Pattern"), "primary")
        self.add_button("filterCancel", _("Cancel")).clicked.connect(self.reject)
        self.yes.clicked.connect(self._agree)
        self._wait = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._wait.timeout.connect(self.try_now)
        for text in (self.pattern, self.sample):
            text.textChanged.connect(self._wait.start)
        self.resize(_SIZE)
        self.try_now()
        self.pattern.setFocus()

    def resize_to_content(self) -> None:
        """Keeps its size: the texts take what room there is."""

    def try_now(self) -> None:
        """Says whether the sample comes through, and if not, where it fails."""
        text = self.pattern.toPlainText().strip()
        if not text:
            self._set_verdict(_("Without a pattern, all events match."), "muted", ready=False)
            return
        if problems := filters.problems(text):
            self._set_verdict("\n".join(problems), "danger", ready=False)
            return
        doubts = () if self._is_rule else filters.doubts(text)
        sample = self.sample.toPlainText()
        if fault := json_fault(sample):
            self._set_verdict(_("Sample event: {fault}").format(fault=fault), "warning", ready=True)
            return
        event = json.loads(sample)
        if not isinstance(event, dict):
            self._set_verdict(_("The sample event must be a JSON object."), "warning", ready=True)
            return
        try:
            trial = try_pattern(text, event)
        except WorkbenchError as error:
            self._set_verdict(str(error), "danger", ready=False)
            return
        words, role = self._verdict(trial)
        self._set_verdict("\n".join((words, *doubts)), role, ready=True)

    def _verdict(self, trial: Trial) -> tuple[str, str]:
        if trial.fits:
            return _("✓ The sample event matches."), "good"
        words = _("✗ The sample event does not match. It fails at: {names}")
        return words.format(names=", ".join(trial.failing)), "warning"

    def _set_verdict(self, words: str, role: str, *, ready: bool) -> None:
        self.verdict.setText(words)
        self.verdict.setAccessibleName(words)
        restyle(self.verdict, role=role)
        self.yes.setEnabled(ready)

    def _agree(self) -> None:
        self.try_now()
        if self.yes.isEnabled():
            compact = json.dumps(json.loads(self.pattern.toPlainText()), ensure_ascii=False)
            self.accept()
            self.agreed.emit(compact)

    def _text(self, name: str, title: str, text: str) -> QPlainTextEdit:
        field = named(QPlainTextEdit(text), name, title)
        field.setFont(monospace())
        field.setTabChangesFocus(True)
        return field

    def _half(self, title: str, field: QPlainTextEdit, words: str) -> QWidget:
        half = QWidget()
        column = QVBoxLayout(half)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = named(PlainLabel(title), f"{field.objectName()}Head", role="heading")
        head.setBuddy(field)
        column.addWidget(head)
        column.addWidget(field, 1)
        explanation = text_label(f"{field.objectName()}Words", words, "muted")
        explanation.setMinimumHeight(2 * explanation.fontMetrics().lineSpacing())  # both fields end together
        column.addWidget(explanation)
        return half


def _indented(pattern: str) -> str:
    try:
        return json.dumps(json.loads(pattern), indent=2, ensure_ascii=False)
    except ValueError:
        return pattern


def sample_event(kind: SourceKind) -> str:
    """What such a source sends, as a pattern is compared with it; JSON to begin trying with."""
    source = table.SOURCES[kind]
    file = resources_dir() / "events" / source.sample_event
    event = json.loads(file.read_text("utf-8")) if source.sample_event else {}
    return json.dumps(source.compared_record(event), indent=2, ensure_ascii=False)


class FiltersField(Editor):
    """Patterns, of which one must match.

    Args:
        parameter: Which.
        sample: An event of the source.
    """

    def __init__(self, parameter: Parameter, sample: Callable[[], str]) -> None:
        super().__init__()
        self._parameter, self._sample = parameter, sample
        self.list = named(QListWidget(), f"setting.{parameter.name}", parameter.label)
        EmptyMessage(self.list, _("No filter: every record is sent to the function."))
        self.list.setFixedHeight(scaled(_LIST_HEIGHT))
        self.add = self._button("add", _("Add…"))
        self.edit = self._button("edit", _("Edit…"))
        self.remove = self._button("remove", _("Remove"))
        side = QVBoxLayout()
        side.setSpacing(4)
        for button in (self.add, self.edit, self.remove):
            side.addWidget(button)
        self._hold(self.list)
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.addLayout(side)
        self.add.clicked.connect(lambda: self._open(-1))
        self.edit.clicked.connect(lambda: self._open(self.list.currentRow()))
        self.remove.clicked.connect(self._remove)
        self.list.itemActivated.connect(lambda __: self._open(self.list.currentRow()))
        self.list.currentRowChanged.connect(lambda __: self._switch())
        self._switch()

    def show_value(self, value: Any) -> None:
        self.list.clear()
        self.list.addItems([str(each) for each in value or ()])
        self._switch()

    def value(self) -> tuple[str, ...] | None:
        return tuple(self.list.item(row).text() for row in range(self.list.count())) or None

    def fault(self) -> str:
        for pattern in self.value() or ():
            if problems := filters.problems(pattern):
                return problems[0]
        return ""

    def _open(self, row: int) -> None:
        pattern = self.list.item(row).text() if row >= 0 else ""
        dialog = FilterDialog(pattern, self._sample(), self.window())
        dialog.agreed.connect(lambda text: self._take(row, text))
        dialog.open()

    def _take(self, row: int, pattern: str) -> None:
        if row >= 0:
            self.list.item(row).setText(pattern)
        else:
            self.list.addItem(pattern)
            self.list.setCurrentRow(self.list.count() - 1)
        self._switch()
        self.edited.emit()

    def _remove(self) -> None:
        self.list.takeItem(self.list.currentRow())
        self._switch()
        self.edited.emit()

    def _switch(self) -> None:
        for button in (self.edit, self.remove):
            button.setEnabled(self.list.currentRow() >= 0)

    def _button(self, name: str, text: str) -> QPushButton:
        return _plain_button(f"filters.{name}.{self._parameter.name}", text)


class PatternField(JsonField):
    """The event pattern of a rule, or the filter policy of a subscription: JSON, with a tester."""

    def __init__(self, parameter: Parameter, sample: Callable[[], str]) -> None:
        super().__init__(parameter)
        self._sample = sample
        words = _("Test…")
        self.tester = _plain_button(f"tester.{parameter.name}", words)
        self.tester.setToolTip(_("Test the pattern with a sample event"))
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self.tester)
        self.tester.clicked.connect(self._open)

    def _open(self) -> None:
        title = self._parameter.label
        dialog = FilterDialog(self.value() or "", self._sample(), self.window(), rules_title=title)
        dialog.agreed.connect(self._take)
        dialog.open()

    def _take(self, pattern: str) -> None:
        self.text.setPlainText(json.dumps(json.loads(pattern), indent=2, ensure_ascii=False))


def _plain_button(name: str, text: str) -> QPushButton:
    """Enter in the dialog does not press it."""
    button = named(QPushButton(text), name, text)
    button.setAutoDefault(False)
    return button
