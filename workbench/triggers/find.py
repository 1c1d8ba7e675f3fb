"""All triggers of a function: over the unqualified function, every alias and every version, each once.

Owns: who is asked, in which order, and what becomes of what cannot be read. Must not know: any one service;
the sources look at their own.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.caching_connection import CachingConnection
from workbench.aws.connection import Connection
from workbench.aws.permissions import is_missing
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.functions.model import FunctionDetail
from workbench.triggers.async_settings import AsyncSettings
from workbench.triggers.ends import source_gone
from workbench.triggers.function_side import FunctionReading, FunctionSide, TriggerProblem
from workbench.triggers.leftovers import hints_of, leftovers, orphaned
from workbench.triggers.model import FunctionSeen, Link, SourceKind, Trigger
from workbench.triggers.rules import RULES, Authority, Model
from workbench.triggers.sources.source import Source
from workbench.triggers.sources.table import SOURCES

_THREADS = 4
"""Few: AWS allows 15 requests a second, and answers are parsed under Python's lock."""
_NOT_LOOKED_FOR = frozenset({SourceKind.DIRECT, SourceKind.OTHER})

_PLACES = {kind: place for place, kind in enumerate(SourceKind)}

_Found = tuple[SourceKind, tuple[Trigger, ...], WorkbenchError | None]


@dataclass(frozen=True, slots=True)
class TriggerReport:
    """All triggers of a function.

    Attributes:
        triggers: Each once, by kind and name.
        problems: What could not be read: there may be more.
        seen: The function's side: the grants and names of all qualifiers, for `explain`.
        settings: Of asynchronous invocations; one for each qualifier that has some.
        left_out: What the profile may not read, and only details of the triggers are missing for it.
    """

    triggers: tuple[Trigger, ...]
    problems: tuple[TriggerProblem, ...]
    seen: FunctionSeen
    settings: tuple[AsyncSettings, ...] = ()
    left_out: tuple[WorkbenchError, ...] = ()


def find_triggers(
    connection: Connection, detail: FunctionDetail, ctx: JobContext, budget: RateBudget | None = None
) -> TriggerReport:
    """Finds all triggers of a function. Makes only Get, List, Describe and Head calls.

    Args:
        connection: The function's account and region.
        detail: The function.
        ctx: The job. Gets each kind's triggers, as a tuple, as soon as they are known.
        budget: The program's.

    Raises:
        Cancelled: Between calls.
    """
    asking = CachingConnection(connection, budget or RateBudget(), ctx)
    with ThreadPoolExecutor(_THREADS, "triggers") as threads:
        try:
            report = look(asking, detail, ctx, threads)
            triggers = tuple(_with_numbers(asking, each, ctx) for each in report.triggers)
            report = replace(report, triggers=triggers)
            return replace(report, left_out=_left_out(asking, report))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def look(
    connection: CachingConnection,
    detail: FunctionDetail,
    ctx: JobContext,
    threads: Executor | None = None,
    sources: Mapping[SourceKind, Source[Any]] = SOURCES,
    *,
    tell: bool = True,
) -> TriggerReport:
    """As `find_triggers`, over a connection that other looks share.

    Args:
        connection: In the function's region.
        detail: The function.
        ctx: The job.
        threads: To ask on; None to ask on this one: of many functions each has a thread.
        sources: All that are known.
        tell: Whether the job hears of each part; Cancel is heard always.

    Raises:
        Cancelled: Between calls.
    """
    hearing = ctx if tell else JobContext()
    hearing.progress(0, 0, "Reading the function")
    collected = _Collected(ctx, hearing, {kind: _not_known(kind) for kind in RULES if kind not in sources})
    reading = FunctionReading(connection, detail, ctx, threads)
    asked = [source for kind, source in sources.items() if kind not in _NOT_LOOKED_FOR]
    by_policy = [source for source in asked if RULES[source.kind].authority is Authority.FUNCTION_POLICY]
    others = [source for source in asked if source not in by_policy]
    first = _begin(connection, others, reading.names(), ctx, threads)  # they wait for no policy
    reading.begin_policies()
    collected.take(first)
    side = reading.side(tell=tell)
    collected.take(_begin(connection, by_policy, side, ctx, threads))
    found, problems, incomplete = collected.found, [*side.problems, *collected.problems], collected.incomplete
    rest = leftovers(side.seen, found.values(), incomplete, connection.account_id)
    if rest:
        hearing.emit(rest)
    triggers = tuple(sorted((*found.values(), *rest), key=_in_order))
    return TriggerReport(triggers, _each_once(problems), side.seen, side.settings)


