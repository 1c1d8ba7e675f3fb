"""A row above content that appears and disappears, but never under a pointer that may be about to click."""

import time
from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QFrame, QWidget

_LOOK_MS = 100
_REST_S = 0.8  # a pointer that has rested for so long is not about to click


class Bar(QFrame):
    """Appears and disappears by `set_wanted`, or once the pointer has left what moves, or rests.

    Attributes:
        pointer: Where the pointer is on the screen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hide()  # otherwise it would be shown together with its parent
        self.pointer: Callable[[], QPoint] = QCursor.pos
        self._wanted = False
        self._seen, self._seen_at_s = QPoint(), 0.0
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._settle)

    def set_wanted(self, wanted: bool, *, immediately: bool = False) -> None:
        """Shows or hides the row as soon as that moves nothing under an active pointer.

        Args:
            wanted: Whether it is shown.
            immediately: Whether not to wait, because other content is shown below now.
        """
        self._wanted = wanted
        if immediately:
            self._look.stop()
            self.setVisible(wanted)
        elif wanted == (not self.isHidden()):
            self._look.stop()
        elif not self._look.isActive():
            self._seen, self._seen_at_s = QPoint(), time.monotonic()
            self._settle()

    def _settle(self) -> None:
        host, at = self.parentWidget(), self.pointer()
        if at != self._seen or QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._seen, self._seen_at_s = at, time.monotonic()
        rests = time.monotonic() - self._seen_at_s >= _REST_S
        if rests or host is None or not would_move(self, host, at, from_top=self._wanted):
            self._look.stop()
            self.setVisible(self._wanted)
        else:
            self._look.start()


def would_move(row: QWidget, host: QWidget, pointer: QPoint, *, from_top: bool) -> bool:
    """Whether the pointer is over what moves when a row of `host` grows (from its top) or shrinks."""
    if not host.isVisible():
        return False
    moved = QRect(0, row.y() + (0 if from_top else row.height()), host.width(), host.height())
    if row.isHidden() and (top := _next_in_layout(row, host)) is not None:
        moved.moveTop(top)
    return moved.intersected(host.rect()).contains(host.mapFromGlobal(pointer))


def _next_in_layout(row: QWidget, host: QWidget) -> int | None:
    """The top of what follows a hidden widget in its parent's layout: a hidden one has no position yet."""
    layout = host.layout()
    if layout is None:
        return None
    for number in range(layout.indexOf(row) + 1, layout.count()):
        item = layout.itemAt(number)
        following = item.widget() if item is not None else None
        if following is not None and not following.isHidden():
            return following.y()
    return None
