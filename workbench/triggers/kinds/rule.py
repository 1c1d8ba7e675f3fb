"""Rules of Amazon EventBridge, with a pattern or a schedule.

A trigger is a new rule, or a target added to an existing one.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import once, subject_count
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.detail import find
from workbench.triggers import filters
from workbench.triggers.kinds.rule_parameters import (
    AGE,
    BUS,
    DEAD_LETTER,
    DEFAULT_BUS,
    EVENTS,
    FORWARD_TO,
    FORWARDED,
    MADE,
    NAME,
    OTHERS,
    PATTERN,
    RESERVED,
    RETRIES,
    RULE_NAMES,
    SCHEDULE,
    TARGET_NAMES,
    ObservedRule,
    check_rule,
    forwards,
    is_change,
    is_matched,
    name_and_bus,
    rule_parameters,
    sample_event,
    switch_step,
    target_settings,
)
from workbench.triggers.kinds.source import (
    BY_POLICY,
    Source,
    Upstream,
    explain_async,
    linked,
    never_taken,
    own_retries,
    read_policy,
    source_retries,
)
from workbench.triggers.model import (
    Candidate,
    Explanation,
    Findings,
    Fix,
    FixKind,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    WantedGrant,
    block,
)
from workbench.triggers.new_sources import Bus
from workbench.triggers.parameter import Parameter, flat, structured
from workbench.triggers.role import SERVICE_ROLE, delete_role_step, service_role_name, service_role_step
from workbench.triggers.steps import Step
from workbench.triggers.steps.rule import (
    EVENTS_PUT,
    RULE_CHANGE,
    RULE_DELETE,
    RULE_PUT,
    TAG,
    TARGET_PUT,
    TARGET_REMOVE,
    describe,
    rule_settings,
)
from workbench.triggers.test_events import NO_TEXTS, EventField, TestEvent, json_object_fault, texts_of

_Aim = tuple[Mapping[str, Any], Mapping[str, Any], int]
"""A rule, one of its targets, and the number of its other targets."""
_REFUSED = "InvalidEventPatternException"
_ENTRY_LIMIT_BYTES, _DETAIL_TYPE_LIMIT = 1024 * 1024, 128
"""Of an entry, and of its detail type in characters.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html"""
_EVENT = json.dumps(
    {
        "id": "1",
        "account": "123456789012",
        "source": "workbench",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail-type": "Test",
        "detail": {},
    }
)
"""The members that TestEventPattern requires.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html"""


def _pattern_refusal(connection: Connection, pattern: str) -> str:
    """Asks TestEventPattern about a pattern that passed the checks here.

    Returns:
        AWS's code and text; empty if it accepts the pattern, or may not be asked.
    """
    if not pattern or filters.problems(pattern):
        return ""
    failure = _("Could not test the event pattern.")
    try:
        connection.call("events", "test_event_pattern", failure=failure, EventPattern=pattern, Event=_EVENT)
    except WorkbenchError as error:
        return f"{error.aws_code}: {error.why}" if error.aws_code == _REFUSED else ""
    return ""


def _read_new(connection: Connection, spec: TriggerSpec) -> ObservedRule:
    """Reads the rule whose name a new one would get. Raises WorkbenchError."""
    name, bus = str(spec.values.get(NAME) or ""), str(spec.values.get(BUS) or DEFAULT_BUS)
    if bus != DEFAULT_BUS:
        failure = _("Could not find the event bus {bus}.").format(bus=bus)
        if not find(connection, "describe_event_bus", failure, service="events", Name=bus):
            return ObservedRule(has_bus=False)
    now = describe(connection, name, bus) if name else {}
    return ObservedRule(str(now.get("Arn", "")), rule_settings(now) if now else {})


def _read_rule(connection: Connection, rule_arn: str, ctx: JobContext) -> ObservedRule:
    """Reads an existing rule with its targets. Raises WorkbenchError."""
    name, bus = name_and_bus(rule_arn)
    now = describe(connection, name, bus)
    if not now:
        raise WorkbenchError(
            _("The rule {name} cannot be a trigger.").format(name=name),
            _("The rule does not exist on the bus {bus} in {region}.").format(
                bus=bus, region=connection.region
            ),
            _("Choose another rule or create one."),
            aws_code="ResourceNotFoundException",
        )
    managed_by = str(now.get("ManagedBy") or "")
    return ObservedRule(rule_arn, rule_settings(now), managed_by, _list_targets(connection, name, bus, ctx))


def _listed(
    connection: Connection, method: str, key: str, failure: str, ctx: JobContext, **request: Any
) -> list[Any]:
    """All pages of a List operation of EventBridge. Most of them have no paginator."""
    found: list[Any] = []
    token: dict[str, Any] = {}
    while True:
        ctx.check()
        answer = connection.call("events", method, failure=failure, **request, **token)
        found += answer.get(key) or ()
        if not answer.get("NextToken"):
            return found
        token = {"NextToken": str(answer["NextToken"])}


def _list_buses(connection: Connection, ctx: JobContext) -> list[str]:
    """The names of the region's buses. Raises WorkbenchError, Cancelled."""
    listed = _listed(connection, "list_event_buses", "EventBuses", _("Could not list the event buses."), ctx)
    return [str(bus["Name"]) for bus in listed]


