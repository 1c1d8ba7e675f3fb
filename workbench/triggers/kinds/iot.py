"""AWS IoT: rules whose actions invoke the function.

Steps disable and enable them, or remove the action.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.names import Arn
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.triggers.kinds.source import (
    BY_POLICY,
    TARGET,
    DiscoverOnlyPush,
    explain_async,
    source_retries,
)
from workbench.triggers.model import (
    Explanation,
    Model,
    ObservedFunction,
    Rule,
    SourceKind,
    Steps,
    Trigger,
    Verdict,
)
from workbench.triggers.steps import Args, Ensure, Once, Resource, Running, State, Step, StepRun

_HIDDEN = "UnauthorizedException"
"""AWS's answer both for a rule that may not be read and for one that does not exist.
Source: https://docs.aws.amazon.com/iot/latest/apireference/API_GetTopicRule.html"""
_TOPIC_RULE_STATE, _TOPIC_RULE_REMOVE = "topic rule state", "topic rule remove"
_NOT_THERE = ("ResourceNotFoundException", _HIDDEN)
_PAYLOAD = ("sql", "description", "actions", "ruleDisabled", "awsIotSqlVersion", "errorAction")
"""The members of a rule that ReplaceTopicRule takes; it removes those that are left out.
Source: https://docs.aws.amazon.com/iot/latest/apireference/API_ReplaceTopicRule.html"""


