"""A window with three functions."""

from collections.abc import Iterator

import pytest

from tests.sandbox_functions import create_function
from tests.ui.bulk.changer import Changer
from tests.ui.test_routes import desk, opener  # noqa: F401 - fixtures
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.ui.features.bulk.dialog import BulkDialog

SOURCE = "def handler(event, context):\n    return 1\n"


@pytest.fixture
def changer(desk: Desk, opener: Opener, connection: Connection) -> Iterator[Changer]:  # noqa: F811
    names = [create_function(connection, SOURCE, name=f"fn-{letter}").function_name for letter in "abc"]
    desk.connect()
    yield Changer(desk, opener, names)
    if (dialog := desk.window.findChild(BulkDialog)) is not None:
        dialog.close()
    desk.idle()
