"""One text or two side by side: which half the user types in, and what the other one shows.

Owns: what a surface that starts anew has to be told of it. Must not know: which files are open.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workbench.ui.editor.comparing import Comparing
from workbench.ui.editor.surface import Surface


class Halves(QObject):
    """Part of an editor.

    Args:
        comparing: Knows the document in front, which is the one where the user types.
        surface: What shows the text, once it can.
        parent: The editor.

    Signals:
        entered(half): The user types there now, 0 or 1; by their own doing, not by `enter`.
        moved(share): The first one's part of the width, 0 to 1.
    """

    entered = Signal(int)
    moved = Signal(float)

    def __init__(self, comparing: Comparing, surface: Callable[[], Surface | None], parent: QObject) -> None:
        super().__init__(parent)
        self._comparing = comparing
        self._surface = surface
        self._other = ""
        self._active = 0
        self._share = 0.5
        self._is_split = False

    @property
    def can_split(self) -> bool:
        """Whether there can be two, as far as is known by now."""
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
        """Makes a second half, which shows the document in front too; the user types in it."""
        self._is_split, self._active, self._other = True, 1, self._comparing.shown
        self._tell()
        if (surface := self._surface()) and self._other:
            surface.show_document(self._other)

    def join(self) -> None:
        """Leaves one, which shows the document in front, if there is one."""
        if not self._is_split:
            return
        self._is_split, self._active, self._other = False, 0, ""
        self._tell()
        if (surface := self._surface()) and self._comparing.shown:
            surface.show_document(self._comparing.shown)

    def enter(self, half: int) -> None:
        """Makes a half the one where the user types."""
        if half != self._active and self._is_split:
            self._swap(half)
            self._tell()

    def show_in_other_half(self, uri: str) -> None:
        """Shows an open document in the half where the user does not type."""
        self._other = uri
        if surface := self._surface():
            surface.show_in_other_half(uri)

    # For the editor

    def follow(self, surface: Surface) -> None:
        """This surface shows the documents from now on."""
        surface.half_entered.connect(self._was_entered)
        surface.share_moved.connect(self._was_moved)

    def restore(self, surface: Surface) -> None:
        """The surface has all documents anew."""
        if self._is_split:
            self._tell()
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
        self._other, self._comparing.shown = self._comparing.shown, self._other

    def _tell(self) -> None:
        if surface := self._surface():
            surface.set_halves(self._is_split, self._active, self._share)
