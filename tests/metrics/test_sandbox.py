"""Metrics of the Sandbox: what was put comes back point for point, what ran is counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics.series import MetricSpec, Window, choose_window, function_specs, query, success_rate
from workbench.metrics.series_cache import SeriesCache, pull

NAMESPACE = "Workbench/Test"
CTX = JobContext()


@pytest.fixture
def raw(connection: Connection) -> tuple[Window, list[np.ndarray]]:
    """Three hours of raw values, some minutes without any, put into CloudWatch."""
    end_s = int(datetime.now(UTC).timestamp()) // 3600 * 3600
    window = Window(end_s - 3 * 3600, end_s, 60)
    random = np.random.default_rng(7)
    minutes = [random.gamma(2.0, 50.0, size) for size in random.integers(0, 6, window.points)]
    data = [
        {
            "MetricName": "Latency",
            "Timestamp": datetime.fromtimestamp(window.start_s + 60 * minute, UTC),
            "Value": float(value),
        }
        for minute, values in enumerate(minutes)
        for value in values
    ]
    for first in range(0, len(data), 500):
        connection.call(
            "cloudwatch", "put_metric_data", Namespace=NAMESPACE, MetricData=data[first : first + 500]
        )
    return window, minutes


@pytest.mark.parametrize("period_s", [60, 300, 3600])
def test_every_statistic_equals_numpys(
    connection: Connection, raw: tuple[Window, list[np.ndarray]], period_s: int
) -> None:
    window, minutes = raw
    window = replace(window, period_s=period_s)
    step = period_s // 60
    groups = [np.concatenate(minutes[first : first + step]) for first in range(0, len(minutes), step)]
    for stat, expected in (
        ("Sum", np.sum),
        ("Average", np.mean),
        ("Minimum", np.min),
        ("Maximum", np.max),
        ("SampleCount", np.size),
    ):
        (series,) = query(connection, [MetricSpec("Latency", stat, (), NAMESPACE)], window, CTX)
        values = [float(expected(group)) if group.size else np.nan for group in groups]
        np.testing.assert_allclose(series.value, values, rtol=1e-9, err_msg=stat)
        assert series.problem == ""


def test_a_percentile_lies_between_the_values_around_it(
    connection: Connection, raw: tuple[Window, list[np.ndarray]]
) -> None:
    """CloudWatch does not say how it interpolates; it never leaves the two neighbours."""
    window, minutes = raw
    specs = [MetricSpec("Latency", stat, (), NAMESPACE) for stat in ("p50", "p90", "p99")]
    hourly = replace(window, period_s=3600)
    for series, share in zip(query(connection, specs, hourly, CTX), (50, 90, 99), strict=True):
        for hour, value in enumerate(series.value):
            group = np.concatenate(minutes[60 * hour : 60 * hour + 60])
            low, high = (np.percentile(group, share, method=method) for method in ("lower", "higher"))
            assert low - 1e-9 <= value <= high + 1e-9


def test_a_refresh_equals_a_full_read(
    connection: Connection, raw: tuple[Window, list[np.ndarray]], tmp_path: Path
) -> None:
    window, _ = raw
    store = SeriesCache(tmp_path / "metrics.sqlite")
    specs = [MetricSpec("Latency", stat, (), NAMESPACE) for stat in ("Sum", "Maximum")]
    early = replace(window, start_s=window.start_s - 600, end_s=window.end_s - 600)
    pull(connection, specs, early, CTX, store)
    refreshed = pull(connection, specs, window, CTX, store)
    for joined, whole in zip(refreshed, query(connection, specs, window, CTX), strict=True):
        np.testing.assert_array_equal(joined.value, whole.value)
        np.testing.assert_array_equal(joined.time_s, whole.time_s)


def test_invocations_of_a_function_are_counted(connection: Connection) -> None:
    function = create_function(connection, "def handler(event, context):\n    return 1 / event['by']\n")
    for payload in (b'{"by": 1}', b'{"by": 2}', b'{"by": 0}'):
        connection.call("lambda", "invoke", FunctionName=function.function_name, Payload=payload)
    now = datetime.now(UTC)
    window = choose_window(now - timedelta(hours=1), now + timedelta(minutes=1), 800, now)
    series = {
        (each.spec.metric_name, each.spec.stat): each
        for each in query(connection, function_specs(function.function_name), window, CTX)
    }
    invocations, errors = series["Invocations", "Sum"], series["Errors", "Sum"]
    assert np.nansum(invocations.value) == 3
    assert np.nansum(errors.value) == 1
    assert np.nanmax(series["Duration", "Maximum"].value) >= np.nanmax(series["Duration", "p50"].value) > 0
    assert series["ConcurrentExecutions", "Maximum"].has_data
    rate = success_rate(invocations, errors).value
    assert 0 <= np.nanmin(rate) < 100
    assert np.isnan(rate[0])


def test_a_function_that_never_ran_has_no_data(connection: Connection) -> None:
    now = datetime.now(UTC)
    window = choose_window(now - timedelta(hours=1), now, 800, now)
    for series in query(connection, function_specs("never"), window, CTX):
        assert not series.has_data
        assert series.problem == ""
