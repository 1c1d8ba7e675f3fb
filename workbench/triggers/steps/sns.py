"""SNS subscriptions: their attributes as values of a trigger, a message that passes, and the steps.

The steps change subscriptions and statements of the topic's policy, and send test messages; in the topic's
region.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.triggers.model import Values
from workbench.triggers.step import Running, Step, StepRun

LAMBDA, QUEUE = "lambda", "sqs"
PENDING = "PendingConfirmation"
"""What SNS calls a subscription whose owner has not confirmed it, in place of its ARN."""
FILTER, SCOPE, REDRIVE, RAW = "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "RawMessageDelivery"
DEAD_LETTER = f"{REDRIVE}.deadLetterTargetArn"
BY_ATTRIBUTES, BY_BODY = "MessageAttributes", "MessageBody"
_SETTABLE = (FILTER, SCOPE, REDRIVE, RAW, "DeliveryPolicy", "SubscriptionRoleArn")
"""Source: https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html"""
_UNSET = {SCOPE: BY_ATTRIBUTES, RAW: "false"}
"""What SNS takes for an attribute that is not set; the others are empty."""
Attributes = Mapping[str, str]
MessageAttributes = Mapping[str, Sequence[str]]
"""By name: the data type ("String", "Number") and the value as a text."""
_ABSENT = object()
SUBSCRIBE, _SUBSCRIPTION_ATTRIBUTES, _UNSUBSCRIBE = "subscribe", "subscription attributes", "unsubscribe"
_GONE = "NotFound"
PUBLISH = "publish"
_TOPIC_POLICY = "topic policy"


def attributes_of(values: Values) -> dict[str, str]:
    """What SNS is sent; an empty text clears an attribute."""
    filter_policy = str(values.get(FILTER) or "").strip()
    dead_letter = str(values.get(DEAD_LETTER) or "")
    redrive = json.dumps({"deadLetterTargetArn": dead_letter}) if dead_letter else ""
    scope = str(values.get(SCOPE) or BY_ATTRIBUTES)
    return {FILTER: filter_policy, SCOPE: scope if filter_policy else BY_ATTRIBUTES, REDRIVE: redrive}


def values_of(attributes: Attributes) -> dict[str, object]:
    """The way back."""
    redrive = parsed(attributes.get(REDRIVE, ""))
    policy = attributes.get(FILTER, "")
    values: dict[str, object] = {
        FILTER: policy if parsed(policy) else "",
        SCOPE: attributes.get(SCOPE) or BY_ATTRIBUTES,
        DEAD_LETTER: str(redrive.get("deadLetterTargetArn", "")),
    }
    return values | ({RAW: True} if attributes.get(RAW) == "true" else {})


def settable(attributes: Attributes) -> dict[str, str]:
    """The attributes that can be set again, without those at their default."""
    return {
        name: attributes[name]
        for name in _SETTABLE
        if not alike(name, attributes.get(name, ""), _unset(name))
    }


def differing(wanted: Attributes, present: Attributes) -> list[tuple[str, str]]:
    """What has to be set, in an order that SNS takes: a nested policy needs its scope first."""
    names = [name for name in wanted if not alike(name, wanted[name], present.get(name, ""))]
    if wanted.get(SCOPE) == BY_BODY:
        names.sort(key=lambda name: name != SCOPE)
    else:
        names.sort(key=lambda name: name == SCOPE)
    return [(name, wanted[name]) for name in names]


def alike(name: str, one: str, other: str) -> bool:
    """Whether two values of an attribute mean the same: SNS writes JSON anew, and {} for no policy."""
    first, second = (value or _unset(name) for value in (one, other))
    return first == second or (name in (FILTER, REDRIVE) and parsed(first) == parsed(second))


def parsed(text: str) -> dict[str, Any]:
    """The object in a JSON text; empty for what is none."""
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _unset(name: str) -> str:
    return _UNSET.get(name, "")


def sample_message(filter_policy: str, scope: str, mark: str) -> tuple[str, MessageAttributes]:
    """A message with the mark in it, and its attributes.

    It gets through all policies but those that ask for two things of one key at once.

    Args:
        filter_policy: JSON; empty when everything gets through.
        scope: FilterPolicyScope.
        mark: A text to find the invocation by.
    """
    wanted = _object(parsed(filter_policy))
    body = {"source": "Workbench test", "mark": mark}
    if scope == BY_BODY:
        return json.dumps(body | wanted), {}
    attributes = {
        name: (
            "Number" if _is_number(value) else "String",
            value if isinstance(value, str) else json.dumps(value),
        )
        for name, value in wanted.items()
    }
    return json.dumps(body), attributes


def _object(policy: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, rule in policy.items():
        if name == "$or" and isinstance(rule, list):
            found |= _object(next((each for each in rule if isinstance(each, dict)), {}))
        elif isinstance(rule, dict):
            found[name] = _object(rule)
        elif isinstance(rule, list):
            value = next((value for each in rule if (value := _value(each)) is not _ABSENT), _ABSENT)
            if value is not _ABSENT:
                found[name] = value
    return found


def _value(rule: Any) -> Any:
    if not isinstance(rule, dict):
        return rule
    (operator, operand), *_ = rule.items() or (("", ""),)
    match operator:
        case "exists":
            return "present" if operand else _ABSENT
        case "prefix" | "suffix" | "equals-ignore-case":
            return operand.get("equals-ignore-case", "") if isinstance(operand, dict) else operand
        case "wildcard":
            return str(operand).replace("*", "")
        case "cidr":
            return str(operand).partition("/")[0]
        case "anything-but":
            return _other(operand)
        case "numeric":
            return _number(operand)
    return "Workbench"


def _other(operand: Any) -> Any:
    """A value that is none of those, and has none of their prefixes."""
    refused = operand if isinstance(operand, list) else [operand]
    if any(_is_number(each) for each in refused):
        return max(each for each in refused if _is_number(each)) + 1
    words = ("Workbench", "0-test-0", "~something-else~", "§")
    return next((word for word in words if not any(_touches(word, each) for each in refused)), words[-1])


def _touches(word: str, refused: Any) -> bool:
    texts = refused.values() if isinstance(refused, dict) else [refused]
    return any(
        word.lower().startswith(str(text).lower()) or word.lower().endswith(str(text).lower())
        for text in texts
    )


def _number(operand: Any) -> Any:
    """A number between the bounds: ["=", 5], [">", 0, "<=", 10]."""
    pairs = list(zip(operand[::2], operand[1::2], strict=False))
    for operator, bound in pairs:
        if operator == "=":
            return bound
    low = next(((bound, operator) for operator, bound in pairs if operator.startswith(">")), None)
    high = next(((bound, operator) for operator, bound in pairs if operator.startswith("<")), None)
    if low and high:
        return low[0] if low[1] == ">=" else high[0] if high[1] == "<=" else (low[0] + high[0]) / 2
    if low:
        return low[0] if low[1] == ">=" else low[0] + 1
    if high:
        return high[0] if high[1] == "<=" else high[0] - 1
    return 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def subscribe_step(topic_arn: str, protocol: str, endpoint: str, attributes: Attributes) -> Step:
    """Subscribes a function or a queue."""
    topic, name = (arn.rpartition(":")[2] for arn in (topic_arn, endpoint))
    name = endpoint.split(":", 6)[-1] if protocol == "lambda" else name
    return Step(
        SUBSCRIBE,
        f"Subscribe {name} to the topic {topic}",
        "sns:Subscribe",
        topic_arn.split(":")[3],
        {"topic_arn": topic_arn, "protocol": protocol, "endpoint": endpoint, "attributes": dict(attributes)},
        undo="Delete the subscription",
    )


def attributes_step(subscription_arn: str, attributes: Attributes) -> Step:
    """Sets attributes of a subscription; an empty text clears one."""
    return Step(
        _SUBSCRIPTION_ATTRIBUTES,
        f"Change the subscription to the topic {subscription_arn.split(':')[5]}",
        "sns:SetSubscriptionAttributes",
        subscription_arn.split(":")[3],
        {"arn": subscription_arn, "attributes": dict(attributes)},
        undo="Restore the attributes",
    )


def unsubscribe_step(subscription_arn: str, protocol: str, endpoint: str) -> Step:
    """Ends a subscription."""
    topic_arn = subscription_arn.rpartition(":")[0]
    return Step(
        _UNSUBSCRIBE,
        f"Delete the subscription to the topic {topic_arn.rpartition(':')[2]}",
        "sns:Unsubscribe",
        topic_arn.split(":")[3],
        {"arn": subscription_arn, "topic_arn": topic_arn, "protocol": protocol, "endpoint": endpoint},
        undo="Subscribe again with the previous settings",
    )


class SubscribeStep:
    """Subscribe; one that exists only gets the attributes."""

    def do(self, step: Step, running: Running) -> Facts:
        """Subscribes."""
        there = _find(step, running)
        if there and there != PENDING:
            before = settable(_read_attributes(there, running))
            running.note({"before": before, "arn": there})
            _set(there, step.args["attributes"], before, running)
            return {"before": before, "arn": there}
        running.note({"before": None})
        return {"before": None, "arn": there or _subscribe(step, step.args["attributes"], running)}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Ends the subscription, or sets one back that was there."""
        if "before" not in facts:
            return  # nothing was asked for
        before: Any = facts["before"]
        if before is not None:
            _set_back(str(facts["arn"]), step.args["attributes"], before, running)
        elif (arn := _find(step, running)) and arn != PENDING:
            _unsubscribe(arn, running)


