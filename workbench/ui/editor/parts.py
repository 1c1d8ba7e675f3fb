"""The parts of an editor: comparison, split, outline, breakpoints, and the function's scripts."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from PySide6.QtCore import QObject, QPoint, Signal

from workbench.ui.editor.surface import BreakpointMark, ChangedLines, Surface


class _Part(QObject):
    """Keeps its state, and gives it to a surface that starts anew.

    Args:
        surface: Gives what shows the text, when there is one.
        parent: The editor.
    """

    def __init__(self, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(parent)
        self._surface = surface


class Comparing(_Part):
    """The visible document beside another text, and the marks at lines that differ from one.

    Signals:
        changed: Whether the active document is compared from now on.
    """

    changed = Signal(bool)

    def __init__(self, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(surface, parent)
        self._changes: dict[str, tuple[ChangedLines, ...]] = {}
        self._uri = ""
        self._original: str | None = None

    @property
    def active(self) -> str:
        """The URI of the active document, or "". Activating another one ends a comparison."""
        return self._uri

    @active.setter
    def active(self, uri: str) -> None:
        if uri != self._uri:
            self._uri = uri
            self._set_original(None)

    @property
    def is_open(self) -> bool:
        """Whether the active document is compared with another text."""
        return self._original is not None

    def show(self, original: str) -> None:
        """Shows the active document, still editable, beside another text.

        It ends with `end`, or when another document is shown.
        """
        if self.active:
            self._set_original(original)
            if surface := self._surface():
                surface.compare(self.active, original)

    def end(self) -> None:
        """Shows the document alone again."""
        if self._original is not None:
            self._set_original(None)
            if surface := self._surface():
                surface.end_comparison()

    def _set_original(self, original: str | None) -> None:
        was_open, self._original = self.is_open, original
        if self.is_open != was_open:
            self.changed.emit(self.is_open)

    def go_to_change(self, *, forward: bool) -> None:
        """Moves to the next or previous difference."""
        if self._original is not None and (surface := self._surface()):
            surface.go_to_change(forward=forward)

    def revert_change(self) -> None:
        """Makes the lines of the difference at the cursor what the other text has; undo restores them."""
        if self._original is not None and (surface := self._surface()):
            surface.revert_change()

    def set_changes(self, uri: str, changes: Sequence[ChangedLines]) -> None:
        """Replaces the marks beside the lines of an open document."""
        self._changes[uri] = tuple(changes)
        if surface := self._surface():
            surface.set_changes(uri, changes)

    def changes(self, uri: str) -> tuple[ChangedLines, ...]:
        """The marks beside the lines of an open document."""
        return self._changes.get(uri, ())

    def opened_in(self, surface: Surface, uri: str) -> None:
        """The surface has the document anew."""
        if changes := self.changes(uri):
            surface.set_changes(uri, changes)
        if uri == self.active and self._original is not None:
            surface.compare(uri, self._original)

    def closed(self, uri: str) -> None:
        """A document is closed; when it was active, none is."""
        if uri == self.active:
            self.active = ""
        self._changes.pop(uri, None)


class Halves(_Part):
    """One text or two side by side: the active half, and what the other one shows.

    Args:
        comparing: Knows the active document, which is the one where the user types.

    Signals:
        entered(half): The user types there now, 0 or 1; by the user, not by `enter`.
        moved(share): The first one's part of the width, 0 to 1.
    """

    entered = Signal(int)
    moved = Signal(float)

    def __init__(self, comparing: Comparing, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(surface, parent)
        self._comparing = comparing
        self._other = ""
        self._active = 0
        self._share = 0.5
        self._is_split = False

    @property
    def can_split(self) -> bool:
        """Whether there can be two, as far as is known."""
        surface = self._surface()
        return surface is not None and surface.can_split

    @property
    def is_split(self) -> bool:
        """Whether there are two."""
        return self._is_split

    @property
    def active(self) -> int:
        """Where the user types: 0 or 1."""
        return self._active

    @property
    def share(self) -> float:
        """The first one's part of the width, 0 to 1, when there are two."""
        return self._share

    def split(self) -> None:
        """Makes a second half, which shows the active document too; the user types in it."""
        self._is_split, self._active, self._other = True, 1, self._comparing.active
        self._update()
        if (surface := self._surface()) and self._other:
            surface.show_document(self._other)

    def join(self) -> None:
        """Leaves one, which shows the active document, if there is one."""
        if not self._is_split:
            return
        self._is_split, self._active, self._other = False, 0, ""
        self._update()
        if (surface := self._surface()) and self._comparing.active:
            surface.show_document(self._comparing.active)

    def enter(self, half: int) -> None:
        """Makes a half the one where the user types."""
        if half != self._active and self._is_split:
            self._swap(half)
            self._update()

    def show_in_other_half(self, uri: str) -> None:
        """Shows an open document in the half where the user does not type."""
        self._other = uri
        if surface := self._surface():
            surface.show_in_other_half(uri)

    def follow(self, surface: Surface) -> None:
        """This surface shows the documents from now on."""
        surface.half_entered.connect(self._was_entered)
        surface.share_moved.connect(self._was_moved)

    def restore(self, surface: Surface) -> None:
        """The surface has all documents anew."""
        if self._is_split:
            self._update()
            if self._other:
                surface.show_in_other_half(self._other)

    def closed(self, uri: str) -> None:
        """A document is closed; when it was shown, no document is."""
        self._comparing.closed(uri)
        if uri == self._other:
            self._other = ""

    def _was_entered(self, half: int) -> None:
        if half != self._active and self._is_split:
            self._swap(half)
            self.entered.emit(half)

    def _was_moved(self, share: float) -> None:
        self._share = share
        self.moved.emit(share)

    def _swap(self, half: int) -> None:
        self._active = half
        self._other, self._comparing.active = self._comparing.active, self._other

    def _update(self) -> None:
        if surface := self._surface():
            surface.set_halves(self._is_split, self._active, self._share)


