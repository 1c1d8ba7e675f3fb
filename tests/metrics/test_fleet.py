"""The figures of a fleet: made of series, read scope by scope, what functions cost, and the last hours."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.aws_stub import ANY, StubbedAws
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionSummary
from workbench.metrics.fleet import (
    FLEET_METRICS,
    MONTH_S,
    Cost,
    CostSetting,
    FiguresRead,
    FleetMeasure,
    FleetScope,
    Recent,
    ScopeFailed,
    Usage,
    cost_of,
    figures_of,
    fleet_estimate,
    fleet_month_usd,
    fleet_specs,
    read_fleet,
    read_recent,
    stored_fleet,
    what_if,
)
from workbench.metrics.fleet import RECENT_PERIOD_S as PERIOD_S
from workbench.metrics.fleet import RECENT_SPAN_S as SPAN_S
from workbench.metrics.series import Series, Window
from workbench.metrics.series_cache import SeriesCache
from workbench.ui.features.fleet.metrics_table import write_usd

GB = CostSetting("us-east-1", 1024)
MILLION = Usage(1_000_000, 1_000_000 * 99.5, MONTH_S)


def test_a_month_of_a_million_invocations_of_a_tenth_of_a_second() -> None:
    cost = cost_of(GB, MILLION)
    assert cost.requests_usd == pytest.approx(0.20)
    assert cost.running_usd == pytest.approx(100_000 * 0.0000166667)
    assert cost.storage_usd == 0
    assert cost.total_usd == pytest.approx(1.8667, abs=1e-3)


def test_a_stretch_is_projected_to_the_month() -> None:
    day = Usage(1000, 50_000, 86_400)
    month = day.per_month()
    assert month.invocations == pytest.approx(30_437.5)
    assert month.duration_ms == pytest.approx(50_000 * 30.4375)
    assert Usage(5, 5, 0).per_month() == Usage(0, 0, 0)


def test_storage_beyond_what_is_free_is_paid_while_it_runs() -> None:
    cost = cost_of(replace(GB, storage_mb=512 + 10_240), MILLION)
    assert cost.storage_usd == pytest.approx(100_000 * 10 * 0.0000000309)


def test_nothing_done_costs_nothing() -> None:
    assert cost_of(GB, Usage(0, 0, 86_400)).total_usd == 0
    assert cost_of(GB, Usage(0, 0, 0)) == Cost()


def test_costs_add_up() -> None:
    one = cost_of(GB, MILLION)
    assert (one + one).total_usd == pytest.approx(2 * one.total_usd)


def test_a_fleet_shares_one_free_tier() -> None:
    functions = [(GB, MILLION), (replace(GB, architecture="arm64"), MILLION)]
    full = fleet_month_usd(functions)
    assert full == pytest.approx(2 * 0.20 + 100_000 * (0.0000166667 + 0.0000133334))
    assert fleet_month_usd(functions, free_tier=True) == pytest.approx(0.20)
    assert fleet_month_usd([], free_tier=True) == 0


def test_what_the_free_tier_covers_costs_nothing_and_no_less() -> None:
    # The requests of these, summed up and taken off again, leave some billionths below zero.
    functions = [(GB, Usage(ran, ran * 20.0, 86_400)) for ran in (3, 26)]
    assert fleet_month_usd(functions) > 0
    assert fleet_month_usd(functions, free_tier=True) == 0
    assert write_usd(fleet_month_usd(functions, free_tier=True)) == "$0.00"


def test_tiers_are_of_one_region() -> None:
    huge = Usage(0, 4e9 * 1000, MONTH_S)
    elsewhere = replace(GB, region="us-west-2")
    apart = fleet_month_usd([(GB, huge)]) + fleet_month_usd([(elsewhere, huge)])
    assert fleet_month_usd([(GB, huge), (elsewhere, huge)]) == pytest.approx(apart)


def test_tiers_count_all_functions_of_a_region_together() -> None:
    huge = Usage(0, 4e9 * 1000, MONTH_S)
    apart = 2 * fleet_month_usd([(GB, huge)])
    together = fleet_month_usd([(GB, huge), (GB, huge)])
    assert together == pytest.approx(6e9 * 0.0000166667 + 2e9 * 0.000015)
    assert together < apart


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        ({"memory_mb": 512}, 0.5),
        ({"memory_mb": 2048, "duration_factor": 0.5}, 1.0),
        ({"architecture": "arm64"}, 0.8),
        ({}, 1.0),
    ],
)
def test_what_another_setting_would_cost(change: dict[str, object], factor: float) -> None:
    before = cost_of(GB, MILLION)
    after = what_if(GB, MILLION, **change)  # type: ignore[arg-type]
    assert after.running_usd == pytest.approx(before.running_usd * factor, rel=0.01)
    assert after.requests_usd == before.requests_usd


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


NOON_S = 1_773_414_000
TAIL_S = 15 * 60


def _answer_last(aws: StubbedAws, start_s: int, end_s: int, *counts: tuple[int, float], **more: Any) -> None:
    """What CloudWatch says: of each series one point, so many seconds before the end."""
    results = [
        {
            "Id": f"q{number}",
            "Timestamps": [datetime.fromtimestamp(end_s - before_s, UTC)],
            "Values": [value],
            "StatusCode": "Complete",
            **more,
        }
        for number, (before_s, value) in enumerate(counts)
    ]
    moments = {
        "StartTime": datetime.fromtimestamp(start_s, UTC),
        "EndTime": datetime.fromtimestamp(end_s, UTC),
    }
    expected = {"MetricDataQueries": ANY, **moments}
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": results}, expected)


def test_a_series_is_read_at_most_every_five_minutes_and_then_by_its_tail(
    aws: StubbedAws, tmp_path: Path
) -> None:
    store, budget = SeriesCache(tmp_path / "sparklines.sqlite"), RateBudget()

    def read(at_s: float, *names: str) -> dict[str, Recent]:
        now = datetime.fromtimestamp(at_s, UTC)
        return read_recent(aws.connection, names, now, JobContext(), store, budget)

    _answer_last(
        aws,
        NOON_S - SPAN_S,
        NOON_S,
        (PERIOD_S, 7),
        (PERIOD_S, 1),
        (SPAN_S, 3),
        (SPAN_S, 2),
    )
    found = read(NOON_S - 200, "one", "two")
    assert len(found["one"].invocations) == len(found["one"].errors) == SPAN_S // PERIOD_S
    assert (found["one"].invocations[-1], found["one"].errors[-1], sum(found["one"].invocations)) == (7, 1, 7)
    assert (found["two"].invocations[0], found["two"].errors[0], sum(found["two"].errors)) == (3, 2, 2)

    assert read(NOON_S - 1, "two", "one") == found
    assert len(aws.calls) == 1, "what is stored was asked for again"

    later_s = NOON_S + PERIOD_S
    _answer_last(aws, NOON_S - TAIL_S, later_s, (PERIOD_S, 4), (PERIOD_S, 0))
    (again,) = read(NOON_S + 1, "one").values()
    assert again.invocations[-1] == 4
    assert sum(again.invocations) == 4, "the tail is what CloudWatch says now"


def test_what_may_be_incomplete_says_so_and_is_asked_for_again(aws: StubbedAws, tmp_path: Path) -> None:
    store = SeriesCache(tmp_path / "sparklines.sqlite")
    now = datetime.fromtimestamp(NOON_S, UTC)
    for status, problem in (("InternalError", "InternalError"), ("Complete", "")):
        _answer_last(aws, NOON_S - SPAN_S, NOON_S, (600, 5), (600, 0), StatusCode=status)
        found = read_recent(aws.connection, ["one"], now, JobContext(), store, RateBudget())
        assert (sum(found["one"].invocations), found["one"].problem) == (5, problem)
