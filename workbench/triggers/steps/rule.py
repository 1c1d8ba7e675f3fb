"""Creates, changes, enables, disables and deletes EventBridge rules and their targets.

PutRule clears settings that are left out, so all are sent.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
"""

from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import GONE, find
from workbench.triggers.steps import (
    Args,
    Ensure,
    Once,
    Resource,
    Running,
    State,
    StepRun,
    both_exist,
    changed_meanwhile,
    no_state,
    retry_on,
    seen_state,
)
from workbench.triggers.test_events import LOGGED

RULE_PUT, RULE_CHANGE, RULE_SWITCH, RULE_DELETE = "rule-put", "rule-change", "rule-switch", "rule-delete"
TAG = "workbench:trigger"
"""On rules that Workbench created, which are deleted with their trigger."""
BUSY = (("ConcurrentModificationException", ""),)
_MEMBERS = ("Name", "EventBusName", "EventPattern", "ScheduleExpression", "State", "Description", "RoleArn")
_DEFAULTS = {"EventBusName": "default", "State": "ENABLED"}


def rule_settings(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that PutRule must be sent, from an answer or a specification."""
    found = {key: answer.get(key) or _DEFAULTS.get(key) for key in _MEMBERS}
    return {key: value for key, value in found.items() if value}


def where(name: str, bus: str, key: str = "Name") -> dict[str, Any]:
    """The two parameters of all calls about rules."""
    return {key: name, "EventBusName": bus}


def describe(connection: Connection, name: str, bus: str) -> dict[str, Any]:
    """The rule; empty if it does not exist. Raises WorkbenchError."""
    failure = _("Could not read the rule {name}.").format(name=name)
    return find(connection, "describe_rule", failure, service="events", **where(name, bus))


def _targets(running: Running, name: str, bus: str) -> list[dict[str, Any]]:
    """The rule's targets; none if the rule does not exist."""
    failure = _("Could not read the targets of the rule {name}.").format(name=name)
    request = where(name, bus, "Rule")
    try:
        return running.listed("events", "list_targets_by_rule", failure, "Targets", **request)
    except WorkbenchError as error:
        if error.aws_code != GONE:
            raise
        return []


def _name_and_bus(args: Args) -> tuple[str, str]:
    """Name and bus of a rule, directly in the args or among its settings."""
    rule = args.get("rule") or {}
    return args.get("name") or rule["Name"], args.get("bus") or rule["EventBusName"]


def _read_rule(args: Args, running: Running) -> dict[str, Any] | None:
    """The rule's settings and ARN."""
    found = describe(running.connection, *_name_and_bus(args))
    return {"rule": rule_settings(found), "arn": str(found["Arn"])} if found else None


def _read_tagged(args: Args, running: Running) -> dict[str, Any] | None:
    """The rule's settings and tags."""
    found = _read_rule(args, running)
    if found is None:
        return None
    failure = _("Could not read the tags of the rule {found}.").format(found=found["rule"]["Name"])
    answer = running.call("events", "list_tags_for_resource", failure, ResourceARN=found["arn"])
    return {"rule": found["rule"], "tags": answer.get("Tags") or []}


def _put_rule(_args: Args, running: Running, state: State, _present: State) -> State:
    rule, tags = state["rule"], state.get("tags")
    request = {**rule, "Tags": tags} if tags else rule
    answer = running.call(
        "events", "put_rule", _("Could not save the rule {rule}.").format(rule=rule["Name"]), BUSY, **request
    )
    return {**state, "arn": str(answer["RuleArn"])}


def _delete_rule(args: Args, running: Running, _present: State) -> None:
    """Deletes the rule, unless others have added targets to it."""
    name, bus = _name_and_bus(args)
    if not _targets(running, name, bus):
        running.find(
            "events",
            "delete_rule",
            _("Could not delete the rule {name}.").format(name=name),
            BUSY,
            **where(name, bus),
        )


def _new_rule(args: Args, _running: Running, present: State) -> State:
    """The new rule with our tag. Raises WorkbenchError if another rule has its name."""
    rule = args["rule"]
    if present and present["rule"] != rule:
        raise WorkbenchError(
            _("Could not create the rule {rule}.").format(rule=rule["Name"]),
            _("Another rule with this name was created in the meantime."),
            _("Choose another name, or add the function to that rule."),
        )
    return {"rule": rule, "tags": [{"Key": TAG, "Value": "made"}]}


def _read_settings(args: Args, running: Running) -> dict[str, Any]:
    return rule_settings(describe(running.connection, *_name_and_bus(args)))


def _put_settings(_args: Args, running: Running, rule: State, _present: State) -> None:
    _put_rule({}, running, {"rule": rule}, None)


def _changed_rule(args: Args, _running: Running, present: State) -> State:
    """Raises WorkbenchError if the rule was changed since it was read."""
    rule = args["rule"]
    if present not in (seen_state(args), rule):
        raise changed_meanwhile(_("Could not change the rule {rule}.").format(rule=rule["Name"]))
    return rule


def _is_on(args: Args, running: Running) -> bool:
    found = describe(running.connection, *_name_and_bus(args))
    return bool(found.get("State") != "DISABLED")


def _switch(args: Args, running: Running, on: State, _present: State) -> None:
    name, bus = _name_and_bus(args)
    failure = (
        _("Could not enable the rule {name}.").format(name=name)
        if on
        else _("Could not disable the rule {name}.").format(name=name)
    )
    running.call("events", "enable_rule" if on else "disable_rule", failure, BUSY, **where(name, bus))


TARGET_PUT, TARGET_REMOVE, EVENTS_PUT = "target-put", "target-remove", "events-put"
_NEW_ROLE = (("ValidationException", "role"), ("ValidationException", "assume"))


def _read_target(args: Args, running: Running) -> dict[str, Any] | None:
    target_id = args["id"] if "id" in args else args["target"]["Id"]
    found = _targets(running, args["name"], args["bus"])
    return next((each for each in found if each["Id"] == target_id), None)


def _put_target(args: Args, running: Running, target: State, _present: State) -> None:
    failure = _("Could not add a target to the rule {rule}.").format(rule=args["name"])
    request: dict[str, Any] = where(args["name"], args["bus"], "Rule")

    def put() -> None:
        answer = running.connection.call(
            "events", "put_targets", failure=failure, Targets=[target], **request
        )
        _refuse_failed(answer, answer.get("FailedEntries") or (), failure)

    retry_on(put, running, BUSY + (_NEW_ROLE if "RoleArn" in target else ()))


def _remove_target(args: Args, running: Running, present: State) -> None:
    failure = _("Could not remove a target from the rule {rule}.").format(rule=args["name"])
    request: dict[str, Any] = where(args["name"], args["bus"], "Rule")

    def remove() -> None:
        answer = running.connection.call(
            "events", "remove_targets", failure=failure, Ids=[present["Id"]], **request
        )
        _refuse_failed(answer, answer.get("FailedEntries") or (), failure)

    retry_on(remove, running, BUSY)


def _wanted_target(args: Args, running: Running, _present: State) -> State:
    """The target, with the role from an earlier step if there is one."""
    if action := args.get("role_action"):
        return {**args["target"], "RoleArn": str(running.earlier[action]["role_arn"])}
    return args["target"]


def _same_function(target: State, wanted: State) -> bool:
    return bool(target and target["Arn"] == wanted["Arn"])


def _put_event(args: Args, running: Running) -> Facts:
    failure = _("Could not send an event to the bus.")
    running.ctx.check()
    answer = running.call("events", "put_events", failure, Entries=[args["entry"]])
    entries = answer.get("Entries") or ()
    _refuse_failed(answer, entries, failure)
    return {LOGGED: str(next((each.get("EventId") or "" for each in entries), ""))}


def _refuse_failed(answer: Mapping[str, Any], entries: Any, failure: str) -> None:
    if not answer.get("FailedEntryCount"):
        return
    failed: Mapping[str, Any] = next((each for each in entries if each.get("ErrorCode")), {})
    raise WorkbenchError(
        failure,
        str(failed.get("ErrorMessage") or _("AWS accepted the request but rejected its entry.")),
        _("Fix the cause, then try again."),
        aws_code=str(failed.get("ErrorCode") or "FailedEntryCount"),
    )


_RULE = Resource(_read_rule, _put_rule, _delete_rule)
_TARGET = Resource(_read_target, _put_target, _remove_target)
RUNS: Mapping[str, StepRun] = {
    RULE_PUT: Ensure(_RULE, _new_rule, same=both_exist, facts=lambda state: {"rule_arn": state["arn"]}),
    RULE_CHANGE: Ensure(Resource(_read_settings, _put_settings), _changed_rule, planned=True),
    RULE_SWITCH: Ensure(Resource(_is_on, _switch), lambda args, *__: args["on"], noted="was_on"),
    RULE_DELETE: Ensure(Resource(_read_tagged, _put_rule, _delete_rule), no_state, noted=""),
    TARGET_PUT: Ensure(_TARGET, _wanted_target, is_ours=_same_function),
    TARGET_REMOVE: Ensure(_TARGET, no_state, noted="target"),
    EVENTS_PUT: Once(_put_event),
}
