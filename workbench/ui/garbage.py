"""Collects garbage on the main thread, and nowhere else.

Python collects on whichever thread makes the object that is one too many. A widget in a circle of references
would then be destroyed on a worker thread, and that crashes Qt. So Python's own collector stays switched off
(see __main__.py), and this one takes its place.
"""

import gc

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

_INTERVAL_MS = 1_000
_YOUNG = 2_000
_EACH = 10
"""As Python's own: so many new objects are worth a look, and every tenth look goes one generation further."""
_MOST = 20_000
"""So many objects are searched in 10 to 20 ms. More than that is data, such as a package's 20,000 files."""
_AWAY_MS = 5_000


class GarbageCollector(QObject):
    """Looks once a second while its parent lives. Make it on the main thread, once all is loaded.

    What cannot be searched without a stall is set aside until the person has turned to another program.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # what was made until now stays: searching it again and again would stall the window
        self._looks = 0
        self._has_set_aside = False
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._away = QTimer(self, singleShot=True, interval=_AWAY_MS)
        self._away.timeout.connect(self._search_all)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._turned)

    def _look(self) -> None:
        young = gc.get_count()[0]
        if young < _YOUNG:
            return
        self._looks += 1
        generation = 2 if self._looks % _EACH**2 == 0 else 1 if self._looks % _EACH == 0 else 0
        searched = sum(len(gc.get_objects(each)) for each in range(generation + 1)) if generation else young
        if searched > _MOST:
            gc.freeze()
            self._has_set_aside = True
        else:
            gc.collect(generation)

    def _turned(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive:
            self._away.stop()
        elif self._has_set_aside:
            self._away.start()

    def _search_all(self) -> None:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._has_set_aside = False
