"""Logs Insights on the screen: a query, its answer, its cost."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.fake_time import START
from tests.logs.lines import GROUP, RID
from workbench.ui.features.logs.insights_view import Asked, InsightsView
from workbench.ui.shell.services import Services

ROWS = (
    {"@requestId": RID, "@timestamp": "2026-03-13 15:02:24.118", "@duration": "9.5", "@message": "a\tb\n"},
    {"@requestId": "", "@timestamp": "", "@duration": "100", "@message": "=1+1"},
    {"@requestId": "", "@timestamp": "", "@duration": "", "@message": "c"},
)


@pytest.fixture
def view(services: Services, qtbot: QtBot) -> InsightsView:
    view = InsightsView(services)
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    QAbstractItemModelTester(view.table.answer, QAbstractItemModelTester.FailureReportingMode.Fatal, view)
    return view


def _answer(stub: StubbedAws, status: str = "Complete") -> None:
    results = [[{"field": key, "value": value} for key, value in row.items()] for row in ROWS]
    statistics = {"recordsMatched": 3.0, "recordsScanned": 1200.0, "bytesScanned": 3 * 1024.0**3}
    answer = {"status": status, "results": results, "statistics": statistics}
    stub.answer("logs", "get_query_results", answer)


def _run(view: InsightsView, stub: StubbedAws) -> None:
    view.run(Asked(stub.connection, lambda _ctx: (GROUP,), START, START + timedelta(hours=1)))


def _shown(view: InsightsView, stub: StubbedAws, qtbot: QtBot) -> None:
    stub.answer("logs", "start_query", {"queryId": "q1"})
    _answer(stub)
    _run(view, stub)
    qtbot.waitUntil(lambda: not view.is_running)


def _column(view: InsightsView, column: int) -> list[str]:
    model = view.table.answer
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_an_answer_says_what_it_cost(view: InsightsView, aws: StubbedAws, qtbot: QtBot) -> None:
    assert "$0.005 for each GB" in view.empty.accessibleDescription()
    _shown(view, aws, qtbot)
    assert view.status.text() == "3 of 1,200 records match · 3.0 GB scanned, about $0.0150"
    assert view.run_button.text() == "Run Query"
    assert _column(view, 2) == ["9.5", "100", ""]


def test_figures_are_sorted_as_figures(view: InsightsView, aws: StubbedAws, qtbot: QtBot) -> None:
    _shown(view, aws, qtbot)
    view.table.selectRow(0)
    view.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    assert _column(view, 2) == ["100", "9.5", ""]
    assert view.table.currentIndex().row() == 1  # what was chosen stays
    view.table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert _column(view, 2) == ["", "9.5", "100"]


def test_rows_are_copied_and_exported(
    view: InsightsView, aws: StubbedAws, qtbot: QtBot, tmp_path: Path
) -> None:
    _shown(view, aws, qtbot)
    view.table.selectRow(0)
    QTest.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == f"{RID}\t2026-03-13 15:02:24.118\t9.5\ta b"
    with qtbot.waitSignal(view.notice):
        view.write(tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["@requestId", "@timestamp", "@duration", "@message"]
    assert rows[2] == ["", "", "100", "'=1+1"]


def test_colours_of_a_terminal_are_left_out_as_in_the_log(
    view: InsightsView, aws: StubbedAws, qtbot: QtBot
) -> None:
    texts = ("\x1b[31mERROR\x1b[0m it failed", f"{'x' * 1_997}\x1b[1;31mred", "\x1b]0;title\x07text")
    aws.answer("logs", "start_query", {"queryId": "q1"})
    rows = [[{"field": "@message", "value": text}] for text in texts]
    aws.answer("logs", "get_query_results", {"status": "Complete", "results": rows, "statistics": {}})
    _run(view, aws)
    qtbot.waitUntil(lambda: not view.is_running)
    assert _column(view, 0) == ["ERROR it failed", "x" * 1_997, "text"]
    model = view.table.answer
    assert "\x1b" not in model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole)


def test_a_row_leads_to_its_invocation(view: InsightsView, aws: StubbedAws, qtbot: QtBot) -> None:
    _shown(view, aws, qtbot)
    with qtbot.waitSignal(view.invocation_wanted) as caught:
        view.table.activated.emit(view.table.answer.index(0, 0))
    assert caught.args == [RID, datetime(2026, 3, 13, 15, 2, 24, 118_000, UTC)]


def test_an_error_is_said_where_the_answer_would_be(
    view: InsightsView, aws: StubbedAws, qtbot: QtBot
) -> None:
    words = "unexpected symbol found like at line 1 and position 18"
    aws.refuse("logs", "start_query", "MalformedQueryException", words)
    _run(view, aws)
    qtbot.waitUntil(lambda: not view.is_running)
    assert words in view.empty.accessibleDescription()
    assert "MalformedQueryException" in view.status.text()


def test_cancel_stops_it(view: InsightsView, aws: StubbedAws, qtbot: QtBot) -> None:
    aws.answer("logs", "start_query", {"queryId": "q1"})
    _answer(aws, "Running")
    aws.answer("logs", "stop_query", {"success": True})
    _run(view, aws)
    qtbot.waitUntil(lambda: len(aws.calls) == 2)
    assert view.run_button.text() == "Cancel"
    view.run_button.click()
    qtbot.waitUntil(lambda: view.status.text().startswith("Stopped"))


def test_a_template_is_edited_and_saved_by_name(view: InsightsView, services: Services, qtbot: QtBot) -> None:
    for action in view.queries.templates.menu().actions():
        action.trigger()
        assert view.query.toPlainText().strip()
    view.query.undo()
    view.query.setPlainText("fields @message\n| limit 3")
    assert not view.queries.saved.isEnabled()
    with qtbot.waitSignal(view.notice):
        view.queries.save_as("three")
    other = InsightsView(services)
    qtbot.addWidget(other)
    (three, *_rest) = other.queries.saved.menu().actions()
    three.trigger()
    assert other.query.toPlainText() == "fields @message\n| limit 3"
    other.queries._forget("three")
    assert not other.queries.saved.isEnabled()


def test_ctrl_enter_runs_it(view: InsightsView, qtbot: QtBot) -> None:
    view.query.setFocus()
    qtbot.waitUntil(view.query.hasFocus)
    with qtbot.waitSignal(view.run_wanted):
        QTest.keyClick(view.query, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
