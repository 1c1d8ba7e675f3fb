"""Makes files of the open code what is deployed, after asking.

Owns: the questions. Must not know: how files are reverted.
"""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel, QMessageBox

from workbench.code.file_operations import ChangedFiles, changed_files
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.ui.kit.text import message_box
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services

ALL = "file.revert_all"


class Reverting(QObject):
    """Lives as long as the Code tab."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services = services
        self._code = code
        code.tree.begin_group()
        code.tree.addAction(services.actions[ALL])

    def revert_shown(self) -> None:
        """Makes the shown file what is deployed, after asking."""
        workspace, path = self._code.workspace, self._code.files.shown_path()
        if workspace is None or not path:
            return
        box = message_box(
            self._code,
            self.tr("Revert File"),
            self.tr("Discard all changes to %1 since the last deployment?").replace("%1", path),
            icon=QMessageBox.Icon.Question,
            buttons=QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
        )
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        answer = box.exec()
        box.deleteLater()
        if answer == QMessageBox.StandardButton.Discard:
            self._code.change_on_disk(
                self.tr("Reverting %1").replace("%1", path),
                lambda _ctx: workspace.revert(path),
                self._code.reload,
            )

    def revert_all(self) -> None:
        """Makes all files what is deployed, after saying how many that changes."""
        workspace = self._code.workspace
        if workspace is None:
            return
        if workspace.read_only:
            self._code.failed.emit(
                WorkbenchError(
                    self.tr("Nothing to revert."),
                    self.tr("The code of a published version cannot be changed."),
                    action="code.latest",
                )
            )
            return
        self._code.files.flush(lambda: self._count(workspace))

    def _count(self, workspace: Workspace) -> None:
        if workspace is self._code.workspace:
            self._services.jobs.submit(
                Job(
                    self.tr("Checking for changes"),
                    lambda ctx: changed_files(workspace, ctx),
                    lane=f"disk:{workspace.folder}",
                    replaces=ALL,
                    on_done=lambda found: self._ask(workspace, found),
                    on_error=self._code.failed.emit,
                )
            )

    def _ask(self, workspace: Workspace, found: ChangedFiles) -> None:
        if workspace is not self._code.workspace:
            return
        if not found.paths:
            self._code.notice.emit(
                self.tr("Nothing to revert."), self.tr("All files match the deployed code.")
            )
            return
        kinds = (
            (found.changed, self.tr("Changed: %1")),
            (found.added, self.tr("Added (will be deleted): %1")),
            (found.deleted, self.tr("Deleted (will be restored): %1")),
        )
        lines = [words.replace("%1", f"{len(paths):,}") for paths, words in kinds if paths]
        undo = self.tr("To restore the changes while this code is open, press Ctrl+Z in the file tree.")
        box = message_box(
            self._code.window(),
            self.tr("Revert All to Deployed"),
            self.tr("Discard all changes since the last deployment?"),
            "\n".join((*lines, "", undo)),
            QMessageBox.Icon.Warning,
        )
        box.setObjectName("revertAll")
        for label in box.findChildren(QLabel):
            label.setWordWrap(True)
        revert = box.addButton(self.tr("Revert All"), QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(cancel)
        revert.clicked.connect(lambda: self._revert(workspace, found))
        box.finished.connect(box.deleteLater)
        box.open()

    def _revert(self, workspace: Workspace, found: ChangedFiles) -> None:
        if workspace is self._code.workspace:
            self._code.changes.revert_all(found.added)
