"""Open files that another program has written: what changed, and drafts that conflict with it.

A draft knows the hash of the file that it was begun over (`Draft.over_sha256`). While the file has another
one, saving the draft would lose what the other program wrote; the user decides.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from workbench.code.drafts import Draft, Drafts
from workbench.code.line_changes import LineEdit, line_edits
from workbench.code.text import Document, FileKind, encode
from workbench.code.tree import Stamp, hash_of
from workbench.code.working_copy import WorkingFiles, Workspace
from workbench.core.errors import WorkbenchError

_UNKNOWN = "?"  # in place of a hash: no file has it


def has_edit_conflict(workspace: Workspace, path: str) -> bool:
    """Whether another program has written a file since its draft was begun.

    Raises:
        WorkbenchError: It cannot be read.
    """
    draft = workspace.draft(path)
    return draft is not None and _conflicts(workspace, draft)


def refuse_edit_conflicts(workspace: Workspace, paths: Iterable[str]) -> None:
    """Raises WorkbenchError when one of the files has an edit conflict: it must not be saved unasked."""
    for path in paths:
        if has_edit_conflict(workspace, path):
            raise WorkbenchError(
                f"{path} was not saved.",
                "Another program changed it after you began to edit it.",
                "Open it and choose Reload, Compare or Keep Mine.",
            )


def keep_mine(workspace: Workspace, path: str) -> None:
    """The user has seen what is on disk: the draft may replace it."""
    file = workspace.root / path
    _rebase_draft(workspace, path, hash_of(file) if file.is_file() else "")


def mark_edit_conflict(workspace: Workspace, path: str) -> None:
    """Its draft was begun over an older text than the file has now, whatever the draft itself says."""
    if not has_edit_conflict(workspace, path):
        _rebase_draft(workspace, path, _UNKNOWN)


def _rebase_draft(workspace: Workspace, path: str, over_sha256: str) -> None:
    if (draft := workspace.draft(path)) is not None:
        Drafts(workspace.drafts_folder).put(replace(draft, over_sha256=over_sha256))


def _conflicts(workspace: Workspace, draft: Draft) -> bool:
    file = WorkingFiles(workspace.root, workspace.folder / "scratch").locate(draft.path)
    if not file.is_file() or hash_of(file) == draft.over_sha256:
        return False
    data = file.read_bytes()
    try:
        return encode(draft.text, data, draft.path) != data
    except WorkbenchError:
        return True  # it is no text any more, or of an encoding that lacks a character


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What is known of a file.

    Attributes:
        stamp: Of the file when it was checked last; None before the first check, or when there was none.
        text: What it held, as far as that is known.
    """

    stamp: Stamp | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What a check found.

    Attributes:
        stamp: None: there is no such file.
        document: What it holds; None when it has not been written since the last check, or cannot be read.
        edits: Make of the known text what it holds now.
        has_edit_conflict: Its draft was begun over something else (of a first check only).
    """

    stamp: Stamp | None
    document: Document | None = None
    edits: tuple[LineEdit, ...] = ()
    has_edit_conflict: bool = False


def check_files(workspace: Workspace, known: Mapping[str, KnownFile]) -> dict[str, FileCheck]:
    """Checks files of a workspace, given by path with what is known of each. Only reads."""
    return {path: _check(workspace, path, about) for path, about in known.items()}


def _check(workspace: Workspace, path: str, known: KnownFile) -> FileCheck:
    try:
        about = os.lstat(workspace.root / path)
    except OSError:
        return FileCheck(None)
    if not stat.S_ISREG(about.st_mode):
        return FileCheck(None)
    stamp = (about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino)
    if stamp == known.stamp:
        return FileCheck(stamp)
    try:
        document = workspace.read(path)
        in_conflict = known.stamp is None and has_edit_conflict(workspace, path)
    except WorkbenchError:
        return FileCheck(None if not (workspace.root / path).exists() else known.stamp)
    edits: tuple[LineEdit, ...] = ()
    if document.kind is FileKind.TEXT and known.text is not None:
        edits = line_edits(known.text, document.text)
    return FileCheck(stamp, document, edits, in_conflict)
