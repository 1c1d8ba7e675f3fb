"""The editor without a web view: a plain text field with undo, find and markers.

Owns: what can be had from Qt alone. No highlighting: on ten thousand lines it would cost seconds. Must not
know: QtWebEngine.
"""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QPalette,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QInputDialog,
    QPlainTextDocumentLayout,
    QPlainTextEdit,
    QTextEdit,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _
from workbench.ui.editor.document import Document, EditorCommand, EditorOptions, Marker, Severity, TextEdit
from workbench.ui.editor.find_bar import FindBar
from workbench.ui.editor.plain_comparison import PlainComparison
from workbench.ui.editor.plain_document import PlainDocument
from workbench.ui.editor.surface import Surface, is_window_shortcut
from workbench.ui.editor.tab_trap import TabTrap
from workbench.ui.kit.text import tool_tip

_COLORS = {False: ("#ffffff", "#1d2129"), True: ("#1e1f22", "#e3e5e9")}
_MARKER_COLORS = {
    Severity.ERROR: "#e5484d",
    Severity.WARNING: "#d99000",
    Severity.INFO: "#3b82f6",
    Severity.HINT: "#8c959f",
}


class PlainSurface(Surface):
    """A QPlainTextEdit that shows one of several QTextDocuments."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._open: dict[str, PlainDocument] = {}
        self._shown = ""
        self._text = QPlainTextEdit(self)
        self._text.setObjectName("editorPlainText")
        self._text.setEnabled(False)
        self._text.installEventFilter(self)
        self._text.viewport().installEventFilter(self)
        self._text.cursorPositionChanged.connect(self._tell_cursor)
        self._text.verticalScrollBar().valueChanged.connect(self._tell_top)
        self._nothing = QTextDocument(self)  # not the field's own: that is deleted when another one comes
        self._nothing.setDocumentLayout(QPlainTextDocumentLayout(self._nothing))
        self._text.setDocument(self._nothing)
        self._comparison = PlainComparison(self)
        self._comparison.installEventFilter(self)
        trap = TabTrap(self)
        trap.entered.connect(self.entered)
        for field in (self._text, self._comparison):
            field.installEventFilter(trap)
        self._find_bar = FindBar(self._text, self)
        self.setFocusProxy(self._text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._text)
        layout.addWidget(self._comparison)
        layout.addWidget(self._find_bar)

    def start(self) -> None:
        QTimer.singleShot(0, self, self.ready.emit)

    # Documents

    def open(self, document: Document) -> None:
        uri = document.uri
        was_shown = uri == self._shown
        self._drop(uri)
        opened = self._open[uri] = PlainDocument(document, self)
        opened.content.contentsChanged.connect(partial(self._content_changed, opened))
        opened.content.modificationChanged.connect(partial(self.dirty_changed.emit, uri))
        opened.timer.timeout.connect(partial(self._tell, uri))
        if was_shown:
            self.show_document(uri)

    def show_document(self, uri: str) -> None:
        shown = self._open.get(self._shown)
        if shown is not None:
            shown.cursor, shown.scroll = self._text.textCursor(), self._text.verticalScrollBar().value()
        opened = self._open[uri]
        if uri != self._shown:
            self.end_comparison()
        self._shown = uri
        opened.content.setDefaultFont(self._text.font())
        self._exchange(opened.content)
        self._text.setEnabled(True)
        self._text.setReadOnly(opened.read_only)
        self._text.setTextCursor(opened.cursor)
        self._text.verticalScrollBar().setValue(opened.scroll)
        self._underline(opened)

    def close_document(self, uri: str, then: Callable[[], None]) -> None:
        if uri in self._open:
            self._tell_pending(uri)
            self._drop(uri)
        then()

    def _drop(self, uri: str) -> None:
        dropped = self._open.pop(uri, None)
        if dropped is None:
            return
        if uri == self._shown:
            self.end_comparison()
            self._shown = ""
            self._exchange(self._nothing)
            self._text.setEnabled(False)
        dropped.content.disconnect(self)
        dropped.timer.stop()
        dropped.content.deleteLater()

    def _exchange(self, content: QTextDocument) -> None:
        self._text.setExtraSelections(
            []
        )  # they point into the old document: Qt would read it when it is gone
        self._text.setDocument(content)

    def read(self, uri: str, then: Callable[[int, str], None], lost: Callable[[], None]) -> None:
        opened = self._open.get(uri)
        if opened is None:
            lost()
        else:
            then(opened.content.revision(), opened.text)

    def flush(self, then: Callable[[], None]) -> None:
        for uri in self._open:
            self._tell_pending(uri)
        then()

    def edit(self, uri: str, edits: Sequence[TextEdit]) -> None:
        opened = self._open[uri]
        if opened.is_withheld:
            return
        cursors = [opened.range(edit.line, edit.column, edit.end_line, edit.end_column) for edit in edits]
        whole = QTextCursor(opened.content)
        whole.beginEditBlock()
        for cursor, edit in zip(cursors, edits, strict=True):
            cursor.insertText(edit.text)
        whole.endEditBlock()

    def mark_saved(self, uri: str, version: int) -> None:
        if self._open[uri].content.revision() == version:
            self._open[uri].mark_saved()

    def set_markers(self, uri: str, markers: Sequence[Marker]) -> None:
        self._open[uri].markers = tuple(markers)
        if uri == self._shown:
            self._underline(self._open[uri])

    def compare(self, uri: str, original: str) -> None:
        if uri != self._shown:
            self.show_document(uri)
        self._comparison.show_differences(original, self._open[uri].text)
        self._show_comparison(there=True)

    def end_comparison(self) -> None:
        self._show_comparison(there=False)

    def _show_comparison(self, *, there: bool) -> None:
        self._comparison.setVisible(there)
        self._text.setVisible(not there)
        self.setFocusProxy(self._comparison if there else self._text)

    def go_to_change(self, *, forward: bool) -> None:
        self._comparison.go_to_change(forward=forward)

    def reveal(self, uri: str, line: int, column: int, top_line: int = 0) -> None:
        if uri != self._shown:
            self.show_document(uri)
        self._text.setTextCursor(self._open[uri].range(line, column, line, column))
        if top_line > 0:
            self._text.verticalScrollBar().setValue(top_line - 1)
        else:
            self._text.centerCursor()

    # Looks and commands

    def set_dark(self, dark: bool) -> None:
        ground, ink = _COLORS[dark]
        palette = self._text.palette()
        palette.setColor(QPalette.ColorRole.Base, QColor(ground))
        palette.setColor(QPalette.ColorRole.Text, QColor(ink))
        for field in (self._text, self._comparison):
            field.setPalette(palette)

    def set_options(self, options: EditorOptions) -> None:
        font = QFont(options.font_family)
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setPixelSize(options.font_size_px)
        self._text.setFont(font)
        self._comparison.setFont(font)
        self._text.document().setDefaultFont(font)
        self._text.setTabStopDistance(options.tab_size * self._text.fontMetrics().horizontalAdvance(" "))
        wrap = QPlainTextEdit.LineWrapMode
        self._text.setLineWrapMode(wrap.WidgetWidth if options.word_wrap else wrap.NoWrap)
        self._text.setAccessibleName(options.label)

    def run(self, command: EditorCommand) -> None:
        match command:
            case EditorCommand.FIND | EditorCommand.REPLACE:
                self._find_bar.open()
            case EditorCommand.GO_TO_LINE:
                self._go_to_line()
            case EditorCommand.UNDO:
                self._text.undo()
            case EditorCommand.REDO:
                self._text.redo()
            case EditorCommand.SELECT_ALL:
                self._text.selectAll()

    def _go_to_line(self) -> None:
        last = self._text.blockCount()
        line, chosen = QInputDialog.getInt(self, _("Go to line"), _("Line"), 1, 1, last)
        if chosen and self._shown:
            self.reveal(self._shown, line, 1)

    def focus_text(self) -> None:
        self._text.setFocus()

    # What the user does

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if not is_window_shortcut(self, event):
                return False
            event.ignore()
            return True
        if watched is self._comparison:
            return False
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key_pressed(event)
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self._text.cursorForPosition(event.pos()).position()
            QToolTip.showText(event.globalPos(), tool_tip("\n".join(self._messages_at(at))), self._text)
            return True
        return super().eventFilter(watched, event)

    def _key_pressed(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Save):
            self._tell_pending(self._shown)
            self.save_requested.emit(self._shown)
        elif event.matches(QKeySequence.StandardKey.Find):
            self._find_bar.open()
        elif event.key() == Qt.Key.Key_G and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self._go_to_line()
        else:
            return False
        return True

    def _content_changed(self, opened: PlainDocument) -> None:
        if not opened.timer.isActive():
            opened.timer.start()

    def _tell_pending(self, uri: str) -> None:
        opened = self._open.get(uri)
        if opened is not None and opened.timer.isActive():
            opened.timer.stop()
            self._tell(uri)

    def _tell(self, uri: str) -> None:
        opened = self._open[uri]
        self.changed.emit(uri, opened.content.revision(), opened.text)

    def _tell_cursor(self) -> None:
        if self._shown:
            cursor = self._text.textCursor()
            self.cursor_moved.emit(self._shown, cursor.blockNumber() + 1, cursor.positionInBlock() + 1)

    def _tell_top(self) -> None:
        if self._shown:
            self.scrolled.emit(self._shown, self._text.firstVisibleBlock().blockNumber() + 1)

    # Markers

    def _underline(self, opened: PlainDocument) -> None:
        selections = []
        for marker in opened.markers:
            selection = QTextEdit.ExtraSelection()
            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            look.setUnderlineColor(QColor(_MARKER_COLORS[marker.severity]))
            selection.format = look
            selection.cursor = opened.marked(marker)
            selections.append(selection)
        self._text.setExtraSelections(selections)

    def _messages_at(self, position: int) -> list[str]:
        opened = self._open.get(self._shown)
        if opened is None:
            return []
        found = []
        for marker in opened.markers:
            cursor = opened.marked(marker)
            if cursor.selectionStart() <= position <= cursor.selectionEnd():
                found.append(marker.message)
        return found
