"""The data of charts: curves, markers, levels, units and colours. Neither Qt nor numpy."""

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

type Floats = npt.NDArray[np.float64]


class Unit(Enum):
    """The unit of values, which determines the axis and the format."""

    COUNT = "count"
    """Events in a period: bars from zero, whole numbers."""
    LEVEL = "level"
    """A number of concurrent things: a line from zero."""
    MILLISECONDS = "ms"
    PERCENT = "%"
    VALUE = "value"
    """Anything else: a line, including fractions and negative numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line (or row of bars) of a chart.

    Attributes:
        label: Label in the legend; empty for the only curve of a chart.
        time_s: Start of each period, seconds since 1970, ascending; shape (n,).
        value: Values, NaN for none; shape (n,).
        summary: The legend's text without a crosshair ("1,204").
        figure: The name of that figure ("Sum of the range").
        color: Index into the theme's series colours.
        is_previous: Whether it is of an earlier time, shown for comparison: drawn dashed.
        pyramid: For a curve of very many points, created on a worker thread; otherwise the drawing creates
            it.
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
    """A value that the curves cannot exceed: a horizontal line, visible once they come near it."""

    label: str
    value: float


def write_value(value: float, unit: Unit) -> str:
    """A value for users: "1,204", "12.3", "99.5 %"; a dash for none. Of the units only "%" is shown."""
    if not math.isfinite(value):
        return "–"
    if unit is Unit.VALUE and abs(value) < 1000:
        return f"{value:.4g}"
    text = f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.1f}"
    return f"{text} %" if unit is Unit.PERCENT else text


@dataclass(frozen=True, slots=True)
class Marker:
    """A marked time.

    Attributes:
        time_s: Seconds since 1970.
        label: A word or two, for the legend.
        text: The whole text, in lines: the tool tip.
        is_warning: Whether something failed then.
    """

    time_s: float
    label: str
    text: str
    is_warning: bool = False


def markers_near(markers: Sequence[Marker], time_s: float, within_s: float) -> tuple[Marker, ...]:
    """The markers within this distance of a time, in order."""
    return tuple(marker for marker in markers if abs(marker.time_s - time_s) <= within_s)


def markers_at(
    markers: Sequence[Marker], curves: Sequence[Curve], at: float, end_s: float
) -> tuple[Marker, ...]:
    """The markers of the period of curves that starts at a time; the last one extends to `end_s`."""
    moments = max((curve.time_s for curve in curves), key=len)
    after = int(moments.searchsorted(at, side="right"))
    return markers_from(markers, at, float(moments[after]) if after < len(moments) else end_s)


def markers_from(markers: Sequence[Marker], start_s: float, end_s: float) -> tuple[Marker, ...]:
    """The markers of a period, exclusive of its end."""
    return tuple(marker for marker in markers if start_s <= marker.time_s < end_s)


BAD_SIGN, SIGN = "▲", "△"
"""Before the label of a crossed threshold, and of one that is not: distinguishable without colours."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value that should not be crossed.

    Attributes:
        value: Value on the axis.
        label: A short text on its state, at the line and in the legend.
        text: The whole text, in lines: the tool tip.
        is_above: Whether the bad side is above the line.
        is_bad: Whether it counts as crossed.
        period_s: Period of the values that are compared; 0 if it does not matter.
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
    """The tool tip of a threshold, which also says if the visible points are of other periods."""
    step_s = min((_step_s(curve) for curve in curves if curve.time_s.size > 1), default=0)
    if not threshold.period_s or step_s in (0, threshold.period_s):
        return threshold.text
    words = _("The chart shows periods of {step_s} s. The alarm evaluates periods of {period_s} s.").format(
        step_s=f"{step_s:,}", period_s=f"{threshold.period_s:,}"
    )
    return f"{threshold.text}\n{words}"


def _step_s(curve: Curve) -> int:
    return round(float(curve.time_s[1] - curve.time_s[0]))
