"""A text in which the frames of a stack trace lead to their lines in the editor."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QSyntaxHighlighter, QTextCharFormat

from workbench.invoke.failure import StackFrame, own_frame
from workbench.ui.long_text import LongText
from workbench.ui.theme import Theme


class TraceText(LongText):
    """A click on a frame, or Enter with the cursor in it, opens its line.

    Signals:
        place_wanted: Path in the package, and line.
    """

    place_wanted = Signal(str, int)

    def __init__(self, object_name: str, accessible_name: str, theme: Theme) -> None:
        super().__init__(object_name, accessible_name)
        self._paint = _Paint(self, theme)
        flags = self.textInteractionFlags()
        self.setTextInteractionFlags(flags | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.viewport().setMouseTracking(True)
        theme.changed.connect(self._paint.rehighlight)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        over = self._frame_at(event.position().toPoint()) is not None
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self._open(self._frame_at(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        frame = own_frame(self.textCursor().block().text())
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and frame is not None:
            self._open(frame)
        else:
            super().keyPressEvent(event)

    def _frame_at(self, point: QPoint) -> StackFrame | None:
        cursor = self.cursorForPosition(point)
        block = cursor.block()
        area = self.blockBoundingGeometry(block).translated(self.contentOffset())
        return own_frame(block.text()) if area.contains(point) else None

    def _open(self, frame: StackFrame | None) -> None:
        if frame is not None:
            self.place_wanted.emit(frame.file, frame.line)


class _Paint(QSyntaxHighlighter):
    """Underlines what can be opened."""

    def __init__(self, text: TraceText, theme: Theme) -> None:
        super().__init__(text.document())
        self._theme = theme

    def highlightBlock(self, text: str) -> None:
        if own_frame(text) is not None:
            look = QTextCharFormat()
            look.setForeground(QColor(self._theme.colors.accent))
            look.setFontUnderline(True)
            begin = len(text) - len(text.lstrip())
            self.setFormat(begin, len(text) - begin, look)


def failing_frame(frames: Sequence[StackFrame], handler: str, *, innermost_last: bool) -> StackFrame | None:
    """The frame to look at first: the innermost of the handler's own folder, else of the package.

    Args:
        frames: As the runtime gave them.
        handler: Such as "src/app.handler".
        innermost_last: Python's order.
    """
    own = [frame for frame in frames if frame.is_own and frame.line and frame.file]
    if innermost_last:
        own.reverse()
    module = handler.rpartition(".")[0].replace(".", "/")
    folder = module.rpartition("/")[0]
    near = [frame for frame in own if frame.file.rpartition("/")[0] == folder]
    return next(iter(near or own), None)