def list_rules(connection: Connection, bus: str, ctx: JobContext) -> list[Mapping[str, Any]]:
    """The rules of a bus, as AWS answers them. Raises WorkbenchError, Cancelled."""
    return _listed(
        connection,
        "list_rules",
        "Rules",
        _("Could not list the rules of {bus}.").format(bus=bus),
        ctx,
        EventBusName=bus,
    )


def _list_targets(
    connection: Connection, name: str, bus: str, ctx: JobContext
) -> tuple[Mapping[str, Any], ...]:
    """The targets of a rule. Raises WorkbenchError, Cancelled."""
    failure = _("Could not read the targets of the rule {name}.").format(name=name)
    return tuple(
        _listed(connection, "list_targets_by_rule", "Targets", failure, ctx, Rule=name, EventBusName=bus)
    )


def _targets_in(
    connection: Connection, bus: str, function: ObservedFunction, ctx: JobContext
) -> Iterator[_Aim]:
    """The function as a target of the rules of a bus, found with the fewest requests.

    The targets of a rule are shared by all functions of a fleet; the rules of a target are not.
    """
    rules = list_rules(connection, bus, ctx)
    if len(rules) > len(function.arns) * subject_count(connection):
        names = _rule_names(connection, bus, function, ctx)
        found = _targets_by_arn(connection, bus, [each for each in rules if str(each["Name"]) in names], ctx)
    else:
        found = once(connection, ("targets", bus), lambda: _targets_by_arn(connection, bus, rules, ctx))
    for arn in function.arns:
        yield from found.get(arn, ())


def _targets_by_arn(
    connection: Connection, bus: str, rules: Iterable[Mapping[str, Any]], ctx: JobContext
) -> dict[str, list[_Aim]]:
    found: dict[str, list[_Aim]] = {}
    for rule in rules:
        targets = _list_targets(connection, str(rule["Name"]), bus, ctx)
        for target in targets:
            found.setdefault(str(target.get("Arn")), []).append((rule, target, len(targets) - 1))
    return found


def _rule_names(
    connection: Connection, bus: str, function: ObservedFunction, ctx: JobContext
) -> frozenset[str]:
    """The rules of a bus that have the function as a target."""
    failure = _("Could not find the rules that invoke {function_name}.").format(
        function_name=function.detail.function_name
    )
    return frozenset(
        name
        for arn in function.arns
        for name in _listed(
            connection,
            "list_rule_names_by_target",
            "RuleNames",
            failure,
            ctx,
            TargetArn=arn,
            EventBusName=bus,
        )
    )


