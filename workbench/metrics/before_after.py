"""How a function did before and after each change: from when to when, and what the figures mean. Pure.

Both sides are equally long, and end where another change or the present comes. Each is one period of
CloudWatch's: a percentile of it is a real one, which no average of percentiles is. Must not know: asking.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import numpy as np

from workbench.metrics.changes import Change
from workbench.metrics.cost import Setting, Use, cost_of
from workbench.metrics.model import Series, Window, kept_period_s

SIDE_METRICS = (
    ("Invocations", "Sum"),
    ("Errors", "Sum"),
    ("Throttles", "Sum"),
    ("Duration", "p95"),
    ("Duration", "Sum"),
)
"""What is read of each side, in this order."""

SETTLING_S = 120
"""The last minutes are left out: CloudWatch has not heard of all that ran."""
FEWEST, FEWEST_OF_P95 = 20, 100
"""Of fewer invocations nothing is said; of fewer than 100 no more than five lie beyond the p95."""
_CLEAR = 1.96  # so many standard errors apart, one in twenty differences is chance
_NOISE = {"p95": 0.05, "cost": 0.01}  # what differs less, as a share, is called the same


class Measure(Enum):
    """What is compared."""

    ERROR_RATE = "error rate"
    """Percent of the invocations."""
    P95 = "p95"
    """Milliseconds."""
    COST = "cost"
    """US dollars for 1,000 invocations."""
    THROTTLES = "throttles"
    INVOCATIONS = "invocations"


class Verdict(Enum):
    """What a difference means."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "the same"
    MORE = "more"
    FEWER = "fewer"
    NO_DATA = "no data"
    TOO_FEW = "too few invocations to tell"


@dataclass(frozen=True, slots=True)
class Sides:
    """Two stretches of time, equally long, each of one period."""

    before: Window
    after: Window

    @property
    def span_s(self) -> int:
        return self.before.period_s


