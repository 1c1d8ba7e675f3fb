"""The open files of one workspace: tabs over one editor; whatever is typed is on disk within a second.

Also open there are virtual documents, such as a test event: no files of the code, and not deployed, compared,
searched or stored as drafts.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from workbench.code.syntax import Problem
from workbench.code.text import Document, FileKind
from workbench.code.working_copy import hash_of_text, is_outside
from workbench.code.workspace import Workspace, current_workspace, is_unpacked
from workbench.code.workspace_store import Draft
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.settings import Settings
from workbench.ui.editor import Editor, EditorOptions, Marker, Position, Severity, Snapshot
from workbench.ui.files.autosave import Autosave
from workbench.ui.files.no_text import NoText
from workbench.ui.files.tabs import SplitView, TabGroups
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.text import named
from workbench.ui.shell.preferences import (
    EDITOR_FONT,
    EDITOR_FONT_SIZE_PX,
    EDITOR_FORMAT_ON_SAVE,
    EDITOR_MINIMAP,
    EDITOR_TAB_SIZE,
    EDITOR_WHITESPACE,
    EDITOR_WORD_WRAP,
)
from workbench.ui.shell.services import Services


@dataclass(frozen=True, slots=True)
class FileLeft:
    """An open file: its path in the code, and where the user was in it."""

    path: str
    position: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True)
class FilesLeft:
    """The open files of a function, in the order of their tabs, and the one in front ("" for none)."""

    files: tuple[FileLeft, ...] = ()
    shown: str = ""


@dataclass(frozen=True, slots=True)
class VirtualDocument:
    """A document, and who keeps it.

    Attributes:
        title: On its tab; one that no path of a file looks like.
        uri: The editor's name of it; none that was used before for another one's typing.
        typed: Gets its text after each change, once more soon after it was closed.
        save: What Ctrl+S does.
    """

    title: str
    uri: str
    typed: Callable[[str], object]
    save: Callable[[], object]


class VirtualDocuments:
    """Shows them beside the files.

    Args:
        editor: Shows them.
        groups: Where their tabs are.
        view: Keeps tabs and editor in step.
        file_typed: Gets what is typed in files: URI and text.
    """

    def __init__(
        self,
        editor: Editor,
        groups: TabGroups,
        view: SplitView,
        file_typed: Callable[[str, str], object],
    ) -> None:
        self._editor, self._groups, self._view, self._file_typed = editor, groups, view, file_typed
        self._by_title: dict[str, VirtualDocument] = {}
        self._by_uri: dict[str, VirtualDocument] = {}  # kept after closing: a last change may come

    def show(self, document: VirtualDocument, saved: str, text: str) -> None:
        """Opens a virtual document in front; in place of the one of this title where that is open."""
        before = self.opened(document.title)
        self._by_title[document.title] = self._by_uri[document.uri] = document
        self._editor.open_file(document.uri, saved, draft=text, show=before is None)
        if before is None:
            self._view.select(document.title)
        elif before.uri != document.uri:
            self._editor.close_file(before.uri)
            self._view.show_all()
            self._groups.mark(document.title, unsaved=text != saved)

    def select(self, title: str) -> None:
        """Brings an open virtual document to the front."""
        self._view.select(title)

    def opened(self, title: str) -> VirtualDocument | None:
        """The virtual document of this title if it is open."""
        return self._by_title.get(title) if title in self._groups.paths() else None

    def uri_of(self, title: str) -> str:
        """The editor's name of a virtual document; "" for anything else."""
        document = self._by_title.get(title)
        return document.uri if document is not None else ""

    def title_of(self, uri: str) -> str:
        """The title of a virtual document; "" for anything else."""
        document = self._by_uri.get(uri)
        return document.title if document is not None else ""

    def typed(self, uri: str, text: str) -> None:
        """Hands on what was typed, in a virtual document or in a file."""
        document = self._by_uri.get(uri)
        if document is not None:
            document.typed(text)
        else:
            self._file_typed(uri, text)

    def saved(self, title: str) -> bool:
        """Saves the virtual document of this title; False where it is none."""
        document = self.opened(title)
        if document is not None:
            document.save()
        return document is not None


