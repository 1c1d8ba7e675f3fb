"""The parts of profiles, put together: what a program needs to use and manage profiles."""

from collections.abc import Mapping
from typing import Any

from workbench.aws.access import Access
from workbench.aws.connection import Connection, Observer
from workbench.aws.session import Sessions
from workbench.core.clock import Clock
from workbench.core.jobs import JobContext
from workbench.core.paths import Paths
from workbench.core.policy import NO_POLICY, Policy
from workbench.core.settings import Settings
from workbench.profiles import guards
from workbench.profiles.config_files import config_paths
from workbench.profiles.helper_command import helper_command
from workbench.profiles.key_notes import unfinished
from workbench.profiles.mfa import MfaSessions
from workbench.profiles.migrate import Migrator
from workbench.profiles.model import Profile, access_for
from workbench.profiles.process_provider import ProcessCredentials, ProcessTrust
from workbench.profiles.safety import Safety
from workbench.profiles.secret_store import KeyringStore, SecretStore, helper_environ, passphrase_file
from workbench.profiles.session_cache import SessionCache, cache_dir
from workbench.profiles.sso import sign_in
from workbench.profiles.sso.cache import TokenCache
from workbench.profiles.sso.clients import OidcClients
from workbench.profiles.validate import Validation, validate
from workbench.profiles.write import ConfigWriter


class Identities:
    """Made once. Every session of the program comes from here, so that none goes round its guards.

    Attributes:
        safety: How careful to be with each profile.
        trust: Which credential processes may run.
        mfa: Sign-ins with a code.
        sessions: botocore's sessions, guarded.
        tokens: Sign-ins to IAM Identity Center.
        oidc: Its clients, to sign in with.
        writer: Changes the configuration files.
    """

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        clock: Clock,
        environ: Mapping[str, str],
        policy: Policy = NO_POLICY,
    ) -> None:
        self._paths = paths
        self._policy = policy
        self._clock = clock
        self._environ = environ
        self._state_dir = paths.data_dir / "profiles"
        self.safety = Safety(settings, policy)
        self.trust = ProcessTrust(settings, helper_command)
        guard = guards.for_access(self.safety)
        self._keyring = KeyringStore(policy=policy)  # one for all: its calls go one after the other
        self._passphrase_file = passphrase_file(paths, policy)
        processes = ProcessCredentials(self.trust, clock, own_environ=self._helper_environ)
        self.mfa = MfaSessions(clock, guard, processes.prepare)
        self.sessions = Sessions(guard, self._prepare)
        self.tokens = TokenCache()
        self.oidc = OidcClients()
        self.writer = ConfigWriter(self._state_dir, clock, policy)

    @property
    def files(self) -> tuple[str, ...]:
        """The configuration files, for who watches them."""
        return tuple(str(path) for path in config_paths(self._environ))

    def connect(self, profile: Profile, region: str, observer: Observer, ctx: JobContext) -> Connection:
        """Connects as a profile. See Connection.open."""
        return Connection.open(access_for(profile, region), observer, ctx, self.sessions)

    def check(
        self, profile: Profile, ctx: JobContext, region: str = "", observer: Observer | None = None
    ) -> Validation:
        """Asks AWS whose a profile is and what it may. See validate."""
        return validate(profile, region or profile.region, self.sessions, ctx, observer, self._clock)

    def stores(self) -> tuple[SecretStore, ...]:
        """Where keys can be kept, the best first. The same ones each time: what was unlocked stays so."""
        return self._keyring, self._passphrase_file

    def migrator(self, store: SecretStore) -> Migrator:
        """Moves keys to and from a store."""
        cache = SessionCache(cache_dir(self._paths))
        return Migrator(
            store,
            self.writer,
            cache,
            self._state_dir,
            self._environ,
            helper_command,
            own_environ=self._helper_environ,
            clock=self._clock,
            policy=self._policy,
        )

    def recover(self, ctx: JobContext) -> tuple[str, ...]:
        """Finishes or undoes moves of keys that a crash left in the middle; names whose they were.

        Those to a store that is locked wait until it is used again.

        Raises:
            WorkbenchError: It did not work for one of them. The next start tries again.
        """
        if not unfinished(self._state_dir):
            return ()  # nobody is asked to unlock a keyring for nothing
        usable = (store for store in self.stores() if store.describe(ctx).usable)
        return tuple(name for store in usable for name in self.migrator(store).recover(ctx))

    def discard(self, entry: str, ctx: JobContext) -> bool:
        """Deletes a key that no profile uses any more from the stores. See Migrator.discard.

        Returns:
            Whether one was there.

        Raises:
            WorkbenchError: A store that may have it is locked, or does not answer.
        """
        file = self._passphrase_file
        stores: list[SecretStore] = [self._keyring] if self._keyring.describe(ctx).usable else []
        stores += [file] if file.path.exists() else []
        discarded = [self.migrator(store).discard(entry, ctx) for store in stores]
        return any(discarded)

    def _helper_environ(self) -> dict[str, str]:
        return helper_environ(self._passphrase_file)

    def _prepare(self, session: Any, access: Access) -> None:
        """What each session gets before it looks for credentials."""
        sign_in.prepare(session, access, self.tokens, self._clock)
        self.mfa.prepare(session, access)
