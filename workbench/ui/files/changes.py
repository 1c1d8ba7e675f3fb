"""New, rename, move, delete and drop in the file tree, with undo; open files follow.

The gestures, their order and what can be undone are here; the files are changed by code/file_operations.py.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from workbench.code.file_operations import FileOperation, FileOperations
from workbench.code.text import Document, FileKind
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.core.messages import _
from workbench.ui.files.open_files import OpenFiles
from workbench.ui.files.tree import FileTree
from workbench.ui.kit.text import ask_text
from workbench.ui.shell.services import Services

UNDO = "file.undo"

_Do = Callable[[FileOperations, JobContext], FileOperation | None]
_Documents = dict[str, tuple[str, Document]]  # of open files that moved: old path to new path and saved text


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing to do.

    Attributes:
        title: For the status bar.
        do: Does it.
        moved: What it will move, so that nothing typed meanwhile goes to the old place.
        gone: What it will remove; open files of it are closed first.
        opens: Files to open afterwards.
        said: The notice afterwards, with an Undo button; "" for none.
    """

    title: str
    do: _Do
    moved: Mapping[str, str]
    gone: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Done:
    operation: FileOperation
    closed: tuple[str, ...]


class FileChanges(QObject):
    """Does one thing after the other to the workspace that `attach` gave.

    Signals:
        failed: Something was not done; nothing has changed then.
        told: A notice with an Undo button, or None: an earlier notice is out of date.
        changed: The files are others now.
    """

    failed = Signal(WorkbenchError)
    told = Signal(object)
    changed = Signal()

    def __init__(self, services: Services, tree: FileTree, files: OpenFiles) -> None:
        super().__init__(tree)
        self._services = services
        self._tree = tree
        self._files = files
        self._workspace: Workspace | None = None
        self._waiting: deque[tuple[_Step, Callable[[_Done], object]]] = deque()
        self._is_busy = False
        self._undo: list[_Done] = []
        self._redo: list[_Done] = []
        self._add_actions()
        tree.nodes.rename_wanted.connect(lambda old, new: self.move({old: new}))
        tree.nodes.move_wanted.connect(self.move_into)
        tree.nodes.drop_wanted.connect(self.import_files)

    def attach(self, workspace: Workspace | None) -> None:
        """Takes another workspace; what was done in the one before cannot be undone any more."""
        self._workspace = workspace
        self._waiting.clear()
        self._undo.clear()
        self._redo.clear()
        self._is_busy = False
        self._tree.nodes.is_editable = workspace is not None and not workspace.read_only
        self.told.emit(None)

    # What the user can do

    def new_file(self) -> None:
        """Asks for a name and makes the file."""
        if path := self._ask(_("New File")):
            title = _("Creating {path}").format(path=path)
            self._run(_Step(title, lambda files, _ctx: files.create(path), {}, opens=(path,)))

    def new_folder(self) -> None:
        """Asks for a name and makes the folder."""
        if path := self._ask(_("New Folder")):
            title = _("Creating {path}").format(path=path)
            self._run(_Step(title, lambda files, _ctx: files.create_folder(path), {}))

    def move(self, moves: Mapping[str, str]) -> None:
        """Renames files and folders, from old path to new path."""
        title = _("Renaming {names}").format(names=", ".join(moves))
        self._run(_Step(title, lambda files, _ctx: files.move(moves), moves))

    def move_into(self, paths: list[str], folder: str) -> None:
        """Moves files and folders into a folder ("" is the top)."""
        moves = {path: f"{folder}/{path.rpartition('/')[2]}".lstrip("/") for path in paths}
        place = folder or _("the root folder")
        said = _("{names} was moved to {folder}.").format(folder=place, names=", ".join(paths))
        title = _("Moving to {folder}").format(folder=place)
        self._run(_Step(title, lambda files, _ctx: files.move_into(paths, folder), moves, said=said))

    def delete(self) -> None:
        """Deletes what is selected."""
        if paths := tuple(self._tree.selected()):
            names = ", ".join(paths)
            title = _("Deleting {names}").format(names=names)
            said = _("{names} was deleted.").format(names=names)
            self._run(_Step(title, lambda files, _ctx: files.delete(paths), {}, paths, said=said))

    def import_files(self, sources: list[str], folder: str) -> None:
        """Copies files and folders from elsewhere into a folder."""
        if sources:
            names = ", ".join(Path(source).name for source in sources)
            title = _("Copying {names}").format(names=names)
            said = _("{names} was copied.").format(names=names)
            paths = list(map(Path, sources))
            self._run(_Step(title, lambda files, ctx: files.import_files(paths, folder, ctx), {}, said=said))

    def revert_all(self, gone: tuple[str, ...]) -> None:
        """Makes all files what is deployed; `gone` will not be there any more."""
        if self._workspace is not None:
            title, said = _("Reverting all files"), _("All files match the deployed code again.")
            self._run(_Step(title, lambda operations, ctx: operations.revert_all(ctx), {}, gone, said=said))

    def undo(self) -> None:
        """Takes back what was done last."""
        self._take_back(self._undo, self._redo, _("Undoing"))

    def redo(self) -> None:
        """Does again what was taken back last."""
        self._take_back(self._redo, self._undo, _("Redoing"))

    def _take_back(self, source: list[_Done], target: list[_Done], title: str) -> None:
        if not source or self._is_busy:
            return
        last = source.pop()
        operation, closed = last.operation, last.closed
        moved = {new: old for old, new in operation.moved.items()}
        step = _Step(title, lambda _files, ctx: operation.undo(ctx), moved, operation.created, closed)
        self._start(step, target.append, lambda: source.append(last))

    def _ask(self, title: str) -> str:
        folder = self._tree.folder()
        start = f"{folder}/" if folder else ""
        if self._workspace is None:
            return ""
        words = _("Path, relative to the function's code:")
        path = ask_text(self._tree.window(), title, words, start)
        return path if path and path != start else ""

    # How it is done

    def _run(self, step: _Step) -> None:
        def done(what: _Done) -> None:
            self._redo.clear()
            self._undo.append(what)

        if self._is_busy:
            self._waiting.append((step, done))
        else:
            self._start(step, done)

    def _start(
        self, step: _Step, done: Callable[[_Done], object], undone: Callable[[], object] = lambda: None
    ) -> None:
        workspace = self._workspace
        if workspace is None:
            return
        self._is_busy = True
        # What was typed is on its way to the old places before they change.
        self._files.editor.flush(lambda: self._submit(workspace, step, done, undone))

    def _submit(
        self,
        workspace: Workspace,
        step: _Step,
        done: Callable[[_Done], object],
        undone: Callable[[], object],
    ) -> None:
        closed = tuple(path for path in self._files.open_paths() if _below(path, step.gone))
        for path in closed:
            self._files.close_path(path)
        opened = self._files.open_paths()
        follow = {path: new for path in opened if (new := _moved(path, step.moved)) != path}
        self._files.hold(follow, closed)

        def run(ctx: JobContext) -> tuple[FileOperation | None, _Documents]:
            operation = step.do(FileOperations(workspace), ctx)
            return operation, {old: (new, _read(workspace, new)) for old, new in follow.items()}

        def finished(result: tuple[FileOperation | None, _Documents]) -> None:
            operation, documents = result
            if workspace is not self._workspace:
                self._files.release({})
                return
            if operation is not None:
                done(_Done(operation, closed))
            self._show(step, operation, documents)
            self._go_on()

        def refused(error: WorkbenchError | None = None) -> None:
            if error is not None:
                self.failed.emit(error)
            self._files.release({})
            if workspace is self._workspace:
                undone()
                for path in closed:
                    self._files.open(path)
                self._go_on()

        self._services.jobs.submit(
            Job(
                step.title,
                run,
                lane=f"disk:{workspace.folder}",
                on_done=finished,
                on_error=refused,
                on_cancelled=refused,
            )
        )

    def _show(self, step: _Step, operation: FileOperation | None, documents: _Documents) -> None:
        self._files.release(documents if operation is not None else {})
        if operation is None:
            return
        self.changed.emit()
        if operation.changed:
            self._files.reload()
        for path in step.opens:
            self._files.open(path)
        self.told.emit(WorkbenchError(step.said, action=UNDO) if step.said else None)

    def _go_on(self) -> None:
        self._is_busy = False
        if self._waiting:
            self._start(*self._waiting.popleft())

    # The tree's menu

    def _add_actions(self) -> None:
        for name, title, keys, handler in (
            ("new", _("New File…"), "", self.new_file),
            ("newFolder", _("New Folder…"), "", self.new_folder),
            ("rename", _("Rename"), "F2", self._edit_name),
            ("delete", _("Delete"), "Del", self.delete),
            ("undo", _("Undo File Change"), "Ctrl+Z", self.undo),
            ("redo", _("Redo File Change"), "Ctrl+Shift+Z", self.redo),
        ):
            if name in ("rename", "undo"):
                self._tree.begin_group()
            action = QAction(title, self._tree)
            action.setObjectName(f"fileTree.{name}")
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(handler)
            self._tree.addAction(action)
        self._tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _edit_name(self) -> None:
        self._tree.edit(self._tree.currentIndex().siblingAtColumn(0))


def _below(path: str, tops: tuple[str, ...]) -> bool:
    return any(f"{path}/".startswith(f"{top}/") for top in tops)


def _moved(path: str, moves: Mapping[str, str]) -> str:
    """Where a file is after the moves."""
    for old, new in moves.items():
        if _below(path, (old,)):
            return new + path[len(old) :]
    return path


def _read(workspace: Workspace, path: str) -> Document:
    try:
        return workspace.read(path)
    except WorkbenchError:
        return Document(FileKind.TEXT, "", 0)  # it was never saved
