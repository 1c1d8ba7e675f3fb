"""The one way from a worker thread to the main thread.

Owns: the queue of callbacks. It gives the event loop air: after a few milliseconds of callbacks it lets
input and painting through before it goes on, so a flood of results never freezes the window.
"""

import time
from collections import deque
from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject

_BUDGET_S = 0.008
_AFTER_OTHERS = -1
_EVENT = QEvent.Type(QEvent.registerEventType())


class MainThread(QObject):
    """Make it on the main thread; `post` may be called from any thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calls: deque[Callable[[], object]] = deque()
        self._closed = False
        # One event at a time asks for a turn: were there one a callback, all would be sent in a row.
        self._asked = False

    def post(self, call: Callable[[], object]) -> None:
        """Runs `call` soon on the main thread, in the order of posting; never once this object is deleted."""
        self._calls.append(call)
        if not self._asked and not self._closed and shiboken6.isValid(self):
            self._ask()

    def close(self) -> None:
        """Drops what is queued and all that still comes: its listeners are going away."""
        self._closed = True
        self._calls.clear()

    def event(self, event: QEvent) -> bool:
        if event.type() != _EVENT:
            return super().event(event)
        # First of all: what is posted from here on asks anew, what was posted before runs in this turn.
        self._asked = False
        until = time.monotonic() + _BUDGET_S
        try:
            while self._calls and not self._closed and time.monotonic() < until:
                self._calls.popleft()()
        finally:
            if self._calls and not self._closed:
                self._ask()
        return True

    def _ask(self) -> None:
        self._asked = True
        QCoreApplication.postEvent(self, QEvent(_EVENT), _AFTER_OTHERS)
