"""Change Several…: takes functions that were chosen somewhere, and sees the change of them through.

One change at a time. What runs goes on when its dialog is closed, and is shown again.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workbench.aws.connection import Connection
from workbench.code.download import download_for
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _, ngettext
from workbench.core.operations import OperationRecord
from workbench.functions.bulk_plan import Delete, Target
from workbench.functions.bulk_run import BulkJournal, BulkPlan, PastChange, past_of
from workbench.functions.deleted import DeletedStore
from workbench.functions.fleet import Scope
from workbench.profiles.safety import Tier
from workbench.ui.features.bulk import dialog as dialogs
from workbench.ui.features.bulk import run as runs
from workbench.ui.kit.dialog import confirm_by_name
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.recovery import Interruption, Opens

ACTION = "function.change_several"
PAST = "function.past_changes"
_KEY = "bulk"


def activate(context: Context) -> None:
    """Adds changing several functions, of the list or of whoever navigates to it, and earlier changes."""
    flow = BulkFlow(context)
    submenu = _("Several Functions")
    change = ActionSpec(
        ACTION,
        _("Change Several Functions…"),
        "Alt+Shift+M",
        when="connected",
        begins_group=True,
        submenu=submenu,
        terms=_("bulk, batch"),
    )
    functions = context.window.functions.view
    functions.addAction(context.action(change, flow.open, after="function.refresh"))
    past = ActionSpec(PAST, _("Previous Bulk Changes…"), icon="undo-2", when="connected", submenu=submenu)
    context.action(past, flow.choose_past, after=ACTION)
    context.route("functions.change", flow.open_for)
    context.recovery(_("Change of several functions"), lambda: (flow.journal,), flow.describe)


class BulkFlow(QObject):
    """Chooses, confirms and runs a change of several functions, and shows its outcome."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context, self._services, self._main = context, context.services, context.window
        data_dir, clock = self._services.paths.data_dir, self._services.clock
        self._deleted = DeletedStore(
            data_dir / "deleted", clock, max_age_days=self._services.policy.packages_days
        )
        self.journal = BulkJournal(data_dir / "bulk-changes", clock)
        self._run: runs.BulkRun | None = None
        self._dialog: dialogs.BulkDialog | None = None
        self._window: QWidget = self._main
        self._limits: dialogs.BulkLimits | None = None
        self._past_title = ""  # what the run is, when it is an earlier change

    def open(self) -> None:
        """For what is selected in the window's list; what is under way is shown first."""
        profile_name = self._context.session.profile.name
        self.open_for([Target.of(row, profile_name) for row in self._main.functions.selected])

    def open_for(self, targets: Sequence[Target], window: QWidget | None = None) -> None:
        """Shows the dialog for functions of any accounts and regions.

        Args:
            targets: The functions.
            window: Where they were chosen; the main window by default.
        """
        self._window = window or self._main
        if self._show_what_runs():
            return
        if not targets:
            words = _(
                "Select the functions in the list. Use Ctrl+click to add one, or Shift+click to "
                "select a range."
            )
            self._main.banners.show_notice(_("No function is selected."), words, key=_KEY)
        else:
            self._load_limits(lambda limits: self._begin(targets, limits))

    def _show_what_runs(self) -> bool:
        """Shows the change that is under way; returns whether there is one."""
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
        elif self._run is not None:
            self._load_limits(self._show)
        return self._run is not None

    def _resume(self, past: PastChange, *, undo: bool) -> None:
        """Goes on with an earlier change, or takes it back: what is under way is shown first."""
        self._window = self._main
        if self._show_what_runs():
            return
        targets = [each.target for each in (past.undoable if undo else past.left)]

        def begin(limits: "dialogs.BulkLimits") -> None:
            self._begin(targets, limits, dialogs.past_text(past))
            if self._run is not None:
                self._run.plan_past(past, undo=undo)

        self._load_limits(begin)

    def _load_limits(self, then: "Callable[[dialogs.BulkLimits], object]") -> None:
        if self._limits is not None:
            then(self._limits)
            return

        def loaded(limits: "dialogs.BulkLimits") -> None:
            self._limits = limits
            then(limits)

        title = _("Reading the supported values")
        self._services.jobs.submit(
            Job(title, lambda _ctx: dialogs.load_limits(), replaces="bulk.limits", quiet=True, on_done=loaded)
        )

    def _begin(self, targets: Sequence[Target], limits: "dialogs.BulkLimits", past_title: str = "") -> None:
        self._main.banners.dismiss(_KEY)
        connect, budget = self._context.session.open_named, self._context.budget
        run = runs.BulkRun(
            self._services, targets, connect, self._refusal, budget, self._keep, self.journal, self
        )
        run.ended.connect(lambda: self._ended(run))
        self._run, self._past_title = run, past_title
        self._show(limits)

    def _show(self, limits: "dialogs.BulkLimits") -> None:
        run = self._run
        if run is None or self._dialog is not None:
            return
        self._main.banners.dismiss(_KEY)
        dialog = dialogs.BulkDialog(self._services, run, limits, self._past_title, self._window)
        self._dialog = dialog
        dialog.start_wanted.connect(lambda: self._confirm(dialog, run))
        dialog.finished.connect(self._closed)
        dialog.show()

    def describe(self, record: OperationRecord[BulkPlan]) -> Interruption | None:
        """What is shown of an interrupted change; it goes on in its own window, function by function."""
        past = past_of(record)
        if past is None:
            return None
        count, left = len(past.functions), len(past.left)
        undoable = len(past.undoable)
        title = ngettext("Change of {count:,} function", "Change of {count:,} functions", count)
        if isinstance(past.requested, Delete):
            title = ngettext("Deletion of {count:,} function", "Deletion of {count:,} functions", count)
        words = _("{past}. Done: {count}. Remaining: {left}.")
        return Interruption(
            title.format(count=count),
            words.format(past=dialogs.past_text(past), count=f"{count - left:,}", left=f"{left:,}"),
            _("Finish and Undo first show what they would do to each function."),
            count - left,
            count,
            Opens(lambda: self._resume(past, undo=False)),
            Opens(lambda: self._resume(past, undo=True))
            if undoable
            else _("Nothing that was changed can be undone."),
        )

    # Safety -------------------------------------------------------------------------------------------------

    def _refusal(self, target: Target) -> str:
        if self._context.tier_of(target.profile_name) is not Tier.READ_ONLY:
            return ""
        return _("The profile {profile_name} is read-only.").format(profile_name=target.profile_name)

    def _confirm(self, dialog: "dialogs.BulkDialog", run: "runs.BulkRun") -> None:
        """Starts; what is in production, or cannot be undone, once the user has typed how many."""
        targets = [row.target for row in run.rows if row.state is runs.RowState.TO_CHANGE]
        careful = [each for each in targets if self._context.tier_of(each.profile_name) is Tier.PRODUCTION]
        deletes = isinstance(run.change, Delete)
        if not careful and not deletes:
            run.start()
            return
        words = _("Functions to change: {count}.")
        if deletes:
            words = _("Functions to delete: {count}.")
        words = words.format(count=f"{len(targets):,}")
        if careful:
            places = dict.fromkeys(f"{each.profile_name}, {each.account_id}" for each in careful)
            more = _("In production: {count} ({names}).")
            words = f"{words} {more.format(count=f'{len(careful):,}', names='; '.join(places))}"
        typed = _("delete {count}") if deletes else _("change {count}")
        title = _("Delete Functions") if deletes else _("Change Production")
        confirm_by_name(
            dialog,
            title,
            words,
            typed.format(count=str(len(targets))),
            dialog.start_button.text(),
            run.start,
        )

    def _keep(
        self, connection: Connection, function_name: str, lost: tuple[str, ...], ctx: JobContext
    ) -> Callable[[], object]:
        kept, __ = self._deleted.keep(connection, function_name, lost, download_for, ctx)
        return lambda: self._deleted.forget(kept)

    # The end ------------------------------------------------------------------------------------------------

    def _ended(self, run: "runs.BulkRun") -> None:
        if run.phase is runs.Phase.ENDED:
            self._refresh(run)
            scopes = {Scope(each.profile_name, each.region) for each in run.targets}
            self._context.functions_changed.emit(scopes)
        if self._dialog is None and run.phase is runs.Phase.ENDED:
            words, tone = dialogs.summary(run)
            title = _("The change of several functions has finished.")
            notice = WorkbenchError(title, words, action=ACTION)
            self._main.banners.show_error(notice, tone, key=_KEY)

    def _refresh(self, run: "runs.BulkRun") -> None:
        """Shows in the window what has become of it."""
        self._main.functions.refresh()
        changed = {row.target.function_arn for row in run.rows if row.state is runs.RowState.DONE}
        opened = self._context.function
        if opened is None or opened.detail.function_arn not in changed:
            return
        if isinstance(run.change, Delete):
            self._main.page.close_function()
        else:
            self._context.reload_function()

    def _closed(self) -> None:
        self._dialog = None
        run = self._run
        if run is None:
            return
        if run.phase is not runs.Phase.RUNNING:
            self._run = None
            run.leave()
            self._main.operations_changed.emit()  # what was taken up and then left is interrupted

    # Earlier changes ----------------------------------------------------------------------------------------

    def choose_past(self) -> None:
        """Shows earlier changes, which can be undone, or continued when they were interrupted."""
        title = _("Reading earlier changes")
        read = Job(
            title,
            lambda _ctx: self.journal.past(),
            replaces="bulk.past",
            quiet=True,
            on_done=self._show_past,
        )
        self._services.jobs.submit(read)

    def _show_past(self, changes: Sequence[PastChange]) -> None:
        dialog = dialogs.PastChangesDialog(changes, self._main)
        dialog.continue_wanted.connect(lambda past: self._resume(past, undo=False))
        dialog.undo_wanted.connect(lambda past: self._resume(past, undo=True))
        dialog.keep_wanted.connect(self._discard)
        dialog.open()

    def _discard(self, past: PastChange) -> None:
        self._services.jobs.submit(
            Job(
                _("Recording that the functions are kept"),
                lambda _ctx: self.journal.discard_change(past),
                quiet=True,
                on_done=lambda __: self._main.operations_changed.emit(),
                on_error=self._main.banners.show_error,
            )
        )
