"""The Result panel: what a function answered and logged, and nothing of another invocation."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.logs.lines import GROUP, RID, event, report, start
from tests.sandbox_functions import create_function
from tests.stall import StallWatch
from tests.ui.hand_clock import HandClock
from workbench.aws.connection import Connection
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, JobRunner
from workbench.functions.invocations import parse_report
from workbench.functions.model import detail_of
from workbench.invoke.history import Mode, SentInvocation
from workbench.invoke.payload import parse_failure
from workbench.invoke.run import InvocationResult, invoke
from workbench.ui.kit.empty import EmptyState
from workbench.ui.result.panel import ResultPanel
from workbench.ui.shell.invoker import history_of
from workbench.ui.shell.services import OpenFunction, Services

NOW = HandClock().now()
T = int(NOW.timestamp() * 1000)
HANDLER = """
def handler(event, context):
    print("hello from", event["name"])
    if event.get("fail"):
        raise ValueError("boom")
    return {"hello": event["name"], "many": "x" * event.get("many", 0)}
"""


@pytest.fixture
def panel(services: Services, qtbot: QtBot) -> ResultPanel:
    panel = ResultPanel(services)
    qtbot.addWidget(panel)
    panel.resize(900, 250)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    return panel


@pytest.fixture
def hello(aws: StubbedAws) -> OpenFunction:  # noqa: F811 - pytest's way
    """A function whose log, as long as the test prepares none, is not asked for: drop the panel's jobs."""
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
    configuration = {"FunctionName": "hello", "FunctionArn": arn, "LoggingConfig": {"LogGroup": GROUP}}
    return OpenFunction(aws.connection, detail_of({"Configuration": configuration}))


def result_of(payload: bytes, *, failed: bool = False, tail: str = "") -> InvocationResult:
    failure = parse_failure("Unhandled", payload) if failed else None
    return InvocationResult(200, payload, failure, RID, tail, None, "$LATEST", NOW, 42.4)


def run(panel: ResultPanel, connection: Connection, **payload: object) -> InvocationResult:
    """Invokes a new function in the Sandbox and shows the result."""
    function = OpenFunction(connection, create_function(connection, HANDLER))
    begun, name = SystemClock().now(), function.detail.function_name
    result = invoke(connection, name, json.dumps(payload).encode(), "", 10, JobContext())
    panel.show_result(function, begun, result)
    assert panel.figures.text().startswith(f"{name}  ·  ")
    return result


def find[W: QWidget](panel: ResultPanel, kind: type[W], name: str) -> W:
    found: W | None = panel.findChild(kind, name)
    assert found is not None
    return found


def log_title(panel: ResultPanel) -> str:
    return find(panel, QLabel, "resultLogTitle").text()


def is_empty(panel: ResultPanel) -> bool:
    return find(panel, EmptyState, "resultEmpty").isVisible()


def buttons(panel: ResultPanel) -> list[bool]:
    """Whether the answer can be copied, and the log opened."""
    return [find(panel, QPushButton, name).isEnabled() for name in ("resultCopy", "resultOpenLogs")]


# ---- what an invocation in the Sandbox shows -------------------------------------------------------------


def test_an_answer_its_figures_and_its_log_lines(
    panel: ResultPanel, connection: Connection, qtbot: QtBot
) -> None:
    assert is_empty(panel)
    result = run(panel, connection, name="Ada")
    assert not is_empty(panel)
    assert panel.answer.toPlainText() == '{\n  "hello": "Ada",\n  "many": ""\n}'
    assert (panel.status.text(), panel.status.property("tone")) == ("Succeeded", "good")
    figures = panel.figures.text().split("  ·  ")
    assert figures[1].startswith("Duration ")
    assert figures[2].startswith("billed ")
    assert figures[3].startswith("memory ")
    assert figures[3].endswith(" of 128 MB")
    assert figures[-1] == result.request_id
    assert panel.figures.toolTip().split() == panel.figures.text().split()  # a long one is wrapped
    # The room beside the status is the figures'.
    qtbot.waitUntil(lambda: panel.status.width() == panel.status.sizeHint().width())
    assert "hello from Ada" in panel.log.toPlainText()  # the tail that came with the answer

    qtbot.waitUntil(lambda: log_title(panel).endswith(" lines)"), timeout=20_000)
    lines = panel.log.toPlainText().split("\n")
    assert log_title(panel) == f"Log output ({len(lines)} lines)"
    assert lines[-4] == "START Version: $LATEST"
    assert lines[-3] == "hello from Ada"
    assert lines[-1].startswith("REPORT Duration: ")
    assert f"REPORT RequestId: {result.request_id}" in panel.log.logged


