"""Areas of a treemap: as large as what they stand for, side by side, nearly square."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF

from workbench.ui.features.dependencies.panel import squarify

PLACE = QRectF(3, 5, 400, 200)


@given(st.lists(st.floats(0.01, 1e9), min_size=1, max_size=60))
def test_areas_are_in_proportion_and_fill_the_place(sizes: list[float]) -> None:
    sizes.sort(reverse=True)
    places = squarify(sizes, PLACE)
    total = sum(sizes)
    assert len(places) == len(sizes)
    for size, place in zip(sizes, places, strict=True):
        assert place.width() * place.height() == pytest.approx(80_000 * size / total, rel=1e-3, abs=0.5)
        assert PLACE.adjusted(-0.01, -0.01, 0.01, 0.01).contains(place)


def test_areas_do_not_overlap() -> None:
    places = squarify([30.0, 20.0, 10.0, 5.0, 5.0, 1.0], PLACE)
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            shared = one.intersected(other)
            assert shared.width() * shared.height() < 0.01


def test_equal_parts_are_nearly_square() -> None:
    for place in squarify([1.0] * 8, PLACE):
        assert 0.4 < place.width() / place.height() < 2.6


@pytest.mark.parametrize("sizes", [[], [0.0], [0.0, 0.0]])
def test_nothing_takes_no_room(sizes: list[float]) -> None:
    assert all(place.width() == 0 for place in squarify(sizes, PLACE))
    assert len(squarify([1.0], QRectF())) == 1
