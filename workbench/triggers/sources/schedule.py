"""Amazon EventBridge Scheduler: a schedule of its own, with a role that runs the function."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.functions.roles import trusts
from workbench.triggers.explanation import Explanation
from workbench.triggers.finding import Finding
from workbench.triggers.ledgers import ASYNC, async_failures, async_ledger, failure_names, upstream_ledger
from workbench.triggers.model import FunctionSeen, Place, SourceKind, TestEvent, Trigger, Wiring
from workbench.triggers.parameter import Parameter
from workbench.triggers.sources.dead_letter_queue import SEND
from workbench.triggers.sources.schedule_checks import ScheduleSeen, check_schedule
from workbench.triggers.sources.schedule_parameters import (
    AGE,
    DEAD_LETTER,
    DEFAULT_GROUP,
    EXPRESSION,
    GROUP,
    NAME,
    NAMES,
    RETRIES,
    ROLE,
    TARGET,
    schedule_parameters,
    settings_of,
)
from workbench.triggers.sources.source import Source
from workbench.triggers.step import Step
from workbench.triggers.steps.schedule import (
    SCHEDULE_CREATE,
    SCHEDULE_DELETE,
    SCHEDULE_SWITCH,
    SCHEDULE_TRY,
    SCHEDULE_UPDATE,
    describe,
    schedule_settings,
)
from workbench.triggers.steps.service_role import (
    SERVICE_ROLE,
    delete_role_step,
    is_own_role,
    service_role_step,
)
from workbench.triggers.values import flat

PRINCIPAL = "scheduler.amazonaws.com"
_ACTION = "lambda:InvokeFunction"
_NAME_LIMIT = 64


class Schedule(Source[ScheduleSeen]):
    """A schedule; it has one target, so that each trigger is a schedule of its own."""

    kind = SourceKind.SCHEDULE
    title = "Amazon EventBridge Scheduler"
    makes_its_source = True

    def parameters(self, wiring: Wiring) -> tuple[Parameter, ...]:
        """When, what the function gets, the role, retries."""
        return schedule_parameters(wiring)

    def observe(self, connection: Connection, wiring: Wiring, ctx: JobContext) -> ScheduleSeen:
        """Reads what stands there, the group, and the chosen role. Raises WorkbenchError."""
        ctx.check()
        now, values = datetime.now(UTC), wiring.values
        if wiring.source_arn:
            group, name = _path(wiring.source_arn)
        else:
            group, name = str(values.get(GROUP) or DEFAULT_GROUP), str(values.get(NAME) or "")
        there = describe(connection, name, group) if name else {}
        if wiring.source_arn and not there:
            raise WorkbenchError(
                f"The schedule {name} cannot be changed.",
                f"The schedule does not exist in the group {group} in {connection.region}.",
                "Refresh the triggers.",
                aws_code="ResourceNotFoundException",
            )
        has_group = bool(there) or group == DEFAULT_GROUP or _has_group(connection, group)
        settings = schedule_settings(there) if there else {}
        seen = ScheduleSeen(now, str(there.get("Arn", "")), settings, has_group)
        role_arn = str(values.get(ROLE) or "")
        return _with_role(connection, seen, role_arn, wiring, ctx) if role_arn else seen

    def check(self, wiring: Wiring, seen: ScheduleSeen, function: FunctionSeen) -> tuple[Finding, ...]:
        """Checks SCH-ROLE, SCH-EXPR, SCH-JSON, SCH-PAST, SCH-EXISTS, SCH-GROUP."""
        return check_schedule(wiring, seen)

    def plan(self, wiring: Wiring, seen: ScheduleSeen, function: FunctionSeen) -> tuple[Step, ...]:
        """The role unless one was chosen, then the schedule."""
        settings = settings_of(wiring, {})
        arn = _arn(wiring, settings)
        region = wiring.function.region
        has_role = bool(wiring.values.get(ROLE))
        args = {"schedule": settings, "role_action": "" if has_role else SERVICE_ROLE}
        title = f"Create the schedule {settings.get('Name', '')}: {settings.get('ScheduleExpression', '')}"
        undo = "Delete the schedule"
        step = Step(SCHEDULE_CREATE, title, "scheduler:CreateSchedule", region, args, undo)
        return (step,) if has_role else (_role(wiring, arn), step)

    def find(
        self, connection: Connection, function: FunctionSeen, hints: tuple[str, ...], ctx: JobContext
    ) -> tuple[Trigger, ...]:
        """The region's schedules whose target is the function. Raises WorkbenchError."""
        failure = "Could not list the schedules."
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

    def update(self, trigger: Trigger, wiring: Wiring, seen: ScheduleSeen) -> tuple[Step, ...]:
        """Overwrites the schedule with all of its settings; a role of ours goes when another is chosen."""
        before, arn, region = dict(seen.settings), trigger.source_arn, wiring.function.region
        wanted = settings_of(wiring, before)
        makes_role = not wiring.values.get(ROLE)
        args = {"schedule": wanted, "before": before, "role_action": SERVICE_ROLE if makes_role else ""}
        title = f"Change the schedule {trigger.name}"
        undo = "Restore the previous settings"
        step = Step(SCHEDULE_UPDATE, title, "scheduler:UpdateSchedule", region, args, undo)
        steps = ((_role(wiring, arn),) if makes_role else ()) + ((step,) if wanted != before else ())
        old = str(before.get("Target", {}).get("RoleArn", ""))
        queue = wanted["Target"].get("DeadLetterConfig", {}).get("Arn")
        if not makes_role and is_own_role(wanted["Target"]["RoleArn"], PRINCIPAL, arn):
            had = before.get("Target", {}).get("DeadLetterConfig", {}).get("Arn")
            steps = ((_role(wiring, arn),) if queue and queue != had else ()) + steps
        is_left = not makes_role and is_own_role(old, PRINCIPAL, arn) and wanted["Target"]["RoleArn"] != old
        return (*steps, delete_role_step(old, region)) if is_left else steps

    def pause(self, trigger: Trigger) -> tuple[Step, ...]:
        """State DISABLED."""
        return (_switch(trigger, "DISABLED"),)

    def resume(self, trigger: Trigger) -> tuple[Step, ...]:
        """State ENABLED."""
        return (_switch(trigger, "ENABLED"),)

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Deletes the schedule, and the role that was made for it."""
        group, name = _path(trigger.source_arn)
        region, role_arn = trigger.source_arn.split(":")[3], str(trigger.values.get(ROLE) or "")
        args, undo = {"name": name, "group": group}, "Create the schedule again"
        title = f"Delete the schedule {name}"
        step = Step(SCHEDULE_DELETE, title, "scheduler:DeleteSchedule", region, args, undo)
        if not is_own_role(role_arn, PRINCIPAL, trigger.source_arn):
            return (step,)
        return (step, delete_role_step(role_arn, region))

    def test_event(self, trigger: Trigger, mark: str) -> TestEvent | None:
        """A schedule that comes once, in a minute, with the same target and role, and deletes itself."""
        group = _path(trigger.source_arn)[0]
        region = trigger.source_arn.split(":")[3]
        target = {"Arn": trigger.values.get(TARGET), "RoleArn": trigger.values.get(ROLE)}
        target |= {"Input": json.dumps({"workbench": mark})}
        name = f"wb-test-{mark}"[:_NAME_LIMIT]
        args = {"name": name, "group": group, "target": target}
        title = f"Create the schedule {name}, which runs once in a minute and deletes itself"
        step = Step(SCHEDULE_TRY, title, "scheduler:CreateSchedule", region, args, "Delete the schedule")
        return TestEvent(f"{title}. This takes up to two minutes.", (step,), mark)

    def explain(self, trigger: Trigger, function: FunctionSeen) -> Explanation:
        """With the schedule's retry policy and the function's own settings."""
        queue = str(trigger.values.get(DEAD_LETTER) or "")
        never_taken = f"Events that Lambda does not accept are sent to {queue}. " if queue else ""
        role = str(trigger.values.get(ROLE) or "").rpartition("/")[2]
        return Explanation(
            ASYNC,
            f"According to the schedule {trigger.values.get(EXPRESSION, '')}. An event can be "
            "delivered more than once.",
            upstream_ledger(self.kind, _number(trigger, RETRIES), _number(trigger, AGE)),
            async_ledger(function),
            never_taken + async_failures(function.failure_arns),
            f"The schedule's own role, {role}, must allow {_ACTION}. The function's policy is not used.",
            (
                f"Schedule {trigger.name}",
                "Lambda's queue",
                function.detail.function_name,
                *failure_names(function.failure_arns),
            ),
            "The Sandbox treats each time as UTC, ignores flexible time windows and roles, and "
            "does not retry when Lambda does not accept an event.",
        )


def _number(trigger: Trigger, name: str) -> int | None:
    value = trigger.values.get(name)
    return value if isinstance(value, int) else None


def _path(schedule_arn: str) -> tuple[str, str]:
    """Group and name of arn:…:schedule/{group}/{name}."""
    _, group, name = schedule_arn.split(":", 5)[5].split("/")
    return group, name


def _arn(wiring: Wiring, settings: dict[str, Any]) -> str:
    place = Place.of(wiring.function.function_arn)
    path = f"{settings['GroupName']}/{settings.get('Name', '')}"
    return f"arn:{place.partition}:scheduler:{place.region}:{place.account_id}:schedule/{path}"


def _role(wiring: Wiring, schedule_arn: str) -> Step:
    """For this function and its qualifiers: Scheduler asks for the ARN that the target names.

    What Lambda does not accept goes to the dead-letter queue with this role, too.
    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    """
    place, function_arn = Place.of(wiring.function.function_arn), wiring.function.function_arn
    resources = [function_arn, f"{function_arn}:*"]
    queue_arn = str(wiring.values.get(DEAD_LETTER) or "")
    more = {SEND: queue_arn} if queue_arn else {}
    return service_role_step(
        PRINCIPAL, schedule_arn, place.region, place.account_id, _ACTION, resources, more
    )


def _switch(trigger: Trigger, state: str) -> Step:
    group, name = _path(trigger.source_arn)
    args = {"name": name, "group": group, "state": state}
    region = trigger.source_arn.split(":")[3]
    title = f"Resume the schedule {name}" if state == "ENABLED" else f"Pause the schedule {name}"
    return Step(
        SCHEDULE_SWITCH, title, "scheduler:UpdateSchedule", region, args, "Restore its previous state"
    )


def _trigger(answer: dict[str, Any], qualifier: str) -> Trigger:
    arn, state = str(answer["Arn"]), str(answer.get("State") or "")
    values = flat(answer, NAMES)
    values[TARGET] = str(answer["Target"]["Arn"])
    return Trigger(SourceKind.SCHEDULE, arn, str(answer["Name"]), qualifier, arn, state, values=values)


def _has_group(connection: Connection, group: str) -> bool:
    failure = f"Could not find the schedule group {group}."
    return bool(find(connection, "get_schedule_group", failure, service="scheduler", Name=group))


def _with_role(
    connection: Connection, seen: ScheduleSeen, role_arn: str, wiring: Wiring, ctx: JobContext
) -> ScheduleSeen:
    """Asks IAM of the chosen role. What may not be asked is unknown."""
    name = role_arn.rpartition("/")[2]
    try:
        answer = find(
            connection, "get_role", f"Could not read the role {name}.", service="iam", RoleName=name
        )
        document = (answer.get("Role") or {}).get("AssumeRolePolicyDocument")
        seen = replace(seen, role_trusts=trusts(document, PRINCIPAL))
        seen = replace(seen, role_denied=_denied(connection, role_arn, _ACTION, wiring.target_arn, ctx))
        if queue_arn := str(wiring.values.get(DEAD_LETTER) or ""):
            seen = replace(seen, queue_denied=_denied(connection, role_arn, SEND, queue_arn, ctx))
    except WorkbenchError as error:
        return replace(seen, role_problem=str(error))
    return seen


def _denied(connection: Connection, role_arn: str, action: str, resource: str, ctx: JobContext) -> str:
    """IAM's word when the role may not do it; empty when it may. Raises WorkbenchError."""
    pages = connection.paginate(
        "iam",
        "simulate_principal_policy",
        ctx=ctx,
        failure=f"Could not read what the role {role_arn.rpartition('/')[2]} allows.",
        PolicySourceArn=role_arn,
        ActionNames=[action],
        ResourceArns=[resource],
    )
    decisions = [str(each["EvalDecision"]) for page in pages for each in page.get("EvaluationResults") or ()]
    return next((each for each in decisions if each != "allowed"), "")
