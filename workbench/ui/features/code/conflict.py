"""When somebody else has deployed: says so, and lets the user choose whose code it shall be, or merge."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLabel, QMessageBox

from workbench.aws.connection import Connection
from workbench.code import merge as merging
from workbench.code.compare import ComparedPackage, fetch_side
from workbench.code.file_operations import ChangedFiles, changed_files
from workbench.code.text import FileKind, LineChange, decode, line_changes
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.plan import DeployConflict
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail, parse_moment
from workbench.ui.editor import ChangedLines
from workbench.ui.features.code import merge_dialog as dialogs
from workbench.ui.kit.text import message_box
from workbench.ui.pages.code import CodePage
from workbench.ui.shell.function_page import FunctionBanners
from workbench.ui.shell.services import OpenFunction, Services

UNDO = "deploy.undo_merge"
_MERGE = "code.merge"
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
        self._made: merging.Merge | None = None
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

        self._services.jobs.start(
            _("Reading the deployed code of {function_name}").format(function_name=deployed.function_name),
            fetch,
            replaces=_MERGE,
            on_done=fetched,
            on_error=self.failed.emit,
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
        self._banners.dismiss(_MERGE)
        self.undoable.emit(False)

    # Looking

    def _plan(self, workspace: Workspace, deployed: FunctionDetail, theirs: ComparedPackage) -> None:
        self._services.jobs.start(
            _("Merging the code of {function_name}").format(function_name=deployed.function_name),
            lambda ctx: merging.plan_merge(workspace, theirs, ctx),
            lane=f"disk:{workspace.folder}",  # after the drafts that are being written
            replaces=_MERGE,
            on_done=partial(self._ask, workspace, deployed),
            on_error=self.failed.emit,
        )

    def _ask(self, workspace: Workspace, deployed: FunctionDetail, plan: "merging.MergePlan") -> None:
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
        plan: "merging.MergePlan",
        file: "merging.MergeFile",
    ) -> None:
        def run(_ctx: JobContext) -> tuple[tuple[merging.Hunk, ...], merging.ThreeVersions]:
            three = merging.three_of(workspace, plan.theirs, file.path)
            return merging.visible_hunks(file, three), three

        self._services.jobs.start(
            _("Comparing {path}").format(path=file.path),
            run,
            replaces=_READ,
            quiet=True,
            urgent=True,
            on_done=lambda found: dialog.show_file(file, *found),
            on_error=self.failed.emit,
        )

    # Doing

    def _apply(
        self,
        workspace: Workspace,
        deployed: FunctionDetail,
        plan: "merging.MergePlan",
        dialog: "dialogs.MergeDialog",
    ) -> None:
        when = self._services.clock.now().astimezone(UTC).isoformat()
        merge = merging.Merge(workspace, plan, dialog.files.decided, deployed.revision_id, when)
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

        handle = self._services.jobs.start(
            title,
            write,
            lane=f"disk:{workspace.folder}",
            on_progress=dialog.show_progress if dialog is not None else None,
            on_done=written,
            on_error=refused,
            on_cancelled=refused,
        )
        if dialog is not None:
            dialog.stop_wanted.connect(lambda: handle.cancel())

    def _merged(self, merge: "merging.Merge", plan: "merging.MergePlan") -> None:
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
        self._banners.show_error(WorkbenchError(what, why, action=UNDO), "info", key=_MERGE)

    def _undone(self) -> None:
        self.forget()
        self._banners.show_notice(_("The merge was undone. The conflict must be resolved again."), key=_MERGE)


def _is_missing(workspace: Workspace, path: str) -> bool:
    return not (workspace.root / path).is_file() and workspace.draft(path) is None


_CONFLICT = "conflict"  # of the one message that is about the open code
REMEDY = "deploy.resolve_conflict"


class ConflictFlow(QObject):
    """Watches the open code for a conflict, and resolves it as the user chooses.

    Args:
        services: The program's.
        banners: Show what is found.
        code: The Code tab.
        deploy: Deploys a workspace to a function, over the code with this CodeSha256.

    Signals:
        known: Whether the open code is known to be in conflict with what is deployed.
        failed: What is deployed could not be read.
    """

    known = Signal(bool)
    failed = Signal(WorkbenchError)

    def __init__(
        self,
        services: Services,
        banners: FunctionBanners,
        code: CodePage,
        deploy: Callable[[OpenFunction, Workspace, str], object],
    ) -> None:
        super().__init__(code)
        self._services = services
        self._banners = banners
        self._code = code
        self._deploy = deploy
        self.merge = MergeFlow(services, banners, code)
        self.merge.changed.connect(self._tell)  # what is deployed is the base now, or is not any more
        self.merge.failed.connect(self.failed)
        code.workspace_changed.connect(self._opened)

    def resolve(self) -> None:
        """Looks at what is deployed now, then asks whose code it shall be."""
        function, workspace = self._code.function, self._code.workspace
        if function is None or workspace is None:
            return
        connection, name = function.connection, function.detail.function_name
        self._services.jobs.start(
            _("Checking the code deployed to {name}").format(name=name),
            lambda ctx: get_function(connection, name, "", ctx),
            lane=f"write:{function.detail.function_arn}",  # after a deploy that is under way
            replaces=REMEDY,
            on_done=lambda detail: self._fetched(function, workspace, detail),
            on_error=self.failed.emit,
        )

    def _opened(self) -> None:
        self._tell()
        if self._code.workspace is not None and self._code.workspace.stale:
            found = WorkbenchError(
                _("The deployed code changed after you opened it."),
                _("Your changes are kept. Deploy asks before it overwrites the other code."),
                action=REMEDY,
            )
            self._banners.show_error(found, "warning", key=_CONFLICT, decision=True)

    def note_deployed(self, _function: OpenFunction) -> None:
        """A function has other code now: a merge cannot be undone any more."""
        self.merge.forget()
        self._tell()

    def note_conflict(self, workspace: Workspace, error: DeployConflict) -> None:
        workspace.deployed_sha256 = error.deployed_sha256
        self._tell()
        if workspace is self._code.workspace:
            self._banners.show_error(error, key=_CONFLICT, decision=True)
        else:
            error.action = ""  # the action is about the open code; this one's is offered when it is opened
            self._banners.show_error(error)

    def _tell(self) -> None:
        workspace = self._code.workspace
        there = workspace is not None and workspace.stale
        self.known.emit(there)
        if not there:
            self._banners.dismiss(_CONFLICT)

    def _fetched(self, function: OpenFunction, workspace: Workspace, deployed: FunctionDetail) -> None:
        if workspace is not self._code.workspace:
            return  # another function is open by now
        workspace.deployed_sha256 = deployed.code_sha256
        self._tell()
        if workspace.stale:
            self._ask(function, workspace, deployed)
        else:
            self._banners.show_notice(
                _("The conflict is resolved."),
                _("{function_name} has the code that your changes are based on.").format(
                    function_name=deployed.function_name
                ),
                key="deploy",
            )

    def _ask(self, function: OpenFunction, workspace: Workspace, deployed: FunctionDetail) -> None:
        box = message_box(
            self._code.window(),
            _("Resolve Conflict"),
            _(
                "{function_name} changed in AWS after you opened it. Which version do you want to keep?"
            ).format(function_name=deployed.function_name),
            self._comparison(workspace, deployed),
            QMessageBox.Icon.Warning,
        )
        box.setObjectName("deployConflict")
        theirs = box.addButton(_("Use Theirs"), QMessageBox.ButtonRole.AcceptRole)
        merge = box.addButton(_("Merge…"), QMessageBox.ButtonRole.ActionRole)
        mine = box.addButton(_("Overwrite Theirs"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def overwrite(function: OpenFunction, shown: Workspace) -> None:
            if shown is workspace:
                self._deploy(function, shown, deployed.code_sha256)

        def answered() -> None:
            if box.clickedButton() is theirs:
                self._code.open_deployed(function)
            elif box.clickedButton() is merge:
                self.merge.start(workspace, function.connection, deployed)
            elif box.clickedButton() is mine:
                self._code.ready_to_deploy(overwrite)  # also what was typed since Deploy

        box.finished.connect(answered)
        box.open()

    def _comparison(self, workspace: Workspace, deployed: FunctionDetail) -> str:
        rows = (
            (_("Deployed now"), deployed.code_sha256),
            (_("Function revision"), deployed.revision_id),
            (_("Function last modified"), _utc(deployed.last_modified)),
            (_("Yours is based on"), workspace.base.code_sha256),
            (_("Seen here at"), _utc(parse_moment(workspace.base.when))),
        )
        facts = "\n".join(f"{title}: {value}" for title, value in rows if value)
        theirs = _("Use Theirs opens their code. Yours is moved to a folder.")
        if workspace.local_folder is not None:
            theirs = _("Use Theirs opens their code. Your folder does not change and is no longer used.")
        choice = _(
            "Merge… combines both versions and asks about lines that both changed.\nOverwrite "
            "Theirs deploys your code. The current code stays available in the Deploys tab."
        )
        return f"{facts}\n\n{theirs}\n{choice}"


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


_MOST_CHARACTERS = 2_000_000  # beyond, marks would lag behind the typing and slow it down


class ChangeMarks(QObject):
    """Marks beside lines that differ from what is deployed. A new file has none: all of it is new."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        # The deployed text of open files, with the package that it is from; None where there is none.
        self._deployed: dict[str, tuple[str, str | None]] = {}
        code.workspace_changed.connect(self._deployed.clear)
        code.files.opened.connect(self._look_at)
        code.files.editor.changed.connect(self._typed)

    def refresh(self) -> None:
        """Looks at every open file again: other code is deployed now."""
        for path in self._code.files.open_paths():
            self._look_at(path)

    def _look_at(self, path: str) -> None:
        files = self._code.files
        if uri := files.uri_of_open(path):
            files.editor.text(uri, lambda shown: self._compare(path, uri, shown.text))

    def _typed(self, uri: str, text: str) -> None:
        files = self._code.files
        path = next((each for each in files.open_paths() if files.uri_of_open(each) == uri), "")
        if path:
            self._compare(path, uri, text)

    def _compare(self, path: str, uri: str, text: str) -> None:
        workspace = self._code.workspace
        if workspace is None or workspace.read_only or len(text) > _MOST_CHARACTERS:
            return

        def run(_ctx: object) -> tuple[LineChange, ...]:
            deployed = self._deployed_text(workspace, path, uri)
            return () if deployed is None else line_changes(deployed, text)

        self._services.jobs.start(
            _("Comparing {path}").format(path=path),
            run,
            replaces=f"code.marks:{uri}",
            quiet=True,
            on_done=lambda found: self._mark(workspace, path, uri, found),
            # The marks are a courtesy; what is wrong with the package is said by opening and comparing.
            on_error=lambda _error: None,
        )

    def _deployed_text(self, workspace: Workspace, path: str, uri: str) -> str | None:
        """Runs in a job."""
        package = workspace.base.code_sha256
        known = self._deployed.get(uri)
        if known is not None and known[0] == package:
            return known[1]
        data = workspace.base_bytes(path)
        document = decode(data) if data is not None else None
        text = document.text if document is not None and document.kind is FileKind.TEXT else None
        self._deployed[uri] = (package, text)
        return text

    def _mark(self, workspace: Workspace, path: str, uri: str, found: tuple[LineChange, ...]) -> None:
        files = self._code.files
        if workspace is self._code.workspace and files.uri_of_open(path) == uri:
            marks = [ChangedLines(change.kind, change.line, change.end_line) for change in found]
            files.editor.comparing.set_changes(uri, marks)


