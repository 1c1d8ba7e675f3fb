"""The working copy: a local folder in its place, what goes into its package, and how it is looked after."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QWidget

from workbench.code.package import Patterns, read_patterns, write_patterns
from workbench.code.package.patterns import ALWAYS_OUT, leave_out, put_in
from workbench.code.package_contents import Material, PackagePreview, material_of, outlook, prepack
from workbench.code.tree import FileChange
from workbench.code.workspace import (
    CodeSource,
    FolderPreview,
    Workspace,
    discard_offer,
    inspect_folder,
    open_workspace,
    use_deployed_code,
    use_folder,
)
from workbench.code.workspace_store import DamagedDraft
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobState
from workbench.core.messages import _
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.ui.editor import TextEdit
from workbench.ui.files.tree import DEPENDENCIES, NODE_ROLE, Node
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.file_dialog import FileDialog
from workbench.ui.kit.other_programs import (
    open_in_other_program,
    refusal_to_open,
    show_folder,
    show_in_folder,
)
from workbench.ui.kit.text import named, short_path, text_label
from workbench.ui.kit.theme import monospace
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.code_opening import workspaces_dir
from workbench.ui.shell import contents_dialog
from workbench.ui.shell.actions import ActionSpec
from workbench.ui.shell.context import Context
from workbench.ui.shell.process import return_memory, return_memory_of_the_start
from workbench.ui.shell.services import OpenFunction, Services

_MARKS = {FileChange.ADDED: "A", FileChange.CHANGED: "M", FileChange.DELETED: "D"}
_MOST_SHOWN = 500
_MOST_LEFT_OUT = 6
_MOST_ROWS = 9
_ROOM = 8


class FolderOfferDialog(Dialog):
    """Shows how the folder differs from the deployed code.

    Signals:
        agreed: The folder shall be used.
    """

    agreed = Signal()

    def __init__(self, function_name: str, offer: FolderPreview, own_changes: int, parent: QWidget) -> None:
        super().__init__(
            "folderOffer",
            _("Use a Local Folder for {function_name}").format(function_name=function_name),
            parent,
        )
        self.content.addWidget(text_label("folderOfferPath", short_path(offer.folder)))
        self.content.addWidget(text_label("folderOfferSummary", self._summary(offer)))
        if offer.differences:
            self.content.addWidget(self._list(offer))
        if offer.left_out:
            words = _("Always excluded: {left_out}").format(left_out=_listed(offer.left_out))
            self.content.addWidget(text_label("folderOfferLeftOut", words, "muted"))
        if offer.secrets:
            words = _("Excluded because it looks like a secret: {secrets}").format(
                secrets=_listed(offer.secrets)
            )
            self.content.addWidget(text_label("folderOfferSecrets", words, "muted"))
        words = _(
            "Files are edited and deployed in this folder; nothing is copied. To return, choose "
            "Use Deployed Code."
        )
        if own_changes:
            words += " " + _("Your changes to the deployed code are kept until then.")
        self.content.addWidget(text_label("folderOfferWords", words, "muted"))
        self.finish_layout(stretch=False)
        use = self.add_button("folderOfferUse", _("Use Folder"), "primary")
        cancel = self.add_button("folderOfferCancel", _("Cancel"))
        self.resize_to_content()
        use.clicked.connect(self._agree)
        cancel.clicked.connect(self.reject)

    def _agree(self) -> None:
        self.agreed.emit()
        self.accept()

    def _summary(self, offer: FolderPreview) -> str:
        if not offer.differences:
            return _("The folder matches the deployed code.")
        words = (
            (FileChange.ADDED, _("{count} added")),
            (FileChange.CHANGED, _("{count} changed")),
            (FileChange.DELETED, _("{count} deleted")),
        )
        counts = [text.format(count=f"{count:,}") for change, text in words if (count := offer.count(change))]
        return _("Compared with the deployed code: {names}.").format(names=", ".join(counts))

    def _list(self, offer: FolderPreview) -> QListWidget:
        view = named(QListWidget(), "folderOfferFiles", _("Files that differ"))
        view.setFont(monospace())
        view.setUniformItemSizes(True)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for entry in offer.differences[:_MOST_SHOWN]:
            QListWidgetItem(f"{_MARKS[entry.change]}  {entry.path}", view)
        if (more := len(offer.differences) - _MOST_SHOWN) > 0:
            QListWidgetItem(_("… and {more} more").format(more=f"{more:,}"), view)
        rows = min(view.count(), _MOST_ROWS)
        view.setFixedHeight(rows * view.sizeHintForRow(0) + 2 * view.frameWidth() + _ROOM)
        return view


def _listed(names: tuple[str, ...]) -> str:
    more = ("…",) if len(names) > _MOST_LEFT_OUT else ()
    return ", ".join((*names[:_MOST_LEFT_OUT], *more))


_LAST = "code.last_local_folder"


class LocalFolders(QObject):
    """Binds the open function to a local folder, and leaves the folder again."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._root_dir = workspaces_dir(services)

    def choose(self) -> None:
        """Asks for a folder, then says what using it would mean."""
        function = self._code.function
        if function is None:
            return
        present = self._code.workspace.local_folder if self._code.workspace is not None else None
        start = present or self._services.settings.get(_LAST, "")
        dialog = FileDialog("chooseLocalFolder", _("Use Local Folder"), self._code.window(), start)
        dialog.ask_for_folder()
        dialog.fileSelected.connect(lambda folder: self.look(function, Path(folder)))
        dialog.open()

    def look(self, function: OpenFunction, folder: Path) -> None:
        """Compares a folder with what is deployed to a function, and asks whether to use it."""
        connection, name = function.connection, function.detail.function_name
        workspace = self._code.workspace
        own = workspace if workspace is not None and workspace.local_folder is None else None

        def run(ctx: JobContext) -> tuple[FolderPreview, int]:
            source = code_source(get_function(connection, name, "", ctx), connection)
            changes = len(own.changes(ctx)) + len(own.drafts()) if own is not None else 0
            return inspect_folder(source, self._root_dir, folder, ctx), changes

        self._services.jobs.start(
            _("Comparing {folder} with the deployed code").format(folder=folder.name),
            run,
            lane=f"write:{function.detail.function_arn}",
            replaces="code.look_at_folder",
            on_done=lambda found: self._ask(function, *found),
            on_error=self._code.failed.emit,
        )

    def _ask(self, function: OpenFunction, offer: FolderPreview, own_changes: int) -> None:
        dialog = FolderOfferDialog(function.detail.function_name, offer, own_changes, self._code.window())

        def finished(answer: int) -> None:
            if answer != QDialog.DialogCode.Accepted:
                title = _("Closing {folder}").format(folder=offer.folder.name)
                self._services.jobs.start(title, lambda _ctx: discard_offer(offer), quiet=True)

        dialog.agreed.connect(lambda: self._use(function, offer))
        dialog.finished.connect(finished)
        dialog.open()

    def _use(self, function: OpenFunction, offer: FolderPreview) -> None:
        self._services.settings.set(_LAST, str(offer.folder.parent))

        def opener(source: CodeSource, root_dir: Path, ctx: JobContext) -> Workspace:
            use_folder(offer)
            return open_workspace(source, root_dir, ctx)

        self._code.swap_code(function, opener)

    def leave(self) -> None:
        """Shows the deployed code again, as it was left; the folder stays as it is."""
        function = self._code.function
        if function is None:
            return

        def opener(source: CodeSource, root_dir: Path, ctx: JobContext) -> Workspace:
            use_deployed_code(source, root_dir)
            return open_workspace(source, root_dir, ctx)

        self._code.swap_code(function, opener)


