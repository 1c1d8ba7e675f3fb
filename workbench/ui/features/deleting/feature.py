"""From Delete Function… to its end, and back with Restore Deleted Function…; and what was interrupted."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction

from workbench.aws.connection import Connection
from workbench.aws.retry import CachingConnection, RetryingConnection
from workbench.code.download import download_for
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy import new_function as packages
from workbench.functions import deletion as deletions
from workbench.functions import restore as restoring
from workbench.functions.deleted import Deleted, DeletedStore, InterruptedRestore
from workbench.functions.dependents import DependentKind, list_dependents
from workbench.functions.detail import GONE, get_function
from workbench.triggers import find as triggers
from workbench.ui.features.deleting import dialog as dialogs
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context, Guard
from workbench.ui.shell.deploy_history import note_created
from workbench.ui.shell.owner import owner_warning
from workbench.ui.shell.recovery import Ended, Interruption
from workbench.ui.shell.services import OpenFunction

DELETE, RESTORE = "function.delete", "function.restore"
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
        RESTORE, _("Restore Deleted Function…"), icon="undo-2", when="connected", terms=_("undelete, recover")
    )
    context.action(restore, flow.choose, after=DELETE)
    context.recovery(_("Deletion"), lambda: (flow.journal,), flow.describe_deletion)
    context.recovery(_("Restore"), flow.store.journals, flow.describe_restore)
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
        services = context.services
        self.store = DeletedStore(
            services.paths.data_dir / "deleted", services.clock, max_age_days=services.policy.packages_days
        )
        self.journal = deletions.DeletionJournal(services.paths.data_dir / "deletions", services.clock)

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
        self._services.jobs.start(
            _("Reading {name}").format(name=name),
            lambda ctx: OpenFunction(connection, get_function(connection, name, "", ctx)),
            replaces=_FIND,
            on_done=self._ask,
            on_error=self._not_read,
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

        self._services.jobs.start(
            _("Finding related resources of {function_name}").format(function_name=detail.function_name),
            find,
            replaces=_FIND,
            on_item=lambda parts: dialog.add_parts(parts) if isinstance(parts, tuple) else None,
            on_done=lambda __: dialog.finish(),
            on_error=dialog.set_error,
            on_cancelled=dialog.show_cancelled,
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
            kept, detail = self.store.keep(connection, name, lost, download_for, ctx)
            if (detail.code_sha256, detail.revision_id) != (
                function.detail.code_sha256,
                function.detail.revision_id,
            ):
                self.store.forget(kept)
                raise _changed(name)
            with self.journal.begin_deletion(detail, steps, kept.folder.name) as file:
                deletion = deletions.delete(connection, detail, steps, ctx, file)
                if not deletion.is_function_deleted and deletions.can_be_read(function.connection, name):
                    self.store.forget(kept)
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
            guard=Guard(_("Delete in Production"), words, _("Delete")),
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
            self._fail(DELETE, dialogs.deletion_error(name, deletion))
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
        self._services.jobs.start(
            _("Reading deleted functions"),
            lambda _ctx: self.store.all(connection.account_id, connection.region),
            replaces="function.restore.look",
            quiet=True,
            on_done=lambda deleted: self._choose(connection, deleted),
            on_error=lambda error: self._fail(RESTORE, error),
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
        self._services.jobs.start(
            title,
            lambda _ctx: self.store.forget(deleted),
            quiet=True,
            on_done=lambda __: self._window.operations_changed.emit(),
        )

    def restore(self, connection: Connection, deleted: Deleted) -> None:
        """Makes a deleted function again."""
        name = deleted.function_name

        def failed(error: WorkbenchError) -> None:
            self._window.operations_changed.emit()
            self._fail(RESTORE, error)

        def done(restored: "restoring.Restored") -> None:
            self._window.operations_changed.emit()
            text = _("{name} was restored.").format(name=name)
            why, tone = dialogs.restored_text(deleted, restored)
            self._window.banners.show_notice(text, why, tone, key="deleted")
            self._show_restored(connection, name)

        self._services.jobs.start(
            _("Restoring {name}").format(name=name),
            lambda ctx: self._make_again(connection, deleted, ctx),
            on_done=done,
            on_error=failed,
            on_cancelled=self._window.operations_changed.emit,
        )

    def _make_again(self, connection: Connection, deleted: Deleted, ctx: JobContext) -> "restoring.Restored":
        restored = restoring.restore(connection, deleted, ctx, packages.ThroughS3())
        note_created(self._services, restored.detail, restored=True)
        return restored

    def _show_restored(self, connection: Connection, name: str) -> None:
        if connection is self._context.session.connection:
            self._window.functions.refresh()
            self._context.open_function(name)

    def _restored(self, connection: Connection, deleted: Deleted, restored: "restoring.Restored") -> Ended:
        """The end of an interrupted restore, or of the undo of an interrupted deletion."""
        name = deleted.function_name
        why, tone = dialogs.restored_text(deleted, restored)
        text = sentences(_("{name} was restored.").format(name=name), why)
        return Ended(text, tone, lambda: self._show_restored(connection, name))

    # What was interrupted -----------------------------------------------------------------------------------

    def describe_deletion(self, record: "deletions.InterruptedDeletion") -> Interruption:
        """What is shown of an interrupted deletion."""
        planned = record.about
        name, progress = planned.function_name, deletions.progress_of(record)

        def finish(connection: Connection, ctx: JobContext) -> Ended:
            retrying = RetryingConnection(connection, self._context.budget, ctx)
            deletion = deletions.finish_deletion(retrying, record, self.journal, ctx)
            if deletion.left:
                raise dialogs.deletion_error(name, deletion)
            return Ended(_("{name} was deleted.").format(name=name), then=self._window.functions.refresh)

        def undo(connection: Connection, ctx: JobContext) -> Ended:
            copies = self.store.all(planned.account_id, planned.region)
            copy = next((each for each in copies if each.folder.name == planned.copy), None)
            if deletions.abandon_deletion(connection, record, self.journal):
                if copy is not None:
                    self.store.forget(copy)  # of a function that is still there
            elif copy is not None:
                return self._restored(connection, copy, self._make_again(connection, copy, ctx))
            text = _("Nothing else of {name} will be deleted.").format(name=name)
            if gone := ", ".join(map(dialogs.step_text, progress.gone)):
                text += " " + _("Already deleted and not restored: {gone}.").format(gone=gone)
            return Ended(text, "info" if gone else "good", self._window.functions.refresh)

        return Interruption(
            _("Deletion of {name}").format(name=name),
            dialogs.progress_text(progress),
            _(
                "Finish deletes the remaining resources, unless the function was changed in the "
                "meantime. Undo stops the deletion, and restores the function from its copy if it "
                "was already deleted."
            ),
            len(progress.gone),
            len(planned.steps),
            finish,
            undo,
            subject=name,
            lane=f"write:{planned.function_arn}",
        )

    def describe_restore(self, record: InterruptedRestore) -> Interruption:
        """What is shown of an interrupted restore."""
        restoring_ = record.about
        name = restoring_.function_name
        copies = self.store.all(restoring_.account_id, restoring_.region)
        copy = next((each for each in copies if each.folder == record.file.parent), None)

        def finish(connection: Connection, ctx: JobContext) -> Ended:
            assert copy is not None
            return self._restored(connection, copy, self._make_again(connection, copy, ctx))

        return Interruption(
            _("Restore of {name}").format(name=name),
            _("If the function exists, some of its related resources might be missing."),
            _("Finish continues the restore."),
            len(record.done),
            0,
            finish if copy is not None else _("The copy of the function cannot be read."),
            _("Delete the function instead."),
            subject=name,
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
    return tuple(f"{dialogs.kind_text(part.kind)} {dialogs.subject_text(part)}" for part in gone)
