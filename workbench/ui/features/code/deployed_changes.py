"""What differs from the deployed code: marks beside the lines, and reverting, after asking."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel, QMessageBox

from workbench.code.file_operations import ChangedFiles, changed_files
from workbench.code.text import FileKind, LineChange, decode, line_changes
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.ui.editor import ChangedLines
from workbench.ui.kit.text import message_box
from workbench.ui.pages.code import CodePage
from workbench.ui.services import Services

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

        self._services.jobs.submit(
            Job(
                _("Comparing {path}").format(path=path),
                run,
                replaces=f"code.marks:{uri}",
                quiet=True,
                on_done=lambda found: self._mark(workspace, path, uri, found),
                # The marks are a courtesy; what is wrong with the package is said by opening and comparing.
                on_error=lambda _error: None,
            )
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
            self._code.failed.emit(
                WorkbenchError(
                    _("Nothing to revert."),
                    _("The code of a published version cannot be changed."),
                    action="code.latest",
                )
            )
            return
        self._code.files.flush(lambda: self._count(workspace))

    def _count(self, workspace: Workspace) -> None:
        if workspace is self._code.workspace:
            self._services.jobs.submit(
                Job(
                    _("Checking for changes"),
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
