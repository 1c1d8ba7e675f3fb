"""A function whose code lies in a folder of the user's: edited, searched, compared and deployed in place.

    <root>/<account>/<region>/<function>.local/     (.offer: what the user has not agreed to yet)
        binding.json             which folder; while it is there, the folder is used
        base.json, packages/, package-patterns     as in every workspace; at first the patterns of a project
        scratch/
    <root>/local/<hash of the folder's path>/drafts/      shared by all functions that use the folder

Nothing is ever copied into or out of the folder, nothing in it is touched but what the user changes. The
workspace of the deployed code stays next to this one, as it was left.
"""

import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.code.download import download
from workbench.code.package import (
    PROJECT_PATTERNS,
    Package,
    Rules,
    package_name_of,
    read_patterns,
    stays_out_by,
    write_patterns,
)
from workbench.code.secret_files import LOOKS_LIKE_SECRET
from workbench.code.tree import FileChange, HashCache, TreeEntry, hash_of, list_tree, walk
from workbench.code.unpack import read_contents
from workbench.code.working_copy import PackageFolder, Workspace
from workbench.code.workspace_store import (
    CodeSource,
    bound_workspace_folder,
    drop_binding,
    keep_damaged,
    read_base,
    recover_swap,
    refuse_images,
    sibling_folder,
    swap_in,
    workspace_folder,
    write_base,
    write_binding,
)
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import copy_private, explain_os_error, make_private_folder
from workbench.core.jobs import JobContext

_log = logging.getLogger(__name__)

_OFFER = "offer"
_MAX_ENTRIES = 100_000
"""Lambda takes 250 MB unpacked. A folder with more files than this is a home folder or a whole disk."""


@dataclass(frozen=True, slots=True)
class FolderPreview:
    """What using a folder would mean. Nothing is bound yet.

    Attributes:
        folder: The folder, links in its path resolved.
        differences: Its files that differ from the deployed package; what the next deploy would change.
        left_out: Folders and files in it that are never packed, or that its patterns keep out.
        secrets: Folders and files in it that stay out because they look like secrets.
        prepared: The workspace to be, complete but for its binding.
    """

    folder: Path
    differences: tuple[TreeEntry, ...]
    left_out: tuple[str, ...]
    secrets: tuple[str, ...]
    prepared: Path

    def count(self, change: FileChange) -> int:
        """How many files differ in one way."""
        return sum(entry.change is change for entry in self.differences)


def inspect_folder(
    source: CodeSource,
    root_dir: Path,
    chosen: Path,
    ctx: JobContext,
    clock: Clock | None = None,
) -> FolderPreview:
    """Compares a folder with the deployed code, and prepares its use.

    Args:
        source: The function, as just observed.
        root_dir: Where all workspaces lie.
        chosen: What the user has chosen.
        ctx: The job.
        clock: Tells when.

    Raises:
        WorkbenchError: It is no folder that can be used; or the errors of `download` and `unpack`.
        Cancelled: Nothing has changed.
    """
    folder = _checked_folder(chosen, root_dir, ctx)
    bound = bound_workspace_folder(root_dir, source)
    recover_swap(bound)
    prepared = _prepare(source, root_dir, ctx, clock or SystemClock())
    try:
        contents = Workspace.load(prepared).base.contents
        left_out = stays_out_by(folder, Rules(read_patterns(prepared), in_project=True))
        entries = list_tree(folder, contents, frozenset(), ctx, HashCache(hash_of), left_out)
        out = [entry for entry in entries if not entry.packed]
        secrets = [entry.path for entry in out if left_out(entry.path, entry.kind) == LOOKS_LIKE_SECRET]
    except BaseException:
        shutil.rmtree(prepared, ignore_errors=True)
        raise
    return FolderPreview(
        folder,
        tuple(entry for entry in entries if entry.change is not FileChange.SAME),
        _topmost(path for path in _topmost(entry.path for entry in out) if path not in secrets),
        _topmost(secrets),
        prepared,
    )


def use_folder(offer: FolderPreview) -> None:
    """From here on the folder holds the function's code.

    Raises:
        WorkbenchError: The disk refuses. What was used before is used still.
    """
    bound = offer.prepared.with_name(offer.prepared.name.removesuffix(f".{_OFFER}"))
    try:
        read_base(offer.prepared)
        write_binding(offer.prepared, offer.folder)
        swap_in(offer.prepared, bound)
    except OSError as error:
        raise explain_os_error(error, "The folder is not in use.", bound) from error


def discard_offer(offer: FolderPreview) -> None:
    """The user did not want it after all."""
    shutil.rmtree(offer.prepared, ignore_errors=True)


def use_deployed_code(source: CodeSource, root_dir: Path) -> None:
    """From here on the function's code is that of its own workspace again, as it was left."""
    drop_binding(bound_workspace_folder(root_dir, source))


