"""Work in steps that a crash stopped half-way, where the session is: looked for, and said.

Owns: the look. Must not know: what the work is, and how it is ended.
"""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.ui.interruptions import Interruption
from workbench.ui.services import Services
from workbench.ui.session import Session
from workbench.ui.window import MainWindow


class LeftOver[T](QObject):
    """Lives as long as the window; looks whenever the session has connected.

    Args:
        key: Names it among all interruptions, and its job.
        services: The program's.
        session: Says where.
        window: Gathers what was interrupted.
        unfinished: Reads what is unfinished, given account id and region, oldest first; runs in a job.
        say: What is said of each, with the action that ends `oldest`.

    Signals:
        there: Whether there is some.

    Attributes:
        oldest: What the action is about: the oldest, or the one that was chosen in the list of all.
    """

    there = Signal(bool)

    def __init__(
        self,
        key: str,
        services: Services,
        session: Session,
        window: MainWindow,
        unfinished: Callable[[str, str], Sequence[T]],
        say: Callable[[T], WorkbenchError],
    ) -> None:
        super().__init__(window)
        self._key, self._services, self._session, self._window = key, services, session, window
        self._unfinished, self._say = unfinished, say
        self.oldest: T | None = None
        session.connected.connect(self.look)
        window.interruptions.outdated.connect(self.look)
        session.changed.connect(lambda: self._take(()))

    def look(self) -> None:
        """Looks, and says what is there now."""
        connection = self._session.connection
        if connection is None:
            return
        account_id, region = connection.account_id, connection.region
        self._services.jobs.submit(
            Job(
                _("Checking for interrupted operations"),
                lambda _ctx: self._unfinished(account_id, region),
                replaces=f"{self._key}.look",
                quiet=True,
                on_done=self._take,
            )
        )

    def hide(self) -> None:
        """Says nothing of it for now: it is being ended, or asked about."""
        self._window.interruptions.tell(self._key, ())

    def _take(self, left: Sequence[T]) -> None:
        self.oldest = left[0] if left else None
        self.there.emit(bool(left))
        found = [(each, self._say(each)) for each in left]
        self._window.interruptions.tell(
            self._key, [Interruption(error, partial(self._decide, each, error)) for each, error in found]
        )

    def _decide(self, chosen: T, error: WorkbenchError) -> None:
        self.oldest = chosen
        self._services.actions[error.action].trigger()