class SubscriptionAttributesStep:
    """SetSubscriptionAttributes, one after the other."""

    def do(self, step: Step, running: Running) -> Facts:
        """Sets those that differ."""
        before = settable(_read_attributes(step.args["arn"], running))
        running.note({"before": before})
        _set(step.args["arn"], step.args["attributes"], before, running)
        return {"before": before}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Sets back those that are still as this run set them."""
        before: Any = facts.get("before")
        if before is not None:
            _set_back(step.args["arn"], step.args["attributes"], before, running)


class UnsubscribeStep:
    """Unsubscribe; its undo makes a new subscription that is like the old one."""

    def do(self, step: Step, running: Running) -> Facts:
        """Ends it; no error if it does not exist."""
        try:
            before = settable(_read_attributes(step.args["arn"], running))
        except WorkbenchError as error:
            if error.aws_code == _GONE:
                return {}
            raise
        running.note({"before": before})
        _unsubscribe(step.args["arn"], running)
        return {"before": before}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Subscribes again, with the attributes of before."""
        before: Any = facts.get("before")
        if before is not None and not _find(step, running):
            _subscribe(step, before, running)


def _find(step: Step, running: Running) -> str:
    """The ARN of this endpoint's subscription, PENDING, or nothing."""
    pages = running.connection.paginate(
        "sns",
        "list_subscriptions_by_topic",
        ctx=running.ctx,
        failure=f"Could not read the subscriptions of {step.args['topic_arn'].rpartition(':')[2]}.",
        TopicArn=step.args["topic_arn"],
    )
    for page in pages:
        for each in page.get("Subscriptions") or ():
            if (
                each.get("Endpoint") == step.args["endpoint"]
                and each.get("Protocol") == step.args["protocol"]
            ):
                return str(each.get("SubscriptionArn") or "")
    return ""