def open_local_folder(
    source: CodeSource, root_dir: Path, folder: Path, ctx: JobContext, clock: Clock
) -> Workspace:
    """Opens the folder that a function is bound to. Its files are never exchanged for what is deployed.

    When other code is deployed than this workspace knows, that is a conflict for the user to resolve
    (`stale`), unless it was sent from here, or is what the folder holds.

    Raises:
        WorkbenchError: The folder is not there.
        Cancelled: Nothing has changed.
    """
    if not folder.is_dir():
        raise WorkbenchError(
            f"The folder with the code of {source.function_name} does not exist.",
            f"It was {folder}.",
            "Restore it and try again, choose another folder, or use the deployed code.",
            action="code.use_folder",
        )
    bound = bound_workspace_folder(root_dir, source)
    recover_swap(bound)
    try:
        workspace = Workspace.load(bound)
    except (FileNotFoundError, WorkbenchError) as error:
        workspace = _rebuild(source, root_dir, folder, ctx, clock)
        _log.warning("%s was made anew: %s", bound, error)
    workspace.deployed_sha256 = source.code_sha256
    if workspace.stale and (sent := workspace.kept_package(source.code_sha256, ctx)):
        workspace.adopt(sent, source.revision_id, clock.now().isoformat())
    if workspace.stale:
        _adopt_if_same(workspace, source, root_dir, ctx, clock)
    return workspace


def _adopt_if_same(
    workspace: Workspace, source: CodeSource, root_dir: Path, ctx: JobContext, clock: Clock
) -> None:
    """When another program has deployed just these files, as a build server does, there is no conflict."""
    try:
        prepared = _prepare(source, root_dir, ctx, clock)
    except WorkbenchError as error:
        _log.info("what is deployed was not compared with %s: %s", workspace.root, error)
        return  # it opens all the same, in conflict
    try:
        base = read_base(prepared)
        if all(entry.change is FileChange.SAME for entry in workspace.tree_against(base.contents, ctx)):
            arrived = prepared / "packages" / package_name_of(base.code_sha256)
            package = arrived.replace(workspace.packages / arrived.name)
            size_bytes = package.stat().st_size
            theirs = Package(package, base.code_sha256, size_bytes, base.contents)
            workspace.adopt(theirs, source.revision_id, base.when)
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be opened.", workspace.folder) from error
    finally:
        shutil.rmtree(prepared, ignore_errors=True)


def _rebuild(source: CodeSource, root_dir: Path, folder: Path, ctx: JobContext, clock: Clock) -> Workspace:
    """What is known of the deployed code was damaged: it starts from what is deployed now."""
    bound = bound_workspace_folder(root_dir, source)
    prepared = _prepare(source, root_dir, ctx, clock)
    write_binding(prepared, folder)
    keep_damaged(bound)
    swap_in(prepared, bound)
    return Workspace.load(bound)


def _prepare(source: CodeSource, root_dir: Path, ctx: JobContext, clock: Clock) -> Path:
    """A workspace without files: the deployed package, from here if it is here, and what is in it."""
    refuse_images(source)
    new = sibling_folder(bound_workspace_folder(root_dir, source), _OFFER)
    complete = False
    try:
        shutil.rmtree(new, ignore_errors=True)
        packages = new / "packages"
        make_private_folder(packages)
        code_sha256 = source.code_sha256
        arrived = packages / "arriving"
        if (kept := _kept_package(source, root_dir)) is not None:
            copy_private(kept, arrived)
        else:
            code_sha256 = download(
                source.code_location, arrived, ctx, code_sha256=source.code_sha256, ca_bundle=source.ca_bundle
            ).code_sha256
        contents = read_contents(arrived, ctx)
        arrived.replace(packages / package_name_of(code_sha256))
        bound = bound_workspace_folder(root_dir, source)
        write_patterns(new, "\n".join(read_patterns(bound).lines or PROJECT_PATTERNS))
        write_base(new, source.base(code_sha256, contents, clock))
        complete = True
    except OSError as error:
        raise explain_os_error(error, "The folder is not in use.", new) from error
    finally:
        if not complete:
            shutil.rmtree(new, ignore_errors=True)
    return new


def _kept_package(source: CodeSource, root_dir: Path) -> Path | None:
    """The deployed zip, if one of the function's workspaces has it, whole."""
    for folder in (workspace_folder(root_dir, source), bound_workspace_folder(root_dir, source)):
        if kept := PackageFolder(folder / "packages").find_intact(source.code_sha256):
            return kept
    return None


def _topmost(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths, sorted as a tree is, without those below another one."""
    found: list[str] = []
    for path in paths:
        if not (found and path.startswith(f"{found[-1]}/")):
            found.append(path)
    return tuple(found)


def _checked_folder(chosen: Path, root_dir: Path, ctx: JobContext) -> Path:
    what = f"{chosen} cannot be used for the function's code."
    try:
        folder = chosen.resolve(strict=True)
        is_folder, is_readable = folder.is_dir(), os.access(folder, os.R_OK | os.X_OK)
        home = Path.home().resolve()
    except (OSError, RuntimeError) as error:
        raise WorkbenchError(what, f"It cannot be opened: {error}.", "Choose another folder.") from error
    ours = root_dir.resolve()
    why = ""
    if not is_folder:
        why = "It is not a folder."
    elif not is_readable:
        why = "You do not have permission to read it."
    elif folder == home or home.is_relative_to(folder):
        why = "It contains your home folder."
    elif folder.is_relative_to(ours) or ours.is_relative_to(folder):
        why = "Workbench stores its own files there."
    if not why:
        for number, _ in enumerate(walk(folder, only_packed=True), 1):
            if number > _MAX_ENTRIES:
                why = f"It contains more than {_MAX_ENTRIES:,} files and folders."
                break
            if number % 1000 == 0:
                ctx.progress(0, 0, f"Reading {chosen}")
    if why:
        raise WorkbenchError(what, why, "Choose the folder that contains the handler's file.")
    return folder
