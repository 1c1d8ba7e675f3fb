"""The code on this computer: a local folder in its place, and its files in other programs."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QFileDialog

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
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.ui.features.code import folder_offer_dialog
from workbench.ui.files.tree import NODE_ROLE, Node
from workbench.ui.kit.other_programs import (
    open_in_other_program,
    refusal_to_open,
    show_folder,
    show_in_folder,
)
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.code_opening import workspaces_dir
from workbench.ui.services import OpenFunction, Services

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
        dialog = QFileDialog(self._code.window(), _("Use Local Folder"))
        dialog.setObjectName("chooseLocalFolder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(str(present) if present else self._services.settings.get(_LAST, str(Path.home())))
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, _("Choose"))
        dialog.fileSelected.connect(lambda folder: self.look(function, Path(folder)))
        dialog.finished.connect(dialog.deleteLater)
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

        self._services.jobs.submit(
            Job(
                _("Comparing {folder} with the deployed code").format(folder=folder.name),
                run,
                lane=f"write:{function.detail.function_arn}",
                replaces="code.look_at_folder",
                on_done=lambda found: self._ask(function, *found),
                on_error=self._code.failed.emit,
            )
        )

    def _ask(self, function: OpenFunction, offer: FolderPreview, own_changes: int) -> None:
        dialog = folder_offer_dialog.FolderOfferDialog(
            function.detail.function_name, offer, own_changes, self._code.window()
        )

        def finished(answer: int) -> None:
            if answer != QDialog.DialogCode.Accepted:
                title = _("Closing {folder}").format(folder=offer.folder.name)
                self._services.jobs.submit(Job(title, lambda _ctx: discard_offer(offer), quiet=True))

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
        self._services.jobs.submit(
            Job(
                title,
                run,
                quiet=True,
                on_done=lambda __: self._do(open_in_other_program, file),
                on_error=self._code.failed.emit,
            )
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
        if node is None or node.is_deleted or workspace is None:
            return None
        return node.path, workspace.root / node.path
