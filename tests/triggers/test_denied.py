"""With one permission of the viewing policy denied, a function's other triggers are found all the same."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from workbench.aws.iam import statement_for
from workbench.core.jobs import JobContext
from workbench.functions.model import detail_of
from workbench.triggers.find import TriggerReport, find_triggers
from workbench.triggers.model import Link
from workbench_sandbox.rules.iam import actions_of

_PLACE = "eu-central-1:123456789012"
_ARN = f"arn:aws:lambda:{_PLACE}:function:hello"
_GRANTED = {
    "cognito-idp": f"arn:aws:cognito-idp:{_PLACE}:userpool/eu-central-1_abc",
    "events": f"arn:aws:events:{_PLACE}:rule/r",
    "iot": f"arn:aws:iot:{_PLACE}:rule/x",
    "logs": f"arn:aws:logs:{_PLACE}:log-group:g:*",
    "s3": "arn:aws:s3:::bucket",
    "sns": f"arn:aws:sns:{_PLACE}:t",
}
_POLICY = {
    "Statement": [
        {
            "Sid": service.replace("-", ""),
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": _ARN,
            "Condition": {"ArnLike": {"AWS:SourceArn": source}},
        }
        for service, source in _GRANTED.items()
    ]
}
_MAPPING = {"UUID": "u", "EventSourceArn": f"arn:aws:sqs:{_PLACE}:q", "FunctionArn": _ARN, "State": "Enabled"}
_BUCKET = {"Id": "i", "LambdaFunctionArn": _ARN, "Events": ["s3:ObjectCreated:*"]}
_ANSWERS: dict[str, dict[str, Any]] = {
    "DescribeUserPool": {
        "UserPool": {"Id": "eu-central-1_abc", "Name": "p", "LambdaConfig": {"PreSignUp": _ARN}}
    },
    "GetBucketNotificationConfiguration": {"LambdaFunctionConfigurations": [_BUCKET]},
    "GetPolicy": {"Policy": json.dumps(_POLICY), "RevisionId": "1"},
    "GetQueueUrl": {"QueueUrl": "https://sqs/q"},
    "GetTopicRule": {
        "rule": {"ruleName": "x", "sql": "SELECT 1", "actions": [{"lambda": {"functionArn": _ARN}}]},
        "ruleArn": _GRANTED["iot"],
    },
    "ListEventBuses": {
        "EventBuses": [{"Name": "default", "Arn": f"arn:aws:events:{_PLACE}:event-bus/default"}]
    },
    "ListEventSourceMappings": {"EventSourceMappings": [_MAPPING]},
    "ListSubscriptionsByTopic": {"Subscriptions": []},
    "ListVersionsByFunction": {"Versions": [{"Version": "$LATEST"}]},
}
"""What is not here is answered with nothing: AWS leaves out members that are empty."""

_CALLS = (
    "apigateway:GetRestApis",
    "apigatewayv2:GetApis",
    "cognito-idp:DescribeUserPool",
    "events:ListEventBuses",
    "events:ListRules",
    "iot:GetTopicRule",
    "lambda:GetPolicy",
    "lambda:ListAliases",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListVersionsByFunction",
    "logs:DescribeSubscriptionFilters",
    "s3:GetBucketNotificationConfiguration",
    "scheduler:ListSchedules",
    "sns:ListSubscriptions",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
)
_NEEDS_ALL = ("lambda:GetPolicy", "lambda:ListAliases", "lambda:ListVersionsByFunction")
"""Without them nobody knows which sources may invoke the function."""
_HAS_ANOTHER_WAY = (
    "sns:ListSubscriptions",  # the topics that the function's policy names are looked at one by one
    "sqs:GetQueueAttributes",  # figures for the explanation
)

Ask = Callable[[str], tuple[TriggerReport, set[str]]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    def look(denied: str) -> tuple[TriggerReport, set[str]]:
        """The triggers that are found while an operation is denied, and the operations that were called."""
        aws, called = StubbedAws(), set()
        session = aws.connection._session
        create = session.create_client

        def answer(model: Any, **_: object) -> tuple[object, dict[str, Any]]:
            operation = f"{model.service_model.service_name}:{model.name}"
            called.add(operation)
            status, body = 200, _ANSWERS.get(model.name, {})
            if operation == denied:
                user = "User: arn:aws:iam::123456789012:user/x is not authorized to perform"
                text = f"{user}: {actions_of(operation)[0]} because no identity-based policy allows it"
                status, body = 403, {"Error": {"Code": "AccessDeniedException", "Message": text}}
            meta = {"RequestId": "1", "HTTPHeaders": {}, "HTTPStatusCode": status}
            return SimpleNamespace(status_code=status, headers={}), {**body, "ResponseMetadata": meta}

        def answered(*args: Any) -> Any:
            client = create(*args)
            client.meta.events.register("before-call", answer)
            return client

        monkeypatch.setattr(session, "create_client", answered)
        detail = detail_of({"Configuration": {"FunctionName": "hello", "FunctionArn": _ARN}})
        return find_triggers(aws.connection, detail, JobContext()), called

    return look


def _linked(report: TriggerReport) -> set[str]:
    return {each.name for each in report.triggers if each.link is Link.LINKED}


def test_these_are_the_calls(ask: Ask) -> None:
    report, called = ask("")
    assert called == set(_CALLS)
    assert not report.problems
    assert _linked(report) == {"bucket", "q", "x", "p"}


@pytest.mark.parametrize("denied", _CALLS)
def test_the_other_triggers_are_found_and_what_is_missing_names_its_statement(ask: Ask, denied: str) -> None:
    own = {
        "cognito-idp:DescribeUserPool": {"p"},
        "iot:GetTopicRule": {"x"},
        "lambda:ListEventSourceMappings": {"q"},
        "s3:GetBucketNotificationConfiguration": {"bucket"},
        "sqs:GetQueueUrl": {"q"},
    }
    report, _ = ask(denied)
    if denied not in _NEEDS_ALL:
        assert _linked(report) >= {"bucket", "q", "x", "p"} - own.get(denied, set())
    said = [str(each.error) for each in report.problems]
    said += [str(each.problem) for each in report.triggers if each.problem]
    (action,) = actions_of(denied)
    statement = statement_for(action)
    assert statement is not None
    assert statement.file == "view.json"
    words = f"Ask for the permission {action} (statement {statement.sid} of view.json"
    assert any(words in each for each in said) == (denied not in _HAS_ANOTHER_WAY)
