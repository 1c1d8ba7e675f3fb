"""Disables and enables IoT rules, and takes functions out of them."""

from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.triggers.step import Running, Step, StepRun

TOPIC_RULE_STATE, TOPIC_RULE_REMOVE = "topic rule state", "topic rule remove"
_GONE = ("ResourceNotFoundException", "UnauthorizedException")
_PAYLOAD = ("sql", "description", "actions", "ruleDisabled", "awsIotSqlVersion", "errorAction")
"""The members of a rule that ReplaceTopicRule takes; it drops those that are left out.
Source: https://docs.aws.amazon.com/iot/latest/apireference/API_ReplaceTopicRule.html"""


class TopicRuleState:
    """DisableTopicRule, EnableTopicRule."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sets it, unless it is so."""
        before = _is_enabled(running.connection, step.args)
        if before is not step.args["is_enabled"]:
            running.note({"before": before})
            _enable(running.connection, step.args, is_enabled=step.args["is_enabled"])
        return {"before": before}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets it back, when it still is as this step set it."""
        before, wanted = facts.get("before"), step.args["is_enabled"]
        if before in (None, wanted) or _is_enabled(running.connection, step.args) is not wanted:
            return
        _enable(running.connection, step.args, is_enabled=bool(before))


class TopicRuleRemove:
    """ReplaceTopicRule without the function; DeleteTopicRule when no action is left."""

    def do(self, step: Step, running: Running) -> Facts:
        """Takes it out; that it is out is fine."""
        connection, args = running.connection, step.args
        try:
            before = _payload(_read(connection, args))
        except WorkbenchError as error:
            if error.aws_code == _GONE[0]:
                return {}
            raise
        after = _without(before, args["function_arn"])
        if after == before:
            return {}
        running.note({"before": before})
        name = args["rule_name"]
        failure = f"Could not remove the function from the IoT rule {name}."
        if after["actions"]:
            connection.call(
                "iot", "replace_topic_rule", failure=failure, ruleName=name, topicRulePayload=after
            )
        else:
            connection.call("iot", "delete_topic_rule", failure=failure, ruleName=name)
        return {"before": before}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Puts in again what was taken out, and nothing else."""
        before: Any = facts.get("before")
        if not before:
            return
        connection, name = running.connection, step.args["rule_name"]
        failure = f"Could not add the function to the IoT rule {name} again."
        try:
            now = _payload(_read(connection, step.args))
        except WorkbenchError as error:
            if error.aws_code not in _GONE:
                raise
            connection.call(
                "iot", "create_topic_rule", failure=failure, ruleName=name, topicRulePayload=before
            )
            return
        missing = [each for each in before["actions"] if each not in now["actions"]]
        lost = [each for each in missing if _runs(each, step.args["function_arn"])]
        target = {**now, "actions": [*now["actions"], *lost]}
        if "errorAction" not in now and _runs(before.get("errorAction") or {}, step.args["function_arn"]):
            target["errorAction"] = before["errorAction"]
        if target != now:
            connection.call(
                "iot", "replace_topic_rule", failure=failure, ruleName=name, topicRulePayload=target
            )


def _read(connection: Connection, args: Mapping[str, Any]) -> Mapping[str, Any]:
    name = args["rule_name"]
    answer = connection.call(
        "iot", "get_topic_rule", failure=f"Could not read the IoT rule {name}.", ruleName=name
    )
    rule: Mapping[str, Any] = answer["rule"]
    return rule


def _is_enabled(connection: Connection, args: Mapping[str, Any]) -> bool:
    return not _read(connection, args).get("ruleDisabled")


def _enable(connection: Connection, args: Mapping[str, Any], *, is_enabled: bool) -> None:
    name = args["rule_name"]
    if is_enabled:
        connection.call(
            "iot", "enable_topic_rule", failure=f"Could not enable the IoT rule {name}.", ruleName=name
        )
    else:
        connection.call(
            "iot", "disable_topic_rule", failure=f"Could not disable the IoT rule {name}.", ruleName=name
        )


def _payload(rule: Mapping[str, Any]) -> dict[str, Any]:
    payload = {name: rule[name] for name in _PAYLOAD if rule.get(name) not in (None, "")}
    return {"actions": [], "sql": "", **payload}


def _without(payload: Mapping[str, Any], function_arn: str) -> dict[str, Any]:
    rest = {**payload, "actions": [each for each in payload["actions"] if not _runs(each, function_arn)]}
    if _runs(rest.get("errorAction") or {}, function_arn):
        del rest["errorAction"]
    return rest


def _runs(action: Mapping[str, Any], function_arn: str) -> bool:
    return bool((action.get("lambda") or {}).get("functionArn") == function_arn)


RUNS: Mapping[str, StepRun] = {TOPIC_RULE_STATE: TopicRuleState(), TOPIC_RULE_REMOVE: TopicRuleRemove()}
