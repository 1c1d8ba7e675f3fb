"""EventBridge rules: what is checked and planned, and AWS's own refusals through the Stubber."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Hurried
from tests.triggers.values import ACCOUNT, ARN, detail, seen
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.rule import EventBridgeRule, rule_arn
from workbench.triggers.kinds.rule_parameters import MADE, ObservedRule, is_broad, name_and_bus, sample_event
from workbench.triggers.kinds.source import queue_policy
from workbench.triggers.model import FixKind, Location, Severity, SourceKind, Trigger, TriggerSpec
from workbench.triggers.plan import prepare
from workbench.triggers.steps import Running, Step

SOURCE = EventBridgeRule()
RULE_ARN = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/orders"
SHOP = '{"source": ["shop"]}'
NEW = {"Name": "orders", "EventPattern": SHOP}
NOTHING = ObservedRule()
RULE = {"Name": "orders", "EventBusName": "default", "EventPattern": SHOP, "State": "ENABLED"}
THERE = ObservedRule(RULE_ARN, RULE)
OTHER = {"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"}
OURS = {"Id": "2", "Arn": ARN}


def _new(**values: Any) -> TriggerSpec:
    return TriggerSpec(SourceKind("events"), "", detail(), values={**NEW, **values})


def _add(**values: Any) -> TriggerSpec:
    return TriggerSpec(SourceKind("events"), RULE_ARN, detail(), values=values)


def _change(**values: Any) -> TriggerSpec:
    return replace(_add(**values), identity="2")


def _there(*targets: dict[str, Any], managed_by: str = "", **rule: Any) -> ObservedRule:
    return replace(THERE, rule={**RULE, **rule}, targets=targets, managed_by=managed_by)


def _ids(spec: TriggerSpec, there: ObservedRule) -> list[str]:
    return [each.check_id for each in SOURCE.check(spec, there, seen())]


@pytest.mark.parametrize(
    ("check_id", "fires", "does_not"),
    [
        ("EB-PATTERN", (_new(EventPattern='{"source": "shop"}'), NOTHING), (_new(), NOTHING)),
        ("EB-PATTERN", (_new(EventPattern=None), NOTHING), (_new(), NOTHING)),
        ("EB-BROAD", (_new(EventPattern='{"account": ["1"]}'), NOTHING), (_new(), NOTHING)),
        (
            "EB-EXPR",
            (_new(EventPattern=None, ScheduleExpression="rate(1 minutes)"), NOTHING),
            (_new(EventPattern=None, ScheduleExpression="rate(1 minute)"), NOTHING),
        ),
        (
            "EB-EXPR",
            (_new(EventPattern=None, ScheduleExpression="rate(5 minutes)", EventBusName="shop"), NOTHING),
            (_new(EventBusName="shop"), NOTHING),
        ),
        ("EB-BUS", (_new(EventBusName="none"), ObservedRule(has_bus=False)), (_new(), NOTHING)),
        ("EB-EXISTS", (_new(), THERE), (_add(), THERE)),
        ("EB-TARGETS", (_add(), _there(*[OTHER] * 5)), (_add(), _there(*[OTHER] * 4))),
        ("EB-MANAGED", (_add(), _there(managed_by="autoscaling.amazonaws.com")), (_add(), THERE)),
        ("EB-DISABLED", (_add(), _there(State="DISABLED")), (_add(), THERE)),
        ("EB-DUP", (_add(), _there(OURS)), (_add(), _there(OTHER))),
        (
            "EB-SHARED",
            (_change(EventPattern='{"source": ["x"]}'), _there(OURS, OTHER)),
            (_change(EventPattern=SHOP), _there(OURS, OTHER)),
        ),
        ("EB-INPUT", (_add(Input="{}", InputPath="$.detail"), THERE), (_add(Input="{}"), THERE)),
        ("PARAM-RANGE", (_new(Name="not a name"), NOTHING), (_new(Name="a.name-1_"), NOTHING)),
        (
            "PARAM-RANGE",
            (_add(**{"RetryPolicy.MaximumEventAgeInSeconds": 59}), THERE),
            (_add(**{"RetryPolicy.MaximumEventAgeInSeconds": 60}), THERE),
        ),
        (
            "PARAM-RANGE",
            (_add(**{"RetryPolicy.MaximumRetryAttempts": 186}), THERE),
            (_add(**{"RetryPolicy.MaximumRetryAttempts": 185}), THERE),
        ),
    ],
)
def test_a_check_fires_where_it_should_and_nowhere_else(
    check_id: str, fires: tuple[TriggerSpec, ObservedRule], does_not: tuple[TriggerSpec, ObservedRule]
) -> None:
    assert _ids(*fires) == [check_id]
    assert _ids(*does_not) == []


def test_a_rule_of_another_region_is_refused_without_a_call_and_a_hop_offered(aws: StubbedAws) -> None:
    far = f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/far"
    prepared = prepare(aws.connection, TriggerSpec(SourceKind("events"), far, detail()), JobContext())
    assert [each.check_id for each in prepared.findings] == ["GEN-REGION", "EB-REGION"]
    assert "eu-west-1" in prepared.findings[0].what
    assert "us-east-1" in prepared.findings[0].what
    (fix,) = prepared.findings[1].fixes
    assert (fix.kind, fix.values) == (FixKind.EDIT, {"ForwardTo": "default"})
    assert aws.calls == []


@pytest.mark.parametrize(
    "place", [Location("aws-cn", "cn-north-1", ACCOUNT), Location("aws", "eu-west-1", "222222222222")]
)
def test_no_hop_leaves_a_partition_or_an_account(place: Location) -> None:
    assert SOURCE.cross_region_findings(_add(), place) == ()


def test_a_rule_beside_the_function_never_feeds_itself_over_a_bus(aws: StubbedAws) -> None:
    aws.answer("events", "describe_rule", {**RULE, "Arn": RULE_ARN})
    aws.answer("events", "list_targets_by_rule", {"Targets": [OTHER]})
    spec = _add(ForwardTo="default")
    there = SOURCE.observe(aws.connection, spec, JobContext())
    assert there.far is None
    assert [step.action for step in SOURCE.plan(spec, there)] == ["target-put"]


@pytest.mark.parametrize(
    ("pattern", "near"),
    [
        ({"EventPattern": SHOP}, {"region": ["eu-west-1"], "source": ["shop"]}),
        ({"EventPattern": '{"region": ["x"]}'}, {"region": ["x"]}),
        ({"ScheduleExpression": "rate(1 day)"}, {"source": ["aws.events"]}),
    ],
)
def test_the_near_rule_takes_up_what_comes_from_the_far_one_only(
    pattern: dict[str, str], near: dict[str, Any]
) -> None:
    far = ObservedRule(f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/far", {"Name": "far", **pattern})
    spec = TriggerSpec(SourceKind("events"), far.arn, detail(), values={"ForwardTo": "shop"})
    steps = SOURCE.plan(spec, ObservedRule(far=far))
    rule = next(step for step in steps if step.action == "rule-put").args["rule"]
    if "ScheduleExpression" in pattern:
        near = {**near, "resources": [far.arn]}
    assert (rule["EventBusName"], json.loads(rule["EventPattern"])) == ("shop", near)
    assert rule_arn(spec, ObservedRule(far=far)).startswith(
        f"arn:aws:events:us-east-1:{ACCOUNT}:rule/shop/wb-"
    )
    hop = steps[-1]
    assert (hop.region, hop.args["role_action"]) == ("eu-west-1", "service-role")


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (RULE_ARN, ("orders", "default")),
        (RULE_ARN.replace("rule/", "rule/shop/"), ("orders", "shop")),
        (RULE_ARN.replace("rule/", "rule/aws.partner/a.com/b/"), ("orders", "aws.partner/a.com/b")),
    ],
)
def test_the_bus_is_read_from_the_arn(arn: str, expected: tuple[str, str]) -> None:
    assert name_and_bus(arn) == expected


@pytest.mark.parametrize(
    ("pattern", "broad"),
    [
        ({"account": ["1"], "region": ["x"]}, True),
        ({"source": [{"prefix": ""}]}, True),
        ({"detail": {"a": [{"exists": True}]}}, True),
        ({"source": ["aws.s3"]}, False),
        ({"detail": {"a": [1]}}, False),
    ],
)
def test_a_pattern_that_lets_everything_through(pattern: dict[str, Any], broad: bool) -> None:
    assert is_broad(json.dumps(pattern)) is broad


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["shop"], "detail-type": ["Order"], "resources": ["arn:x"]},
        {"source": [{"prefix": "sh"}], "detail": {"a": {"b": [{"suffix": ".png"}]}}},
        {
            "detail": {
                "n": [{"numeric": [">=", 5]}],
                "m": [{"numeric": ["<", 0]}],
                "e": [{"numeric": ["=", 3]}],
            }
        },
        {"detail": {"x": [{"anything-but": ["a"]}], "y": [{"exists": False}], "z": [None, True]}},
        {"detail": {"ip": [{"cidr": "10.0.0.0/24"}], "w": [{"wildcard": "a*b"}]}},
        {"$or": [{"source": ["a"]}, {"detail": {"b": [1]}}]},
        {"detail": {"k": [{"equals-ignore-case": "AbC"}], "p": [{"prefix": {"equals-ignore-case": "Q"}}]}},
        {"account": [ACCOUNT], "region": ["us-east-1"]},
    ],
)
def test_a_test_event_fits_its_pattern_and_has_its_mark(pattern: dict[str, Any]) -> None:
    event = sample_event(json.dumps(pattern), "mark", ACCOUNT, "us-east-1")
    assert event is not None
    assert json.loads(event["Detail"])["workbench"] == "mark"


@pytest.mark.parametrize(
    "pattern",
    [
        '{"source": ["aws.s3"]}',
        '{"region": ["eu-west-1"]}',
        '{"time": [{"prefix": "2020"}]}',
        '{"detail": {"workbench": ["x"]}}',
        "not json",
        "[]",
        "",
    ],
)
def test_what_cannot_be_sent_is_not_offered(pattern: str) -> None:
    assert sample_event(pattern, "mark", ACCOUNT, "us-east-1") is None


def _running(aws: StubbedAws, noted: dict[str, Any], slept: list[float] | None = None) -> Running:
    return Running(aws.connection, Hurried(slept), noted.update, {})


def _step(action: str) -> Step:
    return next(step for step in SOURCE.plan(_new(), NOTHING) if step.action == action)


def test_aws_itself_judges_a_pattern_before_anything_is_made(aws: StubbedAws) -> None:
    text = "Event pattern is not valid. Reason: Rule is too complex - try using fewer wildcard characters"
    aws.refuse("events", "test_event_pattern", "InvalidEventPatternException", text)
    aws.refuse("events", "describe_rule", "ResourceNotFoundException", "Rule orders does not exist.")
    there = SOURCE.observe(aws.connection, _new(), JobContext())
    (finding,) = SOURCE.check(_new(), there, seen())
    assert (finding.check_id, finding.severity) == ("EB-PATTERN", Severity.BLOCK)
    assert "too complex" in finding.aws
    assert not any(call.is_write for call in aws.calls)


def test_who_may_not_try_a_pattern_may_go_on(aws: StubbedAws) -> None:
    aws.refuse("events", "test_event_pattern", "AccessDeniedException", "not authorized", status=400)
    aws.refuse("events", "describe_rule", "ResourceNotFoundException", "Rule orders does not exist.")
    assert SOURCE.observe(aws.connection, _new(), JobContext()) == NOTHING


def test_a_failed_entry_is_a_failure_though_aws_answers_200(aws: StubbedAws) -> None:
    aws.answer("events", "list_targets_by_rule", {})
    entry = {"TargetId": "x", "ErrorCode": "InvalidArn", "ErrorMessage": "Parameter Arn is not valid."}
    aws.answer("events", "put_targets", {"FailedEntryCount": 1, "FailedEntries": [entry]})
    with pytest.raises(WorkbenchError, match="Could not add a target to the rule orders") as failure:
        STEP_RUNS["target-put"].do(_step("target-put"), _running(aws, {}))
    assert (failure.value.aws_code, failure.value.why) == ("InvalidArn", "Parameter Arn is not valid.")


def test_a_rule_that_somebody_changes_at_the_same_moment_is_waited_for(aws: StubbedAws) -> None:
    aws.refuse("events", "describe_rule", "ResourceNotFoundException", "Rule orders does not exist.")
    text = "Rule orders was modified concurrently. Please retry."
    aws.refuse("events", "put_rule", "ConcurrentModificationException", text)
    expected = {**RULE, "Tags": [{"Key": "workbench:trigger", "Value": "made"}]}
    aws.answer("events", "put_rule", {"RuleArn": RULE_ARN}, expected)
    slept: list[float] = []
    noted: dict[str, Any] = {}
    facts = STEP_RUNS["rule-put"].do(_step("rule-put"), _running(aws, noted, slept))
    assert facts == {"before": None, "rule_arn": RULE_ARN}
    assert (noted, slept) == ({"before": None}, [1.0])


def test_a_rule_of_somebody_else_is_neither_overwritten_nor_deleted(aws: StubbedAws) -> None:
    theirs = {**RULE, "Arn": RULE_ARN, "EventPattern": '{"source": ["theirs"]}'}
    aws.answer("events", "describe_rule", theirs)
    noted: dict[str, Any] = {}
    with pytest.raises(WorkbenchError, match="Another rule with this name"):
        STEP_RUNS["rule-put"].do(_step("rule-put"), _running(aws, noted))
    STEP_RUNS["rule-put"].undo(_step("rule-put"), noted, _running(aws, noted))


def test_a_rule_changed_meanwhile_is_not_overwritten(aws: StubbedAws) -> None:
    trigger = Trigger(SourceKind("events"), RULE_ARN, "orders", "", "2")
    spec = _change(EventPattern='{"source": ["new"]}')
    step = SOURCE.update(trigger, spec, _there(OURS))[0]
    aws.answer("events", "describe_rule", {**RULE, "Arn": RULE_ARN, "Description": "theirs"})
    with pytest.raises(WorkbenchError, match="Could not change the rule orders") as caught:
        STEP_RUNS[step.action].do(step, _running(aws, {}))
    assert "was not applied" in caught.value.why


def test_a_target_that_was_there_before_is_put_back(aws: StubbedAws) -> None:
    step = _step("target-put")
    ours = dict(step.args["target"])
    before = {**ours, "Input": "{}"}
    aws.answer("events", "list_targets_by_rule", {"Targets": [before]})
    aws.answer("events", "put_targets", {"FailedEntryCount": 0, "FailedEntries": []})
    aws.answer("events", "list_targets_by_rule", {"Targets": [ours]})
    expected = {"Rule": "orders", "EventBusName": "default", "Targets": [before]}
    aws.answer("events", "put_targets", {"FailedEntryCount": 0, "FailedEntries": []}, expected)
    noted: dict[str, Any] = {}
    STEP_RUNS[step.action].do(step, _running(aws, noted))
    STEP_RUNS[step.action].undo(step, noted, _running(aws, noted))


def test_a_target_that_has_gone_needs_no_taking_off(aws: StubbedAws) -> None:
    step = SOURCE.remove(Trigger(SourceKind("events"), RULE_ARN, "orders", "", "2"))[0]
    aws.refuse("events", "list_targets_by_rule", "ResourceNotFoundException", "Rule orders does not exist.")
    assert STEP_RUNS[step.action].do(step, _running(aws, {})) == {}


def test_a_target_that_aws_does_not_take_off_is_said(aws: StubbedAws) -> None:
    """AWS answers 200, and may say no more than that it failed."""
    step = SOURCE.remove(Trigger(SourceKind("events"), RULE_ARN, "orders", "", "2"))[0]
    aws.answer("events", "list_targets_by_rule", {"Targets": [OURS]})
    expected = {"Rule": "orders", "EventBusName": "default", "Ids": ["2"]}
    aws.answer("events", "remove_targets", {"FailedEntryCount": 1}, expected)
    with pytest.raises(WorkbenchError, match="Could not remove a target from the rule orders") as caught:
        STEP_RUNS[step.action].do(step, _running(aws, {}))
    assert caught.value.aws_code == "FailedEntryCount"
    assert "rejected its entry" in caught.value.why


def test_our_rule_is_deleted_and_comes_back_with_its_tags(aws: StubbedAws) -> None:
    trigger = Trigger(SourceKind("events"), RULE_ARN, "orders", "", "2", values={MADE: True})
    step = SOURCE.remove(trigger)[-1]
    tags = [{"Key": "workbench:trigger", "Value": "made"}, {"Key": "team", "Value": "shop"}]
    named = {"Name": "orders", "EventBusName": "default"}
    aws.answer("events", "describe_rule", {**RULE, "Arn": RULE_ARN}, named)
    aws.answer("events", "list_tags_for_resource", {"Tags": tags}, {"ResourceARN": RULE_ARN})
    aws.answer("events", "list_targets_by_rule", {}, {"Rule": "orders", "EventBusName": "default"})
    aws.answer("events", "delete_rule", {}, named)
    noted: dict[str, Any] = {}
    STEP_RUNS[step.action].do(step, _running(aws, noted))

    aws.refuse("events", "describe_rule", "ResourceNotFoundException", "Rule orders does not exist.")
    aws.answer("events", "put_rule", {"RuleArn": RULE_ARN}, {**RULE, "Tags": tags})
    STEP_RUNS[step.action].undo(step, noted, _running(aws, noted))


def test_a_rule_that_others_use_is_not_deleted(aws: StubbedAws) -> None:
    trigger = Trigger(SourceKind("events"), RULE_ARN, "orders", "", "2", values={MADE: True})
    step = SOURCE.remove(trigger)[-1]
    aws.answer("events", "describe_rule", {**RULE, "Arn": RULE_ARN})
    aws.answer("events", "list_tags_for_resource", {"Tags": []})
    aws.answer("events", "list_targets_by_rule", {"Targets": [OTHER]})
    STEP_RUNS[step.action].do(step, _running(aws, {}))


@pytest.mark.parametrize(
    ("on", "method", "said"),
    [
        (True, "enable_rule", "Could not enable the rule orders"),
        (False, "disable_rule", "Could not disable the rule orders"),
    ],
)
def test_a_rule_that_cannot_be_switched_is_said(aws: StubbedAws, on: bool, method: str, said: str) -> None:
    step = Step("rule-switch", "", "", "us-east-1", {"name": "orders", "bus": "default", "on": on})
    aws.answer("events", "describe_rule", {**RULE, "State": "DISABLED" if on else "ENABLED"})
    aws.refuse("events", method, "ManagedRuleException", "It is managed.")
    with pytest.raises(WorkbenchError, match=said):
        STEP_RUNS[step.action].do(step, _running(aws, {}))


def test_an_event_that_the_bus_refuses_is_said(aws: StubbedAws) -> None:
    trigger = Trigger(SourceKind("events"), RULE_ARN, "orders", values={"EventPattern": SHOP})
    event = SOURCE.test_event(trigger, "mark")
    assert event is not None
    assert "Every other rule" in event.warning
    text = {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
    aws.answer("events", "put_events", {"FailedEntryCount": 1, "Entries": [text]})
    with pytest.raises(WorkbenchError) as failure:
        STEP_RUNS["events-put"].do(event.steps[0], _running(aws, {}))
    assert failure.value.aws_code == "NotAuthorizedForSourceException"


def test_it_explains_itself_with_its_numbers() -> None:
    values = {"RetryPolicy.MaximumRetryAttempts": 4, "RetryPolicy.MaximumEventAgeInSeconds": 120}
    trigger = Trigger(SourceKind("events"), RULE_ARN, "orders", values=values)
    explained = SOURCE.explain(trigger, seen(async_retries=1))
    assert "5 attempts for 2 min" in explained.source_retries
    assert "1 retry" in explained.lambda_retries
    assert explained.flow[0] == "Rule orders"


def test_a_rule_in_a_state_that_enabling_would_lose_is_not_paused() -> None:
    state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert SOURCE.pause(Trigger(SourceKind("events"), RULE_ARN, "orders", state=state)) == ()


def test_the_parameters_are_those_that_can_be_set() -> None:
    new, added = (
        {each.name for each in SOURCE.parameters(_new())},
        {each.name for each in SOURCE.parameters(_add())},
    )
    changed = {each.name for each in SOURCE.parameters(_change(EventPattern=SHOP))}
    assert new - added == {
        "Name",
        "EventBusName",
        "EventPattern",
        "ScheduleExpression",
        "State",
        "Description",
    }
    assert new - changed == {"Name", "EventBusName"}
    far = replace(_add(), source_arn=RULE_ARN.replace("us-east-1", "eu-west-1"))
    assert {each.name for each in SOURCE.parameters(far)} - added == {"ForwardTo"}
    assert Severity.BLOCK in [each.severity for each in SOURCE.check(_new(Name=""), NOTHING, seen())]


DEAD = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("", ["EB-DLQ"]),
        (queue_policy(DEAD, f"{RULE_ARN}-other", "events.amazonaws.com"), ["EB-DLQ"]),
        (queue_policy(DEAD, RULE_ARN, "sns.amazonaws.com"), ["EB-DLQ"]),
        (queue_policy(DEAD, RULE_ARN, "events.amazonaws.com"), []),
        (None, []),
    ],
)
def test_a_dead_letter_queue_must_let_the_rule_in(policy: str | None, expected: list[str]) -> None:
    """A rule has no role for it: EventBridge drops the event when the queue's policy does not allow it."""
    spec = _new(**{"DeadLetterConfig.Arn": DEAD})
    assert _ids(spec, replace(NOTHING, dead_letter_policy=policy)) == expected
    for finding in SOURCE.check(spec, replace(NOTHING, dead_letter_policy=policy), seen()):
        (fix,) = finding.fixes
        assert json.loads(fix.text) == json.loads(
            queue_policy(DEAD, RULE_ARN, "events.amazonaws.com", "RuleSends")
        )


def test_the_policy_of_the_queue_is_read(aws: StubbedAws) -> None:
    aws.answer("events", "test_event_pattern", {"Result": True})
    aws.refuse("events", "describe_rule", "ResourceNotFoundException", "Rule orders does not exist.")
    aws.answer("sqs", "get_queue_url", {"QueueUrl": "https://queue"})
    aws.answer("sqs", "get_queue_attributes", {"Attributes": {"Policy": "{}"}})
    spec = _new(**{"DeadLetterConfig.Arn": DEAD})
    assert SOURCE.observe(aws.connection, spec, JobContext()).dead_letter_policy == "{}"