@pytest.mark.parametrize("width", [900, 480])
def test_all_figures_are_in_sight_in_a_narrow_panel(
    panel: ResultPanel, hello: OpenFunction, width: int
) -> None:
    panel.resize(width, 600)
    report = parse_report(
        f"REPORT RequestId: {RID}\tDuration: 6002.10 ms\tBilled Duration: 6045 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 15 MB\tInit Duration: 42.00 ms\t"
    )
    panel.show_result(hello, NOW, replace(result_of(b"1"), report=report), log="known")
    figures = panel.figures
    assert "per million" in figures.text()
    QTest.qWait(0)
    wrapped = int(Qt.TextFlag.TextWordWrap)
    needed = figures.fontMetrics().boundingRect(0, 0, figures.width(), 1000, wrapped, figures.text())
    assert figures.fontMetrics().horizontalAdvance(figures.text()) > figures.width()
    assert (figures.wordWrap(), figures.height() >= needed.height()) == (True, True)


def test_a_failure_shows_its_error_and_stack_trace_in_lines(
    panel: ResultPanel, connection: Connection, qtbot: QtBot
) -> None:
    run(panel, connection, name="Eve", fail=True)
    assert (panel.status.text(), panel.status.property("tone")) == ("Failed: ValueError", "danger")
    lines = panel.answer.toPlainText().split("\n")
    assert lines[:2] == ["ValueError: boom", ""]
    assert lines[2].endswith('app.py", line 5, in handler')
    assert lines[3].strip() == 'raise ValueError("boom")'
    assert '"errorType": "ValueError"' in panel.answer.toPlainText()
    qtbot.waitUntil(lambda: log_title(panel).endswith(" lines)"), timeout=20_000)
    assert "hello from Eve" in panel.log.toPlainText()
    assert "ValueError: boom" in panel.log.toPlainText()


def test_an_answer_too_long_to_be_shown_is_copied_whole(
    panel: ResultPanel, connection: Connection, qtbot: QtBot, no_stall: Callable[[], StallWatch]
) -> None:
    function = OpenFunction(connection, create_function(connection, HANDLER))
    payload = json.dumps({"name": "Ada", "many": 5_000_000}).encode()
    result = invoke(connection, function.detail.function_name, payload, "", 10, JobContext())
    with no_stall():
        panel.show_result(function, SystemClock().now(), result)
        qtbot.waitUntil(lambda: "Only the beginning of 4.8 MB is shown." in panel.answer.toPlainText())
    assert panel.answer.toPlainText().startswith('{"hello": "Ada", "many": "xxxx')
    assert len(panel.answer.toPlainText()) < 201_000
    find(panel, QPushButton, "resultCopy").click()
    assert json.loads(QGuiApplication.clipboard().text())["many"] == "x" * 5_000_000


# ---- answers of any kind ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"", ""),
        (b"null", "null"),
        (b'"<b>bold</b>"', '"<b>bold</b>"'),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "�PNG\n\x1a\n␀�"),
        (base64.b64encode(b"\0" * 6_000), "A" * 2_000 + "…"),
        ('"\u202ebackwards"'.encode(), '"\ufffdbackwards"'),
        (b'"\\ud83d"', '"\\ud83d"'),
        (b"[" * 50_000, "[" * 2_000 + "…"),
    ],
)
def test_any_answer_is_text(
    panel: ResultPanel, hello: OpenFunction, payload: bytes, shown: str, qtbot: QtBot
) -> None:
    panel.show_result(hello, NOW, result_of(payload))
    qtbot.waitUntil(lambda: panel.answer.toPlainText() == shown)
    assert buttons(panel) == [bool(payload), True]
    panel.clear()


