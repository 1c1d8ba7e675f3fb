"""The points of curves: nearest, highest, as text, and as few as a screen can show. No Qt."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from workbench.core.spreadsheet import csv_row
from workbench.ui.kit.charts.model import Curve, Floats, Marker, Threshold, Unit, write_value


def has_values(curves: tuple[Curve, ...]) -> bool:
    """Whether any point has a value."""
    return any(bool(np.isfinite(curve.value).any()) for curve in curves)


def nearest(curves: tuple[Curve, ...], time_s: float) -> float | None:
    """The time of the point nearest to a time, over all curves; None without any point."""
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
    """Start and end of the period that starts at a time; None if no curve determines its length."""
    moments = max((curve.time_s for curve in curves), key=len, default=None)
    if moments is None or len(moments) < 2:
        return None
    return time_s, time_s + float(moments[1] - moments[0])


def value_at(curve: Curve, time_s: float) -> float:
    """The curve's value at exactly this time; NaN if it has none there."""
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
    """The position of a value on the axis; on a logarithmic one, values up to zero are at the bottom."""
    if not is_log:
        return value
    return math.log10(value) if value > 0 else -math.inf


def thresholds_near(
    thresholds: Sequence[Threshold], at: float, within: float, *, is_log: bool
) -> tuple[Threshold, ...]:
    """The thresholds within this distance of a position on the axis."""
    return tuple(each for each in thresholds if abs(axis_position(each.value, is_log=is_log) - at) <= within)


def top_of(curves: tuple[Curve, ...], start_s: float, end_s: float) -> float:
    """The largest value between two times; 0 if there is none."""
    return max((float(seen.max()) for seen in _visible(curves, start_s, end_s)), default=0.0)


def lowest_of(curves: tuple[Curve, ...], start_s: float, end_s: float) -> float:
    """The smallest value between two times; 0 if there is none, or none below it."""
    return min([0.0, *(float(seen.min()) for seen in _visible(curves, start_s, end_s))])


def bottom_of(curves: tuple[Curve, ...], start_s: float, end_s: float) -> float:
    """The smallest positive value between two times; 1 if there is none."""
    positive = (seen[seen > 0] for seen in _visible(curves, start_s, end_s))
    return min((float(each.min()) for each in positive if each.size), default=1.0)


def _visible(curves: tuple[Curve, ...], start_s: float, end_s: float) -> Iterator[Floats]:
    """The values between two times and beside them, of each curve that has any there."""
    for curve in curves:
        first, last = np.searchsorted(curve.time_s, (start_s, end_s), side="left")
        seen = curve.value[max(0, first - 1) : last + 1]
        seen = seen[np.isfinite(seen)]
        if seen.size:
            yield seen


LONG = 4096
"""Number of points from which a pyramid is used; shorter curves are drawn directly."""

_FINEST = 4
_TOP = 256


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    size: int
    low: Floats
    high: Floats


class Pyramid:
    """The levels of a curve: the lowest and the highest point of each interval.

    Each level has half the resolution of the one below, so the visible part is a slice of one level. No peak
    is lost, and drawing takes the same time for a thousand points and for millions.

    Args:
        time_s: Ascending; shape (n,).
        value: Values, NaN for none; shape (n,). Takes 27 ns per point.
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
        """The points to draw between two times, and a little beside them.

        Args:
            pixels: Width of this interval on the screen.

        Returns:
            Times and values of a line, at most about two points per pixel.
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
        # Up, then down: from peak to peak and from bottom to bottom is half as much to paint.
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


def clock_time(time_s: float, start_s: float, end_s: float, *, is_utc: bool = False) -> str:
    """Local time or UTC; with the date if the time range is longer than a day."""
    moment = datetime.fromtimestamp(time_s, UTC)
    moment = moment if is_utc else moment.astimezone()
    return moment.strftime("%H:%M" if end_s - start_s <= 86_400 else "%m-%d %H:%M")


