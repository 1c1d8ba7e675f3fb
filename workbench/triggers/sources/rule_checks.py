"""The checks of EventBridge rules. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.aws.eventbridge import problem_of
from workbench.triggers import filters
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import SourceKind, Wiring
from workbench.triggers.new_sources import bus_fix, name_problem
from workbench.triggers.sources.dead_letter_queue import closed, lets_in, queue_policy
from workbench.triggers.sources.rule_events import is_broad
from workbench.triggers.sources.rule_parameters import (
    DEAD_LETTER,
    DEFAULT_BUS,
    NAME,
    PATTERN,
    SCHEDULE,
    TRANSFORMER,
    is_change,
    rule_parameters,
)
from workbench.triggers.step import Step
from workbench.triggers.steps.rule import RULE_SWITCH
from workbench.triggers.values import check_values

EVENTS = "events.amazonaws.com"
TARGETS_LIMIT = 5
"""Targets of one rule; a quota that AWS does not raise.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"""


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A rule as it was read; or what stands where a new one is to be.

    Attributes:
        arn: Empty when there is none.
        rule: Its settings as PutRule takes them.
        managed_by: The service that made it; empty for people's.
        targets: As AWS answers them.
        has_bus: Whether the bus is there.
        far: The rule of another region whose events are to be forwarded.
        refusal: AWS's code and text when it does not take the pattern, though nothing was found here.
        dead_letter_policy: Of the chosen dead-letter queue; None when it may not be read, or none is chosen.
    """

    arn: str = ""
    rule: Mapping[str, Any] = field(default_factory=dict)
    managed_by: str = ""
    targets: Sequence[Mapping[str, Any]] = ()
    has_bus: bool = True
    far: "RuleSeen | None" = None
    refusal: str = ""
    dead_letter_policy: str | None = None


def check_rule(
    wiring: Wiring, seen: RuleSeen, wanted: Mapping[str, Any], rule_arn: str
) -> tuple[Finding, ...]:
    """EB-PATTERN, -BROAD, -EXPR, -TARGETS, -MANAGED, -DISABLED, -INPUT, -DLQ, and what has no id there.

    Args:
        wiring: What is wanted.
        seen: What is there.
        wanted: The settings that the rule is going to have.
        rule_arn: Of the rule that calls the function.
    """
    found = list(check_values(rule_parameters(wiring), wiring.values))
    existing = seen.far or (seen if wiring.source_arn else None)
    if existing is None:
        found += _new(wiring, seen)
    else:
        found += _existing(wiring, existing)
    if existing is None or is_change(wiring):
        found += _content(wanted)
    if seen.refusal:
        what = "AWS does not accept the event pattern."
        found.append(Finding("EB-PATTERN", Severity.BLOCK, what, "AWS reports:", aws=seen.refusal))
    return (*found, *_input(wiring), *_dead_letter(wiring, seen, rule_arn))


