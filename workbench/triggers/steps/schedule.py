"""Creates, changes, enables, disables and deletes schedules of EventBridge Scheduler, and tries one out.

UpdateSchedule resets what is left out to its default: all is sent.
Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, poll
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.functions.detail import find
from workbench.triggers.step import Running, Step, StepRun, retry_on

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
"""A schedule is precise to the minute, so the event may come a minute after its moment.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html"""


def schedule_settings(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All of a schedule's settings, from an answer or from a specification; JSON."""
    found = {key: answer.get(key) or _DEFAULTS.get(key) for key in _MEMBERS}
    return {
        key: _moment(value) if key in ("StartDate", "EndDate") else _json(value)
        for key, value in found.items()
        if value
    }


def describe(connection: Connection, name: str, group: str) -> dict[str, Any]:
    """The schedule as it is, or nothing. Raises WorkbenchError."""
    failure = f"Could not read the schedule {name}."
    return find(connection, "get_schedule", failure, service="scheduler", Name=name, GroupName=group)


class ScheduleCreate:
    """args: schedule (its settings); role_action: the step that made its role, or empty."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it; an equal one that exists is left alone."""
        wanted = _with_role(step, running)
        now = describe(running.connection, wanted["Name"], wanted["GroupName"])
        if now and not _holds(schedule_settings(now), wanted):
            raise WorkbenchError(
                f"Could not create the schedule {wanted['Name']}.",
                "Another schedule with this name was created in the meantime.",
                "Choose another name.",
                aws_code="ConflictException",
            )
        if not now:
            running.note({"added": True})
            _write(running, "create_schedule", wanted, f"Could not create the schedule {wanted['Name']}.")
        return {"name": wanted["Name"]}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it if this run created it."""
        if facts.get("added"):
            wanted = step.args["schedule"]
            _delete(running, wanted["Name"], wanted["GroupName"])


class ScheduleUpdate:
    """args: schedule, before; role_action as above."""

    def do(self, step: Step, running: Running) -> Facts:
        """Overwrites it, unless it was changed since it was read."""
        wanted, name = _with_role(step, running), step.args["schedule"]["Name"]
        now = schedule_settings(describe(running.connection, name, wanted["GroupName"]))
        if now != step.args["before"] and not _holds(now, wanted):
            raise WorkbenchError(
                f"Could not change the schedule {name}.",
                "It was changed or deleted in the meantime. Your change was not applied.",
                "Check the rule again, then decide.",
            )
        _write(running, "update_schedule", wanted, f"Could not change the schedule {name}.")
        return {"after": wanted}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Puts what was before, unless it was changed again."""
        before = step.args["before"]
        now = schedule_settings(describe(running.connection, before["Name"], before["GroupName"]))
        ours: Any = facts.get("after") or step.args["schedule"]
        if now != before and _holds(now, ours):
            _write(running, "update_schedule", before, f"Could not restore the schedule {before['Name']}.")


class ScheduleSwitch:
    """Pauses or resumes. args: name, group, state."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sends all settings as they are now, with another state."""
        return self._switch(step, step.args["state"], running)

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Switches it back."""
        if facts.get("state") not in (None, step.args["state"]):
            self._switch(step, str(facts["state"]), running)

    def _switch(self, step: Step, state: str, running: Running) -> Facts:
        name, group = step.args["name"], step.args["group"]
        now = schedule_settings(describe(running.connection, name, group))
        if not now:
            raise WorkbenchError(
                f"Could not change the schedule {name}.",
                "It no longer exists.",
                aws_code="ResourceNotFoundException",
            )
        running.note({"state": now["State"]})
        if now["State"] != state:
            _write(
                running, "update_schedule", {**now, "State": state}, f"Could not change the schedule {name}."
            )
        return {}


class ScheduleDelete:
    """args: name, group."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it; no error if it does not exist."""
        name, group = step.args["name"], step.args["group"]
        now = describe(running.connection, name, group)
        if not now:
            return {}
        facts = {"schedule": schedule_settings(now)}
        running.note(facts)
        _delete(running, name, group)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Creates it again, unless there is one."""
        before: Any = facts.get("schedule")
        if before and not describe(running.connection, before["Name"], before["GroupName"]):
            _write(
                running, "create_schedule", before, f"Could not create the schedule {before['Name']} again."
            )


class ScheduleTry:
    """A schedule that comes once and deletes itself. args: name, group, target, lead_s."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it and waits until it has come.

        Raises:
            WorkbenchError: AWS refused, or it did not come.
            Cancelled: While it waits.
        """
        args, name = step.args, step.args["name"]
        lead_s = float(args.get("lead_s", _TRY_S))
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
        _write(running, "create_schedule", wanted, f"Could not create the schedule {name}.")
        if not poll(
            lambda: describe(running.connection, name, args["group"]),
            lambda schedule: not schedule,
            running.ctx,
            Backoff(first_s=_TRY_PAUSE_S, factor=1.0, total_s=lead_s + _LONGEST_TRY_S - _TRY_PAUSE_S),
        ):
            return {"schedule": name}
        raise WorkbenchError(
            f"The schedule {name} did not run.",
            f"It should have run at {moment:%H:%M:%S} UTC, but it still exists.",
            "Check its role and its dead-letter queue.",
        )

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it if it has not deleted itself."""
        if facts.get("added"):
            _delete(running, step.args["name"], step.args["group"])


def _with_role(step: Step, running: Running) -> dict[str, Any]:
    wanted: dict[str, Any] = dict(step.args["schedule"])
    if action := step.args.get("role_action"):
        role_arn = str(running.earlier[action]["role_arn"])
        wanted["Target"] = {**wanted["Target"], "RoleArn": role_arn}
    return wanted


def _write(running: Running, method: str, schedule: Mapping[str, Any], failure: str) -> None:
    """Sends it; retried while a new role has not propagated."""
    retry_on(
        lambda: running.connection.call("scheduler", method, failure=failure, **schedule), running, _NEW_ROLE
    )


def _delete(running: Running, name: str, group: str) -> None:
    failure = f"Could not delete the schedule {name}."
    find(running.connection, "delete_schedule", failure, service="scheduler", Name=name, GroupName=group)


def _holds(now: Any, wanted: Any) -> bool:
    """Whether a schedule is what was sent: AWS adds defaults of its own, such as a retry policy."""
    if isinstance(now, Mapping) and isinstance(wanted, Mapping):
        return all(key in now and _holds(now[key], value) for key, value in wanted.items())
    return bool(now == wanted)


def _moment(value: Any) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0).isoformat()


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _json(each) for key, each in value.items()}
    return [_json(each) for each in value] if isinstance(value, list | tuple) else value


RUNS: Mapping[str, StepRun] = {
    SCHEDULE_CREATE: ScheduleCreate(),
    SCHEDULE_UPDATE: ScheduleUpdate(),
    SCHEDULE_SWITCH: ScheduleSwitch(),
    SCHEDULE_DELETE: ScheduleDelete(),
    SCHEDULE_TRY: ScheduleTry(),
}
