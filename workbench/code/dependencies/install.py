"""Brings what a function's code declares into the store: uv for Python, npm for Node.js."""

from pathlib import Path

from workbench.code.dependencies.declared import Declaration
from workbench.code.dependencies.npm import install_node
from workbench.code.dependencies.store import DependencyStore, Found, Installed, key_of
from workbench.code.dependencies.target import Target
from workbench.code.dependencies.uv import install_python
from workbench.core.jobs import JobContext

_INSTALLERS = {"python": install_python, "nodejs": install_node}


def install(
    declaration: Declaration,
    target: Target,
    store: DependencyStore,
    ctx: JobContext,
    *,
    anew: bool = False,
) -> Installed:
    """Installs what is declared for a target, unless that is in the store.

    Args:
        declaration: What a function's code declares.
        target: What it will run on.
        store: Where it goes.
        ctx: The job; Cancel leaves the store as it was.
        anew: Install even if it is there: what is not locked may have newer versions.

    Raises:
        WorkbenchError: See `install_python`, `install_node` and `DependencyStore.fill`.
        Cancelled: Nothing has changed.
    """
    key = key_of(declaration, target)
    if not anew and (there := store.find(key)):
        return there

    ctx.progress(0, 0, "Installing dependencies")

    def run(root: Path, scratch: Path) -> Found:
        return _INSTALLERS[target.language](declaration, target, root, scratch, ctx)

    return store.fill(key, target.language, run)
