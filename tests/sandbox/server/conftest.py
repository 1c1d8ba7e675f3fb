"""One server for the tests that only talk to it; tests of its life and death start their own."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.server.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that must not have complained when it ends."""
    with Server(tmp_path_factory.mktemp("sandbox")) as running:
        yield running
        lines = running.stderr().splitlines()
    assert not [line for line in lines if "recursive loop detected" not in line]


@pytest.fixture
def client(server: Server) -> Any:
    """A client of its Lambda."""
    return server.client("lambda")
