"""What may be set of an EventBridge rule and of its target. Pure."""

from workbench.aws.quotas import known_values, text_limit
from workbench.triggers.model import Values, Wiring
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.sources.retry_parameters import retry_parameters
from workbench.triggers.values import structured

NAME, BUS, PATTERN, SCHEDULE = "Name", "EventBusName", "EventPattern", "ScheduleExpression"
FORWARD_TO = "ForwardTo"
"""Not of a rule: the bus of the function's region through which a rule of another region reaches it."""
MADE, OTHERS, FORWARDED = "MadeByWiring", "OtherTargets", "ForwardedFrom"
"""Not of a rule: whether it bears our tag and goes with its trigger; how many targets it has besides; the
rule of another region whose events come to it."""
DEFAULT_BUS = "default"
RULE_NAMES = (NAME, BUS, PATTERN, SCHEDULE, "State", "Description")
RETRIES, AGE = "RetryPolicy.MaximumRetryAttempts", "RetryPolicy.MaximumEventAgeInSeconds"
TRANSFORMER = "InputTransformer.InputTemplate"
DEAD_LETTER = "DeadLetterConfig.Arn"
TARGET_NAMES = (
    "Input",
    "InputPath",
    TRANSFORMER,
    "InputTransformer.InputPathsMap",
    RETRIES,
    AGE,
    DEAD_LETTER,
)
_SERVICE = "events"


def rule_parameters(wiring: Wiring) -> tuple[Parameter, ...]:
    """Those of the rule, unless one was chosen for another target; and those of its target."""
    if not wiring.source_arn:
        return (*_of_rule(), *_of_target())
    if is_change(wiring):
        return (*(each for each in _of_rule() if not each.create_only), *_of_target())
    return (*((_forward(),) if is_far(wiring) else ()), *_of_target())


def is_far(wiring: Wiring) -> bool:
    """Whether the chosen rule is of another region than the function."""
    return bool(wiring.source_arn) and wiring.source_arn.split(":")[3:4] != [wiring.function.region]


def forwards(wiring: Wiring) -> bool:
    """Whether a rule's events are to come over a bus. One beside the function never: it would feed itself."""
    return is_far(wiring) and bool(wiring.values.get(FORWARD_TO))


def is_change(wiring: Wiring) -> bool:
    """Whether a trigger is changed, rather than a function added to a rule that was chosen."""
    known = wiring.identity or not {PATTERN, SCHEDULE}.isdisjoint(wiring.values)
    return bool(wiring.source_arn and known)


def target_settings(values: Values) -> dict[str, object]:
    """What PutTargets is sent besides id and ARN."""
    return structured({name: value for name, value in values.items() if value != ""}, TARGET_NAMES)


def _of_rule() -> tuple[Parameter, ...]:
    name, pattern = text_limit("RuleName", _SERVICE), text_limit("EventPattern", _SERVICE)
    return (
        Parameter(
            NAME,
            "Rule name",
            Entry.TEXT,
            required=True,
            minimum=name.min_length,
            maximum=name.max_length,
            pattern=name.pattern,
            create_only=True,
        ),
        Parameter(
            BUS,
            "Event bus",
            Entry.TEXT,
            DEFAULT_BUS,
            pattern=text_limit("EventBusName", _SERVICE).pattern,
            maximum=text_limit("EventBusName", _SERVICE).max_length,
            create_only=True,
            help="Events of AWS services arrive on the default bus.",
        ),
        Parameter(
            PATTERN,
            "Event pattern",
            Entry.JSON,
            maximum=pattern.max_length,
            help="The events that invoke the function. Leave it empty for a schedule.",
        ),
        Parameter(
            SCHEDULE,
            "Schedule",
            Entry.TEXT,
            maximum=text_limit("ScheduleExpression", _SERVICE).max_length,
            help="rate(5 minutes) or cron(0 12 * * ? *), in UTC. On the default bus only.",
        ),
        Parameter(
            "State",
            "State",
            Entry.CHOICE,
            "ENABLED",
            choices=known_values("RuleState", _SERVICE),
            is_open=True,
            advanced=True,
        ),
        Parameter(
            "Description",
            "Description",
            Entry.TEXT,
            maximum=text_limit("RuleDescription", _SERVICE).max_length,
            advanced=True,
        ),
    )


def _forward() -> Parameter:
    return Parameter(
        FORWARD_TO,
        "Forward to event bus",
        Entry.TEXT,
        pattern=text_limit("EventBusName", _SERVICE).pattern,
        help="A bus in the function's region: the rule sends its events to it, and a rule there "
        "invokes the function.",
    )


def _of_target() -> tuple[Parameter, ...]:
    text = text_limit("TargetInput", _SERVICE)
    return (
        Parameter(
            "Input",
            "Constant input",
            Entry.JSON,
            maximum=text.max_length,
            advanced=True,
            help="What the function receives instead of the event.",
        ),
        Parameter(
            "InputPath",
            "Part of the event",
            Entry.TEXT,
            maximum=text_limit("TargetInputPath", _SERVICE).max_length,
            pattern=r"\$.*",
            advanced=True,
            help="A JSON path: $.detail passes only the detail.",
        ),
        Parameter(
            TRANSFORMER,
            "Input template",
            Entry.TEXT,
            maximum=text_limit("TransformerInput", _SERVICE).max_length,
            advanced=True,
            help="What the function receives, with <name> for each name in the input paths.",
        ),
        *retry_parameters(_SERVICE, "", r"arn:[\w-]+:sqs:[\w-]+:\d{12}:[\w-]+"),
    )
