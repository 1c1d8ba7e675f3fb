"""One function's code on this machine, laid out so that a kill at any moment loses nothing.

    <root>/<account>/<region>/<function>/     ("<function>@7" for a version, which is read-only)
        base.json    what is deployed, as far as known: hash, revision, every file's hash
        packages/    the deployed zip, byte for byte; during a deploy also the one being sent
        files/       the working files, which Save writes and Deploy packs
        drafts/      unsaved text
        scratch/     unfinished writes; emptied at every opening
    <function>.mine-1/    a whole workspace that was replaced by what somebody else deployed (`take_deployed`)
    <function>.local/     a second workspace, whose files are in a folder of the user's
                          (.offer: what the user has not agreed to yet)
        binding.json      which folder; it is used while this file exists
        base.json, packages/, package-patterns     as above; at first the patterns of a project
        scratch/
    <root>/local/<hash of the folder's path>/drafts/      shared by all functions that use the folder

Every change is one replaced file, so each is done or not done:
- typing writes a draft; Save writes the file, then drops the draft: between the two, both hold the same text;
- a deploy packs into packages/, and once AWS has it a new base.json makes that zip the base (`adopt`);
- another base is built as a whole folder next to this one, then the two swap places (workspace_store.py).

Nothing is ever copied into or out of a folder of the user's, and nothing in it is touched but what the user
changes. The workspace of the deployed code stays next to that one, unchanged.

This module makes, opens and swaps workspaces; working_copy.py works on one. AWS is not asked here: a
`CodeSource` says what is deployed, and brings a link to it.
"""

import logging
import os
import shutil
import threading
import zipfile
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from workbench.aws.names import LATEST
from workbench.code.contents import LOOKS_LIKE_SECRET, Contents, never_packed
from workbench.code.download import download_code
from workbench.code.ownership import edited_elsewhere
from workbench.code.package import (
    PROJECT_PATTERNS,
    Package,
    package_name_of,
    read_patterns,
    stays_out_by,
    write_patterns,
)
from workbench.code.text import HEAD_BYTES, HUGE_BYTES, Document, FileKind, decode
from workbench.code.tree import (
    EntryKind,
    FileChange,
    TreeEntry,
    in_order,
    topmost,
    walk,
)
from workbench.code.unpack import Member, chunks, read_contents, unpack
from workbench.code.working_copy import PackageFolder, Workspace
from workbench.code.workspace_store import (
    Base,
    CodeSource,
    Draft,
    bound_workspace_folder,
    drop_binding,
    keep_damaged,
    now,
    read_base,
    read_binding,
    recover_swap,
    refuse_images,
    sibling_folder,
    swap_in,
    unused_sibling_folder,
    workspace_folder,
    write_base,
    write_binding,
)
from workbench.core.errors import WorkbenchError
from workbench.core.files import copy_private, explaining, make_private_folder
from workbench.core.jobs import JobContext
from workbench.core.messages import _

__all__ = [
    "CodeSource",
    "LocalChanges",
    "Workspace",
    "local_changes",
    "open_workspace",
    "refuse_images",
    "take_deployed",
    "workspace_folder",
]

_log = logging.getLogger(__name__)
_OFFER = "offer"
_MAX_ENTRIES = 100_000
"""Lambda's limit is 250 MB unpacked. A folder with more files is a home folder or a whole disk."""


@dataclass(frozen=True, slots=True)
class FolderPreview:
    """The consequences of using a folder, before it is bound.

    Attributes:
        differences: Its files that differ from the deployed package, which the next deploy would change.
        left_out: Folders and files in it that are never packed, or that its patterns exclude.
        secrets: Folders and files in it that are excluded because they look like secrets.
        prepared: The new workspace, complete except for its binding.
    """

    folder: Path
    differences: tuple[TreeEntry, ...]
    left_out: tuple[str, ...]
    secrets: tuple[str, ...]
    prepared: Path

    def count(self, change: FileChange) -> int:
        return sum(entry.change is change for entry in self.differences)


