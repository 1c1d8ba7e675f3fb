"""SNS subscriptions: their attributes as values of a trigger, a message that matches, and the steps.

The steps change subscriptions and statements of the topic's policy, and send test messages, in the topic's
region.
"""

import json
from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.triggers.filters import matching
from workbench.triggers.model import Values
from workbench.triggers.steps import (
    Args,
    Ensure,
    Once,
    Resource,
    Running,
    State,
    Step,
    StepRun,
    both_exist,
    json_object,
)
from workbench.triggers.test_events import LOGGED, message_attributes
from workbench_sandbox.rules.event_patterns import is_number

LAMBDA, QUEUE = "lambda", "sqs"
PENDING = "PendingConfirmation"
"""SNS's value in place of the ARN of a subscription that its owner has not confirmed."""
FILTER, SCOPE, REDRIVE, RAW = "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "RawMessageDelivery"
DEAD_LETTER = f"{REDRIVE}.deadLetterTargetArn"
BY_ATTRIBUTES, BY_BODY = "MessageAttributes", "MessageBody"
_SETTABLE = (FILTER, SCOPE, REDRIVE, RAW, "DeliveryPolicy", "SubscriptionRoleArn")
"""Source: https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html"""
_UNSET = {SCOPE: BY_ATTRIBUTES, RAW: "false"}
"""SNS's defaults for attributes that are not set; the others are empty."""
Attributes = Mapping[str, str]
SUBSCRIBE, _SUBSCRIPTION_ATTRIBUTES, _UNSUBSCRIBE = "subscribe", "subscription attributes", "unsubscribe"
_GONE = "NotFound"
PUBLISH = "publish"
_TOPIC_POLICY = "topic policy"


def attributes_of(values: Values) -> dict[str, str]:
    """The attributes to send; an empty text clears one."""
    filter_policy = str(values.get(FILTER) or "").strip()
    dead_letter = str(values.get(DEAD_LETTER) or "")
    redrive = json.dumps({"deadLetterTargetArn": dead_letter}) if dead_letter else ""
    scope = str(values.get(SCOPE) or BY_ATTRIBUTES)
    return {FILTER: filter_policy, SCOPE: scope if filter_policy else BY_ATTRIBUTES, REDRIVE: redrive}


def values_of(attributes: Attributes) -> dict[str, object]:
    """The reverse of `attributes_of`."""
    redrive = json_object(attributes.get(REDRIVE, ""))
    policy = attributes.get(FILTER, "")
    values: dict[str, object] = {
        FILTER: policy if json_object(policy) else "",
        SCOPE: attributes.get(SCOPE) or BY_ATTRIBUTES,
        DEAD_LETTER: str(redrive.get("deadLetterTargetArn", "")),
    }
    return values | ({RAW: True} if attributes.get(RAW) == "true" else {})


def settable(attributes: Attributes) -> dict[str, str]:
    """The attributes that can be set, except those with their default value."""
    return {
        name: attributes[name]
        for name in _SETTABLE
        if not alike(name, attributes.get(name, ""), _unset(name))
    }


def differing(wanted: Attributes, present: Attributes) -> list[tuple[str, str]]:
    """The attributes to set, in an order that SNS accepts: a nested policy needs its scope first."""
    names = [name for name in wanted if not alike(name, wanted[name], present.get(name, ""))]
    if wanted.get(SCOPE) == BY_BODY:
        names.sort(key=lambda name: name != SCOPE)
    else:
        names.sort(key=lambda name: name == SCOPE)
    return [(name, wanted[name]) for name in names]


def alike(name: str, one: str, other: str) -> bool:
    """Whether two values of an attribute mean the same: SNS reformats JSON, and answers {} for no policy."""
    first, second = (value or _unset(name) for value in (one, other))
    return first == second or (name in (FILTER, REDRIVE) and json_object(first) == json_object(second))


def _unset(name: str) -> str:
    return _UNSET.get(name, "")


