"""Compares a function before and after each of its changes.

Both sides are equally long and end at the next change or now. Each is one period of CloudWatch's: its
percentile is a real one, which no average of percentiles is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

import numpy as np

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics.changes import FunctionChange
from workbench.metrics.fleet import CostSetting, Usage, cost_of
from workbench.metrics.series import Series, Window, kept_period_s, named_specs, query

SIDE_METRICS = (
    ("Invocations", "Sum"),
    ("Errors", "Sum"),
    ("Throttles", "Sum"),
    ("Duration", "p95"),
    ("Duration", "Sum"),
)
"""The series of each side, in this order."""

SETTLING_S = 120
"""The last seconds are left out, because their metrics are incomplete."""
MIN_INVOCATIONS, MIN_INVOCATIONS_OF_P95 = 20, 100
"""With fewer invocations there is no verdict; of fewer than 100 at most five are beyond the p95."""
_SIGNIFICANT = 1.96  # standard errors: one in twenty such differences is chance
_NOISE = {"p95": 0.05, "cost": 0.01}  # a smaller relative difference counts as equal


class ComparedMeasure(Enum):
    """A measure that is compared."""

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
    """Two equally long time ranges, each of one period."""

    before: Window
    after: Window

    @property
    def span_s(self) -> int:
        return self.before.period_s


@dataclass(frozen=True, slots=True)
class RangeFigures:
    """The figures of one side; NaN if CloudWatch has no point, which is not zero."""

    invocations: float
    errors: float
    throttles: float
    p95_ms: float
    duration_ms: float

    @property
    def error_rate(self) -> float:
        """Percent; NaN without invocations, or if the number of errors is unknown."""
        if not self.invocations > 0 or math.isnan(self.errors):
            return math.nan
        return min(100.0, 100.0 * self.errors / self.invocations)

    def cost_usd(self, setting: CostSetting, span_s: int) -> float:
        """Cost of 1,000 invocations at list price; NaN without invocations."""
        if not self.invocations > 0 or math.isnan(self.duration_ms):
            return math.nan
        cost = cost_of(setting, Usage(self.invocations, self.duration_ms, span_s))
        return 1000.0 * cost.total_usd / self.invocations


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure on both sides."""

    measure: ComparedMeasure
    before: float
    after: float
    verdict: Verdict

    @property
    def difference(self) -> float:
        return self.after - self.before


def sides_of(changes: Sequence[FunctionChange], span_s: int, now: datetime) -> tuple[Sides | None, ...]:
    """The time ranges that are compared for each change; None if there is not enough time.

    The minutes in which a change was made belong to neither side. CloudWatch stores older points only in
    longer periods, on whose grid both sides are then aligned.

    Args:
        changes: All changes, oldest first.
    """
    last_s = now.timestamp() - SETTLING_S
    found: list[Sides | None] = []
    for index, change in enumerate(changes):
        oldest = change.when - timedelta(seconds=span_s)
        grid_s = kept_period_s((now - oldest).total_seconds())
        begin, resume = _down(change.when.timestamp(), grid_s), _up(change.end.timestamp(), grid_s)
        limits = [max(span_s, grid_s)]
        if index:
            limits.append(begin - _up(changes[index - 1].end.timestamp(), grid_s))
        following = changes[index + 1].when.timestamp() if index + 1 < len(changes) else math.inf
        limits.append(_down(min(following, last_s), grid_s) - resume)
        length = _down(min(limits), grid_s)
        if length < grid_s:
            found.append(None)
            continue
        before = Window(begin - length, begin, length)
        found.append(Sides(before, Window(resume, resume + length, length)))
    return tuple(found)


def figures_of(series: Sequence[Series]) -> RangeFigures:
    """The figures of one side, from the answer to SIDE_METRICS."""
    return RangeFigures(*(float(each.value[0]) if each.value.size else float(np.nan) for each in series))


def compare(
    before: RangeFigures, after: RangeFigures, settings: tuple[CostSetting, CostSetting], span_s: int
) -> tuple[Compared, ...]:
    """All measures on both sides.

    Args:
        settings: The configuration that determines the cost, before and after.
    """
    ran = min(before.invocations, after.invocations)
    costs = (before.cost_usd(settings[0], span_s), after.cost_usd(settings[1], span_s))
    return (
        Compared(ComparedMeasure.ERROR_RATE, before.error_rate, after.error_rate, _of_rates(before, after)),
        Compared(
            ComparedMeasure.P95,
            before.p95_ms,
            after.p95_ms,
            _of_levels(before.p95_ms, after.p95_ms, "p95", ran < MIN_INVOCATIONS_OF_P95),
        ),
        Compared(ComparedMeasure.COST, *costs, _of_levels(*costs, "cost", ran < MIN_INVOCATIONS)),
        Compared(
            ComparedMeasure.THROTTLES,
            before.throttles,
            after.throttles,
            _less(before.throttles, after.throttles),
        ),
        Compared(
            ComparedMeasure.INVOCATIONS,
            before.invocations,
            after.invocations,
            _count(before.invocations, after.invocations),
        ),
    )


