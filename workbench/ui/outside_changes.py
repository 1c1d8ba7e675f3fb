"""Files that another program changes while they are open: taken silently, or chosen by the person.

Owns: what the disk was known to hold of each open file, and what becomes of a difference. Our own writes make
none: what is on disk is compared with what is shown. Must not know: how changes are noticed.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.code.external_changes import FileCheck, KnownFile, check_files, keep_mine, mark_edit_conflict
from workbench.code.text import Document, FileKind, line_edits
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.ui.editor import Snapshot, TextEdit
from workbench.ui.open_files import OpenFiles
from workbench.ui.outside_banner import OutsideBanner
from workbench.ui.outside_conflict import Conflict, text_edits
from workbench.ui.services import Services

_SURE_AFTER_MS = 150
"""A difference from what is typed is believed when it is there twice: our own changes pass meanwhile."""


_LARGE = 2_000_000


class OutsideChanges(QObject):
    """Looks at the open files of one workspace whenever it is told to.

    Signals:
        failed: A choice could not be carried out.
        notice(text, detail): What was done unasked.
    """

    failed = Signal(WorkbenchError)
    notice = Signal(str, str)

    def __init__(self, services: Services, files: OpenFiles) -> None:
        super().__init__(files)
        self._services = services
        self._files = files
        self.banner = OutsideBanner(services.icons)
        self._workspace: Workspace | None = None
        self._known: dict[str, KnownFile] = {}
        self._suspects: set[str] = set()
        self._conflicts: dict[str, Conflict] = {}
        self._again = QTimer(self, singleShot=True, interval=_SURE_AFTER_MS)
        self._again.timeout.connect(self.look)
        files.opened.connect(self._opened)
        files.saved.connect(self._saved)
        files.groups.shown.connect(lambda _half, _path: self._show())
        files.groups.entered.connect(lambda _half: self._show())
        self.banner.reload_wanted.connect(self._reload)
        self.banner.keep_wanted.connect(self._keep)
        self.banner.compare_wanted.connect(self._compare)

    def attach(self, workspace: Workspace | None) -> None:
        """Takes another workspace."""
        self._workspace = workspace
        self._known.clear()
        self._suspects.clear()
        self._conflicts.clear()
        self._again.stop()
        self._show()

    def conflicts(self) -> tuple[str, ...]:
        """The files that wait for a choice."""
        return tuple(self._conflicts)

    # Looking

    def look(self) -> None:
        """Looks at all open files, in the background."""
        workspace = self._workspace
        if workspace is None:
            return
        opened = self._files.open_paths()
        for gone in set(self._known).difference(opened):
            self._forget(gone)
        known = {path: self._known.get(path, KnownFile()) for path in opened}
        if not known:
            return
        self._run(
            workspace,
            lambda _ctx: check_files(workspace, known),
            lambda found: self._looked(workspace, known, found),
        )

    def _opened(self, path: str) -> None:
        """A file is shown as it is on disk, perhaps with what was typed in it before."""
        self._forget(path)
        self.look()

    def _saved(self, uri: str, text: str) -> None:
        for path in self._files.open_paths():
            if self._files.uri_of_open(path) == uri:
                self._known[path] = KnownFile(None, text)
                self._settle(path)

    def _forget(self, path: str) -> None:
        self._known.pop(path, None)
        self._settle(path)

    def _settle(self, path: str) -> None:
        self._suspects.discard(path)
        if self._conflicts.pop(path, None) is not None:
            self._show()

    def _looked(self, workspace: Workspace, known: dict[str, KnownFile], found: dict[str, FileCheck]) -> None:
        if workspace is not self._workspace:
            return
        for path, seen in found.items():
            uri = self._files.uri_of_open(path)
            if not uri or self._known.get(path, KnownFile()) != known[path]:
                continue  # closed, or more is known by now
            if seen.stamp is None:
                self._missed(path, known[path])
            elif seen.document is not None and self._is_as_opened(uri, known[path], seen):
                self._known[path] = KnownFile(seen.stamp, seen.document.text)
            elif seen.document is not None:
                compare = partial(self._compare_with_shown, path, known[path], seen, seen.document)
                self._files.editor.text(uri, compare)

    def _is_as_opened(self, uri: str, known: KnownFile, seen: FileCheck) -> bool:
        """Of a large text this is taken to be so: to ask the page for one of 10 MB stalls the window."""
        text = seen.document.text if seen.document is not None else ""
        return len(text) > _LARGE and known.text is None and not self._files.editor.is_dirty(uri)

    def _missed(self, path: str, known: KnownFile) -> None:
        if known.stamp is None and known.text is None:
            return  # it was never saved
        if not self._files.editor.is_dirty(self._files.uri_of_open(path)):
            self._files.close_path(path)
            self._forget(path)
            self.notice.emit(_("{path} was deleted by another program.").format(path=path), "")
        else:
            self._suspect(path, Conflict(None))

    def _compare_with_shown(
        self, path: str, known: KnownFile, seen: FileCheck, document: Document, shown: Snapshot
    ) -> None:
        if self._files.uri_of_open(path) != shown.uri or self._known.get(path, KnownFile()) != known:
            return
        now = KnownFile(seen.stamp, document.text)
        is_text = document.kind is FileKind.TEXT
        is_dirty = self._files.editor.is_dirty(shown.uri)
        is_typed = is_dirty if known.text is None else shown.text != known.text
        if is_text and shown.text == document.text:
            self._known[path] = now
            self._settle(path)
            if is_dirty:
                self._files.editor.mark_saved(shown)
        elif is_text and known.text is None and is_typed and not seen.has_edit_conflict:
            self._known[path] = now  # a first look: what was typed before belongs over this
        elif is_text and known.text == document.text:
            self._known[path] = now  # touched, or back to what it was
            self._settle(path)
        elif not is_typed:
            self._take(path, now, seen, is_text=is_text)
        else:
            self._suspect(path, Conflict(document))

    def _suspect(self, path: str, conflict: Conflict) -> None:
        if path not in self._suspects:
            self._suspects.add(path)
            self._again.start()
        elif self._conflicts.get(path) != conflict:
            self._conflicts[path] = conflict
            self._note(path)
            self._show()

    def _note(self, path: str) -> None:
        """The draft on disk knows of it too: for who saves all files, and for the next start."""
        if (workspace := self._workspace) is not None:
            run = partial(mark_edit_conflict, workspace, path)
            self._files.flush(lambda: self._run(workspace, lambda _ctx: run(), lambda _none: None))

    # What becomes of it

    def _take(self, path: str, now: KnownFile, seen: FileCheck, *, is_text: bool) -> None:
        """Nothing is typed in it: it is shown as it is now, cursor and undo stay."""
        workspace = self._workspace
        if workspace is None:
            return
        if not is_text or workspace.read_only or not seen.edits:
            self._files.close_path(path)
            self._files.open(path)
            return
        self._known[path] = now
        self._replace(path, now.text or "", text_edits(seen.edits))

    def _replace(self, path: str, text: str, edits: list[TextEdit]) -> None:
        uri, editor = self._files.uri_of_open(path), self._files.editor
        if not uri:
            return  # closed meanwhile

        def mark(shown: Snapshot) -> None:
            if shown.text == text:
                editor.mark_saved(shown)

        editor.edit(uri, edits)
        editor.text(uri, mark)

    def _chosen(self) -> tuple[str, Conflict | None]:
        path = self._in_front()
        return path, self._conflicts.get(path)

    def _reload(self) -> None:
        path, conflict = self._chosen()
        workspace = self._workspace
        if conflict is None or workspace is None:
            return
        self._end_comparison()
        document = conflict.document

        def drop(shown: Snapshot) -> None:
            def run(_ctx: JobContext) -> list[TextEdit]:
                workspace.drop_draft(path)
                return text_edits(line_edits(shown.text, document.text if document is not None else ""))

            self._run(workspace, run, dropped)

        def dropped(edits: list[TextEdit]) -> None:
            self._settle(path)
            if document is not None and document.kind is FileKind.TEXT:
                self._known[path] = KnownFile(None, document.text)
                self._replace(path, document.text, edits)
                return
            self._files.close_path(path)
            if document is not None:
                self._files.open(path)

        self._files.flush(lambda: self._files.editor.text(self._files.uri_of_open(path), drop))

    def _keep(self) -> None:
        path, conflict = self._chosen()
        workspace = self._workspace
        if conflict is None or workspace is None:
            return
        self._end_comparison()

        def kept(_none: object) -> None:
            text = conflict.document.text if conflict.document is not None else None
            self._known[path] = KnownFile(None, text)
            self._settle(path)

        self._files.flush(lambda: self._run(workspace, lambda _ctx: keep_mine(workspace, path), kept))

    def _compare(self, wanted: bool) -> None:
        path, conflict = self._chosen()
        if not wanted:
            self._files.editor.comparing.end()
        elif conflict is not None and conflict.document is not None:
            text = conflict.document.text
            self._files.open(path, lambda: self._files.editor.comparing.show(text))

    def _end_comparison(self) -> None:
        self._files.editor.comparing.end()
        self.banner.end_comparison()

    # The banner

    def _in_front(self) -> str:
        """The file that the banner is about: the shown one, or another one that waits."""
        shown = self._files.shown_path()
        return shown if shown in self._conflicts else next(iter(self._conflicts), "")

    def _show(self) -> None:
        path, conflict = self._chosen()
        if conflict is None:
            self.banner.dismiss()
        elif conflict.document is None:
            self.banner.show_deleted(path)
        else:
            self.banner.show_changed(path, is_text=conflict.document.kind is FileKind.TEXT)

    def _run[T](
        self, workspace: Workspace, run: Callable[[JobContext], T], done: Callable[[T], object]
    ) -> None:
        self._services.jobs.submit(
            Job(
                _("Checking for changed files"),
                run,
                lane=f"disk:{workspace.folder}",  # after what is being written
                quiet=True,
                on_done=lambda result: workspace is self._workspace and done(result),
                on_error=self.failed.emit,
            )
        )
