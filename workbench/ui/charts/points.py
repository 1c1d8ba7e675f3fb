"""The points of curves: the nearest, the highest, and of long curves as few as a screen can show. No Qt."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.ui.charts.model import Curve, Floats


def has_values(curves: tuple[Curve, ...]) -> bool:
    """Whether any point has a value."""
    return any(bool(np.isfinite(curve.value).any()) for curve in curves)


def nearest(curves: tuple[Curve, ...], time_s: float) -> float | None:
    """The point of time nearest to a moment, over all curves; None without any point."""
    best: float | None = None
    for curve in curves:
        if not curve.time_s.size:
            continue
        after = int(np.searchsorted(curve.time_s, time_s))
        for index in (after - 1, after):
            if 0 <= index < curve.time_s.size:
                moment = float(curve.time_s[index])
                if best is None or abs(moment - time_s) < abs(best - time_s):
                    best = moment
    return best


def period_at(curves: tuple[Curve, ...], time_s: float) -> tuple[float, float] | None:
    """Begin and end of the period that begins at a point of time; None where no curve says how long it is."""
    moments = max((curve.time_s for curve in curves), key=len, default=None)
    if moments is None or len(moments) < 2:
        return None
    return time_s, time_s + float(moments[1] - moments[0])


def value_at(curve: Curve, time_s: float) -> float:
    """The curve's value at exactly this point of time; NaN when it has none there."""
    index = int(np.searchsorted(curve.time_s, time_s))
    if index < curve.time_s.size and curve.time_s[index] == time_s:
        return float(curve.value[index])
    return float("nan")


def isolated(value: Floats) -> npt.NDArray[np.bool_]:
    """Points without a neighbour: a line through them has no length, so they need a dot."""
    there = np.isfinite(value)
    before = np.concatenate(([False], there[:-1]))
    after = np.concatenate((there[1:], [False]))
    return there & ~before & ~after


def axis_position(value: float, *, is_log: bool) -> float:
    """Where a value lies on the axis; what is not over zero lies at the foot of a logarithmic one."""
    if not is_log:
        return value
    return math.log10(value) if value > 0 else -math.inf


def top_of(curves: tuple[Curve, ...], start_s: float, end_s: float) -> float:
    """The largest value between two moments; 0 when there is none."""
    return max((float(seen.max()) for seen in _visible(curves, start_s, end_s)), default=0.0)


def lowest_of(curves: tuple[Curve, ...], start_s: float, end_s: float) -> float:
    """The smallest value between two moments; 0 when there is none, or none below it."""
    return min([0.0, *(float(seen.min()) for seen in _visible(curves, start_s, end_s))])


def bottom_of(curves: tuple[Curve, ...], start_s: float, end_s: float) -> float:
    """The smallest value over zero between two moments; 1 when there is none."""
    positive = (seen[seen > 0] for seen in _visible(curves, start_s, end_s))
    return min((float(each.min()) for each in positive if each.size), default=1.0)


def _visible(curves: tuple[Curve, ...], start_s: float, end_s: float) -> Iterator[Floats]:
    """The values between two moments and beside them, of each curve that has any there."""
    for curve in curves:
        first, last = np.searchsorted(curve.time_s, (start_s, end_s), side="left")
        seen = curve.value[max(0, first - 1) : last + 1]
        seen = seen[np.isfinite(seen)]
        if seen.size:
            yield seen


LONG = 4096
"""Points from which on a curve is drawn so: shorter ones are drawn as they are."""

_FINEST = 4
_TOP = 256


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    size: int
    low: Floats
    high: Floats


class Pyramid:
    """The levels of one curve: of each interval the lowest and the highest point.

    Each level is half as fine as the one below; what is visible is then a slice of one level. No peak is
    lost, and drawing takes the same time for a thousand points and for millions.

    Args:
        time_s: Rising; shape (n,).
        value: Values, NaN where there is none; shape (n,). Takes 27 ns a point.
    """

    def __init__(self, time_s: Floats, value: Floats) -> None:
        self._time_s, self._value = time_s, value
        self._levels: list[_Level] = []
        low = high = value
        size = 1
        while low.size > _TOP:
            step = _FINEST if size == 1 else 2
            size *= step
            low, high = _reduced(low, step, np.fmin), _reduced(high, step, np.fmax)
            self._levels.append(_Level(size, low, high))

    def visible(self, start_s: float, end_s: float, pixels: int) -> tuple[Floats, Floats]:
        """What to draw between two moments, and a little beside them.

        Args:
            start_s: Begin.
            end_s: End.
            pixels: Of the screen that this interval takes.

        Returns:
            Times and values of a line, at most about two points for each pixel.
        """
        first = max(0, int(np.searchsorted(self._time_s, start_s)) - 1)
        last = min(self._time_s.size, int(np.searchsorted(self._time_s, end_s, side="right")) + 1)
        wanted = (last - first) / max(1, pixels)
        if wanted <= 2 or not self._levels:
            return self._time_s[first:last], self._value[first:last]
        level = next((each for each in self._levels if each.size >= wanted), self._levels[-1])
        block, end = first // level.size, -(-last // level.size)
        low, high = level.low[block:end], level.high[block:end]
        value = np.empty((low.size, 2))
        # Up, then down: from peak to peak and from foot to foot is half as much to paint.
        value[0::2, 0], value[0::2, 1] = low[0::2], high[0::2]
        value[1::2, 0], value[1::2, 1] = high[1::2], low[1::2]
        moments = self._time_s[block * level.size : end * level.size : level.size]
        return np.repeat(moments, 2), value.ravel()


def _reduced(value: Floats, step: int, reduce: np.ufunc) -> Floats:
    """One of each `step` values; the last of fewer."""
    whole = value.size // step * step
    found = value[0:whole:step]
    for place in range(1, step):
        found = reduce(found, value[place:whole:step])
    rest = value[whole:]
    return np.append(found, reduce.reduce(rest)) if rest.size else found
