"""Every sample event, chosen in the Test tab and invoked on a handler that takes it as its source's."""

import json
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from tests.sandbox_functions import create_function
from tests.ui.pages.seat import Seat
from workbench.aws.connection import Connection
from workbench.core.files import resources_dir
from workbench.invoke.events import load_samples
from workbench.ui.shell.services import Services

# What a handler for each source does first, as Python, and what comes of it.
READS: dict[str, tuple[str, object]] = {
    "empty": ("event", {}),
    "s3-put": ("event['Records'][0]['s3']['bucket']['name']", "incoming-photos"),
    "sns": ("json.loads(event['Records'][0]['Sns']['Message'])['queue']", "orders"),
    "sqs": ("[json.loads(each['body'])['order_id'] for each in event['Records']]", [1042, 1043]),
    "sqs-fifo": ("event['Records'][0]['attributes']['MessageGroupId']", "customer-7"),
    "kinesis": ("json.loads(base64.b64decode(event['Records'][0]['kinesis']['data']))['sensor']", 7),
    "dynamodb-streams": ("event['Records'][0]['dynamodb']['Keys']['order_id']['N']", "1042"),
    "eventbridge-rule": ("event['detail']['state']", "stopped"),
    "eventbridge-schedule": ("event['source']", "aws.events"),
    "scheduler": ("json.loads(event['detail'])", {}),
    "cloudwatch-logs": (
        "json.loads(gzip.decompress(base64.b64decode(event['awslogs']['data'])))['logGroup']",
        "/aws/lambda/orders",
    ),
    "http-api-v2": ("event['requestContext']['http']['method']", "POST"),
    "rest-api-v1": ("json.loads(event['body'])['items'][0]['sku']", "teapot"),
    "function-url": ("event['rawPath']", "/orders"),
    "iot-rule": ("event['celsius']", 21.5),
    "cognito-pre-sign-up": ("event['request']['userAttributes']['email']", "mika@example.com"),
    "msk": ("json.loads(base64.b64decode(event['records']['orders-0'][0]['value']))['order_id']", 1042),
    "kafka-self-managed": ("bytes(event['records']['orders-0'][0]['headers'][0]['origin']).decode()", "shop"),
    "mq-activemq": ("json.loads(base64.b64decode(event['messages'][0]['data']))['order_id']", 1042),
    "mq-rabbitmq": (
        "json.loads(base64.b64decode(event['rmqMessagesByQueue']['orders::/'][0]['data']))['order_id']",
        1042,
    ),
    "documentdb": ("event['events'][0]['event']['fullDocument']['item']", "teapot"),
}
HANDLER = """
import base64, gzip, json
def handler(event, context):
    return eval(context.client_context.custom["read"], {**globals(), "event": event})
"""


@pytest.fixture
def seat(services: Services, qtbot: QtBot) -> Iterator[Seat]:
    seat = Seat(services, qtbot)
    yield seat
    seat.page.deactivate()


def test_every_sample_is_taken_by_a_handler_of_its_source(seat: Seat, connection: Connection) -> None:
    assert READS.keys() == {sample.name for sample in load_samples(resources_dir() / "events")}
    seat.open(connection, create_function(connection, HANDLER))
    for number, (name, (read, wanted)) in enumerate(READS.items(), 1):
        seat.choose(f"Sample: {name}")
        seat.page.options.context.setText(json.dumps({"custom": {"read": read}}))
        seat.press("invoke")
        seat.until(lambda: len(seat.finished) >= number)  # noqa: B023 - it is called at once
        result = seat.finished[-1].result
        assert result is not None
        assert json.loads(result.payload) == wanted, name
        assert seat.finished[-1].request.event_name == name
    assert seat.ended == []
