"""Subscriptions made, changed, ended and brought back, with AWS's exact answers."""

import json
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Trial
from tests.triggers.values import ARN
from workbench.core.errors import WorkbenchError
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.steps.sns import (
    PENDING,
    attributes_of,
    attributes_step,
    differing,
    publish_step,
    sample_message,
    settable,
    subscribe_step,
    topic_policy_step,
    unsubscribe_step,
    values_of,
)
from workbench.triggers.test_events import message_attributes

TOPIC = "arn:aws:sns:eu-west-1:111111111111:orders"
SUBSCRIPTION = f"{TOPIC}:11111111-2222-3333-4444-555555555555"
FILTER = '{"color": ["red"]}'
WANTED = attributes_of({"FilterPolicy": FILTER, "FilterPolicyScope": "MessageBody"})
SUBSCRIBE = subscribe_step(TOPIC, "lambda", ARN, WANTED)


def _listed(aws: StubbedAws, arn: str = "", endpoint: str = ARN) -> None:
    others = [
        {"Protocol": "lambda", "Endpoint": f"{ARN}-too", "SubscriptionArn": f"{TOPIC}:x", "TopicArn": TOPIC}
    ]
    mine = {"Protocol": "lambda", "Endpoint": endpoint, "SubscriptionArn": arn, "TopicArn": TOPIC}
    found = [*others, mine] if arn else others
    aws.answer("sns", "list_subscriptions_by_topic", {"Subscriptions": found}, {"TopicArn": TOPIC})


def _read(aws: StubbedAws, **attributes: str) -> None:
    known = {"Protocol": "lambda", "Endpoint": ARN, "RawMessageDelivery": "false"}
    answer = {"Attributes": known | attributes}
    aws.answer("sns", "get_subscription_attributes", answer, {"SubscriptionArn": SUBSCRIPTION})


def _set(aws: StubbedAws, name: str, value: str | None) -> None:
    expected = {"SubscriptionArn": SUBSCRIPTION, "AttributeName": name}
    aws.answer(
        "sns", "set_subscription_attributes", {}, expected | ({"AttributeValue": value} if value else {})
    )


def _subscribe(aws: StubbedAws, **attributes: str) -> None:
    expected = {
        "TopicArn": TOPIC,
        "Protocol": "lambda",
        "Endpoint": ARN,
        "Attributes": attributes,
        "ReturnSubscriptionArn": True,
    }
    aws.answer("sns", "subscribe", {"SubscriptionArn": SUBSCRIPTION}, expected)


def test_a_plan_says_how_each_step_is_undone() -> None:
    assert SUBSCRIBE.undo == "Delete the subscription"
    changed, ended = attributes_step(SUBSCRIPTION, {}), unsubscribe_step(SUBSCRIPTION, "lambda", ARN)
    assert (changed.title, changed.undo) == (
        "Change the subscription to the topic orders",
        "Restore the attributes",
    )
    assert (ended.title, ended.undo) == (
        "Delete the subscription to the topic orders",
        "Subscribe again with the previous settings",
    )


def test_a_function_is_subscribed_in_the_topics_region_and_unsubscribed(aws: StubbedAws) -> None:
    assert SUBSCRIBE.region == "eu-west-1"
    _listed(aws)
    _subscribe(aws, FilterPolicy=FILTER, FilterPolicyScope="MessageBody")
    trial = Trial(aws.connection)
    facts = STEP_RUNS[SUBSCRIBE.action].do(SUBSCRIBE, trial.running)
    assert facts == {"before": None, "arn": SUBSCRIPTION}
    _listed(aws, SUBSCRIPTION)
    aws.answer("sns", "unsubscribe", {}, {"SubscriptionArn": SUBSCRIPTION})
    # As after a crash: the ARN was not seen.
    STEP_RUNS[SUBSCRIBE.action].undo(SUBSCRIBE, trial.notes, trial.running)


