"""The working copy of a function's code: reading, drafts, saving, reverting, packing.

Files are changed below one folder and never outside. Every change is one replaced or renamed file, so that a
kill leaves it done or not done. workspace.py describes the layout.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from workbench.aws.names import LATEST
from workbench.code.contents import Contents, FileContent, fault_in_name, never_packed, normalised
from workbench.code.dependencies.use import WorkspaceDependencies
from workbench.code.package import Package, Packer, Rules, package_name_of, read_patterns, stays_out_by
from workbench.code.text import HEAD_BYTES, HUGE_BYTES, Document, FileKind, decode, encode
from workbench.code.tree import EntryKind, FileChange, HashCache, TreeEntry, hash_of, list_tree
from workbench.code.unpack import read_contents, read_members
from workbench.code.workspace_store import (
    Base,
    Draft,
    Drafts,
    drafts_folder,
    read_base,
    read_binding,
    write_base,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining, move, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _


class PackageFolder:
    """A folder of zips, each named by its hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, code_sha256: str) -> Path:
        """Where the zip with this CodeSha256 is, if it exists."""
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
        with contextlib.suppress(OSError):  # they do no harm
            for other in self.folder.iterdir():
                if other != kept:
                    other.unlink(missing_ok=True)


class Workspace:
    """The working copy of one function. Calls that write one path must not overlap (they share a job lane).

    Paths are relative, with `/`. Every method raises WorkbenchError for a path that leads out of the folder,
    if the disk refuses, and if it would change a published version; what it would have replaced is intact
    then.

    Attributes:
        folder: Everything of this workspace, except a local folder's files and drafts.
        local_folder: The user's folder that contains the files; None if they are the workspace's own. Only
            what the user changes in it is touched.
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
        self.scratch = folder / "scratch"
        self.base = base
        self.deployed_sha256 = base.code_sha256
        self.notes: tuple[str, ...] = ()
        self.drafts_folder = drafts_folder(folder, local_folder) if local_folder else folder / "drafts"
        self.stored_drafts = Drafts(self.drafts_folder)
        self._hashes = HashCache() if local_folder else None
        self._packages = PackageFolder(folder / "packages")
        self.packer = Packer(self.root, self._packages.folder, folder / "packing")
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
        with explaining(_("The workspace could not be opened."), folder):
            shutil.rmtree(workspace.scratch, ignore_errors=True)
            for needed in (*own, workspace.packages, workspace.scratch):
                needed.mkdir(mode=0o700, exist_ok=True)
            workspace._packages.drop_unfinished()
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
        return self._packages.folder

    # Reading

    def tree(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """All files and folders with their marks, sorted by path."""
        return self.tree_against(self.base.contents, ctx)

    def tree_against(self, contents: Contents, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """Does what `tree` does, compared with any package."""
        drafted = frozenset(draft.path for draft in self.stored_drafts)
        deployed, left_out = self.dependencies.without(contents), stays_out_by(self.root, self.rules(""))
        return list_tree(self.root, deployed, drafted, ctx, self._hashes, left_out)

    def changes(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """The saved files that differ from the deployed package."""
        return tuple(entry for entry in self.tree(ctx) if entry.change is not FileChange.SAME)

    def is_clean(self, ctx: JobContext) -> bool:
        """Whether everything here can be downloaded from AWS again: no changed file, no draft.

        A file that is left out of the package cannot.
        """
        if next(iter(self.stored_drafts), None):
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

    def locate(self, path: str) -> Path:
        """The location of a path. Raises WorkbenchError unless it is certainly below the root."""
        fault = fault_in_name(path) or (
            "" if normalised(path) == path else _("it is not in its simplest form")
        )
        file = self.root / path
        # The name may be too long for the disk.
        with explaining(_("{path} is not a file of this function.").format(path=path), file):
            if not fault and not file.parent.resolve().is_relative_to(self.root.resolve()):
                fault = _("a link in the path leads out of the code folder")
            if not fault and file.is_symlink():
                fault = _("it is a link")
        if fault:
            raise WorkbenchError(
                _("{path!r} is not a file of this function.").format(path=path),
                _("The name is not valid: {fault}.").format(fault=fault),
            )
        return file

    def read(self, path: str) -> Document:
        """Reads a saved file as text."""
        file = self.locate(path)
        with explaining(_("{path} could not be read.").format(path=path), file):
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

    def base_bytes(self, path: str) -> bytes | None:
        return next((data for __, data in read_members(self.base_package, {path})), None)

    # Drafts

    def drafts(self) -> tuple[Draft, ...]:
        """Unsaved text of this run or an earlier one, sorted by path."""
        return tuple(self.stored_drafts)

    def draft(self, path: str) -> Draft | None:
        return self.stored_drafts.get(path)

    def put_draft(self, path: str, text: str) -> None:
        """Stores unsaved text. It is on disk when this returns."""
        self._refuse_if_read_only(path)
        file = self.locate(path)
        if not file.is_file():
            self.stored_drafts.put(Draft(path, text, ""))
        elif self.read(path).text == text:
            self.stored_drafts.drop(path)  # typed and taken back
        else:
            over_sha256 = self.stored_drafts.base_sha256(path)
            self.stored_drafts.put(Draft(path, text, hash_of(file) if over_sha256 is None else over_sha256))

    def drop_draft(self, path: str) -> None:
        self.stored_drafts.drop(path)

    # Writing

    def save(self, path: str, text: str) -> None:
        """Writes text with the file's encoding and line ends; a new file is UTF-8 with LF.

        Unchanged text does not touch it. Also raises WorkbenchError if the encoding lacks a character, or the
        file is not text; the draft is intact then.
        """
        self._refuse_if_read_only(path)
        file = self.locate(path)
        with explaining(_("{path} could not be saved.").format(path=path), file):
            old, mode = (file.read_bytes(), file.stat().st_mode & 0o777) if file.exists() else (b"", 0o644)
        new = encode(text, old, path)
        if new != old or not file.exists():
            write_atomic(file, new, mode, self.scratch)
        self.stored_drafts.drop(path)

    def create(self, path: str, text: str = "") -> None:
        """Creates a file. Raises WorkbenchError if it exists."""
        self._refuse_if_read_only(path)
        file = self.locate(path)
        if os.path.lexists(file):
            raise WorkbenchError(
                _("{path} could not be created.").format(path=path),
                _("It already exists."),
                _("Choose another name."),
            )
        write_atomic(file, encode(text, b"", path), 0o644, self.scratch)

    def create_folder(self, path: str) -> None:
        """Creates a folder and its parents; an empty one is not deployed."""
        self._refuse_if_read_only(path)
        folder = self.locate(path)
        with explaining(_("{path} could not be created.").format(path=path), folder):
            folder.mkdir(parents=True)

    def rename(self, old: str, new: str) -> None:
        """Renames or moves a file or folder with its drafts. Raises WorkbenchError if the name is taken."""
        self._refuse_if_read_only(old)
        moved = self._drafts_below(old)
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
        with explaining(_("{old} could not be renamed.").format(old=old), source):
            if os.path.lexists(source):  # otherwise it was never saved
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
        for draft in moved:
            self.stored_drafts.put(replace(draft, path=new + draft.path[len(old) :]))
            self.stored_drafts.drop(draft.path)

    def delete(self, path: str) -> None:
        """Deletes a file, or a folder with everything in it, with the drafts; no error if there is none."""
        self._refuse_if_read_only(path)
        self.remove(path)
        for draft in self._drafts_below(path):
            self.stored_drafts.drop(draft.path)

    def revert(self, path: str) -> None:
        """Restores a file from the deployed package: its bytes, or no file. Its draft is discarded.

        Also raises WorkbenchError if a folder is in the way, or the stored package is damaged.
        """
        if path in self.base.contents.files:
            self._revert({path}, JobContext())
        else:
            self.delete(path)

    def take(self, path: str, data: bytes | None, content: FileContent | None) -> None:
        """Makes a file what another package has: its bytes, or no file. Raises as `revert` does."""
        if data is None or content is None:
            self.delete(path)
        else:
            self._refuse_if_read_only(path)
            self.restore(path, data, content)
            self.stored_drafts.drop(path)

    def revert_all(self, ctx: JobContext) -> None:
        """Restores every file from the deployed package. Raises WorkbenchError as `revert` does."""
        changes = self.changes(ctx)
        for entry in changes:
            if entry.change is FileChange.ADDED:
                self.delete(entry.path)
        self._prune(keep=self.base.contents.empty_folders)
        self._revert({entry.path for entry in changes if entry.change is not FileChange.ADDED}, ctx)
        for draft in self.drafts():
            self.drop_draft(draft.path)

    def _revert(self, paths: set[str], ctx: JobContext) -> None:
        done = 0
        for path, data in read_members(self.base_package, paths):
            self.take(path, data, self.base.contents.files[path])
            done += 1
            ctx.progress(done, len(paths), path)
        if done < len(paths):
            raise WorkbenchError(
                _("Some files were not reverted."),
                _("{base_package} is incomplete.").format(base_package=self.base_package),
            )

    # Files without their drafts

    def restore(self, path: str, data: bytes, content: FileContent) -> None:
        """Restores a file from a package, so that it counts as untouched."""
        file = self.locate(path)
        if file.is_dir():
            raise WorkbenchError(
                _("{path} could not be reverted.").format(path=path),
                _("A folder with the same name exists."),
                _("Rename the folder."),
            )
        write_atomic(file, data, 0o755 if content.executable else 0o644, self.scratch)
        if self.local_folder is not None:
            return  # as everywhere in such a folder, its time is that of the write
        with contextlib.suppress(OSError):  # without its time, the file is compared by its bytes
            os.utime(file, ns=(content.pristine_ns, content.pristine_ns))

    def remove(self, path: str) -> None:
        """Deletes a file, or a folder with everything in it; no error if it does not exist."""
        file = self.locate(path)
        with explaining(_("{path} could not be deleted.").format(path=path), file):
            if file.is_dir():
                gone = Path(tempfile.mkdtemp(dir=self.scratch)) / "deleted"
                move(file, gone)  # in one step, however many files it contains
                shutil.rmtree(gone)
            else:
                file.unlink(missing_ok=True)

    def _prune(self, keep: Collection[str]) -> None:
        """Removes empty folders except those to keep; none in a folder of the user's."""
        if self.local_folder is not None:
            return
        for folder, __, __ in os.walk(self.root, topdown=False):
            path = Path(folder).relative_to(self.root).as_posix()
            if path != "." and path not in keep:
                with contextlib.suppress(OSError):  # it is not empty
                    Path(folder).rmdir()

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
        """Makes a package that AWS now has the new base. Files edited since it was built stay changed."""
        base = replace(
            self.base,
            code_sha256=package.code_sha256,
            contents=package.contents,
            revision_id=revision_id,
            when=when,
        )
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
        return [draft for draft in self.stored_drafts if f"{draft.path}/".startswith(f"{path}/")]

    def _refuse_if_read_only(self, path: str) -> None:
        if self.read_only:
            raise WorkbenchError(
                _("{path} could not be changed.").format(path=path),
                _("Version {version} is published and cannot be changed.").format(version=self.base.version),
                _("Open $LATEST to edit the code."),
            )
