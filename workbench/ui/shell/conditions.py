"""What closes a message by itself: the condition that it tells of is over.

Three kinds of conditions need no word of whoever has shown the message; others close theirs by its key
(`BannerStack.dismiss`). Work that failed is over once the same work succeeds (`WorkbenchError.work`); what
AWS or the network refused, once the connection stands; and what can be asked for (`WorkbenchError.until`), a
full disk say, is asked for every few seconds.
"""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle
from workbench.core.messages import _
from workbench.ui.shell.messages import Message
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.sign_in import REPAIRS

_LOOK_MS = 5_000
_MAX_ASKED = 20  # newest first
_MAX_DOUBLINGS = 4  # of the pause between two attempts to connect
_CONNECT = "connection.retry"


class Conditions(QObject):
    """Closes the messages of all windows whose condition is over, and connects when AWS can be reached again.

    Args:
        services: The program's.
        session: The connection of the window.
        parent: Owns it.
    """

    def __init__(self, services: Services, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._log, self._session = services.jobs, services.messages, session
        self._refused: WorkbenchError | None = None  # why the session has no connection
        self._looks = self._attempts = 0
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        services.jobs.on_success = self._succeeded
        services.messages.changed.connect(self._follow)
        session.connecting.connect(self._connecting)
        session.connected.connect(self._connected)
        session.failed.connect(self._failed)

    def signed_in(self, _profile_name: str = "") -> None:
        """The user has signed in, or has trusted what asked for it."""
        self._log.end_all(lambda message: message.error.action in REPAIRS)

    def look(self) -> None:
        """Asks, on a worker thread, which conditions are over."""
        self._looks += 1
        asked = self._asked()
        if not asked:
            self._timer.stop()
            return

        def run(ctx: JobContext) -> list[Message]:
            return [each for each in asked if each.error.until and ctx.wait_for(each.error.until)]

        self._jobs.submit(
            Job(
                _("Checking what messages tell of"),
                run,
                replaces="messages.conditions",
                quiet=True,
                on_done=self._over,
                on_error=lambda _error: None,
            )
        )

    def _asked(self) -> list[Message]:
        found = [each for each in self._log.messages if each.error.until and not each.is_over]
        return found[:_MAX_ASKED]

    def _follow(self) -> None:
        if not self._timer.isActive() and self._asked():
            self._timer.start()

    def _over(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.error is not self._refused:
                self._log.end(message)
            elif self._looks % 2**self._attempts == 0:  # reached, and refused again: less and less often
                self._attempts = min(self._attempts + 1, _MAX_DOUBLINGS)
                self._session.connect_now()

    def _succeeded(self, handle: JobHandle) -> None:
        title = handle.job.title
        self._log.end_all(lambda message: message.error.work == title)

    def _connecting(self) -> None:
        self._refused = None

    def _connected(self) -> None:
        self._attempts = 0
        self._log.end_all(lambda message: message.error.action in (_CONNECT, *REPAIRS))

    def _failed(self, error: WorkbenchError) -> None:
        self._refused = error
