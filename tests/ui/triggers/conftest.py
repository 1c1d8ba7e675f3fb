"""The whole window, and someone who wires functions in it."""

from collections.abc import Iterator

import pytest

from tests.ui.test_routes import desk, opener
from tests.ui.triggers.wirer import Wirer
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection

__all__ = ["desk", "opener"]  # fixtures


@pytest.fixture
def wirer(desk: Desk, connection: Connection) -> Iterator[Wirer]:
    wirer = Wirer(desk, connection)
    yield wirer
    desk.idle()
