"""Moments that charts mark with an upright line, such as deploys. No Qt."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.ui.charts.model import Curve


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