ALL = "file.revert_all"


class Reverting(QObject):
    """Asks, and reverts."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code

    def revert_current(self) -> None:
        """Makes the shown file what is deployed, after asking."""
        workspace, path = self._code.workspace, self._code.files.current_path()
        if workspace is None or not path:
            return
        box = message_box(
            self._code,
            _("Revert File"),
            _("Discard all changes to {path} since the last deployment?").format(path=path),
            icon=QMessageBox.Icon.Question,
            buttons=QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
        )
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        answer = box.exec()
        box.deleteLater()
        if answer == QMessageBox.StandardButton.Discard:
            self._code.change_on_disk(
                _("Reverting {path}").format(path=path),
                lambda _ctx: workspace.revert(path),
                self._code.reload,
            )

    def revert_all(self) -> None:
        """Makes all files what is deployed, after saying how many that changes."""
        workspace = self._code.workspace
        if workspace is None:
            return
        if workspace.read_only:
            self._code.failed.emit(workspace.refusal(_("Nothing was reverted.")))
            return
        self._code.files.flush(lambda: self._count(workspace))

    def _count(self, workspace: Workspace) -> None:
        if workspace is self._code.workspace:
            self._services.jobs.start(
                _("Checking for changes"),
                lambda ctx: changed_files(workspace, ctx),
                lane=f"disk:{workspace.folder}",
                replaces=ALL,
                on_done=lambda found: self._ask(workspace, found),
                on_error=self._code.failed.emit,
            )

    def _ask(self, workspace: Workspace, found: ChangedFiles) -> None:
        if workspace is not self._code.workspace:
            return
        if not found.paths:
            self._code.notice.emit(_("Nothing to revert."), _("All files match the deployed code."))
            return
        kinds = (
            (found.changed, _("Changed: {count:,}")),
            (found.added, _("Added (will be deleted): {count:,}")),
            (found.deleted, _("Deleted (will be restored): {count:,}")),
        )
        lines = [words.format(count=len(paths)) for paths, words in kinds if paths]
        undo = _("To restore the changes while this code is open, press Ctrl+Z in the file tree.")
        box = message_box(
            self._code.window(),
            _("Revert All to Deployed"),
            _("Discard all changes since the last deployment?"),
            "\n".join((*lines, "", undo)),
            QMessageBox.Icon.Warning,
        )
        box.setObjectName("revertAll")
        for label in box.findChildren(QLabel):
            label.setWordWrap(True)
        revert = box.addButton(_("Revert All"), QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(cancel)
        revert.clicked.connect(lambda: self._revert(workspace, found))
        box.finished.connect(box.deleteLater)
        box.open()

    def _revert(self, workspace: Workspace, found: ChangedFiles) -> None:
        if workspace is self._code.workspace:
            self._code.changes.revert_all(found.added)
