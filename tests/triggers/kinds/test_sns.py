"""Amazon SNS as a source: across regions, FIFO, its checks, and its triggers as AWS answers them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import grant
from tests.triggers.values import ACCOUNT, ARN, detail, seen, spec
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.grants import check_grants
from workbench.triggers.kinds.sns import ObservedTopic, SnsSource
from workbench.triggers.kinds.source import queue_policy
from workbench.triggers.model import (
    Finding,
    FixKind,
    Grant,
    Link,
    Location,
    ObservedFunction,
    Severity,
    SourceKind,
    Trigger,
    TriggerSpec,
)
from workbench.triggers.plan import check_locations
from workbench.triggers.steps.sns import PENDING

SNS = SnsSource()
CTX = JobContext()
DEAD = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"


def _topic(region: str = "us-east-1", name: str = "orders") -> str:
    return f"arn:aws:sns:{region}:{ACCOUNT}:{name}"


TOPIC = _topic()
SUBSCRIPTION = f"{TOPIC}:11111111-2222-3333-4444-555555555555"


def _spec(
    topic: str = TOPIC, region: str = "us-east-1", qualifier: str = "", **values: object
) -> TriggerSpec:
    function = detail(FunctionArn=ARN.replace("us-east-1", region))
    known = {"RedrivePolicy.deadLetterTargetArn": DEAD.replace("us-east-1", topic.split(":")[3])}
    return spec(SourceKind("sns"), topic, function=function, qualifier=qualifier, values=known | values)


def _check(wanted: TriggerSpec, topic: ObservedTopic | None = None, *grants: Grant) -> tuple[Finding, ...]:
    return SNS.check(wanted, topic or ObservedTopic(), seen(grants=grants))


def _ids(wanted: TriggerSpec, topic: ObservedTopic | None = None, *grants: Grant) -> list[str]:
    return [finding.check_id for finding in _check(wanted, topic, *grants)]


def test_a_topic_beside_the_function_is_fine() -> None:
    assert _ids(_spec()) == []


def test_a_topic_of_another_region_is_allowed_with_a_notice() -> None:
    topic = _topic("eu-west-1")
    wanted = _spec(topic)
    (notice,) = check_locations(SourceKind("sns"), Location.of(topic), Location.of(ARN), topic)
    assert (notice.check_id, notice.severity) == ("GEN-REGION-OK", Severity.NOTICE)
    assert _ids(wanted) == []
    (step,) = SNS.plan(wanted, ObservedTopic())
    assert (step.api_call, step.region) == ("sns:Subscribe", "eu-west-1")
    wishes = SNS.grants(wanted, ObservedTopic())
    (missing,) = check_grants(wanted, wishes, seen())
    (fix,) = missing.fixes[0].steps
    assert (fix.api_call, fix.region) == ("lambda:AddPermission", "us-east-1")


@pytest.mark.parametrize(
    ("topic", "function", "principal"),
    [
        ("ap-east-1", "us-east-1", "sns.ap-east-1.amazonaws.com"),
        ("eu-west-1", "us-east-1", "sns.amazonaws.com"),
        ("ap-east-1", "ap-east-1", "sns.amazonaws.com"),
    ],
)
def test_from_an_opt_in_region_sns_has_a_name_of_its_own(topic: str, function: str, principal: str) -> None:
    opt_in = ObservedTopic(opt_in=frozenset({"ap-east-1"}))
    (wish,) = SNS.grants(_spec(_topic(topic), function), opt_in)
    assert wish.principal == principal
    assert "SNS-OPTIN" not in _ids(_spec(_topic(topic), function), opt_in)


@pytest.mark.parametrize("topic", ["us-east-1", "af-south-1"])
def test_a_function_in_an_opt_in_region_gets_nothing_from_elsewhere(topic: str) -> None:
    both = ObservedTopic(opt_in=frozenset({"ap-east-1", "af-south-1"} & {"ap-east-1", topic}))
    (finding,) = _check(_spec(_topic(topic), "ap-east-1"), both)
    assert (finding.check_id, finding.severity) == ("SNS-OPTIN", Severity.BLOCK)
    assert topic in finding.what
    assert "ap-east-1" in finding.what
    assert (finding.fixes[0].kind, finding.fixes[0].region) == (FixKind.SWITCH_REGION, topic)


def test_the_account_is_asked_for_its_regions_only_across_regions(aws: StubbedAws) -> None:
    subscriptions: dict[str, Any] = {"Subscriptions": []}
    aws.answer("sns", "list_subscriptions_by_topic", subscriptions)
    assert (
        SNS.observe(aws.connection, _spec(**{"RedrivePolicy.deadLetterTargetArn": ""}), CTX)
        == ObservedTopic()
    )
    aws.answer("sns", "list_subscriptions_by_topic", subscriptions)
    regions = [{"RegionName": "ap-east-1", "RegionOptStatus": "ENABLED"}]
    aws.answer("account", "list_regions", {"Regions": regions})
    far_topic = _spec(_topic("ap-east-1"), **{"RedrivePolicy.deadLetterTargetArn": ""})
    assert SNS.observe(aws.connection, far_topic, CTX).opt_in == {"ap-east-1"}
    assert not any(call.is_write for call in aws.calls)


def test_a_grant_for_the_wrong_name_of_sns_blocks_and_the_right_one_is_offered() -> None:
    topic = _topic("ap-east-1")
    opt_in = ObservedTopic(opt_in=frozenset({"ap-east-1"}))
    wrong, right = (grant(name, topic) for name in ("sns.amazonaws.com", "sns.ap-east-1.amazonaws.com"))
    (finding,) = _check(_spec(topic), opt_in, wrong)
    assert (finding.check_id, finding.severity) == ("SNS-PRINCIPAL", Severity.BLOCK)
    assert finding.fixes[0].is_standard
    assert finding.fixes[0].steps[0].args["principal"] == "sns.ap-east-1.amazonaws.com"
    assert _ids(_spec(topic), opt_in, wrong, right) == []
    assert _ids(_spec(topic), opt_in) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"RawMessageDelivery": True}, ["SNS-RAW"]),
        ({"RawMessageDelivery": "true"}, ["SNS-RAW"]),
        ({"RawMessageDelivery": False}, []),
        ({"FilterPolicy": '{"color": ["red"]}'}, []),
        ({"FilterPolicy": "{}"}, []),
        ({"FilterPolicy": '["red"]'}, ["SNS-FILTER"]),
        ({"FilterPolicy": "{color"}, ["PARAM-RANGE", "SNS-FILTER"]),
        ({"FilterPolicyScope": "MessageBody"}, []),
        ({"RedrivePolicy.deadLetterTargetArn": ""}, ["SNS-DLQ"]),
        ({"RedrivePolicy.deadLetterTargetArn": DEAD.replace("us-east-1", "eu-west-1")}, ["SNS-DLQ-PLACE"]),
        ({"RedrivePolicy.deadLetterTargetArn": DEAD.replace(ACCOUNT, "2" * 12)}, ["SNS-DLQ-PLACE"]),
        ({"RedrivePolicy.deadLetterTargetArn": f"{DEAD}.fifo"}, ["SNS-DLQ-PLACE"]),
        ({"RedrivePolicy.deadLetterTargetArn": "dead"}, ["SNS-DLQ-PLACE"]),
    ],
)
def test_what_sns_would_refuse_or_lose(values: dict[str, Any], expected: list[str]) -> None:
    assert _ids(_spec(**values)) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("", ["SNS-DLQ-POLICY"]),
        (queue_policy(DEAD, _topic(name="another"), "sns.amazonaws.com"), ["SNS-DLQ-POLICY"]),
        (queue_policy(DEAD, TOPIC, "sns.amazonaws.com"), []),
        (None, []),
    ],
)
def test_a_dead_letter_queue_must_let_the_topic_in(policy: str | None, expected: list[str]) -> None:
    assert _ids(_spec(), ObservedTopic(dead_letter_policy=policy)) == expected


@pytest.mark.parametrize(
    ("arn", "editing", "expected"),
    [
        (SUBSCRIPTION, "", ["SNS-EXISTS"]),
        (SUBSCRIPTION, SUBSCRIPTION, []),
        (PENDING, "", ["SNS-PENDING"]),
        ("", "", []),
        (None, "", []),
    ],
)
def test_a_subscription_that_is_there_is_said(arn: str | None, editing: str, expected: list[str]) -> None:
    findings = _check(replace(_spec(), identity=editing), ObservedTopic(arn))
    assert [finding.check_id for finding in findings] == expected
    assert all(finding.severity is Severity.WARN for finding in findings)


def test_a_fifo_topic_needs_a_queue_between_and_gets_it() -> None:
    wanted = _spec(_topic(name="t.fifo"), FilterPolicy='{"a": ["1"]}')
    (finding,) = _check(wanted)
    assert (finding.check_id, finding.severity) == ("SNS-FIFO", Severity.BLOCK)
    assert finding.fixes[0].kind is FixKind.STEPS
    assert SNS.grants(wanted, ObservedTopic()) == ()
    steps = SNS.plan(wanted, ObservedTopic())
    assert [step.api_call for step in steps] == [
        "sqs:CreateQueue",
        "sqs:SetQueueAttributes",
        "sns:Subscribe",
        "lambda:CreateEventSourceMapping",
    ]
    queue = steps[0].args["queue_arn"]
    assert queue.endswith(".fifo")
    assert len(queue.rpartition(":")[2]) <= 80
    policy = json.loads(steps[1].args["attributes"]["Policy"])
    assert policy["Statement"][0]["Resource"] == queue
    assert steps[0].args["attributes"]["VisibilityTimeout"] == "18"  # SetQueueAttributes takes up to 60 s
    assert steps[1].args["attributes"]["VisibilityTimeout"] == "18"
    assert (steps[2].args["protocol"], steps[2].args["endpoint"]) == ("sqs", queue)
    assert steps[3].args["request"]["EventSourceArn"] == queue
    assert {action for action, _ in SNS.role_actions(wanted, ObservedTopic())} == {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }


def test_long_names_still_make_the_name_of_a_queue() -> None:
    wanted = _spec(_topic(name=f"{'t' * 250}.fifo"))
    assert len(SNS.plan(wanted, ObservedTopic())[0].args["queue_arn"].rpartition(":")[2]) == 80


def test_a_fifo_topic_of_another_region_has_no_queue_between() -> None:
    (finding,) = _check(_spec(_topic("eu-west-1", "t.fifo")))
    assert finding.check_id == "SNS-FIFO"
    assert {fix.kind for fix in finding.fixes} == {FixKind.SWITCH_REGION, FixKind.COPY_FUNCTION}


@pytest.mark.parametrize("arn", ["orders", SUBSCRIPTION, DEAD, "arn:aws:sns:::orders"])
def test_what_is_no_topic_is_said(aws: StubbedAws, arn: str) -> None:
    with pytest.raises(WorkbenchError, match="cannot be a trigger"):
        SNS.location(aws.connection, spec(SourceKind("sns"), arn), CTX)


def test_topics_are_candidates_and_fifo_is_said(aws: StubbedAws) -> None:
    topics = [{"TopicArn": TOPIC}, {"TopicArn": f"{TOPIC}.fifo"}]
    aws.answer("sns", "list_topics", {"Topics": topics[:1], "NextToken": "more"})
    aws.answer("sns", "list_topics", {"Topics": topics[1:]}, {"NextToken": "more"})
    found = [(each.name, each.detail) for each in SNS.candidates(aws.connection, CTX)]
    assert found == [("orders", ""), ("orders.fifo", "FIFO")]


def test_a_topic_that_is_gone_is_said_and_a_closed_one_is_unknown(aws: StubbedAws) -> None:
    wanted = _spec(**{"RedrivePolicy.deadLetterTargetArn": ""})
    aws.refuse("sns", "list_subscriptions_by_topic", "NotFound", "Topic does not exist", 404)
    with pytest.raises(WorkbenchError):
        SNS.observe(aws.connection, wanted, CTX)
    aws.refuse("sns", "list_subscriptions_by_topic", "AuthorizationError", "not authorized", 403)
    assert SNS.observe(aws.connection, wanted, CTX).subscription_arn is None


HERE = _topic("eu-central-1")  # where the connection of these tests is


def _listed(aws: StubbedAws, *subscriptions: tuple[str, str, str]) -> None:
    found = [
        {"TopicArn": HERE, "Protocol": protocol, "Endpoint": endpoint, "SubscriptionArn": arn}
        for protocol, endpoint, arn in subscriptions
    ]
    aws.answer("sns", "list_subscriptions", {"Subscriptions": found})


def _found(aws: StubbedAws, function: ObservedFunction, *hints: str) -> tuple[Trigger, ...]:
    return SNS.find(aws.connection, function, hints, CTX)


def _own(*grants: Grant) -> ObservedFunction:
    return seen(detail=detail(FunctionArn=ARN.replace("us-east-1", "eu-central-1")), grants=grants)


def test_subscriptions_of_the_region_are_found_with_and_without_grants(aws: StubbedAws) -> None:
    arn = ARN.replace("us-east-1", "eu-central-1")
    mine = grant("sns.amazonaws.com", HERE)
    _listed(
        aws,
        ("lambda", arn, f"{HERE}:1"),
        ("lambda", f"{arn}:live", PENDING),
        ("sqs", "arn:aws:sqs:eu-central-1:1:q", f"{HERE}:2"),
        ("lambda", f"{arn}-too", f"{HERE}:3"),
    )
    policy = {"FilterPolicy": '{"a": ["1"]}', "FilterPolicyScope": "MessageBody"}
    aws.answer("sns", "get_subscription_attributes", {"Attributes": policy}, {"SubscriptionArn": f"{HERE}:1"})
    linked, pending = _found(aws, _own(mine), HERE)
    assert (linked.link, linked.grants, linked.identity) == (Link.LINKED, (mine,), f"{HERE}:1")
    assert linked.values["FilterPolicyScope"] == "MessageBody"
    assert (pending.link, pending.state) == (Link.MISSING_PERMISSION, "Pending confirmation")
    assert SNS.remove(pending) == ()
    assert SNS.test_event(pending, "m") is None


def test_who_may_not_list_looks_at_the_topics_that_the_policy_names(aws: StubbedAws) -> None:
    function = _own(grant("sns.amazonaws.com", HERE))
    aws.refuse("sns", "list_subscriptions", "AuthorizationError", "not authorized", 403)
    mine = {
        "Protocol": "lambda",
        "Endpoint": function.arns[0],
        "SubscriptionArn": f"{HERE}:1",
        "TopicArn": HERE,
    }
    aws.answer("sns", "list_subscriptions_by_topic", {"Subscriptions": [mine]}, {"TopicArn": HERE})
    aws.answer("sns", "get_subscription_attributes", {"Attributes": {}})
    (trigger,) = _found(aws, function, HERE)
    assert trigger.link is Link.LINKED
    aws.refuse("sns", "list_subscriptions", "AuthorizationError", "not authorized", 403)
    with pytest.raises(WorkbenchError):
        _found(aws, function)


def test_a_topic_that_is_named_by_a_pattern_is_unknown(aws: StubbedAws) -> None:
    _listed(aws)
    hint = "arn:aws:sns:*:111111111111:orders-*"
    (trigger,) = _found(aws, _own(grant("sns.amazonaws.com", hint)), hint)
    assert trigger.link is Link.UNKNOWN


def _trigger(**values: object) -> Trigger:
    known: dict[str, object] = {"Endpoint": ARN, "FilterPolicy": ""}
    return Trigger(SourceKind("sns"), TOPIC, "orders", identity=SUBSCRIPTION, values=known | values)


def test_a_change_sets_attributes_and_another_alias_is_another_subscription() -> None:
    wanted = _spec(FilterPolicy='{"a": ["1"]}')
    (step,) = SNS.update(_trigger(), wanted, ObservedTopic(SUBSCRIPTION))
    assert step.api_call == "sns:SetSubscriptionAttributes"
    steps = SNS.update(_trigger(), _spec(qualifier="live"), ObservedTopic())
    assert [step.api_call for step in steps] == ["sns:Subscribe", "sns:Unsubscribe"]


def test_a_test_message_gets_through_the_filter_and_is_confirmed() -> None:
    event = SNS.test_event(_trigger(FilterPolicy='{"color": ["red"]}'), "m1")
    assert event is not None
    assert event.warning
    assert json.loads(event.steps[0].args["attributes"]) == {"color": "red"}
    assert "does not match" not in event.warning
    assert "m1" in event.steps[0].args["message"]


def test_the_explanation_names_both_ledgers() -> None:
    words = SNS.explain(_trigger(), seen(async_retries=2))
    assert "100,015" in words.source_retries
    assert "23 days" in words.source_retries
    assert "no dead-letter queue" in words.failures
    assert words.flow[:3] == ("orders", "Lambda's queue", "f")
    assert SNS.pause(_trigger()) == ()
    assert "cannot pause" in SNS.explain(_trigger(), seen()).no_pause
