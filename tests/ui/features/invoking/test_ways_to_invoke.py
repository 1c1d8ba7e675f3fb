"""The Test tab's fields: version, type, client context; and what the panel and the ledger then hold."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from tests.sandbox_functions import create_function, deploy_elsewhere
from tests.ui.pages.seat import Seat
from workbench.aws.connection import Connection
from workbench.functions.model import FunctionDetail, detail_of
from workbench.invoke.history import HistoryEntry, HistorySearch, InvocationOutcome, Mode
from workbench.ui.result.panel import ResultPanel
from workbench.ui.shell.invoker import Invocation, history_of
from workbench.ui.shell.services import Services

HANDLER = """
def handler(event, context):
    if isinstance(event, dict) and event.get("fail"):
        raise ValueError("boom")
    custom = context.client_context.custom if context.client_context else None
    return {"version": context.function_version, "event": event, "custom": custom}
"""


@pytest.fixture
def seat(services: Services, qtbot: QtBot) -> Iterator[Seat]:
    seat = Seat(services, qtbot)
    yield seat
    seat.page.deactivate()


@pytest.fixture
def panel(services: Services, seat: Seat, qtbot: QtBot) -> Iterator[ResultPanel]:
    panel = ResultPanel(services)
    qtbot.addWidget(panel)
    panel.resize(1000, 260)
    panel.show()

    def show(invocation: Invocation) -> None:
        assert invocation.result is not None
        panel.show_result(
            invocation.function,
            invocation.started_at,
            invocation.result,
            sent=invocation.payload,
            mode=invocation.request.mode,
            number=invocation.number,
        )

    seat.invoker.finished.connect(show)
    yield panel
    panel.clear()


@pytest.fixture
def function(connection: Connection) -> FunctionDetail:
    return create_function(connection, HANDLER)


def newest(services: Services) -> HistoryEntry:
    ledger = history_of(services)
    entry = ledger.get(ledger.list(HistorySearch())[0].number)
    assert entry is not None
    return entry


def choose_mode(seat: Seat, title: str) -> None:
    mode = seat.page.options.mode
    mode.setCurrentIndex(mode.findText(title))


def detail_named(name: str, **more: object) -> FunctionDetail:
    arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
    configuration = {"FunctionName": name, "FunctionArn": arn, "Timeout": 10, "MemorySize": 128} | more
    return detail_of({"Configuration": configuration})


def test_an_alias_and_a_version_are_chosen_from_the_list(
    seat: Seat, connection: Connection, function: FunctionDetail, services: Services
) -> None:
    name = function.function_name
    connection.call("lambda", "publish_version", FunctionName=name)
    connection.call("lambda", "create_alias", FunctionName=name, Name="live", FunctionVersion="1")
    deploy_elsewhere(connection, name, HANDLER.replace('"boom"', '"newer"'))
    seat.open(connection, function)
    qualifier = seat.page.options.qualifier
    assert qualifier.count() == 1  # nothing was asked for yet
    QTest.mouseClick(qualifier, Qt.MouseButton.LeftButton, pos=qualifier.rect().center())
    qualifier.showPopup()
    seat.until(lambda: qualifier.count() == 3)
    qualifier.hidePopup()
    assert [qualifier.itemText(row) for row in range(3)] == ["$LATEST", "live (version 1)", "1"]
    qualifier.setCurrentIndex(1)
    seat.invoke({})
    seat.until(lambda: seat.finished)
    result = seat.finished[0].result
    assert result is not None
    assert json.loads(result.payload)["version"] == "1"
    assert newest(services).sent.qualifier == "live"
    qualifier.setEditText("$LATEST")
    assert seat.page.options.chosen_qualifier == ""
    qualifier.setEditText("typed")  # where nobody may list, it can be typed
    assert seat.page.options.chosen_qualifier == "typed"


def test_a_client_context_reaches_the_function_and_the_ledger(
    seat: Seat, connection: Connection, function: FunctionDetail, services: Services
) -> None:
    seat.open(connection, function)
    QTest.keyClicks(seat.page.options.context, '{"custom": {"key": "value"}}')
    seat.invoke({})
    seat.until(lambda: seat.finished)
    result = seat.finished[0].result
    assert result is not None
    assert json.loads(result.payload)["custom"] == {"key": "value"}
    assert json.loads(newest(services).sent.client_context) == {"custom": {"key": "value"}}

    seat.page.options.context.setText("[1]")
    seat.invoke({})
    seat.until(lambda: seat.ended)
    assert "not a JSON object" in seat.ended[0][1].why
    assert newest(services).ended.outcome is InvocationOutcome.REFUSED


def test_an_asynchronous_one_is_queued_and_its_log_comes(
    seat: Seat, panel: ResultPanel, connection: Connection, function: FunctionDetail, services: Services
) -> None:
    seat.open(connection, function)
    choose_mode(seat, "Asynchronous")
    seat.until(lambda: seat.page.fault.text().endswith("of 1,048,576 bytes"))
    seat.invoke({"n": 1})
    seat.until(lambda: panel.status.text().startswith("Queued"))
    assert newest(services).sent.mode is Mode.ASYNC
    seat.page.text.setPlainText('"' + "x" * 1_100_000 + '"')
    seat.until(lambda: "1,048,576" in seat.page.fault.text() and "most" in seat.page.fault.text())


def test_a_dry_run_only_asks(seat: Seat, panel: ResultPanel, aws: StubbedAws, services: Services) -> None:  # noqa: F811
    seat.open(aws.connection, detail_named("hello"))
    choose_mode(seat, "Dry run")
    expected = {"FunctionName": "hello", "InvocationType": "DryRun", "Payload": b"{}"}
    answer = {"StatusCode": 204, "Payload": io.BytesIO(b""), "ResponseMetadata": {"RequestId": "r-1"}}
    aws.answer("lambda", "invoke", answer, expected, read_timeout_s=70, retries=False)
    seat.invoke({})
    seat.until(lambda: panel.status.text() == "Dry run: you have permission")
    assert newest(services).ended.outcome is InvocationOutcome.SUCCEEDED


def test_a_tenant_is_sent_and_kept_for_a_function_that_separates_its_tenants(
    seat: Seat,
    aws: StubbedAws,  # noqa: F811
    services: Services,
) -> None:
    seat.open(aws.connection, detail_named("plain"))
    assert not seat.page.options.tenant.isVisible()
    seat.open(aws.connection, detail_named("hello", TenancyConfig={"TenantIsolationMode": "PER_TENANT"}))
    assert seat.page.options.tenant.isVisible()
    QTest.keyClicks(seat.page.options.tenant, "blue")
    expected: dict[str, object] = {"FunctionName": "hello", "InvocationType": "RequestResponse"}
    answer = {"StatusCode": 200, "Payload": io.BytesIO(b"1"), "ResponseMetadata": {"RequestId": "r-1"}}
    expected |= {"Payload": b"{}", "TenantId": "blue", "LogType": "Tail"}
    aws.answer("lambda", "invoke", answer, expected, read_timeout_s=70, retries=False)
    seat.invoke({})
    seat.until(lambda: seat.finished)
    assert newest(services).sent.tenant_id == "blue"
    seat.open(aws.connection, detail_named("plain"))
    assert seat.page.request().tenant_id == ""


def test_a_throttled_one_says_why_and_is_kept(seat: Seat, aws: StubbedAws, services: Services) -> None:  # noqa: F811
    aws.refuse(
        "lambda",
        "invoke",
        "TooManyRequestsException",
        "Rate Exceeded.",
        429,
        details={"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
        read_timeout_s=70,
        retries=False,
    )
    seat.open(aws.connection, detail_named("hello"))
    seat.invoke({})
    seat.until(lambda: seat.ended)
    error = seat.ended[0][1]
    assert error.aws_code == "TooManyRequestsException"
    assert "reserved concurrency" in error.why
    entry = newest(services)
    assert entry.ended.outcome is InvocationOutcome.REFUSED
    assert "TooManyRequestsException" in entry.ended.error


def test_variables_are_replaced_and_what_was_sent_is_shown(
    seat: Seat, panel: ResultPanel, connection: Connection, function: FunctionDetail, services: Services
) -> None:
    seat.open(connection, function)
    seat.page.text.setPlainText('{"id": "{{uuid}}", "at": {{epoch_ms}}}')
    seat.until(lambda: "variables are replaced" in seat.page.fault.text())
    seat.press("invoke")
    seat.until(lambda: panel.status.text() == "Succeeded")
    sent = json.loads(newest(services).sent.payload)
    assert len(sent["id"]) == 36
    panel.view.picker.setCurrentIndex(panel.view.picker.findText("Sent"))
    panel.view.picker.activated.emit(panel.view.picker.currentIndex())
    assert json.loads(panel.answer.toPlainText()) == sent
    assert seat.text == '{"id": "{{uuid}}", "at": {{epoch_ms}}}'

    seat.page.text.setPlainText('{"id": "{{nothing}}"}')
    seat.press("invoke")
    seat.until(lambda: seat.ended)
    assert "{{nothing}}" in seat.ended[0][1].why
    assert newest(services).ended.outcome is InvocationOutcome.REFUSED


def test_the_ledger_gets_the_whole_log_and_the_panel_the_cost(
    seat: Seat, panel: ResultPanel, connection: Connection, function: FunctionDetail, services: Services
) -> None:
    seat.open(connection, function)
    with seat._qtbot.waitSignal(panel.log_kept, timeout=20_000) as kept:
        seat.invoke({})
    entry = history_of(services).get(kept.args[0])
    assert entry is not None
    assert entry.ended.log.startswith("START") or "INIT_START" in entry.ended.log
    assert "REPORT RequestId" in entry.ended.log
    assert "about $" in panel.figures.text()
    assert entry.sent.code_sha256 == function.code_sha256


def test_a_line_of_the_stack_trace_leads_to_the_code(
    seat: Seat, panel: ResultPanel, connection: Connection, function: FunctionDetail, qtbot: QtBot
) -> None:
    seat.open(connection, function)
    seat.invoke({"fail": True})
    seat.until(lambda: panel.open_place.isVisible())
    assert panel.open_place.text() == "Open app.py:4"
    with qtbot.waitSignal(panel.place_wanted) as wanted:
        panel.open_place.click()
    assert wanted.args == ["app.py", 4]
    qtbot.waitUntil(lambda: "app.py" in panel.answer.toPlainText())
    block = next(
        each
        for each in (panel.answer.document().findBlockByNumber(number) for number in range(8))
        if "app.py" in each.text()
    )
    cursor = panel.answer.textCursor()
    cursor.setPosition(block.position())
    panel.answer.setTextCursor(cursor)
    point = panel.answer.cursorRect(cursor).center()
    with qtbot.waitSignal(panel.place_wanted) as clicked:
        QTest.mouseClick(panel.answer.viewport(), Qt.MouseButton.LeftButton, pos=point)
    with qtbot.waitSignal(panel.place_wanted) as entered:
        QTest.keyClick(panel.answer, Qt.Key.Key_Return)
    assert clicked.args == entered.args == ["app.py", 4]


def test_a_streamed_answer_shows_as_it_comes(panel: ResultPanel, qtbot: QtBot) -> None:
    panel.show_running("hello")
    panel.add_piece("one Ä".encode()[:-1])
    assert panel.answer.toPlainText() == "one "  # half a letter waits
    panel.add_piece("one Ä".encode()[-1:] + b" two")
    qtbot.waitUntil(lambda: panel.answer.toPlainText() == "one Ä two")


def test_an_answer_is_saved_whole_and_a_body_as_its_bytes(
    panel: ResultPanel, tmp_path: Path, services: Services, qtbot: QtBot
) -> None:
    panel.view.show_answer(b'{"a": 1}', None, b"")
    panel.view.save_to(tmp_path / "answer.json", b'{"a": 1}')
    qtbot.waitUntil(lambda: not services.jobs.active())
    assert (tmp_path / "answer.json").read_bytes() == b'{"a": 1}'
    with qtbot.waitSignal(panel.failed) as failed:
        panel.view.save_to(tmp_path / "answer.json" / "below", b"x")
    assert failed.args[0].why
