"""Creates the triggers of a function for its copy.

What would change a source for others, or take something from the original, is left to the user. The grants,
and the least policy for the copy's role, are part of the plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import execute
from workbench.triggers.journal import TriggerJournal
from workbench.triggers.kinds.sns_hops import FED_BY
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.locations import check_locations
from workbench.triggers.model import (
    Finding,
    Fix,
    FixKind,
    Link,
    Location,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
)
from workbench.triggers.plan import prepare

_SHARED = frozenset({SourceKind("events"), SourceKind("url")})
"""Of the sources that a plan creates: a rule takes one more target, and each function may have a URL."""
_GRANTED = "ROLE-DENY"


@dataclass(frozen=True, slots=True)
class Left:
    """A trigger that the copy did not get, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class CopiedTriggers:
    """What became of the chosen triggers."""

    names: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


def why_not(trigger: Trigger, function_arn: str, location: Location) -> str:
    """Why a trigger cannot be copied, in a sentence; empty when it may be tried.

    Args:
        trigger: Of the original.
        function_arn: Of the original.
        location: Where the copy will be.
    """
    source = SOURCES.get(trigger.kind)
    if source is None or not source.can_create:
        return _("Workbench does not create triggers of this kind.")
    if trigger.link in (Link.STALE_PERMISSION, Link.ORPHAN_MAPPING):
        return _("The other end of the trigger is missing.")
    if source.makes_its_source and trigger.kind not in _SHARED:
        return _("It belongs to one function. Use Add Trigger to create one for the copy.")
    if trigger.kind == SourceKind("url"):
        return ""
    if not trigger.source_arn.startswith("arn:"):  # a cluster that AWS does not run
        return ""
    source_place = Location.of(trigger.source_arn)
    if not source_place.region:  # a bucket: unknown before it is read
        return ""
    for finding in check_locations(trigger.kind, source_place, location, trigger.source_arn):
        if finding.severity is Severity.BLOCK:
            return finding.what
    return ""


def copy_triggers(
    connection: Connection,
    copy: FunctionDetail,
    triggers: Iterable[Trigger],
    journal: TriggerJournal,
    ctx: JobContext,
) -> CopiedTriggers:
    """Creates each trigger for the unqualified copy. What AWS or a check refuses is left, and hides no other.

    Args:
        connection: To the copy's account and region.
        copy: The new function.
        triggers: The original's that were chosen.
        journal: Gets the steps.
        ctx: The job.

    Raises:
        Cancelled: The trigger in progress is undone; those before stay.
    """
    names, left = [], []
    for trigger in triggers:
        ctx.check()
        try:
            refusal = _wire(connection, copy, trigger, journal, ctx)
        except WorkbenchError as error:
            refusal = str(error)
        if refusal:
            left.append(Left(trigger.name, refusal))
        else:
            names.append(trigger.name)
    return CopiedTriggers(tuple(names), tuple(left))


def _wire(
    connection: Connection, copy: FunctionDetail, trigger: Trigger, journal: TriggerJournal, ctx: JobContext
) -> str:
    source_arn = "" if trigger.kind == SourceKind("url") else trigger.source_arn
    # The topic is fed already, by the bucket of the original's trigger.
    values = {name: value for name, value in trigger.values.items() if name != FED_BY}
    prepared = prepare(connection, TriggerSpec(trigger.kind, source_arn, copy, values=values), ctx)
    accepted = [*prepared.standard_fixes, *_least_policies(prepared.findings)]
    if blocks := prepared.blocks(accepted):
        return " ".join(filter(None, (blocks[0].what, blocks[0].why)))
    execute(connection, prepared.plan(accepted), journal, ctx)
    return ""


def _least_policies(findings: Iterable[Finding]) -> list[Fix]:
    """The copy's role is new or was chosen for it: what the source needs, and no more, is added."""
    fixes = []
    for finding in findings:
        if finding.check_id == _GRANTED:
            steps = [fix for fix in finding.fixes if fix.kind is FixKind.STEPS]
            fixes += steps[-1:]  # the managed policy, which allows more, comes first
    return fixes
