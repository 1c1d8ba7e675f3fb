"""Gives memory back to the system once an opening has settled.

Owns: when. Must not know: what took it.
"""

from PySide6.QtCore import QObject, QTimer, SignalInstance

from workbench.core.jobs import Job
from workbench.core.memory import give_back, give_back_the_start
from workbench.core.messages import _
from workbench.ui.services import Services

_SETTLED_MS = 3_000


class MemoryKeeper(QObject):
    """Waits for a signal that says that much was done, then for quiet.

    Args:
        services: Runs it.
        busy: Tells of each big piece of work.
        parent: For as long as it lives.
    """

    def __init__(self, services: Services, busy: SignalInstance, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._is_first = True
        self._timer = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._timer.timeout.connect(self._give_back)
        busy.connect(self._timer.start)

    def stop(self) -> None:
        """Gives nothing back any more."""
        self._timer.stop()

    def _give_back(self) -> None:
        title = _("Freeing memory")
        if self._is_first:
            self._is_first = False
            self._services.jobs.submit(Job(title, lambda _ctx: give_back_the_start(), quiet=True))
        self._services.jobs.submit(Job(title, lambda _ctx: give_back(), replaces="memory", quiet=True))
