"""One function's code on this machine, laid out so that a kill at any moment loses nothing.

    <root>/<account>/<region>/<function>/     ("<function>@7" for a version, which is read-only)
        base.json    what is deployed as far as we know: hash, revision, every file's hash
        packages/    the deployed zip, byte for byte; during a deploy also the one being sent
        files/       the working files: what Save writes and Deploy packs
        drafts/      typing that is not saved yet (drafts.py)
        scratch/     unfinished writes; emptied at every opening
    <function>.mine-1/    a whole workspace that made room for what somebody else deployed (`take_deployed`)
    <function>.local/     a second workspace, with the files of a folder of the user's (local_folder.py)

Every change is one replaced file, so each is done or not done:
- typing writes a draft; Save writes the file, then drops the draft: between the two, both hold the same text;
- a deploy packs into packages/, and once AWS has it a new base.json makes that zip the base (`adopt`);
- another base is built as a whole folder next to this one, then the two swap places (workspace_store.py).

This module makes, opens and swaps workspaces; working_copy.py works on one. AWS is not asked here: a
`CodeSource` says what is deployed, and brings a link to it.
"""

import logging
import shutil
import threading
import zipfile
import zlib
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from workbench.code.contents import Contents
from workbench.code.download import download
from workbench.code.drafts import Draft
from workbench.code.local_folder import open_local_folder
from workbench.code.names import never_packed
from workbench.code.package import package_name_of
from workbench.code.text import HEAD_BYTES, HUGE_BYTES, Document, FileKind, decode
from workbench.code.tree import EntryKind, TreeEntry, in_order
from workbench.code.unpack import Member, chunks, unpack
from workbench.code.working_copy import Workspace
from workbench.code.workspace_store import (
    LATEST,
    Base,
    CodeSource,
    bound_workspace_folder,
    drop_binding,
    keep_damaged,
    read_base,
    read_binding,
    recover_swap,
    refuse_images,
    sibling_folder,
    swap_in,
    unused_sibling_folder,
    workspace_folder,
    write_base,
)
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, make_private_folder
from workbench.core.jobs import JobContext

_MANY_FILES = 1_000
_MANY_BYTES = 32 << 20
"""From here on unpacking takes long enough to be worth showing code twice."""
_UNPACK_TIMEOUT_S = 10  # between the last byte and the workspace


