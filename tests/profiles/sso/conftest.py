"""A portal to sign in to, and a person with a browser."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.model import OperationModel

from tests.aws.conftest import AwsFiles, aws_files
from tests.aws.model_check import check_request
from tests.fake_sso import START_URL, FakeSso, fake_sso
from workbench.profiles.sso_api import OidcClients
from workbench.profiles.sso_session import SsoSession, TokenCache

__all__ = ["AwsFiles", "aws_files", "fake_sso"]

SESSION = SsoSession("corp", START_URL, "eu-west-1", ("sso:account:access",))
LEGACY = SsoSession("", START_URL, "eu-west-1")


@pytest.fixture
def clients(fake_sso: FakeSso) -> OidcClients:
    """Clients whose requests AWS would take."""

    def check(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        check_request("sso" if model.service_model.service_id == "SSO" else "sso-oidc", model.name, params)

    return OidcClients(fake_sso.url, [("provide-client-params", check)])


@pytest.fixture
def cache(tmp_path: Path) -> TokenCache:
    return TokenCache(tmp_path / "cache")


class Browser:
    """Opens pages as a browser does: by itself, while the program goes on. Follows where it is sent."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.pages: list[tuple[int, str]] = []
        self._threads: list[threading.Thread] = []

    def __call__(self, url: str) -> bool:
        self.opened.append(url)
        self.visit(url)
        return True

    def visit(self, url: str) -> None:
        """Opens an address; what is shown is in `pages` after `join`."""
        thread = threading.Thread(target=self._get, args=(url,))
        self._threads.append(thread)
        thread.start()

    def _get(self, url: str) -> None:
        try:
            with urllib.request.urlopen(url, timeout=10) as page:
                self.pages.append((page.status, page.read().decode()))
        except urllib.error.HTTPError as error:
            with error:
                self.pages.append((error.code, error.read().decode()))

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.join()
