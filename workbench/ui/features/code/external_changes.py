"""What other programs and windows do to the open code: noticed, taken over, or chosen by the user."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QVBoxLayout

from workbench.code.external_changes import (
    FileCheck,
    FolderWatch,
    KnownFile,
    check_files,
    keep_mine,
    mark_edit_conflict,
)
from workbench.code.ownership import lock_of, lock_of_drafts
from workbench.code.text import Document, FileKind, LineEdit, line_edits
from workbench.code.workspace import FollowedWorkspace, Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.run import code_source
from workbench.ui.editor import Snapshot, TextEdit
from workbench.ui.kit.bars import Bar
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import IconLabel
from workbench.ui.kit.main_thread import MainThread
from workbench.ui.kit.text import announce, named, text_label
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.code_opening import workspaces_dir
from workbench.ui.shell.context import Context
from workbench.ui.shell.services import Services


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file with unsaved typing that is another one on disk; `document` is None when it was deleted."""

    document: Document | None


def text_edits(edits: Iterable[LineEdit]) -> list[TextEdit]:
    """Edits as the editor takes them."""
    return [TextEdit(edit.line, edit.column, edit.end_line, edit.end_column, edit.text) for edit in edits]


class ExternalChangeBanner(Bar):
    """Takes no room while there is nothing to choose.

    Signals:
        reload_wanted: What is on disk shall count; what was typed can be had back by undo.
        compare_wanted: Both shall be shown side by side, or no longer.
        keep_wanted: What was typed shall count, and be what is saved next.
    """

    reload_wanted = Signal()
    compare_wanted = Signal(bool)
    keep_wanted = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        named(self, "outsideBanner", _("Changed by another program"))
        self.setProperty("tone", "warning")
        self._what = text_label("outsideWhat", role="heading")
        self._why = text_label("outsideWhy")
        self._reload = named(QPushButton(_("Reload")), "outsideReload")
        self._compare = named(QPushButton(_("Compare")), "outsideCompare")
        self._compare.setCheckable(True)
        self._keep = named(QPushButton(_("Keep Mine")), "outsideKeep")
        self._reload.clicked.connect(self.reload_wanted)
        self._compare.clicked.connect(self.compare_wanted)
        self._keep.clicked.connect(self.keep_wanted)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._what)
        texts.addWidget(self._why)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(IconLabel(icons, "triangle-alert", "warning"), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        for button in (self._reload, self._compare, self._keep):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self._said = ""
        self.hide()

    def show_changed(self, path: str, *, is_text: bool) -> None:
        """A file has another text on disk than the one that was typed over."""
        self._reload.setText(_("Reload"))
        self._compare.setVisible(is_text)
        self._show_message(
            _("{path} was changed by another program.").format(path=path),
            _("Your edits are not saved. Reload shows the version on disk; Undo restores your edits."),
        )

    def show_deleted(self, path: str) -> None:
        """A file is not on disk any more."""
        self._reload.setText(_("Discard Mine"))
        self._compare.hide()
        self._show_message(
            _("{path} was deleted by another program.").format(path=path),
            _("Your edits are kept as a draft. Saving recreates the file."),
        )

    def end_comparison(self) -> None:
        """The two are not side by side any more."""
        self._compare.setChecked(False)

    def dismiss(self) -> None:
        """There is nothing to choose."""
        self._said = ""
        self.end_comparison()
        self.set_wanted(False, immediately=True)

    def _show_message(self, what: str, why: str) -> None:
        if what == self._said and self.isVisible():
            return
        self._said = what
        for label, text in ((self._what, what), (self._why, why)):
            label.setText(text)
            label.setAccessibleName(text)
        self.setAccessibleDescription(f"{what} {why}")
        self.end_comparison()
        self.set_wanted(True)
        announce(self, f"{what} {why}", urgent=True)


_SURE_AFTER_MS = 150
"""A difference from what is typed is believed when it is there twice: our own changes pass meanwhile."""


_LARGE = 2_000_000


class ExternalChanges(QObject):
    """Follows the Code tab, from `__init__` to `stop`: its folder is watched, its open files looked at."""

    def __init__(self, services: Services, code: CodePage) -> None:
        super().__init__(code)
        self._services, self._code, self._files = services, code, code.files
        self.banner = ExternalChangeBanner(services.icons)
        self._workspace: Workspace | None = None
        self._known: dict[str, KnownFile] = {}
        self._suspects: set[str] = set()
        self._conflicts: dict[str, Conflict] = {}
        self._again = QTimer(self, singleShot=True, interval=_SURE_AFTER_MS)
        self._again.timeout.connect(self.look)
        self.watch = DiskWatch(self)
        self.watch.changed.connect(self._changed_on_disk)
        self.watch.changed.connect(code.changed_on_disk)
        self.watch.troubled.connect(self._report_trouble)
        layout = code.files.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(1, self.banner)  # between the tabs and the text
        code.files.opened.connect(self._opened)
        code.files.saved.connect(self._saved)
        code.files.groups.shown.connect(lambda _half, _path: self._show())
        code.files.groups.entered.connect(lambda _half: self._show())
        code.workspace_changed.connect(self._follow)
        self.banner.reload_wanted.connect(self._reload)
        self.banner.keep_wanted.connect(self._keep)
        self.banner.compare_wanted.connect(self._compare)
        self._follow()

    def stop(self) -> None:
        """Ends the watch, and waits for that."""
        self._code.workspace_changed.disconnect(self._follow)
        self.watch.stop()

    def _follow(self) -> None:
        self._workspace = workspace = self._code.workspace
        self._known.clear()
        self._suspects.clear()
        self._conflicts.clear()
        self._again.stop()
        self._show()
        self.watch.follow(workspace.root if workspace is not None else None)

    def _report_trouble(self, reason: str) -> None:
        self._code.notice.emit(
            _("Changes by other programs are detected only when you return to this window."),
            _("The folder cannot be watched: {reason}").format(reason=reason),
        )

    # Looking

    def _changed_on_disk(self) -> None:
        if self._workspace is None:
            return
        if not self._workspace.root.is_dir():
            self._code.reopen()
            return
        self._files.stored.emit()
        self.look()

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
            lambda found: self._checked(workspace, known, found),
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

    def _checked(
        self, workspace: Workspace, known: dict[str, KnownFile], found: dict[str, FileCheck]
    ) -> None:
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
                compare = partial(self._compare_with_editor, path, known[path], seen, seen.document)
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
            self._code.notice.emit(_("{path} was deleted by another program.").format(path=path), "")
        else:
            self._suspect(path, Conflict(None))

    def _compare_with_editor(
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
        shown = self._files.current_path()
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
        self._services.jobs.start(
            _("Checking for changed files"),
            run,
            lane=f"disk:{workspace.folder}",  # after what is being written
            quiet=True,
            on_done=lambda result: workspace is self._workspace and done(result),
            on_error=self._code.failed.emit,
        )


_SOON_MS = 20  # what comes in one burst is one change


class DiskWatch(QObject):
    """Watches one folder at a time.

    Signals:
        changed: Something changed, or may have.
        troubled(reason): Not all can be watched; what changed is looked for when the window is used again.
    """

    changed = Signal()
    troubled = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._main_thread = MainThread(self)
        self._watch: FolderWatch | None = None
        self._ending: list[FolderWatch] = []
        self._is_blind = False
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.changed)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.applicationStateChanged.connect(self._state_changed)

    def follow(self, root: Path | None) -> None:
        """Watches a folder instead of the one before."""
        if self._watch is not None:
            self._watch.stop()  # it ends soon, by itself
            self._ending = [watch for watch in self._ending if watch.is_running]
            self._ending.append(self._watch)
            self._watch = None
        self._soon.stop()
        self._is_blind = False
        if root is not None:
            watch = FolderWatch(
                root,
                lambda: self._post(watch, self._heard),
                lambda reason: self._post(watch, lambda: self._trouble(reason)),
            )
            self._watch = watch
            watch.start()

    def stop(self) -> None:
        """Ends, and waits for that."""
        self.follow(None)
        for watch in self._ending:
            watch.join()
        self._ending.clear()
        self._main_thread.close()

    def _post(self, watch: FolderWatch, call: Callable[[], object]) -> None:
        self._main_thread.post(lambda: watch is self._watch and call())

    def _heard(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _trouble(self, reason: str) -> None:
        self._is_blind = True
        self.troubled.emit(reason)

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive and self._is_blind:
            self._heard()


_SHARING_LOOK_MS = 1_000
_SHARING_KEY = "code.sharing"
_WRITES = ("write:", "disk:")
"""Lanes of jobs that may change a working copy."""


class SharedCode(QObject):
    """Looks once a second whether another window asks for the open code, or no longer has it."""

    def __init__(self, context: Context, code: CodePage) -> None:
        super().__init__(code)
        self._context, self._code = context, code
        self._followed: tuple[Path, ...] = ()  # the locks of the code that was another window's before
        self._timer = QTimer(self, interval=_SHARING_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        code.workspace_changed.connect(self._tell)

    def stop(self) -> None:
        """Lets go of everything: the window is closed."""
        self._timer.stop()
        self._code.ownership.release()

    def look(self) -> None:
        """Lets go of what is not open any more, and looks after what is."""
        code = self._code
        active = self._context.services.jobs.active()
        is_writing = any(job.job.lane.startswith(_WRITES) for job in active)
        if not (code.is_opening or is_writing):
            code.ownership.release(code.locks)
        if isinstance(code.workspace, FollowedWorkspace):
            if not code.is_let_go:
                self._when(partial(code.ownership.take, self._locks()), code.take_over)
        elif code.locks:
            self._when(partial(code.ownership.is_asked_for, code.locks), code.let_go)

    def take_over(self) -> None:
        """Asks the other window to let go of the code, which is then opened to be edited here."""
        code, locks = self._code, self._locks()
        if not isinstance(code.workspace, FollowedWorkspace):
            return
        ownership = code.ownership

        def ask(_ctx: JobContext) -> bool:
            if ownership.take(locks):
                return True
            ownership.ask_for(locks)
            return False

        def asked(is_free: bool) -> None:
            if is_free:
                code.take_over()
                return
            code.follow_until_free()
            self._context.notify(
                _("The other window was asked for the code."),
                _("It can be edited here as soon as that window has saved its edits."),
                key=_SHARING_KEY,
            )

        self._context.read(_("Taking over the code"), ask, asked, quiet=True)

    def _locks(self) -> tuple[Path, ...]:
        """What is taken to edit the code that is followed."""
        function, workspace = self._code.function, self._code.workspace
        if function is None or workspace is None:
            return ()
        source = code_source(function.detail, function.connection)
        root_dir = workspaces_dir(self._context.services)
        own = lock_of(root_dir, source)
        if workspace.local_folder is None:
            return (own,)
        return own, lock_of_drafts(root_dir, workspace.drafts_folder)

    def _when(self, is_so: Callable[[], bool], then: Callable[[], object]) -> None:
        """Looks on a worker thread; `then` runs if it is so, and the same code is still open."""
        code, workspace = self._code, self._code.workspace
        self._context.services.jobs.start(
            _("Checking whether another window edits the code"),
            lambda _ctx: is_so(),
            replaces=_SHARING_KEY,
            quiet=True,
            urgent=True,
            on_done=lambda found: found and workspace is code.workspace and then(),
        )

    def _tell(self) -> None:
        """Says whose the code is, as far as that has changed."""
        code = self._code
        followed = code.workspace if isinstance(code.workspace, FollowedWorkspace) else None
        self._context.set_condition("followed", is_met=followed is not None)
        if followed is not None and code.is_let_go:
            name = followed.base.function_name
            what = _("Another window has taken over the code of {name}.").format(name=name)
            why = _("Your edits are kept, and shown there.")
            self._context.report(
                WorkbenchError(what, why, action="code.take_over"), "warning", key=_SHARING_KEY
            )
        elif followed is None and code.locks and self._followed == code.locks:
            name = code.workspace.base.function_name if code.workspace is not None else ""
            self._context.notify(
                _("You can edit the code of {name} here now.").format(name=name), "", "good", key=_SHARING_KEY
            )
        if code.workspace is not None:
            self._followed = self._locks() if followed is not None else ()