class UnpackingWorkspace(Workspace):
    """What will be a workspace soon, for a look: nothing of it can be changed, and nothing is in its folder.

    Attributes:
        became: The workspace that it is now, once there is one and it is shown.
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
        """Takes a package whose names were found safe; hands itself over, if it is large.

        Args:
            ctx: The job; this is the item that it emits.
            archive: Open for a while.
            members: Its files.
            folders: And all its folders.
        """
        size = sum(member.info.file_size for member in members)
        if len(members) >= _MANY_FILES or size >= _MANY_BYTES:
            self._archive, self._folders = archive, frozenset(folders)
            self._members = {member.path: member for member in members}
            ctx.emit(self)

    def release_zip(self) -> None:
        """From here on nobody reads the zip, which may move; whoever wants to, waits for `finish`."""
        with self._reading:
            self._archive, self._members, self._folders = None, {}, frozenset()

    def finish(self) -> None:
        """The files are in their place, or there are none."""
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
                path,
                EntryKind.FILE,
                member.info.file_size,
                member.executable,
                packed=not never_packed(path),
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
                        raise  # else all is unpacked, and the zip was just closed
        self._ended.wait(_UNPACK_TIMEOUT_S)
        return super().read(path)


def is_unpacked(before: Workspace | None, now: Workspace) -> bool:
    """Whether a workspace is what was arriving before, which is told so."""
    if not isinstance(before, UnpackingWorkspace) or before.folder != now.folder:
        return False
    before.became = now
    return True


def current_workspace(workspace: Workspace) -> Workspace:
    """The workspace, or what it has become."""
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
            f"{member.path} could not be read.", f"The .zip file is damaged: {error}."
        ) from error


__all__ = [
    "CodeSource",
    "Workspace",
    "open_workspace",
    "refuse_images",
    "saved_changes",
    "take_deployed",
    "workspace_folder",
]

_log = logging.getLogger(__name__)


def open_workspace(
    source: CodeSource, root_dir: Path, ctx: JobContext, clock: Clock | None = None
) -> Workspace:
    """Opens a function's code: what is here already, or a fresh download.

    - Bound to a local folder: that, whatever is deployed (`open_local_folder`).
    - Here, and the deployed code is the same: opened as it was left, nothing is downloaded.
    - Here, unchanged, and other code is deployed: replaced by that.
    - Here, with changes or drafts, and other code is deployed: opened as it was left, and `stale`.
    - Here, and the deployed code is a package that was sent from here (the program was killed while it
      deployed): that package is the base now.

    Args:
        source: The function, as just observed.
        root_dir: Where all workspaces lie.
        ctx: The job; emits an `UnpackingWorkspace` while a large package is being unpacked.
        clock: Tells when.

    Raises:
        WorkbenchError: A container image; or the errors of `download` and `unpack`. What was here remains.
        Cancelled: The same.
    """
    folder = workspace_folder(root_dir, source)
    clock = clock or SystemClock()
    if source.version == LATEST and (local := read_binding(bound_workspace_folder(root_dir, source))):
        return open_local_folder(source, root_dir, local, ctx, clock)
    recover_swap(folder)
    try:
        workspace = Workspace.load(folder)
    except FileNotFoundError:
        return _fetch(source, folder, ctx, clock)
    except WorkbenchError as error:
        kept = keep_damaged(folder)
        _log.warning("%s It is kept as %s.", error, kept)
        fresh = _fetch(source, folder, ctx, clock)
        fresh.notes += (f"The earlier working copy was damaged. It is kept in {kept}.",)
        return fresh
    workspace.deployed_sha256 = source.code_sha256
    if not workspace.stale:
        return workspace
    if sent := workspace.kept_package(source.code_sha256, ctx):
        workspace.adopt(sent, source.revision_id, clock.now().isoformat())
        return workspace
    if workspace.is_clean(ctx):
        return _fetch(source, folder, ctx, clock)
    return workspace


def take_deployed(
    source: CodeSource, root_dir: Path, ctx: JobContext, clock: Clock | None = None
) -> Workspace:
    """Starts again from what is deployed. Changes and drafts are set aside in a folder that `notes` names.

    A local folder is not used any more; it stays as it is.

    Errors as `open_workspace`.
    """
    folder = workspace_folder(root_dir, source)
    recover_swap(folder)
    kept = None if _holds_nothing(folder, ctx) else unused_sibling_folder(folder, "mine")
    workspace = _fetch(source, folder, ctx, clock or SystemClock(), kept)
    if kept is not None:
        workspace.notes += (f"Your changes are kept in {kept / 'files'}.",)
    bound = bound_workspace_folder(root_dir, source)
    if source.version == LATEST and (local := read_binding(bound)):
        drop_binding(bound)
        workspace.notes += (f"Your code is still in {local}. Use Local Folder… to open it again.",)
    return workspace


def saved_changes(source: CodeSource, root_dir: Path, ctx: JobContext) -> tuple[str, ...]:
    """The saved files of a function that differ from the deployed package; none without a workspace.

    Reads only: the workspace may be open, or being made, at the same time.

    Args:
        source: The function; its link may have expired.
        root_dir: Where all workspaces lie.
        ctx: The job.

    Raises:
        WorkbenchError: The workspace is damaged or not readable.
        Cancelled: Between two files.
    """
    folder = bound_workspace_folder(root_dir, source)
    if (local := read_binding(folder)) is None:
        folder = workspace_folder(root_dir, source)
    try:
        workspace = Workspace(folder, read_base(folder), local)
    except FileNotFoundError:
        return ()
    if not workspace.root.is_dir():
        return ()  # a local folder that is not there now
    return tuple(entry.path for entry in workspace.changes(ctx))


def _fetch(
    source: CodeSource,
    folder: Path,
    ctx: JobContext,
    clock: Clock,
    kept: Path | None = None,
) -> Workspace:
    """Builds a workspace, then puts it in the place of the present one, which goes to `kept`, if given.

    Emits an `UnpackingWorkspace` while a large package is unpacked.
    """
    refuse_images(source)
    new = sibling_folder(folder, "new")
    ahead = UnpackingWorkspace(folder, source.base(source.code_sha256, Contents(), clock))
    try:
        shutil.rmtree(new, ignore_errors=True)
        packages = new / "packages"
        make_private_folder(packages)
        (new / "drafts").mkdir(mode=0o700)
        arrived = packages / "arriving"
        got = download(
            source.code_location, arrived, ctx, code_sha256=source.code_sha256, ca_bundle=source.ca_bundle
        )
        contents = unpack(arrived, new / "files", ctx, examined=partial(ahead.show, ctx))
        ahead.release_zip()
        arrived.replace(packages / package_name_of(got.code_sha256))
        write_base(new, source.base(got.code_sha256, contents, clock))
        ctx.check()
        swap_in(new, folder, kept)
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be created.", folder) from error
    finally:
        ahead.finish()
        shutil.rmtree(new, ignore_errors=True)
    return Workspace.load(folder)


def _holds_nothing(folder: Path, ctx: JobContext) -> bool:
    """Whether all that is in a workspace can be had from AWS again."""
    try:
        return Workspace.load(folder).is_clean(ctx)
    except (FileNotFoundError, WorkbenchError):
        return not folder.exists()  # damaged: who knows
