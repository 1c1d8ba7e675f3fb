"""From Delete Function… to its end, and back with Restore Deleted Function…; and what was interrupted."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction

from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import CachingConnection, RateBudget, RetryingConnection
from workbench.code.download import download_for
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.functions import deletion as deletions
from workbench.functions import restore as restoring
from workbench.functions.deleted import Deleted, DeletedStore
from workbench.functions.dependents import DependentKind, list_dependents
from workbench.functions.detail import GONE, get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers import find as triggers
from workbench.ui.deleting import dialog as dialogs
from workbench.ui.deleting import labels
from workbench.ui.history.created import note_created
from workbench.ui.left_over import LeftOver
from workbench.ui.new_function import staging
from workbench.ui.ownership.owner import owner_warning
from workbench.ui.parts import Parts
from workbench.ui.protection import Protection
from workbench.ui.services import OpenFunction, Services
from workbench.ui.session import Session
from workbench.ui.window import MainWindow

DELETE, RESTORE = "function.delete", "function.restore"
RESUME = "function.resume_deletion"
_FIND = "function.delete.look"

Confirm = Callable[[OpenFunction, str, str, str, Callable[[], object]], object]


class DeletionFlow(QObject):
    """Deletes functions, and restores deleted ones; binds its own actions.

    Signals:
        deleted: The ARN of a function that has gone.
        restored: The name of one that is there again.
        failed: Which action failed, and why.
    """

    deleted = Signal(str)
    restored = Signal(str)
    failed = Signal(str, WorkbenchError)

    def __init__(
        self,
        services: Services,
        session: Session,
        window: MainWindow,
        confirm: Confirm,
        budget: RateBudget,
    ) -> None:
        super().__init__(window)
        self._services, self._session, self._window = services, session, window
        self._confirm, self._budget = confirm, budget
        # Asked before a function is made again; calls what it is given if it may be.
        self.before_restore: Callable[[Connection, str, Callable[[], None]], None] = (
            lambda _connection, _function_name, then: then()
        )
        self._store = DeletedStore(
            services.paths.data_dir / "deleted",
            services.clock,
            max_age_days=services.policy.packages_days,
        )
        # What to know of who else manages a function, before it is deleted.
        self.describe_owner: Callable[[FunctionDetail], str] = lambda _detail: ""
        self._journal = deletions.DeletionJournal(services.paths.data_dir / "deletions", services.clock)
        self.interrupted = InterruptedDeletions(
            self, services, session, window, (self._journal, self._store), budget
        )
        self._half_restored = HalfRestored(services, session, window, self._store, RESTORE).left_over
        services.actions.bind(DELETE, self._delete_open)
        services.actions.bind(RESTORE, self.choose)

    # Deleting -----------------------------------------------------------------------------------------------

    def _delete_open(self) -> None:
        if (function := self._window.page.function) is not None:
            self._read(function.connection, function.detail.function_name)

    def delete_named(self, function_name: str) -> None:
        """Asks about a function of the list, which need not be the open one."""
        if (connection := self._session.connection) is not None:
            self._read(connection, function_name)

    def _read(self, connection: Connection, name: str) -> None:
        self._services.jobs.submit(
            Job(
                _("Reading {name}").format(name=name),
                lambda ctx: OpenFunction(connection, get_function(connection, name, "", ctx)),
                replaces=_FIND,
                on_done=self._ask,
                on_error=self._not_read,
            )
        )

    def _not_read(self, error: WorkbenchError) -> None:
        if error.aws_code == GONE:
            self._window.functions.refresh()
        self._fail(DELETE, error)

    def _ask(self, function: OpenFunction) -> None:
        detail = function.detail
        dialog = dialogs.DeleteDialog(
            detail, self._where(function.connection), self.describe_owner(detail), self._window
        )

        def find(ctx: JobContext) -> None:
            connection = CachingConnection(function.connection, self._budget, ctx)
            list_dependents(connection, detail, ctx)
            ctx.emit(triggers.grants_and_urls(connection, detail, ctx))

        self._services.jobs.submit(
            Job(
                _("Finding related resources of {function_name}").format(function_name=detail.function_name),
                find,
                replaces=_FIND,
                on_item=lambda parts: dialog.add_parts(parts) if isinstance(parts, tuple) else None,
                on_done=lambda __: dialog.finish(),
                on_error=dialog.say_error,
                on_cancelled=dialog.show_cancelled,
            )
        )
        dialog.finished.connect(lambda _result: self._services.jobs.drop(_FIND))
        dialog.agreed.connect(lambda steps: self._agreed(function, steps, _lost(steps)))
        dialog.open()

    def _agreed(
        self, function: OpenFunction, steps: "tuple[deletions.DeletionStep, ...]", lost: tuple[str, ...]
    ) -> None:
        others = [step.subject for step in steps if step.part is not None]
        words = _("{name} will be deleted with all its versions and aliases.").format(
            name=function.detail.function_name
        )
        if others:
            words += " " + _("These resources will be deleted too: {names}.").format(names=", ".join(others))
        self._confirm(
            function,
            _("Delete in production"),
            words,
            _("Delete"),
            lambda: self._delete(function, steps, lost),
        )

    def _delete(
        self, function: OpenFunction, steps: "tuple[deletions.DeletionStep, ...]", lost: tuple[str, ...]
    ) -> None:
        name = function.detail.function_name

        def run(ctx: JobContext) -> deletions.Deletion:
            connection = RetryingConnection(function.connection, self._budget, ctx)
            kept, detail = self._store.keep(connection, name, lost, download_for, ctx)
            if (detail.code_sha256, detail.revision_id) != (
                function.detail.code_sha256,
                function.detail.revision_id,
            ):
                self._store.forget(kept)
                raise _changed(name)
            with self._journal.begin_deletion(detail, steps, kept.folder.name) as file:
                deletion = deletions.delete(connection, detail, steps, ctx, file)
                if not deletion.is_function_deleted and deletions.can_be_read(function.connection, name):
                    self._store.forget(kept)
                file.finish()
            return deletion

        self._services.jobs.submit(
            Job(
                _("Deleting {name}").format(name=name),
                run,
                lane=f"write:{function.detail.function_arn}",
                on_done=lambda deletion: self._ended(function, deletion),
                on_error=lambda error: self._fail(DELETE, error),
            )
        )

    def _ended(self, function: OpenFunction, deletion: "deletions.Deletion") -> None:
        name = function.detail.function_name
        if deletion.is_function_deleted:
            self.deleted.emit(function.detail.function_arn)
        if deletion.left:
            self._window.functions.refresh()  # where an answer was lost it may have gone all the same
            self._fail(DELETE, labels.deletion_error(name, deletion))
            return
        text = _("{name} was deleted.").format(name=name)
        why = _("Its code and configuration are kept on this computer.")
        self._window.banners.show_error(WorkbenchError(text, why, action=RESTORE), "good", key="deleted")

    # Restoring ----------------------------------------------------------------------------------------------

    def choose(self) -> None:
        """Asks which deleted function is to be made again."""
        connection = self._session.connection
        if connection is None:
            return
        self._services.jobs.submit(
            Job(
                _("Reading deleted functions"),
                lambda _ctx: self._store.all(connection.account_id, connection.region),
                replaces="function.restore.look",
                quiet=True,
                on_done=lambda deleted: self._choose(connection, deleted),
                on_error=lambda error: self._fail(RESTORE, error),
            )
        )

    def _choose(self, connection: Connection, deleted: tuple[Deleted, ...]) -> None:
        dialog = dialogs.RestoreDialog(deleted, self._where(connection), self._window)
        dialog.forget_wanted.connect(self._forget)
        dialog.agreed.connect(
            lambda chosen: self.before_restore(
                connection, chosen.function_name, lambda: self.restore(connection, chosen)
            )
        )
        dialog.open()

    def _forget(self, deleted: Deleted) -> None:
        title = _("Deleting the copy of {function_name}").format(function_name=deleted.function_name)
        self._services.jobs.submit(
            Job(
                title,
                lambda _ctx: self._store.forget(deleted),
                quiet=True,
                on_done=lambda __: self._half_restored.look(),
            )
        )

    def restore(self, connection: Connection, deleted: Deleted) -> None:
        """Makes a deleted function again."""
        name = deleted.function_name

        def run(ctx: JobContext) -> "restoring.Restored":
            restored = restoring.restore(connection, deleted, ctx, staging.ThroughS3())
            note_created(self._services, restored.detail, restored=True)
            return restored

        def failed(error: WorkbenchError) -> None:
            self._half_restored.look()
            self._fail(RESTORE, error)

        def done(restored: "restoring.Restored") -> None:
            self._half_restored.look()
            text = _("{name} was restored.").format(name=name)
            why, tone = labels.restored_text(deleted, restored)
            self._window.banners.show_notice(text, why, tone, key="deleted")
            if connection is self._session.connection:
                self._window.functions.refresh()
                self.restored.emit(name)

        self._services.jobs.submit(
            Job(
                _("Restoring {name}").format(name=name),
                run,
                on_done=done,
                on_error=failed,
                on_cancelled=self._half_restored.look,
            )
        )

    # Inside -------------------------------------------------------------------------------------------------

    def _where(self, connection: Connection) -> str:
        text = _("account {account_id}, {region}")
        return text.format(account_id=connection.account_id, region=connection.region)

    def _fail(self, action: str, error: WorkbenchError) -> None:
        self._window.banners.show_error(error)
        self.failed.emit(action, error)


def _changed(name: str) -> WorkbenchError:
    return WorkbenchError(
        _("{name} was not deleted.").format(name=name),
        _("It was changed in the meantime."),
        _("Check the current state, then decide."),
        aws_code="PreconditionFailedException",
        action="function.refresh",
    )


def _lost(steps: "tuple[deletions.DeletionStep, ...]") -> tuple[str, ...]:
    """What is deleted with it, and no copy is kept of."""
    gone = (step.part for step in steps if step.part and step.part.kind is not DependentKind.MAPPING)
    return tuple(f"{labels.kind_text(part.kind)} {labels.subject_text(part)}" for part in gone)


class Flow(Protocol):
    """What it needs of the flow that it belongs to."""

    before_restore: Callable[[Connection, str, Callable[[], None]], None]

    def restore(self, connection: Connection, deleted: Deleted) -> None: ...


class InterruptedDeletions(QObject):
    """Finishes or undoes deletions that a crash interrupted.

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
            "deletion", services, session, window, self._journal.unfinished, self._describe
        )
        services.actions.bind(RESUME, self.resume)

    def _describe(self, interrupted: "deletions.InterruptedDeletion") -> WorkbenchError:
        return WorkbenchError(
            _("The deletion of {function_name} was interrupted.").format(
                function_name=interrupted.about.function_name
            ),
            labels.progress_text(deletions.progress_of(interrupted)),
            _("Finish it or undo it."),
            action=RESUME,
        )

    def resume(self) -> None:
        """Asks what becomes of the oldest, and does it."""
        connection, interrupted = self._session.connection, self.left_over.oldest
        if connection is None or interrupted is None:
            return
        name = interrupted.about.function_name
        dialog = dialogs.InterruptedDeletionDialog(interrupted, self._window)
        dialog.finish_wanted.connect(
            lambda: self._flow.before_restore(connection, name, lambda: self._finish(connection, interrupted))
        )
        dialog.undo_wanted.connect(
            lambda: self._flow.before_restore(connection, name, lambda: self._undo(connection, interrupted))
        )
        dialog.open()

    def _finish(self, connection: Connection, interrupted: "deletions.InterruptedDeletion") -> None:
        name = interrupted.about.function_name

        def run(ctx: JobContext) -> deletions.Deletion:
            retrying = RetryingConnection(connection, self._budget, ctx)
            return deletions.finish_deletion(retrying, interrupted, self._journal, ctx)

        def done(deletion: deletions.Deletion) -> None:
            if deletion.left:
                self._fail(labels.deletion_error(name, deletion))
            else:
                self._notify(_("{name} was deleted.").format(name=name))

        self._settle(_("Deleting {name}"), interrupted, run, done)

    def _undo(self, connection: Connection, interrupted: "deletions.InterruptedDeletion") -> None:
        name = interrupted.about.function_name

        def run(_ctx: JobContext) -> Deleted | None:
            copies = self._store.all(interrupted.about.account_id, interrupted.about.region)
            copy = next((each for each in copies if each.folder.name == interrupted.about.copy), None)
            if not deletions.abandon_deletion(connection, interrupted, self._journal):
                return copy
            if copy is not None:
                self._store.forget(copy)  # of a function that is still there
            return None

        def done(copy: Deleted | None) -> None:
            if copy is not None:
                self._flow.restore(connection, copy)
                return
            gone = ", ".join(map(labels.step_text, deletions.progress_of(interrupted).gone))
            why = _("Already deleted and not restored: {gone}.").format(gone=gone) if gone else ""
            self._notify(_("Nothing else of {name} will be deleted.").format(name=name), why)

        self._settle(_("Undoing the deletion of {name}"), interrupted, run, done)

    def _settle[T](
        self,
        title: str,
        interrupted: "deletions.InterruptedDeletion",
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
                title.format(name=interrupted.about.function_name),
                run,
                lane=f"write:{interrupted.about.function_arn}",
                on_done=ended,
                on_error=failed,
                on_cancelled=self.left_over.look,
            )
        )

    def _notify(self, text: str, why: str = "") -> None:
        self._window.banners.show_notice(text, why, "info" if why else "good", key="deleted")

    def _fail(self, error: WorkbenchError) -> None:
        self._window.banners.show_error(error)


