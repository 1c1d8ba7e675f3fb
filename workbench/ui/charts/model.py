"""The values of charts: what is drawn, in which unit, in which colours. No Qt."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Unit(Enum):
    """What the numbers are; decides the axis and how a value is written."""

    COUNT = "count"
    """Events in a period: bars from zero, whole numbers."""
    LEVEL = "level"
    """A whole number of things at once: a line from zero."""
    MILLISECONDS = "ms"
    PERCENT = "%"


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line (or row of bars) of a chart.

    Attributes:
        label: What the legend calls it; empty for the only curve of a chart.
        time_s: Begin of each period, seconds since 1970, rising; shape (n,).
        value: Values, NaN where there is none; shape (n,).
        summary: What the legend says when the crosshair is away ("total 1,204").
        color: Index into the theme's series colours.
    """

    label: str
    time_s: Floats
    value: Floats
    summary: str = ""
    color: int = 0


@dataclass(frozen=True, slots=True)
class ChartTheme:
    """Colours as #rrggbb. The series' colours can be told apart by colour-blind people."""

    background: str
    foreground: str
    muted: str
    grid: str
    danger: str
    series: tuple[str, ...]


def write_value(value: float, unit: Unit) -> str:
    """A value for people: "1,204", "12.3", "99.5 %"; a dash for none. Of the units only "%" is said."""
    if not np.isfinite(value):
        return "–"
    text = f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.1f}"
    return f"{text} %" if unit is Unit.PERCENT else text


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


def top_of(curves: tuple[Curve, ...], start_s: float, end_s: float) -> float:
    """The largest value between two moments; 0 when there is none."""
    top = 0.0
    for curve in curves:
        first, last = np.searchsorted(curve.time_s, (start_s, end_s), side="left")
        seen = curve.value[max(0, first - 1) : last + 1]
        seen = seen[np.isfinite(seen)]
        if seen.size:
            top = max(top, float(seen.max()))
    return top
