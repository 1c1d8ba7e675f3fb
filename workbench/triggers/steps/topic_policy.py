"""Adds a statement to a topic's access policy, or removes one; all others stay as they are.

SNS replaces the whole policy and offers no guard: it is read a moment before.
"""

import json
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.triggers.step import Facts, Running, Step

TOPIC_POLICY = "topic policy"
_GONE = "NotFound"


def topic_policy_step(topic_arn: str, statement: Mapping[str, Any], title: str, *, on: bool) -> Step:
    """The step.

    Args:
        topic_arn: The topic.
        statement: With its Sid; that alone is enough to remove it.
        title: For people.
        on: Whether it is to be there.
    """
    args = {"topic_arn": topic_arn, "statement": dict(statement), "on": on}
    undo = "Remove the statement" if on else "Add the statement again"
    return Step(TOPIC_POLICY, title, "sns:SetTopicAttributes", topic_arn.split(":")[3], args, undo)


class TopicPolicyStep:
    """SetTopicAttributes of the policy."""

    def do(self, step: Step, running: Running) -> Facts:
        """Adds or removes it, unless that is so already. Raises WorkbenchError."""
        wanted, policy = step.args["statement"], _read(step, running)
        there = _statement(policy, wanted["Sid"])
        if step.args["on"] and there is not None:
            if there == wanted:
                return {}
            raise WorkbenchError(
                f"The policy of the topic {_name(step)} was not changed.",
                f"It already has another statement with the ID {wanted['Sid']}.",
                "Remove that statement first.",
            )
        if there is None and not step.args["on"]:
            return {}
        facts = {"before": json.dumps(there)}
        running.note(facts)
        _write(step, policy, wanted if step.args["on"] else None, running)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Takes back what this run did to this statement. Raises WorkbenchError."""
        if "before" not in facts:
            return
        before: Any = json.loads(str(facts["before"]))
        try:
            policy = _read(step, running)
        except WorkbenchError as error:
            if error.aws_code == _GONE:
                return
            raise
        there = _statement(policy, step.args["statement"]["Sid"])
        if (there is None) is not (before is None):
            _write(step, policy, before, running)


def statements_of(text: str) -> list[dict[str, Any]]:
    """The statements of a topic's policy; none where it is no policy that this version understands."""
    try:
        found = json.loads(text)["Statement"] if text else []
    except (ValueError, LookupError, TypeError, RecursionError):
        return []
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def _read(step: Step, running: Running) -> dict[str, Any]:
    failure = f"Could not read the policy of the topic {_name(step)}."
    answer = running.connection.call(
        "sns", "get_topic_attributes", failure=failure, TopicArn=step.args["topic_arn"]
    )
    text = str((answer.get("Attributes") or {}).get("Policy") or "")
    if text and not statements_of(text):
        raise WorkbenchError(
            f"The policy of the topic {_name(step)} was not changed.",
            "This version of Workbench does not understand it.",
            "Add the statement with the AWS console or the AWS CLI.",
        )
    return json.loads(text) if text else {"Version": "2012-10-17", "Statement": []}


def _statement(policy: Mapping[str, Any], sid: str) -> dict[str, Any] | None:
    return next((each for each in statements_of(json.dumps(policy)) if each.get("Sid") == sid), None)


def _write(step: Step, policy: Mapping[str, Any], statement: Any, running: Running) -> None:
    sid = step.args["statement"]["Sid"]
    kept = [each for each in statements_of(json.dumps(policy)) if each.get("Sid") != sid]
    document = {**policy, "Statement": [*kept, *([statement] if statement is not None else [])]}
    running.connection.call(
        "sns",
        "set_topic_attributes",
        failure=f"Could not change the policy of the topic {_name(step)}.",
        TopicArn=step.args["topic_arn"],
        AttributeName="Policy",
        AttributeValue=json.dumps(document),
    )


def _name(step: Step) -> str:
    return str(step.args["topic_arn"]).rpartition(":")[2]
