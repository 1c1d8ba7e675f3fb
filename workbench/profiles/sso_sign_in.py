"""Signs in to IAM Identity Center in the browser, and listens on 127.0.0.1 for its answer."""

import base64
import contextlib
import hashlib
import hmac
import secrets
import selectors
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from workbench.aws.client_config import Access
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _, language
from workbench.profiles import sso_api as api
from workbench.profiles.config_files import SSO_PARTS
from workbench.profiles.sso_api import OidcClients, code_of
from workbench.profiles.sso_session import (
    REFRESH_WINDOW,
    Options,
    Registration,
    SsoSession,
    Token,
    TokenCache,
    follow,
    same_portal,
)

PATH = "/oauth/callback"

_TICK_S = 0.05  # how late a cancel may be noticed
_ANSWER_S = 1.0
_MAX_BYTES = 16_384
_MAX_CONNECTIONS = 32
_ACTION = "profile.sign_in"

_DONE = _("You are signed in. Close this page and go back to Workbench.")
_REFUSED = _("The sign-in was denied. Close this page and go back to Workbench.")
_FOREIGN = _("This page does not belong to the current sign-in in Workbench.")
_NOTHING = _("This page does not exist.")


class CallbackListener:
    """Listens from its creation on, so that a fast browser is not too early.

    Args:
        state: The value by which the right answer is recognized.

    Raises:
        WorkbenchError: No port of 127.0.0.1 is available.
    """

    def __init__(self, state: str) -> None:
        self._state = state
        try:
            self._listener = socket.create_server(("127.0.0.1", 0))
        except OSError as error:
            raise WorkbenchError(
                _("The response from the browser cannot be received."),
                _("No port can be opened on this computer: {strerror}.").format(
                    strerror=error.strerror or error
                ),
                _("Sign in with a code instead."),
                action=_ACTION,
            ) from None
        self._listener.setblocking(False)
        self._received: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)

    @property
    def redirect_uri(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}{PATH}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Releases the port."""
        for connection in tuple(self._received):
            self._drop(connection)
        self._selector.close()
        self._listener.close()

    def wait(self, ctx: JobContext, clock: Clock, timeout_s: float) -> str:
        """Waits for the code from the browser.

        Raises:
            WorkbenchError: The user refused, or did not answer in time.
            Cancelled: At once.
        """
        deadline = clock.monotonic() + timeout_s
        while clock.monotonic() < deadline:
            ctx.check()
            for key, __ in self._selector.select(_TICK_S):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket) and (answer := self._receive(key.fileobj)):
                    return _code_in(answer)
        raise WorkbenchError(
            _("The sign-in was not completed."),
            _("The sign-in timed out after {timeout_s:.0f} min.").format(timeout_s=timeout_s / 60),
            _("Sign in again."),
            action=_ACTION,
        )

    def _accept(self) -> None:
        try:
            connection, __ = self._listener.accept()
        except OSError:  # the client has disconnected
            return
        if len(self._received) >= _MAX_CONNECTIONS:
            self._drop(next(iter(self._received)))
        connection.setblocking(False)
        self._received[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _receive(self, connection: socket.socket) -> Mapping[str, str] | None:
        """Reads on; the fields of the answer once it is complete and the right one."""
        if connection not in self._received:  # dropped a moment ago
            return None
        try:
            data = connection.recv(_MAX_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        self._received[connection] += data
        request = self._received[connection]
        if not data or len(request) > _MAX_BYTES:
            self._drop(connection)
        elif b"\r\n\r\n" in request or b"\n\n" in request:
            status, text, answer = self._judge(request)
            self._reply(connection, status, text)
            return answer
        return None

    def _judge(self, request: bytes) -> tuple[HTTPStatus, str, Mapping[str, str] | None]:
        method, __, rest = request.split(b"\n", 1)[0].decode("latin-1").strip().partition(" ")
        try:
            target = urlsplit(rest.partition(" ")[0])
        except ValueError:
            return HTTPStatus.BAD_REQUEST, _NOTHING, None
        if target.path != PATH:
            return HTTPStatus.NOT_FOUND, _NOTHING, None
        if method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED, _NOTHING, None
        fields = {name: values[0] for name, values in parse_qs(target.query).items()}
        # A refusal without the state could come from any open page, so it is ignored, too.
        if not hmac.compare_digest(fields.get("state", "").encode(), self._state.encode()):
            return HTTPStatus.BAD_REQUEST, _FOREIGN, None
        if "error" in fields:
            return HTTPStatus.OK, _REFUSED, fields
        if "code" in fields:
            return HTTPStatus.OK, _DONE, fields
        return HTTPStatus.BAD_REQUEST, _FOREIGN, None

    def _reply(self, connection: socket.socket, status: HTTPStatus, text: str) -> None:
        with contextlib.suppress(OSError):  # the browser has the page or not
            connection.settimeout(_ANSWER_S)
            connection.sendall(_page(status, text))
            connection.shutdown(socket.SHUT_WR)
        self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        self._received.pop(connection, None)
        self._selector.unregister(connection)
        connection.close()


def _code_in(answer: Mapping[str, str]) -> str:
    if "error" not in answer:
        return answer["code"]
    denied = answer["error"] == "access_denied"
    raise WorkbenchError(
        _("You are not signed in."),
        _("The sign-in was denied in the browser.")
        if denied
        else _("IAM Identity Center cancelled the sign-in."),
        _("Sign in again."),
        aws_code=answer["error"][:100],
        action=_ACTION,
    )


def _page(status: HTTPStatus, text: str) -> bytes:
    body = (
        f'<!doctype html><html lang="{language()}"><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Workbench</title><h1>{text}</h1></html>"
    ).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Content-Security-Policy: default-src 'none'",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


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

NOT_SIGNED_IN = _("You are not signed in to IAM Identity Center.")
ENDED = _("The sign-in to IAM Identity Center has expired.")

OpenBrowser = Callable[[str], bool]
"""Opens a URL in the browser; False if there is none. Called on the job's thread."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The browser was asked to open this page, where the sign-in continues."""

    url: str


