"""What EventBridge Scheduler refuses.

The recorded tests are those of scheduler/test_scheduler.py unless another file is named.
"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.aws.event_rules import problem_of
from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.policies import Principal, may_assume
from workbench.sandbox.launcher.door.rules import Call, Refused, Rules

_DOCS = "https://docs.aws.amazon.com/scheduler/latest/"
_WRITES = ("CreateSchedule", "UpdateSchedule")

rules = Rules()


@rules.add(_WRITES, "tests_create_schedule_with_invalid_schedule_expression")
def _check_expression(call: Call) -> None:
    expression = call.text("ScheduleExpression")
    if problem_of(expression, knows_at=True, is_strict=False):
        raise Refused("ValidationException", f"Invalid Schedule Expression {expression}.")


@rules.add(_WRITES, f"{_DOCS}UserGuide/schedule-types.html")
def _check_timezone(call: Call) -> None:
    name = call.parameters.get("ScheduleExpressionTimezone")
    if name and not _is_zone(name) and _is_zone("Europe/London"):
        raise Refused("ValidationException", f"Invalid ScheduleExpressionTimezone {name}.")


def _is_zone(name: str) -> bool:
    """Whether this machine knows the time zone; some machines know none."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@rules.add(_WRITES, f"{_DOCS}APIReference/API_CreateSchedule.html")
def _check_group(call: Call) -> None:
    name = call.parameters.get("GroupName", "default")
    if stores.schedule_group(name) is None:
        raise Refused("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)


@rules.add(_WRITES, f"{_DOCS}UserGuide/setting-up.html")
def _check_role(call: Call) -> None:
    role_arn = call.parameters.get("Target", {}).get("RoleArn", "")
    if not may_assume(role_arn, Principal("scheduler.amazonaws.com", account_id=call.account_id)):
        raise Refused(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )
