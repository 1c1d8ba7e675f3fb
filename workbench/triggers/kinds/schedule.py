"""Creates, changes, enables, disables and deletes schedules of EventBridge Scheduler, and tries them out.

UpdateSchedule resets settings that are left out, so all are sent.
Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workbench.aws.connection import Connection
from workbench.aws.quotas import text_limit
from workbench.aws.retry import Backoff, poll
from workbench.core.errors import WorkbenchError, sentences
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import GONE, find
from workbench.functions.roles import trusts
from workbench.triggers.kinds.source import (
    SEND,
    Source,
    Upstream,
    explain_async,
    never_taken,
    own_retries,
    retry_parameters,
    source_retries,
)
from workbench.triggers.model import (
    Authority,
    Explanation,
    Finding,
    Findings,
    Fix,
    Location,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    TriggerSpec,
    Values,
    Verdict,
    block,
    edit_fix,
    open_fix,
    warn,
)
from workbench.triggers.parameter import (
    Entry,
    Parameter,
    check_values,
    choice_parameter,
    flat,
    number_parameter,
    structured,
    text_parameter,
)
from workbench.triggers.role import SERVICE_ROLE, delete_role_step, is_own_role, service_role_step, simulate
from workbench.triggers.schedules import problem_of
from workbench.triggers.steps import (
    Args,
    Ensure,
    Once,
    Resource,
    Running,
    State,
    Step,
    StepRun,
    both_exist,
    changed_meanwhile,
    contains,
    no_state,
    seen_state,
)
from workbench.triggers.test_events import NO_TEXTS, EventField, TestEvent, json_fault, texts_of
from workbench_sandbox.rules.schedules import is_past

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
_INPUT_LIMIT_BYTES = 256 * 1024
"""Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html, Input"""
_TRY_S, _LONGEST_TRY_S, _TRY_PAUSE_S = 60.0, 180.0, 2.0
"""Schedules are precise to the minute, so the event may come a minute late.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html"""


def schedule_settings(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a schedule, from an answer or a specification; JSON."""
    found = {key: answer.get(key) or _DEFAULTS.get(key) for key in _MEMBERS}
    return {
        key: _iso_moment(value) if key in ("StartDate", "EndDate") else _json(value)
        for key, value in found.items()
        if value
    }


def describe(connection: Connection, name: str, group: str) -> dict[str, Any]:
    """The schedule; empty if it does not exist. Raises WorkbenchError."""
    failure = _("Could not read the schedule {name}.").format(name=name)
    return find(connection, "get_schedule", failure, service="scheduler", Name=name, GroupName=group)


def _read_schedule(args: Args, running: Running) -> dict[str, Any] | None:
    """The settings of a schedule whose name and group are in the args, directly or among its settings."""
    named = args.get("schedule") or {"Name": args.get("name"), "GroupName": args.get("group")}
    found = describe(running.connection, named["Name"], named["GroupName"])
    return schedule_settings(found) if found else None


def _put_schedule(_args: Args, running: Running, settings: State, present: State) -> None:
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


def _delete_schedule(_args: Args, running: Running, present: State) -> None:
    name, group = present["Name"], present["GroupName"]
    failure = _("Could not delete the schedule {name}.").format(name=name)
    running.find("scheduler", "delete_schedule", failure, Name=name, GroupName=group)


def _settings_with_role(args: Args, running: Running) -> dict[str, Any]:
    """The desired settings, with the role from an earlier step if there is one."""
    wanted: dict[str, Any] = dict(args["schedule"])
    if action := args.get("role_action"):
        role_arn = str(running.earlier[action]["role_arn"])
        wanted["Target"] = {**wanted["Target"], "RoleArn": role_arn}
    return wanted


def _new(args: Args, running: Running, present: State) -> dict[str, Any]:
    """Raises WorkbenchError if another schedule has this name."""
    wanted = _settings_with_role(args, running)
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
    wanted = _settings_with_role(args, running)
    if present != seen_state(args) and not contains(present, wanted):
        raise changed_meanwhile(_("Could not change the schedule {wanted}.").format(wanted=wanted["Name"]))
    return wanted


