"""A connection that asks again: throttles and AWS's own faults pass, refusals do not, Cancel ends it."""

from datetime import timedelta

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock, FakeContext
from workbench.aws.retrying_connection import RateBudget, RetryingConnection
from workbench.core.errors import Cancelled, WorkbenchError


def retrying(aws: StubbedAws, ctx: FakeContext, clock: FakeClock) -> RetryingConnection:
    return RetryingConnection(aws.connection, RateBudget(clock), ctx)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TooManyRequestsException", 429),
        ("ThrottlingException", 400),
        ("ServiceException", 500),
        ("ServiceUnavailableException", 503),
    ],
)
def test_what_passes_is_asked_again_with_growing_pauses(aws: StubbedAws, code: str, status: int) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    for _ in range(3):
        aws.refuse("lambda", "get_function", code, "Rate exceeded", status, retries=False)
    aws.answer("lambda", "get_function", {}, {"FunctionName": "hello"}, retries=False)
    retrying(aws, ctx, clock).call("lambda", "get_function", FunctionName="hello")
    assert len(ctx.slept) == 3
    assert 0.1 <= ctx.slept[0] <= 0.2
    assert 0.4 <= ctx.slept[2] <= 0.8
    assert [call.error_code for call in aws.calls] == [code, code, code, ""]


def test_a_refusal_is_an_error_at_once(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    aws.refuse("lambda", "delete_function", "AccessDeniedException", "no", 403, retries=False)
    with pytest.raises(WorkbenchError) as caught:
        retrying(aws, ctx, clock).call("lambda", "delete_function", FunctionName="hello")
    assert caught.value.aws_code == "AccessDeniedException"
    assert ctx.slept == []


def test_what_stays_busy_is_given_up_with_aws_s_code(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    for _ in range(8):
        aws.refuse("lambda", "get_function", "TooManyRequestsException", "Rate exceeded", 429, retries=False)
    with pytest.raises(WorkbenchError) as caught:
        retrying(aws, ctx, clock).call("lambda", "get_function", FunctionName="hello")
    assert caught.value.aws_code == "TooManyRequestsException"
    assert sum(ctx.slept) < 30


def test_cancel_ends_the_pause_between_two_attempts(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock, cancel_after_s=0.05)
    aws.refuse("lambda", "get_function", "TooManyRequestsException", "Rate exceeded", 429, retries=False)
    with pytest.raises(Cancelled):
        retrying(aws, ctx, clock).call("lambda", "get_function", FunctionName="hello")


def test_pages_keep_to_the_budget(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    for number in range(30):
        more = {} if number == 29 else {"NextMarker": str(number)}
        aws.answer("lambda", "list_functions", {"Functions": [], **more})
    connection = retrying(aws, ctx, clock)
    assert len(list(connection.paginate("lambda", "list_functions", ctx=ctx))) == 30
    assert clock.passed_s == pytest.approx(1, abs=0.1)


def test_the_end_of_a_listing_costs_nothing(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    connection = retrying(aws, ctx, clock)
    for _ in range(30):
        aws.answer("lambda", "list_functions", {"Functions": []})
        assert len(list(connection.paginate("lambda", "list_functions", ctx=ctx))) == 1
    assert clock.passed_s == pytest.approx(1, abs=0.1)


def test_a_page_that_is_refused_for_now_is_asked_for_again(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    aws.answer("lambda", "list_functions", {"Functions": [], "NextMarker": "1"}, {})
    for _ in range(3):
        aws.refuse("lambda", "list_functions", "TooManyRequestsException", "Rate exceeded", 429)
    aws.answer("lambda", "list_functions", {"Functions": []}, {"Marker": "1"})
    pages = retrying(aws, ctx, clock).paginate("lambda", "list_functions", ctx=ctx)
    assert len(list(pages)) == 2
    assert len(ctx.slept) == 3


def test_the_datapoints_of_metrics_are_spent(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Invocations"}
    series = {"Id": "q0", "MetricStat": {"Metric": metric, "Period": 1, "Stat": "Sum"}}
    connection = retrying(aws, ctx, clock)
    for _ in range(100):
        aws.answer("cloudwatch", "get_metric_data", {}, retries=False)
        connection.call(
            "cloudwatch",
            "get_metric_data",
            MetricDataQueries=[series],
            StartTime=clock.now() - timedelta(hours=2),
            EndTime=clock.now() - timedelta(hours=1),
        )
    assert clock.passed_s == pytest.approx(100 * 3600 / 180_000 - 1, abs=0.1)


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ServiceException"])
def test_a_call_that_must_be_made_once_is_made_once(aws: StubbedAws, code: str) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    aws.refuse("lambda", "delete_function", code, "no", 500, retries=False)
    with pytest.raises(WorkbenchError) as caught:
        retrying(aws, ctx, clock).call("lambda", "delete_function", retries=False, FunctionName="hello")
    assert caught.value.aws_code == code
    assert (len(aws.calls), ctx.slept) == (1, [])
