"""What was typed and is not on disk yet: brings it there, and asks before any of it is lost.

Owns: which document belongs where, and every touch of a workspace's disk: a job in the workspace's lane, so
that writes to one file never overlap. Must not know: the editor; it is told what was typed.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.ui.services import Services


class TypingKeeper(QObject):
    """Writes drafts while a person types, files when they save, and knows what could not be written.

    Signals:
        stored: A draft or a file was written.
        saved(uri, text): A document's file has this text now.
        failed: Something could not be written or read; what was typed is still here.
    """

    stored = Signal()
    saved = Signal(str, str)
    failed = Signal(WorkbenchError)

    def __init__(self, services: Services, asker: QWidget) -> None:
        super().__init__(asker)
        self._services = services
        self._asker = asker
        # Where each document belongs. Kept after closing: a last change may come once its workspace has gone.
        self._homes: dict[str, tuple[Workspace, str]] = {}
        self._unkept: dict[str, str] = {}  # typed, and not on disk yet

    def expect(self, uri: str, workspace: Workspace, path: str) -> None:
        """Says where a document belongs; what is typed in it may come from here on."""
        self._homes[uri] = (workspace, path)

    def path_of(self, uri: str) -> str:
        """The document's file, relative to its workspace; "" when it is not known."""
        return self._homes[uri][1] if uri in self._homes else ""

    def typed(self, uri: str, text: str) -> None:
        """Keeps the text of a document as a draft."""
        workspace, path = self._homes[uri]
        if workspace.read_only:
            return
        self._unkept[uri] = text

        def kept(_none: None) -> None:
            self._on_disk(uri, text)
            self.stored.emit()

        title = self.tr("Keeping what was typed in %1").replace("%1", path)
        self.touch(workspace, title, lambda _ctx: workspace.put_draft(path, text), kept)

    def save(self, workspace: Workspace, then: Callable[[], object], only: str = "") -> None:
        """Saves what was typed in one file, or in all files, open or not; `then` runs when it is on disk.

        It goes by the drafts, and by what could not be kept as one, the disk being full, say.
        """
        homes = {uri: self._homes[uri] for uri in self._unkept}
        unkept = {path: self._unkept[uri] for uri, (home, path) in homes.items() if home is workspace}

        def write(_ctx: JobContext) -> dict[str, str]:
            texts = {draft.path: draft.text for draft in workspace.drafts()} | unkept
            texts = {path: text for path, text in texts.items() if only in ("", path)}
            for path, text in texts.items():
                workspace.save(path, text)
            return texts

        def written(texts: dict[str, str]) -> None:
            for path, text in texts.items():
                uri = (workspace.root / path).as_uri()
                self._on_disk(uri, text)
                self.saved.emit(uri, text)
            self.stored.emit()
            then()

        title = self.tr("Saving %1").replace("%1", only or workspace.base.function_name)
        self.touch(workspace, title, write, written)

    def settle(
        self,
        workspace: Workspace | None,
        then: Callable[[], None],
        wait: Callable[[], None] = lambda: None,
    ) -> None:
        """Runs `then` once all that was typed is on disk.

        Where something cannot be written it calls `wait` and asks; `then` runs if the person gives it up.
        """

        def check(_none: None = None) -> None:
            if not self._unkept:
                then()
                return
            wait()
            if self._gives_up():
                then()

        if workspace is None:
            check()
        else:
            self.touch(workspace, self.tr("Keeping what was typed"), lambda _ctx: None, check)

    def _gives_up(self) -> bool:
        names = ", ".join(sorted(self.path_of(uri) for uri in self._unkept))
        answer = QMessageBox.warning(
            self._asker,
            self.tr("Not Kept"),
            self.tr("What was typed in %1 could not be written to disk. Close and lose it?").replace(
                "%1", names
            ),
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return answer == QMessageBox.StandardButton.Discard

    def touch[T](
        self,
        workspace: Workspace,
        title: str,
        run: Callable[[JobContext], T],
        done: Callable[[T], object],
    ) -> None:
        """Runs a job in the workspace's lane, soon and to its end."""
        lane = f"disk:{workspace.folder}"
        job = Job(title, run, lane=lane, quiet=True, urgent=True, on_done=done, on_error=self.failed.emit)
        self._services.jobs.submit(job)

    def _on_disk(self, uri: str, text: str) -> None:
        if self._unkept.get(uri) == text:
            del self._unkept[uri]