def _read_state(args: Args, running: Running) -> str:
    """ENABLED or DISABLED. Raises WorkbenchError, also if the schedule does not exist."""
    return str(_existing(args, running)["State"])


def _set_state(args: Args, running: Running, state: State, _present: State) -> None:
    """Sends all current settings with another state."""
    present = _existing(args, running)
    _put_schedule(args, running, {**present, "State": state}, present)


def _existing(args: Args, running: Running) -> dict[str, Any]:
    found = _read_schedule(args, running)
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
    _put_schedule(args, running, wanted, None)
    if not poll(
        lambda: _read_schedule(args, running),
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
        _delete_schedule(args, running, {"Name": args["name"], "GroupName": args["group"]})


def _iso_moment(value: Any) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0).isoformat()


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _json(each) for key, each in value.items()}
    return [_json(each) for each in value] if isinstance(value, list | tuple) else value


_SCHEDULE = Resource(_read_schedule, _put_schedule, _delete_schedule)
RUNS: Mapping[str, StepRun] = {
    SCHEDULE_CREATE: Ensure(_SCHEDULE, _new, same=both_exist),
    SCHEDULE_UPDATE: Ensure(_SCHEDULE, _changed, is_ours=contains, planned=True),
    SCHEDULE_SWITCH: Ensure(
        Resource(_read_state, _set_state), lambda args, *__: args["state"], noted="state"
    ),
    SCHEDULE_DELETE: Ensure(_SCHEDULE, no_state, noted="schedule"),
    SCHEDULE_TRY: Once(_try_out, _delete_tried),
}


NAME, GROUP, _EXPRESSION, _TIMEZONE = "Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone"
MODE, WINDOW = "FlexibleTimeWindow.Mode", "FlexibleTimeWindow.MaximumWindowInMinutes"
INPUT, ROLE, STATE, START, END = "Target.Input", "Target.RoleArn", "State", "StartDate", "EndDate"
RETRIES = "Target.RetryPolicy.MaximumRetryAttempts"
AGE = "Target.RetryPolicy.MaximumEventAgeInSeconds"
DEAD_LETTER = "Target.DeadLetterConfig.Arn"
TARGET = "Target.Arn"
"""Key of a value that no form shows: the target of a discovered schedule."""
_DEFAULT_GROUP = "default"
NAMES = (
    *(NAME, GROUP, _EXPRESSION, _TIMEZONE, MODE, WINDOW, START, END, INPUT, ROLE, RETRIES, AGE, DEAD_LETTER),
    *(STATE, "ActionAfterCompletion", "Description", "KmsKeyArn"),
)
_SERVICE = "scheduler"


def _schedule_parameters(spec: TriggerSpec) -> tuple[Parameter, ...]:
    """The parameters; name and group only for a new schedule."""
    every = (*_when_parameters(), *_target(), *_rest())
    return tuple(each for each in every if not (spec.source_arn and each.create_only))


def settings_of(spec: TriggerSpec, before: dict[str, Any]) -> dict[str, Any]:
    """The desired settings of the schedule, complete.

    Args:
        spec: The specification. Settings that are not among its values are removed.
        before: The schedule's settings, empty for a new one. What no form shows, such as the state, is kept.
    """
    values = {key: value for key, value in spec.values.items() if value not in (None, "")}
    wanted = structured(_filled(values), NAMES)
    shown = {name.split(".")[1] for name in NAMES if name.startswith("Target.")}
    kept = {key: value for key, value in before.get("Target", {}).items() if key not in shown}
    target = {**kept, **wanted.pop("Target", {}), "Arn": spec.target_arn}
    always = {key: before[key] for key in (NAME, GROUP, _EXPRESSION, STATE) if key in before}
    return schedule_settings({"FlexibleTimeWindow": {"Mode": "OFF"}, **always, **wanted, "Target": target})


