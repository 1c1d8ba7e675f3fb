"""How an alarm would have been: AWS's own examples, and stretches of time."""

import numpy as np
import pytest

from workbench.metrics.alarms import (
    ABOVE,
    BELOW,
    PERIODS_S,
    TREATMENTS,
    AlarmHistory,
    NewAlarm,
    alarm_history,
    breaches,
    max_periods,
    window_of,
)
from workbench.metrics.series import MetricSpec, Series, Window

SPEC = MetricSpec("Errors", "Sum", (("FunctionName", "hello"),))
DAY_S = 86_400


def series(points: str) -> Series:
    """A point a minute: 0 is good, X is bad, - is missing."""
    value = np.array([{"0": 0.0, "X": 9.0, "-": float("nan")}[each] for each in points])
    window = Window(0, 60 * len(points), 60)
    return Series(SPEC, window, window.time_s, value)


def alarm(counted: int, needed: int, treatment: str) -> NewAlarm:
    return NewAlarm("a", SPEC, "GreaterThanThreshold", 5.0, 60, counted, needed, treatment)


def ends_in_alarm(points: str, new: NewAlarm) -> bool:
    """Whether it is in alarm after the last point."""
    return alarm_history(new, series(points)).alarm_s > alarm_history(new, series(points[:-1])).alarm_s


@pytest.mark.parametrize(
    ("points", "needed", "in_alarm"),
    [
        ("0-X-X", 3, ()),
        ("0----", 3, ()),
        ("-----", 3, ("breaching",)),
        ("0XX-X", 3, TREATMENTS),
        ("--X--", 3, ("breaching", "missing")),
        ("0-X-X", 2, TREATMENTS),
        ("00X0X", 2, TREATMENTS),
        ("0-X--", 2, ("breaching",)),
        ("----0", 2, ("breaching",)),
        ("---X-", 2, ("breaching", "missing")),
    ],
)
def test_missing_points_count_as_in_the_tables_of_aws(
    points: str, needed: int, in_alarm: tuple[str, ...]
) -> None:
    found = [each for each in TREATMENTS if ends_in_alarm(points, alarm(3, needed, each))]
    assert sorted(found) == sorted(in_alarm)


def test_ignored_points_keep_the_state_that_was() -> None:
    kept = alarm_history(alarm(1, 1, "ignore"), series("0X----0--"))
    assert kept == AlarmHistory(1, 5 * 60, 9 * 60)  # from the bad point until the next good one


def test_it_is_counted_how_often_it_goes_off_and_for_how_long() -> None:
    points = series("00XXX00X0X")
    assert alarm_history(alarm(1, 1, "notBreaching"), points) == AlarmHistory(3, 5 * 60, 10 * 60)
    assert alarm_history(alarm(3, 2, "notBreaching"), points) == AlarmHistory(2, 4 * 60, 8 * 60)
    assert alarm_history(alarm(3, 3, "notBreaching"), points) == AlarmHistory(1, 60, 8 * 60)
    assert alarm_history(alarm(11, 1, "breaching"), points) == AlarmHistory(0, 0, 0)


def test_each_comparison_has_its_bad_side() -> None:
    value = np.array([1.0, 2.0, 3.0, float("nan")])
    found = {each: breaches(value, each, 2.0).tolist() for each in (*ABOVE, *BELOW)}
    assert found == {
        "GreaterThanThreshold": [False, False, True, False],
        "GreaterThanOrEqualToThreshold": [False, True, True, False],
        "LessThanThreshold": [True, False, False, False],
        "LessThanOrEqualToThreshold": [True, True, False, False],
    }


def test_an_alarm_looks_at_a_day_and_with_long_periods_at_a_week() -> None:
    assert [max_periods(each) * each for each in PERIODS_S] == [DAY_S] * 3 + [7 * DAY_S] * 3


@pytest.mark.parametrize(
    ("days", "period_s", "begin_days"),
    [(1, 60, 1), (14, 60, 5000 / 1440), (70, 300, 5000 / 288), (70, 3600, 70)],
)
def test_the_time_is_cut_to_what_can_be_shown(days: int, period_s: int, begin_days: float) -> None:
    now_s = 1_700_000_000.0
    window = window_of(now_s - days * DAY_S, now_s, period_s, now_s)
    assert window.start_s == pytest.approx(now_s - begin_days * DAY_S, abs=period_s)
    assert window.end_s == pytest.approx(now_s, abs=period_s)
    assert window.start_s % period_s == window.end_s % period_s == 0
    past = window_of(now_s - 40 * DAY_S, now_s - 39 * DAY_S, 60, now_s)
    assert past.points == 1  # CloudWatch has no minutes of then
