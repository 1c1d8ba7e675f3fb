"""Assembles what a program needs to use and manage profiles; and the check of a profile.

`validate` asks AWS whose a profile is, whether it may list functions, and whether this computer's clock is
right. It is never called for all profiles at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws import regions
from workbench.aws.client_config import Access, date_in
from workbench.aws.connection import Connection, Observer
from workbench.aws.session import Sessions
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.policy import NO_POLICY, Policy
from workbench.core.settings import Settings
from workbench.profiles import sso_sign_in as sign_in
from workbench.profiles.config_files import config_paths
from workbench.profiles.credentials_helper import SessionCache, cache_dir, helper_command
from workbench.profiles.mfa import MfaSessions
from workbench.profiles.migrate import Migrator, MoveJournal
from workbench.profiles.model import Profile, access_for
from workbench.profiles.process_provider import ProcessCredentials, ProcessTrust
from workbench.profiles.safety import Safety, for_access
from workbench.profiles.secret_store import KeyringStore, SecretStore, helper_environ, passphrase_file
from workbench.profiles.sso_api import OidcClients
from workbench.profiles.sso_session import TokenCache
from workbench.profiles.write import ConfigWriter

_DENIED = ("AccessDenied", "AccessDeniedException")
_UNKNOWN_KEY = ("InvalidClientTokenId", "UnrecognizedClientException")
_HOMES = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Regions that no account can disable."""
_SKEW_S = 60.0
"""AWS tolerates 5 min.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of checking a profile.

    Attributes:
        arn: The user, or the role and its session.
        alias: The account's alias; empty if it has none or it may not be read.
        can_list_functions: False if signed in without that permission: functions can be opened by name.
    """

    profile_name: str
    region: str
    account_id: str
    arn: str
    alias: str
    can_list_functions: bool
    warnings: tuple[str, ...]


def validate(
    profile: Profile,
    region: str,
    sessions: Sessions,
    ctx: JobContext,
    observer: Observer | None = None,
    clock: Clock | None = None,
) -> Validation:
    """Asks AWS for the profile's identity, then whether it may list functions.

    Args:
        profile: Any profile; the Sandbox must be running.

    Raises:
        WorkbenchError: It cannot be used: the table of errors says why and what to do. A server that never
            answers is an error within 11 s.
        Cancelled: Between two questions.
    """
    clock = clock or SystemClock()
    access = access_for(profile, region)
    try:
        connection = Connection.open(access, observer, ctx, sessions)
        can_list, answer = _probe(connection, profile.name)
    except WorkbenchError as error:
        raise _not_enabled(error, profile, access.region, sessions, ctx) or error from None
    ctx.check()
    skew_s = _skew_s(answer, clock)
    alias = _alias(connection)
    return Validation(
        profile.name,
        access.region,
        connection.account_id,
        connection.arn,
        alias,
        can_list,
        tuple(_warnings(connection, can_list, skew_s)),
    )


def _probe(connection: Connection, name: str) -> tuple[bool, dict[str, Any]]:
    """Whether functions can be listed, and an answer that contains AWS's time."""
    failure = _("Could not check {name}.").format(name=name)
    try:
        return True, connection.call("lambda", "list_functions", probe=True, failure=failure, MaxItems=1)
    except WorkbenchError as error:
        if error.aws_code not in _DENIED:
            raise
    return False, connection.call("sts", "get_caller_identity", probe=True, failure=failure)


def _alias(connection: Connection) -> str:
    try:
        answer = connection.call(
            "iam", "list_account_aliases", probe=True, failure=_("Could not read the account's name.")
        )
    except WorkbenchError:
        return ""  # most users may not ask, and nothing depends on it
    return next(iter(answer.get("AccountAliases", ())), "")


def _not_enabled(
    error: WorkbenchError, profile: Profile, region: str, sessions: Sessions, ctx: JobContext
) -> WorkbenchError | None:
    """A region that the account has not enabled refuses keys as unknown, so another region is asked."""
    found = regions.find(region)
    home = _HOMES.get(found.partition if found else "", region)
    if error.aws_code not in _UNKNOWN_KEY or home == region:
        return None
    try:
        account_id = Connection.open(access_for(profile, home), None, ctx, sessions).account_id
    except WorkbenchError:
        return None  # the key is the reason
    return WorkbenchError(
        error.what,
        _(
            "The credentials are valid, but the region {region} is not enabled for account {account_id}."
        ).format(region=region, account_id=account_id),
        _("Enable it in the account, or choose another region."),
        error.aws_code,
        error.request_id,
        "profile.choose_region",
    )


