"""The lines of one invocation are found, by its ID or a mark, however late they come."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import START, FakeClock, FakeContext
from tests.logs.lines import GROUP, OTHER, RID, STREAM, end, event, report, start
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.fetch import PAGE_LINES, PAGE_PAUSE_S, fetch_pages, to_ms
from workbench.logs.read import (
    InvocationLog,
    LogStatus,
    MarkedInvocation,
    find_marked_invocation,
    read_invocation,
)

T = to_ms(START)
MISSING = ("ResourceNotFoundException", "The specified log group does not exist.")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ctx(clock: FakeClock) -> FakeContext:
    return FakeContext(clock)


def _answer(aws: StubbedAws, *events: dict[str, Any], expected: Any = None, **more: Any) -> None:
    aws.answer("logs", "filter_log_events", {"events": list(events)} | more, expected)


def _read(aws: StubbedAws, ctx: FakeContext, clock: FakeClock, timeout_s: float = 60.0) -> InvocationLog:
    return read_invocation(aws.connection, GROUP, RID, START, ctx, timeout_s=timeout_s, clock=clock)


def _messages(log: InvocationLog) -> list[str]:
    return [line.message.split("\t")[0] for line in log.lines]


def test_a_busy_service_is_asked_again_until_patience_ends(
    aws: StubbedAws, ctx: FakeContext, clock: FakeClock
) -> None:
    """FilterLogEvents allows 5 requests a second in some regions, for all of the account."""
    for _ in range(2):
        aws.refuse("logs", "filter_log_events", "ThrottlingException", "Rate exceeded")
    _answer(aws, start(T + 5))
    _answer(aws, start(T + 5), end(T + 9), report(T + 9))
    assert _read(aws, ctx, clock).status is LogStatus.COMPLETE
    aws.refuse("logs", "filter_log_events", "ThrottlingException", "Rate exceeded")
    with pytest.raises(WorkbenchError, match="request rate"):
        _read(aws, ctx, clock, timeout_s=0.0)


def test_a_service_that_is_busy_to_the_end_is_not_called_a_group_that_is_missing(
    aws: StubbedAws, ctx: FakeContext, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With botocore's own retries, the last attempt may begin before the time is up and end after it."""
    ask = aws.connection.call

    def slow(*names: str, **request: Any) -> dict[str, Any]:
        clock.passed_s += 4
        return ask(*names, **request)

    monkeypatch.setattr(aws.connection, "call", slow)
    for _ in range(11):
        aws.refuse("logs", "filter_log_events", "ThrottlingException", "Rate exceeded")
    with pytest.raises(WorkbenchError, match="request rate"):
        _read(aws, ctx, clock)


def test_the_lines_between_start_and_report_belong_to_the_invocation(
    aws: StubbedAws, ctx: FakeContext, clock: FakeClock
) -> None:
    _answer(
        aws,
        start(T + 5),
        end(T + 9),
        expected={
            "logGroupName": GROUP,
            "startTime": T - 60_000,
            "limit": PAGE_LINES,
            "filterPattern": f'"{RID}"',
        },
    )
    _answer(
        aws,
        report(T - 5000, OTHER),
        event(T - 4000, "INIT_START Runtime Version: python:3.13.v30"),
        event(T - 3000, "module loaded"),
        start(T + 5),
        event(T + 6, "a printed line"),
        event(T + 7, f"[INFO]\tx\t{RID}\tlogged"),
        end(T + 9),
        report(T + 9),
        start(T + 20, OTHER),
        event(T + 21, "of the next invocation"),
        expected={
            "logGroupName": GROUP,
            "startTime": T + 5 - 15_000,
            "limit": PAGE_LINES,
            "logStreamNames": [STREAM],
        },
    )
    log = _read(aws, ctx, clock)
    assert log.status is LogStatus.COMPLETE
    assert _messages(log) == [
        "INIT_START Runtime Version: python:3.13.v30",
        "module loaded",
        f"START RequestId: {RID} Version: $LATEST",
        "a printed line",
        "[INFO]",
        f"END RequestId: {RID}",
        f"REPORT RequestId: {RID}",
    ]
    assert ctx.items == [log.lines]
    assert ctx.slept == []