def sample_message(filter_policy: str, scope: str, mark: str) -> tuple[str, dict[str, Any]]:
    """A message with the mark in it that matches the filter policy, and its attributes by name.

    It matches every policy except those that require two things of the same key.

    Args:
        filter_policy: JSON; empty if every message matches.
        mark: Text by which the invocation is found.
    """
    wanted = matching(json_object(filter_policy))
    body = {"source": "Workbench test", "mark": mark}
    if scope == BY_BODY:
        return json.dumps(body | wanted), {}
    attributes = {
        name: value if isinstance(value, str) or is_number(value) else json.dumps(value)
        for name, value in wanted.items()
    }
    return json.dumps(body), attributes


def subscribe_step(topic_arn: str, protocol: str, endpoint: str, attributes: Attributes) -> Step:
    """Subscribes a function or a queue."""
    topic, name = (arn.rpartition(":")[2] for arn in (topic_arn, endpoint))
    name = endpoint.split(":", 6)[-1] if protocol == "lambda" else name
    return Step(
        SUBSCRIBE,
        _("Subscribe {name} to the topic {topic}").format(name=name, topic=topic),
        "sns:Subscribe",
        topic_arn.split(":")[3],
        {"topic_arn": topic_arn, "protocol": protocol, "endpoint": endpoint, "attributes": dict(attributes)},
        undo=_("Delete the subscription"),
    )


def attributes_step(subscription_arn: str, attributes: Attributes) -> Step:
    """Sets attributes of a subscription; an empty text clears one."""
    return Step(
        _SUBSCRIPTION_ATTRIBUTES,
        _("Change the subscription to the topic {topic}").format(topic=subscription_arn.split(":")[5]),
        "sns:SetSubscriptionAttributes",
        subscription_arn.split(":")[3],
        {"arn": subscription_arn, "attributes": dict(attributes)},
        undo=_("Restore the attributes"),
    )


def unsubscribe_step(subscription_arn: str, protocol: str, endpoint: str) -> Step:
    """Deletes a subscription."""
    topic_arn = subscription_arn.rpartition(":")[0]
    return Step(
        _UNSUBSCRIBE,
        _("Delete the subscription to the topic {topic}").format(topic=topic_arn.rpartition(":")[2]),
        "sns:Unsubscribe",
        topic_arn.split(":")[3],
        {"arn": subscription_arn, "topic_arn": topic_arn, "protocol": protocol, "endpoint": endpoint},
        undo=_("Subscribe again with the previous settings"),
    )


def _subscribe(args: Args, running: Running) -> Facts:
    """Subscribes the endpoint. An existing subscription only gets the attributes."""
    there = _find(args, running)
    if there and there != PENDING:
        before = settable(read_attributes(running.connection, there))
        running.note({"before": before, "arn": there})
        _set(there, args["attributes"], before, running)
        return {"before": before, "arn": there}
    running.note({"before": None})
    return {"before": None, "arn": there or _create(args, args["attributes"], running)}


def _subscribe_back(args: Args, facts: Facts, running: Running) -> None:
    """Deletes the new subscription, or restores the attributes of the existing one."""
    if facts.get("before") is not None:
        _set_back({**args, "arn": facts["arn"]}, facts, running)
    elif "before" in facts and (arn := _find(args, running)) and arn != PENDING:
        _unsubscribe(arn, running)


def _set_attributes(args: Args, running: Running) -> Facts:
    """Sets the attributes that differ, one call for each."""
    before = settable(read_attributes(running.connection, args["arn"]))
    running.note({"before": before})
    _set(args["arn"], args["attributes"], before, running)
    return {"before": before}


def _set_back(args: Args, facts: Facts, running: Running) -> None:
    """Restores the attributes that nobody changed after this run."""
    before: Any = facts.get("before")
    if before is None:
        return
    ours, arn = args["attributes"], str(args["arn"])
    try:
        present = read_attributes(running.connection, arn)
    except WorkbenchError as error:
        if error.aws_code == _GONE:
            return
        raise
    changed_since = {name for name, __ in differing(ours, present)}
    back = {name: before.get(name, "") for name in ours if name not in changed_since}
    _set(arn, back, present, running)


