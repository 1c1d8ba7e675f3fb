"""One setting of the form: its name, its field, and what is to be said of it below."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.configuring.draft import Draft
from workbench.ui.configuring.editors import Editor
from workbench.ui.kit.text import PlainLabel
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.sign_in.form import text_label

_LABEL_WIDTH = 190


class SettingRow(QWidget):
    """Binds a field to the draft. A changed setting is marked; an unknown one cannot be changed.

    Args:
        name: Of the setting.
        title: What it is called.
        editor: Its field.
        draft: What is being changed.
        wide: Whether the field takes the whole width, below the name.
        hint: Said below as long as nothing else is.
    """

    def __init__(
        self, name: str, title: str, editor: Editor, draft: Draft, *, wide: bool = False, hint: str = ""
    ) -> None:
        super().__init__()
        self.name, self.editor = name, editor
        self._title, self._draft, self._hint = title, draft, hint
        self.setObjectName(f"row.{name}")
        self.label = named(PlainLabel(title), f"label.{name}")
        self.label.setBuddy(editor.focusProxy() or editor)
        self.label.setWordWrap(True)
        self.message = text_label(f"message.{name}", "", "muted")
        self.message.setVisible(False)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(editor)
        right.addWidget(self.message)
        if wide:
            column = QVBoxLayout(self)
            column.setSpacing(6)
            column.addWidget(self.label)
            column.addLayout(right)
            layout: QVBoxLayout | QHBoxLayout = column
        else:
            self.label.setFixedWidth(scaled(_LABEL_WIDTH))
            row = QHBoxLayout(self)
            row.setSpacing(12)
            row.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
            row.addLayout(right, 1)
            self.label.setMinimumHeight(editor.sizeHint().height() if editor.sizeHint().height() < 40 else 28)
            layout = row
        layout.setContentsMargins(0, 0, 0, 0)
        self._locked = False
        editor.edited.connect(self._edited)

    def refill(self) -> None:
        """Shows what is wanted now."""
        if not self._draft.is_faulty(self.name):  # what is typed there is nowhere else
            self.editor.show_value(getattr(self._draft.wanted, self.name))
        self.mark()

    def lock(self, *, locked: bool) -> None:
        """Keeps the field from being changed."""
        self._locked = locked
        self.mark()

    def mark(self) -> None:
        """Says whether it is changed, what is wrong, or why it cannot be changed."""
        unread = self._draft.unread(self.name)
        self.editor.setEnabled(not unread and not self._locked)
        is_changed = self._draft.is_changed(self.name)
        text = f"{self._title} ●" if is_changed else self._title
        if text != self.label.text():
            self.label.setText(text)
            self.label.setProperty("role", "heading" if is_changed else "")
            self.label.style().unpolish(self.label)
            self.label.style().polish(self.label)
        fault = self._draft.faults.get(self.name, "")
        warning = "" if fault or unread else self.editor.warning()
        note = self._draft.note(self.name)
        words = fault or unread or warning or "\n".join(filter(None, (note, self._hint)))
        self._say(words, "danger" if fault else "warning" if warning else "muted")

    def _edited(self) -> None:
        fault = self.editor.fault()
        self._draft.set(self.name, None if fault else self.editor.value(), fault)

    def _say(self, words: str, role: str) -> None:
        if words != self.message.text() or role != self.message.property("role"):
            self.message.setText(words)
            self.message.setAccessibleName(words)
            self.message.setProperty("role", role)
            self.message.style().unpolish(self.message)
            self.message.style().polish(self.message)
            target: QObject | None = self.editor.focusProxy()
            if isinstance(target, QWidget):
                target.setAccessibleDescription(words)
        self.message.setVisible(bool(words))
