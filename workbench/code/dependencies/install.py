"""Installs a function's declared dependencies (with uv for Python, npm for Node.js), and previews them.

A module of its own because it is loaded late: most sessions install nothing.
"""

import tempfile
from pathlib import Path

from workbench.code.dependencies.declared import Declaration, InstallPreview
from workbench.code.dependencies.npm import install_node, node_packages, node_registries
from workbench.code.dependencies.store import DependencyStore, Installed, InstalledFiles, key_of
from workbench.code.dependencies.target import Target
from workbench.code.dependencies.tool_process import uv_environment
from workbench.code.dependencies.uv import indexes, install_python, python_requirements, read_settings
from workbench.core.jobs import JobContext
from workbench.core.messages import _

_INSTALLERS = {"python": install_python, "nodejs": install_node}


def install(
    declaration: Declaration,
    target: Target,
    store: DependencyStore,
    ctx: JobContext,
    *,
    anew: bool = False,
) -> Installed:
    """Installs the dependencies for a target, unless they are in the store.

    Args:
        declaration: The function's declaration.
        target: The runtime and architecture.
        ctx: Cancel leaves the store unchanged.
        anew: Whether to install again: unlocked packages may have newer versions.

    Raises:
        WorkbenchError: As for `install_python`, `install_node` and `DependencyStore.fill`.
        Cancelled: Nothing has changed.
    """
    key = key_of(declaration, target)
    if not anew and (there := store.find(key)):
        return there

    ctx.progress(0, 0, _("Installing dependencies"))

    def run(root: Path, scratch: Path) -> InstalledFiles:
        return _INSTALLERS[target.language](declaration, target, root, scratch, ctx)

    return store.fill(key, target.language, run)


def preview_of(declaration: Declaration, target: Target, ctx: JobContext) -> InstallPreview:
    """The packages that would be installed. Accesses no network, and installs nothing.

    Raises:
        WorkbenchError: The declaration is refused.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-preview-", ignore_cleanup_errors=True) as folder:
        if target.language == "nodejs":
            locked = node_packages(declaration)
            sources = node_registries(locked, Path(folder), ctx)
            packages = tuple(dict.fromkeys(f"{each.name} {each.version}" for each in locked))
            return InstallPreview(declaration.path, declaration.digest, packages, (), sources)
        asked = python_requirements(declaration, target, Path(folder), ctx)
        sources = indexes(read_settings(), uv_environment())
        limits = tuple(each.text for each in (*asked.constraints, *asked.overrides))
        packages = tuple(each.text for each in asked.wanted)
        return InstallPreview(declaration.path, declaration.digest, packages, limits, sources)
