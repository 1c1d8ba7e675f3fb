"""The access portal: the accounts and roles of a signed-in user."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.errors import translate
from workbench.aws.retry import Backoff, retry
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.sso import oidc
from workbench.profiles.sso.clients import OidcClients
from workbench.profiles.sso.oidc import code_of, is_passing
from workbench.profiles.sso.session import Token

_PAGE_SIZE = 100
_BUSY = Backoff(1.0, attempts=5)
_MAX_PAUSE_S = 30.0
_THROTTLED = "TooManyRequestsException"


@dataclass(frozen=True, slots=True)
class Account:
    """An account that the user has access to. Name and address can be empty."""

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
        WorkbenchError: The sign-in has ended (action `profile.sign_in`), or AWS refused for another reason.
        Cancelled: At once, while it waits to ask again.
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
    """The roles in one account, by name. Raises as `list_accounts`."""
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

    An account whose roles cannot be seen has none; that is no reason to show nothing of the others. Raises
    as `list_accounts`.
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
        if not next_token or next_token in seen:  # a page that comes again would go on for ever
            return found
        seen.add(next_token)
        asked["nextToken"] = next_token


def _send(send: Callable[[], Any], field: str, token: Token, ctx: JobContext) -> Any:
    """Sends a request, and again where that helps. botocore would retry, too, but without Cancel."""
    failures: list[Exception] = []

    def attempt() -> Any:
        ctx.check()
        try:
            return oidc.whole(send(), field)
        except oidc.failures() as error:
            failures.append(error)
            raise _explained(error, token) from None

    def is_transient(_error: WorkbenchError) -> bool:
        is_throttled = code_of(failures[-1]) == _THROTTLED
        return is_throttled or (len(failures) == 1 and is_passing(failures[-1]))

    return retry(
        attempt, ctx, _BUSY, is_transient, requested_pause_s=lambda _error: _retry_after(failures[-1])
    )


def _retry_after(error: Exception) -> float:
    """The seconds that the answer names, 0 if none."""
    headers = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPHeaders", {})
    text = str(headers.get("retry-after", ""))
    return min(float(text), _MAX_PAUSE_S) if text.isdecimal() else 0.0


def _explained(error: Exception, token: Token) -> WorkbenchError:
    found = translate(error, failure=f"Could not list what {token.session.title} gives access to.")
    match code_of(error):
        case "UnauthorizedException":
            why = "The sign-in to IAM Identity Center has expired or was revoked by an administrator."
            return replace(found, why=why, remedy="Sign in again.", action=oidc.SIGN_IN)
        case "ForbiddenException":
            why = "You do not have access to this in IAM Identity Center."
            return replace(
                found, why=why, remedy="Ask your administrator for access.", action="profile.choose"
            )
    return found
