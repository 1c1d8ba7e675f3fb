"""One function's code on this machine, laid out so that a kill at any moment loses nothing.

    <root>/<account>/<region>/<function>/     ("<function>@7" for a version, which is read-only)
        base.json    what is deployed as far as we know: hash, revision, every file's hash
        packages/    the deployed zip, byte for byte; during a deploy also the one being sent
        files/       the working files: what Save writes and Deploy packs
        drafts/      typing that is not saved yet (drafts.py)
        scratch/     unfinished writes; emptied at every opening
    <function>.mine-1/    a whole workspace that made room for what somebody else deployed (`take_deployed`)
    <function>.local/     a second workspace, with the files of a folder of the person's (local_folder.py)

Every change is one replaced file, so each is done or not done:
- typing writes a draft; Save writes the file, then drops the draft: between the two, both hold the same text;
- a deploy packs into packages/, and once AWS has it a new base.json makes that zip the base (`adopt`);
- another base is built as a whole folder beside this one, and the two folders change places.

Owns: making, opening and exchanging workspaces. working_copy.py works on one. Must not know: AWS; it is told
what is deployed and given a link.
"""

import logging
import shutil
from functools import partial
from pathlib import Path

from workbench.code.arriving import Arriving
from workbench.code.base import LATEST, read_base, write_base
from workbench.code.binding import drop_binding, read_binding
from workbench.code.contents import Contents
from workbench.code.download import download
from workbench.code.exchange import beside, exchange, set_aside, settle, unused_beside
from workbench.code.local_folder import open_local_folder
from workbench.code.package import package_name_of
from workbench.code.source import CodeSource, bound_workspace_folder, refuse_images, workspace_folder
from workbench.code.unpack import unpack
from workbench.code.working_copy import Workspace
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, make_private_folder
from workbench.core.jobs import JobContext

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
        ctx: The job; emits an `Arriving` while a large package is being unpacked.
        clock: Tells when.

    Raises:
        WorkbenchError: A container image; or the errors of `download` and `unpack`. What was here remains.
        Cancelled: The same.
    """
    folder = workspace_folder(root_dir, source)
    clock = clock or SystemClock()
    if source.version == LATEST and (local := read_binding(bound_workspace_folder(root_dir, source))):
        return open_local_folder(source, root_dir, local, ctx, clock)
    settle(folder)
    try:
        workspace = Workspace.load(folder)
    except FileNotFoundError:
        return _fetch(source, folder, ctx, clock)
    except WorkbenchError as error:
        kept = set_aside(folder)
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
    settle(folder)
    kept = None if _holds_nothing(folder, ctx) else unused_beside(folder, "mine")
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

    Emits an `Arriving` while a large package is unpacked.
    """
    refuse_images(source)
    new = beside(folder, "new")
    ahead = Arriving(folder, source.base(source.code_sha256, Contents(), clock))
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
        ahead.leave_zip()
        arrived.replace(packages / package_name_of(got.code_sha256))
        write_base(new, source.base(got.code_sha256, contents, clock))
        ctx.check()
        exchange(new, folder, kept)
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be created.", folder) from error
    finally:
        ahead.end()
        shutil.rmtree(new, ignore_errors=True)
    return Workspace.load(folder)


def _holds_nothing(folder: Path, ctx: JobContext) -> bool:
    """Whether all that is in a workspace can be had from AWS again."""
    try:
        return Workspace.load(folder).is_clean(ctx)
    except (FileNotFoundError, WorkbenchError):
        return not folder.exists()  # damaged: who knows
