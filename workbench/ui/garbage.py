"""Collects garbage on the main thread, and nowhere else.

Python collects on whichever thread makes the object that is one too many. A widget in a circle of references
would then be destroyed on a worker thread, and that crashes Qt. So Python's own collector stays switched off
(see __main__.py), and this one takes its place.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 1_000
_YOUNG = 2_000
_EACH = 10
"""As Python's own: so many new objects are worth a look, and every tenth look goes one generation further."""


class GarbageCollector(QObject):
    """Looks once a second while its parent lives. Make it on the main thread, once all is loaded."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # what was made until now stays: searching it again and again would stall the window
        self._looks = 0
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        if gc.get_count()[0] < _YOUNG:
            return
        self._looks += 1
        gc.collect(2 if self._looks % _EACH**2 == 0 else 1 if self._looks % _EACH == 0 else 0)
