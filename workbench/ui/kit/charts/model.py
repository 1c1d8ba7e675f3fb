"""What charts draw: curves, markers, levels, units and colours. No Qt, no numpy of its own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from workbench.core.messages import _

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from workbench.ui.kit.charts.points import Pyramid
    from workbench.ui.theme import Colors

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


def chart_theme(colors: "Colors") -> ChartTheme:
    """The program's colours as the charts want them."""
    return ChartTheme(colors.base, colors.text, colors.muted, colors.border, colors.danger, colors.series)


def write_value(value: float, unit: Unit) -> str:
    """A value for people: "1,204", "12.3", "99.5 %"; a dash for none. Of the units only "%" is said."""
    if not math.isfinite(value):
        return "–"
    if unit is Unit.VALUE and abs(value) < 1000:
        return f"{value:.4g}"
    text = f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.1f}"
    return f"{text} %" if unit is Unit.PERCENT else text


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment.

    Attributes:
        time_s: Seconds since 1970.
        label: What it is, in a word or two: for the legend.
        text: All of it, in lines: the tool tip.
        is_warning: Whether something went wrong then.
    """

    time_s: float
    label: str
    text: str
    is_warning: bool = False


def markers_near(markers: Sequence[Marker], time_s: float, within_s: float) -> tuple[Marker, ...]:
    """The markers at most so far from a moment, in their order."""
    return tuple(marker for marker in markers if abs(marker.time_s - time_s) <= within_s)


def markers_at(
    markers: Sequence[Marker], curves: Sequence[Curve], at: float, end_s: float
) -> tuple[Marker, ...]:
    """The markers of the period of curves that begins at a moment; the last one reaches to `end_s`."""
    moments = max((curve.time_s for curve in curves), key=len)
    after = int(moments.searchsorted(at, side="right"))
    return markers_from(markers, at, float(moments[after]) if after < len(moments) else end_s)


def markers_from(markers: Sequence[Marker], start_s: float, end_s: float) -> tuple[Marker, ...]:
    """The markers of a period, its end left out."""
    return tuple(marker for marker in markers if start_s <= marker.time_s < end_s)


BAD_SIGN, SIGN = "▲", "△"
"""Before the words of one that was crossed, and of one that was not: distinguishable without colours."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value that should not be crossed.

    Attributes:
        value: Of the axis.
        label: What it is and how it stands, in few words: at the line and in the legend.
        text: All of it, in lines: the tool tip.
        is_above: Whether the bad side is above the line.
        is_bad: Whether it counts as crossed now.
        period_s: Of what is compared; 0 when it does not matter.
    """

    value: float
    label: str
    text: str
    is_above: bool = True
    is_bad: bool = False
    period_s: int = 0

    @property
    def signed_label(self) -> str:
        """The label with its sign."""
        return f"{BAD_SIGN if self.is_bad else SIGN} {self.label}"


def tip_of(threshold: Threshold, curves: Sequence[Curve]) -> str:
    """All that is to be said of one, also that the points which are shown are of other periods."""
    step_s = min((_step_s(curve) for curve in curves if curve.time_s.size > 1), default=0)
    if not threshold.period_s or step_s in (0, threshold.period_s):
        return threshold.text
    words = _("The chart shows periods of {step_s} s. The alarm evaluates periods of {period_s} s.").format(
        step_s=f"{step_s:,}", period_s=f"{threshold.period_s:,}"
    )
    return f"{threshold.text}\n{words}"


def _step_s(curve: Curve) -> int:
    return round(float(curve.time_s[1] - curve.time_s[0]))