def inspect_folder(source: CodeSource, root_dir: Path, chosen: Path, ctx: JobContext) -> FolderPreview:
    """Compares the folder that the user chose with the deployed code, and prepares its use.

    Raises WorkbenchError if the folder cannot be used; or as for `download` and `unpack`. After Cancel:
    nothing has changed.

    Args:
        source: Must be up to date.
        root_dir: The folder of all workspaces.
    """
    folder = _checked_folder(chosen, root_dir, ctx)
    bound = bound_workspace_folder(root_dir, source)
    recover_swap(bound)
    prepared = _prepare(source, root_dir, ctx)
    try:
        workspace = Workspace(prepared, read_base(prepared), folder)
        left_out = stays_out_by(folder, workspace.rules(""))
        entries = workspace.tree(ctx)
        out = [entry for entry in entries if not entry.packed]
        secrets = [entry.path for entry in out if left_out(entry.path, entry.kind) == LOOKS_LIKE_SECRET]
    except BaseException:
        shutil.rmtree(prepared, ignore_errors=True)
        raise
    return FolderPreview(
        folder,
        tuple(entry for entry in entries if entry.change is not FileChange.SAME),
        tuple(path for path in topmost(entry.path for entry in out) if path not in secrets),
        topmost(secrets),
        prepared,
    )


def use_folder(offer: FolderPreview) -> None:
    """Makes the folder the function's code.

    Raises WorkbenchError: the disk refuses. The earlier choice is kept.
    """
    bound = offer.prepared.with_name(offer.prepared.name.removesuffix(f".{_OFFER}"))
    with explaining(_("The folder is not in use."), bound):
        read_base(offer.prepared)
        write_binding(offer.prepared, offer.folder)
        swap_in(offer.prepared, bound)


def keep_folder(
    built: Workspace, package: Package, source: CodeSource, root_dir: Path, ctx: JobContext
) -> None:
    """Makes a folder the code of the function that was just created from it, with everything as deployed.

    Args:
        built: The folder as the workspace that the package was built in (`folder_workspace`).
        package: What was deployed.
        source: The new function.
        root_dir: The folder of all workspaces.

    Raises:
        WorkbenchError: The folder cannot be a function's code (`inspect_folder`), or the disk refuses.
        Cancelled: Nothing has changed.
    """
    folder = _checked_folder(built.root, root_dir, ctx)
    bound = bound_workspace_folder(root_dir, source)
    recover_swap(bound)
    new = sibling_folder(bound, _OFFER)
    try:
        with explaining(_("The folder is not in use."), new):
            copy_private(package.path, _empty_packages(new) / package_name_of(package.code_sha256))
            built.copy_settings(new)
            write_base(new, replace(source.base(package.contents), code_sha256=package.code_sha256))
            write_binding(new, folder)
            swap_in(new, bound)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def discard_offer(offer: FolderPreview) -> None:
    """Removes what was prepared for a folder that the user does not want."""
    shutil.rmtree(offer.prepared, ignore_errors=True)


def use_deployed_code(source: CodeSource, root_dir: Path) -> None:
    """Returns to the function's own workspace, which is unchanged."""
    drop_binding(bound_workspace_folder(root_dir, source))


def _open_local_folder(source: CodeSource, root_dir: Path, folder: Path, ctx: JobContext) -> Workspace:
    """Opens the folder that a function is bound to. Its files are never replaced by what is deployed.

    If other code is deployed than this workspace knows, the user must resolve the conflict (`stale`), unless
    it was sent from here, or equals the folder's content. Raises WorkbenchError if the folder does not exist.
    After Cancel: nothing has changed.
    """
    if not folder.is_dir():
        raise WorkbenchError(
            _("The folder with the code of {function_name} does not exist.").format(
                function_name=source.function_name
            ),
            _("It was {folder}.").format(folder=folder),
            _("Restore it and try again, choose another folder, or use the deployed code."),
            action="code.use_folder",
        )
    bound = bound_workspace_folder(root_dir, source)
    recover_swap(bound)
    try:
        workspace = Workspace.load(bound)
    except (FileNotFoundError, WorkbenchError) as error:
        workspace = _rebuild(source, root_dir, folder, ctx)
        _log.warning("%s was made anew: %s", bound, error)
    workspace.deployed_sha256 = source.code_sha256
    if workspace.stale and (sent := workspace.kept_package(source.code_sha256, ctx)):
        workspace.adopt(sent, source.revision_id, now())
    if workspace.stale:
        _adopt_if_same(workspace, source, root_dir, ctx)
    return workspace


def _adopt_if_same(workspace: Workspace, source: CodeSource, root_dir: Path, ctx: JobContext) -> None:
    """Avoids a conflict if another program, such as a build server, has deployed exactly these files."""
    try:
        prepared = _prepare(source, root_dir, ctx)
    except WorkbenchError as error:
        _log.info("what is deployed was not compared with %s: %s", workspace.root, error)
        return  # it opens anyway, in conflict
    try:
        with explaining(_("The workspace could not be opened."), workspace.folder):
            base = read_base(prepared)
            arrived = prepared / "packages" / package_name_of(base.code_sha256)
            entries = workspace.tree_against(base.contents, arrived, ctx)
            if all(entry.change is FileChange.SAME for entry in entries):
                package = arrived.replace(workspace.packages / arrived.name)
                theirs = Package(package, base.code_sha256, package.stat().st_size, base.contents)
                workspace.adopt(theirs, source.revision_id, base.when)
    finally:
        shutil.rmtree(prepared, ignore_errors=True)


