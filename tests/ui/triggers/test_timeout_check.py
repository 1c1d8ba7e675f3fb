"""A longer timeout meets the queues that run the function: it is said before anything is saved."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.functions.detail import get_function
from workbench.ui.configuring.changes_dialog import ChangesDialog
from workbench.ui.pages.configuration import ConfigurationPage
from workbench.ui.triggers.timeout_check import TimeoutDialog


def visibility(connection: Connection) -> str:
    answer = connection.call("sqs", "get_queue_attributes", QueueUrl="orders", AttributeNames=["All"])
    return str(answer["Attributes"]["VisibilityTimeout"])


@pytest.fixture
def form(wirer: Wirer, connection: Connection) -> ConfigurationPage:
    """The Configuration tab of a function that a queue with a visibility timeout of 60 s runs."""
    connection.call("sqs", "create_queue", QueueName="orders", Attributes={"VisibilityTimeout": "60"})
    attributes = connection.call("sqs", "get_queue_attributes", QueueUrl="orders", AttributeNames=["All"])
    connection.call(
        "lambda",
        "create_event_source_mapping",
        EventSourceArn=attributes["Attributes"]["QueueArn"],
        FunctionName=wirer.detail.function_name,
    )
    wirer.act("view.configuration")
    (page,) = wirer.desk.window.findChildren(ConfigurationPage)
    wirer.desk.until(lambda: page.form is not None)
    wirer.desk.idle()
    return page


def apply(wirer: Wirer, page: ConfigurationPage, setting: str, text: str) -> None:
    line = page.findChild(QLineEdit, f"setting.{setting}")
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, text)
    wirer.act("configuration.apply")


def test_a_timeout_that_aws_would_refuse_is_held_back_until_the_queue_has_room(
    wirer: Wirer, connection: Connection, form: ConfigurationPage
) -> None:
    apply(wirer, form, "timeout_s", "120")
    dialog = wirer.dialog(TimeoutDialog)
    assert "SQS-VIS-LT" in {finding.check_id for finding in dialog.findings.findings}
    assert not dialog.yes.isEnabled()
    fix = next(each for each in dialog.findChildren(QPushButton) if each.isCheckable())
    wirer.desk.until(fix.isVisible)
    fix.click()
    wirer.desk.until(dialog.yes.isEnabled)
    press(dialog, "timeoutYes")
    press(wirer.dialog(ChangesDialog), "settingsChangesApply")
    wirer.desk.until(lambda: wirer.desk.banner("The configuration of"))
    assert int(visibility(connection)) >= 120
    assert get_function(connection, wirer.detail.function_name).timeout_s == 120


def test_cancelling_leaves_queue_function_and_form_alone(
    wirer: Wirer, connection: Connection, form: ConfigurationPage
) -> None:
    apply(wirer, form, "timeout_s", "120")
    dialog = wirer.dialog(TimeoutDialog)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    wirer.desk.idle()
    assert visibility(connection) == "60"
    assert get_function(connection, wirer.detail.function_name).timeout_s == 10
    assert [change.name for change in form.draft.changes()] == ["timeout_s"]


def test_other_settings_ask_no_queue(wirer: Wirer, form: ConfigurationPage) -> None:
    apply(wirer, form, "memory_mb", "256")
    press(wirer.dialog(ChangesDialog), "settingsChangesCancel")
    assert not wirer.desk.window.findChildren(TimeoutDialog)
