"""What may be set of a schedule of EventBridge Scheduler. Pure."""

from typing import Any

from workbench.aws.quotas import known_values, number_limit, text_limit
from workbench.triggers.model import Values, Wiring
from workbench.triggers.parameter import Entry, Parameter
from workbench.triggers.sources.retry_parameters import retry_parameters
from workbench.triggers.steps.schedule import schedule_settings
from workbench.triggers.values import structured

NAME, GROUP, EXPRESSION, TIMEZONE = "Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone"
MODE, WINDOW = "FlexibleTimeWindow.Mode", "FlexibleTimeWindow.MaximumWindowInMinutes"
INPUT, ROLE, STATE, START, END = "Target.Input", "Target.RoleArn", "State", "StartDate", "EndDate"
RETRIES = "Target.RetryPolicy.MaximumRetryAttempts"
AGE = "Target.RetryPolicy.MaximumEventAgeInSeconds"
DEAD_LETTER = "Target.DeadLetterConfig.Arn"
TARGET = "Target.Arn"
"""Not of a form: what a found schedule runs."""
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
        wiring: What is wanted: what is no longer among its values is taken away.
        before: The schedule's settings, of a new one nothing. What no form shows stays, so does the state.
    """
    values = {key: value for key, value in wiring.values.items() if value not in (None, "")}
    wanted = structured(_filled(values), NAMES)
    shown = {name.split(".")[1] for name in NAMES if name.startswith("Target.")}
    kept = {key: value for key, value in before.get("Target", {}).items() if key not in shown}
    target = {**kept, **wanted.pop("Target", {}), "Arn": wiring.target_arn}
    always = {key: before[key] for key in (NAME, GROUP, EXPRESSION, STATE) if key in before}
    return schedule_settings({"FlexibleTimeWindow": {"Mode": "OFF"}, **always, **wanted, "Target": target})


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
            help="For cron and at, such as Europe/Berlin. Daylight saving time is applied.",
        ),
        Parameter(
            MODE,
            "Flexible time window",
            Entry.CHOICE,
            "OFF",
            choices=known_values("FlexibleTimeWindowMode", _SERVICE),
            is_open=True,
            help="With FLEXIBLE, AWS invokes the function at some time within a window after the "
            "scheduled time.",
        ),
        Parameter(
            WINDOW,
            "Maximum window",
            Entry.NUMBER,
            minimum=window.minimum,
            maximum=window.maximum,
            unit="min",
        ),
        Parameter(START, "Start", Entry.MOMENT, advanced=True, help="For rate and cron: the earliest time."),
        Parameter(END, "End", Entry.MOMENT, advanced=True, help="For rate and cron: the latest time."),
    )


def _target() -> tuple[Parameter, ...]:
    return (
        Parameter(INPUT, "Input", Entry.JSON, help="The input of the function: a JSON document."),
        Parameter(
            ROLE,
            "Execution role of the schedule",
            Entry.ARN,
            pattern=text_limit("RoleArn", _SERVICE).pattern,
            help="If empty, Workbench creates a role that can only invoke this function.",
        ),
        *retry_parameters(_SERVICE, "Target.", text_limit("DeadLetterConfigArnString", _SERVICE).pattern),
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
