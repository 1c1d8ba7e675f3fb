"""The Logs tab: real invocations as they happen, and words for what there is not."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.logs.lines import GROUP, OTHER, RID, event, report, start
from tests.sandbox_functions import create_function
from tests.stall import StallWatch
from tests.ui.hand_clock import HandClock
from tests.ui.pages.conftest import ShowPage, detail_named, open_page
from workbench.aws.connection import Connection
from workbench.core.clock import SystemClock
from workbench.functions.model import FunctionDetail
from workbench.logs.group import InvocationGrouper
from workbench.logs.parse import LogLine, parse_event
from workbench.ui.invocation_model import OUTCOME, InvocationModel
from workbench.ui.log_text import MAX_LINES, LogText
from workbench.ui.log_view import LogView
from workbench.ui.pages.logs import LogsPage
from workbench.ui.services import OpenFunction, Services
from workbench.ui.theme import Theme

T = int(HandClock().time_s * 1000)
THIRD = "bbbbbbbb-5c1d-4d9a-9a77-0d8e3d2f4b6a"

HANDLER = """
def handler(event, context):
    print("hello from", event["name"])
    if event.get("fail"):
        raise ValueError("boom")
"""


@pytest.fixture
def page(services: Services, show_page: ShowPage) -> LogsPage:
    return show_page(LogsPage(services))


@pytest.fixture
def live_page(services: Services, show_page: ShowPage) -> LogsPage:
    return show_page(LogsPage(replace(services, clock=SystemClock())))


def hello(stub: StubbedAws) -> OpenFunction:
    return OpenFunction(stub.connection, detail_named(LoggingConfig={"LogGroup": GROUP}))


def _answer(stub: StubbedAws, *events: dict[str, Any], expected: Any = None) -> None:
    stub.answer("logs", "filter_log_events", {"events": list(events)}, expected)


def _once(page: LogsPage) -> None:
    """Reads once instead of following: a stub has no answer for a poll that comes by itself."""
    page.follow.setChecked(False)


def _run(connection: Connection, function: FunctionDetail, **event_: object) -> str:
    answer = connection.call(
        "lambda", "invoke", FunctionName=function.function_name, Payload=json.dumps(event_).encode()
    )
    return str(answer["ResponseMetadata"]["RequestId"])


def _outcomes(view: LogView) -> list[str]:
    model = view.model
    return [model.index(row, OUTCOME).data() for row in range(model.rowCount())]


def test_invocations_appear_while_the_tab_is_open(
    live_page: LogsPage, connection: Connection, qtbot: QtBot
) -> None:
    function = create_function(connection, HANDLER)
    _run(connection, function, name="Ada")
    open_page(live_page, OpenFunction(connection, function))
    view = live_page.view
    qtbot.waitUntil(lambda: "hello from Ada" in view.text.toPlainText())
    assert _outcomes(view) == ["succeeded"]
    assert live_page.status.text() == "1 invocation · following"

    request_id = _run(connection, function, name="Bob", fail=True)
    qtbot.waitUntil(lambda: "ValueError: boom" in view.text.toPlainText())
    assert "hello from Ada" not in view.text.toPlainText()  # the newest is shown, alone
    qtbot.waitUntil(lambda: _outcomes(view) == ["failed", "succeeded"])
    assert live_page.status.text() == "2 invocations · following"
    assert view.head.text().startswith(request_id)
    assert " ms" in view.head.text()


def test_a_wanted_invocation_is_selected_when_its_lines_arrive(
    live_page: LogsPage, connection: Connection, qtbot: QtBot
) -> None:
    function = create_function(connection, HANDLER)
    first = _run(connection, function, name="first")
    _run(connection, function, name="second")
    open_page(live_page, OpenFunction(connection, function))
    live_page.show_invocation(first)
    qtbot.waitUntil(lambda: "hello from first" in live_page.view.text.toPlainText())
    _run(connection, function, name="third")
    qtbot.waitUntil(lambda: live_page.view.invocation_count == 3)
    assert "hello from first" in live_page.view.text.toPlainText()  # what was chosen stays


def test_a_function_without_a_log_group_is_told_so(
    live_page: LogsPage, connection: Connection, qtbot: QtBot
) -> None:
    function = create_function(connection, HANDLER, LoggingConfig={"LogGroup": "/custom/never"})
    open_page(live_page, OpenFunction(connection, function))
    qtbot.waitUntil(lambda: live_page.empty.accessibleName() == "No log yet")
    assert "/custom/never" in live_page.empty.accessibleDescription()
    assert live_page.status.text() == "Waiting for the first line"
    _run(connection, function, name="Eve")
    qtbot.waitUntil(lambda: "hello from Eve" in live_page.view.text.toPlainText(), timeout=10_000)


def test_nothing_in_this_time_is_told(page: LogsPage, stub: StubbedAws, qtbot: QtBot) -> None:
    _once(page)
    _answer(stub)
    open_page(page, hello(stub))
    qtbot.waitUntil(lambda: page.empty.accessibleName() == "No lines in this time")


def test_no_permission_is_told_in_place(page: LogsPage, stub: StubbedAws, qtbot: QtBot) -> None:
    words = "User: me is not authorized to perform: logs:FilterLogEvents on resource: x"
    stub.refuse("logs", "filter_log_events", "AccessDeniedException", words)
    with qtbot.assertNotEmitted(page.failed):
        open_page(page, hello(stub))
        qtbot.waitUntil(lambda: "logs:FilterLogEvents" in page.empty.accessibleDescription())
    assert page.empty.accessibleName() == f"Could not read the logs in {GROUP}."


def test_the_filter_is_aws_own(page: LogsPage, stub: StubbedAws, qtbot: QtBot) -> None:
    _once(page)
    _answer(stub)
    open_page(page, hello(stub))
    qtbot.waitUntil(lambda: page.empty.accessibleName() == "No lines in this time")
    page.pattern.setText(' "order 1042" ')
    expected = {
        "logGroupName": GROUP,
        "limit": 1000,
        "startTime": T - 3_600_000,
        "filterPattern": '"order 1042"',
    }
    _answer(stub, start(T), event(T, "order 1042"), expected=expected)
    QTest.keyClick(page.pattern, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "order 1042" in page.view.text.toPlainText())


def test_an_invocation_that_is_wanted_is_not_hidden_by_a_filter(
    page: LogsPage, stub: StubbedAws, qtbot: QtBot
) -> None:
    _once(page)
    _answer(stub)
    open_page(page, hello(stub))
    qtbot.waitUntil(lambda: len(stub.calls) == 1)
    page.pattern.setText("ERROR")
    page.all_lines.setChecked(True)
    _answer(stub, start(T), event(T, "mine"), start(T + 9, OTHER))
    page.show_invocation(RID)
    qtbot.waitUntil(lambda: "mine" in page.view.text.toPlainText())
    assert page.pattern.text() == ""
    assert page.by_invocation.isChecked()


def test_a_hidden_page_stops_following(live_page: LogsPage, connection: Connection, qtbot: QtBot) -> None:
    function = create_function(connection, HANDLER)
    _run(connection, function, name="Ada")
    open_page(live_page, OpenFunction(connection, function))
    qtbot.waitUntil(lambda: live_page.view.has_lines)
    (job,) = live_page._jobs
    live_page.deactivate()
    qtbot.waitUntil(lambda: job.finished)
    live_page.show_function(OpenFunction(connection, function))
    assert live_page._jobs == []


def test_another_function_empties_the_view(page: LogsPage, stub: StubbedAws, qtbot: QtBot) -> None:
    _once(page)
    _answer(stub, start(T), event(T, "mine"))
    open_page(page, hello(stub))
    qtbot.waitUntil(lambda: page.view.has_lines)
    page.deactivate()
    page.show_function(OpenFunction(stub.connection, detail_named("other")))
    assert not page.view.has_lines
    assert page.view.text.toPlainText() == ""


# ---- the view --------------------------------------------------------------------------------------------


@pytest.fixture
def view(theme: Theme, qtbot: QtBot) -> LogView:
    view = LogView(theme)
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    QAbstractItemModelTester(view.model, QAbstractItemModelTester.FailureReportingMode.Fatal, view)
    return view


def _lines(*events: dict[str, Any]) -> list[LogLine]:
    return [parse_event(each) for each in events]


def test_all_lines_and_one_invocations_lines(view: LogView) -> None:
    view.add(_lines(start(T), event(T, "first"), report(T), start(T + 1, OTHER), event(T + 1, "second")))
    assert "second" in view.text.toPlainText()
    assert "first" not in view.text.toPlainText()
    view.show_all(True)
    assert "first" in view.text.toPlainText()
    view.add(_lines(event(T + 2, "third")))
    assert view.text.toPlainText().endswith("third")
    view.show_all(False)
    assert "first" not in view.text.toPlainText()
    assert view.text.toPlainText().endswith("third")


def test_lines_that_follow_are_added_to_what_is_shown(view: LogView) -> None:
    view.add(_lines(start(T), event(T, "one")))
    view.add(_lines(event(T + 1, "two")))
    view.add(_lines(report(T + 2)))
    texts = [line.split("  ", 1)[1] for line in view.text.toPlainText().splitlines()]
    assert texts[1:3] == ["one", "two"]
    assert len(texts) == 4
    assert "12.3 ms" in view.head.text()


def test_arrow_keys_choose_and_the_choice_stays(view: LogView, qtbot: QtBot) -> None:
    view.add(_lines(start(T), event(T, "first"), report(T), start(T + 1, OTHER), event(T + 1, "second")))
    view.table.setFocus()
    qtbot.waitUntil(view.table.hasFocus)
    QTest.keyClick(view.table, Qt.Key.Key_Down)
    assert "first" in view.text.toPlainText()
    view.add(_lines(report(T + 2, OTHER), start(T + 3, THIRD)))
    assert view.invocation_count == 3
    assert "first" in view.text.toPlainText()
    QTest.keyClick(view.table, Qt.Key.Key_Home)
    assert THIRD in view.text.toPlainText()


def test_the_model_survives_growth_loss_and_disorder(theme: Theme, qtbot: QtBot) -> None:
    model = InvocationModel(theme)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    grouper = InvocationGrouper(max_lines=40)
    ids = [f"{number:08d}-5c1d-4d9a-9a77-0d8e3d2f4b6a" for number in range(60)]
    order = [ids[(7 * number) % 60] for number in range(60)]  # streams arrive out of order
    for number, request_id in enumerate(order):
        stream = request_id[:8]
        touched = grouper.add(_lines(start(T + ids.index(request_id), request_id, stream)))
        model.show(grouper.invocations, touched)
        if number % 3 == 0:
            touched = grouper.add(_lines(report(T + 9999, request_id, stream)))
            model.show(grouper.invocations, touched)
        shown = [model.index(row, 0).data(Qt.ItemDataRole.UserRole + 1) for row in range(model.rowCount())]
        assert shown == [each.request_id for each in reversed(grouper.invocations)]
    model.show(())
    assert model.rowCount() == 0
    model.deleteLater()


# ---- the text --------------------------------------------------------------------------------------------


@pytest.fixture
def text(theme: Theme, qtbot: QtBot) -> LogText:
    text = LogText(theme)
    qtbot.addWidget(text)
    text.resize(800, 300)
    text.show()
    return text


@pytest.mark.parametrize(
    "message",
    ["<b>bold</b>", "\x1b[31mred", "a\0b", "‮backwards", "x" * 300_000, "\ud83d", "", "line\r\nline\n\nline"],
)
def test_hostile_lines_are_text(text: LogText, message: str) -> None:
    text.show_lines(_lines(event(T, message), event(T, "after")))
    shown = text.toPlainText().split("\n")
    assert shown[-1].endswith("after")
    assert len(shown[0]) <= 20_020
    assert text.document().blockCount() == 2  # one block a line, whatever it holds


def test_a_flood_neither_stalls_the_window_nor_fills_memory(
    text: LogText, qtbot: QtBot, no_stall: Callable[[], StallWatch]
) -> None:
    lines = _lines(*(event(T + number, f"line {number} " + "x" * 100) for number in range(3 * MAX_LINES)))
    with no_stall():
        for first in range(0, len(lines), 1000):
            text.add_lines(lines[first : first + 1000])
            qtbot.wait(1)
        last = f"  line {3 * MAX_LINES - 1} "
        qtbot.waitUntil(lambda: last in text.document().lastBlock().text(), timeout=20_000)
    assert text.document().blockCount() <= MAX_LINES


def test_the_reader_who_scrolled_up_is_left_there(text: LogText, qtbot: QtBot) -> None:
    text.show_lines(_lines(*(event(T, str(number)) for number in range(200))))
    bar = text.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    text.add_lines(_lines(event(T, "more")))
    assert bar.value() == bar.maximum()
    bar.setValue(10)
    text.add_lines(_lines(event(T, "still more")))
    assert bar.value() == 10


def test_errors_are_told_apart_by_colour_in_both_themes(text: LogText, theme: Theme) -> None:
    text.show_lines(_lines(event(T, "[ERROR] boom"), event(T, "fine")))

    def colors() -> list[str]:
        names = []
        cursor = QTextCursor(text.document())
        while True:
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
            names.append(cursor.charFormat().foreground().color().name())
            if not cursor.movePosition(QTextCursor.MoveOperation.NextBlock):
                break
        return names

    assert colors() == [theme.colors.danger, theme.colors.text]
    theme.choose("dark")
    try:
        assert colors() == [theme.colors.danger, theme.colors.text]
    finally:
        theme.choose("light")


def test_threads_do_not_touch_widgets(live_page: LogsPage, connection: Connection, qtbot: QtBot) -> None:
    """Lines are shown on the main thread, whichever thread read them."""
    function = create_function(connection, HANDLER)
    _run(connection, function, name="Ada")
    threads: set[str] = set()
    live_page.view.model.rowsInserted.connect(lambda: threads.add(threading.current_thread().name))
    live_page.view.model.modelReset.connect(lambda: threads.add(threading.current_thread().name))
    open_page(live_page, OpenFunction(connection, function))
    qtbot.waitUntil(lambda: live_page.view.has_lines)
    assert threads == {threading.main_thread().name}
