"""Signing in to IAM Identity Center: with the browser on this computer (PKCE), or with a code (device flow).

Owns: the course of a sign-in and of a renewal. Must not know: how the files look, Qt.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.sso import oidc
from workbench.profiles.sso.cache import TokenCache
from workbench.profiles.sso.clients import OidcClients
from workbench.profiles.sso.listener import CallbackListener
from workbench.profiles.sso.oidc import code_of
from workbench.profiles.sso.session_of import SsoSession
from workbench.profiles.sso.token import REFRESH_WINDOW, Registration, Token

BROWSER_TIMEOUT_S = 600.0
"""How long the browser may take. Source: AuthCodeFetcher of aws-cli v2; no document of AWS names a limit."""
_SLOW_DOWN_S = 5.0
"""Added to the interval when the service says so. Source: RFC 8628, 3.5."""
_NO_PKCE = (
    "UnsupportedGrantTypeException",
    "InvalidRedirectUriException",
    "InvalidClientMetadataException",
    "InvalidRequestException",
)

NOT_SIGNED_IN = "You are not signed in to IAM Identity Center."
ENDED = "The sign-in to IAM Identity Center has expired."

OpenBrowser = Callable[[str], bool]
"""Shows an address in the browser; False when there is none. Called on the job's thread."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The browser was asked to open this page, and the sign-in goes on there."""

    url: str


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A person is to open the page, on any device, and to find this code there.

    Attributes:
        url: The page, with the code filled in.
        user_code: For comparison.
        expires_at: End of the code, UTC.
    """

    url: str
    user_code: str
    expires_at: datetime


def sign_in(
    session: SsoSession,
    ctx: JobContext,
    open_browser: OpenBrowser,
    clock: Clock | None = None,
    prefer: Literal["pkce", "device"] = "pkce",
    clients: OidcClients | None = None,
    cache: TokenCache | None = None,
) -> Token:
    """Signs in anew and stores the token for all tools of this user.

    `Waiting` or `DeviceCode` come through `ctx.emit` before the browser is asked to open.

    Args:
        session: Where to sign in.
        ctx: The job. Cancel takes effect at once, but for a request that is under way (10 s at most).
        open_browser: See there.
        clock: Time.
        prefer: "device" for a browser on another computer. It is also taken when PKCE is not possible: an
            older sort of profile, a region that does not offer it, no browser or no port here.
        clients: Makes the clients.
        cache: Where the token goes.

    Raises:
        WorkbenchError: Refused, ran out of time, or not reached.
        Cancelled: By the person.
    """
    course = _Course(
        session, ctx, open_browser, clock or SystemClock(), clients or OidcClients(), cache or TokenCache()
    )
    token = None
    try:
        if prefer == "pkce" and not session.is_legacy:
            token = course.with_browser()
        if token is None:
            token = course.with_device()
    except (WorkbenchError, Cancelled):
        course.forget_registration()
        raise
    course.cache.store(token)
    return token


@dataclass(frozen=True, slots=True)
class _Course:
    """One sign-in under way."""

    session: SsoSession
    ctx: JobContext
    open_browser: OpenBrowser
    clock: Clock
    clients: OidcClients
    cache: TokenCache

    def with_browser(self) -> Token | None:
        """PKCE; None when it is not possible here."""
        client = self.clients.oidc(self.session)
        try:
            registration = self._registration(client, oidc.PKCE_GRANTS)
        except WorkbenchError as error:
            if error.aws_code in _NO_PKCE:
                return None
            raise
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        try:
            listener = CallbackListener(state)
        except WorkbenchError:
            return None
        with listener:
            redirect_uri = listener.redirect_uri
            url = oidc.authorize_url(
                client, self.session, registration, redirect_uri, state, _challenge(verifier)
            )
            self.ctx.emit(Waiting(url))
            if not self.open_browser(url):
                return None
            code = listener.wait(self.ctx, self.clock, BROWSER_TIMEOUT_S)
        return self._ask(
            lambda: oidc.token_for_code(
                client, self.session, registration, code, verifier, redirect_uri, self.clock.now()
            )
        )

    def with_device(self) -> Token:
        client = self.clients.oidc(self.session)
        registration = self._registration(client, ())
        grant = self._ask(lambda: oidc.start_device(client, self.session, registration, self.clock.now()))
        self.ctx.emit(DeviceCode(grant.url, grant.user_code, grant.expires_at))
        self.open_browser(grant.url)
        interval_s = grant.interval_s
        while True:
            self.ctx.sleep(interval_s)
            try:
                return oidc.token_for_device(client, self.session, registration, grant, self.clock.now())
            except oidc.failures() as error:
                if oidc.is_passing(error):
                    interval_s += _SLOW_DOWN_S
                elif code_of(error) != "AuthorizationPendingException":
                    raise oidc.explain(error, self.session) from None
            if self.clock.now() >= grant.expires_at:
                raise WorkbenchError(
                    f"Could not sign in to {self.session.title}.",
                    "The code expired before you signed in.",
                    "Sign in again.",
                    aws_code="ExpiredTokenException",
                    action=oidc.SIGN_IN,
                )

    def forget_registration(self) -> None:
        """The next attempt registers anew: the browser may have shown that this one is not known any more."""
        for grant_types in (oidc.PKCE_GRANTS, ()):
            self.cache.clear_registration(self.session, grant_types)

    def _registration(self, client: Any, grant_types: tuple[str, ...]) -> Registration:
        """A registration that will outlast the sign-in, kept from the last one where possible."""
        known = self.cache.load_registration(self.session, grant_types)
        if known and known.expires_at - REFRESH_WINDOW > self.clock.now():
            return known
        made = self._ask(lambda: oidc.register(client, self.session, grant_types))
        self.cache.store_registration(self.session, made)
        return made

    def _ask[T](self, send: Callable[[], T]) -> T:
        self.ctx.check()
        try:
            return send()
        except oidc.failures() as error:
            raise oidc.explain(error, self.session) from None


def refresh(
    token: Token,
    session: SsoSession,
    ctx: JobContext,
    clock: Clock | None = None,
    clients: OidcClients | None = None,
    cache: TokenCache | None = None,
) -> Token:
    """Renews a token if it is time to, as botocore does: from 15 minutes before its end.

    A token that still holds comes back as it is when the renewal is not possible just now.

    Raises:
        WorkbenchError: It has ended and only a new sign-in helps (action `profile.sign_in`), or the service
            was not reached.
    """
    clock, clients, cache = clock or SystemClock(), clients or OidcClients(), cache or TokenCache()
    ctx.check()
    now = clock.now()
    if not token.is_due(now):
        return token
    stored = cache.load(session)
    if stored and not stored.is_due(now):  # another tool or thread was faster
        return stored
    token = stored or token
    if token.registration is None or not token.can_refresh(now):
        return _still_good(token, now, needs_sign_in(session, ENDED))
    try:
        renewed = oidc.renew(clients.oidc(session), token, token.registration, now)
    except oidc.failures() as error:
        stored = cache.load(session)
        if code_of(error) == "InvalidGrantException" and stored and not stored.is_due(now):
            return stored  # it was renewed elsewhere meanwhile, which used up our refresh token
        failure = f"Could not renew the sign-in to {session.title}."
        return _still_good(token, now, oidc.explain(error, session, failure))
    cache.store(renewed)
    return renewed


def token_for(
    session: SsoSession,
    ctx: JobContext,
    clock: Clock | None = None,
    clients: OidcClients | None = None,
    cache: TokenCache | None = None,
) -> Token:
    """The token of a session, renewed if need be. Asks nobody anything.

    Raises:
        WorkbenchError: Nobody is signed in (action `profile.sign_in`), or as `refresh`.
    """
    cache = cache or TokenCache()
    token = cache.load(session)
    if token is None:
        raise needs_sign_in(session, NOT_SIGNED_IN)
    return refresh(token, session, ctx, clock, clients, cache)


def sign_out(
    session: SsoSession, ctx: JobContext, clients: OidcClients | None = None, cache: TokenCache | None = None
) -> None:
    """Ends the sign-in for all tools of this user, here and at IAM Identity Center.

    Raises:
        WorkbenchError: The token is gone from this computer, but the service could not be told.
    """
    cache = cache or TokenCache()
    token = cache.load(session)
    cache.clear(session)
    if token is None:
        return
    ctx.check()
    try:
        (clients or OidcClients()).portal(session).logout(accessToken=token.access_token)
    except oidc.failures() as error:
        if code_of(error) != "UnauthorizedException":  # it had ended anyway
            raise oidc.explain(
                error, session, f"Could not sign out of {session.title} on all devices."
            ) from None


def needs_sign_in(session: SsoSession, why: str) -> WorkbenchError:
    """The error whose button is “Sign in”."""
    return WorkbenchError(f"“{session.title}” cannot be used.", why, "Sign in.", action=oidc.SIGN_IN)


def _still_good(token: Token, now: datetime, error: WorkbenchError) -> Token:
    if token.is_valid(now):
        return token
    raise error


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
