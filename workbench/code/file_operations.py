"""Operations on the files of a workspace that can be undone.

Creating, moving, deleting and importing files and folders with their drafts, and reverting all of them to the
deployed code; each is done completely or not at all. Deleted files stay in the scratch folder until the
workspace is opened again (`_Stash`).
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.code.contents import fault_in_name, fault_in_new_name
from workbench.code.tree import EntryKind, FileChange, TreeEntry, topmost
from workbench.code.workspace import Workspace
from workbench.code.workspace_store import Draft
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import explain_os_error, explaining, move
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileOperation:
    """A completed operation.

    Attributes:
        undo: Undoes it; its result can be undone in turn. Raises WorkbenchError if something else is in the
            way.
        moved: Old path to new path, of files and whole folders.
    """

    undo: "Callable[[JobContext], FileOperation]"
    moved: Mapping[str, str] = field(default_factory=dict)
    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangedFiles:
    """The files that differ from the deployed code, unsaved text included."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        return (*self.added, *self.changed, *self.deleted)


def changed_files(workspace: Workspace, ctx: JobContext) -> ChangedFiles:
    """Finds the changed files. Raises WorkbenchError if files cannot be read."""
    return _changed_files(workspace.tree(ctx), workspace.drafts())


@dataclass(frozen=True, slots=True)
class _StashedItem:
    """A removed file or folder: `kept` is its copy; None if there were only drafts."""

    path: str
    kept: Path | None
    drafts: tuple[Draft, ...]


