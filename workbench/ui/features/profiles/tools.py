"""What the profiles window works with, handed in by the composition root."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.jobs import JobContext
from workbench.profiles.identities import Validation
from workbench.profiles.migrate import Migrator
from workbench.profiles.model import Profile
from workbench.profiles.safety import Safety
from workbench.profiles.secret_store import SecretStore
from workbench.profiles.write import ConfigWriter

if TYPE_CHECKING:
    from workbench.profiles.identities import Identities


@dataclass(frozen=True, slots=True, eq=False)
class ProfileTools:
    """The parts of the program that know of profiles.

    Attributes:
        environ: Names the configuration files.
        writer: Changes them, with a journal.
        safety: How careful to be with each profile.
        check: Asks AWS who a profile is. On a worker thread.
        stores: The places that keys can be moved to, the best first. On a worker thread: it looks for them.
        migrator: Moves keys to and from one of those places.
        always: Profiles that stand in no file, the Sandbox; shown first, never changed.
    """

    environ: Mapping[str, str]
    writer: ConfigWriter
    safety: Safety
    check: Callable[[Profile, JobContext], Validation]
    stores: Callable[[], tuple[SecretStore, ...]]
    migrator: Callable[[SecretStore], Migrator]
    always: tuple[Profile, ...] = ()

    @classmethod
    def of(
        cls, identities: "Identities", environ: Mapping[str, str], always: tuple[Profile, ...] = ()
    ) -> "ProfileTools":
        """The tools of a running program."""
        return cls(
            environ,
            identities.writer,
            identities.safety,
            identities.check,
            identities.stores,
            identities.migrator,
            always,
        )
