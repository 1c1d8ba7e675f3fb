"""Windows lie on CloudWatch's grid, at a period that CloudWatch still has."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from workbench.metrics.published import function_specs, success_rate
from workbench.metrics.series import MAX_SPAN_S, MetricSpec, Series, Window, choose_window

NOW = datetime(2026, 3, 13, 15, 2, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "pixels", "period_s"),
    [
        (timedelta(hours=1), 800, 60),
        (timedelta(hours=12), 800, 60),
        (timedelta(days=1), 800, 300),
        (timedelta(days=7), 800, 900),
        (timedelta(days=7), 5000, 300),
        (timedelta(days=14), 30_000, 60),
        (timedelta(days=16), 30_000, 300),
        (timedelta(days=64), 30_000, 3600),
        (timedelta(days=400), 800, 86_400),
        (timedelta(days=3650), 30_000, 3600),
        (timedelta(days=1), 0, 86_400),
    ],
)
def test_the_period_follows_age_and_pixels(span: timedelta, pixels: int, period_s: int) -> None:
    assert choose_window(NOW - span, NOW, pixels, NOW).period_s == period_s


@pytest.mark.parametrize("span_s", [0, 1, 59, 3600, 86_400, 40 * 86_400, 455 * 86_400, 10 * 365 * 86_400])
@pytest.mark.parametrize("pixels", [1, 300, 4000])
def test_a_window_is_whole_periods_around_what_was_asked(span_s: int, pixels: int) -> None:
    start = NOW - timedelta(seconds=span_s)
    window = choose_window(start, NOW, pixels, NOW)
    assert window.start_s % window.period_s == window.end_s % window.period_s == 0
    assert window.points >= 1
    assert window.end_s >= NOW.timestamp()
    assert window.start_s <= start.timestamp() or span_s > MAX_SPAN_S
    assert window.time_s.shape == (window.points,)
    assert window.points <= max(pixels + 1, MAX_SPAN_S // 86_400 + 1)


def test_an_end_before_the_begin_is_one_period() -> None:
    assert choose_window(NOW, NOW - timedelta(days=1), 800, NOW).points == 1


def test_an_old_window_far_from_now_has_its_ages_period() -> None:
    start = NOW - timedelta(days=100)
    assert choose_window(start, start + timedelta(hours=3), 800, NOW).period_s == 3600


WINDOW = Window(0, 300, 60)


def _series(name: str, *values: float, problem: str = "") -> Series:
    spec = MetricSpec(name, "Sum", (("FunctionName", "f"),))
    return Series(spec, WINDOW, WINDOW.time_s, np.array(values), problem)


NAN = np.nan


def test_missing_is_not_zero_until_it_is_filled() -> None:
    series = _series("Invocations", NAN, 2, NAN, 0, NAN)
    assert series.has_data
    np.testing.assert_array_equal(series.value, [NAN, 2, NAN, 0, NAN])
    np.testing.assert_array_equal(series.filled().value, [0, 2, 0, 0, 0])
    assert not _series("Invocations", NAN, NAN, NAN, NAN, NAN).has_data


def test_the_success_rate_is_unknown_where_nothing_ran() -> None:
    rate = success_rate(
        _series("Invocations", NAN, 4, 4, 0, 1), _series("Errors", NAN, NAN, 1, 0, 2, problem="late")
    )
    np.testing.assert_array_equal(rate.value, [NAN, 100, 75, NAN, 0])
    assert rate.problem == "late"
    assert rate.spec.metric_name == "SuccessRate"


def test_counts_are_summed_and_levels_are_not() -> None:
    stats = {(spec.metric_name, spec.stat) for spec in function_specs("f")}
    assert {("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum")} <= stats
    assert not {("Duration", "Sum"), ("ConcurrentExecutions", "Sum")} & stats


def test_a_qualifier_is_a_dimension_beside_the_name() -> None:
    assert function_specs("f", "live")[0].dimensions == (("FunctionName", "f"), ("Resource", "f:live"))
