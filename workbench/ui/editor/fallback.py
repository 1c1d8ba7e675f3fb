"""The way out of the editor by keyboard: Tab belongs to the text, so Esc and then Tab leaves it."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QPalette,
    QShortcut,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QPlainTextDocumentLayout,
    QPlainTextEdit,
    QTextEdit,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from workbench.code.text import unified
from workbench.core.messages import _
from workbench.ui.editor.surface import (
    Document,
    EditorCommand,
    EditorOptions,
    Marker,
    Severity,
    Surface,
    TextEdit,
    is_window_shortcut,
)
from workbench.ui.kit.reading_order import move_focus
from workbench.ui.kit.text import PlainLabel, PlainLine, tool_tip

_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta)
_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
)
_STAYS = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


class TabTrap(QObject):
    """An event filter for the widgets of an editor that take its keys.

    Esc itself goes to the editor too, which closes what it has open. The Tab or Shift+Tab that follows at
    once goes to the next or previous control of the window.

    Signals:
        entered(is_by_key): The keyboard came to the editor, by a key or by the mouse, or (False) left it.
    """

    entered = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._may_leave = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent):
            self._may_leave = False
            if event.reason() not in _STAYS:
                is_in = event.type() == QEvent.Type.FocusIn
                self.entered.emit(is_in and event.reason() in _BY_KEY)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._pressed(watched, event)
        return False

    def _pressed(self, watched: QObject, event: QKeyEvent) -> bool:
        key, may_leave = event.key(), self._may_leave
        if key in _MODIFIERS:
            return False
        self._may_leave = key == Qt.Key.Key_Escape
        is_tab = key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
        other = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if not may_leave or not is_tab or event.modifiers() & other or not isinstance(watched, QWidget):
            return False
        return move_focus(watched.window(), forward=key == Qt.Key.Key_Tab)


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
        field = PlainLine(self)
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

    A text that would stall the window for seconds is replaced by a notice, and cannot be edited.
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
        self._text.cursorPositionChanged.connect(self._notify_cursor)
        self._text.verticalScrollBar().valueChanged.connect(self._notify_top)
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
        opened.timer.timeout.connect(partial(self._notify, uri))
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
            self._notify_pending(uri)
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
            self._notify_pending(uri)
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

    def reveal(self, uri: str, line: int, column: int, top_line: int = 0, end_column: int = 0) -> None:
        if uri != self._shown:
            self.show_document(uri)
        self._text.setTextCursor(self._open[uri].range(line, column, line, end_column or column))
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
            self._notify_pending(self._shown)
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

    def _notify_pending(self, uri: str) -> None:
        opened = self._open.get(uri)
        if opened is not None and opened.timer.isActive():
            opened.timer.stop()
            self._notify(uri)

    def _notify(self, uri: str) -> None:
        opened = self._open[uri]
        self.changed.emit(uri, opened.content.revision(), opened.text)

    def _notify_cursor(self) -> None:
        if self._shown:
            cursor = self._text.textCursor()
            self.cursor_moved.emit(self._shown, cursor.blockNumber() + 1, cursor.positionInBlock() + 1)

    def _notify_top(self) -> None:
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
