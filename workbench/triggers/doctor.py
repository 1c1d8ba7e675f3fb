"""Finds triggers that do not work, for a function or a whole region, and plans their repair.

A repair is a plan like any other: it is shown before it is carried out.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

from workbench.aws.connection import Connection
from workbench.aws.retry import CachingConnection, RateBudget, RetryingConnection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, for_this_job
from workbench.core.messages import _, ngettext
from workbench.functions.detail import find
from workbench.functions.model import FunctionDetail, detail_of
from workbench.triggers.find import TriggerReport, look
from workbench.triggers.grants import grant_step, missing, revoke_steps
from workbench.triggers.kinds.source import target_name
from workbench.triggers.kinds.table import RULES, SOURCES, kind_of
from workbench.triggers.mappings import by_function, trigger_of
from workbench.triggers.model import (
    Finding,
    Link,
    Model,
    ObservedFunction,
    SourceKind,
    Steps,
    Trigger,
    TriggerPlan,
    TriggerSpec,
    block,
    notice,
    warn,
)
from workbench.triggers.steps import Step

_CALLERS = (SourceKind("direct"), SourceKind("other"))
"""The caller of these names the version or alias in each call."""
REPAIRABLE = frozenset({Link.MISSING_PERMISSION, Link.STALE_PERMISSION, Link.ORPHAN_MAPPING})


def diagnose(trigger: Trigger, function: ObservedFunction) -> Finding | None:
    """What is wrong with a trigger, in a sentence that names source and function, or None. Pure."""
    noun, name = RULES[trigger.kind].noun, target_name(trigger, function)
    named = {"noun": noun, "trigger": trigger.name, "name": name}
    match trigger.link:
        case Link.MISSING_PERMISSION:
            if _lacks_qualifier(trigger, function):
                what = _("The {noun} {trigger} calls {name}, which does not exist.").format(**named)
                return block("FN-QUALIFIER", what, _("Its events are lost."))
            what = _("The {noun} {trigger} calls {name} without permission.").format(**named)
            why = _("No statement in the function's policy allows it. Its events are not delivered.")
            return block("PERM-MISSING", what, why)
        case Link.STALE_PERMISSION:
            what = _("The {noun} {trigger} has permission to invoke {name}, but does not call it.").format(
                **named
            )
            return warn("PERM-STALE", what, _("The statement is no longer needed."))
        case Link.ORPHAN_MAPPING:
            what = _(
                "The event source mapping from the {noun} {trigger} to {name} refers to a "
                "resource that does not exist."
            ).format(**named)
            return warn("ESM-ORPHAN", what, trigger.reason)
        case Link.UNKNOWN:
            problem = trigger.problem
            what = _("Could not determine whether the {noun} {trigger} can invoke {name}.").format(**named)
            why = f"{problem.what} {problem.why}".strip() if problem else ""
            code = problem.aws_code if problem else ""
            return notice("UNKNOWN", what, why, aws=code)
        case Link.LINKED if (
            not trigger.qualifier and function.detail.is_durable and trigger.kind not in _CALLERS
        ):
            what = _("The {noun} {trigger} calls {name}, a durable function, by its name alone.").format(
                **named
            )
            why = _(
                "AWS refuses each event. Add the trigger for an alias or a published version, then remove "
                "this one."
            )
            return block("FN-DURABLE", what, why)
        case Link.LINKED if trigger.state in ("Disabled", "DISABLED"):
            what = _("The {noun} {trigger} is paused: it does not invoke {name}.").format(**named)
            return notice("PAUSED", what, trigger.reason)
    return None


def plan_repair(
    connection: Connection, triggers: Iterable[Trigger], function: ObservedFunction, ctx: JobContext
) -> TriggerPlan | None:
    """The plan that adds missing statements, removes stale ones and deletes orphaned mappings.

    Args:
        connection: A connection to the function's region. Sources are read; nothing is changed.
        triggers: The triggers to repair. Those that need no repair are ignored.
        function: As `find_triggers` reports it, with the grants of all qualifiers.

    Returns:
        None if nothing can be repaired.

    Raises:
        WorkbenchError: A source that lacks its permission could not be read.
    """
    ill = [each for each in triggers if each.link in REPAIRABLE]
    steps: list[Step] = []
    for number, trigger in enumerate(ill):
        ctx.progress(number, len(ill), trigger.name)
        steps += [step for step in _repair(connection, trigger, function, ctx) if step not in steps]
    if not steps:
        return None
    name = function.detail.function_name
    title = ngettext("Repair {trigger} of {name}", "Repair {count} triggers of {name}", len(ill)).format(
        trigger=ill[0].name, count=len(ill), name=name
    )
    steps.sort(key=lambda step: not step.undo)  # steps that cannot be undone come last
    return TriggerPlan(title, function.detail.function_arn, ill[0].kind, tuple(steps))


def _repair(connection: Connection, trigger: Trigger, function: ObservedFunction, ctx: JobContext) -> Steps:
    arn = function.detail.function_arn
    if trigger.link is Link.STALE_PERMISSION:
        return revoke_steps(arn, trigger.grants)
    source = SOURCES.get(trigger.kind)
    if source is None:
        return ()
    if trigger.link is Link.ORPHAN_MAPPING or _lacks_qualifier(trigger, function):
        return source.remove(trigger)
    spec = TriggerSpec(
        trigger.kind, trigger.source_arn, function.detail, trigger.qualifier, values=trigger.values
    )
    there = connection.in_region(source.location(connection, spec, ctx).region or connection.region)
    wanted = source.grants(spec, source.observe(there, spec, ctx))
    lacking = missing(wanted, function, trigger.qualifier)
    return tuple(grant_step(trigger.kind, each, arn, trigger.qualifier) for each in lacking)


def _lacks_qualifier(trigger: Trigger, function: ObservedFunction) -> bool:
    """Whether a push source calls an alias or version that does not exist, which no statement can repair."""
    is_pushed = RULES[trigger.kind].model is not Model.PULL
    return is_pushed and trigger.qualifier not in ("", "$LATEST", *function.qualifiers)


THREADS = 4
"""More threads would only wait: AWS allows 15 requests a second per region."""


@dataclass(frozen=True, slots=True)
class FleetRow:
    """The triggers of one function.

    Attributes:
        report: None before it is known.
        exists: False if the function was deleted and only its event source mappings remain.
    """

    report: TriggerReport
    exists: bool = True

    @property
    def detail(self) -> FunctionDetail:
        return self.report.observed.detail

    @property
    def ill(self) -> tuple[Trigger, ...]:
        """The triggers that can be repaired."""
        return tuple(each for each in self.report.triggers if each.link in REPAIRABLE)

    @property
    def unknown(self) -> tuple[Trigger, ...]:
        """The triggers whose source or function may not be read."""
        return tuple(each for each in self.report.triggers if each.link is Link.UNKNOWN)


def examine_fleet(connection: Connection, budget: RateBudget, ctx: JobContext) -> tuple[FleetRow, ...]:
    """Examines the triggers of all functions of a region with Get, List, Describe and Head calls only.

    Args:
        ctx: Receives each FleetRow as soon as it is known, and the number of functions done.

    Returns:
        The rows by function name; deleted functions come last.

    Raises:
        WorkbenchError: The functions could not be listed. Anything else that may not be read is a problem of
            its row.
    """
    details = tuple(_list_functions(RetryingConnection(connection, budget, ctx), ctx))
    asking = CachingConnection(connection, budget, ctx, subjects=len(details))
    rows: list[FleetRow] = []

    def examine(detail: FunctionDetail) -> TriggerReport:
        return ctx.wait_for(lambda: look(asking, detail, ctx, tell=False))

    with ThreadPoolExecutor(THREADS, "doctor") as threads:
        try:
            futures = [threads.submit(for_this_job(examine), each) for each in details]
            for number, future in enumerate(as_completed(futures), 1):
                row = FleetRow(future.result())
                rows.append(row)
                ctx.emit(row)
                ctx.progress(number, len(details), row.detail.function_name)
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    rows.sort(key=lambda row: row.detail.function_name)
    for row in _mappings_of_deleted(asking, details, ctx):
        rows.append(row)
        ctx.emit(row)
    return tuple(rows)


def _list_functions(connection: Connection, ctx: JobContext) -> Iterator[FunctionDetail]:
    for page in connection.paginate(
        "lambda", "list_functions", ctx=ctx, failure=_("Could not list the functions.")
    ):
        for each in page.get("Functions") or ():
            yield detail_of({"Configuration": each})


def _mappings_of_deleted(
    connection: Connection, details: tuple[FunctionDetail, ...], ctx: JobContext
) -> Iterator[FleetRow]:
    """Deleted functions whose event source mappings still exist: deleting a function does not delete them."""
    there = {detail.function_arn for detail in details}
    try:
        mappings = by_function(connection, ctx)
    except WorkbenchError:
        return  # the row of each function reports the problem
    for arn, answers in sorted(mappings.items()):
        if arn in there or arn.count(":") < 6 or not _is_deleted(connection, arn, ctx):
            continue
        detail = detail_of({"Configuration": {"FunctionName": arn.split(":")[6], "FunctionArn": arn}})
        reason = _("{function_name} does not exist.").format(function_name=detail.function_name)
        orphans = tuple(
            replace(trigger_of(each, kind_of(each)), link=Link.ORPHAN_MAPPING, reason=reason)
            for each in answers
        )
        yield FleetRow(TriggerReport(orphans, (), ObservedFunction(detail)), exists=False)


def _is_deleted(connection: Connection, function_arn: str, ctx: JobContext) -> bool:
    """Whether the function does not exist. It may have been created after the functions were listed."""
    ctx.check()
    failure = _("Could not check whether {function} exists.").format(function=function_arn.split(":")[6])
    try:
        return not find(connection, "get_function_configuration", failure, FunctionName=function_arn)
    except WorkbenchError:
        return False