class OtherPrograms(QObject):
    """The tree's menu: opens the current file in another program, or shows it in its folder."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        code.tree.begin_group()
        for name, title, act in (
            ("openElsewhere", _("Open in Another Program"), self._open),
            ("showInFolder", _("Show in Folder"), self._show),
        ):
            action = QAction(title, code.tree)
            action.setObjectName(f"fileTree.{name}")
            action.triggered.connect(act)
            code.tree.addAction(action)

    def _open(self) -> None:
        if (found := self._current()) is None:
            return
        path, file = found
        if file.is_dir():
            self._do(show_folder, file)
            return

        def run(_ctx: JobContext) -> None:
            if (refusal := refusal_to_open(file)) is not None:
                raise refusal

        title = _("Opening {path}").format(path=path)
        self._services.jobs.start(
            title,
            run,
            quiet=True,
            on_done=lambda __: self._do(open_in_other_program, file),
            on_error=self._code.failed.emit,
        )

    def _show(self) -> None:
        if (found := self._current()) is not None:
            self._do(show_in_folder, found[1])

    def _do(self, act: Callable[[Path], WorkbenchError | None], file: Path) -> None:
        if (error := act(file)) is not None:
            self._code.failed.emit(error)

    def _current(self) -> tuple[str, Path] | None:
        """The file or folder at the cursor of the tree, unless it is deployed only."""
        node: Node | None = self._code.tree.currentIndex().data(NODE_ROLE)
        workspace = self._code.workspace
        if node is None or node.path == DEPENDENCIES or node.is_deleted or workspace is None:
            return None
        return node.path, workspace.root / node.path


CONTENTS = "code.package_contents"


class PackageContents(QObject):
    """Shows and edits the package contents of the open code.

    Args:
        services: The program's.
        code: The Code tab.
        notify: Shows a message and its tone: what was done, or why it failed.
        after: The action behind which its own stands.
    """

    def __init__(
        self, services: Services, code: CodePage, notify: Callable[[WorkbenchError, str], object], after: str
    ) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._notify = notify
        code.tree.begin_group()
        self._leave_out = self._add("leaveOut", _("Exclude from Package"), stays_out=True)
        self._put_in = self._add("putIn", _("Include in Package"), stays_out=False)
        spec = ActionSpec(
            CONTENTS,
            _("Package Contents…"),
            "Alt+Shift+K",
            "package",
            "function",
            terms=_("zip, size, include, exclude"),
        )
        code.tree.addAction(services.actions.add(spec, self.open, after))
        code.tree.selectionModel().selectionChanged.connect(self._selected)
        for signal in (code.tree.nodes.layoutChanged, code.tree.nodes.modelReset):
            signal.connect(self._selected)
        self._selected()

    # The dialog ---------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Looks at all files, then shows what goes in."""
        self._code.when_open(self._look)

    def _look(self, function: OpenFunction, workspace: Workspace) -> None:
        def run(ctx: JobContext) -> tuple[Patterns, Material, PackagePreview]:
            patterns, material = read_patterns(workspace.folder), material_of(workspace, ctx)
            return patterns, material, outlook(material, patterns)

        self._services.jobs.start(
            _("Reading the package of {function_name}").format(function_name=function.detail.function_name),
            run,
            replaces=CONTENTS,
            on_done=lambda found: self._show(workspace, function.detail.function_name, *found),
            on_error=self._fail,
        )

    def _show(
        self, workspace: Workspace, name: str, patterns: Patterns, material: Material, first: PackagePreview
    ) -> None:
        if workspace is not self._code.workspace:
            return
        window = self._code.window()
        dialog = contents_dialog.show_contents(self._services, name, patterns, material, first, window)
        dialog.agreed.connect(lambda text: self._save(dialog, workspace, text))

    def _save(self, dialog: "contents_dialog.ContentsDialog", workspace: Workspace, text: str) -> None:
        def saved(_patterns: Patterns) -> None:
            dialog.accept()
            self._code.files.stored.emit()  # marks of the tree, and the package made ahead

        self._services.jobs.start(
            _("Saving the package contents"),
            lambda _ctx: write_patterns(workspace.folder, text),
            lane=f"disk:{workspace.folder}",
            on_done=saved,
            on_error=dialog.set_error,
        )

    # The tree's menu ----------------------------------------------------------------------------------------

    def _add(self, name: str, title: str, *, stays_out: bool) -> QAction:
        action = QAction(title, self._code.tree)
        action.setObjectName(f"fileTree.{name}")
        action.triggered.connect(lambda: self._decide(stays_out=stays_out))
        self._code.tree.addAction(action)
        return action

    def _nodes(self, *, stays_out: bool) -> list[Node]:
        """The selected files and folders that can be decided on."""
        workspace, tree = self._code.workspace, self._code.tree
        if workspace is None or workspace.read_only:
            return []
        found = (tree.nodes.node_at(path) for path in tree.selected())
        return [node for node in found if node is not None and node.stays_out is not stays_out]

    def _selected(self) -> None:
        self._leave_out.setVisible(bool(self._nodes(stays_out=True)))
        self._put_in.setVisible(bool(self._nodes(stays_out=False)))

    def _decide(self, *, stays_out: bool) -> None:
        workspace = self._code.workspace
        chosen = [(node.path, node.is_folder) for node in self._nodes(stays_out=stays_out)]
        if workspace is None or not chosen:
            return
        names = ", ".join(path for path, _is_folder in chosen)

        def run(_ctx: JobContext) -> None:
            patterns = read_patterns(workspace.folder)
            for path, is_folder in chosen:
                before = patterns
                patterns = (leave_out if stays_out else put_in)(before, path, is_folder)
                if patterns == before and not stays_out:
                    raise WorkbenchError(
                        _("{path} is excluded from the package.").format(path=path), ALWAYS_OUT
                    )
            write_patterns(workspace.folder, "\n".join((*patterns.lines, "")))

        words = (
            _("Will be excluded from the package in the next deployment: {names}.")
            if stays_out
            else _("Will be included in the package in the next deployment: {names}.")
        )

        def done(_result: None) -> None:
            if workspace is self._code.workspace:
                notice = WorkbenchError(words.format(names=names), action=CONTENTS)
                self._notify(notice, "info")
                self._code.files.stored.emit()

        self._services.jobs.start(
            _("Saving the package contents"),
            run,
            lane=f"disk:{workspace.folder}",
            on_done=done,
            on_error=self._fail,
        )

    def _fail(self, error: WorkbenchError) -> None:
        self._notify(error, "danger")