def marker_of(problem: Problem) -> Marker:
    """The mark of a problem that has a line."""
    return Marker(
        problem.line,
        max(1, problem.column),
        problem.end_line or problem.line,
        problem.end_column or max(2, problem.column + 1),
        problem.message,
        Severity(problem.severity),
        problem.source,
        problem.rule,
        problem.tag,
    )


def editor_options(settings: Settings) -> EditorOptions:
    """The editor's settings."""
    return EditorOptions(
        font_family=EDITOR_FONT.read(settings) or "monospace",
        font_size_px=EDITOR_FONT_SIZE_PX.read(settings),
        tab_size=EDITOR_TAB_SIZE.read(settings),
        word_wrap=EDITOR_WORD_WRAP.read(settings),
        minimap=EDITOR_MINIMAP.read(settings),
        whitespace=EDITOR_WHITESPACE.read(settings),
    )


def read_to_show(workspace: Workspace, path: str, *, or_new: bool) -> tuple[Document, Draft | None]:
    """A file as it is on disk, and what was typed in it. Runs in a job.

    With `or_new` one that does not exist is empty; so is one of which there is only a draft: it was never
    saved, or another program has deleted it.

    Raises:
        WorkbenchError: It cannot be read.
    """
    draft = workspace.draft(path)
    if (or_new or draft is not None) and not os.path.lexists(workspace.root / path):
        return Document(FileKind.TEXT, "", 0), draft
    return workspace.read(path), draft


_WITHIN_MS = 1_000
"""Longer than that no formatter is waited for."""


