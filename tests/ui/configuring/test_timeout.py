"""A timeout that the queues of a function leave no room for, in the whole window."""

from collections.abc import Callable

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from tests.aws.conftest import AwsFiles, aws_files
from tests.triggers.kinds.pulled import make_queue
from tests.ui.configuring.test_window import apply, dialog, form
from tests.ui.sign_in.conftest import press
from tests.ui.test_protection import protection, safety
from tests.ui.test_routes import HANDLER, desk, function, opener
from tests.ui.window_desk import Desk, Opener
from workbench.aws.connection import Connection
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.profiles.safety import Safety, Tier
from workbench.triggers.queues import queue_attributes
from workbench.ui.features.configuration.page import ConfigurationPage
from workbench.ui.shell.protection import Protection

__all__ = ["AwsFiles", "Opener", "aws_files", "desk", "function", "opener", "protection", "safety"]
assert HANDLER
Wire = Callable[[int], str]


@pytest.fixture
def wire(connection: Connection, function: FunctionDetail) -> Wire:
    """Lets a queue with this visibility timeout run the function; nothing is polled."""

    def make(visibility_s: int) -> str:
        arn = make_queue(connection, VisibilityTimeout=str(visibility_s))
        connection.call(
            "lambda",
            "create_event_source_mapping",
            EventSourceArn=arn,
            FunctionName=function.function_name,
            Enabled=False,
        )
        return arn

    return make


def _type_timeout(page: ConfigurationPage, text: str) -> None:
    line = page.findChild(QLineEdit, "setting.timeout_s")
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, text)


def _timeout_s(connection: Connection, function: FunctionDetail) -> int:
    return get_function(connection, function.function_name).timeout_s


def test_scenario_18_the_queue_is_named_before_anything_is_saved(
    desk: Desk, function: FunctionDetail, connection: Connection, wire: Wire
) -> None:
    wire(60)
    page = form(desk, function)
    _type_timeout(page, "120")
    apply(desk)
    asked = dialog(desk, "queueTimeouts")
    press(asked, "queueTimeoutsCancel")
    desk.idle()
    assert _timeout_s(connection, function) == function.timeout_s
    page.draft.discard()


def test_the_queue_gets_room_first_and_then_the_timeout_is_saved(
    desk: Desk, function: FunctionDetail, connection: Connection, wire: Wire
) -> None:
    arn = wire(60)
    page = form(desk, function)
    _type_timeout(page, "120")
    apply(desk)
    press(dialog(desk, "queueTimeouts"), "queueTimeoutsFix")
    desk.until(lambda: desk.banner("The configuration of"))
    desk.idle()
    assert _timeout_s(connection, function) == 120
    assert queue_attributes(connection, arn)["VisibilityTimeout"] == "720"
    assert page.draft.changes() == ()


@pytest.mark.parametrize("visibility_s", [150, 60])
def test_what_aws_is_not_known_to_refuse_can_be_applied_all_the_same(
    desk: Desk, function: FunctionDetail, connection: Connection, wire: Wire, visibility_s: int
) -> None:
    arn = wire(visibility_s)
    _type_timeout(form(desk, function), "120")
    apply(desk)
    press(dialog(desk, "queueTimeouts"), "queueTimeoutsGoOn")
    desk.until(lambda: desk.banner("The configuration of"))
    desk.idle()
    assert _timeout_s(connection, function) == 120
    assert queue_attributes(connection, arn)["VisibilityTimeout"] == str(visibility_s)


def test_a_shorter_timeout_asks_nobody(
    desk: Desk, function: FunctionDetail, connection: Connection, wire: Wire
) -> None:
    arn = wire(60)
    url = connection.call("sqs", "get_queue_url", QueueName=arn.rpartition(":")[2])["QueueUrl"]
    connection.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    _type_timeout(form(desk, function), "2")
    apply(desk)
    desk.until(lambda: desk.banner("The configuration of"))
    desk.idle()
    assert _timeout_s(connection, function) == 2


def test_in_production_the_name_is_typed_before_the_queue_is_touched(
    desk: Desk,
    function: FunctionDetail,
    connection: Connection,
    wire: Wire,
    protection: Protection,
    safety: Safety,
) -> None:
    arn = wire(60)
    safety.set_tier("alice", Tier.PRODUCTION)
    page = form(desk, function)
    _type_timeout(page, "120")
    apply(desk)
    press(dialog(desk, "queueTimeouts"), "queueTimeoutsFix")
    press(dialog(desk, "confirmByName"), "confirmByNameNo")
    desk.idle()
    assert queue_attributes(connection, arn)["VisibilityTimeout"] == "60"
    assert _timeout_s(connection, function) == function.timeout_s
    page.draft.discard()
