"""Creates the triggers of a function for its copy.

Triggers that would change a source for others, or take something from the original, are left to the user. The
plan includes the grants, and the least permissions for the role of the copy.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute
from workbench.triggers.kinds.sns_hops import FED_BY
from workbench.triggers.kinds.table import SOURCES
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
from workbench.triggers.plan import check_locations, prepare

_SHARED = frozenset({SourceKind("events"), SourceKind("url")})
"""Sources that a copy can share or have for itself: a rule takes one more target, and each function may have
a URL."""
_GRANTED = "ROLE-DENY"


@dataclass(frozen=True, slots=True)
class Left:
    """A trigger that was not created for the copy, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class CopiedTriggers:
    """The result for the chosen triggers."""

    names: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


def why_not(trigger: Trigger, function_arn: str, location: Location) -> str:
    """Why a trigger cannot be copied, as a sentence; empty if it can be tried."""
    source = SOURCES.get(trigger.kind)
    if source is None or not source.can_create:
        return _("Workbench does not create triggers of this kind.")
    if trigger.link in (Link.STALE_PERMISSION, Link.ORPHAN_MAPPING):
        return _("The other end of the trigger is missing.")
    if source.makes_its_source and trigger.kind not in _SHARED:
        return _("It belongs to one function. Use Add Trigger to create one for the copy.")
    if trigger.kind == SourceKind("url"):
        return ""
    if not trigger.source_arn.startswith("arn:"):  # a cluster outside AWS
        return ""
    source_place = Location.of(trigger.source_arn)
    if not source_place.region:  # a bucket, whose region is not known before it is read
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
    """Creates each trigger for the unqualified copy.

    A trigger that AWS or a check refuses does not stop the others.

    Args:
        triggers: The chosen triggers of the original.

    Raises:
        Cancelled: The trigger in progress is undone; earlier ones stay.
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
    # The bucket of the original's trigger already feeds the topic.
    values = {name: value for name, value in trigger.values.items() if name != FED_BY}
    prepared = prepare(connection, TriggerSpec(trigger.kind, source_arn, copy, values=values), ctx)
    accepted = [*prepared.standard_fixes, *_least_policies(prepared.findings)]
    if blocks := prepared.blocks(accepted):
        return " ".join(filter(None, (blocks[0].what, blocks[0].why)))
    execute(connection, prepared.plan(accepted), journal, ctx)
    return ""


def _least_policies(findings: Iterable[Finding]) -> list[Fix]:
    """The smallest policies that give the copy's role, new or chosen for it, what the sources need."""
    fixes = []
    for finding in findings:
        if finding.check_id == _GRANTED:
            steps = [fix for fix in finding.fixes if fix.kind is FixKind.STEPS]
            fixes += steps[-1:]  # the first fix is the managed policy, which allows more
    return fixes
