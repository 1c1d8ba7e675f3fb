"""What an installation would bring, found out before it is agreed to. Loaded when it is first asked for."""

import tempfile
from pathlib import Path

from workbench.code.dependencies.consent import InstallPreview
from workbench.code.dependencies.declared import Declaration
from workbench.code.dependencies.environment import uv_environment
from workbench.code.dependencies.npm import node_packages, node_registries
from workbench.code.dependencies.target import Target
from workbench.code.dependencies.uv import python_requirements
from workbench.code.dependencies.uv_settings import indexes, read_settings
from workbench.core.jobs import JobContext


def preview_of(declaration: Declaration, target: Target, ctx: JobContext) -> InstallPreview:
    """What would be installed for a declaration. Contacts nobody, and installs nothing.

    Args:
        declaration: What a function's code declares.
        target: What it runs on.
        ctx: The job.

    Raises:
        WorkbenchError: The declaration is refused.
        Cancelled: In between.
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
