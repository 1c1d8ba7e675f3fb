"""Packs an open workspace in advance, while nobody waits, so that a deploy finds its package ready."""

import os

from workbench.code.contents import Contents
from workbench.code.dependencies.use import DependencyState
from workbench.code.working_copy import Workspace
from workbench.core.jobs import JobContext


def pack_ahead(workspace: Workspace, ctx: JobContext) -> Contents | None:
    """Packs what `Workspace.package` would pack now.

    Returns:
        What is in it; None when dependencies would have to be installed for it.

    Errors as there. They matter to nobody before a package is wanted.
    """
    dependencies = workspace.dependencies
    if dependencies.status(workspace.base).state is DependencyState.CHANGED:
        return None
    rules = workspace.rules(dependencies.folder_to_pack(workspace.base, ctx))
    return workspace.packer.get_ready(ctx, rules).contents


def changed_files(workspace: Workspace, ctx: JobContext) -> list[str]:
    """The saved files that differ from the deployed package, as far as they would go into the next one.

    Where the packer watches, none but those that were touched are looked at. Errors as `pack_ahead`.
    """
    contents = pack_ahead(workspace, ctx) if workspace.packer.is_watching else None
    if contents is None:
        return [entry.path for entry in workspace.changes(ctx)]
    before, after = workspace.base.contents.files, contents.files
    differ = [path for path, file in after.items() if before.get(path) != file]
    differ += before.keys() - after.keys()
    return [path for path in differ if os.path.lexists(workspace.root / path)]