_PACK = "code.pack_ahead"
_OPENED_MS = 3_000  # whoever only looks in should not pay for it
_SETTLED_MS = 150  # several files are often written one after the other
_UNWATCHED_MS = 2_000  # each time costs a look at all files: not while somebody types


class PackageUpkeep(QObject):
    """Follows the Code tab, from `__init__` to `stop`.

    All that it does runs in the lane in which the function is deployed: never beside a deploy, and over
    before other code takes the workspace's folder.
    """

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        self._workspace: Workspace | None = None
        self._lane = ""
        self._pause_ms = _SETTLED_MS
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._pack)
        code.workspace_changed.connect(self._follow)
        code.files.stored.connect(self.note_change)
        code.changes.changed.connect(self.note_change)
        self._follow()

    def stop(self) -> None:
        """Follows no more, and leaves the open code. The end of the program waits for that."""
        self._code.workspace_changed.disconnect(self._follow)
        workspace, leaving = self._workspace, self._leave()
        if workspace is not None and leaving is not None and leaving.state is JobState.CANCELLED:
            workspace.packer.close()  # jobs have ended already, and nothing packs any more

    def _follow(self) -> None:
        workspace, function = self._code.workspace, self._code.function
        if workspace is self._workspace:
            return
        self._leave()
        if workspace is not None and function is not None and not workspace.read_only:
            self._workspace = workspace
            self._lane = f"write:{function.detail.function_arn}"
            self._pause_ms = _SETTLED_MS
            self._submit(_("Watching the code"), workspace.packer.watch, self._watched)
            self._timer.start(_OPENED_MS)

    def _watched(self, is_watched: object) -> None:
        self._pause_ms = _SETTLED_MS if is_watched else _UNWATCHED_MS

    def note_change(self) -> None:
        """The files, or what is deployed, are others now."""
        if self._workspace is not None:
            self._timer.start(self._pause_ms)

    def _pack(self) -> None:
        workspace = self._workspace
        if workspace is None:
            return
        self._services.jobs.start(
            _("Packing the code"),
            lambda ctx: prepack(workspace, ctx),
            lane=self._lane,
            replaces=_PACK,
            quiet=True,
            on_error=lambda _error: None,  # a deploy says why, if anybody wants one
        )

    def _leave(self) -> JobHandle | None:
        """Ends the watch once what is under way has ended."""
        workspace, self._workspace = self._workspace, None
        self._timer.stop()
        if workspace is None:
            return None
        self._services.jobs.drop(_PACK)
        return self._submit(_("Closing the code"), workspace.packer.close)

    def _submit(
        self, title: str, run: Callable[[], object], done: Callable[[object], None] | None = None
    ) -> JobHandle:
        job = Job(title, lambda _ctx: run(), lane=self._lane, quiet=True, urgent=True, on_done=done)
        return self._services.jobs.submit(job)


