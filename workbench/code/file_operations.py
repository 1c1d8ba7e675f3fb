"""What a person does to the files of a workspace, so that it can be undone.

Owns: making, moving, deleting and bringing in files and folders, drafts with them; each is done whole or not
at all. What is deleted lies in the scratch folder until the workspace is opened anew. Must not know: editors.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.code.aside import Aside, Removed
from workbench.code.bring_in import copy_into
from workbench.code.files import WorkingFiles
from workbench.code.names import fault_in_new_name
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext


@dataclass(frozen=True, slots=True)
class Operation:
    """What was done.

    Attributes:
        undo: Takes it back; what it returns can be undone in turn. Raises WorkbenchError when that cannot be,
            because something else is in the way by now.
        moved: Old path to new path, of files and of whole folders.
        made: What is there now and was not.
        gone: What was there and is not.
        changed: Files that hold something else than before.
    """

    undo: "Callable[[JobContext], Operation]"
    moved: Mapping[str, str] = field(default_factory=dict)
    made: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class FileOperations:
    """Works on one workspace. Calls must not overlap with others that write (they share a job lane).

    Every method raises WorkbenchError: the workspace is read-only, a name is not allowed or taken, or the
    disk refuses. Nothing has changed then.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._scratch = workspace.folder / "scratch"
        self._files = WorkingFiles(workspace.root, self._scratch)
        self._aside = Aside(workspace)

    def create(self, path: str) -> Operation:
        """Makes an empty file."""
        return self._make(path, self._workspace.create)

    def create_folder(self, path: str) -> Operation:
        """Makes a folder."""
        return self._make(path, self._workspace.create_folder)

    def move(self, moves: Mapping[str, str]) -> Operation:
        """Renames or moves files and folders, from old path to new path, drafts with them."""
        new_folders = [folder for new in moves.values() for folder in self._missing_above(new)]
        for old, new in moves.items():
            self._check_new(new, old)
        done: dict[str, str] = {}
        try:
            for old, new in moves.items():
                self._workspace.rename(old, new)
                done[old] = new
        except WorkbenchError:
            for old, new in reversed(done.items()):
                self._workspace.rename(new, old)
            self._prune(new_folders)
            raise

        def undo(_ctx: JobContext) -> Operation:
            back = self.move_back({new: old for old, new in moves.items()})
            self._prune(new_folders)
            return back

        return Operation(undo, moved=dict(moves))

    def move_back(self, moves: Mapping[str, str]) -> Operation:
        """As `move`, but to names that were there before, however odd they are."""
        for old, new in reversed(list(moves.items())):
            self._workspace.rename(old, new)
        return Operation(lambda _ctx: self.move({new: old for old, new in moves.items()}), moved=dict(moves))

    def move_into(self, paths: Iterable[str], folder: str) -> Operation | None:
        """Moves files and folders into a folder ("" is the top). None when all of them lie there already."""
        chosen = _without_nested(paths)
        targets = {path: f"{folder}/{_name(path)}".lstrip("/") for path in chosen}
        moves = {old: new for old, new in targets.items() if old != new}
        if len(set(moves.values())) < len(moves):
            raise WorkbenchError(
                "Nothing was moved.", "Two of the items have the same name.", "Move them one by one."
            )
        return self.move(moves) if moves else None

    def delete(self, paths: Iterable[str]) -> Operation:
        """Deletes files and folders, drafts with them."""
        self._aside.refuse_if_read_only()
        removed: list[Removed] = []
        try:
            removed.extend(map(self._aside.take_out, _without_nested(paths)))
        except WorkbenchError:
            for each in reversed(removed):
                self._aside.put_back(each)
            raise

        def undo(_ctx: JobContext) -> Operation:
            for each in removed:
                self._aside.refuse_if_taken(each.path)
            new_folders = [above for each in removed for above in self._missing_above(each.path)]
            for each in removed:
                self._aside.put_back(each)
            return self._made(tuple(each.path for each in removed), new_folders)

        return Operation(undo, gone=tuple(each.path for each in removed))

    def bring_in(self, sources: Sequence[Path], folder: str, ctx: JobContext) -> Operation:
        """Copies files and folders from anywhere into a folder ("" is the top).

        Raises:
            WorkbenchError: As all; one of them is a link or no file, or cannot be read.
            Cancelled: Nothing was brought in.
        """
        self._aside.refuse_if_read_only()
        targets = {source: f"{folder}/{source.name}".lstrip("/") for source in sources}
        for path in targets.values():
            self._check_new(path)
            self._aside.refuse_if_taken(path)
        new_folders = [above for path in targets.values() for above in self._missing_above(path)]
        copied = copy_into(list(targets), self._scratch, ctx)
        made: list[str] = []
        try:
            for source, path in targets.items():
                self._aside.place(copied[source], path)
                made.append(path)
        except WorkbenchError:
            self.delete(made)
            raise
        return self._made(tuple(made), new_folders)

    def _make(self, path: str, make: Callable[[str], object]) -> Operation:
        self._check_new(path)
        new_folders = self._missing_above(path)
        make(path)
        return self._made((path,), new_folders)

    def _made(self, paths: tuple[str, ...], new_folders: Sequence[str]) -> Operation:
        def undo(_ctx: JobContext) -> Operation:
            back = self.delete(paths)
            self._prune(new_folders)
            return back

        return Operation(undo, made=paths)

    # Names

    def _check_new(self, path: str, old: str = "") -> None:
        """Refuses names that are not allowed here, or that are one with another name on other disks."""
        self._files.locate(path)
        if fault := fault_in_new_name(path):
            why = f"{fault[0].upper()}{fault[1:]}."
            raise WorkbenchError(f"{path!r} is not a valid name.", why, "Choose another name.")
        folder = ""
        for name in path.split("/"):
            beside = self._workspace.root / folder
            for other in _names_in(beside):
                there = f"{folder}/{other}".lstrip("/")
                if other != name and other.casefold() == name.casefold() and there != old:
                    raise WorkbenchError(
                        f"{path!r} is not a valid name.",
                        f"{there!r} already exists. On Windows and macOS, both names refer to the same file.",
                        "Choose another name.",
                    )
            folder = f"{folder}/{name}".lstrip("/")

    # The disk

    def _missing_above(self, path: str) -> list[str]:
        """The folders that have to be made for a path, the lowest first."""
        missing = []
        folder = path.rpartition("/")[0]
        while folder and not os.path.exists(self._workspace.root / folder):
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        return missing

    def _prune(self, folders: Iterable[str]) -> None:
        for folder in folders:
            try:
                (self._workspace.root / folder).rmdir()
            except OSError:
                continue  # something else is in it by now, or it is gone


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # it is made with what comes into it


def _without_nested(paths: Iterable[str]) -> list[str]:
    """The paths without those that lie in another one of them."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(f"{above}/") for above in kept):
            kept.append(path)
    return kept


def _name(path: str) -> str:
    return path.rpartition("/")[2]
