"""What goes wrong on the way of metrics: a busy CloudWatch, and a clock that is off."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.aws_stub import StubbedAws
from tests.fault_proxy import Proxy
from tests.sandbox_functions import create_function
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.metrics.series import MetricSpec, Window, choose_window, function_specs, query
from workbench.metrics.series_cache import SeriesCache, pull

CTX = JobContext()
SPEC = MetricSpec("Invocations", "Sum", (("FunctionName", "hello"),))


def _through(proxy: Proxy, access: Access) -> Connection:
    return Connection.open(Access(None, access.region, proxy.url, access.keys))


@pytest.mark.parametrize(
    ("times", "code", "is_read"),
    [
        (1, "Throttling", True),
        (2, "ThrottlingException", True),
        (1, "InternalServiceFault", True),
        (9, "Throttling", False),
    ],
)
def test_a_busy_cloudwatch_is_asked_again_and_then_it_is_said(
    connection: Connection,
    proxy: Proxy,
    tmp_path: Path,
    times: int,
    code: str,
    is_read: bool,
) -> None:
    function = create_function(connection, "def handler(event, context):\n    return 1\n")
    connection.call("lambda", "invoke", FunctionName=function.function_name)
    throttled = _through(proxy, connection.access)
    error = {"code": code, "status": 500 if code.startswith("Internal") else 400}
    proxy.inject({"service": "cloudwatch", "operation": "GetMetricData", "times": times, "error": error})
    now = datetime.now(UTC)
    window = choose_window(now - timedelta(hours=1), now, 800, now)
    store, specs = SeriesCache(tmp_path / "metrics.sqlite"), function_specs(function.function_name)
    if is_read:
        assert np.nansum(pull(throttled, specs, window, CTX, store)[0].value) == 1
    else:
        with pytest.raises(WorkbenchError, match="exceeded the request rate") as caught:
            pull(throttled, specs, window, CTX, store)
        assert caught.value.aws_code == code
        assert store.load(connection.account_id, connection.region, specs, 60) == {}
    assert len(proxy.fired()) == min(times, 3)


def test_a_page_that_fails_costs_the_whole_pull(aws: StubbedAws, tmp_path: Path) -> None:
    result = {"Id": "q0", "StatusCode": "PartialData", "Timestamps": [], "Values": []}
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": [result], "NextToken": "more"})
    aws.refuse("cloudwatch", "get_metric_data", "Throttling", "Rate exceeded")
    store, window = SeriesCache(tmp_path / "metrics.sqlite"), Window(1_773_414_000, 1_773_417_600, 60)
    with pytest.raises(WorkbenchError, match="exceeded the request rate"):
        pull(aws.connection, [SPEC], window, CTX, store)
    assert store.load(aws.connection.account_id, aws.connection.region, [SPEC], 60) == {}


@pytest.mark.parametrize(("ahead_min", "settled_min"), [(0, 45), (-10, 45), (20, 25), (-1440, 45)])
def test_the_present_is_cloudwatchs(
    aws: StubbedAws, tmp_path: Path, ahead_min: float, settled_min: int
) -> None:
    """A clock that is ahead takes for settled what has not happened yet; one that is behind does not."""
    there = datetime.now(UTC) - timedelta(minutes=ahead_min)
    meta: dict[str, Any] = {"HTTPHeaders": {"date": format_datetime(there, usegmt=True)}}
    window = Window(1_773_414_000, 1_773_417_600, 60)
    result = {"Id": "q0", "StatusCode": "Complete", "Timestamps": [], "Values": []}
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": [result], "ResponseMetadata": meta})
    store = SeriesCache(tmp_path / "metrics.sqlite")
    pull(aws.connection, [SPEC], window, CTX, store)
    (stretch,) = store.load(aws.connection.account_id, aws.connection.region, [SPEC], 60)[SPEC]
    assert stretch.settled_s - window.start_s == pytest.approx(60 * settled_min, abs=60)


def test_what_is_no_number_is_no_value(aws: StubbedAws) -> None:
    window = Window(1_773_414_000, 1_773_414_180, 60)
    moments = [datetime.fromtimestamp(each, UTC) for each in window.time_s]
    result = {"Id": "q0", "Timestamps": moments, "Values": [1.0, float("nan"), 3.0]}
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": [result]})
    (series,) = query(aws.connection, [SPEC], window, CTX)
    np.testing.assert_array_equal(series.value, [1, np.nan, 3])
    assert series.has_data