@dataclass(frozen=True, slots=True)
class Figures:
    """What was read of one side; NaN is what CloudWatch has not, which is no zero."""

    invocations: float
    errors: float
    throttles: float
    p95_ms: float
    duration_ms: float

    @property
    def error_rate(self) -> float:
        """Percent; NaN when nothing ran, or errors are not known."""
        if not self.invocations > 0 or math.isnan(self.errors):
            return math.nan
        return min(100.0, 100.0 * self.errors / self.invocations)

    def cost_usd(self, setting: Setting, span_s: int) -> float:
        """Of 1,000 invocations, at list price; NaN when nothing ran."""
        if not self.invocations > 0 or math.isnan(self.duration_ms):
            return math.nan
        cost = cost_of(setting, Use(self.invocations, self.duration_ms, span_s))
        return 1000.0 * cost.total_usd / self.invocations


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure on both sides."""

    measure: Measure
    before: float
    after: float
    verdict: Verdict

    @property
    def difference(self) -> float:
        return self.after - self.before


def sides_of(changes: Sequence[Change], span_s: int, now: datetime) -> tuple[Sides | None, ...]:
    """From when to when each change is compared; None where there is no room.

    The minutes in which a change was made count for neither side. What is older is kept by CloudWatch in
    longer periods only: there, both sides lie on their grid.

    Args:
        changes: All of them, oldest first, those beside the ones that are wanted too.
        span_s: How long a side is at most.
        now: The present.
    """
    last_s = now.timestamp() - SETTLING_S
    found: list[Sides | None] = []
    for place, change in enumerate(changes):
        oldest = change.when - timedelta(seconds=span_s)
        grid_s = kept_period_s((now - oldest).total_seconds())
        begin, resume = _down(change.when.timestamp(), grid_s), _up(change.end.timestamp(), grid_s)
        room = [max(span_s, grid_s)]
        if place:
            room.append(begin - _up(changes[place - 1].end.timestamp(), grid_s))
        following = changes[place + 1].when.timestamp() if place + 1 < len(changes) else math.inf
        room.append(_down(min(following, last_s), grid_s) - resume)
        length = _down(min(room), grid_s)
        if length < grid_s:
            found.append(None)
            continue
        before = Window(begin - length, begin, length)
        found.append(Sides(before, Window(resume, resume + length, length)))
    return tuple(found)


def figures_of(series: Sequence[Series]) -> Figures:
    """The figures of one side, from the answer to SIDE_METRICS."""
    return Figures(*(float(each.value[0]) if each.value.size else float(np.nan) for each in series))


def compare(
    before: Figures, after: Figures, settings: tuple[Setting, Setting], span_s: int
) -> tuple[Compared, ...]:
    """All measures on both sides.

    Args:
        before: What was read before the change.
        after: And afterwards.
        settings: What the function costs before and after.
        span_s: How long each side is.
    """
    ran = min(before.invocations, after.invocations)
    costs = (before.cost_usd(settings[0], span_s), after.cost_usd(settings[1], span_s))
    return (
        Compared(Measure.ERROR_RATE, before.error_rate, after.error_rate, _of_rates(before, after)),
        Compared(
            Measure.P95,
            before.p95_ms,
            after.p95_ms,
            _of_levels(before.p95_ms, after.p95_ms, "p95", ran < FEWEST_OF_P95),
        ),
        Compared(Measure.COST, *costs, _of_levels(*costs, "cost", ran < FEWEST)),
        Compared(
            Measure.THROTTLES, before.throttles, after.throttles, _less(before.throttles, after.throttles)
        ),
        Compared(
            Measure.INVOCATIONS,
            before.invocations,
            after.invocations,
            _count(before.invocations, after.invocations),
        ),
    )


def memories(changes: Sequence[Change], now_mb: int) -> tuple[tuple[int, int], ...]:
    """The memory of the function before and after each change, as far as changes tell; from today backwards.

    Args:
        changes: Oldest first.
        now_mb: As the function is configured now.
    """
    found: list[tuple[int, int]] = []
    for place in range(len(changes) - 1, -1, -1):
        before, after = changes[place].memory_mb
        after = after or now_mb
        earlier = changes[place - 1].memory_mb[1] if place else 0
        now_mb = before or earlier or after
        found.append((now_mb, after))
    return tuple(reversed(found))


def _of_rates(before: Figures, after: Figures) -> Verdict:
    """Whether failing became rarer, or chance may have done it.

    Two proportions by their standard error, corrected for whole numbers: one error more or less must
    not decide.
    """
    rates = (before.error_rate, after.error_rate)
    if any(map(math.isnan, rates)):
        return Verdict.NO_DATA
    if min(before.invocations, after.invocations) < FEWEST:
        return Verdict.TOO_FEW
    if rates[0] == rates[1]:
        return Verdict.SAME
    pooled = min(1.0, (before.errors + after.errors) / (before.invocations + after.invocations))
    sizes = 1 / before.invocations + 1 / after.invocations
    error = math.sqrt(pooled * (1 - pooled) * sizes)
    if abs(rates[1] - rates[0]) / 100 - sizes / 2 < _CLEAR * error:
        return Verdict.TOO_FEW
    return _less(*rates)


def _of_levels(before: float, after: float, name: str, few: bool) -> Verdict:
    if math.isnan(before) or math.isnan(after):
        return Verdict.NO_DATA
    if few:
        return Verdict.TOO_FEW
    if abs(after - before) <= _NOISE[name] * before:
        return Verdict.SAME
    return _less(before, after)


def _less(before: float, after: float) -> Verdict:
    """Less is better."""
    if math.isnan(before) or math.isnan(after):
        return Verdict.NO_DATA
    if before == after:
        return Verdict.SAME
    return Verdict.BETTER if after < before else Verdict.WORSE


def _count(before: float, after: float) -> Verdict:
    """More or fewer is neither good nor bad."""
    verdict = _less(before, after)
    return {Verdict.BETTER: Verdict.FEWER, Verdict.WORSE: Verdict.MORE}.get(verdict, verdict)


def _down(value: float, step_s: int) -> int:
    return math.floor(value / step_s) * step_s


def _up(value: float, step_s: int) -> int:
    return math.ceil(value / step_s) * step_s
