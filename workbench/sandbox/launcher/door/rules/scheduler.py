"""What EventBridge Scheduler refuses."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.aws.eventbridge import problem_of
from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule
from workbench.sandbox.launcher.door.grants import Principal, may_assume

_CASES = "scheduler/test_scheduler.py::tests_create_schedule_with_invalid_schedule_expression"
_DOCS = "https://docs.aws.amazon.com/scheduler/latest/"
_WRITES = ("CreateSchedule", "UpdateSchedule")


def _check_expression(call: Call) -> None:
    expression = call.parameters.get("ScheduleExpression", "")
    if problem_of(expression, knows_at=True, is_strict=False):
        raise Refused("ValidationException", f"Invalid Schedule Expression {expression}.")


def _check_timezone(call: Call) -> None:
    name = call.parameters.get("ScheduleExpressionTimezone")
    if name and not _is_zone(name) and _is_zone("Europe/London"):
        raise Refused("ValidationException", f"Invalid ScheduleExpressionTimezone {name}.")


def _is_zone(name: str) -> bool:
    """Whether this machine knows a time zone; some machines know none."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_group(call: Call) -> None:
    name = call.parameters.get("GroupName", "default")
    if stores.schedule_group(name) is None:
        raise Refused("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)


def _check_role(call: Call) -> None:
    role_arn = call.parameters.get("Target", {}).get("RoleArn", "")
    if not may_assume(role_arn, Principal("scheduler.amazonaws.com", account_id=call.account_id)):
        raise Refused(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )


RULES: tuple[Rule, ...] = (
    Rule(
        _WRITES,
        _check_expression,
        (
            f"{_CASES}[cron(0 1 * * * *)]#invalid-schedule-expression",
            f"{_CASES}[rate(10 minutess)]#invalid-schedule-expression",
            f"{_CASES}[at(2021-12-31T23:59:59Z)]#invalid-schedule-expression",
        ),
    ),
    Rule(_WRITES, _check_timezone, (f"{_DOCS}UserGuide/schedule-types.html",)),
    Rule(_WRITES, _check_group, (f"{_DOCS}APIReference/API_CreateSchedule.html",)),
    Rule(_WRITES, _check_role, (f"{_DOCS}UserGuide/setting-up.html",)),
)
