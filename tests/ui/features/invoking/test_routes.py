"""What is said of an invocation above the page, and when that goes."""

import threading

from PySide6.QtWidgets import QPushButton

from tests.sandbox_functions import create_function
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection

HANDLER = "def handler(event, context):\n    return event\n"
SLOW = """
import time
def handler(event, context):
    print("slowly,", event["name"])
    time.sleep(2)
"""


def test_that_an_invocation_failed_is_said_until_the_next_one(desk: Desk, connection: Connection) -> None:
    name = create_function(connection, HANDLER).function_name
    desk.connect()
    desk.open(name)
    answer = desk.window.result.answer
    desk.invoke('{"n": ')
    desk.until(lambda: "column 7" in answer.toPlainText())
    desk.invoke("[1, ")
    desk.until(lambda: "column 5" in answer.toPlainText())
    assert "column 7" not in answer.toPlainText()
    assert not desk.banner("column 5")  # a failure is said once
    desk.invoke("[1]")
    desk.until(lambda: desk.window.result.status.text() == "Succeeded")
    assert "column 5" not in answer.toPlainText()


def test_one_that_nobody_waits_for_any_more_leads_to_its_log(desk: Desk, connection: Connection) -> None:
    name = create_function(connection, SLOW).function_name
    desk.connect()
    desk.open(name)
    desk.invoke('{"name": "Ada"}')
    to_logs = desk.window.result.findChild(QPushButton, "resultOpenLogs")
    assert to_logs is not None
    assert not to_logs.isEnabled()
    (running,) = [job for job in desk.context.services.jobs.active() if job.job.title == f"Invoking {name}"]
    desk.until(lambda: f"invoke {name}" in {thread.name for thread in threading.enumerate()})  # it is sent
    running.cancel()
    desk.until(lambda: desk.window.result.status.text() == "Stopped")
    assert desk.window.result.status.property("tone") == ""
    assert not desk.banner("You stopped waiting")  # it is said once, in the panel
    to_logs.click()
    assert desk.logs.active
    desk.until(lambda: "slowly, Ada" in desk.logs.view.lines.visible_text())
    desk.window.page.show_tab("testPage")

    desk.invoke("[1, ")  # it was not sent at all
    desk.until(lambda: "column 5" in desk.window.result.answer.toPlainText())
    assert not desk.banner("column 5")
    assert not to_logs.isEnabled()
    desk.idle()
