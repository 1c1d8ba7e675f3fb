"""The least that a new role must allow for the settings of a function, or Lambda does not create it."""

import json
from typing import Any

import pytest

from workbench.functions.create_copy import with_needs

LOGS = {"Sid": "WriteLog", "Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": "*"}
QUEUE, TOPIC = "arn:aws:sqs:eu-central-1:123456789012:dead", "arn:aws:sns:eu-central-1:123456789012:dead"
POINT = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-1"


def added(settings: dict[str, Any]) -> list[dict[str, Any]]:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [LOGS]})
    document = json.loads(with_needs(policy, json.dumps(settings) if settings else ""))
    assert document["Version"] == "2012-10-17"
    first, *others = document["Statement"]
    assert first == LOGS
    return list(others)


@pytest.mark.parametrize(
    ("settings", "action", "resource"),
    [
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, "ec2:CreateNetworkInterface", "*"),
        ({"TracingConfig": {"Mode": "Active"}}, "xray:PutTraceSegments", "*"),
        ({"DeadLetterConfig": {"TargetArn": QUEUE}}, "sqs:SendMessage", QUEUE),
        ({"DeadLetterConfig": {"TargetArn": TOPIC}}, "sns:Publish", TOPIC),
        ({"FileSystemConfigs": [{"Arn": POINT}]}, "elasticfilesystem:ClientMount", "*"),
    ],
)
def test_a_setting_is_allowed_what_it_needs(settings: dict[str, Any], action: str, resource: str) -> None:
    (statement,) = added(settings)
    assert action in statement["Action"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", resource)
    if settings.get("FileSystemConfigs"):
        assert POINT in json.dumps(statement["Condition"])


@pytest.mark.parametrize("settings", [{}, {"VpcConfig": {}, "TracingConfig": {"Mode": "PassThrough"}}])
def test_nothing_more_is_allowed(settings: dict[str, Any]) -> None:
    assert added(settings) == []