def sign_in(
    session: SsoSession,
    ctx: JobContext,
    open_browser: OpenBrowser,
    clock: Clock | None = None,
    prefer: Literal["pkce", "device"] = "pkce",
    clients: OidcClients | None = None,
    cache: TokenCache | None = None,
) -> Token:
    """Signs in again and stores the token for all tools of this user.

    `Waiting` or `DeviceCode` is emitted before the browser is asked to open.

    Args:
        ctx: Cancel takes effect at once, except during a request (10 s at most).
        prefer: "device" for a browser on another computer. Also used if PKCE is not possible: for a profile
            of the older format, a region that does not offer it, no browser or no port here.

    Raises:
        WorkbenchError: Refused, timed out, or not reached.
        Cancelled: By the user.
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
    """A sign-in in progress."""

    session: SsoSession
    ctx: JobContext
    open_browser: OpenBrowser
    clock: Clock
    clients: OidcClients
    cache: TokenCache

    def with_browser(self) -> Token | None:
        """Signs in with PKCE; None if it is not possible here."""
        client = self.clients.oidc(self.session)
        try:
            registration = self._registration(client, api.PKCE_GRANTS)
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
            url = api.authorize_url(
                client, self.session, registration, redirect_uri, state, _challenge(verifier)
            )
            self.ctx.emit(Waiting(url))
            if not self.open_browser(url):
                return None
            code = listener.wait(self.ctx, self.clock, BROWSER_TIMEOUT_S)
        return self._ask(
            lambda: api.create_token(
                client,
                self.session,
                registration,
                api.CODE_GRANT,
                self.clock.now(),
                code=code,
                codeVerifier=verifier,
                redirectUri=redirect_uri,
            )
        )

    def with_device(self) -> Token:
        client = self.clients.oidc(self.session)
        registration = self._registration(client, ())
        device = self._ask(lambda: api.start_device(client, self.session, registration, self.clock.now()))
        self.ctx.emit(device)
        self.open_browser(device.url)
        interval_s = device.interval_s
        while True:
            self.ctx.sleep(interval_s)
            try:
                return api.create_token(
                    client,
                    self.session,
                    registration,
                    api.DEVICE_GRANT,
                    self.clock.now(),
                    deviceCode=device.device_code,
                )
            except api.failures() as error:
                if api.is_passing(error):
                    interval_s += _SLOW_DOWN_S
                elif code_of(error) != "AuthorizationPendingException":
                    raise api.explain(error, self.session) from None
            if self.clock.now() >= device.expires_at:
                raise WorkbenchError(
                    _("Could not sign in to {title}.").format(title=self.session.title),
                    _("The code expired before you signed in."),
                    _("Sign in again."),
                    aws_code="ExpiredTokenException",
                    action=api.SIGN_IN,
                )

    def forget_registration(self) -> None:
        """Makes the next attempt register again, in case this registration is unknown to the service."""
        for grant_types in (api.PKCE_GRANTS, ()):
            self.cache.clear_registration(self.session, grant_types)

    def _registration(self, client: Any, grant_types: tuple[str, ...]) -> Registration:
        """A registration that will outlast the sign-in, reused from the last one if possible."""
        known = self.cache.load_registration(self.session, grant_types)
        if known and known.expires_at - REFRESH_WINDOW > self.clock.now():
            return known
        made = self._ask(lambda: api.register(client, self.session, grant_types))
        self.cache.store_registration(self.session, made)
        return made

    def _ask[T](self, send: Callable[[], T]) -> T:
        self.ctx.check()
        try:
            return send()
        except api.failures() as error:
            raise api.explain(error, self.session) from None


def refresh(
    token: Token,
    session: SsoSession,
    ctx: JobContext,
    clock: Clock | None = None,
    clients: OidcClients | None = None,
    cache: TokenCache | None = None,
) -> Token:
    """Renews a token if it is due, as botocore does: from 15 minutes before its expiry.

    A token that is still valid is returned unchanged if it cannot be renewed now.

    Raises:
        WorkbenchError: It has expired and only a new sign-in helps (action `profile.sign_in`), or the service
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
        # Without a refresh token in the answer the new token has none: the old one is used up.
        renewed = api.create_token(
            clients.oidc(session),
            session,
            token.registration,
            api.REFRESH_GRANT,
            now,
            refreshToken=token.refresh_token,
        )
    except api.failures() as error:
        stored = cache.load(session)
        if code_of(error) == "InvalidGrantException" and stored and not stored.is_due(now):
            return stored  # another program renewed it, which used up our refresh token
        failure = _("Could not renew the sign-in to {title}.").format(title=session.title)
        return _still_good(token, now, api.explain(error, session, failure))
    cache.store(renewed)
    return renewed