def _filled(values: Values) -> Values:
    """Removes the window if the time is not flexible: AWS refuses one."""
    is_flexible = values.get(MODE) == "FLEXIBLE"
    return {key: value for key, value in values.items() if is_flexible or key != WINDOW}


def _when_parameters() -> tuple[Parameter, ...]:
    return (
        text_parameter(NAME, _("Schedule name"), service=_SERVICE, required=True, create_only=True),
        text_parameter(
            GROUP,
            _("Schedule group"),
            _DEFAULT_GROUP,
            shape="ScheduleGroupName",
            service=_SERVICE,
            create_only=True,
            advanced=True,
        ),
        text_parameter(
            _EXPRESSION,
            _("Schedule"),
            service=_SERVICE,
            required=True,
            help=_("rate(5 minutes), cron(0 12 * * ? *), or once: at(2027-01-31T12:00:00)."),
        ),
        text_parameter(
            _TIMEZONE,
            _("Time zone"),
            "UTC",
            service=_SERVICE,
            help=_("For cron and at, such as Europe/Berlin. Daylight saving time is applied."),
        ),
        choice_parameter(
            MODE,
            _("Flexible time window"),
            "OFF",
            shape="FlexibleTimeWindowMode",
            service=_SERVICE,
            help=_(
                "With FLEXIBLE, AWS invokes the function at some time within a window after the "
                "scheduled time."
            ),
        ),
        number_parameter(WINDOW, _("Maximum window"), service=_SERVICE, unit="min"),
        Parameter(
            START, _("Start"), Entry.MOMENT, advanced=True, help=_("For rate and cron: the earliest time.")
        ),
        Parameter(END, _("End"), Entry.MOMENT, advanced=True, help=_("For rate and cron: the latest time.")),
    )


def _target() -> tuple[Parameter, ...]:
    return (
        Parameter(INPUT, _("Input"), Entry.JSON, help=_("The input of the function: a JSON document.")),
        text_parameter(
            ROLE,
            _("Execution role of the schedule"),
            service=_SERVICE,
            entry=Entry.ARN,
            help=_("If empty, Workbench creates a role that can only invoke this function."),
        ),
        *retry_parameters(_SERVICE, "Target.", text_limit("DeadLetterConfigArnString", _SERVICE).pattern),
    )


def _rest() -> tuple[Parameter, ...]:
    return (
        choice_parameter(
            STATE, _("State"), "ENABLED", shape="ScheduleState", service=_SERVICE, advanced=True
        ),
        choice_parameter(
            "ActionAfterCompletion",
            _("After completion"),
            "NONE",
            service=_SERVICE,
            advanced=True,
            help=_("DELETE removes the schedule after its last run."),
        ),
        text_parameter("Description", _("Description"), service=_SERVICE, advanced=True),
        text_parameter(
            "KmsKeyArn", _("Customer managed key"), service=_SERVICE, entry=Entry.ARN, advanced=True
        ),
    )


@dataclass(frozen=True, slots=True)
class ObservedSchedule:
    """The schedule, group and role when they were read.

    Attributes:
        now: When it was read, UTC.
        arn: ARN of the existing schedule; empty if there is none.
        settings: Its settings, as steps/schedule.py compares them.
        has_group: Whether the group exists.
        role_trusts: Whether the service may assume the chosen role; None if unknown or none is chosen.
        role_denied: IAM's decision if the role may not invoke the function ("implicitDeny"); otherwise empty.
        queue_denied: IAM's decision if the role may not send to the dead-letter queue; otherwise empty.
        role_problem: Why something about the role is unknown.
    """

    now: datetime
    arn: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    has_group: bool = True
    role_trusts: bool | None = None
    role_denied: str = ""
    queue_denied: str = ""
    role_problem: str = ""


