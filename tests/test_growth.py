"""The measure of growth tells linear work from quadratic work."""

from tests.growth import LINEAR, growth


def test_linear_work_is_told_from_quadratic_work() -> None:
    assert growth(lambda size: sum(range(size)), 500_000) < LINEAR
    assert growth(lambda size: [sum(range(size)) for _ in range(size)], 700) > LINEAR


def test_what_takes_no_time_does_not_grow() -> None:
    assert growth(lambda _size: None, 1) < LINEAR
