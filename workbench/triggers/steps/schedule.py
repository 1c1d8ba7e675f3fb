"""Creates, changes, enables, disables and deletes schedules of EventBridge Scheduler, and tries them out.

UpdateSchedule resets settings that are left out, so all are sent.
Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, poll
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import GONE, find
from workbench.triggers.step import (
    Args,
    Ensure,
    Once,
    Resource,
    Running,
    State,
    StepRun,
    both_exist,
    changed_meanwhile,
    contains,
    no_state,
)

SCHEDULE_CREATE, SCHEDULE_UPDATE = "schedule-create", "schedule-update"
SCHEDULE_SWITCH, SCHEDULE_DELETE = "schedule-switch", "schedule-delete"
SCHEDULE_TRY = "schedule-try"
_NEW_ROLE = (("ValidationException", "assume"), ("ConflictException", "in progress"))
_MEMBERS = (
    "Name",
    "GroupName",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "StartDate",
    "EndDate",
    "Target",
    "State",
    "ActionAfterCompletion",
    "Description",
    "KmsKeyArn",
)
_DEFAULTS = {"GroupName": "default", "ScheduleExpressionTimezone": "UTC", "State": "ENABLED"}
_DEFAULTS |= {"ActionAfterCompletion": "NONE"}
_TRY_S, _LONGEST_TRY_S, _TRY_PAUSE_S = 60.0, 180.0, 2.0
"""Schedules are precise to the minute, so the event may come a minute late.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html"""


def schedule_settings(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a schedule, from an answer or a specification; JSON."""
    found = {key: answer.get(key) or _DEFAULTS.get(key) for key in _MEMBERS}
    return {
        key: _moment(value) if key in ("StartDate", "EndDate") else _json(value)
        for key, value in found.items()
        if value
    }


def describe(connection: Connection, name: str, group: str) -> dict[str, Any]:
    """The schedule; empty if it does not exist. Raises WorkbenchError."""
    failure = _("Could not read the schedule {name}.").format(name=name)
    return find(connection, "get_schedule", failure, service="scheduler", Name=name, GroupName=group)


def _read(args: Args, running: Running) -> dict[str, Any] | None:
    """The settings of a schedule whose name and group are in the args, directly or among its settings."""
    named = args.get("schedule") or {"Name": args.get("name"), "GroupName": args.get("group")}
    found = describe(running.connection, named["Name"], named["GroupName"])
    return schedule_settings(found) if found else None


def _put(_args: Args, running: Running, settings: State, present: State) -> None:
    """Creates or overwrites it; retries while a new role has not propagated."""
    method, failure = (
        "create_schedule",
        _("Could not create the schedule {settings}.").format(settings=settings["Name"]),
    )
    if present:
        method, failure = (
            "update_schedule",
            _("Could not change the schedule {settings}.").format(settings=settings["Name"]),
        )
    running.call("scheduler", method, failure, _NEW_ROLE, **settings)


def _delete(_args: Args, running: Running, present: State) -> None:
    name, group = present["Name"], present["GroupName"]
    failure = _("Could not delete the schedule {name}.").format(name=name)
    running.find("scheduler", "delete_schedule", failure, Name=name, GroupName=group)


def _with_role(args: Args, running: Running) -> dict[str, Any]:
    """The desired settings, with the role from an earlier step if there is one."""
    wanted: dict[str, Any] = dict(args["schedule"])
    if action := args.get("role_action"):
        role_arn = str(running.earlier[action]["role_arn"])
        wanted["Target"] = {**wanted["Target"], "RoleArn": role_arn}
    return wanted


def _new(args: Args, running: Running, present: State) -> dict[str, Any]:
    """Raises WorkbenchError if another schedule has this name."""
    wanted = _with_role(args, running)
    if present and not contains(present, wanted):
        raise WorkbenchError(
            _("Could not create the schedule {wanted}.").format(wanted=wanted["Name"]),
            _("Another schedule with this name was created in the meantime."),
            _("Choose another name."),
            aws_code="ConflictException",
        )
    return wanted


def _changed(args: Args, running: Running, present: State) -> dict[str, Any]:
    """Raises WorkbenchError if the schedule was changed since it was read."""
    wanted = _with_role(args, running)
    if present != args["before"] and not contains(present, wanted):
        raise changed_meanwhile(_("Could not change the schedule {wanted}.").format(wanted=wanted["Name"]))
    return wanted


def _read_state(args: Args, running: Running) -> str:
    """ENABLED or DISABLED. Raises WorkbenchError, also if the schedule does not exist."""
    return str(_existing(args, running)["State"])


def _switch(args: Args, running: Running, state: State, _present: State) -> None:
    """Sends all current settings with another state."""
    present = _existing(args, running)
    _put(args, running, {**present, "State": state}, present)


def _existing(args: Args, running: Running) -> dict[str, Any]:
    found = _read(args, running)
    if found is None:
        raise WorkbenchError(
            _("Could not change the schedule {schedule}.").format(schedule=args["name"]),
            _("It no longer exists."),
            aws_code=GONE,
        )
    return found


def _try_out(args: Args, running: Running) -> Facts:
    """Creates a one-time schedule that deletes itself, and waits until it has run.

    Raises:
        WorkbenchError: AWS refused, or the schedule did not run.
        Cancelled: While it waits.
    """
    name, lead_s = args["name"], float(args.get("lead_s", _TRY_S))
    moment = datetime.now(UTC) + timedelta(seconds=lead_s)
    running.note({"added": True})
    wanted = schedule_settings(
        {
            "Name": name,
            "GroupName": args["group"],
            "ScheduleExpression": f"at({moment:%Y-%m-%dT%H:%M:%S})",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": args["target"],
            "ActionAfterCompletion": "DELETE",
        }
    )
    _put(args, running, wanted, None)
    if not poll(
        lambda: _read(args, running),
        lambda schedule: not schedule,
        running.ctx,
        Backoff(first_s=_TRY_PAUSE_S, factor=1.0, total_s=lead_s + _LONGEST_TRY_S - _TRY_PAUSE_S),
    ):
        return {"schedule": name}
    raise WorkbenchError(
        _("The schedule {name} did not run.").format(name=name),
        _("It should have run at {moment:%H:%M:%S} UTC, but it still exists.").format(moment=moment),
        _("Check its role and its dead-letter queue."),
    )


def _delete_tried(args: Args, facts: Facts, running: Running) -> None:
    """Deletes it unless it has deleted itself."""
    if facts.get("added"):
        _delete(args, running, {"Name": args["name"], "GroupName": args["group"]})


def _moment(value: Any) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0).isoformat()


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _json(each) for key, each in value.items()}
    return [_json(each) for each in value] if isinstance(value, list | tuple) else value


_SCHEDULE = Resource(_read, _put, _delete)
RUNS: Mapping[str, StepRun] = {
    SCHEDULE_CREATE: Ensure(_SCHEDULE, _new, same=both_exist),
    SCHEDULE_UPDATE: Ensure(_SCHEDULE, _changed, is_ours=contains, planned=True),
    SCHEDULE_SWITCH: Ensure(Resource(_read_state, _switch), lambda args, *__: args["state"], noted="state"),
    SCHEDULE_DELETE: Ensure(_SCHEDULE, no_state, noted="schedule"),
    SCHEDULE_TRY: Once(_try_out, _delete_tried),
}
