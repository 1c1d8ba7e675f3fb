"""The working copy of a function's code: reading, drafts, saving, reverting, packing.

Files are changed below one folder and never outside. Every change is one replaced or renamed file, so that a
kill leaves it done or not done. workspace.py describes the layout.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.aws.names import LATEST
from workbench.code.contents import Contents, FileContent, fault_in_name, never_packed, normalised
from workbench.code.dependencies.node_modules import Stamps, development_paths, stamps_of
from workbench.code.dependencies.use import WorkspaceDependencies
from workbench.code.installed import InstalledPackages
from workbench.code.package import (
    Package,
    Packer,
    Rules,
    package_name_of,
    read_patterns,
    stays_out_by,
    write_patterns,
)
from workbench.code.package.scan import development_notes
from workbench.code.text import HEAD_BYTES, HUGE_BYTES, Document, FileKind, decode, encode
from workbench.code.tree import (
    EntryKind,
    FileChange,
    HashCache,
    TreeEntry,
    hash_of,
    in_order,
    list_tree,
    walk,
)
from workbench.code.unpack import read_contents, read_members
from workbench.code.workspace_store import (
    Base,
    DamagedDraft,
    Draft,
    Drafts,
    drafts_folder,
    read_base,
    read_binding,
    sibling_folder,
    write_base,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import explaining, move, write_atomic
from workbench.core.jobs import JobContext
from workbench.core.messages import _


def is_outside(path: str) -> bool:
    """Whether a path is that of a dependency outside the code (`Workspace.installed_outside`)."""
    return os.path.isabs(path)


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


def hash_of_text(text: str) -> str:
    """A hash of a text, whatever its line ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


