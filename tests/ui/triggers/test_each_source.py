"""Each source through the window: wired, its event runs the function, and it leaves no trace."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.triggers.model import SourceKind
from workbench.ui.features.triggers.event import EventDialog


def _queue(connection: Connection) -> tuple[str, dict[str, object]]:
    url = connection.call("sqs", "create_queue", QueueName="orders")["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"], {}


def _topic(connection: Connection) -> tuple[str, dict[str, object]]:
    return connection.call("sns", "create_topic", Name="news")["TopicArn"], {}


def _table(connection: Connection) -> tuple[str, dict[str, object]]:
    made = connection.call(
        "dynamodb",
        "create_table",
        TableName="people",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    return made["TableDescription"]["LatestStreamArn"], {"StartingPosition": "TRIM_HORIZON"}


def _stream(connection: Connection) -> tuple[str, dict[str, object]]:
    connection.call("kinesis", "create_stream", StreamName="clicks", ShardCount=1)
    found = connection.call("kinesis", "describe_stream_summary", StreamName="clicks")
    return found["StreamDescriptionSummary"]["StreamARN"], {"StartingPosition": "TRIM_HORIZON"}


def _rule(_connection: Connection) -> tuple[str, dict[str, object]]:
    return "", {"Name": "on-order", "EventPattern": '{"source": ["shop"]}'}


def _http_api(_connection: Connection) -> tuple[str, dict[str, object]]:
    # The Sandbox tells a test's account by the keys of a request: one that is not signed has none.
    return "", {"Name": "shop", "RouteKey": "GET /orders", "AuthorizationType": "AWS_IAM"}


def _snapshot_calls(kind: SourceKind, arn: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What wiring such a source touches."""
    mappings: tuple[str, str, dict[str, Any]] = ("lambda", "list_event_source_mappings", {})
    calls: dict[SourceKind, list[tuple[str, str, dict[str, Any]]]] = {
        SourceKind("sqs"): [
            mappings,
            ("sqs", "get_queue_attributes", {"QueueUrl": arn.rpartition(":")[2], "AttributeNames": ["All"]}),
        ],
        SourceKind("sns"): [("sns", "list_subscriptions", {})],
        SourceKind("dynamodb"): [
            mappings,
            ("dynamodb", "describe_table", {"TableName": "people"}),
            ("dynamodb", "scan", {"TableName": "people"}),
        ],
        SourceKind("kinesis"): [mappings, ("kinesis", "list_stream_consumers", {"StreamARN": arn})],
        SourceKind("http-api"): [("apigatewayv2", "get_apis", {})],
        SourceKind("events"): [("events", "list_rules", {}), ("events", "list_event_buses", {})],
    }
    return calls[kind]


def snapshot(connection: Connection, kind: SourceKind, arn: str) -> list[object]:
    answers = []
    for service, method, request in _snapshot_calls(kind, arn):
        answer = connection.call(service, method, **request)
        answer.pop("ResponseMetadata", None)
        answers.append(answer)
    return list(answers)


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        (SourceKind("sqs"), _queue),
        (SourceKind("sns"), _topic),
        (SourceKind("dynamodb"), _table),
        (SourceKind("kinesis"), _stream),
        (SourceKind("events"), _rule),
        (SourceKind("http-api"), _http_api),
    ],
)
def test_each_source_is_wired_its_event_runs_the_function_and_it_goes_again(
    wirer: Wirer,
    connection: Connection,
    kind: SourceKind,
    make: Callable[[Connection], tuple[str, dict[str, object]]],
) -> None:
    arn, values = make(connection)
    before = snapshot(connection, kind, arn)
    dialog = wirer.add(kind, arn)
    for name, value in values.items():
        dialog.settings.form.set_value(name, value)
    wirer.accept_all(dialog)
    wirer.agree(dialog)
    wirer.desk.until(lambda: [row[0] for row in wirer.rows()] == [kind])
    assert wirer.rows()[0][2] == "linked"

    wirer.page.panel.test.click()
    event = wirer.dialog(EventDialog)
    press(event, "testEventSend")
    wirer.desk.until(lambda: "The function was invoked. Request ID:" in event.state.text())
    assert "workbench-test-" in event.log.toPlainText()
    press(event, "testEventClose")

    wirer.remove()
    wirer.desk.until(lambda: wirer.rows() == [])
    assert snapshot(connection, kind, arn) == before
    assert wirer.policy() == []
