"""The one way from a worker thread to the main thread.

Owns: the queue of callbacks. It gives the event loop air: after a few milliseconds of callbacks it lets
input and painting through before it goes on, so a flood of results never freezes the window.
"""

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject

_BUDGET_S = 0.008
_EVENT = QEvent.Type(QEvent.registerEventType())


class MainThread(QObject):
    """Make it on the main thread; `post` may be called from any thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calls: deque[Callable[[], object]] = deque()
        self._closed = False

    def post(self, call: Callable[[], object]) -> None:
        """Runs `call` soon on the main thread, in the order of posting."""
        self._calls.append(call)
        if not self._closed:
            QCoreApplication.postEvent(self, QEvent(_EVENT))

    def close(self) -> None:
        """Drops what is queued and all that still comes: its listeners are going away."""
        self._closed = True
        self._calls.clear()

    def event(self, event: QEvent) -> bool:
        if event.type() != _EVENT:
            return super().event(event)
        until = time.monotonic() + _BUDGET_S
        while self._calls and not self._closed:
            self._calls.popleft()()
            if time.monotonic() > until:
                if self._calls:
                    QCoreApplication.postEvent(self, QEvent(_EVENT), -1)
                break
        return True