class HalfRestored(QObject):
    """Reports restores that a crash interrupted, and offers to continue them.

    Args:
        services: The program's.
        session: Where they are looked for.
        window: For the banner.
        store: The copies of what was deleted.
        action: Restores.

    Attributes:
        left_over: What a crash left here.
    """

    def __init__(
        self, services: Services, session: Session, window: MainWindow, store: DeletedStore, action: str
    ) -> None:
        super().__init__(window)
        self._action = action
        self.left_over = LeftOver("restoring", services, session, window, store.half_restored, self._describe)

    def _describe(self, copy: Deleted) -> WorkbenchError:
        return WorkbenchError(
            _("The restore of {function_name} was interrupted.").format(function_name=copy.function_name),
            _("If the function exists, some of its related resources might be missing."),
            _("Restore it again to continue."),
            action=self._action,
        )


class DeletionController(QObject):
    """Connects the deletion of functions to the window's list, banners and sign-in."""

    def __init__(self, parts: Parts, protection: Protection, budget: RateBudget) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self.flow = DeletionFlow(
            parts.services, parts.session, parts.window, protection.confirm_change, budget
        )
        self.flow.before_restore = parts.creation.before_start
        self.flow.describe_owner = owner_warning
        self.flow.interrupted.left_over.there.connect(
            lambda there: parts.services.actions.set_there("deletion", there=there)
        )
        self.flow.failed.connect(protection.sign_in.note_failure)
        self.flow.deleted.connect(self._close_deleted)
        self.flow.restored.connect(parts.creation.created)
        view = parts.window.functions.view
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        action = QAction(parts.services.actions[DELETE].text(), view)
        action.setObjectName("deleteListedFunction")
        action.triggered.connect(self._delete_listed)
        view.addAction(action)

    def _delete_listed(self) -> None:
        """Deletes the row under the mouse, which need not be the open function."""
        index = self._parts.window.functions.view.currentIndex()
        if index.isValid():
            self.flow.delete_named(str(index.data()))

    def _close_deleted(self, function_arn: str) -> None:
        """The window lets go of a function that is not there any more."""
        window = self._parts.window
        opened = window.page.function
        if opened is not None and opened.detail.function_arn == function_arn:
            window.page.close_function()
        window.functions.refresh()
