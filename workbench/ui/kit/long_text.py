"""A text of any size to read and copy from, laid out a piece at a time so that the window lives on."""

import re

from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from workbench.ui.kit.text import BIDI, named
from workbench.ui.kit.theme import monospace

_TURN_MS, _PIECE = 8, 1_000  # characters; 15 ms for what is slowest to lay out
_MOST_ADDED = 200_000
_LINE_CHARACTERS = 2_000  # 30 ms for what is slowest: a line is laid out at once
_LONG_LINE = re.compile(f"([^\n]{{{_LINE_CHARACTERS}}})[^\n]+")


def _laid_out(text: str) -> str:
    """A text whose characters stay in their order, each in one place: a caller finds them by number."""
    return _LONG_LINE.sub(r"\1…", BIDI.sub("\ufffd", text.replace("\0", "␀")))


class LongText(QPlainTextEdit):
    """Read-only, of fixed width. A line that is too long to be laid out at once ends with "…"."""

    def __init__(self, object_name: str, accessible_name: str) -> None:
        super().__init__()
        named(self, object_name, accessible_name)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFont(monospace())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text = ""
        self._waiting = ""
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._write_some)

    def set_wraps(self, wraps: bool) -> None:
        """Says whether lines that are wider than the view wrap. The text goes: show it again."""
        mode = self.LineWrapMode.WidgetWidth if wraps else self.LineWrapMode.NoWrap
        if mode != self.lineWrapMode():
            LongText.show_text(self, "")  # to lay a long text out anew would stall the window
            self.setLineWrapMode(mode)

    def show_text(self, text: str) -> None:
        """Shows a text. If it only adds to the one before, what is selected and in view stays as it is."""
        text = _laid_out(text)
        if not text.startswith(self._text):
            self.clear()
            self._text = self._waiting = ""
        self._waiting += text[len(self._text) :]
        self._text = text
        self._write_some()

    def add_text(self, text: str) -> None:
        """Adds to what is shown; of what grows without end the last part stays."""
        text = _laid_out(text)
        if len(self._text) + len(text) > 2 * _MOST_ADDED:
            self.show_text((self._text + text)[-_MOST_ADDED:])
            return
        self._text += text
        self._waiting += text
        self._write_some()

    def _write_some(self) -> None:
        begun = QElapsedTimer()
        begun.start()
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        while self._waiting and begun.elapsed() < _TURN_MS:
            cursor.insertText(self._waiting[:_PIECE])
            self._waiting = self._waiting[_PIECE:]
        if self._waiting:
            self._turn.start()
        else:
            self._turn.stop()
