"""Where a dragged line may be let go. No Qt."""

import math

_PARTS = 100  # of the axis: no finer is a line dragged


def rounded(value: float, top: float, *, is_whole: bool) -> float:
    """A value, as fine as a line can be dragged on an axis up to `top`; things that are counted are whole."""
    step = 10.0 ** math.floor(math.log10(max(top, 1e-3) / _PARTS))
    if is_whole:
        step = max(1.0, step)
    return round(value / step) * step
