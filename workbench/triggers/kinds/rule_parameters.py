"""Parameters, checks and sample events of EventBridge rules. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _, ngettext
from workbench.triggers import filters
from workbench.triggers.kinds.source import closed, lets_in, queue_policy, retry_parameters
from workbench.triggers.model import (
    Finding,
    Findings,
    Fix,
    SourceKind,
    TriggerSpec,
    Values,
    block,
    open_fix,
    source_fix,
    steps_fix,
    warn,
)
from workbench.triggers.new_sources import Bus
from workbench.triggers.parameter import (
    Entry,
    Parameter,
    check_values,
    choice_parameter,
    structured,
    text_parameter,
)
from workbench.triggers.schedules import problem_of
from workbench.triggers.steps import Step
from workbench.triggers.steps.rule import RULE_SWITCH

NAME, BUS, PATTERN, SCHEDULE = "Name", "EventBusName", "EventPattern", "ScheduleExpression"
FORWARD_TO = "ForwardTo"
"""Key of a value that no rule has: the bus of the function's region to which a rule of another region
forwards."""
MADE, OTHERS, FORWARDED = "MadeByWiring", "OtherTargets", "ForwardedFrom"
"""Keys of values that no rule has: whether it has our tag and is deleted with its trigger; the number of its
other targets; the rule of another region that forwards to it."""
DEFAULT_BUS = "default"
RULE_NAMES = (NAME, BUS, PATTERN, SCHEDULE, "State", "Description")
RETRIES, AGE = "RetryPolicy.MaximumRetryAttempts", "RetryPolicy.MaximumEventAgeInSeconds"
_TRANSFORMER = "InputTransformer.InputTemplate"
DEAD_LETTER = "DeadLetterConfig.Arn"
TARGET_NAMES = (
    "Input",
    "InputPath",
    _TRANSFORMER,
    "InputTransformer.InputPathsMap",
    RETRIES,
    AGE,
    DEAD_LETTER,
)
_SERVICE = "events"


def rule_parameters(spec: TriggerSpec) -> tuple[Parameter, ...]:
    """The parameters of the rule, unless an existing one was chosen for another target, and of its target."""
    if not spec.source_arn:
        return (*_of_rule(), *_of_target())
    if is_change(spec):
        return (*(each for each in _of_rule() if not each.create_only), *_of_target())
    return (*((_forward(),) if _is_far(spec) else ()), *_of_target())


def _is_far(spec: TriggerSpec) -> bool:
    """Whether the chosen rule is in another region than the function."""
    return bool(spec.source_arn) and spec.source_arn.split(":")[3:4] != [spec.function.region]


def forwards(spec: TriggerSpec) -> bool:
    """Whether a rule's events are forwarded over a bus; within the function's region it would feed itself."""
    return _is_far(spec) and bool(spec.values.get(FORWARD_TO))


def is_change(spec: TriggerSpec) -> bool:
    """Whether an existing trigger is changed, rather than the function added to a chosen rule."""
    known = spec.identity or not {PATTERN, SCHEDULE}.isdisjoint(spec.values)
    return bool(spec.source_arn and known)


def target_settings(values: Values) -> dict[str, object]:
    """The members of a target for PutTargets, besides id and ARN."""
    return structured({name: value for name, value in values.items() if value != ""}, TARGET_NAMES)


def _of_rule() -> tuple[Parameter, ...]:
    return (
        text_parameter(
            NAME, _("Rule name"), shape="RuleName", service=_SERVICE, required=True, create_only=True
        ),
        text_parameter(
            BUS,
            _("Event bus"),
            DEFAULT_BUS,
            service=_SERVICE,
            create_only=True,
            help=_("Events of AWS services arrive on the default bus."),
        ),
        text_parameter(
            PATTERN,
            _("Event pattern"),
            service=_SERVICE,
            entry=Entry.JSON,
            help=_("The events that invoke the function. Leave it empty for a schedule."),
        ),
        text_parameter(
            SCHEDULE,
            _("Schedule"),
            service=_SERVICE,
            help=_("rate(5 minutes) or cron(0 12 * * ? *), in UTC. On the default bus only."),
        ),
        choice_parameter("State", _("State"), "ENABLED", shape="RuleState", service=_SERVICE, advanced=True),
        text_parameter(
            "Description", _("Description"), shape="RuleDescription", service=_SERVICE, advanced=True
        ),
    )


def _forward() -> Parameter:
    return text_parameter(
        FORWARD_TO,
        _("Forward to event bus"),
        shape="EventBusName",
        service=_SERVICE,
        help=_(
            "A bus in the function's region: the rule sends its events to it, and a rule there "
            "invokes the function."
        ),
    )


def _of_target() -> tuple[Parameter, ...]:
    return (
        text_parameter(
            "Input",
            _("Constant input"),
            shape="TargetInput",
            service=_SERVICE,
            entry=Entry.JSON,
            advanced=True,
            help=_("What the function receives instead of the event."),
        ),
        text_parameter(
            "InputPath",
            _("Part of the event"),
            shape="TargetInputPath",
            service=_SERVICE,
            pattern=r"\$.*",
            advanced=True,
            help=_("A JSON path: $.detail passes only the detail."),
        ),
        text_parameter(
            _TRANSFORMER,
            _("Input template"),
            shape="TransformerInput",
            service=_SERVICE,
            advanced=True,
            help=_("What the function receives, with <name> for each name in the input paths."),
        ),
        *retry_parameters(_SERVICE, "", r"arn:[\w-]+:sqs:[\w-]+:\d{12}:[\w-]+"),
    )


_EVERYWHERE = frozenset({"version", "id", "account", "time", "region"})
"""Members that events of every source have. A pattern of these alone matches everything."""
_ANYTHING = ({"prefix": ""}, {"suffix": ""}, {"exists": True}, {"wildcard": "*"})
RESERVED = "aws."
_MARK = "workbench"


def is_broad(pattern: str) -> bool:
    """Whether a valid pattern matches (nearly) every event of its bus."""
    read = json.loads(pattern)
    return all(key in _EVERYWHERE or _lets_all_through(value) for key, value in read.items())


def sample_event(pattern: str, mark: str, account_id: str, region: str) -> dict[str, Any] | None:
    """An event that matches a pattern, as PutEvents takes it.

    Args:
        mark: Text in the event's detail, by which its invocation is found.
        account_id: The sender; AWS writes it into the event.
        region: The region it is sent to; AWS writes it into the event.

    Returns:
        Source, DetailType, Detail (JSON) and Resources. None if no event can be sent: AWS reserves sources
        that begin with "aws.", and for some patterns no matching event can be made up.
    """
    try:
        made = filters.matching(json.loads(pattern))
    except (ValueError, RecursionError, TypeError, LookupError, AttributeError):
        return None
    detail = made.get("detail", {})
    source, resources = made.get("source", _MARK), made.get("resources", [])
    entry = {
        "Source": source,
        "DetailType": str(made.get("detail-type", "Workbench test event")),
        "Detail": json.dumps({**(detail if isinstance(detail, dict) else {}), _MARK: mark}),
        "Resources": resources if isinstance(resources, list) else [resources],
    }
    if not isinstance(source, str) or source.startswith(RESERVED):
        return None
    try:
        return entry if is_matched(pattern, entry, account_id, region) else None
    except WorkbenchError:
        return None


def is_matched(pattern: str, entry: Mapping[str, Any], account_id: str, region: str) -> bool:
    """Whether a pattern matches an entry as PutEvents takes it. Raises WorkbenchError for a wrong pattern."""
    event = {
        "version": "0",
        "account": account_id,
        "region": region,
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "resources": entry["Resources"],
        "detail": json.loads(entry["Detail"]),
    }
    return filters.matches(pattern, event)


def _lets_all_through(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_lets_all_through, value.values()))
    tests = value if isinstance(value, list) else [value]
    return any(test in _ANYTHING for test in tests)


EVENTS = "events.amazonaws.com"
_MAX_TARGETS = 5
"""Maximum of targets per rule; AWS does not raise this quota.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"""


@dataclass(frozen=True, slots=True)
class ObservedRule:
    """A rule when it was read, or the rule whose name a new one would get.

    Attributes:
        arn: Empty if the rule does not exist.
        rule: Its settings as PutRule takes them.
        managed_by: The service that created it; empty for rules of users.
        targets: As AWS answers them.
        has_bus: Whether the bus exists.
        far: The rule of another region whose events are to be forwarded.
        refusal: AWS's code and text if it refuses a pattern that passed the checks here.
        dead_letter_policy: The policy of the chosen dead-letter queue; None if it may not be read, or if none
            is chosen.
    """

    arn: str = ""
    rule: Mapping[str, Any] = field(default_factory=dict)
    managed_by: str = ""
    targets: Sequence[Mapping[str, Any]] = ()
    has_bus: bool = True
    far: "ObservedRule | None" = None
    refusal: str = ""
    dead_letter_policy: str | None = None


def check_rule(
    spec: TriggerSpec, observed: ObservedRule, wanted: Mapping[str, Any], rule_arn: str
) -> Findings:
    """Checks EB-PATTERN, -BROAD, -EXPR, -TARGETS, -MANAGED, -DISABLED, -INPUT, -DLQ, and those without an id.

    Args:
        wanted: The desired settings of the rule.
        rule_arn: The rule that invokes the function.
    """
    found = list(check_values(rule_parameters(spec), spec.values))
    existing = observed.far or (observed if spec.source_arn else None)
    if existing is None:
        found += _new(spec, observed)
    else:
        found += _existing(spec, existing)
    if existing is None or is_change(spec):
        found += _content(wanted)
    if observed.refusal:
        what = _("AWS does not accept the event pattern.")
        found.append(block("EB-PATTERN", what, _("AWS reports:"), aws=observed.refusal))
    return (*found, *_input(spec), *_dead_letter(spec, observed, rule_arn))


def _dead_letter(spec: TriggerSpec, observed: ObservedRule, rule_arn: str) -> Iterator[Finding]:
    """Checks the policy of the dead-letter queue: a rule has no role for it, so the policy must allow it.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    queue_arn = str(spec.values.get(DEAD_LETTER) or "")
    if not queue_arn or lets_in(observed.dead_letter_policy, queue_arn, rule_arn, EVENTS):
        return
    policy = queue_policy(queue_arn, rule_arn, EVENTS, "RuleSends")
    name = name_and_bus(rule_arn)[0]
    yield closed(
        "EB-DLQ",
        _("rule {name}").format(name=name),
        _("events that Lambda does not accept"),
        queue_arn,
        policy,
    )


