"""Tells the main thread when something in the folder of the open code changes on disk."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from workbench.code.external_changes import FolderWatch
from workbench.ui.main_thread import MainThread

_SOON_MS = 20  # what comes in one burst is one change


class DiskWatch(QObject):
    """Watches one folder at a time.

    Signals:
        changed: Something changed, or may have.
        troubled(reason): Not all can be watched; what changed is looked for when the window is used again.
    """

    changed = Signal()
    troubled = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._main_thread = MainThread(self)
        self._watch: FolderWatch | None = None
        self._ending: list[FolderWatch] = []
        self._is_blind = False
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.changed)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.applicationStateChanged.connect(self._state_changed)

    def follow(self, root: Path | None) -> None:
        """Watches a folder instead of the one before."""
        if self._watch is not None:
            self._watch.stop()  # it ends soon, by itself
            self._ending = [watch for watch in self._ending if watch.is_running]
            self._ending.append(self._watch)
            self._watch = None
        self._soon.stop()
        self._is_blind = False
        if root is not None:
            watch = FolderWatch(
                root,
                lambda: self._post(watch, self._heard),
                lambda reason: self._post(watch, lambda: self._trouble(reason)),
            )
            self._watch = watch
            watch.start()

    def stop(self) -> None:
        """Ends, and waits for that."""
        self.follow(None)
        for watch in self._ending:
            watch.join()
        self._ending.clear()
        self._main_thread.close()

    def _post(self, watch: FolderWatch, call: Callable[[], object]) -> None:
        self._main_thread.post(lambda: watch is self._watch and call())

    def _heard(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _trouble(self, reason: str) -> None:
        self._is_blind = True
        self.troubled.emit(reason)

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive and self._is_blind:
            self._heard()
