"""The Code tab: the function's files as a tree, and the open ones in the editor."""

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QSplitter,
    QStackedLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.code.ownership import Ownership
from workbench.code.workspace import Workspace, open_workspace, take_deployed
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, Progress
from workbench.core.messages import _
from workbench.core.open_windows import OpenWindows
from workbench.functions.model import FunctionDetail
from workbench.ui.editor import Editor
from workbench.ui.files.changes import FileChanges
from workbench.ui.files.open_files import FileLeft, FilesLeft, OpenFiles
from workbench.ui.files.tree import FileTree, Node
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.text import named
from workbench.ui.pages.base import Page
from workbench.ui.pages.code_opening import (
    Checked,
    CodeChecks,
    Opened,
    cannot_change,
    equip,
    identity_of,
    open_code,
    opener_and_lane,
    qualifier_of,
)
from workbench.ui.shell.actions import ActionRegistry
from workbench.ui.shell.services import OpenFunction, Services

_REMEDIES = {"code.use_folder": ("code.use_folder", "code.use_deployed")}
"""An error's action -> the ways out that are offered beside opening it once more."""
_FOR_GOOD = "function.copy_image_uri"
"""A container image holds no code to open, however often it is tried."""

_UNKNOWN = Progress()


class Opening(EmptyState):
    """Says how the opening of the code goes.

    Args:
        again: Opens it once more.
        actions: Where ways out are looked up.

    Signals:
        ended: There is no code, and none is on its way.
    """

    ended = Signal()

    def __init__(self, again: Callable[[], object], actions: ActionRegistry) -> None:
        super().__init__()
        self._actions = actions
        self.has_ended = False
        self.error: WorkbenchError | None = None  # why there is no code
        named(self, "codeLoading")
        self._again = QAction(_("Try Again"), self)
        self._again.triggered.connect(again)

    def show_progress(self, progress: Progress = _UNKNOWN) -> None:
        """Says that it is on its way, and how far."""
        self.has_ended = False
        self.error = None
        self.set_text(_("Opening the code…"), progress.text)
        self.set_action(None)

    def show_outcome(self, error: WorkbenchError | None) -> None:
        """Says why there is no code; without an error the user cancelled it."""
        self.has_ended = True
        self.error = error
        self._show_reason(error)
        self.ended.emit()

    def _show_reason(self, error: WorkbenchError | None) -> None:
        if error is None:
            self.set_text(_("Cancelled"), _("Press F5 to open the code again."))
            self.set_action(self._again)
            return
        code = f"[{error.aws_code}]" if error.aws_code else ""
        self.set_text(error.what, " ".join(part for part in (error.why, error.remedy, code) if part))
        if error.action == _FOR_GOOD:
            self.set_action(self._actions[_FOR_GOOD])
            return
        self.set_actions(self._again, *(self._actions[name] for name in _REMEDIES.get(error.action, ())))


class CodeLayout(QStackedLayout):
    """The files, or a message while there are none, or a virtual document alone where there is no code.

    Args:
        page: The tab.
        opening: The progress of the opening, or why there is no code.
        left: The tree, or its replacement.
        files: The open ones.
    """

    def __init__(self, page: QWidget, opening: Opening, left: QWidget, files: OpenFiles) -> None:
        content = QWidget()
        super().__init__(content)
        self.opening = opening
        split = named(QSplitter(Qt.Orientation.Horizontal), "codeSplitter")
        split.setChildrenCollapsible(False)
        # Panels below the tree are added to it.
        self._column = named(QSplitter(Qt.Orientation.Vertical), "codeColumn")
        self._column.setChildrenCollapsible(False)
        self._column.addWidget(left)
        split.addWidget(self._column)
        split.addWidget(files)
        split.setSizes([224, 876])
        split.setStretchFactor(0, 0)
        split.setStretchFactor(1, 1)
        self.addWidget(opening)
        self.addWidget(split)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._top = QVBoxLayout()
        layout.addLayout(self._top)
        layout.addWidget(content, 1)
        files.view.emptied.connect(self._emptied)

    @property
    def is_without_code(self) -> bool:
        """Whether the editor stands there alone, for what is no file."""
        return self._column.isHidden()

    def add_bar(self, bar: QWidget) -> None:
        """Puts a bar above everything."""
        self._top.addWidget(bar)

    def show_files(self) -> None:
        """Shows the files."""
        self._column.setVisible(True)
        self.setCurrentIndex(1)

    def show_opening(self) -> None:
        """Shows how the opening of the code goes, or how it has ended."""
        self._column.setVisible(True)
        self.setCurrentIndex(0)

    def show_without_code(self) -> bool:
        """Shows the editor although there is no code; False while the code may still come."""
        if self.opening.has_ended:
            self._column.setVisible(False)
            self.setCurrentIndex(1)
        return self.opening.has_ended

    def _emptied(self) -> None:
        if self.is_without_code:
            self.show_opening()


