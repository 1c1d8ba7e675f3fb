"""What sent an event, where the log says so."""

import json

import pytest

from workbench.logs.parse import cause_of

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
SQS = {"Records": [{"messageId": "1", "body": "{}", "eventSource": "aws:sqs", "eventSourceARN": QUEUE}]}
S3 = {"Records": [{"s3": {"bucket": {"name": "b", "ownerIdentity": {}, "arn": "arn:aws:s3:::b"}}}]}
BARE = {"Records": [{"s3": {"bucket": {"name": "b", "arn": "arn:aws:s3:::b"}}}]}
SNS = {"Records": [{"Sns": {"TopicArn": "arn:aws:sns:eu-central-1:123456789012:t", "Message": "x"}}]}
RULE = {"source": "aws.events", "resources": ["arn:aws-cn:events:cn-north-1:123456789012:rule/nightly"]}


@pytest.mark.parametrize(
    ("event", "arn"),
    [
        (SQS, QUEUE),
        (BARE, "arn:aws:s3:::b"),
        (SNS, "arn:aws:sns:eu-central-1:123456789012:t"),
        (RULE, "arn:aws-cn:events:cn-north-1:123456789012:rule/nightly"),
        ({"orderId": 1}, ""),
        ({"note": QUEUE}, ""),  # an ARN that is spoken of has sent nothing
    ],
)
def test_an_event_says_who_sent_it(event: object, arn: str) -> None:
    as_json = json.dumps(event)
    within = json.dumps({"level": "INFO", "message": as_json})
    for text in (as_json, repr(event), f"[INFO]\tevent: {as_json}", within):
        assert cause_of(["START", text]) == arn


def test_an_endless_line_is_looked_at_in_part() -> None:
    assert cause_of(["arn:" + "'eventSourceARN': " * 100_000]) == ""
