"""From Delete Function… to its end, and back with Restore Deleted Function…; and what was interrupted."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction

from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import CachingConnection, RetryingConnection
from workbench.code.download import download_for
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy import new_function as packages
from workbench.functions import deletion as deletions
from workbench.functions import restore as restoring
from workbench.functions.deleted import Deleted, DeletedStore
from workbench.functions.dependents import DependentKind, list_dependents
from workbench.functions.detail import GONE, get_function
from workbench.triggers import find as triggers
from workbench.ui.action_spec import ActionSpec
from workbench.ui.deploy_history import note_created
from workbench.ui.features.deleting import dialog as dialogs
from workbench.ui.features.deleting import labels
from workbench.ui.left_over import LeftOver
from workbench.ui.ownership.owner import owner_warning
from workbench.ui.services import OpenFunction
from workbench.ui.shell.context import Context, Guard

DELETE, RESTORE = "function.delete", "function.restore"
RESUME = "function.resume_deletion"
_FIND = "function.delete.look"


def activate(context: Context) -> None:
    """Adds deleting and restoring to the menu, and deleting to the list of functions."""
    flow = DeletionFlow(context)
    context.action(
        ActionSpec(
            DELETE,
            _("Delete Function…"),
            icon="trash-2",
            when="function",
            begins_group=True,
            terms=_("remove"),
        ),
        flow.delete_open,
        after="function.resume",
    )
    restore = ActionSpec(
        RESTORE,
        _("Restore Deleted Function…"),
        icon="undo-2",
        when="connected",
        terms=_("undelete, recover"),
    )
    context.action(restore, flow.choose, after=DELETE)
    resume = ActionSpec(
        RESUME,
        _("Interrupted Deletion…"),
        icon="triangle-alert",
        when="deletion",
        only_when_enabled=True,
    )
    context.action(resume, flow.interrupted.resume, after="function.resume_creation")
    flow.interrupted.left_over.there.connect(lambda there: context.set_condition("deletion", is_met=there))
    view = context.window.functions.view
    view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
    listed = QAction(context.services.actions[DELETE].text(), view)
    listed.setObjectName("deleteListedFunction")
    listed.triggered.connect(flow.delete_listed)
    view.addAction(listed)


class DeletionFlow(QObject):
    """Deletes functions, and restores deleted ones."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        services, session = context.services, context.session
        self._store = DeletedStore(
            services.paths.data_dir / "deleted",
            services.clock,
            max_age_days=services.policy.packages_days,
        )
        self._journal = deletions.DeletionJournal(services.paths.data_dir / "deletions", services.clock)
        self.interrupted = InterruptedDeletions(context, self.restore, self._journal, self._store)
        self._half_restored = LeftOver(
            "restoring", services, session, context.window, self._store.half_restored, _half_restored
        )

    # Deleting -----------------------------------------------------------------------------------------------

    def delete_open(self) -> None:
        """Asks about the open function, and deletes it."""
        if (function := self._context.function) is not None:
            self._read(function.connection, function.detail.function_name)

    def delete_listed(self) -> None:
        """Asks about the function under the mouse in the list, which need not be the open one."""
        index, connection = self._window.functions.view.currentIndex(), self._context.session.connection
        if index.isValid() and connection is not None:
            self._read(connection, str(index.data()))

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
            detail, self._where(function.connection), owner_warning(detail), self._window
        )

        def find(ctx: JobContext) -> None:
            connection = CachingConnection(function.connection, self._context.budget, ctx)
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
        dialog.agreed.connect(lambda steps: self._delete(function, steps, _lost(steps)))
        dialog.open()

    def _delete(
        self, function: OpenFunction, steps: "tuple[deletions.DeletionStep, ...]", lost: tuple[str, ...]
    ) -> None:
        name = function.detail.function_name

        def run(ctx: JobContext) -> deletions.Deletion:
            connection = RetryingConnection(function.connection, self._context.budget, ctx)
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

        words = _("{name} will be deleted with all its versions and aliases.").format(name=name)
        if others := [step.subject for step in steps if step.part is not None]:
            words += " " + _("These resources will be deleted too: {names}.").format(names=", ".join(others))
        self._context.change(
            function,
            _("Deleting {name}").format(name=name),
            run,
            lambda deletion: self._ended(function, deletion),
            guard=Guard(_("Delete in production"), words, _("Delete")),
            failed=lambda error: self._fail(DELETE, error),
        )

    def _ended(self, function: OpenFunction, deletion: "deletions.Deletion") -> None:
        name = function.detail.function_name
        if deletion.is_function_deleted:
            opened = self._context.function
            if opened is not None and opened.detail.function_arn == function.detail.function_arn:
                self._window.page.close_function()
            self._window.functions.refresh()
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
        connection = self._context.session.connection
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
            lambda chosen: self._context.confirm_creation(
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
            restored = restoring.restore(connection, deleted, ctx, packages.ThroughS3())
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
            if connection is self._context.session.connection:
                self._window.functions.refresh()
                self._context.open_function(name)

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
        self._context.remember(action, error)


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


def _half_restored(copy: Deleted) -> WorkbenchError:
    return WorkbenchError(
        _("The restore of {function_name} was interrupted.").format(function_name=copy.function_name),
        _("If the function exists, some of its related resources might be missing."),
        _("Restore it again to continue."),
        action=RESTORE,
    )


class InterruptedDeletions(QObject):
    """Finishes or undoes deletions that a crash interrupted.

    Args:
        context: Of the feature.
        restore: Makes a deleted function again.
        journal: Of all deletions.
        store: The copies of what was deleted.

    Attributes:
        left_over: What a crash left here.
    """

    def __init__(
        self,
        context: Context,
        restore: Callable[[Connection, Deleted], object],
        journal: "deletions.DeletionJournal",
        store: DeletedStore,
    ) -> None:
        super().__init__(context)
        self._context, self._services, self._window = context, context.services, context.window
        self._restore, self._journal, self._store = restore, journal, store
        self.left_over = LeftOver(
            "deletion", self._services, context.session, self._window, journal.unfinished, self._describe
        )

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
        connection, interrupted = self._context.session.connection, self.left_over.oldest
        if connection is None or interrupted is None:
            return
        name = interrupted.about.function_name
        dialog = dialogs.InterruptedDeletionDialog(interrupted, self._window)
        dialog.finish_wanted.connect(
            lambda: self._context.confirm_creation(
                connection, name, lambda: self._finish(connection, interrupted)
            )
        )
        dialog.undo_wanted.connect(
            lambda: self._context.confirm_creation(
                connection, name, lambda: self._undo(connection, interrupted)
            )
        )
        dialog.open()

    def _finish(self, connection: Connection, interrupted: "deletions.InterruptedDeletion") -> None:
        name = interrupted.about.function_name

        def run(ctx: JobContext) -> deletions.Deletion:
            retrying = RetryingConnection(connection, self._context.budget, ctx)
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
                self._restore(connection, copy)
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
