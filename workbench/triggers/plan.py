"""From a wish to a plan: reads both sides, runs all checks, lists the steps. Nothing is changed.

The place comes first: what its region forbids is said without any further call.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.functions.role_policies import Policy
from workbench.triggers.checks import check_function
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.grants import check_grants, revoke_steps
from workbench.triggers.mapping_values import PULLED, name_of
from workbench.triggers.model import Place, SourceKind, Trigger, Wiring
from workbench.triggers.new_sources import check_new, creates_source, new_steps
from workbench.triggers.observe import observe_function
from workbench.triggers.places import ACCOUNT, judge
from workbench.triggers.role import check_role
from workbench.triggers.role_leftovers import own_policy_steps
from workbench.triggers.rules import RULES
from workbench.triggers.sources.source import Source
from workbench.triggers.sources.table import SOURCES
from workbench.triggers.step import Step


@dataclass(frozen=True, slots=True)
class TriggerPlan:
    """What will be done, in order. It can be shown without being carried out.

    Attributes:
        title: For people ("Wire the queue orders to resize").
        function_arn: The function's.
        kind: Of the source.
        steps: All of them.
    """

    title: str
    function_arn: str
    kind: SourceKind
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was found before wiring, and what would be done.

    Attributes:
        wiring: What is wanted.
        place: Where the source is.
        findings: Of all checks, blocks first.
        own_steps: Of the source.
        title: The plan's.
        new_steps: Create the source, before everything else.
    """

    wiring: Wiring
    place: Place
    findings: tuple[Finding, ...]
    own_steps: tuple[Step, ...]
    title: str
    new_steps: tuple[Step, ...] = ()

    @property
    def standard_fixes(self) -> tuple[Fix, ...]:
        """Those that are part of the plan unless a person takes them out."""
        return tuple(fix for finding in self.findings for fix in finding.fixes if fix.is_standard)

    def blocks(self, accepted: Iterable[Fix] = ()) -> tuple[Finding, ...]:
        """The findings that forbid to go on once these fixes are accepted."""
        chosen = tuple(accepted)
        return tuple(
            finding
            for finding in self.findings
            if finding.severity is Severity.BLOCK and not any(fix in chosen for fix in finding.fixes)
        )

    def plan(self, accepted: Sequence[Fix]) -> TriggerPlan:
        """The plan: the creation of a new source, the steps of accepted fixes, then the source's own.

        Args:
            accepted: Of the findings' fixes; begin with `standard_fixes`.

        Raises:
            ValueError: A finding still blocks.
        """
        if self.blocks(accepted):
            raise ValueError("a blocked wiring has no plan")
        fixing = [step for fix in accepted if fix.kind is FixKind.STEPS for step in fix.steps]
        arn = self.wiring.function.function_arn
        steps = (*self.new_steps, *_each_once(fixing), *self.own_steps)
        return TriggerPlan(self.title, arn, self.wiring.kind, steps)


def prepare(connection: Connection, wiring: Wiring, ctx: JobContext) -> Prepared:
    """Reads, checks and plans a new trigger.

    Args:
        connection: In the function's region.
        wiring: What is wanted.
        ctx: The job.

    Raises:
        WorkbenchError: A side is not there or may not be read.
        Cancelled: Between calls.
    """
    source = SOURCES[wiring.kind]
    arn = wiring.source_arn  # a stream's ends with a time of day
    noun = (
        name_of(arn) if wiring.kind in PULLED else arn.rpartition(":")[2].removeprefix("rule/")
    ) or source.title
    title = f"Connect {noun} to {wiring.function.function_name}"
    return _prepare(connection, source, wiring, ctx, title, None)


def prepare_update(connection: Connection, trigger: Trigger, wiring: Wiring, ctx: JobContext) -> Prepared:
    """Reads, checks and plans a change of a trigger's parameters. Raises as `prepare`."""
    title = f"Change the trigger {trigger.name} of {wiring.function.function_name}"
    source = SOURCES[wiring.kind]
    settable = {each.name for each in source.parameters(wiring) if not each.create_only}
    known = {name: value for name, value in trigger.values.items() if name not in settable}
    wiring = replace(wiring, values={**known, **wiring.values}, identity=trigger.identity)
    return _prepare(connection, source, wiring, ctx, title, trigger)