def _subscribe(step: Step, attributes: Attributes, running: Running) -> str:
    args = step.args
    answer = running.connection.call(
        "sns",
        "subscribe",
        failure=f"Could not subscribe to {args['topic_arn'].rpartition(':')[2]}.",
        TopicArn=args["topic_arn"],
        Protocol=args["protocol"],
        Endpoint=args["endpoint"],
        Attributes=settable(attributes),
        ReturnSubscriptionArn=True,
    )
    return str(answer.get("SubscriptionArn") or "")


def _unsubscribe(arn: str, running: Running) -> None:
    try:
        running.connection.call(
            "sns", "unsubscribe", failure="Could not delete the subscription.", SubscriptionArn=arn
        )
    except WorkbenchError as error:
        if error.aws_code != _GONE:
            raise


def _read_attributes(arn: str, running: Running) -> dict[str, str]:
    answer = running.connection.call(
        "sns", "get_subscription_attributes", failure="Could not read the subscription.", SubscriptionArn=arn
    )
    return dict(answer.get("Attributes") or {})


def _set(arn: str, wanted: Attributes, present: Attributes, running: Running) -> None:
    for name, value in differing(wanted, present):
        # An empty redrive policy is left out, an empty filter policy is an empty object.
        # Source: https://docs.aws.amazon.com/sns/latest/dg/message-filtering-policy-remove.html
        is_absent = name == REDRIVE and not parsed(value)
        params: Mapping[str, Any] = {} if is_absent else {"AttributeValue": value or _UNSET.get(name, "{}")}
        running.connection.call(
            "sns",
            "set_subscription_attributes",
            failure=f"Could not set {name} of the subscription.",
            SubscriptionArn=arn,
            AttributeName=name,
            **params,
        )


