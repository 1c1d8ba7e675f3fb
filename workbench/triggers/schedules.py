"""What is wrong with a schedule expression, in words."""

from workbench.core.messages import _
from workbench_sandbox.rules import schedules
from workbench_sandbox.rules.schedules import Wrong

_TEXTS = {
    Wrong.RATE: _("“{expression}” is not a valid rate. Write a whole number and a unit: rate(5 minutes)."),
    Wrong.ZERO_RATE: _("A rate must be at least 1."),
    Wrong.UNIT: _("Write “rate({count} {right})”, not “{unit}”."),
    Wrong.TIME: _("“{expression}” is not a valid time. Write at(yyyy-mm-ddThh:mm:ss) without a time zone."),
    Wrong.DATE: _("“{expression}” is not a valid time: {error}."),
    Wrong.FIELD_COUNT: _(
        "A cron expression has six fields (minutes, hours, day-of-month, month, day-of-week, "
        "year); “{expression}” has {count}."
    ),
    Wrong.DAYS: _("Exactly one of day-of-month and day-of-week must be “?”."),
}


def problem_of(expression: str, *, knows_at: bool, is_strict: bool) -> str:
    """Why AWS would refuse an expression, as a sentence; empty if it would not.

    Args:
        knows_at: Whether at(…) is allowed, as in Scheduler only.
        is_strict: Rules require "rate(1 minute)" and "rate(2 minutes)"; Scheduler accepts both forms.
    """
    problem = schedules.problem_of(expression, knows_at=knows_at, is_strict=is_strict)
    if problem is None:
        return ""
    match problem.wrong:
        case Wrong.SCHEDULE if knows_at:
            text = _(
                "“{expression}” is not a valid schedule. Write rate(5 minutes), cron(0 12 * * ? *) or "
                "at(2027-01-31T12:00:00)."
            )
        case Wrong.SCHEDULE:
            text = _("“{expression}” is not a valid schedule. Write rate(5 minutes), cron(0 12 * * ? *).")
        case Wrong.FIELD if "first" in problem.values:
            text = _("“{bad}” is not a valid {part}: {low} to {high}, or {first} to {last}, with , - * /.")
        case Wrong.FIELD:
            text = _("“{bad}” is not a valid {part}: {low} to {high}, with , - * /.")
        case wrong:
            text = _TEXTS[wrong]
    return text.format(**problem.values)