def _end(args: Args, running: Running) -> Facts:
    """Unsubscribes; no error if the subscription does not exist."""
    failure = _("Could not read the subscription.")
    answer = running.find("sns", "get_subscription_attributes", failure, SubscriptionArn=args["arn"])
    if not answer:
        return {}
    facts = {"before": settable(dict(answer.get("Attributes") or {}))}
    running.note(facts)
    _unsubscribe(args["arn"], running)
    return facts


def _subscribe_again(args: Args, facts: Facts, running: Running) -> None:
    """Creates a subscription with the attributes of the deleted one."""
    before: Any = facts.get("before")
    if before is not None and not _find(args, running):
        _create(args, before, running)


def _find(args: Args, running: Running) -> str:
    """The ARN of the endpoint's subscription, PENDING, or empty."""
    topic, named = args["topic_arn"], (args["endpoint"], args["protocol"])
    failure = _("Could not read the subscriptions of {topic}.").format(topic=topic.rpartition(":")[2])
    found = running.listed("sns", "list_subscriptions_by_topic", failure, "Subscriptions", TopicArn=topic)
    mine = (each for each in found if (each.get("Endpoint"), each.get("Protocol")) == named)
    return next((str(each.get("SubscriptionArn") or "") for each in mine), "")


def _create(args: Args, attributes: Attributes, running: Running) -> str:
    request: dict[str, Any] = {"TopicArn": args["topic_arn"], "Protocol": args["protocol"]}
    request |= {"Endpoint": args["endpoint"], "Attributes": settable(attributes)}
    failure = _("Could not subscribe to {topic}.").format(topic=args["topic_arn"].rpartition(":")[2])
    answer = running.call("sns", "subscribe", failure, ReturnSubscriptionArn=True, **request)
    return str(answer.get("SubscriptionArn") or "")


def _unsubscribe(arn: str, running: Running) -> None:
    running.find("sns", "unsubscribe", _("Could not delete the subscription."), SubscriptionArn=arn)


def read_attributes(connection: Connection, arn: str) -> dict[str, str]:
    """The attributes of a subscription. Raises WorkbenchError."""
    failure = _("Could not read the subscription.")
    answer = connection.call("sns", "get_subscription_attributes", failure=failure, SubscriptionArn=arn)
    return dict(answer.get("Attributes") or {})


def _set(arn: str, wanted: Attributes, present: Attributes, running: Running) -> None:
    for name, value in differing(wanted, present):
        # An empty redrive policy is left out; an empty filter policy is an empty object.
        # Source: https://docs.aws.amazon.com/sns/latest/dg/message-filtering-policy-remove.html
        is_absent = name == REDRIVE and not json_object(value)
        request = {} if is_absent else {"AttributeValue": value or _UNSET.get(name, "{}")}
        request |= {"SubscriptionArn": arn, "AttributeName": name}
        failure = _("Could not set {name} of the subscription.").format(name=name)
        running.call("sns", "set_subscription_attributes", failure, **request)


def publish_step(topic_arn: str, message: str, subject: str, attributes: str) -> Step:
    """A step that publishes a message. The subject may be empty; the attributes are JSON, or empty."""
    return Step(
        PUBLISH,
        _("Publish a test message to the topic {topic}").format(topic=topic_arn.rpartition(":")[2]),
        "sns:Publish",
        topic_arn.split(":")[3],
        {
            "topic_arn": topic_arn,
            "message": message,
            "subject": subject,
            "attributes": attributes,
        },
    )


def _publish(args: Args, running: Running) -> Facts:
    request = {"TopicArn": args["topic_arn"], "Message": args["message"]}
    request |= {"Subject": args["subject"]} if args["subject"] else {}
    failure = _("Could not publish a test message.")
    attributes = message_attributes(args["attributes"])
    answer = running.call("sns", "publish", failure, MessageAttributes=attributes, **request)
    return {LOGGED: str(answer.get("MessageId") or "")}


