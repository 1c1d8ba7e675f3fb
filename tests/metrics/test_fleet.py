"""The figures of a fleet: what is made of series, and how they are read scope by scope."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.aws_stub import ANY, StubbedAws
from workbench.aws.connection import Connection
from workbench.aws.retrying_connection import RateBudget
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionSummary
from workbench.metrics.fleet import (
    FLEET_METRICS,
    CostSetting,
    FiguresRead,
    FleetMeasure,
    FleetScope,
    ScopeFailed,
    Usage,
    cost_of,
    figures_of,
    fleet_estimate,
    fleet_specs,
    read_fleet,
    stored_fleet,
)
from workbench.metrics.series import Series, Window
from workbench.metrics.series_cache import SeriesCache

NAN = math.nan
WINDOW = Window(1_773_414_000, 1_773_417_600, 900)
SILENT = [NAN] * 4


def _function(name: str = "f", memory_mb: int = 1024) -> FunctionSummary:
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    return FunctionSummary(
        function_name=name,
        function_arn=arn,
        runtime="python3.13",
        handler="a.b",
        memory_mb=memory_mb,
        timeout_s=3,
        code_size_bytes=1,
        code_sha256="",
        last_modified=None,
        description="",
        architectures=("arm64",),
        package_type="Zip",
        region="us-east-1",
        account_id="123456789012",
    )


def _series(*values: list[float], problem: str = "") -> list[Series]:
    specs = fleet_specs("f")
    return [
        Series(spec, WINDOW, WINDOW.time_s, np.array(each), problem)
        for spec, each in zip(specs, values, strict=True)
    ]


def test_totals_are_sums_and_of_levels_the_highest() -> None:
    figures = figures_of(
        _function(),
        _series(
            [10, NAN, 30, 0],
            [1, NAN, 9, 0],
            [NAN, NAN, 2, NAN],
            [50, NAN, 80, NAN],
            [400, NAN, 900, 0],
            SILENT,
        ),
    )
    assert figures.totals[FleetMeasure.INVOCATIONS] == 40
    assert figures.totals[FleetMeasure.ERRORS] == 10
    assert figures.totals[FleetMeasure.ERROR_RATE] == 25
    assert figures.totals[FleetMeasure.THROTTLES] == 2
    assert figures.totals[FleetMeasure.P95] == 80
    assert math.isnan(figures.totals[FleetMeasure.ITERATOR_AGE])
    assert figures.peaks[FleetMeasure.ERRORS] == 9
    assert figures.strips[FleetMeasure.ERROR_RATE].tolist()[0] == 10
    assert math.isnan(figures.strips[FleetMeasure.ERROR_RATE][3])  # nothing ran: no rate


def test_what_was_never_invoked_is_unknown_and_not_zero() -> None:
    figures = figures_of(_function(), _series(*[SILENT] * len(FLEET_METRICS)))
    assert all(math.isnan(value) for value in figures.totals.values())
    assert math.isnan(figures.month_usd)
    zero = figures_of(_function(), _series([0] * 4, [0] * 4, SILENT, SILENT, SILENT, SILENT))
    assert zero.totals[FleetMeasure.ERRORS] == zero.totals[FleetMeasure.COST] == 0
    assert math.isnan(zero.totals[FleetMeasure.ERROR_RATE])
    assert math.isnan(zero.totals[FleetMeasure.THROTTLES])


@pytest.mark.parametrize("storage_mb", [512, 10_240])
def test_cost_is_what_cost_py_says_and_its_strip_adds_up_to_it(storage_mb: int) -> None:
    figures = figures_of(
        replace(_function(), ephemeral_storage_mb=storage_mb),
        _series([10, NAN, 30, 0], [0] * 4, SILENT, SILENT, [400, NAN, 900, 0], SILENT),
    )
    setting = CostSetting("us-east-1", 1024, "arm64", storage_mb)
    expected = cost_of(setting, Usage(40, 1300, 3600))
    assert figures.totals[FleetMeasure.COST] == pytest.approx(expected.total_usd)
    assert float(np.nansum(figures.strips[FleetMeasure.COST])) == pytest.approx(expected.total_usd, rel=1e-5)
    assert figures.month_usd == pytest.approx(expected.total_usd * 30.4375 * 24)


def test_more_errors_than_invocations_are_no_more_than_all() -> None:
    figures = figures_of(_function(), _series([1, 0, 0, 0], [0, 3, 0, 0], SILENT, SILENT, SILENT, SILENT))
    assert figures.totals[FleetMeasure.ERROR_RATE] == 100


def test_cloudwatchs_own_words_about_a_series_are_kept() -> None:
    figures = figures_of(_function(), _series(*[SILENT] * 6, problem="InternalError: again"))
    assert figures.problem == "InternalError: again"


def test_an_estimate_counts_all_series() -> None:
    needed = fleet_estimate(2000, WINDOW)
    assert needed.series == 12_000
    assert needed.usd == pytest.approx(0.12)


def _answer(aws: StubbedAws, functions: int, value: float) -> None:
    moments = [datetime.fromtimestamp(each, UTC) for each in WINDOW.time_s]
    results: list[dict[str, Any]] = [
        {"Id": f"q{number}", "Timestamps": moments, "Values": [value] * 4, "StatusCode": "Complete"}
        for number in range(functions * len(FLEET_METRICS))
    ]
    expected = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY}
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": results}, expected)


def test_a_place_that_fails_disturbs_no_other(aws: StubbedAws, tmp_path: Path) -> None:
    denied = WorkbenchError("Could not connect as bob.", aws_code="AccessDenied")

    def refuse(_ctx: JobContext) -> Connection:
        raise denied

    _answer(aws, 2, 3)
    heard: list[object] = []
    progress: list[tuple[float, float]] = []
    ctx = JobContext(lambda each: progress.append((each.done, each.total)), heard.append)
    functions = [_function("a"), _function("b")]
    scopes = [
        FleetScope("bob", refuse, [_function("c")]),
        FleetScope("alice", lambda _ctx: aws.connection, functions),
    ]
    store = SeriesCache(tmp_path / "metrics.sqlite")
    read_fleet(scopes, WINDOW, ctx, store, RateBudget())
    failed, read = heard
    assert isinstance(failed, ScopeFailed)
    assert (failed.name, failed.error) == ("bob", denied)
    assert isinstance(read, FiguresRead)
    assert [arn for arn, _ in read.found] == [each.function_arn for each in functions]
    assert {figures.totals[FleetMeasure.ERRORS] for _, figures in read.found} == {12}
    assert [progress[0], progress[-1]] == [(0, 3), (1, 3)]


def test_aws_says_no_in_its_own_words(aws: StubbedAws, tmp_path: Path) -> None:
    words = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: cloudwatch:GetMetricData"
    aws.refuse("cloudwatch", "get_metric_data", "AccessDenied", words)
    heard: list[object] = []
    scope = FleetScope("alice", lambda _ctx: aws.connection, [_function()])
    read_fleet([scope], WINDOW, JobContext(None, heard.append), SeriesCache(tmp_path / "m"), RateBudget())
    (failed,) = heard
    assert isinstance(failed, ScopeFailed)
    assert failed.error.aws_code == "AccessDenied"
    assert "cloudwatch:GetMetricData" in str(failed.error)


def test_cancel_ends_it_before_the_next_call(aws: StubbedAws, tmp_path: Path) -> None:
    scope = FleetScope("alice", lambda _ctx: aws.connection, [_function()])
    ctx = JobContext()
    ctx._stop.set()
    with pytest.raises(Cancelled):
        read_fleet([scope], WINDOW, ctx, SeriesCache(tmp_path / "m"), RateBudget())


def test_what_was_read_is_there_at_once_next_time(aws: StubbedAws, tmp_path: Path) -> None:
    function = _function()
    # The Stubber's account is asked for: what is kept belongs to the account that it was read from.
    mine = [
        FunctionSummary(
            **{n: getattr(function, n) for n in FunctionSummary.__slots__}
            | {"account_id": aws.connection.account_id, "region": aws.connection.region}
        )
    ]
    store = SeriesCache(tmp_path / "metrics.sqlite")
    assert stored_fleet(store, mine, WINDOW) == {}
    _answer(aws, 1, 5)
    scope = FleetScope("alice", lambda _ctx: aws.connection, mine)
    read_fleet([scope], WINDOW, JobContext(), store, RateBudget())
    found = stored_fleet(store, mine, WINDOW)
    assert found[function.function_arn].totals[FleetMeasure.ERRORS] == 20
    later = Window(WINDOW.end_s, WINDOW.end_s + 3600, 900)
    assert stored_fleet(store, mine, later) == {}  # older than all of the window
