"""Signing in with the browser (PKCE), against a server that checks what AWS checks."""

import socket
import stat
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fake_sso import FakeSso, oidc
from tests.fake_time import FakeClock
from tests.profiles.sso.conftest import SESSION, Browser
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.sso_api import PKCE_GRANTS, DeviceCode, OidcClients
from workbench.profiles.sso_session import TokenCache
from workbench.profiles.sso_sign_in import Waiting, sign_in, token_for


def test_the_browser_signs_in_and_the_token_is_kept(
    fake_sso: FakeSso, clients: OidcClients, cache: TokenCache, browser: Browser
) -> None:
    items: list[object] = []
    token = sign_in(SESSION, JobContext(item=items.append), browser, clients=clients, cache=cache)
    assert items == [Waiting(browser.opened[0])]
    assert token.access_token in fake_sso.access_tokens
    assert token.refresh_token in fake_sso.refresh_tokens
    assert cache.load(SESSION) is not None
    assert stat.S_IMODE(cache.path_of(SESSION).stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    browser.join()
    status, page = browser.pages[0]
    assert status == 200
    assert "You are signed in" in page


def test_after_signing_in_the_token_costs_no_call(
    fake_sso: FakeSso, clients: OidcClients, cache: TokenCache, browser: Browser
) -> None:
    """S2."""
    signed_in = sign_in(SESSION, JobContext(), browser, clients=clients, cache=cache)
    fake_sso.calls.clear()
    again = token_for(SESSION, JobContext(), clients=clients, cache=cache)
    assert again.access_token == signed_in.access_token
    assert not fake_sso.calls


def test_who_is_not_signed_in_is_told_so_without_a_call(
    fake_sso: FakeSso, clients: OidcClients, cache: TokenCache
) -> None:
    """S2, the other way round."""
    with pytest.raises(WorkbenchError, match="not signed in") as caught:
        token_for(SESSION, JobContext(), clients=clients, cache=cache)
    assert caught.value.action == "profile.sign_in"
    assert not fake_sso.calls


def test_the_port_is_open_on_the_loopback_before_the_browser_is(
    clients: OidcClients, cache: TokenCache, browser: Browser
) -> None:
    def open_browser(url: str) -> bool:
        redirect = urlsplit(parse_qs(urlsplit(url).query)["redirect_uri"][0])
        assert redirect.hostname == "127.0.0.1"
        with socket.create_connection((redirect.hostname, redirect.port or 0), 1):
            pass
        return browser(url)

    sign_in(SESSION, JobContext(), open_browser, clients=clients, cache=cache)
    assert len(browser.opened) == 1


def test_an_answer_with_another_state_is_refused_and_the_waiting_goes_on(
    fake_sso: FakeSso, clients: OidcClients, cache: TokenCache, browser: Browser
) -> None:
    """S6."""

    def open_browser(url: str) -> bool:
        redirect_uri = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        for attack in ("code=stolen&state=guessed", "code=stolen", "error=access_denied&state=guessed"):
            browser.visit(f"{redirect_uri}?{attack}")

        def agree_later() -> None:
            while len(browser.pages) < 3:
                threading.Event().wait(0.01)
            browser(url)

        agreeing.append(threading.Thread(target=agree_later))
        agreeing[0].start()
        return True

    agreeing: list[threading.Thread] = []
    token = sign_in(SESSION, JobContext(), open_browser, clients=clients, cache=cache)
    agreeing[0].join()
    browser.join()
    assert token.access_token in fake_sso.access_tokens
    assert [status for status, _ in browser.pages] == [400, 400, 400, 200]
    assert [asked["code"] for asked in fake_sso.asked("/token")] != ["stolen"]


def test_who_refuses_in_the_browser_is_not_signed_in(
    fake_sso: FakeSso, clients: OidcClients, cache: TokenCache, browser: Browser
) -> None:
    def refuse(url: str) -> bool:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        browser.visit(f"{asked['redirect_uri']}?error=access_denied&state={asked['state']}")
        return True

    with pytest.raises(WorkbenchError, match="denied in the browser") as caught:
        sign_in(SESSION, JobContext(), refuse, clients=clients, cache=cache)
    assert (caught.value.aws_code, caught.value.action) == ("access_denied", "profile.sign_in")
    assert cache.load(SESSION) is None
    assert not fake_sso.count("/token")


def test_cancel_takes_effect_while_the_browser_is_open(clients: OidcClients, cache: TokenCache) -> None:
    stop = threading.Event()
    cancelled_at: list[float] = []

    def open_browser(_: str) -> bool:
        stop.set()
        cancelled_at.append(SystemClock().monotonic())
        return True

    with pytest.raises(Cancelled):
        sign_in(SESSION, JobContext(stop=stop), open_browser, clients=clients, cache=cache)
    assert SystemClock().monotonic() - cancelled_at[0] < 30  # of the ten minutes for which it would wait
    assert cache.load(SESSION) is None


class RushingClock(FakeClock):
    """A minute passes with every look at it."""

    def monotonic(self) -> float:
        self.passed_s += 60
        return self.passed_s


def test_a_browser_that_never_comes_back_ends_the_sign_in(clients: OidcClients, cache: TokenCache) -> None:
    with pytest.raises(WorkbenchError, match="timed out after 10 min") as caught:
        sign_in(SESSION, JobContext(), lambda _: True, RushingClock(), clients=clients, cache=cache)
    assert caught.value.action == "profile.sign_in"


@pytest.mark.parametrize("is_offered", [True, False], ids=["no browser here", "no PKCE in the region"])
def test_what_the_browser_cannot_do_a_code_does(
    fake_sso: FakeSso, clients: OidcClients, cache: TokenCache, is_offered: bool
) -> None:
    fake_sso.offers_pkce = is_offered
    fake_sso.interval_s = 1
    items: list[object] = []
    context = JobContext(item=items.append)
    token = sign_in(SESSION, context, lambda _: False, clients=clients, cache=cache)
    assert token.access_token in fake_sso.access_tokens
    assert isinstance(items[-1], DeviceCode)


def test_a_registration_serves_until_a_sign_in_fails(
    fake_sso: FakeSso, clients: OidcClients, cache: TokenCache, browser: Browser
) -> None:
    for _ in range(2):
        sign_in(SESSION, JobContext(), browser, clients=clients, cache=cache)
    assert fake_sso.count("/client/register") == 1
    fake_sso.refusals["/token"] = [oidc("InvalidClientException")]
    with pytest.raises(WorkbenchError, match="no longer recognizes this program"):
        sign_in(SESSION, JobContext(), browser, clients=clients, cache=cache)
    assert cache.load_registration(SESSION, PKCE_GRANTS) is None
    sign_in(SESSION, JobContext(), browser, clients=clients, cache=cache)
    assert fake_sso.count("/client/register") == 2


def test_no_secret_is_in_a_repr(clients: OidcClients, cache: TokenCache, browser: Browser) -> None:
    token = sign_in(SESSION, JobContext(), browser, clients=clients, cache=cache)
    assert token.registration is not None
    for secret in (token.access_token, token.refresh_token, token.registration.client_secret):
        assert secret
        assert secret not in repr(token)
