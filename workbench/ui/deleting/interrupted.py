"""Deletions that a crash stopped half-way: said at the start, asked about, and ended one way or the other."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject

from workbench.aws.connection import Connection
from workbench.aws.rate_budget import RateBudget
from workbench.aws.retrying_connection import RetryingConnection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.functions import deletion as deletions
from workbench.functions.deleted import Deleted, DeletedStore
from workbench.ui.deleting import interrupted_dialog as dialogs
from workbench.ui.deleting import words as deletion_words
from workbench.ui.left_over import LeftOver
from workbench.ui.services import Services
from workbench.ui.session import Session
from workbench.ui.window import MainWindow

RESUME = "function.resume_deletion"


class Flow(Protocol):
    """What it needs of the flow that it belongs to."""

    before_restore: Callable[[Connection, str, Callable[[], None]], None]

    def restore(self, connection: Connection, deleted: Deleted) -> None: ...


class InterruptedDeletions(QObject):
    """Lives as long as the window.

    Args:
        flow: Asks whether something may be changed, and restores.
        services: The program's.
        session: Where the deletions are looked for.
        window: For the banner and the dialog.
        kept: The journal of all deletions, and the copies of what was deleted.
        budget: The program's.

    Attributes:
        left_over: What a crash left here.
    """

    def __init__(
        self,
        flow: Flow,
        services: Services,
        session: Session,
        window: MainWindow,
        kept: "tuple[deletions.DeletionJournal, DeletedStore]",
        budget: RateBudget,
    ) -> None:
        super().__init__(window)
        self._flow, self._services, self._session, self._window = flow, services, session, window
        (self._journal, self._store), self._budget = kept, budget
        self.left_over = LeftOver(
            "deletion", services, session, window, self._journal.unfinished, self._words
        )
        services.actions.bind(RESUME, self.resume)

    def _words(self, interrupted: "deletions.Interrupted") -> WorkbenchError:
        return WorkbenchError(
            self.tr("The deletion of %1 was interrupted.").replace("%1", interrupted.function_name),
            deletion_words.gone_and_left(interrupted.gone, interrupted.left),
            self.tr("Finish it or undo it."),
            action=RESUME,
        )

    def resume(self) -> None:
        """Asks what becomes of the oldest, and does it."""
        connection, interrupted = self._session.connection, self.left_over.oldest
        if connection is None or interrupted is None:
            return
        name = interrupted.function_name
        dialog = dialogs.InterruptedDeletionDialog(interrupted, self._window)
        dialog.finish_wanted.connect(
            lambda: self._flow.before_restore(connection, name, lambda: self._finish(connection, interrupted))
        )
        dialog.undo_wanted.connect(
            lambda: self._flow.before_restore(connection, name, lambda: self._let_go(connection, interrupted))
        )
        dialog.open()

    def _finish(self, connection: Connection, interrupted: "deletions.Interrupted") -> None:
        name = interrupted.function_name

        def run(ctx: JobContext) -> deletions.Deletion:
            patient = RetryingConnection(connection, self._budget, ctx)
            return deletions.finish_deletion(patient, interrupted, self._journal, ctx)

        def done(deletion: deletions.Deletion) -> None:
            if deletion.left:
                self._fail(deletion_words.deletion_error(name, deletion))
            else:
                self._say(self.tr("%1 was deleted.").replace("%1", name))

        self._settle(self.tr("Deleting %1"), interrupted, run, done)

    def _let_go(self, connection: Connection, interrupted: "deletions.Interrupted") -> None:
        name = interrupted.function_name

        def run(_ctx: JobContext) -> Deleted | None:
            copies = self._store.all(interrupted.account_id, interrupted.region)
            copy = next((each for each in copies if each.folder.name == interrupted.copy), None)
            if not deletions.abandon_deletion(connection, interrupted, self._journal):
                return copy
            if copy is not None:
                self._store.forget(copy)  # of a function that is still there
            return None

        def done(copy: Deleted | None) -> None:
            if copy is not None:
                self._flow.restore(connection, copy)
                return
            gone = ", ".join(map(deletion_words.step_text, interrupted.gone))
            why = self.tr("Already deleted and not restored: %1.").replace("%1", gone) if gone else ""
            self._say(self.tr("Nothing else of %1 will be deleted.").replace("%1", name), why)

        self._settle(self.tr("Undoing the deletion of %1"), interrupted, run, done)

    def _settle[T](
        self,
        title: str,
        interrupted: "deletions.Interrupted",
        run: Callable[[JobContext], T],
        done: Callable[[T], object],
    ) -> None:
        self.left_over.hide()

        def ended(result: T) -> None:
            self.left_over.look()  # there may be another
            self._window.functions.refresh()
            done(result)

        def failed(error: WorkbenchError) -> None:
            self.left_over.look()
            self._fail(error)

        self._services.jobs.submit(
            Job(
                title.replace("%1", interrupted.function_name),
                run,
                lane=f"write:{interrupted.function_arn}",
                on_done=ended,
                on_error=failed,
                on_cancelled=self.left_over.look,
            )
        )

    def _say(self, text: str, why: str = "") -> None:
        self._window.banners.show_notice(text, why, "info" if why else "good", key="deleted")

    def _fail(self, error: WorkbenchError) -> None:
        self._window.banners.show_error(error)
