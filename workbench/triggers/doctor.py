"""What is wrong with the triggers of a function, and the plan that puts it right.

Nothing is repaired without being shown: a repair is a plan like any other. Must not know: any one service.
"""

from collections.abc import Iterable

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers.finding import Finding, Severity
from workbench.triggers.grants import grant_step, missing, revoke_steps
from workbench.triggers.model import FunctionSeen, Link, SourceKind, Trigger, Wiring
from workbench.triggers.plan import TriggerPlan
from workbench.triggers.rules import RULES, Model
from workbench.triggers.sources.table import SOURCES
from workbench.triggers.step import Step

_CALLERS = (SourceKind.DIRECT, SourceKind.OTHER)
"""Who calls by themselves, and may name a version or alias in each call."""
REPAIRABLE = frozenset({Link.MISSING_PERMISSION, Link.STALE_PERMISSION, Link.ORPHAN_MAPPING})


def diagnose(trigger: Trigger, function: FunctionSeen) -> Finding | None:
    """What is wrong with a trigger, in a sentence that names both ends; None when nothing is. Pure."""
    name, noun = _target(trigger, function), RULES[trigger.kind].noun
    match trigger.link:
        case Link.MISSING_PERMISSION:
            if _lacks_qualifier(trigger, function):
                what = f"The {noun} {trigger.name} calls {name}, which does not exist."
                return Finding("FN-QUALIFIER", Severity.BLOCK, what, "Its events are lost.")
            what = f"The {noun} {trigger.name} calls {name} without permission."
            why = "No statement in the function's policy allows it. Its events are not delivered."
            return Finding("PERM-MISSING", Severity.BLOCK, what, why)
        case Link.STALE_PERMISSION:
            what = f"The {noun} {trigger.name} has permission to invoke {name}, but does not call it."
            return Finding("PERM-STALE", Severity.WARN, what, "The statement is no longer needed.")
        case Link.ORPHAN_MAPPING:
            what = (
                f"The event source mapping from the {noun} {trigger.name} to {name} refers to a "
                "resource that does not exist."
            )
            return Finding("ESM-ORPHAN", Severity.WARN, what, trigger.reason)
        case Link.UNKNOWN:
            problem = trigger.problem
            what = f"Could not determine whether the {noun} {trigger.name} can invoke {name}."
            why = f"{problem.what} {problem.why}".strip() if problem else ""
            code = problem.aws_code if problem else ""
            return Finding("UNKNOWN", Severity.NOTICE, what, why, aws=code)
        case Link.LINKED if (
            not trigger.qualifier and function.detail.is_durable and trigger.kind not in _CALLERS
        ):
            what = f"The {noun} {trigger.name} calls {name}, a durable function, by its name alone."
            why = (
                "AWS refuses each event. Add the trigger for an alias or a published version, then remove "
                "this one."
            )
            return Finding("FN-DURABLE", Severity.BLOCK, what, why)
        case Link.LINKED if trigger.state in ("Disabled", "DISABLED"):
            what = f"The {noun} {trigger.name} is paused: it does not invoke {name}."
            return Finding("PAUSED", Severity.NOTICE, what, trigger.reason)
    return None


def plan_repair(
    connection: Connection, triggers: Iterable[Trigger], function: FunctionSeen, ctx: JobContext
) -> TriggerPlan | None:
    """The plan that adds missing statements, removes stale ones and deletes orphaned mappings.

    Args:
        connection: In the function's region. Sources are read, nothing is changed.
        triggers: Those to repair; what needs none is left alone.
        function: As `find_triggers` reports it, with the grants of all qualifiers.
        ctx: The job.

    Returns:
        None when nothing can be repaired.

    Raises:
        WorkbenchError: A source that lacks its permission may not be read.
        Cancelled: Between calls.
    """
    ill = [each for each in triggers if each.link in REPAIRABLE]
    steps: list[Step] = []
    for number, trigger in enumerate(ill):
        ctx.progress(number, len(ill), trigger.name)
        steps += [step for step in _repair(connection, trigger, function, ctx) if step not in steps]
    if not steps:
        return None
    name = function.detail.function_name
    title = f"Repair {ill[0].name} of {name}" if len(ill) == 1 else f"Repair {len(ill)} triggers of {name}"
    steps.sort(key=lambda step: not step.undo)  # what nothing takes back comes when all else is done
    return TriggerPlan(title, function.detail.function_arn, ill[0].kind, tuple(steps))


def _repair(
    connection: Connection, trigger: Trigger, function: FunctionSeen, ctx: JobContext
) -> tuple[Step, ...]:
    arn = function.detail.function_arn
    if trigger.link is Link.STALE_PERMISSION:
        return revoke_steps(arn, trigger.grants)
    source = SOURCES.get(trigger.kind)
    if source is None:
        return ()
    if trigger.link is Link.ORPHAN_MAPPING or _lacks_qualifier(trigger, function):
        return source.remove(trigger)
    wiring = Wiring(
        trigger.kind, trigger.source_arn, function.detail, trigger.qualifier, values=trigger.values
    )
    region = source.place(connection, wiring, ctx).region
    there = connection.in_region(region) if region not in ("", connection.region) else connection
    wanted = source.grants(wiring, source.observe(there, wiring, ctx))
    lacking = missing(wanted, function, trigger.qualifier)
    return tuple(grant_step(trigger.kind, each, arn, trigger.qualifier) for each in lacking)


def _lacks_qualifier(trigger: Trigger, function: FunctionSeen) -> bool:
    """Whether a source that pushes calls an alias or a version that is not there: no statement can help."""
    is_pushed = RULES[trigger.kind].model is not Model.PULL
    return is_pushed and trigger.qualifier not in ("", "$LATEST", *function.qualifiers)


def _target(trigger: Trigger, function: FunctionSeen) -> str:
    name = function.detail.function_name
    return f"{name}:{trigger.qualifier}" if trigger.qualifier else name
