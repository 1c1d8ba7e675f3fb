"""Which declarations the user has agreed to install packages for, and what they are asked about.

A declaration is known by its hash: when it changes, the question is asked anew.
"""

from dataclasses import dataclass

from workbench.core.errors import WorkbenchError
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
            f"Nothing is installed for {preview.path} until you approve it.",
            "Choose Install Dependencies and review what would be installed.",
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
