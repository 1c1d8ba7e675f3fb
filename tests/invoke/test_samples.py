"""The samples have the shape that each source sends, and hints tell what an event lacks of it."""

import base64
import gzip
import json
from typing import Any

import pytest

from workbench.core.files import resources_dir
from workbench.invoke.events import load_samples, shape_hints

SAMPLES = load_samples(resources_dir() / "events")

# Of each source: a member that AWS documents, by its path, and what it must be.
# Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html and its pages.
RULEBOOK: dict[str, tuple[str, object]] = {
    "s3-put": ("Records.0.s3.bucket.name", str),
    "sns": ("Records.0.Sns.Message", str),
    "sqs": ("Records.0.eventSource", "aws:sqs"),
    "sqs-fifo": ("Records.0.attributes.MessageGroupId", str),
    "kinesis": ("Records.0.kinesis.data", bytes),
    "dynamodb-streams": ("Records.0.dynamodb.Keys", dict),
    "eventbridge-rule": ("detail-type", str),
    "eventbridge-schedule": ("source", "aws.events"),
    "scheduler": ("source", "aws.scheduler"),
    "cloudwatch-logs": ("awslogs.data", bytes),
    "http-api-v2": ("requestContext.http.method", str),
    "rest-api-v1": ("requestContext.identity.sourceIp", str),
    "function-url": ("requestContext.http.method", str),
    "iot-rule": ("device", str),
    "cognito-pre-sign-up": ("request.userAttributes.email", str),
    "msk": ("records.orders-0.0.value", bytes),
    "kafka-self-managed": ("eventSource", "SelfManagedKafka"),
    "mq-activemq": ("messages.0.data", bytes),
    "mq-rabbitmq": ("rmqMessagesByQueue.orders::/.0.data", bytes),
    "documentdb": ("events.0.event.operationType", str),
    "empty": ("", {}),
}


def at(event: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        event = event[int(name)] if isinstance(event, list) else event[name]
    return event


def test_every_source_of_the_rulebook_has_a_sample() -> None:
    assert {sample.name for sample in SAMPLES} == RULEBOOK.keys()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_has_what_its_source_sends(sample: Any) -> None:
    path, wanted = RULEBOOK[sample.name]
    found = at(json.loads(sample.text), path)
    if wanted is bytes:
        assert base64.b64decode(found, validate=True)
    elif isinstance(wanted, type):
        assert isinstance(found, wanted)
    else:
        assert found == wanted
    assert shape_hints(sample.text, SAMPLES)[1] == ()


def test_the_log_sample_holds_log_events() -> None:
    text = next(sample.text for sample in SAMPLES if sample.name == "cloudwatch-logs")
    data = json.loads(gzip.decompress(base64.b64decode(json.loads(text)["awslogs"]["data"])))
    assert data["messageType"] == "DATA_MESSAGE"
    assert data["logEvents"][0]["message"]


@pytest.mark.parametrize(
    ("event", "name", "places"),
    [
        ({"Records": [{"eventSource": "aws:sqs", "messageId": 7}]}, "sqs", "Records[0].messageId"),
        ({"Records": [{"eventSource": "aws:sqs", "messageId": "7"}]}, "sqs", "Records[0].body"),
        ({"Records": [{"EventSource": "aws:sns", "Sns": "text"}]}, "sns", "Records[0].Sns"),
        ({"awslogs": {}}, "cloudwatch-logs", "awslogs.data"),
        ({"detail-type": "x", "source": "mine", "detail": 3}, "eventbridge-rule", "version"),
        ({"httpMethod": "GET", "resource": "/"}, "rest-api-v1", "path"),
    ],
)
def test_what_an_event_lacks_is_named(event: object, name: str, places: str) -> None:
    found, differs = shape_hints(json.dumps(event), SAMPLES)
    assert found == name
    assert places in differs
    assert len(differs) <= 5


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"mine": 1}', '{"Records": []}', '{"Records": [3]}'])
def test_of_an_event_of_ones_own_nothing_is_said(text: str) -> None:
    assert shape_hints(text, SAMPLES) == ("", ())
