"""What the points of curves say: the nearest one, the highest, whether there is any. No Qt."""

import math
from collections.abc import Iterator

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