class NotShown(WorkbenchError):
    """The package has another text of a file than the user saw. Nothing was deployed."""

    def __init__(self, function_name: str, path: str) -> None:
        super().__init__(
            _("{function_name} was not deployed.").format(function_name=function_name),
            _("{path} changed on disk after you chose Deploy: something else has written it.").format(
                path=path
            ),
            _("Check the file as it is shown now, then deploy."),
        )


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
        shown: Hashes (`hash_of_text`) of what the editor showed when the user chose to deploy, or saved in
            it since, by path; `refuse_unless_shown` compares a package with them.
    """

    def __init__(self, folder: Path, base: Base, local_folder: Path | None = None) -> None:
        self.folder = folder
        self.local_folder = local_folder
        self.root = local_folder or folder / "files"
        self.scratch = folder / "scratch"
        self.base = base
        self.deployed_sha256 = base.code_sha256
        self.notes: tuple[str, ...] = ()
        self.shown: dict[str, str] = {}
        self.drafts_folder = drafts_folder(folder, local_folder) if local_folder else folder / "drafts"
        self.stored_drafts = Drafts(self.drafts_folder)
        self._hashes = HashCache() if local_folder else None
        self._installed = InstalledPackages(self.root)
        self._outside: tuple[Path, tuple[TreeEntry, ...]] = (Path(), ())  # see `installed_outside`
        self._development: tuple[Stamps, frozenset[str]] | None = None
        self._packages = PackageFolder(folder / "packages")
        self.packer = Packer(self.root, self._packages.folder, folder / "packing")
        self.dependencies = WorkspaceDependencies(folder, self.root, is_foreign=local_folder is not None)

    @classmethod
    def load(cls, folder: Path, *, is_owned: bool = True) -> "Workspace":
        """Reads an existing workspace. A local folder need not exist.

        Args:
            is_owned: Whether unfinished writes are remains of a kill; else another window may be at work.

        Raises:
            FileNotFoundError: There is none.
            WorkbenchError: It is damaged or cannot be read.
        """
        workspace = cls(folder, read_base(folder), read_binding(folder))
        own = () if workspace.local_folder else (workspace.root,)
        with explaining(_("The workspace could not be opened."), folder):
            if is_owned:
                shutil.rmtree(workspace.scratch, ignore_errors=True)
            for needed in (*own, workspace.packages, workspace.scratch):
                needed.mkdir(mode=0o700, exist_ok=True)
            if is_owned:
                workspace._packages.drop_unfinished()
        return workspace

    @property
    def stale(self) -> bool:
        """Whether somebody has deployed other code than this workspace's base. Local changes are kept."""
        return self.deployed_sha256 != self.base.code_sha256

    @property
    def read_only(self) -> bool:
        """Whether it cannot be changed; see `refusal`."""
        return self.base.version != LATEST

    def refusal(self, what: str) -> WorkbenchError:
        """Why nothing here can be changed. Args: what: the error's first sentence."""
        return WorkbenchError(
            what,
            _("Version {version} is published and cannot be changed.").format(version=self.base.version),
            _("Open $LATEST to edit the code."),
            action="code.latest",
        )

    @property
    def base_package(self) -> Path:
        return self._packages.path_of(self.base.code_sha256)

    @property
    def packages(self) -> Path:
        return self._packages.folder

    # Reading

    def tree(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """All files and folders with their marks, sorted by path."""
        return self.tree_against(self.base.contents, self.base_package, ctx)

    def tree_against(self, contents: Contents, package: Path, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """Does what `tree` does, compared with any package: its contents, and its zip.

        What a deploy takes from the declared dependencies is not compared: see `undeployed`.
        """
        drafted = frozenset(draft.path for draft in self.stored_drafts)
        deployed, left_out = (
            self.dependencies.without(contents, package),
            stays_out_by(self.root, self.rules("")),
        )
        entries = list_tree(self.root, deployed, drafted, ctx, self._hashes, left_out)
        tops = self._installed.tops(entry.path for entry in entries if entry.kind is EntryKind.FILE)
        return tuple(
            replace(entry, installed=True) if entry.path.partition("/")[0] in tops else entry
            for entry in entries
        )

    def installed_outside(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """The dependencies that the package takes from outside the code, by absolute path. To be read only.

        Raises WorkbenchError.
        """
        installed = self.dependencies.installed()
        if installed is None:
            return ()
        if self._outside[0] != installed.root:
            found = []
            for each in walk(installed.root):
                ctx.check()
                if each.packed:
                    path = (installed.root / each.path).as_posix()
                    size = each.size_bytes if each.kind is EntryKind.FILE else 0
                    found.append(TreeEntry(path, each.kind, size, each.executable, installed=True))
            self._outside = installed.root, in_order(found)
        return self._outside[1]

    def changes(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        """The saved files that differ from the deployed package."""
        return tuple(entry for entry in self.tree(ctx) if entry.change is not FileChange.SAME)

    def undeployed(self, ctx: JobContext, tree: Sequence[TreeEntry] | None = None) -> tuple[str, ...]:
        """What the next deploy would change in the function's code; empty if all is as deployed.

        This alone decides what is called deployed. It names the saved files that differ, and the declaration
        whose installed packages do. Raises WorkbenchError.

        Args:
            tree: The files, if they have just been read.
        """
        entries = self.tree(ctx) if tree is None else tree
        paths = [entry.path for entry in entries if entry.change is not FileChange.SAME]
        declaration = self.dependencies.undeployed(self.base, ctx)
        if declaration and declaration not in paths:
            paths.append(declaration)
        return tuple(paths)

    def is_clean(self, ctx: JobContext) -> bool:
        """Whether everything here can be downloaded from AWS again: no changed file, no draft.

        A file that is left out of the package cannot.
        """
        if self.stored_drafts:
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
        """Reads a saved file as text; with an absolute path one of `installed_outside`."""
        file = self.locate_installed(path) if is_outside(path) else self.locate(path)
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

    def locate_installed(self, path: str) -> Path:
        """The location of a file of `installed_outside`. Raises WorkbenchError for other absolute paths."""
        what = _("{path!r} is not a file of this function.").format(path=path)
        file, installed = Path(path), self.dependencies.installed()
        with explaining(what, file):
            if installed is not None and file.resolve().is_relative_to(installed.root.resolve()):
                return file
        raise WorkbenchError(what, _("It is not in the function's code, nor in its installed dependencies."))

    def base_bytes(self, path: str) -> bytes | None:
        return next((data for __, data in read_members(self.base_package, {path})), None)

    # Drafts

    def drafts(self) -> tuple[Draft, ...]:
        """Unsaved text of this run or an earlier one, sorted by path."""
        return tuple(self.stored_drafts)

    def draft(self, path: str) -> Draft | None:
        return self.stored_drafts.get(path)

    def set_damaged_drafts_aside(self, ctx: JobContext) -> tuple[DamagedDraft, ...]:
        """Moves drafts that are not whole to a folder beside the workspace, and tells what is left of them.

        They then keep no file from being opened. Raises WorkbenchError if the disk refuses.
        """
        if not self.stored_drafts:
            return ()
        if self.local_folder is not None:
            folder = self.drafts_folder.with_name("damaged-drafts")
        else:
            folder = sibling_folder(self.folder, "damaged-drafts")
        paths = [entry.path for entry in self.tree(ctx) if entry.kind is EntryKind.FILE]
        return self.stored_drafts.set_damaged_aside(folder, paths)

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
        rules = self.rules(self.dependencies.folder_to_pack(self.base, ctx))
        package = self.packer.pack(ctx, rules)
        self.packer.remember()
        notes = development_notes(rules.patterns) + self.dependencies.news(self.base)
        return replace(package, notes=package.notes + notes)

    def refuse_unless_shown(self, package: Package) -> None:
        """Compares a package with what the editor showed: what is deployed is what the user saw.

        Raises:
            NotShown: Another window or program has written a file since, or the editor had missed that.
        """
        shown = {path: text for path, text in dict(self.shown).items() if path in package.contents.files}
        if not shown:
            return
        for path, data in read_members(package.path, shown):
            document = decode(data)
            if document.kind is not FileKind.TEXT or hash_of_text(document.text) != shown[path]:
                raise NotShown(self.base.function_name, path)

    def rules(self, dependencies: str) -> Rules:
        """The rules for a package with this folder of dependencies, or ""."""
        patterns = replace(read_patterns(self.folder), development=self.development())
        rules = Rules.following(self.base.contents, patterns, bool(self.local_folder))
        return replace(rules, dependencies=dependencies)

    def copy_settings(self, folder: Path) -> None:
        """Copies what belongs to the folder and not to its code: patterns, and the dependencies in use.

        Args:
            folder: Of the other workspace. Raises OSError or WorkbenchError if the disk refuses.
        """
        write_patterns(folder, "\n".join(read_patterns(self.folder).lines))
        self.dependencies.copy_used(folder)

    def development(self) -> frozenset[str]:
        """What is in node_modules only for development; empty for code that was downloaded."""
        if self.local_folder is None:
            return frozenset()
        stamps = stamps_of(self.root)
        if self._development is None or self._development[0] != stamps:
            self._development = stamps, development_paths(self.root)
        return self._development[1]

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
            raise self.refusal(_("{path} could not be changed.").format(path=path))