class IotRule(DiscoverOnlyPush):
    """A rule of the IoT rules engine."""

    kind = SourceKind("iot")
    title, icon = "IoT rule", "cpu"
    description = _("Messages of devices that match an AWS IoT rule.")
    rule = Rule(_("rule"), _("AWS IoT"), Model.PUSH_ASYNC, account=Verdict.WARN)
    policy_service = "iot"
    principal = "iot.amazonaws.com"

    def look(self, connection: Connection, arn: str, ctx: JobContext) -> Iterator[tuple[Trigger, str]]:
        rule = _found(connection, Arn.parse(arn).resource_id, ctx)
        actions = (*(rule.get("actions") or ()), rule.get("errorAction") or {})
        targets = (str((each.get("lambda") or {}).get("functionArn") or "") for each in actions)
        for target in dict.fromkeys(filter(None, targets)):
            state = "Disabled" if rule.get("ruleDisabled") else "Enabled"
            values = {"sql": str(rule.get("sql") or "")}
            name = str(rule["ruleName"])
            yield Trigger(self.kind, arn, name, identity=target, state=state, values=values), target

    def pause(self, trigger: Trigger) -> Steps:
        """Disables the rule with all its actions: a single action cannot be disabled."""
        return (_state_step(trigger, is_enabled=False),)

    def resume(self, trigger: Trigger) -> Steps:
        return (_state_step(trigger, is_enabled=True),)

    def remove(self, trigger: Trigger) -> Steps:
        """Removes the function from the rule's actions; deletes a rule without other actions."""
        return (
            Step(
                _TOPIC_RULE_REMOVE,
                _("Remove the function from the IoT rule {name}").format(name=trigger.name),
                "iot:ReplaceTopicRule",
                _region(trigger),
                {"rule_name": trigger.name, "function_arn": str(trigger.values[TARGET])},
                _("Add it again"),
            ),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        retries = _("{upstream} The rule's error action receives events that could not be delivered.")
        return explain_async(
            trigger,
            function,
            _("None."),
            retries.format(upstream=source_retries(self.upstream)),
            BY_POLICY.format(principal=self.principal),
            [trigger.name],
            _("The Sandbox does not simulate AWS IoT."),
        )


def _found(connection: Connection, name: str, ctx: JobContext) -> Mapping[str, Any]:
    """The rule; empty if it does not exist.

    Raises:
        WorkbenchError: Neither the rule nor the list of rules may be read.
    """
    try:
        return _read(connection, name)
    except WorkbenchError as error:
        if error.aws_code == "ResourceNotFoundException":
            return {}
        if error.aws_code != _HIDDEN:
            raise
        pages = connection.paginate(
            "iot", "list_topic_rules", ctx=ctx, failure=_("Could not list the IoT rules.")
        )
        if any(each.get("ruleName") == name for page in pages for each in page.get("rules") or ()):
            raise
        return {}


def _state_step(trigger: Trigger, *, is_enabled: bool) -> Step:
    if is_enabled:
        title, call = (
            _("Enable the IoT rule {name} with all its actions").format(name=trigger.name),
            "iot:EnableTopicRule",
        )
    else:
        title, call = (
            _("Disable the IoT rule {name} with all its actions").format(name=trigger.name),
            "iot:DisableTopicRule",
        )
    return Step(
        _TOPIC_RULE_STATE,
        title,
        call,
        _region(trigger),
        {"rule_name": trigger.name, "is_enabled": is_enabled},
        _("Restore its previous state"),
    )


def _region(trigger: Trigger) -> str:
    return Arn.parse(trigger.source_arn).region


def _take_out(args: Args, running: Running) -> Facts:
    """Calls ReplaceTopicRule without the function, or DeleteTopicRule if no action is left."""
    name = args["rule_name"]
    try:
        before = _payload(_read(running.connection, name))
    except WorkbenchError as error:
        if error.aws_code == _NOT_THERE[0]:
            return {}
        raise
    after = _without(before, args["function_arn"])
    if after == before:
        return {}
    running.note({"before": before})
    failure = _("Could not remove the function from the IoT rule {name}.").format(name=name)
    if after["actions"]:
        running.call("iot", "replace_topic_rule", failure, ruleName=name, topicRulePayload=after)
    else:
        running.call("iot", "delete_topic_rule", failure, ruleName=name)
    return {"before": before}


def _put_in_again(args: Args, facts: Facts, running: Running) -> None:
    """Restores the removed actions, and nothing else."""
    before: Any = facts.get("before")
    if not before:
        return
    name, function_arn = args["rule_name"], args["function_arn"]
    failure = _("Could not add the function to the IoT rule {name} again.").format(name=name)
    try:
        now = _payload(_read(running.connection, name))
    except WorkbenchError as error:
        if error.aws_code not in _NOT_THERE:
            raise
        running.call("iot", "create_topic_rule", failure, ruleName=name, topicRulePayload=before)
        return
    missing = [each for each in before["actions"] if each not in now["actions"]]
    lost = [each for each in missing if _runs(each, function_arn)]
    target = {**now, "actions": [*now["actions"], *lost]}
    if "errorAction" not in now and _runs(before.get("errorAction") or {}, function_arn):
        target["errorAction"] = before["errorAction"]
    if target != now:
        running.call("iot", "replace_topic_rule", failure, ruleName=name, topicRulePayload=target)


def _read(connection: Connection, name: str) -> Mapping[str, Any]:
    answer = connection.call(
        "iot",
        "get_topic_rule",
        failure=_("Could not read the IoT rule {name}.").format(name=name),
        ruleName=name,
    )
    rule: Mapping[str, Any] = answer["rule"]
    return rule


def _is_enabled(args: Args, running: Running) -> bool:
    return not _read(running.connection, args["rule_name"]).get("ruleDisabled")


def _enable(args: Args, running: Running, is_enabled: State, _present: State) -> None:
    name = args["rule_name"]
    method, failure = "disable_topic_rule", _("Could not disable the IoT rule {name}.").format(name=name)
    if is_enabled:
        method, failure = "enable_topic_rule", _("Could not enable the IoT rule {name}.").format(name=name)
    running.call("iot", method, failure, ruleName=name)


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


RUNS: Mapping[str, StepRun] = {
    _TOPIC_RULE_STATE: Ensure(Resource(_is_enabled, _enable), lambda args, *__: args["is_enabled"]),
    _TOPIC_RULE_REMOVE: Once(_take_out, _put_in_again),
}