def _rebuild(source: CodeSource, root_dir: Path, folder: Path, ctx: JobContext) -> Workspace:
    """Starts from what is deployed now, because the data about the deployed code was damaged."""
    bound = bound_workspace_folder(root_dir, source)
    prepared = _prepare(source, root_dir, ctx)
    write_binding(prepared, folder)
    keep_damaged(bound)
    swap_in(prepared, bound)
    return Workspace.load(bound)


def _prepare(source: CodeSource, root_dir: Path, ctx: JobContext) -> Path:
    """A workspace without files: the deployed package, downloaded unless it is here, and its contents."""
    refuse_images(source)
    bound = bound_workspace_folder(root_dir, source)
    new = sibling_folder(bound, _OFFER)
    try:
        with explaining(_("The folder is not in use."), new):
            arrived = _empty_packages(new) / "arriving"
            if (kept := _kept_package(source, root_dir)) is not None:
                copy_private(kept, arrived)
            else:
                download_code(source, arrived, ctx)
            contents = read_contents(arrived, ctx)
            arrived.replace(arrived.with_name(package_name_of(source.code_sha256)))
            write_patterns(new, "\n".join(read_patterns(bound).lines or PROJECT_PATTERNS))
            write_base(new, source.base(contents))
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return new


def _empty_packages(new: Path) -> Path:
    """Makes the folder of packages of a new workspace. Raises OSError."""
    shutil.rmtree(new, ignore_errors=True)
    make_private_folder(new / "packages")
    return new / "packages"


def _kept_package(source: CodeSource, root_dir: Path) -> Path | None:
    """The deployed zip, if one of the function's workspaces has it intact."""
    for folder in (workspace_folder(root_dir, source), bound_workspace_folder(root_dir, source)):
        if kept := PackageFolder(folder / "packages").find_intact(source.code_sha256):
            return kept
    return None


def _checked_folder(chosen: Path, root_dir: Path, ctx: JobContext) -> Path:
    what = _("{chosen} cannot be used for the function's code.").format(chosen=chosen)
    try:
        folder = chosen.resolve(strict=True)
        is_folder, is_readable = folder.is_dir(), os.access(folder, os.R_OK | os.X_OK)
        home = Path.home().resolve()
    except (OSError, RuntimeError) as error:
        raise WorkbenchError(
            what, _("It cannot be opened: {error}.").format(error=error), _("Choose another folder.")
        ) from error
    ours = root_dir.resolve()
    why = ""
    if not is_folder:
        why = _("It is not a folder.")
    elif not is_readable:
        why = _("You do not have permission to read it.")
    elif folder == home or home.is_relative_to(folder):
        why = _("It contains your home folder.")
    elif folder.is_relative_to(ours) or ours.is_relative_to(folder):
        why = _("Workbench stores its own files there.")
    if not why:
        for number, __ in enumerate(walk(folder, only_packed=True), 1):
            if number > _MAX_ENTRIES:
                why = _("It contains more than {max_entries:,} files and folders.").format(
                    max_entries=_MAX_ENTRIES
                )
                break
            if number % 1000 == 0:
                ctx.progress(0, 0, _("Reading {chosen}").format(chosen=chosen))
    if why:
        raise WorkbenchError(what, why, _("Choose the folder that contains the handler's file."))
    return folder


_MANY_FILES = 1_000
_MANY_BYTES = 32 << 20
"""Above this size unpacking takes long enough to show the code before it is finished."""
_UNPACK_TIMEOUT_S = 10  # between the last byte and the workspace