def is_made(connection: Connection, rule_arn: str) -> bool:
    """Whether the rule has our tag. If tags may not be read, the rule is kept when its trigger is removed."""
    try:
        answer = connection.call(
            "events",
            "list_tags_for_resource",
            failure=_("Could not read the rule's tags."),
            ResourceARN=rule_arn,
        )
    except WorkbenchError:
        return False
    return any(each.get("Key") == TAG for each in answer.get("Tags") or ())


_HOP, _FROM = "wb-hop-", "Forwarded from "


def _wanted_rule(spec: TriggerSpec, observed: ObservedRule) -> dict[str, Any]:
    """The desired settings of the rule that invokes the function."""
    if observed.far is not None:
        return _near_rule(spec, observed.far)
    values = {key: value for key, value in spec.values.items() if value not in ("", None)}
    if not spec.source_arn:
        return rule_settings(structured(values, RULE_NAMES))
    if not is_change(spec):
        return rule_settings(observed.rule)
    state = {"State": spec.values.get("State") or observed.rule.get("State")}
    shown = {key: spec.values.get(key) for key in RULE_NAMES[2:]}
    return rule_settings({**observed.rule, **shown, **state})


def _near_rule(spec: TriggerSpec, far: ObservedRule) -> dict[str, Any]:
    """The rule in the function's region that receives what a rule of another region forwards."""
    region = far.arn.split(":")[3]
    if pattern := far.rule.get(PATTERN):
        read = {"region": [region], **json.loads(pattern)}
    else:
        read = {"source": ["aws.events"], "resources": [far.arn]}
    return rule_settings(
        {
            NAME: _HOP + _digest(far.arn, spec.target_arn),
            BUS: str(spec.values.get(FORWARD_TO) or DEFAULT_BUS),
            PATTERN: json.dumps(read),
            "Description": _FROM + far.arn,
        }
    )


def _forwarded_from(rule_name: str, description: str) -> str:
    """The ARN of the rule that forwards events to a rule that Workbench created for it; otherwise empty."""
    is_hop = rule_name.startswith(_HOP) and description.startswith(f"{_FROM}arn:")
    return description.removeprefix(_FROM) if is_hop else ""


def rule_arn(spec: TriggerSpec, observed: ObservedRule) -> str:
    """The ARN of the rule that invokes the function."""
    if spec.source_arn and observed.far is None:
        return spec.source_arn
    rule, location = _wanted_rule(spec, observed), Location.of(spec.function.function_arn)
    bus = rule.get(BUS, DEFAULT_BUS)
    path = rule.get(NAME, "") if bus == DEFAULT_BUS else f"{bus}/{rule.get(NAME, '')}"
    return f"arn:{location.partition}:events:{location.region}:{location.account_id}:rule/{path}"


_SETTABLE = ("Input", "InputPath", "InputTransformer", "RetryPolicy", "DeadLetterConfig")


def _function_target(arn: str, spec: TriggerSpec) -> dict[str, Any]:
    name = spec.function.function_name[:48]
    target_id = f"wb-{name}-{_digest(arn, spec.target_arn)}"
    return {"Id": target_id, "Arn": spec.target_arn, **target_settings(spec.values)}


def _put(rule: Mapping[str, Any], arn: str) -> Step:
    what = _("the schedule {rule}").format(rule=rule[SCHEDULE]) if SCHEDULE in rule else _("an event pattern")
    name, region = rule.get(NAME, ""), arn.split(":")[3]
    title = _("Create the rule {name} with {what} on the bus {rule} in {region}").format(
        name=name, what=what, rule=rule[BUS], region=region
    )
    return Step(RULE_PUT, title, "events:PutRule", region, {"rule": dict(rule)}, _("Delete the rule"))


def _target(arn: str, target: Mapping[str, Any], title: str, role_action: str = "") -> Step:
    name, bus = name_and_bus(arn)
    args = {"name": name, "bus": bus, "target": dict(target), "role_action": role_action}
    undo = _("Remove the target or restore the previous one")
    return Step(TARGET_PUT, title, "events:PutTargets", arn.split(":")[3], args, undo)