def _set_back(arn: str, ours: Attributes, before: Attributes, running: Running) -> None:
    try:
        present = _read_attributes(arn, running)
    except WorkbenchError as error:
        if error.aws_code == _GONE:
            return
        raise
    changed_since = {name for name, _ in differing(ours, present)}
    back = {name: before.get(name, "") for name in ours if name not in changed_since}
    _set(arn, back, present, running)


def publish_step(topic_arn: str, message: str, attributes: MessageAttributes) -> Step:
    """The step."""
    return Step(
        PUBLISH,
        f"Publish a test message to the topic {topic_arn.rpartition(':')[2]}",
        "sns:Publish",
        topic_arn.split(":")[3],
        {
            "topic_arn": topic_arn,
            "message": message,
            "attributes": {name: list(value) for name, value in attributes.items()},
        },
    )


class _PublishStep:
    """Publish."""

    def do(self, step: Step, running: Running) -> Facts:
        """Publishes."""
        answer = running.connection.call(
            "sns",
            "publish",
            failure="Could not publish a test message.",
            TopicArn=step.args["topic_arn"],
            Message=step.args["message"],
            Subject="Workbench test",
            MessageAttributes={
                name: {"DataType": kind, "StringValue": value}
                for name, (kind, value) in step.args["attributes"].items()
            },
        )
        return {"message_id": str(answer.get("MessageId", ""))}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Does nothing."""


def topic_policy_step(topic_arn: str, statement: Mapping[str, Any], title: str, *, on: bool) -> Step:
    """The step.

    Args:
        topic_arn: The topic.
        statement: With its Sid; that alone is enough to remove it.
        title: Shown to users.
        on: Whether it is to be there.
    """
    args = {"topic_arn": topic_arn, "statement": dict(statement), "on": on}
    undo = "Remove the statement" if on else "Add the statement again"
    return Step(_TOPIC_POLICY, title, "sns:SetTopicAttributes", topic_arn.split(":")[3], args, undo)


class _TopicPolicyStep:
    """SetTopicAttributes of the policy."""

    def do(self, step: Step, running: Running) -> Facts:
        """Adds or removes it, unless that is so already."""
        wanted, policy = step.args["statement"], _read_policy(step, running)
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
        """Undoes what this run did to this statement."""
        if "before" not in facts:
            return
        before: Any = json.loads(str(facts["before"]))
        try:
            policy = _read_policy(step, running)
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


def _read_policy(step: Step, running: Running) -> dict[str, Any]:
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


RUNS: Mapping[str, StepRun] = {
    SUBSCRIBE: SubscribeStep(),
    _SUBSCRIPTION_ATTRIBUTES: SubscriptionAttributesStep(),
    _UNSUBSCRIBE: UnsubscribeStep(),
    PUBLISH: _PublishStep(),
    _TOPIC_POLICY: _TopicPolicyStep(),
}
