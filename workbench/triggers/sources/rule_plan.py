"""The steps of EventBridge rules. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workbench.triggers.model import Place, Trigger, Wiring
from workbench.triggers.sources.rule_checks import EVENTS, RuleSeen, name_and_bus
from workbench.triggers.sources.rule_parameters import (
    BUS,
    DEFAULT_BUS,
    FORWARD_TO,
    FORWARDED,
    MADE,
    NAME,
    PATTERN,
    RULE_NAMES,
    SCHEDULE,
    is_change,
    target_settings,
)
from workbench.triggers.step import Step
from workbench.triggers.steps.rule import RULE_CHANGE, RULE_DELETE, RULE_PUT, rule_settings
from workbench.triggers.steps.rule_target import TARGET_PUT, TARGET_REMOVE
from workbench.triggers.steps.service_role import (
    SERVICE_ROLE,
    delete_role_step,
    service_role_name,
    service_role_step,
)
from workbench.triggers.values import structured

_HOP, _FROM = "wb-hop-", "Forwarded from "


def wanted_rule(wiring: Wiring, seen: RuleSeen) -> dict[str, Any]:
    """The settings that the rule which calls the function is going to have."""
    if seen.far is not None:
        return near_rule(wiring, seen.far)
    values = {key: value for key, value in wiring.values.items() if value not in ("", None)}
    if not wiring.source_arn:
        return rule_settings(structured(values, RULE_NAMES))
    if not is_change(wiring):
        return rule_settings(seen.rule)
    state = {"State": wiring.values.get("State") or seen.rule.get("State")}
    shown = {key: wiring.values.get(key) for key in RULE_NAMES[2:]}
    return rule_settings({**seen.rule, **shown, **state})


def near_rule(wiring: Wiring, far: RuleSeen) -> dict[str, Any]:
    """The rule beside the function that takes up what a rule of another region forwards."""
    region = far.arn.split(":")[3]
    if pattern := far.rule.get(PATTERN):
        read = {"region": [region], **json.loads(pattern)}
    else:
        read = {"source": ["aws.events"], "resources": [far.arn]}
    return rule_settings(
        {
            NAME: _HOP + _digest(far.arn, wiring.target_arn),
            BUS: str(wiring.values.get(FORWARD_TO) or DEFAULT_BUS),
            PATTERN: json.dumps(read),
            "Description": _FROM + far.arn,
        }
    )


def forwarded_from(rule_name: str, description: str) -> str:
    """The ARN of the rule whose events come to a rule that wiring made for them; else empty."""
    is_hop = rule_name.startswith(_HOP) and description.startswith(f"{_FROM}arn:")
    return description.removeprefix(_FROM) if is_hop else ""


def rule_arn(wiring: Wiring, seen: RuleSeen) -> str:
    """Of the rule that calls the function."""
    if wiring.source_arn and seen.far is None:
        return wiring.source_arn
    rule, place = wanted_rule(wiring, seen), Place.of(wiring.function.function_arn)
    bus = rule.get(BUS, DEFAULT_BUS)
    path = rule.get(NAME, "") if bus == DEFAULT_BUS else f"{bus}/{rule.get(NAME, '')}"
    return f"arn:{place.partition}:events:{place.region}:{place.account_id}:rule/{path}"


def plan_rule(wiring: Wiring, seen: RuleSeen) -> tuple[Step, ...]:
    """A new rule and its target; or a target only; the hop from another region last, when all is ready."""
    arn = rule_arn(wiring, seen)
    steps: tuple[Step, ...] = ()
    steps += () if wiring.source_arn and seen.far is None else (_put(wanted_rule(wiring, seen), arn),)
    steps += (
        _target(
            arn, _function_target(arn, wiring), f"Allow it to invoke {wiring.target_arn.split(':', 6)[6]}"
        ),
    )
    return steps if seen.far is None else (_role(arn), *steps, _hop(seen.far, arn))


def change_rule(trigger: Trigger, wiring: Wiring, seen: RuleSeen) -> tuple[Step, ...]:
    """What differs of the rule, and of its target."""
    steps: tuple[Step, ...] = ()
    wanted = wanted_rule(wiring, seen)
    name, region = seen.rule.get(NAME, ""), trigger.source_arn.split(":")[3]
    if wanted != seen.rule:
        args = {"rule": wanted, "before": dict(seen.rule)}
        undo = "Restore the previous settings"
        steps = (Step(RULE_CHANGE, f"Change the rule {name}", "events:PutRule", region, args, undo),)
    before = next((dict(each) for each in seen.targets if each.get("Id") == trigger.identity), {})
    target = {"Id": trigger.identity, "Arn": wiring.target_arn, **target_settings(wiring.values)}
    kept = {key: value for key, value in before.items() if key not in target and key not in _SETTABLE}
    if before != target | kept:
        steps += (_target(trigger.source_arn, target | kept, "Change what it sends to the function"),)
    return steps


def remove_rule(trigger: Trigger) -> tuple[Step, ...]:
    """The hop first, so that nothing comes any more; then the target, our rule, our role."""
    arn, far = trigger.source_arn, str(trigger.values.get(FORWARDED) or "")
    is_made = bool(trigger.values.get(MADE))
    steps: tuple[Step, ...] = ()
    steps += (_remove(far, _hop_id(arn), f"Stop forwarding from {far}"),) if far and is_made else ()
    steps += (_remove(arn, trigger.identity, f"Remove the function from the rule {name_and_bus(arn)[0]}"),)
    if is_made:
        steps += (_delete(arn),)
    return (*steps, delete_role_step(_role_arn(arn), arn.split(":")[3])) if far and is_made else steps


_SETTABLE = ("Input", "InputPath", "InputTransformer", "RetryPolicy", "DeadLetterConfig")


def _function_target(arn: str, wiring: Wiring) -> dict[str, Any]:
    name = wiring.function.function_name[:48]
    target_id = f"wb-{name}-{_digest(arn, wiring.target_arn)}"
    return {"Id": target_id, "Arn": wiring.target_arn, **target_settings(wiring.values)}


def _put(rule: Mapping[str, Any], arn: str) -> Step:
    what = f"the schedule {rule[SCHEDULE]}" if SCHEDULE in rule else "an event pattern"
    name, region = rule.get(NAME, ""), arn.split(":")[3]
    title = f"Create the rule {name} with {what} on the bus {rule[BUS]} in {region}"
    return Step(RULE_PUT, title, "events:PutRule", region, {"rule": dict(rule)}, "Delete the rule")


def _target(arn: str, target: Mapping[str, Any], title: str, role_action: str = "") -> Step:
    name, bus = name_and_bus(arn)
    args = {"name": name, "bus": bus, "target": dict(target), "role_action": role_action}
    undo = "Remove the target or restore the previous one"
    return Step(TARGET_PUT, title, "events:PutTargets", arn.split(":")[3], args, undo)


def _remove(arn: str, target_id: str, title: str) -> Step:
    name, bus = name_and_bus(arn)
    args = {"name": name, "bus": bus, "id": target_id}
    undo = "Add the target again"
    return Step(TARGET_REMOVE, title, "events:RemoveTargets", arn.split(":")[3], args, undo)


def _delete(arn: str) -> Step:
    name, bus = name_and_bus(arn)
    title = f"Delete the rule {name}, which was created for this trigger, if it has no more targets"
    args, undo = {"name": name, "bus": bus}, "Create the rule again"
    return Step(RULE_DELETE, title, "events:DeleteRule", arn.split(":")[3], args, undo)


def _bus_arn(arn: str) -> str:
    parts, bus = arn.split(":"), name_and_bus(arn)[1]
    return f"arn:{parts[1]}:events:{parts[3]}:{parts[4]}:event-bus/{bus}"


def _role(arn: str) -> Step:
    parts = arn.split(":")
    return service_role_step(EVENTS, arn, parts[3], parts[4], "events:PutEvents", [_bus_arn(arn)])


def _role_arn(arn: str) -> str:
    parts = arn.split(":")
    return f"arn:{parts[1]}:iam::{parts[4]}:role/{service_role_name(EVENTS, arn)}"


def _hop(far: RuleSeen, arn: str) -> Step:
    bus, region = _bus_arn(arn), far.arn.split(":")[3]
    name = far.rule.get(NAME, "")
    title = f"Allow the rule {name} in {region} to forward its events to {bus}"
    return _target(far.arn, {"Id": _hop_id(arn), "Arn": bus}, title, SERVICE_ROLE)


def _hop_id(arn: str) -> str:
    return _HOP + _digest(arn)


def _digest(*texts: str) -> str:
    return hashlib.sha256("|".join(texts).encode()).hexdigest()[:10]