def token_for(
    session: SsoSession,
    ctx: JobContext,
    clock: Clock | None = None,
    clients: OidcClients | None = None,
    cache: TokenCache | None = None,
) -> Token:
    """The token of a session, renewed if necessary. Prompts nobody.

    Raises:
        WorkbenchError: Nobody is signed in (action `profile.sign_in`), or as for `refresh`.
    """
    cache = cache or TokenCache()
    token = cache.load(session)
    if token is None:
        raise needs_sign_in(session, NOT_SIGNED_IN)
    return refresh(token, session, ctx, clock, clients, cache)


def needs_sign_in(session: SsoSession, why: str) -> WorkbenchError:
    """The error with the button “Sign in”."""
    return WorkbenchError(
        _("“{title}” cannot be used.").format(title=session.title), why, _("Sign in."), action=api.SIGN_IN
    )


def _still_good(token: Token, now: datetime, error: WorkbenchError) -> Token:
    if token.is_valid(now):
        return token
    raise error


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def prepare(
    session: Any, access: Access, cache: TokenCache | None = None, clock: Clock | None = None
) -> None:
    """Checks the stored sign-in of an access, and deletes a damaged one. Reads files, sends nothing.

    Raises:
        WorkbenchError: Nobody is signed in, the sign-in has expired for good or belongs to another portal
            (action `profile.sign_in`); or the profile names an sso-session that is missing or incomplete.
    """
    if access.profile_name is None:
        return
    profiles: Mapping[str, Options] = session.full_config["profiles"]
    found = follow(access.profile_name, profiles, session.full_config["sso_sessions"], SSO_PARTS)
    if found is not None:
        check_sign_in(found, cache or TokenCache(), clock or SystemClock())


def check_sign_in(session: SsoSession, cache: TokenCache, clock: Clock) -> None:
    """Does what `prepare` does, for a known sign-in."""
    other = cache.start_url_of(session)
    if other and not same_portal(other, session.start_url):
        raise needs_sign_in(
            session, _("The stored sign-in belongs to another portal, {other}.").format(other=other)
        )
    token, now = cache.load(session), clock.now()
    if token is None:
        raise needs_sign_in(session, NOT_SIGNED_IN)
    if not token.is_valid(now) and (session.is_legacy or not token.can_refresh(now)):
        raise needs_sign_in(session, ENDED)
