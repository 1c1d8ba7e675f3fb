"""What may be set of a schedule of EventBridge Scheduler. Pure."""

from typing import Any

from workbench.aws.quotas import known_values, number_limit, text_limit
from workbench.triggers.model import Values, Wiring
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.steps.schedule import schedule_settings
from workbench.triggers.values import structured

NAME, GROUP, EXPRESSION, TIMEZONE = "Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone"
MODE, WINDOW = "FlexibleTimeWindow.Mode", "FlexibleTimeWindow.MaximumWindowInMinutes"
INPUT, ROLE, STATE, START, END = "Target.Input", "Target.RoleArn", "State", "StartDate", "EndDate"
RETRIES = "Target.RetryPolicy.MaximumRetryAttempts"
AGE = "Target.RetryPolicy.MaximumEventAgeInSeconds"
DEAD_LETTER = "Target.DeadLetterConfig.Arn"
DEFAULT_GROUP = "default"
NAMES = (
    NAME,
    GROUP,
    EXPRESSION,
    TIMEZONE,
    MODE,
    WINDOW,
    START,
    END,
    INPUT,
    ROLE,
    RETRIES,
    AGE,
    DEAD_LETTER,
    STATE,
    "ActionAfterCompletion",
    "Description",
    "KmsKeyArn",
)
_SERVICE = "scheduler"


def schedule_parameters(wiring: Wiring) -> tuple[Parameter, ...]:
    """All of them; name and group only of a new schedule."""
    every = (*_when(), *_target(), *_rest())
    return tuple(each for each in every if not (wiring.source_arn and each.create_only))


def settings_of(wiring: Wiring, before: dict[str, Any]) -> dict[str, Any]:
    """The settings that the schedule is going to have, all of them.

    Args:
        wiring: What is wanted; what it does not name stays.
        before: The schedule's settings, of a new one nothing.
    """
    values = {key: value for key, value in wiring.values.items() if value not in (None, "")}
    cleared = {key for key, value in wiring.values.items() if value in (None, "")}
    wanted = structured(_filled(values), NAMES)
    target = {**before.get("Target", {}), **wanted.pop("Target", {}), "Arn": wiring.target_arn}
    for name in cleared:
        if name.startswith("Target."):
            target.pop(name.split(".")[1], None)
    kept = {key: value for key, value in before.items() if key not in cleared}
    if not before:
        kept = {"FlexibleTimeWindow": {"Mode": "OFF"}}
    return schedule_settings({**kept, **wanted, "Target": target})


def _filled(values: Values) -> Values:
    """Without a window where the time is not flexible: AWS refuses one."""
    is_flexible = values.get(MODE) == "FLEXIBLE"
    return {key: value for key, value in values.items() if is_flexible or key != WINDOW}


def _when() -> tuple[Parameter, ...]:
    name, group = text_limit("Name", _SERVICE), text_limit("ScheduleGroupName", _SERVICE)
    window = number_limit("MaximumWindowInMinutes", _SERVICE)
    return (
        Parameter(
            NAME,
            "Schedule name",
            Entry.TEXT,
            required=True,
            minimum=name.min_length,
            maximum=name.max_length,
            pattern=name.pattern,
            create_only=True,
        ),
        Parameter(
            GROUP,
            "Schedule group",
            Entry.TEXT,
            DEFAULT_GROUP,
            maximum=group.max_length,
            pattern=group.pattern,
            create_only=True,
            advanced=True,
        ),
        Parameter(
            EXPRESSION,
            "Schedule",
            Entry.TEXT,
            required=True,
            maximum=text_limit("ScheduleExpression", _SERVICE).max_length,
            help="rate(5 minutes), cron(0 12 * * ? *), or once: at(2027-01-31T12:00:00).",
        ),
        Parameter(
            TIMEZONE,
            "Time zone",
            Entry.TEXT,
            "UTC",
            maximum=text_limit("ScheduleExpressionTimezone", _SERVICE).max_length,
            help="For cron and at: Europe/Berlin. Summer time is kept.",
        ),
        Parameter(
            MODE,
            "Flexible time window",
            Entry.CHOICE,
            "OFF",
            choices=known_values("FlexibleTimeWindowMode", _SERVICE),
            is_open=True,
            help="FLEXIBLE lets AWS spread the load over a window after the moment.",
        ),
        Parameter(
            WINDOW,
            "Maximum window",
            Entry.NUMBER,
            minimum=window.minimum,
            maximum=window.maximum,
            unit="min",
        ),
        Parameter(START, "Start", Entry.MOMENT, advanced=True, help="For rate and cron: not before."),
        Parameter(END, "End", Entry.MOMENT, advanced=True, help="For rate and cron: not after."),
    )


def _target() -> tuple[Parameter, ...]:
    attempts, age = (
        number_limit("MaximumRetryAttempts", _SERVICE),
        number_limit("MaximumEventAgeInSeconds", _SERVICE),
    )
    return (
        Parameter(INPUT, "Input", Entry.JSON, help="What the function gets; a JSON document."),
        Parameter(
            ROLE,
            "Execution role of the schedule",
            Entry.ARN,
            pattern=text_limit("RoleArn", _SERVICE).pattern,
            help="Left empty, a role is made that may run this function only.",
        ),
        Parameter(
            RETRIES,
            "Retry attempts",
            Entry.NUMBER,
            attempts.maximum,
            minimum=attempts.minimum,
            maximum=attempts.maximum,
            advanced=True,
        ),
        Parameter(
            AGE,
            "Maximum age of event",
            Entry.NUMBER,
            age.maximum,
            minimum=age.minimum,
            maximum=age.maximum,
            unit="s",
            advanced=True,
        ),
        Parameter(
            DEAD_LETTER,
            "Dead-letter queue",
            Entry.ARN,
            pattern=text_limit("DeadLetterConfigArnString", _SERVICE).pattern,
            advanced=True,
            help="A standard queue for events that Lambda never took.",
        ),
    )


def _rest() -> tuple[Parameter, ...]:
    return (
        Parameter(
            STATE,
            "State",
            Entry.CHOICE,
            "ENABLED",
            choices=known_values("ScheduleState", _SERVICE),
            is_open=True,
            advanced=True,
        ),
        Parameter(
            "ActionAfterCompletion",
            "After completion",
            Entry.CHOICE,
            "NONE",
            choices=known_values("ActionAfterCompletion", _SERVICE),
            is_open=True,
            advanced=True,
            help="DELETE removes the schedule after its last run.",
        ),
        Parameter(
            "Description",
            "Description",
            Entry.TEXT,
            maximum=text_limit("Description", _SERVICE).max_length,
            advanced=True,
        ),
        Parameter(
            "KmsKeyArn",
            "Customer managed key",
            Entry.ARN,
            pattern=text_limit("KmsKeyArn", _SERVICE).pattern,
            advanced=True,
        ),
    )
