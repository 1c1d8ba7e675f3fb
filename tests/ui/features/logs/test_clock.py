"""The Logs tab on a computer whose clock is wrong."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytestqt.qtbot import QtBot

from tests.sandbox_functions import create_function
from tests.shifted_clock import ShiftedClock
from tests.ui.features.logs.test_page import HANDLER
from tests.ui.pages.conftest import ShowPage, open_page
from workbench.aws.connection import Connection
from workbench.ui.features.logs.feature import LogsPage
from workbench.ui.shell.services import OpenFunction, Services


@pytest.mark.parametrize(("hours", "words"), [(-4, "behind AWS's"), (4, "ahead of AWS's")])
def test_the_last_hour_is_that_of_aws_and_a_wrong_clock_is_said(
    services: Services, show_page: ShowPage, connection: Connection, hours: float, words: str, qtbot: QtBot
) -> None:
    function = create_function(connection, HANDLER)
    clock = ShiftedClock(hours)
    connection = Connection(connection.access, connection._session, connection.account_id, clock=clock)
    page = show_page(LogsPage(replace(services, clock=clock)))
    connection.call(
        "lambda", "invoke", FunctionName=function.function_name, Payload=b'{"name": "the wrong clock"}'
    )
    open_page(page, OpenFunction(connection, function))
    qtbot.waitUntil(lambda: page.view.invocation_count == 1)
    assert f"This computer's clock is 4 h 0 min {words}" in page.status.text()
    assert page.bar.holds(datetime.now(UTC))
