"""An editor's document beside another text, and the marks beside lines that differ from one.

Owns: what a surface that starts anew has to be told of them again. Must not know: whose the other text is.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from workbench.ui.editor.document import ChangedLines
from workbench.ui.editor.surface import Surface


class Comparing(QObject):
    """Part of an editor.

    Args:
        surface: What shows the text, once it can.
        parent: The editor.

    Signals:
        changed: Whether the shown document stands beside another text from now on.
    """

    changed = Signal(bool)

    def __init__(self, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(parent)
        self._surface = surface
        self._changes: dict[str, tuple[ChangedLines, ...]] = {}
        self._shown = ""
        self._original: str | None = None

    @property
    def shown(self) -> str:
        """The URI of the document in front, or "". Another one in front ends a comparison."""
        return self._shown

    @shown.setter
    def shown(self, uri: str) -> None:
        if uri != self._shown:
            self._shown = uri
            self._set_original(None)

    @property
    def is_shown(self) -> bool:
        """Whether the shown document stands beside another text."""
        return self._original is not None

    def show(self, original: str) -> None:
        """Shows the document in front, as editable as it is, beside another text.

        It ends with `end`, or when another document is shown.
        """
        if self.shown:
            self._set_original(original)
            if surface := self._surface():
                surface.compare(self.shown, original)

    def end(self) -> None:
        """Shows the document alone again."""
        if self._original is not None:
            self._set_original(None)
            if surface := self._surface():
                surface.end_comparison()

    def _set_original(self, original: str | None) -> None:
        was_shown, self._original = self.is_shown, original
        if self.is_shown != was_shown:
            self.changed.emit(self.is_shown)

    def go_to_change(self, *, forward: bool) -> None:
        """Moves to the next or previous difference."""
        if self._original is not None and (surface := self._surface()):
            surface.go_to_change(forward=forward)

    def revert_change(self) -> None:
        """Makes the lines of the difference at the cursor what the other text has; undo brings them back."""
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

    # For the editor

    def opened_in(self, surface: Surface, uri: str) -> None:
        """The surface has the document anew."""
        if changes := self.changes(uri):
            surface.set_changes(uri, changes)
        if uri == self.shown and self._original is not None:
            surface.compare(uri, self._original)

    def closed(self, uri: str) -> None:
        """A document is closed; when it was in front, none is."""
        if uri == self.shown:
            self.shown = ""
        self._changes.pop(uri, None)
