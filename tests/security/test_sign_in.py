"""Row 11: whoever can send a request to the sign-in's port cannot end the sign-in."""

import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fake_sso import FakeSso
from tests.profiles.sso.conftest import (
    SESSION,
    AwsFiles,
    Browser,
    aws_files,
    browser,
    cache,
    clients,
    fake_sso,
)
from workbench.core.jobs import JobContext
from workbench.profiles.sso_api import OidcClients
from workbench.profiles.sso_session import TokenCache
from workbench.profiles.sso_sign_in import sign_in

__all__ = ["AwsFiles", "aws_files", "browser", "cache", "clients", "fake_sso"]


@pytest.mark.parametrize(
    "attack",
    [
        "error=access_denied",
        "error=x&state=",
        "error=server_error&state=guessed",
        "error=a&error=b",
        "state=&error=",
    ],
)
def test_a_page_that_says_refused_does_not_end_the_sign_in(
    fake_sso: FakeSso, clients: OidcClients, cache: TokenCache, browser: Browser, attack: str
) -> None:
    """Over HTTP, as any page that is open in the browser can."""
    agreeing: list[threading.Thread] = []

    def open_browser(url: str) -> bool:
        redirect_uri = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        browser.visit(f"{redirect_uri}?{attack}")

        def agree_later() -> None:
            while not browser.pages:
                threading.Event().wait(0.01)
            browser(url)

        agreeing.append(threading.Thread(target=agree_later))
        agreeing[0].start()
        return True

    try:
        token = sign_in(SESSION, JobContext(), open_browser, clients=clients, cache=cache)
    finally:
        for each in agreeing:
            each.join()
        browser.join()
    assert token.access_token in fake_sso.access_tokens
    assert [status for status, _ in browser.pages] == [400, 200]