def _remove(arn: str, target_id: str, title: str) -> Step:
    name, bus = name_and_bus(arn)
    args = {"name": name, "bus": bus, "id": target_id}
    undo = _("Add the target again")
    return Step(TARGET_REMOVE, title, "events:RemoveTargets", arn.split(":")[3], args, undo)


def _delete(arn: str) -> Step:
    name, bus = name_and_bus(arn)
    title = _("Delete the rule {name}, which was created for this trigger, if it has no more targets").format(
        name=name
    )
    args, undo = {"name": name, "bus": bus}, _("Create the rule again")
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


def _hop(far: ObservedRule, arn: str) -> Step:
    bus, region = _bus_arn(arn), far.arn.split(":")[3]
    name = far.rule.get(NAME, "")
    title = _("Allow the rule {name} in {region} to forward its events to {bus}").format(
        name=name, region=region, bus=bus
    )
    return _target(far.arn, {"Id": _hop_id(arn), "Arn": bus}, title, SERVICE_ROLE)


def _hop_id(arn: str) -> str:
    return _HOP + _digest(arn)


def _digest(*texts: str) -> str:
    return hashlib.sha256("|".join(texts).encode()).hexdigest()[:10]


PRINCIPAL = "events.amazonaws.com"
_ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


class EventBridgeRule(Source[ObservedRule]):
    """A rule of any bus in the function's region, or a rule of another region that forwards its events."""

    kind = SourceKind("events")
    title, icon = "EventBridge rule", "zap"
    description = _("Events of AWS services or your applications that match a pattern.")
    makes_its_source = True
    rule = Rule(_("rule"), _("Amazon EventBridge"), Model.PUSH_ASYNC)
    arn_service, arn_resource = "events", "rule/"
    policy_service = "events"
    new_resource = Bus()
    sample_event = "eventbridge-schedule.json"
    upstream = Upstream(185, 86_400)
    """Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html"""

    def candidates(self, connection: Connection, ctx: JobContext) -> Iterator[Candidate]:
        """The rules of all buses, except managed ones. Raises WorkbenchError, Cancelled."""
        for bus in _list_buses(connection, ctx):
            for rule in list_rules(connection, bus, ctx):
                if not rule.get("ManagedBy"):
                    arn = str(rule["Arn"])
                    what = rule.get(SCHEDULE) or _("event pattern")
                    words = [what, "" if bus == DEFAULT_BUS else _("bus {bus}").format(bus=bus)]
                    words.append("disabled" if rule.get("State") == "DISABLED" else "")
                    detail = ", ".join(filter(None, words))
                    yield Candidate(self.kind, arn, str(rule["Name"]), Location.of(arn), detail)

    def location(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> Location:
        """The location of the chosen rule; the function's for new and forwarded-to rules."""
        if spec.source_arn and not forwards(spec):
            return super().location(connection, spec, ctx)
        ctx.check()
        return Location.of(spec.function.function_arn)

    def cross_region_findings(self, spec: TriggerSpec, location: Location) -> Findings:
        """Check EB-REGION: events can be forwarded from bus to bus."""
        here = Location.of(spec.function.function_arn)
        if location.partition != here.partition or location.account_id != here.account_id:
            return ()
        fix = Fix(
            FixKind.EDIT,
            _("Forward events to a bus in {region} and add a rule there that invokes the function").format(
                region=here.region
            ),
            region=here.region,
            values={FORWARD_TO: DEFAULT_BUS},
        )
        name = name_and_bus(spec.source_arn)[0]
        return (
            block(
                "EB-REGION",
                _(
                    "The rule {name} in {region} cannot invoke a function in {function_region} directly."
                ).format(name=name, region=location.region, function_region=here.region),
                _("A rule can send its events to a bus in another region with a role that allows it."),
                fix,
            ),
        )

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return rule_parameters(spec)

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedRule:
        ctx.check()
        observed = self._rule(connection, spec, ctx)
        queue_arn = str(spec.values.get(DEAD_LETTER) or "")
        return (
            replace(observed, dead_letter_policy=read_policy(connection, queue_arn))
            if queue_arn
            else observed
        )

    def _rule(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedRule:
        refusal = _pattern_refusal(connection, str(spec.values.get(PATTERN) or ""))
        if not spec.source_arn:
            return replace(_read_new(connection, spec), refusal=refusal)
        if not forwards(spec):
            return replace(_read_rule(connection, spec.source_arn, ctx), refusal=refusal)
        far = _read_rule(connection.in_region(Location.of(spec.source_arn).region), spec.source_arn, ctx)
        near = _near_rule(spec, far)
        now = describe(connection, near[NAME], near[BUS])
        return ObservedRule(str(now.get("Arn", "")), rule_settings(now) if now else {}, far=far)

    def check(self, spec: TriggerSpec, observed: ObservedRule, function: ObservedFunction) -> Findings:
        """Checks EB-* and ranges."""
        return check_rule(spec, observed, _wanted_rule(spec, observed), rule_arn(spec, observed))

    def grants(self, spec: TriggerSpec, observed: ObservedRule) -> tuple[WantedGrant, ...]:
        """One statement, for the rule that invokes the function."""
        return (WantedGrant(PRINCIPAL, rule_arn(spec, observed)),)

    def plan(self, spec: TriggerSpec, observed: ObservedRule) -> Steps:
        """The rule if it is new, then its target; last the forwarding from another region."""
        arn = rule_arn(spec, observed)
        steps: Steps = ()
        steps += (
            () if spec.source_arn and observed.far is None else (_put(_wanted_rule(spec, observed), arn),)
        )
        steps += (
            _target(
                arn,
                _function_target(arn, spec),
                _("Allow it to invoke {function}").format(function=spec.target_name),
            ),
        )
        return steps if observed.far is None else (_role(arn), *steps, _hop(observed.far, arn))

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        return tuple(
            _trigger(connection, *each, function)
            for bus in _list_buses(connection, ctx)
            for each in _targets_in(connection, bus, function, ctx)
        )

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: ObservedRule) -> Steps:
        steps: Steps = ()
        wanted = _wanted_rule(spec, observed)
        name, region = observed.rule.get(NAME, ""), trigger.source_arn.split(":")[3]
        if wanted != observed.rule:
            args = {"rule": wanted, "seen": dict(observed.rule)}
            undo = _("Restore the previous settings")
            steps = (
                Step(
                    RULE_CHANGE,
                    _("Change the rule {name}").format(name=name),
                    "events:PutRule",
                    region,
                    args,
                    undo,
                ),
            )
        before = next((dict(each) for each in observed.targets if each.get("Id") == trigger.identity), {})
        target = {"Id": trigger.identity, "Arn": spec.target_arn, **target_settings(spec.values)}
        kept = {key: value for key, value in before.items() if key not in target and key not in _SETTABLE}
        if before != target | kept:
            steps += (_target(trigger.source_arn, target | kept, _("Change what it sends to the function")),)
        return steps

    def pause(self, trigger: Trigger) -> Steps:
        """Disables the rule, except in a state that EnableRule would not restore."""
        if trigger.state == _ALL_EVENTS:
            return ()
        others = trigger.values.get(OTHERS)
        return (switch_step(trigger.source_arn, False, others if isinstance(others, int) else 0),)

    def resume(self, trigger: Trigger) -> Steps:
        return (switch_step(trigger.source_arn, True),)

    def remove(self, trigger: Trigger) -> Steps:
        """Removes the target, and with its last target our rule, the forwarding rule and its role."""
        arn, far = trigger.source_arn, str(trigger.values.get(FORWARDED) or "")
        is_made = bool(trigger.values.get(MADE))
        steps: Steps = ()
        steps += (
            (_remove(far, _hop_id(arn), _("Stop forwarding from {rule}").format(rule=far)),)
            if far and is_made
            else ()
        )
        steps += (
            _remove(
                arn,
                trigger.identity,
                _("Remove the function from the rule {name}").format(name=name_and_bus(arn)[0]),
            ),
        )
        if is_made:
            steps += (_delete(arn),)
        return (*steps, delete_role_step(_role_arn(arn), arn.split(":")[3])) if far and is_made else steps

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        """An event that matches the pattern; None for schedules and for AWS's own sources."""
        far = str(trigger.values.get(FORWARDED) or "")
        parts = (far or trigger.source_arn).split(":")
        bus = name_and_bus(far or trigger.source_arn)[1]
        pattern = str(trigger.values.get(PATTERN) or "")
        entry = sample_event(pattern, mark, parts[4], parts[3])
        if entry is None:
            return None
        fields = (
            EventField("Source", _("Source"), entry["Source"], 256, is_line=True, check=_source_fault),
            EventField(
                "DetailType",
                _("Detail type"),
                entry["DetailType"],
                4 * _DETAIL_TYPE_LIMIT,
                is_line=True,
                check=_detail_type_fault,
            ),
            EventField("Detail", _("Detail"), entry["Detail"], _ENTRY_LIMIT_BYTES, check=json_object_fault),
        )
        entry |= texts_of(fields, texts)
        title = _("Send an event of the source {source} to the bus {bus}").format(
            source=entry["Source"], bus=bus
        )
        step = Step(
            EVENTS_PUT, title, "events:PutEvents", parts[3], {"entry": {**entry, "EventBusName": bus}}
        )
        warning = _("Every other rule on the bus {bus} that matches this event is also triggered.").format(
            bus=bus
        )
        has_fault = any(field.fault(entry[field.name]) for field in fields)
        if not has_fault and not is_matched(pattern, entry, parts[4], parts[3]):
            warning = sentences(warning, _("The rule's event pattern does not match such an event."))
        stays = _("Sending cannot be undone: the bus has passed the event to the rules that match it.")
        return TestEvent(f"{title}.", (step,), mark, warning, fields, stays)

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        path = [_("Rule {source_arn}").format(source_arn=name_and_bus(trigger.source_arn)[0])]
        if far := str(trigger.values.get(FORWARDED) or ""):
            region = far.split(":")[3]
            path.insert(0, _("Rule {name} ({region})").format(name=name_and_bus(far)[0], region=region))
        return explain_async(
            trigger,
            function,
            _("None: events can arrive in any order, and more than once."),
            source_retries(self.upstream, *own_retries(trigger, RETRIES, AGE)),
            BY_POLICY.format(principal=PRINCIPAL),
            path,
            _(
                "The Sandbox does not check the function's policy, sends nothing to other regions, "
                "and does not retry when Lambda does not accept an event."
            ),
            failures=sentences(never_taken(trigger, DEAD_LETTER), "{}"),
        )


def _source_fault(text: str) -> str:
    is_reserved = text.startswith(RESERVED)
    return _("Sources that begin with “aws.” are reserved for AWS.") if is_reserved else ""


def _detail_type_fault(text: str) -> str:
    if len(text) <= _DETAIL_TYPE_LIMIT:
        return ""
    words = _("{count} characters; the maximum is {max_length}.")
    return words.format(count=f"{len(text):,}", max_length=f"{_DETAIL_TYPE_LIMIT:,}")


def _trigger(
    connection: Connection,
    rule: Mapping[str, Any],
    target: Mapping[str, Any],
    others: int,
    function: ObservedFunction,
) -> Trigger:
    arn, name = str(rule["Arn"]), str(rule["Name"])
    values = flat(rule, RULE_NAMES) | flat(target, TARGET_NAMES)
    values |= {OTHERS: others} if others else {}
    values |= {MADE: True} if is_made(connection, arn) else {}
    if far := _forwarded_from(name, str(rule.get("Description") or "")):
        values[FORWARDED] = far
        name = f"{name_and_bus(far)[0]} ({far.split(':')[3]})"
    qualifier = str(target["Arn"])[len(function.arns[0]) :].removeprefix(":")
    trigger = Trigger(
        EventBridgeRule.kind,
        arn,
        name,
        qualifier,
        str(target["Id"]),
        str(rule.get("State") or ""),
        values=values,
    )
    return linked(trigger, [WantedGrant(PRINCIPAL, arn)], function)
