"""What is said of an invocation above the page, and when that goes."""

from tests.sandbox_functions import create_function
from tests.ui.test_routes import desk, opener
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection

__all__ = ["desk", "opener"]

HANDLER = "def handler(event, context):\n    return event\n"


def test_that_an_invocation_failed_is_said_until_the_next_one(desk: Desk, connection: Connection) -> None:
    name = create_function(connection, HANDLER).function_name
    desk.connect()
    desk.open(name)
    desk.invoke('{"n": ')
    desk.until(lambda: desk.banner("column 7"))
    desk.invoke("[1, ")
    desk.until(lambda: desk.banner("column 5"))
    assert desk.banner("column 7") is None
    desk.invoke("[1]")
    assert desk.banner("not invoked") is None
    desk.until(lambda: desk.window.result.status.text() == "Succeeded")
    assert desk.banner("not invoked") is None
