"""The Code tab on the screen, and functions whose code comes from a server."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.sandbox_functions import create_function, deploy_elsewhere
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.aws.connection import Connection
from workbench.ui.shell.services import OpenFunction, Services

OLD = "def handler(event, context):\n    return 'old'\n"
NEW = "def handler(event, context):\n    return 'new'\n"


@pytest.fixture
def coder(services: Services, qtbot: QtBot) -> Iterator[Coder]:
    """The Code tab on the screen, and someone before it."""
    coder = Coder(services, qtbot)
    yield coder
    coder.page.deactivate()
    coder.page.clear()
    coder.idle()


@pytest.fixture
def server(aws: StubbedAws, tmp_path: Path) -> Iterator[CodeServer]:  # noqa: F811 - pytest's way
    """Where functions have their code."""
    with ExitStack() as servers:
        yield CodeServer(aws, tmp_path, servers)


@pytest.fixture
def published(connection: Connection) -> OpenFunction:
    """Version 1, to which "live" points, has other code than $LATEST."""
    detail = create_function(connection, OLD)
    name = detail.function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    deploy_elsewhere(connection, name, NEW)
    return OpenFunction(connection, detail)
