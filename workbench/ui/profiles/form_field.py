"""One field of a form: something to write or choose in, and below it what is wrong."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QVBoxLayout, QWidget

from workbench.profiles.draft import FieldSpec
from workbench.ui.kit.text import tool_tip
from workbench.ui.named import named
from workbench.ui.sign_in.form import text_label

_MOST_SUGGESTED = 5_000


class FormField(QWidget):
    """A line to write in with suggestions, or a list when only its values are possible.

    Args:
        spec: What it is for.
        label: What a person calls it.
        value: What stands in it at first.
        choices: Suggestions, or with `spec.choices` the only values.
        kept: A secret that stays as it is when nothing is entered.
    """

    changed = Signal()
    left = Signal()

    def __init__(
        self, spec: FieldSpec, label: str, value: str, choices: Sequence[str], *, kept: bool = False
    ) -> None:
        super().__init__()
        self.option = spec.option
        self.error = ""
        self._line: QLineEdit | None = None
        self._box: QComboBox | None = None
        self._hint = spec.hint
        if spec.choices:
            self._box = QComboBox()
            self._box.addItem("", "")
            for choice in spec.choices:
                self._box.addItem(choice, choice)
            if value and value not in spec.choices:
                self._box.addItem(value, value)  # a wrong one that stands in the file
            self._box.currentIndexChanged.connect(lambda _index: self.changed.emit())
            self.editor: QWidget = self._box
        else:
            self._line = QLineEdit()
            if spec.secret:
                self._line.setEchoMode(QLineEdit.EchoMode.Password)
            self._line.setPlaceholderText(self.tr("Unchanged") if kept else spec.hint)
            self._line.setToolTip(tool_tip(spec.hint))
            if 0 < len(choices) <= _MOST_SUGGESTED:
                completer = QCompleter(list(choices), self._line)
                completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
                completer.setFilterMode(Qt.MatchFlag.MatchContains)
                self._line.setCompleter(completer)
            self._line.textChanged.connect(lambda _text: self.changed.emit())
            self._line.editingFinished.connect(self.left)
            self.editor = self._line
        named(self.editor, f"field.{spec.option}", label)
        self._said = text_label(f"said.{spec.option}", "", "danger")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.editor)
        column.addWidget(self._said)
        self.set_value(value)
        self.show_error("")

    @property
    def line_height(self) -> int:
        """How high the line itself is, for the label beside it."""
        return self.editor.sizeHint().height()

    @property
    def value(self) -> str:
        """What stands in it, without blanks around."""
        if self._box is not None:
            return str(self._box.currentData())
        assert self._line is not None
        return self._line.text().strip()

    def set_value(self, value: str) -> None:
        """Puts something into it."""
        if self._box is not None:
            self._box.setCurrentIndex(max(0, self._box.findData(value)))
        elif self._line is not None and value != self._line.text():
            self._line.setText(value)
            self._line.setCursorPosition(0)

    def focus(self) -> None:
        """The next key goes here."""
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_error(self, text: str) -> None:
        """Says what is wrong, or with an empty text nothing."""
        self.error = text
        self._said.setText(text)
        self._said.setVisible(bool(text))
        self.editor.setAccessibleDescription(text or self._hint)