class UnpackingWorkspace(Workspace):
    """A workspace that is being unpacked, for display: nothing of it can be changed, and its folder is empty.

    Attributes:
        became: The finished workspace, once it is shown.
    """

    def __init__(self, folder: Path, base: Base) -> None:
        super().__init__(folder, base)
        self.became: Workspace | None = None
        self._archive: zipfile.ZipFile | None = None
        self._members: dict[str, Member] = {}
        self._folders: frozenset[str] = frozenset()
        self._reading = threading.Lock()
        self._ended = threading.Event()

    def show(
        self, ctx: JobContext, archive: zipfile.ZipFile, members: Sequence[Member], folders: Collection[str]
    ) -> None:
        """Takes an open package with safe names; emits this object if it is large."""
        size = sum(member.info.file_size for member in members)
        if len(members) >= _MANY_FILES or size >= _MANY_BYTES:
            self._archive, self._folders = archive, frozenset(folders)
            self._members = {member.path: member for member in members}
            ctx.emit(self)

    def release_zip(self) -> None:
        """Stops reading the zip, which may then be moved; readers wait for `finish`."""
        with self._reading:
            self._archive, self._members, self._folders = None, {}, frozenset()

    def finish(self) -> None:
        """Called when the files are in place, or will never be."""
        self.release_zip()
        self._ended.set()

    @property
    def read_only(self) -> bool:
        return True

    def tree(self, ctx: JobContext) -> tuple[TreeEntry, ...]:
        ctx.check()
        entries = [TreeEntry(path, EntryKind.FOLDER, packed=not never_packed(path)) for path in self._folders]
        entries.extend(
            TreeEntry(
                path, EntryKind.FILE, member.info.file_size, member.executable, packed=not never_packed(path)
            )
            for path, member in self._members.items()
        )
        return in_order(entries)

    def drafts(self) -> tuple[Draft, ...]:
        return ()

    def draft(self, path: str) -> Draft | None:
        return None

    def read(self, path: str) -> Document:
        with self._reading:
            archive, member = self._archive, self._members.get(path)
            if archive is not None and member is not None:
                try:
                    return _read(archive, member)
                except WorkbenchError:
                    if archive.fp is not None:
                        raise  # otherwise everything is unpacked, and the zip was just closed
        self._ended.wait(_UNPACK_TIMEOUT_S)
        return super().read(path)


class FollowedWorkspace(Workspace):
    """A working copy that another window owns, for display: its saved files, without unsaved edits."""

    @property
    def read_only(self) -> bool:
        return True

    def refusal(self, what: str) -> WorkbenchError:
        error = edited_elsewhere(self.base.function_name)
        error.what = what
        return error

    def drafts(self) -> tuple[Draft, ...]:
        return ()

    def draft(self, path: str) -> Draft | None:
        return None


def follow_workspace(source: CodeSource, root_dir: Path) -> FollowedWorkspace:
    """Opens the working copy of a function that another window owns, and changes nothing on disk.

    Raises WorkbenchError if it is not there yet, or cannot be read.
    """
    folder = bound_workspace_folder(root_dir, source)
    if (local := read_binding(folder)) is None:
        folder = workspace_folder(root_dir, source)
    try:
        workspace = FollowedWorkspace(folder, read_base(folder), local)
    except FileNotFoundError as error:
        raise WorkbenchError(
            _("The code of {function_name} could not be opened.").format(function_name=source.function_name),
            _("Another Workbench window is just opening it."),
            _("Try again in a moment."),
        ) from error
    workspace.deployed_sha256 = source.code_sha256
    return workspace


def is_unpacked(before: Workspace | None, now: Workspace) -> bool:
    """Whether a workspace is the finished form of another one, which is updated."""
    if not isinstance(before, UnpackingWorkspace) or before.folder != now.folder:
        return False
    before.became = now
    return True


def current_workspace(workspace: Workspace) -> Workspace:
    """The workspace, or its finished form."""
    return workspace.became or workspace if isinstance(workspace, UnpackingWorkspace) else workspace


def _read(archive: zipfile.ZipFile, member: Member) -> Document:
    size = member.info.file_size
    try:
        if size > HUGE_BYTES:
            with archive.open(member.info) as source:
                return Document(FileKind.HUGE, "", size, head=source.read(HEAD_BYTES))
        return decode(b"".join(chunks(archive, member.info)))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError) as error:
        raise WorkbenchError(
            _("{path} could not be read.").format(path=member.path),
            _("The .zip file is damaged: {error}.").format(error=error),
        ) from error


