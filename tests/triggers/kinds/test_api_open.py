"""Test events through APIs that let everybody in."""

from pathlib import Path

import pytest

from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import CTX, found, wire
from workbench.aws.connection import Connection
from workbench.triggers.execute import TriggerJournal, try_out
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind, TriggerPlan, TriggerSpec

ECHO = """
def handler(event, context):
    print(event["body"])
    return {"statusCode": 200, "body": "done"}
"""


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (SourceKind("http-api"), {"Name": "shop", "RouteKey": "POST /orders"}),
        (SourceKind("rest-api"), {"name": "shop", "path": "/orders", "httpMethod": "POST"}),
    ],
)
def test_an_api_without_authorization_is_tried_out_on_the_sandbox(
    connection: Connection, tmp_path: Path, kind: SourceKind, values: dict[str, object]
) -> None:
    function = create_function(connection, ECHO)
    wire(connection, TriggerSpec(kind, "", function, values=values), tmp_path)
    (trigger,) = found(connection, kind, function)
    event = SOURCES[kind].test_event(trigger, "mark-11")
    assert event is not None
    assert "signed" not in event.steps[0].title  # AWS lets everybody in
    plan = TriggerPlan("Test", function.function_arn, kind, event.steps)
    try_out(connection, plan, TriggerJournal(tmp_path), CTX, lambda: None)
