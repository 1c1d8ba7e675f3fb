"""The fields of a test event: a line, a text of several lines, or one of some values."""

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit

from workbench.core.messages import _
from workbench.triggers.test_events import EventField
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.fields import Editor
from workbench.ui.kit.text import PlainLine, named
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import monospace

_MIN_TEXT_HEIGHT = 72
_MAX_WRAPPED_LINE, _MAX_LINE = 5_000, 50_000
"""In characters. Qt lays a line out at once, and takes 30 s for a wrapped line of 1 MB."""


class _Text(QPlainTextEdit):
    """A text whose long lines are not wrapped, and into which too long ones cannot be pasted.

    Signals:
        refused: Why something was not pasted.
    """

    refused = Signal(str)

    def insertFromMimeData(self, source: QMimeData) -> None:
        longest = _longest_line(source.text())
        if longest > _MAX_LINE:
            words = _(
                "Nothing was pasted: a line has {count} characters, and the maximum here is {most}. Break "
                "the line, for example by formatting the JSON."
            )
            self.refused.emit(words.format(count=f"{longest:,}", most=f"{_MAX_LINE:,}"))
            return
        self._fit(longest)
        super().insertFromMimeData(source)

    def show_text(self, text: str) -> None:
        """Shows a text in place of the one before."""
        self._fit(_longest_line(text))
        self.setPlainText(text)

    def _fit(self, longest: int) -> None:
        if longest > _MAX_WRAPPED_LINE:
            self.setLineWrapMode(self.LineWrapMode.NoWrap)


def _longest_line(text: str) -> int:
    return max(map(len, text.split("\n")))


class EventText(Editor):
    """A text of a test event, as its EventField describes it."""

    def __init__(self, field: EventField) -> None:
        super().__init__()
        self._field = field
        self._is_quiet = False
        self._refusal = ""
        name = f"eventField.{field.name}"
        self.box: QComboBox | QLineEdit | _Text
        if field.choices:
            self.box = named(CalmChoice(), name, field.label)
            self.box.addItems(list(field.choices))
            self.box.currentTextChanged.connect(self._type)
        elif field.is_line:
            self.box = named(PlainLine(), name, field.label)
            self.box.textChanged.connect(self._type)
        else:
            self.box = named(_Text(), name, field.label)
            self.box.refused.connect(self._refuse)
            self.box.setFont(monospace())
            self.box.setTabChangesFocus(True)
            self.box.setMinimumHeight(scaled(_MIN_TEXT_HEIGHT))
            self.box.textChanged.connect(self._type)
        self._hold(self.box, stretch=not field.choices)

    def show_value(self, value: str) -> None:
        if value == self.value():
            return  # the cursor stays where the user types
        self._is_quiet = True
        if isinstance(self.box, QComboBox):
            self.box.setCurrentText(value)
        elif isinstance(self.box, QLineEdit):
            self.box.setText(value)
            self.box.setCursorPosition(0)
        else:
            self.box.show_text(value)
        self._is_quiet = False

    def value(self) -> str:
        if isinstance(self.box, QComboBox):
            return self.box.currentText()
        return self.box.text() if isinstance(self.box, QLineEdit) else self.box.toPlainText()

    def fault(self) -> str:
        return self._field.fault(self.value())

    def warning(self) -> str:
        return self._refusal

    def _type(self) -> None:
        self._refusal = ""
        if not self._is_quiet:
            self.edited.emit()

    def _refuse(self, why: str) -> None:
        self._refusal = why
        self.edited.emit()