def _skew_s(answer: dict[str, Any], clock: Clock) -> float:
    """How far this computer's clock is ahead of AWS's, to the second; 0 if AWS did not say."""
    moment = date_in(answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}))
    return round((clock.now() - moment).total_seconds()) if moment else 0.0


def _warnings(connection: Connection, can_list: bool, skew_s: float) -> list[str]:
    found = []
    if not can_list:
        found.append(
            _(
                "You are signed in, but do not have permission to list functions. You can open "
                "functions by name."
            )
        )
    if abs(skew_s) > _SKEW_S:
        side = _("ahead of") if skew_s > 0 else _("behind")
        found.append(
            _(
                "This computer's clock is {skew_s:.0f} min {side} AWS's. AWS rejects requests from 5 min on."
            ).format(skew_s=abs(skew_s) / 60, side=side)
        )
    if connection.is_custom_endpoint:
        found.append(_("Requests are not sent to AWS, but to the profile's custom endpoint."))
    return found


class Identities:
    """Created once. Every session of the program comes from here, so that none bypasses its guards."""

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
        guard = for_access(self.safety)
        self._keyring = KeyringStore(policy=policy)  # shared, since its calls are serialized
        self._passphrase_file = passphrase_file(paths, policy)
        processes = ProcessCredentials(self.trust, clock, own_environ=self._helper_environ)
        self.mfa = MfaSessions(clock, guard, processes.prepare)
        self.sessions = Sessions(guard, self._prepare)
        self.tokens = TokenCache()
        self.oidc = OidcClients()
        self.writer = ConfigWriter(self._state_dir, clock, policy)

    @property
    def files(self) -> tuple[str, ...]:
        """The configuration files, for watching them."""
        return tuple(str(path) for path in config_paths(self._environ))

    def connect(self, profile: Profile, region: str, observer: Observer, ctx: JobContext) -> Connection:
        """Connects with a profile. See Connection.open."""
        return Connection.open(access_for(profile, region), observer, ctx, self.sessions)

    def check(
        self, profile: Profile, ctx: JobContext, region: str = "", observer: Observer | None = None
    ) -> Validation:
        """Asks AWS for the identity of a profile and whether it may list functions. See `validate`."""
        return validate(profile, region or profile.region, self.sessions, ctx, observer, self._clock)

    def stores(self) -> tuple[SecretStore, ...]:
        """Stores of keys, the best first. Always the same objects, so that unlocked ones stay unlocked."""
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
        """Finishes or undoes moves of keys that a crash interrupted; returns the profiles' names.

        Moves to a locked store wait until it is used again.

        Raises:
            WorkbenchError: One of them failed. The next start tries again.
        """
        if not MoveJournal(self._state_dir).has_any():
            return ()  # nobody is asked to unlock a keyring without need
        usable = (store for store in self.stores() if store.describe(ctx).usable)
        return tuple(name for store in usable for name in self.migrator(store).recover(ctx))

    @property
    def moves(self) -> MoveJournal:
        """The journals of moves of keys. Those that `recover` could not finish or undo stay interrupted."""
        return MoveJournal(self._state_dir)

    def discard(self, entry: str, ctx: JobContext) -> bool:
        """Deletes a key that no profile uses any more from the stores. See Migrator.discard.

        Returns:
            Whether there was one.

        Raises:
            WorkbenchError: A store that may contain it is locked, or does not answer.
        """
        file = self._passphrase_file
        stores: list[SecretStore] = [self._keyring] if self._keyring.describe(ctx).usable else []
        stores += [file] if file.path.exists() else []
        discarded = [self.migrator(store).discard(entry, ctx) for store in stores]
        return any(discarded)

    def _helper_environ(self) -> dict[str, str]:
        return helper_environ(self._passphrase_file)

    def _prepare(self, session: Any, access: Access) -> None:
        """Prepares a session before it searches for credentials."""
        sign_in.prepare(session, access, self.tokens, self._clock)
        self.mfa.prepare(session, access)
