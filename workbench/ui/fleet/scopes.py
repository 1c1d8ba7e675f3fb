"""Which profiles and regions are in the fleet, whose accounts they lead to, and how each part stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.aws.regions import lambda_regions
from workbench.core.errors import WorkbenchError
from workbench.core.settings import Settings
from workbench.functions.fleet import Scope
from workbench.profiles.model import Profile
from workbench.ui.session import Session

_PROFILES, _REGIONS, _ACCOUNTS = "fleet.profiles", "fleet.regions", "fleet.accounts"


@dataclass(frozen=True, slots=True, eq=False)
class ScopeState:
    """How a part of the fleet stands.

    Attributes:
        account_id: The account; empty while it is unknown.
        refreshed_at: When it was last listed whole; None for never.
        error: Why the last listing did not succeed.
        tag_error: Why the tags could not be read.
        state_error: Why the functions' states could not be read.
        same_as: The profile that leads to the same functions and shows them; empty for none.
        is_listing: Whether it is being listed now.
    """

    account_id: str = ""
    refreshed_at: datetime | None = None
    error: WorkbenchError | None = None
    tag_error: WorkbenchError | None = None
    state_error: WorkbenchError | None = None
    same_as: str = ""
    is_listing: bool = False


class ScopeChoice:
    """What the user has chosen, stored in the settings. Until then it is what the main window shows.

    Args:
        settings: Where it is kept.
        session: Knows the profiles, and what the main window shows.
    """

    def __init__(self, settings: Settings, session: Session) -> None:
        self._settings = settings
        self._session = session

    @property
    def known_profiles(self) -> list[Profile]:
        """Whom the program can act as."""
        return self._session.profiles

    def known_regions(self) -> tuple[str, ...]:
        """Lambda's regions where the main window's profile is. Reads the SDK's data: call it in a job."""
        return lambda_regions(self._session.region)

    @property
    def profiles(self) -> list[str]:
        """The chosen profiles, in the order that the program lists them in."""
        stored: list[object] = self._settings.get(_PROFILES, [])
        chosen = [str(name) for name in stored] or [self._session.profile.name]
        order = {profile.name: number for number, profile in enumerate(self._session.profiles)}
        return sorted(chosen, key=lambda name: order.get(name, len(order)))

    @property
    def regions(self) -> list[str]:
        """The chosen regions."""
        stored: list[object] = self._settings.get(_REGIONS, [])
        return [str(name) for name in stored] or [self._session.region]

    def choose(self, profiles: Sequence[str], regions: Sequence[str]) -> None:
        """From now on it is these."""
        self._settings.set(_PROFILES, list(profiles))
        self._settings.set(_REGIONS, list(regions))

    def everywhere(self) -> tuple[Scope, ...]:
        """Every chosen profile in every chosen region."""
        return tuple(Scope(name, region) for name in self.profiles for region in self.regions)

    def reachable(self) -> tuple[Scope, ...]:
        """Those that the profile's credentials can reach. Reads the SDK's data: call it in a job."""
        found = {profile.name: profile for profile in self._session.profiles}
        return tuple(
            scope
            for scope in self.everywhere()
            if scope.region in self._reachable(found.get(scope.profile_name), scope.region)
        )

    def _reachable(self, profile: Profile | None, region: str) -> Iterable[str]:
        """Regions of another partition (China, GovCloud) need other credentials: asking there only fails."""
        if profile is None or not profile.region:
            return (region,)
        return (*lambda_regions(profile.region), profile.region)

    def account_of(self, profile_name: str) -> str:
        """Whose account a profile led to last; empty when it was never used."""
        accounts: dict[str, object] = self._settings.get(_ACCOUNTS, {})
        known = accounts.get(profile_name)
        return str(known) if known else self._settings.get(f"profile.{profile_name}.account", "")

    def note_account(self, profile_name: str, account_id: str) -> None:
        """A profile has led to an account."""
        accounts: dict[str, object] = self._settings.get(_ACCOUNTS, {})
        if accounts.get(profile_name) != account_id:
            self._settings.set(_ACCOUNTS, accounts | {profile_name: account_id})

    def apart(self, scopes: Sequence[Scope]) -> tuple[tuple[Scope, ...], dict[Scope, str]]:
        """Tells scopes that lead to the same functions, as far as is known, from the others.

        Returns:
            Those that lead somewhere of their own, and for the rest the profile that already leads there.
        """
        own: list[Scope] = []
        same: dict[Scope, str] = {}
        first: dict[tuple[str, str], str] = {}
        for scope in scopes:
            account_id = self.account_of(scope.profile_name)
            before = first.setdefault((account_id, scope.region), scope.profile_name) if account_id else ""
            if before and before != scope.profile_name:
                same[scope] = before
            else:
                own.append(scope)
        return tuple(own), same