@dataclass(frozen=True, slots=True)
class OutlineSymbol:
    """A symbol of a document, with those inside it.

    Attributes:
        name: As the language server or Monaco's worker calls it.
        kind: The number of the Language Server Protocol's SymbolKind, less one, as Monaco counts.
        line: Line of its name, from 1; `column` too.
        first_line: The first line that belongs to it; `last_line` is the last.
    """

    name: str
    kind: int
    line: int
    column: int
    first_line: int
    last_line: int
    children: "tuple[OutlineSymbol, ...]" = ()


type _Symbol = tuple[str, int, int, int, int, int, list["_Symbol"]]


def symbols_of(symbols: str) -> tuple[OutlineSymbol, ...]:
    """The symbols in the page's notification: Symbol[] of protocol.ts as JSON."""
    return tuple(_symbol(each) for each in cast("list[_Symbol]", json.loads(symbols)))


def _symbol(symbol: _Symbol) -> OutlineSymbol:
    return OutlineSymbol(*symbol[:6], tuple(_symbol(child) for child in symbol[6]))


class Outlining(_Part):
    """The symbols of the active document, reported while they are wanted.

    Signals:
        changed(uri, symbols): Those of the active document, tuple[OutlineSymbol, ...]; "" when there is none.
    """

    changed = Signal(str, object)

    def __init__(self, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(surface, parent)
        self._is_wanted = False

    def want(self, *, wanted: bool) -> None:
        """Whether `changed` is of use."""
        self._is_wanted = wanted
        if surface := self._surface():
            surface.want_outline(wanted=wanted)

    def follow(self, surface: Surface) -> None:
        """This surface shows the documents from now on."""
        surface.outlined.connect(self.changed)

    def restore(self, surface: Surface) -> None:
        """The surface has all documents anew."""
        surface.want_outline(wanted=self._is_wanted)


class DebugMarks(_Part):
    """Breakpoints in the margin, and the line where a debugged function has stopped.

    Signals:
        moved(uri, lines): The text around them was edited; dict[int, int], number -> line.
        clicked(uri, line): The user clicked in the margin.
        menu_wanted(uri, line, point): The user asked for the margin's menu; a QPoint of the screen.
    """

    moved = Signal(str, object)
    clicked = Signal(str, int)
    menu_wanted = Signal(str, int, QPoint)

    def __init__(self, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(surface, parent)
        self._marks: dict[str, tuple[BreakpointMark, ...]] = {}
        self._cursors: dict[str, int] = {}
        self._stopped = ("", 0)

    def marks(self, uri: str) -> tuple[BreakpointMark, ...]:
        """A document's breakpoints."""
        return self._marks.get(uri, ())

    def set(self, uri: str, marks: Sequence[BreakpointMark]) -> None:
        """Replaces a document's breakpoints, open or not."""
        if self._marks.get(uri, ()) != tuple(marks):
            self._marks[uri] = tuple(marks)
            self._show(uri)

    def cursor_of(self, uri: str) -> int:
        """The line where the cursor is in a document, as far as it is known."""
        return self._cursors.get(uri, 1)

    def set_stopped(self, uri: str, line: int) -> None:
        """Marks the line where the function has stopped; "" and 0 for none."""
        before, self._stopped = self._stopped[0], (uri, line)
        for each in {before, uri} - {""}:
            self._show(each)

    def forget(self) -> None:
        """Other code is open."""
        self._marks.clear()
        self._stopped = ("", 0)

    def _show(self, uri: str) -> None:
        if surface := self._surface():
            self.opened_in(surface, uri)

    def follow(self, surface: Surface) -> None:
        """This surface shows the documents from now on."""
        surface.breakpoints_moved.connect(self._moved)
        surface.margin_clicked.connect(self.clicked)
        surface.margin_menu_wanted.connect(self.menu_wanted)
        surface.cursor_moved.connect(self._note_cursor)

    def opened_in(self, surface: Surface, uri: str) -> None:
        """The surface has this document anew."""
        stopped = self._stopped[1] if self._stopped[0] == uri else 0
        marks = self.marks(uri)
        if marks or stopped or uri in self._marks:
            surface.set_breakpoints(uri, marks, stopped)

    def _note_cursor(self, uri: str, line: int, _column: int) -> None:
        self._cursors[uri] = line

    def _moved(self, uri: str, lines: str) -> None:
        moved: dict[int, int] = dict(json.loads(lines))
        # The page has moved them already.
        marks = self.marks(uri)
        self._marks[uri] = tuple(replace(each, line=moved.get(each.number, each.line)) for each in marks)
        self.moved.emit(uri, moved)


_NONE = "{}"


class Scripts(_Part):
    """The function's scripts, open or not, for Monaco's worker for JavaScript and TypeScript."""

    def __init__(self, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(surface, parent)
        self._root = ""
        self._texts = _NONE

    def set(self, root: str, texts: str = _NONE) -> None:
        """Replaces them: the folder's URI, and a JSON object, path in it -> text.

        They are megabytes: whoever reads them also makes the JSON, outside the main thread. An open document
        counts as it is edited.
        """
        if (root, texts) != (self._root, self._texts):
            self._root, self._texts = root, texts
            if surface := self._surface():
                surface.set_scripts(root, texts)

    def restore(self, surface: Surface) -> None:
        """The surface starts anew."""
        if self._texts != _NONE:
            surface.set_scripts(self._root, self._texts)
