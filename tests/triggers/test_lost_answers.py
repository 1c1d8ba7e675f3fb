"""AWS makes what it is asked for, and its answer is lost on the way: nothing is made twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from tests.sandbox_functions import create_function
from tests.triggers.kinds.pulled import make_queue, mappings, polled_function
from tests.triggers.wiring import trigger_of, wiring_plan
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.model import SourceKind

CTX = JobContext()


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, "def handler(event, context): return 1\n")


def lose_first_answer(connection: Connection, service: str, operation: str) -> Callable[[], int]:
    """Loses the answer to the first request for an operation; gives how many requests were sent."""
    sent: list[str] = []

    def send(request: Any, **_: object) -> None:
        sent.append(request.url)
        if len(sent) == 1:
            URLLib3Session().send(request)
            raise ConnectionClosedError(endpoint_url=request.url)

    for retries in (True, False):
        events = connection.client(service, retries=retries).meta.events
        events.register(f"before-send.*.{operation}", send)
    return lambda: len(sent)


@pytest.mark.parametrize(
    ("kind", "service", "operation", "listing", "items"),
    [
        (SourceKind("http-api"), "apigatewayv2", "CreateApi", "get_apis", "Items"),
        (SourceKind("http-api"), "apigatewayv2", "CreateIntegration", "get_apis", "Items"),
        (SourceKind("http-api"), "apigatewayv2", "CreateRoute", "get_apis", "Items"),
        (SourceKind("rest-api"), "apigateway", "CreateRestApi", "get_rest_apis", "items"),
        (SourceKind("rest-api"), "apigateway", "CreateResource", "get_rest_apis", "items"),
        (SourceKind("rest-api"), "apigateway", "CreateDeployment", "get_rest_apis", "items"),
    ],
)
def test_one_api_with_one_route_is_made(
    connection: Connection,
    function: FunctionDetail,
    tmp_path: Path,
    kind: SourceKind,
    service: str,
    operation: str,
    listing: str,
    items: str,
) -> None:
    before = len(connection.call(service, listing)[items])
    plan = wiring_plan(connection, function, kind)
    sent = lose_first_answer(connection, service, operation)
    execute(connection, plan, TriggerJournal(tmp_path), CTX)
    assert len(connection.call(service, listing)[items]) == before + 1
    trigger_of(connection, function, kind)  # one, and only one
    assert sent() == (2 if operation == "CreateResource" else 1)  # /orders and /orders/{id}


def test_one_mapping_is_made(connection: Connection, tmp_path: Path) -> None:
    function = polled_function(connection)
    plan = wiring_plan(connection, function, SourceKind("sqs"), make_queue(connection))
    sent = lose_first_answer(connection, "lambda", "CreateEventSourceMapping")
    execute(connection, plan, TriggerJournal(tmp_path), CTX)
    assert [each["State"] for each in mappings(connection, function)] == ["Enabled"]
    assert sent() == 1
