"""What would be deployed, and what was typed and not saved, laid out in a folder to be run from there.

The folder holds copies: a function may write into its own code, and dependencies in the store are for all.
Must not know: what runs it.
"""

import os
import shutil
from pathlib import Path

from workbench.code.package.scan import scan, stays_out_by
from workbench.code.text import encode
from workbench.code.tree import EntryKind
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext

_WHAT = "The code could not be prepared for a local run."


def stage(workspace: Workspace, target: Path, ctx: JobContext) -> None:
    """Lays out what the next package would hold, drafts included. Installs dependencies that have changed.

    Args:
        workspace: The code.
        target: The folder; must not exist.
        ctx: The job; progress is in files.

    Raises:
        WorkbenchError: As packing; the disk refuses; there is no code.
        Cancelled: The folder may be there, incomplete.
    """
    rules = workspace.rules(workspace.dependencies.folder_to_pack(workspace.base, ctx))
    found = scan(workspace.root, rules, {}, ctx)
    why_out = stays_out_by(workspace.root, rules)
    drafts = [draft for draft in workspace.drafts() if not why_out(draft.path, EntryKind.FILE)]
    if not found.new and not drafts:
        raise WorkbenchError(_WHAT, "There are no files.", "Create the handler's file first.")
    try:
        target.mkdir(parents=True)
        for folder in found.folders:
            (target / folder).mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(found.new):
            ctx.progress(number, len(found.new), "Preparing the code")
            copy = target / file.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(os.path.join(workspace.root, file.source), copy)
            copy.chmod(0o755 if file.executable else 0o644)
        for draft in drafts:
            copy = target / draft.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(encode(draft.text, copy.read_bytes() if copy.exists() else b"", draft.path))
    except OSError as error:
        raise explain_os_error(error, _WHAT, Path(error.filename or target)) from error
