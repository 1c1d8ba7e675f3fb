"""What the plain editor shows for a comparison: the differences as one text, lines marked + and -."""

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from workbench.code.text import unified
from workbench.core.messages import _

# Translucent, so that they are right on a light and on a dark ground.
_GROUNDS = {"+": QColor(46, 158, 91, 60), "-": QColor(229, 72, 77, 60), "@": QColor(59, 130, 246, 40)}


class PlainComparison(QPlainTextEdit):
    """Read-only."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("editorPlainComparison")
        self.setAccessibleName(_("Differences"))
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._paint = _Paint(self.document())
        self.hide()

    def show_differences(self, original: str, text: str) -> None:
        """Shows what leads from one text to the other."""
        self.setPlainText(unified(original, text) or _("No differences."))

    def go_to_change(self, *, forward: bool) -> None:
        """Moves to the next or previous run of differences."""
        block = self.textCursor().block()
        while (block := block.next() if forward else block.previous()).isValid():
            if block.text().startswith("@@"):
                cursor = self.textCursor()
                cursor.setPosition(block.position())
                self.setTextCursor(cursor)
                self.centerCursor()
                return


class _Paint(QSyntaxHighlighter):
    """Colours whole lines by their first character."""

    def highlightBlock(self, text: str) -> None:
        if ground := _GROUNDS.get(text[:1]):
            look = QTextCharFormat()
            look.setBackground(ground)
            self.setFormat(0, len(text), look)
