"""The budget of requests: AWS's rate is kept whoever asks, and waiting ends with the job."""

from datetime import timedelta

import pytest

from tests.fake_time import FakeClock, FakeContext
from workbench.aws.access import Access, StaticKeys
from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import RateBudget
from workbench.aws.session import Sessions
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext


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
