"""The field of filter patterns, and the editor of one, with a sample event to test it with."""

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.paths import resources_dir
from workbench.triggers import filters
from workbench.triggers.filters import Trial, try_pattern
from workbench.triggers.kinds import table
from workbench.triggers.model import SourceKind
from workbench.triggers.parameter import Parameter
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.kit.fields import Editor
from workbench.ui.kit.text import PlainLabel, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.theme import monospace
from workbench.ui.triggers.rich_fields import JsonField, json_fault

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
        both = QSplitter(Qt.Orientation.Horizontal)
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

    def fit(self) -> None:
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
        self.verdict.setProperty("role", role)
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)
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
        column.addWidget(text_label(f"{field.objectName()}Words", words, "muted"))
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
