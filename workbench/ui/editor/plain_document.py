"""One open document of the plain editor."""

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextDocumentLayout

from workbench.core.messages import _
from workbench.ui.editor.document import Document, Marker

_TELL_AFTER_MS = 250


_MOST_CHARACTERS = 1_000_000
_LONGEST_LINE = 20_000


def is_too_much(text: str) -> bool:
    """Whether Qt takes too long to lay a text out: it does so line by line, and all of a line at once."""
    if len(text) > _MOST_CHARACTERS:
        return True
    at = 0
    while len(text) - at > _LONGEST_LINE:
        end = text.rfind("\n", at, at + _LONGEST_LINE + 1)
        if end < 0:
            return True
        at = end + 1
    return False


def _instead() -> str:
    return _("This file is too large for the plain text editor. You can still search, compare and deploy it.")


class PlainDocument:
    """A text with its undo history, and how it was left: cursor, scroll position, markers.

    One that would stall the window for seconds is not shown; words are, in its place, and nobody can type.
    """

    def __init__(self, document: Document, parent: QObject) -> None:
        self.is_withheld = is_too_much(document.text)
        self.read_only = document.read_only or self.is_withheld
        self._saved_text = document.text if self.is_withheld else document.saved_text
        self.content = QTextDocument(parent)
        self.content.setDocumentLayout(QPlainTextDocumentLayout(self.content))
        self.content.setPlainText(_instead() if self.is_withheld else document.saved_text)
        self.content.setModified(False)
        if document.text != document.saved_text and not self.is_withheld:
            everything = QTextCursor(self.content)
            everything.select(QTextCursor.SelectionType.Document)
            everything.insertText(document.text)
        self.cursor = QTextCursor(self.content)
        self.scroll = 0
        self.markers: tuple[Marker, ...] = ()
        self.timer = QTimer(self.content, singleShot=True, interval=_TELL_AFTER_MS)

    @property
    def text(self) -> str:
        """The text as it is; Qt's own toPlainText would turn no-break spaces into spaces."""
        if not self.content.isModified():
            return self._saved_text  # Qt takes Unicode's paragraph separators for line ends
        return self.content.toRawText().replace("\u2029", "\n")

    def mark_saved(self) -> None:
        """The text as it is is on disk."""
        self._saved_text = self.text
        self.content.setModified(False)

    def range(self, line: int, column: int, end_line: int, end_column: int) -> QTextCursor:
        """A selection from one place to another, each moved into the text when it lies outside."""
        cursor = QTextCursor(self.content)
        cursor.setPosition(self._position(line, column))
        cursor.setPosition(self._position(end_line, end_column), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def marked(self, marker: Marker) -> QTextCursor:
        """What a marker underlines: its range, or the line when the range is empty (at the line's end)."""
        cursor = self.range(marker.line, marker.column, marker.end_line, marker.end_column)
        if not cursor.hasSelection():
            cursor.select(QTextCursor.SelectionType.LineUnderCursor)
        return cursor

    def _position(self, line: int, column: int) -> int:
        block = self.content.findBlockByNumber(line - 1)
        if not block.isValid():
            block = self.content.lastBlock() if line > 1 else self.content.firstBlock()
        return block.position() + min(max(column - 1, 0), block.length() - 1)
