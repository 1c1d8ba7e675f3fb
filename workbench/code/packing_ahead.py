"""Packs an open workspace in advance, while nobody waits, so that a deploy finds its package ready."""

from workbench.code.dependencies.use import Standing
from workbench.code.working_copy import Workspace
from workbench.core.jobs import JobContext


def pack_ahead(workspace: Workspace, ctx: JobContext) -> None:
    """Packs what `Workspace.package` would pack now, unless dependencies would have to be installed for it.

    Errors as there. They matter to nobody before a package is wanted.
    """
    dependencies = workspace.dependencies
    if dependencies.status(workspace.base).standing is not Standing.CHANGED:
        workspace.packer.get_ready(ctx, workspace.rules(dependencies.folder_to_pack(workspace.base, ctx)))
