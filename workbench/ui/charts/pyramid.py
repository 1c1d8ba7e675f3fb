"""Long curves in as few points as a screen can show: the lowest and the highest of each interval.

A pyramid of such intervals, each level half as fine as the one below, is worked out once; what is in sight is
then a slice of one level. No peak is lost, and drawing takes the same time for a thousand points and for
millions. No Qt.
"""

from dataclasses import dataclass

import numpy as np

from workbench.ui.charts.model import Floats

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
    """The levels of one curve.

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
