"""The working copy of a function's code: reading, drafts, saving, reverting, packing.

`WorkingFiles` changes files below one folder and never anything outside. Every change is one replaced or
renamed file, so that a kill leaves it done or not done. workspace.py describes the layout.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from workbench.code.contents import Contents, FileContent, fault_in_name, never_packed, normalised
from workbench.code.dependencies.use import WorkspaceDependencies
from workbench.code.package import Package, Packer, Rules, package_name_of, read_patterns, stays_out_by
from workbench.code.text import HEAD_BYTES, HUGE_BYTES, Document, FileKind, decode, encode
from workbench.code.tree import EntryKind, FileChange, HashCache, TreeEntry, hash_of, list_tree
from workbench.code.unpack import read_contents, read_members
from workbench.code.workspace_store import (
    LATEST,
    Base,
    Draft,
    Drafts,
    drafts_folder,
    read_base,
    read_binding,
    write_base,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, move, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _


class WorkingFiles:
    """A folder of files, with a scratch folder for unfinished writes. Paths are relative, with `/`.

    Every method raises WorkbenchError for a path that leads out of the folder, and if the disk refuses.

    Args:
        scratch: Best on the same disk.
        is_foreign: Whether the user works in the folder: only what the user changes is touched.
    """

    def __init__(self, root: Path, scratch: Path, *, is_foreign: bool = False) -> None:
        self.root = root
        self._scratch = scratch
        self._is_foreign = is_foreign

    def locate(self, path: str) -> Path:
        """The location of a path. Raises WorkbenchError unless it is certainly below the root."""
        fault = fault_in_name(path) or (
            "" if normalised(path) == path else _("it is not in its simplest form")
        )
        file = self.root / path
        try:
            if not fault and not file.parent.resolve().is_relative_to(self.root.resolve()):
                fault = _("a link in the path leads out of the code folder")
            if not fault and file.is_symlink():
                fault = _("it is a link")
        except OSError as error:  # a name that is too long for the disk
            raise explain_os_error(
                error, _("{path} is not a file of this function.").format(path=path), file
            ) from error
        if fault:
            raise WorkbenchError(
                _("{path!r} is not a file of this function.").format(path=path),
                _("The name is not valid: {fault}.").format(fault=fault),
            )
        return file

    def read(self, path: str) -> Document:
        """Reads a file as text."""
        file = self.locate(path)
        try:
            about = file.stat()
            if not stat.S_ISREG(about.st_mode):
                raise WorkbenchError(
                    _("{path} could not be read.").format(path=path),
                    _("It is a folder, a device, a socket or a pipe, not a file."),
                )
            if about.st_size > HUGE_BYTES:
                with file.open("rb") as reader:
                    return Document(FileKind.HUGE, "", about.st_size, head=reader.read(HEAD_BYTES))
            return decode(file.read_bytes())
        except OSError as error:
            raise explain_os_error(error, _("{path} could not be read.").format(path=path), file) from error

    def save(self, path: str, text: str) -> None:
        """Writes text with the file's encoding and line ends; a new file is UTF-8 with LF."""
        file = self.locate(path)
        try:
            old, mode = (file.read_bytes(), file.stat().st_mode & 0o777) if file.exists() else (b"", 0o644)
        except OSError as error:
            raise explain_os_error(error, _("{path} could not be saved.").format(path=path), file) from error
        new = encode(text, old, path)
        if new != old or not file.exists():
            write_atomic(file, new, mode, self._scratch)

    def create(self, path: str, text: str) -> None:
        """Creates a file. Raises WorkbenchError if it exists."""
        file = self.locate(path)
        if os.path.lexists(file):
            raise WorkbenchError(
                _("{path} could not be created.").format(path=path),
                _("It already exists."),
                _("Choose another name."),
            )
        write_atomic(file, encode(text, b"", path), 0o644, self._scratch)

    def create_folder(self, path: str) -> None:
        """Creates a folder and its parents."""
        folder = self.locate(path)
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise explain_os_error(
                error, _("{path} could not be created.").format(path=path), folder
            ) from error

    def restore(self, path: str, data: bytes, content: FileContent) -> None:
        """Restores a file from a package, so that it counts as untouched."""
        file = self.locate(path)
        if file.is_dir():
            raise WorkbenchError(
                _("{path} could not be reverted.").format(path=path),
                _("A folder with the same name exists."),
                _("Rename the folder."),
            )
        write_atomic(file, data, 0o755 if content.executable else 0o644, self._scratch)
        if self._is_foreign:
            return  # as everywhere in such a folder, its time is that of the write
        with contextlib.suppress(OSError):  # without its time, the file is compared by its bytes
            os.utime(file, ns=(content.pristine_ns, content.pristine_ns))

    def rename(self, old: str, new: str) -> None:
        """Renames or moves a file or folder. Raises WorkbenchError if the new name is taken."""
        source, target = self.locate(old), self.locate(new)
        if os.path.lexists(target) and not (source.exists() and source.samefile(target)):
            raise WorkbenchError(
                _("{old} could not be renamed.").format(old=old),
                _("{new} already exists.").format(new=new),
                _("Choose another name."),
            )
        if target.is_relative_to(source) and target != source:
            raise WorkbenchError(
                _("{old} could not be moved.").format(old=old), _("A folder cannot be moved into itself.")
            )
        try:
            if os.path.lexists(source):  # otherwise it was never saved
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
        except OSError as error:
            raise explain_os_error(error, _("{old} could not be renamed.").format(old=old), source) from error

    def delete(self, path: str) -> None:
        """Deletes a file, or a folder with everything in it; no error if it does not exist."""
        file = self.locate(path)
        try:
            if file.is_dir():
                gone = Path(tempfile.mkdtemp(dir=self._scratch)) / "deleted"
                move(file, gone)  # in one step, however many files it contains
                shutil.rmtree(gone)
            else:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(
                error, _("{path} could not be deleted.").format(path=path), file
            ) from error

    def prune(self, keep: Collection[str]) -> None:
        """Removes empty folders except those to keep; none in a foreign folder."""
        if self._is_foreign:
            return
        for folder, __, __ in os.walk(self.root, topdown=False):
            path = Path(folder).relative_to(self.root).as_posix()
            if path != "." and path not in keep:
                with contextlib.suppress(OSError):  # it is not empty
                    Path(folder).rmdir()


