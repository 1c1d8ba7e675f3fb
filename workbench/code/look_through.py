"""The X-ray of a workspace: what its next package would consist of, as things stand."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.code.dependencies.inventory import PackedFile, take_inventory
from workbench.code.dependencies.target import Target
from workbench.code.dependencies.use import Standing, Status
from workbench.code.dependencies.xray import XRay, examine
from workbench.code.package.scan import scan
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a workspace.

    Attributes:
        xray: Of the package as it would be built now; of dependencies that are to be installed yet, nothing.
        status: How the dependencies stand.
    """

    xray: XRay
    status: Status


def look_through(
    workspace: Workspace, target: Target, handler: str, layers: Sequence[str], ctx: JobContext
) -> Look:
    """Looks through what would be packed. Installs nothing.

    Args:
        workspace: The code.
        target: What it runs on.
        handler: As configured.
        layers: ARNs of the function's layers.
        ctx: The job.

    Raises:
        WorkbenchError: Something cannot be packed, or a declaration cannot be read.
        Cancelled: In between.
    """
    status = workspace.dependencies.status(workspace.base)
    is_ready = status.standing is not Standing.CHANGED
    folder = workspace.dependencies.folder_to_pack(workspace.base, ctx) if is_ready else ""
    rules = workspace.rules(folder)
    found = scan(workspace.root, rules, {}, ctx)
    inventory = take_inventory(
        PackedFile(file.path, Path(workspace.root, file.source), file.size_bytes, file.executable)
        for file in found.new
    )
    packed_bytes = None
    if is_ready:  # else the next package, of all, would have to be made from nothing
        with contextlib.suppress(WorkbenchError):  # too large: a finding says so
            packed_bytes = workspace.packer.pack(ctx, rules).size_bytes
    return Look(examine(inventory, target, handler, bool(layers), packed_bytes, ctx), status)
