"""The tree's menu: opens the current file in another program, or shows it in its folder."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.ui.file_nodes import Node
from workbench.ui.file_tree_model import NODE_ROLE
from workbench.ui.other_programs import open_elsewhere, refusal_to_open, show_folder, show_in_folder
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services


class FilesElsewhere(QObject):
    """Lives as long as the Code tab."""

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
                on_done=lambda __: self._do(open_elsewhere, file),
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
