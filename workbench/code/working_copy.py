"""Working on one function's code: reading, drafts, saving, reverting, packing.

Owns: what may be written where below one workspace folder. See workspace.py for the layout. Must not know:
AWS. It is told what is deployed.
"""

import base64
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from workbench.code.base import LATEST, Base, read_base, write_base
from workbench.code.contents import FileContent
from workbench.code.drafts import Draft, Drafts
from workbench.code.names import fault_in_name, normalised
from workbench.code.package import Package, build_package, package_name_of
from workbench.code.text import HUGE_BYTES, Document, FileKind, decode, encode
from workbench.code.tree import Change, TreeEntry, list_tree, sha256_of
from workbench.code.unpack import read_contents, read_member
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic
from workbench.core.jobs import JobContext


class Workspace:
    """The working copy of one function. Calls that write one path must not overlap (they share a job lane).

    Attributes:
        folder: Everything of this workspace.
        root: The working files.
        base: What is deployed as far as this workspace knows.
        deployed_sha256: What AWS said is deployed when the workspace was opened.
        notes: What a person should know about this opening, in sentences.
    """

    def __init__(self, folder: Path, base: Base) -> None:
        self.folder = folder
        self.root = folder / "files"
        self.base = base
        self.deployed_sha256 = base.code_sha256
        self.notes: tuple[str, ...] = ()
        self._drafts = Drafts(folder / "drafts")

    @classmethod
    def load(cls, folder: Path) -> "Workspace":
        """Reads a workspace that exists.

        Raises:
            FileNotFoundError: There is none.
            WorkbenchError: It is damaged or not readable.
        """
        workspace = cls(folder, read_base(folder))
        try:
            shutil.rmtree(workspace._scratch, ignore_errors=True)
            for needed in (workspace.root, workspace.packages, workspace._scratch):
                needed.mkdir(exist_ok=True)
            for unfinished in workspace.packages.glob(".*"):
                unfinished.unlink()
        except OSError as error:
            raise explain_os_error(error, "The workspace could not be opened.", folder) from error
        return workspace

    @property
    def stale(self) -> bool:
        """Whether somebody deployed other code since this workspace's base. Local changes are kept."""
        return self.deployed_sha256 != self.base.code_sha256

    @property
    def read_only(self) -> bool:
        """A published version cannot be changed."""
        return self.base.version != LATEST

    @property
    def base_package(self) -> Path:
        """The deployed zip."""
        return self.packages / package_name_of(self.base.code_sha256)

    @property
    def packages(self) -> Path:
        """Where zips are kept."""
        return self.folder / "packages"

    @property
    def _scratch(self) -> Path:
        return self.folder / "scratch"

    # Reading

    def tree(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """All files and folders with their marks, sorted by path."""
        return list_tree(self.root, self.base.contents, frozenset(draft.path for draft in self._drafts), ctx)

    def changes(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """The saved files that differ from the deployed package."""
        return tuple(entry for entry in self.tree(ctx) if entry.change is not Change.SAME)

    def is_clean(self, ctx: JobContext) -> bool:
        """Whether there is nothing here that is not deployed: no changed file, no draft."""
        return not next(iter(self._drafts), None) and not self.changes(ctx)

    def read(self, path: str) -> Document:
        """A saved file as text.

        Raises:
            WorkbenchError: No such file, or it cannot be read.
        """
        file = self._file(path)
        try:
            if (size := file.stat().st_size) > HUGE_BYTES:
                return Document(FileKind.HUGE, "", size)
            return decode(file.read_bytes())
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be read.", file) from error

    def base_bytes(self, path: str) -> bytes | None:
        """A file as it is deployed, or None when the deployed package has none there."""
        if path not in self.base.contents.files:
            return None
        member = read_member(self.base_package, path)
        return member[0] if member else None

    # Drafts

    def drafts(self) -> tuple[Draft, ...]:
        """Typing that was not saved, of this run or an earlier one, sorted by path."""
        return tuple(self._drafts)

    def draft(self, path: str) -> Draft | None:
        """The unsaved text of one file."""
        return self._drafts.get(path)

    def put_draft(self, path: str, text: str) -> None:
        """Keeps typing that is not saved yet. On disk when this returns.

        Raises:
            WorkbenchError: The disk is full or not writable; the workspace is read-only.
        """
        file = self._writable(path)
        if not file.is_file():
            self._drafts.put(Draft(path, text, ""))
        elif self.read(path).text == text:
            self._drafts.drop(path)  # typed and taken back
        else:
            self._drafts.put(Draft(path, text, sha256_of(file)))

    def drop_draft(self, path: str) -> None:
        """Forgets unsaved typing: the saved file counts again."""
        self._drafts.drop(path)

    # Writing

    def save(self, path: str, text: str) -> None:
        """Writes a file in the encoding and line ends that it has. Unedited text leaves it untouched.

        A file that does not exist is made: UTF-8, LF.

        Raises:
            WorkbenchError: The disk is full, the file's encoding lacks a character, the file is no text. The
                old file and the draft are intact then.
        """
        file = self._writable(path)
        try:
            old, mode = (file.read_bytes(), file.stat().st_mode & 0o777) if file.exists() else (b"", 0o644)
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be saved.", file) from error
        new = encode(text, old, path)
        if new != old or not file.exists():
            write_atomic(file, new, mode, self._scratch)
        self._drafts.drop(path)

    def create(self, path: str, text: str = "") -> None:
        """Makes a new file.

        Raises:
            WorkbenchError: There is one, the name is not allowed, or the disk refuses.
        """
        file = self._writable(path)
        if os.path.lexists(file):
            raise WorkbenchError(
                f"{path} could not be made.", "There is one already.", "Choose another name."
            )
        write_atomic(file, encode(text, b"", path), 0o644, self._scratch)

    def create_folder(self, path: str) -> None:
        """Makes a new folder, and those above it. Raises WorkbenchError as `create`."""
        folder = self._writable(path)
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be made.", folder) from error

    def rename(self, old: str, new: str) -> None:
        """Renames or moves a file or a folder, drafts with it.

        Raises:
            WorkbenchError: There is something at the new name, or the disk refuses.
        """
        source, target = self._writable(old), self._writable(new)
        if os.path.lexists(target) and not (source.exists() and source.samefile(target)):
            raise WorkbenchError(f"{old} could not be renamed.", f"There is a {new} already.")
        if target.is_relative_to(source) and target != source:
            raise WorkbenchError(f"{old} could not be moved.", "A folder cannot go into itself.")
        moved = [draft for draft in self._drafts if draft.path == old or draft.path.startswith(f"{old}/")]
        try:
            if os.path.lexists(source):  # else there is a draft only
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
        except OSError as error:
            raise explain_os_error(error, f"{old} could not be renamed.", source) from error
        for draft in moved:
            self._drafts.put(replace(draft, path=new + draft.path[len(old) :]))
            self._drafts.drop(draft.path)

    def delete(self, path: str) -> None:
        """Deletes a file or a folder, drafts with it. What is deployed can be had back by `revert`.

        Raises:
            WorkbenchError: The disk refuses.
        """
        file = self._writable(path)
        try:
            if file.is_dir() and not file.is_symlink():
                gone = Path(tempfile.mkdtemp(dir=self._scratch)) / "deleted"
                file.rename(gone)  # in one step, however many files it holds
                shutil.rmtree(gone)
            else:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be deleted.", file) from error
        for draft in tuple(self._drafts):
            if draft.path == path or draft.path.startswith(f"{path}/"):
                self._drafts.drop(draft.path)

    def revert(self, path: str) -> None:
        """Makes one file what the deployed package has: its bytes, or no file. Its draft is dropped.

        Raises:
            WorkbenchError: The disk refuses, or the kept package is damaged.
        """
        file = self._writable(path)
        content = self.base.contents.files.get(path)
        if content is None:
            return self.delete(path)
        member = read_member(self.base_package, path)
        if member is None:
            raise WorkbenchError(f"{path} could not be reverted.", f"{self.base_package} lacks it.")
        write_atomic(file, member[0], 0o755 if content.executable else 0o644, self._scratch)
        _stamp(file, content)
        self._drafts.drop(path)
        return None

    def revert_all(self, ctx: JobContext) -> None:
        """Makes every file what the deployed package has. Raises WorkbenchError as `revert`."""
        for draft in self.drafts():
            self.drop_draft(draft.path)
        for entry in self.changes(ctx):
            ctx.check()
            self.revert(entry.path)

    # Deploying

    def package(self, ctx: JobContext) -> Package:
        """Packs the saved files. See `build_package` for errors."""
        executables: Iterable[str] = ()
        if os.name != "posix":
            executables = (path for path, file in self.base.contents.files.items() if file.executable)
        return build_package(self.root, self.packages, ctx, frozenset(executables))

    def adopt(self, package: Package, revision_id: str, when: str) -> None:
        """Takes a package that AWS now has as the new base. Files edited since it was built stay changed.

        Raises:
            WorkbenchError: The disk refuses. The old base still counts then.
        """
        base = replace(
            self.base,
            code_sha256=package.code_sha256,
            revision_id=revision_id,
            when=when,
            contents=package.contents,
        )
        write_base(self.folder, base)
        self.base = base
        self.deployed_sha256 = base.code_sha256
        self._drop_old_packages()

    def discard(self, package: Package) -> None:
        """Removes a package that will not be deployed."""
        if package.path != self.base_package:
            package.path.unlink(missing_ok=True)

    def kept_package(self, code_sha256: str, ctx: JobContext) -> Package | None:
        """A package of this workspace that is still on disk, whole, or None."""
        path = self.packages / package_name_of(code_sha256)
        try:
            if not path.is_file() or sha256_of(path) != base64.b64decode(code_sha256).hex():
                return None
            return Package(path, code_sha256, path.stat().st_size, read_contents(path, ctx))
        except OSError as error:
            raise explain_os_error(error, "The package could not be read.", path) from error

    def _drop_old_packages(self) -> None:
        for other in self.packages.iterdir():
            if other != self.base_package:
                other.unlink(missing_ok=True)

    def _file(self, path: str) -> Path:
        """Where a path of the workspace lies. Refuses everything that leads out of it."""
        fault = fault_in_name(path) or ("" if normalised(path) == path else "it is not in its simplest form")
        file = self.root / path
        if not fault and not file.parent.resolve().is_relative_to(self.root.resolve()):
            fault = "a link on the way leads out of the code"
        if not fault and file.is_symlink():
            fault = "it is a link"
        if fault:
            raise WorkbenchError(
                f"{path!r} is not a file of this function.", f"The name is not allowed: {fault}."
            )
        return file

    def _writable(self, path: str) -> Path:
        if self.read_only:
            raise WorkbenchError(
                f"{path} could not be changed.",
                f"Version {self.base.version} is published, which is for good.",
                "Open $LATEST to edit.",
            )
        return self._file(path)


def _stamp(file: Path, content: FileContent) -> None:
    with contextlib.suppress(OSError):  # without it, the file is compared by its bytes
        os.utime(file, ns=(content.pristine_ns, content.pristine_ns))
