"""What the user types into a test event arrives in the function's event, through each kind of source."""

import base64
import gzip
import json
import re
import secrets
from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from tests.sandbox.server.server import EVERYTHING
from tests.sandbox_functions import deploy_elsewhere
from tests.ui.sign_in.conftest import press
from tests.ui.triggers.test_each_source import _queue, _rule, _stream, _topic
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.functions.roles import put_policy
from workbench.profiles.safety import Safety, Tier
from workbench.triggers.kinds import schedule
from workbench.triggers.model import SourceKind
from workbench.triggers.test_events import EventField
from workbench.ui.features.triggers import event as event_feature
from workbench.ui.features.triggers.event import EventDialog
from workbench.ui.features.triggers.event_fields import EventText
from workbench.ui.kit.dialog import Question
from workbench.ui.kit.form import Form
from workbench.ui.shell.services import Services


def _fifo(connection: Connection) -> tuple[str, dict[str, object]]:
    url = connection.call(
        "sqs",
        "create_queue",
        QueueName="orders.fifo",
        Attributes={"FifoQueue": "true", "VisibilityTimeout": "300"},
    )["QueueUrl"]
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"], {}


def _bucket(connection: Connection) -> tuple[str, dict[str, object]]:
    name = f"pictures-{secrets.token_hex(5)}"
    connection.call("s3", "create_bucket", Bucket=name)
    return f"arn:aws:s3:::{name}", {"Events": ("s3:ObjectCreated:*",), "Prefix": "in/"}


