"""Keeps botocore from a stored sign-in that is not the profile's, and from trying one that cannot work.

botocore finds a token by the session's name alone: one that was stored for another portal under that name is
used silently, and a damaged file raises a bare KeyError. `prepare` looks first, on every new session.
Source: SSOTokenLoader in botocore/utils.py.
"""

from collections.abc import Mapping
from typing import Any

from workbench.aws.access import Access
from workbench.core.clock import Clock, SystemClock
from workbench.profiles.config_files import SSO_PARTS
from workbench.profiles.sso.cache import TokenCache, same_portal
from workbench.profiles.sso.session_of import Options, SsoSession, follow
from workbench.profiles.sso.sign_in import ENDED, NOT_SIGNED_IN, needs_sign_in


def prepare(
    session: Any, access: Access, cache: TokenCache | None = None, clock: Clock | None = None
) -> None:
    """Looks at the stored sign-in behind an access, and removes a damaged one. Reads files, sends nothing.

    Args:
        session: The `botocore.session.Session` that is about to be used.
        access: For which profile.
        cache: The stored sign-ins.
        clock: Time.

    Raises:
        WorkbenchError: Nobody is signed in, the sign-in has ended for good or belongs to another portal
            (action `profile.sign_in`); or the profile names an sso-session that is missing or not whole.
    """
    if access.profile_name is None:
        return
    profiles: Mapping[str, Options] = session.full_config["profiles"]
    found = follow(access.profile_name, profiles, session.full_config["sso_sessions"], SSO_PARTS)
    if found is not None:
        check_sign_in(found, cache or TokenCache(), clock or SystemClock())


def check_sign_in(session: SsoSession, cache: TokenCache, clock: Clock) -> None:
    """As `prepare`, for a sign-in that is known."""
    other = cache.start_url_of(session)
    if other and not same_portal(other, session.start_url):
        raise needs_sign_in(session, f"The stored sign-in belongs to another portal, {other}.")
    token, now = cache.load(session), clock.now()
    if token is None:
        raise needs_sign_in(session, NOT_SIGNED_IN)
    if not token.is_valid(now) and (session.is_legacy or not token.can_refresh(now)):
        raise needs_sign_in(session, ENDED)
