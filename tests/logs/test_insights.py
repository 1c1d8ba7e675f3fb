"""Queries of Logs Insights: run to their end, stopped when nobody waits, refused in AWS's words."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import START, FakeClock, FakeContext
from tests.logs.lines import GROUP
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.logs.fetch import JSON_TEMPLATES, TEMPLATES, QueryResult, run_query

QUERY = TEMPLATES[0][1]
BEGIN = int(START.timestamp())
ASKED = {
    "logGroupNames": [GROUP],
    "queryString": QUERY,
    "startTime": BEGIN,
    "endTime": BEGIN + 3600,
    "limit": 10_000,
}


@pytest.fixture
def ctx() -> FakeContext:
    return FakeContext(FakeClock())


def _run(stub: StubbedAws, ctx: JobContext, query: str = QUERY, *groups: str) -> QueryResult:
    end = START + timedelta(hours=1)
    return run_query(stub.connection, groups or (GROUP,), query, START, end, ctx)


def _result(stub: StubbedAws, status: str, *records: dict[str, str], **more: Any) -> None:
    results = [[{"field": key, "value": value} for key, value in each.items()] for each in records]
    statistics = {"recordsMatched": 2.0, "recordsScanned": 9.0, "bytesScanned": 5e6}
    answer = {"status": status, "results": results, "statistics": statistics} | more
    stub.answer("logs", "get_query_results", answer, {"queryId": "q1", "maxItems": 10_000})


def test_an_answer_is_awaited_and_its_records_become_rows(aws: StubbedAws, ctx: FakeContext) -> None:
    aws.answer("logs", "start_query", {"queryId": "q1"}, ASKED)
    _result(aws, "Scheduled")
    _result(aws, "Running")
    _result(aws, "Complete", {"@timestamp": "t1", "@ptr": "x"}, {"@timestamp": "t2", "level": "ERROR"})
    answer = _run(aws, ctx)
    assert answer.fields == ("@timestamp", "level")
    assert answer.rows == (("t1", ""), ("t2", "ERROR"))
    assert (answer.matched, answer.scanned, answer.scanned_bytes) == (2, 9, 5_000_000)
    assert not answer.is_cut
    assert ctx.slept == sorted(ctx.slept)
    assert min(ctx.slept) >= 0.25


def test_a_state_that_is_new_is_waited_for(aws: StubbedAws, ctx: FakeContext) -> None:
    aws.answer("logs", "start_query", {"queryId": "q1"})
    _result(aws, "Reticulating")
    _result(aws, "Complete", nextToken="more")
    assert _run(aws, ctx).is_cut


def test_cancel_stops_the_query_at_aws_too(aws: StubbedAws, ctx: FakeContext) -> None:
    aws.answer("logs", "start_query", {"queryId": "q1"})
    _result(aws, "Running")
    ctx.on_sleep = ctx.cancel
    aws.answer("logs", "stop_query", {"success": True}, {"queryId": "q1"})
    with pytest.raises(Cancelled):
        _run(aws, ctx)
    assert [call.operation for call in aws.calls] == ["StartQuery", "GetQueryResults", "StopQuery"]


def test_a_query_that_ended_before_it_was_stopped_is_no_error(aws: StubbedAws, ctx: FakeContext) -> None:
    aws.answer("logs", "start_query", {"queryId": "q1"})
    _result(aws, "Running")
    ctx.on_sleep = ctx.cancel
    words = "Query is not currently running"
    aws.refuse("logs", "stop_query", "InvalidParameterException", words)
    with pytest.raises(Cancelled):
        _run(aws, ctx)


@pytest.mark.parametrize("status", ["Failed", "Timeout", "Cancelled"])
def test_a_query_that_aws_gave_up_is_an_error(aws: StubbedAws, ctx: FakeContext, status: str) -> None:
    aws.answer("logs", "start_query", {"queryId": "q1"})
    _result(aws, status)
    with pytest.raises(WorkbenchError) as caught:
        _run(aws, ctx)
    assert caught.value.aws_code == status


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("MalformedQueryException", "unexpected symbol found like at line 1 and position 18"),
        ("LimitExceededException", "Account maximum query concurrency limit of [30] reached."),
        ("AccessDeniedException", "User: me is not authorized to perform: logs:StartQuery"),
        ("ResourceNotFoundException", "Log group '/custom/hello' does not exist for account ID '1'"),
    ],
)
def test_what_aws_refuses_is_quoted(aws: StubbedAws, ctx: FakeContext, code: str, words: str) -> None:
    aws.refuse("logs", "start_query", code, words)
    with pytest.raises(WorkbenchError) as caught:
        _run(aws, ctx)
    assert caught.value.aws_code == code


@pytest.mark.parametrize("query", ["", " \n", "x" * 10_001])
def test_what_aws_would_not_take_is_not_sent(aws: StubbedAws, ctx: FakeContext, query: str) -> None:
    with pytest.raises(WorkbenchError):
        _run(aws, ctx, query)
    assert aws.calls == []


def test_groups_of_other_accounts_are_named_by_their_arns(aws: StubbedAws, ctx: FakeContext) -> None:
    arn = "arn:aws:logs:eu-central-1:210987654321:log-group:/central"
    asked = {key: value for key, value in ASKED.items() if key != "logGroupNames"}
    aws.answer("logs", "start_query", {"queryId": "q1"}, asked | {"logGroupIdentifiers": [arn]})
    _result(aws, "Complete")
    assert _run(aws, ctx, QUERY, arn).rows == ()


def test_the_sandbox_answers_too(connection: Connection) -> None:
    code = "def handler(event, context):\n    print('order 7 taken')\n    print('fine')\n"
    function = create_function(connection, code)
    connection.call("lambda", "invoke", FunctionName=function.function_name, Payload=b"{}")
    now = SystemClock().now()
    query = "fields @timestamp, @message | filter @message like /order/ | limit 5"
    begin, end = now - timedelta(hours=1), now + timedelta(minutes=1)
    answer = run_query(connection, (function.log_group,), query, begin, end, JobContext())
    (row,) = answer.rows
    assert "order 7 taken" in row[answer.fields.index("@message")]
    assert answer.scanned > 1


def test_gb_seconds_are_those_that_lambda_bills() -> None:
    """512 MB for 2 s are 1 GB-second; @memorySize gives them as 512,000,000 bytes."""
    query = dict(TEMPLATES)["cost"]
    found = re.search(r"sum\(@billedDuration\) / (\d+) \* max\(@memorySize\) / (\d+) as gbSeconds", query)
    assert found is not None
    assert 2_000 / int(found[1]) * 512_000_000 / int(found[2]) == 1.0


@pytest.mark.parametrize(("name", "query"), JSON_TEMPLATES)
def test_a_template_for_the_log_format_json_asks_for_the_fields_of_a_report(name: str, query: str) -> None:
    report = {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs"}
    assert 'filter type = "platform.report"' in query
    assert set(re.findall(r"record\.metrics\.(\w+)", query)) <= report
    assert "@duration" not in query
    assert "@type" not in query
    assert name in dict(TEMPLATES)
