"""Drafts over files that another program has written since: neither may replace the other unasked.

A draft knows the hash of the file that it was begun over (`Draft.over_sha256`). While the file has another
one, saving the draft would lose what the other program wrote; a person decides.
"""

from collections.abc import Iterable
from dataclasses import replace

from workbench.code.drafts import Draft, Drafts
from workbench.code.files import WorkingFiles
from workbench.code.text import encode
from workbench.code.tree import hash_of
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError

_UNKNOWN = "?"  # in place of a hash: no file has it


def is_overtaken(workspace: Workspace, path: str) -> bool:
    """Whether another program has written a file since its draft was begun.

    Raises:
        WorkbenchError: It cannot be read.
    """
    draft = workspace.draft(path)
    return draft is not None and _is_overtaken(workspace, draft)


def refuse_overtaken(workspace: Workspace, paths: Iterable[str]) -> None:
    """Raises WorkbenchError when one of the files is overtaken: it must not be saved as if nothing were."""
    for path in paths:
        if is_overtaken(workspace, path):
            raise WorkbenchError(
                f"{path} was not saved.",
                "Another program changed it after you began to edit it.",
                "Open it and choose Reload, Compare or Keep Mine.",
            )


def keep_mine(workspace: Workspace, path: str) -> None:
    """The person has seen what is on disk: the draft may replace it."""
    file = workspace.root / path
    _begin_over(workspace, path, hash_of(file) if file.is_file() else "")


def note_overtaken(workspace: Workspace, path: str) -> None:
    """Its draft was begun over an older text than the file has now, whatever the draft itself says."""
    if not is_overtaken(workspace, path):
        _begin_over(workspace, path, _UNKNOWN)


def _begin_over(workspace: Workspace, path: str, over_sha256: str) -> None:
    if (draft := workspace.draft(path)) is not None:
        Drafts(workspace.drafts_folder).put(replace(draft, over_sha256=over_sha256))


def _is_overtaken(workspace: Workspace, draft: Draft) -> bool:
    file = WorkingFiles(workspace.root, workspace.folder / "scratch").locate(draft.path)
    if not file.is_file() or hash_of(file) == draft.over_sha256:
        return False
    data = file.read_bytes()
    try:
        return encode(draft.text, data, draft.path) != data
    except WorkbenchError:
        return True  # it is no text any more, or of an encoding that lacks a character
