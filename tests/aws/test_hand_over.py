"""A secret address reaches the user's own browser, once, and nobody else."""

import http.client
import os
import socket
import sys
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from workbench.aws.console import hand_over, is_own
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext

URL = "https://signin.aws.amazon.com/federation?Action=login&SigninToken=secret"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Only there arguments are public.")


def get(address: str, path: str = "") -> tuple[int, dict[str, str]]:
    parts = urlsplit(address)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("GET", path or parts.path)
        response = connection.getresponse()
        return response.status, dict(response.getheaders())
    finally:
        connection.close()


class Browser:
    """Does something with the address on a thread of its own, as a browser does."""

    def __init__(self, use: Callable[[str], None]) -> None:
        self._use = use
        self.addresses: list[str] = []
        self._threads: list[threading.Thread] = []

    def open(self, address: str) -> None:
        self.addresses.append(address)
        thread = threading.Thread(target=self._use, args=(address,))
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        for thread in self._threads:
            thread.join()


def test_the_browser_is_redirected_and_the_address_it_is_started_with_holds_no_secret() -> None:
    answers: list[tuple[int, dict[str, str]]] = []
    browser = Browser(lambda address: answers.append(get(address)))
    assert hand_over(URL, browser.open, JobContext())
    browser.close()
    ((status, headers),) = answers
    assert (status, headers["Location"], headers["Cache-Control"]) == (303, URL, "no-store")
    (address,) = browser.addresses
    assert address.startswith("http://127.0.0.1:")
    assert "secret" not in address
    with pytest.raises(ConnectionRefusedError):
        get(address)  # there is nothing any more


def test_another_path_gets_nothing() -> None:
    answers: list[int] = []

    def guess(address: str) -> None:
        answers.extend(get(address, path)[0] for path in ("/", "/favicon.ico", f"{urlsplit(address).path}x"))
        answers.append(get(address)[0])

    browser = Browser(guess)
    assert hand_over(URL, browser.open, JobContext())
    browser.close()
    assert answers == [404, 404, 404, 303]


def test_another_user_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12_345)
    answers: list[int] = []
    ctx = JobContext()

    def ask(address: str) -> None:
        answers.append(get(address)[0])
        ctx._stop.set()

    browser = Browser(ask)
    with pytest.raises(Cancelled):
        hand_over(URL, browser.open, ctx)
    browser.close()
    assert answers == [404]


def test_a_connection_that_asks_nothing_does_not_keep_the_browser_waiting() -> None:
    answers: list[int] = []

    def use(address: str) -> None:
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname, parts.port or 0)):
            answers.append(get(address)[0])

    browser = Browser(use)
    assert hand_over(URL, browser.open, JobContext())
    browser.close()
    assert answers == [303]


def test_a_browser_that_never_comes_is_given_up() -> None:
    assert not hand_over(URL, lambda _address: None, JobContext(), timeout_s=0.0)


def test_whose_a_connection_is_stands_in_the_kernels_table() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            assert is_own(client.getsockname()[1], port)
            assert not is_own(client.getsockname()[1], port + 1)
