"""The access portal: accounts and roles of a signed-in user, and profiles for those that the user chooses."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.aws.retry import Backoff, retry
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.profiles import sso_oidc as oidc
from workbench.profiles.config_files import SSO_PARTS, ConfigFiles
from workbench.profiles.ini_editor import AddSection, Edit, FileEdits
from workbench.profiles.sso_oidc import OidcClients, code_of, is_passing
from workbench.profiles.sso_session import SsoSession, Token, same_portal

_PAGE_SIZE = 100
_BUSY = Backoff(1.0, attempts=5)
_MAX_PAUSE_S = 30.0
_THROTTLED = "TooManyRequestsException"


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
    failures: list[Exception] = []

    def attempt() -> Any:
        ctx.check()
        try:
            return oidc.whole(send(), field)
        except oidc.failures() as error:
            failures.append(error)
            title = token.session.title
            failure = _("Could not list what {title} gives access to.").format(title=title)
            raise oidc.explain(error, token.session, failure) from None

    def is_transient(_error: WorkbenchError) -> bool:
        is_throttled = code_of(failures[-1]) == _THROTTLED
        return is_throttled or (len(failures) == 1 and is_passing(failures[-1]))

    return retry(
        attempt, ctx, _BUSY, is_transient, requested_pause_s=lambda _error: _retry_after(failures[-1])
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