def test_one_that_is_there_gets_the_attributes_and_gets_its_own_back(aws: StubbedAws) -> None:
    _listed(aws, SUBSCRIPTION)
    _read(aws, FilterPolicy='{"size": [1]}')
    _set(aws, "FilterPolicyScope", "MessageBody")
    _set(aws, "FilterPolicy", FILTER)
    trial = Trial(aws.connection)
    facts = STEP_RUNS[SUBSCRIBE.action].do(SUBSCRIBE, trial.running)
    _read(aws, FilterPolicy=FILTER, FilterPolicyScope="MessageBody")
    _set(aws, "FilterPolicy", '{"size": [1]}')
    _set(aws, "FilterPolicyScope", "MessageAttributes")
    STEP_RUNS[SUBSCRIBE.action].undo(SUBSCRIBE, facts, trial.running)


def test_done_twice_is_done_once(aws: StubbedAws) -> None:
    _listed(aws, SUBSCRIPTION)
    _read(aws, FilterPolicy='{"color":["red"]}', FilterPolicyScope="MessageBody")
    STEP_RUNS[SUBSCRIBE.action].do(SUBSCRIBE, Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


def test_undoing_what_was_never_sent_makes_no_call(aws: StubbedAws) -> None:
    STEP_RUNS[SUBSCRIBE.action].undo(SUBSCRIBE, {}, Trial(aws.connection).running)
    assert aws.calls == []


def test_undoing_a_subscription_that_is_gone_is_nothing(aws: StubbedAws) -> None:
    _listed(aws)
    STEP_RUNS[SUBSCRIBE.action].undo(SUBSCRIBE, {"before": None}, Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


def test_a_topic_of_another_region_is_refused_in_aws_words(aws: StubbedAws) -> None:
    _listed(aws)
    aws.refuse("sns", "subscribe", "InvalidParameter", "Invalid parameter: TopicArn")
    with pytest.raises(WorkbenchError) as caught:
        STEP_RUNS[SUBSCRIBE.action].do(SUBSCRIBE, Trial(aws.connection).running)
    assert caught.value.aws_code == "InvalidParameter"
    assert "TopicArn" in caught.value.why


def test_attributes_are_cleared_as_sns_wants_it(aws: StubbedAws) -> None:
    step = attributes_step(SUBSCRIPTION, attributes_of({}))
    dead = '{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111111111111:dead"}'
    _read(aws, FilterPolicy=FILTER, FilterPolicyScope="MessageBody", RedrivePolicy=dead)
    _set(aws, "FilterPolicy", "{}")
    _set(aws, "RedrivePolicy", None)
    _set(aws, "FilterPolicyScope", "MessageAttributes")
    trial = Trial(aws.connection)
    facts = STEP_RUNS[step.action].do(step, trial.running)
    _read(aws, FilterPolicy="{}")
    _set(aws, "FilterPolicyScope", "MessageBody")
    _set(aws, "FilterPolicy", FILTER)
    _set(aws, "RedrivePolicy", dead)
    STEP_RUNS[step.action].undo(step, facts, trial.running)


def test_what_somebody_changed_since_stays(aws: StubbedAws) -> None:
    step = attributes_step(SUBSCRIPTION, WANTED)
    _read(aws, FilterPolicy='{"theirs": [1]}', FilterPolicyScope="MessageBody")
    _set(aws, "FilterPolicyScope", "MessageAttributes")
    STEP_RUNS[step.action].undo(step, {"before": {}}, Trial(aws.connection).running)


def test_a_subscription_is_ended_and_made_again_as_it_was(aws: StubbedAws) -> None:
    step = unsubscribe_step(SUBSCRIPTION, "lambda", ARN)
    _read(aws, FilterPolicy=FILTER)
    aws.answer("sns", "unsubscribe", {}, {"SubscriptionArn": SUBSCRIPTION})
    trial = Trial(aws.connection)
    facts = STEP_RUNS[step.action].do(step, trial.running)
    _listed(aws)
    _subscribe(aws, FilterPolicy=FILTER)
    STEP_RUNS[step.action].undo(step, facts, trial.running)
    _listed(aws, SUBSCRIPTION)
    STEP_RUNS[step.action].undo(step, facts, trial.running)  # twice is once


def test_a_test_message_is_published_with_its_attributes(aws: StubbedAws) -> None:
    expected = {
        "TopicArn": TOPIC,
        "Message": "{}",
        "Subject": "Workbench test",
        "MessageAttributes": {"size": {"DataType": "Number", "StringValue": "6"}},
    }
    aws.answer("sns", "publish", {"MessageId": "m"}, expected)
    step = publish_step(TOPIC, "{}", "Workbench test", '{"size": 6}')
    STEP_RUNS[step.action].do(step, Trial(aws.connection).running)


def test_a_subscription_that_waits_to_be_confirmed_is_not_ended(aws: StubbedAws) -> None:
    """It has no ARN yet."""
    _listed(aws, PENDING)
    STEP_RUNS[SUBSCRIBE.action].undo(SUBSCRIBE, {"before": None}, Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


STATEMENT = {"Sid": "wb-1", "Effect": "Allow", "Action": "sns:Subscribe"}
THEIRS = {"Sid": "theirs", "Effect": "Allow", "Action": "sns:Publish"}


def _policy(aws: StubbedAws, *statements: dict[str, str]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Id": "own", "Statement": list(statements)})
    aws.answer("sns", "get_topic_attributes", {"Attributes": {"Policy": text}}, {"TopicArn": TOPIC})


def _policy_set(aws: StubbedAws, *statements: dict[str, str]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Id": "own", "Statement": list(statements)})
    expected = {"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": text}
    aws.answer("sns", "set_topic_attributes", {}, expected)


@pytest.mark.parametrize("on", [True, False])
def test_a_statement_of_a_topics_policy_goes_in_or_out_and_back_beside_those_of_others(
    aws: StubbedAws, on: bool
) -> None:
    before, after = ([THEIRS], [THEIRS, STATEMENT]) if on else ([STATEMENT, THEIRS], [THEIRS])
    back = [THEIRS] if on else [THEIRS, STATEMENT]
    step = topic_policy_step(TOPIC, STATEMENT, "Let it", on=on)
    for _ in range(2):
        _policy(aws, *before)
    _policy_set(aws, *after)
    trial = Trial(aws.connection)
    facts = STEP_RUNS[step.action].do(step, trial.running)

    for _ in range(2):
        _policy(aws, *after)
    _policy_set(aws, *back)
    STEP_RUNS[step.action].undo(step, trial.notes or facts, trial.running)
    assert step.undo == ("Remove the statement" if on else "Add the statement again")


def test_another_statement_of_the_same_id_is_left_alone(aws: StubbedAws) -> None:
    _policy(aws, {**THEIRS, "Sid": "wb-1"})
    step = topic_policy_step(TOPIC, STATEMENT, "Let it", on=True)
    with pytest.raises(WorkbenchError, match="The policy of the topic orders was not changed") as caught:
        STEP_RUNS[step.action].do(step, Trial(aws.connection).running)
    assert "another statement with the ID wb-1" in caught.value.why


def test_a_policy_that_is_not_understood_is_left_alone(aws: StubbedAws) -> None:
    aws.answer("sns", "get_topic_attributes", {"Attributes": {"Policy": '{"Statement": "odd"}'}})
    step = topic_policy_step(TOPIC, STATEMENT, "Let it", on=True)
    with pytest.raises(WorkbenchError, match="The policy of the topic orders was not changed"):
        STEP_RUNS[step.action].do(step, Trial(aws.connection).running)


def test_one_that_is_gone_is_ended(aws: StubbedAws) -> None:
    aws.refuse("sns", "get_subscription_attributes", "NotFound", "Subscription does not exist", 404)
    step = unsubscribe_step(SUBSCRIPTION, "lambda", ARN)
    assert STEP_RUNS[step.action].do(step, Trial(aws.connection).running) == {}


@pytest.mark.parametrize(
    ("values", "attributes"),
    [
        ({}, {}),
        ({"FilterPolicy": FILTER}, {"FilterPolicy": FILTER}),
        ({"FilterPolicyScope": "MessageBody"}, {}),
        (
            {"RedrivePolicy.deadLetterTargetArn": "arn:q"},
            {"RedrivePolicy": json.dumps({"deadLetterTargetArn": "arn:q"})},
        ),
    ],
)
def test_values_and_attributes_are_the_same_thing(values: dict[str, Any], attributes: dict[str, str]) -> None:
    assert settable(attributes_of(values)) == attributes
    back = values_of(attributes)
    for name, value in values.items():
        if attributes:
            assert back[name] == value


def test_the_scope_is_set_before_a_nested_policy_and_after_a_flat_one() -> None:
    flat, nested = attributes_of({"FilterPolicy": '{"a": ["1"]}'}), WANTED
    assert [name for name, _ in differing(nested, flat)] == ["FilterPolicyScope", "FilterPolicy"]
    assert [name for name, _ in differing(flat, nested)] == ["FilterPolicy", "FilterPolicyScope"]


@pytest.mark.parametrize(
    ("rule", "kind", "value"),
    [
        (["red", "green"], "String", "red"),
        ([{"prefix": "or"}], "String", "or"),
        ([{"suffix": "ed"}], "String", "ed"),
        ([{"equals-ignore-case": "Red"}], "String", "Red"),
        ([{"wildcard": "r*d"}], "String", "rd"),
        ([{"cidr": "10.0.0.0/24"}], "String", "10.0.0.0"),
        ([{"exists": True}], "String", "present"),
        ([{"anything-but": ["a"]}], "String", "Workbench"),
        ([{"anything-but": {"prefix": "Work"}}], "String", "0-test-0"),
        ([{"anything-but": [1, 5]}], "Number", "6"),
        ([{"numeric": ["=", 5]}], "Number", "5"),
        ([{"numeric": [">", 0, "<=", 10]}], "Number", "10"),
        ([{"numeric": [">", 0, "<", 1]}], "Number", "0.5"),
        ([{"numeric": [">=", 7]}], "Number", "7"),
        ([{"numeric": [">", 7]}], "Number", "8"),
        ([{"numeric": ["<", 7]}], "Number", "6"),
        ([True], "String", "true"),
    ],
)
def test_an_attribute_fits_its_rule(rule: list[Any], kind: str, value: str) -> None:
    message, attributes = sample_message(json.dumps({"key": rule}), "MessageAttributes", "m1")
    sent = message_attributes(json.dumps(attributes))
    assert sent == {"key": {"DataType": kind, "StringValue": value}}
    assert json.loads(message)["mark"] == "m1"


def test_what_must_be_absent_is_absent() -> None:
    assert sample_message('{"key": [{"exists": false}]}', "MessageAttributes", "m1")[1] == {}


def test_one_way_of_several_is_enough() -> None:
    policy = {"$or": [{"a": ["1"]}, {"b": ["2"]}], "c": ["3"]}
    _, attributes = sample_message(json.dumps(policy), "MessageAttributes", "m1")
    assert attributes == {"a": "1", "c": "3"}


def test_a_body_is_nested_and_keeps_its_types() -> None:
    policy = {"order": {"total": [{"numeric": [">", 100]}], "paid": [True]}, "mark": [{"exists": True}]}
    message, attributes = sample_message(json.dumps(policy), "MessageBody", "m1")
    assert attributes == {}
    assert json.loads(message)["order"] == {"total": 101, "paid": True}


@pytest.mark.parametrize(
    "policy", ["", "{}", "no JSON", "[]", '{"a": []}', '{"a": [{}]}', '{"a": 3}', '{"$or": []}']
)
def test_no_policy_and_odd_policies_are_survived(policy: str) -> None:
    message, _ = sample_message(policy, "MessageAttributes", "m1")
    assert "m1" in message
