"""Log lines as text that can be read, searched and copied.

Owns: how a line looks. Must not know: which lines are shown, and why.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from workbench.logs.parse import Kind, Level, LogLine
from workbench.ui.named import named
from workbench.ui.theme import Theme, monospace

MAX_LINES = 10_000
_LINES_A_TURN = 150  # about 20 ms
_LINE_CHARACTERS = 20_000
_BREAKS = re.compile("\r\n|[\n\r\v\f\u2029]")  # Qt would begin another paragraph at each


class LogText(QPlainTextEdit):
    """The lines, newest last; follows the end while the reader is there.

    Lines are laid out some hundred at a time, between which the window lives on.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        named(self, "logText", self.tr("Log lines"))
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setMaximumBlockCount(MAX_LINES)
        self.setFont(monospace())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._theme = theme
        self._lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._waiting: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._write_some)
        theme.changed.connect(self._repaint)

    def show_lines(self, lines: Sequence[LogLine]) -> None:
        """Replaces all lines."""
        self.clear()
        self._lines.clear()
        self._waiting.clear()
        self.add_lines(lines)

    def add_lines(self, lines: Iterable[LogLine]) -> None:
        """Adds lines at the end; the oldest go when there are too many."""
        added = list(lines)
        self._lines.extend(added)
        self._waiting.extend(added)
        if self._waiting:
            self._write_some()
        else:
            self._turn.stop()

    def _repaint(self) -> None:
        self.show_lines(list(self._lines))

    def _write_some(self) -> None:
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 1
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        first = self.document().isEmpty()
        for _ in range(min(_LINES_A_TURN, len(self._waiting))):
            line = self._waiting.popleft()
            if not first:
                cursor.insertBlock()
            first = False
            cursor.insertText(f"{_clock_time(line)}  ", self._format(self._theme.colors.muted))
            cursor.insertText(_shown(line.message), self._format(self._color(line)))
        cursor.endEditBlock()
        if at_end:
            bar.setValue(bar.maximum())
        if self._waiting:
            self._turn.start()
        else:
            self._turn.stop()

    def _color(self, line: LogLine) -> str:
        colors = self._theme.colors
        if line.level.is_error:
            return colors.danger
        if line.level is Level.WARN:
            return colors.warning
        return colors.text if line.kind is Kind.OTHER else colors.muted

    def _format(self, color: str) -> QTextCharFormat:
        text_format = QTextCharFormat()
        text_format.setForeground(QColor(color))
        return text_format


def _clock_time(line: LogLine) -> str:
    return line.time.astimezone().strftime("%H:%M:%S.%f")[:-3]


def _shown(message: str) -> str:
    """The message on the lines that it has, without what would disturb the view."""
    text = message[:_LINE_CHARACTERS] + ("…" if len(message) > _LINE_CHARACTERS else "")
    return _BREAKS.sub("\u2028", text.replace("\t", "  ").replace("\0", "␀"))
