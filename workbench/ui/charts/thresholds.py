"""Values that charts mark with a level line and a band on its bad side, such as alarms. No Qt widgets."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.messages import _
from workbench.ui.charts import points
from workbench.ui.charts.model import Curve

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


def thresholds_near(
    thresholds: Sequence[Threshold], at: float, within: float, *, is_log: bool
) -> tuple[Threshold, ...]:
    """Those whose line is at most so far from a position on the axis."""
    return tuple(
        each for each in thresholds if abs(points.axis_position(each.value, is_log=is_log) - at) <= within
    )


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
