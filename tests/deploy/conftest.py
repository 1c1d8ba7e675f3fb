"""Functions in the Sandbox, and a proxy in front of it that injects faults."""

import io
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.aws_stub import aws
from workbench.aws.access import Access
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace, open_workspace
from workbench.core.jobs import JobContext
from workbench.deploy.journal import Journal
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function, wait_until_updated
from workbench.sandbox.supervisor import Endpoint

__all__ = ["aws"]

CTX = JobContext()
HANDLER = "def handler(event, context):\n    return 'old'\n"


def zip_of(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


@contextmanager
def _server(command: list[str], health: str) -> Iterator[str]:
    """Runs a server on a free port of the loopback until it is no longer wanted; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", *(part.replace("PORT", port) for part in command)],
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(f"{url}/{health}", process)
        yield url
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


class Proxy:
    """A fault injector in front of the Sandbox. `inject` replaces its rules."""

    def __init__(self, url: str) -> None:
        self.url = url

    def inject(self, *rules: dict[str, object]) -> None:
        body = json.dumps([{"service": "lambda", **rule} for rule in rules]).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/_microburst/rules", body, headers, method="POST")
        urllib.request.urlopen(request).close()


@pytest.fixture(scope="session")
def _proxy(endpoint: Endpoint) -> Iterator[Proxy]:
    command = ["microburst", "--upstream", endpoint.url, "--host", "127.0.0.1", "--port", "PORT"]
    with _server(command, "_microburst/health") as url:
        yield Proxy(url)


@pytest.fixture
def proxy(_proxy: Proxy) -> Iterator[Proxy]:
    """The fault injector, without rules."""
    _proxy.inject()
    yield _proxy
    _proxy.inject()


@pytest.fixture
def faulty(proxy: Proxy, access: Access) -> Connection:
    """A connection to the same account through the fault injector."""
    return Connection.open(replace(access, endpoint_url=proxy.url))


@dataclass
class Bench:
    """One function of its own, its workspace and a journal."""

    connection: Connection
    function_name: str
    workspace: Workspace
    journal: Journal
    folder: Path

    def remote_sha256(self) -> str:
        return get_function(self.connection, self.function_name, "", CTX).code_sha256

    def remote_file(self, name: str) -> str:
        """A file of the deployed package, downloaded anew."""
        detail = get_function(self.connection, self.function_name, "", CTX)
        with urllib.request.urlopen(detail.code_location) as answer:
            return zipfile.ZipFile(io.BytesIO(answer.read())).read(name).decode()

    def deploy_elsewhere(self, files: dict[str, str]) -> None:
        """Somebody else deploys."""
        self.connection.call(
            "lambda", "update_function_code", FunctionName=self.function_name, ZipFile=zip_of(files)
        )
        wait_until_updated(self.connection, self.function_name, CTX)

    def reopen(self) -> Workspace:
        detail = get_function(self.connection, self.function_name, "", CTX)
        return open_workspace(code_source(detail), self.folder / "workspaces", CTX)


@pytest.fixture
def bench(connection: Connection, tmp_path: Path) -> Bench:
    name = f"fn-{secrets.token_hex(4)}"
    connection.call(
        "lambda",
        "create_function",
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role="arn:aws:iam::123456789012:role/r",
        Code={"ZipFile": zip_of({"app.py": HANDLER})},
    )
    detail = wait_until_updated(connection, name, CTX)
    workspace = open_workspace(code_source(detail), tmp_path / "workspaces", CTX)
    return Bench(connection, name, workspace, Journal(tmp_path / "deploys"), tmp_path)
