"""S7: what the access portal lists, and how it refuses."""

import threading
from datetime import timedelta

import pytest

from tests.fake_sso import Account, FakeSso, Refusal
from tests.fake_time import START, FakeClock, FakeContext
from tests.profiles.sso.conftest import SESSION
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.profiles import sso_api as portal
from workbench.profiles.sso_api import OidcClients, list_accounts, list_all_roles, list_roles
from workbench.profiles.sso_session import Token

ACCOUNTS, ROLES = "/assignment/accounts", "/assignment/roles"
THROTTLED = Refusal(429, "TooManyRequestsException")


@pytest.fixture
def token(fake_sso: FakeSso) -> Token:
    return Token(SESSION, str(fake_sso.issue()["accessToken"]), START + timedelta(hours=1))


@pytest.fixture
def ctx() -> FakeContext:
    return FakeContext(FakeClock())


def test_all_pages_are_read_and_accounts_are_in_order(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    fake_sso.accounts = {f"{number:012d}": Account(f"account {number}", []) for number in (5, 3, 1, 2, 4)}
    found = list_accounts(token, ctx, clients)
    assert [account.name for account in found] == [f"account {number}" for number in range(1, 6)]
    assert fake_sso.count(ACCOUNTS) == 3


def test_roles_come_account_by_account(fake_sso: FakeSso, clients: OidcClients, token: Token) -> None:
    fake_sso.accounts = {
        "111111111111": Account("Dev", ["Reader", "admin", "Ops"], "dev@example.com"),
        "222222222222": Account("Prod", ["Reader"]),
    }
    items: list[object] = []
    seen: list[Progress] = []
    found = list_all_roles(token, JobContext(seen.append, items.append), clients)
    dev, prod = (
        portal.Account("111111111111", "Dev", "dev@example.com"),
        portal.Account("222222222222", "Prod"),
    )
    roles = (
        *(portal.AccountRole(dev, name) for name in ("admin", "Ops", "Reader")),
        portal.AccountRole(prod, "Reader"),
    )
    assert found == roles
    assert items == [roles[:3], roles[3:]]
    assert [(each.done, each.total) for each in seen] == [(0, 2), (1, 2), (2, 2)]


def test_an_account_that_refuses_does_not_hide_the_others(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    fake_sso.accounts["222222222222"] = Account("Prod", ["Reader"])
    fake_sso.refusals[ROLES] = [Refusal(403, "ForbiddenException")]
    assert [role.account.name for role in list_all_roles(token, ctx, clients)] == ["Prod"]


def test_a_sign_in_that_was_ended_elsewhere_asks_for_a_new_one(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    fake_sso.access_tokens.clear()
    with pytest.raises(WorkbenchError, match="has expired") as caught:
        list_all_roles(token, ctx, clients)
    assert (caught.value.aws_code, caught.value.action) == ("UnauthorizedException", "profile.sign_in")
    assert token.access_token not in str(caught.value)
    assert fake_sso.count(ACCOUNTS) == 1


def test_who_has_no_access_is_told(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    fake_sso.refusals[ACCOUNTS] = [Refusal(403, "ForbiddenException")]
    with pytest.raises(WorkbenchError, match="do not have access") as caught:
        list_accounts(token, ctx, clients)
    assert (caught.value.aws_code, caught.value.action) == ("ForbiddenException", "profile.choose")


def test_a_request_that_the_portal_refuses_is_not_explained_as_a_refused_sign_in(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    for code in ("InvalidRequestException", "AccessDeniedException", "ExpiredTokenException"):
        fake_sso.refusals[ACCOUNTS] = [Refusal(400, code)]
        with pytest.raises(WorkbenchError, match="Could not list what") as caught:
            list_accounts(token, ctx, clients)
        assert caught.value.aws_code == code
        assert caught.value.action != "profile.edit"
        assert "browser" not in str(caught.value)
        assert token.session.start_url not in str(caught.value)


def test_throttling_is_waited_out_as_long_as_the_answer_says(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    patient = Refusal(429, "TooManyRequestsException", {"Retry-After": "7"})
    for_ever = Refusal(429, "TooManyRequestsException", {"Retry-After": "86400"})
    fake_sso.refusals[ACCOUNTS] = [THROTTLED, patient, for_ever]
    assert list_accounts(token, ctx, clients)
    assert ctx.slept == [1, 7, 30]


def test_throttling_without_end_is_told(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    fake_sso.refusals[ACCOUNTS] = [THROTTLED] * 20
    with pytest.raises(WorkbenchError, match="exceeded the request rate") as caught:
        list_accounts(token, ctx, clients)
    assert caught.value.aws_code == "TooManyRequestsException"
    assert ctx.slept == [1, 2, 4, 8]


def test_waiting_for_a_throttled_portal_can_be_cancelled(
    fake_sso: FakeSso, clients: OidcClients, token: Token
) -> None:
    stop = threading.Event()
    fake_sso.refusals[ACCOUNTS] = [Refusal(429, "TooManyRequestsException", {"Retry-After": "30"})]
    fake_sso.on_call = lambda _: stop.set()
    with pytest.raises(Cancelled):
        list_accounts(token, JobContext(stop=stop), clients)
    assert fake_sso.count(ACCOUNTS) == 1


def test_one_fault_of_the_service_is_tried_again_a_second_is_told(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    fault = Refusal(503, "ServiceUnavailable")
    fake_sso.refusals[ACCOUNTS] = [fault]
    assert list_accounts(token, ctx, clients)
    fake_sso.refusals[ACCOUNTS] = [fault, fault]
    with pytest.raises(WorkbenchError, match="internal error"):
        list_accounts(token, ctx, clients)


def test_a_listing_that_turns_in_circles_ends(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    fake_sso.accounts["111111111111"].roles = ["a", "b", "c"]
    fake_sso.page_size = 0
    assert list_roles(token, portal.Account("111111111111"), ctx, clients) == ()
    assert fake_sso.count(ROLES) == 2


def test_the_page_of_a_guest_network_is_not_an_empty_list(
    fake_sso: FakeSso, clients: OidcClients, token: Token, ctx: FakeContext
) -> None:
    fake_sso.refusals[ACCOUNTS] = [Refusal(200, "")]
    with pytest.raises(WorkbenchError, match="did not come from AWS"):
        list_accounts(token, ctx, clients)