def test_words_that_the_function_chose_are_neither_markup_nor_wide(
    panel: ResultPanel, hello: OpenFunction
) -> None:
    width = panel.minimumSizeHint().width()
    error = {"errorType": "<img src=x>" + " E" * 5_000, "errorMessage": "m"}
    panel.show_result(hello, NOW, result_of(json.dumps(error).encode(), failed=True))
    assert panel.status.text().startswith("Failed: <img src=x> E")
    assert panel.status.textFormat() is Qt.TextFormat.PlainText
    assert len(panel.status.text()) < 80
    assert panel.minimumSizeHint().width() < width + 700
    panel.clear()


# ---- copying, and the way to the log ---------------------------------------------------------------------


def test_what_is_selected_is_copied_by_key(
    panel: ResultPanel,
    hello: OpenFunction,
    aws: StubbedAws,  # noqa: F811 - pytest's way
    qtbot: QtBot,
) -> None:
    aws.answer("logs", "filter_log_events", {"events": [report(T)]})
    panel.show_result(hello, NOW, result_of(b'{"a":1}'))
    qtbot.waitUntil(lambda: log_title(panel) == "Log output (1 line)")
    for view, text in ((panel.answer, '{\n  "a": 1\n}'), (panel.log, report(T)["message"].rstrip("\n"))):
        view.setFocus()
        qtbot.waitUntil(view.hasFocus)
        QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text() == text
    find(panel, QPushButton, "resultCopy").click()
    assert QGuiApplication.clipboard().text() == '{"a":1}'  # to the letter
    panel.clear()


def test_the_way_to_the_log_leads_to_this_invocation(
    panel: ResultPanel, hello: OpenFunction, qtbot: QtBot
) -> None:
    panel.show_result(hello, NOW, replace(result_of(b"1"), request_id="first"))
    panel.show_running("hello")
    assert buttons(panel) == [False, False]
    panel.show_result(hello, NOW, replace(result_of(b"2"), request_id="second"))
    with qtbot.waitSignal(panel.logs_wanted) as wanted:
        find(panel, QPushButton, "resultOpenLogs").click()
    assert wanted.args == ["second"]
    panel.clear()


def test_everything_says_its_name(panel: ResultPanel, hello: OpenFunction) -> None:
    panel.show_result(hello, NOW, result_of(b"1"))
    names = [panel.answer.accessibleName(), panel.log.accessibleName()]
    assert names == ["Response of the function", "Log lines of this invocation"]
    shown = {button.text() for button in panel.findChildren(QPushButton) if button.isVisible()}
    assert shown == {"Copy", "Save…", "Open in Logs"}
    panel.clear()


# ---- one invocation after another ------------------------------------------------------------------------


def test_nothing_of_the_last_invocation_is_left_while_the_next_runs(
    panel: ResultPanel, hello: OpenFunction, jobs: JobRunner, qtbot: QtBot
) -> None:
    panel.show_result(hello, NOW, result_of(b"[" + b"1," * 30_000 + b"1]", tail="old"))  # in a job
    panel.show_running("hello")
    qtbot.waitUntil(lambda: jobs.active() == [])
    with qtbot.waitCallback() as delivered:
        panel._services.jobs._post(delivered)  # what those jobs may have sent has arrived before
    assert (panel.status.text(), panel.figures.text()) == ("Running…", "hello")
    assert (panel.answer.toPlainText(), panel.log.toPlainText()) == ("", "")
    assert log_title(panel) == "Log output"


def test_no_answer_is_said_with_reason_and_code(panel: ResultPanel) -> None:
    panel.show_running("hello")
    code = "TooManyRequestsException"
    panel.show_failed(WorkbenchError("Could not invoke hello.", "Too many.", "Wait.", code))
    assert (panel.status.text(), panel.status.property("tone")) == ("No response", "danger")
    assert panel.figures.text() == code
    assert panel.answer.toPlainText() == "Could not invoke hello.\nToo many.\nWait."
    assert buttons(panel) == [False, False]
    panel.show_failed(WorkbenchError("Could not invoke hello.", "Why. " * 60))
    assert panel.answer.horizontalScrollBar().maximum() == 0  # words are read whole, and answers too
    panel.show_running("hello")
    panel.add_piece(b"piece " * 60)
    assert panel.answer.horizontalScrollBar().maximum() == 0


