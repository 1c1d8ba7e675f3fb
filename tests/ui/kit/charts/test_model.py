"""Numbers of charts without drawing."""

import numpy as np
import pytest

from workbench.ui.kit.charts.model import Curve, Marker, Unit, write_value
from workbench.ui.kit.charts.points import isolated, nearest, table_rows, top_of, value_at

NAN = float("nan")


def _curve(*points: tuple[float, float]) -> Curve:
    array = np.array(points, dtype=float).reshape(-1, 2)
    return Curve("c", array[:, 0], array[:, 1])


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (NAN, Unit.COUNT, "–"),
        (0, Unit.COUNT, "0"),
        (1204, Unit.COUNT, "1,204"),
        (12.34, Unit.MILLISECONDS, "12.3"),
        (900_000.4, Unit.MILLISECONDS, "900,000"),
        (100, Unit.PERCENT, "100 %"),
        (99.46, Unit.PERCENT, "99.5 %"),
    ],
)
def test_values_are_written_for_people(value: float, unit: Unit, text: str) -> None:
    assert write_value(value, unit) == text


def test_the_nearest_point_is_found_in_any_curve() -> None:
    curves = (_curve((0, 1), (60, 1)), _curve((100, NAN)), _curve())
    assert [nearest(curves, moment) for moment in (-9.0, 29.0, 31.0, 79.0, 81.0, 999.0)] == [
        0,
        0,
        60,
        60,
        100,
        100,
    ]
    assert nearest((_curve(),), 5.0) is None


def test_a_value_is_there_only_at_its_own_moment() -> None:
    curve = _curve((0, 1), (60, NAN))
    assert value_at(curve, 0) == 1
    assert all(np.isnan(value_at(curve, moment)) for moment in (30.0, 60.0, 120.0))


def test_points_without_neighbours_are_isolated() -> None:
    value = np.array([1, NAN, 2, 3, NAN, 4, NAN, NAN])
    assert isolated(value).tolist() == [True, False, False, False, False, True, False, False]
    assert isolated(np.array([])).tolist() == []
    assert isolated(np.array([5.0])).tolist() == [True]


def test_the_axis_is_fitted_to_what_is_in_sight() -> None:
    curves = (_curve((0, 9), (60, 1), (120, 2), (180, NAN), (240, 50)),)
    assert top_of(curves, 60, 120) == 9  # one point beyond each edge: the line to it is in sight
    assert top_of(curves, 100, 200) == 50
    assert top_of((_curve(),), 0, 1) == 0


def test_a_change_stands_in_the_row_of_its_period_with_its_seconds() -> None:
    begin = 1_773_414_000.0
    curve = Curve("", np.array([begin, begin + 60]), np.array([1.0, 2.0]))
    changes = [Marker(begin + at_s, name, name) for at_s, name in ((-300, "Made"), (47, "Deployed"))]
    rows = table_rows([(curve, Unit.COUNT)], changes, is_utc=True)
    assert [(row[0][11:], row[1]) for row in rows] == [("15:01", "2"), ("15:00", "1")]
    assert [row[2] for row in rows] == ["", "2026-03-13 14:55 Made; 2026-03-13 15:00:47 Deployed"]


def test_changes_without_values_make_no_row_of_dashes() -> None:
    curve = _curve((0, NAN))
    assert table_rows([(curve, Unit.COUNT)], (Marker(47, "Deployed", "Deployed"),), is_utc=True) == []
