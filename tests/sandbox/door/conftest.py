"""One Sandbox with something of each service, which recorded requests then name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.door.world import World
from tests.sandbox.server.server import Server


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """It must not have complained when it ends: a rule that fails is logged."""
    folder: Path = tmp_path_factory.mktemp("door")
    with Server(folder) as server:
        yield World(server)
        lines = [line for line in server.stderr().splitlines() if "The rule failed" in line]
    assert not lines