PROXY = {"statusCode": 200, "headers": {"a": "b"}, "body": '{"greeting": "Hello", "n": [1, 2]}'}


def test_json_in_the_body_is_shown_parsed_and_marked(panel: ResultPanel, hello: OpenFunction) -> None:
    view = panel.view
    panel.show_result(hello, NOW, result_of(json.dumps(PROXY).encode()))
    text = view.text.toPlainText()
    assert json.loads(text) == {**PROXY, "body": {"greeting": "Hello", "n": [1, 2]}}
    assert '    "greeting": "Hello",\n' in text
    assert panel.figures.text().endswith("“body” is shown parsed")
    row = view.picker.findText("Raw")
    view.picker.setCurrentIndex(row)
    view.picker.activated.emit(row)
    assert view.text.toPlainText() == json.dumps(PROXY)
    assert "parsed" not in panel.figures.text()
    view.copy.click()
    assert QGuiApplication.clipboard().text() == json.dumps(PROXY)  # as the function returned it


def test_clearing_leaves_nothing_and_nothing_comes_later(
    panel: ResultPanel, hello: OpenFunction, jobs: JobRunner, qtbot: QtBot
) -> None:
    panel.show_result(hello, NOW, result_of(b'{"secret": "of another account"}', tail="secret"))
    panel.clear()
    assert is_empty(panel)
    assert panel.answer.toPlainText() == panel.log.toPlainText() == ""
    qtbot.waitUntil(lambda: jobs.active() == [])
    assert is_empty(panel)
    find(panel, QPushButton, "resultCopy").click()
    assert "secret" not in QGuiApplication.clipboard().text()


# ---- the log as CloudWatch gives it ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "title", "shown"),
    [
        (
            [report(T)],
            "Log output (1 line)",
            report(T)["message"].rstrip("\n").replace(f" RequestId: {RID}", ""),
        ),
        ([event(T, f"{RID} printed")], "Log output (last 4 KB)", "tail"),
        ([], "Log output (last 4 KB)", "tail"),
        (None, "There is no log group. The execution role might lack permission to write logs.", "tail"),
        ([start(T)], "Log output (incomplete)", "START Version: $LATEST"),
    ],
)
def test_it_says_how_far_the_log_has_come(
    panel: ResultPanel,
    hello: OpenFunction,
    clock: HandClock,
    qtbot: QtBot,
    found: list[dict[str, object]] | None,
    title: str,
    shown: str,
) -> None:
    stub = StubbedAws()
    for _ in range(9):  # more than are asked for
        if found is None:
            stub.refuse("logs", "filter_log_events", "ResourceNotFoundException", "No such log group.")
        else:
            stub.answer("logs", "filter_log_events", {"events": found})
    panel.show_result(replace(hello, connection=stub.connection), NOW, result_of(b"1", tail="tail"))
    qtbot.waitUntil(lambda: len(stub.calls) > 0)
    clock.time_s += 61  # patience is over
    qtbot.waitUntil(lambda: log_title(panel) == title)
    assert panel.log.toPlainText() == shown.replace("\t", " ")


def test_a_log_that_may_not_be_read_leaves_the_tail_and_says_why(
    panel: ResultPanel,
    hello: OpenFunction,
    aws: StubbedAws,  # noqa: F811 - pytest's way
    qtbot: QtBot,
) -> None:
    words = "User: me is not authorized to perform: logs:FilterLogEvents on resource: x"
    aws.refuse("logs", "filter_log_events", "AccessDeniedException", words)
    panel.show_result(hello, NOW, result_of(b"1", tail="START\nprinted\n"))
    qtbot.waitUntil(lambda: log_title(panel) == "Log output (last 4 KB)")
    assert panel.log.toPlainText().startswith("START\nprinted\n\nCould not")
    assert "logs:FilterLogEvents" in panel.log.toPlainText()
    assert panel.log.toPlainText().endswith("[AccessDeniedException]")


