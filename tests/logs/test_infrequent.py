"""Log groups of a class that AWS lets nobody filter or follow: read by Logs Insights, or said why not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import START, FakeClock, FakeContext
from tests.logs.lines import GROUP, OTHER, RID, STREAM, end, event, report, start
from workbench.core.errors import WorkbenchError
from workbench.logs.fetch import NotForClass
from workbench.logs.read import LogStatus, MarkedInvocation, find_marked_invocation, read_invocation
from workbench.logs.tail import TailedLogGroup, TailState, read_range, tail

HERE = (TailedLogGroup(GROUP, "hello"),)
BEGIN = int(START.timestamp())


@pytest.fixture
def ctx() -> FakeContext:
    return FakeContext(FakeClock())


def _is_of(aws: StubbedAws, log_class: str, code: str = "InvalidOperationException") -> None:
    aws.refuse("logs", "filter_log_events", code, "The operation is not supported for the log class.")
    group = {"logGroupName": GROUP, "logGroupClass": log_class, "creationTime": 0}
    aws.answer("logs", "describe_log_groups", {"logGroups": [group]})


def _query(aws: StubbedAws, condition: str, *records: dict[str, str]) -> None:
    query = f"fields @timestamp, @message, @logStream{condition} | sort @timestamp asc | limit 10000"
    asked: dict[str, Any] = {"logGroupNames": [GROUP], "queryString": query, "limit": 10_000}
    asked |= {"startTime": BEGIN, "endTime": BEGIN + 3600}
    aws.answer("logs", "start_query", {"queryId": "q1"}, asked)
    results = [[{"field": key, "value": value} for key, value in each.items()] for each in records]
    aws.answer("logs", "get_query_results", {"status": "Complete", "results": results})


@pytest.mark.parametrize(
    ("pattern", "condition"),
    [
        ("", ""),
        ("ERROR", ' | filter strcontains(@message, "ERROR")'),
        (
            '"task timed" out',
            ' | filter strcontains(@message, "task timed") | filter strcontains(@message, "out")',
        ),
    ],
)
def test_a_time_range_of_an_infrequent_group_is_read_by_insights(
    aws: StubbedAws, ctx: FakeContext, pattern: str, condition: str
) -> None:
    _is_of(aws, "INFREQUENT_ACCESS")
    record = {"@timestamp": f"{START:%Y-%m-%d %H:%M:%S}.250", "@message": "ERROR one\n", "@logStream": "s"}
    _query(aws, condition, record, record | {"@message": "ERROR two"})
    end = START + timedelta(hours=1)
    assert read_range(aws.connection, HERE, START, end, ctx, pattern=pattern) is TailState.CAUGHT_UP
    (lines,) = [each for each in ctx.items if isinstance(each, tuple)]
    assert [(line.message, line.stream, line.source) for line in lines] == [
        ("ERROR one", "s", "hello"),
        ("ERROR two", "s", "hello"),
    ]
    assert lines[0].time_ms == BEGIN * 1000 + 250
    assert lines[0].event_id != lines[1].event_id
    aws.assert_all_asked()


def test_a_pattern_that_insights_does_not_know_is_refused_with_the_reason(
    aws: StubbedAws, ctx: FakeContext
) -> None:
    _is_of(aws, "INFREQUENT_ACCESS")
    with pytest.raises(WorkbenchError, match="more than terms") as caught:
        read_range(aws.connection, HERE, START, None, ctx, pattern='{ $.level = "ERROR" }')
    assert "Logs Insights" in caught.value.remedy


def test_following_costs_nothing_by_surprise(aws: StubbedAws, ctx: FakeContext) -> None:
    """A query is charged by what it scans: one each second would not be what the user asked for."""
    _is_of(aws, "INFREQUENT_ACCESS", "InvalidParameterException")
    with pytest.raises(NotForClass, match="Infrequent Access") as caught:
        tail(aws.connection, HERE, START, ctx, clock=FakeClock())
    assert "Read a time range" in caught.value.remedy
    assert caught.value.aws_code == "InvalidParameterException"


def test_a_delivery_group_cannot_be_read_at_all(aws: StubbedAws, ctx: FakeContext) -> None:
    _is_of(aws, "DELIVERY")
    with pytest.raises(NotForClass, match="go to S3 or Firehose"):
        read_range(aws.connection, HERE, START, None, ctx)


def test_what_a_standard_group_refuses_stays_as_it_is(aws: StubbedAws, ctx: FakeContext) -> None:
    _is_of(aws, "STANDARD", "InvalidParameterException")
    with pytest.raises(WorkbenchError) as caught:
        read_range(aws.connection, HERE, START, None, ctx)
    assert not isinstance(caught.value, NotForClass)


def _asked(condition: str, since_s: int, until_s: int) -> dict[str, Any]:
    query = f"fields @timestamp, @message, @logStream{condition} | sort @timestamp asc | limit 10000"
    asked: dict[str, Any] = {"logGroupNames": [GROUP], "queryString": query, "limit": 10_000}
    return asked | {"startTime": since_s, "endTime": until_s}


def _answered(aws: StubbedAws, asked: dict[str, Any], *events: dict[str, Any]) -> None:
    aws.answer("logs", "start_query", {"queryId": "q1"}, asked)
    results = [
        [
            {
                "field": "@timestamp",
                "value": f"{datetime.fromtimestamp(each['timestamp'] / 1000, UTC):%F %T.%f}",
            },
            {"field": "@message", "value": each["message"]},
            {"field": "@logStream", "value": each["logStreamName"]},
        ]
        for each in events
    ]
    aws.answer("logs", "get_query_results", {"status": "Complete", "results": results})


def test_one_invocation_of_an_infrequent_group_is_read_by_insights(aws: StubbedAws) -> None:
    """FilterLogEvents is refused for the class. Its lines are those of its stream, which do not name it."""
    clock = FakeClock()
    ctx = FakeContext(clock)
    now = BEGIN * 1000
    _is_of(aws, "INFREQUENT_ACCESS")
    naming = f' | filter strcontains(@message, "{RID}")'
    begun = start(now + 5_000)
    _answered(aws, _asked(naming, BEGIN - 60, BEGIN), begun)
    of_stream = f' | filter @logStream = "{STREAM}"'
    _answered(aws, _asked(of_stream, BEGIN - 10, BEGIN), event(now - 1_000, "before"), begun)
    # AWS is late: it is asked again once, after 5 s.
    ended = (end(now + 9_000), report(now + 9_000))
    _answered(aws, _asked(naming, BEGIN - 60, BEGIN + 5), begun, *ended)
    other = (start(now - 9_000, OTHER), event(now - 8_000, "other"), report(now - 7_000, OTHER))
    mine = (begun, event(now + 6_000, "mine"), *ended, event(now + 9_500, "after"))
    _answered(aws, _asked(of_stream, BEGIN - 10, BEGIN + 10), *other, *mine)
    log = read_invocation(aws.connection, GROUP, RID, START, ctx, clock=clock)
    assert [line.message.split()[0] for line in log.lines] == ["START", "mine", "END", "REPORT"]
    assert (log.status, log.by_insights) == (LogStatus.COMPLETE, True)
    assert clock.monotonic() == pytest.approx(5.0, abs=1.5)
    aws.assert_all_asked()


def test_one_invocation_of_a_delivery_group_says_where_its_lines_are(aws: StubbedAws) -> None:
    clock = FakeClock()
    _is_of(aws, "DELIVERY")
    with pytest.raises(NotForClass, match="go to S3 or Firehose"):
        read_invocation(aws.connection, GROUP, RID, START, FakeContext(clock), clock=clock)


MARK = "workbench-test-0123456789ab"
_BEGUN = (
    f' | filter strcontains(@message, "{MARK}") or strcontains(@message, "START RequestId")'
    ' or strcontains(@message, "platform.start")'
)


def test_the_invocation_of_a_test_event_is_found_by_insights(aws: StubbedAws) -> None:
    """Neither FilterLogEvents nor a live tail exists for the class, and each query is charged."""
    clock = FakeClock()
    now = BEGIN * 1000
    _is_of(aws, "INFREQUENT_ACCESS")
    other = start(now + 1_000, OTHER, "other")
    _answered(aws, _asked(_BEGUN, BEGIN - 1, BEGIN + 5), other)
    begun = start(now + 6_000)
    marked = event(now + 6_100, f"got {MARK}")
    _answered(aws, _asked(_BEGUN, BEGIN - 1, BEGIN + 15), other, begun, marked)
    _is_of(aws, "INFREQUENT_ACCESS")
    ended = (end(now + 7_000), report(now + 7_000))
    naming = f' | filter strcontains(@message, "{RID}")'
    _answered(aws, _asked(naming, BEGIN - 60, BEGIN + 15), begun, *ended)
    of_stream = f' | filter @logStream = "{STREAM}"'
    _answered(aws, _asked(of_stream, BEGIN - 9, BEGIN + 8), begun, marked, *ended)
    found = find_marked_invocation(aws.connection, GROUP, [MARK], START, FakeContext(clock), clock=clock)
    assert (found.request_id, found.is_sure, found.is_complete, found.by_insights) == (RID, True, True, True)
    assert [line.message.split()[0] for line in found.lines] == ["START", "got", "END", "REPORT"]
    assert clock.monotonic() == pytest.approx(15.0, abs=1.0)
    aws.assert_all_asked()


def test_of_a_silent_function_in_an_infrequent_group_the_first_invocation_is_a_guess(aws: StubbedAws) -> None:
    clock = FakeClock()
    now = BEGIN * 1000
    _is_of(aws, "INFREQUENT_ACCESS")
    begun = start(now + 1_000)
    for until_s in (5, 10):
        _answered(aws, _asked(_BEGUN, BEGIN - 1, BEGIN + until_s), begun)
    _is_of(aws, "INFREQUENT_ACCESS")
    lines = (begun, report(now + 2_000))
    _answered(aws, _asked(f' | filter strcontains(@message, "{RID}")', BEGIN - 60, BEGIN + 10), *lines)
    _answered(aws, _asked(f' | filter @logStream = "{STREAM}"', BEGIN - 14, BEGIN + 3), *lines)
    found = find_marked_invocation(
        aws.connection, GROUP, [MARK], START, FakeContext(clock), timeout_s=10, clock=clock
    )
    assert (found.request_id, found.is_sure) == (RID, False)
    aws.assert_all_asked()


def test_no_invocation_in_an_infrequent_group_is_asked_for_five_times_at_most(aws: StubbedAws) -> None:
    clock = FakeClock()
    _is_of(aws, "INFREQUENT_ACCESS")
    for until_s in (5, 15, 35, 75, 90):
        _answered(aws, _asked(_BEGUN, BEGIN - 1, BEGIN + until_s))
    found = find_marked_invocation(aws.connection, GROUP, [MARK], START, FakeContext(clock), clock=clock)
    assert found == MarkedInvocation(by_insights=True)
    aws.assert_all_asked()


def test_a_test_event_to_a_delivery_group_says_where_its_lines_are(aws: StubbedAws) -> None:
    clock = FakeClock()
    _is_of(aws, "DELIVERY")
    with pytest.raises(NotForClass, match="go to S3 or Firehose"):
        find_marked_invocation(aws.connection, GROUP, [MARK], START, FakeContext(clock), clock=clock)
