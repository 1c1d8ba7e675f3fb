"""A synchronous invocation from the Test tab is sent exactly once, whatever happens to the connection."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from tests.bell import RING, Bell
from tests.fault_proxy import Proxy
from tests.sandbox_functions import create_function
from tests.ui.pages.seat import Seat
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.invoke.history import HistorySearch, InvocationOutcome
from workbench.ui.shell.invoker import history_of
from workbench.ui.shell.services import Services

# Rings as often as it runs.
COUNTING = f"""
{RING}
def handler(event, context):
    ring(event["counter"])
    return "y" * 100_000
"""


@pytest.fixture
def seat(services: Services, qtbot: QtBot) -> Iterator[Seat]:
    seat = Seat(services, qtbot)
    yield seat
    seat.page.deactivate()


@pytest.mark.parametrize(
    ("fault", "runs"),
    [
        ({"reset": True}, 0),
        ({"response": {"abort_frac": 0.5}}, 1),
        ({"response": {"abort_bytes": 0}}, 1),
    ],
    ids=["reset before", "broken in the answer", "broken before the answer"],
)
def test_a_connection_that_breaks_is_said_and_nothing_is_sent_again(
    seat: Seat,
    connection: Connection,
    access: Access,
    proxy: Proxy,
    services: Services,
    bell: Bell,
    fault: dict[str, object],
    runs: int,
) -> None:
    faulty = Connection.open(replace(access, endpoint_url=proxy.url))
    seat.open(faulty, create_function(connection, COUNTING))
    proxy.inject({"operation": "Invoke", **fault})
    seat.invoke({"counter": bell.address})
    seat.until(lambda: seat.ended)
    assert seat.ended[0][1].remedy.startswith("The function might have run.")
    assert bell.rings == runs
    (entry,) = history_of(services).list(HistorySearch())
    assert entry.ended.outcome is InvocationOutcome.LOST

    proxy.inject()
    seat.press("invoke")
    seat.until(lambda: seat.finished)
    assert bell.rings == runs + 1
    assert len(history_of(services).list(HistorySearch())) == 2
