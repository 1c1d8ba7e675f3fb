"""The checks of EventBridge Scheduler's schedules. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from workbench.aws.eventbridge import is_past, problem_of
from workbench.triggers.finding import Finding, Fix, FixKind, Severity
from workbench.triggers.model import Wiring
from workbench.triggers.sources.schedule_parameters import (
    DEAD_LETTER,
    END,
    EXPRESSION,
    GROUP,
    INPUT,
    MODE,
    NAME,
    ROLE,
    START,
    TIMEZONE,
    WINDOW,
    schedule_parameters,
)
from workbench.triggers.values import check_values


@dataclass(frozen=True, slots=True)
class ScheduleSeen:
    """What was read before planning.

    Attributes:
        now: When; UTC.
        arn: Of the schedule that is there; empty when there is none.
        settings: Of that one, as steps/schedule.py compares them.
        has_group: Whether the group is there.
        role_trusts: Whether the chosen role lets the service assume it; None when unknown or none is chosen.
        role_denied: AWS's word when the role may not run the function ("implicitDeny"); empty when it may.
        queue_denied: AWS's word when the role may not send to the dead-letter queue; empty when it may.
        role_problem: Why something of the role is unknown.
    """

    now: datetime
    arn: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    has_group: bool = True
    role_trusts: bool | None = None
    role_denied: str = ""
    queue_denied: str = ""
    role_problem: str = ""


def check_schedule(wiring: Wiring, seen: ScheduleSeen) -> tuple[Finding, ...]:
    """SCH-ROLE, SCH-DLQ, SCH-EXPR, SCH-JSON, SCH-PAST, SCH-EXISTS, SCH-GROUP, and ranges."""
    values = wiring.values
    ranged = [each for each in schedule_parameters(wiring) if each.name != INPUT]
    found = list(check_values(ranged, values))
    if seen.arn and not wiring.source_arn:
        fix = Fix(FixKind.OPEN_EXISTING, "Open the existing trigger", text=seen.arn)
        runs_it = seen.settings.get("Target", {}).get("Arn") == wiring.target_arn
        what = f"The schedule {values.get(NAME)} already exists."
        why = (
            "It invokes this function."
            if runs_it
            else "It already has a target, and a schedule can have only one."
        )
        found.append(Finding("SCH-EXISTS", Severity.BLOCK, what, why, (fix,) if runs_it else ()))
    if not seen.has_group:
        what = f"The schedule group “{values.get(GROUP)}” does not exist in {wiring.function.region}."
        found.append(Finding("SCH-GROUP", Severity.BLOCK, what))
    return (*found, *_role(wiring, seen), *_when(wiring, seen), *_input(wiring))


def _role(wiring: Wiring, seen: ScheduleSeen) -> list[Finding]:
    role_arn = str(wiring.values.get(ROLE) or "")
    name = role_arn.rpartition("/")[2]
    if not role_arn:
        return []
    if seen.role_trusts is False:
        what = f"EventBridge Scheduler cannot assume the role {name}."
        why = "Its trust policy does not include scheduler.amazonaws.com, or the role does not exist."
        return [Finding("SCH-ROLE", Severity.BLOCK, what, why, (_make_one(),))]
    if seen.role_denied:
        what = f"The role {name} cannot invoke the function: lambda:InvokeFunction is {seen.role_denied}."
        why = "The schedule invokes the function with this role; the function's policy is not used."
        return [Finding("SCH-ROLE", Severity.BLOCK, what, why, (_make_one(),))]
    if seen.queue_denied:
        queue = str(wiring.values.get(DEAD_LETTER) or "").rpartition(":")[2]
        what = f"The role {name} cannot send to the queue {queue}: sqs:SendMessage is {seen.queue_denied}."
        why = "Events that Lambda does not accept are lost despite the dead-letter queue."
        return [Finding("SCH-DLQ", Severity.WARN, what, why, (_make_one(),))]
    if seen.role_problem:
        what = f"Could not determine whether the role {name} can invoke the function."
        return [Finding("SCH-ROLE", Severity.WARN, what, seen.role_problem)]
    return []


def _make_one() -> Fix:
    return Fix(FixKind.EDIT, "Create a role that can only invoke this function", values={ROLE: ""})


def _when(wiring: Wiring, seen: ScheduleSeen) -> list[Finding]:
    values = {**_flat_when(seen.settings), **wiring.values} if wiring.source_arn else wiring.values
    expression, timezone = str(values.get(EXPRESSION) or ""), str(values.get(TIMEZONE) or "UTC")
    found: list[tuple[str, str]] = []
    if expression and (problem := problem_of(expression, knows_at=True, is_strict=False)):
        found.append((problem, "AWS would reject it."))
    if not _is_timezone(timezone):
        found.append((f"“{timezone}” is not a time zone.", "Write a time zone such as Europe/Berlin or UTC."))
    if values.get(MODE) == "FLEXIBLE" and not values.get(WINDOW):
        found.append(("A flexible time window needs a length in minutes.", "From 1 to 1440."))
    start, end = _moment(values.get(START)), _moment(values.get(END))
    if start and end and end <= start:
        found.append(("The schedule ends before it starts.", "AWS would reject it."))
    findings = [Finding("SCH-EXPR", Severity.BLOCK, what, why) for what, why in found]
    if not found and (is_past(expression, timezone, seen.now) or (end and end <= seen.now)):
        what = f"{expression} is in the past, so it never runs."
        if end and end <= seen.now:
            what = f"The schedule ended at {end:%Y-%m-%d %H:%M} UTC."
        why = "AWS accepts such a schedule, but it never runs."
        findings.append(Finding("SCH-PAST", Severity.WARN, what, why))
    return findings


def _flat_when(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a change leaves as it is."""
    window = settings.get("FlexibleTimeWindow", {})
    known = {key: settings.get(key) for key in (EXPRESSION, TIMEZONE, START, END)}
    return known | {MODE: window.get("Mode"), WINDOW: window.get("MaximumWindowInMinutes")}


def _input(wiring: Wiring) -> list[Finding]:
    text = str(wiring.values.get(INPUT) or "")
    if not text:
        return []
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        why = "Lambda only accepts JSON. Put text in quotation marks."
        return [Finding("SCH-JSON", Severity.BLOCK, f"The input is not valid JSON: {error}.", why)]
    return []


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
