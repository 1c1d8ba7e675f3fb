"""To the logs and from them, in the whole window."""

from typing import Any

from tests.sandbox_functions import create_function
from tests.ui.test_routes import HANDLER
from tests.ui.window_desk import Desk
from tests.waiting import eventually
from workbench.aws.connection import Connection
from workbench.ui.features.triggers.page import TriggersPage


def test_the_log_leads_to_the_trigger_that_caused_an_invocation(
    desk: Desk,
    connection: Connection,
) -> None:
    function = create_function(connection, HANDLER)
    queue = connection.call("sqs", "create_queue", QueueName=f"queue-of-{function.function_name}")
    asked = {"QueueUrl": queue["QueueUrl"], "AttributeNames": ["QueueArn"]}
    arn = connection.call("sqs", "get_queue_attributes", **asked)["Attributes"]["QueueArn"]
    mapping = {"FunctionName": function.function_name, "EventSourceArn": arn, "Enabled": False}
    connection.call("lambda", "create_event_source_mapping", **mapping)
    desk.connect()
    desk.open(function.function_name)
    desk.logs.cause_wanted.emit(arn)
    page = desk.window.page.findChild(TriggersPage)
    assert page is not None
    desk.until(lambda: (trigger := page.chosen()) is not None and trigger.source_arn == arn)
    assert page.active
    assert not page.problems.banners

    def list_mappings() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = connection.call("lambda", "list_event_source_mappings")[
            "EventSourceMappings"
        ]
        return found

    (mapping,) = list_mappings()
    connection.call("lambda", "delete_event_source_mapping", UUID=mapping["UUID"])
    eventually(lambda: not list_mappings())
    desk.window.page.show_tab("logsPage")
    desk.logs.cause_wanted.emit(arn)
    desk.until(lambda: page.problems.banners)
    error = page.problems.banners[0].error
    assert error.what == "The trigger that sent this event no longer exists."
    assert arn in error.why


def test_find_and_insights_lead_to_the_logs_in_front(
    desk: Desk,
    connection: Connection,
) -> None:
    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    actions, logs = desk.context.services.actions, desk.logs
    actions["view.logs"].trigger()
    actions["edit.find"].trigger()
    desk.until(logs.view.finding.text.hasFocus)
    actions["view.insights"].trigger()
    desk.until(logs.insights.query.hasFocus)


def test_an_event_from_the_log_becomes_the_test_event(desk: Desk, connection: Connection) -> None:
    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    desk.idle()
    desk.logs.view.event_wanted.emit('{"from": "the log"}')
    assert desk.test.active
    assert desk.test.text.toPlainText() == '{"from": "the log"}'
    desk.test.text.undo()
    assert desk.test.text.toPlainText() != '{"from": "the log"}'


def test_a_frame_in_the_log_opens_its_line(desk: Desk, connection: Connection) -> None:
    function = create_function(connection, HANDLER)
    desk.connect()
    desk.open(function.function_name)
    page, code = desk.window.page, desk.code
    page.show_tab("logsPage")
    desk.logs.view.place_wanted.emit("app.py", 1, "another-function")
    assert not code.active
    desk.logs.view.place_wanted.emit("app.py", 1, "")
    desk.until(lambda: code.active)
    desk.until(lambda: code.files.current_path() == "app.py")