class FileOperations:
    """Works on one workspace. Calls must not overlap with other writes (they share a job lane).

    Every method raises WorkbenchError if the workspace is read-only, a name is invalid or taken, or a file
    cannot be written. Nothing has changed then.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def create(self, path: str) -> FileOperation:
        return self._create(path, self._workspace.create)

    def create_folder(self, path: str) -> FileOperation:
        return self._create(path, self._workspace.create_folder)

    def move(self, moves: Mapping[str, str]) -> FileOperation:
        """Renames or moves files and folders with their drafts, from old path to new path."""
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

        def undo(_ctx: JobContext) -> FileOperation:
            back = self.move_back({new: old for old, new in moves.items()})
            self._prune(new_folders)
            return back

        return FileOperation(undo, moved=dict(moves))

    def move_back(self, moves: Mapping[str, str]) -> FileOperation:
        """Does what `move` does, but accepts any name, because these existed before."""
        for old, new in reversed(list(moves.items())):
            self._workspace.rename(old, new)
        return FileOperation(
            lambda _ctx: self.move({new: old for old, new in moves.items()}), moved=dict(moves)
        )

    def move_into(self, paths: Iterable[str], folder: str) -> FileOperation | None:
        """Moves files and folders into a folder ("" is the top). None if all are already there."""
        targets = {path: f"{folder}/{path.rpartition('/')[2]}".lstrip("/") for path in topmost(paths)}
        moves = {old: new for old, new in targets.items() if old != new}
        if len(set(moves.values())) < len(moves):
            raise WorkbenchError(
                _("Nothing was moved."), _("Two of the items have the same name."), _("Move them one by one.")
            )
        return self.move(moves) if moves else None

    def delete(self, paths: Iterable[str]) -> FileOperation:
        self._refuse_if_read_only()
        removed: list[_StashedItem] = []
        try:
            removed.extend(map(self._take_out, topmost(paths)))
        except WorkbenchError:
            for each in reversed(removed):
                self._put_back(each)
            raise

        def undo(_ctx: JobContext) -> FileOperation:
            for each in removed:
                self._refuse_if_taken(each.path)
            new_folders = [above for each in removed for above in self._missing_above(each.path)]
            for each in removed:
                self._put_back(each)
            return self._created(tuple(each.path for each in removed), new_folders)

        return FileOperation(undo)

    def import_files(self, sources: Sequence[Path], folder: str, ctx: JobContext) -> FileOperation:
        """Copies files and folders from anywhere into a folder ("" is the top).

        Raises WorkbenchError: as above; or one is a link, not a file, or cannot be read. After Cancel:
        nothing was copied.
        """
        self._refuse_if_read_only()
        targets = {source: f"{folder}/{source.name}".lstrip("/") for source in sources}
        for path in targets.values():
            self._check_new(path)
            self._refuse_if_taken(path)
        new_folders = [above for path in targets.values() for above in self._missing_above(path)]
        copied = _copy_into(list(targets), self._workspace.scratch, ctx)
        created: list[str] = []
        try:
            for source, path in targets.items():
                self._move_in(copied[source], path)
                created.append(path)
        except WorkbenchError:
            self.delete(created)
            raise
        return self._created(tuple(created), new_folders)

    def revert_all(self, ctx: JobContext) -> FileOperation:
        """Reverts all files and discards drafts. Files outside the package are left alone.

        Also raises WorkbenchError if the stored package is damaged.
        """
        self._refuse_if_read_only()
        workspace = self._workspace
        drafts, entries = workspace.drafts(), workspace.tree(ctx)
        found = _changed_files(entries, drafts)
        folders = [entry.path for entry in entries if entry.kind is EntryKind.FOLDER]
        others = [draft for draft in drafts if draft.path not in found.paths]
        removed: list[_StashedItem] = []
        try:
            for path in found.paths:
                removed.append(self._take_out_file(path))
            workspace.revert_all(ctx)
        except (WorkbenchError, Cancelled):
            if len(removed) == len(found.paths):  # files were already being restored
                self._make_room(found)
            typed = [_StashedItem(draft.path, None, (draft,)) for draft in others]
            self._put_all_back((*removed, *typed), folders)
            raise
        for draft in others:
            workspace.stored_drafts.put(draft)

        def undo(ctx: JobContext) -> FileOperation:
            now = changed_files(workspace, ctx).paths
            if since := sorted(set(now).intersection(found.paths)):
                raise WorkbenchError(
                    _("The changes were not restored."),
                    _("{since} was changed since then.").format(since=since[0]),
                    _("Revert that file, then undo again."),
                )
            self._make_room(found)
            self._put_all_back(removed, folders)
            return FileOperation(self.revert_all, created=found.added, changed=found.changed)

        return FileOperation(undo, created=found.deleted, changed=found.changed)

    def _take_out_file(self, path: str) -> _StashedItem:
        """Keeps a folder at the path of a deployed file: not everything in it need be a difference."""
        if not self._is_folder(path):
            return self._take_out(path)
        drafts = tuple(draft for draft in self._workspace.drafts() if draft.path == path)
        for draft in drafts:
            self._workspace.drop_draft(draft.path)
        return _StashedItem(path, None, drafts)

    def _is_folder(self, path: str) -> bool:
        found = self._workspace.root / path
        return found.is_dir() and not found.is_symlink()

    def _make_room(self, found: ChangedFiles) -> None:
        """Removes what was reverted. Folders are kept: one of them blocked a file."""
        for path in (*found.changed, *found.deleted):
            if not self._is_folder(path):
                self._workspace.delete(path)

    def _put_all_back(self, removed: Sequence[_StashedItem], folders: Sequence[str]) -> None:
        """Moves everything back; `folders` are those that existed."""
        for each in removed:
            self._put_back(each)
        for path in [each.path for each in removed]:
            while (path := path.rpartition("/")[0]) and path not in folders:
                with contextlib.suppress(OSError):  # it is not empty
                    (self._workspace.root / path).rmdir()
        for folder in folders:
            with contextlib.suppress(OSError):  # nobody misses an empty folder that cannot be created
                (self._workspace.root / folder).mkdir(parents=True, exist_ok=True)

    def _create(self, path: str, make: Callable[[str], object]) -> FileOperation:
        self._check_new(path)
        new_folders = self._missing_above(path)
        make(path)
        return self._created((path,), new_folders)

    def _created(self, paths: tuple[str, ...], new_folders: Sequence[str]) -> FileOperation:
        def undo(_ctx: JobContext) -> FileOperation:
            back = self.delete(paths)
            self._prune(new_folders)
            return back

        return FileOperation(undo, created=paths)

    # Moving out of the workspace and back

    def _take_out(self, path: str) -> _StashedItem:
        file = self._workspace.locate(path)
        kept: Path | None = None
        drafts = tuple(
            each for each in self._workspace.stored_drafts if f"{each.path}/".startswith(f"{path}/")
        )
        with explaining(_("{path} could not be deleted.").format(path=path), file):
            if os.path.lexists(file):  # otherwise it was never saved
                kept = Path(tempfile.mkdtemp(dir=self._workspace.scratch)) / file.name
                move(file, kept)
        for draft in drafts:
            self._workspace.stored_drafts.drop(draft.path)
        return _StashedItem(path, kept, drafts)

    def _put_back(self, removed: _StashedItem) -> None:
        if removed.kept is not None:
            self._move_in(removed.kept, removed.path)
        for draft in removed.drafts:
            self._workspace.stored_drafts.put(draft)

    def _move_in(self, source: Path, path: str) -> None:
        """Moves something to a path. Raises WorkbenchError if it is taken, or the disk refuses."""
        file = self._workspace.locate(path)
        self._refuse_if_taken(path)
        with explaining(_("{path} could not be created.").format(path=path), file):
            file.parent.mkdir(parents=True, exist_ok=True)
            move(source, file)
            source.parent.rmdir()

    def _refuse_if_taken(self, path: str) -> None:
        if os.path.lexists(self._workspace.locate(path)):
            raise WorkbenchError(
                _("{path} already exists.").format(path=path), "", _("Rename or delete it first.")
            )

    def _refuse_if_read_only(self) -> None:
        if self._workspace.read_only:
            raise self._workspace.refusal(_("Nothing was changed."))

    # Names

    def _check_new(self, path: str, old: str = "") -> None:
        """Refuses names that are invalid, or equal to another name on disks that ignore case."""
        self._workspace.locate(path)
        if fault := fault_in_new_name(path):
            why = f"{fault[0].upper()}{fault[1:]}."
            raise WorkbenchError(
                _("{path!r} is not a valid name.").format(path=path), why, _("Choose another name.")
            )
        folder = ""
        for name in path.split("/"):
            for other in _names_in(self._workspace.root / folder):
                there = f"{folder}/{other}".lstrip("/")
                if other != name and other.casefold() == name.casefold() and there != old:
                    raise WorkbenchError(
                        _("{path!r} is not a valid name.").format(path=path),
                        _(
                            "{there!r} already exists. On Windows and macOS, both names refer to "
                            "the same file."
                        ).format(there=there),
                        _("Choose another name."),
                    )
            folder = f"{folder}/{name}".lstrip("/")

    # The disk

    def _missing_above(self, path: str) -> list[str]:
        """The folders that must be created for a path, the lowest first."""
        missing = []
        folder = path.rpartition("/")[0]
        while folder and not os.path.exists(self._workspace.root / folder):
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        return missing

    def _prune(self, folders: Iterable[str]) -> None:
        for folder in folders:
            with contextlib.suppress(OSError):  # something else is in it by now, or it was deleted
                (self._workspace.root / folder).rmdir()


def _copy_into(sources: Sequence[Path], folder: Path, ctx: JobContext) -> dict[Path, Path]:
    """Copies each source into its own folder below `folder`; returns where each copy is.

    Links are neither followed nor copied, since they may lead anywhere. After an error no copy is left.
    """
    copies: dict[Path, Path] = {}
    done = 0
    try:
        total = sum(
            size for source in sources for _path, _is_folder, size in _walk(source, source.parent, ctx)
        )
        for source in sources:
            box = Path(tempfile.mkdtemp(dir=folder))
            copies[source] = box / source.name
            for path, is_folder, size in _walk(source, source.parent, ctx):
                target = box / path.relative_to(source.parent)
                if is_folder:
                    target.mkdir()
                else:
                    _copy(path, target, ctx)
                done += size
                ctx.progress(done, total, source.name)
    except BaseException as error:
        for copy in copies.values():
            shutil.rmtree(copy.parent, ignore_errors=True)
        if isinstance(error, OSError):
            where = Path(error.filename or folder)
            raise explain_os_error(error, _("Nothing was copied."), where) from error
        raise
    return copies


def _walk(path: Path, top: Path, ctx: JobContext) -> Iterator[tuple[Path, bool, int]]:
    """A path and everything below it, folders before their content: (path, is folder, size)."""
    ctx.check()
    about = path.lstat()
    name = path.relative_to(top).as_posix()
    if fault := fault_in_name(name):
        raise WorkbenchError(
            _("Nothing was copied."),
            _("The name {name!r} is not valid: {fault}.").format(name=name, fault=fault),
        )
    if stat.S_ISDIR(about.st_mode):
        yield path, True, 0
        for child in sorted(path.iterdir()):
            yield from _walk(child, top, ctx)
    elif stat.S_ISREG(about.st_mode):
        yield path, False, about.st_size
    else:
        raise WorkbenchError(
            _("Nothing was copied."),
            (_("{name} is a link.") if stat.S_ISLNK(about.st_mode) else _("{name} is not a file.")).format(
                name=name
            ),
            _("Copy its target instead."),
        )


def _copy(source: Path, target: Path, ctx: JobContext) -> None:
    with source.open("rb") as reader, target.open("xb") as writer:
        while piece := reader.read(_PIECE_BYTES):
            ctx.check()
            writer.write(piece)
        executable = os.fstat(reader.fileno()).st_mode & 0o111
    target.chmod(0o755 if executable else 0o644)


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # it is created with its content


def _changed_files(entries: Iterable[TreeEntry], drafts: Iterable[Draft]) -> ChangedFiles:
    found = {entry.path: entry.change for entry in entries if entry.packed}
    left_out = {entry.path for entry in entries if not entry.packed}
    for draft in drafts:
        if draft.path not in left_out and found.setdefault(draft.path, FileChange.ADDED) is FileChange.SAME:
            found[draft.path] = FileChange.CHANGED
    kinds = (FileChange.ADDED, FileChange.CHANGED, FileChange.DELETED)
    return ChangedFiles(*(tuple(path for path in found if found[path] is kind) for kind in kinds))
