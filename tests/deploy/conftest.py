"""Functions in the Sandbox, also through a proxy that injects faults."""

import io
import secrets
import urllib.request
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.aws_stub import aws
from tests.fault_proxy import Proxy, proxy, proxy_server
from workbench.aws.access import Access
from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace, open_workspace
from workbench.core.jobs import JobContext
from workbench.deploy.journal import Journal
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function, wait_until_updated

__all__ = ["Proxy", "aws", "proxy", "proxy_server"]

CTX = JobContext()
HANDLER = "def handler(event, context):\n    return 'old'\n"


def zip_of(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


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
