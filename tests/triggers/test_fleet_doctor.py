"""The doctor's round over all functions of a region."""

import threading
from collections import Counter

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock
from tests.sandbox_functions import create_function
from workbench.aws.connection import ApiCall, Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.triggers.doctor import FleetRow, examine_fleet
from workbench.triggers.model import Link

CODE = "def handler(event, context): pass\n"
NAMES = ("alpha", "beta", "gamma", "gone")


class Unlimited(RateBudget):
    """The Sandbox has no rate, and these tests no time."""

    def spend(self, connection: Connection, service: str, operation: str, ctx: JobContext) -> None:
        ctx.check()


@pytest.fixture
def region(connection: Connection) -> Connection:
    """Three functions that a queue runs, one of them with a stale statement, and the mapping of a fourth."""
    connection.call("sqs", "create_queue", QueueName="orders")
    queue = f"arn:aws:sqs:{connection.region}:{connection.account_id}:orders"
    for name in NAMES:
        create_function(connection, CODE, name=name)
        connection.call("lambda", "create_event_source_mapping", EventSourceArn=queue, FunctionName=name)
    connection.call(
        "lambda",
        "add_permission",
        FunctionName="beta",
        StatementId="old",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::long-gone-bucket",
        SourceAccount=connection.account_id,
    )
    connection.call("lambda", "delete_function", FunctionName="gone")
    return connection


def test_each_function_is_a_row_as_soon_as_it_is_known_and_the_gone_ones_come_last(
    region: Connection,
) -> None:
    calls: list[ApiCall] = []
    observed = Connection.open(region.access, observer=calls.append)
    emitted: list[object] = []
    progress: list[Progress] = []
    rows = examine_fleet(observed, Unlimited(), JobContext(progress.append, emitted.append))
    assert [(row.detail.function_name, row.exists) for row in rows] == [
        ("alpha", True),
        ("beta", True),
        ("gamma", True),
        ("gone", False),
    ]
    assert [[each.link for each in row.ill] for row in rows] == [
        [],
        [Link.STALE_PERMISSION],
        [],
        [Link.ORPHAN_MAPPING],
    ]
    assert sorted(map(id, emitted)) == sorted(map(id, rows))
    assert (progress[-1].done, progress[-1].total) == (3, 3)
    asked = Counter(f"{call.service}:{call.operation}" for call in calls)
    assert not [call for call in calls if call.is_write]
    assert asked["lambda:ListEventSourceMappings"] == 1
    assert asked["events:ListEventBuses"] == 1
    assert asked["sqs:GetQueueUrl"] == 1
    assert asked["lambda:GetPolicy"] == 3


def test_it_keeps_to_the_program_s_rate(region: Connection) -> None:
    spent: list[str] = []

    class Counting(RateBudget):
        def spend(self, connection: Connection, service: str, operation: str, ctx: JobContext) -> None:
            spent.append(operation)

    calls: list[ApiCall] = []
    observed = Connection.open(region.access, observer=calls.append)
    examine_fleet(observed, Counting(), JobContext())
    answered = [call.operation for call in calls if call.operation != "GetCallerIdentity"]
    assert Counter(answered) - Counter(spent) == Counter()


def test_cancel_ends_it_and_no_thread_is_left(region: Connection) -> None:
    stop = threading.Event()
    rows: list[object] = []

    def hear(row: object) -> None:
        rows.append(row)
        stop.set()

    with pytest.raises(Cancelled):
        examine_fleet(region, Unlimited(), JobContext(item=hear, stop=stop))
    assert len(rows) == 1
    assert isinstance(rows[0], FleetRow)
    assert not [each for each in threading.enumerate() if each.name.startswith("doctor")]


def test_functions_that_may_not_be_listed_are_an_error(aws: StubbedAws) -> None:
    aws.refuse("lambda", "list_functions", "AccessDeniedException", "no", 403)
    with pytest.raises(WorkbenchError):
        examine_fleet(aws.connection, RateBudget(FakeClock()), JobContext())


def test_a_function_that_was_made_meanwhile_or_is_hidden_has_no_orphans(aws: StubbedAws) -> None:
    place = "arn:aws:lambda:eu-central-1:123456789012:function"
    queue = "arn:aws:sqs:eu-central-1:123456789012:orders"
    mappings = [
        {"UUID": f"{number}1111111-5c1d-4d9a-9a77-0d8e3d2f4b6a", "EventSourceArn": queue}
        | {"FunctionArn": f"{place}:{name}", "State": "Enabled"}
        for number, name in enumerate(("gone", "hidden", "new"))
    ]
    aws.answer("lambda", "list_functions", {"Functions": []})
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": mappings})
    method, words = "get_function_configuration", f"Function not found: {place}:gone"
    aws.refuse("lambda", method, "ResourceNotFoundException", words, 404, retries=False)
    aws.refuse("lambda", method, "AccessDeniedException", "no", 403, retries=False)
    aws.answer("lambda", method, {"FunctionName": "new"}, {"FunctionName": f"{place}:new"}, retries=False)
    (row,) = examine_fleet(aws.connection, RateBudget(FakeClock()), JobContext())
    assert (row.detail.function_name, row.exists) == ("gone", False)
