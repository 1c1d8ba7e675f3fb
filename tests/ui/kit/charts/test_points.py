"""Long curves lose no peak, and are few points however many there are."""

import numpy as np
import pytest

from workbench.ui.kit.charts.model import Floats
from workbench.ui.kit.charts.points import LONG, Pyramid


@pytest.mark.parametrize("count", [0, 1, 3, LONG, LONG + 1, 100_003])
@pytest.mark.parametrize("pixels", [1, 7, 800])
def test_every_peak_and_gap_of_what_is_in_sight_is_kept(count: int, pixels: int) -> None:
    random = np.random.default_rng(count + pixels)
    time_s = np.arange(count, dtype=np.float64) * 60
    value = np.asarray(random.gamma(2.0, 50.0, count), dtype=np.float64)
    value[random.random(count) < 0.01] = np.nan
    value[count // 3 : count // 2] = np.nan
    pyramid = Pyramid(time_s, value)
    for start, end in ((0.0, count * 60.0), (count * 18.0, count * 57.0), (count * 60.0, count * 61.0)):
        moments, seen = pyramid.visible(start, end, pixels)
        inside = value[(time_s >= start) & (time_s <= end)]
        assert moments.size == seen.size
        assert np.all(np.diff(moments) >= 0)
        assert seen.size <= max(2 * pixels + 8, 520)
        if np.isfinite(inside).any():
            assert np.nanmax(seen) >= np.nanmax(inside)
            assert np.nanmin(seen) <= np.nanmin(inside)
    if count > 1000 and pixels == 800:
        assert np.isnan(seen_between(pyramid, count, pixels)).any()  # the gap


def seen_between(pyramid: Pyramid, count: int, pixels: int) -> np.ndarray:
    return pyramid.visible(0.0, count * 60.0, pixels)[1]


def test_few_points_in_sight_are_drawn_as_they_are() -> None:
    value = np.arange(100_000, dtype=np.float64)
    time_s: Floats = np.asarray(value * 60, dtype=np.float64)
    moments, seen = Pyramid(time_s, value).visible(6000.0, 12_000.0, 800)
    assert moments[0] == 5940.0
    assert seen.tolist() == list(range(99, 202))


@pytest.mark.parametrize("count", [LONG, LONG + 1, LONG + 2, LONG + 3, 100_003])
@pytest.mark.parametrize("back", range(1, 9))
def test_a_peak_at_the_end_is_kept_also_where_the_end_of_what_is_in_sight_is_inside(
    count: int, back: int
) -> None:
    time_s = np.arange(count, dtype=np.float64) * 60
    value = np.zeros(count)
    value[-back] = 1
    pyramid = Pyramid(time_s, value)
    for pixels in (1, 7, 800):
        for end_s in (time_s[-1], time_s[-back]):
            assert pyramid.visible(0.0, float(end_s), pixels)[1].max() == 1
