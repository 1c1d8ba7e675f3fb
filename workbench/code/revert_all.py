"""Makes every file of a workspace what is deployed, whole or not at all, so that it can be undone."""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.code.aside import Aside, Removed
from workbench.code.drafts import Draft, Drafts
from workbench.code.file_operations import Operation
from workbench.code.tree import Change, EntryKind, TreeEntry
from workbench.code.workspace import Workspace
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext


@dataclass(frozen=True, slots=True)
class Differences:
    """The files that differ from the deployed code, what is typed and not saved included.

    Attributes:
        added: They are not deployed.
        changed: They are deployed otherwise.
        deleted: They are deployed and not here.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.added, *self.changed, *self.deleted)


def differences(workspace: Workspace, ctx: JobContext) -> Differences:
    """Looks for them. Raises WorkbenchError when the files cannot be read."""
    return _differences(workspace.tree(ctx), workspace.drafts())


def revert_all(workspace: Workspace, ctx: JobContext) -> Operation:
    """Reverts all files and drops what was typed. What stays out of the package stays as it is.

    Raises:
        WorkbenchError: The workspace is read-only, its kept package is damaged, or the disk refuses. Nothing
            has changed then.
        Cancelled: The same.
    """
    aside, drafts = Aside(workspace), workspace.drafts()
    aside.refuse_if_read_only()
    entries = workspace.tree(ctx)
    found = _differences(entries, drafts)
    folders = [entry.path for entry in entries if entry.kind is EntryKind.FOLDER]
    others = [draft for draft in drafts if draft.path not in found.paths]
    removed: list[Removed] = []
    try:
        for path in found.paths:
            removed.append(_take_out(workspace, aside, path))
        workspace.revert_all(ctx)
    except (WorkbenchError, Cancelled):
        if len(removed) == len(found.paths):  # it had begun to put files there
            _make_room(workspace, found)
        _put_back(workspace, aside, (*removed, *_typed(others)), folders)
        raise
    for draft in others:
        Drafts(workspace.drafts_folder).put(draft)

    def undo(ctx: JobContext) -> Operation:
        now = differences(workspace, ctx).paths
        if since := sorted(set(now).intersection(found.paths)):
            raise WorkbenchError(
                "The changes were not restored.",
                f"{since[0]} was changed since then.",
                "Revert that file, then undo again.",
            )
        _make_room(workspace, found)
        _put_back(workspace, aside, removed, folders)
        return Operation(
            lambda ctx: revert_all(workspace, ctx),
            made=found.added,
            gone=found.deleted,
            changed=found.changed,
        )

    return Operation(undo, made=found.deleted, gone=found.added, changed=found.changed)


def _differences(entries: Iterable[TreeEntry], drafts: Iterable[Draft]) -> Differences:
    found = {entry.path: entry.change for entry in entries if entry.packed}
    left_out = {entry.path for entry in entries if not entry.packed}
    for draft in drafts:
        if draft.path not in left_out and found.setdefault(draft.path, Change.ADDED) is Change.SAME:
            found[draft.path] = Change.CHANGED
    kinds = (Change.ADDED, Change.CHANGED, Change.DELETED)
    return Differences(*(tuple(path for path in found if found[path] is kind) for kind in kinds))


def _typed(drafts: Iterable[Draft]) -> list[Removed]:
    return [Removed(draft.path, None, (draft,)) for draft in drafts]


def _take_out(workspace: Workspace, aside: Aside, path: str) -> Removed:
    """A folder that is where a deployed file was stays: what is in it may be no difference."""
    if not _is_folder(workspace, path):
        return aside.take_out(path)
    drafts = tuple(draft for draft in workspace.drafts() if draft.path == path)
    for draft in drafts:
        workspace.drop_draft(draft.path)
    return Removed(path, None, drafts)


def _is_folder(workspace: Workspace, path: str) -> bool:
    place = workspace.root / path
    return place.is_dir() and not place.is_symlink()


def _make_room(workspace: Workspace, found: Differences) -> None:
    """Removes what was reverted. A folder stays: it is what kept a file from being put there."""
    for path in (*found.changed, *found.deleted):
        if not _is_folder(workspace, path):
            workspace.delete(path)


def _put_back(workspace: Workspace, aside: Aside, removed: Sequence[Removed], folders: Sequence[str]) -> None:
    """Puts back what was there; the folders are those that were there."""
    for each in removed:
        aside.put_back(each)
    for path in [each.path for each in removed]:
        while (path := path.rpartition("/")[0]) and path not in folders:
            with contextlib.suppress(OSError):  # it is not empty
                (workspace.root / path).rmdir()
    for folder in folders:
        with contextlib.suppress(OSError):  # an empty one that cannot be made is missed by nobody
            (workspace.root / folder).mkdir(parents=True, exist_ok=True)
