"""What was typed and is not on disk yet: brings it there, and asks before any of it is lost.

Every touch of a workspace's disk is a job in the workspace's lane, so that writes to one file never overlap.
"""

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from workbench.code.external_changes import refuse_edit_conflicts
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobState
from workbench.core.messages import _
from workbench.ui.kit.text import message_box
from workbench.ui.shell.services import Services

_AGAIN_MS = 5_000
_NOTHING_TYPED = ""  # in place of a document's URI: only the lane's turn is waited for


class Autosave(QObject):
    """Writes drafts while the user types, files when they save, and knows what could not be written.

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
        self._refused: dict[str, WorkbenchError] = {}  # why the disk did not take it when that was last tried
        self._question: QMessageBox | None = None
        self._held: frozenset[str] = frozenset()
        self._leaving: dict[str, str] = {}  # typed in files that go; the last job has not written it yet
        self._keeping: dict[str, JobHandle] = {}  # the last job that brings a document's typing to disk
        self._again = QTimer(self, interval=_AGAIN_MS)
        self._again.timeout.connect(self._try_again)

    def expect(self, uri: str, workspace: Workspace, path: str) -> None:
        """Says where a document belongs; what is typed in it may come from here on."""
        self._homes[uri] = (workspace, path)

    def path_of(self, uri: str) -> str:
        """The document's file, relative to its workspace; "" when it is not known."""
        return self._homes[uri][1] if uri in self._homes else ""

    def unkept(self, uri: str) -> str | None:
        """The text of a document that is not on disk yet, or None: the disk has it all."""
        return self._unkept.get(uri)

    def all_unkept(self, workspace: Workspace) -> dict[str, str]:
        """The texts of a workspace that are not on disk yet, by path."""
        homes = {uri: self._homes[uri] for uri in self._unkept if uri not in self._held}
        return {
            path: self._unkept[uri] for uri, (home, path) in homes.items() if home.folder == workspace.folder
        }

    @property
    def is_refused(self) -> bool:
        """Whether something was typed that the disk does not take: `settle` is likely to ask."""
        return bool(self._refused)

    def typed(self, uri: str, text: str) -> None:
        """Keeps the text of a document as a draft."""
        if not self._homes[uri][0].read_only:
            self._unkept[uri] = text
            waiting = self._keeping.get(uri)
            if waiting is not None and waiting.state is JobState.WAITING:
                return  # on a slow disk; it will find this text, so that typing never has to queue
            if uri not in self._held:
                self._keep(uri, self.failed.emit)

    def hold(self, moving: Iterable[str], going: Iterable[str]) -> None:
        """Keeps what is typed in moving documents in memory until `release`, and forgets those that go."""
        self._held = frozenset(moving)
        for uri in going:
            text = self._unkept.pop(uri, None)
            waiting = self._keeping.get(uri)
            if text is not None and waiting is not None and waiting.state is JobState.WAITING:
                self._leaving[uri] = text  # it is written before the file goes, and so comes back with it
            self._refused.pop(uri, None)

    def release(self) -> None:
        """Brings to disk what was typed meanwhile, to where the documents belong by now."""
        held, self._held = self._held, frozenset()
        for uri in held.intersection(self._unkept):
            self._keep(uri, self.failed.emit)

    def save(
        self,
        workspace: Workspace,
        then: Callable[[], object],
        only: str = "",
        otherwise: Callable[[], object] = lambda: None,
    ) -> None:
        """Saves what was typed in one file, or in all files, open or not.

        `then` runs when it is on disk, `otherwise` when it could not be written, which `failed` tells too.
        It goes by the drafts, and by what could not be kept as one, the disk being full, say.
        """
        unkept = self.all_unkept(workspace)

        def write(_ctx: JobContext) -> dict[str, str]:
            texts = {draft.path: draft.text for draft in workspace.drafts()} | unkept
            texts = {path: text for path, text in texts.items() if only in ("", path)}
            refuse_edit_conflicts(workspace, texts)
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

        def refused(error: WorkbenchError) -> None:
            self.failed.emit(error)
            otherwise()

        title = _("Saving {name}").format(name=only or workspace.base.function_name)
        self.touch(workspace, title, write, written, refused)

    def settle(
        self,
        workspace: Workspace | None,
        then: Callable[[], None],
        wait: Callable[[], None] = lambda: None,
    ) -> None:
        """Runs `then` once all that was typed is on disk, and all that was to be done in `workspace`.

        What could not be written is tried once more. Where that fails too it calls `wait` and asks; `then`
        runs if the user gives it up.
        """
        unkept = [uri for uri in self._unkept if uri not in self._held]
        busy = [*unkept, *((_NOTHING_TYPED,) if workspace else ())]

        def ended(uri: str, _error: WorkbenchError | None = None) -> None:
            busy.remove(uri)
            if not busy:
                check()

        def check() -> None:
            if self._refused:
                wait()
                self._ask(then)
            elif self._unkept:
                self.settle(workspace, then, wait)  # more was typed meanwhile
            else:
                then()

        for uri in unkept:
            self._keep(uri, partial(ended, uri), partial(ended, uri))
        if workspace is not None:
            title = _("Saving your edits")
            self.touch(workspace, title, lambda _ctx: None, lambda _none: ended(_NOTHING_TYPED))
        elif not busy:
            then()

    def _ask(self, then: Callable[[], None]) -> None:
        if self._question is not None:
            return  # asked already; that answer counts
        names = ", ".join(sorted(self.path_of(uri) for uri in self._refused))
        text = _("Edits to {names} could not be written to disk. Close and lose them?")
        box = message_box(
            self._asker,
            _("Edits Not Saved"),
            text.format(names=names),
            "\n".join(sorted({error.why for error in self._refused.values()})),
            QMessageBox.Icon.Warning,
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
        )
        box.setObjectName("notKept")
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def answered(button: int) -> None:
            self._question = None
            if button == QMessageBox.StandardButton.Discard:
                then()

        box.finished.connect(answered)
        self._question = box
        box.open()

    def touch[T](
        self,
        workspace: Workspace,
        title: str,
        run: Callable[[JobContext], T],
        done: Callable[[T], object],
        failed: Callable[[WorkbenchError], object] | None = None,
    ) -> JobHandle:
        """Runs a job in the workspace's lane, soon and to its end; errors go to the signal by default."""
        lane = f"disk:{workspace.folder}"
        failed = failed or self.failed.emit
        job = Job(title, run, lane=lane, quiet=True, urgent=True, on_done=done, on_error=failed)
        return self._services.jobs.submit(job)

    def _keep(
        self,
        uri: str,
        failed: Callable[[WorkbenchError], object],
        then: Callable[[], object] = lambda: None,
    ) -> None:
        workspace, path = self._homes[uri]

        def keep(_ctx: JobContext) -> str | None:
            # As of now; None when it is on disk already, or was given up.
            text = self._unkept.get(uri, self._leaving.pop(uri, None))
            if text is not None:
                workspace.put_draft(path, text)
            return text

        def kept(text: str | None) -> None:
            if text is not None:
                self._on_disk(uri, text)
                self.stored.emit()
            then()

        def refused(error: WorkbenchError) -> None:
            if uri in self._unkept:
                self._refused[uri] = error
                self._again.start()
            failed(error)

        title = _("Saving edits to {path}").format(path=path)
        self._keeping[uri] = self.touch(workspace, title, keep, kept, refused)

    def _try_again(self) -> None:
        """The disk may take by now what it refused. Its success closes the message about that."""
        if not self._refused:
            self._again.stop()
        for uri in self._refused.keys() - self._held:
            if self._keeping[uri].finished:
                self._keep(uri, lambda _error: None)

    def _on_disk(self, uri: str, text: str) -> None:
        if self._unkept.get(uri) == text:
            del self._unkept[uri]
            self._refused.pop(uri, None)