def table_text(
    curves: tuple[Curve, ...],
    markers: tuple[Marker, ...],
    unit: Unit,
    span: tuple[float, float],
    rows: int,
    *,
    is_utc: bool = False,
) -> str:
    """The newest points as lines of text, newest last, then the markers: for screen readers."""
    moments = max((curve.time_s for curve in curves), key=len)
    lines = []
    for moment in reversed(moments.tolist()):
        values = [value_at(curve, moment) for curve in curves]
        if np.isfinite(values).any():
            texts = ", ".join(
                f"{curve.label} {write_value(value, unit)}"
                for curve, value in zip(curves, values, strict=True)
            )
            lines.append(f"{clock_time(moment, *span, is_utc=is_utc)}: {texts}")
            if len(lines) == rows:
                break
    lines.reverse()
    seen = [marker for marker in markers if span[0] <= marker.time_s <= span[1]]
    for each in seen:
        lines.append(f"{clock_time(each.time_s, *span, is_utc=is_utc)}: {_marker_text(each)}")
    return "\n".join(lines)


def table_rows(
    curves: Sequence[tuple[Curve, Unit]], markers: Sequence[Marker] = (), *, is_utc: bool
) -> list[tuple[str, ...]]:
    """Rows of a table, newest first: the time and a value of each curve, with a dash for none.

    Times without any value are left out. Markers add a last column: the time and text of each, in the row of
    the period that it lies in, or else of the next one.
    """
    there = [curve.time_s[np.isfinite(curve.value)] for curve, _ in curves]
    moments = np.unique(np.concatenate(there)) if there else np.array([])
    if not moments.size:
        return []
    rows = [[_moment_text(moment, is_utc=is_utc)] for moment in moments[::-1].tolist()]
    for curve, unit in curves:
        known = dict(zip(curve.time_s.tolist(), curve.value.tolist(), strict=True))
        for row, moment in zip(rows, moments[::-1].tolist(), strict=True):
            row.append(write_value(known.get(moment, math.nan), unit))
    if markers:
        gap_s = float(np.diff(moments).min()) if moments.size > 1 else 60.0
        changes: list[list[str]] = [[] for _row in rows]
        for marker in markers:
            place = int(np.searchsorted(moments, marker.time_s, "right")) - 1
            if place < 0 or marker.time_s - moments[place] >= gap_s:
                place = min(place + 1, moments.size - 1)
            words = f"{_moment_text(marker.time_s, is_utc=is_utc)} {_marker_text(marker)}"
            changes[moments.size - 1 - place].append(words)
        for row, words_of_row in zip(rows, changes, strict=True):
            row.append("; ".join(words_of_row))
    return [tuple(row) for row in rows]


def _moment_text(moment_s: float, *, is_utc: bool) -> str:
    """A time in minutes; with its seconds if it lies between two of them, as a change does mostly."""
    when = datetime.fromtimestamp(moment_s, UTC)
    written = "%Y-%m-%d %H:%M" if not moment_s % 60 else "%Y-%m-%d %H:%M:%S"
    return (when if is_utc else when.astimezone()).strftime(written)


def csv_text(curves: tuple[Curve, ...], title: str) -> str:
    """All points as comma-separated values, times in UTC; missing values are empty."""
    lines = [csv_row(("time", *(curve.label or title for curve in curves)), "\n")]
    for moment in np.unique(np.concatenate([curve.time_s for curve in curves])).tolist():
        values = (value_at(curve, moment) for curve in curves)
        texts = (f"{value:.15g}" if np.isfinite(value) else "" for value in values)
        lines.append(csv_row((datetime.fromtimestamp(moment, UTC).isoformat(), *texts), "\n"))
    return "".join(lines)


def _marker_text(marker: Marker) -> str:
    """The text of a marker in one line."""
    return " · ".join([marker.label, *marker.text.splitlines()[1:]])
