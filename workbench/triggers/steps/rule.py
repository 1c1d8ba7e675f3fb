"""Creates, changes, enables, disables and deletes EventBridge rules and their targets.

PutRule clears what is left out: all is sent.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
"""

from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.functions.detail import find
from workbench.triggers.step import Running, Step, StepRun, retry_on

RULE_PUT, RULE_CHANGE, RULE_SWITCH, RULE_DELETE = "rule-put", "rule-change", "rule-switch", "rule-delete"
TAG = "workbench:trigger"
"""On rules that Workbench created: those go with their trigger."""
BUSY = (("ConcurrentModificationException", ""),)
_MEMBERS = ("Name", "EventBusName", "EventPattern", "ScheduleExpression", "State", "Description", "RoleArn")
_DEFAULTS = {"EventBusName": "default", "State": "ENABLED"}


def rule_settings(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All that PutRule is to be sent so that nothing is lost, from an answer or from a specification."""
    found = {key: answer.get(key) or _DEFAULTS.get(key) for key in _MEMBERS}
    return {key: value for key, value in found.items() if value}


def where(name: str, bus: str, key: str = "Name") -> dict[str, Any]:
    """The two parameters that all calls of rules have."""
    return {key: name, "EventBusName": bus}


def describe(connection: Connection, name: str, bus: str) -> dict[str, Any]:
    """The rule, or nothing. Raises WorkbenchError."""
    failure = f"Could not read the rule {name}."
    return find(connection, "describe_rule", failure, service="events", **where(name, bus))


def targets(connection: Connection, name: str, bus: str, running: Running) -> list[dict[str, Any]]:
    """The rule's targets; none when there is no such rule. Raises WorkbenchError."""
    failure = f"Could not read the targets of the rule {name}."
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = where(name, bus, "Rule")
    try:
        for page in connection.paginate(
            "events", "list_targets_by_rule", ctx=running.ctx, failure=failure, **request
        ):
            found += page.get("Targets") or ()
    except WorkbenchError as error:
        if error.aws_code != "ResourceNotFoundException":
            raise
    return found


class RulePut:
    """A new rule. args: rule (its settings)."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it, with our tag; an equal one that exists is left alone.

        Raises:
            WorkbenchError: AWS refused, or there is another rule of this name.
        """
        rule = step.args["rule"]
        now = describe(running.connection, rule["Name"], rule["EventBusName"])
        if not now:
            running.note({"added": True})
            answer = _put_rule(running, rule, Tags=[{"Key": TAG, "Value": "made"}])
            return {"rule_arn": str(answer["RuleArn"])}
        if rule_settings(now) != rule:
            raise WorkbenchError(
                f"Could not create the rule {rule['Name']}.",
                "Another rule with this name was created in the meantime.",
                "Choose another name, or add the function to that rule.",
            )
        return {"rule_arn": str(now["Arn"])}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it if this run created it and it has no other targets."""
        rule = step.args["rule"]
        name, bus = rule["Name"], rule["EventBusName"]
        if facts.get("added") and not targets(running.connection, name, bus, running):
            _delete(running, name, bus)


class RuleChange:
    """Other settings. args: rule, before."""

    def do(self, step: Step, running: Running) -> Facts:
        """Puts them, unless the rule was changed since it was read."""
        rule, before = step.args["rule"], step.args["before"]
        now = rule_settings(describe(running.connection, rule["Name"], rule["EventBusName"]))
        if now not in (before, rule):
            raise WorkbenchError(
                f"Could not change the rule {rule['Name']}.",
                "It was changed or deleted in the meantime. Your change was not applied.",
                "Check the rule again, then decide.",
            )
        _put_rule(running, rule)
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Puts what was before, unless it was changed again."""
        rule = step.args["rule"]
        if rule_settings(describe(running.connection, rule["Name"], rule["EventBusName"])) == rule:
            _put_rule(running, step.args["before"])


class RuleSwitch:
    """EnableRule or DisableRule. args: name, bus, on."""

    def do(self, step: Step, running: Running) -> Facts:
        """Switches it."""
        args = step.args
        now = describe(running.connection, args["name"], args["bus"])
        running.note({"was_on": now.get("State", "ENABLED") != "DISABLED"})
        self._switch(args, args["on"], running)
        return {}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Switches it back."""
        if facts.get("was_on") not in (None, step.args["on"]):
            self._switch(step.args, not step.args["on"], running)

    def _switch(self, args: Mapping[str, Any], on: bool, running: Running) -> None:
        name = args["name"]
        failure = f"Could not enable the rule {name}." if on else f"Could not disable the rule {name}."
        retry_on(
            lambda: running.connection.call(
                "events", "enable_rule" if on else "disable_rule", failure=failure, **where(name, args["bus"])
            ),
            running,
            BUSY,
        )


class RuleDelete:
    """A rule that Workbench created, once it has no target. args: name, bus."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it; a rule on which others have put targets stays."""
        name, bus = step.args["name"], step.args["bus"]
        now = describe(running.connection, name, bus)
        if not now or targets(running.connection, name, bus, running):
            return {}
        failure = f"Could not read the tags of the rule {name}."
        answer = running.connection.call(
            "events", "list_tags_for_resource", failure=failure, ResourceARN=now["Arn"]
        )
        facts = {"rule": rule_settings(now), "tags": answer.get("Tags") or []}
        running.note(facts)
        _delete(running, name, bus)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Creates it again, tags and all, unless there is one."""
        name, bus = step.args["name"], step.args["bus"]
        if "rule" in facts and not describe(running.connection, name, bus):
            tags: Any = facts["tags"]
            rule: Any = facts["rule"]
            _put_rule(running, rule, **({"Tags": tags} if tags else {}))


def _put_rule(running: Running, rule: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    failure = f"Could not save the rule {rule['Name']}."
    return retry_on(
        lambda: running.connection.call("events", "put_rule", failure=failure, **rule, **more), running, BUSY
    )


def _delete(running: Running, name: str, bus: str) -> None:
    failure = f"Could not delete the rule {name}."
    retry_on(
        lambda: find(running.connection, "delete_rule", failure, service="events", **where(name, bus)),
        running,
        BUSY,
    )


TARGET_PUT, TARGET_REMOVE, EVENTS_PUT = "target-put", "target-remove", "events-put"
_NEW_ROLE = (("ValidationException", "role"), ("ValidationException", "assume"))


class TargetPut:
    """args: name, bus (of the rule), target; role_action: the step that made the target's role, or empty."""

    def do(self, step: Step, running: Running) -> Facts:
        """Puts it."""
        args = step.args
        target = dict(args["target"])
        if args.get("role_action"):
            target["RoleArn"] = str(running.earlier[args["role_action"]]["role_arn"])
        before = _present(args, running)
        running.note({"before": before})
        _put_target(args, target, running)
        return {"target_id": target["Id"]}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Removes it, or puts back what it replaced."""
        if "before" not in facts or (now := _present(step.args, running)) is None:
            return
        if now["Arn"] != step.args["target"]["Arn"]:
            return  # another's by now
        before: Any = facts["before"]
        if before is None:
            _remove(step.args, step.args["target"]["Id"], running)
        elif before != now:
            _put_target(step.args, before, running)


class TargetRemove:
    """args: name, bus, id."""

    def do(self, step: Step, running: Running) -> Facts:
        """Removes it; no error if it does not exist."""
        target = _present(step.args, running)
        if target is None:
            return {}
        running.note({"target": target})
        _remove(step.args, step.args["id"], running)
        return {"target": target}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Adds it again."""
        target: Any = facts.get("target")
        if target and _present(step.args, running) is None:
            _put_target(step.args, target, running)


class EventsPut:
    """A test event. args: entry (of PutEvents)."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sends it."""
        failure = "Could not send an event to the bus."
        running.ctx.check()
        answer = running.connection.call(
            "events", "put_events", failure=failure, Entries=[step.args["entry"]]
        )
        _refuse_failed(answer, answer.get("Entries") or (), failure)
        return {"event_id": str(answer["Entries"][0].get("EventId", ""))}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Does nothing: an event cannot be revoked."""


def _present(args: Mapping[str, Any], running: Running) -> dict[str, Any] | None:
    target_id = args["id"] if "id" in args else args["target"]["Id"]
    found = targets(running.connection, args["name"], args["bus"], running)
    return next((each for each in found if each["Id"] == target_id), None)


def _put_target(args: Mapping[str, Any], target: Mapping[str, Any], running: Running) -> None:
    failure = f"Could not add a target to the rule {args['name']}."
    request: dict[str, Any] = where(args["name"], args["bus"], "Rule")

    def put() -> None:
        answer = running.connection.call(
            "events", "put_targets", failure=failure, Targets=[target], **request
        )
        _refuse_failed(answer, answer.get("FailedEntries") or (), failure)

    retry_on(put, running, BUSY + (_NEW_ROLE if "RoleArn" in target else ()))


def _remove(args: Mapping[str, Any], target_id: str, running: Running) -> None:
    failure = f"Could not remove a target from the rule {args['name']}."
    request: dict[str, Any] = where(args["name"], args["bus"], "Rule")

    def remove() -> None:
        answer = running.connection.call(
            "events", "remove_targets", failure=failure, Ids=[target_id], **request
        )
        _refuse_failed(answer, answer.get("FailedEntries") or (), failure)

    retry_on(remove, running, BUSY)


def _refuse_failed(answer: Mapping[str, Any], entries: Any, failure: str) -> None:
    if not answer.get("FailedEntryCount"):
        return
    failed: Mapping[str, Any] = next((each for each in entries if each.get("ErrorCode")), {})
    raise WorkbenchError(
        failure,
        str(failed.get("ErrorMessage") or "AWS accepted the request but rejected its entry."),
        "Fix the cause, then try again.",
        aws_code=str(failed.get("ErrorCode") or "FailedEntryCount"),
    )


RUNS: Mapping[str, StepRun] = {
    RULE_PUT: RulePut(),
    RULE_CHANGE: RuleChange(),
    RULE_SWITCH: RuleSwitch(),
    RULE_DELETE: RuleDelete(),
    TARGET_PUT: TargetPut(),
    TARGET_REMOVE: TargetRemove(),
    EVENTS_PUT: EventsPut(),
}
