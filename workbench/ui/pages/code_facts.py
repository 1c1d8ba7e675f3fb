"""What the Code tab concludes from a function's description, and what it says when it cannot act."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from workbench.code.dependencies.consent import InstallConsent
from workbench.code.dependencies.store import DependencyStore
from workbench.code.dependencies.target import Target
from workbench.code.package import StreamStore
from workbench.code.tree import FileChange, TreeEntry
from workbench.code.workspace import Workspace
from workbench.code.workspace_store import LATEST
from workbench.core.errors import WorkbenchError
from workbench.functions.model import FunctionDetail
from workbench.ui.language_layers import all_imports
from workbench.ui.services import Services

_ENDINGS = (".py", ".mjs", ".js", ".cjs", ".ts", ".rb")


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
    return next((module + ending for ending in _ENDINGS if module + ending in paths), "")


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
    why = QCoreApplication.translate("CodePage", "Version %1 is published and cannot be changed.")
    return WorkbenchError(
        QCoreApplication.translate("CodePage", "Not available for published versions."),
        why.replace("%1", version),
        QCoreApplication.translate("CodePage", "Open $LATEST to edit and deploy."),
        action="code.latest",
    )