def _bus_fix(spec: TriggerSpec, name: str) -> Fix:
    """Creates the event bus that a new rule names. It is part of the plan if the user asked for a new bus."""
    bus = Bus()
    step = bus.step(bus.arn(name, spec.function.function_arn), spec)
    return steps_fix(_("Create the event bus {bus}").format(bus=name), step, is_standard=spec.is_new)


def _new(spec: TriggerSpec, observed: ObservedRule) -> Iterator[Finding]:
    name = spec.values.get(NAME)
    if not observed.has_bus:
        bus = str(spec.values.get("EventBusName"))
        what = _("The event bus “{bus}” does not exist in {region}.").format(
            bus=bus, region=spec.function.region
        )
        if problem := Bus().name_problem(bus):
            yield block("EB-BUS", what, problem)
            return
        yield block("EB-BUS", what, "", _bus_fix(spec, bus))
        return
    if not observed.arn:
        return
    fix = source_fix(_("Add the function to that rule"), SourceKind("events"), observed.arn)
    what = _("The rule {name} already exists on this bus.").format(name=name)
    yield block("EB-EXISTS", what, _("A new rule would overwrite it."), fix)


def _existing(spec: TriggerSpec, observed: ObservedRule) -> Iterator[Finding]:
    name = str(observed.rule.get(NAME, ""))
    if observed.managed_by:
        why = _("Rules that are managed by an AWS service cannot be changed.")
        yield block(
            "EB-MANAGED",
            _("{managed_by} manages the rule {name}.").format(managed_by=observed.managed_by, name=name),
            why,
        )
        return
    ours = [each for each in observed.targets if each.get("Arn") == spec.target_arn]
    if is_change(spec):
        changed = any(
            spec.values.get(key, observed.rule.get(key)) != observed.rule.get(key) for key in _SHARED
        )
        if changed and len(observed.targets) > 1:
            others = len(observed.targets) - 1
            what = ngettext(
                "The rule {name} has {count} more target.",
                "The rule {name} has {count} more targets.",
                others,
            ).format(name=name, count=others)
            yield warn("EB-SHARED", what, _("The change affects all of them."))
    elif ours:
        fix = open_fix(str(ours[0]["Id"]))
        what = _("The rule {name} already invokes this function.").format(name=name)
        yield block("EB-DUP", what, _("Each event would invoke it twice."), fix)
    elif len(observed.targets) >= _MAX_TARGETS:
        why = _("AWS allows {max_targets} for each rule. Create a new rule with the same pattern.").format(
            max_targets=_MAX_TARGETS
        )
        what = _("The rule {name} already has {count} targets.").format(
            name=name, count=len(observed.targets)
        )
        yield block("EB-TARGETS", what, why)
    if observed.rule.get("State") == "DISABLED" and spec.values.get("State") != "DISABLED":
        fix = steps_fix(_("Enable the rule"), switch_step(observed.arn, True))
        what = _("The rule {name} is disabled.").format(name=name)
        yield warn("EB-DISABLED", what, _("It does not invoke anything until it is enabled."), fix)


