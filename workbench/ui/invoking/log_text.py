"""The log of an invocation as text: without what each line repeats, and copied with it."""

import re

from PySide6.QtCore import QEvent, QMimeData
from PySide6.QtGui import QContextMenuEvent, QHelpEvent
from PySide6.QtWidgets import QToolTip

from workbench.core.settings import Settings
from workbench.logs.parse import folded
from workbench.ui.invoking.trace_text import TraceText
from workbench.ui.kit.text import tool_tip
from workbench.ui.logs.looks import LogLooks
from workbench.ui.theme import Theme

_TAB_CHARACTERS = 4
_MOST_CHARACTERS = 400_000  # of what grows without end
_BREAKS = re.compile("\r\n|[\r\u2029\ufdd0\ufdd1]")  # where else Qt begins a line


class LogText(TraceText):
    """Leaves out the time and the request ID with which lines begin; they are shown on hover or on demand."""

    def __init__(self, object_name: str, accessible_name: str, theme: Theme, settings: Settings) -> None:
        super().__init__(object_name, accessible_name, theme)
        self._lines: list[str] = [""]  # as they were logged
        self.setTabStopDistance(_TAB_CHARACTERS * self.fontMetrics().horizontalAdvance(" "))
        self.looks = LogLooks(settings, self)
        self.looks.changed.connect(self._show_looks)
        self._show_looks()

    @property
    def logged(self) -> str:
        """The whole text, as it was logged."""
        return "\n".join(self._lines)

    def show_text(self, text: str) -> None:
        self.looks.read()
        self._lines = _BREAKS.sub("\n", text).split("\n")
        super().show_text("\n".join(map(self._shown, self._lines)))

    def add_text(self, text: str) -> None:
        """Adds lines; a line that was begun before is not looked at again."""
        if sum(map(len, self._lines)) + len(text) > _MOST_CHARACTERS:
            self.show_text((self.logged + text)[-_MOST_CHARACTERS // 2 :])
            return
        first, *rest = _BREAKS.sub("\n", text).split("\n")
        begun = self._lines[-1]
        self._lines[-1] += first
        self._lines += rest
        shown = [first if begun else self._shown(first), *map(self._shown, rest)]
        super().add_text("\n".join(shown))

    def createMimeDataFromSelection(self) -> QMimeData:
        """What is selected, with what is left out within it."""
        cursor = self.textCursor()
        block = self.document().findBlock(cursor.selectionStart())
        texts: list[str] = []
        while block.isValid() and block.position() <= cursor.selectionEnd():
            begin = max(0, cursor.selectionStart() - block.position())
            end = min(block.length() - 1, cursor.selectionEnd() - block.position())
            shown = block.text().encode("utf-16-le", "surrogatepass")  # Qt counts in its units
            at, left_out = self._left_out(block.blockNumber())
            if not begin <= at <= end:
                at, left_out = begin, ""
            before, after = shown[2 * begin : 2 * at], shown[2 * at : 2 * end]
            texts.append(left_out.join(each.decode("utf-16-le", "replace") for each in (before, after)))
            block = block.next()
        data = QMimeData()
        data.setText("\n".join(texts))
        return data

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.createStandardContextMenu()
        menu.setObjectName("logMenu")
        menu.addSeparator()
        menu.addActions(self.looks.actions)
        menu.popup(event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            _at, left_out = self._left_out(self.cursorForPosition(event.pos()).blockNumber())
            QToolTip.showText(event.globalPos(), tool_tip(left_out.strip()), self.viewport())
            return True
        return super().viewportEvent(event)

    def _left_out(self, line: int) -> tuple[int, str]:
        """Where something of a line is left out, and what; nothing while all is shown."""
        if self.looks.request_ids.isChecked() or line >= len(self._lines):
            return 0, ""
        begin, end = folded(self._lines[line])
        return begin, self._lines[line][begin:end]

    def _shown(self, line: str) -> str:
        if self.looks.request_ids.isChecked():
            return line
        begin, end = folded(line)
        return line[:begin] + line[end:]

    def _show_looks(self) -> None:
        self.set_wraps(self.looks.wrap.isChecked())
        self.show_text(self.logged)
