"""Puts a target on an EventBridge rule, takes one off, and sends events to a bus.

PutTargets, RemoveTargets and PutEvents answer 200 even when entries fail: each answer is looked through.
"""

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.triggers.step import Facts, Running, Step
from workbench.triggers.steps.patience import patiently
from workbench.triggers.steps.rule import BUSY, targets, where

TARGET_PUT, TARGET_REMOVE, EVENTS_PUT = "target-put", "target-remove", "events-put"
_NEW_ROLE = (("ValidationException", "role"), ("ValidationException", "assume"))


class TargetPut:
    """args: name, bus (of the rule), target; role_action: the step that made the target's role, or empty."""

    def do(self, step: Step, running: Running) -> Facts:
        """Puts it. Raises WorkbenchError."""
        args = step.args
        target = dict(args["target"])
        if args.get("role_action"):
            target["RoleArn"] = str(running.earlier[args["role_action"]]["role_arn"])
        before = _present(args, running)
        running.note({"before": before})
        _put(args, target, running)
        return {"target_id": target["Id"]}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Takes it off, or puts back what it replaced. Raises WorkbenchError."""
        if "before" not in facts or (now := _present(step.args, running)) is None:
            return
        if now["Arn"] != step.args["target"]["Arn"]:
            return  # another's by now
        before: Any = facts["before"]
        if before is None:
            _remove(step.args, step.args["target"]["Id"], running)
        elif before != now:
            _put(step.args, before, running)


class TargetRemove:
    """args: name, bus, id."""

    def do(self, step: Step, running: Running) -> Facts:
        """Takes it off; that it has gone is fine. Raises WorkbenchError."""
        target = _present(step.args, running)
        if target is None:
            return {}
        running.note({"target": target})
        _remove(step.args, step.args["id"], running)
        return {"target": target}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Puts it on again. Raises WorkbenchError."""
        target: Any = facts.get("target")
        if target and _present(step.args, running) is None:
            _put(step.args, target, running)


class EventsPut:
    """A test event. args: entry (of PutEvents)."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sends it. Raises WorkbenchError."""
        failure = "Could not send an event to the bus."
        running.ctx.check()
        answer = running.connection.call(
            "events", "put_events", failure=failure, Entries=[step.args["entry"]]
        )
        _refuse_failed(answer, answer.get("Entries") or (), failure)
        return {"event_id": str(answer["Entries"][0].get("EventId", ""))}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """An event cannot be called back."""


def _present(args: Mapping[str, Any], running: Running) -> dict[str, Any] | None:
    target_id = args["id"] if "id" in args else args["target"]["Id"]
    found = targets(running.connection, args["name"], args["bus"], running)
    return next((each for each in found if each["Id"] == target_id), None)


def _put(args: Mapping[str, Any], target: Mapping[str, Any], running: Running) -> None:
    failure = f"Could not add a target to the rule {args['name']}."
    request: dict[str, Any] = where(args["name"], args["bus"], "Rule")

    def put() -> None:
        answer = running.connection.call(
            "events", "put_targets", failure=failure, Targets=[target], **request
        )
        _refuse_failed(answer, answer.get("FailedEntries") or (), failure)

    patiently(put, running, BUSY + (_NEW_ROLE if "RoleArn" in target else ()))


def _remove(args: Mapping[str, Any], target_id: str, running: Running) -> None:
    failure = f"Could not remove a target from the rule {args['name']}."
    request: dict[str, Any] = where(args["name"], args["bus"], "Rule")

    def remove() -> None:
        answer = running.connection.call(
            "events", "remove_targets", failure=failure, Ids=[target_id], **request
        )
        _refuse_failed(answer, answer.get("FailedEntries") or (), failure)

    patiently(remove, running, BUSY)


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