def open_workspace(source: CodeSource, root_dir: Path, ctx: JobContext) -> Workspace:
    """Opens the code of a function that is up to date: from disk, or by a download.

    - Bound to a local folder: that, whatever is deployed (`_open_local_folder`).
    - Here, and the deployed code is the same: opened unchanged, nothing is downloaded.
    - Here, unchanged, and other code is deployed: replaced by that.
    - Here, with changes or drafts, and other code is deployed: opened unchanged, and `stale`.
    - Here, and the deployed code is a package that was sent from here (the program was killed while it
      deployed): that package is the base now.

    `ctx` emits an `UnpackingWorkspace` while a large package is being unpacked. What was here is kept if it
    raises. Raises WorkbenchError if it is a container image; or as for `download` and `unpack`.
    """
    folder = workspace_folder(root_dir, source)
    if source.version == LATEST and (local := read_binding(bound_workspace_folder(root_dir, source))):
        return _open_local_folder(source, root_dir, local, ctx)
    recover_swap(folder)
    try:
        workspace = Workspace.load(folder)
    except FileNotFoundError:
        return _fetch(source, folder, ctx)
    except WorkbenchError as error:
        kept = keep_damaged(folder)
        _log.warning("%s It is kept as %s.", error, kept)
        fresh = _fetch(source, folder, ctx)
        fresh.notes += (_("The earlier working copy was damaged. It is kept in {kept}.").format(kept=kept),)
        return fresh
    workspace.deployed_sha256 = source.code_sha256
    if not workspace.stale:
        return workspace
    if sent := workspace.kept_package(source.code_sha256, ctx):
        workspace.adopt(sent, source.revision_id, now())
        return workspace
    if workspace.is_clean(ctx):
        return _fetch(source, folder, ctx)
    return workspace


def take_deployed(source: CodeSource, root_dir: Path, ctx: JobContext) -> Workspace:
    """Starts again from what is deployed. Changes and drafts are moved to a folder that `notes` names.

    A local folder is no longer used, and not changed. Raises as `open_workspace` does.
    """
    folder = workspace_folder(root_dir, source)
    recover_swap(folder)
    kept = None if _holds_nothing(folder, ctx) else unused_sibling_folder(folder, "mine")
    workspace = _fetch(source, folder, ctx, kept)
    if kept is not None:
        workspace.notes += (_("Your changes are kept in {kept}.").format(kept=kept / "files"),)
    bound = bound_workspace_folder(root_dir, source)
    if source.version == LATEST and (local := read_binding(bound)):
        drop_binding(bound)
        workspace.notes += (
            _("Your code is still in {local}. Use Local Folder… to open it again.").format(local=local),
        )
    return workspace


@dataclass(frozen=True, slots=True)
class LocalChanges:
    """What of a function's code on this computer is not deployed; nothing without a workspace.

    Attributes:
        saved: See `Workspace.undeployed`.
        has_drafts: Whether a file has edits that are not saved.
    """

    saved: tuple[str, ...] = ()
    has_drafts: bool = False


def local_changes(source: CodeSource, root_dir: Path, ctx: JobContext) -> LocalChanges:
    """Compares a function's code on this computer with what is deployed.

    Only reads: the workspace may be open, or being created, at the same time, and the link of the source
    expired. Raises WorkbenchError if the workspace is damaged or cannot be read.
    """
    workspace = _existing(source, root_dir)
    if workspace is None:
        return LocalChanges()
    return LocalChanges(workspace.undeployed(ctx), bool(workspace.drafts()))


def _existing(source: CodeSource, root_dir: Path) -> Workspace | None:
    """The workspace of a function as it is on disk; None if there is none, or its local folder is missing."""
    folder = bound_workspace_folder(root_dir, source)
    if (local := read_binding(folder)) is None:
        folder = workspace_folder(root_dir, source)
    try:
        workspace = Workspace(folder, read_base(folder), local)
    except FileNotFoundError:
        return None
    return workspace if workspace.root.is_dir() else None


def _fetch(source: CodeSource, folder: Path, ctx: JobContext, kept: Path | None = None) -> Workspace:
    """Builds a workspace and replaces the current one, which is moved to `kept` if given.

    Emits an `UnpackingWorkspace` while a large package is unpacked.
    """
    refuse_images(source)
    new = sibling_folder(folder, "new")
    ahead = UnpackingWorkspace(folder, source.base(Contents()))
    try:
        with explaining(_("The workspace could not be created."), folder):
            arrived = _empty_packages(new) / "arriving"
            (new / "drafts").mkdir(mode=0o700)
            download_code(source, arrived, ctx)
            contents = unpack(arrived, new / "files", ctx, examined=partial(ahead.show, ctx))
            ahead.release_zip()
            arrived.replace(arrived.with_name(package_name_of(source.code_sha256)))
            write_base(new, source.base(contents))
            ctx.check()
            swap_in(new, folder, kept)
    finally:
        ahead.finish()
        shutil.rmtree(new, ignore_errors=True)
    return Workspace.load(folder)


def _holds_nothing(folder: Path, ctx: JobContext) -> bool:
    """Whether everything in a workspace can be downloaded from AWS again."""
    try:
        return Workspace.load(folder).is_clean(ctx)
    except (FileNotFoundError, WorkbenchError):
        return not folder.exists()  # damaged, so unknown
