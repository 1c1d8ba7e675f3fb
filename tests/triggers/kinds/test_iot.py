"""IoT rules: found through the policy, paused, taken out of, and put back."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Trial, grant
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.kinds.iot import IotRule
from workbench.triggers.model import Link, ObservedFunction, SourceKind, Trigger

CTX = JobContext()
ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:f"
RULE = f"arn:aws:iot:eu-central-1:{ACCOUNT}:rule/alarms"
DETAIL = detail_of({"Configuration": {"FunctionName": "f", "FunctionArn": ARN}})
OTHER: dict[str, Any] = {"sns": {"targetArn": f"arn:aws:sns:eu-central-1:{ACCOUNT}:t", "roleArn": "r"}}
SOURCE = IotRule()


def runs(arn: str = ARN) -> dict[str, Any]:
    return {"lambda": {"functionArn": arn}}


def rule(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"rule": {"ruleName": "alarms", "sql": "SELECT * FROM 'a'", "actions": list(actions)} | more}


def seen(*qualifiers: str) -> ObservedFunction:
    grants = tuple(grant("iot.amazonaws.com", RULE, qualifier=each) for each in qualifiers)
    return ObservedFunction(DETAIL, grants=grants, qualifiers=("live",))


def found(aws: StubbedAws, function: ObservedFunction) -> tuple[Trigger, ...]:
    return SOURCE.find(aws.connection, function, (RULE,), CTX)


def test_each_qualifier_that_a_rule_runs_is_found_once(aws: StubbedAws) -> None:
    answer = rule(OTHER, runs(), runs(), runs(f"{ARN}:live"), runs(f"{ARN}x"), errorAction=runs())
    aws.answer("iot", "get_topic_rule", answer, {"ruleName": "alarms"})
    first, second = found(aws, seen(""))
    assert (first.name, first.qualifier, first.state, first.link) == ("alarms", "", "Enabled", Link.LINKED)
    assert (second.qualifier, second.link) == ("live", Link.MISSING_PERMISSION)
    assert first.values["sql"] == "SELECT * FROM 'a'"


def test_a_rule_whose_error_action_runs_the_function_counts_and_may_be_disabled(aws: StubbedAws) -> None:
    aws.answer("iot", "get_topic_rule", rule(OTHER, errorAction=runs(), ruleDisabled=True))
    (trigger,) = found(aws, seen(""))
    assert trigger.state == "Disabled"


def test_a_rule_that_is_gone_is_told_from_one_that_is_hidden(aws: StubbedAws) -> None:
    words = "Access to topic rule 'alarms' was denied"
    aws.refuse("iot", "get_topic_rule", "UnauthorizedException", words, 401)
    aws.answer("iot", "list_topic_rules", {"rules": []})
    assert found(aws, seen("")) == ()
    aws.refuse("iot", "get_topic_rule", "UnauthorizedException", words, 401)
    aws.answer("iot", "list_topic_rules", {"rules": [{"ruleName": "alarms"}]})
    with pytest.raises(WorkbenchError, match="alarms"):
        found(aws, seen(""))


def test_what_may_not_be_read_is_an_error_not_nothing(aws: StubbedAws) -> None:
    aws.refuse("iot", "get_topic_rule", "ThrottlingException", "slow down", 429)
    with pytest.raises(WorkbenchError):
        found(aws, seen(""))


def test_pausing_and_its_undo(aws: StubbedAws) -> None:
    trigger = Trigger(SourceKind("iot"), RULE, "alarms", values={"functionArn": ARN})
    (step,) = SOURCE.pause(trigger)
    assert "all its actions" in step.title
    trial = Trial(aws.connection)
    aws.answer("iot", "get_topic_rule", rule(runs()))
    aws.answer("iot", "disable_topic_rule", {}, {"ruleName": "alarms"})
    facts = STEP_RUNS[step.action].do(step, trial.running)
    assert trial.notes == facts == {"before": True}
    aws.answer("iot", "get_topic_rule", rule(runs(), ruleDisabled=True))
    aws.answer("iot", "enable_topic_rule", {}, {"ruleName": "alarms"})
    STEP_RUNS[step.action].undo(step, trial.notes, trial.running)


def test_a_rule_that_is_paused_already_is_left_alone(aws: StubbedAws) -> None:
    (step,) = SOURCE.pause(Trigger(SourceKind("iot"), RULE, "alarms"))
    aws.answer("iot", "get_topic_rule", rule(runs(), ruleDisabled=True))
    facts = STEP_RUNS[step.action].do(step, Trial(aws.connection).running)
    STEP_RUNS[step.action].undo(step, facts, Trial(aws.connection).running)


def test_only_the_function_is_taken_out_and_only_it_is_put_back(aws: StubbedAws) -> None:
    (step,) = SOURCE.remove(Trigger(SourceKind("iot"), RULE, "alarms", values={"functionArn": ARN}))
    payload = {"sql": "SELECT * FROM 'a'", "description": "d", "awsIotSqlVersion": "2016-03-23"}
    more = {name: value for name, value in payload.items() if name != "sql"}
    trial = Trial(aws.connection)
    aws.answer("iot", "get_topic_rule", rule(OTHER, runs(), runs(f"{ARN}:live"), **more))
    expected = payload | {"actions": [OTHER, runs(f"{ARN}:live")]}
    aws.answer("iot", "replace_topic_rule", {}, {"ruleName": "alarms", "topicRulePayload": expected})
    STEP_RUNS[step.action].do(step, trial.running)
    # Somebody adds an action before this is undone: it stays.
    theirs = {"sqs": {"roleArn": "r", "queueUrl": "https://q"}}
    aws.answer("iot", "get_topic_rule", rule(OTHER, theirs, **more))
    expected = payload | {"actions": [OTHER, theirs, runs()]}
    aws.answer("iot", "replace_topic_rule", {}, {"ruleName": "alarms", "topicRulePayload": expected})
    STEP_RUNS[step.action].undo(step, trial.notes, trial.running)


def test_a_rule_without_another_action_goes_and_comes_back(aws: StubbedAws) -> None:
    (step,) = SOURCE.remove(Trigger(SourceKind("iot"), RULE, "alarms", values={"functionArn": ARN}))
    trial = Trial(aws.connection)
    aws.answer("iot", "get_topic_rule", rule(runs()))
    aws.answer("iot", "delete_topic_rule", {}, {"ruleName": "alarms"})
    STEP_RUNS[step.action].do(step, trial.running)
    aws.refuse("iot", "get_topic_rule", "UnauthorizedException", "denied", 401)
    expected = {"sql": "SELECT * FROM 'a'", "actions": [runs()]}
    aws.answer("iot", "create_topic_rule", {}, {"ruleName": "alarms", "topicRulePayload": expected})
    STEP_RUNS[step.action].undo(step, trial.notes, trial.running)


def test_done_twice_it_changes_nothing_more(aws: StubbedAws) -> None:
    (step,) = SOURCE.remove(Trigger(SourceKind("iot"), RULE, "alarms", values={"functionArn": ARN}))
    trial = Trial(aws.connection)
    aws.answer("iot", "get_topic_rule", rule(OTHER))
    assert STEP_RUNS[step.action].do(step, trial.running) == {}
    aws.refuse("iot", "get_topic_rule", "ResourceNotFoundException", "gone", 404)
    assert STEP_RUNS[step.action].do(step, trial.running) == {}
    STEP_RUNS[step.action].undo(step, {}, trial.running)


def test_it_is_explained_with_the_function_s_numbers() -> None:
    function = ObservedFunction(DETAIL, async_retries=1, failure_arns=("arn:aws:sqs:r:1:dead",))
    text = SOURCE.explain(Trigger(SourceKind("iot"), RULE, "alarms", "live"), function)
    assert "1 retry" in text.lambda_retries
    assert text.flow == ("alarms", "Lambda's queue", "f:live", "dead")
    assert "iot.amazonaws.com" in text.authorises
