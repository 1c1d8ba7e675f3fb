"""Breakpoints in the margin, and the line where a debugged function stands.

Owns: what a surface that starts anew, or a document that is opened anew, has to be told of them. Must not
know: debugging.
"""

import json
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from workbench.ui.editor.surface import Surface


class DebugMarks(QObject):
    """Part of an editor.

    Args:
        surface: What shows the text, once it can.
        parent: The editor.

    Signals:
        moved(uri, lines): The user set or removed one, or edited the text around them; tuple[int, ...].
    """

    moved = Signal(str, object)

    def __init__(self, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(parent)
        self._surface = surface
        self._lines: dict[str, tuple[int, ...]] = {}
        self._cursors: dict[str, int] = {}
        self._stopped = ("", 0)

    def set(self, uri: str, lines: Sequence[int]) -> None:
        """Replaces a document's breakpoints, open or not."""
        self._lines[uri] = tuple(lines)
        self._show(uri)

    def toggle_at_cursor(self, uri: str) -> None:
        """Sets a breakpoint where the cursor is, or removes it."""
        lines = self._lines.get(uri, ())
        self.set(uri, sorted({*lines} ^ {self.cursor_of(uri)}))
        self.moved.emit(uri, self._lines[uri])

    def cursor_of(self, uri: str) -> int:
        """The line where the cursor is in a document, as far as it was told."""
        return self._cursors.get(uri, 1)

    def stand(self, uri: str, line: int) -> None:
        """Marks the line where the function stands; "" and 0 for none."""
        before, self._stopped = self._stopped[0], (uri, line)
        for each in {before, uri} - {""}:
            self._show(each)

    def forget(self) -> None:
        """Other code is open."""
        self._lines.clear()
        self._stopped = ("", 0)

    def _show(self, uri: str) -> None:
        if surface := self._surface():
            self.opened_in(surface, uri)

    # For the editor

    def follow(self, surface: Surface) -> None:
        """This surface shows the documents from now on."""
        surface.breakpoints_moved.connect(self._take)
        surface.cursor_moved.connect(self._note_cursor)

    def opened_in(self, surface: Surface, uri: str) -> None:
        """The surface has this document anew."""
        stopped = self._stopped[1] if self._stopped[0] == uri else 0
        lines = self._lines.get(uri, ())
        if lines or stopped or uri in self._lines:
            surface.set_breakpoints(uri, lines, stopped)

    def _note_cursor(self, uri: str, line: int, _column: int) -> None:
        self._cursors[uri] = line

    def _take(self, uri: str, told: str) -> None:
        self._lines[uri] = tuple(int(each) for each in json.loads(told))
        self.moved.emit(uri, self._lines[uri])