def _with_numbers(connection: CachingConnection, trigger: Trigger, ctx: JobContext) -> Trigger:
    """With what its source adds for its explanation: a look at one function may cost that."""
    source = SOURCES.get(trigger.kind)
    return source.look_at(connection, trigger, ctx) if source and trigger.link is Link.LINKED else trigger


class _Collected:
    """What was found so far, each once."""

    def __init__(
        self, ctx: JobContext, hearing: JobContext, incomplete: dict[SourceKind, WorkbenchError]
    ) -> None:
        self._ctx, self._hearing = ctx, hearing
        self.incomplete = incomplete
        self.found: dict[tuple[object, ...], Trigger] = {}
        self.problems: list[TriggerProblem] = []

    def take(self, parts: Iterable[_Found]) -> None:
        """Takes what kinds find, and emits what is new as soon as it is known."""
        for kind, triggers, error in parts:
            if error is not None:
                self.incomplete[kind] = error
                self.problems.append(TriggerProblem(RULES[kind].title, error, kind))
            new = {identity: each for each in triggers if (identity := _identity(each)) not in self.found}
            self.found |= new
            self._ctx.check()
            self._hearing.progress(0, 0, RULES[kind].title)
            if new:
                self._hearing.emit(tuple(new.values()))


def _begin(
    connection: CachingConnection,
    sources: Iterable[Source[Any]],
    side: FunctionSide,
    ctx: JobContext,
    threads: Executor | None,
) -> Iterable[_Found]:
    """Begins to ask sources; what they find comes in the order in which it is known."""
    if threads is None:
        return (_ask(connection, source, side, ctx) for source in sources)
    futures = [threads.submit(for_this_job(_ask), connection, source, side, ctx) for source in sources]
    return (future.result() for future in as_completed(futures))


def _ask(connection: CachingConnection, source: Source[Any], side: FunctionSide, ctx: JobContext) -> _Found:
    """What a kind's source finds. When one hint cannot be looked at, the others still are."""
    hints, problem = hints_of(source.kind, side.grants, connection.account_id), None
    try:
        found = source.find(connection, side.seen, hints, ctx)
    except WorkbenchError as error:
        found, problem = (), error
        for hint in hints if len(hints) > 1 else ():
            try:
                found += source.find(connection, side.seen, (hint,), ctx)
            except WorkbenchError as other:
                problem = other
    if RULES[source.kind].model is Model.PULL:
        found = tuple(_with_ends(connection, each, side, ctx) for each in found)
    return source.kind, found, problem


def _with_ends(
    connection: CachingConnection, trigger: Trigger, side: FunctionSide, ctx: JobContext
) -> Trigger:
    """A mapping, with what is known of its two ends."""
    try:
        gone = source_gone(connection, trigger, ctx)
    except WorkbenchError as error:
        return replace(trigger, link=Link.UNKNOWN, problem=error)
    if gone is None and trigger.qualifier and not side.knows_qualifiers:
        what = f"Could not determine whether {side.seen.detail.function_name}:{trigger.qualifier} exists."
        problem = WorkbenchError(what, "You do not have permission to list versions or aliases.")
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    return orphaned(trigger, side.seen, gone)


def _not_known(kind: SourceKind) -> WorkbenchError:
    return WorkbenchError(f"This version of Workbench cannot read triggers of the type {RULES[kind].title}.")


def _identity(trigger: Trigger) -> tuple[object, ...]:
    sids = tuple(grant.sid for grant in trigger.grants) if trigger.link is Link.STALE_PERMISSION else ()
    return (trigger.kind, trigger.source_arn, trigger.qualifier, trigger.identity, sids)


def _in_order(trigger: Trigger) -> tuple[object, ...]:
    """By kind and name: whose answer came first is another one each time."""
    return (_PLACES[trigger.kind], trigger.name, trigger.qualifier, trigger.identity)


def _left_out(connection: CachingConnection, report: TriggerReport) -> tuple[WorkbenchError, ...]:
    """The permissions that were missing, and that no problem of the report names: each once."""
    problems = [each.error for each in report.problems]
    problems += [each.problem for each in report.triggers if each.problem is not None]
    named = {each.remedy for each in problems}
    missing = [each for each in connection.refusals() if is_missing(each) and each.remedy not in named]
    return tuple({each.remedy: each for each in missing}.values())


def _each_once(problems: Iterable[TriggerProblem]) -> tuple[TriggerProblem, ...]:
    """A refusal that several kinds met is one problem."""
    return tuple({f"{each.error} {each.error.aws_code}": each for each in reversed(list(problems))}.values())