def _dead_letter(wiring: Wiring, seen: RuleSeen, rule_arn: str) -> list[Finding]:
    """A rule has no role for its dead-letter queue: the queue's policy must let it in.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    queue_arn = str(wiring.values.get(DEAD_LETTER) or "")
    if not queue_arn or lets_in(seen.dead_letter_policy, queue_arn, rule_arn, EVENTS):
        return []
    policy = queue_policy(queue_arn, rule_arn, EVENTS, "RuleSends")
    name = name_and_bus(rule_arn)[0]
    return [closed("EB-DLQ", f"rule {name}", "events that Lambda does not accept", queue_arn, policy)]


def _new(wiring: Wiring, seen: RuleSeen) -> list[Finding]:
    name = wiring.values.get(NAME)
    if not seen.has_bus:
        bus = str(wiring.values.get("EventBusName"))
        what = f"The event bus “{bus}” does not exist in {wiring.function.region}."
        if problem := name_problem(SourceKind.RULE, bus):
            return [Finding("EB-BUS", Severity.BLOCK, what, problem)]
        return [Finding("EB-BUS", Severity.BLOCK, what, fixes=(bus_fix(wiring, bus),))]
    if not seen.arn:
        return []
    fix = Fix(
        FixKind.OTHER_SOURCE,
        "Add the function to that rule",
        source_kind=SourceKind.RULE,
        source_arn=seen.arn,
    )
    what = f"The rule {name} already exists on this bus."
    return [Finding("EB-EXISTS", Severity.BLOCK, what, "A new rule would overwrite it.", (fix,))]


def _existing(wiring: Wiring, seen: RuleSeen) -> list[Finding]:
    name = str(seen.rule.get(NAME, ""))
    if seen.managed_by:
        why = "Rules that are managed by an AWS service cannot be changed."
        return [Finding("EB-MANAGED", Severity.BLOCK, f"{seen.managed_by} manages the rule {name}.", why)]
    found = []
    ours = [each for each in seen.targets if each.get("Arn") == wiring.target_arn]
    if is_change(wiring):
        changed = any(wiring.values.get(key, seen.rule.get(key)) != seen.rule.get(key) for key in _SHARED)
        if changed and len(seen.targets) > 1:
            others = len(seen.targets) - 1
            what = f"The rule {name} has {others} more target{'s' if others > 1 else ''}."
            found.append(Finding("EB-SHARED", Severity.WARN, what, "The change affects all of them."))
    elif ours:
        fix = Fix(FixKind.OPEN_EXISTING, "Open the existing trigger", text=str(ours[0]["Id"]))
        what = f"The rule {name} already invokes this function."
        found.append(Finding("EB-DUP", Severity.BLOCK, what, "Each event would invoke it twice.", (fix,)))
    elif len(seen.targets) >= TARGETS_LIMIT:
        why = f"AWS allows {TARGETS_LIMIT} for each rule. Create a new rule with the same pattern."
        what = f"The rule {name} already has {len(seen.targets)} targets."
        found.append(Finding("EB-TARGETS", Severity.BLOCK, what, why))
    if seen.rule.get("State") == "DISABLED" and wiring.values.get("State") != "DISABLED":
        fix = Fix(FixKind.STEPS, "Enable the rule", (switch_step(seen.arn, True),))
        what = f"The rule {name} is disabled."
        found.append(
            Finding(
                "EB-DISABLED", Severity.WARN, what, "It does not invoke anything until it is enabled.", (fix,)
            )
        )
    return found


_SHARED = (PATTERN, SCHEDULE, "State")


def _content(wanted: Mapping[str, Any]) -> list[Finding]:
    """The pattern or the schedule of a rule that is made or changed."""
    pattern, schedule = str(wanted.get(PATTERN) or ""), str(wanted.get(SCHEDULE) or "")
    if not pattern and not schedule:
        what = "The rule needs an event pattern or a schedule."
        return [Finding("EB-PATTERN", Severity.BLOCK, what, "AWS rejects a rule with neither.")]
    found = []
    if pattern:
        problems = filters.problems(pattern)
        found += [
            Finding("EB-PATTERN", Severity.BLOCK, f"The event pattern: {problem}", "AWS would reject it.")
            for problem in problems
        ]
        if not problems and is_broad(pattern):
            what = "The pattern matches every event on the bus."
            why = "On the default bus, that includes every change that AWS services report. Specify a source."
            found.append(Finding("EB-BROAD", Severity.WARN, what, why))
    if schedule:
        if problem := problem_of(schedule, knows_at=False, is_strict=True):
            found.append(Finding("EB-EXPR", Severity.BLOCK, problem, "Times are in UTC."))
        if (bus := wanted.get("EventBusName", DEFAULT_BUS)) != DEFAULT_BUS:
            what = f"A rule on the bus {bus} cannot have a schedule."
            found.append(
                Finding("EB-EXPR", Severity.BLOCK, what, "Only rules on the default bus can have one.")
            )
    return found


def _input(wiring: Wiring) -> list[Finding]:
    given = [name for name in ("Input", "InputPath", TRANSFORMER) if wiring.values.get(name)]
    if len(given) < 2:
        return []
    what = f"A target can have only one of {', '.join(given)}."
    return [Finding("EB-INPUT", Severity.BLOCK, what, "Each of them defines the input of the function.")]


def switch_step(rule_arn: str, on: bool, note: str = "") -> Step:
    """Enables or disables a rule.

    Args:
        rule_arn: Which.
        on: Whether it is to be enabled.
        note: What else is to be said of it.
    """
    name, bus = name_and_bus(rule_arn)
    args = {"name": name, "bus": bus, "on": on}
    region = rule_arn.split(":")[3]
    if on:
        title, undo = f"Enable the rule {name}{note}", "Disable it again"
        return Step(RULE_SWITCH, title, "events:EnableRule", region, args, undo)
    title, undo = f"Disable the rule {name}{note}", "Enable it again"
    return Step(RULE_SWITCH, title, "events:DisableRule", region, args, undo)


def name_and_bus(rule_arn: str) -> tuple[str, str]:
    """Of arn:…:rule/{name} and arn:…:rule/{bus}/{name}; the name of a partner's bus has slashes."""
    path = rule_arn.split(":", 5)[5].removeprefix("rule/")
    bus, _, name = path.rpartition("/")
    return name, bus or DEFAULT_BUS