def _check_role(spec: TriggerSpec, observed: ObservedSchedule) -> Iterator[Finding]:
    role_arn = str(spec.values.get(ROLE) or "")
    name = role_arn.rpartition("/")[2]
    if not role_arn:
        return
    if observed.role_trusts is False:
        what = _("EventBridge Scheduler cannot assume the role {name}.").format(name=name)
        why = _("Its trust policy does not include scheduler.amazonaws.com, or the role does not exist.")
        yield block("SCH-ROLE", what, why, _make_one())
        return
    if observed.role_denied:
        what = _(
            "The role {name} cannot invoke the function: lambda:InvokeFunction is {role_denied}."
        ).format(name=name, role_denied=observed.role_denied)
        why = _("The schedule invokes the function with this role; the function's policy is not used.")
        yield block("SCH-ROLE", what, why, _make_one())
        return
    if observed.queue_denied:
        queue = str(spec.values.get(DEAD_LETTER) or "").rpartition(":")[2]
        what = _(
            "The role {name} cannot send to the queue {queue}: sqs:SendMessage is {queue_denied}."
        ).format(name=name, queue=queue, queue_denied=observed.queue_denied)
        why = _("Events that Lambda does not accept are lost despite the dead-letter queue.")
        yield warn("SCH-DLQ", what, why, _make_one())
        return
    if observed.role_problem:
        what = _("Could not determine whether the role {name} can invoke the function.").format(name=name)
        yield warn("SCH-ROLE", what, observed.role_problem)


def _make_one() -> Fix:
    return edit_fix(_("Create a role that can only invoke this function"), {ROLE: ""})


def _check_when(spec: TriggerSpec, observed: ObservedSchedule) -> Iterator[Finding]:
    values = {**_flat_when(observed.settings), **spec.values} if spec.source_arn else spec.values
    expression, timezone = str(values.get(_EXPRESSION) or ""), str(values.get(_TIMEZONE) or "UTC")
    found: list[tuple[str, str]] = []
    if expression and (problem := problem_of(expression, knows_at=True, is_strict=False)):
        found.append((problem, _("AWS would reject it.")))
    if not _is_timezone(timezone):
        found.append(
            (
                _("“{timezone}” is not a time zone.").format(timezone=timezone),
                _("Write a time zone such as Europe/Berlin or UTC."),
            )
        )
    if values.get(MODE) == "FLEXIBLE" and not values.get(WINDOW):
        found.append((_("A flexible time window needs a length in minutes."), _("From 1 to 1440.")))
    start, end = _moment(values.get(START)), _moment(values.get(END))
    if start and end and end <= start:
        found.append((_("The schedule ends before it starts."), _("AWS would reject it.")))
    yield from (block("SCH-EXPR", what, why) for what, why in found)
    if not found and (is_past(expression, timezone, observed.now) or (end and end <= observed.now)):
        what = _("{expression} is in the past, so it never runs.").format(expression=expression)
        if end and end <= observed.now:
            what = _("The schedule ended at {end:%Y-%m-%d %H:%M} UTC.").format(end=end)
        why = _("AWS accepts such a schedule, but it never runs.")
        yield warn("SCH-PAST", what, why)


