"""All triggers of a function: of the unqualified function, every alias and every version, each once.

Each kind of source finds its own. Added here: statements of the policy that belong to no trigger, and whether
the source, alias or version of an event source mapping still exists.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.caching_connection import CachingConnection
from workbench.aws.connection import Connection
from workbench.aws.permissions import is_missing
from workbench.aws.rate_budget import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.functions.model import FunctionDetail
from workbench.triggers.async_settings import AsyncSettings
from workbench.triggers.function_side import FunctionReading, FunctionSide, TriggerProblem
from workbench.triggers.kinds.direct import DirectInvoke
from workbench.triggers.kinds.mapping import MappingSource
from workbench.triggers.kinds.source import Source
from workbench.triggers.kinds.table import RULES, SOURCES
from workbench.triggers.kinds.url import FunctionUrl
from workbench.triggers.model import OTHER, Link, ObservedFunction, SourceKind, Trigger
from workbench.triggers.policy import Grant
from workbench.triggers.rules import Authority, Model

_THREADS = 4
"""Few: AWS allows 15 requests a second, and answers are parsed under Python's lock."""
_NOT_LOOKED_FOR = frozenset({DirectInvoke.kind, OTHER})

_PLACES = {kind: place for place, kind in enumerate(RULES)}

_Found = tuple[SourceKind, tuple[Trigger, ...], WorkbenchError | None]


@dataclass(frozen=True, slots=True)
class TriggerReport:
    """All triggers of a function.

    Attributes:
        triggers: Each once, by kind and name.
        problems: What could not be read: there may be more.
        observed: The function's side: the grants and names of all qualifiers, for `explain`.
        settings: Of asynchronous invocations; one for each qualifier that has some.
        left_out: What the profile may not read, and only details of the triggers are missing for it.
    """

    triggers: tuple[Trigger, ...]
    problems: tuple[TriggerProblem, ...]
    observed: ObservedFunction
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
    """As `find_triggers`, over a connection that is shared with other searches.

    Args:
        connection: In the function's region.
        detail: The function.
        ctx: The job.
        threads: To ask on; None to ask on this one: of many functions each has a thread.
        sources: All that are known.
        tell: Whether progress is reported and triggers are emitted; Cancel works always.

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
    rest = orphan_grants(side.observed, found.values(), incomplete, connection.account_id)
    if rest:
        hearing.emit(rest)
    triggers = tuple(sorted((*found.values(), *rest), key=_in_order))
    return TriggerReport(triggers, _each_once(problems), side.observed, side.settings)


def _with_numbers(connection: CachingConnection, trigger: Trigger, ctx: JobContext) -> Trigger:
    """With what its source adds for its explanation: worth its calls for one function only."""
    source = SOURCES.get(trigger.kind)
    return source.enrich(connection, trigger, ctx) if source and trigger.link is Link.LINKED else trigger


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
    """Starts the discovery of several kinds; results come as they are known."""
    if threads is None:
        return (_ask(connection, source, side, ctx) for source in sources)
    futures = [threads.submit(for_this_job(_ask), connection, source, side, ctx) for source in sources]
    return (future.result() for future in as_completed(futures))


def _ask(connection: CachingConnection, source: Source[Any], side: FunctionSide, ctx: JobContext) -> _Found:
    """What a kind's source finds. When one hint cannot be looked at, the others still are."""
    hints, problem = hints_of(source.kind, side.grants, connection.account_id), None
    try:
        found = source.find(connection, side.observed, hints, ctx)
    except WorkbenchError as error:
        found, problem = (), error
        for hint in hints if len(hints) > 1 else ():
            try:
                found += source.find(connection, side.observed, (hint,), ctx)
            except WorkbenchError as other:
                problem = other
    if RULES[source.kind].model is Model.PULL:
        found = tuple(_with_link_state(connection, each, side, ctx) for each in found)
    return source.kind, found, problem