def test_late_lines_are_waited_for_with_growing_pauses(
    aws: StubbedAws, ctx: FakeContext, clock: FakeClock
) -> None:
    aws.refuse("logs", "filter_log_events", *MISSING)
    _answer(aws)
    _answer(aws, start(T))
    _answer(aws, start(T), event(T + 1, "one"))
    _answer(aws, start(T), event(T + 1, "one"), event(T + 2, "two"), report(T + 3))  # only the stream now
    log = _read(aws, ctx, clock)
    assert log.status is LogStatus.COMPLETE
    assert ctx.slept == [0.1, 0.2, 0.4]
    assert [len(batch) for batch in ctx.items if isinstance(batch, tuple)] == [2, 4]


def test_patience_ends_with_what_there_is(aws: StubbedAws, clock: FakeClock, ctx: FakeContext) -> None:
    _answer(aws, start(T))
    for _ in range(5):
        _answer(aws, start(T), event(T + 1, "still running"))
    log = _read(aws, ctx, clock, timeout_s=1.0)
    assert log.status is LogStatus.NO_REPORT
    assert len(log.lines) == 2
    assert sum(ctx.slept) == pytest.approx(1.0)


def test_a_function_that_never_logged_has_no_group(
    aws: StubbedAws, clock: FakeClock, ctx: FakeContext
) -> None:
    for _ in range(2):
        aws.refuse("logs", "filter_log_events", *MISSING)
    assert _read(aws, ctx, clock, timeout_s=0.1) == InvocationLog((), LogStatus.NO_GROUP)


def test_a_group_without_the_invocation_is_nothing_yet(
    aws: StubbedAws, clock: FakeClock, ctx: FakeContext
) -> None:
    _answer(aws)
    assert _read(aws, ctx, clock, timeout_s=0) == InvocationLog((), LogStatus.NOTHING_YET)


def test_empty_pages_with_a_token_are_not_the_end(
    aws: StubbedAws, clock: FakeClock, ctx: FakeContext
) -> None:
    _answer(aws, nextToken="a")
    _answer(aws, nextToken="b")
    _answer(aws, start(T))
    _answer(aws, nextToken="c")
    _answer(aws, start(T), nextToken="d")
    _answer(aws, report(T + 1))
    log = _read(aws, ctx, clock)
    assert [line.kind.value for line in log.lines] == ["start", "report"]
    assert ctx.slept == [PAGE_PAUSE_S] * 4  # pages are not asked for faster than AWS allows


def test_without_start_only_lines_that_name_the_invocation_count(
    aws: StubbedAws, clock: FakeClock, ctx: FakeContext
) -> None:
    own = event(T + 1, f'{{"level": "INFO", "requestId": "{RID}", "message": "x"}}')
    _answer(aws, own, event(T + 2, f"[INFO]\tx\t{OTHER}\tcalled by {RID}"), event(T + 3, f"mentions {RID}"))
    log = _read(aws, ctx, clock, timeout_s=0)
    assert [line.event_id for line in log.lines] == [own["eventId"]]
    assert log.status is LogStatus.NO_REPORT


def test_a_handler_that_prints_a_start_line_does_not_lead_astray(
    aws: StubbedAws, clock: FakeClock, ctx: FakeContext
) -> None:
    fake = start(T + 7, OTHER)
    _answer(aws, start(T + 5))
    _answer(aws, start(T + 5), event(T + 6, "before"), fake, event(T + 8, "after"), end(T + 9), report(T + 9))
    log = _read(aws, ctx, clock, timeout_s=0)
    # Nobody can tell such a line from a real one; the invocation ends there and the rest is not claimed.
    assert _messages(log) == [f"START RequestId: {RID} Version: $LATEST", "before"]
    assert log.status is LogStatus.NO_REPORT


