"""Invoking from the window: several functions at once, and test events that outlive the window."""

import json
from collections.abc import Callable

from PySide6.QtWidgets import QPlainTextEdit

from tests.bell import Bell
from tests.e2e.desk import PROFILE, Desk, write_profile
from tests.sandbox_functions import create_function
from tests.ui.pages.seat import HANDLER
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection

Sit = Callable[[str], Desk]


def test_a_failure_does_not_take_the_place_of_a_newer_answer(
    sit: Sit, access: Access, connection: Connection
) -> None:
    slow, quick = (create_function(connection, HANDLER).function_name for _ in range(2))
    write_profile(access)
    desk = sit(PROFILE)
    desk.open_function(slow)
    with Bell(holds=True) as bell:
        desk.write_event(json.dumps({"began": bell.address}))
        desk.act("function.invoke")
        desk.until(lambda: bell.rings)

        desk.click_function(quick)
        desk.until(
            lambda: desk.window.page.function and desk.window.page.function.detail.function_name == quick
        )
        desk.write_event('{"mine": true}')
        desk.act("function.invoke")
        desk.until(lambda: quick in desk.result())

        (running,) = [job for job in desk.program.services.jobs.active() if slow in job.job.title]
        running.cancel()
        desk.wait_for_message("You stopped waiting for the response.")
        assert quick in desk.result()
        assert desk.window.result.status.text() == "Succeeded"


def test_a_test_event_is_back_after_quitting(sit: Sit, access: Access, function_name: str) -> None:
    write_profile(access)
    first = sit(PROFILE)
    first.open_function(function_name)
    first.write_event('{"typed": "and never invoked"')
    first.leave()

    second = sit(PROFILE)
    second.open_function(function_name)
    event = second.window.findChild(QPlainTextEdit, "testEventText")
    assert event is not None
    second.until(lambda: event.toPlainText() == '{"typed": "and never invoked"')