_QUIET_MS = 3_000


class MemoryUpkeep(QObject):
    """Waits for a signal that says that much was done, then for quiet.

    Args:
        services: Runs it.
        busy: Tells of each big piece of work.
        parent: For as long as it lives.
    """

    def __init__(self, services: Services, busy: SignalInstance, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._is_first = True
        self._timer = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._timer.timeout.connect(self._give_back)
        busy.connect(self._timer.start)

    def stop(self) -> None:
        """Gives nothing back any more."""
        self._timer.stop()

    def _give_back(self) -> None:
        title = _("Freeing memory")
        if self._is_first:
            self._is_first = False
            self._services.jobs.start(title, lambda _ctx: return_memory_of_the_start(), quiet=True)
        self._services.jobs.start(title, lambda _ctx: return_memory(), replaces="memory", quiet=True)


_RESTORE = "code.restore_damaged"
_END = 2**30  # a line, or a column, that is beyond any text's: its end is meant


class DamagedDrafts(QObject):
    """Says which unsaved edits are not whole, and offers what is left of them."""

    def __init__(self, context: Context, code: CodePage) -> None:
        super().__init__(code)
        self._context, self._code = context, code
        self._damaged: dict[str, DamagedDraft] = {}  # by path
        spec = ActionSpec(
            _RESTORE, _("Show What Is Left of Unsaved Edits"), when="damaged_draft", only_when_enabled=True
        )
        context.action(spec, self.restore, after="code.latest")
        code.drafts_damaged.connect(self._offer)
        code.workspace_changed.connect(self._forget)

    def _forget(self) -> None:
        """Other code is open, or none."""
        if self._code.workspace is None:
            self._damaged.clear()
            self._context.set_condition("damaged_draft", is_met=False)

    def _offer(self, damaged: Sequence[DamagedDraft]) -> None:
        for each in damaged:
            what = _("The unsaved edits of {path} are incomplete. The saved file is shown.").format(
                path=each.path or each.file.name
            )
            words = _("{size_bytes:,} bytes are left. They are kept in {file}.")
            if each.whole_bytes >= 0:
                words = _("{size_bytes:,} of {whole_bytes:,} bytes are left. They are kept in {file}.")
            why = words.format(size_bytes=each.size_bytes, whole_bytes=each.whole_bytes, file=each.file)
            if each.path:
                self._damaged[each.path] = each
            self._context.set_condition("damaged_draft", is_met=bool(self._damaged))
            error = WorkbenchError(what, why, action=_RESTORE if each.path else "")
            self._context.report(error, "warning", key=f"drafts.{each.file.name}")

    def restore(self) -> None:
        """Shows what is left in the editor, as unsaved edits: Undo brings the saved text back."""
        damaged, files = tuple(self._damaged.values()), self._code.files
        self._damaged.clear()
        self._context.set_condition("damaged_draft", is_met=False)
        for draft in damaged:
            files.open(draft.path, partial(self._show, draft))

    def _show(self, draft: DamagedDraft) -> None:
        files, editor = self._code.files, self._code.files.editor
        uri = files.uri_of_open(draft.path)
        if uri and not editor.is_dirty(uri):
            editor.edit(uri, [TextEdit(1, 1, _END, _END, draft.text)])
        elif uri:
            self._context.notify(
                _("{path} has unsaved edits.").format(path=draft.path),
                _("What is left of the earlier ones is kept in {file}.").format(file=draft.file),
            )