def _prepare(
    connection: Connection,
    source: Source[Any],
    wiring: Wiring,
    ctx: JobContext,
    title: str,
    existing: Trigger | None,
) -> Prepared:
    function_place = Place.of(wiring.function.function_arn)
    place = function_place if creates_source(wiring) else source.place(connection, wiring, ctx)
    taken = check_new(connection, wiring)
    if any(finding.severity is Severity.BLOCK for finding in taken):
        return Prepared(wiring, place, taken, (), title)
    findings = judge(wiring.kind, place, function_place, wiring.source_arn, wiring.function.role_arn)
    if any(finding.severity is Severity.BLOCK for finding in findings):
        return Prepared(wiring, place, (*findings, *source.elsewhere(wiring, place)), (), title)
    there = connection.in_region(place.region) if place.region != connection.region else connection
    ctx.progress(0, 2, f"Reading {source.title}")
    try:
        seen = source.observe(there if place.region else connection, wiring, ctx)
    except WorkbenchError as error:
        if not any(finding.check_id == ACCOUNT for finding in findings):
            raise
        unread = (_unread(source, place, error), *findings)  # with the policy that its owner needs
        return Prepared(wiring, place, unread, (), title)
    ctx.progress(1, 2, "Reading the function")
    function = observe_function(connection, wiring, source.role_actions(wiring, seen), ctx)
    if existing is not None:  # it is no duplicate of itself
        others = tuple(each for each in function.mappings if each.identity != existing.identity)
        function = replace(function, mappings=others)
    findings += (
        *taken,
        *source.check(wiring, seen, function),
        *check_grants(wiring, source.grants(wiring, seen), function),
        *check_role(wiring, function, source.managed_policy()),
        *check_function(wiring, function),
    )
    steps = source.plan(wiring, seen, function)
    if existing is not None:
        steps = source.update(existing, wiring, seen)
    return Prepared(wiring, place, tuple(sorted(findings, key=_by_severity)), steps, title, new_steps(wiring))


def plan_removal(
    function: FunctionDetail,
    trigger: Trigger,
    others: Iterable[Trigger] = (),
    policies: Sequence[Policy] = (),
) -> TriggerPlan:
    """Takes a trigger away: first at the source, then the grants and our policies that no other one needs.

    Args:
        function: Whose trigger it is.
        trigger: Which.
        others: The function's other triggers.
        policies: Of the execution role, as far as they could be read.
    """
    rest = [other for other in others if other != trigger]
    needed = [grant for other in rest for grant in other.grants]
    grants = [grant for grant in trigger.grants if grant not in needed and not grant.denies]
    steps = (
        *SOURCES[trigger.kind].remove(trigger),
        *revoke_steps(function.function_arn, grants),
        *own_policy_steps(function, trigger, rest, policies),
    )
    return TriggerPlan(
        f"Remove {trigger.name} from {function.function_name}", function.function_arn, trigger.kind, steps
    )


def plan_pause(function: FunctionDetail, trigger: Trigger) -> TriggerPlan:
    """Stops a trigger for a while; without steps where AWS has no such thing."""
    title = f"Pause {trigger.name}"
    return TriggerPlan(title, function.function_arn, trigger.kind, SOURCES[trigger.kind].pause(trigger))


def plan_resume(function: FunctionDetail, trigger: Trigger) -> TriggerPlan:
    """Starts a paused trigger again."""
    title = f"Resume {trigger.name}"
    return TriggerPlan(title, function.function_arn, trigger.kind, SOURCES[trigger.kind].resume(trigger))


def _unread(source: Source[Any], place: Place, error: WorkbenchError) -> Finding:
    """A resource of another account, of which nothing can be checked before its owner lets one read it."""
    noun = RULES[source.kind].noun
    return Finding(
        ACCOUNT,
        Severity.BLOCK,
        f"The {noun} in account {place.account_id} could not be read, so nothing can be checked.",
        "Its owner must allow you to read it, in addition to what the function's execution role needs.",
        aws=" ".join(part for part in (error.aws_code, error.why) if part),
    )


def _each_once(steps: Iterable[Step]) -> list[Step]:
    """Two findings may have the same fix."""
    found: list[Step] = []
    for step in steps:
        if step not in found:
            found.append(step)
    return found


def _by_severity(finding: Finding) -> int:
    return (Severity.BLOCK, Severity.WARN, Severity.NOTICE).index(finding.severity)