def test_no_permission_is_said_at_once(aws: StubbedAws, clock: FakeClock, ctx: FakeContext) -> None:
    aws.refuse(
        "logs",
        "filter_log_events",
        "AccessDeniedException",
        "User: me is not authorized to perform: logs:FilterLogEvents on resource: x",
    )
    with pytest.raises(WorkbenchError, match="logs:FilterLogEvents"):
        _read(aws, ctx, clock)
    assert ctx.slept == []


def test_cancel_ends_the_waiting(aws: StubbedAws, clock: FakeClock) -> None:
    ctx = FakeContext(clock, cancel_after_s=0.3)
    for _ in range(2):
        _answer(aws)
    with pytest.raises(Cancelled):
        _read(aws, ctx, clock)


def test_emulators_without_event_ids_are_told_apart(
    aws: StubbedAws, clock: FakeClock, ctx: FakeContext
) -> None:
    twins = [event(T + 1, "same"), event(T + 1, "same")]
    for twin in twins:
        del twin["eventId"]
    _answer(aws, *twins)
    (page,) = fetch_pages(aws.connection, GROUP, ctx, start_ms=T)
    assert len({line.event_id for line in page}) == 2


PRINTS = "def handler(event, context):\n    print('got', event)\n    return 1\n"
SILENT = "def handler(event, context):\n    return 1\n"
MARK = "workbench-test-0123456789ab"


def caused(
    connection: Connection, source: str, *, mark: str = MARK, timeout_s: float = 30
) -> MarkedInvocation:
    detail = create_function(connection, source)
    sent = SystemClock().now()
    for payload in (b'{"other": 1}', b'{"mark": "%s"}' % mark.encode()):
        connection.call("lambda", "invoke", FunctionName=detail.function_name, Payload=payload)
    return find_marked_invocation(
        connection, detail.log_group, [mark], sent, JobContext(), timeout_s=timeout_s
    )


def test_the_mark_finds_the_invocation_among_others(connection: Connection) -> None:
    found = caused(connection, PRINTS)
    assert found.is_sure
    assert found.is_complete
    text = "\n".join(line.message for line in found.lines)
    assert MARK in text
    assert "other" not in text
    assert found.request_id in text


def test_of_a_silent_function_the_first_invocation_afterwards_is_a_guess(connection: Connection) -> None:
    found = caused(connection, SILENT, timeout_s=1)
    assert found.request_id
    assert not found.is_sure


def test_a_function_that_never_ran_is_waited_for_and_not_found(connection: Connection) -> None:
    detail = create_function(connection, SILENT)
    sent = SystemClock().now()
    assert (
        find_marked_invocation(connection, detail.log_group, [MARK], sent, JobContext(), timeout_s=0.5)
        == MarkedInvocation()
    )


def test_what_ran_before_is_not_taken_for_it(connection: Connection) -> None:
    detail = create_function(connection, SILENT)
    connection.call("lambda", "invoke", FunctionName=detail.function_name, Payload=b"{}")
    sent = SystemClock().now() + timedelta(seconds=30)
    assert (
        find_marked_invocation(connection, detail.log_group, [MARK], sent, JobContext(), timeout_s=0.5)
        == MarkedInvocation()
    )


def test_cancel_ends_the_waiting_for_an_invocation(connection: Connection) -> None:
    detail = create_function(connection, SILENT)
    checks = itertools.count()

    class Impatient(JobContext):
        def check(self) -> None:
            if next(checks) > 2:
                raise Cancelled

    with pytest.raises(Cancelled):
        find_marked_invocation(
            connection, detail.log_group, [MARK], SystemClock().now(), Impatient(), timeout_s=60
        )
