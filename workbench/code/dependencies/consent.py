"""Which declarations the user has agreed to install packages for, and what they are asked about.

A declaration is known by its hash: when it changes, the question is asked anew.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from workbench.code.dependencies.declared import Declaration
from workbench.code.dependencies.environment import uv_environment
from workbench.code.dependencies.npm import node_packages, node_registries
from workbench.code.dependencies.target import Target
from workbench.code.dependencies.uv import python_requirements
from workbench.code.dependencies.uv_settings import indexes, read_settings
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.settings import Settings

_CONFIRMED = "dependencies.confirmed"
_MAX_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class InstallPreview:
    """What would be installed.

    Attributes:
        path: The declaration's main file.
        digest: Of the declaration: the answer counts for it.
        packages: What it asks for, a package a text: a requirement, or name and version.
        constraints: What only limits versions.
        sources: The user's own indexes or registries that packages would come from.
    """

    path: str
    digest: str
    packages: tuple[str, ...]
    constraints: tuple[str, ...]
    sources: tuple[str, ...]


class InstallNotConfirmed(WorkbenchError):
    """Packages would have to be installed, and the user has not agreed to it; nothing was done.

    Args:
        preview: What would be installed.
    """

    def __init__(self, preview: InstallPreview) -> None:
        super().__init__(
            "The dependencies are not installed yet.",
            f"Nothing is installed for {preview.path} before you have agreed to it.",
            "Choose Install Dependencies, and look at what would be installed.",
            action="dependencies.install",
        )
        self.preview = preview


class InstallConsent:
    """The declarations that the user has agreed to. Safe from any thread.

    Args:
        settings: Where their hashes are stored.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def allows(self, digest: str) -> bool:
        """Whether packages may be installed for the declaration with this hash."""
        return digest in self._settings.get(_CONFIRMED, [])

    def allow(self, digest: str) -> WorkbenchError | None:
        """The user has seen what would be installed and agrees. Returns why that was not stored, if so."""
        confirmed: list[str] = self._settings.get(_CONFIRMED, [])
        if digest in confirmed:
            return None
        return self._settings.set(_CONFIRMED, [*confirmed, digest][-_MAX_REMEMBERED:])


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
