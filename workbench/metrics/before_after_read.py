"""Reading how a function did around its changes: each side in one call, each side that two share once.

Must not know: what the figures mean (before_after.py), widgets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.metrics.before_after import (
    SIDE_METRICS,
    Compared,
    Sides,
    compare,
    figures_of,
    memories,
    sides_of,
)
from workbench.metrics.changes import Change
from workbench.metrics.cost import Setting
from workbench.metrics.lambda_metrics import named_specs
from workbench.metrics.model import Series, Window
from workbench.metrics.query import query

MOST_CHANGES = 50
"""The newest; each takes two calls."""


@dataclass(frozen=True, slots=True)
class BeforeAfterAsk:
    """What to read.

    Attributes:
        function_name: The function.
        qualifier: A version or an alias; empty for the function as a whole.
        setting: What the function costs as it is configured now.
        changes: Oldest first, with those beside the ones that are wanted.
        start: Of the changes that are wanted.
        end: The same.
        span_s: How long each side is at most.
        now: The present.
    """

    function_name: str
    qualifier: str
    setting: Setting
    changes: tuple[Change, ...]
    start: datetime
    end: datetime
    span_s: int
    now: datetime


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """A change with what was before and after it.

    Attributes:
        change: The change.
        sides: From when to when; None where there was no room.
        compared: Each measure; nothing without sides.
        problem: CloudWatch's words when figures may be incomplete; empty when they are whole.
    """

    change: Change
    sides: Sides | None
    compared: tuple[Compared, ...] = ()
    problem: str = ""


def read_before_after(
    connection: Connection, ask: BeforeAfterAsk, ctx: JobContext
) -> tuple[BeforeAfter, ...]:
    """Reads both sides of each change, newest change first.

    Raises:
        WorkbenchError: As `query`.
        Cancelled: Between two calls.
    """
    sides = sides_of(ask.changes, ask.span_s, ask.now)
    memory_mb = memories(ask.changes, ask.setting.memory_mb)
    wanted = [place for place, each in enumerate(ask.changes) if ask.start <= each.when <= ask.end]
    wanted = wanted[: -MOST_CHANGES - 1 : -1]
    windows = dict.fromkeys(
        window for place in wanted if (each := sides[place]) for window in (each.before, each.after)
    )
    specs = named_specs(SIDE_METRICS, ask.function_name, ask.qualifier)
    read: dict[Window, Sequence[Series]] = {}
    for number, window in enumerate(windows):
        ctx.progress(number, len(windows))
        read[window] = query(connection, specs, window, ctx.muted())
    found = []
    for place in wanted:
        each = sides[place]
        if each is None:
            found.append(BeforeAfter(ask.changes[place], None))
            continue
        before, after = read[each.before], read[each.after]
        old_mb, new_mb = memory_mb[place]
        settings = (replace(ask.setting, memory_mb=old_mb), replace(ask.setting, memory_mb=new_mb))
        compared = compare(figures_of(before), figures_of(after), settings, each.span_s)
        problem = next((one.problem for one in (*before, *after) if one.problem), "")
        found.append(BeforeAfter(ask.changes[place], each, compared, problem))
    return tuple(found)