_SHARED = (PATTERN, SCHEDULE, "State")


def _content(wanted: Mapping[str, Any]) -> Iterator[Finding]:
    """Checks the pattern or schedule of a rule that is created or changed."""
    pattern, schedule = str(wanted.get(PATTERN) or ""), str(wanted.get(SCHEDULE) or "")
    if not pattern and not schedule:
        what = _("The rule needs an event pattern or a schedule.")
        yield block("EB-PATTERN", what, _("AWS rejects a rule with neither."))
        return
    if pattern:
        problems = filters.problems(pattern)
        yield from (
            block(
                "EB-PATTERN",
                _("The event pattern: {problem}").format(problem=problem),
                _("AWS would reject it."),
            )
            for problem in problems
        )
        if not problems and is_broad(pattern):
            what = _("The pattern matches every event on the bus.")
            why = _(
                "On the default bus, that includes every change that AWS services report. Specify a source."
            )
            yield warn("EB-BROAD", what, why)
    if schedule:
        if problem := problem_of(schedule, knows_at=False, is_strict=True):
            yield block("EB-EXPR", problem, _("Times are in UTC."))
        if (bus := wanted.get("EventBusName", DEFAULT_BUS)) != DEFAULT_BUS:
            what = _("A rule on the bus {bus} cannot have a schedule.").format(bus=bus)
            yield block("EB-EXPR", what, _("Only rules on the default bus can have one."))


