"""The Logs tab: real invocations as they happen, and words for what there is not."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.logs.lines import GROUP, OTHER, RID, event, start
from tests.sandbox_functions import create_function
from tests.ui.hand_clock import HandClock
from tests.ui.pages.conftest import ShowPage, detail_named, open_page
from workbench.aws.connection import Connection
from workbench.core.clock import SystemClock
from workbench.functions.model import FunctionDetail
from workbench.logs.buffer import ROWS, LogBuffer
from workbench.logs.fetch import PAGE_LINES
from workbench.logs.parse import parse_event
from workbench.logs.tail import LiveState, TailState
from workbench.sandbox.samples import SampleTraffic
from workbench.ui.features.logs.feature import LogsPage
from workbench.ui.features.logs.log_dialogs import FunctionsDialog, LiveTailDialog
from workbench.ui.features.logs.log_view import LogView
from workbench.ui.features.logs.tables import OUTCOME
from workbench.ui.shell.range_dialog import RangeDialog
from workbench.ui.shell.services import OpenFunction, Services

T = int(HandClock().time_s * 1000)

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
    page.bar.follow.setChecked(False)


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
    qtbot.waitUntil(lambda: "hello from Ada" in view.lines.visible_text())
    qtbot.waitUntil(lambda: _outcomes(view) == ["succeeded"])
    qtbot.waitUntil(lambda: live_page.status.text() == "1 invocation · following")

    now = datetime.now(UTC)
    traffic = SampleTraffic(frozenset({function.function_arn}), now - timedelta(minutes=5), now)
    live_page.services.samples.take(traffic)

    request_id = _run(connection, function, name="Bob", fail=True)
    qtbot.waitUntil(lambda: "ValueError: boom" in view.lines.visible_text())
    assert "hello from Ada" not in view.lines.visible_text()  # the newest is shown, alone
    qtbot.waitUntil(lambda: _outcomes(view) == ["failed", "succeeded"])
    words = live_page.services.samples.text(function.function_arn, now - timedelta(hours=1), now)
    assert words.startswith("Includes sample traffic until ")
    assert live_page.status.text() == f"2 invocations · {words} · following"
    assert view.head.label.text().startswith(request_id)
    assert " ms" in view.head.label.text()


def test_a_wanted_invocation_is_selected_when_its_lines_arrive(
    live_page: LogsPage, connection: Connection, qtbot: QtBot
) -> None:
    function = create_function(connection, HANDLER)
    first = _run(connection, function, name="first")
    _run(connection, function, name="second")
    open_page(live_page, OpenFunction(connection, function))
    live_page.show_invocation(first)
    qtbot.waitUntil(lambda: "hello from first" in live_page.view.lines.visible_text())
    _run(connection, function, name="third")
    qtbot.waitUntil(lambda: live_page.view.invocation_count == 3)
    assert "hello from first" in live_page.view.lines.visible_text()  # what was chosen stays


def test_a_function_without_a_log_group_is_told_so(
    live_page: LogsPage, connection: Connection, qtbot: QtBot
) -> None:
    function = create_function(connection, HANDLER, LoggingConfig={"LogGroup": "/custom/never"})
    open_page(live_page, OpenFunction(connection, function))
    qtbot.waitUntil(lambda: live_page.empty.accessibleName() == "No logs yet")
    assert "/custom/never" in live_page.empty.accessibleDescription()
    assert live_page.status.text() == "Waiting for the first line"
    _run(connection, function, name="Eve")
    qtbot.waitUntil(lambda: "hello from Eve" in live_page.view.lines.visible_text())
    live_page._state = TailState.NO_GROUP  # until all that came is read: 358,000 lines were on the way
    live_page._describe()
    assert "following" in live_page.status.text()


def test_nothing_in_this_time_is_told(page: LogsPage, stub: StubbedAws, qtbot: QtBot) -> None:
    _once(page)
    _answer(stub)
    open_page(page, hello(stub))
    qtbot.waitUntil(lambda: page.empty.accessibleName() == "No log lines in this time range")


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
    qtbot.waitUntil(lambda: page.empty.accessibleName() == "No log lines in this time range")
    page.bar.pattern.setText(' "order 1042" ')
    expected = {
        "logGroupName": GROUP,
        "limit": PAGE_LINES,
        "startTime": T - 3_600_000,
        "filterPattern": '"order 1042"',
    }
    _answer(stub, start(T), event(T, "order 1042"), expected=expected)
    QTest.keyClick(page.bar.pattern, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "order 1042" in page.view.lines.visible_text())


def test_lines_that_a_filter_left_are_seen_without_their_invocations(
    page: LogsPage, stub: StubbedAws, qtbot: QtBot
) -> None:
    _once(page)
    _answer(stub, event(T, "[ERROR] no such order"), event(T + 1, "[ERROR] no such order"))
    open_page(page, hello(stub))
    qtbot.waitUntil(lambda: "no such order" in page.view.lines.visible_text())
    assert page.bar.by_invocation.isChecked()
    qtbot.waitUntil(lambda: page.status.text() == "2 lines without an invocation")


def test_an_invocation_that_is_wanted_is_not_hidden_by_a_filter(
    page: LogsPage, stub: StubbedAws, qtbot: QtBot
) -> None:
    _once(page)
    _answer(stub)
    open_page(page, hello(stub))
    qtbot.waitUntil(lambda: len(stub.calls) == 1)
    page.bar.pattern.setText("ERROR")
    page.bar.all_lines.setChecked(True)
    _answer(stub, start(T), event(T, "mine"), start(T + 9, OTHER))
    page.show_invocation(RID)
    qtbot.waitUntil(lambda: "mine" in page.view.lines.visible_text())
    assert page.bar.pattern.text() == ""
    assert page.bar.by_invocation.isChecked()


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
    assert page.view.lines.visible_text() == ""


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


# ---- what is asked ---------------------------------------------------------------------------------------


def _groups(stub: StubbedAws, **facts: Any) -> None:
    group = {"logGroupName": GROUP, "creationTime": T, "storedBytes": 5} | facts
    stub.answer("logs", "describe_log_groups", {"logGroups": [group]}, {"logGroupNamePrefix": GROUP})


def test_a_time_of_ones_own_is_read_once(page: LogsPage, stub: StubbedAws, qtbot: QtBot) -> None:
    _once(page)
    _answer(stub)
    open_page(page, hello(stub))
    qtbot.waitUntil(lambda: page.empty.accessibleName() == "No log lines in this time range")
    page.bar.follow.blockSignals(True)  # as somebody has it who follows most of the time
    page.bar.follow.setChecked(True)
    page.bar.follow.blockSignals(False)
    _groups(stub, retentionInDays=14)
    page.bar.range.setCurrentIndex(page.bar.range.count() - 1)
    page.bar.range.activated.emit(page.bar.range.count() - 1)
    dialog = page.findChild(RangeDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: "after 14 days" in dialog.retention.text())
    dialog.zone.setCurrentIndex(1)
    dialog.end.setDateTime(dialog.start.dateTime())
    dialog.ok.click()
    assert "must be later" in dialog.state.text()
    dialog.end.setDateTime(dialog.start.dateTime().addSecs(600))
    begin = T // 1000 * 1000 - 3_600_000
    expected = {"logGroupName": GROUP, "limit": PAGE_LINES, "startTime": begin, "endTime": begin + 600_000}
    _answer(stub, start(begin), event(begin, "long ago"), expected=expected)
    dialog.ok.click()
    qtbot.waitUntil(lambda: "long ago" in page.view.lines.visible_text())
    assert not page.bar.follow.is_following
    assert page.bar.utc.isChecked()
    assert " – " in page.bar.range.currentText()


def test_a_window_of_time_is_opened_from_elsewhere(page: LogsPage, stub: StubbedAws, qtbot: QtBot) -> None:
    _once(page)
    page.show_function(hello(stub))
    page.show_window(datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, 11, tzinfo=UTC))
    assert stub.calls == []  # nobody looks yet
    begin = 1_772_359_200_000
    expected = {"logGroupName": GROUP, "limit": PAGE_LINES, "startTime": begin, "endTime": begin + 3_600_000}
    _answer(stub, event(begin, "in the spike"), expected=expected)
    page.activate()
    qtbot.waitUntil(lambda: page.view.lines.visible_text() == "in the spike")


def test_an_invocation_of_another_day_is_looked_for_on_that_day(
    page: LogsPage, stub: StubbedAws, qtbot: QtBot
) -> None:
    page.show_function(hello(stub))
    sent = datetime(2026, 3, 1, 10, tzinfo=UTC)
    page.show_invocation(RID, sent)
    begin = 1_772_359_200_000
    expected = {
        "logGroupName": GROUP,
        "limit": PAGE_LINES,
        "startTime": begin - 60_000,
        "endTime": begin + 960_000,
    }
    _answer(stub, start(begin), event(begin, "mine"), start(begin + 9, OTHER), expected=expected)
    page.activate()
    qtbot.waitUntil(lambda: "mine" in page.view.lines.visible_text())


def test_other_functions_are_read_as_well_and_a_refusal_is_said(
    live_page: LogsPage, connection: Connection, qtbot: QtBot
) -> None:
    first = create_function(connection, HANDLER)
    second = create_function(connection, HANDLER, LoggingConfig={"LogGroup": "/shared/second"})
    open_page(live_page, OpenFunction(connection, first))
    live_page.bar.functions.click()
    dialog = live_page.findChild(FunctionsDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.list.findItems(second.function_name, Qt.MatchFlag.MatchExactly) != [])
    assert not dialog.list.findItems(first.function_name, Qt.MatchFlag.MatchExactly)
    dialog.search.setText("no such function")
    (item,) = dialog.list.findItems(second.function_name, Qt.MatchFlag.MatchExactly)
    assert item.isHidden()
    item.setCheckState(Qt.CheckState.Checked)
    _run(connection, first, name="Ada")
    _run(connection, second, name="Bob")
    live_page.bar.all_lines.click()
    dialog.ok.click()
    assert live_page.bar.functions.text() == "+ 1 function"
    view = live_page.view
    qtbot.waitUntil(lambda: "hello from Bob" in view.lines.visible_text())
    text = view.lines.visible_text()
    assert text.index("hello from Ada") < text.index("hello from Bob")
    assert set(view.buffer.sources) == {first.function_name, second.function_name}
    live_page.deactivate()


def test_a_filter_that_aws_refuses_is_said(page: LogsPage, stub: StubbedAws, qtbot: QtBot) -> None:
    words = "Invalid filter pattern: { $.a = }"
    stub.refuse("logs", "filter_log_events", "InvalidParameterException", words)
    page.bar.pattern.setText("{ $.a = }")
    open_page(page, hello(stub))
    page.bar.pattern.setText("{ $.a = }")
    qtbot.waitUntil(lambda: "Invalid filter pattern" in page.empty.accessibleDescription())
    assert "{ $.a = }. Correct the filter pattern" in page.empty.accessibleDescription()
    assert page.status.text() == "InvalidParameterException"  # why is said once
    assert page.status.property("role") == "danger"


def test_an_example_of_the_syntax_is_put_into_the_field(page: LogsPage) -> None:
    menu = page.bar.help.menu()
    assert all("\t" in action.text() for action in menu.actions())
    menu.actions()[3].trigger()
    assert page.bar.pattern.text() == "?ERROR ?WARN"


def test_what_does_not_fit_into_memory_is_said(page: LogsPage, qtbot: QtBot) -> None:
    buffer = LogBuffer(max_lines=2 * ROWS)
    buffer.add(parse_event(event(T, str(number))) for number in range(5 * ROWS))
    page.view.show_buffer(buffer)
    page._arrive(TailState.CAUGHT_UP)
    qtbot.waitUntil(lambda: "only the newest" in page.status.text())
    assert "older lines were dropped" in page.status.text()


def test_live_tail_says_its_price_first_and_is_not_taken_over(
    page: LogsPage, stub: StubbedAws, qtbot: QtBot
) -> None:
    page.show_function(hello(stub))
    follow = page.bar.follow
    with qtbot.assertNotEmitted(page.bar.asked):
        follow.live.trigger()
    dialog = page.findChild(LiveTailDialog)
    assert dialog is not None
    price = dialog.findChild(QLabel, "liveTailPrice")
    assert price is not None
    assert "$0.01 for each minute" in price.text()
    with qtbot.waitSignal(page.bar.asked):
        dialog.accept()
    assert follow.text() == "Live Tail"
    page.show_function(OpenFunction(stub.connection, detail_named("other")))
    assert follow.text() == "Follow"


def test_the_sandbox_is_only_polled(page: LogsPage) -> None:
    page.show_function(hello(StubbedAws("http://127.0.0.1:4566")))
    assert not page.bar.follow.live.isEnabled()


def test_a_live_tail_says_how_long_it_runs_and_what_it_leaves_out(page: LogsPage, qtbot: QtBot) -> None:
    page._arrive(TailState.CAUGHT_UP)
    page._arrive(LiveState(125, is_sampled=True))
    qtbot.waitUntil(lambda: "Live Tail for 2 min 5 s, about $0.03" in page.status.text())
    assert "only a sample" in page.status.text()


def test_a_query_asks_the_log_of_the_time_that_is_chosen(
    page: LogsPage, stub: StubbedAws, qtbot: QtBot
) -> None:
    page.show_function(hello(stub))
    page.show_insights()
    page.activate()
    assert page.insights.isVisible()
    assert stub.calls == []  # nothing is read that nobody looks at
    asked = {
        "logGroupNames": [GROUP],
        "queryString": page.insights.query.toPlainText(),
        "startTime": T // 1000 - 3600,
        "endTime": T // 1000,
        "limit": 10_000,
    }
    stub.answer("logs", "start_query", {"queryId": "q1"}, asked)
    stub.answer("logs", "get_query_results", {"status": "Complete", "results": []})
    page.insights.run_button.click()
    qtbot.waitUntil(lambda: page.insights.empty.accessibleName() == "0 results")
    page.bar.follow.blockSignals(True)
    page.bar.follow.setChecked(False)
    page.bar.follow.blockSignals(False)
    _answer(stub, event(T, "a line"))
    page.bar.all_lines.click()
    qtbot.waitUntil(lambda: page.view.lines.visible_text() == "a line")
