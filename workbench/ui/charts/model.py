"""The values of charts: what is drawn, in which unit, in which colours. No Qt, no numpy of its own."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from workbench.ui.charts.points import Pyramid

type Floats = npt.NDArray[np.float64]


class Unit(Enum):
    """What the numbers are; decides the axis and how a value is written."""

    COUNT = "count"
    """Events in a period: bars from zero, whole numbers."""
    LEVEL = "level"
    """A whole number of things at once: a line from zero."""
    MILLISECONDS = "ms"
    PERCENT = "%"
    VALUE = "value"
    """Anything else: a line, of fractions and numbers below zero too."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line (or row of bars) of a chart.

    Attributes:
        label: What the legend calls it; empty for the only curve of a chart.
        time_s: Begin of each period, seconds since 1970, rising; shape (n,).
        value: Values, NaN where there is none; shape (n,).
        summary: What the legend says when the crosshair is away ("1,204").
        figure: Which figure that is ("Sum of the range").
        color: Index into the theme's series colours.
        is_previous: Whether it is of an earlier time, laid over this one to be compared: drawn dashed.
        pyramid: Of a curve of very many points, made on a worker thread; else the drawing makes it.
    """

    label: str
    time_s: Floats
    value: Floats
    summary: str = ""
    color: int = 0
    is_previous: bool = False
    pyramid: "Pyramid | None" = None
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that the curves cannot go over: a level line, in sight once they come near it."""

    label: str
    value: float


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
    if not math.isfinite(value):
        return "–"
    if unit is Unit.VALUE and abs(value) < 1000:
        return f"{value:.4g}"
    text = f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.1f}"
    return f"{text} %" if unit is Unit.PERCENT else text
