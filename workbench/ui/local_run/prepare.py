"""What a local run needs before it starts: code, layers, an identity. For jobs; knows no widget."""

from collections.abc import Callable
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.code.layers import fetch_whole_layer, lay_over
from workbench.code.package_contents import stage
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.layers import layer_content
from workbench.functions.model import FunctionDetail
from workbench.invoke.local import LocalCode, LocalIdentity
from workbench.invoke.run import LogLines

Connect = Callable[[JobContext], Connection | None]
"""Gives the connection whose credentials the function gets; None for a function without."""


def lay_out(
    workspace: Workspace,
    detail: FunctionDetail,
    connection: Connection,
    folder: Path,
    cache_dir: Path,
    ctx: JobContext,
) -> LocalCode:
    """Lays out code and layers. A layer that cannot be had is said in the log, and left out.

    Raises:
        WorkbenchError: As `stage`.
        Cancelled: At the next file.
    """
    task_root, opt = folder / "var/task", folder / "opt"
    stage(workspace, task_root, ctx)
    layers = []
    for arn in detail.layers:
        try:
            location, code_sha256 = layer_content(connection, arn)
            layers.append(
                fetch_whole_layer(connection, location, code_sha256, cache_dir / "local-layers", ctx)
            )
        except WorkbenchError as error:
            ctx.emit(LogLines(f"Workbench: runs without the layer {arn}. {error.why}\n"))
    if layers:
        lay_over(layers, opt, ctx)
    return LocalCode(folder, task_root, opt if layers else None)


def identity_of(connection: Connection | None) -> LocalIdentity:
    """As whom a function acts. Raises WorkbenchError when the credentials cannot be had."""
    if connection is None:
        return LocalIdentity()
    endpoint_url = connection.endpoint_url if connection.is_custom_endpoint else ""
    return LocalIdentity(connection.credentials(), endpoint_url)