def memories(changes: Sequence[FunctionChange], now_mb: int) -> tuple[tuple[int, int], ...]:
    """The memory before and after each change (oldest first), derived from the current memory backwards."""
    found: list[tuple[int, int]] = []
    for index in range(len(changes) - 1, -1, -1):
        before, after = changes[index].memory_mb
        after = after or now_mb
        earlier = changes[index - 1].memory_mb[1] if index else 0
        now_mb = before or earlier or after
        found.append((now_mb, after))
    return tuple(reversed(found))


def _of_rates(before: RangeFigures, after: RangeFigures) -> Verdict:
    """Whether errors became rarer, or chance may explain it.

    Compares two proportions by their standard error, with a continuity correction: one error more or less
    must not decide.
    """
    rates = (before.error_rate, after.error_rate)
    if any(map(math.isnan, rates)):
        return Verdict.NO_DATA
    if min(before.invocations, after.invocations) < MIN_INVOCATIONS:
        return Verdict.TOO_FEW
    if rates[0] == rates[1]:
        return Verdict.SAME
    pooled = min(1.0, (before.errors + after.errors) / (before.invocations + after.invocations))
    sizes = 1 / before.invocations + 1 / after.invocations
    error = math.sqrt(pooled * (1 - pooled) * sizes)
    if abs(rates[1] - rates[0]) / 100 - sizes / 2 < _SIGNIFICANT * error:
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


MAX_CHANGES = 50
"""Maximum of changes that are read, the newest; each takes two requests."""


@dataclass(frozen=True, slots=True)
class BeforeAfterAsk:
    """What to read.

    Attributes:
        qualifier: A version or alias; empty for the whole function.
        changes: Oldest first, including those outside `start` and `end`.
        start: Changes before this are not compared.
        end: Changes after this are not compared.
        span_s: Maximum length of each side.
    """

    function_name: str
    qualifier: str
    setting: CostSetting
    changes: tuple[FunctionChange, ...]
    start: datetime
    end: datetime
    span_s: int
    now: datetime


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """A change, and the function's figures before and after it.

    Attributes:
        sides: None if there was not enough time.
        compared: Each measure; empty without sides.
        problem: CloudWatch's message if figures may be incomplete; otherwise empty.
    """

    change: FunctionChange
    sides: Sides | None
    compared: tuple[Compared, ...] = ()
    problem: str = ""


def read_before_after(
    connection: Connection, ask: BeforeAfterAsk, ctx: JobContext
) -> tuple[BeforeAfter, ...]:
    """Reads both sides of each change, newest change first. Raises WorkbenchError, Cancelled."""
    sides = sides_of(ask.changes, ask.span_s, ask.now)
    memory_mb = memories(ask.changes, ask.setting.memory_mb)
    wanted = [index for index, each in enumerate(ask.changes) if ask.start <= each.when <= ask.end]
    wanted = wanted[: -MAX_CHANGES - 1 : -1]
    windows = dict.fromkeys(
        window for index in wanted if (each := sides[index]) for window in (each.before, each.after)
    )
    specs = named_specs(SIDE_METRICS, ask.function_name, ask.qualifier)
    read: dict[Window, Sequence[Series]] = {}
    for number, window in enumerate(windows):
        ctx.progress(number, len(windows))
        read[window] = query(connection, specs, window, ctx.muted())
    found = []
    for index in wanted:
        each = sides[index]
        if each is None:
            found.append(BeforeAfter(ask.changes[index], None))
            continue
        before, after = read[each.before], read[each.after]
        old_mb, new_mb = memory_mb[index]
        settings = (replace(ask.setting, memory_mb=old_mb), replace(ask.setting, memory_mb=new_mb))
        compared = compare(figures_of(before), figures_of(after), settings, each.span_s)
        problem = next((one.problem for one in (*before, *after) if one.problem), "")
        found.append(BeforeAfter(ask.changes[index], each, compared, problem))
    return tuple(found)