def _images(connection: Connection) -> tuple[str, dict[str, object]]:
    made = connection.call(
        "dynamodb",
        "create_table",
        TableName="people",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return made["TableDescription"]["LatestStreamArn"], {"StartingPosition": "TRIM_HORIZON"}


def _log_group(connection: Connection) -> tuple[str, dict[str, object]]:
    connection.call("logs", "create_log_group", logGroupName="/app/shop")
    arn = f"arn:aws:logs:{connection.region}:{connection.account_id}:log-group:/app/shop"
    return arn, {}


def _nightly(_connection: Connection) -> tuple[str, dict[str, object]]:
    return "", {"ScheduleExpression": "rate(1 day)", "Name": "nightly"}


def _url(_connection: Connection) -> tuple[str, dict[str, object]]:
    return "", {"AuthType": "AWS_IAM"}


def _any_method(_connection: Connection) -> tuple[str, dict[str, object]]:
    return "", {"Name": "shop", "RouteKey": "ANY /orders/{id}", "AuthorizationType": "AWS_IAM"}


def wire(wirer: Wirer, kind: str, make: Callable[[Connection], tuple[str, dict[str, object]]]) -> None:
    arn, values = make(wirer.connection)
    dialog = wirer.add(SourceKind(kind), arn)
    for name, value in values.items():
        dialog.settings.form.set_value(name, value)
    wirer.accept_all(dialog)
    wirer.agree(dialog)
    wirer.desk.until(lambda: [row[0] for row in wirer.rows()] == [kind])


def open_event(wirer: Wirer) -> EventDialog:
    wirer.page.panel.test.click()
    return wirer.dialog(EventDialog)


def box(dialog: EventDialog, name: str) -> QComboBox | QLineEdit | QPlainTextEdit:
    field = dialog.form.rows[name].field
    assert isinstance(field, EventText)
    return field.box


def shown(dialog: EventDialog, name: str) -> str:
    field = dialog.form.rows[name].field
    assert isinstance(field, EventText)
    return field.value()


def type_text(dialog: EventDialog, name: str, text: str) -> None:
    """Puts a text into a field, as pasting it does."""
    field = box(dialog, name)
    if isinstance(field, QComboBox):
        field.setCurrentText(text)
    elif isinstance(field, QLineEdit):
        field.setText(text)
    else:
        field.setPlainText(text)


def words(dialog: EventDialog, name: str) -> str:
    label = dialog.findChild(QLabel, name)
    assert label is not None
    return label.text() if label.isVisible() else ""


def send(wirer: Wirer, dialog: EventDialog, says: str = "The function was invoked. Request ID:") -> str:
    """Sends the event; the log of its invocation."""
    wirer.desk.until(dialog.send.isEnabled)
    press(dialog, "testEventSend")
    wirer.desk.until(lambda: not dialog.is_busy)
    assert says in dialog.state.text()
    return dialog.log.toPlainText()


GUESSED = "began after the event was sent"
"""The texts do not have the marker. S3 answers a request ID, but the event of the Sandbox has another one."""
ORDER = '{"order": "Grüße 7"}'


@pytest.mark.parametrize(
    ("kind", "make", "texts", "arrives"),
    [
        pytest.param(
            "sqs",
            _queue,
            {"body": "Line 1\nLine 2", "attributes": '{"color": "red", "size": 5}'},
            [r"'body': 'Line 1\nLine 2'", "'color': {", "'stringValue': 'red'", "'stringValue': '5'"],
            id="sqs",
        ),
        pytest.param(
            "sqs",
            _fifo,
            {"body": ORDER, "MessageGroupId": "customer-1", "MessageDeduplicationId": "order-7"},
            [f"'body': '{ORDER}'", "'MessageGroupId': 'customer-1'", "'MessageDeduplicationId': 'order-7'"],
            id="sqs-fifo",
        ),
        pytest.param(
            "sns",
            _topic,
            {"message": ORDER, "subject": "New order", "attributes": '{"color": "red"}'},
            [
                f"'Message': '{ORDER}'",
                "'Subject': 'New order'",
                "'color': {'Type': 'String', 'Value': 'red'}",
            ],
            id="sns",
        ),
        pytest.param(
            "s3",
            _bucket,
            {"key": "in/a b.csv", "content_type": "text/csv", "body": "id,name\n1,Ann\n"},
            ["'key': 'in/a+b.csv'", "'size': 14"],
            id="s3",
        ),
        pytest.param(
            "dynamodb",
            _images,
            {"item": '{"id": {"N": "7"}, "name": {"S": "Ann"}, "tags": {"SS": ["a", "b"]}}'},
            ["'id': {'N': '7'}", "'name': {'S': 'Ann'}", "'tags': {'SS': ['a', 'b']}"],
            id="dynamodb",
        ),
        pytest.param(
            "kinesis",
            _stream,
            {"data": ORDER, "partition_key": "customer-1"},
            ["'partitionKey': 'customer-1'", base64.b64encode(ORDER.encode()).decode()],
            id="kinesis",
        ),
        pytest.param(
            "events",
            _rule,
            {"DetailType": "Order placed", "Detail": ORDER},
            ["'detail-type': 'Order placed'", "'source': 'shop'", "'detail': {'order': 'Grüße 7'}"],
            id="events",
        ),
        pytest.param("scheduler", _nightly, {"Input": ORDER}, ["{'order': 'Grüße 7'}"], id="scheduler"),
        pytest.param(
            "http-api",
            _any_method,
            {"method": "PUT", "path": "/orders/7?color=red", "content_type": "text/plain", "body": "paid"},
            ["'rawPath': '/orders/7'", "'color': 'red'", "'method': 'PUT'", "'body': 'paid'", "text/plain"],
            id="http-api",
        ),
        pytest.param(
            "url",
            _url,
            {"method": "PATCH", "path": "/a/b?c=d", "body": ORDER},
            ["'rawPath': '/a/b'", "'c': 'd'", "'method': 'PATCH'", "Grüße 7"],
            id="url",
        ),
    ],
)
def test_what_the_user_types_arrives_in_the_functions_event(
    wirer: Wirer,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    make: Callable[[Connection], tuple[str, dict[str, object]]],
    texts: dict[str, str],
    arrives: list[str],
) -> None:
    monkeypatch.setattr(schedule, "_TRY_S", 0.0)
    wire(wirer, kind, make)
    dialog = open_event(wirer)
    for name, text in texts.items():
        type_text(dialog, name, text)
    log = send(wirer, dialog, *([GUESSED] if kind in ("s3", "scheduler") else []))
    for part in arrives:
        assert part in log
    assert {name: shown(dialog, name) for name in texts} == texts
    press(dialog, "testEventClose")


def test_a_log_event_of_the_users_arrives_in_the_functions_event(wirer: Wirer) -> None:
    wire(wirer, "logs", _log_group)
    dialog = open_event(wirer)
    type_text(dialog, "message", ORDER)
    log = send(wirer, dialog, GUESSED)
    found = re.search(r"'data': '([^']+)'", log)
    assert found is not None
    sent = json.loads(gzip.decompress(base64.b64decode(found[1])))
    assert [each["message"] for each in sent["logEvents"]] == [ORDER]
    press(dialog, "testEventClose")


def test_the_function_reads_what_the_user_has_put_into_the_bucket(
    wirer: Wirer, connection: Connection
) -> None:
    deploy_elsewhere(connection, wirer.detail.function_name, READS)
    put_policy(connection, f"{wirer.detail.function_name}-role", EVERYTHING)
    wire(wirer, "s3", _bucket)
    dialog = open_event(wirer)
    type_text(dialog, "key", "in/mine.csv")
    type_text(dialog, "content_type", "text/csv; charset=utf-8")
    type_text(dialog, "body", "Grüße\n")
    log = send(wirer, dialog, GUESSED)
    assert "text/csv; charset=utf-8" in log
    assert repr("Grüße\n") in log
    press(dialog, "testEventClose")


READS = """
import boto3
def handler(event, context):
    about = event["Records"][0]["s3"]
    found = boto3.client("s3").get_object(Bucket=about["bucket"]["name"], Key=about["object"]["key"])
    print("It says:", found["ContentType"], repr(found["Body"].read().decode()))
"""


# Before it is sent ------------------------------------------------------------------------------------------


def test_what_the_source_would_refuse_is_said_before_it_is_sent(wirer: Wirer) -> None:
    wire(wirer, "sqs", _fifo)
    dialog = open_event(wirer)

    def message(name: str) -> str:
        return dialog.form.rows[name].message.text()

    for name, text, says in (
        ("body", "", "A text is required."),
        ("body", f"{'x' * 1023}\n" * 1024 + "x", "1,048,577 bytes; the maximum is 1,048,576."),
        ("body", "a\x01b", "no control characters"),
        ("attributes", "{color: red}", "This is not JSON"),
        ("attributes", '{"AWS.color": "red"}', "cannot be the name of an attribute"),
        ("attributes", '{"color": ""}', "must be a text that is not empty, a number or a list"),
        ("MessageGroupId", "two words", "without spaces"),
        ("MessageDeduplicationId", "é", "without accents"),
    ):
        before = shown(dialog, name)
        type_text(dialog, name, text)
        assert says in message(name)
        assert not dialog.send.isEnabled()
        type_text(dialog, name, before)
        assert says not in message(name)
        assert dialog.send.isEnabled()
    press(dialog, "testEventClose")


def test_a_line_that_would_stall_the_window_is_not_pasted(qtbot: QtBot) -> None:
    field = EventText(EventField("body", "Message body", "sample", 1024 * 1024))
    qtbot.addWidget(field)
    form = Form()
    qtbot.addWidget(form)
    form.add(field, "Message body", name="body")
    form.show_values({"body": "sample"})
    box, pasted = field.box, QMimeData()
    assert isinstance(box, QPlainTextEdit)
    pasted.setText("x" * 50_001)
    box.insertFromMimeData(pasted)
    assert field.value() == "sample"
    assert "a line has 50,001 characters, and the maximum here is 50,000" in form.rows["body"].message.text()
    assert box.lineWrapMode() == QPlainTextEdit.LineWrapMode.WidgetWidth
    pasted.setText("x" * 40_000)
    box.insertFromMimeData(pasted)
    assert len(field.value()) == 40_006
    assert box.lineWrapMode() == QPlainTextEdit.LineWrapMode.NoWrap
    assert "Nothing was pasted" not in form.rows["body"].message.text()


def test_what_the_filters_hold_back_is_said_while_it_is_typed(wirer: Wirer) -> None:
    wire(
        wirer, "sqs", lambda connection: (_queue(connection)[0], {"FilterCriteria": ('{"body":{"a":[1]}}',)})
    )
    dialog = open_event(wirer)
    assert json.loads(shown(dialog, "body"))["a"] == 1  # the sample gets through
    assert words(dialog, "testEventWarning") == ""
    type_text(dialog, "body", '{"a": 2}')
    wirer.desk.until(lambda: "filters do not match" in words(dialog, "testEventWarning"))
    press(dialog, "testEventRestore")
    assert words(dialog, "testEventWarning") == ""
    assert json.loads(shown(dialog, "body"))["a"] == 1
    press(dialog, "testEventClose")


def test_what_was_typed_is_remembered_for_the_trigger_with_a_new_marker(wirer: Wirer) -> None:
    wire(wirer, "sqs", _queue)
    dialog = open_event(wirer)
    first = dialog.mark
    type_text(dialog, "body", f"mine, {first}")
    assert first in send(wirer, dialog)
    log = send(wirer, dialog)
    second = dialog.mark
    assert second != first
    assert f"mine, {second}" in log
    assert f"mine, {first}" not in log
    assert shown(dialog, "body") == f"mine, {second}"
    press(dialog, "testEventClose")
    again = open_event(wirer)
    assert again.mark not in (first, second)
    assert shown(again, "body") == f"mine, {again.mark}"
    assert again.restore.isEnabled()
    press(again, "testEventClose")


def test_an_object_of_the_users_is_neither_overwritten_nor_deleted(
    wirer: Wirer, connection: Connection
) -> None:
    wire(wirer, "s3", _bucket)
    (_kind, bucket, _link) = wirer.rows()[0]
    connection.call("s3", "put_object", Bucket=bucket, Key="in/theirs.txt", Body=b"theirs")
    dialog = open_event(wirer)
    type_text(dialog, "key", "other/theirs.txt")
    wirer.desk.until(lambda: "prefix and suffix do not match" in words(dialog, "testEventWarning"))
    type_text(dialog, "key", "in/theirs.txt")
    send(wirer, dialog, "already has an object with this key")
    assert shown(dialog, "key") == "in/theirs.txt"
    assert connection.call("s3", "get_object", Bucket=bucket, Key="in/theirs.txt")["Body"].read() == b"theirs"
    press(dialog, "testEventClose")


# While it waits ---------------------------------------------------------------------------------------------


def pause(wirer: Wirer) -> None:
    wirer.page.panel.pause.click()
    wirer.desk.until(lambda: (trigger := wirer.page.chosen()) is not None and trigger.state == "Disabled")


def test_after_a_while_the_user_is_asked_and_can_wait_further(
    wirer: Wirer, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feature, "MARKED_WAIT_S", 0.5)
    wire(wirer, "sqs", _queue)
    pause(wirer)
    dialog = open_event(wirer)
    assert "paused" in words(dialog, "testEventWarning")
    press(dialog, "testEventSend")
    wirer.desk.until(lambda: dialog.send.text() == "Keep Waiting")
    assert "No invocation was logged within" in dialog.state.text()
    assert dialog.is_busy
    assert dialog.focusWidget() is dialog.send
    monkeypatch.setattr(event_feature, "MARKED_WAIT_S", 60.0)
    press(dialog, "testEventSend")
    wirer.desk.until(lambda: "Waiting for the source to invoke the function" in dialog.state.text())
    assert not dialog.send.isEnabled()
    (mapping,) = connection.call("lambda", "list_event_source_mappings")["EventSourceMappings"]
    connection.call("lambda", "update_event_source_mapping", UUID=mapping["UUID"], Enabled=True)
    wirer.desk.until(lambda: not dialog.is_busy)
    assert "The function was invoked. Request ID:" in dialog.state.text()
    assert "the message is in the queue until it is deleted" in dialog.state.text()
    press(dialog, "testEventClose")


@pytest.mark.parametrize("asked", [False, True])
def test_cancel_ends_the_waiting_and_says_what_stays(
    wirer: Wirer, connection: Connection, monkeypatch: pytest.MonkeyPatch, *, asked: bool
) -> None:
    monkeypatch.setattr(event_feature, "MARKED_WAIT_S", 0.2 if asked else 60.0)
    wire(wirer, "s3", _bucket)
    (_kind, bucket, _link) = wirer.rows()[0]
    dialog = open_event(wirer)
    type_text(dialog, "key", "elsewhere.txt")  # the rule does not match it: nothing is invoked
    press(dialog, "testEventSend")
    wirer.desk.until(lambda: ("No invocation" if asked else "Sent. Waiting") in dialog.state.text())
    assert connection.call("s3", "list_objects_v2", Bucket=bucket)["Contents"][0]["Key"] == "elsewhere.txt"
    press(dialog, "testEventClose")
    wirer.desk.until(lambda: not dialog.is_busy)
    assert dialog.state.text().startswith("Cancelled. The event was sent")
    assert "The test object is no longer in the bucket." in dialog.state.text()
    assert not connection.call("s3", "list_objects_v2", Bucket=bucket).get("Contents")
    assert dialog.send.text() == "Send Again"
    assert dialog.send.isEnabled()
    press(dialog, "testEventClose")


def test_cancel_of_the_sending_leaves_nothing(wirer: Wirer, connection: Connection) -> None:
    wire(wirer, "scheduler", _nightly)
    dialog = open_event(wirer)
    press(dialog, "testEventSend")

    def names() -> list[str]:
        return [each["Name"] for each in connection.call("scheduler", "list_schedules")["Schedules"]]

    wirer.desk.until(lambda: len(names()) == 2)
    wirer.desk.until(lambda: "which runs once in a minute" in dialog.state.text())
    press(dialog, "testEventClose")
    wirer.desk.until(lambda: not dialog.is_busy)
    assert dialog.state.text() == "Cancelled. Nothing of the test is left in the source."
    assert names() == ["nightly"]
    press(dialog, "testEventClose")


def test_in_production_the_event_is_sent_after_the_functions_name_was_typed(
    wirer: Wirer, services: Services
) -> None:
    wire(wirer, "sqs", _queue)
    Safety(services.settings).set_tier("alice", Tier.PRODUCTION)
    wirer.desk.protection.show_tier()
    dialog = open_event(wirer)
    type_text(dialog, "body", ORDER)
    press(dialog, "testEventSend")
    question = wirer.dialog(Question)
    assert not dialog.is_busy
    field = question.findChild(QLineEdit, "confirmName")
    assert field is not None
    QTest.keyClicks(field, wirer.detail.function_name)
    press(question, "confirmByNameYes")
    wirer.desk.until(lambda: "The function was invoked. Request ID:" in dialog.state.text())
    assert ORDER in dialog.log.toPlainText()
    press(dialog, "testEventClose")
