"""The field of filter patterns: a list, and an editor with a tester for each."""

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QPushButton, QVBoxLayout

from workbench.core.paths import resources_dir
from workbench.triggers import filters
from workbench.triggers.filters import SAMPLE_FILES, compared_record
from workbench.triggers.model import SourceKind
from workbench.triggers.parameter import Parameter
from workbench.ui.configuring.editors import Editor
from workbench.ui.kit.empty_message import EmptyMessage
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.triggers.filter_dialog import FilterDialog
from workbench.ui.triggers.rich_fields import JsonField

_HEIGHT = 84


def sample_event(kind: SourceKind) -> str:
    """What such a source sends, as a pattern is compared with it; JSON to begin trying with."""
    file = SAMPLE_FILES.get(kind)
    text = (resources_dir() / "events" / file).read_text("utf-8") if file else "{}"
    return json.dumps(compared_record(kind, text), indent=2, ensure_ascii=False)


class FiltersField(Editor):
    """Patterns, of which one must match.

    Args:
        parameter: Which.
        sample: An event of the source.
    """

    def __init__(self, parameter: Parameter, sample: Callable[[], str]) -> None:
        super().__init__()
        self._parameter, self._sample = parameter, sample
        translate = QCoreApplication.translate
        self.list = named(QListWidget(), f"setting.{parameter.name}", parameter.label)
        EmptyMessage(self.list, translate("Triggers", "No filter: every record is sent to the function."))
        self.list.setFixedHeight(scaled(_HEIGHT))
        self.add = self._button("add", translate("Triggers", "Add…"))
        self.edit = self._button("edit", translate("Triggers", "Edit…"))
        self.remove = self._button("remove", translate("Triggers", "Remove"))
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
        self.list.itemActivated.connect(lambda _: self._open(self.list.currentRow()))
        self.list.currentRowChanged.connect(lambda _: self._switch())
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
        words = QCoreApplication.translate("Triggers", "Test…")
        self.tester = _plain_button(f"tester.{parameter.name}", words)
        self.tester.setToolTip(QCoreApplication.translate("Triggers", "Test the pattern with a sample event"))
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