def _with_link_state(
    connection: CachingConnection, trigger: Trigger, side: FunctionSide, ctx: JobContext
) -> Trigger:
    """A mapping, with what is known of its source and target."""
    try:
        gone = missing_source(connection, trigger, ctx)
    except WorkbenchError as error:
        return replace(trigger, link=Link.UNKNOWN, problem=error)
    if gone is None and trigger.qualifier and not side.knows_qualifiers:
        what = f"Could not determine whether {side.observed.detail.function_name}:{trigger.qualifier} exists."
        problem = WorkbenchError(what, "You do not have permission to list versions or aliases.")
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    return orphaned(trigger, side.observed, gone)


def _not_known(kind: SourceKind) -> WorkbenchError:
    return WorkbenchError(f"This version of Workbench cannot read triggers of the type {RULES[kind].title}.")


def _identity(trigger: Trigger) -> tuple[object, ...]:
    sids = tuple(grant.sid for grant in trigger.grants) if trigger.link is Link.STALE_PERMISSION else ()
    return (trigger.kind, trigger.source_arn, trigger.qualifier, trigger.identity, sids)


def _in_order(trigger: Trigger) -> tuple[object, ...]:
    """By kind and name: answers come in another order each time."""
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


_READ_FINE = ("ok", "no records processed")
"""LastProcessingResult of a mapping that reaches its source: AWS's own proof.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html"""


def missing_source(connection: Connection, trigger: Trigger, ctx: JobContext) -> WorkbenchError | None:
    """AWS's answer that there is no such source; None when it is there, or cannot be asked for.

    Args:
        connection: In the function's region, where the source must be, too.
        trigger: A mapping, with AWS's LastProcessingResult among its values.
        ctx: The job.

    Raises:
        WorkbenchError: It may not be looked at, and AWS does not say that it reads it.
        Cancelled: Before the call.
    """
    ctx.check()
    source = SOURCES.get(trigger.kind)
    try:
        arn = Arn.parse(trigger.source_arn)
    except ValueError:
        return None
    question = source.existence(arn) if isinstance(source, MappingSource) else None
    if question is None:
        return None
    reads_fine = trigger.state == "Enabled" and str(
        trigger.values.get("LastProcessingResult", "")
    ).lower().startswith(_READ_FINE)
    try:
        if arn.account_id != connection.account_id:
            raise WorkbenchError(
                f"Could not determine whether {trigger.name} exists.",
                f"It belongs to account {arn.account_id}.",
                "Check it in that account.",
            )
        failure = f"Could not find {trigger.name}."
        connection.call(question.service, question.method, failure=failure, **question.request)
    except WorkbenchError as error:
        if error.aws_code in question.gone:
            return error
        if not reads_fine:
            raise
    return None


_RUNS = ("lambda:invokefunction", "lambda:invokefunctionurl", "lambda:*", "lambda:invoke*", "*")
_VIA_URL = ("lambda:functionurlauthtype", "lambda:invokedviafunctionurl")


def _is_of_url(grant: Grant) -> bool:
    """Whether a statement is for the function's URL."""
    keys = {condition.key for condition in grant.conditions}
    return "lambda:invokefunctionurl" in grant.action.lower() or not keys.isdisjoint(_VIA_URL)


def _kinds_of(service: str) -> tuple[SourceKind, ...]:
    """The kinds of a service principal of the policy."""
    return tuple(kind for kind, each in SOURCES.items() if service and each.policy_service == service)


def hints_of(kind: SourceKind, grants: Iterable[Grant], account_id: str) -> tuple[str, ...]:
    """The sources of a kind that the policy names, each once: those that can be looked at.

    Args:
        kind: Which.
        grants: Of all qualifiers.
        account_id: Only what belongs to this account, or names none, can be read with its keys.
    """
    return tuple(
        dict.fromkeys(
            grant.source_arn
            for grant in grants
            if kind in _kinds_of(grant.service)
            and not grant.denies
            and grant.source_arn
            and _account_of(grant) in ("", account_id)
        )
    )


