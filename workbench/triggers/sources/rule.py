"""Rules of Amazon EventBridge, with a pattern or a schedule: new ones, and targets added to others."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.ledgers import (
    ASYNC,
    BY_POLICY,
    async_failures,
    async_ledger,
    failure_names,
    upstream_ledger,
)
from workbench.triggers.model import (
    Candidate,
    FunctionSeen,
    Place,
    SourceKind,
    TestEvent,
    Trigger,
    WantedGrant,
    Wiring,
)
from workbench.triggers.parameter import Parameter
from workbench.triggers.sources import rule_plan, rule_reads
from workbench.triggers.sources.dead_letter_queue import read_policy
from workbench.triggers.sources.links import linked
from workbench.triggers.sources.rule_checks import RuleSeen, check_rule, name_and_bus, switch_step
from workbench.triggers.sources.rule_events import sample_event
from workbench.triggers.sources.rule_parameters import (
    AGE,
    BUS,
    DEAD_LETTER,
    DEFAULT_BUS,
    FORWARD_TO,
    FORWARDED,
    MADE,
    NAME,
    OTHERS,
    PATTERN,
    RETRIES,
    RULE_NAMES,
    SCHEDULE,
    TARGET_NAMES,
    forwards,
    rule_parameters,
)
from workbench.triggers.sources.source import Source
from workbench.triggers.step import Step
from workbench.triggers.steps.rule import describe, rule_settings
from workbench.triggers.steps.rule_target import EVENTS_PUT
from workbench.triggers.values import flat

PRINCIPAL = "events.amazonaws.com"
_ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


class EventBridgeRule(Source[RuleSeen]):
    """A rule of any bus of the function's region, or one of another region whose events are forwarded."""

    kind = SourceKind.RULE
    title = "Amazon EventBridge rule"
    makes_its_source = True

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The rules of all buses that people made. Raises WorkbenchError, Cancelled."""
        for bus in rule_reads.buses(connection, ctx):
            for rule in rule_reads.rules(connection, bus, ctx):
                if not rule.get("ManagedBy"):
                    arn = str(rule["Arn"])
                    what = rule.get(SCHEDULE) or "event pattern"
                    words = [what, "" if bus == DEFAULT_BUS else f"bus {bus}"]
                    words.append("disabled" if rule.get("State") == "DISABLED" else "")
                    detail = ", ".join(filter(None, words))
                    yield Candidate(self.kind, arn, str(rule["Name"]), Place.of(arn), detail)

    def place(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> Place:
        """The chosen rule's; a new one, and one that events are forwarded to, is beside the function."""
        if wiring.source_arn and not forwards(wiring):
            return super().place(connection, wiring, ctx)
        ctx.check()
        return Place.of(wiring.function.function_arn)

    def elsewhere(self, wiring: Wiring, place: Place) -> tuple[Finding, ...]:
        """EB-REGION: events can hop from bus to bus."""
        here = Place.of(wiring.function.function_arn)
        if place.partition != here.partition or place.account_id != here.account_id:
            return ()
        fix = Fix(
            FixKind.EDIT,
            f"Forward events to a bus in {here.region} and add a rule there that invokes the function",
            region=here.region,
            values={FORWARD_TO: DEFAULT_BUS},
        )
        name = name_and_bus(wiring.source_arn)[0]
        return (
            Finding(
                "EB-REGION",
                Severity.BLOCK,
                f"The rule {name} in {place.region} cannot invoke a function in {here.region} directly.",
                "A rule can send its events to a bus in another region with a role that allows it.",
                (fix,),
            ),
        )

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """Of the rule, when it is made or changed, and of its target."""
        return rule_parameters(wiring)

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> RuleSeen:
        """Reads the rule, its targets, and the policy of its dead-letter queue. Raises WorkbenchError."""
        ctx.check()
        seen = self._rule(connection, wiring, ctx)
        queue_arn = str(wiring.values.get(DEAD_LETTER) or "")
        return replace(seen, dead_letter_policy=read_policy(connection, queue_arn)) if queue_arn else seen

    def _rule(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> RuleSeen:
        refusal = rule_reads.pattern_refusal(connection, str(wiring.values.get(PATTERN) or ""))
        if not wiring.source_arn:
            return replace(rule_reads.around(connection, wiring), refusal=refusal)
        if not forwards(wiring):
            return replace(rule_reads.read(connection, wiring.source_arn, ctx), refusal=refusal)
        far = rule_reads.read(
            connection.in_region(Place.of(wiring.source_arn).region), wiring.source_arn, ctx
        )
        near = rule_plan.near_rule(wiring, far)
        now = describe(connection, near[NAME], near[BUS])
        return RuleSeen(str(now.get("Arn", "")), rule_settings(now) if now else {}, far=far)

    def check(self, wiring: Wiring, seen: RuleSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        """Checks EB-PATTERN, EB-BROAD, EB-TARGETS, EB-MANAGED, EB-DISABLED and what rule_checks.py adds."""
        return check_rule(wiring, seen, rule_plan.wanted_rule(wiring, seen), rule_plan.rule_arn(wiring, seen))

    def grants(self, wiring: Wiring, seen: RuleSeen) -> tuple[WantedGrant, ...]:
        """One, for the rule that calls the function."""
        return (WantedGrant(PRINCIPAL, rule_plan.rule_arn(wiring, seen)),)

    def plan(self, wiring: Wiring, seen: RuleSeen, function: FunctionSeen) -> tuple[Step, ...]:
        """The rule when it is new, then its target; the hop from another region last."""
        return rule_plan.plan_rule(wiring, seen)

    def find(
        self, connection: Connection, function: FunctionSeen, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The rules of all buses with a target that is the function. Raises WorkbenchError."""
        found: list[Trigger] = []
        for bus in rule_reads.buses(connection, ctx):
            rules = {str(rule["Name"]): rule for rule in rule_reads.rules(connection, bus, ctx)}
            for name in rule_reads.names(connection, bus, tuple(rules), function, ctx):
                rule, targets = rules[name], rule_reads.targets(connection, name, bus, ctx)
                for target in targets:
                    if target.get("Arn") in function.arns:
                        found.append(_trigger(connection, rule, target, len(targets) - 1, function))
        return tuple(found)

    def update(self, trigger: Trigger, wiring: Wiring, seen: RuleSeen) -> tuple[Step, ...]:
        """Changes the rule, its target, or both."""
        return rule_plan.change_rule(trigger, wiring, seen)

    def pause(self, trigger: Trigger) -> tuple[Step, ...]:
        """Disables the rule; not one in a state that EnableRule would not bring back."""
        if trigger.state == _ALL_EVENTS:
            return ()
        others = trigger.values.get(OTHERS)
        note = f"; {others} more of its targets stop with it" if others else ""
        return (switch_step(trigger.source_arn, False, note),)

    def resume(self, trigger: Trigger) -> tuple[Step, ...]:
        """Enables the rule."""
        return (switch_step(trigger.source_arn, True),)

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Takes the target off; a rule that wiring made goes with its last target, so do hop and role."""
        return rule_plan.remove_rule(trigger)

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        """An event that the pattern lets through; none for schedules, nor for AWS's own sources."""
        far = str(trigger.values.get(FORWARDED) or "")
        parts = (far or trigger.source_arn).split(":")
        bus = name_and_bus(far or trigger.source_arn)[1]
        entry = sample_event(str(trigger.values.get(PATTERN) or ""), mark, parts[4], parts[3])
        if entry is None:
            return None
        title = f"Send an event of the source {entry['Source']} to the bus {bus}"
        step = Step(
            EVENTS_PUT, title, "events:PutEvents", parts[3], {"entry": {**entry, "EventBusName": bus}}
        )
        warning = f"Every other rule on the bus {bus} that matches this event is also triggered."
        return TestEvent(f"{title}.", (step,), mark, warning)

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """With the target's retry policy and the function's own settings."""
        queue = str(trigger.values.get(DEAD_LETTER) or "")
        never_taken = f"Events that Lambda does not accept are sent to {queue}. " if queue else ""
        far = str(trigger.values.get(FORWARDED) or "")
        hop = (f"Rule {name_and_bus(far)[0]} ({far.split(':')[3]})",) if far else ()
        return Explanation(
            ASYNC,
            "None: events can arrive in any order, and more than once.",
            upstream_ledger(self.kind, _number(trigger, RETRIES), _number(trigger, AGE)),
            async_ledger(function),
            never_taken + async_failures(function.failure_arns),
            BY_POLICY.format(principal=PRINCIPAL),
            (
                *hop,
                f"Rule {name_and_bus(trigger.source_arn)[0]}",
                "Lambda's queue",
                function.detail.function_name,
                *failure_names(function.failure_arns),
            ),
            "The Sandbox does not check the function's policy, sends nothing to other regions, "
            "and does not retry when Lambda does not accept an event.",
        )


def _number(trigger: Trigger, name: str) -> int | None:
    value = trigger.values.get(name)
    return value if isinstance(value, int) else None


def _trigger(
    connection: Connection,
    rule: Mapping[str, Any],
    target: Mapping[str, Any],
    others: int,
    function: FunctionSeen,
) -> Trigger:
    arn, name = str(rule["Arn"]), str(rule["Name"])
    values = flat(rule, RULE_NAMES) | flat(target, TARGET_NAMES)
    values |= {OTHERS: others} if others else {}
    values |= {MADE: True} if rule_reads.is_made(connection, arn) else {}
    if far := rule_plan.forwarded_from(name, str(rule.get("Description") or "")):
        values[FORWARDED] = far
        name = f"{name_and_bus(far)[0]} ({far.split(':')[3]})"
    qualifier = str(target["Arn"])[len(function.arns[0]) :].removeprefix(":")
    trigger = Trigger(
        SourceKind.RULE, arn, name, qualifier, str(target["Id"]), str(rule.get("State") or ""), values=values
    )
    return linked(trigger, [WantedGrant(PRINCIPAL, arn)], function)