def _input(spec: TriggerSpec) -> Iterator[Finding]:
    given = [name for name in ("Input", "InputPath", _TRANSFORMER) if spec.values.get(name)]
    if len(given) < 2:
        return
    what = _("A target can have only one of {names}.").format(names=", ".join(given))
    yield block("EB-INPUT", what, _("Each of them defines the input of the function."))


def switch_step(rule_arn: str, on: bool, others: int = 0) -> Step:
    """Enables or disables a rule.

    Args:
        on: Whether to enable it.
        others: How many more of its targets stop with it.
    """
    name, bus = name_and_bus(rule_arn)
    args = {"name": name, "bus": bus, "on": on}
    region = rule_arn.split(":")[3]
    if on:
        title, undo = _("Enable the rule {name}").format(name=name), _("Disable it again")
        return Step(RULE_SWITCH, title, "events:EnableRule", region, args, undo)
    title = (
        ngettext(
            "Disable the rule {name}; {others} more of its targets stops with it",
            "Disable the rule {name}; {others} more of its targets stop with it",
            others,
        )
        if others
        else _("Disable the rule {name}")
    ).format(name=name, others=others)
    return Step(RULE_SWITCH, title, "events:DisableRule", region, args, _("Enable it again"))


def name_and_bus(rule_arn: str) -> tuple[str, str]:
    """Splits arn:…:rule/{name} and arn:…:rule/{bus}/{name}. The names of partner buses contain slashes."""
    path = rule_arn.split(":", 5)[5].removeprefix("rule/")
    bus, __, name = path.rpartition("/")
    return name, bus or DEFAULT_BUS