class PackageFolder:
    """A folder of zips, each named by its hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, code_sha256: str) -> Path:
        """The path of the zip with this CodeSha256, whether or not it exists."""
        return self.folder / package_name_of(code_sha256)

    def find_intact(self, code_sha256: str) -> Path | None:
        """The zip with this CodeSha256, if it exists and has that hash. Raises WorkbenchError."""
        try:
            path = self.path_of(code_sha256)
        except ValueError:  # an answer may announce anything
            return None
        return path if path.is_file() and hash_of(path) == path.stem else None

    def find(self, code_sha256: str, ctx: JobContext) -> Package | None:
        """A zip that exists and is intact; otherwise None. Raises WorkbenchError."""
        path = self.find_intact(code_sha256)
        if path is None:
            return None
        return Package(path, code_sha256, path.stat().st_size, read_contents(path, ctx))

    def drop_unfinished(self) -> None:
        """Removes the remains of a package whose build was killed."""
        for unfinished in self.folder.glob(".*"):
            unfinished.unlink()

    def keep_only(self, kept: Path) -> None:
        """Removes the other zips."""
        with contextlib.suppress(OSError):  # they do no harm
            for other in self.folder.iterdir():
                if other != kept:
                    other.unlink(missing_ok=True)


class Workspace:
    """The working copy of one function. Calls that write one path must not overlap (they share a job lane).

    Attributes:
        folder: Everything of this workspace, except a local folder's files and drafts.
        local_folder: The user's folder that contains the files; None if they are the workspace's own.
        root: The working files.
        base: What is deployed, as far as this workspace knows.
        deployed_sha256: CodeSha256 when AWS was last asked.
        packer: Builds its packages, and remembers the last one.
        dependencies: What goes into its packages besides the code.
        notes: Sentences for the user about this opening.
    """

    def __init__(self, folder: Path, base: Base, local_folder: Path | None = None) -> None:
        self.folder = folder
        self.local_folder = local_folder
        self.root = local_folder or folder / "files"
        self.base = base
        self.deployed_sha256 = base.code_sha256
        self.notes: tuple[str, ...] = ()
        self.drafts_folder = drafts_folder(folder, local_folder) if local_folder else folder / "drafts"
        self._drafts = Drafts(self.drafts_folder)
        self._hashes = HashCache(hash_of) if local_folder else None
        self._packages = PackageFolder(folder / "packages")
        self.packer = Packer(self.root, self._packages.folder, folder / "packing")
        self._scratch = folder / "scratch"
        self._files = WorkingFiles(self.root, self._scratch, is_foreign=local_folder is not None)
        self.dependencies = WorkspaceDependencies(folder, self.root, is_foreign=local_folder is not None)

    @classmethod
    def load(cls, folder: Path) -> "Workspace":
        """Reads an existing workspace. A local folder need not exist.

        Raises:
            FileNotFoundError: There is none.
            WorkbenchError: It is damaged or cannot be read.
        """
        workspace = cls(folder, read_base(folder), read_binding(folder))
        own = () if workspace.local_folder else (workspace.root,)
        try:
            shutil.rmtree(workspace._scratch, ignore_errors=True)
            for needed in (*own, workspace.packages, workspace._scratch):
                needed.mkdir(mode=0o700, exist_ok=True)
            workspace._packages.drop_unfinished()
        except OSError as error:
            raise explain_os_error(error, _("The workspace could not be opened."), folder) from error
        return workspace

    @property
    def stale(self) -> bool:
        """Whether somebody has deployed other code than this workspace's base. Local changes are kept."""
        return self.deployed_sha256 != self.base.code_sha256

    @property
    def read_only(self) -> bool:
        """Whether it is a published version, which cannot be changed."""
        return self.base.version != LATEST

    @property
    def base_package(self) -> Path:
        return self._packages.path_of(self.base.code_sha256)

    @property
    def packages(self) -> Path:
        """The folder of zips."""
        return self._packages.folder

    # Reading

    def tree(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """All files and folders with their marks, sorted by path."""
        return self.tree_against(self.base.contents, ctx)

    def tree_against(self, contents: Contents, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """Does what `tree` does, compared with any package."""
        drafted = frozenset(draft.path for draft in self._drafts)
        deployed, left_out = self.dependencies.without(contents), stays_out_by(self.root, self.rules(""))
        return list_tree(self.root, deployed, drafted, ctx, self._hashes, left_out)

    def changes(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """The saved files that differ from the deployed package."""
        return tuple(entry for entry in self.tree(ctx) if entry.change is not FileChange.SAME)

    def is_clean(self, ctx: JobContext) -> bool:
        """Whether everything here can be downloaded from AWS again: no changed file, no draft.

        A file that is left out of the package cannot.
        """
        if next(iter(self._drafts), None):
            return False
        return not any(
            entry.change is not FileChange.SAME or self._is_only_here(entry) for entry in self.tree(ctx)
        )

    def _is_only_here(self, entry: TreeEntry) -> bool:
        """Whether something is left out of the package, and was not deployed like that."""
        if entry.packed or entry.kind is EntryKind.FOLDER or never_packed(entry.path):
            return False
        deployed = self.base.contents.files.get(entry.path)
        if deployed is None or entry.kind is not EntryKind.FILE:
            return True
        return hash_of(self.root / entry.path) != deployed.sha256

    def read(self, path: str) -> Document:
        """Reads a saved file as text. Raises WorkbenchError if it does not exist or cannot be read."""
        return self._files.read(path)

    def base_bytes(self, path: str) -> bytes | None:
        """A file of the deployed package, or None if it does not exist there."""
        return next((data for __, data in read_members(self.base_package, {path})), None)

    # Drafts

    def drafts(self) -> tuple[Draft, ...]:
        """Unsaved text of this run or an earlier one, sorted by path."""
        return tuple(self._drafts)

    def draft(self, path: str) -> Draft | None:
        """The unsaved text of a file."""
        return self._drafts.get(path)

    def put_draft(self, path: str, text: str) -> None:
        """Stores unsaved text. It is on disk when this returns.

        Raises:
            WorkbenchError: It cannot be written, or the workspace is read-only.
        """
        self._refuse_if_read_only(path)
        file = self._files.locate(path)
        if not file.is_file():
            self._drafts.put(Draft(path, text, ""))
        elif self._files.read(path).text == text:
            self._drafts.drop(path)  # typed and taken back
        else:
            over_sha256 = self._drafts.base_sha256(path)
            self._drafts.put(Draft(path, text, hash_of(file) if over_sha256 is None else over_sha256))

    def drop_draft(self, path: str) -> None:
        """Discards unsaved text."""
        self._drafts.drop(path)

    # Writing

    def save(self, path: str, text: str) -> None:
        """Writes a file with its encoding and line ends. Unchanged text does not touch it.

        A new file is UTF-8 with LF.

        Raises:
            WorkbenchError: The disk is full, the file's encoding lacks a character, or the file is not text.
                The old file and the draft are intact then.
        """
        self._refuse_if_read_only(path)
        self._files.save(path, text)
        self._drafts.drop(path)

    def create(self, path: str, text: str = "") -> None:
        """Creates a file.

        Raises:
            WorkbenchError: It exists, its name is invalid, or the disk refuses.
        """
        self._refuse_if_read_only(path)
        self._files.create(path, text)

    def create_folder(self, path: str) -> None:
        """Creates a folder and its parents; an empty one is not deployed. Raises as `create` does."""
        self._refuse_if_read_only(path)
        self._files.create_folder(path)

    def rename(self, old: str, new: str) -> None:
        """Renames or moves a file or folder with its drafts.

        Raises:
            WorkbenchError: The new name is taken, or the disk refuses.
        """
        self._refuse_if_read_only(old)
        moved = self._drafts_below(old)
        self._files.rename(old, new)
        for draft in moved:
            self._drafts.put(replace(draft, path=new + draft.path[len(old) :]))
            self._drafts.drop(draft.path)

    def delete(self, path: str) -> None:
        """Deletes a file or folder with its drafts. `revert` restores what is deployed.

        Raises:
            WorkbenchError: The disk refuses.
        """
        self._refuse_if_read_only(path)
        self._files.delete(path)
        for draft in self._drafts_below(path):
            self._drafts.drop(draft.path)

    def revert(self, path: str) -> None:
        """Restores a file from the deployed package: its bytes, or no file. Its draft is discarded.

        Raises:
            WorkbenchError: The disk refuses, a folder is in the way, or the stored package is damaged.
        """
        if path in self.base.contents.files:
            self._restore({path}, JobContext())
        else:
            self.delete(path)

    def take(self, path: str, data: bytes | None, content: FileContent | None) -> None:
        """Makes a file what another package has: its bytes, or no file. Raises as `revert` does."""
        if data is None or content is None:
            self.delete(path)
        else:
            self._refuse_if_read_only(path)
            self._files.restore(path, data, content)
            self._drafts.drop(path)

    def revert_all(self, ctx: JobContext) -> None:
        """Restores every file from the deployed package. Raises WorkbenchError as `revert` does."""
        changes = self.changes(ctx)
        for entry in changes:
            if entry.change is FileChange.ADDED:
                self.delete(entry.path)
        self._files.prune(keep=self.base.contents.empty_folders)
        self._restore({entry.path for entry in changes if entry.change is not FileChange.ADDED}, ctx)
        for draft in self.drafts():
            self.drop_draft(draft.path)

    def _restore(self, paths: set[str], ctx: JobContext) -> None:
        done = 0
        for path, data in read_members(self.base_package, paths):
            self._refuse_if_read_only(path)
            self._files.restore(path, data, self.base.contents.files[path])
            self._drafts.drop(path)
            done += 1
            ctx.progress(done, len(paths), path)
        if done < len(paths):
            raise WorkbenchError(
                _("Some files were not reverted."),
                _("{base_package} is incomplete.").format(base_package=self.base_package),
            )

    # Deploying

    def package(self, ctx: JobContext) -> Package:
        """Packs saved files and dependencies. Raises as `folder_to_pack`, `Packer.pack`, `read_patterns`."""
        package = self.packer.pack(ctx, self.rules(self.dependencies.folder_to_pack(self.base, ctx)))
        self.packer.remember()
        return replace(package, notes=package.notes + self.dependencies.news(self.base))

    def rules(self, dependencies: str) -> Rules:
        """The rules for a package with this folder of dependencies, or ""."""
        rules = Rules.following(self.base.contents, read_patterns(self.folder), bool(self.local_folder))
        return replace(rules, dependencies=dependencies)

    def adopt(self, package: Package, revision_id: str, when: str) -> None:
        """Makes a package that AWS now has the new base. Files edited since it was built stay changed.

        Raises:
            WorkbenchError: The disk refuses. The old base is kept.
        """
        base = replace(self.base, code_sha256=package.code_sha256, contents=package.contents)
        base = replace(base, revision_id=revision_id, when=when)
        write_base(self.folder, base)
        self.base = base
        self.deployed_sha256 = base.code_sha256
        self._packages.keep_only(self.base_package)

    def discard(self, package: Package) -> None:
        """Removes a package that will not be deployed."""
        if package.path != self.base_package:
            with contextlib.suppress(OSError):  # it does no harm
                package.path.unlink(missing_ok=True)

    def kept_package(self, code_sha256: str, ctx: JobContext) -> Package | None:
        """An intact package of this workspace on disk, or None."""
        return self._packages.find(code_sha256, ctx)

    def _drafts_below(self, path: str) -> list[Draft]:
        return [draft for draft in self._drafts if draft.path == path or draft.path.startswith(f"{path}/")]

    def _refuse_if_read_only(self, path: str) -> None:
        if self.read_only:
            raise WorkbenchError(
                _("{path} could not be changed.").format(path=path),
                _("Version {version} is published and cannot be changed.").format(version=self.base.version),
                _("Open $LATEST to edit the code."),
            )
