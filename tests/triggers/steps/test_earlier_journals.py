"""What steps noted before they were declared (`Ensure`) is still undone: journals of users lie on disk."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.triggers.pushing import Trial
from workbench.core.operations import Facts
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.steps import Step

RULE = {"Name": "nightly", "EventBusName": "default", "EventPattern": "{}", "State": "ENABLED"}
RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule/nightly"
SCHEDULE = {"Name": "nightly", "GroupName": "default", "ScheduleExpression": "rate(1 day)"}
SCHEDULE |= {"ScheduleExpressionTimezone": "UTC", "State": "ENABLED", "ActionAfterCompletion": "NONE"}
POLICY_ARN = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"
STATEMENT = {"Sid": "wb-1", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": TOPIC}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}
OF_ROLE = {"RoleName": "hello-role", "PolicyName": "wb-sqs-1"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*"}]})
AN_API = {"ApiId": "abcd", "Name": "shop", "ProtocolType": "HTTP", "RouteSelectionExpression": "x"}
TAGS = {"workbench:trigger": "token"}
Call = tuple[str, str, Mapping[str, Any], Mapping[str, Any] | None]
"""Service, method, answer, and request if that matters."""
INLINE: list[Call] = [
    ("iam", "get_role_policy", {**OF_ROLE, "PolicyDocument": DOCUMENT}, OF_ROLE),
    ("iam", "delete_role_policy", {}, OF_ROLE),
]


@pytest.mark.parametrize(
    ("action", "args", "facts", "calls"),
    [
        (
            "rule-put",
            {"rule": RULE},
            {"added": True, "rule_arn": RULE_ARN},
            [
                ("events", "describe_rule", {**RULE, "Arn": RULE_ARN}, None),
                ("events", "list_targets_by_rule", {}, None),
                ("events", "delete_rule", {}, {"Name": "nightly", "EventBusName": "default"}),
            ],
        ),
        (
            "rule-change",
            {"rule": RULE, "before": {**RULE, "State": "DISABLED"}},
            {},
            [
                ("events", "describe_rule", {**RULE, "Arn": RULE_ARN}, None),
                ("events", "put_rule", {"RuleArn": RULE_ARN}, {**RULE, "State": "DISABLED"}),
            ],
        ),
        (
            "rule-switch",
            {"name": "nightly", "bus": "default", "on": False},
            {"was_on": True},
            [
                ("events", "describe_rule", {**RULE, "State": "DISABLED"}, None),
                ("events", "enable_rule", {}, {"Name": "nightly", "EventBusName": "default"}),
            ],
        ),
        (
            "schedule-create",
            {"schedule": SCHEDULE},
            {"added": True, "name": "nightly"},
            [
                ("scheduler", "get_schedule", SCHEDULE, None),
                ("scheduler", "delete_schedule", {}, {"Name": "nightly", "GroupName": "default"}),
            ],
        ),
        (
            "http-api",
            {"name": "shop", "token": "token"},
            {"added": True, "api_id": "abcd"},
            [
                ("apigatewayv2", "get_apis", {"Items": [{**AN_API, "Tags": TAGS}]}, None),
                ("apigatewayv2", "delete_api", {}, {"ApiId": "abcd"}),
            ],
        ),
        (
            "rest-api",
            {"name": "shop", "token": "token"},
            {"added": True, "api_id": "abcd"},
            [
                ("apigateway", "get_rest_apis", {"items": [{"id": "abcd", "tags": TAGS}]}, None),
                ("apigateway", "delete_rest_api", {}, {"restApiId": "abcd"}),
            ],
        ),
        (
            "topic policy",
            {"topic_arn": TOPIC, "statement": STATEMENT, "on": True},
            {"before": "null"},
            [
                ("sns", "get_topic_attributes", {"Attributes": {"Policy": json.dumps(POLICY)}}, None),
                ("sns", "get_topic_attributes", {"Attributes": {"Policy": json.dumps(POLICY)}}, None),
                (
                    "sns",
                    "set_topic_attributes",
                    {},
                    {
                        "TopicArn": TOPIC,
                        "AttributeName": "Policy",
                        "AttributeValue": json.dumps({**POLICY, "Statement": []}),
                    },
                ),
            ],
        ),
        (
            "attach policy",
            {"role_name": "hello-role", "policy_arn": POLICY_ARN},
            {"added": True},
            [
                (
                    "iam",
                    "list_attached_role_policies",
                    {"AttachedPolicies": [{"PolicyName": "x", "PolicyArn": POLICY_ARN}]},
                    None,
                ),
                ("iam", "detach_role_policy", {}, {"RoleName": "hello-role", "PolicyArn": POLICY_ARN}),
            ],
        ),
        (
            "inline policy",
            {"role_name": "hello-role", "policy_name": "wb-sqs-1", "document": DOCUMENT},
            {"added": True, "before": ""},
            INLINE,
        ),
    ],
)
def test_it_is_undone(
    aws: StubbedAws, action: str, args: Mapping[str, Any], facts: Facts, calls: list[Call]
) -> None:
    for service, method, answer, request in calls:
        aws.answer(service, method, dict(answer), *([dict(request)] if request else []))
    step = Step(action, "", "", "us-east-1", args)
    STEP_RUNS[action].undo(step, facts, Trial(aws.connection).running)
    aws.assert_all_asked()


@pytest.mark.parametrize("action", ["attach policy", "inline policy"])
def test_what_was_there_already_is_not_undone(aws: StubbedAws, action: str) -> None:
    step = Step(action, "", "", "us-east-1", {"role_name": "hello-role"})
    STEP_RUNS[action].undo(step, {"added": False}, Trial(aws.connection).running)
    assert aws.calls == []