def _flat_when(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a change keeps."""
    window = settings.get("FlexibleTimeWindow", {})
    known = {key: settings.get(key) for key in (_EXPRESSION, _TIMEZONE, START, END)}
    return known | {MODE: window.get("Mode"), WINDOW: window.get("MaximumWindowInMinutes")}


def _check_input(spec: TriggerSpec) -> Iterator[Finding]:
    text = str(spec.values.get(INPUT) or "")
    if not text:
        return
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        why = _("Lambda only accepts JSON. Put text in quotation marks.")
        yield block("SCH-JSON", _("The input is not valid JSON: {error}.").format(error=error), why)
        return


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def _moment(value: object) -> datetime | None:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


PRINCIPAL = "scheduler.amazonaws.com"
_ACTION = "lambda:InvokeFunction"
_NAME_LIMIT = 64


class Schedule(Source[ObservedSchedule]):
    """A schedule. It has a single target, so each trigger has its own schedule."""

    kind = SourceKind("scheduler")
    title, icon = "EventBridge Scheduler", "calendar-clock"
    description = _("Once or repeatedly at a given time, in a time zone.")
    makes_its_source = True
    rule = Rule(
        _("schedule"),
        _("Amazon EventBridge Scheduler"),
        Model.PUSH_ASYNC,
        region=Verdict.WARN,
        account=Verdict.WARN,
        let_in_by=Authority.OWN_ROLE,
    )
    upstream = Upstream(185, 86_400)
    """Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html"""

    def parameters(self, spec: TriggerSpec) -> tuple[Parameter, ...]:
        return _schedule_parameters(spec)

    def observe(self, connection: Connection, spec: TriggerSpec, ctx: JobContext) -> ObservedSchedule:
        ctx.check()
        now, values = datetime.now(UTC), spec.values
        if spec.source_arn:
            group, name = _path(spec.source_arn)
        else:
            group, name = str(values.get(GROUP) or _DEFAULT_GROUP), str(values.get(NAME) or "")
        there = describe(connection, name, group) if name else {}
        if spec.source_arn and not there:
            raise WorkbenchError(
                _("The schedule {name} cannot be changed.").format(name=name),
                _("The schedule does not exist in the group {group} in {region}.").format(
                    group=group, region=connection.region
                ),
                _("Refresh the triggers."),
                aws_code="ResourceNotFoundException",
            )
        has_group = bool(there) or group == _DEFAULT_GROUP or _has_group(connection, group)
        settings = schedule_settings(there) if there else {}
        observed = ObservedSchedule(now, str(there.get("Arn", "")), settings, has_group)
        role_arn = str(values.get(ROLE) or "")
        return _with_role(connection, observed, role_arn, spec, ctx) if role_arn else observed

    def check(self, spec: TriggerSpec, observed: ObservedSchedule, function: ObservedFunction) -> Findings:
        """Checks SCH-ROLE, SCH-EXPR, SCH-JSON, SCH-PAST, SCH-EXISTS, SCH-GROUP."""
        values = spec.values
        ranged = [each for each in _schedule_parameters(spec) if each.name != INPUT]
        found = list(check_values(ranged, values))
        if observed.arn and not spec.source_arn:
            fix = open_fix(observed.arn)
            runs_it = observed.settings.get("Target", {}).get("Arn") == spec.target_arn
            what = _("The schedule {name} already exists.").format(name=values.get(NAME))
            why = (
                _("It invokes this function.")
                if runs_it
                else _("It already has a target, and a schedule can have only one.")
            )
            found.append(block("SCH-EXISTS", what, why, *((fix,) if runs_it else ())))
        if not observed.has_group:
            what = _("The schedule group “{group}” does not exist in {region}.").format(
                group=values.get(GROUP), region=spec.function.region
            )
            found.append(block("SCH-GROUP", what))
        return (*found, *_check_role(spec, observed), *_check_when(spec, observed), *_check_input(spec))

    def plan(self, spec: TriggerSpec, observed: ObservedSchedule) -> Steps:
        """The role unless one was chosen, then the schedule."""
        settings = settings_of(spec, {})
        arn = _arn(spec, settings)
        region = spec.function.region
        has_role = bool(spec.values.get(ROLE))
        args = {"schedule": settings, "role_action": "" if has_role else SERVICE_ROLE}
        title = _("Create the schedule {name}: {expression}").format(
            name=settings.get("Name", ""), expression=settings.get("ScheduleExpression", "")
        )
        undo = _("Delete the schedule")
        step = Step(SCHEDULE_CREATE, title, "scheduler:CreateSchedule", region, args, undo)
        return (step,) if has_role else (_role(spec, arn), step)

    def find(
        self, connection: Connection, function: ObservedFunction, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        failure = _("Could not list the schedules.")
        found = []
        for page in connection.paginate("scheduler", "list_schedules", ctx=ctx, failure=failure):
            for each in page.get("Schedules") or ():
                target = str((each.get("Target") or {}).get("Arn", ""))
                if target in function.arns:
                    ctx.check()
                    answer = describe(connection, str(each["Name"]), str(each["GroupName"]))
                    if answer:
                        found.append(_trigger(answer, target[len(function.arns[0]) :].removeprefix(":")))
        return tuple(found)

    def update(self, trigger: Trigger, spec: TriggerSpec, observed: ObservedSchedule) -> Steps:
        """Overwrites the schedule with all its settings. Deletes our role if another one is chosen."""
        before, arn, region = dict(observed.settings), trigger.source_arn, spec.function.region
        wanted = settings_of(spec, before)
        makes_role = not spec.values.get(ROLE)
        args = {"schedule": wanted, "seen": before, "role_action": SERVICE_ROLE if makes_role else ""}
        title = _("Change the schedule {trigger}").format(trigger=trigger.name)
        undo = _("Restore the previous settings")
        step = Step(SCHEDULE_UPDATE, title, "scheduler:UpdateSchedule", region, args, undo)
        steps = ((_role(spec, arn),) if makes_role else ()) + ((step,) if wanted != before else ())
        old = str(before.get("Target", {}).get("RoleArn", ""))
        queue = wanted["Target"].get("DeadLetterConfig", {}).get("Arn")
        if not makes_role and is_own_role(wanted["Target"]["RoleArn"], PRINCIPAL, arn):
            had = before.get("Target", {}).get("DeadLetterConfig", {}).get("Arn")
            steps = ((_role(spec, arn),) if queue and queue != had else ()) + steps
        is_left = not makes_role and is_own_role(old, PRINCIPAL, arn) and wanted["Target"]["RoleArn"] != old
        return (*steps, delete_role_step(old, region)) if is_left else steps

    def pause(self, trigger: Trigger) -> Steps:
        return (_switch(trigger, "DISABLED"),)

    def resume(self, trigger: Trigger) -> Steps:
        return (_switch(trigger, "ENABLED"),)

    def remove(self, trigger: Trigger) -> Steps:
        group, name = _path(trigger.source_arn)
        region, role_arn = trigger.source_arn.split(":")[3], str(trigger.values.get(ROLE) or "")
        args, undo = {"name": name, "group": group}, _("Create the schedule again")
        title = _("Delete the schedule {name}").format(name=name)
        step = Step(SCHEDULE_DELETE, title, "scheduler:DeleteSchedule", region, args, undo)
        if not is_own_role(role_arn, PRINCIPAL, trigger.source_arn):
            return (step,)
        return (step, delete_role_step(role_arn, region))

    def test_event(
        self, trigger: Trigger, mark: str, texts: Mapping[str, str] = NO_TEXTS
    ) -> TestEvent | None:
        """A one-time schedule with the same target and role, which runs in a minute and deletes itself."""
        group = _path(trigger.source_arn)[0]
        region = trigger.source_arn.split(":")[3]
        target = {"Arn": trigger.values.get(TARGET), "RoleArn": trigger.values.get(ROLE)}
        text = json.dumps({"workbench": mark})
        fields = (EventField("Input", _("Payload"), text, _INPUT_LIMIT_BYTES, check=json_fault),)
        target |= texts_of(fields, texts)
        name = f"wb-test-{mark}"[:_NAME_LIMIT]
        args = {"name": name, "group": group, "target": target}
        title = _("Create the schedule {name}, which runs once in a minute and deletes itself").format(
            name=name
        )
        step = Step(SCHEDULE_TRY, title, "scheduler:CreateSchedule", region, args, _("Delete the schedule"))
        return TestEvent(
            _("{title}. This takes up to two minutes.").format(title=title),
            (step,),
            mark,
            fields=fields,
            stays=_("The one-time schedule no longer exists."),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        role = str(trigger.values.get(ROLE) or "").rpartition("/")[2]
        return explain_async(
            trigger,
            function,
            _("According to the schedule {expression}. An event can be delivered more than once.").format(
                expression=trigger.values.get(_EXPRESSION, "")
            ),
            source_retries(self.upstream, *own_retries(trigger, RETRIES, AGE)),
            _(
                "The schedule's own role, {role}, must allow {action}. The function's policy is not used."
            ).format(role=role, action=_ACTION),
            [_("Schedule {trigger}").format(trigger=trigger.name)],
            _(
                "The Sandbox treats each time as UTC, ignores flexible time windows and roles, and "
                "does not retry when Lambda does not accept an event."
            ),
            failures=sentences(never_taken(trigger, DEAD_LETTER), "{}"),
        )


def _path(schedule_arn: str) -> tuple[str, str]:
    """Group and name in arn:…:schedule/{group}/{name}."""
    __, group, name = schedule_arn.split(":", 5)[5].split("/")
    return group, name


def _arn(spec: TriggerSpec, settings: dict[str, Any]) -> str:
    location = Location.of(spec.function.function_arn)
    path = f"{settings['GroupName']}/{settings.get('Name', '')}"
    return f"arn:{location.partition}:scheduler:{location.region}:{location.account_id}:schedule/{path}"


def _role(spec: TriggerSpec, schedule_arn: str) -> Step:
    """A step that creates the role, for this function and its qualifiers.

    Scheduler asks for the ARN that the target names. With this role it also sends what Lambda does not accept
    to the dead-letter queue.
    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    """
    location, function_arn = Location.of(spec.function.function_arn), spec.function.function_arn
    resources = [function_arn, f"{function_arn}:*"]
    queue_arn = str(spec.values.get(DEAD_LETTER) or "")
    more = {SEND: queue_arn} if queue_arn else {}
    return service_role_step(
        PRINCIPAL, schedule_arn, location.region, location.account_id, _ACTION, resources, more
    )


def _switch(trigger: Trigger, state: str) -> Step:
    group, name = _path(trigger.source_arn)
    args = {"name": name, "group": group, "state": state}
    region = trigger.source_arn.split(":")[3]
    title = (
        _("Resume the schedule {name}").format(name=name)
        if state == "ENABLED"
        else _("Pause the schedule {name}").format(name=name)
    )
    return Step(
        SCHEDULE_SWITCH, title, "scheduler:UpdateSchedule", region, args, _("Restore its previous state")
    )


def _trigger(answer: dict[str, Any], qualifier: str) -> Trigger:
    arn, state = str(answer["Arn"]), str(answer.get("State") or "")
    values = flat(answer, NAMES)
    values[TARGET] = str(answer["Target"]["Arn"])
    return Trigger(Schedule.kind, arn, str(answer["Name"]), qualifier, arn, state, values=values)


def _has_group(connection: Connection, group: str) -> bool:
    failure = _("Could not find the schedule group {group}.").format(group=group)
    return bool(find(connection, "get_schedule_group", failure, service="scheduler", Name=group))


def _with_role(
    connection: Connection, observed: ObservedSchedule, role_arn: str, spec: TriggerSpec, ctx: JobContext
) -> ObservedSchedule:
    """Adds what IAM says about the chosen role; None where IAM may not be asked."""
    name = role_arn.rpartition("/")[2]
    try:
        answer = find(
            connection,
            "get_role",
            _("Could not read the role {name}.").format(name=name),
            service="iam",
            RoleName=name,
        )
        document = (answer.get("Role") or {}).get("AssumeRolePolicyDocument")
        observed = replace(observed, role_trusts=trusts(document, PRINCIPAL))
        queue_arn = str(spec.values.get(DEAD_LETTER) or "")
        failure = _("Could not read what the role {role} allows.").format(role=name)
        denied = simulate(connection, role_arn, [(_ACTION, spec.target_arn)], failure, ctx)
        observed = replace(observed, role_denied=next((decision for *__, decision in denied), ""))
        if queue_arn:  # a request of its own: if it fails, the first answer is kept
            denied = simulate(connection, role_arn, [(SEND, queue_arn)], failure, ctx)
            observed = replace(observed, queue_denied=next((decision for *__, decision in denied), ""))
    except WorkbenchError as error:
        return replace(observed, role_problem=str(error))
    return observed
