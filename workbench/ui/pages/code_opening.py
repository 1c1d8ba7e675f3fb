"""Opening a function's code: its identity, its workspace, and what dependencies are installed for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.code.dependencies.declared import InstallConsent
from workbench.code.dependencies.store import DependencyStore
from workbench.code.dependencies.target import Target
from workbench.code.package import StreamStore
from workbench.code.tree import FileChange, TreeEntry
from workbench.code.workspace import Workspace, open_workspace
from workbench.code.workspace_store import LATEST
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.ui.file_nodes import Node, build_nodes
from workbench.ui.language_layers import all_imports
from workbench.ui.services import OpenFunction, Services

_EXTENSIONS = (".py", ".mjs", ".js", ".cjs", ".ts", ".rb")


def identity_of(detail: FunctionDetail) -> str:
    """Of the code: a version has its own."""
    return f"{detail.function_arn}:{detail.version}"


def qualifier_of(detail: FunctionDetail) -> str:
    """What GetFunction is asked for to get this again."""
    return "" if detail.version == LATEST else detail.version


def handler_path(handler: str, entries: Iterable[TreeEntry]) -> str:
    """The handler's file, as far as its name can be guessed from the configured handler; else empty."""
    paths = {entry.path for entry in entries if entry.change is not FileChange.DELETED}
    module = handler.rpartition(".")[0].replace(".", "/")
    return next((module + ending for ending in _EXTENSIONS if module + ending in paths), "")


def workspaces_dir(services: Services) -> Path:
    """Where all workspaces lie."""
    return services.paths.data_dir / "workspaces"


def equip(workspace: Workspace, services: Services, detail: FunctionDetail) -> None:
    """Gives a workspace what all functions share, and tells it what its function runs on now."""
    equip_for(workspace, services, target_of(detail), lambda: all_imports(services, detail))


def equip_for(
    workspace: Workspace,
    services: Services,
    target: Target,
    layers: Callable[[], Sequence[Path] | None] = lambda: (),
) -> None:
    """Gives a workspace what all functions share. Args as `WorkspaceDependencies.attach`."""
    cache_dir = services.paths.cache_dir
    workspace.packer.share(StreamStore(cache_dir / "package-streams"))
    store = DependencyStore(cache_dir / "dependencies", policy=services.policy)
    workspace.dependencies.attach(store, target, InstallConsent(services.settings), layers)


def target_of(detail: FunctionDetail) -> Target:
    """What dependencies are installed for."""
    return Target(detail.runtime, detail.architectures[0])


def version_cannot_change(version: str) -> WorkbenchError:
    """What changes or deploys code was asked for while a published version is shown."""
    why = _("Version {version} is published and cannot be changed.")
    return WorkbenchError(
        _("Not available for published versions."),
        why.format(version=version),
        _("Open $LATEST to edit and deploy."),
        action="code.latest",
    )


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


def opener_and_lane(
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
    return lambda *__: held, ""
