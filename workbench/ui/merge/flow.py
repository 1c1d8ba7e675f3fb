"""Merging, from the wish to the merged working copy, and taking it back.

Nothing is written before the user has confirmed it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC
from functools import partial

from PySide6.QtCore import QObject, Signal

from workbench.aws.connection import Connection
from workbench.code import merge_apply, merge_plan
from workbench.code.compare import ComparedPackage, fetch_side
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy.run import code_source
from workbench.functions.model import FunctionDetail
from workbench.ui.function_banners import FunctionBanners
from workbench.ui.merge import dialog as dialogs
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services

UNDO = "deploy.undo_merge"
_KEY = "code.merge"
_READ = "code.merge.file"
_MAX_OPENED = 3


class MergeFlow(QObject):
    """Merges the deployed code into the open code, and undoes it.

    Signals:
        changed: The open code has another base: a merge was made or undone.
        undoable: Whether there is a merge to undo.
        failed: It could not be made, or not be undone; everything is as it was.
    """

    changed = Signal()
    undoable = Signal(bool)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, banners: FunctionBanners, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._banners = banners
        self._code = code
        self._made: merge_apply.Merge | None = None
        code.workspace_changed.connect(self.forget)

    def start(self, workspace: Workspace, connection: Connection, deployed: FunctionDetail) -> None:
        """Shows what both did, once theirs is here."""
        kept_dir = self._services.paths.cache_dir / "packages"

        def fetch(ctx: JobContext) -> ComparedPackage:
            source = code_source(deployed, connection)
            return fetch_side(source, workspace, kept_dir, _("Deployed"), ctx)

        def fetched(theirs: ComparedPackage) -> None:
            if workspace is self._code.workspace:
                self._code.files.flush(partial(self._plan, workspace, deployed, theirs))

        self._services.jobs.submit(
            Job(
                _("Reading the deployed code of {function_name}").format(
                    function_name=deployed.function_name
                ),
                fetch,
                replaces=_KEY,
                on_done=fetched,
                on_error=self.failed.emit,
            )
        )

    def undo(self) -> None:
        """Takes the merge back."""
        workspace, made = self._code.workspace, self._made
        if workspace is not None and made is not None:
            title = _("Undoing the merge of {function_name}").format(
                function_name=workspace.base.function_name
            )
            self._code.files.flush(lambda: self._write(workspace, title, made.undo, self._undone))

    def forget(self) -> None:
        """The merge cannot be undone any more: other code is open, or was deployed."""
        self._made = None
        self._banners.dismiss(_KEY)
        self.undoable.emit(False)

    # Looking

    def _plan(self, workspace: Workspace, deployed: FunctionDetail, theirs: ComparedPackage) -> None:
        self._services.jobs.submit(
            Job(
                _("Merging the code of {function_name}").format(function_name=deployed.function_name),
                lambda ctx: merge_plan.plan_merge(workspace, theirs, ctx),
                lane=f"disk:{workspace.folder}",  # after the drafts that are being written
                replaces=_KEY,
                on_done=partial(self._ask, workspace, deployed),
                on_error=self.failed.emit,
            )
        )

    def _ask(self, workspace: Workspace, deployed: FunctionDetail, plan: "merge_plan.MergePlan") -> None:
        if workspace is not self._code.workspace:
            return
        when = deployed.last_modified
        detail = _(
            "Theirs is the code that was deployed elsewhere{when}. Changes that only one side made "
            "are applied automatically."
        ).format(when=f" ({when:%Y-%m-%d %H:%M} UTC)" if when else "")
        title = _("Merge {function_name}").format(function_name=deployed.function_name)
        dialog = dialogs.MergeDialog(plan, title, detail, self._services.theme, self._code.window())
        dialog.file_wanted.connect(lambda file: self._read_file(dialog, workspace, plan, file))
        dialog.merge_wanted.connect(lambda: self._apply(workspace, deployed, plan, dialog))
        dialog.finished.connect(lambda _answer: self._services.jobs.drop(_READ))
        if plan.files:
            self._read_file(dialog, workspace, plan, plan.files[0])
        dialog.open()

    def _read_file(
        self,
        dialog: "dialogs.MergeDialog",
        workspace: Workspace,
        plan: "merge_plan.MergePlan",
        file: "merge_plan.MergeFile",
    ) -> None:
        def run(_ctx: JobContext) -> tuple[tuple[merge_plan.Hunk, ...], merge_plan.ThreeVersions]:
            three = merge_plan.three_of(workspace, plan.theirs, file.path)
            return merge_plan.visible_hunks(file, three), three

        self._services.jobs.submit(
            Job(
                _("Comparing {path}").format(path=file.path),
                run,
                replaces=_READ,
                quiet=True,
                urgent=True,
                on_done=lambda found: dialog.show_file(file, *found),
                on_error=self.failed.emit,
            )
        )

    # Doing

    def _apply(
        self,
        workspace: Workspace,
        deployed: FunctionDetail,
        plan: "merge_plan.MergePlan",
        dialog: "dialogs.MergeDialog",
    ) -> None:
        when = self._services.clock.now().astimezone(UTC).isoformat()
        merge = merge_apply.Merge(workspace, plan, dialog.files.decided, deployed.revision_id, when)
        title = _("Merging the code of {function_name}").format(function_name=deployed.function_name)
        self._write(workspace, title, merge.apply, partial(self._merged, merge, plan), dialog)

    def _write(
        self,
        workspace: Workspace,
        title: str,
        run: Callable[[JobContext], object],
        then: Callable[[], object],
        dialog: "dialogs.MergeDialog | None" = None,
    ) -> None:
        """Changes the working copy in its lane; `then` runs if the same code is still open.

        The dialog, if there is one, stays until then: what is typed meanwhile would be typed over mine.
        """
        opened = self._code.files.open_paths()

        def write(ctx: JobContext) -> tuple[str, ...]:
            run(ctx)
            return tuple(path for path in opened if _is_missing(workspace, path))

        def refused(error: WorkbenchError | None = None) -> None:
            if dialog is not None:
                dialog.end()
            if error is not None:
                self.failed.emit(error)

        def written(gone: Sequence[str]) -> None:
            if dialog is not None:
                dialog.end()
            if workspace is not self._code.workspace:
                return
            for path in gone:
                self._code.files.close_path(path)
            self._code.files.reload()
            then()
            self._code.files.stored.emit()
            self.changed.emit()

        handle = self._services.jobs.submit(
            Job(
                title,
                write,
                lane=f"disk:{workspace.folder}",
                on_progress=dialog.show_progress if dialog is not None else None,
                on_done=written,
                on_error=refused,
                on_cancelled=refused,
            )
        )
        if dialog is not None:
            dialog.stop_wanted.connect(lambda: handle.cancel())

    def _merged(self, merge: "merge_apply.Merge", plan: "merge_plan.MergePlan") -> None:
        self._made = merge
        paths = dialogs.merged_files(plan)
        for path in paths[:_MAX_OPENED]:
            self._code.files.open(path)
        self.undoable.emit(True)
        if paths:
            why = _("Not saved: {names}. Review the result, then deploy.").format(names=", ".join(paths))
        else:
            why = _("Review the result, then deploy.")
        what = _("Your code and the deployed code were merged.")
        self._banners.show_error(WorkbenchError(what, why, action=UNDO), "info", key=_KEY)

    def _undone(self) -> None:
        self.forget()
        self._banners.show_notice(_("The merge was undone. The conflict must be resolved again."), key=_KEY)


def _is_missing(workspace: Workspace, path: str) -> bool:
    return not (workspace.root / path).is_file() and workspace.draft(path) is None
