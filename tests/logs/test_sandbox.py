"""Real lines of real invocations in the Sandbox."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.aws.model_check import model_checked_sessions
from tests.sandbox_functions import create_function
from tests.shifted_clock import ShiftedClock
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.logs.buffer import LogBuffer
from workbench.logs.parse import Level, LineKind, LogLine
from workbench.logs.read import LogStatus, find_marked_invocation, read_invocation
from workbench.logs.tail import TailedLogGroup, TailState, read_range, tail

HANDLER = """
import logging
print("module loaded")

def handler(event, context):
    for number in range(event.get("lines", 1)):
        print("line", number, "of", event.get("name"))
    logging.getLogger().warning("careful")
    if event.get("fail"):
        raise ValueError("boom")
"""


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, HANDLER, LoggingConfig={"LogGroup": "/custom/group"})


def _run(connection: Connection, function: FunctionDetail, **event: object) -> tuple[str, datetime]:
    sent_at = datetime.now(UTC)
    answer = connection.call(
        "lambda", "invoke", FunctionName=function.function_name, Payload=json.dumps(event).encode()
    )
    return answer["ResponseMetadata"]["RequestId"], sent_at


def _printed(lines: tuple[LogLine, ...]) -> list[str]:
    return [line.message for line in lines if line.message.startswith("line")]


def test_one_invocations_lines_are_read_whole(connection: Connection, function: FunctionDetail) -> None:
    assert function.log_group == "/custom/group"
    first, first_at = _run(connection, function, name="first", lines=3)
    second, second_at = _run(connection, function, name="second")
    log = read_invocation(connection, function.log_group, first, first_at, JobContext())
    assert log.status is LogStatus.COMPLETE
    assert _printed(log.lines) == [f"line {number} of first" for number in range(3)]
    assert log.lines[-1].kind is LineKind.REPORT
    assert any(line.message == "module loaded" for line in log.lines)
    warning = next(line for line in log.lines if "careful" in line.message)
    assert (warning.level, warning.request_id) == (Level.WARN, first)
    assert len({line.event_id for line in log.lines}) == len(log.lines)

    other = read_invocation(connection, function.log_group, second, second_at, JobContext())
    assert _printed(other.lines) == ["line 0 of second"]
    assert not any(line.message == "module loaded" for line in other.lines)


def test_many_lines_come_in_pages(connection: Connection, function: FunctionDetail) -> None:
    request_id, sent_at = _run(connection, function, name="long", lines=2500)
    log = read_invocation(connection, function.log_group, request_id, sent_at, JobContext())
    assert _printed(log.lines) == [f"line {number} of long" for number in range(2500)]


def test_a_function_that_never_ran_has_no_group(connection: Connection, function: FunctionDetail) -> None:
    since = datetime.now(UTC) - timedelta(hours=1)
    sources = (TailedLogGroup("/aws/lambda/never"),)
    assert read_range(connection, sources, since, None, JobContext()) is TailState.NO_GROUP


def test_recent_invocations_are_grouped_and_failures_marked(
    connection: Connection, function: FunctionDetail
) -> None:
    good, since = _run(connection, function, name="good")
    bad, _ = _run(connection, function, name="bad", fail=True)
    buffer = LogBuffer()
    ctx = JobContext().through(buffer.take)
    read_range(connection, (TailedLogGroup(function.log_group),), since - timedelta(minutes=1), None, ctx)
    invocations = {each.request_id: each for each in buffer.take_changes().new}
    assert set(invocations) == {good, bad}
    assert invocations[good].error == ""
    assert "ValueError: boom" in invocations[bad].error
    for invocation in invocations.values():
        assert invocation.report is not None
        assert invocation.report.request_id == invocation.request_id


def test_a_tail_follows_new_invocations(connection: Connection, function: FunctionDetail) -> None:
    """From a group that does not exist yet to its second invocation, on real time."""
    stop = threading.Event()
    printed: list[str] = []

    def take(batch: object) -> None:
        if not isinstance(batch, tuple):
            return
        printed.extend(_printed(batch))
        if printed == ["line 0 of one"]:
            _run(connection, function, name="two")
        else:
            stop.set()

    _run(connection, function, name="one")
    since = datetime.now(UTC) - timedelta(minutes=1)
    with pytest.raises(Cancelled):
        tail(connection, (TailedLogGroup(function.log_group),), since, JobContext(item=take, stop=stop))
    assert printed == ["line 0 of one", "line 0 of two"]


@pytest.mark.parametrize("hours", [-5, 3])
def test_a_wrong_clock_hides_no_lines(access: Access, function: FunctionDetail, hours: float) -> None:
    clock = ShiftedClock(hours)
    session = model_checked_sessions().get(access)
    connection = Connection(access, session, function.account_id, clock=clock)
    sent_at, mark = clock.now(), f"mark-{hours}"
    request_id, _ = _run(connection, function, name=mark)
    assert connection.in_region("eu-west-1").aws_time.offset_s == pytest.approx(-hours * 3600, abs=5)
    ctx = JobContext()
    log = read_invocation(connection, function.log_group, request_id, sent_at, ctx, timeout_s=5, clock=clock)
    assert log.status is LogStatus.COMPLETE
    caused = find_marked_invocation(
        connection, function.log_group, [mark], sent_at, ctx, timeout_s=5, clock=clock
    )
    assert (caused.request_id, caused.is_sure) == (request_id, True)
