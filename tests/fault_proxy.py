"""A fault injector before the Sandbox: AWS's refusals, in its own wire format, when a test asks for them.

One server for all tests of a process: it reads the models of all services, which takes seconds and up to
268 MB.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.mortal import ROOT
from workbench.sandbox.supervisor import Endpoint


class Proxy:
    """A fault injector in front of the Sandbox. `inject` replaces its rules."""

    def __init__(self, url: str) -> None:
        self.url = url

    def inject(self, *rules: dict[str, object]) -> None:
        """Takes rules in microburst's words; for Lambda's calls unless they name another service."""
        body = json.dumps([{"service": "lambda", **rule} for rule in rules]).encode()
        headers = {"Content-Type": "application/json"}
        forget = urllib.request.Request(f"{self.url}/_microburst/fired", method="DELETE")
        rules_now = urllib.request.Request(f"{self.url}/_microburst/rules", body, headers, method="POST")
        for request in (forget, rules_now):
            urllib.request.urlopen(request).close()

    def fired(self) -> list[str]:
        """The operations that these rules have met, in microburst's words: 100 at most."""
        with urllib.request.urlopen(f"{self.url}/_microburst/fired") as answer:
            return [str(each["operation"]) for each in json.load(answer)]


@pytest.fixture(scope="session")
def proxy_server(endpoint: Endpoint) -> Iterator[Proxy]:
    """The server, on a free port of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.resigning",
            "--upstream",
            endpoint.url,
            "--host",
            "127.0.0.1",
            "--port",
            port,
        ],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(f"{url}/_microburst/health", process)
        # With its first call it reads every service's model: longer than clients wait on a busy machine.
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(f"{url}/2015-03-31/functions/", timeout=60).close()
        yield Proxy(url)
    finally:
        process.kill()
        process.wait()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"{url} does not answer")


@pytest.fixture
def proxy(proxy_server: Proxy) -> Iterator[Proxy]:
    """The fault injector, without rules."""
    proxy_server.inject()
    yield proxy_server
    proxy_server.inject()
