"""The services of IAM Identity Center: SSO OIDC, which signs in, and the access portal.

The portal lists the accounts and roles of a signed-in user; `profiles_for` makes profiles of those that the
user chooses.
"""

import os
import re
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.aws.client_config import Access, client_config
from workbench.aws.errors import translate
from workbench.aws.regions import loader
from workbench.aws.retry import Backoff, retry
from workbench.aws.session import NO_FILES, Handler
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.profiles.config_files import SSO_PARTS, ConfigFiles
from workbench.profiles.ini_editor import AddSection, Edit, FileEdits
from workbench.profiles.sso_session import Registration, SsoSession, Token, same_portal

_READ_TIMEOUT_S = 10


class OidcClients:
    """Makes clients that do not sign requests, since a sign-in has no keys yet. Thread-safe.

    Args:
        endpoint_url: Replaces AWS, for tests. AWS_ENDPOINT_URL is ignored: tokens are sent to AWS.
    """

    def __init__(self, endpoint_url: str = "", handlers: Sequence[Handler] = ()) -> None:
        self._endpoint_url = endpoint_url
        self._handlers = tuple(handlers)
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}

    def oidc(self, session: SsoSession) -> Any:
        """The client of the sign-in service."""
        return self._client("sso-oidc", session)

    def portal(self, session: SsoSession) -> Any:
        """The client of the access portal."""
        return self._client("sso", session)

    def _client(self, service: str, session: SsoSession) -> Any:
        key = (service, session.region, session.ca_bundle)
        with self._lock:
            if key not in self._clients:
                try:
                    self._clients[key] = self._make(service, session)
                except Exception as error:  # noqa: BLE001 - botocore lets any kind through
                    raise translate(
                        error,
                        failure=_("Could not reach IAM Identity Center in {region}.").format(
                            region=session.region
                        ),
                    ) from None
            return self._clients[key]

    def _make(self, service: str, session: SsoSession) -> Any:
        import botocore.session
        from botocore import UNSIGNED
        from botocore.config import Config

        # No file is read: a broken one must not prevent a sign-in.
        sdk = botocore.session.Session(session_vars=NO_FILES)
        sdk.register_component("data_loader", loader())
        for event, handler in self._handlers:
            sdk.register(event, handler)
        usual = client_config(
            Access(None, session.region, self._endpoint_url), _READ_TIMEOUT_S, retries=False
        )
        unsigned = Config(signature_version=UNSIGNED, ignore_configured_endpoint_urls=True)  # type: ignore[call-arg]  # the stubs lack it
        return sdk.create_client(
            service,
            region_name=session.region,
            endpoint_url=self._endpoint_url or None,
            verify=None if "AWS_CA_BUNDLE" in os.environ else session.ca_bundle or None,
            config=usual.merge(unsigned),
            aws_access_key_id="",  # given, so that none are searched
            aws_secret_access_key="",
        )


SIGN_IN = "profile.sign_in"
CODE_GRANT, REFRESH_GRANT = "authorization_code", "refresh_token"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PKCE_GRANTS = (CODE_GRANT, REFRESH_GRANT)
REDIRECT_URI = "http://127.0.0.1/oauth/callback"
"""As registered; the real one includes a port, which RFC 8252 allows."""
DEFAULT_INTERVAL_S = 5.0
"""Default interval between token requests of the device flow. Source: RFC 8628, 3.2."""

_DEFAULT_SCOPES = ("sso:account:access",)
# Every parser agrees on such an address: no user name, no backslash.
_PAGE = re.compile(r"(?P<origin>https?://[A-Za-z0-9.-]+(?::\d{1,5})?)(?:[/?#][!-\[\]-~]*)?")
_AWS_ENDPOINT = re.compile(r"https://[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws)/?")
# Anybody may have a name below amazonaws.com, but not below the others.
_SIGN_IN = re.compile(
    r"https://(?:(?:(?:device|oidc)\.sso|oidc)\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?"
    r"|(?:[a-z0-9-]+\.)+(?:awsapps\.(?:com|cn)|app\.aws|signin\.aws)"
    r"|(?:[a-z0-9-]+\.)*signin\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com))"
)
_CLIENT_NAME = "AWS Lambda Workbench"
_DESCRIPTION_LENGTH = 300
_SERVER_FAULT = 500


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """The user must open the page, on any device, and compare this code.

    Attributes:
        url: The page, with the code filled in.
        expires_at: Expiry of the code, UTC.
    """

    url: str
    user_code: str
    expires_at: datetime
    device_code: str = field(default="", repr=False)
    interval_s: float = DEFAULT_INTERVAL_S


