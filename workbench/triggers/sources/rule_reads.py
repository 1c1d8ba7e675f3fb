"""What is read of EventBridge's rules. List and Describe calls only."""

import json
from collections.abc import Mapping
from typing import Any

from workbench.aws.caching_connection import subject_count
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.triggers import filters
from workbench.triggers.model import FunctionSeen, Wiring
from workbench.triggers.sources.rule_checks import RuleSeen, name_and_bus
from workbench.triggers.sources.rule_parameters import BUS, DEFAULT_BUS, NAME
from workbench.triggers.steps.rule import TAG, describe, rule_settings

_REFUSED = "InvalidEventPatternException"
_EVENT = json.dumps(
    {
        "id": "1",
        "account": "123456789012",
        "source": "workbench",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail-type": "Test",
        "detail": {},
    }
)
"""All that TestEventPattern insists on.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html"""


def pattern_refusal(connection: Connection, pattern: str) -> str:
    """What AWS has against a pattern in which nothing was found here; it is asked, and nothing is made of it.

    Returns:
        AWS's code and text; empty when it takes the pattern, or may not be asked.
    """
    if not pattern or filters.problems(pattern):
        return ""
    failure = "Could not test the event pattern."
    try:
        connection.call("events", "test_event_pattern", failure=failure, EventPattern=pattern, Event=_EVENT)
    except WorkbenchError as error:
        return f"{error.aws_code}: {error.why}" if error.aws_code == _REFUSED else ""
    return ""


def around(connection: Connection, wiring: Wiring) -> RuleSeen:
    """What stands where a new rule is to be. Raises WorkbenchError."""
    name, bus = str(wiring.values.get(NAME) or ""), str(wiring.values.get(BUS) or DEFAULT_BUS)
    if bus != DEFAULT_BUS:
        failure = f"Could not find the event bus {bus}."
        if not find(connection, "describe_event_bus", failure, service="events", Name=bus):
            return RuleSeen(has_bus=False)
    now = describe(connection, name, bus) if name else {}
    return RuleSeen(str(now.get("Arn", "")), rule_settings(now) if now else {})


def read(connection: Connection, rule_arn: str, ctx: JobContext) -> RuleSeen:
    """A rule that exists, with its targets. Raises WorkbenchError."""
    name, bus = name_and_bus(rule_arn)
    now = describe(connection, name, bus)
    if not now:
        raise WorkbenchError(
            f"The rule {name} cannot be a trigger.",
            f"The rule does not exist on the bus {bus} in {connection.region}.",
            "Choose another rule or create one.",
            aws_code="ResourceNotFoundException",
        )
    managed_by = str(now.get("ManagedBy") or "")
    return RuleSeen(rule_arn, rule_settings(now), managed_by, targets(connection, name, bus, ctx))


def _listed(
    connection: Connection, method: str, key: str, failure: str, ctx: JobContext, **request: Any
) -> list[Any]:
    """All pages of one of EventBridge's listings. Most have no paginator."""
    found: list[Any] = []
    token: dict[str, Any] = {}
    while True:
        ctx.check()
        answer = connection.call("events", method, failure=failure, **request, **token)
        found += answer.get(key) or ()
        if not answer.get("NextToken"):
            return found
        token = {"NextToken": str(answer["NextToken"])}


def buses(connection: Connection, ctx: JobContext) -> list[str]:
    """The names of the region's buses. Raises WorkbenchError, Cancelled."""
    listed = _listed(connection, "list_event_buses", "EventBuses", "Could not list the event buses.", ctx)
    return [str(bus["Name"]) for bus in listed]


def rules(connection: Connection, bus: str, ctx: JobContext) -> list[Mapping[str, Any]]:
    """The rules of a bus, as AWS answers them. Raises WorkbenchError, Cancelled."""
    return _listed(
        connection, "list_rules", "Rules", f"Could not list the rules of {bus}.", ctx, EventBusName=bus
    )


def targets(connection: Connection, name: str, bus: str, ctx: JobContext) -> tuple[Mapping[str, Any], ...]:
    """The targets of a rule. Raises WorkbenchError, Cancelled."""
    failure = f"Could not read the targets of the rule {name}."
    return tuple(
        _listed(connection, "list_targets_by_rule", "Targets", failure, ctx, Rule=name, EventBusName=bus)
    )


def names(
    connection: Connection, bus: str, rules: tuple[str, ...], function: FunctionSeen, ctx: JobContext
) -> tuple[str, ...]:
    """The rules of a bus that may have the function for a target, by the way that takes fewer requests.

    The targets of a rule are the same answer for all functions of a fleet; who has this target is not.
    """
    if len(rules) <= len(function.arns) * subject_count(connection):
        return rules
    failure = f"Could not find the rules that invoke {function.detail.function_name}."
    names = [
        name
        for arn in function.arns
        for name in _listed(
            connection,
            "list_rule_names_by_target",
            "RuleNames",
            failure,
            ctx,
            TargetArn=arn,
            EventBusName=bus,
        )
    ]
    return tuple(name for name in dict.fromkeys(names) if name in rules)


def is_made(connection: Connection, rule_arn: str) -> bool:
    """Whether the rule bears our tag. Who may not read tags keeps the rule when its trigger goes."""
    try:
        answer = connection.call(
            "events",
            "list_tags_for_resource",
            failure="Could not read the rule's tags.",
            ResourceARN=rule_arn,
        )
    except WorkbenchError:
        return False
    return any(each.get("Key") == TAG for each in answer.get("Tags") or ())
