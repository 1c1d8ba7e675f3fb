"""Renewing a sign-in: when, how often, and what happens when it cannot be."""

from datetime import datetime, timedelta

import pytest

from tests.fake_sso import FakeSso, Refusal
from tests.fake_time import START, FakeClock
from tests.profiles.sso.conftest import SESSION
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.sso_api import OidcClients
from workbench.profiles.sso_session import Registration, Token, TokenCache
from workbench.profiles.sso_sign_in import refresh, token_for

CLIENT_ID, CLIENT_SECRET = "client-0", "secret-of-client-0"


def a_token(
    fake_sso: FakeSso,
    minutes: int,
    *,
    refreshable: bool = True,
    registered_days: int = 30,
    now: datetime = START,
) -> Token:
    """A sign-in that ends in so many minutes; the service knows its refresh token."""
    now = now.replace(microsecond=0)  # as in the file
    answer = fake_sso.issue()
    fake_sso.know(CLIENT_ID, CLIENT_SECRET)
    registration = Registration(CLIENT_ID, CLIENT_SECRET, now + timedelta(days=registered_days))
    return Token(
        SESSION,
        str(answer["accessToken"]),
        now + timedelta(minutes=minutes),
        str(answer["refreshToken"]) if refreshable else "",
        registration,
    )


class Renewal:
    """Asks for the token of the session, through the cache or with a token in hand."""

    def __init__(self, fake_sso: FakeSso, clients: OidcClients, cache: TokenCache) -> None:
        self.fake_sso, self.clients, self.cache = fake_sso, clients, cache

    def token_for(self) -> Token:
        return token_for(SESSION, JobContext(), FakeClock(), self.clients, self.cache)

    def refresh(self, token: Token) -> Token:
        return refresh(token, SESSION, JobContext(), FakeClock(), self.clients, self.cache)

    @property
    def calls(self) -> int:
        return self.fake_sso.count("/token")


@pytest.fixture
def renewal(fake_sso: FakeSso, clients: OidcClients, cache: TokenCache) -> Renewal:
    return Renewal(fake_sso, clients, cache)


@pytest.mark.parametrize(("minutes", "calls"), [(120, 0), (5, 1), (-60, 1)])
def test_a_token_is_renewed_shortly_before_its_end_and_after_it(
    fake_sso: FakeSso, renewal: Renewal, minutes: int, calls: int
) -> None:
    """S1."""
    old = a_token(fake_sso, minutes)
    renewal.cache.store(old)
    token = renewal.token_for()
    assert renewal.calls == calls
    assert (token.access_token == old.access_token) is (calls == 0)
    stored = renewal.cache.load(SESSION)
    assert stored is not None
    assert (stored.access_token, stored.refresh_token) == (token.access_token, token.refresh_token)
    assert token.is_valid(START)
    renewal.token_for()
    assert renewal.calls == calls  # and once only


@pytest.mark.parametrize("made", [{"refreshable": False}, {"registered_days": -1}])
def test_what_cannot_be_renewed_wants_a_sign_in_without_a_call(
    fake_sso: FakeSso, renewal: Renewal, made: dict[str, int]
) -> None:
    """S2."""
    renewal.cache.store(a_token(fake_sso, -60, **made))  # type: ignore[arg-type]
    with pytest.raises(WorkbenchError, match="has expired") as caught:
        renewal.token_for()
    assert caught.value.action == "profile.sign_in"
    assert renewal.calls == 0


def test_what_cannot_be_renewed_is_used_to_its_end(fake_sso: FakeSso, renewal: Renewal) -> None:
    old = a_token(fake_sso, 5, refreshable=False)
    renewal.cache.store(old)
    assert renewal.token_for() == old


def test_a_refused_renewal_wants_a_sign_in(fake_sso: FakeSso, renewal: Renewal) -> None:
    renewal.cache.store(a_token(fake_sso, -60))
    fake_sso.refresh_tokens.clear()
    with pytest.raises(WorkbenchError, match="sign-in has expired") as caught:
        renewal.token_for()
    assert (caught.value.aws_code, caught.value.action) == ("InvalidGrantException", "profile.sign_in")


def test_a_token_that_still_holds_outlives_a_service_that_does_not_answer(
    fake_sso: FakeSso, renewal: Renewal
) -> None:
    old = a_token(fake_sso, 5)
    renewal.cache.store(old)
    fake_sso.refusals["/token"] = [Refusal(500, "InternalServerException")]
    assert renewal.token_for() == old


def test_what_another_tool_renewed_is_not_renewed_again(fake_sso: FakeSso, renewal: Renewal) -> None:
    in_hand = a_token(fake_sso, 5)
    newer = a_token(fake_sso, 60)
    renewal.cache.store(newer)
    assert renewal.refresh(in_hand) == newer
    assert renewal.calls == 0


def test_losing_a_race_for_the_renewal_does_no_harm(fake_sso: FakeSso, renewal: Renewal) -> None:
    """Another tool uses the refresh token up and stores what it got, between our look and our request."""
    old, newer = a_token(fake_sso, -1), a_token(fake_sso, 60)
    renewal.cache.store(old)
    fake_sso.refresh_tokens.remove(old.refresh_token)

    def be_faster(path: str) -> None:
        if path == "/token":
            renewal.cache.store(newer)

    fake_sso.on_call = be_faster
    assert renewal.token_for() == newer
    assert renewal.calls == 1


def test_an_answer_that_is_no_token_is_told(fake_sso: FakeSso, renewal: Renewal) -> None:
    renewal.cache.store(a_token(fake_sso, -60))
    fake_sso.refusals["/token"] = [Refusal(200, "")]  # as a guest network's page
    with pytest.raises(WorkbenchError, match="did not come from AWS"):
        renewal.token_for()
