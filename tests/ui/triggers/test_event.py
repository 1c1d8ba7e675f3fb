"""A test event through the whole window: what it is about is there while the function runs, and not after."""

import secrets
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.sandbox.server.server import EVERYTHING
from tests.sandbox_functions import deploy_elsewhere
from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.core.jobs import Progress
from workbench.functions.roles import put_policy
from workbench.logs.read import MarkedInvocation
from workbench.triggers.model import SourceKind
from workbench.triggers.steps import Step
from workbench.triggers.test_events import TestEvent
from workbench.ui.features.triggers.event import EventDialog
from workbench.ui.kit.theme import Theme

READS_THE_OBJECT = """
import boto3, time
def handler(event, context):
    print(event)
    time.sleep(1)
    about = event["Records"][0]["s3"]
    found = boto3.client("s3").get_object(Bucket=about["bucket"]["name"], Key=about["object"]["key"])
    print("It says:", found["Body"].read())
"""


def test_the_function_can_read_the_object_that_a_test_event_puts(
    wirer: Wirer, connection: Connection
) -> None:
    bucket = f"pictures-{secrets.token_hex(5)}"
    connection.call("s3", "create_bucket", Bucket=bucket)
    put_policy(connection, f"{wirer.detail.function_name}-role", EVERYTHING)
    deploy_elsewhere(connection, wirer.detail.function_name, READS_THE_OBJECT)
    dialog = wirer.add(SourceKind("s3"), f"arn:aws:s3:::{bucket}")
    wirer.agree(dialog)
    wirer.desk.until(lambda: wirer.rows() == [("s3", bucket, "linked")])

    wirer.page.panel.test.click()
    event = wirer.dialog(EventDialog)
    press(event, "testEventSend")
    wirer.desk.until(lambda: "The function was invoked. Request ID:" in event.state.text())
    assert "It says: b'A test event of Workbench." in event.log.toPlainText()
    mark = event.findChild(QLabel, "testEventMark")
    assert mark is not None
    assert mark.text().split()[-1].rstrip(".") in event.log.toPlainText()  # what is said is what was sent
    press(event, "testEventClose")
    assert not connection.call("s3", "list_objects_v2", Bucket=bucket).get("Contents")


@pytest.mark.parametrize(("undo", "says"), [("Delete the object", True), ("", False)])
def test_only_what_leaves_something_behind_says_that_it_is_taken_back(
    qtbot: QtBot, undo: str, says: bool
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    step = Step("publish", "Publish it", "sns:Publish", "us-east-1", undo=undo)
    dialog = EventDialog(TestEvent("Publishes a message.", (step,), "mark"), "news", parent)
    words = dialog.findChild(QLabel, "testEventWhat")
    assert words is not None
    assert words.text().startswith("Publishes a message.")
    assert ("test data is deleted" in words.text()) is says


def test_the_keyboard_is_on_cancel_while_the_event_is_sent_and_then_on_send_again(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    step = Step("publish", "Publish it", "sns:Publish", "us-east-1")
    dialog = EventDialog(TestEvent("Publishes a message.", (step,), "mark"), "news", parent)
    parent.show()
    dialog.open()
    qtbot.waitUntil(lambda: dialog.focusWidget() is dialog.send)
    dialog.set_busy(busy=True)
    assert dialog.focusWidget() is dialog.close_button
    dialog.show_caused(MarkedInvocation("7ab1", (), is_sure=True))
    assert dialog.focusWidget() is dialog.send


INFREQUENT = "read by Logs Insights, as the log group has the class Infrequent Access"


@pytest.mark.parametrize("caused", [MarkedInvocation("7ab1", is_sure=True), MarkedInvocation("7ab1")])
def test_what_logs_insights_has_read_says_so(qtbot: QtBot, caused: MarkedInvocation) -> None:
    """Its queries are charged."""
    parent = QWidget()
    qtbot.addWidget(parent)
    step = Step("publish", "Publish it", "sns:Publish", "us-east-1")
    dialog = EventDialog(TestEvent("Publishes a message.", (step,), "mark"), "news", parent)
    dialog.show_caused(replace(caused, by_insights=True))
    assert INFREQUENT in dialog.state.text()
    dialog.show_caused(caused)
    assert INFREQUENT not in dialog.state.text()
    dialog.ask_for_more(by_insights=True)
    assert INFREQUENT in dialog.state.text()


def test_what_is_waited_for_is_said_and_counted_and_the_bar_moves(qtbot: QtBot, dressed: Theme) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = EventDialog(TestEvent("It puts an object.", (), "mark"), "photos", parent)
    dialog.open()
    progress, timer = dialog._progress, dialog._second
    assert not dialog.log.isVisible()
    dialog.set_busy(busy=True)
    dialog.show_progress(Progress(0, 1, "Put the object"))
    assert dialog.state.text() == "Put the object… 0 s"
    dialog.show_waiting()
    assert dialog.state.text().startswith("Sent. Waiting for the source to invoke the function")
    assert dialog.state.text().endswith("… 0 s")
    timer.setInterval(1)
    qtbot.waitUntil(lambda: int(dialog.state.text().split()[-2]) > 2)
    timer.stop()
    still = progress.grab().toImage()
    qtbot.waitUntil(lambda: progress.grab().toImage() != still)
    dialog.show_lines("START")
    assert dialog.log.isVisible()
    assert not dialog.plan.isVisible()
    dialog.ask_for_more(by_insights=False)
    assert not timer.isActive()
    assert not progress.isVisible()
    assert "No invocation was logged within" in dialog.state.text()
    assert "filters" in dialog.state.text()
    dialog.set_busy(busy=False)
    dialog.close()
