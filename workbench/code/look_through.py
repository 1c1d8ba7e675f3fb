"""The X-ray of a workspace: what its next package would consist of, as things stand."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.code.contents import Contents
from workbench.code.dependencies.inventory import Inventory, PackedFile, take_inventory
from workbench.code.dependencies.native import may_be_compiled
from workbench.code.dependencies.target import Target
from workbench.code.dependencies.use import DependencyState, Status
from workbench.code.dependencies.xray import XRay, examine, what_cannot_load
from workbench.code.package.scan import scan
from workbench.code.packing_ahead import pack_ahead
from workbench.code.syntax import Problem
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
    workspace: Workspace,
    target: Target,
    handler: str,
    layers: Sequence[str],
    ctx: JobContext,
    *,
    pack: bool = True,
) -> Look:
    """Looks through what would be packed. Installs nothing.

    Args:
        workspace: The code.
        target: What it runs on.
        handler: As configured.
        layers: ARNs of the function's layers.
        ctx: The job.
        pack: Make the package too, which tells its size, and which the next deploy need not make.

    Raises:
        WorkbenchError: Something cannot be packed, or a declaration cannot be read.
        Cancelled: In between.
    """
    status = workspace.dependencies.status(workspace.base)
    is_ready = status.state is not DependencyState.CHANGED
    folder = workspace.dependencies.folder_to_pack(workspace.base, ctx) if is_ready else ""
    inventory = _inventory(workspace, folder, ctx)
    packed_bytes = None
    if pack and is_ready:  # else the next package, of all, would have to be made from nothing
        with contextlib.suppress(WorkbenchError):  # too large: a finding says so
            packed_bytes = workspace.packer.get_ready(ctx, workspace.rules(folder)).size_bytes
    layer = workspace.dependencies.installed() if status.state is DependencyState.IN_LAYER else None
    xray = examine(
        inventory, target, handler, bool(layers), packed_bytes, ctx,
        layer_bytes=layer.found.size_bytes if layer else 0,
    )  # fmt: skip
    return Look(xray, status)


def check_compiled(workspace: Workspace, target: Target, ctx: JobContext) -> tuple[Problem, ...]:
    """What is compiled for something else and would be sent now. Dependencies to be installed yet will fit.

    Errors as `look_through`.
    """
    status = workspace.dependencies.status(workspace.base)
    installed = workspace.dependencies.installed() if status.state is DependencyState.READY else None
    dependencies = str(installed.root) if installed else ""
    contents = pack_ahead(workspace, ctx) if workspace.packer.is_watching else None
    if contents is None:
        inventory = _inventory(workspace, dependencies, ctx)
    else:
        inventory = _compiled(workspace.root, dependencies, contents)
    findings = what_cannot_load(inventory, target, ctx)
    return tuple(Problem("", 0, 0, finding.what) for finding in findings)


def _compiled(root: Path, dependencies: str, contents: Contents) -> Inventory:
    """Of a package that is made: what may be compiled, and the lists that tell whose it is."""
    files = contents.files
    wanted = [path for path, file in files.items() if may_be_compiled(path, file.executable)]
    if wanted:
        wanted += (path for path in files if path.endswith(("/RECORD", "/package.json")))
    return take_inventory(
        PackedFile(
            path,
            root / path if os.path.lexists(root / path) else Path(dependencies, path),
            files[path].size_bytes,
            files[path].executable,
        )
        for path in wanted
    )


def _inventory(workspace: Workspace, dependencies: str, ctx: JobContext) -> Inventory:
    found = scan(workspace.root, workspace.rules(dependencies), {}, ctx)
    return take_inventory(
        PackedFile(file.path, Path(workspace.root, file.source), file.size_bytes, file.executable)
        for file in found.new
    )