class FormatFirst(QObject):
    """Stands before saving, for the shown file."""

    def __init__(self, services: Services, editor: Editor, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._editor = editor
        self._last = 0
        self._saves: dict[int, Callable[[], object]] = {}
        self._patience = QTimer(self, singleShot=True, interval=_WITHIN_MS)
        self._patience.timeout.connect(self._save_all)
        editor.language.formatted.connect(self._save)

    def save(self, save: Callable[[], object]) -> None:
        """Saves, once the text is formatted if the user wants that; whatever happens, soon."""
        shown = self._editor.is_ready and self._editor.language.is_used
        if not shown or not EDITOR_FORMAT_ON_SAVE.read(self._services.settings):
            save()
            return
        self._last += 1
        number = self._last
        self._saves[number] = save
        self._editor.language.format_wanted.emit(number)
        self._patience.start()

    def stop(self) -> None:
        """Waits for nothing any more."""
        self._patience.stop()

    def _save(self, number: int) -> None:
        if save := self._saves.pop(number, None):
            save()
        if not self._saves:
            self._patience.stop()

    def _save_all(self) -> None:
        for number in list(self._saves):
            self._save(number)


class OpenFiles(QWidget):
    """Opens, shows, saves and closes files of the workspace that `attach` gave."""

    failed = Signal(WorkbenchError)
    notice = Signal(str, str)
    opened = Signal(str)  # a file, by path, or one that has another name now
    saved = Signal(str, str)  # a document's URI, and the text that its file has now
    stored = Signal()  # a draft or a file was written: marks in the tree may differ

    def __init__(self, services: Services, editor: Editor) -> None:
        super().__init__()
        self.setObjectName("openFiles")
        self._services = services
        self._workspace: Workspace | None = None
        self._cursors: dict[str, tuple[int, int]] = {}
        self.is_opening_again = False  # see `open_again`
        self._format_first = FormatFirst(services, editor, self)
        self._autosave = Autosave(services, self)
        self.editor = editor
        self.groups = TabGroups(services.icons)
        self.tabs = self.groups.first
        self._empty = named(EmptyState(), "editorEmpty")
        place = named(QWidget(), "editorPlace")
        self._stack = QStackedLayout(place)
        self._stack.addWidget(self._empty)
        self._no_text = NoText(services.icons)
        for widget in (editor, self._no_text):
            self._stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.groups)
        layout.addWidget(place, 1)
        self.setFocusProxy(editor)
        self.view = SplitView(self.groups, editor, self._uri)
        self.view.filled.connect(lambda: self._stack.setCurrentWidget(editor))
        self.view.emptied.connect(lambda: self._stack.setCurrentWidget(self._empty))
        self.groups.close_wanted.connect(self.view.close)
        self.virtual_documents = VirtualDocuments(editor, self.groups, self.view, self._autosave.typed)
        editor.changed.connect(self.virtual_documents.typed)
        editor.cursor_moved.connect(self._note_cursor)
        editor.dirty_changed.connect(lambda uri, _dirty: self._mark(uri))
        editor.save_requested.connect(lambda _uri: self.save_current())
        editor.limited.connect(self._say_limited)
        for part in (self._autosave, self._no_text):
            part.failed.connect(self.failed)
        self._autosave.stored.connect(self.stored)
        self._autosave.saved.connect(self.saved)
        self._autosave.saved.connect(self._mark_saved)
        services.theme.changed.connect(self._follow_theme)
        self._follow_theme()
        self.apply_settings()

    def attach(self, workspace: Workspace | None) -> None:
        """Takes another workspace: files are closed, drafts stay. Files stay open if it was just arriving."""
        if workspace is not None and is_unpacked(self._workspace, workspace):
            self._workspace = workspace
            self.reload()
            return
        self.is_opening_again = False
        for path in self.groups.paths():
            self.editor.close_file(self._uri(path))
        self.groups.clear()
        self.editor.halves.join()
        self._workspace = workspace
        self.set_message(_("No file open"), _("Select a file in the tree."))

    def current_path(self) -> str:
        """The file in front, or ""."""
        shown = self.groups.active.current_path()
        return "" if self.virtual_documents.opened(shown) else shown

    def open(self, path: str, then: Callable[[], object] = lambda: None, *, or_new: bool = False) -> None:
        """Opens a file, or brings it to the front; `then` runs once it is shown.

        With `or_new` one that does not exist is empty: it is made when something is typed and saved.
        """
        workspace = self._workspace
        if workspace is None:
            return
        if path in self.groups.paths():
            self.view.select(path)
            then()
            return

        def show(document: Document, typed: str | None) -> None:
            if self._show_document(path, document, typed):
                then()

        self._read(workspace, path, show, self.failed.emit, or_new=or_new)

    def _read(
        self,
        workspace: Workspace,
        path: str,
        show: Callable[[Document, str | None], object],
        failed: Callable[[WorkbenchError], object],
        *,
        or_new: bool = False,
    ) -> None:
        def done(found: tuple[Document, Draft | None]) -> None:
            document, draft = found
            typed = self._autosave.unkept((workspace.root / path).as_uri())
            if typed is None and draft is not None:
                typed = draft.text
            if current_workspace(workspace) is self._workspace:
                show(document, typed)

        title = _("Opening {path}").format(path=path)
        self._autosave.touch(
            workspace, title, lambda _ctx: read_to_show(workspace, path, or_new=or_new), done, failed
        )

    def reveal(self, path: str, line: int, column: int, end_column: int = 0) -> None:
        """Shows a place in a file; selects the text up to `end_column` unless that is 0."""
        self.open(path, lambda: self.editor.reveal(self._uri(path), line, column, end_column=end_column))

    def left(self) -> FilesLeft:
        """The open files as the user left them."""
        files = tuple(FileLeft(path, self.editor.position(self._uri(path))) for path in self.open_paths())
        return FilesLeft(files, self.current_path())

    def open_again(self, left: FilesLeft) -> None:
        """Opens files as the user left them. One that does not exist any more is left out."""
        workspace, waiting = self._workspace, list(left.files)

        def go_on(_error: WorkbenchError | None = None) -> None:
            if workspace is None or current_workspace(workspace) is not self._workspace:
                return
            self.is_opening_again = bool(waiting)
            if waiting:
                file = waiting.pop(0)
                self._read(workspace, file.path, partial(show, file), go_on)
            elif left.shown != self.current_path() and left.shown in self.open_paths():
                self.view.select(left.shown)

        def show(file: FileLeft, document: Document, typed: str | None) -> None:
            if document.kind is FileKind.TEXT and self._show_document(file.path, document, typed):
                at = file.position
                self.editor.reveal(self._uri(file.path), at.line, at.column, at.top_line)
            go_on()

        go_on()

    def save_current(self) -> None:
        """Saves the file, or the virtual document, in front."""
        if self.virtual_documents.saved(self.groups.active.current_path()):
            return
        if path := self.current_path():
            self._format_first.save(lambda: self.save(lambda: None, path))

    def save(
        self, then: Callable[[], object], only: str = "", otherwise: Callable[[], object] = lambda: None
    ) -> None:
        """Saves what was typed in one file, or in all files, open or not.

        `then` runs when it is on disk, `otherwise` when it could not be written, which `failed` tells too.
        """
        if (workspace := self._workspace) is not None:
            self.editor.flush(lambda: self._autosave.save(workspace, then, only, otherwise))

    def save_all_shown(self, then: Callable[[], object]) -> None:
        """Does what `save` does for all files, and notes for a deploy what the editor shows of them."""
        workspace = self._workspace
        if workspace is None:
            return

        def note() -> None:
            open_uris = self.editor.open_uris()
            workspace.shown = {
                path: hash_of_text(self.editor.last_text(uri))
                for path in self.open_paths()
                if (uri := self._uri(path)) in open_uris
            }
            self._autosave.save(workspace, then)

        self.editor.flush(note)

    def _mark_saved(self, uri: str, text: str) -> None:
        path = self._autosave.path_of(uri)
        if self._workspace is not None and path in self._workspace.shown:
            self._workspace.shown[path] = hash_of_text(text)  # saved while Deploy waits: it is sent too

        def compare(shown: Snapshot) -> None:
            if shown.text == text:  # else more was typed meanwhile, and is kept in a draft
                self.editor.mark_saved(shown)

        if uri in self.editor.open_uris():
            self.editor.text(uri, compare)

    def flush(self, then: Callable[[], None], wait: Callable[[], None] = lambda: None) -> None:
        """Runs `then` once everything typed so far is on disk.

        Where something cannot be written it calls `wait` and asks; `then` runs if the user gives it up.
        """
        if self._autosave.is_refused:
            wait()
        self.editor.flush(lambda: self._autosave.settle(self._workspace, then, wait))

    def typed(self, then: Callable[[dict[str, str]], None]) -> None:
        """Hands over what was typed in this workspace and is not even a draft yet, by path."""
        if (workspace := self._workspace) is not None:
            self.editor.flush(lambda: then(self._autosave.all_unkept(workspace)))

    def open_paths(self) -> tuple[str, ...]:
        """The open files, in the order of their tabs."""
        return tuple(path for path in self.groups.paths() if not self.virtual_documents.opened(path))

    def hold(self, moving: Iterable[str], going: Iterable[str]) -> None:
        """Waits with bringing to disk what is typed in files that are being moved, until `release`.

        What was typed in files that are going, and are closed, is on its way to disk and then goes with them.
        """
        self._autosave.hold(map(self._uri, moving), map(self._uri, going))

    def release(self, moved: Mapping[str, tuple[str, Document]]) -> None:
        """Shows open files under their new names, given by old name; what was typed stays unsaved."""
        for old, (new, document) in moved.items():
            if self._workspace is not None and (uri := self.uri_of_open(old)):
                self._autosave.expect(uri, self._workspace, new)
                self.editor.text(uri, partial(self._follow, old, new, document))
        self._autosave.release()

    def _follow(self, old: str, new: str, document: Document, shown: Snapshot) -> None:
        if self._workspace is None or old not in self.groups.paths():
            return
        uri = self._uri(new)
        self._workspace.shown.pop(old, None)
        self.editor.close_file(shown.uri)
        self._autosave.expect(uri, self._workspace, new)
        self.editor.open_file(uri, document.text, draft=shown.text)
        self.editor.reveal(uri, *self._cursors.pop(shown.uri, (1, 1)))
        self.groups.rename(old, new, unsaved=self.editor.is_dirty(uri))
        self.view.show_all()
        self.opened.emit(new)

    def _say_limited(self, uri: str) -> None:
        words = _("Colors, checks and wrapping are off in {name}.").format(
            name=unquote(uri.rpartition("/")[2])
        )
        why = _("A line has more than 200,000 characters. The text can be edited, saved and deployed.")
        self.notice.emit(words, why)

    def _note_cursor(self, line: int, column: int) -> None:
        self._cursors[self.editor.active_uri()] = (line, column)

    def uri_of_open(self, path: str) -> str:
        """The editor's name of a file, "" when it is not open."""
        return self._uri(path) if path in self.groups.paths() else ""

    def close_path(self, path: str, *, if_unchanged: bool = False) -> None:
        """Closes a file if it is open, and, if so wished, only when nothing in it is unsaved.

        What was typed stays as a draft.
        """
        if not (if_unchanged and self.editor.is_dirty(self._uri(path))):
            for half in (1, 0):
                self.view.close(half, path)

    def close_current(self) -> None:
        """Closes the file in front, in the half where the user works."""
        self.view.close_current()

    def split(self) -> None:
        """Shows the file in front a second time, beside itself; with two halves, makes them one again."""
        if self._stack.currentWidget() is self.editor and not self.view.toggle():
            self.notice.emit(_("The plain editor shows one file at a time."), "")

    def set_message(self, title: str, text: str) -> None:
        """Shows words in the place of a file, until a file is shown."""
        self._empty.set_text(title, text)
        self._stack.setCurrentWidget(self._empty)

    def stop(self) -> None:
        """Waits for no formatter any more: the window is closed."""
        self._format_first.stop()

    def reload(self) -> None:
        """Reads the open files again: another program, a revert or another deployment has changed them."""

        def file_missing(path: str, error: WorkbenchError) -> None:
            self.close_path(path)
            self.failed.emit(error)

        if (workspace := self._workspace) is not None:
            for path in self.open_paths():
                self._read(workspace, path, partial(self._show_again, path), partial(file_missing, path))

    def _show_again(self, path: str, document: Document, typed: str | None) -> None:
        if document.kind is not FileKind.TEXT:
            self.close_path(path)
        elif (workspace := self._workspace) is not None and (uri := self.uri_of_open(path)):
            self._autosave.expect(uri, workspace, path)
            read_only = workspace.read_only or is_outside(path)
            self.editor.open_file(uri, document.text, read_only=read_only, draft=typed, show=False)
            self.opened.emit(path)

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Marks problems in the open files."""
        for path in self.open_paths():
            markers = [marker_of(problem) for problem in problems if problem.path == path and problem.line]
            self.editor.set_markers(self._uri(path), markers)

    def apply_settings(self) -> None:
        """Takes the editor's settings."""
        self.editor.set_options(editor_options(self._services.settings))

    def _show_document(self, path: str, document: Document, typed: str | None) -> bool:
        workspace = self._workspace
        if workspace is None or path in self.groups.paths():
            return workspace is not None
        if document.kind is not FileKind.TEXT:
            self._no_text.show_file(workspace.root / path, path, document)
            self._stack.setCurrentWidget(self._no_text)
            return False
        uri = self._uri(path)
        self._autosave.expect(uri, workspace, path)
        read_only = workspace.read_only or is_outside(path)
        self.editor.open_file(uri, document.text, read_only=read_only, draft=typed)
        self.view.select(path)
        self.opened.emit(path)
        return True

    def _mark(self, uri: str) -> None:
        path = self.virtual_documents.title_of(uri) or self._autosave.path_of(uri)
        self.groups.mark(path, unsaved=self.editor.is_dirty(uri))

    def _uri(self, path: str) -> str:
        virtual = self.virtual_documents.uri_of(path)
        return virtual or ((self._workspace.root / path).as_uri() if self._workspace else "")

    def _follow_theme(self) -> None:
        self.editor.set_theme(self._services.theme.dark)