def register(client: Any, session: SsoSession, grant_types: tuple[str, ...]) -> Registration:
    """Registers this program for about 90 days.

    Args:
        grant_types: `PKCE_GRANTS`, or empty for the device flow.
    """
    asked: dict[str, Any] = {"clientName": _CLIENT_NAME, "clientType": "public"}
    if grant_types:
        asked |= {
            "grantTypes": list(grant_types),
            "redirectUris": [REDIRECT_URI],
            "issuerUrl": session.start_url,
            "scopes": list(session.scopes or _DEFAULT_SCOPES),
        }
    elif session.scopes:
        asked["scopes"] = list(session.scopes)
    answer = whole(client.register_client(**asked), "clientId", "clientSecret", "clientSecretExpiresAt")
    expires_at = datetime.fromtimestamp(answer["clientSecretExpiresAt"], UTC)
    return Registration(answer["clientId"], answer["clientSecret"], expires_at, grant_types)


def authorize_url(
    client: Any,
    session: SsoSession,
    registration: Registration,
    redirect_uri: str,
    state: str,
    challenge: str,
) -> str:
    """The page where the user approves the sign-in. botocore has no model of it.

    Source: SSOTokenFetcherAuth._get_authorization_uri in aws-cli v2, awscli/botocore/utils.py.
    """
    from urllib.parse import quote, urlencode

    query = {
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge_method": "S256",
        "scopes": " ".join(session.scopes or _DEFAULT_SCOPES),
        "code_challenge": challenge,
    }
    return f"{str(client.meta.endpoint_url).rstrip('/')}/authorize?{urlencode(query, quote_via=quote)}"


def start_device(client: Any, session: SsoSession, registration: Registration, now: datetime) -> DeviceCode:
    """Requests a code to show.

    Raises:
        WorkbenchError: The page where the code is entered is not AWS's.
    """
    answer = client.start_device_authorization(
        clientId=registration.client_id, clientSecret=registration.client_secret, startUrl=session.start_url
    )
    whole(answer, "deviceCode", "userCode", "verificationUri", "expiresIn")
    page = str(answer.get("verificationUriComplete") or answer["verificationUri"])
    if not _is_sign_in_page(page, session.start_url, str(client.meta.endpoint_url)):
        raise WorkbenchError(
            _("The page for signing in was not opened."),
            _("Its address, {page}, is not one of AWS's sign-in pages.").format(page=ascii(page)[:120]),
            _("Check the start URL and the region of the profile. Do not enter your code on another page."),
        )
    return DeviceCode(
        page,
        answer["userCode"],
        now + timedelta(seconds=answer["expiresIn"]),
        answer["deviceCode"],
        float(answer.get("interval") or DEFAULT_INTERVAL_S),
    )


def _is_sign_in_page(page: str, start_url: str, endpoint_url: str) -> bool:
    """Whether an address is a page of AWS's sign-in, of the access portal, or of a server that replaces AWS.

    Sources: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_StartDeviceAuthorization.html,
    https://docs.aws.amazon.com/singlesignon/latest/userguide/allowlist-domains.html
    """
    origin = _origin(page)
    if origin and origin == _origin(endpoint_url) and not _AWS_ENDPOINT.fullmatch(endpoint_url):
        return True
    is_own = origin.startswith("https://") and origin == _origin(start_url)
    return is_own or _SIGN_IN.fullmatch(origin) is not None


def _origin(address: str) -> str:
    found = _PAGE.fullmatch(address)
    return found["origin"].lower().removesuffix(":443") if found else ""


