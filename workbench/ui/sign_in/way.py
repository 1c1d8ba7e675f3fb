"""How a profile is signed in, and for how long it is.

Owns: which of a profile's sign-ins is the one that is missing. Reads files: call it on a worker thread.
Must not know: widgets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.mfa import MfaQuestion
from workbench.profiles.model import Profile
from workbench.profiles.sso.login import login_command, login_state
from workbench.profiles.sso.session import SsoSession, find_session
from workbench.ui.sign_in.tools import SignInTools


@dataclass(frozen=True, slots=True)
class ConsoleLogin:
    """A sign-in to the console, which the AWS CLI makes: the person runs `command` in a terminal."""

    profile_name: str
    command: str


type Way = MfaQuestion | SsoSession | ConsoleLogin
"""What a person is asked for."""


@dataclass(frozen=True, slots=True)
class Ending:
    """When a sign-in ends, UTC. None: nothing ends, nobody knows, or it renews itself."""

    profile_name: str
    at: datetime | None = None


def way_in(profile: Profile, tools: SignInTools, now: datetime) -> Way | None:
    """The sign-in that the profile misses, or else the one it has and could renew.

    Returns:
        None when there is nothing to sign in to: it has a key of its own, say.

    Raises:
        WorkbenchError: The profile names a sign-in that is not whole.
    """
    files = ConfigFiles.read(tools.environ)
    portal = find_session(profile.name, files)
    # A role that needs a code is taken with the source's credentials, so the source comes first.
    if portal is not None and not _holds(portal, tools, now):
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


def ending_of(profile: Profile, tools: SignInTools) -> Ending:
    """When the profile's sign-in ends, as far as a person has to do something about it."""
    if at := tools.mfa.expires_at(profile.name):
        return Ending(profile.name, at)
    files = ConfigFiles.read(tools.environ)
    portal = find_session(profile.name, files)
    if portal is not None:
        token = tools.tokens.load(portal)
        if token is None or (not portal.is_legacy and token.can_refresh(token.expires_at)):
            return Ending(profile.name)
        return Ending(profile.name, token.expires_at)
    if login := _login_of(profile.name, files):
        state = login_state(login[1], tools.environ)
        return Ending(profile.name, None if state.renews else state.expires_at)
    return Ending(profile.name)


def _holds(portal: SsoSession, tools: SignInTools, now: datetime) -> bool:
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
