"""Find and replace for the plain editor."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QTextCursor, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QToolButton, QWidget

from workbench.core.messages import _
from workbench.ui.kit.text import PlainLabel


class FindBar(QWidget):
    """A line below a text: what to find, what to put in its place.

    Enter finds the next match, Shift+Enter the previous one, Escape closes.
    """

    def __init__(self, text: QPlainTextEdit, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("editorFindBar")
        self._text = text
        self._wanted = self._field("editorFindText", _("Find"))
        self._replacement = self._field("editorReplaceText", _("Replace with"))
        self._wanted.returnPressed.connect(self.find_next)
        self._replacement.returnPressed.connect(self.replace)
        self._nothing = PlainLabel(_("0 matches"), self)
        self._nothing.setObjectName("editorFindNothing")
        self._nothing.hide()
        buttons = (
            self._button("editorFindPrevious", _("Previous"), self.find_previous),
            self._button("editorFindNext", _("Next"), self.find_next),
            self._button("editorReplace", _("Replace"), self.replace),
            self._button("editorReplaceAll", _("Replace all"), self.replace_all),
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        for widget in (self._wanted, self._nothing, *buttons[:2], self._replacement, *buttons[2:]):
            layout.addWidget(widget)
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self._close, context=context)
        QShortcut(QKeySequence("Shift+Return"), self, self.find_previous, context=context)
        self.hide()

    def _field(self, object_name: str, label: str) -> QLineEdit:
        field = QLineEdit(self)
        field.setObjectName(object_name)
        field.setAccessibleName(label)
        field.setPlaceholderText(label)
        return field

    def _button(self, object_name: str, label: str, clicked: Callable[[], object]) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(object_name)
        button.setText(label)
        button.clicked.connect(lambda: clicked())
        return button

    def open(self) -> None:
        """Shows the bar with the selected words, ready to type."""
        selected = self._text.textCursor().selectedText()
        if selected and "\u2029" not in selected:  # Qt's line end in a selection
            self._wanted.setText(selected)
        self.show()
        self._wanted.setFocus()
        self._wanted.selectAll()

    def _close(self) -> None:
        self.hide()
        self._text.setFocus()

    def find_next(self) -> bool:
        """Selects the next match, going on from the top at the end."""
        return self._find(QTextDocument.FindFlag(0), QTextCursor.MoveOperation.Start)

    def find_previous(self) -> bool:
        """Selects the previous match, going on from the end at the top."""
        return self._find(QTextDocument.FindFlag.FindBackward, QTextCursor.MoveOperation.End)

    def _find(self, flags: QTextDocument.FindFlag, restart: QTextCursor.MoveOperation) -> bool:
        wanted = self._wanted.text()
        found = bool(wanted) and self._text.find(wanted, flags)
        if wanted and not found:
            before = self._text.textCursor()
            self._text.moveCursor(restart)
            found = self._text.find(wanted, flags)
            if not found:
                self._text.setTextCursor(before)
        self._nothing.setVisible(bool(wanted) and not found)
        return found

    def replace(self) -> None:
        """Replaces the selected match, then selects the next."""
        cursor = self._text.textCursor()
        if self._text.isReadOnly():
            return
        if cursor.selectedText().casefold() == self._wanted.text().casefold() and cursor.hasSelection():
            cursor.insertText(self._replacement.text())
        self.find_next()

    def replace_all(self) -> None:
        """Replaces every match as one undoable step."""
        wanted = self._wanted.text()
        if self._text.isReadOnly() or not wanted:
            return
        document = self._text.document()
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        found = document.find(wanted, cursor)
        while not found.isNull():
            found.insertText(self._replacement.text())
            found = document.find(wanted, found)
        cursor.endEditBlock()