class CodePage(Page):
    """Opens the workspace of the function; keeps tree marks and problems up to date."""

    object_name = "codePage"
    has_panel = True
    notice = Signal(str, str)
    # Unsaved edits are back after a crash: text and paths; they can be compared with what is deployed.
    drafts_back = Signal(str, str)
    drafts_damaged = Signal(object)  # tuple[DamagedDraft, ...]: unsaved edits that are not whole
    workspace_changed = Signal()
    changed_on_disk = Signal()  # something in the folder of the open code, or may have
    problems_changed = Signal(object)  # tuple[Problem, ...]
    undeployed_found = Signal(object)  # tuple[str, ...]: see `Workspace.undeployed`
    imports_found = Signal(object)  # tuple[Path, ...]: where Python finds the installed dependencies

    def __init__(self, services: Services, editor: Editor) -> None:
        super().__init__(services)
        self.workspace: Workspace | None = None
        self.qualifier = ""  # the version or alias whose code is shown; empty for $LATEST
        self._identity = ""
        self._opened_detail: FunctionDetail | None = None
        # What was asked for before the code was open, and the function's name.
        self._once_open: tuple[Callable[[OpenFunction, Workspace], object], str] | None = None
        self._in_deploy: dict[
            str, tuple[JobHandle, Workspace | None]
        ] = {}  # by function ARN, also what has ended
        self.windows = OpenWindows(services.paths.data_dir / "windows")
        self._restored: set[str] = set()  # code whose unsaved edits were shown since the start, by identity
        self._files_left: Mapping[str, FilesLeft] = {}  # by function name
        self.ownership = Ownership()
        self.locks: tuple[Path, ...] = ()  # of the open code; what another window's code would take
        self._let_go: set[str] = set()  # code that another window has asked for, by identity
        self.files = OpenFiles(services, editor)
        self.tree = FileTree(services.icons, services.theme)
        self.changes = FileChanges(services, self.tree, self.files)
        self.left = named(QStackedWidget(), "codeSide")  # the tree, or what takes its place for a while
        self.left.addWidget(self.tree)
        self._loading = Opening(self.load, services.actions)
        self._checks = CodeChecks(services, self.tree.nodes)
        self.content = CodeLayout(self, self._loading, self.left, self.files)
        self.setFocusProxy(self.files)
        self.tree.chosen.connect(self.files.open)
        self.files.notice.connect(self.notice)
        self.files.stored.connect(self._recheck)
        self._checks.checked.connect(self._show_checks)
        for part in (self.files, self._checks, self.changes):
            part.failed.connect(self.failed)
        self.changes.changed.connect(self._recheck)

    @property
    def displayed(self) -> OpenFunction | None:
        """The function as its open code runs: a published version has settings of its own.

        None while no code is open. Who deploys takes `function`, which is $LATEST.
        """
        function, detail = self.function, self._opened_detail
        if function is None or detail is None or detail.version == function.detail.version:
            return function if self.workspace is not None else None
        return OpenFunction(function.connection, detail)

    # What the window asks for -------------------------------------------------------------------------------

    def ready_to_deploy(self, then: Callable[[OpenFunction, Workspace], object]) -> None:
        """Saves everything that was typed, then hands over what is to be deployed; see `when_open`."""
        self.when_open(
            lambda function, workspace: self.files.save_all_shown(lambda: then(function, workspace))
        )

    @property
    def is_opening(self) -> bool:
        """Whether code is on its way."""
        return not all(job.finished for job in self._jobs)

    @property
    def is_let_go(self) -> bool:
        """Whether another window has taken over the code of the function; see `take_over`."""
        return self._identity in self._let_go

    def let_go(self) -> None:
        """Leaves the open code to another window, and follows that."""
        workspace, identity = self.workspace, self._identity

        def leave() -> None:
            if workspace is not None and workspace is self.workspace:
                self._let_go.add(identity)
                self._leave_workspace()
                if self.active:
                    self._start_opening()

        self.files.flush(leave)

    def follow_until_free(self) -> None:
        """Takes the code, which another window was asked for, once that has let go of it."""
        self._let_go.discard(self._identity)

    def take_over(self) -> None:
        """Opens the code, which is another window's until then, to be edited here."""
        self._let_go.discard(self._identity)
        self.reopen()

    def when_open(self, then: Callable[[OpenFunction, Workspace], object]) -> None:
        """Hands over the function and its code, which can be changed; opens the code first if it is not.

        It goes on while other tabs are shown. `failed` tells why the code was not opened; `notice` tells that
        the user cancelled it, or opened another function first. While the tab is shown, it says so itself.
        """
        function, workspace = self.function, self.workspace
        if function is None:
            return
        if workspace is not None:
            if workspace.read_only:
                self.failed.emit(cannot_change(workspace))
            else:
                then(function, workspace)
        elif self.content.is_without_code and self._loading.error is not None:
            self.failed.emit(self._loading.error)
        else:
            self._once_open = then, function.detail.function_name
            self._start_opening()

    def _not_opened(self, error: WorkbenchError | None) -> None:
        """The code was not opened, or without an error its opening was cancelled."""
        if self.active:
            self._once_open = None  # the tab says it
        elif error is not None:
            self._once_open = None
            self.failed.emit(error)
        else:
            self._give_up(_("You cancelled it."))

    def _give_up(self, why: str) -> None:
        """Does not do what was asked for once the code is open, and says so."""
        if self._once_open is not None:
            (_then, name), self._once_open = self._once_open, None
            words = _("The code of {name} was not opened. Nothing was changed.")
            self.notice.emit(words.format(name=name), why)

    def show_version(self, qualifier: str) -> None:
        """Shows the code of a version or an alias, read only; empty for $LATEST, as it was left."""
        if qualifier != self.qualifier:
            self.reopen(qualifier)

    def reopen(self, qualifier: str | None = None) -> None:
        """Opens the code anew, or that of another version; what was typed stays a draft."""
        identity, wanted = self._identity, self.qualifier if qualifier is None else qualifier

        def again() -> None:
            if identity == self._identity:
                self.drop_jobs()  # an opening that is under way
                self.qualifier = wanted
                self._leave_workspace()
                if self.active or self._once_open is not None:
                    self._start_opening()

        if self.workspace is None:
            again()
        else:
            self.files.flush(again)

    def set_files_left(self, files: Mapping[str, FilesLeft]) -> None:
        """Sets which files were open in each function, by its name; they are opened again with its code."""
        self._files_left = files

    def note_deploy(self, function_arn: str, handle: JobHandle, workspace: Workspace | None) -> None:
        """A deploy of a function begins: until it ends, its code is opened as it is."""
        if workspace is not None:  # a roll-back has none, and may be queued behind a deploy
            self._in_deploy[function_arn] = handle, workspace

    def _deploying(self, function: OpenFunction) -> Workspace | None:
        """The workspace that is being deployed to a function."""
        handle, workspace = self._in_deploy.get(function.detail.function_arn, (None, None))
        return None if handle is None or handle.finished else workspace

    def deployed(self) -> None:
        """The workspace has a new base: marks change."""
        self._recheck()

    def open_deployed(self, function: OpenFunction) -> None:
        """Opens what is deployed; the function's code here is set aside. Another one stays as it is.

        Everything typed is saved first: what is set aside is then complete. If that fails, all stays.
        """
        workspace = self.workspace
        if self._identity != identity_of(function.detail) or workspace is None or workspace.read_only:
            return

        def take() -> None:
            if workspace is self.workspace:
                self._leave_workspace()
                self._open(function, take_deployed, self._go_back(function))

        def stay() -> None:
            if workspace is self.workspace:
                self.content.show_files()

        self.content.show_opening()  # nothing more can be typed
        self.files.save(take, otherwise=stay)

    def swap_code(self, function: OpenFunction, opener: Callable[..., Workspace]) -> None:
        """Opens the function's code by another way, such as from a local folder.

        What was typed stays in the code that is left, as drafts.
        """
        if self._identity != identity_of(function.detail):
            return
        workspace = self.workspace

        def take() -> None:
            if workspace is self.workspace:
                self.qualifier = ""
                self._leave_workspace()
                self._open(function, opener, self._go_back(function))

        def stay() -> None:
            if workspace is not None and workspace is self.workspace:
                self.content.show_files()

        self.content.show_opening()  # nothing more can be typed
        self.files.flush(take, stay)

    def _go_back(self, function: OpenFunction) -> Callable[..., None]:
        def go_back(error: WorkbenchError | None = None) -> None:
            if error is not None:
                self.failed.emit(error)
            if self.workspace is None and self._identity == identity_of(function.detail):
                self._open(function, open_workspace)

        return go_back

    # The function -------------------------------------------------------------------------------------------

    def deactivate(self) -> None:
        """The tab is hidden; an opening goes on if something is to be done once the code is open."""
        if self._once_open is None:
            super().deactivate()
        else:
            self.active = False

    def function_changed(self) -> None:
        identity = identity_of(self.function.detail) if self.function else ""
        if identity == self._identity and self.workspace and self.displayed:
            equip(self.workspace, self.services, self.displayed.detail)
            self._recheck()  # its handler, runtime or layers may be others now
            return  # a newer state of the same function: its files stay open
        if identity == self._identity and self.content.is_without_code:
            return  # what is shown instead stays, too
        if identity != self._identity:
            self.qualifier = qualifier_of(self.function.detail) if self.function else ""
            self._give_up(_("Another function was opened first."))
        self._identity = identity
        self._leave_workspace()
        if self._once_open is not None:
            self._start_opening()  # in any tab, with the newer state of the function

    def _leave_workspace(self) -> None:
        self.workspace = self._opened_detail = None
        self.locks = ()
        self.changes.attach(None)
        self._show_none()
        self.problems_changed.emit(())
        self.workspace_changed.emit()

    def load(self) -> None:
        if not self.content.is_without_code:
            self._start_opening()

    def _start_opening(self) -> None:
        """Opens the code unless it is open, or on its way."""
        if self.function and not (self.workspace or self.is_opening):
            self._open(self.function, open_workspace)

    def _open(
        self,
        function: OpenFunction,
        opener: Callable[..., Workspace],
        otherwise: Callable[..., object] | None = None,
    ) -> None:
        """Opens the code; with `otherwise` as a change that goes on whatever tab or function is shown."""
        identity, qualifier = identity_of(function.detail), self.qualifier
        follows = identity in self._let_go

        def is_wanted() -> bool:  # unless other code is open by now, or this one was opened by another way
            return (self._identity, self.qualifier, self.workspace) == (identity, qualifier, None)

        def show_ahead(opened: object) -> None:
            if isinstance(opened, Opened) and is_wanted():
                self._show(opened)

        def end(error: WorkbenchError | None) -> None:
            self._loading.show_outcome(error)
            self._not_opened(error)

        def take_back(error: WorkbenchError | None = None) -> None:
            if is_wanted():
                self._show_none()
            (otherwise or end)(error)

        def run(ctx: JobContext) -> Opened:
            self.windows.look()
            return open_code(self.services, function, qualifier, opener, ctx, self.ownership, follows=follows)

        self._show_none()
        opener, lane = opener_and_lane(function, qualifier, opener, self._deploying(function))
        handle = self.services.jobs.submit(
            Job(
                _("Opening the code of {function_name}").format(function_name=function.detail.function_name),
                run,
                lane=lane,
                replaces="" if otherwise else "code.open",
                immediate=self._once_open is not None,
                on_progress=self._loading.show_progress,
                on_item=show_ahead,
                on_done=lambda opened: self._opened(opened, is_wanted=is_wanted()),
                on_error=take_back,
                on_cancelled=take_back,
            )
        )
        if otherwise is None:
            self.keep(handle)

    def _show_none(self) -> None:
        """Says that the code is on its way; what was shown ahead of it is removed."""
        self._checks.leave()
        self.files.attach(None)
        self.tree.show_nodes(Node(""))
        self._loading.show_progress()
        self.content.show_opening()

    def _show(self, opened: Opened) -> None:
        """Shows files, which may still be on their way: nothing can be changed then."""
        self.tree.show_nodes(opened.nodes)
        self.files.attach(opened.workspace)
        self.content.show_files()
        drafts = [draft.path for draft in opened.workspace.drafts()]
        if not self.files.open_paths() and not self.files.is_opening_again:
            name = self.function.detail.function_name if self.function is not None else ""
            left = self._files_left.get(name, FilesLeft())
            if left.files and not self.qualifier:
                known = {file.path for file in left.files}
                more = tuple(FileLeft(path) for path in drafts if path not in known)
                self.files.open_again(FilesLeft(left.files + more, left.shown))
            else:
                for path in drafts or filter(None, (opened.handler,)):
                    self.files.open(path)
        if opened.workspace.read_only:
            return  # still on its way, or another window's
        is_first = self._identity not in self._restored
        self._restored.add(self._identity)
        if drafts and self.windows.was_killed and is_first:  # else the marks of the tabs will do
            words = _("Unsaved edits restored. The last second of typing may be missing.")
            self.drafts_back.emit(words, ", ".join(drafts))

    def _opened(self, opened: Opened, *, is_wanted: bool) -> None:
        for note in opened.workspace.notes:
            self.notice.emit(note, "")
        if not is_wanted:
            return
        self.workspace, self._opened_detail = opened.workspace, opened.detail
        self.locks = opened.locks
        if opened.damaged:
            self.drafts_damaged.emit(opened.damaged)
        self._show(opened)
        self.changes.attach(self.workspace)
        self.workspace_changed.emit()
        self._recheck()
        if self._once_open is not None:
            (then, _name), self._once_open = self._once_open, None
            self.when_open(then)

    def _recheck(self) -> None:
        """Reads tree marks and problems anew, in the background."""
        if self.workspace is not None and self.displayed is not None:
            self._checks.check(self.workspace, self.displayed)

    def _show_checks(self, found: Checked) -> None:
        if found.workspace is not self.workspace:
            return  # another function is open by now
        self.tree.show_nodes(found.news)
        self.files.show_problems(found.problems)
        self.problems_changed.emit(found.problems)
        self.undeployed_found.emit(found.undeployed)
        self.imports_found.emit(found.imports)

    def reload(self) -> None:
        """Shows the files as they are on disk by now."""
        self.files.reload()
        self._recheck()

    def change_on_disk(
        self, title: str, run: Callable[[JobContext], object], then: Callable[[], object]
    ) -> None:
        """Changes files in the workspace's lane; `then` runs if the same code is still open."""
        workspace = self.workspace
        if workspace is not None:
            self.services.jobs.submit(
                Job(
                    title,
                    run,
                    lane=f"disk:{workspace.folder}",
                    on_done=lambda _result: workspace is self.workspace and then(),
                    on_error=self.failed.emit,
                )
            )
