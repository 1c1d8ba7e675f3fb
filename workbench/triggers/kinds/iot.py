"""AWS IoT: the rules whose actions invoke the function."""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers import retry_policy
from workbench.triggers.kinds.discover_only import TARGET, DiscoverOnlyPush
from workbench.triggers.kinds.source import target_name
from workbench.triggers.model import Explanation, ObservedFunction, SourceKind, Trigger
from workbench.triggers.rules import NOTIFIES, Authority, Model, Rule, Verdict
from workbench.triggers.step import Step
from workbench.triggers.steps.iot import TOPIC_RULE_REMOVE, TOPIC_RULE_STATE

_HIDDEN = "UnauthorizedException"
"""AWS's answer for a rule that may not be read, and for one that is not there.
Source: https://docs.aws.amazon.com/iot/latest/apireference/API_GetTopicRule.html"""


class IotRule(DiscoverOnlyPush):
    """A rule of the IoT rules engine."""

    kind = SourceKind("iot")
    title, icon = "IoT rule", "cpu"
    description = "Messages of devices that match an AWS IoT rule."
    rule = Rule(
        "rule",
        "AWS IoT",
        Model.PUSH_ASYNC,
        region=Verdict.BLOCK,
        account=Verdict.WARN,
        authority=Authority.FUNCTION_POLICY,
        because=NOTIFIES,
    )
    policy_service = "iot"
    principal = "iot.amazonaws.com"

    def look(self, connection: Connection, arn: str, ctx: JobContext) -> Iterator[tuple[Trigger, str]]:
        """Each function of a rule's actions, once."""
        rule = _read(connection, Arn.parse(arn).resource_id, ctx)
        actions = (*(rule.get("actions") or ()), rule.get("errorAction") or {})
        targets = (str((each.get("lambda") or {}).get("functionArn") or "") for each in actions)
        for target in dict.fromkeys(filter(None, targets)):
            state = "Disabled" if rule.get("ruleDisabled") else "Enabled"
            values = {"sql": str(rule.get("sql") or "")}
            name = str(rule["ruleName"])
            yield Trigger(self.kind, arn, name, identity=target, state=state, values=values), target

    def pause(self, trigger: Trigger) -> tuple[Step, ...]:
        """Disables the rule, with all its actions: AWS cannot pause one."""
        return (_state_step(trigger, is_enabled=False),)

    def resume(self, trigger: Trigger) -> tuple[Step, ...]:
        """Enables the rule again."""
        return (_state_step(trigger, is_enabled=True),)

    def remove(self, trigger: Trigger) -> tuple[Step, ...]:
        """Takes the function out of the rule's actions; a rule without any other goes."""
        return (
            Step(
                TOPIC_RULE_REMOVE,
                f"Remove the function from the IoT rule {trigger.name}",
                "iot:ReplaceTopicRule",
                _region(trigger),
                {"rule_name": trigger.name, "function_arn": str(trigger.values[TARGET])},
                "Add it again",
            ),
        )

    def explain(self, trigger: Trigger, function: ObservedFunction) -> Explanation:
        """How a rule runs the function."""
        return Explanation(
            retry_policy.ASYNC,
            "None.",
            f"{retry_policy.source_retries(self.upstream)} The rule's error action receives events that "
            "could not be delivered.",
            retry_policy.async_invoke_retries(function),
            retry_policy.async_failures(function.failure_arns),
            retry_policy.BY_POLICY.format(principal=self.principal),
            (
                trigger.name,
                "Lambda's queue",
                target_name(trigger, function),
                *retry_policy.failure_names(function.failure_arns),
            ),
            "The Sandbox does not simulate AWS IoT.",
        )


def _read(connection: Connection, name: str, ctx: JobContext) -> Mapping[str, Any]:
    """The rule; empty when it is not there.

    Raises:
        WorkbenchError: It may not be read, nor may the rules be listed.
    """
    failure = f"Could not read the IoT rule {name}."
    try:
        rule: Mapping[str, Any] = connection.call("iot", "get_topic_rule", failure=failure, ruleName=name)[
            "rule"
        ]
        return rule
    except WorkbenchError as error:
        if error.aws_code == "ResourceNotFoundException":
            return {}
        if error.aws_code != _HIDDEN:
            raise
        pages = connection.paginate(
            "iot", "list_topic_rules", ctx=ctx, failure="Could not list the IoT rules."
        )
        if any(each.get("ruleName") == name for page in pages for each in page.get("rules") or ()):
            raise
        return {}


def _state_step(trigger: Trigger, *, is_enabled: bool) -> Step:
    if is_enabled:
        title, call = f"Enable the IoT rule {trigger.name} with all its actions", "iot:EnableTopicRule"
    else:
        title, call = f"Disable the IoT rule {trigger.name} with all its actions", "iot:DisableTopicRule"
    return Step(
        TOPIC_RULE_STATE,
        title,
        call,
        _region(trigger),
        {"rule_name": trigger.name, "is_enabled": is_enabled},
        "Restore its previous state",
    )


def _region(trigger: Trigger) -> str:
    return Arn.parse(trigger.source_arn).region
