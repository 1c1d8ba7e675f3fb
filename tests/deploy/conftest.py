"""Functions in the Sandbox, also through a proxy that injects faults."""

import secrets
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.retries.standard import ExponentialBackoff

from tests.aws_stub import StubbedAws, aws
from tests.deploy.bench import CTX, HANDLER, Bench, zip_of
from tests.deploy.released import release
from tests.deploy.scripted import NEW, Scripted
from tests.fault_proxy import Proxy
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.code.workspace import open_workspace
from workbench.core.jobs import JobContext
from workbench.deploy.journal import Journal
from workbench.deploy.run import code_source
from workbench.functions.detail import wait_until_updated
from workbench.functions.roles import create_role

__all__ = ["aws"]

_LONGEST_PAUSE_S = 0.02


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long between two attempts: what is tested is what they find, not when they are made."""
    sleep, delay = JobContext.sleep, ExponentialBackoff.delay_amount
    monkeypatch.setattr(JobContext, "sleep", lambda ctx, s: sleep(ctx, min(s, _LONGEST_PAUSE_S)))
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *given: delay(*given) / 100)


@pytest.fixture
def faulty(proxy: Proxy, access: Access) -> Connection:
    """A connection to the same account through the fault injector."""
    return Connection.open(replace(access, endpoint_url=proxy.url))


@pytest.fixture
def bench(connection: Connection, tmp_path: Path) -> Bench:
    name = f"fn-{secrets.token_hex(4)}"
    connection.call(
        "lambda",
        "create_function",
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=create_role(connection, "lambda", name),
        Code={"ZipFile": zip_of({"app.py": HANDLER})},
    )
    detail = wait_until_updated(connection, name, CTX)
    workspace = open_workspace(code_source(detail, connection), tmp_path / "workspaces", CTX)
    return Bench(connection, name, workspace, Journal(tmp_path / "deploys"), tmp_path)


@pytest.fixture
def released(bench: Bench) -> Bench:
    """The function of `bench` with a version and an alias, and an edit that is not deployed yet."""
    return release(bench)


@pytest.fixture
def scripted(bench: Bench, aws: StubbedAws) -> Scripted:
    """The function of `bench`, edited, whose AWS answers by a script."""
    bench.workspace.save("app.py", NEW)
    return Scripted(bench, aws)
