"""What the job that opens a function's code does, and what it hands to the Code tab."""

from collections.abc import Callable
from dataclasses import dataclass

from workbench.code.workspace import Workspace, open_workspace
from workbench.core.jobs import JobContext
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.ui.file_nodes import Node, build_nodes
from workbench.ui.pages.code_facts import equip, handler_path, workspaces_dir
from workbench.ui.services import OpenFunction, Services


@dataclass(frozen=True, slots=True)
class Opened:
    """Code to show.

    Attributes:
        workspace: An `Arriving` first, where the package is large.
        nodes: Its files.
        handler: The path of the handler's file, or "".
        detail: The function as this code has it: of a published version, its own settings.
    """

    workspace: Workspace
    nodes: Node
    handler: str
    detail: FunctionDetail


def open_code(
    services: Services,
    function: OpenFunction,
    qualifier: str,
    opener: Callable[..., Workspace],
    ctx: JobContext,
) -> Opened:
    """Opens a function's code as it is now; emits what can be looked at earlier.

    What was read of the function before may be older than the last deploy, and its link has run out.

    Raises:
        WorkbenchError: Of `get_function` and of the opener, such as `open_workspace`.
        Cancelled: The same.
    """

    def opened(workspace: object) -> Opened:
        assert isinstance(workspace, Workspace)
        entries = workspace.tree(ctx)
        handler = handler_path(detail.handler, entries)
        return Opened(workspace, build_nodes(entries), handler, detail)

    detail = get_function(function.connection, function.detail.function_name, qualifier, ctx)
    source = code_source(detail, function.connection)
    workspace = opener(source, workspaces_dir(services), ctx.through(opened))
    equip(workspace, services, detail)
    return opened(workspace)


def way_in(
    function: OpenFunction,
    qualifier: str,
    opener: Callable[..., Workspace],
    in_deploy: Callable[[str], Workspace | None],
) -> tuple[Callable[..., Workspace], str]:
    """How a function's code is opened, and the lane for that.

    A dropped opening, or a deploy, may still be busy in the folder: its end is waited for. Moving an alias by
    shares can take an hour; the workspace that is being deployed is then opened as it is.
    """
    arn = function.detail.function_arn
    held = in_deploy(arn) if opener is open_workspace and not qualifier else None
    if held is None:
        return opener, f"write:{arn}"
    return lambda *_: held, ""
