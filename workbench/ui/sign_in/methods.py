"""Which sign-in a profile needs, and when it expires."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from workbench.aws.session import Sessions
from workbench.profiles.caches import TokenCache, login_command, login_state
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.mfa import MfaQuestion, MfaSessions
from workbench.profiles.model import Profile
from workbench.profiles.sso.oidc import OidcClients
from workbench.profiles.sso.session import SsoSession, find_session
from workbench.profiles.write import ConfigWriter


@dataclass(frozen=True, slots=True, eq=False)
class SignInTools:
    """What signing in works with, handed in by the composition root.

    Attributes:
        environ: Names the configuration files.
        sessions: Those that connections use; dropped once a sign-in has changed what they hold.
        mfa: Sign-ins with a code.
        clients: Of IAM Identity Center; live as long as the program.
        tokens: The stored sign-ins to IAM Identity Center.
        writer: Adds profiles to the configuration file.
        open_browser: Shows an address; False when there is no browser. Called on the main thread.
    """

    environ: Mapping[str, str]
    sessions: Sessions
    mfa: MfaSessions
    clients: OidcClients
    tokens: TokenCache
    writer: ConfigWriter
    open_browser: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class ConsoleLogin:
    """A sign-in to the console, which the AWS CLI makes: the user runs `command` in a terminal."""

    profile_name: str
    command: str


type SignInMethod = MfaQuestion | SsoSession | ConsoleLogin
"""What the user is asked for."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a sign-in expires, UTC. None: it does not expire, it is unknown, or it renews itself."""

    profile_name: str
    at: datetime | None = None


def find_method(profile: Profile, tools: SignInTools, now: datetime) -> SignInMethod | None:
    """The sign-in that the profile misses, or else the one it has and could renew.

    Returns:
        None when there is nothing to sign in to: it has a key of its own, say.

    Raises:
        WorkbenchError: The profile names a sign-in that is not whole.
    """
    files = ConfigFiles.read(tools.environ)
    portal = find_session(profile.name, files)
    # A role that needs a code is taken with the source's credentials, so the source comes first.
    if portal is not None and not _has_token(portal, tools, now):
        return portal
    login = _login_of(profile.name, files)
    if login is not None and not login_state(login[1], tools.environ).is_usable(now):
        return _console(login[0], files)
    if question := tools.mfa.needed(profile):
        return question
    if portal is not None:
        return portal
    if login is not None:
        return _console(login[0], files)
    return tools.mfa.offered(profile)


def expiry_of(profile: Profile, tools: SignInTools) -> Expiry:
    """When the profile's sign-in expires, as far as the user has to do something about it."""
    if at := tools.mfa.expires_at(profile.name):
        return Expiry(profile.name, at)
    files = ConfigFiles.read(tools.environ)
    portal = find_session(profile.name, files)
    if portal is not None:
        token = tools.tokens.load(portal)
        if token is None or (not portal.is_legacy and token.can_refresh(token.expires_at)):
            return Expiry(profile.name)
        return Expiry(profile.name, token.expires_at)
    if login := _login_of(profile.name, files):
        state = login_state(login[1], tools.environ)
        return Expiry(profile.name, None if state.renews else state.expires_at)
    return Expiry(profile.name)


def _has_token(portal: SsoSession, tools: SignInTools, now: datetime) -> bool:
    token = tools.tokens.load(portal)
    return token is not None and (token.is_valid(now) or token.can_refresh(now))


def _console(name: str, files: ConfigFiles) -> ConsoleLogin:
    return ConsoleLogin(name, login_command(name, files.profiles[name].options.get("region", "")))


def _login_of(name: str, files: ConfigFiles) -> tuple[str, str] | None:
    """The profile along the chain that uses a console sign-in, and whose."""
    seen: set[str] = set()
    while name in files.profiles and name not in seen:
        seen.add(name)
        options: Mapping[str, str] = files.profiles[name].options
        if files.profiles[name].takes_role:
            name = options.get("source_profile", "")
        else:
            return (name, options["login_session"]) if "login_session" in options else None
    return None