def orphan_grants(
    function: ObservedFunction,
    found: Iterable[Trigger],
    problems: Mapping[SourceKind, WorkbenchError],
    account_id: str,
) -> tuple[Trigger, ...]:
    """A trigger for each statement that allows invoking the function and belongs to no trigger found.

    Args:
        function: With the grants of all qualifiers.
        found: The triggers of all kinds.
        problems: The kinds that could not be read, or not all of it, and why.
        account_id: Whose sources could be looked at.
    """
    used = {grant for trigger in found for grant in trigger.grants}
    return tuple(
        _orphan_grant(grant, problems, account_id)
        for grant in dict.fromkeys(function.grants or ())
        if grant not in used and not grant.denies and _runs(grant)
    )


def orphaned(trigger: Trigger, function: ObservedFunction, gone: WorkbenchError | None) -> Trigger:
    """The mapping, as an orphan if its source, alias or version does not exist.

    Args:
        trigger: A mapping.
        function: With its qualifiers.
        gone: AWS's answer that the source does not exist; None when it is there.
    """
    if trigger.qualifier not in ("", "$LATEST", *function.qualifiers):
        name = f"{function.detail.function_name}:{trigger.qualifier}"
        return replace(trigger, link=Link.ORPHAN_MAPPING, reason=f"{name} does not exist.")
    if gone is not None:
        reason = f"{trigger.name} does not exist: {gone.aws_code}."
        return replace(trigger, link=Link.ORPHAN_MAPPING, reason=reason)
    return trigger


def _orphan_grant(grant: Grant, problems: Mapping[SourceKind, WorkbenchError], account_id: str) -> Trigger:
    kinds = (FunctionUrl.kind,) if _is_of_url(grant) else _kinds_of(grant.service) or (OTHER,)
    trigger = Trigger(kinds[0], grant.source_arn, _name(grant), grant.qualifier, grant.sid, grants=(grant,))
    if kinds == (OTHER,):
        return trigger
    if problem := next((problems[kind] for kind in kinds if kind in problems), None):
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    if kinds == (FunctionUrl.kind,):
        return replace(trigger, link=Link.STALE_PERMISSION, name=grant.sid)
    if problem := _cannot_tell(grant, account_id):
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    return replace(trigger, link=Link.STALE_PERMISSION)


def _cannot_tell(grant: Grant, account_id: str) -> WorkbenchError | None:
    what = f"Could not determine whether anything uses the statement {grant.sid}."
    account = _account_of(grant)
    if account not in ("", account_id):
        return WorkbenchError(what, f"Its source belongs to account {account}.", "Check it in that account.")
    if not grant.source_arn:
        return WorkbenchError(
            what,
            f"It does not limit the source: anything in {grant.principal} can invoke the function.",
            "A statement that names one source is safer and can be checked.",
        )
    if grant.service == "apigateway":  # it names the function's region, wherever the API is
        return WorkbenchError(
            what,
            "None of the APIs that were checked uses it. An API in another region might; the "
            "statement does not say.",
            "Remove the statement if no such API exists.",
        )
    if {"*", "?"} & set(grant.source_arn.removesuffix(":*")):
        return WorkbenchError(
            what,
            f"It names a pattern ({grant.source_arn}), not one source.",
            "A statement that names one source is safer and can be checked.",
        )
    return None


def _name(grant: Grant) -> str:
    """The display name of the source: "nightly" of "rule/nightly", "/aws/x" of "log-group:/aws/x:*"."""
    resource = grant.source_arn.split(":", 5)[-1].removesuffix(":*").removeprefix("log-group:")
    if resource.startswith(("rule/", "userpool/")):
        resource = resource.rpartition("/")[2]
    return resource or grant.principal


def _account_of(grant: Grant) -> str:
    """The account that the source belongs to, as far as the statement says."""
    parts = grant.source_arn.split(":")
    account = parts[4] if len(parts) > 5 else ""
    account = account or grant.source_account
    return account if account.isdecimal() else ""


def _runs(grant: Grant) -> bool:
    return any(action.lower() in _RUNS for action in grant.action.split(", "))