def create_token(
    client: Any, session: SsoSession, registration: Registration, grant_type: str, now: datetime, **asked: str
) -> Token:
    """A token for what one of the grants asks. Without a refresh token in the answer it has none.

    Args:
        grant_type: CODE_GRANT, DEVICE_GRANT or REFRESH_GRANT.
        asked: The code, the device's code or the refresh token, by AWS's names.
    """
    answer = client.create_token(
        clientId=registration.client_id,
        clientSecret=registration.client_secret,
        grantType=grant_type,
        **asked,
    )
    whole(answer, "accessToken", "expiresIn")
    return Token(
        session,
        answer["accessToken"],
        now + timedelta(seconds=answer["expiresIn"]),
        answer.get("refreshToken") or "",
        registration,
    )


def whole(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    """The answer, if it is complete: the page of a guest network, status 200, parses as an empty one."""
    if any(name not in answer for name in names):
        from botocore.parsers import ResponseParserError

        raise ResponseParserError(_("a response without the requested data"))
    return answer


def failures() -> tuple[type[Exception], ...]:
    """The exceptions of a client. Importing botocore is left to the `except` that names them."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return BotoCoreError, ClientError, ResponseParserError


def is_passing(error: Exception) -> bool:
    """Whether a retry is useful: the network or the service failed, not the request."""
    from botocore.exceptions import ConnectionError as NotReached
    from botocore.exceptions import HTTPClientError

    response = getattr(error, "response", {})
    if response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_FAULT:
        return True
    return isinstance(error, NotReached | HTTPClientError) or code_of(error) == "SlowDownException"


def code_of(error: BaseException) -> str:
    """AWS's code of a refusal; empty if AWS did not answer."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


_REFUSALS: dict[str, tuple[str, str, str]] = {
    "AccessDeniedException": (
        _("The sign-in was denied in the browser, or you do not have access to this portal."),
        _("Sign in again, and choose “Allow” in the browser."),
        SIGN_IN,
    ),
    "ExpiredTokenException": (_("The code expired before you signed in."), _("Sign in again."), SIGN_IN),
    "InvalidGrantException": (
        _("The sign-in has expired, or its code was already used."),
        _("Sign in again."),
        SIGN_IN,
    ),
    "InvalidClientException UnauthorizedClientException": (
        _("IAM Identity Center no longer recognizes this program."),
        _("Sign in again."),
        SIGN_IN,
    ),
    "InvalidRequestException": (
        "IAM Identity Center in {region} rejected the sign-in to {start_url}. {said}",
        (
            _(
                "Check sso_start_url and sso_region. The region must be that of IAM Identity Center, not "
                "of the functions."
            )
        ),
        "profile.edit",
    ),
    "UnauthorizedException": (
        _("The sign-in to IAM Identity Center has expired or was revoked by an administrator."),
        _("Sign in again."),
        SIGN_IN,
    ),
    "ForbiddenException": (
        _("You do not have access to this in IAM Identity Center."),
        _("Ask your administrator for access."),
        "profile.choose",
    ),
    "InvalidScopeException": (
        _("IAM Identity Center does not recognize one of the scopes: {scopes}."),
        _("Correct sso_registration_scopes."),
        "profile.edit",
    ),
}
_BY_CODE = {code: words for codes, words in _REFUSALS.items() for code in codes.split()}


def explain(error: Exception, session: SsoSession, failure: str = "") -> WorkbenchError:
    """The meaning of a refusal of the sign-in service or the portal, which have codes of their own."""
    failure = failure or _("Could not sign in to {title}.").format(title=session.title)
    found = translate(error, failure=failure)
    code = code_of(error)
    if code not in _BY_CODE:
        return found
    why, remedy, action = _BY_CODE[code]
    fields = {
        "region": session.region,
        "start_url": session.start_url,
        "scopes": ", ".join(session.scopes) or "none",
        "said": str(getattr(error, "response", {}).get("error_description", ""))[:_DESCRIPTION_LENGTH],
    }
    return replace(found, why=why.format_map(fields).strip(), remedy=remedy, action=action)


_PAGE_SIZE = 100
_BUSY = Backoff(1.0, attempts=5)
_MAX_PAUSE_S = 30.0
_THROTTLED = "TooManyRequestsException"
_OF_THE_PORTAL = {"UnauthorizedException", "ForbiddenException"}  # others mean something else in a sign-in


@dataclass(frozen=True, slots=True)
class Account:
    """An account that the user has access to. Name and email address can be empty."""

    account_id: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class AccountRole:
    """A role (permission set) that the user may assume in an account."""

    account: Account
    role_name: str


def list_accounts(token: Token, ctx: JobContext, clients: OidcClients | None = None) -> tuple[Account, ...]:
    """The accounts, by name.

    Raises:
        WorkbenchError: The sign-in has expired (action `profile.sign_in`), or AWS refused for another reason.
        Cancelled: At once, even between retries.
    """
    client = (clients or OidcClients()).portal(token.session)
    found = [
        Account(each["accountId"], each.get("accountName", ""), each.get("emailAddress", ""))
        for each in _listed(client.list_accounts, "accountList", token, ctx)
    ]
    return tuple(sorted(found, key=lambda account: (account.name.casefold(), account.account_id)))


def list_roles(
    token: Token, account: Account, ctx: JobContext, clients: OidcClients | None = None
) -> tuple[AccountRole, ...]:
    """The roles in one account, by name. Raises as `list_accounts` does."""
    client = (clients or OidcClients()).portal(token.session)
    names = [
        each["roleName"]
        for each in _listed(client.list_account_roles, "roleList", token, ctx, accountId=account.account_id)
    ]
    return tuple(AccountRole(account, name) for name in sorted(names, key=str.casefold))


def list_all_roles(
    token: Token, ctx: JobContext, clients: OidcClients | None = None
) -> tuple[AccountRole, ...]:
    """The roles in all accounts; those of each account are emitted as soon as they are known.

    An account whose roles may not be listed has none, and does not hide the others. Raises as `list_accounts`
    does.
    """
    clients = clients or OidcClients()
    accounts = list_accounts(token, ctx, clients)
    found: list[AccountRole] = []
    for number, account in enumerate(accounts):
        ctx.progress(number, len(accounts), account.name or account.account_id)
        try:
            roles = list_roles(token, account, ctx, clients)
        except WorkbenchError as error:
            if error.aws_code not in ("ForbiddenException", "ResourceNotFoundException"):
                raise
            continue
        found += roles
        ctx.emit(roles)
    ctx.progress(len(accounts), len(accounts))
    return tuple(found)


def _listed(
    ask: Callable[..., Any], field: str, token: Token, ctx: JobContext, **asked: str
) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    seen: set[str] = set()
    while True:
        page = _send(
            lambda: ask(accessToken=token.access_token, maxResults=_PAGE_SIZE, **asked), field, token, ctx
        )
        found += page[field]
        next_token = page.get("nextToken", "")
        if not next_token or next_token in seen:  # a repeated token would never end
            return found
        seen.add(next_token)
        asked["nextToken"] = next_token


def _send(send: Callable[[], Any], field: str, token: Token, ctx: JobContext) -> Any:
    """Sends a request, and retries if that helps. botocore would retry, too, but without Cancel."""
    refusals: list[Exception] = []

    def attempt() -> Any:
        ctx.check()
        try:
            return whole(send(), field)
        except failures() as error:
            refusals.append(error)
            title = token.session.title
            failure = _("Could not list what {title} gives access to.").format(title=title)
            if code_of(error) in _OF_THE_PORTAL:
                raise explain(error, token.session, failure) from None
            raise translate(error, failure=failure) from None

    def is_transient(_error: WorkbenchError) -> bool:
        is_throttled = code_of(refusals[-1]) == _THROTTLED
        return is_throttled or (len(refusals) == 1 and is_passing(refusals[-1]))

    return retry(
        attempt, ctx, _BUSY, is_transient, requested_pause_s=lambda _error: _retry_after(refusals[-1])
    )


def _retry_after(error: Exception) -> float:
    """The Retry-After of an answer in seconds; 0 if there is none."""
    headers = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPHeaders", {})
    text = str(headers.get("retry-after", ""))
    return min(float(text), _MAX_PAUSE_S) if text.isdecimal() else 0.0


NAME_TEMPLATE = "{account}-{role}"
PLACEHOLDERS = ("account", "account_id", "email", "role")
"""Placeholders of a template; `account` is the account's name, or its id if it has none."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.@+-]+")
_LONGEST = 100
_NOT_WRITTEN = _("The profiles could not be saved.")


def profiles_for(
    session: SsoSession,
    chosen: Sequence[AccountRole],
    files: ConfigFiles,
    name_template: str = NAME_TEMPLATE,
    region: str = "",
) -> tuple[FileEdits, ...]:
    """The edits that add a profile for each role, except those that exist.

    Args:
        session: The sign-in. All profiles share its `[sso-session]` section, which is added unless it exists.
        name_template: Names of the profiles. Problematic characters become "-", and a name that is taken gets
            a number.
        region: The region of the new profiles; empty for none.

    Returns:
        Empty if there is nothing to add.

    Raises:
        WorkbenchError: The session has no name, or that of another portal; or the template has an unknown
            placeholder.
    """
    _check_session(session, files)
    _check_template(name_template)
    there = {
        tuple(parts.options.get(part) for part in SSO_PARTS)
        for parts in files.profiles.values()
        if parts.options.get("sso_session") == session.name
    }
    taken = {*files.profiles, "default"}
    edits: list[Edit] = []
    for each in chosen:
        role = (each.account.account_id, each.role_name)
        if role in there:
            continue
        there.add(role)
        name = _unique(_named(name_template, each), taken)
        taken.add(name)
        options = [("sso_session", session.name), ("sso_account_id", role[0]), ("sso_role_name", role[1])]
        if region:
            options.append(("region", region))
        edits.append(AddSection(f"profile {name}", tuple(options)))
    return _with_section(session, edits, files)


def _with_section(session: SsoSession, edits: list[Edit], files: ConfigFiles) -> tuple[FileEdits, ...]:
    """The edits of the configuration file; the session's section comes first if it does not exist."""
    if not edits:
        return ()
    missing = () if session.name in files.sso_sessions else (session_section(session),)
    return (FileEdits(files.config.path, (*missing, *edits)),)


def session_section(session: SsoSession) -> AddSection:
    """The `[sso-session]` section of a session. Without a scope a token could not be renewed."""
    scopes = ",".join(session.scopes) or "sso:account:access"
    return AddSection(
        f"sso-session {session.name}",
        (
            ("sso_start_url", session.start_url),
            ("sso_region", session.region),
            ("sso_registration_scopes", scopes),
        ),
    )


def _check_session(session: SsoSession, files: ConfigFiles) -> None:
    if not session.name or _FORBIDDEN.search(session.name):
        raise WorkbenchError(
            _NOT_WRITTEN,
            _("“{session}” is not a valid sso-session name.").format(session=session.name)
            if session.name
            else _("The sign-in has no name."),
            _("Enter a name of letters, digits and _.@+-"),
        )
    there = files.sso_sessions.get(session.name)
    start_url = there.options.get("sso_start_url", "") if there else session.start_url
    if not same_portal(start_url, session.start_url):
        raise WorkbenchError(
            _NOT_WRITTEN,
            _("[sso-session {session}] refers to another portal: {start_url}.").format(
                session=session.name, start_url=start_url or "none"
            ),
            _("Choose another name."),
        )


def _check_template(template: str) -> None:
    for placeholder in _PLACEHOLDER.findall(template):
        if placeholder not in PLACEHOLDERS:
            known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            raise WorkbenchError(
                _NOT_WRITTEN,
                _("“{{{placeholder}}}” is not a known placeholder.").format(placeholder=placeholder),
                _("Use {known}.").format(known=known),
            )


def _named(template: str, chosen: AccountRole) -> str:
    account = chosen.account
    words = {
        "account": _clean(account.name) or account.account_id,
        "account_id": account.account_id,
        "email": account.email,
        "role": chosen.role_name,
    }
    name = _clean(_PLACEHOLDER.sub(lambda found: words[found[1]], template))
    return name[:_LONGEST] or f"{account.account_id}-{_clean(chosen.role_name)}"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("-", text).strip("-")


def _unique(name: str, taken: Collection[str]) -> str:
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate
