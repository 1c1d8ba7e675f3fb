"""The editor widget of the code page: open documents, shown by Monaco or, without web views, as plain text.

It keeps a shadow copy of each document, and never writes anything to disk.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from workbench.core.messages import _
from workbench.ui.editor.bridge import LanguageBridge
from workbench.ui.editor.fallback import PlainSurface
from workbench.ui.editor.parts import Comparing, DebugMarks, Halves, Outlining, Scripts
from workbench.ui.editor.surface import (
    Document,
    EditorCommand,
    EditorOptions,
    Marker,
    Position,
    Snapshot,
    Surface,
    SurfaceFactory,
    TextEdit,
)


def edited(text: str, edits: Sequence[tuple[int, int, str]], length: int) -> str | None:
    """A text after changes (offset, length, new text), each of the text after the one before.

    None if that has not the expected length. Offsets count UTF-16 units: of a text with characters of two
    units nothing is known.
    """
    for offset, count, new in edits:
        text = f"{text[:offset]}{new}{text[offset + count :]}"
    return text if len(text) == length and text.isascii() else None


class Editor(QWidget):
    """Shows one of several open documents. It costs nothing until `prewarm` or the first `open_file`.

    Signals:
        ready: The text can be edited. Comes again after a renderer was restarted or replaced.
        opened(uri): A document was opened, or opened anew.
        closed(uri): A document was closed.
        changed(uri, text): The text, at most 0.3 s after a change (above 2 million characters: 0.9 s).
        limited(uri): A line is so long that colors, checks and wrapping are off.
        dirty_changed(uri, dirty): The text differs from the saved one, or no longer does.
        cursor_moved(line, column): In the active document; both from 1.
        scrolled: Another line of an open document is the first in sight.
        save_requested(uri): The user pressed Ctrl+S in the text.
        entered(is_by_key): The keyboard came to the text, by a key or by the mouse, or (False) left it.
        fell_back(reason): The plain editor has replaced Monaco. `restart` tries that again.
    """

    ready = Signal()
    opened = Signal(str)
    closed = Signal(str)
    changed = Signal(str, str)
    limited = Signal(str)
    dirty_changed = Signal(str, bool)
    cursor_moved = Signal(int, int)
    scrolled = Signal()
    save_requested = Signal(str)
    entered = Signal(bool)
    fell_back = Signal(str)

    def __init__(self, make_surface: SurfaceFactory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editor")
        self.setAccessibleName(_("Code editor"))
        self.language = LanguageBridge(self)
        self._make_surface = make_surface
        self._surface: Surface | None = None
        self._dark = self._is_ready = self._wants_focus = False
        self._generation = 0
        self._documents: dict[str, Document] = {}
        self.comparing = Comparing(lambda: self._live, self)
        self.halves = Halves(self.comparing, lambda: self._live, self)
        self.outline, self.scripts = Outlining(lambda: self._live, self), Scripts(lambda: self._live, self)
        self.debug = DebugMarks(lambda: self._live, self)
        self._options = EditorOptions(label=self.accessibleName())
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def prewarm(self) -> None:
        """Makes the surface. Call it when idle after the first paint; `open_file` does it otherwise."""
        if self._surface is not None:
            return
        try:
            surface = self._make_surface(self)
        except (ImportError, OSError) as error:  # QtWebEngine or one of its libraries is missing
            self._fall_back(str(error))
        else:
            self._use(surface)

    def _use(self, surface: Surface) -> None:
        self._surface = surface
        surface.ready.connect(self._restore)
        surface.failed.connect(self._fall_back)
        surface.changed.connect(self._on_changed)
        surface.edited.connect(self._on_edited)
        surface.limited.connect(self.limited)
        surface.dirty_changed.connect(self._on_dirty)
        surface.cursor_moved.connect(self._on_cursor)
        surface.scrolled.connect(self._on_scrolled)
        surface.save_requested.connect(self.save_requested)
        surface.entered.connect(self.entered)
        for part in (self.halves, self.outline, self.debug):
            part.follow(surface)
        self._layout.addWidget(surface)
        self.setFocusProxy(surface)
        surface.set_dark(self._dark)
        surface.use_language(self.language)
        surface.start()

    def restart(self) -> None:
        """Shows Monaco again in place of the plain editor; `ready` follows, or `fell_back` once more."""
        if isinstance(self._surface, PlainSurface):
            self._surface.flush(lambda: None)
            self._wants_focus = self._has_focus
            self._end_surface()
            self.prewarm()

    @property
    def is_plain(self) -> bool:
        """Whether the plain editor has replaced Monaco."""
        return isinstance(self._surface, PlainSurface)

    def _fall_back(self, reason: str) -> None:
        self._end_surface()
        self._use(PlainSurface(self))
        self.fell_back.emit(reason)

    def _end_surface(self) -> None:
        ended, self._surface, self._is_ready = self._surface, None, False
        if ended is not None:
            ended.hide()
            ended.deleteLater()

    @property
    def _has_focus(self) -> bool:
        now = QApplication.focusWidget()
        return now is not None and self.isAncestorOf(now)

    def _restore(self) -> None:
        """Gives a new or restarted surface everything that is open."""
        if (surface := self._surface) is None:
            return
        self._is_ready = True
        self._generation += 1
        surface.set_options(self._options)
        for document in self._documents.values():
            self._open_in(surface, document)
            self._on_dirty(document.uri, document.text != document.saved_text)
        for part in (self.halves, self.outline, self.scripts):
            part.restore(surface)
        if active := self._documents.get(self.comparing.active):
            surface.reveal(active.uri, active.line, active.column, active.top_line)
        if self._wants_focus or self._has_focus:
            self.focus_text()
        self.ready.emit()

    def _open_in(self, surface: Surface, document: Document) -> None:
        surface.open(document)
        if document.markers:
            surface.set_markers(document.uri, document.markers)
        self.comparing.opened_in(surface, document.uri)
        self.debug.opened_in(surface, document.uri)

    @property
    def is_ready(self) -> bool:
        """Whether the text is shown and can be edited."""
        return self._is_ready

    @property
    def _live(self) -> Surface | None:
        return self._surface if self._is_ready else None

    def open_file(
        self,
        uri: str,
        text: str,
        language: str = "",
        *,
        read_only: bool = False,
        draft: str | None = None,
        show: bool = True,
    ) -> None:
        """Opens a document (anew, if it is open), and shows it if `show`.

        `text` is what is saved, with line feeds as line ends; `draft` is unsaved text from an earlier run:
        undo leads from it to `text`. `language` is Monaco's name ("python"); empty to go by the file's name.
        """
        document = Document(uri, text, text if draft is None else draft, language, read_only)
        document.dirty = document.text != text
        was_dirty = self.is_dirty(uri)
        self._documents[uri] = document
        if show:
            self.comparing.active = uri
        self.prewarm()
        if surface := self._live:
            self._open_in(surface, document)
            if show:
                surface.show_document(uri)
        self.opened.emit(uri)
        if document.dirty != was_dirty:
            self.dirty_changed.emit(uri, document.dirty)

    def show_file(self, uri: str) -> None:
        """Shows an open document as the user left it."""
        if uri not in self._documents:
            return
        self.comparing.active = uri
        if surface := self._live:
            surface.show_document(uri)

    def close_file(self, uri: str) -> None:
        """Closes a document. A last `changed` may still come, with what was typed just before."""
        if uri not in self._documents:
            return
        closing = self._documents[uri]

        def closed() -> None:
            if self._documents.get(uri) is closing:
                del self._documents[uri]
                self.closed.emit(uri)

        self.halves.closed(uri)
        if surface := self._live:
            surface.close_document(uri, closed)
        else:
            closed()

    def open_uris(self) -> tuple[str, ...]:
        """The open documents."""
        return tuple(self._documents)

    def active_uri(self) -> str:
        """The active document, or ""."""
        return self.comparing.active

    def is_dirty(self, uri: str) -> bool:
        """Whether the document's text differs from the saved one."""
        return uri in self._documents and self._documents[uri].dirty

    def last_text(self, uri: str) -> str:
        """The document's text as far as it has come from the surface: all of it right after `flush`."""
        return self._documents[uri].text

    def text(self, uri: str, then: Callable[[Snapshot], None]) -> None:
        """Hands the document's text of this moment to `then`, soon (a dead renderer's: its shadow's)."""
        document = self._documents[uri]
        generation = self._generation

        def from_shadow() -> None:
            then(Snapshot(uri, document.text, -1, -1))

        def taken(version: int, text: str) -> None:
            self._on_changed(uri, version, text)
            then(Snapshot(uri, text, version, generation))

        if surface := self._live:
            surface.read(uri, taken, from_shadow)
        else:
            from_shadow()

    def shadow(self, uri: str) -> str:
        """An open document's text as far as it is known; see `changed`."""
        return self._documents[uri].text

    def flush(self, then: Callable[[], None]) -> None:
        """Runs `then` once `changed` came for everything typed so far. For closing the program."""
        if surface := self._live:
            surface.flush(then)
        else:
            then()

    def mark_saved(self, snapshot: Snapshot) -> None:
        """Says that a snapshot's text is on disk; what was typed since stays unsaved."""
        document = self._documents.get(snapshot.uri)
        if document is None:
            return
        document.saved_text = snapshot.text
        surface = self._live
        if surface is not None and snapshot.generation == self._generation:
            surface.mark_saved(snapshot.uri, snapshot.version)
            return
        if surface is not None:  # It has restarted, and its saved version is another one.
            self._open_in(surface, document)
        self._on_dirty(snapshot.uri, document.text != snapshot.text)

    def edit(self, uri: str, edits: Sequence[TextEdit]) -> None:
        """Makes edits as one undoable step."""
        if surface := self._live:
            surface.edit(uri, edits)

    def set_markers(self, uri: str, markers: Sequence[Marker]) -> None:
        """Replaces a document's markers."""
        document, surface = self._documents.get(uri), self._live
        if document is not None and document.mark(tuple(markers)) and surface is not None:
            surface.set_markers(uri, markers)

    # Options and commands

    def reveal(self, uri: str, line: int, column: int = 1, top_line: int = 0, *, end_column: int = 0) -> None:
        """Shows the document with the cursor there, or the text up to `end_column` selected unless that is 0.

        `top_line` is the first in sight; 0 to scroll only as far as the cursor needs.
        """
        if document := self._documents.get(uri):
            self.comparing.active = uri
            document.line, document.column, document.top_line = line, column, top_line
            if surface := self._live:
                surface.reveal(uri, line, column, top_line, end_column)

    def position(self, uri: str) -> Position:
        """Where the cursor of an open document is, and what of it is in sight."""
        document = self._documents.get(uri)
        return Position(document.line, document.column, document.top_line) if document else Position()

    def set_theme(self, dark: bool) -> None:
        """Chooses the colours."""
        self._dark = dark
        if self._surface is not None:
            self._surface.set_dark(dark)

    def set_options(self, options: EditorOptions) -> None:
        """Changes how text is shown."""
        self._options = replace(options, label=options.label or self.accessibleName())
        if surface := self._live:
            surface.set_options(self._options)

    def run(self, command: EditorCommand) -> None:
        """Runs a menu's command on the active document."""
        if surface := self._live:
            surface.run(command)

    def focus_text(self) -> None:
        """Gives the keyboard to the text, now or as soon as there is one."""
        self._wants_focus = self._live is None
        if surface := self._live:
            surface.focus_text()

    def hideEvent(self, event: QHideEvent) -> None:
        self.flush(lambda: None)  # Chromium slows a hidden page's timers down
        super().hideEvent(event)

    # Signals of the surface

    def _on_changed(self, uri: str, _version: int, text: str) -> None:
        document = self._documents.get(uri)
        if document is not None and document.text != text:
            document.text = text
            self.changed.emit(uri, text)

    def _on_edited(self, uri: str, version: int, length: int, edits: str) -> None:
        """Makes the changes in the shadow; reads the whole text where they do not fit."""
        if (document := self._documents.get(uri)) is None:
            return
        text = edited(document.text, json.loads(edits), length)
        if text is not None:
            self._on_changed(uri, version, text)
        elif surface := self._live:
            surface.send_text(uri)

    def _on_dirty(self, uri: str, dirty: bool) -> None:
        document = self._documents.get(uri)
        if document is not None and document.dirty != dirty:
            document.dirty = dirty
            self.dirty_changed.emit(uri, dirty)

    def _on_cursor(self, uri: str, line: int, column: int) -> None:
        if document := self._documents.get(uri):
            document.line, document.column = line, column
        if uri == self.comparing.active:
            self.cursor_moved.emit(line, column)

    def _on_scrolled(self, uri: str, line: int) -> None:
        if document := self._documents.get(uri):
            document.top_line = line
            self.scrolled.emit()


def monaco(page_dir: Path) -> SurfaceFactory:
    """Makes the surface that shows Monaco; the page was built into `page_dir`."""

    def make(parent: QWidget) -> Surface:
        from workbench.ui.editor.view import MonacoSurface  # loads QtWebEngine

        return MonacoSurface(page_dir, parent)

    return make