def topic_policy_step(topic_arn: str, statement: Mapping[str, Any], title: str, *, on: bool) -> Step:
    """A step that adds or removes a statement of a topic's policy.

    Args:
        statement: The statement with its Sid, which is enough to remove it.
        on: Whether to add it.
    """
    args = {"topic_arn": topic_arn, "statement": dict(statement), "on": on}
    undo = _("Remove the statement") if on else _("Add the statement again")
    return Step(_TOPIC_POLICY, title, "sns:SetTopicAttributes", topic_arn.split(":")[3], args, undo)


def _wanted_statement(args: Args, _running: Running, present: State) -> str | None:
    """Raises WorkbenchError if another statement has its id."""
    if not args["on"]:
        return None
    wanted: Mapping[str, Any] = args["statement"]
    if present and json.loads(present) not in (None, wanted):
        raise WorkbenchError(
            _("The policy of the topic {topic} was not changed.").format(topic=_name(args)),
            _("It already has another statement with the ID {wanted}.").format(wanted=wanted["Sid"]),
            _("Remove that statement first."),
        )
    return json.dumps(wanted)


def _read_statement(args: Args, running: Running) -> str | None:
    """The statement as JSON, as in journals."""
    found = statements_of(json.dumps(_read_policy(args, running)))
    sid = args["statement"]["Sid"]
    return next((json.dumps(each) for each in found if each.get("Sid") == sid), None)


def _put_statement(args: Args, running: Running, state: State, _present: State) -> None:
    """Writes the statement into the policy. "null", in journals of earlier versions, removes it."""
    policy, sid = _read_policy(args, running), args["statement"]["Sid"]
    kept = [each for each in statements_of(json.dumps(policy)) if each.get("Sid") != sid]
    statement = json.loads(state)
    document = {**policy, "Statement": [*kept, *([statement] if statement is not None else [])]}
    request = {"AttributeName": "Policy", "AttributeValue": json.dumps(document)}
    failure = _("Could not change the policy of the topic {topic}.").format(topic=_name(args))
    running.call("sns", "set_topic_attributes", failure, TopicArn=args["topic_arn"], **request)


def _delete_statement(args: Args, running: Running, _present: State) -> None:
    _put_statement(args, running, "null", None)


def statements_of(text: str) -> list[dict[str, Any]]:
    """The statements of a topic's policy; empty if this version does not understand the policy."""
    try:
        found = json.loads(text)["Statement"] if text else []
    except (ValueError, LookupError, TypeError, RecursionError):
        return []
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def _read_policy(args: Args, running: Running) -> dict[str, Any]:
    failure = _("Could not read the policy of the topic {topic}.").format(topic=_name(args))
    answer = running.call("sns", "get_topic_attributes", failure, TopicArn=args["topic_arn"])
    text = str((answer.get("Attributes") or {}).get("Policy") or "")
    if text and not statements_of(text):
        raise WorkbenchError(
            _("The policy of the topic {topic} was not changed.").format(topic=_name(args)),
            _("This version of Workbench does not understand it."),
            _("Add the statement with the AWS console or the AWS CLI."),
        )
    return json.loads(text) if text else {"Version": "2012-10-17", "Statement": []}


def _name(args: Args) -> str:
    return str(args["topic_arn"]).rpartition(":")[2]


RUNS: Mapping[str, StepRun] = {
    SUBSCRIBE: Once(_subscribe, _subscribe_back),
    _SUBSCRIPTION_ATTRIBUTES: Once(_set_attributes, _set_back),
    _UNSUBSCRIBE: Once(_end, _subscribe_again),
    PUBLISH: Once(_publish),
    _TOPIC_POLICY: Ensure(
        Resource(_read_statement, _put_statement, _delete_statement), _wanted_statement, same=both_exist
    ),
}