def test_of_a_long_log_the_end_is_shown(
    panel: ResultPanel,
    hello: OpenFunction,
    aws: StubbedAws,  # noqa: F811 - pytest's way
    qtbot: QtBot,
) -> None:
    printed = [event(T + number, f"line {number}") for number in range(6_000)]
    aws.answer("logs", "filter_log_events", {"events": [start(T)]})
    aws.answer("logs", "filter_log_events", {"events": [start(T), *printed, report(T + 9_000)]})
    panel.show_result(hello, NOW, result_of(b"1"))
    qtbot.waitUntil(lambda: log_title(panel) == "Log output (last 5,000 of 6,002 lines)")
    qtbot.waitUntil(lambda: "REPORT" in panel.log.document().lastBlock().text())
    assert panel.log.document().blockCount() == 5_000
    assert panel.log.toPlainText().startswith("line 1001\n")


def test_the_ledger_gets_a_log_that_comes_after_another_invocation_is_shown(
    panel: ResultPanel, connection: Connection, services: Services, qtbot: QtBot
) -> None:
    function = OpenFunction(connection, create_function(connection, HANDLER))
    kept: list[int] = []
    panel.log_kept.connect(kept.append)
    results = []
    for number in range(1, 3):
        begun = SystemClock().now()
        payload = json.dumps({"name": f"number {number}"}).encode()
        results.append(invoke(connection, function.detail.function_name, payload, "", 10, JobContext()))
        name = function.detail.function_name
        sent = SentInvocation(begun.isoformat(), "123456789012", "eu-central-1", name, "", Mode.SYNC, payload)
        entry = history_of(services).begin(sent)
        panel.show_result(function, begun, results[-1], number=entry)
    panel.show_running("another")
    qtbot.waitUntil(lambda: sorted(kept) == [1, 2], timeout=20_000)
    assert log_title(panel) == "Log output"  # of the one that is shown
    for number in kept:
        found = history_of(services).get(number)
        assert found is not None
        assert f"hello from number {number}" in found.ended.log


def test_tabs_and_colours_of_a_terminal_are_no_part_of_the_shown_log_and_a_copy_has_the_tabs(
    panel: ResultPanel,
) -> None:
    panel.log.show_text("\x1b[31mERROR\x1b[0m\tMemory Size: 128 MB\tMax Memory Used: 16 MB\nevil\u202eyp.exe")
    first, second = panel.log.toPlainText().split("\n")
    assert first == "ERROR Memory Size: 128 MB Max Memory Used: 16 MB"
    assert "\u202e" not in second
    panel.log.selectAll()
    copied = panel.log.createMimeDataFromSelection().text().split("\n")
    assert copied[0] == "ERROR\tMemory Size: 128 MB\tMax Memory Used: 16 MB"
    panel.log.show_text("")
    for piece in ("a \x1b[3", "2mgreen\x1b", "[0m b\n"):  # as they come from a local run
        panel.log.add_text(piece)
    assert panel.log.toPlainText() == "a green b\n"


def test_a_timeout_is_the_functions_and_a_button_leads_to_the_setting(
    panel: ResultPanel, hello: OpenFunction, qtbot: QtBot
) -> None:
    payload = {"errorType": "Sandbox.Timedout", "errorMessage": "Error: Task timed out after 3.00 seconds"}
    hello = replace(hello, detail=replace(hello.detail, timeout_s=3))
    panel.show_result(hello, NOW, result_of(json.dumps(payload).encode(), failed=True), log="known")
    assert panel.status.text() == "The function timed out after 3 s"
    assert panel.hint.text().startswith("The function timed out after 3 s. Raise the timeout")
    assert panel.open_setting.isVisible()
    with qtbot.waitSignal(panel.setting_wanted) as wanted:
        panel.open_setting.click()
    assert wanted.args == ["timeout_s"]
    panel.show_result(hello, NOW, result_of(b"1"), log="known")
    assert not panel.open_setting.isVisible()
