"""Stretches of time that a series is known of: how far one can be trusted, and what two make together. Pure.

Must not know: how they are kept (store.py) or asked for (query.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.metrics.model import Series, Window

SETTLING_S = 15 * 60
"""CloudWatch may still change points as young as this: a refresh asks for them again."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A series that was read, and up to where it will stay as it is.

    Attributes:
        series: As read.
        settled_s: Begin of the first period that may still change; at most the window's end.
    """

    series: Series
    settled_s: int

    @property
    def window(self) -> Window:
        """When."""
        return self.series.window


def settled_s(window: Window, now_s: float | None = None) -> int:
    """Up to where what is read now of a window will stay as it is.

    Args:
        window: What is read.
        now_s: The present by CloudWatch's clock; None when the window ends at it.
    """
    old_s = (window.end_s if now_s is None else now_s) - SETTLING_S
    return min(window.end_s, max(window.start_s, int(old_s // window.period_s) * window.period_s))


def reaching_back(stretches: Iterable[Stretch], window: Window) -> Stretch | None:
    """Of those of the window's period the one that knows its begin, and the most that follows."""
    fitting = [each for each in stretches if each.window.start_s <= window.start_s < each.settled_s]
    return max(fitting, key=lambda each: each.settled_s, default=None)


def latest_in(stretches: Iterable[Stretch], window: Window) -> Stretch | None:
    """The latest of those that reach into a window."""
    fitting = [
        each
        for each in stretches
        if each.window.end_s > window.start_s and each.window.start_s < window.end_s
    ]
    return max(fitting, key=lambda each: each.window.end_s, default=None)


def joined(old: Stretch, tail: Series | None, window: Window) -> Series:
    """A window of what was known, and of what was read from where that was not settled (None: all was)."""
    series = old.series.placed(window)
    if tail is None:
        return series
    series.value[window.points - tail.window.points :] = tail.value
    return Series(series.spec, window, series.time_s, series.value, tail.problem)


def merged(new: Stretch, olds: Iterable[Stretch]) -> tuple[Stretch, list[Stretch]]:
    """A stretch with those that it continues, or is a part of; and those, which it stands for from now on.

    Only settled parts are put together: between two that do not touch there would be points that nobody asks
    for again. It does not grow without end: at most as long as the longest was, or twice as long as the new.
    """
    taken: list[Stretch] = []
    most = 2 * new.window.points
    found = new
    for old in sorted(olds, key=lambda each: each.window.start_s):
        within = found.window.start_s <= old.window.start_s and old.window.end_s <= found.window.end_s
        touching = found.window.start_s <= old.settled_s and old.window.start_s <= found.settled_s
        if touching and not within:
            found = _over(found, old)
        if touching or within:
            taken.append(old)
            most = max(most, old.window.points)
    if found.window.points > most:
        window = found.window
        start_s = window.end_s - most * window.period_s
        shorter = Window(start_s, window.end_s, window.period_s)
        found = Stretch(found.series.placed(shorter), max(start_s, found.settled_s))
    return found, taken


def _over(new: Stretch, old: Stretch) -> Stretch:
    """The newer one laid over the older."""
    period_s = new.window.period_s
    start_s = min(new.window.start_s, old.window.start_s)
    window = Window(start_s, max(new.window.end_s, old.window.end_s), period_s)
    series = old.series.placed(window)
    first = (new.window.start_s - start_s) // period_s
    series.value[first : first + new.window.points] = new.series.value
    return Stretch(series, max(new.settled_s, old.settled_s))
