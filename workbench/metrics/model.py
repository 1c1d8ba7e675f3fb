"""The values of this room: what is requested (MetricSpec, Window) and what is returned (Series).

Missing points and zeros are different things. CloudWatch stores no point for a period in which nothing was
reported: an idle function has no Invocations, not 0. A Series lies on the regular grid of its window; a
period without a point is NaN. `Series.filled` replaces NaN by zero, which is right for sums only.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One metric with one statistic.

    Attributes:
        metric_name: CloudWatch's name ("Invocations").
        stat: CloudWatch's statistic ("Sum", "Average", "Maximum", "p99").
        dimensions: (name, value) pairs; exactly these, as CloudWatch stores each set separately.
        namespace: CloudWatch's namespace.
    """

    metric_name: str
    stat: str
    dimensions: tuple[tuple[str, str], ...]
    namespace: str = "AWS/Lambda"


@dataclass(frozen=True, slots=True)
class Window:
    """A time range on the grid of a period.

    Attributes:
        start_s: First period's begin, seconds since 1970, a multiple of period_s.
        end_s: End of the last period, exclusive, a multiple of period_s.
        period_s: Length of a period.
    """

    start_s: int
    end_s: int
    period_s: int

    @property
    def points(self) -> int:
        """Periods in the window."""
        return (self.end_s - self.start_s) // self.period_s

    @property
    def time_s(self) -> Floats:
        """Begin of each period, seconds since 1970."""
        return np.arange(self.start_s, self.end_s, self.period_s, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The points of one MetricSpec.

    Attributes:
        spec: What was requested.
        window: The grid.
        time_s: Begin of each period, seconds since 1970; shape (window.points,).
        value: One value for each period, NaN where CloudWatch has none; same shape.
        problem: CloudWatch's message if the series may be incomplete; else empty.
    """

    spec: MetricSpec
    window: Window
    time_s: Floats
    value: Floats
    problem: str = ""

    @property
    def has_data(self) -> bool:
        """Whether any period has a point."""
        return not bool(np.isnan(self.value).all())

    def placed(self, window: Window) -> "Series":
        """The series on the grid of another window of the same period; NaN outside its own window."""
        first = (self.window.start_s - window.start_s) // window.period_s
        value = np.full(window.points, np.nan)
        here, there = max(0, first), min(window.points, first + self.value.size)
        if there > here:
            value[here:there] = self.value[here - first : there - first]
        return Series(self.spec, window, window.time_s, value, self.problem)

    def later(self, seconds: int) -> "Series":
        """The same values, shifted in time, to be compared with those of another time range."""
        start_s, end_s = self.window.start_s + seconds, self.window.end_s + seconds
        window = replace(self.window, start_s=start_s, end_s=end_s)
        return replace(self, window=window, time_s=self.time_s + seconds)

    def filled(self, value: float = 0.0) -> "Series":
        """The series with missing points replaced: right for sums, wrong for durations."""
        return replace(self, value=np.where(np.isnan(self.value), value, self.value))


def previous_window(window: Window) -> Window:
    """The preceding time range of the same length."""
    span_s = window.end_s - window.start_s
    return replace(window, start_s=window.start_s - span_s, end_s=window.start_s)


# Source: GetMetricData, "CloudWatch retains metric data as follows"
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
_DAY_S = 86_400
_RETENTION = ((15 * _DAY_S, 60), (63 * _DAY_S, 300), (455 * _DAY_S, 3600))
_LADDER_S = (60, 300, 900, 3600, 6 * 3600, _DAY_S)
MAX_SPAN_S = 455 * _DAY_S


def choose_window(start: datetime, end: datetime, pixels: int, now: datetime) -> Window:
    """Chooses the period for a time range on a screen.

    The shortest period that CloudWatch still stores for the oldest point and that has no more points than
    the screen has pixels. Begin and end are moved outwards to the grid of the period, which CloudWatch
    answers fastest. A begin before CloudWatch's retention (455 days) is moved to it.

    Args:
        start: Begin.
        end: End; at least one period is returned even if it is not after the begin.
        pixels: Width of the chart.
        now: The present, for the age of the begin.
    """
    oldest_s = now.timestamp() - MAX_SPAN_S
    start_s = max(start.timestamp(), oldest_s)
    end_s = max(end.timestamp(), start_s)
    age_s = now.timestamp() - start_s
    kept_s = kept_period_s(age_s)
    wanted_s = (end_s - start_s) / max(1, pixels)
    period_s = next((step for step in _LADDER_S if step >= kept_s and step >= wanted_s), _LADDER_S[-1])
    first_s = int(start_s // period_s) * period_s
    last_s = -int(-end_s // period_s) * period_s
    return Window(first_s, max(last_s, first_s + period_s), period_s)


def kept_period_s(age_s: float) -> int:
    """The shortest period in which CloudWatch still stores points of that age."""
    return next((period for age, period in _RETENTION if age_s < age), _RETENTION[-1][1])
