"""What is on disk is brought up to date by its tail, and never mixed up with another account's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.fake_time import FakeClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.metrics.series import MetricSpec, Series, Window
from workbench.metrics.series_cache import SeriesCache, estimate, pull, stored

HOUR = Window(1_773_414_000, 1_773_417_600, 60)
LATER = replace(HOUR, start_s=HOUR.start_s + 300, end_s=HOUR.end_s + 300)
SPECS = [MetricSpec("Invocations", "Sum", (("FunctionName", f"f{number}"),)) for number in range(3)]
CTX = JobContext()
LATE_S = 10_000.0  # then what began in 1970 is settled


@pytest.fixture
def store(tmp_path: Path) -> SeriesCache:
    return SeriesCache(tmp_path / "made" / "metrics.sqlite")


def _result(number: int, window: Window, value: float) -> dict[str, Any]:
    moments = [datetime.fromtimestamp(each, UTC) for each in window.time_s]
    return {
        "Id": f"q{number}",
        "Timestamps": moments,
        "Values": [value] * len(moments),
        "StatusCode": "Complete",
    }


def _answer(aws: StubbedAws, window: Window, *values: float, **more: Any) -> None:
    results = [_result(number, window, value) | more for number, value in enumerate(values)]
    expected = {
        "MetricDataQueries": ANY,
        "StartTime": datetime.fromtimestamp(window.start_s, UTC),
        "EndTime": datetime.fromtimestamp(window.end_s, UTC),
    }
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": results}, expected)


def test_a_second_pull_asks_for_the_tail_only(aws: StubbedAws, store: SeriesCache) -> None:
    _answer(aws, HOUR, 1, 2, 3)
    first = pull(aws.connection, SPECS, HOUR, CTX, store)
    assert [series.value[0] for series in first] == [1, 2, 3]

    tail = replace(LATER, start_s=HOUR.end_s - 900)
    _answer(aws, tail, 7, 8, 9)
    second = pull(aws.connection, SPECS, LATER, CTX, store)
    assert [series.window for series in second] == [LATER] * 3
    assert [(series.value[0], series.value[-1]) for series in second] == [(1, 7), (2, 8), (3, 9)]
    assert second[0].value.size == LATER.points


@pytest.mark.parametrize(
    ("zoomed", "now_s", "from_s"),
    [
        # what was zoomed to, when, and from where a refresh of the whole asks afterwards
        (Window(HOUR.start_s + 600, HOUR.start_s + 1200, 60), HOUR.end_s, HOUR.end_s - 900),  # within
        (Window(HOUR.start_s - 1200, HOUR.start_s + 600, 60), HOUR.end_s, HOUR.end_s - 900),  # over its begin
        (Window(HOUR.start_s - 7200, HOUR.start_s - 3600, 60), HOUR.end_s, HOUR.end_s - 900),  # far before
        (
            Window(HOUR.end_s - 600, HOUR.end_s + 1200, 60),
            HOUR.end_s + 1200,
            HOUR.end_s - 900,
        ),  # a gap would be
        (Window(HOUR.end_s - 1800, HOUR.end_s + 1200, 60), HOUR.end_s + 1200, HOUR.end_s + 300),  # continued
    ],
)
def test_a_refresh_after_a_zoom_asks_for_the_tail_only(
    aws: StubbedAws, store: SeriesCache, zoomed: Window, now_s: int, from_s: int
) -> None:
    spec, later = SPECS[:1], replace(HOUR, start_s=HOUR.start_s + 1200, end_s=HOUR.end_s + 1260)
    _answer(aws, HOUR, 1)
    pull(aws.connection, spec, HOUR, CTX, store, HOUR.end_s)
    known = replace(HOUR, start_s=zoomed.start_s, end_s=zoomed.end_s)
    if zoomed.start_s < HOUR.start_s or zoomed.end_s > HOUR.end_s:
        inside = HOUR.start_s <= zoomed.start_s < HOUR.end_s - 900
        _answer(aws, replace(known, start_s=HOUR.end_s - 900) if inside else known, 2)
    pull(aws.connection, spec, zoomed, CTX, store, now_s)
    _answer(aws, replace(later, start_s=from_s), 3)
    (series,) = pull(aws.connection, spec, later, CTX, store, later.end_s)
    assert series.value[0] in (1, 2)
    assert series.value[-1] == 3
    assert not np.isnan(series.value).any()


def test_of_a_time_that_is_over_nothing_is_asked_twice(aws: StubbedAws, store: SeriesCache) -> None:
    before = replace(HOUR, start_s=HOUR.start_s - 3600, end_s=HOUR.start_s)
    _answer(aws, HOUR, 1)
    _answer(aws, before, 5)
    for window in (HOUR, before):
        pull(aws.connection, SPECS[:1], window, CTX, store, HOUR.end_s)
    (again,) = pull(aws.connection, SPECS[:1], before, CTX, store, HOUR.end_s)  # is not answered
    assert set(again.value) == {5}
    (stretch,) = store.load(aws.connection.account_id, aws.connection.region, SPECS, 60)[SPECS[0]]
    assert stretch.window == replace(HOUR, start_s=before.start_s)  # one, of both


def test_what_lies_in_the_future_is_not_settled(aws: StubbedAws, store: SeriesCache) -> None:
    day = replace(HOUR, end_s=HOUR.start_s + 86_400)
    _answer(aws, day, 1)
    pull(aws.connection, SPECS[:1], day, CTX, store, HOUR.end_s)
    _answer(aws, replace(day, start_s=HOUR.end_s - 900), 2)
    (series,) = pull(aws.connection, SPECS[:1], day, CTX, store, HOUR.end_s + 60)
    assert series.value[-1] == 2


def test_what_is_kept_does_not_grow_without_end(aws: StubbedAws, store: SeriesCache) -> None:
    window = HOUR
    for _ in range(4):
        tail = window if window == HOUR else replace(window, start_s=window.end_s - 900 - 1200)
        _answer(aws, tail, 1)
        pull(aws.connection, SPECS[:1], window, CTX, store, window.end_s)
        window = replace(window, start_s=window.start_s + 1200, end_s=window.end_s + 1200)
    (stretch,) = store.load(aws.connection.account_id, aws.connection.region, SPECS, 60)[SPECS[0]]
    assert stretch.window.points == 2 * HOUR.points


def test_new_series_are_read_whole_and_the_others_are_not(aws: StubbedAws, store: SeriesCache) -> None:
    _answer(aws, HOUR, 1)
    pull(aws.connection, SPECS[:1], HOUR, CTX, store)
    _answer(aws, replace(HOUR, start_s=HOUR.end_s - 900), 7)
    _answer(aws, HOUR, 2, 3)
    series = pull(aws.connection, SPECS, HOUR, CTX, store)
    assert [each.value[0] for each in series] == [1, 2, 3]
    assert [each.value[-1] for each in series] == [7, 2, 3]


@pytest.mark.parametrize(
    "window",
    [
        replace(HOUR, start_s=HOUR.start_s - 60),  # further back
        replace(HOUR, period_s=300),  # another period
        replace(HOUR, start_s=HOUR.end_s, end_s=HOUR.end_s + 3600),  # no overlap
    ],
)
def test_what_does_not_reach_so_far_is_read_anew(aws: StubbedAws, store: SeriesCache, window: Window) -> None:
    _answer(aws, HOUR, 1)
    pull(aws.connection, SPECS[:1], HOUR, CTX, store)
    _answer(aws, window, 5)
    (series,) = pull(aws.connection, SPECS[:1], window, CTX, store)
    assert set(series.value) == {5}


def test_what_may_be_incomplete_is_not_kept(aws: StubbedAws, store: SeriesCache) -> None:
    _answer(aws, HOUR, 1, StatusCode="PartialData")
    (series,) = pull(aws.connection, SPECS[:1], HOUR, CTX, store)
    assert series.problem == "PartialData"
    assert stored(store, aws.connection, SPECS, HOUR) == ()


def test_stored_series_are_drawn_before_anything_is_asked(aws: StubbedAws, store: SeriesCache) -> None:
    _answer(aws, HOUR, 1, 2, 3)
    asked = pull(aws.connection, SPECS, HOUR, CTX, store)
    kept = stored(store, aws.connection, SPECS, LATER)
    assert [(series.spec, series.window) for series in kept] == [(spec, LATER) for spec in SPECS]
    for before, after in zip(asked, kept, strict=True):
        np.testing.assert_array_equal(before.placed(LATER).value, after.value)


def test_missing_points_stay_missing_on_disk(store: SeriesCache) -> None:
    value = np.array([1.0, np.nan, 0.0])
    window = Window(0, 180, 60)
    store.store("1", "eu", [Series(SPECS[0], window, window.time_s, value)], LATE_S)
    (found,) = store.load("1", "eu", SPECS, 60)[SPECS[0]]
    np.testing.assert_array_equal(found.series.value, value)


def test_accounts_and_regions_are_kept_apart(store: SeriesCache) -> None:
    window = Window(0, 60, 60)
    store.store("1", "eu", [Series(SPECS[0], window, window.time_s, np.array([1.0]))], LATE_S)
    assert store.load("2", "eu", SPECS, 60) == {}
    assert store.load("1", "us", SPECS, 60) == {}
    assert store.load("1", "eu", SPECS, 300) == {}


def test_what_was_not_used_longest_goes_first(tmp_path: Path) -> None:
    clock = FakeClock()
    store = SeriesCache(tmp_path / "metrics.sqlite", max_bytes=2 * 8 * 10, clock=clock)
    window = Window(0, 600, 60)
    for spec in SPECS:
        store.store("1", "eu", [Series(spec, window, window.time_s, np.zeros(10))], LATE_S)
        clock.passed_s += 1
    assert set(store.load("1", "eu", SPECS, 60)) == set(SPECS[1:])


def test_a_failed_pull_keeps_nothing(aws: StubbedAws, store: SeriesCache) -> None:
    aws.refuse("cloudwatch", "get_metric_data", "AccessDenied", "no", 403)
    with pytest.raises(WorkbenchError, match="AccessDenied"):
        pull(aws.connection, SPECS, HOUR, CTX, store)
    assert stored(store, aws.connection, SPECS, HOUR) == ()


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be one" * 50, b"\x00" * 8192])
def test_a_damaged_file_is_thrown_away(
    aws: StubbedAws, tmp_path: Path, content: bytes, expect_log: Callable[[str], None]
) -> None:
    expect_log("the cache of metrics is damaged and deleted")
    path = tmp_path / "metrics.sqlite"
    path.write_bytes(content)
    store = SeriesCache(path)
    for _ in range(2):
        _answer(aws, HOUR, 1)
        pull(aws.connection, SPECS[:1], HOUR, CTX, store)
        if store.load(aws.connection.account_id, aws.connection.region, SPECS, 60):
            break
    assert len(stored(store, aws.connection, SPECS, HOUR)) == 1


def test_a_disk_that_refuses_costs_the_cache_only(aws: StubbedAws, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    _answer(aws, HOUR, 1)
    (series,) = pull(aws.connection, SPECS[:1], HOUR, CTX, SeriesCache(tmp_path / "file" / "metrics.sqlite"))
    assert series.value[0] == 1


@pytest.mark.parametrize(
    ("count", "window", "calls"),
    [(9, HOUR, 1), (2000, Window(0, 7 * 86_400, 300), 40), (1, Window(0, 60, 60), 1), (501, HOUR, 2)],
)
def test_an_estimate_counts_calls_and_money(count: int, window: Window, calls: int) -> None:
    found = estimate([SPECS[0]] * count, window)
    assert (found.calls, found.series, found.points) == (calls, count, count * window.points)
    assert found.usd == pytest.approx(count * 0.00001)
