"""Connections for many requests: what passes is asked again, and AWS hears the same question once.

The budget of requests: AWS's rate is kept whoever asks, and waiting ends with the job.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock, FakeContext
from workbench.aws.client_config import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.aws.retry import CachingConnection, RateBudget, RetryingConnection, once
from workbench.aws.session import Sessions
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext


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


def connected(account_id: str = "123456789012", region: str = "eu-central-1") -> Connection:
    access = Access(None, region, "", StaticKeys("AKIDEXAMPLE", "secret"))
    return Connection(access, Sessions().get(access), account_id)


@pytest.mark.parametrize(
    ("service", "operation", "rate"),
    [
        ("lambda", "UpdateFunctionConfiguration", 15),
        ("lambda", "GetPolicy", 15),
        ("lambda", "GetFunction", 100),
        ("logs", "PutRetentionPolicy", 10),
        ("events", "ListRuleNamesByTarget", 50),
        ("apigateway", "GetResources", 2),
    ],
)
def test_the_rate_of_aws_is_kept_after_a_second_s_worth(service: str, operation: str, rate: int) -> None:
    clock = FakeClock()
    budget, ctx, connection = RateBudget(clock), FakeContext(clock), connected()
    for _ in range(rate):
        budget.spend(connection, service, operation, ctx)
    assert clock.passed_s == 0
    for _ in range(10 * rate):
        budget.spend(connection, service, operation, ctx)
    assert clock.passed_s == pytest.approx(10)


def test_the_control_plane_shares_a_budget_which_another_account_or_region_does_not_touch() -> None:
    clock = FakeClock()
    budget, ctx, connection = RateBudget(clock), FakeContext(clock), connected()
    for operation in ("TagResource", "DeleteFunction") * 15:
        budget.spend(connection, "lambda", operation, ctx)
    assert clock.passed_s == pytest.approx(1)
    budget.spend(connected(region="us-east-1"), "lambda", "TagResource", ctx)
    budget.spend(connected("210987654321"), "lambda", "TagResource", ctx)
    assert clock.passed_s == pytest.approx(1)


def test_api_gateway_s_resources_are_counted_for_the_whole_account() -> None:
    clock = FakeClock()
    budget, ctx = RateBudget(clock), FakeContext(clock)
    for region in ("eu-central-1", "us-east-1") * 2:
        budget.spend(connected(region=region), "apigateway", "GetResources", ctx)
    assert clock.passed_s == pytest.approx(1)


@pytest.mark.parametrize(("age", "rate"), [(timedelta(hours=2), 180_000), (timedelta(hours=4), 396_000)])
def test_datapoints_of_metrics_have_a_budget_by_their_age(age: timedelta, rate: int) -> None:
    clock = FakeClock()
    budget, ctx, connection = RateBudget(clock), FakeContext(clock), connected()
    series = {"MetricStat": {"Period": 60}}
    start = clock.now() - age
    request = {
        "StartTime": start,
        "EndTime": start + timedelta(hours=1),
        "MetricDataQueries": [series] * 500,
    }
    points = 500 * 60
    for _ in range(rate // points):
        budget.spend_datapoints(connection, request, ctx)
    assert clock.passed_s == 0
    for _ in range(20):
        budget.spend_datapoints(connection, request, ctx)
    assert clock.passed_s == pytest.approx((20 + rate // points) * points / rate - 1)
    budget.spend_datapoints(connected(region="us-east-1"), request, FakeContext(clock, cancel_after_s=0))


def test_cancel_ends_the_waiting() -> None:
    clock = FakeClock()
    budget, ctx, connection = RateBudget(clock), FakeContext(clock, cancel_after_s=0.01), connected()
    for _ in range(15):
        budget.spend(connection, "lambda", "TagResource", ctx)
    with pytest.raises(Cancelled):
        budget.spend(connection, "lambda", "TagResource", ctx)


def test_a_cancelled_wait_gives_its_token_back() -> None:
    clock = FakeClock()
    budget, connection = RateBudget(clock), connected()
    for _ in range(15):
        budget.spend(connection, "lambda", "ListFunctions", FakeContext(clock))

    class Impatient(JobContext):
        def sleep(self, seconds: float) -> None:
            assert seconds == pytest.approx(1 / 15)
            raise Cancelled

    for _ in range(5):
        with pytest.raises(Cancelled):
            budget.spend(connection, "lambda", "ListFunctions", Impatient())
    patient = FakeContext(clock)
    budget.spend(connection, "lambda", "ListFunctions", patient)
    assert patient.slept == [pytest.approx(1 / 15)]


CTX = JobContext()


def asking(aws: StubbedAws, ctx: JobContext = CTX) -> CachingConnection:
    return CachingConnection(aws.connection, RateBudget(FakeClock()), ctx)


def test_a_question_is_asked_once_by_however_many_threads(aws: StubbedAws) -> None:
    aws.answer("lambda", "get_policy", {"Policy": "{}"}, {"FunctionName": "one"}, retries=False)
    connection = asking(aws)
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(lambda _: connection.call("lambda", "get_policy", FunctionName="one"), range(20))
        )
    assert [answer["Policy"] for answer in answers] == ["{}"] * 20


def test_another_question_is_another(aws: StubbedAws) -> None:
    connection = asking(aws)
    for name in ("one", "two"):
        aws.answer("lambda", "get_policy", {"Policy": name}, {"FunctionName": name}, retries=False)
    answers = [connection.call("lambda", "get_policy", FunctionName=name) for name in ("one", "two", "one")]
    assert [answer["Policy"] for answer in answers] == ["one", "two", "one"]


def test_a_listing_is_read_to_its_end_and_once(aws: StubbedAws) -> None:
    connection = asking(aws)
    aws.answer("lambda", "list_functions", {"Functions": [], "NextMarker": "more"})
    aws.answer("lambda", "list_functions", {"Functions": []}, {"Marker": "more"})
    for _ in range(2):
        assert len(list(connection.paginate("lambda", "list_functions", ctx=CTX))) == 2


def test_a_refusal_is_told_to_each_who_asks(aws: StubbedAws) -> None:
    connection = asking(aws)
    aws.refuse("lambda", "get_policy", "AccessDeniedException", "no", 403, retries=False)
    errors = []
    for _ in range(2):
        with pytest.raises(WorkbenchError) as caught:
            connection.call("lambda", "get_policy", FunctionName="one")
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    assert str(errors[0]) == str(errors[1])
    assert errors[1].aws_code == "AccessDeniedException"


def test_a_cancelled_question_may_be_asked_again(aws: StubbedAws) -> None:
    stop = threading.Event()
    connection = asking(aws, JobContext(stop=stop))
    stop.set()
    with pytest.raises(Cancelled):
        connection.call("lambda", "get_policy", FunctionName="one")
    stop.clear()
    aws.answer("lambda", "get_policy", {"Policy": "{}"}, retries=False)
    assert connection.call("lambda", "get_policy", FunctionName="one")["Policy"] == "{}"


def test_what_writes_is_never_kept(aws: StubbedAws) -> None:
    connection = asking(aws)
    for number in range(2):
        aws.answer("lambda", "publish_version", {"Version": f"{number}"}, retries=False)
    versions = [connection.call("lambda", "publish_version", FunctionName="one")["Version"] for _ in range(2)]
    assert versions == ["0", "1"]


def test_a_region_has_answers_of_its_own_and_shares_them(aws: StubbedAws) -> None:
    connection = asking(aws)
    made = []

    def make(region: str) -> str:
        made.append(region)
        return region

    here, there = connection, connection.in_region("us-east-1")
    for each in (here, there, here, connection.in_region("us-east-1")):
        assert once(each, "index", lambda each=each: make(each.region)) == each.region  # type: ignore[misc]
    assert made == ["eu-central-1", "us-east-1"]


def test_a_connection_that_does_not_remember_makes_it_each_time(aws: StubbedAws) -> None:
    made: list[int] = []
    for _ in range(2):
        once(aws.connection, "index", lambda: made.append(1))
    assert made == [1, 1]
